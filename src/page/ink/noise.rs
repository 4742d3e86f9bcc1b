//! Noise of a picture, as a whole and by place (moire, sensor noise): what ink must exceed to count.
//!
//! A photo of a screen is smooth around the screen and full of fringes on it, so one figure for the noise does not do.
//! Text covers less than half of its tile, so the middle distance from the tile's middle grey value is the noise of
//! that place, with or without text.

use super::histogram::{BINS, Histogram};
use crate::page::config::PageConfig;

/// Of all tiles' mean ink in ascending order, the one at this share is the page's noise: most tiles of a page are flat.
///
/// Tuned (share): chosen by eye; 1 ÷ this.
const PAGE_NOISE_QUANTILE: usize = 3;
/// No floor is higher, however noisy the picture.
///
/// Tuned (grey levels): chosen by eye.
const MAX_FLOOR: f32 = 120.0;
/// Tiles on each side that a place's noise is taken from.
///
/// Tuned (tiles): chosen by eye; 80 pixels in all, as for the background. At 3× and 4× they hold fewer letters, all of
/// which may count as noise.
const REACH: usize = 2;
/// Of the noise of these tiles in ascending order, the one at this share counts: small dense text is no noise.
///
/// Tuned (share): chosen by eye; 1 ÷ this, the lower quartile.
const LOCAL_NOISE_QUANTILE: usize = 4;

/// The least ink that counts in each tile, from the mean ink of all tiles and the noise of each.
pub(crate) fn floors(mut tile_means: Vec<f32>, tile_noise: &[u8], tiles_x: usize, config: &PageConfig) -> Vec<u8> {
    let quantile = tile_means.len() / PAGE_NOISE_QUANTILE;
    let page_noise = *tile_means.select_nth_unstable_by(quantile, f32::total_cmp).1;
    let floor = |noise: f32, factor: f32| (f32::from(config.min_ink) + factor * noise).min(MAX_FLOOR) as u8;
    let everywhere = floor(page_noise, config.noise_factor);
    local_noise(tile_noise, tiles_x)
        .iter()
        .map(|&noise| everywhere.max(floor(f32::from(noise), config.local_noise_factor)))
        .collect()
}

/// The middle distance from the middle value of a tile, from its histogram, in grey values.
pub(crate) fn noise_of_tile(histogram: &Histogram) -> u8 {
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

/// The noise of each tile's surroundings: a low one of the tiles around it, so that small dense text does not count.
fn local_noise(tiles: &[u8], tiles_x: usize) -> Vec<u8> {
    let tiles_y = tiles.len().div_ceil(tiles_x.max(1));
    let mut around = Vec::with_capacity((2 * REACH + 1) * (2 * REACH + 1));
    let mut out = Vec::with_capacity(tiles.len());
    // Tiles with noise in each column within reach.
    let mut noisy = vec![0u8; tiles_x];
    for ty in 0..tiles_y {
        let rows = ty.saturating_sub(REACH)..(ty + REACH + 1).min(tiles_y);
        noisy.fill(0);
        for row in tiles[rows.start * tiles_x..rows.end * tiles_x].chunks_exact(tiles_x) {
            noisy.iter_mut().zip(row).for_each(|(n, &noise)| *n += u8::from(noise > 0));
        }
        for tx in 0..tiles_x {
            let columns = tx.saturating_sub(REACH)..(tx + REACH + 1).min(tiles_x);
            let all = rows.len() * columns.len();
            let low = all / LOCAL_NOISE_QUANTILE;
            let smooth = all - noisy[columns.clone()].iter().map(|&n| usize::from(n)).sum::<usize>();
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
            prop_assert_eq!(usize::from(noise_of_tile(&histogram)), (distance * 256 / BINS).min(255));
        }

        #[test]
        fn the_noise_around_is_a_low_one_of_all_tiles_around(
            tiles_x in 1usize..9,
            tiles in prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 1..60),
        ) {
            let tiles_y = tiles.len() / tiles_x;
            let tiles = &tiles[..tiles_x * tiles_y];
            let low = |tx: usize, ty: usize| {
                let near = |k: &usize| (k % tiles_x).abs_diff(tx) <= REACH && (k / tiles_x).abs_diff(ty) <= REACH;
                let mut around: Vec<u8> = (0..tiles.len()).filter(near).map(|k| tiles[k]).collect();
                around.sort_unstable();
                around[around.len() / LOCAL_NOISE_QUANTILE]
            };
            let expected: Vec<u8> = (0..tiles.len()).map(|k| low(k % tiles_x, k / tiles_x)).collect();
            prop_assert_eq!(local_noise(tiles, tiles_x), expected);
        }
    }
}
