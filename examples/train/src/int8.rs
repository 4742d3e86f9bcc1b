//! Integer inference of a small net: the portable body, bit for bit the same on every machine. Needs nothing but `std`.
//!
//! Activations are 7 bits (0 to 127), weights 8 bits (−127 to 127), sums 32 bits. A sum of two neighbouring products
//! therefore fits 16 bits, so that `maddubs`-like instructions are exact too. After each layer, for output channel `c`:
//!
//! ```text
//! t = clamp((sum + bias[c]) >> shift, low, 32767)      low = 0 (ReLU), in the last layer −32768
//! v = (t · multiplier[c] + 16384) >> 15                 inner layers: min(v, 127); last layer: the value, in 1/256
//! ```
//!
//! All shifts are arithmetic. A code's bit is `v > 0`.
//!
//! The file (little-endian): magic `LPNETv01`; u32 number of layers; for each layer twelve u16 (input rows, columns,
//! channels; output rows, columns, channels; kernel rows, columns; stride down, across; padding above, left), u32
//! shift, then for its output channels u16 multipliers, i32 biases, and i8 weights in the order output channel, kernel
//! row, kernel column, input channel; u32 number of confidence bands; f32 bin width; for each band f32 upper x-height
//! in pixels and sixteen f32 P(bit wrong) by |value| ÷ bin width; at last the CRC-32 (IEEE) of all before.

use std::fmt;

/// First bytes of a net's file.
pub const MAGIC: &[u8; 8] = b"LPNETv01";
/// Bins of |value| in a confidence band.
pub const BINS: usize = 16;
/// A value of 1.0.
pub const UNIT: f32 = 256.0;
/// Highest activation.
pub const ACTIVATION_MAX: i32 = 127;

/// Why a net's file was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadNet(&'static str);

impl fmt::Display for BadNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a usable net: {}", self.0)
    }
}

impl std::error::Error for BadNet {}

/// One quantised layer; a dense layer's kernel covers its whole input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntLayer {
    /// Input rows, columns, channels.
    pub input: [usize; 3],
    /// Output rows, columns, channels.
    pub output: [usize; 3],
    /// Kernel rows, columns.
    pub kernel: [usize; 2],
    /// Stride down, across.
    pub stride: [usize; 2],
    /// Padding above, left.
    pub pad: [usize; 2],
    /// First shift of the requantisation.
    pub shift: u32,
    /// Second factor of the requantisation, per output channel.
    pub multiplier: Vec<u16>,
    /// Added to the sums, per output channel; holds the rounding of the first shift.
    pub bias: Vec<i32>,
    /// Output channel, kernel row, kernel column, input channel.
    pub weights: Vec<i8>,
}

/// P(bit wrong) by confidence, for text of at most some x-height.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Upper x-height in pixels.
    pub upper: f32,
    /// P(bit wrong) for |value| in bin 0, 1, …
    pub wrong: [f32; BINS],
}

/// A quantised net.
#[derive(Clone, Debug, PartialEq)]
pub struct IntNet {
    /// Layers in flow order.
    pub layers: Vec<IntLayer>,
    /// Width of a confidence bin, in values of [`UNIT`].
    pub bin: f32,
    /// Confidence bands, by rising x-height.
    pub bands: Vec<Band>,
}

impl IntLayer {
    fn fan_in(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.input[2]
    }

    /// Sums of all outputs, biases added.
    fn sums(&self, input: &[u8], out: &mut Vec<i32>) {
        let ([rows, cols, channels], [kh, kw]) = (self.input, self.kernel);
        let mut window = vec![0u8; self.fan_in()];
        out.clear();
        for oy in 0..self.output[0] {
            for ox in 0..self.output[1] {
                for (k, part) in window.chunks_exact_mut(channels).enumerate() {
                    let (y, x) = (oy * self.stride[0] + k / kw, ox * self.stride[1] + k % kw);
                    // Padded coordinates: outside of the picture all is zero.
                    match (y.checked_sub(self.pad[0]), x.checked_sub(self.pad[1])) {
                        (Some(y), Some(x)) if y < rows && x < cols => {
                            part.copy_from_slice(&input[(y * cols + x) * channels..][..channels])
                        }
                        _ => part.fill(0),
                    }
                }
                debug_assert_eq!(window.len(), kh * kw * channels);
                for (row, bias) in self.weights.chunks_exact(window.len()).zip(&self.bias) {
                    out.push(bias + row.iter().zip(&window).map(|(&w, &a)| i32::from(w) * i32::from(a)).sum::<i32>());
                }
            }
        }
    }
}

