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

/// Of two lines that read the same text, one that has more than this many times the letters of the longer one is
/// better: the longer one's letters melted with an underline.
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
    let mut bands = Bands::new(height_px);
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

#[cfg(test)]
mod tests {
    use super::super::testing::{ends, line, sized};
    use super::*;

    fn left(mut lines: Vec<LineFit>) -> Vec<(i32, i32)> {
        drop_shadows(&mut lines, 300);
        ends(&lines)
    }

    #[test]
    fn accents_and_descenders_are_no_lines() {
        let text = || line(100, 300, 100, 30);
        assert_eq!(left(vec![text(), sized(150, 200, 89, 6, 2.5)]), [(100, 300)], "accents");
        assert_eq!(left(vec![text(), sized(150, 200, 104, 6, 2.5)]), [(100, 300)], "descenders");
        assert_eq!(left(vec![text(), sized(150, 200, 110, 6, 2.5)]).len(), 2, "a caption below");
        assert_eq!(left(vec![text(), sized(150, 200, 89, 6, 5.0)]).len(), 2, "nearly as large");
        assert_eq!(left(vec![text(), sized(250, 400, 89, 6, 2.5)]).len(), 2, "mostly beside it");
        assert_eq!(left(vec![text(), sized(150, 200, 89, 61, 2.5)]).len(), 2, "many letters");
        // Two larger lines cover it together.
        let halves = vec![line(100, 200, 100, 10), line(205, 300, 100, 10), sized(150, 260, 89, 20, 2.5)];
        assert_eq!(left(halves), [(100, 200), (205, 300)]);
    }

    #[test]
    fn of_two_lines_that_read_one_text_the_better_one_stays() {
        assert_eq!(left(vec![line(100, 300, 100, 30), line(100, 220, 102, 20)]), [(100, 300)], "the longer one");
        let melted = line(100, 300, 100, 5);
        assert_eq!(left(vec![melted.clone(), line(105, 295, 100, 30)]), [(105, 295)], "twice the letters");
        assert_eq!(left(vec![line(100, 300, 100, 20), line(100, 300, 100, 10)]), [(100, 300)], "one of two alike");
        assert_eq!(left(vec![line(100, 300, 100, 30), line(100, 300, 105, 30)]).len(), 2, "two lines");
    }
}
