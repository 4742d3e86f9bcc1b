//! What each catalogue word may earn at most: what a language model of the catalogue itself did not expect.
//!
//! Unrelated mails share phrases ("let me know if you have any") and blocks (headers, signatures, disclaimers). A word that
//! the two words before it predict is no evidence, however well its shape agrees, so a word's score is capped at
//! `−ln P(word | two words before)`, in nats. The probabilities come from a trigram model with Dirichlet smoothing (D. MacKay
//! & L. Peto 1995) over *documents*: in how many others does the phrase stand, and how often in this one besides? Nothing is
//! known about any phrase beforehand.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::units;
use crate::fingerprint::{Codes, WIDTH_STEPS, differing_bits};

/// Weight of the shorter context, in documents.
const PRIOR: f32 = 2.0;
/// A phrase may stand in so many other documents as a quotation or copy without being taken for language.
const QUOTATIONS: u32 = 3;

/// In how many documents something stands, by its hash: `(documents, last document counted)`.
type Frequency = HashMap<u64, (u32, u32), BuildHasherDefault<Mixed>>;

/// Caps in fixed-point units for every word of every document.
///
/// Cost: some ten hash look-ups a word.
pub(crate) fn phrase_caps(documents: &[&Codes]) -> Vec<Vec<i16>> {
    let mut frequency: [Frequency; 3] = Default::default();
    let mut words = 0u32;
    for (number, codes) in documents.iter().enumerate() {
        for k in 0..codes.len() {
            for length in 1..=3.min(k + 1) {
                let entry = frequency[length - 1].entry(phrase(codes, k, length)).or_insert((0, u32::MAX));
                if entry.1 != number as u32 {
                    *entry = (entry.0 + 1, number as u32);
                    words += u32::from(length == 1);
                }
            }
        }
    }
    documents
        .iter()
        .map(|codes| {
            // How often the document itself says it: rows of dashes, tables, choruses.
            let mut own: HashMap<u64, u32, BuildHasherDefault<Mixed>> = HashMap::default();
            for k in 0..codes.len() {
                for length in 1..=3.min(k + 1) {
                    *own.entry(phrase(codes, k, length)).or_default() += 1;
                }
            }
            let own = |hash: u64| own.get(&hash).map_or(0, |n| n - 1);
            let others = |hash: u64, length: usize| frequency[length - 1].get(&hash).map_or(0, |f| f.0 - 1);
            (0..codes.len())
                .map(|k| {
                    let mut p = (others(phrase(codes, k, 1), 1) as f32 + 0.5) / (words as f32 + 1.0);
                    for length in 2..=3.min(k + 1) {
                        let (whole, context) = (phrase(codes, k, length), phrase(codes, k - 1, length - 1));
                        let seen = others(whole, length).saturating_sub(QUOTATIONS) + own(whole);
                        let contexts = others(context, length - 1) + own(context);
                        p = (seen as f32 + PRIOR * p) / (contexts as f32 + PRIOR);
                    }
                    units(-p.min(1.0).ln())
                })
                .collect()
        })
        .collect()
}

/// What the shapes of a document's words can earn at most, from their codes and widths (see
/// [`log_width`](crate::fingerprint::log_width)), in fixed-point units.
///
/// A shape of one letter tells little, however well it agrees, and among others of its kind next to nothing: fragments of cut
/// lines look like letters, and mails that space their letters out would collect them by the dozen. Nor is a shape news that
/// was there a moment ago: forms have lines to write on, tables columns of dashes, whatever their lengths.
pub(crate) fn shape_caps<'a>(codes: &'a Codes, widths: &'a [u8]) -> impl Iterator<Item = i16> + 'a {
    let width_xh = |k: usize| (f32::from(widths[k]) / WIDTH_STEPS - 3.0).exp2();
    let alike = (codes.family().bits() as u32).div_ceil(12);
    (0..widths.len()).map(move |k| {
        let recent = k.saturating_sub(RECENT)..k;
        let spaced_out = width_xh(k) < SLIM_XH && recent.clone().filter(|&j| width_xh(j) < NARROW_XH).count() >= 3;
        let seen = recent.into_iter().any(|j| differing_bits(codes.get(j), codes.get(k)) <= alike);
        units(if spaced_out || seen { NO_NEWS_NATS } else { (NATS_PER_XH * width_xh(k) - 0.3).max(0.3) })
    })
}

/// So many words before count as a moment ago.
const RECENT: usize = 6;

/// What a word earns that is no news.
const NO_NEWS_NATS: f32 = 0.2;

