//! Documents known from pictures only.

use crate::Error;
use crate::fingerprint::{Codes, Family, fingerprint};
use crate::page::{PageConfig, analyse};
use crate::raster::{RasterConfig, decode};

/// The words of a picture's likeliest reading, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) codes: Codes,
    pub(super) widths: Vec<u8>,
    pub(super) places: Vec<Place>,
}

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Middle of the word, on the baseline, in pixels.
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width_px: f32,
    pub(super) x_height_px: f32,
    /// Its line's number.
    pub(super) line: u32,
}

impl Place {
    /// From baseline to x-height.
    #[cfg(feature = "benchmarks")]
    pub(super) fn hull(&self) -> crate::geom::Rect {
        let half = 0.5 * self.width_px;
        crate::geom::Rect::new(self.x - half, self.y - self.x_height_px, self.x + half, self.y)
    }
}

/// Reads a picture.
pub(super) fn read(bytes: &[u8], family: Family) -> Result<Reading, Error> {
    let page = analyse(&decode(bytes, &RasterConfig::default())?, &PageConfig::default());
    let print = fingerprint(&page, &*family.encoder());
    let likeliest: Vec<usize> = (0..page.words.len()).filter(|&k| page.words[k].likeliest).collect();
    if likeliest.is_empty() {
        return Err(Error::input("picture", "no lines of text were found"));
    }
    let data = likeliest.iter().flat_map(|&k| print.codes.get(k).iter().copied()).collect();
    let place = |&k: &usize| {
        let word = &page.words[k];
        let (middle, frame) = (word.frame.at(0.5 * word.frame.width_px, 0.0), &word.frame);
        Place { x: middle.x, y: middle.y, width_px: frame.width_px, x_height_px: frame.x_height_px, line: word.line }
    };
    Ok(Reading {
        codes: Codes::from_data(family, data)?,
        widths: likeliest.iter().map(|&k| print.widths[k]).collect(),
        places: likeliest.iter().map(place).collect(),
    })
}
