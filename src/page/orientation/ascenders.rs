//! Which end of a page is up, told without reading it.
//!
//! It shows in the ink outside of the x-heights: in the scripts at hand more letters rise above the others than hang
//! below.

use crate::page::ink::foreground::Ink;
use crate::page::lines::TextLines;
use crate::page::lines::fit::LineFit;

/// Rows in which ascenders are counted, from the baseline downwards.
///
/// Tuned (x-heights): chosen by eye; three rows of a patch of 18.
const ASCENDER_ROWS_XH: [f32; 3] = [-1.17, -1.29, -1.42];
/// Rows in which descenders are counted, as far from the baseline as ascenders' are from the x-height.
///
/// Tuned (x-heights): chosen by eye.
const DESCENDER_ROWS_XH: [f32; 3] = [0.17, 0.29, 0.42];
/// Wider strokes are parts of rules and of other lines.
///
/// Tuned (x-heights): chosen by eye.
const MAX_STROKE_XH: f32 = 1.0;
/// Shorter lines say nothing.
///
/// Tuned (x-heights): chosen by eye.
const MIN_LINE_XH: f32 = 8.0;
/// Room that a line needs above its baseline, so that the picture's edge cuts off no ascender.
///
/// Tuned (x-heights): chosen by eye.
const ROOM_ABOVE_XH: f32 = 1.6;
/// Room that a line needs below its baseline, so that the picture's edge cuts off no descender.
///
/// Tuned (x-heights): chosen by eye.
const ROOM_BELOW_XH: f32 = 0.6;
/// Steps along a line for each x-height,
///
/// Tuned (count): chosen by eye.
const STEPS_PER_XH: f32 = 8.0;
/// … which are no shorter than this.
///
/// Tuned (pixels): chosen by eye.
const MIN_STEP_PX: f32 = 0.5;
/// Where the first step is, from a line's left end.
///
/// Tuned (pixels): chosen by eye.
const FIRST_STEP_PX: f32 = 0.25;
/// Strokes whose direction is taken as unknown besides those counted: few say little.
///
/// Tuned (count): chosen by eye.
const PRIOR_STROKES: f32 = 4.0;

/// Letters that rise above the x-height and that hang below the baseline, over all lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Ascenders {
    rising: usize,
    hanging: usize,
}

impl Ascenders {
    /// Counts strokes on lines that have small letters; lines that the picture's edge cuts through are left out.
    pub(crate) fn new(lines: &TextLines) -> Self {
        let ordinary = lines.fits.iter().zip(&lines.of_capitals).filter(|(_, capitals)| !**capitals);
        Self::count(ordinary.map(|(line, _)| line), &lines.ink)
    }

    fn count<'l>(lines: impl Iterator<Item = &'l LineFit>, ink: &Ink) -> Self {
        let mut this = Self::default();
        for line in lines.filter(|l| l.width() >= MIN_LINE_XH * l.x_height_px) {
            let (y0, y1) = (line.baseline_at(line.x0), line.baseline_at(line.x1));
            let whole = y0.min(y1) - ROOM_ABOVE_XH * line.x_height_px >= 0.0
                && y0.max(y1) + ROOM_BELOW_XH * line.x_height_px <= ink.height() as f32;
            if whole {
                this.rising += strokes(line, ink, ASCENDER_ROWS_XH);
                this.hanging += strokes(line, ink, DESCENDER_ROWS_XH);
            }
        }
        this
    }

    /// How sure the page is upright, in standard deviations; negative if it is upside down.
    ///
    /// It is 10 in the middle for upright pictures and exceeds 2.5 in 98 % of 519; upside down it never exceeds 1.0.
    pub(crate) fn sigmas(self) -> f32 {
        (self.rising as f32 - self.hanging as f32) / ((self.rising + self.hanging) as f32 + PRIOR_STROKES).sqrt()
    }
}

