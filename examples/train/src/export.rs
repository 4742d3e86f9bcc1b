//! From a float net to its integer twin: scales, rounding, confidence calibration, checksum.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::fonts::{Face, Faces};
use crate::int8::{ACTIVATION_MAX, BINS, Band, IntLayer, IntNet, UNIT, crc32};
use crate::net::{BITS, Net, Work};
use crate::rng::Rng;
use crate::sample::{Kind, Sampler};
use crate::words;

/// Upper x-heights of the confidence bands, in pixels.
const BANDS: [f32; 6] = [2.75, 3.25, 4.0, 5.0, 7.0, f32::INFINITY];
/// The share of values that the sixteen confidence bins span.
const SPAN: f32 = 0.99;
/// The share of activations that the largest quantised one must cover.
const COVER: f32 = 0.99995;

/// Patches with their words and measured x-heights.
#[derive(Default)]
pub struct Patches {
    /// Index of the word.
    pub word: Vec<usize>,
    /// Ink.
    pub ink: Vec<Vec<u8>>,
    /// x-height as measured, in pixels.
    pub x_height: Vec<f32>,
}

impl Patches {
    /// Renders `words` in lines of `per_line`, each line in a face of its own choosing.
    pub fn render<'f>(
        words: &[String],
        per_line: usize,
        kind: &mut dyn FnMut(&mut Rng) -> Kind,
        face: &mut dyn FnMut(&mut Rng) -> &'f Face,
        rng: &mut Rng,
    ) -> Self {
        let mut sampler = Sampler::default();
        let mut out = Self::default();
        for (i, line) in words.chunks(per_line).enumerate() {
            let (kind, face) = (kind(rng), face(rng));
            for sample in sampler.line(line, face, kind, rng) {
                out.word.push(i * per_line + sample.token);
                out.ink.push(sample.patch.ink().to_vec());
                out.x_height.push(sample.x_height);
            }
        }
        out
    }

    /// The ink as slices.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.ink.iter().map(Vec::as_slice).collect()
    }
}

/// For each channel, what one of [`ACTIVATION_MAX`] steps stands for.
fn ranges(activations: &[f32], channels: usize) -> Vec<f32> {
    let high = |c: usize| {
        let mut values: Vec<f32> = activations.iter().skip(c).step_by(channels).copied().collect();
        let k = ((values.len() - 1) as f32 * COVER) as usize;
        *values.select_nth_unstable_by(k, f32::total_cmp).1
    };
    let highs: Vec<f32> = (0..channels).map(high).collect();
    // A channel that is hardly ever used keeps a range that no rounding can upset.
    let floor = highs.iter().copied().fold(1e-6, f32::max) * 0.02;
    highs.iter().map(|h| h.max(floor) / ACTIVATION_MAX as f32).collect()
}

/// Quantises `net`, its activation ranges taken from `patches`.
pub fn quantise(net: &Net, patches: &[&[u8]]) -> Result<IntNet> {
    let mut work = Work::default();
    // What `int8` sees of the ink is its upper seven bits.
    let x: Vec<f32> = patches.iter().flat_map(|p| p.iter().map(|&v| f32::from(v >> 1) / 127.0)).collect();
    net.forward(&x, patches.len(), &mut work);
    let mut layers = Vec::new();
    // What an activation of 1 stands for, by channel: channels differ tenfold in range.
    let mut in_scales = vec![1.0 / 127.0];
    for (i, layer) in net.layers.iter().enumerate() {
        let (shape, channels) = (layer.shape, layer.shape.output[2]);
        let last = i + 1 == net.layers.len();
        let mut out_scales = if last { vec![1.0 / UNIT; channels] } else { ranges(&work.acts[i + 1], channels) };
        // Weights of an output channel, as factors of integer activations.
        let column =
            |c: usize| layer.w.iter().skip(c).step_by(channels).zip(in_scales.iter().cycle()).map(|(w, s)| w * s);
        let scales: Vec<f32> = (0..channels).map(|c| column(c).fold(1e-9f32, |m, w| m.max(w.abs())) / 127.0).collect();
        let ratios = |out: &[f32]| -> Vec<f32> { scales.iter().zip(out).map(|(s, o)| s / o).collect() };
        let (least, largest) =
            ratios(&out_scales).into_iter().fold((f32::MAX, 0.0f32), |(low, high), r| (low.min(r), high.max(r)));
        ensure!(largest.is_finite() && largest < 1.0, "layer {i} cannot be quantised: ratio {largest}");
        let mut shift = (32767.0 / 32768.0 / largest).log2().floor() as u32;
        if !last {
            // The first step of the requantisation keeps 15 bits: the sums of no channel may be cut off there. Channels
            // that this leaves without a multiplier have activations so small that a coarser step does them no harm.
            let no_cut = (ACTIVATION_MAX as f32 / 32767.0 / least).log2().ceil().max(0.0) as u32;
            shift = shift.max(no_cut);
            let most = 32767.0 / (32768u64 << shift) as f32;
            scales.iter().zip(&mut out_scales).for_each(|(s, out)| *out = out.max(s / most));
        }
        let ratio = ratios(&out_scales);
        ensure!(shift < 24, "layer {i} cannot be quantised: shift {shift}");
        let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
        layers.push(IntLayer {
            input: shape.input,
            output: shape.output,
            kernel: shape.kernel,
            stride: shape.stride,
            pad: shape.pad,
            shift,
            multiplier: ratio
                .iter()
                .map(|r| (r * (32768u64 << shift) as f32).round().clamp(0.0, 32767.0) as u16)
                .collect(),
            bias: (0..channels).map(|c| (layer.b[c] / scales[c]).round() as i32 + half).collect(),
            weights: (0..channels)
                .flat_map(|c| column(c).map(move |w| (w, c)))
                .map(|(w, c)| (w / scales[c]).round() as i8)
                .collect(),
        });
        in_scales = out_scales;
    }
    let mut int = IntNet { layers, bin: 1.0, bands: Vec::new() };
    correct(&mut int, patches, &work.acts[net.layers.len()]);
    let mut sizes: Vec<f32> = work.acts[net.layers.len()].iter().map(|v| v.abs()).collect();
    let k = ((sizes.len() - 1) as f32 * SPAN) as usize;
    let span = *sizes.select_nth_unstable_by(k, f32::total_cmp).1;
    // In whole 256ths, so that a bin can be found without floats.
    int.bin = (span / BINS as f32 * UNIT).ceil() / UNIT;
    Ok(int)
}

