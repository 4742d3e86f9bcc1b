//! Ink in either polarity: how far each pixel is from its local background, and how far is far enough.
//!
//! The background of a pixel is the most frequent grey value around its tile, so text is ink whether it is darker or
//! lighter. A pixel counts as ink where it reaches a share of the strongest ink near it: faint captions keep their letters
//! and JPEG ringing beside black text stays out. Cost: linear in pixels; memory 1.1 bytes a pixel.

use super::PageConfig;
use crate::raster::Raster;

/// Side of a background tile, in pixels.
const TILE: usize = 16;
/// The background is the mode over (2 × this + 1)² tiles: 80 px, more than the strokes of large headings.
const TILE_REACH: usize = 2;
/// Grey values are counted in bins of four.
pub(super) const BINS: usize = 64;
/// Side of a contrast tile, in pixels.
pub(super) const CELL: usize = 8;

/// A rectangle of whole pixels, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Area {
    pub(super) x0: usize,
    pub(super) y0: usize,
    pub(super) x1: usize,
    pub(super) y1: usize,
}

impl Area {
    pub(super) fn width(&self) -> usize {
        self.x1 - self.x0
    }

    pub(super) fn height(&self) -> usize {
        self.y1 - self.y0
    }

    pub(super) fn holds(&self, other: &Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && self.x1 >= other.x1 && self.y1 >= other.y1
    }
}

/// The ink of a picture.
#[derive(Clone, Debug)]
pub(super) struct Ink {
    width: usize,
    height: usize,
    /// Distance from the background, one byte a pixel.
    ink: Vec<u8>,
    cells_x: usize,
    /// Strongest ink of each 8 × 8 cell.
    strongest: Vec<u8>,
    /// What a pixel of a cell must exceed to count as ink.
    threshold: Vec<u8>,
    /// Least ink by background tile: above the picture's noise and the place's grain.
    floor: Vec<u8>,
    tiles_x: usize,
    share: f32,
}

impl Ink {
    pub(super) fn of(raster: &Raster, config: &PageConfig) -> Self {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let background = Background::of(raster);
        let mut ink = vec![0u8; width * height];
        for (y, row) in ink.chunks_exact_mut(width).enumerate() {
            let tiles = row.chunks_mut(TILE).zip(raster.row(y as u32).chunks(TILE)).zip(background.row(y / TILE));
            for ((out, grey), &mode) in tiles {
                for (o, &g) in out.iter_mut().zip(grey) {
                    *o = g.abs_diff(mode);
                }
            }
        }
        // Noise: most tiles of a page are flat, so the mean distance from the mode in the lower third of tiles is grain.
        let mut cells = Vec::with_capacity(background.mode.len());
        for ty in 0..background.tiles_y {
            for tx in 0..background.tiles_x {
                let (y0, x0) = (ty * TILE, tx * TILE);
                let (y1, x1) = ((y0 + TILE).min(height), (x0 + TILE).min(width));
                let sum: u32 = (y0..y1)
                    .map(|y| ink[y * width + x0..y * width + x1].iter().map(|&v| u32::from(v)).sum::<u32>())
                    .sum();
                cells.push(sum as f32 / ((y1 - y0) * (x1 - x0)) as f32);
            }
        }
        let middle = cells.len() / 3;
        let noise = *cells.select_nth_unstable_by(middle, f32::total_cmp).1;
        let floor = |noise: f32, factor: f32| (f32::from(config.min_ink) + factor * noise).min(120.0) as u8;
        let everywhere = floor(noise, config.noise_factor);
        let floor = super::grain::smoothed(&background.grain, background.tiles_x)
            .iter()
            .map(|&grain| everywhere.max(floor(f32::from(grain), config.grain_factor)))
            .collect();
        let (cells_x, cells_y) = (width.div_ceil(CELL), height.div_ceil(CELL));
        let mut this = Self {
            width,
            height,
            ink,
            cells_x,
            strongest: vec![0; cells_x * cells_y],
            threshold: vec![0; cells_x * cells_y],
            floor,
            tiles_x: background.tiles_x,
            share: config.ink_share,
        };
        this.set_thresholds(Area { x0: 0, y0: 0, x1: width, y1: height });
        this
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// What a pixel near a point (clamped into the picture) must exceed at the least to count as ink.
    pub(super) fn floor_at(&self, x: f32, y: f32) -> u8 {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.floor[y / TILE * self.tiles_x + x / TILE]
    }

    /// Ink of a row.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.ink[y * self.width..][..self.width]
    }

