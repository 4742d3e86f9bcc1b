//! A line's ink, over-split at every visible gap.

use crate::page::config::PageConfig;
use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Columns;
use crate::page::layout::Piece;
use crate::page::lines::fit::{LineFit, median};

/// Samples of a line's column profile, per x-height.
const STEPS_PER_XH: f32 = 16.0;

/// A line cut into pieces at every gap: pieces in pixels along the baseline from the line's start.
pub(crate) struct Cuts {
    pub(crate) pieces: Vec<Piece>,
    /// Widths of the gaps between the pieces, in x-heights.
    pub(crate) gaps_xh: Vec<f32>,
    /// Width of the rows of equal marks among the pieces, in x-heights.
    pub(crate) marks_xh: f32,
}

/// Cuts a line at every run of columns whose strongest ink is below a share of the line's.
pub(crate) fn cut(line: &LineFit, ink: &Ink, config: &PageConfig) -> Cuts {
    let profile = ColumnProfile::of(line, ink);
    let level = profile.level * profile.gap_share(line.x_height_px, config);
    let underscored = profile.underscores(level);
    let inked = |k: usize| profile.body[k] >= level || underscored[k];
    let (mut pieces, mut gaps_xh): (Vec<Piece>, Vec<f32>) = (Vec::new(), Vec::new());
    let mut k = 0;
    let n = profile.body.len();
    while k < n {
        if !inked(k) {
            k += 1;
            continue;
        }
        let start = k;
        while k < n && inked(k) {
            k += 1;
        }
        let piece = Piece { x0: profile.crossing(start, level), x1: profile.crossing(k, level) };
        if let Some(before) = pieces.last_mut() {
            let gap = (piece.x0 - before.x1) / line.x_height_px;
            if gap < config.min_gap_xh {
                before.x1 = piece.x1;
                continue;
            }
            gaps_xh.push(gap);
        }
        pieces.push(piece);
    }
    let marks_xh = join_rows_of_marks(&mut pieces, &mut gaps_xh, line.x_height_px);
    Cuts { pieces, gaps_xh, marks_xh }
}

/// Pieces of one width with gaps of one width make one mark: dashed rules, dotted leaders, rows of stars. Returns the width
/// of all such marks, in x-heights.
fn join_rows_of_marks(pieces: &mut Vec<Piece>, gaps_xh: &mut Vec<f32>, x_height_px: f32) -> f32 {
    let mut marks_xh = 0.0;
    let slack = 0.05 + 0.4 / x_height_px;
    let alike = |a: f32, b: f32| (a - b).abs() < slack;
    let width = |p: &Piece| (p.x1 - p.x0) / x_height_px;
    let mut from = 0;
    while from < gaps_xh.len() {
        let (first, gap) = (width(&pieces[from]), gaps_xh[from]);
        let row = (from..gaps_xh.len())
            .take_while(|&k| alike(gaps_xh[k], gap) && alike(width(&pieces[k + 1]), first))
            .count();
        if row + 1 >= LEAST_MARKS && first < WIDEST_MARK_XH && gap < WIDEST_MARK_XH {
            pieces[from].x1 = pieces[from + row].x1;
            pieces.drain(from + 1..=from + row);
            gaps_xh.drain(from..from + row);
            marks_xh += width(&pieces[from]);
        }
        from += 1;
    }
    marks_xh
}

/// Fewest marks in a row: fewer may be letters.
const LEAST_MARKS: usize = 5;
/// Widest of such marks, and of the gaps between them.
const WIDEST_MARK_XH: f32 = 1.0;

/// Strongest ink of each column of a line.
struct ColumnProfile {
    /// Distance between columns, in pixels.
    step: f32,
    /// How far before the line's start the first column lies, in pixels.
    margin: f32,
    /// From ascender to baseline.
    body: Vec<f32>,
    /// Below the baseline.
    tail: Vec<f32>,
    /// The ink of a full stroke on this line.
    level: f32,
}

impl ColumnProfile {
    fn of(line: &LineFit, ink: &Ink) -> Self {
        let xh = line.x_height_px;
        let step = (xh / STEPS_PER_XH).max(0.25);
        let row_step = (xh / 8.0).clamp(0.5, 4.0);
        let margin = 0.3 * xh;
        let norm = (1.0 + line.slope * line.slope).sqrt();
        let (ax, ay) = (1.0 / norm, line.slope / norm);
        let length = line.width() * norm + 2.0 * margin;
        let n = (length / step) as usize;
        let heights = |from: f32, to: f32| {
            let rows = ((to - from) / row_step) as usize;
            (0..=rows).map(move |r| from + r as f32 * row_step)
        };
        let place = |k: usize| k as f32 * step - margin;
        let columns = (line.slope == 0.0).then(|| Columns::at((0..n).map(|k| line.x0 + place(k))));
        let strongest = |from: f32, to: f32| match &columns {
            Some(columns) => columns.strongest(ink, heights(from, to).map(|v| line.baseline + v)),
            None => {
                let point = |u: f32, v: f32| ink.linear(line.x0 + u * ax - v * ay, line.baseline + u * ay + v * ax);
                (0..n).map(|k| heights(from, to).map(|v| point(place(k), v)).fold(0.0, f32::max)).collect()
            }
        };
        let (body, tail) = (strongest(-1.55 * xh, 0.05 * xh), strongest(0.12 * xh, 0.45 * xh));
        let threshold = |k: usize| {
            let x = line.x0 + place(k) * ax;
            f32::from(ink.threshold_at(x, line.baseline_at(x) - 0.5 * xh))
        };
        let inked = (0..n).filter(|&k| body[k] > 0.0 && body[k] > threshold(k));
        let mut inked: Vec<f32> = inked.map(|k| body[k]).collect();
        let level = if inked.is_empty() { 255.0 } else { median(&mut inked) };
        Self { step, margin, body, tail, level }
    }

