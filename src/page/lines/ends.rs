//! The ends of lines: marks that are too small to be chained belong to the line that they stand beside.

use std::collections::HashSet;

use super::fit::LineFit;
use crate::page::ink::components::Component;
use crate::page::spatial::area::Area;

/// Letters of lines with so few of them may still be marks of another line.
///
/// Tuned (count): chosen by eye.
const MAX_UNSURE_LETTERS: usize = 2;

/// How far above the baseline a mark may begin: quotes.
///
/// Tuned (x-heights): chosen by eye.
const MAX_ABOVE_XH: f32 = 1.8;

/// How far below the baseline a mark may end: commas.
///
/// Tuned (x-heights): chosen by eye.
const MAX_BELOW_XH: f32 = 0.6;

/// Wider components are no marks.
///
/// Tuned (x-heights): chosen by eye: a dash.
const MAX_MARK_WIDTH_XH: f32 = 1.5;

/// Components of fewer pixels are noise.
///
/// Tuned (pixels): chosen by eye; at any scale a mark has more.
const MIN_MARK_PIXELS: u32 = 2;

/// How far from a line's end a mark may stand.
///
/// Tuned (x-heights): chosen by eye.
const MAX_GAP_XH: f32 = 0.7;

/// Lets lines grow over the marks at their ends that are too small to be chained: full stops, quotes, dashes.
pub(super) fn absorb_marks(lines: &mut [LineFit], components: &[Component], letters: &[Component]) {
    // Letters of lines belong there, even beside an icon that is much larger than they are.
    let sure = lines.iter().filter(|l| l.members.len() > MAX_UNSURE_LETTERS);
    let taken: HashSet<Area> = sure.flat_map(|l| l.members.iter().map(|&k| letters[k].area)).collect();
    let mut by_row: Vec<&Component> = components.iter().filter(|c| !taken.contains(&c.area)).collect();
    by_row.sort_unstable_by_key(|c| c.area.y0);
    for line in lines {
        absorb(line, &marks_along(line, &by_row));
    }
}

/// Marks in a line's height, from left to right.
fn marks_along<'c>(line: &LineFit, by_row: &[&'c Component]) -> Vec<&'c Component> {
    let xh = line.x_height_px;
    let (y0, y1) = (line.baseline_at(line.x0), line.baseline_at(line.x1));
    let (top, bottom) = (y0.min(y1) - MAX_ABOVE_XH * xh, y0.max(y1) + MAX_BELOW_XH * xh);
    let first = by_row.partition_point(|c| (c.area.y0 as f32) < top);
    let last = by_row.partition_point(|c| (c.area.y0 as f32) < bottom);
    let is_mark = |c: &&Component| {
        let baseline = line.baseline_at(c.centre_x());
        c.area.y1 as f32 <= baseline + MAX_BELOW_XH * xh
            && c.area.y0 as f32 >= baseline - MAX_ABOVE_XH * xh
            && c.width() < MAX_MARK_WIDTH_XH * xh
            && c.pixels >= MIN_MARK_PIXELS
    };
    let mut marks: Vec<&Component> = by_row[first..last].iter().copied().filter(is_mark).collect();
    marks.sort_unstable_by_key(|c| c.area.x0);
    marks
}

/// Lets a line grow over marks that stand one beside the other at its ends.
fn absorb(line: &mut LineFit, marks: &[&Component]) {
    let reach = MAX_GAP_XH * line.x_height_px;
    let old_start = line.x0;
    for c in marks {
        let (x0, x1) = (c.area.x0 as f32, c.area.x1 as f32);
        if x1 > line.x1 && x0 < line.x1 + reach {
            line.x1 = x1;
        }
    }
    for c in marks.iter().rev() {
        let (x0, x1) = (c.area.x0 as f32, c.area.x1 as f32);
        if x0 < line.x0 && x1 > line.x0 - reach {
            line.x0 = x0;
        }
    }
    line.baseline += line.slope * (line.x0 - old_start);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{component, line};
    use super::*;

    /// Both ends of a line from 100 to 200, baseline 50, x-height 8, beside these marks.
    fn grown(marks: &[Component]) -> (f32, f32) {
        let mut lines = [line(100, 200, 50, 12)];
        absorb_marks(&mut lines, marks, &[component(100, 42, 5, 8); 12]);
        (lines[0].x0, lines[0].x1)
    }

    #[test]
    fn full_stops_and_quotes_belong_to_their_line() {
        assert_eq!(grown(&[component(203, 48, 2, 2)]), (100.0, 205.0), "a full stop");
        assert_eq!(grown(&[component(206, 48, 2, 2)]), (100.0, 200.0), "too far");
        assert_eq!(grown(&[component(96, 38, 2, 3)]), (96.0, 200.0), "a quote");
        assert_eq!(grown(&[component(96, 34, 2, 3)]), (100.0, 200.0), "of the line above");
        assert_eq!(grown(&[component(203, 48, 1, 1)]), (100.0, 200.0), "a speck");
        assert_eq!(grown(&[component(203, 44, 12, 4)]), (100.0, 200.0), "too wide");
        let dots = [2, 0, 1].map(|k| component(203 + 5 * k, 48, 2, 2));
        assert_eq!(grown(&dots), (100.0, 215.0), "one after the other");
    }

    #[test]
    fn letters_of_another_line_are_not_taken() {
        let mut lines = [line(100, 200, 50, 0), line(203, 240, 50, 3)];
        let letters = [203, 210, 217].map(|x| component(x, 42, 5, 8));
        absorb_marks(&mut lines, &letters, &letters);
        assert_eq!(lines[0].x1, 200.0);
    }
}
