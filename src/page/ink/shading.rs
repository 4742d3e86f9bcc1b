//! Shading: low marked passages, selections and table rows whose ground is fainter than their text are taken off the
//! ink.
//!
//! Their height of one line is too low for a background of their own, and where small or blurred text is not much
//! stronger than the shading, the shading itself would count as ink.

use std::ops::RangeInclusive;

use super::background::TILE;
use super::foreground::Ink;
use crate::page::spatial::area::Area;

/// Shading fills boxes of this width everywhere; text leaves gaps in each.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× bars of letters fill boxes too, and only [`MAX_SHARE`] tells them from
/// shading.
const BOX_WIDTH_PX: usize = 24;
/// Height of these boxes.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× as for their width.
const BOX_HEIGHT_PX: usize = 6;
/// Shading has at most this share of the strongest ink within what hangs together with it: text on it is stronger, and
/// bars of large letters have all of it.
///
/// Tuned (share): ink there is at least half as strong again as its shading.
const MAX_SHARE: f32 = 0.65;
/// Fainter shading is below the threshold beside its text anyway.
///
/// Tuned (share): chosen by eye.
const MIN_SHARE: f32 = 0.15;
/// How far above the level of shading, as a share of the same, its plain ground lies.
///
/// Tuned (share): chosen by eye.
const FLATNESS: f32 = 0.08;
/// The least of that.
///
/// Tuned (grey levels): chosen by eye.
const MIN_FLATNESS: u8 = 2;
/// Percent of shading that is plain ground, at least.
///
/// Tuned (percent): of the haze between blurred letters, which fills boxes too, 5 to 20 % is.
const MIN_PLAIN_PERCENT: usize = 30;

/// Subtracts what fills a box of 24 × 6 pixels (a morphological opening; the rest is its top hat, Serra 1982), where
/// stronger ink is near. Cost: one look at each pixel, and some ten more where there is shading.
pub(crate) fn take_off_shading(ink: &mut Ink) {
    for area in filled(ink) {
        let strongest = (area.y0..area.y1).flat_map(|y| &ink.row(y)[area.x0..area.x1]).copied().max().unwrap_or(0);
        let share = |share: f32| (share * f32::from(strongest)) as u8;
        let shades = share(MIN_SHARE).max(1)..=share(MAX_SHARE);
        let levels = opening(ink, area);
        if !is_flat(&levels, ink, area, &shades, share(FLATNESS).max(MIN_FLATNESS)) {
            continue;
        }
        let mut changed = false;
        for (y, row) in (area.y0..area.y1).zip(levels.chunks_exact(area.width())) {
            for (x, &level) in (area.x0..area.x1).zip(row) {
                if shades.contains(&level) {
                    ink.subtract(x, y, level);
                    changed = true;
                }
            }
        }
        if changed {
            ink.remark(area);
        }
    }
}

/// Whether what fills boxes is plain ground with something on it: ink that is mostly no stronger than its level.
fn is_flat(levels: &[u8], ink: &Ink, area: Area, shades: &RangeInclusive<u8>, slack: u8) -> bool {
    let inks = (area.y0..area.y1).flat_map(|y| &ink.row(y)[area.x0..area.x1]);
    let (mut all, mut plain) = (0, 0);
    for (&level, &ink) in levels.iter().zip(inks).filter(|(level, _)| shades.contains(level)) {
        all += 1;
        plain += usize::from(ink - level <= slack);
    }
    100 * plain >= MIN_PLAIN_PERCENT * all
}

/// Boxes around everything that may hold a filled box: rows of ink above the floor, wide enough, one under another.
fn filled(ink: &Ink) -> Vec<Area> {
    // What is as high as a filled box has a row at a multiple of its height.
    let long = |row: usize| row < ink.height() && !long_runs(ink, row).is_empty();
    let long: Vec<bool> = (0..=ink.height() / BOX_HEIGHT_PX + 1).map(|k| long(k * BOX_HEIGHT_PX)).collect();
    boxes(ink, (0..ink.height()).filter(|y| long[y / BOX_HEIGHT_PX] || long[y / BOX_HEIGHT_PX + 1]))
}

/// The same from some rows; those left out have no part in any such box.
fn boxes(ink: &Ink, rows: impl Iterator<Item = usize>) -> Vec<Area> {
    let mut open: Vec<Area> = Vec::new();
    let mut done: Vec<Area> = Vec::new();
    for y in rows {
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
            if a.y1 <= y && a.height() >= BOX_HEIGHT_PX {
                done.push(*a);
            }
            a.y1 > y
        });
    }
    done.extend(open.into_iter().filter(|a| a.height() >= BOX_HEIGHT_PX));
    done
}

/// Runs of ink above the floor that are as long as a filled box.
fn long_runs(ink: &Ink, y: usize) -> Vec<(usize, usize)> {
    let (row, floors) = (ink.row(y), ink.floors(y));
    let mut runs = Vec::new();
    // A run as long as a box holds a pixel at each multiple of its length.
    let mut end = 0;
    for probe in (BOX_WIDTH_PX - 1..row.len()).step_by(BOX_WIDTH_PX) {
        if probe < end || row[probe] == 0 {
            continue;
        }
        let floor = floors[probe / TILE];
        if row[probe] <= floor {
            continue;
        }
        // Sixteen pixels at a time, then one by one.
        let above = |sixteen: &[u8; 16]| sixteen.iter().fold(255, |a, &b| a.min(b)) > floor;
        let before = probe - 16 * row[..probe].as_rchunks().1.iter().rev().take_while(|s| above(s)).count();
        let after = probe + 16 * row[probe..].as_chunks().0.iter().take_while(|s| above(s)).count();
        let start = row[..before].iter().rposition(|&v| v <= floor).map_or(0, |x| x + 1);
        end = row[after..].iter().position(|&v| v <= floor).map_or(row.len(), |x| after + x);
        if end - start >= BOX_WIDTH_PX {
            runs.push((start, end));
        }
    }
    runs
}

