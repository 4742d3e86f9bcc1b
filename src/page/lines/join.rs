//! Lines that continue each other are joined: over a gap somewhat too wide for chaining, and over wider ones where the
//! lines around run across.

use super::fit::{LineFit, fit, refit};
use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::ink::foreground::Ink;
use crate::page::spatial::bands::Bands;

/// How far two parts of a line may reach over each other.
///
/// Tuned (x-heights): chosen by eye.
const MAX_OVERLAP_XH: f32 = 0.5;

/// Baselines of two parts of a line are no further from each other.
///
/// Tuned (x-heights): chosen by eye.
const MAX_STEP_XH: f32 = 0.3;

/// Smallest x-height of a part of a line, as a share of the largest.
///
/// Tuned (share): chosen by eye.
const MIN_SIZE_RATIO: f32 = 0.7;

/// Widest gap within a line of running text: tabs, double spaces of monospaced text.
///
/// Tuned (x-heights): chosen by eye.
const MAX_BRIDGE_XH: f32 = 10.0;

/// Parts of a bridged line are of one size within this.
///
/// Tuned (log ratio): chosen by eye.
const MAX_BRIDGE_LOG_RATIO: f32 = 0.3;

/// Lines of so few letters do not show where their baseline is: they take that of what they continue.
///
/// Tuned (count): chosen by eye.
const MAX_UNSURE_LETTERS: usize = 4;

/// Baselines of a line and of a few letters beside it are no further from each other.
///
/// Tuned (x-heights): chosen by eye.
const MAX_UNSURE_STEP_XH: f32 = 0.7;

/// A line and a few letters beside it are of one size within this.
///
/// Tuned (log ratio): chosen by eye.
const MAX_UNSURE_LOG_RATIO: f32 = 0.6;

/// Rounded up exponential of [`MAX_UNSURE_LOG_RATIO`]: lines that are joined are at most this many times as large as
/// each other.
const MAX_UNSURE_RATIO: f32 = 1.83;

/// How far above and below a gap the lines are asked whether they run across it.
///
/// Tuned (x-heights): chosen by eye: four to five lines.
const NEIGHBOURS_XH: f32 = 7.0;

/// Nearer lines are the line itself.
///
/// Tuned (x-heights): chosen by eye.
const MIN_NEIGHBOUR_XH: f32 = 0.8;

/// Lines that are asked are of one size with the gap's within this.
///
/// Tuned (log ratio): chosen by eye.
const MAX_NEIGHBOUR_LOG_RATIO: f32 = 0.25;

/// How far beyond a gap a line must go on to run across it.
///
/// Tuned (x-heights): chosen by eye.
const ACROSS_SLACK_XH: f32 = 0.6;

/// Joined lines are fitted anew until what was fitted covers the page so many times: each part of a long row of marks
/// would have all parts before it fitted again.
///
/// Tuned (factor): chosen by eye; a line of text has ten parts at most, and lines cover less than half of a page.
const MOST_FITTED_AREAS: f32 = 20.0;

/// What may still be fitted anew, in pixels of area.
struct Fittings {
    rest: f32,
}

impl Fittings {
    fn of(ink: &Ink) -> Self {
        Self { rest: MOST_FITTED_AREAS * (ink.width() * ink.height()) as f32 }
    }

    /// Whether a line from the start of one to the end of another may be fitted.
    fn admit(&mut self, left: &LineFit, right: &LineFit) -> bool {
        let fits = self.rest > 0.0;
        self.rest -= (right.x1.max(left.x1) - left.x0) * left.x_height_px;
        fits
    }
}

