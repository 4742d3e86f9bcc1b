//! Which components may be letters: no rules, no frames, no outlines of pictures.

use std::collections::HashSet;

use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::spatial::area::Area;

/// A flat component that is wider than this many of its heights is a rule.
///
/// Tuned (factor): chosen by eye.
const RULE_SLENDERNESS: f32 = 12.0;

/// Most height of such a rule.
///
/// Tuned (pixels): chosen by eye. At 3× rules are thicker and pass for letters; a line of one rule is dropped later.
const MAX_RULE_HEIGHT_PX: f32 = 3.0;

/// Lowest component that may be a letter.
///
/// Tuned (pixels): chosen by eye, for text of 2.2 px x-height.
const MIN_LETTER_HEIGHT_PX: f32 = 2.0;

/// Highest component that may be a letter, in x-heights of the largest text.
///
/// Tuned (x-heights): chosen by eye; letters that melted over two lines still count.
const MAX_LETTER_HEIGHT_XH: f32 = 3.0;

/// Higher components with little ink are hollow: frames, scribbles, outlines of pictures.
///
/// Tuned (pixels): chosen by eye. At 3× letters of body text are as high, but have more ink.
const MIN_HOLLOW_HEIGHT_PX: f32 = 24.0;

/// Hollow components have less of their box inked.
///
/// Tuned (share): chosen by eye.
const MAX_HOLLOW_FILL: f32 = 0.1;

/// Lower components frame nothing.
///
/// Tuned (pixels): chosen by eye. At 3× letters are higher and may be taken for frames if they hold as many specks.
const MIN_FRAME_HEIGHT_PX: f32 = 12.0;

/// What lies in a frame is lower than this share of its height …
///
/// Tuned (share): chosen by eye.
const MAX_FRAMED_HEIGHT: f32 = 0.5;

/// … and higher than this share.
///
/// Tuned (share): chosen by eye.
const MIN_FRAMED_HEIGHT: f32 = 0.1;

/// Fewest components in a frame.
///
/// Tuned (count): chosen by eye; letters hold dots and accents, but not four.
const MIN_FRAMED: usize = 4;

/// The components that may be letters.
pub(super) fn letters(components: &[Component], config: &PageConfig) -> Vec<Component> {
    let mut letters: Vec<Component> = components.iter().filter(|c| could_be_letter(c, config)).copied().collect();
    drop_frames(&mut letters);
    letters
}

fn could_be_letter(c: &Component, config: &PageConfig) -> bool {
    let (w, h) = (c.width(), c.height());
    let rule = w > RULE_SLENDERNESS * h && h <= MAX_RULE_HEIGHT_PX;
    let hollow = h > MIN_HOLLOW_HEIGHT_PX && (c.pixels as f32) < MAX_HOLLOW_FILL * w * h;
    h >= MIN_LETTER_HEIGHT_PX && h <= MAX_LETTER_HEIGHT_XH * config.max_x_height_px && !rule && !hollow
}

/// Drops components that frame others: boxes drawn around text, outlines of pictures, handwriting over several lines.
fn drop_frames(letters: &mut Vec<Component>) {
    let mut by_row: Vec<&Component> = letters.iter().collect();
    by_row.sort_unstable_by_key(|c| c.area.y0);
    let frames_others = |big: &&Component| {
        let first = by_row.partition_point(|c| c.area.y0 < big.area.y0);
        let last = by_row.partition_point(|c| c.area.y0 < big.area.y1);
        let inside = by_row[first..last].iter().filter(|c| {
            c.height() < MAX_FRAMED_HEIGHT * big.height()
                && c.height() > MIN_FRAMED_HEIGHT * big.height()
                && big.area.holds(&c.area)
        });
        inside.take(MIN_FRAMED).count() == MIN_FRAMED
    };
    let large = letters.iter().filter(|big| big.height() > MIN_FRAME_HEIGHT_PX);
    let frames: HashSet<Area> = large.filter(frames_others).map(|big| big.area).collect();
    letters.retain(|c| !frames.contains(&c.area));
}

#[cfg(test)]
mod tests {
    use super::super::testing::component;
    use super::*;

    fn kept(components: &[Component]) -> Vec<usize> {
        let letters = letters(components, &PageConfig::default());
        (0..components.len()).filter(|&k| letters.contains(&components[k])).collect()
    }

    #[test]
    fn rules_specks_and_hollow_boxes_are_no_letters() {
        let hollow = Component { pixels: 90, ..component(100, 0, 30, 32) };
        let large = Component { pixels: 90, ..component(200, 0, 30, 24) };
        let all = [component(0, 0, 5, 8), component(0, 20, 60, 2), component(0, 30, 3, 1), hollow, large];
        assert_eq!(kept(&all), [0, 4], "a letter, and an outline no higher than letters may be");
        assert_eq!(kept(&[component(0, 0, 60, 5)]), [0], "letters that melted are wide, but not flat");
    }

    #[test]
    fn what_frames_four_others_is_no_letter() {
        let frame = component(0, 0, 60, 20);
        let inside = |k: usize| component(5 + 10 * k, 6, 5, 8);
        assert_eq!(kept(&[frame, inside(0), inside(1), inside(2), inside(3)]), [1, 2, 3, 4]);
        assert_eq!(kept(&[frame, inside(0), inside(1), inside(2)]), [0, 1, 2, 3], "dots and accents");
        let specks = [0, 1, 2, 3].map(|k| component(5 + 10 * k, 6, 2, 2));
        assert_eq!(kept(&[&[frame][..], &specks].concat()), [0, 1, 2, 3, 4], "noise");
    }
}
