//! Bytes → pixels: formats, orientation, and what hostile bytes may do.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::grey::to_grey;
use super::limits::RasterConfig;
use super::picture::Raster;
use crate::Error;

/// Decodes a picture (PNG, JPEG, WebP, GIF, BMP, TIFF; the first frame of an animation) into a [`Raster`] as displayed:
/// EXIF orientation applied, transparency laid over the background that its own pixels were made for.
///
/// # Errors
///
/// [`Error::Input`] for bytes that are no picture of a known format or are damaged, also where the decoder itself
/// panics; [`Error::Limit`] for pictures of more than [`RasterConfig::max_pixels`].
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
    contained(|| {
        let picture = pixels(bytes, config)?;
        to_grey(picture).ok_or_else(|| Error::input("picture", "it has no pixels"))
    })
}

/// Runs what handles hostile bytes: some decoders still panic on them. Such a panic is the picture's fault.
fn contained(work: impl FnOnce() -> Result<Raster, Error>) -> Result<Raster, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::input("picture", "its decoder panicked: the file is damaged")))
}

/// The pixels as displayed.
fn pixels(bytes: &[u8], config: &RasterConfig) -> Result<DynamicImage, Error> {
    if bytes.is_empty() {
        return Err(Error::input("picture", "the file is empty (0 bytes)"));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes));
    reader.limits(RasterConfig::before_header());
    let reader = reader.with_guessed_format().map_err(|e| Error::input("picture", e))?;
    let Some(format) = reader.format() else {
        return Err(Error::input("picture", "not a picture of a known format (PNG, JPEG, WebP, GIF, BMP, TIFF)"));
    };
    let name = format!("{format:?} picture");
    let damaged = |e: image::ImageError| Error::input(name.clone(), e);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let limits = config.admit((width, height), decoder.total_bytes())?;
    if width == 0 || height == 0 {
        return Err(Error::input(name, format!("it is {width} × {height} pixels")));
    }
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
    fn a_panic_while_decoding_is_the_pictures_fault() {
        let error = contained(|| panic!("some decoder's arithmetic")).unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{error}");
    }

    /// A PNG whose colour profile inflates to so many bytes.
    fn with_profile(bytes: usize) -> Vec<u8> {
        let plain = png(&DynamicImage::new_luma8(20, 10));
        let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), bytes as u64), &mut deflated).expect("memory");
        let data = [b"iCCPp\0\0".as_slice(), &deflated.finish().expect("memory")].concat();
        let length = (data.len() as u32 - 4).to_be_bytes();
        let crc = crc32fast::hash(&data).to_be_bytes();
        // Behind the header's chunk.
        [&plain[..33], &length, &data, &crc, &plain[33..]].concat()
    }

    #[test]
    fn a_bomb_in_a_colour_profile_does_not_go_off() {
        for bytes in [1_000, 300_000_000] {
            let raster = decode(&with_profile(bytes), &RasterConfig::default()).expect("a profile is not needed");
            assert_eq!((raster.width(), raster.height()), (20, 10));
        }
    }

    #[test]
    fn limits_and_damage_are_told_apart() {
        let bytes = png(&DynamicImage::new_luma8(20, 10));
        let small = RasterConfig { max_pixels: 199, ..RasterConfig::default() };
        assert!(matches!(decode(&bytes, &small), Err(Error::Limit { value: 200, limit: 199, .. })));
        for cut in 0..bytes.len() - 12 {
            assert!(
                matches!(decode(&bytes[..cut], &RasterConfig::default()), Err(Error::Input { .. })),
                "cut at {cut}"
            );
        }
    }
}
