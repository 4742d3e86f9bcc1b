//! Chains: letters strung together from left to right, each the best neighbour of the other.
//!
//! Neighbours are compared only with each other, so text of 3 px and of 80 px x-height stands side by side without any
//! scale being known.

use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::spatial::area::Area;
use crate::page::spatial::grid::Grid;

/// Least height of a letter's neighbour, as a share of the higher one of both.
///
/// Tuned (share): chosen by eye; a comma or an "e" beside an ascender is higher.
const MIN_HEIGHT_RATIO: f32 = 0.4;

/// Least common height of neighbours, as a share of the lower one's.
///
/// Tuned (share): chosen by eye.
const MIN_OVERLAP: f32 = 0.5;

/// How far neighbours may reach over each other, as a share of the narrower one's width: italics.
///
/// Tuned (share): chosen by eye.
const MAX_REACH_OVER: f32 = 0.6;

/// Cost of a neighbour that stands higher or lower: pixels of gap for each pixel that top and bottom together are off.
///
/// Tuned (factor): chosen by eye.
const OFF_CENTRE_COST: f32 = 0.2;

/// Sequences of components, left to right, in which each is the best neighbour of the other.
pub(super) fn chains(letters: &[Component], config: &PageConfig) -> Vec<Vec<usize>> {
    let next = successors(letters, config);
    let mut has_previous = vec![false; letters.len()];
    for &j in next.iter().flatten() {
        has_previous[j] = true;
    }
    let heads = (0..letters.len()).filter(|&i| !has_previous[i]);
    heads.map(|i| std::iter::successors(Some(i), |&k| next[k]).collect()).collect()
}

/// For each letter its best neighbour to the right, if it is in turn that one's best neighbour to the left.
fn successors(letters: &[Component], config: &PageConfig) -> Vec<Option<usize>> {
    // Each under its left edge.
    let grid = Grid::new(letters.iter().map(|c| Area { x1: c.area.x0 + 1, ..c.area }));
    let mut right: Vec<Option<(f32, usize)>> = vec![None; letters.len()];
    let mut left: Vec<Option<(f32, usize)>> = vec![None; letters.len()];
    for (i, a) in letters.iter().enumerate() {
        // The gap is measured in heights of the higher one.
        let reach = config.chain_gap * a.height() * (1.0 / MIN_HEIGHT_RATIO);
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
    let best_of_both = |(i, right): (usize, Option<(f32, usize)>)| {
        right.map(|(_, j)| j).filter(|&j| left[j].is_some_and(|(_, back)| back == i))
    };
    right.into_iter().enumerate().map(best_of_both).collect()
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
    if low < MIN_HEIGHT_RATIO * high
        || gap > config.chain_gap * high
        || overlap < MIN_OVERLAP * low
        || gap < -MAX_REACH_OVER * a.width().min(b.width())
    {
        return None;
    }
    let off_centre = (a.area.y0 + a.area.y1) as f32 - (b.area.y0 + b.area.y1) as f32;
    Some(gap.max(0.0) + OFF_CENTRE_COST * off_centre.abs())
}

#[cfg(test)]
mod tests {
    use super::super::testing::component;
    use super::*;

    fn chained(letters: &[Component]) -> Vec<Vec<usize>> {
        let mut chains = chains(letters, &PageConfig::default());
        chains.sort();
        chains
    }

    #[test]
    fn letters_follow_each_other_whatever_their_size() {
        let row = |y0: usize, width: usize, height: usize, n: usize| {
            (0..n).map(move |k| component(10 + k * (width + width / 2), y0, width, height))
        };
        let mut letters: Vec<Component> = row(0, 2, 3, 5).chain(row(20, 60, 80, 4)).chain(row(60, 8, 10, 1)).collect();
        // Found in any order.
        letters.swap(1, 3);
        assert_eq!(chained(&letters), [vec![0, 3, 2, 1, 4], vec![5, 6, 7, 8], vec![9]]);
    }

    #[test]
    fn what_is_too_far_too_low_or_off_the_line_does_not_follow() {
        let first = component(0, 20, 8, 10);
        let follows = |b: Component| chained(&[first, b]).len() == 1;
        assert!(follows(component(8 + 13, 20, 8, 10)), "1.3 heights away");
        assert!(!follows(component(8 + 14, 20, 8, 10)));
        assert!(follows(component(10, 26, 4, 4)), "a comma of .4 heights");
        assert!(!follows(component(10, 27, 3, 3)));
        assert!(follows(component(10, 25, 8, 10)), "half of the height in common");
        assert!(!follows(component(10, 26, 8, 10)));
    }
}
