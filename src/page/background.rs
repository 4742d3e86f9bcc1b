//! The local background: the most frequent grey value around each tile, and which tiles are nothing but one value.
//!
//! One pass over the pixels. Only the histograms of the rows of tiles within reach are kept, and sums of them are changed by
//! what enters and leaves: a tile costs the same whatever the reach, and most tiles of a screenshot, all of one value, cost a
//! comparison.

use std::collections::VecDeque;
use std::ops::Add;

use super::grain;
use crate::raster::Raster;

/// Side of a background tile, in pixels.
pub(super) const TILE: usize = 16;
/// The background is the mode over (2 × this + 1)² tiles: 80 px, more than the strokes of large headings.
const TILE_REACH: usize = 2;
/// Grey values are counted in bins of four.
pub(super) const BINS: usize = 64;

/// Pixels by grey value; those of all tiles within reach are 6,400.
pub(super) type Histogram = [u16; BINS];

/// What is known of each tile, row by row.
pub(super) struct Background {
    pub(super) tiles_x: usize,
    /// The background's grey value.
    pub(super) mode: Vec<u8>,
    /// Grain of the tile by itself.
    pub(super) grain: Vec<u8>,
    /// The grey value of a tile that has only one.
    pub(super) flat: Vec<Option<u8>>,
}

impl Background {
    pub(super) fn of(raster: &Raster) -> Self {
        let (tiles_x, tiles_y) = ((raster.width() as usize).div_ceil(TILE), (raster.height() as usize).div_ceil(TILE));
        let tiles = || Vec::with_capacity(tiles_x * tiles_y);
        let mut this = Self { tiles_x, mode: tiles(), grain: tiles(), flat: Vec::with_capacity(tiles_x * tiles_y) };
        let blank = || vec![[0; BINS]; tiles_x];
        let (mut row, mut total) = (blank(), blank());
        // Rows of tiles within reach, summed across, and one that is free to be used again.
        let mut rows: VecDeque<Vec<Histogram>> = VecDeque::with_capacity(2 * TILE_REACH + 1);
        let mut spare = None;
        for ty in 0..tiles_y + TILE_REACH {
            if ty < tiles_y {
                this.count(raster, ty, &mut row);
                let mut sums = spare.take().unwrap_or_else(blank);
                sum_across(&row, &mut sums);
                total.iter_mut().zip(&sums).for_each(|(t, s)| add(t, s));
                rows.push_back(sums);
            }
            if ty >= TILE_REACH {
                // Most tiles have their neighbour's background: more than half of all pixels settle it.
                let mut last = 0;
                this.mode.extend(total.iter().map(|histogram| {
                    if histogram[last] <= MAJORITY {
                        last = best_bin(histogram);
                    }
                    centre(histogram, last)
                }));
            }
            if ty >= 2 * TILE_REACH {
                spare = rows.pop_front();
                total.iter_mut().zip(spare.iter().flatten()).for_each(|(t, s)| subtract(t, s));
            }
        }
        this
    }

    /// Histograms of a row of tiles, and what they tell of each tile.
    fn count(&mut self, raster: &Raster, ty: usize, row: &mut [Histogram]) {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let (y0, y1) = (ty * TILE, ((ty + 1) * TILE).min(height));
        let rows = raster.luma()[y0 * width..y1 * width].chunks_exact(width);
        // Pixel by pixel along whole rows, as they lie in memory: whether any differs from the first one of its tile.
        let mut first = raster.row(y0 as u32).to_vec();
        first.chunks_mut(TILE).for_each(|tile| tile.fill(tile[0]));
        let mut differs = vec![0; width];
        for row in rows.clone() {
            for ((differs, grey), first) in differs.iter_mut().zip(row).zip(&first) {
                *differs |= grey ^ first;
            }
        }
        for ((tx, histogram), differs) in row.iter_mut().enumerate().zip(differs.chunks(TILE)) {
            *histogram = [0; BINS];
            let value = first[tx * TILE];
            let flat = differs.iter().fold(0, |any, d| any | d) == 0;
            self.flat.push(flat.then_some(value));
            if flat {
                histogram[usize::from(value) / 4] = (differs.len() * (y1 - y0)) as u16;
                self.grain.push(0);
            } else {
                let across = tx * TILE..tx * TILE + differs.len();
                rows.clone().for_each(|row| count_row(&row[across.clone()], histogram));
                self.grain.push(grain::of_tile(histogram));
            }
        }
    }
}

