//! Stage 3: words become patches, patches become codes.
//!
//! A [`Patch`] is the canonical picture of a word; an [`Encoder`] turns it into signed values, one a bit: the sign is the
//! code's bit, the magnitude its confidence. [`Codes`] carry their [`Family`] with them.

mod dct;
mod family;
mod hog;
#[cfg(feature = "baselines")]
mod img_hash;
mod linear;
mod net;
mod patch;

pub(crate) use family::differing_bits;
pub use family::{Codes, DistanceModel, Family};
#[cfg(feature = "benchmarks")]
pub(crate) use net::{infer::Inference, variants};
pub use patch::{ASCENDER_ROWS, COLS, DESCENDER_ROWS, Patch, ROWS, X_HEIGHT_ROWS};

use crate::Error;
use crate::page::Page;

/// Patch → signed values. The one thing that a new hash has to implement.
pub trait Encoder: Send + Sync {
    /// The family of the codes it makes.
    fn family(&self) -> Family;

    /// Writes one value a bit of the code: positive for a one. `values` is as long as the family's codes.
    fn encode(&self, patch: &Patch, values: &mut [f32]);

    /// The same for a word of a *picture*, whose text has this x-height: encoders may know how small text looks. The code
    /// space is that of [`Encoder::encode`].
    fn encode_query(&self, patch: &Patch, x_height_px: f32, values: &mut [f32]) {
        let _ = x_height_px;
        self.encode(patch, values);
    }

    /// Probability that a bit of a picture's word is wrong, by its value; `None` if the magnitudes say nothing. Only for codes
    /// of 64 bits.
    fn wrong(&self, x_height_px: f32, value: f32) -> Option<f32> {
        let _ = (x_height_px, value);
        None
    }
}

/// The codes of a page's words, in the order of [`Page::words`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint {
    /// One code a word of the lattice.
    pub codes: Codes,
    /// How much each bit of each code counts; empty if the encoder has no confidences.
    pub weights: Vec<BitWeights>,
    /// Each word's width, see [`log_width`].
    pub widths: Vec<u8>,
}

/// How much each bit of a query's code counts: whole weights from 0 to 3, in proportion to the log-odds that it is right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BitWeights {
    /// Two bit planes: a bit's weight is that of the first plus twice that of the second.
    pub planes: [u64; 2],
    /// Weighted distances of this code to codes of the same word.
    pub same: DistanceModel,
}

impl BitWeights {
    /// Weights from each bit's probability of being wrong.
    #[must_use]
    pub fn new(wrong: &[f32]) -> Self {
        let (mut planes, mut mean, mut variance) = ([0u64; 2], 0.0, 0.0);
        for (bit, &p) in wrong.iter().enumerate().take(64) {
            let p = p.clamp(0.005, 0.5);
            let weight = (((1.0 - p) / p).ln() / NATS_PER_WEIGHT).round().min(3.0);
            planes[0] |= u64::from(weight as u8 & 1) << bit;
            planes[1] |= u64::from(weight as u8 >> 1) << bit;
            mean += weight * p;
            variance += weight * weight * p * (1.0 - p);
        }
        let same_sd = (DEPENDENCE * variance).sqrt().max(1.0);
        Self { planes, same: DistanceModel { same_mean: mean, same_sd } }
    }
}

/// Log-odds that a weight of one stands for.
const NATS_PER_WEIGHT: f32 = 1.3;
/// Bits of a badly cut or badly printed word are wrong together: the variance is that many times that of independent bits.
const DEPENDENCE: f32 = 4.0;

/// Hashes every word of a page's lattice.
///
/// Cost: some 40 µs a word for resampling, and the encoder's own.
///
/// # Errors
///
/// None today: the signature leaves room for encoders that can fail.
pub fn fingerprint(page: &Page, encoder: &dyn Encoder) -> Result<Fingerprint, Error> {
    let family = encoder.family();
    let mut out = Fingerprint { codes: Codes::new(family), ..Fingerprint::default() };
    let Some(ink) = &page.ink else { return Ok(out) };
    let mut values = vec![0.0; family.bits()];
    for word in &page.words {
        let x_height_px = word.frame.x_height_px;
        encoder.encode_query(&Patch::sample(ink, &word.frame), x_height_px, &mut values);
        out.codes.push_values(&values);
        out.widths.push(log_width(word.frame.width_xh()));
        let wrong: Option<Vec<f32>> = values.iter().map(|&v| encoder.wrong(x_height_px, v)).collect();
        out.weights.extend(wrong.map(|w| BitWeights::new(&w)));
    }
    Ok(out)
}

/// Steps of [`log_width`] for each doubling of the width: one step is 2.2 %.
pub const WIDTH_STEPS: f32 = 32.0;

/// A word's width in x-heights as a byte on a logarithmic scale: 0 is an eighth of an x-height or less, 255 is 31 and more.
#[must_use]
pub fn log_width(width_xh: f32) -> u8 {
    (WIDTH_STEPS * (width_xh.max(0.125).log2() + 3.0)).round().min(255.0) as u8
}
