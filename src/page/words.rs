//! Words: a line's ink is over-split at every visible gap; each gap gets a probability of being a space, fitted to the page.

use super::ink::Ink;
use super::lines::LineFit;
use super::{PageConfig, Piece};

/// Samples of a line's column profile, per x-height.
const STEPS_PER_XH: f32 = 16.0;

/// A line cut into pieces at every gap: pieces in pixels along the baseline from the line's start.
pub(super) struct Cuts {
    pub(super) pieces: Vec<Piece>,
    /// Widths of the gaps between the pieces, in x-heights.
    pub(super) gaps_xh: Vec<f32>,
}

/// Cuts a line at every run of columns whose strongest ink is below a share of the line's.
pub(super) fn cut(line: &LineFit, ink: &Ink, config: &PageConfig) -> Cuts {
    let profile = ColumnProfile::of(line, ink);
    let level = profile.level * config.gap_ink_share;
    let (mut pieces, mut gaps_xh): (Vec<Piece>, Vec<f32>) = (Vec::new(), Vec::new());
    let mut k = 0;
    let n = profile.body.len();
    while k < n {
        if profile.body[k] < level {
            k += 1;
            continue;
        }
        let start = k;
        while k < n && profile.body[k] >= level {
            k += 1;
        }
        let piece = Piece { x0: profile.crossing(start, level), x1: profile.crossing(k, level) };
        if let Some(before) = pieces.last_mut() {
            let gap = (piece.x0 - before.x1) / line.x_height_px;
            // An underscore, or the bridge of a letter that hangs below the baseline, is no gap.
            let from = ((before.x1 + profile.margin) / profile.step) as usize;
            if gap < config.min_gap_xh || profile.bridged(from, start, level) {
                before.x1 = piece.x1;
                continue;
            }
            gaps_xh.push(gap);
        }
        pieces.push(piece);
    }
    Cuts { pieces, gaps_xh }
}

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
        let (mut body, mut tail) = (vec![0.0f32; n], vec![0.0f32; n]);
        let strongest = |column: &mut f32, u: f32, from: f32, to: f32| {
            let rows = ((to - from) / row_step) as usize;
            for r in 0..=rows {
                let v = from + r as f32 * row_step;
                *column = column.max(ink.linear(line.x0 + u * ax - v * ay, line.baseline + u * ay + v * ax));
            }
        };
        for k in 0..n {
            let u = k as f32 * step - margin;
            strongest(&mut body[k], u, -1.55 * xh, 0.05 * xh);
            strongest(&mut tail[k], u, 0.12 * xh, 0.45 * xh);
        }
        let mut inked: Vec<f32> = (0..n)
            .filter(|&k| {
                let u = k as f32 * step - margin;
                let x = line.x0 + u * ax;
                body[k] > f32::from(ink.threshold_at(x, line.baseline_at(x) - 0.5 * xh))
            })
            .map(|k| body[k])
            .collect();
        let level = if inked.is_empty() { 255.0 } else { super::lines::median(&mut inked) };
        Self { step, margin, body, tail, level }
    }

    /// Where the profile crosses `level` between columns `k - 1` and `k`, in pixels from the line's start.
    fn crossing(&self, k: usize, level: f32) -> f32 {
        let after = self.body.get(k).copied().unwrap_or(0.0);
        let before = if k == 0 { 0.0 } else { self.body[k - 1] };
        let part = if (after - before).abs() > 1e-3 { (level - before) / (after - before) } else { 0.5 };
        (k as f32 - 1.0 + part.clamp(0.0, 1.0)) * self.step - self.margin
    }

    /// Whether ink below the baseline spans the columns between, without going on under the pieces (an underline does).
    fn bridged(&self, from: usize, to: usize, level: f32) -> bool {
        let inked = |k: usize| self.tail.get(k).is_some_and(|&v| v >= level);
        let side = (0.6 * STEPS_PER_XH) as usize;
        let underline = (from.saturating_sub(side)..from).filter(|&k| inked(k)).count() * 2 > side;
        (from + 1..to.saturating_sub(1)).all(inked) && to > from + 3 && !underline
    }
}

/// How likely a gap is a space: two kinds of gaps, fitted to the page, compared in the square root of their width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GapModel {
    /// Square root of the gap that is as likely a space as not.
    middle: f32,
    /// Log-odds per unit of square-rooted width.
    steepness: f32,
}

impl GapModel {
    /// Splits the gaps of lines that look alike into two kinds such that both are as narrow as they can be (N. Otsu, "A
    /// threshold selection method from gray-level histograms", 1979), then takes both as bell curves of one width.
    pub(super) fn fit(gaps_xh: &[f32], config: &PageConfig) -> Self {
        let (low, high) = (config.narrowest_space_xh.sqrt(), config.widest_letter_gap_xh.sqrt());
        let usual = config.usual_space_xh.sqrt();
        let mut roots: Vec<f32> = gaps_xh.iter().map(|g| g.min(2.5).sqrt()).collect();
        roots.sort_unstable_by(f32::total_cmp);
        let n = roots.len() as f32;
        let (total, squares) = roots.iter().fold((0.0, 0.0), |(s, q), r| (s + r, q + r * r));
        // (variance between the kinds, cut, distance of their means)
        let mut best = (0.0f32, usual, 0.3f32);
        let mut sum = 0.0;
        for k in 1..roots.len() {
            sum += roots[k - 1];
            let cut = (roots[k - 1] + roots[k]) / 2.0;
            if cut < low || cut > high || roots[k] - roots[k - 1] < 1e-6 {
                continue;
            }
            let (a, b) = (k as f32, n - k as f32);
            let apart = (total - sum) / b - sum / a;
            let between = a * b / (n * n) * apart * apart;
            if between > best.0 {
                best = (between, cut, apart);
            }
        }
        // Few gaps say little: lean on the usual space.
        let trust = n / (n + 6.0);
        let whole = if n > 0.0 { squares / n - (total / n).powi(2) } else { 0.0 };
        let within = (whole - best.0).max(0.0) * trust + 0.01 * (1.0 - trust) + config.gap_noise.powi(2);
        Self { middle: best.1 * trust + usual * (1.0 - trust), steepness: best.2 / within }
    }

    /// Probability that a gap of this width is a space.
    pub(super) fn space(&self, gap_xh: f32) -> f32 {
        1.0 / (1.0 + (-self.steepness * (gap_xh.max(0.0).sqrt() - self.middle)).exp())
    }
}
