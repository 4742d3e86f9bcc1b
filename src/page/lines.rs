//! Lines of text: components chained from left to right, then baseline and x-height from the ink's row profile.
//!
//! Chaining compares neighbours only with each other, so text of 3 px and of 80 px x-height stands side by side without any
//! scale being known. The fit looks at the ink, not at the components' boxes: it holds where letters melt together.

use std::collections::HashSet;

use super::PageConfig;
use super::bands::Bands;
use super::components::Component;
use super::grid::Grid;
use super::grow::{bridge_gaps, grow};
use super::ink::{Area, Ink};
use super::marks::add_short_lines;
use super::sample::Above;

/// A line's place: baseline `y = baseline + slope · (x - x0)` for `x` in `x0..x1`, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LineFit {
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) baseline: f32,
    pub(super) slope: f32,
    pub(super) x_height_px: f32,
    /// Its letters, by their place among all letters.
    pub(super) members: Vec<usize>,
}

impl LineFit {
    pub(super) fn baseline_at(&self, x: f32) -> f32 {
        self.baseline + self.slope * (x - self.x0)
    }

    pub(super) fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// The highest and the lowest place of its baseline, carried on by some pixels at both ends.
    pub(super) fn baseline_rows(&self, beyond_px: f32) -> (f32, f32) {
        let (a, b) = (self.baseline_at(self.x0 - beyond_px), self.baseline_at(self.x1 + beyond_px));
        (a.min(b), a.max(b))
    }

    /// Whether its x-height is that of a neighbour: too few letters, or only marks.
    pub(super) fn is_short(&self) -> bool {
        self.members.is_empty()
    }
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

/// Fits baseline and x-height to a chain; `None` where its ink has no two edges like a line of text.
fn fit(
    members: Vec<usize>,
    letters: &[Component],
    ink: &Ink,
    slope: Option<f32>,
    config: &PageConfig,
) -> Option<LineFit> {
    let boxes = || members.iter().map(|&k| &letters[k]);
    let x0 = boxes().map(|c| c.area.x0).min()? as f32;
    let x1 = boxes().map(|c| c.area.x1).max()? as f32;
    let mut heights: Vec<f32> = boxes().map(Component::height).collect();
    let height = median(&mut heights);
    // One component is a line only if it is long enough to be a word whose letters melted together.
    if x1 - x0 < if members.len() == 1 { 1.8 * height } else { height } {
        return None;
    }
    // Dashes have no x-height.
    let dashes = boxes().filter(|c| c.fill() > 0.8 && c.width() > 1.4 * c.height()).count();
    if dashes > 1 && 3 * dashes > 2 * members.len() {
        return None;
    }
    let slope = slope.unwrap_or_else(|| own_slope(&members, letters, height));
    let mut bottoms: Vec<f32> = boxes().map(|c| c.area.y1 as f32 - slope * (c.centre_x() - x0)).collect();
    bottoms.sort_unstable_by(f32::total_cmp);
    let first_guess = densest(&bottoms, 0.5 + 0.12 * height);

    let (baseline, x_height_px) = edges(ink, x0, x1, first_guess, slope, height)?;
    let plausible = x_height_px >= config.min_x_height_px * 0.8
        && x_height_px <= config.max_x_height_px
        && x1 - x0 >= x_height_px * 0.8;
    plausible.then_some(LineFit { x0, x1, baseline, slope, x_height_px, members })
}

/// Fits a line that has grown anew; `None` where the ink of all of it has no two edges near those that it had.
pub(super) fn refit(line: &LineFit, ink: &Ink, config: &PageConfig) -> Option<LineFit> {
    let xh = line.x_height_px;
    let (baseline, x_height_px) = edges(ink, line.x0, line.x1, line.baseline, line.slope, 1.15 * xh)?;
    let near = (baseline - line.baseline).abs() < 0.4 * xh && (x_height_px / xh).ln().abs() < 0.4;
    (near && x_height_px >= config.min_x_height_px * 0.8).then(|| LineFit { baseline, x_height_px, ..line.clone() })
}

/// Baseline and x-height of the ink in `x0..x1`, from its row profile, given a guess of the baseline and the height of most
/// letters.
fn edges(ink: &Ink, x0: f32, x1: f32, first_guess: f32, slope: f32, height: f32) -> Option<(f32, f32)> {
    // Row profile around the guess: ink per row, the slope taken out.
    let (up, down) = ((height * 2.0 + 3.0).ceil(), (height * 0.9 + 3.0).ceil());
    let profile = Profile::of(ink, x0, x1, first_guess, slope, up, down);
    let low = profile.steepest_fall(first_guess - 0.55 * height, first_guess + 0.4 * height)?;
    let baseline = profile.edge_below(low, 0.3 * height);
    let top = profile.steepest_rise(baseline - 1.15 * height - 1.0, baseline - (0.33 * height).max(1.5))?;
    let x_line = profile.edge_above(top, 0.3 * height);
    Some((baseline, baseline - x_line))
}

/// Slope of a chain: of its bottoms, or of its tops if that is much less: an underline below a part of the chain slopes bottoms.
fn own_slope(members: &[usize], letters: &[Component], height: f32) -> f32 {
    let half = members.len() / 2;
    if half < 3 {
        return 0.0;
    }
    // The median slope between members half a chain apart.
    let slope_of = |edge: fn(&Component) -> usize| {
        let pairs = members.iter().zip(&members[half..]).map(|(&a, &b)| (&letters[a], &letters[b]));
        let mut slopes: Vec<f32> = pairs
            .filter(|(a, b)| b.centre_x() - a.centre_x() > 2.0 * height)
            .map(|(a, b)| (edge(b) as f32 - edge(a) as f32) / (b.centre_x() - a.centre_x()))
            .collect();
        if slopes.is_empty() { 0.0 } else { median(&mut slopes).clamp(-0.35, 0.35) }
    };
    let (bottoms, tops) = (slope_of(|c| c.area.y1), slope_of(|c| c.area.y0));
    let length = letters[members[members.len() - 1]].centre_x() - letters[members[0]].centre_x();
    if (bottoms.abs() - tops.abs()) * length > UNDERLINE_STEP * height { tops } else { bottoms }
}

/// An underline moves the bottoms of letters by more than this share of their height.
const UNDERLINE_STEP: f32 = 0.3;

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

/// Ink per row along a line, in steps of one pixel.
struct Profile {
    top: f32,
    rows: Vec<f32>,
}

impl Profile {
    fn of(ink: &Ink, x0: f32, x1: f32, baseline: f32, slope: f32, up: f32, down: f32) -> Self {
        let top = (baseline - up).floor();
        let mut rows = vec![0.0f32; (up + down) as usize + 3];
        let columns = x0 as usize..(x1.ceil() as usize).min(ink.width());
        let mut above = Above::of(ink, columns.start, columns.end);
        if slope == 0.0 {
            for (y, row) in (top as i64..).zip(&mut rows).filter(|&(y, _)| y >= 0 && (y as usize) < ink.height()) {
                *row = above.row_sum(y as usize) as f32;
            }
            return Self { top, rows };
        }
        let mut column = vec![0.0f32; rows.len() + 1];
        for x in columns {
            let shift = top + slope * (x as f32 + 0.5 - x0);
            let (first, rest) = (shift.floor(), shift - shift.floor());
            above.column(x, first as i64, &mut column);
            for (row, (v, next)) in rows.iter_mut().zip(column.iter().zip(&column[1..])) {
                *row += if rest < 1e-3 { *v } else { v * (1.0 - rest) + next * rest };
            }
        }
        Self { top, rows }
    }

