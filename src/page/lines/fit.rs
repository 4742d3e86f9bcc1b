//! Where a line stands: baseline and x-height of a chain of letters, from the row profile of its ink.
//!
//! The fit looks at the ink, not at the components' boxes: it holds where letters melt together.

use super::row_profile::RowProfile;
use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::ink::foreground::Ink;

/// Lines whose x-heights differ by no more than this are compared as of one typeface.
///
/// Tuned (log ratio): chosen by eye.
pub(crate) const SAME_SIZE_LOG_RATIO: f32 = 0.2;

/// A single component is a line only if it is this many of its heights long: a word whose letters melted together.
///
/// Tuned (factor): chosen by eye.
const MIN_LONE_LENGTH: f32 = 1.8;

/// A dash fills more than this share of its box …
///
/// Tuned (share): chosen by eye.
const MIN_DASH_FILL: f32 = 0.8;

/// … and is more than this many of its heights wide.
///
/// Tuned (factor): chosen by eye.
const MIN_DASH_SLENDERNESS: f32 = 1.4;

/// A chain of two dashes and more that has a larger share of them has no x-height. As a numerator and a denominator:
/// letters are counted in whole numbers.
///
/// Tuned (share): chosen by eye.
const MAX_DASHES: (usize, usize) = (2, 3);

/// Half of the window in which the letters' bottoms are most crowded: the baseline's first guess. A part in pixels …
///
/// Tuned (pixels): chosen by eye, for the rounding of boxes to whole pixels; the same at all scales.
const BOTTOMS_REACH_PX: f32 = 0.5;

/// … and one in heights of the chain's middle letter.
///
/// Tuned (factor): chosen by eye.
const BOTTOMS_REACH_HEIGHTS: f32 = 0.12;

/// Lines may be this much smaller than the smallest text that is asked for.
///
/// Tuned (share): chosen by eye; small text's x-height is off by half a pixel.
const MIN_X_HEIGHT_SLACK: f32 = 0.8;

/// Shortest line.
///
/// Tuned (x-heights): chosen by eye.
const MIN_LENGTH_XH: f32 = 0.8;

/// Height of the middle letter of running text, for lines of which only the x-height is known.
///
/// Tuned (x-heights): chosen by eye.
const USUAL_LETTER_XH: f32 = 1.15;

/// A line that was fitted anew keeps its baseline but for this.
///
/// Tuned (x-heights): chosen by eye.
const MAX_REFIT_STEP_XH: f32 = 0.4;

/// A line that was fitted anew keeps its x-height but for this.
///
/// Tuned (log ratio): chosen by eye.
const MAX_REFIT_LOG_RATIO: f32 = 0.4;

/// How far above the guessed baseline rows are counted, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye; the search for the x-height ends below it.
const ROWS_ABOVE_HEIGHTS: f32 = 2.0;

/// How far below it.
///
/// Tuned (factor): chosen by eye; the search for the baseline ends above it.
const ROWS_BELOW_HEIGHTS: f32 = 0.9;

/// Rows that are counted beyond both, for text of a few pixels.
///
/// Tuned (pixels): chosen by eye; only room, the same at all scales.
const ROWS_BEYOND_PX: f32 = 3.0;

/// How far above the guess the baseline may lie, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye.
const BASELINE_ABOVE_HEIGHTS: f32 = 0.55;

/// How far below the guess the baseline may lie, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye.
const BASELINE_BELOW_HEIGHTS: f32 = 0.4;

/// How far from the steepest step the rest of an edge is looked for, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye.
const EDGE_REACH_HEIGHTS: f32 = 0.3;

/// Most x-height, in heights of the middle letter: a chain of small letters alone, with some blur.
///
/// Tuned (factor): chosen by eye.
const MAX_X_HEIGHT_HEIGHTS: f32 = 1.15;

/// What is added to the most x-height.
///
/// Tuned (pixels): chosen by eye, for the rounding of boxes to whole pixels; the same at all scales.
const MAX_X_HEIGHT_BEYOND_PX: f32 = 1.0;

/// Least x-height, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye.
const MIN_X_HEIGHT_HEIGHTS: f32 = 0.33;

/// Least x-height of the smallest text.
///
/// Tuned (pixels): chosen by eye; at any scale text of 2.2 px is the smallest.
const MIN_X_HEIGHT_PX: f32 = 1.5;

/// Chains with fewer pairs of letters half a chain apart are taken for level.
///
/// Tuned (count): chosen by eye.
const MIN_SLOPE_PAIRS: usize = 3;

