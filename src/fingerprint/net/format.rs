//! The weights' file, as the training program writes it.
//!
//! Little-endian: magic `LPNETv01`; u32 number of layers; for each layer twelve u16 (input rows, columns, channels;
//! output rows, columns, channels; kernel rows, columns; stride down, across; padding above, left), u32 shift, then for
//! its output channels u16 multipliers, i32 biases, and i8 weights in the order output channel, kernel row, kernel
//! column, input channel; u32 number of confidence bands; f32 width of a bin, in values; for each band f32 upper
//! x-height in pixels and sixteen f32 P(bit wrong) by |value| ÷ width of a bin; at last the CRC-32 (IEEE) of all
//! before.
//!
//! The file is part of the crate, yet nothing in it is believed: every length is compared with what is left before
//! anything is allocated, and every number that inference relies on (shapes that follow from each other, sums that fit
//! 32 bits) is checked here, so that inference needs no checks of its own.

use std::fmt;

/// First bytes of the file; the last two are the format's version.
const MAGIC: &[u8; 8] = b"LPNETv01";
/// Bins of |value| in a confidence band.
const BINS: usize = 16;
/// Highest activation: 7 bits.
pub(crate) const ACTIVATION_MAX: i32 = 127;
/// No side of a layer is longer.
const MAX_SIDE: usize = 4096;

/// Why weights were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadWeights(pub(crate) &'static str);

impl fmt::Display for BadWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not usable as an encoder's weights: {}", self.0)
    }
}

/// One convolution with requantisation; a dense layer is one whose kernel covers its whole input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Input rows, columns, channels.
    pub(crate) input: [usize; 3],
    /// Output rows, columns, channels.
    pub(crate) output: [usize; 3],
    /// Kernel rows, columns.
    pub(crate) kernel: [usize; 2],
    /// Stride down, across.
    pub(crate) stride: [usize; 2],
    /// Padding above, left.
    pub(crate) pad: [usize; 2],
    /// First shift of the requantisation, below 31.
    pub(crate) shift: u32,
    /// Second factor of the requantisation, for each output channel, in 1/32768: below 32768.
    pub(crate) multiplier: Vec<i32>,
    /// Added to the sums, for each output channel.
    pub(crate) bias: Vec<i32>,
    /// Output channel, kernel row, kernel column, input channel; −127 to 127.
    pub(crate) weights: Vec<i8>,
}

/// P(bit wrong) by confidence, for text of at most some x-height.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    /// Upper x-height in pixels.
    upper: f32,
    /// P(bit wrong) for |value| in bin 0, 1, …
    bit_errors: [f32; BINS],
}

/// All that a file holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    /// In flow order, at least one.
    pub(crate) layers: Vec<Layer>,
    /// Width of a confidence bin, in values.
    bin: f32,
    /// Confidence bands, by rising x-height.
    bands: Vec<Band>,
}

impl Layer {
    /// Weights of one output.
    pub(crate) fn fan_in(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.input[2]
    }

    /// Whether it has one output place, whose kernel covers all of the input.
    pub(crate) fn is_dense(&self) -> bool {
        self.output[..2] == [1, 1] && self.kernel == self.input[..2] && self.pad == [0, 0]
    }

