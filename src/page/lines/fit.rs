//! Where a line stands: baseline and x-height of a chain of letters, from the row profile of its ink.
//!
//! The fit looks at the ink, not at the components' boxes: it holds where letters melt together.

use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Above;

/// Lines whose x-heights differ by no more than this (in natural-log units) are compared as of one typeface.
pub(crate) const ALIKE: f32 = 0.2;

/// A line's place: baseline `y = baseline + slope · (x - x0)` for `x` in `x0..x1`, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineFit {
    pub(crate) x0: f32,
    pub(crate) x1: f32,
    pub(crate) baseline: f32,
    pub(crate) slope: f32,
    pub(crate) x_height_px: f32,
    /// Its letters, by their place among all letters.
    pub(crate) members: Vec<usize>,
}

impl LineFit {
    pub(crate) fn baseline_at(&self, x: f32) -> f32 {
        self.baseline + self.slope * (x - self.x0)
    }

    pub(crate) fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// The highest and the lowest place of its baseline, carried on by some pixels at both ends.
    pub(crate) fn baseline_rows(&self, beyond_px: f32) -> (f32, f32) {
        let (a, b) = (self.baseline_at(self.x0 - beyond_px), self.baseline_at(self.x1 + beyond_px));
        (a.min(b), a.max(b))
    }

    /// Whether its x-height is that of a neighbour: too few letters, or only marks.
    pub(crate) fn is_short(&self) -> bool {
        self.members.is_empty()
    }
}

/// Fits baseline and x-height to a chain; `None` where its ink has no two edges like a line of text.
pub(crate) fn fit(
    members: Vec<usize>,
    letters: &[Component],
    ink: &Ink,
    slope: Option<f32>,
    config: &PageConfig,
) -> Option<LineFit> {
    let boxes = || members.iter().map(|&k| &letters[k]);
    let x0 = boxes().map(|c| c.area.x0).min()? as f32;
    let x1 = boxes().map(|c| c.area.x1).max()? as f32;
    let mut heights: Vec<f32> = boxes().map(Component::height).collect();
    let height = median(&mut heights);
    // One component is a line only if it is long enough to be a word whose letters melted together.
    if x1 - x0 < if members.len() == 1 { 1.8 * height } else { height } {
        return None;
    }
    // Dashes have no x-height.
    let dashes = boxes().filter(|c| c.fill() > 0.8 && c.width() > 1.4 * c.height()).count();
    if dashes > 1 && 3 * dashes > 2 * members.len() {
        return None;
    }
    let slope = slope.unwrap_or_else(|| own_slope(&members, letters, height));
    let mut bottoms: Vec<f32> = boxes().map(|c| c.area.y1 as f32 - slope * (c.centre_x() - x0)).collect();
    bottoms.sort_unstable_by(f32::total_cmp);
    let first_guess = densest(&bottoms, 0.5 + 0.12 * height);

    let (baseline, x_height_px) = edges(ink, x0, x1, first_guess, slope, height)?;
    let plausible = x_height_px >= config.min_x_height_px * 0.8
        && x_height_px <= config.max_x_height_px
        && x1 - x0 >= x_height_px * 0.8;
    plausible.then_some(LineFit { x0, x1, baseline, slope, x_height_px, members })
}

/// Fits a line that has grown anew; `None` where the ink of all of it has no two edges near those that it had.
pub(crate) fn refit(line: &LineFit, ink: &Ink, config: &PageConfig) -> Option<LineFit> {
    let xh = line.x_height_px;
    let (baseline, x_height_px) = edges(ink, line.x0, line.x1, line.baseline, line.slope, 1.15 * xh)?;
    let near = (baseline - line.baseline).abs() < 0.4 * xh && (x_height_px / xh).ln().abs() < 0.4;
    (near && x_height_px >= config.min_x_height_px * 0.8).then(|| LineFit { baseline, x_height_px, ..line.clone() })
}

