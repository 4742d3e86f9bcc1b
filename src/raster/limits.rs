//! How large a picture may be: here decompression bombs are stopped, by their header alone.

use image::Limits;

use crate::Error;

/// What a decoder may allocate beyond [`BYTES_PER_PIXEL`].
///
/// Tuned (bytes): chosen by eye; palettes, tables and rows of small pictures.
const BASE_ALLOCATION: u64 = 64 * 1024 * 1024;
/// What a decoder may allocate while it reads the header: colour profiles, of which a small file can hold a bomb.
///
/// Tuned (bytes): chosen by eye; profiles of printers have some 2 million.
const HEADER_ALLOCATION: u64 = 16 * 1024 * 1024;
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
    /// Longest side, in pixels: some memory is taken for each column and each row. Default: 131,072.
    ///
    /// Tuned (pixels): four times the longest capture that browsers make, 32,767.
    pub max_side_px: u32,
    /// Largest picture as decoded, in bytes, before it becomes grey. Default: 640 million.
    ///
    /// Tuned (bytes): four for each pixel of the largest picture.
    pub max_decoded_bytes: u64,
}

impl Default for RasterConfig {
    fn default() -> Self {
        Self { max_pixels: 160_000_000, max_side_px: 131_072, max_decoded_bytes: 640_000_000 }
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
        if self.max_side_px == 0 {
            return Err(Error::invalid_argument("raster.max_side_px", 0, "at least 1 pixel must be allowed"));
        }
        if self.max_decoded_bytes == 0 {
            return Err(Error::invalid_argument("raster.max_decoded_bytes", 0, "at least 1 byte must be allowed"));
        }
        Ok(())
    }

    /// What may be allocated before the picture's size is known.
    pub(super) fn before_header() -> Limits {
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(HEADER_ALLOCATION);
        limits
    }

    /// What the decoder of a picture of this size, which takes so many bytes decoded, may allocate; an error if there may
    /// be no such picture.
    pub(super) fn admit(&self, (width, height): (u32, u32), decoded_bytes: u64) -> Result<Limits, Error> {
        let side = u64::from(width.max(height));
        if side > self.max_side_px.into() {
            let limit = self.max_side_px.into();
            return Err(Error::Limit { what: "the picture's longer side in pixels", value: side, limit });
        }
        let area = u64::from(width) * u64::from(height);
        if area > self.max_pixels {
            return Err(Error::Limit { what: "the picture's area in pixels", value: area, limit: self.max_pixels });
        }
        if decoded_bytes > self.max_decoded_bytes {
            let (value, limit) = (decoded_bytes, self.max_decoded_bytes);
            return Err(Error::Limit { what: "the decoded picture's size in bytes", value, limit });
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
        let config = RasterConfig { max_pixels: 200, max_side_px: 100, max_decoded_bytes: 1_000 };
        assert!(config.admit((20, 10), 1_000).is_ok());
        assert!(matches!(config.admit((67, 3), 201), Err(Error::Limit { value: 201, limit: 200, .. })));
        assert!(config.admit((100, 1), 100).is_ok(), "the longest side");
        assert!(matches!(config.admit((1, 101), 101), Err(Error::Limit { value: 101, limit: 100, .. })));
        assert!(matches!(config.admit((20, 10), 1_001), Err(Error::Limit { value: 1_001, limit: 1_000, .. })));
        // The product of the sides does not fit 32 bits.
        let sides = RasterConfig { max_side_px: u32::MAX, ..config };
        assert!(matches!(sides.admit((u32::MAX, u32::MAX), 1), Err(Error::Limit { .. })));
        let refused = |change: fn(&mut RasterConfig)| {
            let mut config = RasterConfig::default();
            change(&mut config);
            config.check().is_err()
        };
        assert!(refused(|c| c.max_pixels = 0) && refused(|c| c.max_side_px = 0));
        assert!(refused(|c| c.max_decoded_bytes = 0) && !refused(|_| {}));
    }
}
