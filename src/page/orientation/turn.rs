//! Which way up: quarter turns told from the text itself, without reading it.
//!
//! Letters of a word stand nearer to each other than lines do, so a letter's nearest neighbour shows along which axis the text
//! runs (the nearest neighbours of L. O'Gorman, "The document spectrum for page layout analysis", 1993). Which end is up shows in
//! the ink outside of the x-heights: in the scripts at hand more letters rise above the others than hang below.

use crate::page::ink::components::Component;
use crate::page::ink::foreground::Ink;
use crate::page::lines::fit::LineFit;
use crate::page::spatial::grid::Grid;

/// Letters that are asked for their nearest neighbour at most.
const ASKED: usize = 400;
/// Fewer letters with a neighbour say nothing.
const FEWEST_ANSWERS: usize = 12;

/// Nearest neighbours beside and above or below.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Neighbours {
    pub(crate) beside: usize,
    pub(crate) above: usize,
}

impl Neighbours {
    /// Whether the text runs up or down.
    pub(crate) fn sideways(self) -> bool {
        self.above > self.beside && self.above + self.beside >= FEWEST_ANSWERS
    }

    /// Asks letters spread evenly over the components.
    pub(crate) fn of(components: &[Component]) -> Self {
        let letters: Vec<&Component> = components
            .iter()
            .filter(|c| c.width().max(c.height()) >= 3.0 && c.width().max(c.height()) <= 200.0)
            .collect();
        let grid = Grid::new(letters.iter().map(|c| c.area));
        let mut this = Self::default();
        for a in letters.iter().step_by(letters.len().div_ceil(ASKED).max(1)) {
            let reach = a.width().max(a.height()) as usize;
            let mut nearest: Option<(f32, bool)> = None;
            let across = (a.area.x0.saturating_sub(reach), a.area.x1 + reach);
            for k in grid.near(across, (a.area.y0.saturating_sub(reach), a.area.y1 + reach)) {
                if let Some((gap, beside)) = gap(a, letters[k])
                    && nearest.is_none_or(|(best, _)| gap < best)
                {
                    nearest = Some((gap, beside));
                }
            }
            match nearest {
                Some((_, true)) => this.beside += 1,
                Some((_, false)) => this.above += 1,
                None => {}
            }
        }
        this
    }
}

/// Gap between two letters of like size, and whether they stand beside each other; `None` if neither beside nor above.
fn gap(a: &Component, b: &Component) -> Option<(f32, bool)> {
    if std::ptr::eq(a, b) {
        return None;
    }
    let size = |c: &Component| c.width().max(c.height());
    if size(a).min(size(b)) < 0.4 * size(a).max(size(b)) {
        return None;
    }
    let overlap = |a0: usize, a1: usize, b0: usize, b1: usize| a1.min(b1) as f32 - a0.max(b0) as f32;
    let (x, y) =
        (overlap(a.area.x0, a.area.x1, b.area.x0, b.area.x1), overlap(a.area.y0, a.area.y1, b.area.y0, b.area.y1));
    let reach = size(a).max(size(b));
    if x <= 0.0 && y >= 0.5 * a.height().min(b.height()) && -x < reach {
        Some((-x, true))
    } else if y <= 0.0 && x >= 0.5 * a.width().min(b.width()) && -y < reach {
        Some((-y, false))
    } else {
        None
    }
}

/// Letters that rise above the x-height and that hang below the baseline, over all lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rising {
    above: usize,
    below: usize,
}

/// Rows in which ascenders are counted, and descenders, in x-heights from the baseline downwards.
const ASCENDER_ROWS_XH: [f32; 3] = [-1.17, -1.29, -1.42];
const DESCENDER_ROWS_XH: [f32; 3] = [0.17, 0.29, 0.42];
/// Wider strokes are parts of rules and of other lines.
const WIDEST_XH: f32 = 1.0;
/// Shorter lines say nothing.
const SHORTEST_XH: f32 = 8.0;

impl Rising {
    /// Counts strokes; lines that the picture's edge cuts through are left out.
    pub(crate) fn of<'l>(lines: impl Iterator<Item = &'l LineFit>, ink: &Ink) -> Self {
        let mut this = Self::default();
        for line in lines.filter(|l| l.width() >= SHORTEST_XH * l.x_height_px) {
            let (y0, y1) = (line.baseline_at(line.x0), line.baseline_at(line.x1));
            let whole = y0.min(y1) - 1.6 * line.x_height_px >= 0.0
                && y0.max(y1) + 0.6 * line.x_height_px <= ink.height() as f32;
            if whole {
                this.above += strokes(line, ink, ASCENDER_ROWS_XH);
                this.below += strokes(line, ink, DESCENDER_ROWS_XH);
            }
        }
        this
    }

    /// How sure the page is upright, in standard deviations; negative if it is upside down.
    pub(crate) fn sigmas(self) -> f32 {
        (self.above as f32 - self.below as f32) / ((self.above + self.below) as f32 + 4.0).sqrt()
    }
}

/// Number of strokes that cross one of two rows along a line.
fn strokes(line: &LineFit, ink: &Ink, rows_xh: [f32; 3]) -> usize {
    let xh = line.x_height_px;
    let step = (xh / 8.0).max(0.5);
    let widest = (WIDEST_XH * xh / step) as usize;
    let row = |y: f32| (y >= 0.0 && (y as usize) < ink.height()).then_some(y as usize);
    let inked = |x: f32, y: Option<usize>| y.is_some_and(|y| ink.is_ink(x as usize, y));
    // Rows of a level line are the same all along.
    let rows = |baseline: f32| rows_xh.map(|r| row(baseline + r * xh));
    let level = (line.slope == 0.0).then(|| rows(line.baseline));
    let (mut count, mut run) = (0, 0);
    let mut x = line.x0 + 0.25;
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