    fn read(rest: &mut &[u8], before: Option<&Self>) -> Result<Self, BadWeights> {
        let mut shape = [0usize; 12];
        for v in &mut shape {
            *v = usize::from(u16::from_le_bytes(take(rest)?));
        }
        let [ir, ic, ich, or, oc, och, kr, kc, sd, sa, pt, pl] = shape;
        if shape[..10].contains(&0) || shape.iter().any(|&v| v > MAX_SIDE) {
            return Err(BadWeights("a layer's shape"));
        }
        if pt >= kr || pl >= kc {
            return Err(BadWeights("more padding than kernel"));
        }
        if before.is_some_and(|l| l.output != [ir, ic, ich]) {
            return Err(BadWeights("a layer does not fit the one before"));
        }
        let shift = u32::from_le_bytes(take(rest)?);
        if shift > 30 {
            return Err(BadWeights("a layer's shift"));
        }
        // Sides have 12 bits each, more in all than a length of 32 bits holds. 6 = a multiplier and a bias.
        let fan_in = (kr * kc).checked_mul(ich).ok_or(BadWeights("cut short"))?;
        if (fan_in + 6).checked_mul(och).is_none_or(|bytes| bytes > rest.len()) {
            return Err(BadWeights("cut short"));
        }
        let mut multiplier = Vec::with_capacity(och);
        for _ in 0..och {
            multiplier.push(i32::from(u16::from_le_bytes(take(rest)?)));
        }
        let mut bias = Vec::with_capacity(och);
        for _ in 0..och {
            bias.push(i32::from_le_bytes(take(rest)?));
        }
        let (weights, tail) = rest.split_at_checked(och * fan_in).ok_or(BadWeights("cut short"))?;
        *rest = tail;
        let this = Self {
            input: [ir, ic, ich],
            output: [or, oc, och],
            kernel: [kr, kc],
            stride: [sd, sa],
            pad: [pt, pl],
            shift,
            multiplier,
            bias,
            weights: weights.iter().map(|&b| b as i8).collect(),
        };
        this.check_sums()?;
        Ok(this)
    }

    /// Whether no sum can leave 32 bits and no value 16.
    fn check_sums(&self) -> Result<(), BadWeights> {
        if self.multiplier.iter().any(|&m| m > 0x7fff) {
            return Err(BadWeights("a multiplier"));
        }
        let rows = self.weights.chunks_exact(self.fan_in());
        for (row, bias) in rows.zip(&self.bias) {
            let most: i64 = row.iter().map(|w| i64::from(w.unsigned_abs())).sum();
            let most = most * i64::from(ACTIVATION_MAX) + i64::from(bias.unsigned_abs());
            if most > i64::from(i32::MAX) || row.contains(&i8::MIN) {
                return Err(BadWeights("a weight or a bias"));
            }
        }
        Ok(())
    }
}

impl Weights {
    /// Reads a file.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadWeights> {
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or(BadWeights("cut short"))?;
        let mut rest = body.strip_prefix(MAGIC).ok_or(BadWeights("magic or version"))?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return Err(BadWeights("checksum"));
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        let mut layers: Vec<Layer> = Vec::new();
        for _ in 0..count {
            let layer = Layer::read(&mut rest, layers.last())?;
            layers.push(layer);
        }
        let count = u32::from_le_bytes(take(&mut rest)?);
        let bin = f32::from_le_bytes(take(&mut rest)?);
        let mut bands: Vec<Band> = Vec::new();
        for _ in 0..count {
            let upper = f32::from_le_bytes(take(&mut rest)?);
            let mut bit_errors = [0.0; BINS];
            for p in &mut bit_errors {
                *p = f32::from_le_bytes(take(&mut rest)?);
            }
            let rises = bands.last().is_none_or(|b| b.upper < upper);
            if !rises || upper.is_nan() || bit_errors.iter().any(|p| !(0.0..=1.0).contains(p)) {
                return Err(BadWeights("a confidence band"));
            }
            bands.push(Band { upper, bit_errors });
        }
        if layers.is_empty() || !rest.is_empty() || !(bin.is_finite() && bin > 0.0) {
            return Err(BadWeights("length"));
        }
        Ok(Self { layers, bin, bands })
    }

    /// P(bit wrong) of a value seen in text of an x-height; ½ if the file says nothing.
    pub(crate) fn bit_error(&self, x_height_px: f32, value: f32) -> f32 {
        let band = self.bands.iter().find(|b| x_height_px <= b.upper);
        let bin = ((value.abs() / self.bin) as usize).min(BINS - 1);
        band.or(self.bands.last()).map_or(0.5, |b| b.bit_errors[bin])
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], BadWeights> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(BadWeights("cut short"))?;
    *rest = tail;
    Ok(*head)
}
