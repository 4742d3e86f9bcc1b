//! Lines of capitals and figures only.
//!
//! A line's x-height is where most of its ink ends. Where no letter is small, that is the height of the capitals, a
//! third too much, and no word of it would look as it does in text. Such a line is told by what it lacks: of the
//! letters of ordinary text every third rises above the x-height.

use super::fit::LineFit;
use crate::page::ink::components::Component;

/// Height of capitals.
///
/// Tuned (x-heights): 1.33 to 1.48 over typefaces.
const CAPITALS_XH: f32 = 1.37;

/// What ends higher above the line's x-height than this rises.
///
/// Tuned (x-heights): chosen by eye.
const MIN_RISE_XH: f32 = 0.15;

/// Lower components are marks, which do not tell that a line has no small letters.
///
/// Tuned (x-heights): chosen by eye.
const MIN_LETTER_XH: f32 = 0.7;

/// Width of a capital with its gap, as a share of its height.
///
/// Tuned (factor): chosen by eye.
const CAPITAL_WIDTH: f32 = 0.8;

/// A line of this many letters none of which rises is no ordinary text, unless most lines of that x-height are.
///
/// Tuned (count): every third letter of ordinary text rises.
const SURE_LETTERS: f32 = 10.0;

/// Ordinary text outvotes level lines of its size if these have no more than this many times its letters.
///
/// Tuned (factor): chosen by eye; a rule above takes ascenders off, so one line says little against many.
const OUTVOTED: f32 = 2.0;

/// Lines whose x-heights differ by no more than this are of one size.
///
/// Tuned (log ratio): chosen by eye.
const ONE_SIZE_LOG_RATIO: f32 = 0.08;

/// Of smaller text it cannot be seen what rises.
///
/// Tuned (pixels): chosen by eye; at any scale .15 x-heights of less are under a pixel.
const MIN_X_HEIGHT_PX: f32 = 4.5;

/// Which lines have capitals only.
pub(crate) fn find_capitals(lines: &[LineFit], letters: &[Component]) -> Vec<bool> {
    let level: Vec<bool> = lines.iter().map(|l| is_level(l, letters)).collect();
    if !level.contains(&true) {
        return level;
    }
    let sizes = |wanted: &[bool], of: bool| Sizes::new(lines.iter().zip(wanted).filter(|w| *w.1 == of).map(|w| w.0));
    let (ordinary, even) = (sizes(&level, false), sizes(&level, true));
    let is_text = |px: f32| OUTVOTED * ordinary.letters(px) >= even.letters(px).max(SURE_LETTERS);
    let surely: Vec<bool> = lines
        .iter()
        .zip(&level)
        .map(|(l, level)| *level && letters_of(l) >= SURE_LETTERS && !is_text(l.x_height_px))
        .collect();
    // A few letters are capitals if others of their height are, or if text of their size stands on the page.
    let sure = sizes(&surely, true);
    let beside = |px: f32| !is_text(px) && (sure.letters(px) > 0.0 || is_text(px / CAPITALS_XH));
    lines.iter().zip(&level).zip(&surely).map(|((l, level), sure)| *sure || *level && beside(l.x_height_px)).collect()
}

/// Numbers of letters by x-height, those of short lines left out.
struct Sizes {
    /// Natural logarithms of x-heights, ascending.
    sizes: Vec<f32>,
    /// Letters of all lines before each, and of all.
    letters: Vec<f32>,
}

impl Sizes {
    fn new<'l>(lines: impl Iterator<Item = &'l LineFit>) -> Self {
        let long = lines.map(|l| (l.x_height_px.ln(), letters_of(l))).filter(|(_, letters)| *letters >= SURE_LETTERS);
        let mut long: Vec<(f32, f32)> = long.collect();
        long.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut letters = vec![0.0];
        letters.extend(long.iter().scan(0.0, |sum, l| {
            *sum += l.1;
            Some(*sum)
        }));
        Self { sizes: long.into_iter().map(|l| l.0).collect(), letters }
    }

    /// Of lines of one size with this x-height.
    fn letters(&self, px: f32) -> f32 {
        let before = |size: f32| self.letters[self.sizes.partition_point(|&s| s < size)];
        before(px.ln() + ONE_SIZE_LOG_RATIO) - before(px.ln() - ONE_SIZE_LOG_RATIO)
    }
}

