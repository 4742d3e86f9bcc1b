//! Lines of text: components chained from left to right, then baseline and x-height from the ink's row profile.
//!
//! Chaining compares neighbours only with each other, so text of 3 px and of 80 px x-height stands side by side without any
//! scale being known.

pub(super) mod capitals;
pub(super) mod fit;
mod grow;
pub(super) mod reading_order;
mod short_lines;

use std::collections::HashSet;

use self::fit::{LineFit, fit, median};
use self::grow::{bridge_gaps, grow};
use self::short_lines::add_short_lines;
use super::config::PageConfig;
use super::ink::components::Component;
use super::ink::foreground::Ink;
use super::spatial::area::Area;
use super::spatial::bands::Bands;
use super::spatial::grid::Grid;

/// Ink, components and lines of a picture.
pub(super) struct TextLines {
    pub(super) ink: Ink,
    pub(super) components: Vec<Component>,
    /// The components that may be letters.
    pub(super) letters: Vec<Component>,
    pub(super) fits: Vec<LineFit>,
    /// Which of these have no small letters.
    pub(super) of_capitals: Vec<bool>,
}

/// Finds the lines among a picture's components, in no particular order, and the letters that they are made of.
pub(super) fn lines(components: &[Component], ink: &Ink, config: &PageConfig) -> (Vec<LineFit>, Vec<Component>) {
    let mut letters: Vec<Component> = components.iter().filter(|c| could_be_text(c, config)).copied().collect();
    drop_frames(&mut letters);
    let mut chains = chains(&letters, config);
    let mut lines: Vec<LineFit> = chains.drain(..).filter_map(|c| fit(c, &letters, ink, None, config)).collect();
    lines = join_pieces(lines, &letters, ink, config);
    level_short_lines(&mut lines, &letters, ink, config);
    absorb(&mut lines, components, &letters);
    grow(&mut lines, ink, config);
    bridge_gaps(&mut lines, ink, config);
    drop_shadows(&mut lines, ink.height());
    add_short_lines(&mut lines, components, ink.height());
    (lines, letters)
}

/// Lets lines grow over the marks at their ends that are too small to be chained: full stops, quotes, dashes.
fn absorb(lines: &mut [LineFit], components: &[Component], letters: &[Component]) {
    // Letters of lines belong there, even beside an icon that is much larger than they are.
    let taken: HashSet<Area> =
        lines.iter().filter(|l| l.members.len() > 2).flat_map(|l| l.members.iter().map(|&k| letters[k].area)).collect();
    let mut by_row: Vec<&Component> = components.iter().filter(|c| !taken.contains(&c.area)).collect();
    by_row.sort_unstable_by_key(|c| c.area.y0);
    for line in lines {
        let xh = line.x_height_px;
        let (y0, y1) = (line.baseline_at(line.x0), line.baseline_at(line.x1));
        let (top, bottom) = (y0.min(y1) - 1.8 * xh, y0.max(y1) + 0.6 * xh);
        let first = by_row.partition_point(|c| (c.area.y0 as f32) < top);
        let last = by_row.partition_point(|c| (c.area.y0 as f32) < bottom);
        let mut near: Vec<&Component> = by_row[first..last]
            .iter()
            .filter(|c| {
                let baseline = line.baseline_at(c.centre_x());
                c.area.y1 as f32 <= baseline + 0.6 * xh
                    && c.area.y0 as f32 >= baseline - 1.8 * xh
                    && c.width() < 1.5 * xh
                    && c.pixels >= 2
            })
            .copied()
            .collect();
        near.sort_unstable_by_key(|c| c.area.x0);
        let old_start = line.x0;
        for c in &near {
            let (x0, x1) = (c.area.x0 as f32, c.area.x1 as f32);
            if x1 > line.x1 && x0 < line.x1 + 0.7 * xh {
                line.x1 = x1;
            }
        }
        for c in near.iter().rev() {
            let (x0, x1) = (c.area.x0 as f32, c.area.x1 as f32);
            if x0 < line.x0 && x1 > line.x0 - 0.7 * xh {
                line.x0 = x0;
            }
        }
        line.baseline += line.slope * (line.x0 - old_start);
    }
}

