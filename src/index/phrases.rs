//! In how many documents does a phrase of one to three words stand? Counted once for each segment, and stored with it.
//!
//! A table holds the phrases that stand in two documents of its segment or more, sorted by their hash: 40 bits of hash and 24
//! of count in 64. Phrases of one document alone, seven of ten, are not stored; what several segments count is added up, so
//! a phrase that stands once in each of several segments is counted too low by as many. Segments are merged such that they
//! are few (see [`catalogue`](crate::catalogue)), and phrases of up to three other documents do not count anyhow.

use std::sync::atomic::{AtomicU64, Ordering};

use super::buckets::{Buckets, sort_in_buckets};
use super::writer::Source;

/// Bits of a hash that are kept.
const HASH_BITS: u32 = 40;
const COUNT_BITS: u32 = 64 - HASH_BITS;
/// Longest phrase, in words.
pub(super) const LONGEST: usize = 3;

/// What the hash of a phrase of so many words begins with.
fn seed(length: usize) -> u64 {
    (length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn mix(hash: u64, lane: u64) -> u64 {
    let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

/// Hash of the `length` words that end with word `last`; of each word the code in the first typeface.
pub(super) fn phrase(first_face: &[&[u64]], last: usize, length: usize) -> u64 {
    let words = (last + 1 - length..=last).flat_map(|k| first_face.iter().map(move |lane| lane[k]));
    words.fold(seed(length), mix)
}

/// All phrases of a document, by their last word and then by length: tells that word, the length and the hash.
///
/// Equals [`phrase`] of each, but hashes what phrases begin with once.
pub(super) fn each_phrase(first_face: &[&[u64]], found: impl FnMut(usize, usize, u64)) {
    match first_face {
        // Most codes have one 64-bit word: a loop of its own for these.
        [lane] => roll(&[lane], found),
        lanes => roll(lanes, found),
    }
}

#[inline(always)]
fn roll(lanes: &[&[u64]], mut found: impl FnMut(usize, usize, u64)) {
    // Hashes of the phrases of three and of two that began with the last word, and of those of three that began before it.
    let (mut two, mut three, mut third) = (0, 0, 0);
    for last in 0..lanes.first().map_or(0, |lane| lane.len()) {
        let add = |hash| lanes.iter().fold(hash, |hash, lane| mix(hash, lane[last]));
        found(last, 1, add(seed(1)));
        if last >= 1 {
            found(last, 2, add(two));
        }
        if last >= 2 {
            found(last, 3, add(third));
        }
        (two, three, third) = (add(seed(2)), add(seed(3)), add(three));
    }
}

/// A segment's phrases, ready to be looked up.
pub(super) struct PhraseTable<'a> {
    entries: &'a [u64],
    /// Where entries begin whose hash begins with some bits.
    directory: Vec<u32>,
    shift: u32,
}

impl<'a> PhraseTable<'a> {
    pub(super) fn new(entries: &'a [u64]) -> Self {
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
        Self { entries, directory, shift }
    }

    /// In how many documents a phrase stands; 0 if in one or none.
    pub(super) fn documents(&self, phrase: u64) -> u32 {
        let bucket = (phrase >> self.shift) as usize;
        let near = &self.entries[self.directory[bucket] as usize..self.directory[bucket + 1] as usize];
        let hash = phrase >> COUNT_BITS;
        near.iter().find(|&&e| e >> COUNT_BITS == hash).map_or(0, |&e| (e & ((1 << COUNT_BITS) - 1)) as u32)
    }
}

/// Words of documents that are counted at a time: bounds the memory to some 24 bytes times this.
const WORDS_AT_A_TIME: usize = 1 << 20;

/// What [`count`] finds.
#[derive(Default)]
pub(super) struct Counted {
    /// Entries of the documents' phrase table.
    pub(super) own: Vec<u64>,
    /// Entries of those of their phrases that stand in other tables, with the sum of the numbers there.
    pub(super) elsewhere: Vec<u64>,
    /// Sum over the documents of their numbers of distinct words.
    pub(super) distinct: u64,
}

/// Counts the phrases of documents, and looks them up in the tables (entries) of other segments.
///
/// Cost: some 100 ns a word, spread over the cores; memory does not grow with the documents but for the tables themselves.
pub(super) fn count(documents: &[Source<'_>], others: &[&[u64]]) -> Counted {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    // Phrases are told apart by the first bits of their hash: one part is counted after the other, in buckets.
    let part_bits = words.div_ceil(WORDS_AT_A_TIME).next_power_of_two().ilog2();
    let (mut counted, distinct) = (Counted::default(), AtomicU64::new(0));
    for part in 0..1u64 << part_bits {
        let emit = |first: usize, documents: &[Source<'_>], buckets: &mut Buckets| {
            let mut words = Vec::new();
            for (number, document) in (first as u64..).zip(documents) {
                words.clear();
                each_phrase(document.first_face(), |_, length, hash| {
                    // Two shifts, for there may be one part only.
                    if hash >> 1 >> (63 - part_bits) != part {
                        return;
                    }
                    let key = hash >> COUNT_BITS << COUNT_BITS | number;
                    if length == 1 {
                        words.push(key);
                    } else {
                        buckets.push(hash << part_bits, key);
                    }
                });
                // Most words of a document are there again and again: that leaves less to sort.
                words.sort_unstable();
                words.dedup();
                words.iter().for_each(|&key| buckets.push(key << part_bits, key));
                distinct.fetch_add(words.len() as u64, Ordering::Relaxed);
            }
        };
        let take = |mut keys: Vec<u64>| {
            keys.dedup();
            let repeated = keys.chunk_by(|a, b| a >> COUNT_BITS == b >> COUNT_BITS).filter(|same| same.len() > 1);
            let own: Vec<u64> = repeated.map(|same| same[0] >> COUNT_BITS << COUNT_BITS | same.len() as u64).collect();
            if others.is_empty() {
                return (own, Vec::new());
            }
            keys.iter_mut().for_each(|key| *key = *key >> COUNT_BITS << COUNT_BITS);
            keys.dedup();
            others.iter().for_each(|entries| add_found(&mut keys, entries));
            keys.retain(|key| key & MAX_COUNT > 0);
            keys.shrink_to_fit();
            (own, keys)
        };
        let buckets = sort_in_buckets(documents, (LONGEST * words) >> part_bits, emit, take);
        for (own, elsewhere) in buckets {
            counted.own.extend(own);
            counted.elsewhere.extend(elsewhere);
        }
    }
    counted.distinct = distinct.into_inner();
    counted
}

const MAX_COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Adds to each of some entries the count of its phrase in another table. Both are sorted: one pass, in strides where the other
/// table has much between.
fn add_found(entries: &mut [u64], mut table: &[u64]) {
    let first = entries.first().map_or(0, |e| e >> COUNT_BITS << COUNT_BITS);
    table = &table[table.partition_point(|&other| other < first)..];
    for entry in entries {
        let hash = *entry >> COUNT_BITS << COUNT_BITS;
        let mut stride = 1;
        while table.get(stride).is_some_and(|&other| other < hash) {
            table = &table[stride..];
            stride *= 2;
        }
        let near = &table[..table.len().min(stride + 1)];
        let passed = if stride == 1 {
            near.iter().take_while(|&&other| other < hash).count()
        } else {
            near.partition_point(|&other| other < hash)
        };
        table = &table[passed..];
        match table.first() {
            Some(&other) if other >> COUNT_BITS == hash >> COUNT_BITS => {
                *entry = hash | ((*entry & MAX_COUNT) + (other & MAX_COUNT)).min(MAX_COUNT);
            }
            Some(_) => {}
            None => return,
        }
    }
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
            let Counted { own: entries, distinct, .. } = count(&sources, &[]);
            let table = PhraseTable::new(&entries);
            prop_assert!(entries.is_sorted());
            // Every second entry as another table, and itself once more.
            let other: Vec<u64> = entries.iter().step_by(2).copied().collect();
            let elsewhere = count(&sources, &[&other, &entries]).elsewhere;
            let twice = |(k, &entry): (usize, &u64)| entry + if k % 2 == 0 { entry & MAX_COUNT } else { 0 };
            prop_assert_eq!(elsewhere, entries.iter().enumerate().map(twice).collect::<Vec<_>>());
            for source in &sources {
                each_phrase(source.first_face(), |last, length, hash| {
                    assert_eq!(hash, phrase(source.first_face(), last, length));
                });
            }
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
