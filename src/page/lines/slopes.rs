//! Lines too short to have a slope of their own are as steep as the long ones near them.

use super::fit::{LineFit, fit, median};
use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::ink::foreground::Ink;

/// Lines of fewer letters have no slope of their own.
///
/// Tuned (count): chosen by eye.
const MIN_OWN_SLOPE_LETTERS: usize = 8;

/// Long lines whose middle slope a short one takes.
///
/// Tuned (count): chosen by eye.
const NEIGHBOURS: usize = 5;

/// Gives short lines the middle slope of the nearest long ones, and fits them anew.
pub(super) fn share_slopes(lines: &mut [LineFit], letters: &[Component], ink: &Ink, config: &PageConfig) {
    let has_own =
        |l: &LineFit| l.width() > config.own_slope_xh * l.x_height_px && l.members.len() >= MIN_OWN_SLOPE_LETTERS;
    let mut long: Vec<(f32, f32)> = lines.iter().filter(|l| has_own(l)).map(|l| (l.baseline, l.slope)).collect();
    long.sort_by(|a, b| a.0.total_cmp(&b.0));
    for line in lines.iter_mut().filter(|l| !has_own(l)) {
        let slope = slope_near(line.baseline, &long);
        if slope != line.slope
            && let Some(level) = fit(line.members.clone(), letters, ink, Some(slope), config)
        {
            *line = level;
        }
    }
}

/// The middle slope of the lines nearest to a height, from baselines and slopes by height; 0 if there are none.
fn slope_near(y: f32, lines: &[(f32, f32)]) -> f32 {
    let below = lines.partition_point(|&(baseline, _)| baseline < y);
    let near = &lines[below.saturating_sub(NEIGHBOURS)..(below + NEIGHBOURS).min(lines.len())];
    let mut near: Vec<(f32, f32)> = near.iter().map(|&(baseline, slope)| ((baseline - y).abs(), slope)).collect();
    near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    near.truncate(NEIGHBOURS);
    let mut slopes: Vec<f32> = near.iter().map(|&(_, slope)| slope).collect();
    if slopes.is_empty() { 0.0 } else { median(&mut slopes) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Drawing, line};
    use super::*;

    #[test]
    fn the_nearest_lines_tell_the_slope() {
        let lines = [(10.0, 0.9), (90.0, 0.1), (95.0, 0.2), (100.0, 0.3), (105.0, 0.4), (110.0, 0.5), (300.0, 0.9)];
        assert_eq!(slope_near(101.0, &lines), 0.3);
        assert_eq!(slope_near(101.0, &lines[..2]), 0.9, "the upper one of two");
        assert_eq!(slope_near(101.0, &[]), 0.0);
    }

    #[test]
    fn short_lines_are_as_steep_as_long_ones() {
        let drawing = Drawing::new().text(40, 60, 20).text(40, 100, 4);
        let mut letters = drawing.components();
        letters.sort_by_key(|c| (c.area.y1, c.area.x0));
        let mut lines = [line(40, 178, 60, 20), line(40, 66, 100, 0)];
        (lines[1].slope, lines[1].members) = (0.1, (20..24).collect());
        share_slopes(&mut lines, &letters, &drawing.ink(), &PageConfig::default());
        assert_eq!((lines[0].slope, lines[1].slope), (0.0, 0.0));
        assert!((lines[1].baseline - 100.0).abs() < 0.5, "{:?}", lines[1]);
    }
}
