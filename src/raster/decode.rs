//! Bytes → pixels: formats, limits, orientation, transparency.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::{Raster, luma};
use crate::Error;

/// Settings of stage 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RasterConfig {
    /// Largest picture, in pixels. Strict: checked against the header, before anything is allocated. Default: 160 million
    /// (a 1,080 × 30,000 scroll capture has 32 million). Decoding takes up to 9 bytes a pixel.
    pub max_pixels: u64,
}

impl Default for RasterConfig {
    fn default() -> Self {
        Self { max_pixels: 160_000_000 }
    }
}

impl RasterConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if self.max_pixels == 0 {
            return Err(Error::invalid_argument("raster.max_pixels", 0, "at least 1 pixel must be allowed"));
        }
        Ok(())
    }
}

/// Decodes a picture (PNG, JPEG, WebP, GIF, BMP, TIFF; the first frame of an animation) into a [`Raster`] as displayed:
/// EXIF orientation applied, transparency laid over the background that its own pixels were made for.
///
/// # Errors
///
/// [`Error::Input`] for bytes that are no picture of a known format or are damaged, also where the decoder itself panics;
/// [`Error::Limit`] for pictures of more than [`RasterConfig::max_pixels`].
///
/// # Examples
///
/// ```
/// use leakprint::raster::{RasterConfig, decode};
///
/// let error = decode(b"Dear all,", &RasterConfig::default()).unwrap_err();
/// assert!(error.to_string().contains("not a picture"));
/// ```
pub fn decode(bytes: &[u8], config: &RasterConfig) -> Result<Raster, Error> {
    // Decoders are fed hostile bytes; some still panic on them.
    let picture = catch_unwind(AssertUnwindSafe(|| pixels(bytes, config)))
        .unwrap_or_else(|_| Err(Error::input("picture", "its decoder panicked: the file is damaged")))?;
    Ok(luma::to_raster(picture))
}

fn pixels(bytes: &[u8], config: &RasterConfig) -> Result<DynamicImage, Error> {
    if bytes.is_empty() {
        return Err(Error::input("picture", "the file is empty (0 bytes)"));
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| Error::input("picture", e))?;
    let Some(format) = reader.format() else {
        return Err(Error::input("picture", "not a picture of a known format (PNG, JPEG, WebP, GIF, BMP, TIFF)"));
    };
    let name = format!("{format:?} picture");
    let damaged = |e: image::ImageError| Error::input(name.clone(), e);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let area = u64::from(width) * u64::from(height);
    if area > config.max_pixels {
        return Err(Error::Limit { what: "the picture's area in pixels", value: area, limit: config.max_pixels });
    }
    if area == 0 {
        return Err(Error::input(name, format!("it is {width} × {height} pixels")));
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(64 * 1024 * 1024 + 16 * area);
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbaImage};

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).expect("encoding to memory");
        bytes.into_inner()
    }

    #[test]
    fn grey_comes_through_unchanged() {
        let grey = image::GrayImage::from_fn(7, 5, |x, y| image::Luma([(x * 30 + y) as u8]));
        let raster = decode(&png(&grey.clone().into()), &RasterConfig::default()).expect("a good picture");
        assert_eq!((raster.width(), raster.height()), (7, 5));
        assert_eq!(raster.luma(), grey.as_raw().as_slice());
    }

    #[test]
    fn transparency_lies_over_the_background_its_text_was_made_for() {
        for (text, expected) in [(0u8, 255u8), (255, 0)] {
            let picture =
                RgbaImage::from_fn(20, 20, |x, _| image::Rgba([text, text, text, if x == 3 { 255 } else { 0 }]));
            let raster = decode(&png(&picture.into()), &RasterConfig::default()).expect("a good picture");
            assert_eq!((raster.row(0)[3], raster.row(0)[10]), (text, expected));
        }
    }

    #[test]
    fn limits_and_damage_are_told_apart() {
        let bytes = png(&DynamicImage::new_luma8(20, 10));
        let small = RasterConfig { max_pixels: 199 };
        assert!(matches!(decode(&bytes, &small), Err(Error::Limit { value: 200, limit: 199, .. })));
        for cut in 0..bytes.len() - 12 {
            assert!(
                matches!(decode(&bytes[..cut], &RasterConfig::default()), Err(Error::Input { .. })),
                "cut at {cut}"
            );
        }
    }
}
