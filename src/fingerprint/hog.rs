//! Histograms of oriented gradients in whole numbers: 5 × 12 cells of 8 directions.
//!
//! After N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection" (2005), with two changes. A
//! gradient is split between the two of the eight directions that enclose it: the smaller of its components goes to the
//! diagonal (times √2 as 1448/1024), the rest to the axis. Neither an arc tangent nor the root of a sum is needed, so
//! all is exact. And there is one norm for the whole patch. A row of the patch is five fifths, a cell three and three
//! fifths of a row high: overlaps are whole fifths.

use super::{COLS, ROWS};

/// Rows of cells.
///
/// Tuned (count): chosen by eye. Part of the family's version.
const DOWN: usize = 5;

/// Columns of cells, each four columns of the patch wide.
///
/// Tuned (count): chosen by eye. Part of the family's version.
const ACROSS: usize = 12;

/// Columns of the patch in a cell.
const CELL: usize = COLS / ACROSS;
/// Directions, in steps of an eighth turn: 0 right, 1 right and down, 2 down, … 7 right and up.
const DIRECTIONS: usize = 8;
/// Values of a histogram.
pub(super) const LEN: usize = DOWN * ACROSS * DIRECTIONS;
/// Highest value.
const MOST: f32 = 127.0;

/// The histogram of a patch of ink: each value √(share of all gradient) in steps of 1/512, at most 127.
/// Order: cell row, cell column, direction.
pub(super) fn hog(ink: &[u8; ROWS * COLS]) -> [u8; LEN] {
    let (rows, _) = ink.as_chunks::<COLS>();
    let mut sums = [0u32; LEN];
    for y in 0..ROWS {
        // The edge repeats.
        let (above, below) = (&rows[y.saturating_sub(1)], &rows[(y + 1).min(ROWS - 1)]);
        let mut padded = [rows[y][0]; COLS + 2];
        padded[1..=COLS].copy_from_slice(&rows[y]);
        padded[COLS + 1] = rows[y][COLS - 1];
        let gradients = Gradients::new(&padded, above, below);
        // The row's fifths 5y … 5y+4 lie in one cell row or in two (cells are 18 fifths high).
        let (first, last) = (5 * y / ROWS, (5 * y + 4) / ROWS);
        let low = if first == last { 5 } else { ROWS * last - 5 * y };
        gradients.add(&mut sums, first, low as u32);
        if first != last {
            gradients.add(&mut sums, last, 5 - low as u32);
        }
    }
    roots(&sums)
}

/// A row's gradients, each split between two directions.
struct Gradients {
    axis: [u32; COLS],
    diagonal: [u32; COLS],
    along: [u8; COLS],
    between: [u8; COLS],
}

impl Gradients {
    #[inline(always)]
    fn new(padded: &[u8; COLS + 2], above: &[u8; COLS], below: &[u8; COLS]) -> Self {
        let mut this = Self { axis: [0; COLS], diagonal: [0; COLS], along: [0; COLS], between: [0; COLS] };
        for x in 0..COLS {
            let (ax, ay) = (padded[x + 2].abs_diff(padded[x]), below[x].abs_diff(above[x]));
            let left = u8::from(padded[x + 2] < padded[x]);
            let up = u8::from(below[x] < above[x]);
            this.axis[x] = u32::from(ax.abs_diff(ay)) * 1024;
            this.diagonal[x] = u32::from(ax.min(ay)) * 1448;
            this.along[x] = if ax >= ay { 4 * left } else { 2 + 4 * up };
            // 1 right and down, 3 left and down, 5 left and up, 7 right and up.
            this.between[x] = 1 + 2 * (left ^ up) + 4 * up;
        }
        this
    }

    /// Adds them to a row of cells, by the fifths of them that lie there.
    #[inline(always)]
    fn add(&self, sums: &mut [u32; LEN], row: usize, fifths: u32) {
        let axis = self.axis.map(|v| v * fifths / 16);
        let diagonal = self.diagonal.map(|v| v * fifths / 16);
        let (cells, _) = sums[row * ACROSS * DIRECTIONS..].as_chunks_mut::<DIRECTIONS>();
        for (column, cell) in cells.iter_mut().take(ACROSS).enumerate() {
            for x in column * CELL..(column + 1) * CELL {
                cell[usize::from(self.along[x]) % DIRECTIONS] += axis[x];
                cell[usize::from(self.between[x]) % DIRECTIONS] += diagonal[x];
            }
        }
    }
}

