//! Words: a line's ink is over-split at every visible gap; each gap gets a probability of being a space, fitted to the page.

use super::ink::Ink;
use super::lines::LineFit;
use super::sample::Columns;
use super::{PageConfig, Piece};

/// Samples of a line's column profile, per x-height.
const STEPS_PER_XH: f32 = 16.0;

/// A line cut into pieces at every gap: pieces in pixels along the baseline from the line's start.
pub(super) struct Cuts {
    pub(super) pieces: Vec<Piece>,
    /// Widths of the gaps between the pieces, in x-heights.
    pub(super) gaps_xh: Vec<f32>,
    /// Width of the rows of equal marks among the pieces, in x-heights.
    pub(super) marks_xh: f32,
}

/// Cuts a line at every run of columns whose strongest ink is below a share of the line's.
pub(super) fn cut(line: &LineFit, ink: &Ink, config: &PageConfig) -> Cuts {
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
        let level = if inked.is_empty() { 255.0 } else { super::lines::median(&mut inked) };
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

/// All gaps wider than this are as surely spaces.
const WIDEST_GAP_XH: f32 = 1.5;

/// The gaps of lines that look alike, parted into two kinds by the square root of their width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds {
    /// Middles of letter gaps, of spaces, and where they are parted.
    letter: f32,
    space: f32,
    middle: f32,
    /// Variance of both kinds.
    spread: f32,
    /// How much the gaps count, 0 to 1, against what is usual.
    trust: f32,
}

/// How likely a gap is a space: two kinds of gaps, fitted to the page, compared in the square root of their width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GapModel {
    /// Square root of the gap that is as likely a space as not.
    middle: f32,
    /// Log-odds per unit of square-rooted width.
    steepness: f32,
    /// Square root of the usual space.
    usual: f32,
}

impl Kinds {
    /// Splits the gaps of lines that look alike, ascending, into two kinds such that both are as narrow as they can be
    /// (N. Otsu, "A threshold selection method from gray-level histograms", 1979).
    ///
    /// `hidden` is about how many gaps there are that cannot be seen, for letters touch.
    pub(super) fn of(gaps_xh: &[f32], hidden: usize, config: &PageConfig) -> Self {
        let (low, high) = (config.narrowest_space_xh.sqrt(), config.widest_letter_gap_xh.sqrt());
        let usual = config.usual_space_xh.sqrt();
        let seen: Vec<f32> = gaps_xh.iter().map(|g| g.min(WIDEST_GAP_XH).sqrt()).collect();
        // Gaps too narrow to be seen come first.
        let hidden = if seen.is_empty() { 0 } else { hidden };
        let hidden_root = config.min_gap_xh.sqrt() / 2.0;
        let n = (seen.len() + hidden) as f32;
        let total = seen.iter().sum::<f32>() + hidden as f32 * hidden_root;
        let (mut best, mut middle, mut split) = (0.0f32, usual, seen.partition_point(|&r| r < usual));
        let mut sum = hidden as f32 * hidden_root;
        for k in 1..=seen.len() {
            let before = if k == 1 { hidden_root } else { seen[k - 2] };
            let cut = (before + seen[k - 1]) / 2.0;
            let (a, b) = ((hidden + k - 1) as f32, (seen.len() + 1 - k) as f32);
            if a > 0.0 && (low..=high).contains(&cut) {
                let apart = (total - sum) / b - sum / a;
                let between = a * b / (n * n) * apart * apart;
                if between > best {
                    (best, middle, split) = (between, cut, k - 1);
                }
            }
            sum += seen[k - 1];
        }
        // The two bell curves, from the gaps that can be seen. Few gaps say little: lean on the usual space.
        let trust = seen.len() as f32 / (seen.len() as f32 + 6.0);
        let (letter_gaps, spaces) = seen.split_at(split);
        let (letter, letter_spread) = moments(letter_gaps, low / 2.0);
        // Gaps between columns and fields are wider than spaces; they say nothing about the spaces' spread.
        let widest = spaces.get(spaces.len() / 2).map_or(f32::INFINITY, |middle| 1.35 * middle);
        let (space, space_spread) = moments(&spaces[..spaces.partition_point(|&r| r <= widest)], 1.8 * middle);
        Self { letter, space, middle, spread: (letter_spread + space_spread) / 2.0, trust }
    }
}

impl GapModel {
    /// Takes both kinds as bell curves of one width: that of the gaps, and what text of this size can be measured to.
    pub(super) fn of(kinds: &Kinds, x_height_px: f32, config: &PageConfig) -> Self {
        let Kinds { letter, space, middle, spread, trust } = *kinds;
        let usual = config.usual_space_xh.sqrt();
        let noise = noise(middle, x_height_px, config);
        let within = spread * trust + 0.01 * (1.0 - trust) + noise;
        Self {
            middle: middle * trust + usual * (1.0 - trust),
            steepness: (space - letter).max(0.1) / within,
            usual: space,
        }
    }

    /// Of monospaced lines: letter gaps are a quarter of a pitch wide, mostly, and at most .8; spaces 1.25 and at least 1.
    pub(super) fn monospaced(pitch_xh: f32, x_height_px: f32, config: &PageConfig) -> Self {
        let [letter, middle, space] = [0.25, 0.9, 1.25].map(|pitches: f32| (pitches * pitch_xh).sqrt());
        let noise = noise(middle, x_height_px, config);
        Self { middle, steepness: (space - letter) / (0.01 * pitch_xh + noise), usual: middle }
    }

    /// Probability that a gap of this width is a space.
    pub(super) fn space(&self, gap_xh: f32) -> f32 {
        let root = gap_xh.max(0.0).sqrt();
        let space = 1.0 / (1.0 + (-self.steepness * (root - self.middle)).exp());
        // Figures of one width stand apart where a one is among them: what is much narrower than a space stays open.
        if root < NARROW_SPACE * self.usual { space.min(OPEN) } else { space }
    }
}

/// Variance of the square root of a gap's width, from how well gaps of text of this size can be measured.
fn noise(root: f32, x_height_px: f32, config: &PageConfig) -> f32 {
    config.gap_noise.powi(2) + (config.gap_noise_px / x_height_px / (2.0 * root)).powi(2)
}

/// Square root of the share of the usual space below which a gap is not surely one.
const NARROW_SPACE: f32 = 0.93;
/// Probability of a space that leaves a gap open.
const OPEN: f32 = 0.9;

/// Mean and variance; the mean is `otherwise` where there are no values.
fn moments(values: &[f32], otherwise: f32) -> (f32, f32) {
    if values.is_empty() {
        return (otherwise, 0.0);
    }
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n)
}

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
