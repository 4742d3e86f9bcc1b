//! What lies near a height: lines and components filed under the bands of rows that they can matter to.
//!
//! Each line is compared with those near it only, so that the cost of a page grows as its lines do, not as their
//! square.

/// Height of a band.
///
/// Tuned (pixels): chosen by eye; it changes time, no answer.
const BAND_PX: f32 = 32.0;

/// Numbers filed under bands of a picture's rows.
pub(crate) struct Bands {
    bands: Vec<Vec<u32>>,
}

impl Bands {
    pub(crate) fn new(height_px: usize) -> Self {
        Self { bands: vec![Vec::new(); height_px / BAND_PX as usize + 1] }
    }

    fn range(&self, y0: f32, y1: f32) -> std::ops::RangeInclusive<usize> {
        let band = |y: f32| ((y / BAND_PX).max(0.0) as usize).min(self.bands.len() - 1);
        band(y0)..=band(y1)
    }

    /// Files a number under all rows from `y0` to `y1`; what lies outside of the picture, under the nearest row.
    pub(crate) fn file(&mut self, number: usize, y0: f32, y1: f32) {
        let range = self.range(y0, y1);
        for band in &mut self.bands[range] {
            band.push(number as u32);
        }
    }

    /// All numbers filed under the row at `y`, and some others, in the order in which they were filed.
    pub(crate) fn at(&self, y: f32) -> impl Iterator<Item = usize> {
        self.bands[*self.range(y, y).start()].iter().map(|&k| k as usize)
    }

    /// As [`Bands::near`], but in any order, and some several times.
    pub(crate) fn around(&self, y0: f32, y1: f32) -> impl Iterator<Item = usize> {
        self.bands[self.range(y0, y1)].iter().flatten().map(|&k| k as usize)
    }

    /// As [`Bands::near`], and forgets what is found there and is not wanted, now or later: in a long row of marks all
    /// lines lie under the same rows.
    pub(crate) fn near_wanted(&mut self, y0: f32, y1: f32, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let range = self.range(y0, y1);
        self.bands[range].iter_mut().for_each(|band| band.retain(|&k| wanted(k as usize)));
        self.near(y0, y1)
    }

    /// All numbers filed under a row from `y0` to `y1`, and some others, ascending.
    pub(crate) fn near(&self, y0: f32, y1: f32) -> Vec<usize> {
        let mut near: Vec<usize> = self.bands[self.range(y0, y1)].iter().flatten().map(|&k| k as usize).collect();
        near.sort_unstable();
        near.dedup();
        near
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_filed_near_is_found_and_nothing_far_away(
            height in 1usize..500,
            filed in prop::collection::vec((-100.0f32..600.0, 0.0f32..200.0), 0..30),
            (y0, rows) in (-100.0f32..600.0, 0.0f32..100.0),
        ) {
            let mut bands = Bands::new(height);
            for (k, &(top, high)) in filed.iter().enumerate() {
                bands.file(k, top, top + high);
            }
            let found = bands.near(y0, y0 + rows);
            prop_assert!(found.is_sorted_by(|a, b| a < b));
            let inside = |y: f32| y.clamp(0.0, height as f32);
            for (k, &(top, high)) in filed.iter().enumerate() {
                let apart = (inside(top) - inside(y0 + rows)).max(inside(y0) - inside(top + high));
                prop_assert!(found.contains(&k) || apart > 0.0, "{k} touches the rows");
                prop_assert!(!found.contains(&k) || apart <= BAND_PX, "{k} is {apart} px away");
            }
            prop_assert!(bands.at(y0).eq(bands.near(y0, y0)));
            prop_assert_eq!(bands.around(y0, y0 + rows).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), found.clone());
            let even: Vec<usize> = found.iter().copied().filter(|k| k % 2 == 0).collect();
            prop_assert_eq!(&bands.near_wanted(y0, y0 + rows, |k| k % 2 == 0), &even);
            prop_assert_eq!(bands.near(y0, y0 + rows), even);
        }
    }
}
