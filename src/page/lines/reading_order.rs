//! Reading order: which line follows which.
//!
//! Each line follows the nearest line above that it shares a column with; where two lines (two columns under one
//! heading) would follow the same one, the one that starts nearer to its left edge does, and the other opens a region
//! of its own. So a line of the body is never interleaved with its neighbour pane.

use super::fit::{LineFit, SAME_SIZE_LOG_RATIO};
use crate::page::config::PageConfig;

/// Smallest x-height of a line of a region, as a share of the line's above it.
///
/// Tuned (share): chosen by eye.
const MIN_SIZE_RATIO: f32 = 0.55;

/// A line shares a column with one above if more of the shorter one is below or above the other.
///
/// Tuned (share): chosen by eye.
const MIN_OVERLAP: f32 = 0.3;

/// Lines whose baselines are nearer to each other stand beside each other, not one below the other.
///
/// Tuned (x-heights): chosen by eye.
const MIN_STEP_XH: f32 = 0.8;

/// Text of a smaller x-height is small: it takes the mean x-height of the lines around it, not the middle one.
///
/// Tuned (pixels): chosen by eye; at 3× body text is larger, and its x-height is known to a small share.
const SMALL_PX: f32 = 6.0;

/// How far apart two estimates of one x-height can be because both edges of a line fall on whole pixels.
///
/// Tuned (pixels): mostly; at most 2. With the mean instead of the middle, text of 3 to 4.5 px is linked by .915, not
/// .903.
const SNAP_PX: f32 = 1.4;

/// Lines before and after that share their x-height.
///
/// Tuned (count): chosen by eye.
const SHARING_LINES: usize = 5;

/// Lines in reading order, region by region: indices into `lines`.
pub(crate) fn regions(lines: &[LineFit], config: &PageConfig) -> Vec<Vec<usize>> {
    let mut by_height: Vec<usize> = (0..lines.len()).collect();
    by_height.sort_unstable_by(|&a, &b| {
        middle_y(&lines[a]).total_cmp(&middle_y(&lines[b])).then(lines[a].x0.total_cmp(&lines[b].x0))
    });
    let next = successors(lines, &by_height, &predecessors(lines, &by_height, config));
    let mut has_previous = vec![false; lines.len()];
    for &k in next.iter().flatten() {
        has_previous[k] = true;
    }
    let heads = by_height.iter().copied().filter(|&k| !has_previous[k]);
    heads.map(|k| std::iter::successors(Some(k), |&k| next[k]).collect()).collect()
}

/// For each line the nearest one above that it continues.
fn predecessors(lines: &[LineFit], by_height: &[usize], config: &PageConfig) -> Vec<Option<usize>> {
    let mut above: Vec<Option<usize>> = vec![None; lines.len()];
    // Sloped lines are further from each other in their middles than where they overlap.
    let slack = 2.0 * lines.iter().map(|l| l.slope.abs() * l.width()).fold(0.0, f32::max);
    for (rank, &k) in by_height.iter().enumerate() {
        let reach = config.paragraph_gap_xh * lines[k].x_height_px / MIN_SIZE_RATIO + slack;
        let top = middle_y(&lines[k]) - reach;
        let above_it = by_height[..rank].iter().rev().copied().take_while(|&j| middle_y(&lines[j]) > top);
        let candidates = above_it.filter(|&j| continues(&lines[j], &lines[k], config));
        above[k] =
            candidates.min_by(|&a, &b| distance(&lines[a], &lines[k]).total_cmp(&distance(&lines[b], &lines[k])));
    }
    above
}

/// For each line the one that follows it: of all that continue it, the one that starts nearest to where it starts.
fn successors(lines: &[LineFit], by_height: &[usize], above: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut next: Vec<Option<usize>> = vec![None; lines.len()];
    for &k in by_height {
        let Some(j) = above[k] else { continue };
        let indent = |l: usize| (lines[l].x0 - lines[j].x0).abs();
        match next[j] {
            // A line in between reaches further down: it is not beside the other one, but follows it.
            Some(other) if middle_y(&lines[k]) - middle_y(&lines[other]) > MIN_STEP_XH * lines[k].x_height_px => {}
            Some(other) if indent(other) <= indent(k) => {}
            _ => next[j] = Some(k),
        }
    }
    next
}

fn middle_y(l: &LineFit) -> f32 {
    l.baseline_at((l.x0 + l.x1) / 2.0)
}

fn continues(upper: &LineFit, lower: &LineFit, config: &PageConfig) -> bool {
    let overlap = upper.x1.min(lower.x1) - upper.x0.max(lower.x0);
    let x_height = upper.x_height_px.max(lower.x_height_px);
    let alike = upper.x_height_px.min(lower.x_height_px) > MIN_SIZE_RATIO * x_height;
    let down = distance(upper, lower);
    alike
        && overlap > MIN_OVERLAP * upper.width().min(lower.width())
        && down > MIN_STEP_XH * x_height
        && down < config.paragraph_gap_xh * x_height
}

