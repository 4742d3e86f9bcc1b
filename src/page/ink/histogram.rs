//! Histograms of grey values in bins of four, and their modes.

use std::ops::Add;

/// Grey values are counted in bins of four.
pub(crate) const BINS: usize = 64;

/// Pixels by grey value; those of all tiles within reach are 6,400.
pub(crate) type Histogram = [u16; BINS];

/// The most frequent grey value, from a histogram in bins of four. Four times the number of pixels must fit the counters.
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

/// The centre of gravity of three bins in a row.
pub(crate) fn centre<N: Count>(histogram: &[N; BINS], middle: usize) -> u8 {
    let (mut weight, mut sum) = (0u32, 0u32);
    for (k, &pixels) in histogram.iter().enumerate().take(middle + 2).skip(middle.saturating_sub(1)) {
        let pixels: u32 = pixels.into();
        weight += pixels;
        // Values at the ends of the scale are mostly the ends themselves: pure black, pure white.
        let value = if k == 0 {
            0
        } else if k == BINS - 1 {
            255
        } else {
            4 * k as u32 + 2
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
