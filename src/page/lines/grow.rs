//! Lines grow along their baselines over text that broke apart.
//!
//! In small, faint, marked or binarised text some letters fall apart into specks, melt with the next line or with a
//! frame, and cannot be chained. But the line that their neighbours found tells where they must stand: as long as the
//! ink of the next few letters' width lies between baseline and x-height more than above and below, the line goes on.

use super::fit::{LineFit, median, refit};
use crate::page::config::PageConfig;
use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Columns;
use crate::page::spatial::bands::Bands;

/// Width of what is looked at beyond an end.
///
/// Tuned (x-heights): chosen by eye.
const WINDOW_XH: f32 = 3.0;

/// Least width of that.
///
/// Tuned (pixels): chosen by eye, for text of 2.2 px; at any larger size x-heights decide.
const MIN_WINDOW_PX: f32 = 4.0;

/// Widest mark or letter that is looked at by itself.
///
/// Tuned (x-heights): chosen by eye.
const MAX_ALONE_XH: f32 = 1.3;

/// Share of a stroke's ink that a column needs to be inked.
///
/// Tuned (share): chosen by eye.
const MIN_INKED: f32 = 0.4;

/// Least share of a stroke's ink, averaged between baseline and x-height.
///
/// Tuned (share): text has .3 to .6.
const MIN_INK: f32 = 0.14;

/// How many times the ink below the baseline the ink between must be.
///
/// Tuned (factor): chosen by eye.
const OVER_BELOW: f32 = 1.5;

/// How many times the ink above the x-height the ink between must be.
///
/// Tuned (factor): chosen by eye.
const OVER_ABOVE: f32 = 1.1;

/// Share of a stroke's ink that only filled boxes have.
///
/// Tuned (share): chosen by eye; text has .6 at most.
const MIN_SOLID: f32 = 0.85;

/// What is solid beyond the line has more than the ink between: a redaction beside the line, not a line of bold text.
///
/// Tuned (share): chosen by eye.
const MAX_BETWEEN_TO_SOLID: f32 = 0.9;

/// Rows above the x-height that are compared, in x-heights from the baseline downwards.
///
/// Tuned (x-heights): chosen by eye: where only ascenders are.
const ABOVE_XH: (f32, f32) = (-1.65, -1.2);

/// Rows below the baseline that are compared, in x-heights from the baseline downwards.
///
/// Tuned (x-heights): chosen by eye: where only descenders are.
const BELOW_XH: (f32, f32) = (0.2, 0.55);

/// How far above the baseline of another line a line of its fragments may lie.
///
/// Tuned (x-heights): chosen by eye.
const MAX_FRAGMENT_ABOVE_XH: f32 = 1.6;

/// How far below it.
///
/// Tuned (x-heights): chosen by eye.
const MAX_FRAGMENT_BELOW_XH: f32 = 0.5;

/// Most x-height of a line of fragments.
///
/// Tuned (x-heights): chosen by eye.
const MAX_FRAGMENT_XH: f32 = 1.2;

/// Least share of a line of fragments that the other line covers.
///
/// Tuned (share): chosen by eye.
const MIN_FRAGMENT_OVERLAP: f32 = 0.7;

/// A line has at least this many times the letters of one that is made of its fragments.
///
/// Tuned (factor): chosen by eye; what has more is text that a frame grew over.
const FRAGMENT_LETTERS: usize = 2;

/// Lines that met have baselines no further from each other …
///
/// Tuned (x-heights): chosen by eye.
const MAX_MET_STEP_XH: f32 = 0.35;

/// … and x-heights that differ by no more.
///
/// Tuned (log ratio): chosen by eye.
const MAX_MET_LOG_RATIO: f32 = 0.35;

/// Least share of the shorter one that lines which met have in common …
///
/// Tuned (share): chosen by eye.
const MIN_MET_OVERLAP: f32 = 0.3;

/// … of which no more than this counts.
///
/// Tuned (x-heights): chosen by eye.
const MAX_MET_LENGTH_XH: f32 = 4.0;

/// Lines of a page grow by no more than would cover it so many times (their growth times their x-height, against the
/// page's area): in a long row of bars each bar is a line that would grow over all others.
///
/// Tuned (factor): chosen by eye; lines of text cover less than half of a page, and grow by a part of that.
const MOST_GROWTH_AREAS: f32 = 2.0;

