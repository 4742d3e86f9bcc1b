//! Ink along level lines, a row of the picture at a time: what [`Ink::linear`] says of each point, at a fifth of the
//! cost.

use super::distance::CELL;
use super::foreground::{Ink, floor};

/// Columns in a block.
const BLOCK: usize = 8;
/// Pixels that a block touches at most: x-heights are up to 128 px, and columns a sixteenth of that apart.
const REACH: usize = 64;
/// Edges are looked for in what exceeds a pixel's threshold divided by this: noise has none.
///
/// Tuned (factor): chosen by eye.
const EDGE_DIVISOR: u8 = 2;

/// Columns of a level line: any places between pixels, or the centres of neighbouring pixels.
pub(crate) struct Columns {
    /// The first pixel that any of them touches; may lie outside of the picture.
    first: i32,
    /// Pixels that they touch.
    pixels: usize,
    /// Empty if the columns are centres of pixels.
    blocks: Vec<Block>,
    /// Number of columns.
    len: usize,
}

/// Neighbouring columns. Those beyond the last one repeat its first.
struct Block {
    /// The pixel to the left of the first one, from the first pixel of all.
    pixel: u32,
    /// Pixels that they touch.
    pixels: u8,
    /// The pixel to the left of each, from there.
    left: [u8; BLOCK],
    /// Weight of the pixel to its right.
    part: [f32; BLOCK],
}

/// A row of pixels, interpolated at each column.
struct Row {
    y: i32,
    blank: bool,
    values: Vec<f32>,
}

impl Columns {
    /// Columns at ascending places, less than 8 px from each other.
    pub(crate) fn at(xs: impl Iterator<Item = f32>) -> Self {
        let mut this =
            Self { first: 0, pixels: 0, blocks: Vec::with_capacity(xs.size_hint().0.div_ceil(BLOCK)), len: 0 };
        for (k, x) in xs.enumerate() {
            let left = floor(x - 0.5);
            if k == 0 {
                this.first = left;
            }
            let (pixel, part) = ((left - this.first) as usize, x - 0.5 - left as f32);
            if k % BLOCK == 0 {
                this.blocks.push(Block { pixel: pixel as u32, pixels: 0, left: [0; BLOCK], part: [part; BLOCK] });
            }
            let block = &mut this.blocks[k / BLOCK];
            let left = (pixel - block.pixel as usize) as u8;
            (block.left[k % BLOCK], block.pixels) = (left, left + 2);
            block.part[k % BLOCK] = part;
            this.pixels = pixel + 2;
            this.len = k + 1;
        }
        this
    }

    /// So many columns from `x` on, one pixel from each other.
    pub(crate) fn next_to(x: f32, len: usize) -> Self {
        let first = floor(x - 0.5);
        if x - 0.5 == first as f32 {
            Self { first, pixels: len, blocks: Vec::new(), len }
        } else {
            Self::at((0..len).map(|k| x + k as f32))
        }
    }

    /// The strongest ink of each column at some ascending heights.
    pub(crate) fn strongest(&self, ink: &Ink, ys: impl Iterator<Item = f32>) -> Vec<f32> {
        self.fold(ink, ys, |most, value| if value > most { value } else { most })
    }

    /// The sum of each column's ink at some ascending heights, `most` at each.
    pub(crate) fn sums(&self, ink: &Ink, ys: impl Iterator<Item = f32>, most: f32) -> Vec<f32> {
        self.fold(ink, ys, |sum, value| sum + if value > most { most } else { value })
    }

