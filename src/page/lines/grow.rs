//! Lines grow along their baselines over text that broke apart.
//!
//! In small, faint, marked or binarised text some letters fall apart into specks, melt with the next line or with a frame, and
//! cannot be chained. But the line that their neighbours found tells where they must stand: as long as the ink of the next
//! few letters' width lies between baseline and x-height more than above and below, the line goes on.

use super::fit::{LineFit, median, refit};
use crate::page::config::PageConfig;
use crate::page::ink::foreground::Ink;
use crate::page::ink::profile::Columns;
use crate::page::spatial::bands::Bands;

/// Width that is looked at beyond an end.
const WINDOW_XH: f32 = 3.0;
/// Widest mark or letter that is looked at by itself.
const ALONE_XH: f32 = 1.3;
/// Share of a stroke's ink that a column needs to be inked.
const INKED: f32 = 0.4;
/// Least share of a stroke's ink, averaged between baseline and x-height; text has .3 to .6.
const LEAST_INK: f32 = 0.14;
/// How many times the ink below the baseline, and that above the x-height, the ink between must be.
const OVER_BELOW: f32 = 1.5;
const OVER_ABOVE: f32 = 1.1;

/// Share of a stroke's ink that only filled boxes have.
const SOLID: f32 = 0.85;

/// Lets all lines grow, makes one of those that meet, and fits those that changed anew.
pub(crate) fn grow(lines: &mut Vec<LineFit>, ink: &Ink, config: &PageConfig) {
    let before: Vec<f32> = lines.iter().map(LineFit::width).collect();
    for line in lines.iter_mut() {
        let Some(level) = stroke_level(line, ink) else { continue };
        let old_start = line.x0;
        let end = reach(line, line.x1, 1.0, level, ink, config);
        let start = reach(line, line.x0, -1.0, level, ink, config);
        line.x1 = end;
        line.baseline += line.slope * (start - old_start);
        line.x0 = start;
    }
    let mut grown: Vec<(LineFit, bool)> = lines
        .drain(..)
        .zip(before)
        .map(|(l, before)| (l.width() > before + l.x_height_px, l))
        .map(|(g, l)| (l, g))
        .collect();
    // The longest lines first: they are the surest.
    grown.sort_by(|a, b| b.0.width().total_cmp(&a.0.width()));
    let mut bands = Bands::of(ink.height());
    for (line, changed) in grown {
        let (top, bottom) = line.baseline_rows(0.0);
        let same = bands.near(top, bottom).into_iter().find(|&k| same_line(&lines[k], &line));
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
        let (top, bottom) = lines[k].baseline_rows(0.0);
        bands.file(k, top - 1.6 * lines[k].x_height_px, bottom + 0.5 * lines[k].x_height_px);
    }
}

/// Whether `line` is a part of what `other` reads.
fn same_line(other: &LineFit, line: &LineFit) -> bool {
    let overlap = other.x1.min(line.x1) - other.x0.max(line.x0);
    let x = (other.x0.max(line.x0) + other.x1.min(line.x1)) / 2.0;
    let above = other.baseline_at(x) - line.baseline_at(x);
    let xh = other.x_height_px;
    let same_baseline = above.abs() < 0.35 * xh && (line.x_height_px / xh).ln().abs() < 0.35;
    // Fragments of its letters; what has nearly as many letters of its own is text that a frame grew over.
    let within = (-0.5 * xh..1.6 * xh).contains(&above)
        && line.x_height_px < 1.2 * xh
        && overlap > 0.7 * line.width()
        && 2 * line.members.len() <= other.members.len();
    overlap > 0.0 && (same_baseline || within) && overlap > 0.3 * line.width().min(other.width()).min(4.0 * xh)
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
    let window = (WINDOW_XH * xh).round().max(4.0) as usize;
    loop {
        let far = end + direction * (steps as f32 + 0.5);
        if blank(line, end.min(far), end.max(far), INKED * level, ink) {
            return end;
        }
        // What is ahead, from the end on.
        let place = |k: usize| end + direction * (k as f32 + 0.5);
        let leftmost = |from: usize, len: usize| if direction > 0.0 { place(from) } else { place(from + len - 1) };
        let mut inked: Vec<bool> = strongest_of(line, leftmost(0, steps + window + 1), steps + window + 1, ink)
            .into_iter()
            .map(|v| v >= INKED * level)
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
            if alone as f32 > ALONE_XH * xh || !text_like(line, leftmost(first, alone), alone, level, ink) {
                return end;
            }
            alone - 1
        };
        end = place(first + last) + 0.5 * direction;
    }
}

/// Strongest ink of so many columns, from `x` on, one pixel from each other.
fn strongest_of(line: &LineFit, x: f32, columns: usize, ink: &Ink) -> Vec<f32> {
    if line.slope != 0.0 {
        return (0..columns).map(|k| strongest(line, x + k as f32, ink)).collect();
    }
    Columns::next_to(x, columns).strongest(ink, heights(line, x).rev())
}