/// Baseline and x-height of the ink in `x0..x1`, from its row profile, given a guess of the baseline and the height of most
/// letters.
fn edges(ink: &Ink, x0: f32, x1: f32, first_guess: f32, slope: f32, height: f32) -> Option<(f32, f32)> {
    // Row profile around the guess: ink per row, the slope taken out.
    let (up, down) = ((height * 2.0 + 3.0).ceil(), (height * 0.9 + 3.0).ceil());
    let profile = Profile::of(ink, x0, x1, first_guess, slope, up, down);
    let low = profile.steepest_fall(first_guess - 0.55 * height, first_guess + 0.4 * height)?;
    let baseline = profile.edge_below(low, 0.3 * height);
    let top = profile.steepest_rise(baseline - 1.15 * height - 1.0, baseline - (0.33 * height).max(1.5))?;
    let x_line = profile.edge_above(top, 0.3 * height);
    Some((baseline, baseline - x_line))
}

/// Slope of a chain: of its bottoms, or of its tops if that is much less: an underline below a part of the chain slopes bottoms.
fn own_slope(members: &[usize], letters: &[Component], height: f32) -> f32 {
    let half = members.len() / 2;
    if half < 3 {
        return 0.0;
    }
    // The median slope between members half a chain apart.
    let slope_of = |edge: fn(&Component) -> usize| {
        let pairs = members.iter().zip(&members[half..]).map(|(&a, &b)| (&letters[a], &letters[b]));
        let mut slopes: Vec<f32> = pairs
            .filter(|(a, b)| b.centre_x() - a.centre_x() > 2.0 * height)
            .map(|(a, b)| (edge(b) as f32 - edge(a) as f32) / (b.centre_x() - a.centre_x()))
            .collect();
        if slopes.is_empty() { 0.0 } else { median(&mut slopes).clamp(-0.35, 0.35) }
    };
    let (bottoms, tops) = (slope_of(|c| c.area.y1), slope_of(|c| c.area.y0));
    let length = letters[members[members.len() - 1]].centre_x() - letters[members[0]].centre_x();
    if (bottoms.abs() - tops.abs()) * length > UNDERLINE_STEP * height { tops } else { bottoms }
}

/// An underline moves the bottoms of letters by more than this share of their height.
const UNDERLINE_STEP: f32 = 0.3;

/// Ink per row along a line, in steps of one pixel.
struct Profile {
    top: f32,
    rows: Vec<f32>,
}

impl Profile {
    fn of(ink: &Ink, x0: f32, x1: f32, baseline: f32, slope: f32, up: f32, down: f32) -> Self {
        let top = (baseline - up).floor();
        let mut rows = vec![0.0f32; (up + down) as usize + 3];
        let columns = x0 as usize..(x1.ceil() as usize).min(ink.width());
        let mut above = Above::of(ink, columns.start, columns.end);
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
                *row += if rest < 1e-3 { *v } else { v * (1.0 - rest) + next * rest };
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
    fn steepest_fall(&self, from: f32, to: f32) -> Option<i64> {
        let fall = |k: i64| self.at(k - 1) - self.at(k);
        let wide = |k: i64| fall(k) + 0.5 * (fall(k - 1) + fall(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| fall(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// The row boundary in `from..to` where ink rises most from the row above to the row below.
    fn steepest_rise(&self, from: f32, to: f32) -> Option<i64> {
        let rise = |k: i64| self.at(k) - self.at(k - 1);
        let wide = |k: i64| rise(k) + 0.5 * (rise(k - 1) + rise(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| rise(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// Sub-pixel place where ink crosses half of its fall near boundary `k`.
    fn edge_below(&self, k: i64, reach: f32) -> f32 {
        let n = (reach.round() as i64).max(1);
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
    fn edge_above(&self, k: i64, reach: f32) -> f32 {
        let n = (reach.round() as i64).max(1);
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

/// The middle value (the upper one of two).
pub(crate) fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Mean of the most crowded window of `2 · reach` in sorted values.
fn densest(sorted: &[f32], reach: f32) -> f32 {
    let mut best: &[f32] = &sorted[..1];
    let mut end = 0;
    for start in 0..sorted.len() {
        while end < sorted.len() && sorted[end] - sorted[start] <= 2.0 * reach {
            end += 1;
        }
        if end - start > best.len() {
            best = &sorted[start..end];
        }
    }
    best.iter().sum::<f32>() / best.len() as f32
}
