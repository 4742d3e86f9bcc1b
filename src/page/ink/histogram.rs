//! Histograms of grey values in bins of four, and their modes.

use std::ops::Add;

/// Grey values are counted in so many bins, of four values each.
///
/// Tuned (count): chosen by eye.
pub(crate) const BINS: usize = 64;
/// Grey values of a bin.
const BIN_WIDTH: usize = 256 / BINS;

/// Pixels by grey value; those of all tiles within reach are 6,400.
pub(crate) type Histogram = [u16; BINS];

/// The bin of a grey value.
pub(crate) fn bin_of(grey: u8) -> usize {
    usize::from(grey) / BIN_WIDTH
}

/// The most frequent grey value, from a histogram in bins of four. Four times the number of pixels must fit the
/// counters.
pub(crate) fn mode<N: Count>(histogram: &[N; BINS]) -> u8 {
    centre(histogram, best_bin(histogram))
}

/// Numbers of pixels.
pub(crate) trait Count: Copy + Default + Ord + Add<Output = Self> + Into<u32> {}

impl Count for u16 {}
impl Count for u32 {}

/// The middle one of the best three bins in a row, itself counting twice.
pub(crate) fn best_bin<N: Count>(histogram: &[N; BINS]) -> usize {
    let mut padded = [N::default(); BINS + 2];
    padded[1..=BINS].copy_from_slice(histogram);
    let mut three = [N::default(); BINS];
    for (k, three) in three.iter_mut().enumerate() {
        *three = padded[k] + padded[k + 1] + padded[k + 1] + padded[k + 2];
    }
    let most = three.iter().fold(N::default(), |a, &b| a.max(b));
    three.iter().position(|&n| n == most).unwrap_or(0)
}

/// The centre of gravity of three bins in a row. There may be as many pixels as a picture has: 32 bits don't hold the
/// sum.
pub(crate) fn centre<N: Count>(histogram: &[N; BINS], middle: usize) -> u8 {
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
            (BIN_WIDTH * k + BIN_WIDTH / 2) as u64
        };
        sum += pixels * value;
    }
    sum.checked_div(weight).unwrap_or(0) as u8
}

pub(crate) fn add(total: &mut Histogram, more: &Histogram) {
    for (t, m) in total.iter_mut().zip(more) {
        *t += m;
    }
}

pub(crate) fn subtract(total: &mut Histogram, less: &Histogram) {
    for (t, l) in total.iter_mut().zip(less) {
        *t -= l;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_of_one_grey_value_is_within_its_bin_and_exact_at_the_ends() {
        for grey in 0..=255u8 {
            let mut histogram = [0u32; BINS];
            histogram[bin_of(grey)] = 7;
            let mode = mode(&histogram);
            assert_eq!(bin_of(mode), bin_of(grey), "{mode} for {grey}");
        }
        let mut ends = [0u32; BINS];
        (ends[0], ends[BINS - 1]) = (2, 3);
        assert_eq!(mode(&ends), 255);
    }

    /// A panel may be as large as the picture.
    #[test]
    fn more_pixels_of_one_bin_than_32_bits_can_sum_have_that_mode() {
        let mut histogram = [0u32; BINS];
        histogram[bin_of(200)] = u32::MAX / 200 + 1;
        assert_eq!(mode(&histogram), 202);
    }
}