/// A line that grew by more than this is fitted anew.
///
/// Tuned (x-heights): chosen by eye.
const REFIT_GROWTH_XH: f32 = 1.0;

/// Lets all lines grow, makes one of those that meet, and fits those that changed anew.
pub(super) fn grow(lines: &mut Vec<LineFit>, ink: &Ink, config: &PageConfig) {
    let mut rest = MOST_GROWTH_AREAS * (ink.width() * ink.height()) as f32;
    let mut grown: Vec<(LineFit, bool)> = lines
        .drain(..)
        .map(|mut line| {
            let before = line.width();
            if rest > 0.0 {
                lengthen(&mut line, ink, config);
                rest -= (line.width() - before) * line.x_height_px;
            }
            let changed = line.width() > before + REFIT_GROWTH_XH * line.x_height_px;
            (line, changed)
        })
        .collect();
    // The longest lines first: they are the surest.
    grown.sort_by(|a, b| b.0.width().total_cmp(&a.0.width()));
    let mut bands = Bands::new(ink.height());
    for (line, changed) in grown {
        let (top, bottom) = line.baseline_rows(0.0);
        let same = bands.around(top, bottom).filter(|&k| have_met(&lines[k], &line)).min();
        let k = match same {
            Some(k) => {
                let other = &mut lines[k];
                let slope = other.slope;
                let start = other.x0.min(line.x0);
                other.baseline += slope * (start - other.x0);
                other.x0 = start;
                other.x1 = other.x1.max(line.x1);
                k
            }
            None => {
                let line = if changed { refit(&line, ink, config).unwrap_or(line) } else { line };
                lines.push(line);
                lines.len() - 1
            }
        };
        let ((top, bottom), xh) = (lines[k].baseline_rows(0.0), lines[k].x_height_px);
        bands.file(k, top - MAX_FRAGMENT_ABOVE_XH * xh, bottom + MAX_FRAGMENT_BELOW_XH * xh);
    }
}

/// Moves both ends outwards as far as text goes on.
fn lengthen(line: &mut LineFit, ink: &Ink, config: &PageConfig) {
    let Some(level) = stroke_level(line, ink) else { return };
    let old_start = line.x0;
    let end = reach(line, line.x1, 1.0, level, ink, config);
    let start = reach(line, line.x0, -1.0, level, ink, config);
    line.x1 = end;
    line.baseline += line.slope * (start - old_start);
    line.x0 = start;
}

/// Whether `line` is a part of what `other` reads.
fn have_met(other: &LineFit, line: &LineFit) -> bool {
    let overlap = other.x1.min(line.x1) - other.x0.max(line.x0);
    let x = (other.x0.max(line.x0) + other.x1.min(line.x1)) / 2.0;
    let above = other.baseline_at(x) - line.baseline_at(x);
    let xh = other.x_height_px;
    let same_baseline = above.abs() < MAX_MET_STEP_XH * xh && (line.x_height_px / xh).ln().abs() < MAX_MET_LOG_RATIO;
    let fragments = (-MAX_FRAGMENT_BELOW_XH * xh..MAX_FRAGMENT_ABOVE_XH * xh).contains(&above)
        && line.x_height_px < MAX_FRAGMENT_XH * xh
        && overlap > MIN_FRAGMENT_OVERLAP * line.width()
        && FRAGMENT_LETTERS * line.members.len() <= other.members.len();
    overlap > 0.0
        && (same_baseline || fragments)
        && overlap > MIN_MET_OVERLAP * line.width().min(other.width()).min(MAX_MET_LENGTH_XH * xh)
}

/// The ink of a full stroke on a line: the middle of its columns' strongest ink, blank columns left out.
fn stroke_level(line: &LineFit, ink: &Ink) -> Option<f32> {
    let (x0, x1) = (line.x0 as usize, line.x1 as usize);
    let columns = strongest_of(line, x0 as f32 + 0.5, x1.saturating_sub(x0), ink);
    let xs = (x0..x1).map(|x| x as f32 + 0.5);
    let inked = xs.zip(columns).filter(|&(x, v)| v > 0.0 && v > f32::from(ink.floor_at(x, line.baseline_at(x))));
    let mut columns: Vec<f32> = inked.map(|(_, v)| v).collect();
    (!columns.is_empty()).then(|| median(&mut columns))
}