/// Joins lines that continue each other on one baseline over a gap too wide for chaining.
pub(super) fn join_parts(
    mut lines: Vec<LineFit>,
    letters: &[Component],
    ink: &Ink,
    config: &PageConfig,
) -> Vec<LineFit> {
    lines.sort_unstable_by(|a, b| a.x0.total_cmp(&b.x0).then(a.baseline.total_cmp(&b.baseline)));
    let mut out: Vec<LineFit> = Vec::with_capacity(lines.len());
    let (mut bands, mut fittings) = (Bands::new(ink.height()), Fittings::of(ink));
    for line in lines {
        let step = MAX_STEP_XH * line.x_height_px / MIN_SIZE_RATIO;
        // Lines come from left to right: what ends too far to the left of this one is no part of any that follows.
        let in_reach = |k: usize| line.x0 - out[k].x1 < config.join_gap_xh * out[k].x_height_px / MIN_SIZE_RATIO;
        let near = bands.near_wanted(line.baseline - step, line.baseline + step, in_reach);
        let before = near.into_iter().rev().find(|&k| continues(&out[k], &line, config));
        let joined = before.filter(|&k| fittings.admit(&out[k], &line)).and_then(|k| {
            let members = out[k].members.iter().chain(&line.members).copied().collect();
            Some((k, fit(members, letters, ink, None, config)?))
        });
        let k = match joined {
            Some((k, joined)) => {
                out[k] = joined;
                k
            }
            None => {
                out.push(line);
                out.len() - 1
            }
        };
        let (top, bottom) = out[k].baseline_rows(config.join_gap_xh * out[k].x_height_px / MIN_SIZE_RATIO);
        bands.file(k, top, bottom);
    }
    out
}

/// Whether `line` continues the one `before` it.
fn continues(before: &LineFit, line: &LineFit, config: &PageConfig) -> bool {
    let x_height = before.x_height_px.max(line.x_height_px);
    let gap = line.x0 - before.x1;
    let step = (before.baseline_at(line.x0) - line.baseline).abs();
    let alike = before.x_height_px.min(line.x_height_px) > MIN_SIZE_RATIO * x_height;
    gap > -MAX_OVERLAP_XH * x_height && gap < config.join_gap_xh * x_height && step < MAX_STEP_XH * x_height && alike
}

/// Joins lines over gaps that other lines of the same block run across. Between two columns none does.
pub(super) fn bridge_gaps(lines: &mut Vec<LineFit>, ink: &Ink, config: &PageConfig) {
    lines.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let all = lines.clone();
    let beyond = |l: &LineFit| l.baseline_rows(MAX_UNSURE_RATIO * MAX_BRIDGE_XH * l.x_height_px);
    let mut all_by_row = Bands::new(ink.height());
    for (k, l) in all.iter().enumerate() {
        let (top, bottom) = beyond(l);
        all_by_row.file(k, top, bottom);
    }
    let mut out: Vec<LineFit> = Vec::with_capacity(lines.len());
    let (mut out_by_row, mut fittings) = (Bands::new(ink.height()), Fittings::of(ink));
    for line in lines.drain(..) {
        let step = MAX_UNSURE_STEP_XH * MAX_UNSURE_RATIO * line.x_height_px;
        let in_reach = |k: usize| line.x0 - out[k].x1 < MAX_BRIDGE_XH * MAX_UNSURE_RATIO * out[k].x_height_px;
        let near = out_by_row.near_wanted(line.baseline - step, line.baseline + step, in_reach);
        let before = near.into_iter().map(|k| (k, &out[k])).filter(|(_, l)| could_bridge(l, &line));
        let nearest = before.max_by(|a, b| a.1.x1.total_cmp(&b.1.x1)).map(|(k, _)| k);
        let around = |left: &LineFit| {
            let (y, reach) = (left.baseline_at(left.x1), NEIGHBOURS_XH * left.x_height_px);
            all_by_row.near(y - reach, y + reach)
        };
        let nearest = nearest.filter(|&k| runs_across(&all, around(&out[k]), &out[k], &line));
        let k = match nearest.filter(|&k| fittings.admit(&out[k], &line)) {
            Some(k) => {
                out[k] = bridged(&out[k], &line, ink, config);
                k
            }
            None => {
                out.push(line);
                out.len() - 1
            }
        };
        let (top, bottom) = beyond(&out[k]);
        out_by_row.file(k, top, bottom);
    }
    *lines = out;
}

/// Whether `right` may continue `left` over a wide gap.
fn could_bridge(left: &LineFit, right: &LineFit) -> bool {
    let xh = left.x_height_px.max(right.x_height_px);
    let gap = right.x0 - left.x1;
    let step = (left.baseline_at(right.x0) - right.baseline).abs();
    let unsure = left.members.len().min(right.members.len()) <= MAX_UNSURE_LETTERS;
    let (max_step_xh, max_log_ratio) =
        if unsure { (MAX_UNSURE_STEP_XH, MAX_UNSURE_LOG_RATIO) } else { (MAX_STEP_XH, MAX_BRIDGE_LOG_RATIO) };
    gap > -MAX_OVERLAP_XH * xh
        && gap < MAX_BRIDGE_XH * xh
        && step < max_step_xh * xh
        && alike(left, right, max_log_ratio)
}

