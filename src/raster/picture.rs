//! The grey picture that all later stages read.

/// A grey picture, one byte a pixel, row by row, as displayed (after EXIF orientation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

impl Raster {
    /// A raster from luma values, row by row; `None` unless there are `width × height` of them, at least one.
    #[must_use]
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Option<Self> {
        let area = u64::from(width) * u64::from(height);
        (area > 0 && luma.len() as u64 == area).then_some(Self { width, height, luma })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The luma values, row by row.
    #[must_use]
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// One row of luma values.
    ///
    /// # Panics
    ///
    /// If `y` is not below the height.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u8] {
        &self.luma[y as usize * self.width as usize..][..self.width as usize]
    }

    /// The pixel at `x`, `y`; outside, the nearest one inside.
    #[must_use]
    fn pixel(&self, x: i32, y: i32) -> f32 {
        let x = x.clamp(0, self.width as i32 - 1) as usize;
        let y = y.clamp(0, self.height as i32 - 1) as usize;
        f32::from(self.luma[y * self.width as usize + x])
    }

    /// The grey value at a point, by linear interpolation between pixel centres.
    #[must_use]
    pub fn linear(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        let upper = self.pixel(x, y) * (1.0 - fx) + self.pixel(x + 1, y) * fx;
        let lower = self.pixel(x, y + 1) * (1.0 - fx) + self.pixel(x + 1, y + 1) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// The grey value at a point, by cubic interpolation (Catmull–Rom), clamped to 0–255.
    #[must_use]
    pub fn cubic(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (wx, wy) = (catmull_rom(x - x.floor()), catmull_rom(y - y.floor()));
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        let row = |j: i32| {
            let row = (x - 1..).zip(wx).map(|(i, w)| w * self.pixel(i, j));
            row.fold(0.0, |sum, v| sum + v)
        };
        let sum = (y - 1..).zip(wy).fold(0.0, |sum, (j, w)| sum + w * row(j));
        sum.clamp(0.0, 255.0)
    }
}

/// Weights of the four neighbours of a point at `t` of the way between the middle two.
pub(crate) fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope() -> Raster {
        Raster::from_luma(8, 6, (0..48).map(|at| (at % 8 * 20 + at / 8 * 7) as u8).collect()).expect("matching size")
    }

    #[test]
    fn both_interpolations_give_pixels_at_their_centres_and_follow_a_slope_between() {
        let raster = slope();
        for (x, y) in [(3, 2), (2, 3), (4, 2)] {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let pixel = f32::from(raster.row(y)[x as usize]);
            for value in [raster.linear(px, py), raster.cubic(px, py)] {
                assert!((value - pixel).abs() < 1e-3, "{value} for {pixel}");
            }
            for value in [raster.linear(px + 0.25, py + 0.5), raster.cubic(px + 0.25, py + 0.5)] {
                assert!((value - pixel - 5.0 - 3.5).abs() < 1e-3, "{value} beside {pixel}");
            }
        }
    }

    #[test]
    fn outside_lies_the_nearest_pixel_and_no_value_leaves_the_scale() {
        let raster = slope();
        assert_eq!(raster.linear(-3.0, 0.5), f32::from(raster.row(0)[0]));
        assert_eq!(raster.cubic(20.0, 5.5), f32::from(raster.row(5)[7]));
        let edge = Raster::from_luma(4, 1, vec![0, 255, 255, 0]).expect("matching size");
        assert_eq!(edge.cubic(2.0, 0.5), 255.0, "the curve overshoots here");
    }

    #[test]
    fn a_raster_has_as_many_pixels_as_its_size_says() {
        assert!(Raster::from_luma(3, 2, vec![0; 6]).is_some());
        assert!(Raster::from_luma(3, 2, vec![0; 5]).is_none());
        assert!(Raster::from_luma(0, 2, Vec::new()).is_none());
    }
}
