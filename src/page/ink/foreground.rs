//! Ink in either polarity: how far each pixel is from its local background, and how far is far enough.
//!
//! The background of a pixel is the most frequent grey value around its tile, so text is ink whether it is darker or
//! lighter. A pixel counts as ink where it reaches a share of the strongest ink near it: faint captions keep their letters
//! and JPEG ringing beside black text stays out. Cost: linear in pixels, little for tiles of one grey value; memory 1.2 bytes
//! a pixel.

use super::background::{Background, TILE};
use super::histogram::{BINS, mode};
use super::mask::{Mask, above};
use crate::page::config::PageConfig;
use crate::page::spatial::area::Area;
use crate::raster::Raster;

/// Side of a contrast cell, in pixels.
pub(crate) const CELL: usize = 8;

/// The ink of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Ink {
    width: usize,
    height: usize,
    /// Distance from the background, one byte a pixel.
    ink: Vec<u8>,
    cells_x: usize,
    /// Strongest ink of each 8 × 8 cell.
    strongest: Vec<u8>,
    /// What a pixel of a cell must exceed to count as ink.
    threshold: Vec<u8>,
    /// Which pixels do.
    mask: Mask,
    /// Least ink by background tile: above the picture's noise and the place's grain.
    floor: Vec<u8>,
    tiles_x: usize,
    /// Threshold by the strongest ink near, floors aside.
    shares: [u8; 256],
}

impl Ink {
    pub(crate) fn of(raster: &Raster, config: &PageConfig) -> Self {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let background = Background::of(raster);
        let (cells_x, cells_y) = (width.div_ceil(CELL), height.div_ceil(CELL));
        let mut this = Self {
            width,
            height,
            ink: vec![0; width * height],
            cells_x,
            strongest: vec![0; cells_x * cells_y],
            threshold: vec![0; cells_x * cells_y],
            mask: Mask::blank(width, height),
            floor: Vec::new(),
            tiles_x: background.tiles_x,
            shares: std::array::from_fn(|near| (near as f32 * config.ink_share) as u8),
        };
        let mut means = this.measure(raster, &background);
        // Noise: most tiles of a page are flat, so the mean distance from the mode in the lower third of tiles is grain.
        let middle = means.len() / 3;
        let noise = *means.select_nth_unstable_by(middle, f32::total_cmp).1;
        let floor = |noise: f32, factor: f32| (f32::from(config.min_ink) + factor * noise).min(120.0) as u8;
        let everywhere = floor(noise, config.noise_factor);
        this.floor = super::noise::smoothed(&background.grain, background.tiles_x)
            .iter()
            .map(|&grain| everywhere.max(floor(f32::from(grain), config.grain_factor)))
            .collect();
        this.set_thresholds(Area { x0: 0, y0: 0, x1: width, y1: height });
        this
    }