    /// Thresholds of a row's cells.
    pub(super) fn thresholds(&self, y: usize) -> &[u8] {
        &self.threshold[y / CELL * self.cells_x..][..self.cells_x]
    }

    /// Whether a pixel counts as ink.
    pub(super) fn is_ink(&self, x: usize, y: usize) -> bool {
        self.row(y)[x] > self.thresholds(y)[x / CELL]
    }

    /// Takes the ink off a pixel.
    pub(super) fn erase(&mut self, x: usize, y: usize) {
        self.ink[y * self.width + x] = 0;
    }

    /// Takes some of the ink off a pixel.
    pub(super) fn subtract(&mut self, x: usize, y: usize, level: u8) {
        let v = &mut self.ink[y * self.width + x];
        *v = v.saturating_sub(level);
    }

    /// Strongest ink of a pixel's cell.
    pub(super) fn strongest_at(&self, x: usize, y: usize) -> u8 {
        self.strongest[y / CELL * self.cells_x + x / CELL]
    }

    /// The ink as a picture: 0 is background, whatever the colours were.
    pub(super) fn into_raster(self) -> Option<Raster> {
        Raster::from_luma(self.width as u32, self.height as u32, self.ink)
    }

    /// The threshold at a point, clamped into the picture.
    pub(super) fn threshold_at(&self, x: f32, y: f32) -> u8 {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.thresholds(y)[x / CELL]
    }

