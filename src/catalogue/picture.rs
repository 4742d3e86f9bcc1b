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
    let fingerprint = fingerprint(&page, &*family.encoder());
    let likeliest: Vec<usize> = (0..page.words.len()).filter(|&k| page.words[k].likeliest).collect();
    if likeliest.is_empty() {
        return Err(Error::input("picture", "no lines of text were found"));
    }
    let data = likeliest.iter().flat_map(|&k| fingerprint.codes.get(k).iter().copied()).collect();
    let place = |&k: &usize| {
        let word = &page.words[k];
        let (middle, frame) = (word.frame.at(0.5 * word.frame.width_px, 0.0), &word.frame);
        Place { x: middle.x, y: middle.y, width_px: frame.width_px, x_height_px: frame.x_height_px, line: word.line }
    };
    Ok(Reading {
        codes: Codes::from_data(family, data)?,
        widths: likeliest.iter().map(|&k| fingerprint.widths[k]).collect(),
        places: likeliest.iter().map(place).collect(),
    })
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage, ImageFormat, Luma};

    use super::*;

    #[test]
    fn a_reading_is_in_order_and_of_one_length() {
        let shot = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").expect("a fixture");
        let Reading { codes, widths, places } = read(&shot, Family::Net).expect("a picture with text");
        assert!(places.len() > 20, "{} words", places.len());
        assert_eq!((codes.len(), widths.len()), (places.len(), places.len()));
        for pair in places.windows(2) {
            assert!(pair[0].line < pair[1].line && pair[0].y < pair[1].y || pair[0].x < pair[1].x, "{pair:?}");
        }
        // Within the picture, which is 113 rows high.
        let all = places.iter().all(|p| p.width_px > 0.0 && (3.0..10.0).contains(&p.x_height_px) && p.y < 113.0);
        assert!(all, "{places:?}");
    }

    #[test]
    fn a_picture_without_text_is_refused() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let blank = DynamicImage::from(GrayImage::from_pixel(200, 100, Luma([240])));
        blank.write_to(&mut bytes, ImageFormat::Png).expect("a picture in memory");
        let error = read(bytes.get_ref(), Family::Net).expect_err("nothing to read").to_string();
        assert!(error.contains("no lines of text"), "{error}");
        assert!(read(b"no picture", Family::Net).is_err());
    }
}
