//! Shadows: lines made of other lines' accents, dots and descenders, and lines that read a text a second time.

use super::fit::LineFit;
use crate::page::spatial::bands::Bands;

/// How far above a line's baseline its own accents reach.
///
/// Tuned (x-heights): chosen by eye.
const SHADOW_ABOVE_XH: f32 = 1.8;

/// How far below it its descenders reach.
///
/// Tuned (x-heights): chosen by eye.
const SHADOW_BELOW_XH: f32 = 0.6;

/// Largest x-height of a shadow, as a share of the line's that casts it.
///
/// Tuned (share): chosen by eye.
const MAX_SHADOW_SIZE: f32 = 0.6;

/// Least share of a shadow's length that larger lines cover.
///
/// Tuned (share): chosen by eye.
const MIN_COVERED: f32 = 0.5;

/// A line is no shadow if it has more than this many times the letters of those that cover it.
///
/// Tuned (factor): chosen by eye.
const MAX_SHADOW_LETTERS: usize = 2;

/// Two lines read the same text if they share more than this of the shorter …
///
/// Tuned (share): chosen by eye.
const MIN_TWICE_OVERLAP: f32 = 0.5;

/// … and their baselines are no further from each other.
///
/// Tuned (x-heights): chosen by eye.
const MAX_TWICE_STEP_XH: f32 = 0.5;

/// Of two lines that read the same text, one that has more than this many times the letters of the longer one is better: the
/// longer one's letters melted with an underline.
///
/// Tuned (factor): chosen by eye.
const BETTER_LETTERS: usize = 2;

/// That line covers more than this of the other's length.
///
/// Tuned (share): chosen by eye.
const MIN_BETTER_OVERLAP: f32 = 0.9;

/// Drops lines made of other lines' accents, dots and descenders, and the worse one of two that read the same text.
pub(super) fn drop_shadows(lines: &mut Vec<LineFit>, height_px: usize) {
    let all = &*lines;
    let mut bands = Bands::of(height_px);
    for (k, l) in all.iter().enumerate() {
        let (top, bottom) = l.baseline_rows(0.0);
        bands.file(k, top - SHADOW_ABOVE_XH * l.x_height_px, bottom + SHADOW_BELOW_XH * l.x_height_px);
    }
    let stays = |l: &LineFit| {
        let (top, bottom) = l.baseline_rows(0.0);
        let reach = MAX_TWICE_STEP_XH * l.x_height_px;
        let near = bands.near(top - reach, bottom + reach);
        let near = || near.iter().map(|&k| &all[k]);
        !near().any(|other| is_better(other, l)) && !is_shadow(l, near())
    };
    let mut stay = all.iter().map(stays).collect::<Vec<bool>>().into_iter();
    lines.retain(|_| stay.next() == Some(true));
}

/// Length that two lines have in common, in pixels.
fn overlap(a: &LineFit, b: &LineFit) -> f32 {
    (a.x1.min(b.x1) - a.x0.max(b.x0)).max(0.0)
}

/// Whether `other` reads the text of `line`, and better: it is longer, or nearly as long and has many more letters.
fn is_better(other: &LineFit, line: &LineFit) -> bool {
    let middle = (line.x0 + line.x1) / 2.0;
    let above = other.baseline_at(middle) - line.baseline_at(middle);
    let (own, others) = (line.members.len(), other.members.len());
    overlap(line, other) > MIN_TWICE_OVERLAP * line.width()
        && above.abs() < MAX_TWICE_STEP_XH * other.x_height_px.max(line.x_height_px)
        && (BETTER_LETTERS * others >= own && is_longer(other, line)
            || others > BETTER_LETTERS * own && overlap(line, other) > MIN_BETTER_OVERLAP * line.width())
}

/// Of lines that grew to the same ends, that of more letters is the longer one.
fn is_longer(a: &LineFit, b: &LineFit) -> bool {
    let by_letters = || a.members.len().cmp(&b.members.len()).then(b.x_height_px.total_cmp(&a.x_height_px));
    a.width().total_cmp(&b.width()).then_with(by_letters).is_gt()
}

/// Whether a line is made of what belongs to larger ones. These may be several, one after the other.
fn is_shadow<'l>(line: &LineFit, near: impl Iterator<Item = &'l LineFit>) -> bool {
    let larger = near.filter(|big| {
        let x = (line.x0.max(big.x0) + line.x1.min(big.x1)) / 2.0;
        let above = big.baseline_at(x) - line.baseline_at(x);
        line.x_height_px < MAX_SHADOW_SIZE * big.x_height_px
            && overlap(line, big) > 0.0
            && (-SHADOW_BELOW_XH * big.x_height_px..SHADOW_ABOVE_XH * big.x_height_px).contains(&above)
    });
    let (covered, letters) = larger.fold((0.0, 0), |(c, n), big| (c + overlap(line, big), n + big.members.len()));
    covered > MIN_COVERED * line.width() && MAX_SHADOW_LETTERS * letters >= line.members.len()
}
