//! What each catalogue word may earn at most: what a language model of the catalogue itself did not expect.
//!
//! Unrelated mails share n-grams ("let me know if you have any") and blocks (headers, signatures, disclaimers). A word
//! that the two words before it predict is no evidence, however well its shape agrees, so a word's score is capped at
//! `−ln P(word | two words before)`, in nats. The probabilities come from a trigram model with Dirichlet smoothing (D.
//! MacKay & L. Peto 1995) over *documents*: in how many others does the n-gram stand, and how often in this one
//! besides? Nothing is known about any n-gram beforehand.

use std::sync::LazyLock;

use super::document::SourceDocument;
use super::frequencies::{Frequencies, look_up};
use super::shape_caps::shape_caps;
use crate::fingerprint::{Codes, Family};
use crate::fixed_point::units;
use crate::index::file::{NO_CAP_UNITS, cap_byte};
use crate::index::ngrams::{DocumentFrequencies, LONGEST};

/// Weight of the shorter context, in documents.
///
/// Tuned (documents): chosen by eye.
const PRIOR: f32 = 2.0;
/// An n-gram may stand in so many other documents as a quotation or copy without being taken for language.
///
/// Tuned (documents): chosen by eye.
const QUOTATIONS: u32 = 3;

/// The catalogue as a language model.
pub(crate) struct Language {
    /// Sum over all documents of their numbers of distinct words: what one-word counts are shares of.
    pub(crate) distinct: u64,
}

impl Language {
    /// The cap of each word of a document in fixed-point units, from what was seen of the n-grams that end with it;
    /// nothing was seen of n-grams that would begin before the document.
    pub(super) fn ngram_caps(&self, seen: &[[Frequencies; LONGEST]]) -> impl Iterator<Item = i16> {
        let (surprises, mut before) = (&*SURPRISES, [Frequencies::default(); LONGEST]);
        seen.iter().map(move |&now| surprises.of(self.probability(&std::mem::replace(&mut before, now), &now)))
    }

    /// The probability of a word, from what was seen of the n-grams that end with it and of those that end with the
    /// word before.
    #[inline]
    fn probability(&self, before: &[Frequencies; LONGEST], now: &[Frequencies; LONGEST]) -> f32 {
        let mut p = (now[0].document as f32 + 0.5) / (self.distinct as f32 + 1.0);
        for length in 2..=LONGEST {
            // An n-gram's numbers are the context's of the next longer n-gram that ends with the next word.
            let seen = now[length - 1].all().saturating_sub(QUOTATIONS);
            p = (seen as f32 + PRIOR * p) / (before[length - 2].all() as f32 + PRIOR);
        }
        p.min(1.0)
    }
}

/// `−ln p` in fixed-point units, at most [`NO_CAP_UNITS`], for probabilities: the same as reckoned, but looked up.
struct Surprises {
    /// Of each cell the first number (as bits) with its least answer, and that answer.
    cells: [(u32, i16); Self::CELLS],
}

static SURPRISES: LazyLock<Surprises> = LazyLock::new(Surprises::reckon);

impl Surprises {
    /// First bits of a number that tell its cell, in which the answer falls by 1 at most: a cell is 1/32 wide.
    const CELL: u32 = 18;
    /// Of smaller numbers there is no cap.
    const LEAST: f32 = 1.0 / 4096.0;
    const FIRST: u32 = Self::LEAST.to_bits() >> Self::CELL;
    const CELLS: usize = ((1f32.to_bits() >> Self::CELL) - Self::FIRST + 1) as usize;

    fn reckon() -> Self {
        let reckoned = |bits: u32| units(-f32::from_bits(bits).ln()).min(NO_CAP_UNITS);
        let cell = |cell: usize| {
            let cell = Self::FIRST + cell as u32;
            let (mut first, mut last) = (cell << Self::CELL, ((cell + 1) << Self::CELL) - 1);
            let least = reckoned(last);
            while first < last {
                let middle = first.midpoint(last);
                if reckoned(middle) == least { last = middle } else { first = middle + 1 }
            }
            (first, least)
        };
        Self { cells: std::array::from_fn(cell) }
    }

    #[inline]
    fn of(&self, p: f32) -> i16 {
        // One instruction. A branch would be guessed wrong half of the time, and that be known only when `p` is.
        let bits = if p > Self::LEAST { p } else { Self::LEAST }.to_bits();
        let (first, least) = self.cells[((bits >> Self::CELL) - Self::FIRST) as usize];
        least + i16::from(bits < first)
    }
}

/// What each word of a document may earn, as bytes of a segment: by its n-grams, in fixed-point units, and by its
/// shape.
pub(super) fn cap_bytes(
    document: &SourceDocument<'_>,
    family: Family,
    by_phrase: impl Iterator<Item = i16>,
) -> Vec<u8> {
    let data = match document.first_face() {
        [lane] => lane.to_vec(),
        lanes => (0..document.widths.len()).flat_map(|k| lanes.iter().map(move |lane| lane[k])).collect(),
    };
    let codes = Codes::from_data(family, data).unwrap_or_default();
    // One after the other: without branches the last step is done many words at a time.
    let (by_shape, by_phrase): (Vec<i16>, Vec<i16>) =
        (shape_caps(&codes, document.widths).collect(), by_phrase.collect());
    by_shape.iter().zip(&by_phrase).map(|(&shape, &ngram)| cap_byte(ngram.min(shape))).collect()
}

