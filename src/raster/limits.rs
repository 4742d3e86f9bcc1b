//! How large a picture may be: here decompression bombs are stopped, by their header alone.

use image::Limits;

use crate::Error;

/// What a decoder may allocate beyond [`BYTES_PER_PIXEL`].
///
/// Tuned (bytes): chosen by eye; palettes, tables and rows of small pictures.
const BASE_ALLOCATION: u64 = 64 * 1024 * 1024;
/// What a decoder may allocate for each pixel.
///
/// Tuned (bytes): the widest pixels are four floats, 16 bytes.
const BYTES_PER_PIXEL: u64 = 16;

/// Settings of stage 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RasterConfig {
    /// Largest picture, in pixels. Strict: checked against the header, before pixels are allocated. Default: 160
    /// million. Decoding takes up to 9 bytes a pixel.
    ///
    /// Tuned (pixels): five times a 1,080 × 30,000 scroll capture, which has 32 million.
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

    /// What the decoder of a picture of this size may allocate; an error if there may be no such picture.
    pub(super) fn admit(&self, (width, height): (u32, u32)) -> Result<Limits, Error> {
        let area = u64::from(width) * u64::from(height);
        if area > self.max_pixels {
            return Err(Error::Limit { what: "the picture's area in pixels", value: area, limit: self.max_pixels });
        }
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(BYTES_PER_PIXEL.saturating_mul(area).saturating_add(BASE_ALLOCATION));
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_picture_is_admitted_and_one_pixel_more_is_not() {
        let config = RasterConfig { max_pixels: 200 };
        assert!(config.admit((20, 10)).is_ok());
        assert!(matches!(config.admit((67, 3)), Err(Error::Limit { value: 201, limit: 200, .. })));
        // The product of the sides does not fit 32 bits.
        assert!(matches!(config.admit((u32::MAX, u32::MAX)), Err(Error::Limit { .. })));
        assert!(RasterConfig { max_pixels: 0 }.check().is_err());
    }
}