/// Pairs of letters nearer to each other tell no slope, in heights of the middle letter.
///
/// Tuned (factor): chosen by eye.
const MIN_SLOPE_RUN_HEIGHTS: f32 = 2.0;

/// Steepest line of text.
///
/// Tuned (factor): chosen by eye: 19 degrees, a little more than the steepest page that is laid flat.
const MAX_SLOPE: f32 = 0.35;

/// An underline moves the bottoms of letters by more than this share of their height.
///
/// Tuned (factor): chosen by eye.
const UNDERLINE_STEP_HEIGHTS: f32 = 0.3;

/// A line's place: baseline `y = baseline + slope · (x - x0)` for `x` in `x0..x1`, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineFit {
    pub(crate) x0: f32,
    pub(crate) x1: f32,
    pub(crate) baseline: f32,
    pub(crate) slope: f32,
    pub(crate) x_height_px: f32,
    /// Its letters: indices into the letters of the page.
    pub(crate) members: Vec<usize>,
}

impl LineFit {
    pub(crate) fn baseline_at(&self, x: f32) -> f32 {
        self.baseline + self.slope * (x - self.x0)
    }

    /// In pixels.
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
pub(super) fn fit(
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
    if x1 - x0 < if members.len() == 1 { MIN_LONE_LENGTH * height } else { height } {
        return None;
    }
    let is_dash = |c: &&Component| c.fill() > MIN_DASH_FILL && c.width() > MIN_DASH_SLENDERNESS * c.height();
    let dashes = boxes().filter(is_dash).count();
    if dashes > 1 && MAX_DASHES.1 * dashes > MAX_DASHES.0 * members.len() {
        return None;
    }
    let slope = slope.unwrap_or_else(|| own_slope(&members, letters, height));
    let mut bottoms: Vec<f32> = boxes().map(|c| c.area.y1 as f32 - slope * (c.centre_x() - x0)).collect();
    bottoms.sort_unstable_by(f32::total_cmp);
    let first_guess = densest(&bottoms, BOTTOMS_REACH_PX + BOTTOMS_REACH_HEIGHTS * height);

    let (baseline, x_height_px) = edges(ink, x0, x1, first_guess, slope, height)?;
    let plausible = x_height_px >= config.min_x_height_px * MIN_X_HEIGHT_SLACK
        && x_height_px <= config.max_x_height_px
        && x1 - x0 >= x_height_px * MIN_LENGTH_XH;
    plausible.then_some(LineFit { x0, x1, baseline, slope, x_height_px, members })
}

/// Fits a line that has grown anew; `None` where the ink of all of it has no two edges near those that it had.
pub(super) fn refit(line: &LineFit, ink: &Ink, config: &PageConfig) -> Option<LineFit> {
    let xh = line.x_height_px;
    let (baseline, x_height_px) = edges(ink, line.x0, line.x1, line.baseline, line.slope, USUAL_LETTER_XH * xh)?;
    let near = (baseline - line.baseline).abs() < MAX_REFIT_STEP_XH * xh
        && (x_height_px / xh).ln().abs() < MAX_REFIT_LOG_RATIO;
    let plausible = near && x_height_px >= config.min_x_height_px * MIN_X_HEIGHT_SLACK;
    plausible.then(|| LineFit { baseline, x_height_px, ..line.clone() })
}

/// Baseline and x-height of the ink in `x0..x1`, from its row profile, given a guess of the baseline and the height of
/// the middle letter.
fn edges(ink: &Ink, x0: f32, x1: f32, first_guess: f32, slope: f32, height: f32) -> Option<(f32, f32)> {
    let rows = |heights: f32| (height * heights + ROWS_BEYOND_PX).ceil();
    let (up, down) = (rows(ROWS_ABOVE_HEIGHTS), rows(ROWS_BELOW_HEIGHTS));
    let profile = RowProfile::new(ink, x0, x1, first_guess, slope, up, down);
    let (highest, lowest) =
        (first_guess - BASELINE_ABOVE_HEIGHTS * height, first_guess + BASELINE_BELOW_HEIGHTS * height);
    let baseline = profile.edge_below(profile.steepest_fall(highest, lowest)?, EDGE_REACH_HEIGHTS * height);

    let highest = baseline - MAX_X_HEIGHT_HEIGHTS * height - MAX_X_HEIGHT_BEYOND_PX;
    let lowest = baseline - (MIN_X_HEIGHT_HEIGHTS * height).max(MIN_X_HEIGHT_PX);
    let x_line = profile.edge_above(profile.steepest_rise(highest, lowest)?, EDGE_REACH_HEIGHTS * height);
    Some((baseline, baseline - x_line))
}

/// Slope of a chain: of its bottoms, or of its tops if that is much less: an underline below a part of the chain slopes
/// bottoms.
fn own_slope(members: &[usize], letters: &[Component], height: f32) -> f32 {
    let half = members.len() / 2;
    if half < MIN_SLOPE_PAIRS {
        return 0.0;
    }
    // The median slope between members half a chain apart.
    let slope_of = |edge: fn(&Component) -> usize| {
        let pairs = members.iter().zip(&members[half..]).map(|(&a, &b)| (&letters[a], &letters[b]));
        let mut slopes: Vec<f32> = pairs
            .filter(|(a, b)| b.centre_x() - a.centre_x() > MIN_SLOPE_RUN_HEIGHTS * height)
            .map(|(a, b)| (edge(b) as f32 - edge(a) as f32) / (b.centre_x() - a.centre_x()))
            .collect();
        if slopes.is_empty() { 0.0 } else { median(&mut slopes).clamp(-MAX_SLOPE, MAX_SLOPE) }
    };
    let (bottoms, tops) = (slope_of(|c| c.area.y1), slope_of(|c| c.area.y0));
    let length = letters[members[members.len() - 1]].centre_x() - letters[members[0]].centre_x();
    if (bottoms.abs() - tops.abs()) * length > UNDERLINE_STEP_HEIGHTS * height { tops } else { bottoms }
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

#[cfg(test)]
mod tests {
    use super::super::chains::chains;
    use super::super::testing::{Drawing, XH, line};
    use super::*;

    /// The fits of all chains of a drawing.
    fn fits(drawing: &Drawing) -> Vec<LineFit> {
        let (letters, config) = (drawing.components(), PageConfig::default());
        let chains = chains(&letters, &config).into_iter();
        chains.filter_map(|c| fit(c, &letters, &drawing.ink(), None, &config)).collect()
    }

    #[test]
    fn baseline_and_x_height_are_those_drawn() {
        let found = fits(&Drawing::new().text(40, 120, 15));
        let [l] = &found[..] else { panic!("{found:?}") };
        assert_eq!((l.x0, l.x1, l.slope, l.members.len()), (40.0, 143.0, 0.0, 15));
        assert!((l.baseline - 120.0).abs() < 0.3 && (l.x_height_px - XH as f32).abs() < 0.4, "{l:?}");
    }

    #[test]
    fn descenders_do_not_move_the_baseline() {
        let text = Drawing::new().text(40, 120, 15);
        let hanging = [1, 4, 9, 12].iter().fold(text, |d, k| d.filled(40 + 7 * k, 120, 2, 3));
        let found = fits(&hanging);
        let [l] = &found[..] else { panic!("{found:?}") };
        assert!((l.baseline - 120.0).abs() < 0.5, "{l:?}");
    }

    #[test]
    fn a_stepping_line_has_a_slope() {
        let steps = (0..24).fold(Drawing::new(), |d, k| d.text(40 + 7 * k, 100 + k / 4, 1));
        let found = fits(&steps);
        let [l] = &found[..] else { panic!("{found:?}") };
        assert!((l.slope - 1.0 / 28.0).abs() < 0.01, "{l:?}");
    }

    #[test]
    fn dashes_and_lone_boxes_are_no_lines() {
        let dashes = (0..8).fold(Drawing::new(), |d, k| d.filled(40 + 11 * k, 100, 8, 3));
        assert_eq!(fits(&dashes), []);
        assert_eq!(fits(&Drawing::new().filled(40, 100, 10, 8)), [], "a letter");
        assert_eq!(fits(&Drawing::new().filled(40, 100, 15, 8)).len(), 1, "a word that melted");
    }

    #[test]
    fn a_line_is_fitted_anew_near_where_it_was() {
        let (ink, config) = (Drawing::new().text(40, 120, 15).ink(), PageConfig::default());
        let found = refit(&line(40, 143, 122, 15), &ink, &config).expect("two pixels off");
        assert!((found.baseline - 120.0).abs() < 0.3, "{found:?}");
        assert_eq!(refit(&line(40, 143, 126, 15), &ink, &config), None, "another line's");
        assert_eq!(refit(&line(200, 303, 120, 15), &ink, &config), None, "blank");
    }

    #[test]
    fn the_most_crowded_window_wins() {
        assert_eq!(densest(&[1.0, 5.0, 5.25, 5.5, 9.0, 9.25], 0.5), 5.25);
        assert_eq!(densest(&[3.0], 0.5), 3.0);
    }
}
