//! The inverted file of a segment: where each 2-gram of visual words stands.

use rayon::prelude::*;

use super::buckets::{Buckets, SortedBits, sort_in_buckets};
use super::document::SourceDocument;
use super::vocabulary::{Term, Vocabulary};
use crate::index::file::Codebook;
use crate::index::file::MAX_DIRECTORY_BITS;
use crate::simd::Kernels;

/// Segments of fewer words have no inverted file: they are sooner scanned than looked up.
///
/// Tuned (words): chosen by eye.
pub(crate) const MIN_INDEXED_WORDS: usize = 50_000;

/// An inverted file of 2-grams of visual words.
#[derive(Default)]
pub(super) struct InvertedFile {
    pub(super) directory_bits: u32,
    /// Where the postings begin whose keys begin with some bits; one more at the end.
    pub(super) directory: Vec<u32>,
    /// Positions of the 2-grams' first words, by key and position.
    pub(super) postings: Vec<u32>,
    /// Last bits of the keys.
    pub(super) tags: Vec<u8>,
}

impl InvertedFile {
    pub(super) fn new(documents: &[SourceDocument<'_>], vocabulary: &Vocabulary, book: &Codebook) -> Self {
        let words = vocabulary.numbers.len();
        let key_bits = book.key_bits();
        let directory_bits = (words.max(1).ilog2().saturating_sub(2))
            .clamp(key_bits.saturating_sub(8).max(1), key_bits.min(MAX_DIRECTORY_BITS));
        let visual = visual_words(documents, vocabulary, book);
        let low_bits = key_bits - directory_bits;
        let mut directory = vec![0u32; (1 << directory_bits) + 1];
        let (mut postings, mut tags) = (Vec::with_capacity(words), Vec::with_capacity(words));
        // By the keys' first bits, one part after the other: memory for the sort is bounded.
        let part_bits = words.div_ceil(GRAMS_AT_A_TIME).next_power_of_two().ilog2().min(key_bits);
        for part in 0..1u64 << part_bits {
            let emit = |first: usize, some: &[u16], buckets: &mut Buckets| {
                for (position, pair) in (first..).zip(visual[first..].windows(2)).take(some.len()) {
                    if pair[0] == SEPARATOR || pair[1] == SEPARATOR {
                        continue;
                    }
                    let key = u64::from(book.key(pair[0], pair[1]));
                    if key >> (key_bits - part_bits) == part {
                        buckets.push(key << 32 | position as u64);
                    }
                }
            };
            // Positions come in order and stay so.
            let by = SortedBits { common: 32 - key_bits + part_bits, ignored: 32, even: false };
            let take = |(): &mut (), _, _, grams: &mut Vec<u64>| {
                let slots = grams.chunk_by(|a, b| (a ^ b) >> 32 >> low_bits == 0);
                let counts: Vec<(u64, u32)> = slots.map(|s| (s[0] >> 32 >> low_bits, s.len() as u32)).collect();
                let positions: Vec<u32> = grams.iter().map(|&gram| gram as u32).collect();
                let lows: Vec<u8> = grams.iter().map(|gram| (gram >> 32 & ((1 << low_bits) - 1)) as u8).collect();
                (counts, positions, lows)
            };
            for (counts, positions, lows) in sort_in_buckets(&visual, words >> part_bits, by, emit, take) {
                counts.into_iter().for_each(|(slot, count)| directory[slot as usize + 1] += count);
                postings.extend(positions);
                tags.extend(lows);
            }
        }
        for k in 1..directory.len() {
            directory[k] += directory[k - 1];
        }
        Self { directory_bits, directory, postings, tags }
    }
}

/// 2-grams sorted at a time.
///
/// Tuned (count): chosen by eye.
const GRAMS_AT_A_TIME: usize = 1 << 21;
/// Stands between two documents' visual words.
const SEPARATOR: u16 = u16::MAX;

/// The visual word of each position; a separator after each document. Each distinct word is compared with the
/// prototypes once.
fn visual_words(documents: &[SourceDocument<'_>], vocabulary: &Vocabulary, book: &Codebook) -> Vec<u16> {
    let kernels = Kernels::best();
    let nearest = |word: &Term| {
        let (document, k) = word.first;
        book.nearest(documents[document as usize].first_face(), k as usize, &kernels)
    };
    let visual: Vec<u16> = vocabulary.words.par_iter().map(nearest).collect();
    let mut all = Vec::with_capacity(vocabulary.numbers.len() + documents.len());
    let mut rest = vocabulary.numbers.as_slice();
    for document in documents {
        let (now, later) = rest.split_at(document.widths.len());
        all.extend(now.iter().map(|&number| visual[number as usize]));
        all.push(SEPARATOR);
        rest = later;
    }
    all
}
