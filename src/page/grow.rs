//! Lines grow along their baselines over text that broke apart.
//!
//! In small, faint, marked or binarised text some letters fall apart into specks, melt with the next line or with a frame, and
//! cannot be chained. But the line that their neighbours found tells where they must stand: as long as the ink of the next
//! few letters' width lies between baseline and x-height more than above and below, the line goes on.

use super::PageConfig;
use super::ink::Ink;
use super::lines::{LineFit, median, refit};

/// Width that is looked at beyond an end.
const WINDOW_XH: f32 = 3.0;
/// Share of a stroke's ink that a column needs to be inked.
const INKED: f32 = 0.4;
/// Least share of a stroke's ink, averaged between baseline and x-height; text has .3 to .6.
const LEAST_INK: f32 = 0.14;
/// How many times the ink below the baseline, and that above the x-height, the ink between must be.
const OVER_BELOW: f32 = 1.5;
const OVER_ABOVE: f32 = 1.1;

/// Lets all lines grow, makes one of those that meet, and fits those that changed anew.
pub(super) fn grow(lines: &mut Vec<LineFit>, ink: &Ink, config: &PageConfig) {
    let before: Vec<f32> = lines.iter().map(LineFit::width).collect();
    for line in lines.iter_mut() {
        let Some(level) = stroke_level(line, ink) else { continue };
        let old_start = line.x0;
        let end = reach(line, line.x1, 1.0, level, ink, config);
        let start = reach(line, line.x0, -1.0, level, ink, config);
        line.x1 = end;
        line.baseline += line.slope * (start - old_start);
        line.x0 = start;
    }
    let mut grown: Vec<(LineFit, bool)> = lines
        .drain(..)
        .zip(before)
        .map(|(l, before)| (l.width() > before + l.x_height_px, l))
        .map(|(g, l)| (l, g))
        .collect();
    // The longest lines first: they are the surest.
    grown.sort_by(|a, b| b.0.width().total_cmp(&a.0.width()));
    for (line, changed) in grown {
        match lines.iter_mut().find(|other| same_line(other, &line)) {
            Some(other) => {
                let slope = other.slope;
                let start = other.x0.min(line.x0);
                other.baseline += slope * (start - other.x0);
                other.x0 = start;
                other.x1 = other.x1.max(line.x1);
            }
            None => {
                let line = if changed { refit(&line, ink, config).unwrap_or(line) } else { line };
                lines.push(line);
            }
        }
    }
}

/// Whether `line` is a part of what `other` reads.
fn same_line(other: &LineFit, line: &LineFit) -> bool {
    let overlap = other.x1.min(line.x1) - other.x0.max(line.x0);
    let x = (other.x0.max(line.x0) + other.x1.min(line.x1)) / 2.0;
    let above = other.baseline_at(x) - line.baseline_at(x);
    let xh = other.x_height_px;
    let same_baseline = above.abs() < 0.35 * xh && (line.x_height_px / xh).ln().abs() < 0.35;
    let within = (-0.5 * xh..1.6 * xh).contains(&above) && line.x_height_px < 1.2 * xh && overlap > 0.7 * line.width();
    overlap > 0.0 && (same_baseline || within) && overlap > 0.3 * line.width().min(other.width()).min(4.0 * xh)
}

/// The ink of a full stroke on a line: the middle of its columns' strongest ink, blank columns left out.
fn stroke_level(line: &LineFit, ink: &Ink) -> Option<f32> {
    let mut columns: Vec<f32> = (line.x0 as usize..line.x1 as usize)
        .map(|x| strongest(line, x as f32 + 0.5, ink))
        .filter(|&v| v > f32::from(ink.floor()))
        .collect();
    (!columns.is_empty()).then(|| median(&mut columns))
}

/// Strongest ink of a column between x-height and baseline.
fn strongest(line: &LineFit, x: f32, ink: &Ink) -> f32 {
    let base = line.baseline_at(x);
    let rows = (line.x_height_px.round() as i32).max(2);
    (0..rows).map(|r| ink.linear(x, base - (r as f32 + 0.5) / rows as f32 * line.x_height_px)).fold(0.0, f32::max)
}

/// How far the line goes on from `end` in a direction (1 or -1).
fn reach(line: &LineFit, mut end: f32, direction: f32, level: f32, ink: &Ink, config: &PageConfig) -> f32 {
    let xh = line.x_height_px;
    let inked = |x: f32| strongest(line, x, ink) >= INKED * level;
    let inside = |x: f32| x >= 0.0 && x < ink.width() as f32;
    let steps = (config.join_gap_xh * xh) as usize;
    loop {
        let first = (0..=steps).map(|k| end + direction * (k as f32 + 0.5)).find(|&x| inside(x) && inked(x));
        let Some(first) = first else { return end };
        let window = (WINDOW_XH * xh).round().max(4.0) as usize;
        let columns: Vec<f32> = (0..window).map(|k| first + direction * k as f32).filter(|&x| inside(x)).collect();
        if !text_like(line, &columns, level, ink) {
            return end;
        }
        let last = columns.iter().rev().copied().find(|&x| inked(x)).unwrap_or(first);
        end = last + 0.5 * direction;
    }
}

/// Whether the ink of some columns lies between baseline and x-height rather than beyond.
fn text_like(line: &LineFit, columns: &[f32], level: f32, ink: &Ink) -> bool {
    let xh = line.x_height_px;
    let mean = |from: f32, to: f32| {
        let rows = ((to - from) * xh).round().max(1.0) as usize;
        let mut sum = 0.0;
        for &x in columns {
            for r in 0..rows {
                let v = (from + (r as f32 + 0.5) / rows as f32 * (to - from)) * xh;
                sum += ink.linear(x, line.baseline_at(x) + v).min(level);
            }
        }
        sum / (rows * columns.len()) as f32
    };
    let (above, between, below) = (mean(-1.65, -1.2), mean(-1.0, 0.0), mean(0.2, 0.55));
    between > LEAST_INK * level && between > OVER_BELOW * below && between > OVER_ABOVE * above
}
