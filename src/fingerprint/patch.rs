//! The canonical word patch: what every word hash looks at, and nothing else.
//!
//! A word is resampled from the grey picture along its own baseline to [`ROWS`] × [`COLS`] cells: six rows of ascender,
//! eight rows of x-height, four of descender, the width *stretched* to 48 columns (a stretched word survives a change
//! of typeface better than one in its natural scale; its width in x-heights is kept apart). Then background, polarity
//! and contrast are taken out, so that 255 is full ink whatever the colours were.

use crate::geom::{Point, WordFrame};
use crate::raster::{Raster, catmull_rom};

/// Rows of a patch.
pub const ROWS: usize = ASCENDER_ROWS + X_HEIGHT_ROWS + DESCENDER_ROWS;
/// Columns of a patch.
///
/// Tuned (count): chosen by eye: three columns a letter for words of 16 letters. Part of every family's version.
pub const COLS: usize = 48;

/// Rows above the x-height: 0.75 x-heights.
///
/// Tuned (count): chosen by eye: the ascenders of common typefaces, not all of their accents. Part of every family's
/// version.
pub const ASCENDER_ROWS: usize = 6;

/// Rows from x-height to baseline.
///
/// Tuned (count): chosen by eye. Part of every family's version.
pub const X_HEIGHT_ROWS: usize = 8;

/// Rows below the baseline: 0.5 x-heights.
///
/// Tuned (count): chosen by eye: the descenders of common typefaces. Part of every family's version.
pub const DESCENDER_ROWS: usize = 4;

/// Samples a cell and direction, which are averaged.
///
/// Tuned (count): chosen by eye. At 3× and 4× a cell is wider than 2 pixels from an x-height of 16 px on, so that some
/// pixels of large text count in no sample.
const CELL_SAMPLES: usize = 2;

/// Text smaller than this is enlarged by cubic interpolation, larger by linear.
///
/// Tuned (pixels): cubic is worth .006 of bit errors at 2.5–3.5 px. At 3× and 4× no text is so small.
const CUBIC_BELOW_PX: f32 = 6.0;

/// Narrower words are sampled as if they were so wide.
///
/// Tuned (pixels): chosen by eye: a full stop of small text. At 3× and 4× no word is so narrow.
const MIN_WIDTH_PX: f32 = 1.5;

/// Contrast below this is not stretched further: what is left is noise.
///
/// Tuned (grey levels): chosen by eye.
const MIN_CONTRAST: f32 = 8.0;

/// The share of a patch's cells that are darker than its background.
///
/// Tuned (share): chosen by eye: ink covers less than half of any word's patch.
const BACKGROUND_QUANTILE: f32 = 0.5;

/// Shares of a patch's cells that are darker than what is compared to tell ink's side: the longer tail is ink.
///
/// Tuned (share): chosen by eye.
const TAIL_QUANTILES: [f32; 2] = [0.04, 0.96];

/// Shares of a patch's cells that are darker than full ink, dark or bright.
///
/// Tuned (share): chosen by eye: thinner strokes of few cells are full ink, too.
const FULL_INK_QUANTILES: [f32; 2] = [0.03, 0.97];

/// A canonical word patch: 18 × 48 ink values, row by row, 0 = background, 255 = full ink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    ink: [u8; ROWS * COLS],
}

impl Patch {
    /// Resamples the word at `frame` from `raster` and normalises it. Cost: 3,456 interpolated samples a word; on a
    /// level baseline, where columns and rows are interpolated apart, an eighth of that.
    ///
    /// Places outside of the picture repeat its edge.
    #[must_use]
    pub fn sample(raster: &Raster, frame: &WordFrame) -> Self {
        let small = frame.x_height_px < CUBIC_BELOW_PX;
        let grey = match frame.along == (Point { x: 1.0, y: 0.0 }) {
            true if small => level::<4>(raster, frame),
            true => level::<2>(raster, frame),
            false => slanted(raster, frame),
        };
        Self::from_grey(&grey)
    }

