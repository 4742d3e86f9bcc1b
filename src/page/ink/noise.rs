//! Grain of a picture: moire and sensor noise, by place.
//!
//! A photo of a screen is smooth around the screen and full of fringes on it, so one figure for the noise does not do. Text covers
//! less than half of its tile, so the middle distance from the tile's middle grey value is the grain, with or without text.

use super::histogram::{BINS, Histogram};

/// The middle distance from the middle value of a tile, from its histogram, in grey values.
pub(crate) fn of_tile(histogram: &Histogram) -> u8 {
    let pixels = histogram.iter().sum::<u16>();
    let half = pixels.div_ceil(2);
    if histogram.iter().fold(0, |a, &b| a.max(b)) > pixels / 2 {
        return 0;
    }
    let mut below = 0;
    let middle = histogram.iter().position(|&n| {
        below += n;
        below >= half
    });
    let middle = middle.unwrap_or(0);
    let at = |k: Option<usize>| k.and_then(|k| histogram.get(k)).copied().unwrap_or(0);
    let (mut near, mut distance) = (histogram[middle], 0);
    while near < half && distance < BINS {
        distance += 1;
        near += at(middle.checked_sub(distance)) + at(Some(middle + distance));
    }
    (distance * 256 / BINS).min(255) as u8
}

/// The grain of each tile's surroundings: a low one of the tiles around it, so that small dense text does not count as grain.
pub(crate) fn smoothed(tiles: &[u8], tiles_x: usize) -> Vec<u8> {
    let tiles_y = tiles.len().div_ceil(tiles_x.max(1));
    let mut around = Vec::with_capacity((2 * REACH + 1) * (2 * REACH + 1));
    let mut out = Vec::with_capacity(tiles.len());
    // Tiles with grain in each column within reach.
    let mut grainy = vec![0u8; tiles_x];
    for ty in 0..tiles_y {
        let rows = ty.saturating_sub(REACH)..(ty + REACH + 1).min(tiles_y);
        grainy.fill(0);
        for row in tiles[rows.start * tiles_x..rows.end * tiles_x].chunks_exact(tiles_x) {
            grainy.iter_mut().zip(row).for_each(|(n, &grain)| *n += u8::from(grain > 0));
        }
        for tx in 0..tiles_x {
            let columns = tx.saturating_sub(REACH)..(tx + REACH + 1).min(tiles_x);
            let all = rows.len() * columns.len();
            let low = all / 4;
            let smooth = all - grainy[columns.clone()].iter().map(|&n| usize::from(n)).sum::<usize>();
            if smooth > low {
                out.push(0);
                continue;
            }
            around.clear();
            for y in rows.clone() {
                around.extend_from_slice(&tiles[y * tiles_x..][columns.clone()]);
            }
            out.push(*around.select_nth_unstable(low).1);
        }
    }
    out
}

/// Tiles on each side that are looked at.
const REACH: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counted_or_sorted_the_middle_is_the_same(
            values in prop::collection::vec(prop_oneof![3 => 20usize..24, 1 => 0usize..BINS], 1..257),
        ) {
            let mut histogram: Histogram = [0; BINS];
            values.iter().for_each(|&v| histogram[v] += 1);
            let middle_of = |mut values: Vec<usize>| {
                values.sort_unstable();
                values[(values.len() - 1) / 2]
            };
            let middle = middle_of(values.clone());
            let distance = middle_of(values.iter().map(|v| v.abs_diff(middle)).collect());
            prop_assert_eq!(usize::from(of_tile(&histogram)), (distance * 256 / BINS).min(255));
        }

        #[test]
        fn the_grain_around_is_a_low_one_of_all_tiles_around(
            tiles_x in 1usize..9,
            tiles in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 1..60),
        ) {
            let tiles_y = tiles.len() / tiles_x;
            let tiles = &tiles[..tiles_x * tiles_y];
            let low = |tx: usize, ty: usize| {
                let near = |k: &usize| (k % tiles_x).abs_diff(tx) <= REACH && (k / tiles_x).abs_diff(ty) <= REACH;
                let mut around: Vec<u8> = (0..tiles.len()).filter(near).map(|k| tiles[k]).collect();
                around.sort_unstable();
                around[around.len() / 4]
            };
            let expected: Vec<u8> = (0..tiles.len()).map(|k| low(k % tiles_x, k / tiles_x)).collect();
            prop_assert_eq!(smoothed(tiles, tiles_x), expected);
        }
    }
}