    /// The ink at a point by linear interpolation between pixel centres; outside of the picture there is none.
    pub(super) fn linear(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        let at = |x: i32, y: i32| {
            let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
            if inside { f32::from(self.ink[y as usize * self.width + x as usize]) } else { 0.0 }
        };
        let upper = at(x, y) * (1.0 - fx) + at(x + 1, y) * fx;
        let lower = at(x, y + 1) * (1.0 - fx) + at(x + 1, y + 1) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// Measures the ink of a panel (a selection, a button, a marked passage) anew against the panel's own background: the
    /// most frequent grey value of its inked pixels.
    pub(super) fn against_panel(&mut self, raster: &Raster, panel: Area) {
        let mut histogram = [0u32; BINS];
        for y in panel.y0..panel.y1 {
            let row = raster.row(y as u32);
            for (x, &grey) in row.iter().enumerate().take(panel.x1).skip(panel.x0) {
                if self.is_ink(x, y) {
                    histogram[usize::from(grey) / 4] += 1;
                }
            }
        }
        let mode = mode(&histogram);
        for y in panel.y0..panel.y1 {
            let row = &mut self.ink[y * self.width..][panel.x0..panel.x1];
            for (out, &grey) in row.iter_mut().zip(&raster.row(y as u32)[panel.x0..panel.x1]) {
                *out = grey.abs_diff(mode);
            }
        }
        self.set_thresholds(panel);
    }

    pub(super) fn set_thresholds(&mut self, area: Area) {
        let cells_y = self.height.div_ceil(CELL);
        let (cx0, cx1) = (area.x0 / CELL, area.x1.div_ceil(CELL).min(self.cells_x));
        let (cy0, cy1) = (area.y0 / CELL, area.y1.div_ceil(CELL).min(cells_y));
        for cy in cy0..cy1 {
            let strongest = &mut self.strongest[cy * self.cells_x..][cx0..cx1];
            strongest.fill(0);
            for y in cy * CELL..((cy + 1) * CELL).min(self.height) {
                let row = &self.ink[y * self.width..][cx0 * CELL..(cx1 * CELL).min(self.width)];
                for (cell, pixels) in strongest.iter_mut().zip(row.chunks(CELL)) {
                    *cell = pixels.iter().fold(*cell, |a, &b| a.max(b));
                }
            }
        }
        for cy in cy0..cy1 {
            for cx in cx0..cx1 {
                let mut near = 0;
                for y in cy.saturating_sub(1)..(cy + 2).min(cells_y) {
                    let row = &self.strongest[y * self.cells_x..][..self.cells_x];
                    near = row[cx.saturating_sub(1)..(cx + 2).min(self.cells_x)].iter().fold(near, |a, &b| a.max(b));
                }
                self.threshold[cy * self.cells_x + cx] = ((f32::from(near) * self.share) as u8)
                    .max(self.floor[cy * CELL / TILE * self.tiles_x + cx * CELL / TILE]);
            }
        }
    }
}

/// The most frequent grey value, from a histogram in bins of four: the centre of gravity of the best three bins in a row.
fn mode(histogram: &[u32; BINS]) -> u8 {
    let at = |k: usize| histogram.get(k).copied().unwrap_or(0);
    let three = |k: usize| at(k.wrapping_sub(1)) + 2 * at(k) + at(k + 1);
    let best = (0..BINS).max_by_key(|&k| (three(k), usize::MAX - k)).unwrap_or(0);
    let (mut weight, mut sum) = (0u64, 0u64);
    for k in best.saturating_sub(1)..(best + 2).min(BINS) {
        weight += u64::from(at(k));
        // Values at the ends of the scale are mostly the ends themselves: pure black, pure white.
        let centre = if k == 0 {
            0
        } else if k == BINS - 1 {
            255
        } else {
            4 * k as u64 + 2
        };
        sum += u64::from(at(k)) * centre;
    }
    sum.checked_div(weight).unwrap_or(0) as u8
}

/// The background's grey value for each 16 × 16 tile.
struct Background {
    tiles_x: usize,
    tiles_y: usize,
    mode: Vec<u8>,
    /// Grain of each tile by itself.
    grain: Vec<u8>,
}

impl Background {
    fn of(raster: &Raster) -> Self {
        let (tiles_x, tiles_y) = ((raster.width() as usize).div_ceil(TILE), (raster.height() as usize).div_ceil(TILE));
        // Histograms of tiles, then sums of five tiles across, then of five rows of those.
        let mut grain = Vec::with_capacity(tiles_x * tiles_y);
        let wide: Vec<Vec<[u32; BINS]>> = (0..tiles_y)
            .map(|ty| {
                let mut tiles = vec![[0u32; BINS]; tiles_x];
                for y in ty * TILE..((ty + 1) * TILE).min(raster.height() as usize) {
                    for (tile, pixels) in tiles.iter_mut().zip(raster.row(y as u32).chunks(TILE)) {
                        for &grey in pixels {
                            tile[usize::from(grey) / 4] += 1;
                        }
                    }
                }
                grain.extend(tiles.iter().map(super::grain::of_tile));
                (0..tiles_x).map(|tx| sum(&tiles[reach(tx, tiles_x)])).collect()
            })
            .collect();
        let mut modes = Vec::with_capacity(tiles_x * tiles_y);
        for ty in 0..tiles_y {
            for tx in 0..tiles_x {
                let mut total = [0u32; BINS];
                for row in &wide[reach(ty, tiles_y)] {
                    add(&mut total, &row[tx]);
                }
                modes.push(mode(&total));
            }
        }
        Self { tiles_x, tiles_y, mode: modes, grain }
    }

    fn row(&self, ty: usize) -> &[u8] {
        &self.mode[ty * self.tiles_x..][..self.tiles_x]
    }
}

fn reach(at: usize, len: usize) -> std::ops::Range<usize> {
    at.saturating_sub(TILE_REACH)..(at + TILE_REACH + 1).min(len)
}

fn add(total: &mut [u32; BINS], more: &[u32; BINS]) {
    for (t, m) in total.iter_mut().zip(more) {
        *t += m;
    }
}

fn sum(tiles: &[[u32; BINS]]) -> [u32; BINS] {
    let mut total = [0; BINS];
    for tile in tiles {
        add(&mut total, tile);
    }
    total
}
