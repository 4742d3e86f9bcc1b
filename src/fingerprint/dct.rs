//! The unlearned hash: low frequencies of the patch's cosine transform against their median.
//!
//! C. Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), section 3.2.1 (pHash), with a
//! wide block for wide patches: 8 vertical × 16 horizontal frequencies.

use std::f32::consts::PI;

use super::{COLS, Encoder, Family, Patch, ROWS};

const DOWN: usize = 8;
const ACROSS: usize = 16;

/// Encoder of [`Family::Dct`].
#[derive(Debug)]
pub(super) struct Dct {
    down: [[f32; ROWS]; DOWN],
    across: [[f32; COLS]; ACROSS],
}

impl Dct {
    pub(super) fn new() -> Self {
        Self { down: basis(), across: basis() }
    }
}

/// The first `K` cosines over `N` samples, orthonormal.
fn basis<const N: usize, const K: usize>() -> [[f32; N]; K] {
    std::array::from_fn(|k| {
        let norm = if k == 0 { 1.0 } else { 2.0f32 } / N as f32;
        std::array::from_fn(|n| norm.sqrt() * (PI * (n as f32 + 0.5) * k as f32 / N as f32).cos())
    })
}

impl Encoder for Dct {
    fn family(&self) -> Family {
        Family::Dct
    }

    fn encode(&self, patch: &Patch, values: &mut [f32]) {
        let (rows, _) = patch.ink().as_chunks::<COLS>();
        let mut half = [[0.0f32; ROWS]; ACROSS];
        for (r, row) in rows.iter().enumerate() {
            let row = row.map(f32::from);
            for (out, wave) in half.iter_mut().zip(&self.across) {
                out[r] = dot(wave, &row);
            }
        }
        for (v, wave) in self.down.iter().enumerate() {
            for (u, column) in half.iter().enumerate() {
                values[v * ACROSS + u] = dot(wave, column);
            }
        }
        let mut sorted = [0.0f32; DOWN * ACROSS];
        sorted.copy_from_slice(values);
        let median = *sorted.select_nth_unstable_by(DOWN * ACROSS / 2, f32::total_cmp).1;
        values.iter_mut().for_each(|v| *v -= median);
    }
}

/// Sums in a fixed order, so that every machine gets the same bits.
fn dot<const N: usize>(a: &[f32; N], b: &[f32; N]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