/// Words narrower than this have one letter, or two slim ones.
const NARROW_XH: f32 = 0.9;

/// Words narrower than this have up to three letters.
const SLIM_XH: f32 = 2.2;

/// Information in a stretch of text as wide as it is high, in nats: a little more than a letter.
const NATS_PER_XH: f32 = 2.2;

/// Hash of the `length` words that end with word `last`.
fn phrase(codes: &Codes, last: usize, length: usize) -> u64 {
    (last + 1 - length..=last).flat_map(|k| codes.get(k)).fold(length as u64, |hash, &lane| {
        let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
    })
}

/// Passes keys through that are mixed already.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(b);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::{Family, log_width};

    #[test]
    fn only_what_others_predict_is_capped() {
        // 20 documents: six words of their own, then the same four.
        let document = |own: u64| {
            let words: Vec<u64> = (0..6).map(|k| own * 100 + k).chain([1, 2, 3, 4]).collect();
            Codes::from_data(Family::Gradient, words).expect("one word a code")
        };
        let documents: Vec<Codes> = (1..=20).map(document).collect();
        for caps in phrase_caps(&documents.iter().collect::<Vec<_>>()) {
            assert!(caps[..6].iter().all(|&c| c > units(5.0)), "own words: {caps:?}");
            assert!(caps[6] > units(2.0), "the block's first word is a surprise: {caps:?}");
            assert!(caps[8..].iter().all(|&c| c < units(0.4)), "the rest of the block is none: {caps:?}");
        }
    }

    /// Caps of words with these widths, in x-heights, and codes.
    fn caps(words: &[(f32, u64)]) -> Vec<i16> {
        let widths: Vec<u8> = words.iter().map(|w| log_width(w.0)).collect();
        let codes = Codes::from_data(Family::Gradient, words.iter().map(|w| w.1).collect()).expect("one word a code");
        shape_caps(&codes, &widths).collect()
    }

    /// A code far from those of other numbers.
    fn code(k: u64) -> u64 {
        (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn rows_of_single_letters_earn_next_to_nothing() {
        let widths = [3.0f32, 0.5, 3.0, 0.5, 0.5, 0.5, 1.5, 0.5, 3.0];
        let caps = caps(&widths.iter().enumerate().map(|(k, &w)| (w, code(k as u64))).collect::<Vec<_>>());
        assert!(caps[0] > units(6.0) && caps[8] > units(6.0), "words: {caps:?}");
        assert!((units(0.5)..units(1.2)).contains(&caps[1]), "a letter by itself: {caps:?}");
        assert_eq!(caps[5..8], [units(0.2); 3], "letters in a row");
    }

    #[test]
    fn lines_to_write_on_earn_once() {
        let dashes = code(99);
        let form =
            [(3.0, code(0)), (9.0, dashes), (4.0, code(1)), (15.0, dashes ^ 0b101), (4.0, code(2)), (7.0, dashes)];
        let caps = caps(&form);
        assert!(caps[1] > units(6.0) && caps[2] > units(6.0), "the first is a shape like others: {caps:?}");
        assert_eq!([caps[3], caps[5]], [units(0.2); 2], "{caps:?}");
    }

    #[test]
    fn what_a_document_repeats_is_capped() {
        let words = |own: u64| -> Vec<u64> { (0..40).map(|k| if k < 30 { 5 } else { own * 100 + k }).collect() };
        let documents: Vec<Codes> =
            (1..=5).map(|d| Codes::from_data(Family::Gradient, words(d)).expect("one word a code")).collect();
        let caps = phrase_caps(&documents.iter().collect::<Vec<_>>());
        assert!(caps[0][2..30].iter().all(|&c| c < units(0.2)), "{:?}", caps[0]);
        assert!(caps[0][31..].iter().all(|&c| c > units(4.0)), "{:?}", caps[0]);
    }

    #[test]
    fn a_passage_quoted_twice_is_no_language() {
        let quoted = [11, 12, 13, 14, 15];
        let document = |own: u64| {
            let tail = if own <= 3 { quoted } else { [own * 100 + 7; 5] };
            let words: Vec<u64> = (0..6).map(|k| own * 100 + k).chain(tail).collect();
            Codes::from_data(Family::Gradient, words).expect("one word a code")
        };
        let documents: Vec<Codes> = (1..=50).map(document).collect();
        let caps = phrase_caps(&documents.iter().collect::<Vec<_>>());
        assert!(caps[0].iter().all(|&c| c > units(4.0)), "{:?}", caps[0]);
    }
}
