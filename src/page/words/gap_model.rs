//! How likely a gap is a space, fitted to the gaps of the page.

use crate::page::config::PageConfig;

/// All gaps wider than this are as surely spaces.
const WIDEST_GAP_XH: f32 = 1.5;

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
    pub(crate) fn of(gaps_xh: &[f32], hidden: usize, config: &PageConfig) -> Self {
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
    pub(crate) fn of(kinds: &Kinds, x_height_px: f32, config: &PageConfig) -> Self {
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
    pub(crate) fn monospaced(pitch_xh: f32, x_height_px: f32, config: &PageConfig) -> Self {
        let [letter, middle, space] = [0.25, 0.9, 1.25].map(|pitches: f32| (pitches * pitch_xh).sqrt());
        let noise = noise(middle, x_height_px, config);
        Self { middle, steepness: (space - letter) / (0.01 * pitch_xh + noise), usual: middle }
    }

    /// Probability that a gap of this width is a space.
    pub(crate) fn space(&self, gap_xh: f32) -> f32 {
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
