//! Ink per row along a line, and the edges in it: where the x-height begins and the baseline ends.

use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Above;

/// Weight of the steps beside an edge against its own, when the steepest one is looked for.
///
/// Tuned (factor): chosen by eye; blurred edges are two rows high.
const BESIDE_WEIGHT: f32 = 0.5;

/// Fractions of a pixel that are taken for none: a row is then not spread over two.
const NO_FRACTION: f32 = 1e-3;

/// Ink per row along a line, in steps of one pixel.
pub(super) struct RowProfile {
    top: f32,
    rows: Vec<f32>,
}

impl RowProfile {
    /// Rows from `up` pixels above to `down` pixels below a baseline, the slope taken out.
    pub(super) fn new(ink: &Ink, x0: f32, x1: f32, baseline: f32, slope: f32, up: f32, down: f32) -> Self {
        let top = (baseline - up).floor();
        let mut rows = vec![0.0f32; (up + down) as usize + 3];
        let columns = x0 as usize..(x1.ceil() as usize).min(ink.width());
        let mut above = Above::new(ink, columns.start, columns.end);
        if slope == 0.0 {
            for (y, row) in (top as i64..).zip(&mut rows).filter(|&(y, _)| y >= 0 && (y as usize) < ink.height()) {
                *row = above.row_sum(y as usize) as f32;
            }
            return Self { top, rows };
        }
        let mut column = vec![0.0f32; rows.len() + 1];
        for x in columns {
            let shift = top + slope * (x as f32 + 0.5 - x0);
            let (first, rest) = (shift.floor(), shift - shift.floor());
            above.column(x, first as i64, &mut column);
            for (row, (v, next)) in rows.iter_mut().zip(column.iter().zip(&column[1..])) {
                *row += if rest < NO_FRACTION { *v } else { v * (1.0 - rest) + next * rest };
            }
        }
        Self { top, rows }
    }

    fn at(&self, k: i64) -> f32 {
        usize::try_from(k).ok().and_then(|k| self.rows.get(k)).copied().unwrap_or(0.0)
    }

    fn index(&self, y: f32) -> i64 {
        (y - self.top).round() as i64
    }

    /// The row boundary in `from..to` where ink falls most from the row above to the row below.
    pub(super) fn steepest_fall(&self, from: f32, to: f32) -> Option<i64> {
        let fall = |k: i64| self.at(k - 1) - self.at(k);
        let wide = |k: i64| fall(k) + BESIDE_WEIGHT * (fall(k - 1) + fall(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| fall(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// The row boundary in `from..to` where ink rises most from the row above to the row below.
    pub(super) fn steepest_rise(&self, from: f32, to: f32) -> Option<i64> {
        let rise = |k: i64| self.at(k) - self.at(k - 1);
        let wide = |k: i64| rise(k) + BESIDE_WEIGHT * (rise(k - 1) + rise(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| rise(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// Sub-pixel place where ink crosses half of its fall near boundary `k`.
    pub(super) fn edge_below(&self, k: i64, reach_px: f32) -> f32 {
        let n = (reach_px.round() as i64).max(1);
        let inside = (k - 1 - n..k).map(|j| self.at(j)).fold(0.0, f32::max);
        let outside = (k..=k + n).map(|j| self.at(j)).fold(f32::INFINITY, f32::min);
        let half = (inside + outside) / 2.0;
        // From the strongest row inside downwards to the first row below half.
        let mut j = (k - 1 - n..k).max_by(|&a, &b| self.at(a).total_cmp(&self.at(b))).unwrap_or(k - 1);
        while self.at(j + 1) > half && j < k + n {
            j += 1;
        }
        let (a, b) = (self.at(j), self.at(j + 1));
        // Rows are boxes of one pixel: row j covers [j, j + 1), its centre lies at j + 0.5.
        self.top + j as f32 + 0.5 + if a > b { ((a - half) / (a - b)).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// Sub-pixel place where ink crosses half of its rise near boundary `k`.
    pub(super) fn edge_above(&self, k: i64, reach_px: f32) -> f32 {
        let n = (reach_px.round() as i64).max(1);
        let inside = (k..=k + n).map(|j| self.at(j)).fold(0.0, f32::max);
        let outside = (k - 1 - n..k).map(|j| self.at(j)).fold(f32::INFINITY, f32::min);
        let half = (inside + outside) / 2.0;
        let mut j = (k..=k + n).max_by(|&a, &b| self.at(a).total_cmp(&self.at(b))).unwrap_or(k);
        while self.at(j - 1) > half && j > k - 1 - n {
            j -= 1;
        }
        let (a, b) = (self.at(j), self.at(j - 1));
        self.top + j as f32 + 0.5 - if a > b { ((a - half) / (a - b)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Drawing;
    use super::*;

    #[test]
    fn edges_of_sharp_rows_lie_between_them_and_of_blurred_ones_within() {
        let ink = Drawing::new().text(50, 100, 20).ink();
        let profile = RowProfile::new(&ink, 50.0, 190.0, 100.0, 0.0, 20.0, 12.0);
        let low = profile.steepest_fall(94.0, 104.0).expect("a fall");
        assert_eq!(profile.edge_below(low, 3.0), 100.0);
        let top = profile.steepest_rise(84.0, 97.0).expect("a rise");
        assert!((profile.edge_above(top, 3.0) - 92.0).abs() < 0.3, "ascenders move it little");
        assert_eq!(profile.steepest_fall(105.0, 110.0), None, "blank rows");

        let blurred = RowProfile { top: 0.0, rows: vec![0.0, 0.0, 50.0, 100.0, 100.0, 100.0, 50.0, 0.0, 0.0] };
        let low = blurred.steepest_fall(4.0, 8.0).expect("a fall");
        assert_eq!(blurred.edge_below(low, 2.0), 6.5, "half of the row's ink");
        let top = blurred.steepest_rise(1.0, 5.0).expect("a rise");
        assert_eq!(blurred.edge_above(top, 2.0), 2.5);
    }

    #[test]
    fn a_slope_is_taken_out() {
        // Steps of one pixel every twenty.
        let steps = (0..10).fold(Drawing::new(), |d, k| d.filled(20 * k, 60 + k, 20, 8));
        let profile = RowProfile::new(&steps.ink(), 0.0, 200.0, 68.0, 0.05, 16.0, 8.0);
        let low = profile.steepest_fall(62.0, 72.0).expect("a fall");
        assert!((profile.edge_below(low, 3.0) - 68.0).abs() < 0.6, "{}", profile.edge_below(low, 3.0));
    }
}