    /// Measures all ink and the strongest of each cell, and returns the mean of each tile.
    fn measure(&mut self, raster: &Raster, background: &Background) -> Vec<f32> {
        let (width, tiles_x) = (self.width, background.tiles_x);
        let mut means = Vec::with_capacity(background.mode.len());
        // Of each column of a row of tiles: the background, the strongest ink of a cell, the sum of a tile.
        let (mut modes, mut strongest, mut sums) = (vec![0u8; width], vec![0u8; width], vec![0u16; width]);
        let tile_rows = background.mode.chunks_exact(tiles_x).zip(background.flat.chunks_exact(tiles_x));
        for (ty, (mode, flat)) in tile_rows.enumerate() {
            sums.fill(0);
            for (modes, &mode) in modes.chunks_mut(TILE).zip(mode) {
                modes.fill(mode);
            }
            let rows = ty * TILE..((ty + 1) * TILE).min(self.height);
            let mut at = 0;
            while at < tiles_x {
                // Tiles of nothing but background are blank already; the others are measured as many as stand side by side.
                let blank = |k: &usize| flat[*k] == Some(mode[*k]);
                let Some(start) = (at..tiles_x).find(|k| !blank(k)) else { break };
                at = (start..tiles_x).find(blank).unwrap_or(tiles_x);
                let across = start * TILE..(at * TILE).min(width);
                for y0 in rows.clone().step_by(CELL) {
                    strongest[across.clone()].fill(0);
                    for y in y0..(y0 + CELL).min(rows.end) {
                        let ink = &mut self.ink[y * width..][across.clone()];
                        let grey = &raster.luma()[y * width..][across.clone()];
                        let columns = strongest[across.clone()].iter_mut().zip(&modes[across.clone()]);
                        for ((ink, grey), (strongest, mode)) in ink.iter_mut().zip(grey).zip(columns) {
                            *ink = grey.abs_diff(*mode);
                            *strongest = (*ink).max(*strongest);
                        }
                        // Sums are wider: a loop of their own takes more of them at once.
                        for (sum, &ink) in sums[across.clone()].iter_mut().zip(&*ink) {
                            *sum += u16::from(ink);
                        }
                    }
                    let cells = &mut self.strongest[y0 / CELL * self.cells_x..][..self.cells_x];
                    let columns = strongest[across.clone()].chunks(CELL);
                    for (cell, columns) in cells[across.start / CELL..].iter_mut().zip(columns) {
                        *cell = columns.iter().fold(0, |a, &b| a.max(b));
                    }
                }
            }
            means.extend(sums.chunks(TILE).map(|columns| {
                let sum: u32 = columns.iter().map(|&s| u32::from(s)).sum();
                sum as f32 / (columns.len() * rows.len()) as f32
            }));
        }
        means
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// What a pixel near a point (clamped into the picture) must exceed at the least to count as ink.
    pub(crate) fn floor_at(&self, x: f32, y: f32) -> u8 {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.floor[y / TILE * self.tiles_x + x / TILE]
    }

    /// What pixels of a row must exceed at the least to count as ink, tile by tile.
    pub(crate) fn floors(&self, y: usize) -> &[u8] {
        &self.floor[y / TILE * self.tiles_x..][..self.tiles_x]
    }

    /// Ink of a row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.ink[y * self.width..][..self.width]
    }

    /// Thresholds of a row's cells.
    pub(crate) fn thresholds(&self, y: usize) -> &[u8] {
        &self.threshold[y / CELL * self.cells_x..][..self.cells_x]
    }

    /// Which pixels count as ink.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Whether a pixel counts as ink.
    pub(crate) fn is_ink(&self, x: usize, y: usize) -> bool {
        self.mask.is_set(x, y)
    }

    /// Takes the ink off a pixel.
    pub(crate) fn erase(&mut self, x: usize, y: usize) {
        self.ink[y * self.width + x] = 0;
        self.mask.clear(x, y);
    }

    /// Takes some of the ink off a pixel.
    pub(crate) fn subtract(&mut self, x: usize, y: usize, level: u8) {
        let v = &mut self.ink[y * self.width + x];
        *v = v.saturating_sub(level);
    }

    /// The ink as a picture: 0 is background, whatever the colours were.
    pub(crate) fn into_raster(self) -> Option<Raster> {
        Raster::from_luma(self.width as u32, self.height as u32, self.ink)
    }

    /// The threshold at a point, clamped into the picture.
    pub(crate) fn threshold_at(&self, x: f32, y: f32) -> u8 {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.thresholds(y)[x / CELL]
    }

