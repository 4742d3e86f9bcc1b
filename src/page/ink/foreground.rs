//! Ink in either polarity: how far each pixel is from its local background, and how far is far enough.
//!
//! The background of a pixel is the most frequent grey value around its tile, so text is ink whether it is darker or
//! lighter. A pixel counts as ink where it reaches a share of the strongest ink near it: faint captions keep their
//! letters and JPEG ringing beside black text stays out. Cost: linear in pixels, little for tiles of one grey value;
//! memory 1.2 bytes a pixel.

use super::background::{Background, TILE};
use super::distance::{CELL, Distances};
use super::histogram::{BINS, bin_of, mode};
use super::mask::{Mask, above};
use super::noise::floors;
use super::thresholds::{Thresholds, cells_of};
use crate::page::config::PageConfig;
use crate::page::spatial::area::Area;
use crate::raster::Raster;

/// The ink of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Ink {
    width: usize,
    height: usize,
    /// Distance from the background, one byte a pixel.
    ink: Vec<u8>,
    thresholds: Thresholds,
    /// Which pixels exceed their cell's threshold.
    mask: Mask,
}

impl Ink {
    pub(crate) fn new(raster: &Raster, config: &PageConfig) -> Self {
        let (width, height) = (raster.width() as usize, raster.height() as usize);
        let background = Background::new(raster);
        let Distances { ink, strongest, tile_means } = Distances::new(raster, &background);
        let floors = floors(tile_means, &background.noise, background.tiles_x, config);
        let thresholds = Thresholds::new(width, strongest, floors, config);
        let mut this = Self { width, height, ink, thresholds, mask: Mask::blank(width, height) };
        this.mark(Area { x0: 0, y0: 0, x1: width, y1: height });
        this
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    /// What a pixel near a point (clamped into the picture) must exceed at the least to count as ink.
    pub(crate) fn floor_at(&self, x: f32, y: f32) -> u8 {
        let (x, y) = self.clamped(x, y);
        self.floors(y)[x / TILE]
    }

    /// What pixels of a row must exceed at the least to count as ink, tile by tile.
    pub(crate) fn floors(&self, y: usize) -> &[u8] {
        self.thresholds.floors(y)
    }

    /// The threshold at a point, clamped into the picture.
    pub(crate) fn threshold_at(&self, x: f32, y: f32) -> u8 {
        let (x, y) = self.clamped(x, y);
        self.thresholds(y)[x / CELL]
    }

    /// Thresholds of a row's cells.
    pub(crate) fn thresholds(&self, y: usize) -> &[u8] {
        self.thresholds.row(y)
    }

    fn clamped(&self, x: f32, y: f32) -> (usize, usize) {
        ((x.max(0.0) as usize).min(self.width - 1), (y.max(0.0) as usize).min(self.height - 1))
    }

    /// Ink of a row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.ink[y * self.width..][..self.width]
    }