/// The same of some documents of a table's own, whose n-grams are looked up there.
pub(crate) fn looked_up_cap_bytes(
    documents: &[SourceDocument<'_>],
    family: Family,
    language: &Language,
    table: &DocumentFrequencies<'_>,
) -> Vec<Vec<u8>> {
    let seen = look_up(documents, table);
    let mut rest = seen.as_slice();
    let of_next = |document: &SourceDocument<'_>| {
        let (now, later) = rest.split_at(document.widths.len());
        rest = later;
        cap_bytes(document, family, language.ngram_caps(now))
    };
    documents.iter().map(of_next).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::builder::count::{Elsewhere, Everywhere, count};
    use crate::index::builder::frequencies::Reader;
    use crate::index::builder::vocabulary::Vocabulary;

    /// Caps of the documents' words, all in one segment.
    fn ngram_caps(documents: &[Vec<u64>]) -> Vec<Vec<i16>> {
        let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
        let sources: Vec<SourceDocument<'_>> =
            documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
        let words = Vocabulary::new(&sources);
        let counted = count(&sources, &words, &Elsewhere::nothing());
        let language = Language { distinct: counted.distinct };
        let Everywhere::ByPosition(occurrences) = &counted.everywhere else { panic!("few words") };
        let (mut reader, mut seen) = (Reader::new(occurrences), Vec::new());
        let mut looked_up = look_up(&sources, &DocumentFrequencies::new(&counted.own)).into_iter();
        let caps_of = |(number, document): (usize, &Vec<u64>)| {
            reader.read(number, &mut seen);
            assert_eq!(seen, looked_up.by_ref().take(document.len()).collect::<Vec<_>>());
            language.ngram_caps(&seen).collect()
        };
        documents.iter().enumerate().map(caps_of).collect()
    }

    /// The same, as slowly and plainly as can be: every n-gram looked for in every document.
    fn reference(documents: &[Vec<u64>]) -> Vec<Vec<i16>> {
        let times = |d: &[u64], words: &[u64]| d.windows(words.len()).filter(|w| *w == words).count() as u32;
        let distinct = |d: &Vec<u64>| d.iter().collect::<std::collections::BTreeSet<_>>().len();
        let all: usize = documents.iter().map(distinct).sum();
        let caps = |number: usize| {
            let document = &documents[number];
            let others = |words: &[u64]| {
                (0..documents.len()).filter(|&d| d != number && times(&documents[d], words) > 0).count() as u32
            };
            let own = |words: &[u64]| times(document, words) - 1;
            let cap = |k: usize| {
                let mut p = (others(&document[k..=k]) as f32 + 0.5) / (all as f32 + 1.0);
                for length in 2..=3.min(k + 1) {
                    let whole = &document[k + 1 - length..=k];
                    let context = &whole[..length - 1];
                    let seen = (others(whole) + own(whole)).saturating_sub(QUOTATIONS);
                    p = (seen as f32 + PRIOR * p) / ((others(context) + own(context)) as f32 + PRIOR);
                }
                units(-p.min(1.0).ln()).min(255)
            };
            (0..document.len()).map(cap).collect()
        };
        (0..documents.len()).map(caps).collect()
    }

    proptest! {
        #[test]
        fn equals_the_reference(documents in prop::collection::vec(prop::collection::vec(0u64..7, 1..30), 1..12)) {
            prop_assert_eq!(ngram_caps(&documents), reference(&documents));
        }
    }

    proptest! {
        #[test]
        fn surprises_are_looked_up_as_reckoned(bits in any::<u32>(), units_before in 0i16..700, near in -40i32..40) {
            let anywhere = f32::from_bits(bits).abs().fract();
            let border = (-(f32::from(units_before) + 0.5) / crate::fixed_point::UNITS_PER_NAT).exp();
            for p in [anywhere, border, f32::from_bits(border.to_bits().wrapping_add_signed(near)), 1.0, 0.0] {
                if (0.0..=1.0).contains(&p) {
                    prop_assert_eq!(SURPRISES.of(p), units(-p.ln()).min(255), "{}", p);
                }
            }
        }
    }

    #[test]
    fn only_what_others_predict_is_capped() {
        // 20 documents: six words of their own, then the same four.
        let document = |own: u64| -> Vec<u64> { (0..6).map(|k| own * 100 + k).chain([1, 2, 3, 4]).collect() };
        for caps in ngram_caps(&(1..=20).map(document).collect::<Vec<_>>()) {
            assert!(caps[..6].iter().all(|&c| c > units(5.0)), "own words: {caps:?}");
            assert!(caps[6] > units(2.0), "the block's first word is a surprise: {caps:?}");
            assert!(caps[8..].iter().all(|&c| c < units(0.4)), "the rest of the block is none: {caps:?}");
        }
    }

    #[test]
    fn what_a_document_repeats_is_capped() {
        let words = |own: u64| -> Vec<u64> { (0..40).map(|k| if k < 30 { 5 } else { own * 100 + k }).collect() };
        let caps = ngram_caps(&(1..=5).map(words).collect::<Vec<_>>());
        assert!(caps[0][2..30].iter().all(|&c| c < units(0.2)), "{:?}", caps[0]);
        assert!(caps[0][31..].iter().all(|&c| c > units(4.0)), "{:?}", caps[0]);
    }

    #[test]
    fn a_passage_quoted_twice_is_no_language() {
        let quoted = [11, 12, 13, 14, 15];
        let document = |own: u64| -> Vec<u64> {
            let tail = if own <= 3 { quoted } else { [own * 100 + 7; 5] };
            (0..6).map(|k| own * 100 + k).chain(tail).collect()
        };
        let caps = ngram_caps(&(1..=50).map(document).collect::<Vec<_>>());
        assert!(caps[0].iter().all(|&c| c > units(4.0)), "{:?}", caps[0]);
    }
}