/// How far `lower`'s baseline lies below `upper`'s, in pixels, where they overlap.
fn distance(upper: &LineFit, lower: &LineFit) -> f32 {
    let x = (upper.x0.max(lower.x0) + upper.x1.min(lower.x1)) / 2.0;
    lower.baseline_at(x) - upper.baseline_at(x)
}

/// Lines of one region mostly have one size: each takes the middle x-height of the lines around it that are alike, the
/// longer ones counting more. Of small text, whose x-height and baseline fall on whole pixels, it takes the mean: a
/// line can be off by most of a pixel, a paragraph is not.
pub(crate) fn share_x_heights(lines: &mut [LineFit], regions: &[Vec<usize>]) {
    for region in regions {
        let own: Vec<(f32, f32)> = region.iter().map(|&k| (lines[k].x_height_px, lines[k].width())).collect();
        for (at, &k) in region.iter().enumerate() {
            let around = &own[at.saturating_sub(SHARING_LINES)..(at + SHARING_LINES + 1).min(own.len())];
            lines[k].x_height_px = shared_x_height(own[at].0, around);
        }
    }
}

/// The x-height of a line among others: their x-heights and widths, in pixels.
fn shared_x_height(own: f32, around: &[(f32, f32)]) -> f32 {
    let is_alike = |xh: f32| (xh / own).ln().abs() < SAME_SIZE_LOG_RATIO || (xh - own).abs() < SNAP_PX;
    let mut alike: Vec<(f32, f32)> = around.iter().copied().filter(|(xh, _)| is_alike(*xh)).collect();
    alike.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let width = alike.iter().map(|a| a.1).sum::<f32>();
    let mut sum = 0.0;
    let middle = alike.iter().find(|a| {
        sum += a.1;
        sum >= width / 2.0
    });
    let middle = middle.map_or(own, |m| m.0);
    let small = middle < SMALL_PX && width > 0.0;
    if small { alike.iter().map(|(xh, w)| xh * w).sum::<f32>() / width } else { middle }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, sized};
    use super::*;

    fn order(lines: &[LineFit]) -> Vec<Vec<usize>> {
        regions(lines, &PageConfig::default())
    }

    #[test]
    fn lines_of_a_column_follow_each_other() {
        let lines = [line(20, 300, 140, 30), line(20, 300, 100, 30), line(20, 200, 120, 30)];
        assert_eq!(order(&lines), [vec![1, 2, 0]]);
    }

    #[test]
    fn columns_under_a_heading_are_not_interleaved() {
        let column = |x0: usize, y: usize| line(x0, x0 + 200, y, 20);
        let lines = [
            line(20, 520, 60, 40),
            column(20, 84),
            column(320, 85),
            column(20, 104),
            column(320, 105),
            column(20, 124),
            column(320, 125),
        ];
        assert_eq!(order(&lines), [vec![0, 1, 3, 5], vec![2, 4, 6]]);
    }

    #[test]
    fn far_and_unlike_lines_open_regions() {
        let first = || line(20, 300, 40, 30);
        assert_eq!(order(&[first(), line(20, 300, 40 + 63, 30)]).len(), 1, "nearly 8 x-heights below");
        assert_eq!(order(&[first(), line(20, 300, 40 + 65, 30)]).len(), 2);
        assert_eq!(order(&[first(), line(310, 500, 60, 30)]).len(), 2, "beside");
        assert_eq!(order(&[first(), sized(20, 300, 60, 30, 4.0)]).len(), 2, "half the size");
        assert_eq!(order(&[]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_region_shares_its_x_height() {
        let shared = |sizes: &[f32], widths: &[usize]| {
            let lines = sizes.iter().zip(widths).enumerate();
            let mut lines: Vec<LineFit> = lines.map(|(k, (&s, &w))| sized(0, w, 20 * k, 9, s)).collect();
            share_x_heights(&mut lines, &[(0..sizes.len()).collect()]);
            lines.iter().map(|l| l.x_height_px).collect::<Vec<f32>>()
        };
        assert_eq!(shared(&[10.0, 10.5, 11.0], &[100; 3]), [10.5; 3], "the middle one");
        assert_eq!(shared(&[10.0, 10.5, 11.0], &[100, 100, 500]), [11.0; 3], "longer ones count more");
        assert_eq!(shared(&[10.0, 10.0, 20.0], &[100; 3]), [10.0, 10.0, 20.0], "a heading keeps its own");
        assert_eq!(shared(&[4.0, 5.0], &[100, 300]), [4.75; 2], "small text takes the mean");
    }
}
