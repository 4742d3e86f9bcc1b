//! Strongest ink of each column along a line, and the runs of columns that have enough of it.

use std::ops::Range;

use crate::page::config::PageConfig;
use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Columns;
use crate::page::lines::fit::{LineFit, median};

/// Columns that are looked at, per x-height.
///
/// Tuned (count): chosen by eye: finer than the narrowest gap that counts, .06 x-heights.
const STEPS_PER_XH: f32 = 16.0;

/// Least distance between columns.
///
/// Tuned (pixels): chosen by eye: what a gap can be measured to; at 3× x-heights decide.
const MIN_STEP_PX: f32 = 0.25;

/// Rows that are looked at, per x-height.
///
/// Tuned (count): chosen by eye.
const ROWS_PER_XH: f32 = 8.0;

/// Least distance between rows.
///
/// Tuned (pixels): chosen by eye; at 3× x-heights decide.
const MIN_ROW_STEP_PX: f32 = 0.5;

/// Most distance between rows.
///
/// Tuned (pixels): chosen by eye, for x-heights over 32 px. At 3× it is reached by headings: horizontal strokes are
/// thicker.
const MAX_ROW_STEP_PX: f32 = 4.0;

/// How far beyond a line's ends columns are looked at.
///
/// Tuned (x-heights): chosen by eye.
const MARGIN_XH: f32 = 0.3;

/// Rows of the body, in x-heights from the baseline downwards: from ascender to baseline.
///
/// Tuned (x-heights): chosen by eye.
const BODY_XH: (f32, f32) = (-1.55, 0.05);

/// Rows of the tail, in x-heights from the baseline downwards: below it, above the next line.
///
/// Tuned (x-heights): chosen by eye.
const TAIL_XH: (f32, f32) = (0.12, 0.45);

/// Text of a smaller x-height melts together where it is blurred.
///
/// Tuned (pixels): chosen by eye, with [`MAX_USUAL_RUN_XH`]; at 3× only captions are as small, and no longer blurred.
const MELTS_BELOW_PX: f32 = 5.0;

/// Where words melt together half of the ink lies in runs longer than this.
///
/// Tuned (x-heights): most words' letters are some 5 x-heights long.
const MAX_USUAL_RUN_XH: f32 = 6.0;

/// Largest share of a stroke's ink below which a column of melted text belongs to a gap.
///
/// Tuned (share): chosen by eye.
const MAX_GAP_SHARE: f32 = 0.8;

/// Steps in which that share is raised.
///
/// Tuned (share): chosen by eye.
const GAP_SHARE_STEP: f32 = 0.05;

/// Where ink differs less from column to column, an edge lies in the middle between them.
const NO_EDGE: f32 = 1e-3;

/// Share of the ink between letters and gaps that an underscore has, at least.
///
/// Tuned (share): chosen by eye; it is thin, and often between two rows.
const MIN_UNDERSCORE: f32 = 0.6;

/// Shortest stroke below the baseline that is an underscore and no comma.
///
/// Tuned (x-heights): chosen by eye.
const MIN_UNDERSCORE_XH: f32 = 0.4;

/// How far an underline goes on under the letters beside a gap.
///
/// Tuned (x-heights): chosen by eye.
const UNDERLINE_SIDE_XH: f32 = 0.6;

/// Least share of that which has ink, as a numerator and a denominator: columns are counted in whole numbers.
///
/// Tuned (share): chosen by eye.
const MIN_UNDERLINED: (usize, usize) = (2, 3);

/// Strongest ink of each column of a line.
pub(super) struct ColumnProfile {
    /// Distance between columns, in pixels.
    step_px: f32,
    /// How far before the line's start the first column lies, in pixels.
    margin_px: f32,
    /// From ascender to baseline.
    body: Vec<f32>,
    /// Below the baseline.
    tail: Vec<f32>,
    /// The ink of a full stroke on this line.
    level: f32,
}

