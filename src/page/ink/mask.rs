//! One bit a pixel: what counts as ink. Runs of ink are found 64 pixels at a time.

/// Fewest pixels of a long run; no fewer than 15, so that each has eight that fill a byte.
///
/// Tuned (pixels): chosen by eye; less than the shortest rule.
pub(crate) const LONG_RUN_PX: usize = 16;

/// A picture of bits. Those beyond a row's end are never set.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    /// Bytes a row, a multiple of eight; a byte's lowest bit is its first pixel.
    stride: usize,
    bits: Vec<u8>,
}

impl Mask {
    pub(crate) fn blank(width: usize, height: usize) -> Self {
        let stride = width.div_ceil(64) * 8;
        Self { stride, bits: vec![0; stride * height] }
    }

    fn row(&self, y: usize) -> &[u8] {
        &self.bits[y * self.stride..][..self.stride]
    }

    pub(crate) fn is_set(&self, x: usize, y: usize) -> bool {
        self.row(y)[x / 8] >> (x % 8) & 1 == 1
    }

    pub(crate) fn clear(&mut self, x: usize, y: usize) {
        self.bits[y * self.stride + x / 8] &= !(1 << (x % 8));
    }

    /// Sets eight pixels, from `8 · eight` on.
    pub(crate) fn set_eight(&mut self, eight: usize, y: usize, bits: u8) {
        self.bits[y * self.stride + eight] = bits;
    }

    /// Runs of at least [`LONG_RUN_PX`] set pixels of a row, from left to right, half-open.
    pub(crate) fn long_runs(&self, y: usize) -> impl Iterator<Item = (usize, usize)> {
        let row = self.row(y);
        // Each has eight pixels that begin at a multiple of eight.
        let mut from = 0;
        let runs = std::iter::from_fn(move || {
            let byte = from + memchr::memchr(0xFF, row.get(from..)?)?;
            let start = 8 * byte - if byte > 0 { row[byte - 1].leading_ones() as usize } else { 0 };
            let (_, end) = Runs { words: row.as_chunks().0, at: start, end: 8 * row.len() }.next()?;
            from = end / 8 + 1;
            Some((start, end))
        });
        runs.filter(|(start, end)| end - start >= LONG_RUN_PX)
    }

    /// Set pixels of a row within `x0..x1`.
    pub(crate) fn count(&self, y: usize, x0: usize, x1: usize) -> usize {
        let (words, _) = self.row(y).as_chunks::<8>();
        let within = |k: usize| {
            let word = u64::from_le_bytes(words[k]);
            let from = x0.saturating_sub(64 * k).min(63);
            let to = (x1 - 64 * k).min(64);
            (word & u64::MAX << from & u64::MAX >> (64 - to)).count_ones() as usize
        };
        if x0 < x1 { (x0 / 64..x1.div_ceil(64)).map(within).sum() } else { 0 }
    }

    /// Runs of set pixels of a row within `x0..x1`, from left to right, half-open.
    pub(crate) fn runs(&self, y: usize, x0: usize, x1: usize) -> Runs<'_> {
        Runs { words: self.row(y).as_chunks().0, at: x0, end: x1 }
    }
}

/// Iterator over the runs of a row.
pub(crate) struct Runs<'a> {
    words: &'a [[u8; 8]],
    at: usize,
    end: usize,
}

impl Runs<'_> {
    /// Moves to the next pixel that is set, if `flip` is 0, or clear, if all its bits are set.
    fn skip(&mut self, flip: u64) {
        while self.at < self.end {
            let word = (u64::from_le_bytes(self.words[self.at / 64]) ^ flip) >> (self.at % 64);
            if word != 0 {
                self.at += word.trailing_zeros() as usize;
                break;
            }
            self.at = (self.at / 64 + 1) * 64;
        }
        self.at = self.at.min(self.end);
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip(0);
        let start = self.at;
        self.skip(u64::MAX);
        (start < self.end).then_some((start, self.at))
    }
}

/// Which of up to eight values exceed a threshold; the first one is the lowest bit.
pub(crate) fn above(values: &[u8], threshold: u8) -> u8 {
    match <[u8; 8]>::try_from(values) {
        // Brings the upper bits of all bytes together.
        Ok(eight) => ((bytes_above(eight, threshold) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8,
        Err(_) => values.iter().enumerate().map(|(k, &v)| u8::from(v > threshold) << k).sum(),
    }
}

/// Eight comparisons in one word: the upper bit of each byte that exceeds the threshold.
fn bytes_above(values: [u8; 8], threshold: u8) -> u64 {
    const UPPER: u64 = 0x8080_8080_8080_8080;
    let Some(least) = threshold.checked_add(1) else { return 0 };
    let (v, least) = (u64::from_le_bytes(values), u64::from_le_bytes([least; 8]));
    // The upper bits decide, or if these are equal, the difference of the others.
    let lower = (v | UPPER) - (least & !UPPER);
    (v & !least | !(v ^ least) & lower) & UPPER
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn above_is_comparison_one_by_one(values in prop::collection::vec(any::<u8>(), 0..9), threshold: u8) {
            let expected = values.iter().enumerate().fold(0, |bits, (k, &v)| bits | u8::from(v > threshold) << k);
            prop_assert_eq!(above(&values, threshold), expected);
        }

        #[test]
        fn runs_and_counts_are_those_pixel_by_pixel(
            pixels in prop::collection::vec((any::<bool>(), 1usize..90), 1..12),
            ends in prop::array::uniform2(any::<prop::sample::Index>()),
        ) {
            let pixels: Vec<bool> = pixels.iter().flat_map(|&(set, n)| vec![set; n]).collect();
            let mut mask = Mask::blank(pixels.len(), 2);
            for (k, eight) in pixels.chunks(8).enumerate() {
                mask.set_eight(k, 1, eight.iter().enumerate().map(|(k, &set)| u8::from(set) << k).sum());
            }
            let ends = ends.map(|e| e.index(pixels.len() + 1));
            let (x0, x1) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let mut inside = vec![false; pixels.len()];
            for (start, end) in mask.runs(1, x0, x1) {
                prop_assert!(start < end && (start == x0 || !inside[start - 1]));
                inside[start..end].fill(true);
            }
            for x in 0..pixels.len() {
                prop_assert_eq!(mask.is_set(x, 1), pixels[x]);
                prop_assert_eq!(inside[x], pixels[x] && (x0..x1).contains(&x));
            }
            prop_assert_eq!(mask.count(1, x0, x1), inside.iter().filter(|&&set| set).count());
            let long = mask.runs(1, 0, pixels.len()).filter(|(start, end)| end - start >= LONG_RUN_PX);
            prop_assert!(mask.long_runs(1).eq(long));
            prop_assert!(mask.long_runs(0).next().is_none() && mask.runs(0, 0, pixels.len()).next().is_none());
        }
    }
}
