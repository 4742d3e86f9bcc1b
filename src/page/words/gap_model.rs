//! How likely a gap is a space, fitted to the gaps of the page.

use std::ops::RangeInclusive;

use crate::page::config::PageConfig;

/// Gaps wider than this are as surely spaces as it.
///
/// Tuned (x-heights): chosen by eye.
const MAX_GAP_XH: f32 = 1.5;

/// This many gaps count as much as what is usual.
///
/// Tuned (count): chosen by eye; few gaps say little.
const USUAL_GAPS: f32 = 6.0;

/// Square roots of gaps are spaces while they are below this many times the middle one; wider gaps lie between columns
/// and fields, and say nothing about the spread of spaces.
///
/// Tuned (factor): chosen by eye.
const MAX_SPACE_SPREAD: f32 = 1.35;

/// Where there are no spaces, their square root is taken for this many times the border's.
///
/// Tuned (factor): chosen by eye.
const SPACE_TO_BORDER: f32 = 1.8;

/// Where there are no letter gaps, their square root is taken for this share of the narrowest border's.
///
/// Tuned (share): chosen by eye.
const LETTER_TO_BORDER: f32 = 0.5;

/// Square root of a hidden gap, as a share of that of the narrowest gap that is seen.
///
/// Tuned (share): chosen by eye.
const HIDDEN_TO_NARROWEST: f32 = 0.5;

/// Usual variance of square-rooted gaps of one kind, on pages with few gaps.
///
/// Tuned (x-heights): chosen by eye.
const USUAL_VARIANCE_XH: f32 = 0.01;

/// Least distance between the square roots of a letter gap and a space.
///
/// Tuned (square root of x-heights): chosen by eye.
const MIN_DISTANCE: f32 = 0.1;

/// Square root of the share of the usual space below which a gap is not surely one.
///
/// Tuned (share): chosen by eye; figures of one width stand apart where a one is among them.
const NARROW_SPACE: f32 = 0.93;

/// Probability of a space that leaves a gap open.
///
/// Tuned (share): chosen by eye.
const OPEN: f32 = 0.9;

/// Middle letter gap of monospaced lines.
///
/// Tuned (pitches): of 24,000 letter gaps none was wider than .8, mostly they are a quarter.
const MONOSPACED_LETTER: f32 = 0.25;

/// Border between letter gaps and spaces of monospaced lines.
///
/// Tuned (pitches): of 24,000 gaps none was between .8 and 1.
const MONOSPACED_BORDER: f32 = 0.9;

/// Middle space of monospaced lines.
///
/// Tuned (pitches): of 24,000 gaps no space was narrower than 1.
const MONOSPACED_SPACE: f32 = 1.25;

/// Variance of square-rooted gaps of monospaced lines.
///
/// Tuned (pitches): chosen by eye.
const MONOSPACED_VARIANCE: f32 = 0.01;

/// The gaps of lines that look alike, parted into two kinds by the square root of their width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds {
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
pub(crate) struct GapModel {
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
    pub(crate) fn new(gaps_xh: &[f32], hidden: usize, config: &PageConfig) -> Self {
        let (low, high) = (config.narrowest_space_xh.sqrt(), config.widest_letter_gap_xh.sqrt());
        let usual = config.usual_space_xh.sqrt();
        let seen: Vec<f32> = gaps_xh.iter().map(|g| g.min(MAX_GAP_XH).sqrt()).collect();
        // Gaps too narrow to be seen come first.
        let hidden = if seen.is_empty() { 0 } else { hidden };
        let hidden_root = config.min_gap_xh.sqrt() * HIDDEN_TO_NARROWEST;
        let (middle, split) = otsu_split(&seen, hidden, hidden_root, low..=high)
            .unwrap_or_else(|| (usual, seen.partition_point(|&r| r < usual)));
        // The two bell curves, from the gaps that can be seen. Few gaps say little: lean on the usual space.
        let trust = seen.len() as f32 / (seen.len() as f32 + USUAL_GAPS);
        let (letter_gaps, spaces) = seen.split_at(split);
        let (letter, letter_spread) = moments(letter_gaps, low * LETTER_TO_BORDER);
        let widest = spaces.get(spaces.len() / 2).map_or(f32::INFINITY, |middle| MAX_SPACE_SPREAD * middle);
        let spaces = &spaces[..spaces.partition_point(|&r| r <= widest)];
        let (space, space_spread) = moments(spaces, SPACE_TO_BORDER * middle);
        Self { letter, space, middle, spread: (letter_spread + space_spread) / 2.0, trust }
    }
}