/// Takes the mean error of each value, which rounding the weights has left, out of the last layer's biases.
fn correct(int: &mut IntNet, patches: &[&[u8]], exact: &[f32]) {
    let mut error = [0.0f64; BITS];
    for (patch, exact) in patches.iter().zip(exact.chunks_exact(BITS)) {
        for ((sum, v), e) in error.iter_mut().zip(int.values(patch)).zip(exact) {
            *sum += f64::from(f32::from(v) / UNIT - e) / patches.len() as f64;
        }
    }
    if let Some(last) = int.layers.last_mut() {
        for ((bias, error), &multiplier) in last.bias.iter_mut().zip(error).zip(&last.multiplier) {
            // What a step of the sum is worth in values of 1.
            let step = f64::from(multiplier) / f64::from(1u32 << 15) / f64::from(1u32 << last.shift) / f64::from(UNIT);
            *bias -= (error / step.max(1e-12)).round() as i32;
        }
    }
}

/// A mixture of sizes for ranges and calibration, half of it small.
fn mixture(rng: &mut Rng) -> Kind {
    match rng.below(8) {
        0 => Kind::Clean,
        1..=3 => Kind::Large,
        _ => Kind::Small(2.3, 7.0),
    }
}

/// Something that gives the values of a patch of ink.
pub type Values<'a> = &'a dyn Fn(&[u8]) -> Vec<i16>;

/// Measures P(bit wrong) of `query` by |value| against clean codes by `catalogue` of the same held-out words in other
/// faces.
pub fn calibration(
    query: Values<'_>,
    catalogue: Values<'_>,
    bin_width: f32,
    faces: &Faces,
    exclude: &[String],
    seed: u64,
) -> Result<Vec<Band>> {
    let mut rng = Rng::new(seed);
    let mut words = words::test_words(3000, seed)?;
    words.retain(|w| !exclude.contains(w));
    let mut clean = Vec::new();
    for face in &faces.catalogue {
        let set = Patches::render(&words, 9, &mut |_| Kind::Clean, &mut |_| face, &mut rng);
        let mut codes = vec![None; words.len()];
        for (&word, ink) in set.word.iter().zip(&set.ink) {
            codes[word] = Some(catalogue(ink));
        }
        clean.push(codes);
    }
    let mut counts = vec![[[1.0f32, 2.0]; BINS]; BANDS.len()];
    for _ in 0..8 {
        let set = Patches::render(&words, 9, &mut mixture, &mut |rng| faces.train.pick(rng), &mut rng);
        for ((&word, ink), &x_height) in set.word.iter().zip(&set.ink).zip(&set.x_height) {
            let band = BANDS.iter().position(|&b| x_height <= b).unwrap_or(BANDS.len() - 1);
            let Some(code) = &rng.pick(&clean)[word] else { continue };
            for (v, c) in query(ink).iter().zip(code) {
                let bin = ((f32::from(*v).abs() / UNIT / bin_width) as usize).min(BINS - 1);
                counts[band][bin][1] += 1.0;
                counts[band][bin][0] += f32::from(u8::from((*v > 0) != (*c > 0)));
            }
        }
    }
    Ok(BANDS
        .iter()
        .zip(&counts)
        .map(|(&upper, c)| Band { upper, wrong: c.map(|[wrong, all]| (wrong / all).clamp(0.001, 0.5)) })
        .collect())
}

