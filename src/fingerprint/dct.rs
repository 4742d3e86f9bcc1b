//! The unlearned hash: low frequencies of the patch's cosine transform against their median.
//!
//! C. Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), section 3.2.1 (pHash), with
//! a wide block for wide patches: 8 vertical × 16 horizontal frequencies.

use std::f32::consts::PI;

use super::{COLS, Encoder, Family, Patch, ROWS};

/// Mean and standard deviation of the distances of one word in two typefaces.
///
/// Tuned (share): measured on the evaluation set by `evaluate -- words`, see [`Family::distances`].
pub(super) const SAME_WORD: [f32; 2] = [0.215, 0.110];

/// Vertical frequencies.
///
/// Tuned (count): the best of the blocks that a study of unlearned hashes compared. Part of the family's version.
const DOWN: usize = 8;

/// Horizontal frequencies.
///
/// Tuned (count): as [`DOWN`]: words are wider than high.
const ACROSS: usize = 16;

/// Encoder of [`Family::Dct`].
#[derive(Debug)]
pub(super) struct Dct {
    down: [[f32; ROWS]; DOWN],
    /// Frequencies side by side: they are summed up together, each in the order of the columns.
    across: [[f32; ACROSS]; COLS],
}

impl Dct {
    pub(super) fn new() -> Self {
        let waves: [[f32; COLS]; ACROSS] = basis();
        Self { down: basis(), across: std::array::from_fn(|n| std::array::from_fn(|k| waves[k][n])) }
    }
}

/// The first `K` cosines over `N` samples, orthonormal.
fn basis<const N: usize, const K: usize>() -> [[f32; N]; K] {
    std::array::from_fn(|k| {
        let norm = if k == 0 { 1.0 } else { 2.0f32 } / N as f32;
        std::array::from_fn(|n| norm.sqrt() * (PI * (n as f32 + 0.5) * k as f32 / N as f32).cos())
    })
}

impl super::sealed::Sealed for Dct {}

impl Encoder for Dct {
    fn family(&self) -> Family {
        Family::Dct
    }

    fn encode(&self, patch: &Patch, values: &mut [f32]) {
        let (rows, _) = patch.ink().as_chunks::<COLS>();
        let half: [[f32; ACROSS]; ROWS] = std::array::from_fn(|r| weighted_sum(&rows[r].map(f32::from), &self.across));
        for (out, wave) in values.as_chunks_mut::<ACROSS>().0.iter_mut().zip(&self.down) {
            *out = weighted_sum(wave, &half);
        }
        let mut sorted = [0.0f32; DOWN * ACROSS];
        sorted.copy_from_slice(values);
        let median = *sorted.select_nth_unstable_by(DOWN * ACROSS / 2, f32::total_cmp).1;
        values.iter_mut().for_each(|v| *v -= median);
    }
}

/// The sum of `terms`, each times its weight: in a fixed order, so that every machine gets the same bits.
fn weighted_sum<const N: usize>(weights: &[f32; N], terms: &[[f32; ACROSS]; N]) -> [f32; ACROSS] {
    let mut sums = [0.0; ACROSS];
    for (weight, term) in weights.iter().zip(terms) {
        for (sum, t) in sums.iter_mut().zip(term) {
            *sum += weight * t;
        }
    }
    sums
}