/// Gives lines of capitals the x-height of their typeface.
pub(crate) fn lower_x_heights(lines: &mut [LineFit], of_capitals: &[bool]) {
    for (line, _) in lines.iter_mut().zip(of_capitals).filter(|(_, capitals)| **capitals) {
        line.x_height_px /= CAPITALS_XH;
    }
}

/// About the number of letters of a line, if they are capitals.
fn letters_of(line: &LineFit) -> f32 {
    line.width() / (CAPITAL_WIDTH * line.x_height_px)
}

/// Whether nothing rises above a line's x-height, and something that is no mark reaches it.
fn is_level(line: &LineFit, letters: &[Component]) -> bool {
    let xh = line.x_height_px;
    let above = |c: &Component| line.baseline_at(c.centre_x()) - c.area.y0 as f32 - xh;
    let members = || line.members.iter().map(|&k| &letters[k]);
    xh >= MIN_X_HEIGHT_PX
        && members().all(|c| above(c) < MIN_RISE_XH * xh)
        && members().any(|c| above(c) > -MIN_RISE_XH * xh && c.height() > MIN_LETTER_XH * xh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::spatial::area::Area;

    /// Letters of these heights above the baseline, of this x-height as it was measured.
    fn line(number: usize, x_height_px: f32, heights: &[usize], letters: &mut Vec<Component>) -> LineFit {
        let (bottom, first) = (100 * (number + 1), letters.len());
        letters.extend(heights.iter().zip((0..).step_by(10)).map(|(&height, x0)| Component {
            area: Area { x0, y0: bottom - height, x1: x0 + 8, y1: bottom },
            pixels: 40,
        }));
        let members: Vec<usize> = (first..letters.len()).collect();
        let x1 = (10 * members.len()) as f32;
        LineFit { x0: 0.0, x1, baseline: bottom as f32, slope: 0.0, x_height_px, members }
    }

    /// Which of the lines are of capitals, each given by its x-height and its letters.
    fn found(lines: &[(f32, &[usize])]) -> Vec<bool> {
        let mut letters = Vec::new();
        let lines: Vec<LineFit> = lines.iter().zip(0..).map(|((xh, h), k)| line(k, *xh, h, &mut letters)).collect();
        find_capitals(&lines, &letters)
    }

    const TEXT: [usize; 20] = [11, 8, 8, 11, 8, 8, 8, 11, 8, 8, 11, 8, 8, 8, 11, 8, 8, 8, 8, 11];

    #[test]
    fn lines_without_small_letters_are_found() {
        assert_eq!(found(&[(11.0, &[11; 20]), (11.0, &[11; 5])]), [true, true], "shouting");
        assert_eq!(found(&[(8.0, &TEXT), (11.0, &[11; 20])]), [false, true], "a line of it");
        assert_eq!(
            found(&[(8.0, &TEXT), (11.0, &[11; 5])]),
            [false, true],
            "a word of it, as high as capitals beside it"
        );
        assert_eq!(found(&[(8.0, &TEXT), (15.0, &[15; 5])]), [false, false], "too little to tell");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(found(&[(8.0, &TEXT), (8.0, &TEXT)]), [false, false]);
        let cut = [8; 20];
        assert_eq!(found(&[(8.0, &TEXT), (8.0, &TEXT), (8.0, &cut)]), [false; 3], "a line whose ascenders are gone");
        assert_eq!(found(&[(4.0, &[4; 40])]), [false], "too small to see");
        assert_eq!(found(&[(8.0, &[1; 40])]), [false], "dashes");
    }

    #[test]
    fn capitals_lie_within_the_frame() {
        let mut letters = Vec::new();
        let mut lines = [line(0, 11.0, &[11; 20], &mut letters)];
        let capitals = find_capitals(&lines, &letters);
        lower_x_heights(&mut lines, &capitals);
        assert!((lines[0].x_height_px - 8.0).abs() < 0.1, "{}", lines[0].x_height_px);
    }
}
