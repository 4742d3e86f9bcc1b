//! [`Dot`] in the instructions that were made for it: compilers do not find them.
//!
//! *Correctness*: every method takes a proof of [`super::x86`] that the CPU has the features. They are inlined into
//! functions that are compiled with these features, else each intrinsic would be a call: slow, but sound. The loads
//! read all of a [`FourWeights`], which is 64 bytes long, without demanding an alignment.

use std::arch::x86_64::*;

use super::layer::{Dot, FOUR, FourWeights, LANES};
use super::x86::{Avx2, Avx512};

/// VNNI: four products a lane in one instruction.
impl Dot for Avx512 {
    type Sums = __m512i;
    const TILE: usize = 8;

    fn place(channel: usize, k: usize) -> usize {
        channel * FOUR + k
    }

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: needs AVX-512F, which `self` proves.
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, four: [u8; FOUR], weights: &FourWeights) -> Self::Sums {
        // SAFETY: needs AVX-512F and VNNI, which `self` proves; 64 bytes are read from an array of 64.
        unsafe {
            let weights = _mm512_loadu_si512(weights.as_ptr().cast());
            _mm512_dpbusd_epi32(sums, _mm512_set1_epi32(i32::from_le_bytes(four)), weights)
        }
    }

    #[inline(always)]
    fn lanes(self, sums: Self::Sums) -> [i32; LANES] {
        let mut lanes = [0; LANES];
        // SAFETY: needs AVX-512F, which `self` proves; 64 bytes are written to an array of 64.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), sums) };
        lanes
    }
}

/// Products of pairs in 16 bits, which cannot saturate with inputs of 7 bits, then sums of pairs.
impl Dot for Avx2 {
    type Sums = [__m256i; 2];
    const TILE: usize = 4;

    fn place(channel: usize, k: usize) -> usize {
        channel * FOUR + k
    }

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: needs AVX2, which `self` proves.
        unsafe { [_mm256_setzero_si256(); 2] }
    }

    #[inline(always)]
    fn add(self, sums: Self::Sums, four: [u8; FOUR], weights: &FourWeights) -> Self::Sums {
        let [low, high] = sums;
        // SAFETY: needs AVX2, which `self` proves; 64 bytes are read from an array of 64.
        unsafe {
            let (weights, one) = (weights.as_ptr().cast::<__m256i>(), _mm256_set1_epi16(1));
            let four = _mm256_set1_epi32(i32::from_le_bytes(four));
            let a = _mm256_madd_epi16(_mm256_maddubs_epi16(four, _mm256_loadu_si256(weights)), one);
            let b = _mm256_madd_epi16(_mm256_maddubs_epi16(four, _mm256_loadu_si256(weights.add(1))), one);
            [_mm256_add_epi32(low, a), _mm256_add_epi32(high, b)]
        }
    }

    #[inline(always)]
    fn lanes(self, sums: Self::Sums) -> [i32; LANES] {
        let mut lanes = [0; LANES];
        // SAFETY: needs AVX2, which `self` proves; 64 bytes are written to an array of 64.
        unsafe {
            let to = lanes.as_mut_ptr().cast::<__m256i>();
            _mm256_storeu_si256(to, sums[0]);
            _mm256_storeu_si256(to.add(1), sums[1]);
        }
        lanes
    }
}