/// Rows of a column between baseline and x-height, from below.
fn heights(line: &LineFit, x: f32) -> impl DoubleEndedIterator<Item = f32> {
    let (base, xh) = (line.baseline_at(x), line.x_height_px);
    let rows = (xh.round() as i32).max(2);
    (0..rows).map(move |r| base - (r as f32 + 0.5) / rows as f32 * xh)
}

/// Strongest ink of a column between x-height and baseline.
fn strongest(line: &LineFit, x: f32, ink: &Ink) -> f32 {
    heights(line, x).map(|y| ink.linear(x, y)).fold(0.0, f32::max)
}

/// How far the line goes on from `end` in a direction (1 or -1).
fn reach(line: &LineFit, mut end: f32, direction: f32, level: f32, ink: &Ink, config: &PageConfig) -> f32 {
    let xh = line.x_height_px;
    let inside = |x: f32| x >= 0.0 && x < ink.width() as f32;
    let steps = (config.join_gap_xh * xh) as usize;
    let window = (WINDOW_XH * xh).round().max(MIN_WINDOW_PX) as usize;
    loop {
        let far = end + direction * (steps as f32 + 0.5);
        if blank(line, end.min(far), end.max(far), MIN_INKED * level, ink) {
            return end;
        }
        // What is ahead, from the end on.
        let place = |k: usize| end + direction * (k as f32 + 0.5);
        let leftmost = |from: usize, len: usize| if direction > 0.0 { place(from) } else { place(from + len - 1) };
        let mut inked: Vec<bool> = strongest_of(line, leftmost(0, steps + window + 1), steps + window + 1, ink)
            .into_iter()
            .map(|v| v >= MIN_INKED * level)
            .collect();
        if direction < 0.0 {
            inked.reverse();
        }
        let Some(first) = (0..=steps).find(|&k| inside(place(k)) && inked[k]) else { return end };
        let columns = (first..first + window).take_while(|&k| inside(place(k))).count();
        let inked = &inked[first..first + columns];
        let last = if text_like(line, leftmost(first, columns), columns, level, ink) {
            inked.iter().rposition(|&inked| inked).unwrap_or(0)
        } else {
            // A mark or a narrow letter that stands by itself.
            let alone = inked.iter().take_while(|&&inked| inked).count().max(1);
            if alone as f32 > MAX_ALONE_XH * xh || !text_like(line, leftmost(first, alone), alone, level, ink) {
                return end;
            }
            alone - 1
        };
        end = place(first + last) + 0.5 * direction;
    }
}

/// Strongest ink of each of some columns, from `x` on, one pixel from each other.
fn strongest_of(line: &LineFit, x: f32, columns: usize, ink: &Ink) -> Vec<f32> {
    if line.slope != 0.0 {
        return (0..columns).map(|k| strongest(line, x + k as f32, ink)).collect();
    }
    Columns::next_to(x, columns).strongest(ink, heights(line, x).rev())
}

/// Whether no pixel between baseline and x-height comes near `least` ink: the usual end of a line.
fn blank(line: &LineFit, x0: f32, x1: f32, least: f32, ink: &Ink) -> bool {
    let (a, b) = (line.baseline_at(x0), line.baseline_at(x1));
    let within = |v: f32, end: usize| (v.max(0.0) as usize).min(end);
    let rows = within(a.min(b) - line.x_height_px - 1.0, ink.height())..within(a.max(b) + 2.0, ink.height());
    let columns = within(x0 - 1.0, ink.width())..within(x1 + 2.0, ink.width());
    let strongest = |y: usize| ink.row(y)[columns.clone()].iter().fold(0, |a, &b| a.max(b));
    rows.map(strongest).all(|v| f32::from(v) < least - 0.5)
}

