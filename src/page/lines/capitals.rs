//! Lines of capitals and figures only.
//!
//! A line's x-height is where most of its ink ends. Where no letter is small, that is the height of the capitals, a third too
//! much, and no word of it would look as it does in text. Such a line is told by what it lacks: of the letters of ordinary
//! text every third rises above the x-height.

use super::fit::LineFit;
use crate::page::ink::components::Component;

/// Height of capitals in x-heights: 1.33 to 1.48 over typefaces.
const CAPITALS_XH: f32 = 1.37;
/// What ends so much higher than the line's x-height, as a share of it, rises.
const RISES: f32 = 0.15;
/// Width of a capital with its gap, as a share of its height.
const LETTER: f32 = 0.8;
/// So many letters none of which rises are no ordinary text, unless most lines of that x-height are.
const SOME_LETTERS: f32 = 10.0;
/// Lines whose x-heights differ by no more than this (in natural-log units) are of one size.
const ONE_SIZE: f32 = 0.08;
/// Of smaller text it cannot be seen what rises.
const LEAST_PX: f32 = 4.5;

/// Which lines have capitals only.
pub(crate) fn of_capitals(lines: &[LineFit], letters: &[Component]) -> Vec<bool> {
    let level: Vec<bool> = lines.iter().map(|l| is_level(l, letters)).collect();
    if !level.contains(&true) {
        return level;
    }
    let sizes = |wanted: &[bool], of: bool| Sizes::of(lines.iter().zip(wanted).filter(|w| *w.1 == of).map(|w| w.0));
    let (ordinary, even) = (sizes(&level, false), sizes(&level, true));
    // A rule above takes ascenders off: one line says little against many.
    let is_text = |px: f32| 2.0 * ordinary.letters(px) >= even.letters(px).max(SOME_LETTERS);
    let surely: Vec<bool> = lines
        .iter()
        .zip(&level)
        .map(|(l, level)| *level && many(l) >= SOME_LETTERS && !is_text(l.x_height_px))
        .collect();
    // A few letters are capitals if others of their height are, or if text of their size stands on the page.
    let sure = sizes(&surely, true);
    let beside = |px: f32| !is_text(px) && (sure.letters(px) > 0.0 || is_text(px / CAPITALS_XH));
    lines.iter().zip(&level).zip(&surely).map(|((l, level), sure)| *sure || *level && beside(l.x_height_px)).collect()
}

/// How many letters lines of each x-height have, those of short lines left out.
struct Sizes {
    /// Natural logarithms of x-heights, ascending.
    sizes: Vec<f32>,
    /// Letters of all lines before each, and of all.
    letters: Vec<f32>,
}

impl Sizes {
    fn of<'l>(lines: impl Iterator<Item = &'l LineFit>) -> Self {
        let long = lines.map(|l| (l.x_height_px.ln(), many(l))).filter(|(_, letters)| *letters >= SOME_LETTERS);
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
        before(px.ln() + ONE_SIZE) - before(px.ln() - ONE_SIZE)
    }
}

/// Gives lines of capitals the x-height of their typeface.
pub(crate) fn lower(lines: &mut [LineFit], of_capitals: &[bool]) {
    for (line, _) in lines.iter_mut().zip(of_capitals).filter(|(_, capitals)| **capitals) {
        line.x_height_px /= CAPITALS_XH;
    }
}

/// About how many letters a line has, if they are capitals.
fn many(line: &LineFit) -> f32 {
    line.width() / (LETTER * line.x_height_px)
}

/// Whether nothing rises above a line's x-height, and something that is no mark reaches it.
fn is_level(line: &LineFit, letters: &[Component]) -> bool {
    let xh = line.x_height_px;
    let above = |c: &Component| line.baseline_at(c.centre_x()) - c.area.y0 as f32 - xh;
    let members = || line.members.iter().map(|&k| &letters[k]);
    xh >= LEAST_PX
        && members().all(|c| above(c) < RISES * xh)
        && members().any(|c| above(c) > -RISES * xh && c.height() > 0.7 * xh)
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
        of_capitals(&lines, &letters)
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
        let capitals = of_capitals(&lines, &letters);
        lower(&mut lines, &capitals);
        assert!((lines[0].x_height_px - 8.0).abs() < 0.1, "{}", lines[0].x_height_px);
    }
}
