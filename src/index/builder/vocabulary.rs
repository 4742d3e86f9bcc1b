//! Words by numbers: what is known of a word is found by its number, without hashing it and looking for it again.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rayon::prelude::*;

use super::document::SourceDocument;
use super::word_hasher::MixedHasher;
use crate::index::ngrams::{each_ngram, entry};

/// The words of some documents by numbers.
#[derive(Default)]
pub(super) struct Vocabulary {
    /// The number of each word of each document, one document after the other.
    pub(super) numbers: Vec<u32>,
    /// The distinct words by their numbers, ordered by hash.
    pub(super) words: Vec<Term>,
}

/// A word that is told apart by the hash that n-grams are told apart by.
#[derive(Clone, Copy)]
pub(super) struct Term {
    /// Its hash, without a count.
    pub(super) hash: u64,
    /// Documents that have it.
    pub(super) documents: u32,
    /// A document that has it, and where it stands there.
    pub(super) first: (u32, u32),
}

impl Vocabulary {
    /// Cost: a look-up a word, spread over the cores, and 4 bytes.
    pub(super) fn new<'s, S: Borrow<SourceDocument<'s>> + Sync>(documents: &[S]) -> Self {
        let share = documents.len().div_ceil(rayon::current_num_threads()).max(1);
        let (mut numbers, words): (Vec<Vec<u32>>, Vec<Vec<Term>>) =
            documents.par_chunks(share).enumerate().map(|(k, documents)| of_share(k * share, documents)).unzip();
        let shares = words.iter().enumerate();
        let mut all: Vec<(u64, usize, usize)> =
            shares.flat_map(|(s, words)| words.iter().enumerate().map(move |(k, word)| (word.hash, s, k))).collect();
        all.par_sort_unstable();
        // The numbers that a share's numbers become.
        let mut renumbered: Vec<Vec<u32>> = words.iter().map(|words| vec![0; words.len()]).collect();
        let mut merged: Vec<Term> = Vec::with_capacity(all.len());
        for (hash, s, k) in all {
            let word = words[s][k];
            match merged.last_mut().filter(|last| last.hash == hash) {
                Some(same) => same.documents += word.documents,
                None => merged.push(word),
            }
            renumbered[s][k] = merged.len() as u32 - 1;
        }
        numbers.par_iter_mut().zip(renumbered).for_each(|(numbers, renumbered)| {
            numbers.iter_mut().for_each(|number| *number = renumbered[*number as usize]);
        });
        Self { numbers: numbers.concat(), words: merged }
    }
}

/// The numbers of the words of a share of the documents, and the distinct ones, both in the order in which they first
/// come.
fn of_share<'s, S: Borrow<SourceDocument<'s>>>(first: usize, documents: &[S]) -> (Vec<u32>, Vec<Term>) {
    let mut numbers = Vec::with_capacity(documents.iter().map(|d| d.borrow().widths.len()).sum());
    let mut words: Vec<Term> = Vec::new();
    let mut known = HashMap::<u64, u32, BuildHasherDefault<MixedHasher>>::default();
    // The last document that has each.
    let mut last: Vec<u32> = Vec::new();
    let mut hashes: Vec<u64> = Vec::new();
    for (document, source) in (first as u32..).zip(documents) {
        let begin = numbers.len();
        hashes.clear();
        each_ngram(source.borrow().first_face(), |_, length, hash| {
            if length == 1 {
                hashes.push(entry(hash, 0));
            }
        });
        // The look-ups follow one another, so that many of them wait for memory together.
        numbers.extend((0..).zip(&hashes).map(|(k, &hash)| {
            *known.entry(hash).or_insert_with(|| {
                words.push(Term { hash, documents: 0, first: (document, k) });
                last.push(u32::MAX);
                words.len() as u32 - 1
            })
        }));
        for &number in &numbers[begin..] {
            let last = &mut last[number as usize];
            words[number as usize].documents += u32::from(*last != document);
            *last = document;
        }
    }
    (numbers, words)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::index::ngrams::ngram;

    proptest! {
        #[test]
        fn equal_words_have_equal_numbers(documents in prop::collection::vec(prop::collection::vec(0u64..9, 1..40), 1..12)) {
            let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
            let sources: Vec<SourceDocument<'_>> =
                documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
            let Vocabulary { numbers, words } = Vocabulary::new(&sources);
            prop_assert!(words.is_sorted_by(|a, b| a.hash < b.hash));
            let mut found: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
            let all = documents.iter().enumerate().flat_map(|(number, d)| d.iter().map(move |&word| (number, word)));
            for (&number, (document, word)) in numbers.iter().zip(all) {
                let Term { hash, first, .. } = words[number as usize];
                prop_assert_eq!(hash, entry(ngram(&[&[word]], 0, 1), 0));
                prop_assert_eq!(documents[first.0 as usize][first.1 as usize], word);
                found.entry(hash).or_default().insert(document);
            }
            prop_assert_eq!(numbers.len(), documents.iter().map(Vec::len).sum::<usize>());
            let counts: Vec<u32> = words.iter().map(|w| w.documents).collect();
            prop_assert_eq!(counts, found.values().map(|d| d.len() as u32).collect::<Vec<_>>());
        }
    }
}