/// The requantisation: see the module's text.
fn requantise(sum: i32, shift: u32, multiplier: u16, low: i32) -> i32 {
    ((sum >> shift).clamp(low, 32767) * i32::from(multiplier) + (1 << 14)) >> 15
}

impl IntNet {
    /// The 64 values, in 1/256, of a patch of ink (row by row, 0 to 255).
    pub fn values(&self, ink: &[u8]) -> Vec<i16> {
        let activations: Vec<u8> = ink.iter().map(|v| v >> 1).collect();
        self.values_of(&activations)
    }

    /// The values, in 1/256, of activations (0 to 127) of the first layer's input.
    pub fn values_of(&self, activations: &[u8]) -> Vec<i16> {
        let mut activations = activations.to_vec();
        let mut sums = Vec::new();
        let last = self.layers.len() - 1;
        for (i, layer) in self.layers.iter().enumerate() {
            layer.sums(&activations, &mut sums);
            let multipliers = layer.multiplier.iter().cycle();
            if i == last {
                return sums
                    .iter()
                    .zip(multipliers)
                    .map(|(&s, &m)| requantise(s, layer.shift, m, -32768) as i16)
                    .collect();
            }
            activations.clear();
            activations.extend(
                sums.iter().zip(multipliers).map(|(&s, &m)| requantise(s, layer.shift, m, 0).min(ACTIVATION_MAX) as u8),
            );
        }
        Vec::new()
    }

    /// P(bit wrong) of a value seen at an x-height.
    pub fn wrong(&self, x_height_px: f32, value: i16) -> f32 {
        let band = self.bands.iter().find(|b| x_height_px <= b.upper).or(self.bands.last());
        let bin = ((f32::from(value).abs() / UNIT / self.bin) as usize).min(BINS - 1);
        band.map_or(0.5, |b| b.wrong[bin])
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend((self.layers.len() as u32).to_le_bytes());
        for l in &self.layers {
            let shape = l.input.iter().chain(&l.output).chain(&l.kernel).chain(&l.stride).chain(&l.pad);
            shape.for_each(|&v| out.extend((v as u16).to_le_bytes()));
            out.extend(l.shift.to_le_bytes());
            l.multiplier.iter().for_each(|v| out.extend(v.to_le_bytes()));
            l.bias.iter().for_each(|v| out.extend(v.to_le_bytes()));
            l.weights.iter().for_each(|v| out.extend(v.to_le_bytes()));
        }
        out.extend((self.bands.len() as u32).to_le_bytes());
        out.extend(self.bin.to_le_bytes());
        for band in &self.bands {
            out.extend(band.upper.to_le_bytes());
            band.wrong.iter().for_each(|v| out.extend(v.to_le_bytes()));
        }
        out.extend(crc32(&out).to_le_bytes());
        out
    }