fn could_be_text(c: &Component, config: &PageConfig) -> bool {
    let (w, h) = (c.width(), c.height());
    let rule = w > 12.0 * h && h <= 3.0;
    // Frames, scribbles and pictures' outlines are large and nearly empty.
    let hollow = h > 24.0 && (c.pixels as f32) < 0.1 * w * h;
    h >= 2.0 && h <= 3.0 * config.max_x_height_px && !rule && !hollow
}

/// Drops components that frame others: boxes drawn around text, pictures' outlines, handwriting over several lines.
fn drop_frames(letters: &mut Vec<Component>) {
    let mut by_row: Vec<&Component> = letters.iter().collect();
    by_row.sort_unstable_by_key(|c| c.area.y0);
    let frames: HashSet<Area> = letters
        .iter()
        .filter(|big| big.height() > 12.0)
        .filter(|big| {
            let first = by_row.partition_point(|c| c.area.y0 < big.area.y0);
            let last = by_row.partition_point(|c| c.area.y0 < big.area.y1);
            let inside = by_row[first..last].iter().filter(|c| {
                c.height() < 0.5 * big.height() && c.height() > 0.1 * big.height() && big.area.holds(&c.area)
            });
            inside.take(4).count() == 4
        })
        .map(|big| big.area)
        .collect();
    letters.retain(|c| !frames.contains(&c.area));
}

/// Sequences of components, left to right, in which each is the best neighbour of the other.
fn chains(letters: &[Component], config: &PageConfig) -> Vec<Vec<usize>> {
    // Each under its left edge.
    let grid = Grid::of(letters.iter().map(|c| Area { x1: c.area.x0 + 1, ..c.area }));
    let mut right: Vec<Option<(f32, usize)>> = vec![None; letters.len()];
    let mut left: Vec<Option<(f32, usize)>> = vec![None; letters.len()];
    for (i, a) in letters.iter().enumerate() {
        let reach = config.chain_gap * a.height() * 2.5;
        for j in grid.near((a.area.x0, (a.area.x1 as f32 + reach) as usize), (a.area.y0, a.area.y1 - 1)) {
            let b = &letters[j];
            if b.area.y0 < a.area.y1
                && b.area.y1 > a.area.y0
                && let Some(cost) = link_cost(a, b, config)
            {
                if right[i].is_none_or(|(best, _)| cost < best) {
                    right[i] = Some((cost, j));
                }
                if left[j].is_none_or(|(best, _)| cost < best) {
                    left[j] = Some((cost, i));
                }
            }
        }
    }
    let next: Vec<Option<usize>> = (0..letters.len())
        .map(|i| right[i].map(|(_, j)| j).filter(|&j| left[j].is_some_and(|(_, back)| back == i)))
        .collect();
    let mut has_previous = vec![false; letters.len()];
    for &j in next.iter().flatten() {
        has_previous[j] = true;
    }
    let heads = (0..letters.len()).filter(|&i| !has_previous[i]);
    heads.map(|i| std::iter::successors(Some(i), |&k| next[k]).collect()).collect()
}

/// How badly `b` follows `a` on a line, in pixels; `None` where it cannot.
fn link_cost(a: &Component, b: &Component, config: &PageConfig) -> Option<f32> {
    if b.centre_x() <= a.centre_x() {
        return None;
    }
    let (ha, hb) = (a.height(), b.height());
    let (low, high) = (ha.min(hb), ha.max(hb));
    let gap = b.area.x0 as f32 - a.area.x1 as f32;
    let overlap = a.area.y1.min(b.area.y1) as f32 - a.area.y0.max(b.area.y0) as f32;
    if low < 0.4 * high || gap > config.chain_gap * high || overlap < 0.5 * low || gap < -0.6 * a.width().min(b.width())
    {
        return None;
    }
    let off_centre = (a.area.y0 + a.area.y1) as f32 - (b.area.y0 + b.area.y1) as f32;
    Some(gap.max(0.0) + 0.2 * off_centre.abs())
}

