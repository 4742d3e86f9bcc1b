//! Along which axis the text runs, told without reading it.
//!
//! Letters of a word stand nearer to each other than lines do, so a letter's nearest neighbour shows the axis (the
//! nearest neighbours of L. O'Gorman, "The document spectrum for page layout analysis", 1993).

use crate::page::ink::components::Component;
use crate::page::spatial::grid::Grid;

/// Letters that are asked for their nearest neighbour at most.
///
/// Tuned (count): chosen by eye.
const MAX_ASKED: usize = 400;
/// Fewer letters with a neighbour say nothing.
///
/// Tuned (count): chosen by eye.
const MIN_ANSWERS: usize = 12;
/// Smaller components are no letters, measured along their longer side.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× dots and specks are asked, too.
const MIN_LETTER_PX: f32 = 3.0;
/// Larger components are no letters.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× letters of large headings are not asked.
const MAX_LETTER_PX: f32 = 200.0;
/// Letters are of like size if the smaller one has at least this share of the larger one's.
///
/// Tuned (share): chosen by eye.
const MIN_LIKE_SIZE: f32 = 0.4;
/// Letters stand beside or above each other if they have at least this share of the smaller one's side in common.
///
/// Tuned (share): chosen by eye.
const MIN_COMMON_SIDE: f32 = 0.5;

/// How many letters have their nearest neighbour beside them, and how many above or below.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Neighbours {
    beside: usize,
    above: usize,
}

impl Neighbours {
    /// Asks letters spread evenly over the components.
    pub(crate) fn new(components: &[Component]) -> Self {
        let is_letter = |c: &&Component| size(c) >= MIN_LETTER_PX && size(c) <= MAX_LETTER_PX;
        let letters: Vec<&Component> = components.iter().filter(is_letter).collect();
        let grid = Grid::new(letters.iter().map(|c| c.area));
        let mut this = Self::default();
        for a in letters.iter().step_by(letters.len().div_ceil(MAX_ASKED).max(1)) {
            let reach = size(a) as usize;
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

    /// Whether the text runs up or down.
    ///
    /// Of 475 pictures at most 18 % of neighbours stand above in upright ones, at least 83 % in the same on their side.
    pub(crate) fn are_sideways(self) -> bool {
        self.above > self.beside && self.above + self.beside >= MIN_ANSWERS
    }
}

/// The longer side.
fn size(c: &Component) -> f32 {
    c.width().max(c.height())
}

/// Gap between two letters of like size, and whether they stand beside each other; `None` if neither beside nor above.
fn gap(a: &Component, b: &Component) -> Option<(f32, bool)> {
    if std::ptr::eq(a, b) {
        return None;
    }
    if size(a).min(size(b)) < MIN_LIKE_SIZE * size(a).max(size(b)) {
        return None;
    }
    let overlap = |a0: usize, a1: usize, b0: usize, b1: usize| a1.min(b1) as f32 - a0.max(b0) as f32;
    let (x, y) =
        (overlap(a.area.x0, a.area.x1, b.area.x0, b.area.x1), overlap(a.area.y0, a.area.y1, b.area.y0, b.area.y1));
    let reach = size(a).max(size(b));
    if x <= 0.0 && y >= MIN_COMMON_SIDE * a.height().min(b.height()) && -x < reach {
        Some((-x, true))
    } else if y <= 0.0 && x >= MIN_COMMON_SIDE * a.width().min(b.width()) && -y < reach {
        Some((-y, false))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::spatial::area::Area;

    fn letter(x: usize, y: usize, width: usize, height: usize) -> Component {
        let area = Area { x0: x, y0: y, x1: x + width, y1: y + height };
        Component { area, pixels: (width * height / 2) as u32 }
    }

    /// Lines of letters of `8 · scale` pixels, `2 · scale` apart, lines `10 · scale` apart.
    fn text(lines: usize, letters: usize, scale: usize) -> Vec<Component> {
        let at = |line: usize, k: usize| letter(10 * scale * k, 18 * scale * line, 8 * scale, 8 * scale);
        (0..lines).flat_map(|line| (0..letters).map(move |k| at(line, k))).collect()
    }

    fn turned(components: &[Component]) -> Vec<Component> {
        let turned = |a: Area| Area { x0: a.y0, y0: a.x0, x1: a.y1, y1: a.x1 };
        components.iter().map(|c| Component { area: turned(c.area), ..*c }).collect()
    }

    #[test]
    fn lines_run_across_and_down_when_turned_at_any_size() {
        for scale in [1, 2, 4] {
            let text = text(3, 20, scale);
            assert_eq!(Neighbours::new(&text), Neighbours { beside: 60, above: 0 });
            assert!(!Neighbours::new(&text).are_sideways());
            assert_eq!(Neighbours::new(&turned(&text)), Neighbours { beside: 0, above: 60 });
            assert!(Neighbours::new(&turned(&text)).are_sideways());
        }
    }

    #[test]
    fn few_letters_and_unlike_neighbours_say_nothing() {
        let few = turned(&text(1, MIN_ANSWERS - 1, 1));
        assert_eq!(Neighbours::new(&few).above, MIN_ANSWERS - 1);
        assert!(!Neighbours::new(&few).are_sideways());
        // A letter above a rule that is ten times as long, and one diagonally below another.
        let unlike = [letter(0, 0, 8, 8), letter(0, 10, 80, 2), letter(300, 0, 8, 8), letter(309, 9, 8, 8)];
        assert_eq!(Neighbours::new(&unlike), Neighbours::default());
    }

    #[test]
    fn long_texts_are_asked_evenly() {
        let asked = Neighbours::new(&text(40, 50, 1));
        assert_eq!(asked.beside + asked.above, MAX_ASKED);
    }
}