impl ColumnProfile {
    pub(super) fn new(line: &LineFit, ink: &Ink) -> Self {
        let xh = line.x_height_px;
        let step_px = (xh / STEPS_PER_XH).max(MIN_STEP_PX);
        let row_step = (xh / ROWS_PER_XH).clamp(MIN_ROW_STEP_PX, MAX_ROW_STEP_PX);
        let margin_px = MARGIN_XH * xh;
        let norm = (1.0 + line.slope * line.slope).sqrt();
        let (ax, ay) = (1.0 / norm, line.slope / norm);
        let length = line.width() * norm + 2.0 * margin_px;
        let n = (length / step_px) as usize;
        let heights = |from: f32, to: f32| {
            let rows = ((to - from) / row_step) as usize;
            (0..=rows).map(move |r| from + r as f32 * row_step)
        };
        let place = |k: usize| k as f32 * step_px - margin_px;
        let columns = (line.slope == 0.0).then(|| Columns::at((0..n).map(|k| line.x0 + place(k))));
        let strongest = |(from, to): (f32, f32)| match &columns {
            Some(columns) => columns.strongest(ink, heights(from * xh, to * xh).map(|v| line.baseline + v)),
            None => {
                let point = |u: f32, v: f32| ink.linear(line.x0 + u * ax - v * ay, line.baseline + u * ay + v * ax);
                let rows = || heights(from * xh, to * xh);
                (0..n).map(|k| rows().map(|v| point(place(k), v)).fold(0.0, f32::max)).collect()
            }
        };
        let (body, tail) = (strongest(BODY_XH), strongest(TAIL_XH));
        let threshold = |k: usize| {
            let x = line.x0 + place(k) * ax;
            f32::from(ink.threshold_at(x, line.baseline_at(x) - 0.5 * xh))
        };
        let inked = (0..n).filter(|&k| body[k] > 0.0 && body[k] > threshold(k));
        let mut inked: Vec<f32> = inked.map(|k| body[k]).collect();
        let level = if inked.is_empty() { 255.0 } else { median(&mut inked) };
        Self { step_px, margin_px, body, tail, level }
    }

    /// Runs of columns that belong to no gap: where each begins and ends, in pixels along the baseline from the line's
    /// start.
    pub(super) fn runs(&self, x_height_px: f32, config: &PageConfig) -> Vec<(f32, f32)> {
        let level = self.level * self.gap_share(x_height_px, config);
        let underscored = self.underscores(level);
        let inked = |k: usize| self.body[k] >= level || underscored[k];
        let runs = runs_of(self.body.len(), inked);
        runs.map(|run| (self.crossing(run.start, level), self.crossing(run.end, level))).collect()
    }

    /// Share of a stroke's ink below which a column belongs to a gap: more where small text melts together, until most
    /// runs of ink are no longer than words are.
    fn gap_share(&self, x_height_px: f32, config: &PageConfig) -> f32 {
        let mut share = config.gap_ink_share;
        while x_height_px < MELTS_BELOW_PX
            && share < MAX_GAP_SHARE
            && self.usual_run_px(share * self.level) > MAX_USUAL_RUN_XH * x_height_px
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
        middle.unwrap_or(0) as f32 * self.step_px
    }

    /// Where the profile crosses `level` between columns `k - 1` and `k`, in pixels from the line's start.
    fn crossing(&self, k: usize, level: f32) -> f32 {
        let after = self.body.get(k).copied().unwrap_or(0.0);
        let before = if k == 0 { 0.0 } else { self.body[k - 1] };
        let part = if (after - before).abs() > NO_EDGE { (level - before) / (after - before) } else { 0.5 };
        (k as f32 - 1.0 + part.clamp(0.0, 1.0)) * self.step_px - self.margin_px
    }

    /// Columns between letters where ink below the baseline counts: underscores, and letters whose foot reaches the
    /// next one. Underlines, which go on under the letters of both sides, do not.
    fn underscores(&self, level: f32) -> Vec<bool> {
        let n = self.body.len();
        let tail = |k: usize| self.tail[k] >= MIN_UNDERSCORE * level;
        let side = (UNDERLINE_SIDE_XH * STEPS_PER_XH) as usize;
        let mostly = |range: Range<usize>| {
            let len = range.len();
            range.filter(|&k| tail(k)).count() * MIN_UNDERLINED.1 > MIN_UNDERLINED.0 * len && len > 0
        };
        let mut out = vec![false; n];
        for run in runs_of(n, |k| self.body[k] < level && tail(k)) {
            let (start, end) = (run.start, run.end);
            let underline = mostly(start.saturating_sub(side)..start) && mostly(end..(end + side).min(n));
            let spans = start > 0 && self.body[start - 1] >= level && end < n && self.body[end] >= level;
            let long = run.len() as f32 * self.step_px > MIN_UNDERSCORE_XH * STEPS_PER_XH * self.step_px;
            if !underline && (spans || long) {
                out[run].fill(true);
            }
        }
        out
    }
}

/// Runs of numbers below `n` of which something holds.
fn runs_of(n: usize, holds: impl Fn(usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = (at..n).find(|&k| holds(k))?;
        at = (start..n).find(|&k| !holds(k)).unwrap_or(n);
        Some(start..at)
    })
}