/// Whether the ink of some columns, from `x` on, lies between baseline and x-height rather than beyond.
fn text_like(line: &LineFit, x: f32, columns: usize, level: f32, ink: &Ink) -> bool {
    let xh = line.x_height_px;
    let level_columns = (line.slope == 0.0).then(|| Columns::next_to(x, columns));
    let mean = |from: f32, to: f32| {
        let rows = ((to - from) * xh).round().max(1.0) as usize;
        let down = |r: usize| (from + (r as f32 + 0.5) / rows as f32 * (to - from)) * xh;
        let sum: f32 = if let Some(columns) = &level_columns {
            columns.sums(ink, (0..rows).map(|r| line.baseline + down(r)), level).iter().sum()
        } else {
            let xs = (0..columns).map(|k| x + k as f32);
            xs.map(|x| (0..rows).map(|r| ink.linear(x, line.baseline_at(x) + down(r)).min(level)).sum::<f32>()).sum()
        };
        sum / (rows * columns) as f32
    };
    let between = mean(-1.0, 0.0);
    if between <= MIN_INK * level {
        return false;
    }
    let (above, below) = (mean(ABOVE_XH.0, ABOVE_XH.1), mean(BELOW_XH.0, BELOW_XH.1));
    // A redaction or a box that ends beside the line is solid; text never is.
    let solid = |ink: f32| ink > MIN_SOLID * level && between < MAX_BETWEEN_TO_SOLID * ink;
    (between > OVER_BELOW * below || solid(below)) && (between > OVER_ABOVE * above || solid(above))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ADVANCE, Drawing, ends, line};
    use super::*;

    fn grown(drawing: &Drawing, mut lines: Vec<LineFit>) -> Vec<(i32, i32)> {
        grow(&mut lines, &drawing.ink(), &PageConfig::default());
        ends(&lines)
    }

    /// The first five letters of a line that begins at 100.
    fn start() -> LineFit {
        line(100, 100 + 4 * ADVANCE + 5, 100, 5)
    }

    #[test]
    fn a_line_grows_over_text_that_was_not_chained() {
        assert_eq!(grown(&Drawing::new().text(100, 100, 20), vec![start()]), [(100, 238)]);
        let to_the_left = Drawing::new().text(100 - 6 * ADVANCE, 100, 11);
        assert_eq!(grown(&to_the_left, vec![start()]), [(58, 133)]);
    }

    #[test]
    fn it_ends_at_gaps_and_at_what_is_no_text() {
        let beside = |x0: usize| Drawing::new().text(100, 100, 5).text(x0, 100, 5);
        assert_eq!(grown(&beside(133 + 20), vec![start()]), [(100, 186)], "2.5 x-heights");
        assert_eq!(grown(&beside(133 + 22), vec![start()]), [(100, 133)]);
        let tall = Drawing::new().text(100, 100, 5).filled(145, 70, 30, 60);
        assert_eq!(grown(&tall, vec![start()]), [(100, 133)], "a picture");
        let below = Drawing::new().text(100, 100, 5).text(140, 110, 5);
        assert_eq!(grown(&below, vec![start()]), [(100, 133)], "text on another baseline");
    }

    #[test]
    fn lines_that_would_all_grow_over_each_other_do_not() {
        // A row of letters, each of which was taken for a line.
        let drawing = Drawing::new().text(20, 100, 40);
        let each = |k: usize| line(20 + k * ADVANCE, 25 + k * ADVANCE, 100, 5);
        let few: Vec<LineFit> = (0..2).map(each).collect();
        assert_eq!(grown(&drawing, few.clone()), grown(&drawing, vec![few[0].clone()]), "few do");
        let ink = drawing.ink();
        let area = (ink.width() * ink.height()) as f32;
        let mut many: Vec<LineFit> = (0..20_000).map(|k| each(k % 40)).collect();
        let begin = std::time::Instant::now();
        grow(&mut many, &ink, &PageConfig::default());
        assert!(many.iter().map(|l| l.width() * l.x_height_px).sum::<f32>() < 2.0 * MOST_GROWTH_AREAS * area);
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }

    #[test]
    fn lines_that_meet_become_one() {
        let drawing = Drawing::new().text(100, 100, 20);
        let end = line(100 + 12 * ADVANCE, 238, 100, 8);
        assert_eq!(grown(&drawing, vec![start(), end.clone()]), [(100, 238)]);
        let apart = Drawing::new().text(100, 100, 20).text(100, 130, 20);
        assert_eq!(grown(&apart, vec![start(), LineFit { baseline: 130.0, ..end }]), [(100, 238), (100, 238)]);
    }
}