/// Where to part ascending values, of which some before the first are hidden, such that both kinds are as narrow as
/// they can be: a border within `borders`, and the number of seen values below it. `None` if no such border parts any.
fn otsu_split(seen: &[f32], hidden: usize, hidden_root: f32, borders: RangeInclusive<f32>) -> Option<(f32, usize)> {
    let n = (seen.len() + hidden) as f32;
    let total = seen.iter().sum::<f32>() + hidden as f32 * hidden_root;
    let (mut best, mut found) = (0.0f32, None);
    let mut sum = hidden as f32 * hidden_root;
    for k in 1..=seen.len() {
        let before = if k == 1 { hidden_root } else { seen[k - 2] };
        let border = (before + seen[k - 1]) / 2.0;
        let (a, b) = ((hidden + k - 1) as f32, (seen.len() + 1 - k) as f32);
        if a > 0.0 && borders.contains(&border) {
            let apart = (total - sum) / b - sum / a;
            let between = a * b / (n * n) * apart * apart;
            if between > best {
                (best, found) = (between, Some((border, k - 1)));
            }
        }
        sum += seen[k - 1];
    }
    found
}

impl GapModel {
    /// Takes both kinds as bell curves of one width: that of the gaps, and what text of this size can be measured to.
    pub(crate) fn new(kinds: &Kinds, x_height_px: f32, config: &PageConfig) -> Self {
        let Kinds { letter, space, middle, spread, trust } = *kinds;
        let usual = config.usual_space_xh.sqrt();
        let noise = noise(middle, x_height_px, config);
        let within = spread * trust + USUAL_VARIANCE_XH * (1.0 - trust) + noise;
        Self {
            middle: middle * trust + usual * (1.0 - trust),
            steepness: (space - letter).max(MIN_DISTANCE) / within,
            usual: space,
        }
    }

    /// Of monospaced lines, whose gaps are told by the pitch alone.
    pub(crate) fn monospaced(pitch_xh: f32, x_height_px: f32, config: &PageConfig) -> Self {
        let [letter, middle, space] =
            [MONOSPACED_LETTER, MONOSPACED_BORDER, MONOSPACED_SPACE].map(|pitches| (pitches * pitch_xh).sqrt());
        let noise = noise(middle, x_height_px, config);
        Self { middle, steepness: (space - letter) / (MONOSPACED_VARIANCE * pitch_xh + noise), usual: middle }
    }

    /// Probability that a gap of this width is a space.
    pub(crate) fn space(&self, gap_xh: f32) -> f32 {
        let root = gap_xh.max(0.0).sqrt();
        let space = 1.0 / (1.0 + (-self.steepness * (root - self.middle)).exp());
        // What is much narrower than a space stays open.
        if root < NARROW_SPACE * self.usual { space.min(OPEN) } else { space }
    }
}

/// Variance of the square root of a gap's width, from how well gaps of text of this size can be measured.
fn noise(root: f32, x_height_px: f32, config: &PageConfig) -> f32 {
    config.gap_noise.powi(2) + (config.gap_noise_px / x_height_px / (2.0 * root)).powi(2)
}

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

    /// How likely a space a gap is on a page with these gaps, of 10 px x-height.
    fn space(gaps_xh: &[f32], hidden: usize, gap_xh: f32) -> f32 {
        let config = PageConfig::default();
        GapModel::new(&Kinds::new(gaps_xh, hidden, &config), 10.0, &config).space(gap_xh)
    }

    #[test]
    fn two_kinds_of_gaps_are_parted_between_them() {
        let gaps: Vec<f32> = [vec![0.15; 60], vec![0.6; 15]].concat();
        assert!(space(&gaps, 0, 0.15) < 0.01 && space(&gaps, 0, 0.6) > 0.99);
        let wide: Vec<f32> = [vec![0.4; 60], vec![1.2; 15]].concat();
        assert!(space(&wide, 0, 0.4) < 0.01 && space(&wide, 0, 1.2) > 0.99, "letters set apart");
    }

    #[test]
    fn few_gaps_lean_on_what_is_usual() {
        let config = PageConfig::default();
        let none = space(&[], 0, config.usual_space_xh);
        assert!((none - 0.5).abs() < 1e-3, "{none}");
        let one = space(&[0.3], 0, 0.3);
        assert!((0.02..0.5).contains(&one), "{one}");
    }

    #[test]
    fn hidden_gaps_keep_spaces_together() {
        // Letters touch: only spaces are seen.
        let spaces: Vec<f32> = (0..30).map(|k| 0.35 + 0.01 * k as f32).collect();
        assert!(space(&spaces, 0, 0.4) < 0.5, "parted in two");
        assert!(space(&spaces, 60, 0.4) > 0.5);
    }

    #[test]
    fn a_pitch_tells_spaces() {
        let model = GapModel::monospaced(1.2, 10.0, &PageConfig::default());
        assert!(model.space(0.8 * 1.2) < 0.1 && model.space(1.0 * 1.2) > 0.5 && model.space(1.25 * 1.2) > 0.97);
    }

    #[test]
    fn what_is_narrower_than_a_space_is_never_sure() {
        let gaps: Vec<f32> = [vec![0.1; 60], vec![0.6; 15]].concat();
        assert_eq!(space(&gaps, 0, 0.5), OPEN);
    }
}