/// Both as one line, on the baseline of the longer one.
fn bridged(left: &LineFit, right: &LineFit, ink: &Ink, config: &PageConfig) -> LineFit {
    let (surer, x0) = (if left.width() >= right.width() { left } else { right }, left.x0);
    let joined = LineFit { x0, x1: right.x1.max(left.x1), baseline: surer.baseline_at(x0), ..surer.clone() };
    refit(&joined, ink, config).unwrap_or(joined)
}

fn alike(a: &LineFit, b: &LineFit, max_log_ratio: f32) -> bool {
    (a.x_height_px / b.x_height_px).ln().abs() < max_log_ratio
}

/// Whether more of the lines around run across the gap between `left` and `right` than begin or end in it.
fn runs_across(all: &[LineFit], around: Vec<usize>, left: &LineFit, right: &LineFit) -> bool {
    let (from, to) = (left.x1, right.x0);
    let xh = left.x_height_px;
    let mut votes = 0;
    for line in around.into_iter().map(|k| &all[k]) {
        let down = (line.baseline_at(from) - left.baseline_at(from)).abs();
        let beside = (MIN_NEIGHBOUR_XH * xh..NEIGHBOURS_XH * xh).contains(&down);
        if !beside || !alike(line, left, MAX_NEIGHBOUR_LOG_RATIO) {
            continue;
        }
        let slack = ACROSS_SLACK_XH * xh;
        if line.x0 < from - slack && line.x1 > to + slack {
            votes += 1;
        } else if (from - slack..to + slack).contains(&line.x0) || (from - slack..to + slack).contains(&line.x1) {
            votes -= 1;
        }
    }
    votes > 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Drawing, ends, line, sized};
    use super::*;

    fn joined(drawing: &Drawing, lines: Vec<LineFit>, letters: &[Component]) -> Vec<(i32, i32)> {
        ends(&join_parts(lines, letters, &drawing.ink(), &PageConfig::default()))
    }

    #[test]
    fn parts_on_one_baseline_are_joined_over_small_gaps() {
        // 10 letters end 5 px after the last one's start.
        let at_gap = |gap: usize, baseline: usize| {
            let drawing = Drawing::new().text(20, 100, 10).text(88 + gap, baseline, 10);
            let mut letters = drawing.components();
            letters.sort_by_key(|c| c.area.x0);
            let mut lines = vec![line(20, 88, 100, 10), line(88 + gap, 156 + gap, baseline, 10)];
            lines[1].members = (10..20).collect();
            joined(&drawing, lines, &letters)
        };
        assert_eq!(at_gap(20, 100), [(20, 176)], "2.5 x-heights");
        assert_eq!(at_gap(21, 100), [(20, 88), (109, 177)]);
        assert_eq!(at_gap(20, 103).len(), 2, "another baseline");
    }

    /// Two halves of a line with a gap of 40 px, five x-heights, between lines above and below.
    fn bridged_between(above: &[(usize, usize)], right_size: f32) -> Vec<(i32, i32)> {
        let mut lines = vec![line(20, 160, 100, 20), sized(200, 340, 100, 20, right_size)];
        lines.extend(above.iter().zip([80, 120]).map(|(&(x0, x1), baseline)| line(x0, x1, baseline, 40)));
        bridge_gaps(&mut lines, &Drawing::new().text(20, 100, 20).text(200, 100, 20).ink(), &PageConfig::default());
        ends(&lines.into_iter().filter(|l| (90.0..110.0).contains(&l.baseline)).collect::<Vec<_>>())
    }

    #[test]
    fn wide_gaps_are_bridged_where_other_lines_run_across() {
        assert_eq!(bridged_between(&[(20, 340), (20, 340)], 8.0), [(20, 340)]);
        assert_eq!(bridged_between(&[], 8.0).len(), 2, "nothing runs across");
        assert_eq!(bridged_between(&[(20, 340), (20, 170)], 8.0).len(), 2, "another one ends there");
        assert_eq!(bridged_between(&[(20, 340), (20, 340)], 12.0).len(), 2, "another size");
    }
}