fn count_row(row: &[u8], histogram: &mut Histogram) {
    let (eights, rest) = row.as_chunks::<8>();
    for eight in eights {
        // Runs of one value, as most are, would wait for each other.
        let bins = u64::from_le_bytes(*eight) & SAME_BIN;
        if bins == u64::from_le_bytes([eight[0]; 8]) & SAME_BIN {
            histogram[usize::from(eight[0]) / 4] += 8;
        } else {
            eight.iter().for_each(|&v| histogram[usize::from(v) / 4] += 1);
        }
    }
    rest.iter().for_each(|&v| histogram[usize::from(v) / 4] += 1);
}

/// The bits of eight grey values that say which bin they are in.
const SAME_BIN: u64 = 0xFCFC_FCFC_FCFC_FCFC;

/// More than half of the pixels of all tiles within reach.
const MAJORITY: u16 = ((2 * TILE_REACH + 1) * TILE).pow(2) as u16 / 2;

/// The most frequent grey value, from a histogram in bins of four. Four times the number of pixels must fit the counters.
pub(super) fn mode<N: Count>(histogram: &[N; BINS]) -> u8 {
    centre(histogram, best_bin(histogram))
}

/// Numbers of pixels.
pub(super) trait Count: Copy + Default + Ord + Add<Output = Self> + Into<u32> {}

impl Count for u16 {}
impl Count for u32 {}

/// The middle one of the best three bins in a row, itself counting twice.
fn best_bin<N: Count>(histogram: &[N; BINS]) -> usize {
    let mut padded = [N::default(); BINS + 2];
    padded[1..=BINS].copy_from_slice(histogram);
    let mut three = [N::default(); BINS];
    for (k, three) in three.iter_mut().enumerate() {
        *three = padded[k] + padded[k + 1] + padded[k + 1] + padded[k + 2];
    }
    let most = three.iter().fold(N::default(), |a, &b| a.max(b));
    three.iter().position(|&n| n == most).unwrap_or(0)
}

/// The centre of gravity of three bins in a row.
fn centre<N: Count>(histogram: &[N; BINS], middle: usize) -> u8 {
    let (mut weight, mut sum) = (0u64, 0u64);
    for (k, &pixels) in histogram.iter().enumerate().take(middle + 2).skip(middle.saturating_sub(1)) {
        let pixels = u64::from(pixels.into());
        weight += pixels;
        // Values at the ends of the scale are mostly the ends themselves: pure black, pure white.
        let value = if k == 0 {
            0
        } else if k == BINS - 1 {
            255
        } else {
            4 * k as u64 + 2
        };
        sum += pixels * value;
    }
    sum.checked_div(weight).unwrap_or(0) as u8
}

fn add(total: &mut Histogram, more: &Histogram) {
    for (t, m) in total.iter_mut().zip(more) {
        *t += m;
    }
}

fn subtract(total: &mut Histogram, less: &Histogram) {
    for (t, l) in total.iter_mut().zip(less) {
        *t -= l;
    }
}

/// Sums of the tiles within reach of each on both sides.
fn sum_across(tiles: &[Histogram], sums: &mut [Histogram]) {
    let mut sum = [0; BINS];
    tiles.iter().take(TILE_REACH).for_each(|t| add(&mut sum, t));
    for (tx, out) in sums.iter_mut().enumerate() {
        if let Some(enters) = tiles.get(tx + TILE_REACH) {
            add(&mut sum, enters);
        }
        *out = sum;
        if tx >= TILE_REACH {
            subtract(&mut sum, &tiles[tx - TILE_REACH]);
        }
    }
}