/// For each sum v the largest r with r² ≤ v · 2¹⁸ ÷ (sum of all, and one), at most [`MOST`].
///
/// The estimate, rounded to a whole number, is r or one more: sums are below 2²⁷, its relative error below 2⁻²¹. The
/// comparison that decides is exact, as all numbers in it are whole and below 2⁵³.
fn roots(sums: &[u32; LEN]) -> [u8; LEN] {
    /// Next to it, an `f32` holds whole numbers in its lowest bits.
    const WHOLE: f32 = 8_388_608.0;
    let all = f64::from(sums.iter().sum::<u32>() + 1);
    let unit = f64::from(1u32 << 18);
    let scale = (unit / all) as f32;
    let mut out = [0; LEN];
    for (out, &v) in out.iter_mut().zip(sums) {
        let near = (v as i32 as f32 * scale).sqrt().min(MOST) + WHOLE;
        let r = f64::from(near - WHOLE);
        let above = u32::from(r * r * all > f64::from(v as i32) * unit);
        *out = (near.to_bits().wrapping_sub(above)) as u8 & 0x7f;
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The slow and obvious twin, as the training program has it.
    pub(in super::super) fn reference(ink: &[u8]) -> [u8; LEN] {
        let mut sums = [0u32; LEN];
        let at = |y: usize, x: usize| i32::from(ink[y * COLS + x]);
        for y in 0..ROWS {
            for x in 0..COLS {
                let gx = at(y, (x + 1).min(COLS - 1)) - at(y, x.saturating_sub(1));
                let gy = at((y + 1).min(ROWS - 1), x) - at(y.saturating_sub(1), x);
                let (ax, ay) = (gx.unsigned_abs(), gy.unsigned_abs());
                let (axis, diagonal) = (ax.abs_diff(ay) * 1024, ax.min(ay) * 1448);
                let along = match (ax >= ay, gx >= 0, gy >= 0) {
                    (true, true, _) => 0,
                    (true, false, _) => 4,
                    (false, _, true) => 2,
                    (false, _, false) => 6,
                };
                let between = match (gx >= 0, gy >= 0) {
                    (true, true) => 1,
                    (false, true) => 3,
                    (false, false) => 5,
                    (true, false) => 7,
                };
                // How many of the row's fifths lie in each row of cells.
                for row in 0..DOWN {
                    let fifths = (5 * y..5 * y + 5).filter(|f| f / ROWS == row).count() as u32;
                    let cell = (row * ACROSS + x / CELL) * DIRECTIONS;
                    sums[cell + along] += axis * fifths / 16;
                    sums[cell + between] += diagonal * fifths / 16;
                }
            }
        }
        let all: u64 = sums.iter().map(|&v| u64::from(v)).sum::<u64>() + 1;
        sums.map(|v| ((u64::from(v) << 18) / all).isqrt().min(127) as u8)
    }

    proptest! {
        #[test]
        fn as_the_reference(ink in prop::collection::vec(any::<u8>(), ROWS * COLS), few in 0u8..4) {
            // Few grey values make many ties and empty cells.
            let ink: Vec<u8> = ink.iter().map(|v| if few == 0 { *v } else { v % (few + 1) * 80 }).collect();
            let ink: [u8; ROWS * COLS] = ink.try_into().expect("a patch");
            prop_assert_eq!(hog(&ink), reference(&ink));
        }

        #[test]
        fn roots_are_exact(all in 1u32..1 << 27, r in 0u64..130, off in -2i64..3) {
            // Around the values where the root steps; the second sum makes the total.
            let v = ((r * r * u64::from(all)) >> 18).saturating_add_signed(off).min(u64::from(all) - 1) as u32;
            let mut sums = [0; LEN];
            (sums[0], sums[1]) = (v, all - 1 - v);
            let expected = sums.map(|v| ((u64::from(v) << 18) / u64::from(all)).isqrt().min(127) as u8);
            prop_assert_eq!(roots(&sums), expected);
        }
    }

    #[test]
    fn a_bar_points_right_and_left() {
        let bar = |i: usize| {
            if (20..28).contains(&(i % COLS)) { 255 } else { 0 }
        };
        let h = hog(&std::array::from_fn(bar));
        let total = |d: usize| h.iter().skip(d).step_by(DIRECTIONS).map(|&v| u32::from(v)).sum::<u32>();
        assert!(total(0) > 0 && total(0) == total(4));
        assert!([1, 2, 3, 5, 6, 7].iter().all(|&d| total(d) == 0));
    }

    #[test]
    fn flat_is_zero() {
        assert_eq!(hog(&[7; ROWS * COLS]), [0; LEN]);
    }
}