    /// Reads a file; everything is checked before it is believed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadNet> {
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or(BadNet("cut short"))?;
        if crc32(body) != u32::from_le_bytes(*crc) {
            return Err(BadNet("checksum"));
        }
        let mut rest = body.strip_prefix(MAGIC).ok_or(BadNet("magic or version"))?;
        let count = u32::from_le_bytes(take(&mut rest)?);
        let mut layers: Vec<IntLayer> = Vec::new();
        for _ in 0..count {
            let mut shape = [0usize; 12];
            for v in &mut shape {
                *v = usize::from(u16::from_le_bytes(take(&mut rest)?));
            }
            let [ir, ic, ich, or, oc, och, kh, kw, sd, sa, pt, pl] = shape;
            if shape[..10].iter().any(|&v| v == 0 || v > 4096)
                || layers.last().is_some_and(|l| l.output.iter().product::<usize>() != ir * ic * ich)
            {
                return Err(BadNet("layer shapes"));
            }
            let shift = u32::from_le_bytes(take(&mut rest)?);
            let size = och
                .checked_mul(kh * kw * ich)
                .filter(|&n| shift < 31 && n <= rest.len())
                .ok_or(BadNet("layer size"))?;
            let mut layer = IntLayer {
                input: [ir, ic, ich],
                output: [or, oc, och],
                kernel: [kh, kw],
                stride: [sd, sa],
                pad: [pt, pl],
                shift,
                multiplier: Vec::with_capacity(och),
                bias: Vec::with_capacity(och),
                weights: Vec::with_capacity(size),
            };
            for _ in 0..och {
                layer.multiplier.push(u16::from_le_bytes(take(&mut rest)?));
            }
            for _ in 0..och {
                layer.bias.push(i32::from_le_bytes(take(&mut rest)?));
            }
            let (weights, tail) = rest.split_at_checked(size).ok_or(BadNet("cut short"))?;
            layer.weights.extend(weights.iter().map(|&b| b as i8));
            rest = tail;
            layers.push(layer);
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        let bin = f32::from_le_bytes(take(&mut rest)?);
        let mut bands = Vec::new();
        for _ in 0..count {
            let mut band = Band { upper: f32::from_le_bytes(take(&mut rest)?), wrong: [0.5; BINS] };
            for v in &mut band.wrong {
                *v = f32::from_le_bytes(take(&mut rest)?);
            }
            bands.push(band);
        }
        if layers.is_empty() || !rest.is_empty() {
            return Err(BadNet("length"));
        }
        Ok(Self { layers, bin, bands })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], BadNet> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(BadNet("cut short"))?;
    *rest = tail;
    Ok(*head)
}

/// CRC-32 (IEEE 802.3), bit by bit.
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &b| (0..8).fold(crc ^ u32::from(b), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A net of two layers with made-up weights.
    fn little() -> IntNet {
        let conv = IntLayer {
            input: [4, 6, 1],
            output: [2, 3, 2],
            kernel: [3, 3],
            stride: [2, 2],
            pad: [0, 1],
            shift: 3,
            multiplier: vec![210, 480],
            bias: vec![9004, 25060],
            weights: (0..18).map(|i| (i * 101 % 255 - 127) as i8).collect(),
        };
        let dense = IntLayer {
            input: [2, 3, 2],
            output: [1, 1, 3],
            kernel: [2, 3],
            stride: [1, 1],
            pad: [0, 0],
            shift: 2,
            multiplier: vec![30000, 32767, 12345],
            bias: vec![0, 100, -7],
            weights: (0..36).map(|i| (i * 91 % 255 - 127) as i8).collect(),
        };
        IntNet { layers: vec![conv, dense], bin: 0.25, bands: vec![Band { upper: 5.0, wrong: [0.25; BINS] }] }
    }

    #[test]
    fn golden_values() {
        let ink: Vec<u8> = (0..24).map(|i| (i * 53 % 256) as u8).collect();
        assert_eq!(little().values(&ink), GOLDEN);
    }

    /// Computed once; a change here is a change of every code ever written.
    const GOLDEN: [i16; 3] = [-1160, -1992, 350];

    #[test]
    fn file_round_trip_and_damage() {
        let bytes = little().to_bytes();
        assert_eq!(IntNet::from_bytes(&bytes), Ok(little()));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            assert!(IntNet::from_bytes(&bad).is_err(), "byte {at}");
        }
        assert!(IntNet::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn crc_of_the_check_string() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn requantisation_rounds_to_nearest_and_clamps() {
        assert_eq!(requantise(300, 0, 16384, 0), 150);
        assert_eq!(requantise(301, 0, 16384, 0), 151);
        assert_eq!(requantise(-301, 0, 16384, 0), 0);
        assert_eq!(requantise(-301, 0, 16384, -32768), -150);
        assert_eq!(requantise(1 << 30, 2, 32767, 0), 32766);
    }
}