/// Joins lines that continue each other on one baseline over a gap too wide for chaining.
fn join_pieces(mut lines: Vec<LineFit>, letters: &[Component], ink: &Ink, config: &PageConfig) -> Vec<LineFit> {
    lines.sort_unstable_by(|a, b| a.x0.total_cmp(&b.x0).then(a.baseline.total_cmp(&b.baseline)));
    let mut out: Vec<LineFit> = Vec::with_capacity(lines.len());
    let mut bands = Bands::of(ink.height());
    let file = |bands: &mut Bands, k: usize, l: &LineFit| {
        let (top, bottom) = l.baseline_rows(config.join_gap_xh * l.x_height_px / LEAST_RATIO);
        bands.file(k, top, bottom);
    };
    for line in lines {
        let follows = |before: &LineFit| {
            let x_height = before.x_height_px.max(line.x_height_px);
            let gap = line.x0 - before.x1;
            let step = (before.baseline_at(line.x0) - line.baseline).abs();
            let alike = before.x_height_px.min(line.x_height_px) > LEAST_RATIO * x_height;
            gap > -0.5 * x_height && gap < config.join_gap_xh * x_height && step < 0.3 * x_height && alike
        };
        let step = 0.3 * line.x_height_px / LEAST_RATIO;
        let near = bands.near(line.baseline - step, line.baseline + step);
        let before = near.into_iter().rev().find(|&k| follows(&out[k]));
        let joined = before.and_then(|k| {
            let members = out[k].members.iter().chain(&line.members).copied().collect();
            Some((k, fit(members, letters, ink, None, config)?))
        });
        let k = match joined {
            Some((k, joined)) => {
                out[k] = joined;
                k
            }
            None => {
                out.push(line);
                out.len() - 1
            }
        };
        file(&mut bands, k, &out[k]);
    }
    out
}

/// Pieces of one line are no smaller than this, against each other.
const LEAST_RATIO: f32 = 0.7;

/// Lines too short to have a slope of their own take the middle one of the five nearest long lines.
fn level_short_lines(lines: &mut [LineFit], letters: &[Component], ink: &Ink, config: &PageConfig) {
    let mut long: Vec<(f32, f32)> = lines
        .iter()
        .filter(|l| l.width() > config.own_slope_xh * l.x_height_px && l.members.len() >= 8)
        .map(|l| (l.baseline, l.slope))
        .collect();
    long.sort_by(|a, b| a.0.total_cmp(&b.0));
    for line in lines.iter_mut().filter(|l| l.width() <= config.own_slope_xh * l.x_height_px || l.members.len() < 8) {
        let below = long.partition_point(|&(y, _)| y < line.baseline);
        let near = &long[below.saturating_sub(5)..(below + 5).min(long.len())];
        let mut near: Vec<(f32, f32)> = near.iter().map(|&(y, slope)| ((y - line.baseline).abs(), slope)).collect();
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(5);
        let mut slopes: Vec<f32> = near.iter().map(|&(_, slope)| slope).collect();
        let slope = if slopes.is_empty() { 0.0 } else { median(&mut slopes) };
        if slope != line.slope
            && let Some(level) = fit(line.members.clone(), letters, ink, Some(slope), config)
        {
            *line = level;
        }
    }
}

