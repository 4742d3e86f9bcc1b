//! Histograms of oriented gradients in integers: 5 × 12 cells of 8 directions. Needs nothing but `std`.
//!
//! A gradient is split exactly between the two of the eight directions that enclose it: the smaller of its components
//! goes to the diagonal (times √2 as 1448/1024), the rest to the axis. Neither an edge tangent nor a root of a sum is
//! needed, so all is integer. A row of the patch is five fifths, a cell three and three fifths of a row high: overlaps
//! are whole fifths.

/// Rows of a patch.
const ROWS: usize = 18;
/// Columns of a patch.
const COLS: usize = 48;
/// Rows of cells.
const DOWN: usize = 5;
/// Columns of cells, each four columns of the patch wide.
const ACROSS: usize = 12;
/// Directions, in steps of an eighth turn.
const DIRECTIONS: usize = 8;
/// Values of a histogram.
pub const LEN: usize = DOWN * ACROSS * DIRECTIONS;

/// The histogram of a patch of ink: each value √(share of all gradient) in steps of 1/512, at most 127.
/// Order: cell row, cell column, direction.
pub fn hog(ink: &[u8]) -> [u8; LEN] {
    let mut sums = [0u32; LEN];
    let at = |y: usize, x: usize| i32::from(ink[y * COLS + x]);
    for y in 0..ROWS {
        for x in 0..COLS {
            // The edge repeats.
            let gx = at(y, (x + 1).min(COLS - 1)) - at(y, x.saturating_sub(1));
            let gy = at((y + 1).min(ROWS - 1), x) - at(y.saturating_sub(1), x);
            let (ax, ay) = (gx.unsigned_abs(), gy.unsigned_abs());
            let (axis, diagonal) = (ax.abs_diff(ay) * 1024, ax.min(ay) * 1448);
            // Directions: 0 right, 1 right and down, 2 down, … 7 right and up.
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
            // The row's fifths 5y … 5y+4 lie in one cell row or in two (cells are 18 fifths high).
            let (first, last) = (5 * y / ROWS, (5 * y + 4) / ROWS);
            let low = if first == last { 5 } else { (ROWS * last - 5 * y) as u32 };
            for (row, fifths) in [(first, low), (last, 5 - low)] {
                let cell = &mut sums[(row * ACROSS + x / 4) * DIRECTIONS..][..DIRECTIONS];
                cell[along] += axis * fifths / 16;
                cell[between] += diagonal * fifths / 16;
            }
        }
    }
    let all: u64 = sums.iter().map(|&v| u64::from(v)).sum::<u64>() + 1;
    sums.map(|v| ((u64::from(v) << 18) / all).isqrt().min(127) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertical_edge_points_right_and_left() {
        let ink: Vec<u8> = (0..ROWS * COLS).map(|i| if (20..28).contains(&(i % COLS)) { 255 } else { 0 }).collect();
        let h = hog(&ink);
        let total = |d: usize| h.iter().skip(d).step_by(DIRECTIONS).map(|&v| u32::from(v)).sum::<u32>();
        assert!(total(0) > 0 && total(0) == total(4));
        assert!([1, 2, 3, 5, 6, 7].iter().all(|&d| total(d) == 0));
    }

    #[test]
    fn flat_is_zero() {
        assert_eq!(hog(&[7; ROWS * COLS]), [0; LEN]);
    }

    #[test]
    fn every_row_counts_five_fifths() {
        // An even slope: each row of cells gets 18 of its 90 fifths.
        let ink: Vec<u8> = (0..ROWS * COLS).map(|i| (i % COLS * 5) as u8).collect();
        let h = hog(&ink);
        let rows: Vec<u32> =
            h.chunks_exact(ACROSS * DIRECTIONS).map(|r| r.iter().map(|&v| u32::from(v)).sum()).collect();
        assert!(rows.iter().all(|r| r == &rows[0]), "{rows:?}");
    }
}