    /// Takes background, polarity and contrast out of grey values (any scale of 0 to 255).
    ///
    /// Background is the median; ink is what lies on the side with the longer tail, scaled by its 97th percentile.
    #[must_use]
    pub fn from_grey(grey: &[f32; ROWS * COLS]) -> Self {
        let mut sorted = *grey;
        let [least, most] = FULL_INK_QUANTILES.map(rank);
        let [low, high] = TAIL_QUANTILES.map(rank);
        let median = rank(BACKGROUND_QUANTILE);
        // Each selection leaves smaller values before and larger ones behind.
        let background = *sorted.select_nth_unstable_by(median, f32::total_cmp).1;
        let low_value = *sorted[..median].select_nth_unstable_by(low, f32::total_cmp).1;
        let high_value = *sorted[median..].select_nth_unstable_by(high - median, f32::total_cmp).1;
        let sign = if background - low_value >= high_value - background { -1.0 } else { 1.0 };
        // The 97th percentile of ink = that of the values on the side of the ink.
        let full = if sign < 0.0 {
            background - *sorted[..=low].select_nth_unstable_by(least, f32::total_cmp).1
        } else {
            *sorted[high..].select_nth_unstable_by(most - high, f32::total_cmp).1 - background
        };
        let scale = 255.0 / full.max(MIN_CONTRAST);
        Self { ink: grey.map(|g| (sign * (g - background) * scale).clamp(0.0, 255.0).round() as u8) }
    }

    /// As [`Patch::from_grey`] of cells that are ink on nothing, in parts of 1/`unit` of a grey value: much faster.
    pub(crate) fn from_cells(cells: &[u16; ROWS * COLS], unit: u16) -> Self {
        let mut inked = [0u16; ROWS * COLS];
        let mut count = 0;
        for &cell in cells {
            inked[count] = cell;
            count += usize::from(cell > 0);
        }
        // With background in more than half of the cells and ink in more than 4 %, the median and the 4th percentile
        // are 0, and ink is on the bright side: one quantile is left, and it is among the inked cells.
        let empty = cells.len() - count;
        let [median, bright, full] = [BACKGROUND_QUANTILE, TAIL_QUANTILES[1], FULL_INK_QUANTILES[1]].map(rank);
        if empty <= median || empty > bright {
            return Self::from_grey(&cells.map(|c| f32::from(c) / f32::from(unit)));
        }
        let full = *inked[..count].select_nth_unstable(full - empty).1;
        let scale = 255.0 / f32::from(full).max(MIN_CONTRAST * f32::from(unit));
        Self { ink: cells.map(|c| (f32::from(c) * scale + 0.5).min(255.0) as u8) }
    }

    /// A patch from ink values that are normalised already, row by row.
    #[must_use]
    pub fn from_ink(ink: [u8; ROWS * COLS]) -> Self {
        Self { ink }
    }

    /// The ink values, row by row: [`ROWS`] × [`COLS`].
    #[must_use]
    pub fn ink(&self) -> &[u8; ROWS * COLS] {
        &self.ink
    }

    /// The ink value at `row`, `col`.
    ///
    /// # Panics
    ///
    /// If `row` ≥ [`ROWS`] or `col` ≥ [`COLS`].
    #[must_use]
    pub fn at(&self, row: usize, col: usize) -> u8 {
        assert!(col < COLS, "column {col} of a patch of {COLS}");
        self.ink[row * COLS + col]
    }
}

/// The place of a quantile among a patch's cells in order.
fn rank(share: f32) -> usize {
    (share * (ROWS * COLS - 1) as f32).round() as usize
}

/// A cell's height and width in pixels.
fn cell_px(frame: &WordFrame) -> (f32, f32) {
    (frame.x_height_px / X_HEIGHT_ROWS as f32, frame.width_px.max(MIN_WIDTH_PX) / COLS as f32)
}

/// How far below the baseline a row of samples lies.
fn sample_v(sub_row: usize, row_px: f32) -> f32 {
    -((ASCENDER_ROWS + X_HEIGHT_ROWS) as f32) * row_px + (sub_row as f32 + 0.5) * row_px / CELL_SAMPLES as f32
}

/// How far along the baseline a column of samples lies.
fn sample_u(sub_col: usize, col_px: f32) -> f32 {
    (sub_col as f32 + 0.5) * col_px / CELL_SAMPLES as f32
}

