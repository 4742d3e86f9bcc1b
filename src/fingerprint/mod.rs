//! Stage 3: words become patches, patches become codes.
//!
//! A [`Patch`] is the canonical picture of a word; an [`Encoder`] turns it into signed values, one a bit: the sign is
//! the code's bit, the magnitude its confidence. [`Codes`] carry their [`Family`] with them.

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

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::page::{Page, Word};
use crate::raster::Raster;

/// Steps of [`log_width`] for each doubling of the width: one step is 2.2 %.
///
/// Tuned (count): chosen by eye. Part of the catalogue's format.
pub const WIDTH_STEPS: f32 = 32.0;

/// The narrowest width that [`log_width`] tells from narrower ones: its step 0.
///
/// Tuned (x-heights): chosen by eye; a full stop is wider. Part of the catalogue's format.
const MIN_WIDTH_XH: f32 = 0.125;

/// Log-odds that a weight of one stands for.
///
/// Tuned (nats): chosen by eye, so that the three weights span what the nets' confidences tell.
const NATS_PER_WEIGHT: f32 = 1.3;

/// The heaviest weight: two bit planes hold no more.
const MAX_WEIGHT: f32 = 3.0;

/// No bit is taken for surer than this to be right, nor for worse than a coin.
///
/// Tuned (share): chosen by eye.
const BIT_ERRORS: [f32; 2] = [0.005, 0.5];

/// Bits of a badly cut or badly printed word are wrong together: the variance is that many times that of independent
/// bits.
///
/// Tuned (factor): chosen by eye.
const VARIANCE_FACTOR: f32 = 4.0;

/// Least standard deviation of a word's weighted distances.
///
/// Tuned (bits): chosen by eye.
const MIN_SD_BITS: f32 = 1.0;

/// Patch → signed values. The one thing that a new hash has to implement.
///
/// Sealed: a family's codes are a file format, so that families are added to [`Family`] in this crate.
pub trait Encoder: Debug + Send + Sync + UnwindSafe + RefUnwindSafe + sealed::Sealed {
    /// The family of the codes it makes.
    fn family(&self) -> Family;

    /// Writes one value a bit of the code: positive for a one. `values` is as long as the family's codes.
    fn encode(&self, patch: &Patch, values: &mut [f32]);

    /// The same for a word of a *picture*, whose text has this x-height: encoders may know how small text looks. The
    /// code space is that of [`Encoder::encode`].
    fn encode_query(&self, patch: &Patch, x_height_px: f32, values: &mut [f32]) {
        let _ = x_height_px;
        self.encode(patch, values);
    }

    /// Probability that a bit of a picture's word is wrong, by its value; `None` if the magnitudes say nothing. Only
    /// for codes of 64 bits.
    fn bit_error(&self, x_height_px: f32, value: f32) -> Option<f32> {
        let _ = (x_height_px, value);
        None
    }
}

mod sealed {
    /// Implemented by this crate's encoders only.
    pub trait Sealed {}
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

impl Fingerprint {
    /// The hash family of its codes.
    #[must_use]
    pub fn family(&self) -> Family {
        self.codes.family()
    }
}

/// How much each bit of a query's code counts: whole weights from 0 to 3, in proportion to the log-odds that it is
/// right.
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
    pub fn new(bit_errors: &[f32]) -> Self {
        let (mut planes, mut mean, mut variance) = ([0u64; 2], 0.0, 0.0);
        for (bit, &p) in bit_errors.iter().enumerate().take(64) {
            let p = p.clamp(BIT_ERRORS[0], BIT_ERRORS[1]);
            let weight = (((1.0 - p) / p).ln() / NATS_PER_WEIGHT).round().min(MAX_WEIGHT);
            planes[0] |= u64::from(weight as u8 & 1) << bit;
            planes[1] |= u64::from(weight as u8 >> 1) << bit;
            mean += weight * p;
            variance += weight * weight * p * (1.0 - p);
        }
        let same_sd = (VARIANCE_FACTOR * variance).sqrt().max(MIN_SD_BITS);
        Self { planes, same: DistanceModel { same_mean: mean, same_sd } }
    }
}

/// Hashes every word of a page's lattice.
///
/// Cost: some 40 µs a word for resampling, and the encoder's own.
#[must_use]
pub fn fingerprint(page: &Page, encoder: &dyn Encoder) -> Fingerprint {
    match &page.ink {
        Some(ink) => fingerprint_words(ink, &page.words, encoder),
        None => Fingerprint { codes: Codes::new(encoder.family()), ..Fingerprint::default() },
    }
}

/// Hashes some words of a page's ink.
pub(crate) fn fingerprint_words(ink: &Raster, words: &[Word], encoder: &dyn Encoder) -> Fingerprint {
    let family = encoder.family();
    let mut out = Fingerprint { codes: Codes::new(family), ..Fingerprint::default() };
    let mut values = vec![0.0; family.bits()];
    for word in words {
        let x_height_px = word.frame.x_height_px;
        encoder.encode_query(&Patch::sample(ink, &word.frame), x_height_px, &mut values);
        out.codes.push_values(&values);
        out.widths.push(log_width(word.frame.width_xh()));
        let bit_errors: Option<Vec<f32>> = values.iter().map(|&v| encoder.bit_error(x_height_px, v)).collect();
        out.weights.extend(bit_errors.map(|errors| BitWeights::new(&errors)));
    }
    out
}

/// A word's width in x-heights as a byte on a logarithmic scale: 0 is an eighth of an x-height or less, 255 is 31 and
/// more.
#[must_use]
pub fn log_width(width_xh: f32) -> u8 {
    (WIDTH_STEPS * (width_xh.max(MIN_WIDTH_XH).log2() - MIN_WIDTH_XH.log2())).round().min(255.0) as u8
}
