//! Underlines, frames and table rules are taken off the ink before letters are looked for.

use super::foreground::Ink;

/// A horizontal stroke is a rule only if it is a long run of pixels, and this many times as long as it is thick; an underscore is
/// some 13 times, a long dash 18 times.
const MIN_SLENDERNESS: usize = 24;
/// A stroke this long is a rule even where it strikes through text.
const STRIKING_LENGTH: usize = 100;
/// … if it is at most this thick, and this many times as long.
const STRIKING_THICKNESS: usize = 4;
const STRIKING_SLENDERNESS: usize = 40;
/// Share of inked columns above and below that a rule may have beside it: descenders cross underlines.
const MAX_BESIDE: f32 = 0.4;

/// Removes long thin horizontal strokes. Letters that cross a rule keep the part of them that it covers.
pub(crate) fn take_off_rules(ink: &mut Ink) {
    let height = ink.height();
    let mut rules: Vec<(usize, usize, usize, usize)> = Vec::new();
    for y in 0..height {
        for (x0, x1) in ink.mask().long_runs(y) {
            if let Some(thickness) = thickness(ink, x0, x1, y) {
                rules.push((x0, x1, y, thickness));
            }
        }
    }
    for (x0, x1, y, thickness) in rules {
        for x in x0..x1 {
            let crossed =
                y >= 2 && y + thickness + 1 < height && ink.is_ink(x, y - 2) && ink.is_ink(x, y + thickness + 1);
            if !crossed {
                for y in y.saturating_sub(1)..(y + thickness + 1).min(height) {
                    ink.erase(x, y);
                }
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
    if share(y.checked_sub(1)) > 0.8 {
        return None; // Not the first row.
    }
    let most = (length / MIN_SLENDERNESS).min(24);
    let thickness = 1 + (1..=most).take_while(|&k| share(Some(y + k)) > 0.8).count();
    let alone = share(y.checked_sub(2)) < MAX_BESIDE && share(Some(y + thickness + 1)) < MAX_BESIDE;
    let slender = length >= MIN_SLENDERNESS * thickness;
    let striking =
        length >= STRIKING_LENGTH && thickness <= STRIKING_THICKNESS && length >= STRIKING_SLENDERNESS * thickness;
    ((slender && alone) || striking).then_some(thickness)
}
