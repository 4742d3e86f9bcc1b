//! Ink along level lines, a row of the picture at a time: what [`Ink::linear`] says of each point, at a fifth of the cost.

use super::ink::{CELL, Ink, floor};
use super::mask::sum_above;

/// Columns of a level line, anywhere between pixels.
pub(super) struct Columns {
    /// The first pixel that any of them touches; may lie outside of the picture.
    first: i32,
    /// Pixels that they touch.
    pixels: usize,
    /// The pixel to the left of each, from the first one, and the weight of the one to its right.
    places: Vec<(u32, f32)>,
    /// Whether they are the centres of neighbouring pixels.
    centres: bool,
}

/// A row of pixels, interpolated at each column.
struct Row {
    y: i32,
    blank: bool,
    values: Vec<f32>,
}

impl Columns {
    /// Columns at ascending places.
    pub(super) fn at(xs: impl Iterator<Item = f32>) -> Self {
        let mut this = Self { first: 0, pixels: 0, places: Vec::with_capacity(xs.size_hint().0), centres: true };
        for (k, x) in xs.enumerate() {
            let left = floor(x - 0.5);
            if k == 0 {
                this.first = left;
            }
            let place = ((left - this.first) as u32, x - 0.5 - left as f32);
            this.centres &= place == (k as u32, 0.0);
            this.places.push(place);
            this.pixels = place.0 as usize + 2;
        }
        this
    }

    /// The strongest ink of each column at some ascending heights.
    pub(super) fn strongest(&self, ink: &Ink, ys: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut out = vec![0.0f32; self.places.len()];
        self.each_row(ink, ys, |row| {
            for (out, &value) in out.iter_mut().zip(row) {
                *out = if value > *out { value } else { *out };
            }
        });
        out
    }

    /// Calls `f` with the ink of all columns at each of some ascending heights where there is any.
    pub(super) fn each_row(&self, ink: &Ink, ys: impl Iterator<Item = f32>, mut f: impl FnMut(&[f32])) {
        let row = || Row { y: i32::MIN, blank: true, values: vec![0.0; self.places.len()] };
        let (mut upper, mut lower) = (row(), row());
        let mut pixels = vec![0; self.pixels];
        let mut between = vec![0.0; self.places.len()];
        for y in ys {
            let top = floor(y - 0.5);
            let part = y - 0.5 - top as f32;
            if lower.y == top {
                std::mem::swap(&mut upper, &mut lower);
            }
            self.load(ink, top, &mut upper, &mut pixels);
            self.load(ink, top + 1, &mut lower, &mut pixels);
            if upper.blank && lower.blank {
                continue;
            }
            for ((out, a), b) in between.iter_mut().zip(&upper.values).zip(&lower.values) {
                *out = a * (1.0 - part) + b * part;
            }
            f(&between);
        }
    }

    fn load(&self, ink: &Ink, y: i32, row: &mut Row, pixels: &mut [u8]) {
        if row.y == y {
            return;
        }
        row.y = y;
        let last = (i64::from(self.first) + self.pixels as i64).clamp(0, ink.width() as i64) as usize;
        let from = (self.first.max(0) as usize).min(last);
        let inside = if y >= 0 && (y as usize) < ink.height() { &ink.row(y as usize)[from..last] } else { &[] };
        let blank = inside.iter().fold(0, |any, v| any | v) == 0;
        if blank && row.blank {
            return;
        }
        row.blank = blank;
        row.values.fill(0.0);
        let start = (-self.first).max(0) as usize;
        pixels.fill(0);
        pixels[start..start + inside.len()].copy_from_slice(inside);
        if self.centres {
            row.values.iter_mut().zip(pixels).for_each(|(value, &mut ink)| *value = f32::from(ink));
            return;
        }
        for (values, places) in row.values.chunks_mut(BLOCK).zip(self.places.chunks(BLOCK)) {
            let (from, to) = (places[0].0 as usize, places[places.len() - 1].0 as usize + 2);
            if pixels[from..to].iter().fold(0, |any, v| any | v) == 0 {
                continue;
            }
            for (value, &(left, part)) in values.iter_mut().zip(places) {
                let pair = &pixels[left as usize..left as usize + 2];
                *value = f32::from(pair[0]) * (1.0 - part) + f32::from(pair[1]) * part;
            }
        }
    }
}

/// Columns that are passed over at once where there is no ink.
const BLOCK: usize = 16;

/// The ink of a row within `x0..x1`, of pixels above half of what counts as ink.
pub(super) fn row_sum(ink: &Ink, y: usize, x0: usize, x1: usize) -> u32 {
    let (row, thresholds, strongest) = (ink.row(y), ink.thresholds(y), ink.strongest(y));
    let mut sum = 0;
    let cells = if x0 < x1 { x0 / CELL..x1.div_ceil(CELL) } else { 0..0 };
    for cell in cells {
        let least = thresholds[cell] / 2;
        if strongest[cell] <= least {
            continue;
        }
        let (from, to) = ((cell * CELL).max(x0), ((cell + 1) * CELL).min(x1));
        sum += match <[u8; CELL]>::try_from(&row[from..to]) {
            Ok(eight) => sum_above(eight, least),
            Err(_) => row[from..to].iter().map(|&v| if v > least { u32::from(v) } else { 0 }).sum::<u32>(),
        };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::PageConfig;
    use super::*;
    use crate::raster::Raster;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_say_what_points_say(
            (width, height) in (1u32..60, 1u32..40),
            dots in prop::collection::vec((0u32..60, 0u32..40, any::<u8>()), 0..200),
            (x, step, n) in (-9.0f32..50.0, 0.25f32..3.0, 0usize..60),
            (y, row_step, rows) in (-9.0f32..40.0, 0.5f32..4.0, 0usize..20),
        ) {
            let mut luma = vec![255; (width * height) as usize];
            for (x, y, v) in dots {
                luma[(y % height * width + x % width) as usize] = v;
            }
            let raster = Raster::from_luma(width, height, luma).expect("matching size");
            let ink = Ink::of(&raster, &PageConfig::default());
            let xs = (0..n).map(|k| x + step * k as f32);
            let ys = (0..rows).map(|r| y + row_step * r as f32);
            let expected: Vec<f32> =
                xs.clone().map(|x| ys.clone().map(|y| ink.linear(x, y)).fold(0.0, f32::max)).collect();
            prop_assert_eq!(Columns::at(xs).strongest(&ink, ys), expected);

            let (x0, x1, y) = (n as u32 % width, width, rows as u32 % height);
            let (x0, x1, y) = (x0 as usize, x1 as usize, y as usize);
            let sum = (x0..x1)
                .filter(|&x| ink.row(y)[x] > ink.thresholds(y)[x / CELL] / 2)
                .map(|x| u32::from(ink.row(y)[x]))
                .sum::<u32>();
            prop_assert_eq!(row_sum(&ink, y, x0, x1), sum);
        }
    }
}
