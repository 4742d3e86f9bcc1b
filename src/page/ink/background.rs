//! The local background: the most frequent grey value around each tile, and which tiles are nothing but one value.
//!
//! One pass over the pixels. Only the histograms of the rows of tiles within reach are kept, and sums of them are
//! changed by what enters and leaves: a tile costs the same whatever the reach, and most tiles of a screenshot, all of
//! one value, cost a comparison.

use std::collections::VecDeque;

use super::histogram::{BINS, Histogram, add, best_bin, bin_of, centre, subtract};
use super::noise::noise_of_tile;
use crate::raster::Raster;

/// Side of a background tile, in pixels.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× see [`TILE_REACH`].
pub(crate) const TILE: usize = 16;
/// The background is the mode over (2 × this + 1)² tiles: 80 px, more than the strokes of large headings.
///
/// Tuned (tiles): chosen by eye. At 3× and 4× strokes of headings fill half of 80 pixels, and letter and ground change
/// places within them.
const TILE_REACH: usize = 2;
/// What is known of each tile, row by row.
pub(crate) struct Background {
    pub(crate) tiles_x: usize,
    /// The background's grey value.
    pub(crate) mode: Vec<u8>,
    /// Noise of the tile by itself.
    pub(crate) noise: Vec<u8>,
    /// The grey value of a tile that has only one.
    pub(crate) flat: Vec<Option<u8>>,
}

impl Background {
    pub(crate) fn new(raster: &Raster) -> Self {
        let (tiles_x, tiles_y) = ((raster.width() as usize).div_ceil(TILE), (raster.height() as usize).div_ceil(TILE));
        let tiles = || Vec::with_capacity(tiles_x * tiles_y);
        let mut this = Self { tiles_x, mode: tiles(), noise: tiles(), flat: Vec::with_capacity(tiles_x * tiles_y) };
        // Rows of tiles within reach, and the sums of each column of them.
        let mut rows: VecDeque<Vec<Tile>> = VecDeque::with_capacity(2 * TILE_REACH + 1);
        let mut columns = vec![[0; BINS]; tiles_x];
        for ty in 0..tiles_y + TILE_REACH {
            let mut row = if rows.len() > 2 * TILE_REACH { rows.pop_front() } else { None };
            for (column, leaves) in columns.iter_mut().zip(row.iter().flatten()) {
                leaves.subtract_from(column);
            }
            if ty < tiles_y {
                let mut row = row.take().unwrap_or_else(|| vec![Tile::BLANK; tiles_x]);
                this.count(raster, ty, &mut row);
                columns.iter_mut().zip(&row).for_each(|(column, enters)| enters.add_to(column));
                rows.push_back(row);
            } else {
                // Beyond the last row nothing enters.
                rows.push_back(Vec::new());
            }
            if ty >= TILE_REACH {
                this.modes(&columns);
            }
        }
        this
    }

    /// The backgrounds of a row of tiles, from the sums of the columns within reach.
    fn modes(&mut self, columns: &[Histogram]) {
        let mut sum = [0; BINS];
        columns.iter().take(TILE_REACH).for_each(|column| add(&mut sum, column));
        let mut last = 0;
        for tx in 0..columns.len() {
            if let Some(enters) = columns.get(tx + TILE_REACH) {
                add(&mut sum, enters);
            }
            // Most tiles have their neighbour's background: more than half of all pixels settle it.
            if sum[last] <= MAJORITY {
                last = best_bin(&sum);
            }
            self.mode.push(centre(&sum, last));
            if tx >= TILE_REACH {
                subtract(&mut sum, &columns[tx - TILE_REACH]);
            }
        }
    }

    /// Histograms of a row of tiles, and what they tell of each tile.
    fn count(&mut self, raster: &Raster, ty: usize, row: &mut [Tile]) {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let (y0, y1) = (ty * TILE, ((ty + 1) * TILE).min(height));
        let rows = raster.luma()[y0 * width..y1 * width].chunks_exact(width);
        // Pixel by pixel along whole rows, as they lie in memory: whether any differs from the first one of its tile.
        let mut first = raster.row(y0 as u32).to_vec();
        first.chunks_mut(TILE).for_each(|tile| tile.fill(tile[0]));
        let mut differs = vec![0u8; width];
        let mut pairs = rows.clone();
        while let Some(a) = pairs.next() {
            let b = pairs.next().unwrap_or(a);
            for ((differs, first), (a, b)) in differs.iter_mut().zip(&first).zip(a.iter().zip(b)) {
                *differs |= (a ^ first) | (b ^ first);
            }
        }
        for ((tx, tile), differs) in row.iter_mut().enumerate().zip(differs.chunks(TILE)) {
            let value = first[tx * TILE];
            let flat = differs.iter().fold(0, |any, d| any | d) == 0;
            self.flat.push(flat.then_some(value));
            tile.flat = flat.then_some((bin_of(value), (differs.len() * (y1 - y0)) as u16));
            if flat {
                self.noise.push(0);
            } else {
                let across = tx * TILE..tx * TILE + differs.len();
                tile.histogram = histogram_of(rows.clone().map(|row| &row[across.clone()]));
                self.noise.push(noise_of_tile(&tile.histogram));
            }
        }
    }
}