/// For each pixel of an area the largest value that a box around it, within the area, has everywhere.
fn opening(ink: &Ink, area: Area) -> Vec<u8> {
    // With a margin of nothing, boxes end at the area's ends.
    let stride = area.width() + BOX_WIDTH_PX - 1;
    let mut levels = vec![0; stride * (area.height() + BOX_HEIGHT_PX - 1)];
    for (y, row) in (area.y0..area.y1).zip(levels.chunks_exact_mut(stride)) {
        row[..area.width()].copy_from_slice(&ink.row(y)[area.x0..area.x1]);
    }
    let steps = || steps(BOX_WIDTH_PX, 1).chain(steps(BOX_HEIGHT_PX, stride));
    for step in steps() {
        let ahead = levels[step..].to_vec();
        levels.iter_mut().zip(ahead).for_each(|(level, ahead)| *level = ahead.min(*level));
    }
    for step in steps() {
        let behind = levels[..levels.len() - step].to_vec();
        levels[step..].iter_mut().zip(behind).for_each(|(level, behind)| *level = behind.max(*level));
    }
    let rows = levels.chunks_exact(stride).take(area.height());
    rows.flat_map(|row| &row[..area.width()]).copied().collect()
}

/// Steps at which a window of so many values comes of windows half its size, and those of halves again.
fn steps(size: usize, stride: usize) -> impl Iterator<Item = usize> {
    let doubled = std::iter::successors(Some(1), |step| Some(2 * step)).take_while(move |step| 2 * step <= size);
    let whole = size.next_power_of_two() / if size.is_power_of_two() { 1 } else { 2 };
    doubled.chain((whole < size).then(|| size - whole)).map(move |step| step * stride)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageConfig;
    use crate::raster::Raster;
    use proptest::prelude::*;

    /// Grey values of a picture with rectangles on white, later ones over earlier ones.
    fn picture(width: usize, height: usize, boxes: &[(Area, u8)]) -> Ink {
        let mut luma = vec![255; width * height];
        for (area, grey) in boxes {
            for y in area.y0..area.y1.min(height) {
                luma[y * width..][area.x0.min(width)..area.x1.min(width)].fill(*grey);
            }
        }
        let raster = Raster::from_luma(width as u32, height as u32, luma).expect("matching size");
        Ink::new(&raster, &PageConfig::default())
    }

    fn area(x0: usize, y0: usize, x1: usize, y1: usize) -> Area {
        Area { x0, y0, x1, y1 }
    }

    #[test]
    fn shading_is_taken_off_and_the_text_on_it_stays() {
        let (shaded, stroke) = (area(20, 20, 100, 29), area(50, 22, 52, 28));
        let mut ink = picture(160, 80, &[(shaded, 190), (stroke, 90)]);
        let before = ink.row(25)[50];
        take_off_shading(&mut ink);
        assert_eq!(ink.row(25)[40], 0, "the shading is gone");
        assert_eq!(ink.row(25)[50], before - 65, "what is darker than the shading stays");
        assert!(ink.is_ink(50, 25) && !ink.is_ink(40, 25));
    }

    #[test]
    fn bars_of_large_letters_stay() {
        let mut ink = picture(160, 80, &[(area(20, 20, 100, 29), 90)]);
        let before = ink.row(25).to_vec();
        take_off_shading(&mut ink);
        assert_eq!(ink.row(25), before);
    }

    proptest! {
        /// Oracle: all rows.
        #[test]
        fn rows_left_out_hold_no_filled_box(
            bars in prop::collection::vec((0usize..90, 0usize..40, 1usize..50, 1usize..12, 0u8..=255), 0..12),
        ) {
            let bars: Vec<(Area, u8)> =
                bars.into_iter().map(|(x, y, w, h, grey)| (area(x, y, x + w, y + h), grey)).collect();
            let ink = picture(97, 43, &bars);
            prop_assert_eq!(filled(&ink), boxes(&ink, 0..ink.height()));
        }

        /// Oracle: every box of the area, one after the other.
        #[test]
        fn the_opening_is_that_of_all_boxes(
            greys in prop::collection::vec(0u8..=255, 12 * 60),
            flat in (0usize..30, 0usize..6, 24usize..40, 5usize..8, 0u8..=255),
        ) {
            let (width, height) = (60, 12);
            let mut luma = greys;
            for y in flat.1..(flat.1 + flat.3).min(height) {
                luma[y * width..][flat.0..(flat.0 + flat.2).min(width)].fill(flat.4);
            }
            let raster = Raster::from_luma(width as u32, height as u32, luma).expect("matching size");
            let ink = Ink::new(&raster, &PageConfig::default());
            let area = area(3, 1, 58, 11);
            let mut expected = vec![0; area.width() * area.height()];
            for y in area.y0..=area.y1 - BOX_HEIGHT_PX {
                for x in area.x0..=area.x1 - BOX_WIDTH_PX {
                    let least = (y..y + BOX_HEIGHT_PX).flat_map(|y| &ink.row(y)[x..x + BOX_WIDTH_PX]).copied().min().unwrap_or(0);
                    for y in y..y + BOX_HEIGHT_PX {
                        let row = &mut expected[(y - area.y0) * area.width() + x - area.x0..][..BOX_WIDTH_PX];
                        row.iter_mut().for_each(|v| *v = least.max(*v));
                    }
                }
            }
            prop_assert_eq!(opening(&ink, area), expected);
        }
    }
}
