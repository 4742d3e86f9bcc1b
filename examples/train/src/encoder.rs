//! Encoders as the tables see them: patches become signed values, catalogue and query side.

use std::path::Path;

use anyhow::{Context, Result};
use leakprint::fingerprint::{COLS, ROWS};

use crate::hog;
use crate::int8::IntNet;

/// A code and its confidences.
pub struct Code {
    /// The bits, 128 at most.
    pub bits: u128,
    /// For each bit: what a catalogue bit equal to it scores and what an unequal one scores, in nats.
    pub soft: Vec<(f32, f32)>,
}

/// Turns patches into codes.
pub trait Encoder {
    /// What to call it.
    fn name(&self) -> String;
    /// The code of a catalogue word.
    fn catalogue(&self, ink: &[u8]) -> u128;
    /// The code of a word of a picture.
    fn query(&self, ink: &[u8], x_height_px: f32) -> Code;
}

/// Log-likelihood ratios of a bit that is wrong with probability `p`.
fn ratios(p: f32) -> (f32, f32) {
    ((2.0 * (1.0 - p)).ln(), (2.0 * p).ln())
}

/// Signs as bits.
fn bits(values: &[i16]) -> u128 {
    values.iter().enumerate().map(|(i, v)| u128::from(*v > 0) << i).sum()
}

/// The integer nets: a general one and those of small text.
pub struct Nets {
    general: IntNet,
    bands: Vec<(f32, IntNet)>,
}

impl Nets {
    /// Reads products; `bands` are `UPPER=FILE`.
    pub fn read(general: &Path, bands: &[String]) -> Result<Self> {
        let read = |path: &Path| -> Result<IntNet> {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            IntNet::from_bytes(&bytes).with_context(|| path.display().to_string())
        };
        let band = |text: &String| {
            let (upper, path) = text.split_once('=').with_context(|| format!("--band {text}: not UPPER=FILE"))?;
            Ok((upper.parse().with_context(|| format!("--band {text}: no number"))?, read(Path::new(path))?))
        };
        Ok(Self { general: read(general)?, bands: bands.iter().map(band).collect::<Result<_>>()? })
    }
}

impl Encoder for Nets {
    fn name(&self) -> String {
        format!("CNN int8, {} encoder(s) for small text", self.bands.len())
    }

    fn catalogue(&self, ink: &[u8]) -> u128 {
        bits(&self.general.values(ink))
    }

    fn query(&self, ink: &[u8], x_height_px: f32) -> Code {
        let net = self.bands.iter().find(|(upper, _)| x_height_px <= *upper).map_or(&self.general, |(_, net)| net);
        let values = net.values(ink);
        Code { bits: bits(&values), soft: values.iter().map(|v| ratios(net.wrong(x_height_px, *v))).collect() }
    }
}

/// The linear hash.
pub struct Linear(IntNet);

impl Linear {
    /// Reads the product.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let net = IntNet::from_bytes(&bytes).with_context(|| path.display().to_string())?;
        anyhow::ensure!(net.layers[0].input == [1, 1, hog::LEN], "{} is not the linear product", path.display());
        Ok(Self(net))
    }
}

impl Encoder for Linear {
    fn name(&self) -> String {
        "LDA on HOG, 64 bits".to_owned()
    }

    fn catalogue(&self, ink: &[u8]) -> u128 {
        bits(&self.0.values_of(&hog::hog(ink)))
    }

    fn query(&self, ink: &[u8], x_height_px: f32) -> Code {
        let values = self.0.values_of(&hog::hog(ink));
        Code { bits: bits(&values), soft: values.iter().map(|v| ratios(self.0.wrong(x_height_px, *v))).collect() }
    }
}

/// The best unlearned hash of the studies: signs of 8 × 16 low frequencies against their median, 128 bits.
pub struct Dct {
    rows: Vec<[f32; ROWS]>,
    cols: Vec<[f32; COLS]>,
}

impl Dct {
    const SHAPE: [usize; 2] = [8, 16];

    /// With its cosines.
    pub fn new() -> Self {
        fn wave<const N: usize>(k: usize) -> [f32; N] {
            std::array::from_fn(|i| (std::f32::consts::PI * k as f32 * (i as f32 + 0.5) / N as f32).cos())
        }
        Self { rows: (0..Self::SHAPE[0]).map(wave).collect(), cols: (0..Self::SHAPE[1]).map(wave).collect() }
    }
}

impl Encoder for Dct {
    fn name(&self) -> String {
        "DCT 8×16, 128 bits".to_owned()
    }

    fn catalogue(&self, ink: &[u8]) -> u128 {
        let mut values = Vec::with_capacity(128);
        for row in &self.rows {
            let mut line = [0.0f32; COLS];
            for (w, ink) in row.iter().zip(ink.chunks_exact(COLS)) {
                line.iter_mut().zip(ink).for_each(|(l, &v)| *l += w * f32::from(v));
            }
            values.extend(self.cols.iter().map(|col| col.iter().zip(&line).map(|(a, b)| a * b).sum::<f32>()));
        }
        let mut sorted = values.clone();
        let median = *sorted.select_nth_unstable_by(64, f32::total_cmp).1;
        values.iter().enumerate().map(|(i, v)| u128::from(*v >= median) << i).sum()
    }

    fn query(&self, ink: &[u8], _: f32) -> Code {
        Code { bits: self.catalogue(ink), soft: Vec::new() }
    }
}
