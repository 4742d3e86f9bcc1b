//! What lies near a height: lines and components filed under the bands of rows that they can matter to.
//!
//! Each line is compared with those near it only, so that the cost of a page grows as its lines do, not as their square.

/// Height of a band, in pixels.
const BAND: f32 = 32.0;

/// Numbers filed under bands of a picture's rows.
pub(super) struct Bands {
    bands: Vec<Vec<u32>>,
}

impl Bands {
    pub(super) fn of(height_px: usize) -> Self {
        Self { bands: vec![Vec::new(); height_px / BAND as usize + 1] }
    }

    fn range(&self, y0: f32, y1: f32) -> std::ops::RangeInclusive<usize> {
        let band = |y: f32| ((y / BAND).max(0.0) as usize).min(self.bands.len() - 1);
        band(y0)..=band(y1)
    }

    /// Files a number under all rows from `y0` to `y1`; what lies outside of the picture, under the nearest row.
    pub(super) fn file(&mut self, number: usize, y0: f32, y1: f32) {
        let range = self.range(y0, y1);
        for band in &mut self.bands[range] {
            band.push(number as u32);
        }
    }

    /// All numbers filed under the row at `y`, and some others, in the order in which they were filed.
    pub(super) fn at(&self, y: f32) -> impl Iterator<Item = usize> {
        self.bands[*self.range(y, y).start()].iter().map(|&k| k as usize)
    }

    /// All numbers filed under a row from `y0` to `y1`, and some others, ascending.
    pub(super) fn near(&self, y0: f32, y1: f32) -> Vec<usize> {
        let mut near: Vec<usize> = self.bands[self.range(y0, y1)].iter().flatten().map(|&k| k as usize).collect();
        near.sort_unstable();
        near.dedup();
        near
    }
}