/// Drops lines made of other lines' accents, dots and descenders: small, and inside of a larger line's height.
pub(super) fn drop_shadows(lines: &mut Vec<LineFit>, height_px: usize) {
    let all = &*lines;
    let mut bands = Bands::of(height_px);
    for (k, l) in all.iter().enumerate() {
        let (top, bottom) = l.baseline_rows(0.0);
        bands.file(k, top - 1.8 * l.x_height_px, bottom + 0.6 * l.x_height_px);
    }
    let is_longer = |a: &LineFit, b: &LineFit| {
        let by_letters = || a.members.len().cmp(&b.members.len()).then(b.x_height_px.total_cmp(&a.x_height_px));
        a.width().total_cmp(&b.width()).then_with(by_letters).is_gt()
    };
    let stays = |l: &LineFit| {
        let (top, bottom) = l.baseline_rows(0.0);
        let reach = 0.5 * l.x_height_px;
        let near = bands.near(top - reach, bottom + reach);
        let near = || near.iter().map(|&k| &all[k]);
        let middle = (l.x0 + l.x1) / 2.0;
        let overlap = |big: &LineFit| (l.x1.min(big.x1) - l.x0.max(big.x0)).max(0.0);
        // The same text twice: keep the longer one; of lines that grew to the same ends, that of more letters. One that is nearly
        // as long and has twice the letters is better: the longer one's melted with an underline.
        let twice = near().any(|other| {
            let above = other.baseline_at(middle) - l.baseline_at(middle);
            let (own, others) = (l.members.len(), other.members.len());
            overlap(other) > 0.5 * l.width()
                && above.abs() < 0.5 * other.x_height_px.max(l.x_height_px)
                && (2 * others >= own && is_longer(other, l) || others > 2 * own && overlap(other) > 0.9 * l.width())
        });
        // The larger lines may be several, one after the other.
        let larger = near().filter(|big| {
            let x = (l.x0.max(big.x0) + l.x1.min(big.x1)) / 2.0;
            let above = big.baseline_at(x) - l.baseline_at(x);
            l.x_height_px < 0.6 * big.x_height_px
                && overlap(big) > 0.0
                && (-0.6 * big.x_height_px..1.8 * big.x_height_px).contains(&above)
        });
        let (covered, letters) = larger.fold((0.0, 0), |(c, n), big| (c + overlap(big), n + big.members.len()));
        let shadow = covered > 0.5 * l.width() && 2 * letters >= l.members.len();
        !(twice || shadow)
    };
    let mut stay = all.iter().map(stays).collect::<Vec<bool>>().into_iter();
    lines.retain(|_| stay.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A picture of no height has one band: everything is near everything.
    const ALL: usize = 0;

    fn lines() -> impl Strategy<Value = Vec<LineFit>> {
        let line = (0.0f32..300.0, 5.0f32..200.0, 0.0f32..900.0, -0.1f32..0.1, 2.2f32..40.0, 0usize..30);
        let line = line.prop_map(|(x0, width, baseline, slope, x_height_px, letters)| LineFit {
            x0,
            x1: x0 + width,
            baseline,
            slope,
            x_height_px,
            members: (0..letters).collect(),
        });
        prop::collection::vec(line, 0..40)
    }

    fn components() -> impl Strategy<Value = Vec<Component>> {
        let component = (0usize..400, 0usize..900, 1usize..25, 1usize..25);
        let component = component.prop_map(|(x0, y0, width, height)| Component {
            area: Area { x0, y0, x1: x0 + width, y1: y0 + height },
            pixels: (width * height) as u32,
        });
        prop::collection::vec(component, 0..60)
    }

    proptest! {
        /// Oracle: each line and component compared with all lines of the picture.
        #[test]
        fn lines_near_by_do_what_all_lines_do(lines in lines(), components in components()) {
            let (mut by_bands, mut by_all) = (lines.clone(), lines);
            drop_shadows(&mut by_bands, 900);
            drop_shadows(&mut by_all, ALL);
            prop_assert_eq!(&by_bands, &by_all);
            add_short_lines(&mut by_bands, &components, 900);
            add_short_lines(&mut by_all, &components, ALL);
            prop_assert_eq!(by_bands, by_all);
        }
    }
}
