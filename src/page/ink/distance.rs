//! How far each pixel is from its local background: one pass over the tiles that are not background alone.

use std::ops::Range;

use super::background::{Background, TILE};
use crate::raster::Raster;

/// Side of a contrast cell, in pixels: half a tile, and what a byte of the mask holds.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× middles of large letters' counters see no stroke within two cells, and
/// what a codec left there is held to the floor alone.
pub(crate) const CELL: usize = 8;

/// Distances from the background, and what is known of cells and tiles of them.
pub(crate) struct Distances {
    /// One byte a pixel.
    pub(crate) ink: Vec<u8>,
    /// The largest of each cell, row by row.
    pub(crate) strongest: Vec<u8>,
    /// The mean of each background tile, row by row.
    pub(crate) tile_means: Vec<f32>,
}

/// What is kept for each column of a row of tiles.
struct Columns {
    /// The background.
    modes: Vec<u8>,
    /// The strongest ink within a row of cells.
    strongest: Vec<u8>,
    /// The sum over the tile: 16 × 255 fit 16 bits.
    sums: Vec<u16>,
}

impl Distances {
    pub(crate) fn new(raster: &Raster, background: &Background) -> Self {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let tiles_x = background.tiles_x;
        let mut this = Self {
            ink: vec![0; width * height],
            strongest: vec![0; width.div_ceil(CELL) * height.div_ceil(CELL)],
            tile_means: Vec::with_capacity(background.mode.len()),
        };
        let mut columns = Columns { modes: vec![0; width], strongest: vec![0; width], sums: vec![0; width] };
        let tile_rows = background.mode.chunks_exact(tiles_x).zip(background.flat.chunks_exact(tiles_x));
        for (ty, (mode, flat)) in tile_rows.enumerate() {
            columns.sums.fill(0);
            for (modes, &mode) in columns.modes.chunks_mut(TILE).zip(mode) {
                modes.fill(mode);
            }
            let rows = ty * TILE..((ty + 1) * TILE).min(height);
            let mut at = 0;
            while at < tiles_x {
                // Tiles of nothing but background are blank already; the others are measured as many as stand side by
                // side.
                let blank = |k: &usize| flat[*k] == Some(mode[*k]);
                let Some(start) = (at..tiles_x).find(|k| !blank(k)) else { break };
                at = (start..tiles_x).find(blank).unwrap_or(tiles_x);
                let across = start * TILE..(at * TILE).min(width);
                for top in rows.clone().step_by(CELL) {
                    this.measure_cells(raster, top..(top + CELL).min(rows.end), &across, &mut columns);
                }
            }
            this.tile_means.extend(columns.sums.chunks(TILE).map(|columns| {
                let sum: u32 = columns.iter().map(|&s| u32::from(s)).sum();
                sum as f32 / (columns.len() * rows.len()) as f32
            }));
        }
        this
    }

    /// Measures some pixels of one row of cells; the columns' sums grow.
    fn measure_cells(&mut self, raster: &Raster, rows: Range<usize>, across: &Range<usize>, columns: &mut Columns) {
        let width = raster.width() as usize;
        let cells_x = width.div_ceil(CELL);
        let strongest = &mut columns.strongest[across.clone()];
        strongest.fill(0);
        for y in rows.clone() {
            let ink = &mut self.ink[y * width..][across.clone()];
            let grey = &raster.luma()[y * width..][across.clone()];
            let beside = strongest.iter_mut().zip(&columns.modes[across.clone()]);
            for ((ink, grey), (strongest, mode)) in ink.iter_mut().zip(grey).zip(beside) {
                *ink = grey.abs_diff(*mode);
                *strongest = (*ink).max(*strongest);
            }
            // Sums are wider: a loop of their own takes more of them at once.
            for (sum, &ink) in columns.sums[across.clone()].iter_mut().zip(&*ink) {
                *sum += u16::from(ink);
            }
        }
        let cells = &mut self.strongest[rows.start / CELL * cells_x..][..cells_x];
        for (cell, columns) in cells[across.start / CELL..].iter_mut().zip(strongest.chunks(CELL)) {
            *cell = columns.iter().fold(0, |a, &b| a.max(b));
        }
    }
}