    /// Folds the ink of each column at some ascending heights, beginning with nothing; what is blank changes nothing.
    fn fold(&self, ink: &Ink, ys: impl Iterator<Item = f32>, f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
        let mut out = vec![0.0f32; self.len];
        if self.blocks.is_empty() {
            let start = (-self.first).clamp(0, self.len as i32) as usize;
            for y in ys {
                let top = floor(y - 0.5);
                let part = y - 0.5 - top as f32;
                let (upper, lower) = (self.inside(ink, top), self.inside(ink, top + 1));
                match (upper, lower) {
                    ([], []) => {}
                    (upper, []) => {
                        out[start..]
                            .iter_mut()
                            .zip(upper)
                            .for_each(|(out, &a)| *out = f(*out, f32::from(a) * (1.0 - part)));
                    }
                    ([], lower) => {
                        out[start..].iter_mut().zip(lower).for_each(|(out, &b)| *out = f(*out, f32::from(b) * part));
                    }
                    (upper, lower) => {
                        for ((out, &a), &b) in out[start..].iter_mut().zip(upper).zip(lower) {
                            *out = f(*out, f32::from(a) * (1.0 - part) + f32::from(b) * part);
                        }
                    }
                }
            }
            return out;
        }
        let row = || Row { y: i32::MIN, blank: true, values: vec![0.0; self.len.next_multiple_of(BLOCK)] };
        let (mut upper, mut lower) = (row(), row());
        let mut pixels = vec![0.0; self.pixels + REACH];
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
            for ((out, a), b) in out.iter_mut().zip(&upper.values).zip(&lower.values) {
                *out = f(*out, a * (1.0 - part) + b * part);
            }
        }
        out
    }

    /// The pixels of a row that the columns touch, without those outside of the picture.
    fn inside<'a>(&self, ink: &'a Ink, y: i32) -> &'a [u8] {
        let last = (i64::from(self.first) + self.pixels as i64).clamp(0, ink.width() as i64) as usize;
        let from = (self.first.max(0) as usize).min(last);
        if y >= 0 && (y as usize) < ink.height() { &ink.row(y as usize)[from..last] } else { &[] }
    }

    /// `pixels` is scratch, blank beyond what the columns touch.
    fn load(&self, ink: &Ink, y: i32, row: &mut Row, pixels: &mut [f32]) {
        if row.y == y {
            return;
        }
        row.y = y;
        let inside = self.inside(ink, y);
        let blank = inside.iter().fold(0, |any, v| any | v) == 0;
        if blank && row.blank {
            return;
        }
        row.blank = blank;
        if blank {
            row.values.fill(0.0);
            return;
        }
        // Nothing is outside of the picture: `pixels` there was never written.
        let start = (-self.first).max(0) as usize;
        pixels[start..start + inside.len()].iter_mut().zip(inside).for_each(|(p, &ink)| *p = f32::from(ink));
        for (values, block) in row.values.as_chunks_mut::<BLOCK>().0.iter_mut().zip(&self.blocks) {
            let Some(window) = pixels[block.pixel as usize..].first_chunk::<REACH>() else { continue };
            // Between letters, above and below them most pixels are blank.
            if block.pixels <= 16 && window[..16].iter().fold(0, |any, v| any | v.to_bits()) == 0 {
                *values = [0.0; BLOCK];
                continue;
            }
            let (mut a, mut b) = ([0.0; BLOCK], [0.0; BLOCK]);
            for k in 0..BLOCK {
                let left = usize::from(block.left[k]);
                a[k] = window[left % REACH];
                b[k] = window[(left + 1) % REACH];
            }
            for k in 0..BLOCK {
                values[k] = a[k] * (1.0 - block.part[k]) + b[k] * block.part[k];
            }
        }
    }
}

/// Ink by row and by column within `x0..x1`, of pixels that reach some of what counts as ink (see [`EDGE_DIVISOR`]).
pub(crate) struct Above<'a> {
    ink: &'a Ink,
    x0: usize,
    x1: usize,
    /// Row of cells that `least` is of.
    cells_y: usize,
    /// What each pixel of the row must exceed.
    least: Vec<u8>,
}

impl<'a> Above<'a> {
    pub(crate) fn new(ink: &'a Ink, x0: usize, x1: usize) -> Self {
        Self { ink, x0, x1: x1.max(x0), cells_y: usize::MAX, least: Vec::new() }
    }