/// The pixels of a tile by grey value.
#[derive(Clone)]
struct Tile {
    /// The only bin of a tile of one value, and its pixels.
    flat: Option<(usize, u16)>,
    /// The bins of any other tile.
    histogram: Histogram,
}

impl Tile {
    const BLANK: Self = Self { flat: None, histogram: [0; BINS] };

    fn add_to(&self, total: &mut Histogram) {
        match self.flat {
            Some((bin, pixels)) => total[bin] += pixels,
            None => add(total, &self.histogram),
        }
    }

    fn subtract_from(&self, total: &mut Histogram) {
        match self.flat {
            Some((bin, pixels)) => total[bin] -= pixels,
            None => subtract(total, &self.histogram),
        }
    }
}

/// The histogram of some rows of pixels.
fn histogram_of<'a>(rows: impl Iterator<Item = &'a [u8]>) -> Histogram {
    // Neighbours are often alike, and would wait for each other in one histogram.
    let mut halves = [[0; BINS]; 2];
    rows.for_each(|row| count_row(row, &mut halves));
    let [mut histogram, other] = halves;
    add(&mut histogram, &other);
    histogram
}

fn count_row(row: &[u8], [even, odd]: &mut [Histogram; 2]) {
    let (eights, rest) = row.as_chunks::<8>();
    for eight in eights {
        // Most are eight of one value.
        let bins = u64::from_le_bytes(*eight) & SAME_BIN;
        if bins == u64::from_le_bytes([eight[0]; 8]) & SAME_BIN {
            even[bin_of(eight[0])] += 8;
        } else {
            for [a, b] in eight.as_chunks::<2>().0 {
                even[bin_of(*a)] += 1;
                odd[bin_of(*b)] += 1;
            }
        }
    }
    rest.iter().for_each(|&v| even[bin_of(v)] += 1);
}

/// The bits of eight grey values that say which bin they are in.
const SAME_BIN: u64 = 0xFCFC_FCFC_FCFC_FCFC;

/// More than half of the pixels of all tiles within reach.
const MAJORITY: u16 = ((2 * TILE_REACH + 1) * TILE).pow(2) as u16 / 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each tile by itself, from the pixels of all tiles within reach.
    fn plainly(raster: &Raster) -> Background {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let (tiles_x, tiles_y) = (width.div_ceil(TILE), height.div_ceil(TILE));
        let mut all = Background { tiles_x, mode: Vec::new(), noise: Vec::new(), flat: Vec::new() };
        for ty in 0..tiles_y {
            let mut last = 0;
            for tx in 0..tiles_x {
                let pixels = |reach: usize| {
                    let within =
                        move |t: usize, end: usize| t.saturating_sub(reach) * TILE..((t + reach + 1) * TILE).min(end);
                    within(ty, height).flat_map(move |y| raster.luma()[y * width..][within(tx, width)].iter().copied())
                };
                let histogram = |reach: usize| {
                    let mut bins = [0u16; BINS];
                    pixels(reach).for_each(|v| bins[bin_of(v)] += 1);
                    bins
                };
                let own: Vec<u8> = pixels(0).collect();
                all.flat.push(own.iter().all(|&v| v == own[0]).then_some(own[0]));
                all.noise.push(noise_of_tile(&histogram(0)));
                let around = histogram(TILE_REACH);
                if around[last] <= MAJORITY {
                    last = best_bin(&around);
                }
                all.mode.push(centre(&around, last));
            }
        }
        all
    }

    proptest! {
        #[test]
        fn sums_that_tiles_enter_and_leave_are_those_of_all_tiles_within_reach(
            (width, height, ground) in (1usize..150, 1usize..150, any::<u8>()),
            boxes in prop::collection::vec((0usize..150, 0usize..150, 1usize..100, 1usize..100, any::<u8>()), 0..6),
            dots in prop::collection::vec((0usize..150, 0usize..150, any::<u8>()), 0..300),
        ) {
            let mut luma = vec![ground; width * height];
            let dots = dots.into_iter().map(|(x, y, v)| (x, y, 1, 1, v));
            for (x, y, w, h, v) in boxes.into_iter().chain(dots) {
                for row in luma.chunks_mut(width).skip(y % height).take(h) {
                    let x = x % width;
                    row[x..(x + w).min(width)].fill(v);
                }
            }
            let raster = Raster::from_luma(width as u32, height as u32, luma).expect("matching size");
            let (fast, plain) = (Background::new(&raster), plainly(&raster));
            prop_assert_eq!((fast.tiles_x, fast.mode, fast.noise, fast.flat), (plain.tiles_x, plain.mode, plain.noise, plain.flat));
        }

        #[test]
        fn a_bin_as_good_as_the_best_is_found_first(bins in prop::collection::vec(0u16..200, BINS)) {
            let bins: [u16; BINS] = bins.try_into().expect("as many");
            let at = |k: usize| bins.get(k).map_or(0, |&n| u32::from(n));
            let three = |k: usize| at(k.wrapping_sub(1)) + 2 * at(k) + at(k + 1);
            let best = (0..BINS).rev().max_by_key(|&k| three(k));
            prop_assert_eq!(Some(best_bin(&bins)), best);
        }
    }
}