    /// The ink at a point by linear interpolation between pixel centres; outside of the picture there is none.
    pub(crate) fn linear(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (floor(x), floor(y));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let inside = left >= 0 && top >= 0 && left as usize + 1 < self.width && top as usize + 1 < self.height;
        let [a, b, c, d] = if inside {
            let at = top as usize * self.width + left as usize;
            let (upper, lower) = (&self.ink[at..at + 2], &self.ink[at + self.width..][..2]);
            [upper[0], upper[1], lower[0], lower[1]]
        } else {
            [(left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)].map(|(x, y)| {
                let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
                if inside { self.ink[y as usize * self.width + x as usize] } else { 0 }
            })
        };
        let upper = f32::from(a) * (1.0 - fx) + f32::from(b) * fx;
        let lower = f32::from(c) * (1.0 - fx) + f32::from(d) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// Measures the ink of a panel (a selection, a button, a marked passage) anew against the panel's own background: the
    /// most frequent grey value of its inked pixels.
    pub(crate) fn against_panel(&mut self, raster: &Raster, panel: Area) {
        let mut histogram = [0u32; BINS];
        for y in panel.y0..panel.y1 {
            let row = raster.row(y as u32);
            for (start, end) in self.mask.runs(y, panel.x0, panel.x1) {
                row[start..end].iter().for_each(|&grey| histogram[usize::from(grey) / 4] += 1);
            }
        }
        let mode = mode(&histogram);
        for y in panel.y0..panel.y1 {
            let row = &mut self.ink[y * self.width..][panel.x0..panel.x1];
            for (out, &grey) in row.iter_mut().zip(&raster.row(y as u32)[panel.x0..panel.x1]) {
                *out = grey.abs_diff(mode);
            }
        }
        self.remeasure(panel);
    }

    /// Finds anew what counts as ink in all cells that an area touches, after the ink there was changed.
    pub(crate) fn remeasure(&mut self, area: Area) {
        let (cx0, cx1) = (area.x0 / CELL, area.x1.div_ceil(CELL));
        for cy in area.y0 / CELL..area.y1.div_ceil(CELL) {
            let strongest = &mut self.strongest[cy * self.cells_x..][cx0..cx1];
            strongest.fill(0);
            for y in cy * CELL..((cy + 1) * CELL).min(self.height) {
                (cx0..cx1).for_each(|cx| self.mask.set_eight(cx, y, 0));
                let row = &self.ink[y * self.width..][cx0 * CELL..(cx1 * CELL).min(self.width)];
                for (cell, pixels) in strongest.iter_mut().zip(row.chunks(CELL)) {
                    *cell = pixels.iter().fold(*cell, |a, &b| a.max(b));
                }
            }
        }
        self.set_thresholds(area);
    }

    /// Sets thresholds of all cells that an area touches, and what counts as ink in them; nothing must so far.
    fn set_thresholds(&mut self, area: Area) {
        let cells_y = self.height.div_ceil(CELL);
        let (cx0, cx1) = (area.x0 / CELL, area.x1.div_ceil(CELL));
        // The strongest of three cells above each other, with one more at both ends, then of three such columns.
        let mut columns = vec![0; self.cells_x + 2];
        let mut near = vec![0; self.cells_x];
        for cy in area.y0 / CELL..area.y1.div_ceil(CELL) {
            columns.fill(0);
            let rows = cy.saturating_sub(1) * self.cells_x..(cy + 2).min(cells_y) * self.cells_x;
            for row in self.strongest[rows].chunks_exact(self.cells_x) {
                columns[1..].iter_mut().zip(row).for_each(|(most, &strongest)| *most = strongest.max(*most));
            }
            for ((near, left), (middle, right)) in
                near.iter_mut().zip(&columns).zip(columns[1..].iter().zip(&columns[2..]))
            {
                *near = (*left).max(*middle).max(*right);
            }
            let floors = &self.floor[cy * CELL / TILE * self.tiles_x..][..self.tiles_x];
            let thresholds = &mut self.threshold[cy * self.cells_x..][..self.cells_x];
            for cx in cx0..cx1 {
                thresholds[cx] = self.shares[usize::from(near[cx])].max(floors[cx / (TILE / CELL)]);
            }
            let strongest = &self.strongest[cy * self.cells_x..][..self.cells_x];
            for cx in (cx0..cx1).filter(|&cx| strongest[cx] > thresholds[cx]) {
                let across = cx * CELL..((cx + 1) * CELL).min(self.width);
                for y in cy * CELL..((cy + 1) * CELL).min(self.height) {
                    let pixels = &self.ink[y * self.width..][across.clone()];
                    self.mask.set_eight(cx, y, above(pixels, thresholds[cx]));
                }
            }
        }
    }
}

/// The largest whole number that is no larger, of one of a picture's size; the CPU may have no instruction for it.
pub(crate) fn floor(v: f32) -> i32 {
    let whole = v as i32;
    whole - i32::from(whole as f32 > v)
}