/// Mean grey values of the cells along any baseline, sample by sample.
fn slanted(raster: &Raster, frame: &WordFrame) -> [f32; ROWS * COLS] {
    let (row_px, col_px) = cell_px(frame);
    let cubic = frame.x_height_px < CUBIC_BELOW_PX;
    let mut grey = [0.0f32; ROWS * COLS];
    for sub_row in 0..ROWS * CELL_SAMPLES {
        let cells = &mut grey[sub_row / CELL_SAMPLES * COLS..][..COLS];
        for sub_col in 0..COLS * CELL_SAMPLES {
            let p = frame.at(sample_u(sub_col, col_px), sample_v(sub_row, row_px));
            cells[sub_col / CELL_SAMPLES] += if cubic { raster.cubic(p.x, p.y) } else { raster.linear(p.x, p.y) };
        }
    }
    grey.map(|cell| cell / (CELL_SAMPLES * CELL_SAMPLES) as f32)
}

/// [`slanted`] on a level baseline, to the bit: rows of the picture are interpolated once for all samples between them.
/// `TAPS` pixels count for a sample in each direction: 2, linear, or 4, cubic.
fn level<const TAPS: usize>(raster: &Raster, frame: &WordFrame) -> [f32; ROWS * COLS] {
    let (row_px, col_px) = cell_px(frame);
    let (width, height) = (raster.width() as usize, raster.height() as usize);
    let columns: [(f32, [f32; TAPS]); COLS * CELL_SAMPLES] =
        std::array::from_fn(|k| taps(frame.origin.x + sample_u(k, col_px)));
    let columns = columns.map(|(first, weights)| (std::array::from_fn(|t| nearest(first, t, width)), weights));
    // The last rows of the picture that were interpolated, by their number modulo TAPS.
    let mut lines = [[0.0f32; COLS * CELL_SAMPLES]; TAPS];
    let mut held = [usize::MAX; TAPS];
    let mut grey = [0.0f32; ROWS * COLS];
    for sub_row in 0..ROWS * CELL_SAMPLES {
        let (first, weights) = taps::<TAPS>(frame.origin.y + sample_v(sub_row, row_px));
        let rows: [usize; TAPS] = std::array::from_fn(|t| nearest(first, t, height));
        for &row in &rows {
            if held[row % TAPS] != row {
                held[row % TAPS] = row;
                interpolate(raster.row(row as u32), &columns, &mut lines[row % TAPS]);
            }
        }
        let mut samples = [0.0f32; COLS * CELL_SAMPLES];
        for (&row, weight) in rows.iter().zip(weights) {
            let line = &lines[row % TAPS];
            for k in 0..COLS * CELL_SAMPLES {
                samples[k] += weight * line[k];
            }
        }
        let cells = &mut grey[sub_row / CELL_SAMPLES * COLS..][..COLS];
        for (cell, samples) in cells.iter_mut().zip(samples.as_chunks::<CELL_SAMPLES>().0) {
            for sample in samples {
                // What overshoots is cut off as in the picture it came from; linear samples never do.
                *cell += sample.clamp(0.0, 255.0);
            }
        }
    }
    grey.map(|cell| cell / (CELL_SAMPLES * CELL_SAMPLES) as f32)
}

/// The first of the pixels that count for a sample, and their weights.
fn taps<const TAPS: usize>(at: f32) -> (f32, [f32; TAPS]) {
    let at = at - 0.5;
    let part = at - at.floor();
    if TAPS == 4 {
        let cubic = catmull_rom(part);
        (at.floor() - 1.0, std::array::from_fn(|t| cubic[t]))
    } else {
        let linear = [1.0 - part, part];
        (at.floor(), std::array::from_fn(|t| linear[t]))
    }
}

/// Pixel `first + tap`, or the nearest one of `count`.
fn nearest(first: f32, tap: usize, count: usize) -> usize {
    (first as i32 + tap as i32).clamp(0, count as i32 - 1) as usize
}

/// One row of the picture at all columns of samples.
fn interpolate<const TAPS: usize>(
    row: &[u8],
    columns: &[([usize; TAPS], [f32; TAPS]); COLS * CELL_SAMPLES],
    line: &mut [f32; COLS * CELL_SAMPLES],
) {
    for (value, (pixels, weights)) in line.iter_mut().zip(columns) {
        *value = 0.0;
        for t in 0..TAPS {
            *value += weights[t] * f32::from(row[pixels[t]]);
        }
    }
}

#[cfg(test)]
mod tests;