/// Quantises, calibrates and writes the float checkpoint `net` to `out`; `general` is the net of the catalogue, if
/// another.
pub fn export(net: &Path, general: Option<&Path>, out: &Path) -> Result<()> {
    let float = Net::load(net)?;
    let faces = Faces::find()?;
    let mut rng = Rng::new(77);
    let types = words::Types::generate(1)?;
    let sample: Vec<String> = (0..4000).map(|_| rng.pick(&types.words).clone()).collect();
    let small = general.is_some();
    let mut kind = |rng: &mut Rng| if small { Kind::Small(2.3, 5.5) } else { mixture(rng) };
    let patches = Patches::render(&sample, 9, &mut kind, &mut |rng| faces.train.pick(rng), &mut rng);
    let mut int = quantise(&float, &patches.slices())?;
    let catalogue = general.map_or_else(
        || Ok(int.clone()),
        |path| {
            IntNet::from_bytes(&std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
                .with_context(|| path.display().to_string())
        },
    )?;
    int.bands = calibration(
        &|ink| int.values(ink),
        &|ink| catalogue.values(ink),
        int.bin,
        &faces,
        &words::test_words(1200, 2)?,
        78,
    )?;
    // How far the integers are from the floats.
    let exact = float.encode(&patches.slices());
    let (mut flips, mut error) = (0usize, 0.0f64);
    for (ink, exact) in patches.ink.iter().zip(exact.chunks_exact(BITS)) {
        for (v, e) in int.values(ink).iter().zip(exact) {
            flips += usize::from((*v > 0) != (*e > 0.0));
            error += f64::from((f32::from(*v) / UNIT - e).abs());
        }
    }
    let all = (patches.ink.len() * BITS) as f64;
    let size = (exact.iter().map(|v| v * v).sum::<f32>() / exact.len() as f32).sqrt();
    println!(
        "values of size {size:.2}; bits that differ from the float net: {:.4}; mean difference of values {:.4}",
        flips as f64 / all,
        error / all
    );
    for band in &int.bands {
        println!("P(wrong) to {:.2} px: {}", band.upper, band.wrong.map(|p| format!("{p:.3}")).join(" "));
    }
    println!("CRC-32 of the values of 64 made patches: {:08x}", golden(&int));
    let started = std::time::Instant::now();
    patches.ink.iter().for_each(|ink| drop(std::hint::black_box(int.values(ink))));
    let micros = started.elapsed().as_secs_f64() * 1e6 / patches.ink.len() as f64;
    println!("portable inference: {micros:.0} µs a word");
    write(out, &int.to_bytes())
}

/// A checksum for other implementations to meet: CRC-32 of the values (i16, little-endian) of 64 patches, where cell
/// `i` of patch `p` is `(i · (2p + 3) + (i / 48) · (35p + 5)) mod 256`.
fn golden(net: &IntNet) -> u32 {
    let cell = |p: usize, i: usize| ((i * (2 * p + 3) + i / 48 * (35 * p + 5)) % 256) as u8;
    let patch = |p: usize| -> Vec<u8> { (0..crate::pool::CELLS).map(|i| cell(p, i)).collect() };
    let bytes: Vec<u8> = (0..64).flat_map(|p| net.values(&patch(p))).flat_map(i16::to_le_bytes).collect();
    crc32(&bytes)
}

/// Writes a product and prints its checksum.
pub fn write(out: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
    let sha: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
    println!("{}  {} ({} bytes)", sha, out.display(), bytes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::CELLS;

    #[test]
    fn integers_stay_close_to_the_floats() -> Result<()> {
        let mut rng = Rng::new(4);
        let net = Net::new([8, 12, 16], 40, &mut rng);
        // Blotches: what ink looks like to a net.
        let patch = |rng: &mut Rng| -> Vec<u8> {
            let (a, b, c) = (rng.range(0.1, 0.9), rng.range(0.1, 0.9), rng.range(0.0, 6.0));
            (0..CELLS)
                .map(|i| (128.0 + 127.0 * ((i % 48) as f32 * a + c).sin() * ((i / 48) as f32 * b).cos()) as u8)
                .collect()
        };
        let patches: Vec<Vec<u8>> = (0..200).map(|_| patch(&mut rng)).collect();
        let slices: Vec<&[u8]> = patches.iter().map(Vec::as_slice).collect();
        let int = quantise(&net, &slices)?;
        assert_eq!(IntNet::from_bytes(&int.to_bytes())?, int);
        let exact = net.encode(&slices);
        let size = (exact.iter().map(|v| v * v).sum::<f32>() / exact.len() as f32).sqrt();
        let exact_len = exact.len() as f32;
        let (mut flips, mut error) = (0, 0.0);
        for (patch, exact) in patches.iter().zip(exact.chunks_exact(BITS)) {
            for (v, e) in int.values(patch).iter().zip(exact) {
                error += (f32::from(*v) / UNIT - e).abs() / exact_len;
                flips += usize::from((*v > 0) != (*e > 0.0));
            }
        }
        assert!(error < 0.1 * size, "mean difference {error} of values of size {size}");
        assert!(flips * 20 < exact.len(), "{flips} of {} bits", exact.len());
        Ok(())
    }
}