    /// Which pixels count as ink.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Whether a pixel counts as ink.
    pub(crate) fn is_ink(&self, x: usize, y: usize) -> bool {
        self.mask.is_set(x, y)
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

    /// The ink as a picture: 0 is background, whatever the colours were.
    pub(crate) fn into_raster(self) -> Option<Raster> {
        Raster::from_luma(self.width as u32, self.height as u32, self.ink)
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

    /// Measures the ink of a panel (a selection, a button, a marked passage) anew against the panel's own background:
    /// the most frequent grey value of its inked pixels.
    pub(crate) fn measure_against_panel(&mut self, raster: &Raster, panel: Area) {
        let mut histogram = [0u32; BINS];
        for y in panel.y0..panel.y1 {
            let row = raster.row(y as u32);
            for (start, end) in self.mask.runs(y, panel.x0, panel.x1) {
                row[start..end].iter().for_each(|&grey| histogram[bin_of(grey)] += 1);
            }
        }
        let mode = mode(&histogram);
        for y in panel.y0..panel.y1 {
            let row = &mut self.ink[y * self.width..][panel.x0..panel.x1];
            for (out, &grey) in row.iter_mut().zip(&raster.row(y as u32)[panel.x0..panel.x1]) {
                *out = grey.abs_diff(mode);
            }
        }
        self.remark(panel);
    }

    /// Finds anew what counts as ink in all cells that an area touches, after the ink there was changed.
    pub(crate) fn remark(&mut self, area: Area) {
        let (across, down) = cells_of(area);
        for cy in down {
            let strongest = &mut self.thresholds.strongest_mut(cy * CELL)[across.clone()];
            strongest.fill(0);
            for y in cy * CELL..((cy + 1) * CELL).min(self.height) {
                across.clone().for_each(|cx| self.mask.set_eight(cx, y, 0));
                let row = &self.ink[y * self.width..][across.start * CELL..(across.end * CELL).min(self.width)];
                for (cell, pixels) in strongest.iter_mut().zip(row.chunks(CELL)) {
                    *cell = pixels.iter().fold(*cell, |a, &b| a.max(b));
                }
            }
        }
        self.mark(area);
    }

    /// Finds what counts as ink in all cells that an area touches; nothing must so far.
    fn mark(&mut self, area: Area) {
        self.thresholds.update(area);
        let (across, down) = cells_of(area);
        for cy in down {
            let (strongest, thresholds) = (self.thresholds.strongest(cy * CELL), self.thresholds.row(cy * CELL));
            for cx in across.clone().filter(|&cx| strongest[cx] > thresholds[cx]) {
                let pixels = cx * CELL..((cx + 1) * CELL).min(self.width);
                for y in cy * CELL..((cy + 1) * CELL).min(self.height) {
                    let bits = above(&self.ink[y * self.width..][pixels.clone()], thresholds[cx]);
                    self.mask.set_eight(cx, y, bits);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 96;

    fn ink_of(luma: Vec<u8>, side: usize) -> Ink {
        let raster = Raster::from_luma(side as u32, side as u32, luma).expect("matching size");
        Ink::new(&raster, &PageConfig::default())
    }

    /// Strokes of grey 40 on a ground of 220, and a faint caption of 190 far from them.
    fn strokes(at: usize, side: usize) -> u8 {
        let (x, y) = (at % side * SIDE / side, at / side * SIDE / side);
        match (x % 7 < 2, y) {
            (true, 10..20) => 40,
            (true, 60..70) => 190,
            _ => 220,
        }
    }

    fn marked(ink: &Ink) -> Vec<bool> {
        (0..ink.width() * ink.height()).map(|at| ink.is_ink(at % ink.width(), at / ink.width())).collect()
    }

    #[test]
    fn strokes_are_ink_strong_or_faint_and_the_ground_is_none() {
        for side in [SIDE, 2 * SIDE] {
            let ink = ink_of((0..side * side).map(|at| strokes(at, side)).collect(), side);
            let expected: Vec<bool> = (0..side * side).map(|at| strokes(at, side) != 220).collect();
            assert!(marked(&ink) == expected, "{side} pixels wide");
        }
    }

    #[test]
    fn an_inverted_picture_has_the_same_ink() {
        let luma: Vec<u8> = (0..SIDE * SIDE).map(|at| strokes(at, SIDE)).collect();
        let inverted = luma.iter().map(|v| 255 - v).collect();
        assert!(marked(&ink_of(luma, SIDE)) == marked(&ink_of(inverted, SIDE)));
    }

    #[test]
    fn what_is_faint_beside_strong_ink_does_not_count() {
        let mut luma = vec![220; SIDE * SIDE];
        (20..30).for_each(|y| luma[y * SIDE + 40..][..3].copy_from_slice(&[40, 40, 190]));
        let ink = ink_of(luma, SIDE);
        assert!(ink.is_ink(41, 25) && !ink.is_ink(42, 25), "ringing beside a stroke");
    }

    #[test]
    fn erased_ink_is_gone_and_remarking_finds_what_is_left() {
        let mut ink = ink_of((0..SIDE * SIDE).map(|at| strokes(at, SIDE)).collect(), SIDE);
        ink.erase(0, 12);
        assert!(!ink.is_ink(0, 12) && ink.row(12)[0] == 0 && ink.is_ink(1, 12));
        (10..20).for_each(|y| (0..SIDE).for_each(|x| ink.subtract(x, y, 255)));
        ink.remark(Area { x0: 0, y0: 8, x1: SIDE, y1: 24 });
        assert_eq!(ink.mask().count(12, 0, SIDE), 0);
        assert!(ink.is_ink(0, 65), "elsewhere nothing changes");
    }
}