    /// Share of a stroke's ink below which a column belongs to a gap: more where small text melts together, until most runs of
    /// ink are no longer than words are.
    fn gap_share(&self, x_height_px: f32, config: &PageConfig) -> f32 {
        let mut share = config.gap_ink_share;
        while x_height_px < MELTS_BELOW_PX
            && share < MOST_GAP_SHARE
            && self.usual_run_px(share * self.level) > LONGEST_USUAL_RUN_XH * x_height_px
        {
            share += GAP_SHARE_STEP;
        }
        share
    }

    /// Length of the run of columns with this much ink that the middle one of all such columns lies in.
    fn usual_run_px(&self, level: f32) -> f32 {
        let runs = self.body.chunk_by(|a, b| (*a >= level) == (*b >= level));
        let mut runs: Vec<usize> = runs.filter(|run| run[0] >= level).map(<[f32]>::len).collect();
        runs.sort_unstable();
        let columns: usize = runs.iter().sum();
        let mut shorter = 0;
        let middle = runs.into_iter().find(|run| {
            shorter += run;
            2 * shorter >= columns
        });
        middle.unwrap_or(0) as f32 * self.step
    }

    /// Where the profile crosses `level` between columns `k - 1` and `k`, in pixels from the line's start.
    fn crossing(&self, k: usize, level: f32) -> f32 {
        let after = self.body.get(k).copied().unwrap_or(0.0);
        let before = if k == 0 { 0.0 } else { self.body[k - 1] };
        let part = if (after - before).abs() > 1e-3 { (level - before) / (after - before) } else { 0.5 };
        (k as f32 - 1.0 + part.clamp(0.0, 1.0)) * self.step - self.margin
    }

    /// Columns between letters where ink below the baseline counts: underscores, and letters whose foot reaches the next
    /// one. Underlines, which go on under the letters of both sides, do not.
    fn underscores(&self, level: f32) -> Vec<bool> {
        let n = self.body.len();
        let tail = |k: usize| self.tail[k] >= UNDERSCORE_SHARE * level;
        let side = (UNDERSCORE_SIDE_XH * STEPS_PER_XH) as usize;
        let mostly = |range: std::ops::Range<usize>| {
            let len = range.len();
            range.filter(|&k| tail(k)).count() * 3 > 2 * len && len > 0
        };
        let mut out = vec![false; n];
        let mut k = 0;
        while k < n {
            if self.body[k] >= level || !tail(k) {
                k += 1;
                continue;
            }
            let start = k;
            while k < n && self.body[k] < level && tail(k) {
                k += 1;
            }
            let underline = mostly(start.saturating_sub(side)..start) && mostly(k..(k + side).min(n));
            let spans = start > 0 && self.body[start - 1] >= level && k < n && self.body[k] >= level;
            if !underline && (spans || (k - start) as f32 * self.step > UNDERSCORE_XH * STEPS_PER_XH * self.step) {
                out[start..k].fill(true);
            }
        }
        out
    }
}

/// Text of a smaller x-height melts together where it is blurred.
const MELTS_BELOW_PX: f32 = 5.0;
/// Runs of ink are longer than this where words melt together: most words' letters are some 5 x-heights long.
const LONGEST_USUAL_RUN_XH: f32 = 6.0;
const MOST_GAP_SHARE: f32 = 0.8;
const GAP_SHARE_STEP: f32 = 0.05;
/// Share of the ink between letters and gaps that an underscore has, at least: it is thin, and often between two rows.
const UNDERSCORE_SHARE: f32 = 0.6;
/// Shortest stroke below the baseline that is an underscore and no comma.
const UNDERSCORE_XH: f32 = 0.4;
/// How far an underline goes on under the letters beside a gap.
const UNDERSCORE_SIDE_XH: f32 = 0.6;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(widths: &[f32], gap: f32) -> (Vec<Piece>, Vec<f32>) {
        let mut x = 0.0;
        let pieces: Vec<Piece> = widths
            .iter()
            .map(|w| {
                let piece = Piece { x0: x, x1: x + 10.0 * w };
                x = piece.x1 + 10.0 * gap;
                piece
            })
            .collect();
        (pieces, vec![gap; widths.len() - 1])
    }

    #[test]
    fn dashes_are_one_mark_and_letters_are_not() {
        let (mut dashes, mut gaps) = row(&[0.5; 70], 0.6);
        let marks_xh = join_rows_of_marks(&mut dashes, &mut gaps, 10.0);
        assert_eq!((dashes.len(), gaps.len()), (1, 0));
        assert!((marks_xh - (70.0 * 0.5 + 69.0 * 0.6)).abs() < 0.01, "{marks_xh}");

        let letters = [0.5, 0.9, 0.2, 0.6, 0.8, 0.3, 0.55];
        let (mut pieces, mut gaps) = row(&letters, 0.2);
        assert_eq!(join_rows_of_marks(&mut pieces, &mut gaps, 10.0), 0.0);
        assert_eq!((pieces.len(), gaps.len()), (letters.len(), letters.len() - 1));
    }
}
