use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::index::builder::frequencies::{Reader, look_up};
use crate::index::ngrams::{DocumentFrequencies, HASH_BITS, ngram, word_with_hash};

/// How often each n-gram stands in the whole catalogue, of those that stand in two documents.
fn repeated(counted: &Counted<'_>, documents: &[SourceDocument<'_>]) -> Vec<u64> {
    let all = match &counted.everywhere {
        Everywhere::ByHash(all) => return all.as_ref().unwrap_or(&counted.own).clone(),
        Everywhere::ByPosition(occurrences) => {
            let (mut reader, mut seen, mut all) = (Reader::new(occurrences), Vec::new(), BTreeMap::new());
            for (number, document) in documents.iter().enumerate() {
                reader.read(number, &mut seen);
                each_ngram(document.first_face(), |last, length, hash| {
                    let count = u64::from(seen[last][length - 1].document) + 1;
                    assert_eq!(*all.entry(entry(hash, 0)).or_insert(count), count);
                });
            }
            all
        }
    };
    all.into_iter().filter(|&(_, count)| count > 1).map(|(hash, count)| entry(hash, count)).collect()
}

/// What was seen of the n-grams that end with each word of all documents.
fn seen(counted: &Counted<'_>, documents: usize) -> Vec<[Frequencies; LONGEST]> {
    let Everywhere::ByPosition(occurrences) = &counted.everywhere else { panic!("few words") };
    let (mut reader, mut seen, mut all) = (Reader::new(occurrences), Vec::new(), Vec::new());
    for number in 0..documents {
        reader.read(number, &mut seen);
        all.extend_from_slice(&seen);
    }
    all
}

proptest! {
    #[test]
    fn counts_are_those_of_a_plain_map(
        documents in prop::collection::vec(prop::collection::vec(0u64..9, 1..40), 1..12),
        at_a_time in prop::sample::select(vec![3, 40, 1000]),
    ) {
        let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
        let sources: Vec<SourceDocument<'_>> =
            documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
        let mut plain: BTreeMap<&[u64], BTreeSet<usize>> = BTreeMap::new();
        for (number, document) in documents.iter().enumerate() {
            for length in 1..=LONGEST {
                for words in document.windows(length) {
                    plain.entry(words).or_default().insert(number);
                }
            }
        }
        let words = Vocabulary::new(&sources);
        let counted = count_so_many(&sources, &words, &Elsewhere::nothing(), at_a_time);
        let table = DocumentFrequencies::new(&counted.own);
        prop_assert!(counted.own.is_sorted());
        prop_assert_eq!(&repeated(&counted, &sources), &counted.own);
        // Every second entry as another table, and itself once more, of which one document is gone.
        let other: Vec<u64> = counted.own.iter().step_by(2).copied().collect();
        let gone = Tombstones { entries: counted.own.iter().step_by(3).map(|&e| entry(e, 1)).collect(), distinct: 0 };
        let elsewhere = Elsewhere { tables: &[&other, &counted.own], gone: &gone, evict: &|| {} };
        let all = repeated(&count_so_many(&sources, &words, &elsewhere, at_a_time), &sources);
        let times = |(k, &own): (usize, &u64)| {
            let once = own & MAX_COUNT;
            entry(own, once + once + if k % 2 == 0 { once } else { 0 } - u64::from(k % 3 == 0))
        };
        prop_assert_eq!(all, counted.own.iter().enumerate().map(times).collect::<Vec<_>>());
        let of_one_word = plain.iter().filter(|(words, _)| words.len() == 1);
        prop_assert_eq!(counted.distinct, of_one_word.map(|(_, d)| d.len() as u64).sum::<u64>());
        let of_one = plain.values().filter(|found| found.len() == 1).count();
        prop_assert_eq!((counted.hapaxes.len(), counted.own.len()), (of_one, plain.len() - of_one));
        for (words, found) in plain {
            let hash = ngram(&[words], words.len() - 1, words.len());
            let expected = if found.len() < 2 { 0 } else { found.len() as u32 };
            prop_assert_eq!(table.documents(hash), expected, "{:?}", words);
        }
    }

    #[test]
    fn entries_of_two_kinds_are_put_together(many in entries(0..300), few in entries(0..20)) {
        let mut plain: BTreeMap<u64, u64> = BTreeMap::new();
        many.iter().chain(&few).for_each(|&e| *plain.entry(entry(e, 0)).or_default() += e & MAX_COUNT);
        let (mut all, mut positions, mut others) = (vec![7], vec![(7, true)], vec![7]);
        together(&many, &few, &mut all, &mut positions);
        prop_assert_eq!(&all, &plain.iter().map(|(&hash, &count)| entry(hash, count)).collect::<Vec<_>>());
        let besides = |&e: &u64| plain[&entry(e, 0)] as u32 - 1;
        let of_few: Vec<u32> = positions.iter().map(|&(position, _)| besides_one(all[position])).collect();
        prop_assert_eq!(of_few, few.iter().map(besides).collect::<Vec<_>>());
        others_of_longer(&all, &positions, &mut others);
        prop_assert_eq!(others, many.iter().map(besides).collect::<Vec<_>>());
    }
}

fn entries(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u64>> {
    let hash = prop_oneof![0u64..400, (0u64..400).prop_map(|hash| hash << (HASH_BITS - 9))];
    let entries = prop::collection::btree_map(hash, 1u64..9, len);
    entries.prop_map(|entries| entries.into_iter().map(|(hash, count)| entry(hash << COUNT_BITS, count)).collect())
}

/// A word that has the hash of an n-gram: both count, also in a document that has both.
#[test]
fn words_are_counted_apart_from_phrases_of_the_same_hash() {
    let hash = ngram(&[&[5, 6]], 1, 2);
    let word = word_with_hash(hash);
    assert_eq!(ngram(&[&[word]], 0, 1), hash);
    let documents = [vec![5, 6, word, 9], vec![word, 5], vec![5, 6], vec![word, word, 5, 6, 5, 6, 5, 6]];
    let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
    let sources: Vec<SourceDocument<'_>> =
        documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
    let words = Vocabulary::new(&sources);
    let [counted, in_parts] =
        [1000, 3].map(|at_a_time| count_so_many(&sources, &words, &Elsewhere::nothing(), at_a_time));
    assert_eq!(DocumentFrequencies::new(&counted.own).documents(hash), 6);
    assert_eq!((&counted.own, &counted.hapaxes.bytes), (&in_parts.own, &in_parts.hapaxes.bytes));
    let all = seen(&counted, sources.len());
    assert_eq!(all, look_up(&sources, &DocumentFrequencies::new(&counted.own)));
    assert_eq!([all[8][0], all[11][1]], [Frequencies { document: 5, term: 1 }, Frequencies { document: 5, term: 2 }]);
}

/// Documents that say an n-gram hundreds of times: what cannot be packed is kept beside.
#[test]
fn what_is_said_very_often_is_counted() {
    let line = |word: u64, times: usize| vec![word; times];
    let documents = [line(7, 3000), [line(7, 254), vec![8, 9], line(8, 258)].concat(), line(9, 2)];
    let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
    let sources: Vec<SourceDocument<'_>> =
        documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
    let words = Vocabulary::new(&sources);
    let counted = count(&sources, &words, &Elsewhere::nothing());
    let all = seen(&counted, sources.len());
    assert_eq!(all, look_up(&sources, &DocumentFrequencies::new(&counted.own)));
    assert_eq!((all[2999][1].term, all[2999][2].term), (2998, 2997));
}