    fn at(&self, k: i64) -> f32 {
        usize::try_from(k).ok().and_then(|k| self.rows.get(k)).copied().unwrap_or(0.0)
    }

    fn index(&self, y: f32) -> i64 {
        (y - self.top).round() as i64
    }

    /// The row boundary in `from..to` where ink falls most from the row above to the row below.
    fn steepest_fall(&self, from: f32, to: f32) -> Option<i64> {
        let fall = |k: i64| self.at(k - 1) - self.at(k);
        let wide = |k: i64| fall(k) + 0.5 * (fall(k - 1) + fall(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| fall(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// The row boundary in `from..to` where ink rises most from the row above to the row below.
    fn steepest_rise(&self, from: f32, to: f32) -> Option<i64> {
        let rise = |k: i64| self.at(k) - self.at(k - 1);
        let wide = |k: i64| rise(k) + 0.5 * (rise(k - 1) + rise(k + 1));
        (self.index(from)..=self.index(to)).filter(|&k| rise(k) > 0.0).max_by(|&a, &b| wide(a).total_cmp(&wide(b)))
    }

    /// Sub-pixel place where ink crosses half of its fall near boundary `k`.
    fn edge_below(&self, k: i64, reach: f32) -> f32 {
        let n = (reach.round() as i64).max(1);
        let inside = (k - 1 - n..k).map(|j| self.at(j)).fold(0.0, f32::max);
        let outside = (k..=k + n).map(|j| self.at(j)).fold(f32::INFINITY, f32::min);
        let half = (inside + outside) / 2.0;
        // From the strongest row inside downwards to the first row below half.
        let mut j = (k - 1 - n..k).max_by(|&a, &b| self.at(a).total_cmp(&self.at(b))).unwrap_or(k - 1);
        while self.at(j + 1) > half && j < k + n {
            j += 1;
        }
        let (a, b) = (self.at(j), self.at(j + 1));
        // Rows are boxes of one pixel: row j covers [j, j + 1), its centre lies at j + 0.5.
        self.top + j as f32 + 0.5 + if a > b { ((a - half) / (a - b)).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// Sub-pixel place where ink crosses half of its rise near boundary `k`.
    fn edge_above(&self, k: i64, reach: f32) -> f32 {
        let n = (reach.round() as i64).max(1);
        let inside = (k..=k + n).map(|j| self.at(j)).fold(0.0, f32::max);
        let outside = (k - 1 - n..k).map(|j| self.at(j)).fold(f32::INFINITY, f32::min);
        let half = (inside + outside) / 2.0;
        let mut j = (k..=k + n).max_by(|&a, &b| self.at(a).total_cmp(&self.at(b))).unwrap_or(k);
        while self.at(j - 1) > half && j > k - 1 - n {
            j -= 1;
        }
        let (a, b) = (self.at(j), self.at(j - 1));
        self.top + j as f32 + 0.5 - if a > b { ((a - half) / (a - b)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

/// The middle value (the upper one of two).
pub(super) fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Mean of the most crowded window of `2 · reach` in sorted values.
fn densest(sorted: &[f32], reach: f32) -> f32 {
    let mut best: &[f32] = &sorted[..1];
    let mut end = 0;
    for start in 0..sorted.len() {
        while end < sorted.len() && sorted[end] - sorted[start] <= 2.0 * reach {
            end += 1;
        }
        if end - start > best.len() {
            best = &sorted[start..end];
        }
    }
    best.iter().sum::<f32>() / best.len() as f32
}
