//! In how many documents does a phrase of one to three words stand? Counted once for each segment, and stored with it.
//!
//! A table holds the phrases that stand in two documents of its segment or more, sorted by their hash: 40 bits of hash and 24
//! of count in 64. Phrases of one document alone, seven of ten, are not stored; what several segments count is added up, so
//! a phrase that stands once in each of several segments is counted too low by as many. Segments are merged such that they
//! are few (see [`catalogue`](crate::catalogue)), and phrases of up to three other documents do not count anyhow.

use rayon::prelude::*;

use super::writer::Source;

/// Bits of a hash that are kept.
const HASH_BITS: u32 = 40;
const COUNT_BITS: u32 = 64 - HASH_BITS;
/// Longest phrase, in words.
pub(super) const LONGEST: usize = 3;

/// Hash of the `length` words that end with word `last`; of each word the code in the first typeface.
pub(super) fn phrase(first_face: &[&[u64]], last: usize, length: usize) -> u64 {
    let words = (last + 1 - length..=last).flat_map(|k| first_face.iter().map(move |lane| lane[k]));
    words.fold((length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15), |hash, lane| {
        let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
    })
}

/// A segment's phrases, ready to be looked up.
pub(crate) struct PhraseTable<'a> {
    entries: &'a [u64],
    /// Where entries begin whose hash begins with some bits.
    directory: Vec<u32>,
    shift: u32,
    /// Sum over the documents of their numbers of distinct words.
    pub(super) distinct: u64,
}

impl<'a> PhraseTable<'a> {
    pub(crate) fn new(entries: &'a [u64], distinct: u64) -> Self {
        let bits = (entries.len() / 2).max(1).ilog2().min(HASH_BITS);
        // At least one bit, so that the shift stays below 64.
        let shift = 64 - bits.max(1);
        let mut directory = vec![0u32; (1 << (64 - shift)) + 1];
        for &entry in entries {
            directory[(entry >> shift) as usize + 1] += 1;
        }
        for k in 1..directory.len() {
            directory[k] += directory[k - 1];
        }
        Self { entries, directory, shift, distinct }
    }

    /// In how many documents a phrase stands; 0 if in one or none.
    pub(super) fn documents(&self, phrase: u64) -> u32 {
        let bucket = (phrase >> self.shift) as usize;
        let near = &self.entries[self.directory[bucket] as usize..self.directory[bucket + 1] as usize];
        let hash = phrase >> COUNT_BITS;
        near.iter().find(|&&e| e >> COUNT_BITS == hash).map_or(0, |&e| (e & ((1 << COUNT_BITS) - 1)) as u32)
    }
}

/// Words of documents that are counted at a time: bounds the memory to 24 bytes times this, for each thread.
const WORDS_AT_A_TIME: usize = 1 << 20;

/// The phrase table of documents, and the sum of their numbers of distinct words.
///
/// Cost: some 100 ns a word, spread over the cores; memory does not grow with the documents but for the table itself.
pub(super) fn count(documents: &[Source<'_>]) -> (Vec<u64>, u64) {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    // Phrases are told apart by the first bits of their hash, and one part is counted after the other.
    let part_bits = words.div_ceil(WORDS_AT_A_TIME).next_power_of_two().ilog2();
    let parts: Vec<Vec<u64>> = (0..1u64 << part_bits)
        .into_par_iter()
        .map(|part| {
            let mut keys = Vec::with_capacity(((LONGEST * words) >> part_bits) + words / 64);
            for (number, document) in documents.iter().enumerate() {
                for last in 0..document.widths.len() {
                    for length in 1..=LONGEST.min(last + 1) {
                        let hash = phrase(document.first_face(), last, length);
                        if part_bits == 0 || hash >> (64 - part_bits) == part {
                            keys.push(hash >> COUNT_BITS << COUNT_BITS | number as u64);
                        }
                    }
                }
            }
            keys.sort_unstable();
            keys.dedup();
            let repeated = keys.chunk_by(|a, b| a >> COUNT_BITS == b >> COUNT_BITS).filter(|same| same.len() > 1);
            repeated.map(|same| same[0] >> COUNT_BITS << COUNT_BITS | same.len() as u64).collect()
        })
        .collect();
    let distinct = |document: &Source<'_>| {
        let mut words: Vec<u64> =
            (0..document.widths.len()).map(|last| phrase(document.first_face(), last, 1) >> COUNT_BITS).collect();
        words.sort_unstable();
        words.dedup();
        words.len() as u64
    };
    (parts.concat(), documents.par_iter().map(distinct).sum())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_a_plain_map(documents in prop::collection::vec(prop::collection::vec(0u64..9, 1..40), 1..12)) {
            let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
            let sources: Vec<Source<'_>> =
                documents.iter().zip(&widths).map(|(d, w)| Source::anonymous(d, w)).collect();
            let mut counted: BTreeMap<&[u64], BTreeSet<usize>> = BTreeMap::new();
            for (number, document) in documents.iter().enumerate() {
                for length in 1..=LONGEST {
                    for words in document.windows(length) {
                        counted.entry(words).or_default().insert(number);
                    }
                }
            }
            let (entries, distinct) = count(&sources);
            let table = PhraseTable::new(&entries, distinct);
            prop_assert!(entries.is_sorted());
            let of_one_word = counted.iter().filter(|(words, _)| words.len() == 1);
            prop_assert_eq!(distinct, of_one_word.map(|(_, d)| d.len() as u64).sum::<u64>());
            for (words, found) in counted {
                let hash = phrase(&[words], words.len() - 1, words.len());
                let expected = if found.len() < 2 { 0 } else { found.len() as u32 };
                prop_assert_eq!(table.documents(hash), expected, "{:?}", words);
            }
        }
    }
}
