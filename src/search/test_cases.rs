//! Small catalogues and lattices that hold words of them, for property tests of scan and aligner.
#![expect(clippy::expect_used, reason = "a case that cannot be made is a failed test")]

use proptest::prelude::*;

use super::batch::Batch;
use super::query::Edge;
use crate::fingerprint::{Codes, Family};
use crate::fixed_point::units;
use crate::simd::kernels::WidthProbe;

/// Words of a small catalogue's documents; edges of a lattice: start, length, word.
pub(crate) type Case = (Vec<Vec<u64>>, Vec<(u32, u32, u64)>);

/// A small catalogue and a lattice that holds words of it.
pub(crate) fn case() -> impl Strategy<Value = Case> {
    let word = 0u64..12;
    let documents = prop::collection::vec(prop::collection::vec(word.clone(), 1..30), 1..8);
    let edges = prop::collection::vec((0u32..12, 1u32..4, word), 1..25);
    (documents, edges)
}

fn code(word: u64) -> [u64; 2] {
    // Codes far apart, with a few bits that depend on the word's use.
    let spread = (word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    [spread, spread.rotate_left(17) ^ word]
}

fn width(word: u64) -> u8 {
    60 + 7 * word as u8
}

/// The index, edges and codes of a case.
pub(crate) fn build(documents: &[Vec<u64>], edges: &[(u32, u32, u64)]) -> (Batch, Vec<Edge>, Codes) {
    let to_codes = |words: &[u64]| {
        Codes::from_data(Family::Dct, words.iter().flat_map(|&w| code(w)).collect()).expect("two words a code")
    };
    let codes: Vec<Codes> = documents.iter().map(|d| to_codes(d)).collect();
    let widths: Vec<Vec<u8>> = documents.iter().map(|d| d.iter().map(|&w| width(w)).collect()).collect();
    let caps: Vec<Vec<i16>> =
        documents.iter().map(|d| d.iter().map(|&w| units(0.5 + w as f32 / 2.0)).collect()).collect();
    let of_documents = codes.iter().zip(&widths).zip(&caps);
    let batch = Batch::new(of_documents.map(|((c, widths), caps)| (vec![c], widths.as_slice(), caps.as_slice())));
    let mut sorted = edges.to_vec();
    sorted.sort_unstable();
    let lattice = sorted.iter().map(|&(from, step, word)| Edge {
        from,
        to: from + step,
        prior_nats: -(step as f32) / 3.0,
        likeliest: word % 2 == 0,
        width: WidthProbe { log_width: width(word).wrapping_add(from as u8), weight: (word % 4) as u8 },
    });
    (batch.expect("small"), lattice.collect(), to_codes(&sorted.iter().map(|a| a.2).collect::<Vec<_>>()))
}