/// Whether no pixel between baseline and x-height comes near some ink: the usual end of a line.
fn blank(line: &LineFit, x0: f32, x1: f32, least: f32, ink: &Ink) -> bool {
    let (a, b) = (line.baseline_at(x0), line.baseline_at(x1));
    let within = |v: f32, end: usize| (v.max(0.0) as usize).min(end);
    let rows = within(a.min(b) - line.x_height_px - 1.0, ink.height())..within(a.max(b) + 2.0, ink.height());
    let columns = within(x0 - 1.0, ink.width())..within(x1 + 2.0, ink.width());
    let strongest = |y: usize| ink.row(y)[columns.clone()].iter().fold(0, |a, &b| a.max(b));
    rows.map(strongest).all(|v| f32::from(v) < least - 0.5)
}

/// Whether the ink of so many columns, from `x` on, lies between baseline and x-height rather than beyond.
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
    if between <= LEAST_INK * level {
        return false;
    }
    let (above, below) = (mean(-1.65, -1.2), mean(0.2, 0.55));
    // A redaction or a box that ends beside the line is solid; text never is.
    let solid = |ink: f32| ink > SOLID * level && between < 0.9 * ink;
    (between > OVER_BELOW * below || solid(below)) && (between > OVER_ABOVE * above || solid(above))
}

/// Widest gap within a line of running text: tabs, double spaces of monospaced text.
const WIDEST_GAP_XH: f32 = 10.0;
/// Lines of one piece are at most so many times as large as each other: a ratio of the exponential of 0.6.
const WIDEST_RATIO: f32 = 1.83;
/// Lines of so few letters take the baseline of what they continue.
const UNSURE_LETTERS: usize = 4;
/// How far above and below a line its neighbours are asked.
const NEIGHBOURS_XH: f32 = 7.0;

/// Joins lines over gaps that other lines of the same block run across. Between two columns none does.
pub(crate) fn bridge_gaps(lines: &mut Vec<LineFit>, ink: &Ink, config: &PageConfig) {
    lines.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let all = lines.clone();
    let beyond = |l: &LineFit| l.baseline_rows(WIDEST_RATIO * WIDEST_GAP_XH * l.x_height_px);
    let mut all_by_row = Bands::of(ink.height());
    for (k, l) in all.iter().enumerate() {
        let (top, bottom) = beyond(l);
        all_by_row.file(k, top, bottom);
    }
    let mut out: Vec<LineFit> = Vec::with_capacity(lines.len());
    let mut out_by_row = Bands::of(ink.height());
    for line in lines.drain(..) {
        let step = 0.7 * WIDEST_RATIO * line.x_height_px;
        let near = out_by_row.near(line.baseline - step, line.baseline + step);
        let before = near.into_iter().map(|k| (k, &out[k])).filter(|(_, l)| {
            let xh = l.x_height_px.max(line.x_height_px);
            let gap = line.x0 - l.x1;
            let step = (l.baseline_at(line.x0) - line.baseline).abs();
            // A few letters alone do not show where the baseline is.
            let unsure = l.members.len().min(line.members.len()) <= UNSURE_LETTERS;
            let (most_step, most_ratio) = if unsure { (0.7, 0.6) } else { (0.3, 0.3) };
            gap > -0.5 * xh && gap < WIDEST_GAP_XH * xh && step < most_step * xh && alike(l, &line, most_ratio)
        });
        let nearest = before.max_by(|a, b| a.1.x1.total_cmp(&b.1.x1)).map(|(k, _)| k);
        let around = |left: &LineFit| {
            let (y, reach) = (left.baseline_at(left.x1), NEIGHBOURS_XH * left.x_height_px);
            all_by_row.near(y - reach, y + reach)
        };
        let filled = match nearest.filter(|&k| runs_across(&all, around(&out[k]), &out[k], &line)) {
            Some(k) => {
                let (surer, x0) =
                    if out[k].width() >= line.width() { (&out[k], out[k].x0) } else { (&line, out[k].x0) };
                let joined =
                    LineFit { x0, x1: line.x1.max(out[k].x1), baseline: surer.baseline_at(x0), ..surer.clone() };
                out[k] = refit(&joined, ink, config).unwrap_or(joined);
                k
            }
            None => {
                out.push(line);
                out.len() - 1
            }
        };
        let (top, bottom) = beyond(&out[filled]);
        out_by_row.file(filled, top, bottom);
    }
    *lines = out;
}

fn alike(a: &LineFit, b: &LineFit, most: f32) -> bool {
    (a.x_height_px / b.x_height_px).ln().abs() < most
}

/// Whether more of the lines around run across the gap between `left` and `right` than begin or end in it.
fn runs_across(all: &[LineFit], around: Vec<usize>, left: &LineFit, right: &LineFit) -> bool {
    let (from, to) = (left.x1, right.x0);
    let xh = left.x_height_px;
    let mut votes = 0;
    for line in around.into_iter().map(|k| &all[k]) {
        let down = (line.baseline_at(from) - left.baseline_at(from)).abs();
        if !(0.8 * xh..NEIGHBOURS_XH * xh).contains(&down) || !alike(line, left, 0.25) {
            continue;
        }
        let slack = 0.6 * xh;
        if line.x0 < from - slack && line.x1 > to + slack {
            votes += 1;
        } else if (from - slack..to + slack).contains(&line.x0) || (from - slack..to + slack).contains(&line.x1) {
            votes -= 1;
        }
    }
    votes > 0
}
