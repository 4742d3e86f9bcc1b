//! Who else has a passage: in how many documents of the catalogue it stands as a whole, and each of its words.

use std::ops::Range;

use super::alignment::Alignment;
use crate::Error;
use crate::index::IndexReader;
use crate::index::ngrams::LONGEST;

/// Words beside a passage that are looked at, too: as many as a salutation has.
///
/// Tuned (words): chosen by eye.
pub(super) const MARGIN_WORDS: usize = 6;

/// In how many documents a passage and its words stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kin {
    /// Documents that hold the passage: the median over its runs of three words that agree, at least 1.
    pub(crate) family: u32,
    /// Number of the first word below.
    first: u32,
    words: Vec<KinWord>,
}

/// In how many documents a word stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct KinWord {
    /// In the place that it has here: with two words beside it, whichever they are.
    pub(crate) here: u32,
    /// Behind the word that it stands behind here.
    pub(crate) follows: u32,
    /// Beside one of the words that it stands beside here.
    pub(crate) beside: u32,
    /// Anywhere.
    pub(crate) anywhere: u32,
}

impl Kin {
    /// Who else has the passage that is aligned with a document of so many words.
    ///
    /// Cost: see [`IndexReader::document_frequencies`].
    pub(super) fn of(
        reader: &IndexReader,
        number: u32,
        document_words: usize,
        alignment: &Alignment,
    ) -> Result<Self, Error> {
        let (Some(first), Some(last)) = (alignment.pairs.first(), alignment.pairs.last()) else {
            return Ok(Self { family: 1, ..Self::default() });
        };
        let words = (first.document_word as usize).saturating_sub(MARGIN_WORDS)
            ..(last.document_word as usize + 1 + MARGIN_WORDS).min(document_words);
        let counts = reader.document_frequencies(number, words.clone())?;
        let agreeing = |k: usize| {
            let found = alignment.pairs.binary_search_by_key(&((words.start + k) as u32), |p| p.document_word);
            found.is_ok_and(|found| alignment.pairs[found].score_nats > 0.0)
        };
        Ok(Self { first: words.start as u32, ..Self::from_counts(&counts, agreeing) })
    }

    /// The same from the counts of the n-grams that end with each word.
    fn from_counts(counts: &[[u32; LONGEST]], agreeing: impl Fn(usize) -> bool) -> Self {
        let runs = LONGEST - 1..counts.len();
        let of_run = |last: usize| counts[last][LONGEST - 1];
        let mut of_passage: Vec<u32> =
            runs.clone().filter(|&last| (last + 1 - LONGEST..=last).all(&agreeing)).map(of_run).collect();
        let middle = of_passage.len() / 2;
        let family = if of_passage.is_empty() { 1 } else { *of_passage.select_nth_unstable(middle).1 };
        let word = |(k, count): (usize, &[u32; LONGEST])| {
            let runs: Range<usize> = k.max(LONGEST - 1)..(k + LONGEST).min(counts.len());
            let here = runs.map(of_run).max().unwrap_or(count[0]);
            let before = counts.get(k + 1).map_or(0, |next| next[1]);
            KinWord { here: here.max(1), follows: count[1], beside: count[1].max(before), anywhere: count[0].max(1) }
        };
        Self { family: family.max(1), first: 0, words: counts.iter().enumerate().map(word).collect() }
    }

    /// Of a word of the document; none far from the passage.
    pub(crate) fn word(&self, document_word: u32) -> Option<KinWord> {
        self.words.get(document_word.checked_sub(self.first)? as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_as_common_as_its_commonest_run_and_a_passage_as_its_middle_one() {
        // Twenty documents have the words but for the fourth one, which stands in two, as do runs that hold it.
        let all = |k: usize| match k {
            0 => [90, 0, 0],
            1 => [50, 20, 0],
            3 => [2, 2, 2],
            4 => [30, 2, 2],
            5 => [40, 20, 2],
            _ => [25, 20, 20],
        };
        let counts: Vec<[u32; LONGEST]> = (0..12).map(all).collect();
        let kin = Kin::from_counts(&counts, |_| true);
        assert_eq!(kin.family, 20);
        let here: Vec<u32> = (0..12).map(|k| kin.word(k).expect("a word").here).collect();
        assert_eq!(here, [20, 20, 20, 2, 20, 20, 20, 20, 20, 20, 20, 20]);
        assert_eq!(kin.word(3).expect("a word").anywhere, 2);
        assert_eq!((kin.word(12), Kin::from_counts(&counts, |k| k == 3).family), (None, 1));
        assert_eq!(Kin::from_counts(&[[7, 0, 0]], |_| true).word(0).expect("a word").here, 7);
    }
}