/// Number of strokes that cross one of three rows along a line.
fn strokes(line: &LineFit, ink: &Ink, rows_xh: [f32; 3]) -> usize {
    let xh = line.x_height_px;
    let step = (xh / STEPS_PER_XH).max(MIN_STEP_PX);
    let widest = (MAX_STROKE_XH * xh / step) as usize;
    let row = |y: f32| (y >= 0.0 && (y as usize) < ink.height()).then_some(y as usize);
    let inked = |x: f32, y: Option<usize>| y.is_some_and(|y| ink.is_ink(x as usize, y));
    // Rows of a level line are the same all along.
    let rows = |baseline: f32| rows_xh.map(|r| row(baseline + r * xh));
    let level = (line.slope == 0.0).then(|| rows(line.baseline));
    let (mut count, mut run) = (0, 0);
    let mut x = line.x0 + FIRST_STEP_PX;
    while x < line.x1 + step {
        let inside = x < line.x1 && x >= 0.0 && (x as usize) < ink.width();
        if inside && level.unwrap_or_else(|| rows(line.baseline_at(x))).iter().any(|&y| inked(x, y)) {
            run += 1;
        } else {
            count += usize::from((1..=widest).contains(&run));
            run = 0;
        }
        x += step;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::config::PageConfig;
    use crate::raster::Raster;

    /// A line of 16 letters of 8 × 8 pixels, 12 apart, on the baseline at 40: every second one rises, every fourth
    /// hangs.
    fn line(scale: usize, turned: bool, inverted: bool) -> (Ink, LineFit) {
        let (width, height) = (240 * scale, 72 * scale);
        let stroke = |at: usize| {
            let at = if turned { width * height - 1 - at } else { at };
            let (x, y) = (at % width / scale, at / width / scale);
            let (letter, x) = (x.wrapping_sub(24) / 12, x.wrapping_sub(24) % 12);
            let top = if letter % 2 == 0 { 28 } else { 32 };
            let bottom = if letter % 4 == 1 { 44 } else { 40 };
            letter < 16 && x < 2 && (top..bottom).contains(&y) || letter < 16 && x < 8 && (y == 32 || y == 39)
        };
        let luma = (0..width * height).map(|at| if stroke(at) == inverted { 255 } else { 0 }).collect();
        let raster = Raster::from_luma(width as u32, height as u32, luma).expect("matching size");
        // Turned, what was the x-height's upper edge is the baseline.
        let (x0, x1, baseline) = if turned { (28.0, 216.0, 40.0) } else { (24.0, 212.0, 40.0) };
        let scale = scale as f32;
        let (x0, x1, baseline) = (x0 * scale, x1 * scale, baseline * scale);
        let fit = LineFit { x0, x1, baseline, slope: 0.0, x_height_px: 8.0 * scale, members: Vec::new() };
        (Ink::new(&raster, &PageConfig::default()), fit)
    }

    #[test]
    fn what_rises_upright_hangs_upside_down_at_any_size_and_polarity() {
        for (scale, inverted) in [(1, false), (1, true), (2, false), (4, false)] {
            let (ink, fit) = line(scale, false, inverted);
            let upright = Ascenders::count([&fit].into_iter(), &ink);
            assert_eq!(upright, Ascenders { rising: 8, hanging: 4 }, "{scale} times, inverted: {inverted}");
            let (ink, fit) = line(scale, true, inverted);
            let turned = Ascenders::count([&fit].into_iter(), &ink);
            assert_eq!(turned, Ascenders { rising: 4, hanging: 8 }, "{scale} times, inverted: {inverted}, turned");
            assert!(upright.sigmas() == -turned.sigmas() && upright.sigmas() == 1.0);
        }
    }

    #[test]
    fn short_lines_and_lines_at_the_edge_say_nothing() {
        let (ink, fit) = line(1, false, false);
        let short = LineFit { x1: fit.x0 + 60.0, ..fit.clone() };
        let at_the_edge = LineFit { baseline: 12.0, ..fit };
        assert_eq!(Ascenders::count([&short, &at_the_edge].into_iter(), &ink), Ascenders::default());
    }
}
