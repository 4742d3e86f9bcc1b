//! Stage 3: words become patches, patches become codes.
//!
//! A [`Patch`] is the canonical picture of a word; an [`Encoder`] turns it into signed values, one a bit: the sign is the
//! code's bit, the magnitude its confidence. [`Codes`] carry their [`Family`] with them.

mod dct;
mod family;
mod hog;
mod img_hash;
mod linear;
mod net;
mod patch;

pub(crate) use family::MAX_BITS;
pub use family::{Codes, DistanceModel, Family};
pub use patch::{ASCENDER_ROWS, COLS, DESCENDER_ROWS, Patch, ROWS, WordFrame, X_HEIGHT_ROWS};

use crate::Error;
use crate::page::Page;

/// Patch → signed values. The one thing that a new hash has to implement.
pub trait Encoder: Send + Sync {
    /// The family of the codes it makes.
    fn family(&self) -> Family;

    /// Writes one value a bit of the code: positive for a one. `values` is as long as the family's codes.
    fn encode(&self, patch: &Patch, values: &mut [f32]);
}

/// The codes of a page's words, in the order of [`Page::words`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint {
    /// One code a word of the lattice.
    pub codes: Codes,
    /// Each word's width, see [`log_width`].
    pub widths: Vec<u8>,
}

/// Hashes every word of a page's lattice.
///
/// Cost: some 20 µs a word, most of it resampling.
///
/// # Errors
///
/// None today: the signature leaves room for encoders that can fail.
pub fn fingerprint(page: &Page, encoder: &dyn Encoder) -> Result<Fingerprint, Error> {
    let mut out = Fingerprint { codes: Codes::new(encoder.family()), widths: Vec::with_capacity(page.words.len()) };
    let Some(ink) = &page.ink else { return Ok(out) };
    for word in &page.words {
        out.codes.push(encoder, &Patch::sample(ink, &word.frame))?;
        out.widths.push(log_width(word.frame.width_xh()));
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