    /// The sum of a row.
    pub(crate) fn row_sum(&mut self, y: usize) -> u64 {
        if self.cells_y != y / CELL {
            self.cells_y = y / CELL;
            let thresholds = &self.ink.thresholds(y)[self.x0 / CELL..self.x1.div_ceil(CELL)];
            self.least.clear();
            self.least.extend(thresholds.iter().flat_map(|t| [t / EDGE_DIVISOR; CELL]));
        }
        let row = &self.ink.row(y)[self.x0..self.x1];
        sum_above(row, &self.least[self.x0 % CELL..][..row.len()])
    }

    /// Pixels of a column from row `top` on; outside of the picture there are none.
    pub(crate) fn column(&self, x: usize, top: i64, out: &mut [f32]) {
        out.fill(0.0);
        let rows = 0.max(top) as usize..self.ink.height().min((top + out.len() as i64).max(0) as usize);
        let Some(out) = out.get_mut((rows.start as i64 - top) as usize..) else { return };
        for (y, out) in rows.zip(out) {
            let v = self.ink.row(y)[x];
            if v > self.ink.thresholds(y)[x / CELL] / EDGE_DIVISOR {
                *out = f32::from(v);
            }
        }
    }
}

/// The sum of the values that exceed their own least one.
fn sum_above(row: &[u8], least: &[u8]) -> u64 {
    // Sums of 256 values fit 16 bits.
    let part = |(row, least): (&[u8], &[u8])| {
        let above = row.iter().zip(least).map(|(&v, &least)| if v > least { u16::from(v) } else { 0 });
        u64::from(above.sum::<u16>())
    };
    row.chunks(256).zip(least.chunks(256)).map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageConfig;
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
            let ink = Ink::new(&raster, &PageConfig::default());
            let xs = (0..n).map(|k| x + step * k as f32);
            let ys = (0..rows).map(|r| y + row_step * r as f32);
            let expected: Vec<f32> =
                xs.clone().map(|x| ys.clone().map(|y| ink.linear(x, y)).fold(0.0, f32::max)).collect();
            prop_assert_eq!(Columns::at(xs).strongest(&ink, ys.clone()), expected);

            let (x0, x1, y) = (n as u32 % width, width, rows as u32 % height);
            let (x0, x1, y) = (x0 as usize, x1 as usize, y as usize);
            let sum = (x0..x1)
                .filter(|&x| ink.row(y)[x] > ink.thresholds(y)[x / CELL] / EDGE_DIVISOR)
                .map(|x| u64::from(ink.row(y)[x]))
                .sum::<u64>();
            let mut above = Above::new(&ink, x0, x1);
            prop_assert_eq!(above.row_sum(y), sum);
            prop_assert_eq!(above.row_sum(0), Above::new(&ink, x0, x1).row_sum(0));
            let mut pixel = [0.0; 1];
            // Neighbouring columns, at centres and between, against the points one by one.
            for x in [x, x.floor() + 0.5] {
                let columns = Columns::next_to(x, n);
                let point = |k: usize, y: f32| ink.linear(x + k as f32, y);
                let strongest: Vec<f32> =
                    (0..n).map(|k| ys.clone().map(|y| point(k, y)).fold(0.0, f32::max)).collect();
                prop_assert_eq!(columns.strongest(&ink, ys.clone()), strongest);
                let sums: Vec<f32> = (0..n).map(|k| ys.clone().map(|y| point(k, y).min(100.0)).sum()).collect();
                prop_assert_eq!(columns.sums(&ink, ys.clone(), 100.0), sums);
            }
            let columns = (x0..x1).map(|x| {
                above.column(x, y as i64, &mut pixel);
                pixel[0] as u64
            });
            prop_assert_eq!(columns.sum::<u64>(), sum);
        }
    }

    /// A picture of 160 million pixels may be one row.
    #[test]
    fn a_row_longer_than_32_bits_can_sum_has_its_sum() {
        let pixels = u32::MAX as usize / 255 + 1;
        assert_eq!(sum_above(&vec![255; pixels], &vec![6; pixels]), 255 * pixels as u64);
    }
}
