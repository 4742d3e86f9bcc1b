//! Tints: low marked passages, selections and table rows whose ground is fainter than their text are taken off the ink.
//!
//! Their height of one line is too low for a background of their own, and where small or blurred text is not much stronger than
//! the tint, the tint itself would count as ink.

use super::ink::{Area, Ink};

/// A tint fills boxes of this size everywhere; text leaves gaps in each.
const WIDTH: usize = 24;
const HEIGHT: usize = 6;
/// Text on a tint is stronger than the tint: a tint has at most this share of the strongest ink near by. Bars of large letters
/// have all of it.
const MOST_SHARE: f32 = 0.65;

/// Subtracts what fills a box of 24 × 6 pixels (a morphological opening; the rest is its top hat, Serra 1982), where stronger ink
/// is near. Cost: one look at each pixel, and some ten more where there is a tint.
pub(super) fn take_off_tints(ink: &mut Ink) {
    for area in filled(ink) {
        let tint = opening(ink, area);
        let mut changed = false;
        for (y, row) in (area.y0..area.y1).zip(tint.chunks_exact(area.width())) {
            for (x, &level) in (area.x0..area.x1).zip(row) {
                if level > 0 && f32::from(level) <= MOST_SHARE * f32::from(ink.strongest_at(x, y)) {
                    ink.subtract(x, y, level);
                    changed = true;
                }
            }
        }
        if changed {
            ink.remeasure(area);
        }
    }
}

/// Boxes around everything that may hold a filled box: rows of ink above the floor, wide enough, one under another.
fn filled(ink: &Ink) -> Vec<Area> {
    let mut open: Vec<Area> = Vec::new();
    let mut done: Vec<Area> = Vec::new();
    for y in 0..ink.height() {
        for (x0, x1) in long_runs(ink, y) {
            let touches = |a: &Area| a.y1 >= y && a.x0 < x1 && x0 < a.x1;
            let mut area = Area { x0, y0: y, x1, y1: y + 1 };
            open.retain(|a| {
                if touches(a) {
                    area = Area { x0: area.x0.min(a.x0), y0: area.y0.min(a.y0), x1: area.x1.max(a.x1), y1: y + 1 };
                }
                !touches(a)
            });
            open.push(area);
        }
        open.retain(|a| {
            if a.y1 <= y && a.height() >= HEIGHT {
                done.push(*a);
            }
            a.y1 > y
        });
    }
    done.extend(open.into_iter().filter(|a| a.height() >= HEIGHT));
    done
}

/// Runs of ink above the floor that are as long as a filled box.
fn long_runs(ink: &Ink, y: usize) -> Vec<(usize, usize)> {
    let row = ink.row(y);
    let mut runs = Vec::new();
    // A run as long as a box holds a pixel at each multiple of its length.
    let mut end = 0;
    for probe in (WIDTH - 1..row.len()).step_by(WIDTH) {
        let floor = ink.floor_at(probe as f32, y as f32);
        if probe < end || row[probe] <= floor {
            continue;
        }
        let start = row[..probe].iter().rposition(|&v| v <= floor).map_or(0, |x| x + 1);
        end = row[probe..].iter().position(|&v| v <= floor).map_or(row.len(), |x| probe + x);
        if end - start >= WIDTH {
            runs.push((start, end));
        }
    }
    runs
}

/// For each pixel of an area the largest value that a box around it, within the area, has everywhere.
fn opening(ink: &Ink, area: Area) -> Vec<u8> {
    let (width, height) = (area.width(), area.height());
    let mut levels: Vec<u8> =
        (area.y0..area.y1).flat_map(|y| ink.row(y)[area.x0..area.x1].iter().copied()).collect();
    for row in levels.chunks_exact_mut(width) {
        let wide = windows(row, WIDTH, u8::min, 0);
        row.copy_from_slice(&wide);
    }
    let mut column = vec![0; height];
    for x in 0..width {
        for (y, v) in column.iter_mut().enumerate() {
            *v = levels[y * width + x];
        }
        let low = windows(&column, HEIGHT, u8::min, 0);
        let high = windows_back(&low, HEIGHT);
        for (y, v) in high.into_iter().enumerate() {
            levels[y * width + x] = v;
        }
    }
    for row in levels.chunks_exact_mut(width) {
        let wide = windows_back(row, WIDTH);
        row.copy_from_slice(&wide);
    }
    levels
}

/// For each place the extreme of the window that starts there; `beyond` where it would reach over the end.
fn windows(values: &[u8], size: usize, extreme: fn(u8, u8) -> u8, beyond: u8) -> Vec<u8> {
    (0..values.len())
        .map(|k| values.get(k..k + size).map_or(beyond, |w| w.iter().copied().reduce(extreme).unwrap_or(beyond)))
        .collect()
}

/// For each place the maximum of the window that ends there.
fn windows_back(values: &[u8], size: usize) -> Vec<u8> {
    (0..values.len()).map(|k| values[(k + 1).saturating_sub(size)..=k].iter().copied().max().unwrap_or(0)).collect()
}
