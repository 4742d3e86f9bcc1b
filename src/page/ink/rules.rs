//! Underlines, frames and table rules are taken off the ink before letters are looked for.

use super::foreground::Ink;

/// A horizontal stroke is a rule only if it is a long run of pixels, and this many times as long as it is thick.
///
/// Tuned (factor): an underscore is some 13 times as long as thick, a long dash 18 times.
const MIN_SLENDERNESS: usize = 24;
/// A stroke this long is a rule even where it strikes through text.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× shorter strokes through text count, relative to it.
const STRIKING_LENGTH_PX: usize = 100;
/// … if it is at most this thick,
///
/// Tuned (pixels): chosen by eye. At 3× and 4× frames and lines through text are thicker, and stay in the ink.
const STRIKING_THICKNESS_PX: usize = 4;
/// … and this many times as long.
///
/// Tuned (factor): chosen by eye.
const STRIKING_SLENDERNESS: usize = 40;
/// A rule is at most one pixel thicker than this.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× thick rules stay in the ink.
const MAX_THICKNESS_PX: usize = 24;
/// Share of a rule's columns that are ink in each of its rows.
///
/// Tuned (share): chosen by eye.
const MIN_SOLID_SHARE: f32 = 0.8;
/// Share of inked columns that a rule may have above and below it: descenders cross underlines.
///
/// Tuned (share): chosen by eye.
const MAX_SHARE_BESIDE: f32 = 0.4;
/// Rows above and below a rule that are taken for its soft edges.
///
/// Tuned (pixels): chosen by eye.
const SOFT_EDGE_PX: usize = 1;

/// A horizontal stroke that is no text.
struct Rule {
    x0: usize,
    x1: usize,
    /// Its first row.
    y: usize,
    thickness: usize,
}

/// Removes long thin horizontal strokes. Letters that cross a rule keep the part of them that it covers.
pub(crate) fn take_off_rules(ink: &mut Ink) {
    let mut rules = Vec::new();
    for y in 0..ink.height() {
        for (x0, x1) in ink.mask().long_runs(y) {
            if let Some(thickness) = thickness(ink, x0, x1, y) {
                rules.push(Rule { x0, x1, y, thickness });
            }
        }
    }
    rules.iter().for_each(|rule| erase(ink, rule));
}

/// Takes a rule and its soft edges off the ink where no letter crosses it.
fn erase(ink: &mut Ink, rule: &Rule) {
    let height = ink.height();
    let Rule { x0, x1, y, thickness } = *rule;
    for x in x0..x1 {
        let crossed = y > SOFT_EDGE_PX
            && y + thickness + SOFT_EDGE_PX < height
            && ink.is_ink(x, y - SOFT_EDGE_PX - 1)
            && ink.is_ink(x, y + thickness + SOFT_EDGE_PX);
        if !crossed {
            for y in y.saturating_sub(SOFT_EDGE_PX)..(y + thickness + SOFT_EDGE_PX).min(height) {
                ink.erase(x, y);
            }
        }
    }
}

/// The thickness of the rule whose first row is `x0..x1` at `y`; `None` if it is none.
fn thickness(ink: &Ink, x0: usize, x1: usize, y: usize) -> Option<usize> {
    let length = x1 - x0;
    let share = |y: Option<usize>| match y {
        Some(y) if y < ink.height() => ink.mask().count(y, x0, x1) as f32 / length as f32,
        _ => 0.0,
    };
    let is_solid = |y: Option<usize>| share(y) > MIN_SOLID_SHARE;
    if is_solid(y.checked_sub(1)) {
        return None; // Not the first row.
    }
    let most = (length / MIN_SLENDERNESS).min(MAX_THICKNESS_PX);
    let thickness = 1 + (1..=most).take_while(|&k| is_solid(Some(y + k))).count();
    let alone = share(y.checked_sub(SOFT_EDGE_PX + 1)) < MAX_SHARE_BESIDE
        && share(Some(y + thickness + SOFT_EDGE_PX)) < MAX_SHARE_BESIDE;
    let slender = length >= MIN_SLENDERNESS * thickness;
    let striking = length >= STRIKING_LENGTH_PX
        && thickness <= STRIKING_THICKNESS_PX
        && length >= STRIKING_SLENDERNESS * thickness;
    ((slender && alone) || striking).then_some(thickness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::config::PageConfig;
    use crate::raster::Raster;

    const WIDTH: usize = 240;
    const HEIGHT: usize = 96;

    /// The ink of black boxes `(x0, y0, x1, y1)` on white, or of white ones on black.
    fn ink_of(boxes: &[(usize, usize, usize, usize)], inverted: bool) -> Ink {
        let (text, ground) = if inverted { (255, 0) } else { (0, 255) };
        let mut luma = vec![ground; WIDTH * HEIGHT];
        for &(x0, y0, x1, y1) in boxes {
            (y0..y1).for_each(|y| luma[y * WIDTH..][x0..x1].fill(text));
        }
        let raster = Raster::from_luma(WIDTH as u32, HEIGHT as u32, luma).expect("matching size");
        Ink::new(&raster, &PageConfig::default())
    }

    /// Ink pixels of a box that are left.
    fn left((x0, y0, x1, y1): (usize, usize, usize, usize), ink: &Ink) -> usize {
        (y0..y1).map(|y| ink.mask().count(y, x0, x1)).sum()
    }

    #[test]
    fn underlines_go_and_dashes_stay() {
        for inverted in [false, true] {
            for thickness in 1..4 {
                let (rule, dash) = ((20, 40, 200, 40 + thickness), (20, 70, 20 + 18 * thickness, 70 + thickness));
                let mut ink = ink_of(&[rule, dash], inverted);
                take_off_rules(&mut ink);
                assert_eq!(left(rule, &ink), 0, "a rule {thickness} thick");
                assert_eq!(left(dash, &ink), 18 * thickness * thickness, "a dash {thickness} thick");
            }
        }
    }

    #[test]
    fn letters_keep_what_a_rule_covers_of_them() {
        let (rule, stem) = ((20, 40, 200, 42), (60, 30, 63, 54));
        let mut ink = ink_of(&[rule, stem], false);
        take_off_rules(&mut ink);
        assert_eq!((left(stem, &ink), left(rule, &ink)), (3 * 24, 3 * 2));
    }

    #[test]
    fn a_short_stroke_through_text_stays_and_a_long_one_goes() {
        // Stems all along leave the stroke no blank rows above and below it.
        let stems = |x1: usize| (20..x1).step_by(4).map(|x| (x, 30, x + 2, 54));
        for (x1, kept) in [(20 + STRIKING_LENGTH_PX - 20, true), (20 + STRIKING_LENGTH_PX, false)] {
            let mut boxes: Vec<_> = stems(x1).collect();
            boxes.push((20, 40, x1, 41));
            let mut ink = ink_of(&boxes, false);
            take_off_rules(&mut ink);
            assert_eq!(ink.is_ink(23, 40), kept, "{} pixels long, between two stems", x1 - 20);
            assert!(ink.is_ink(21, 40), "a stem");
        }
    }

    #[test]
    fn a_filled_box_is_no_rule() {
        let panel = (20, 20, 200, 60);
        let mut ink = ink_of(&[panel], false);
        let before = left(panel, &ink);
        take_off_rules(&mut ink);
        assert!(before > 0 && left(panel, &ink) == before);
    }
}
