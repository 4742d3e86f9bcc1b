//! What each catalogue word may earn at most: what a language model of the catalogue itself did not expect.
//!
//! Unrelated mails share phrases ("let me know if you have any") and blocks (headers, signatures, disclaimers). A word that
//! the two words before it predict is no evidence, however well its shape agrees, so a word's score is capped at
//! `−ln P(word | two words before)`, in nats. The probabilities come from a trigram model with Dirichlet smoothing (D. MacKay
//! & L. Peto 1995) over *documents*: in how many others does the phrase stand, and how often in this one besides? Nothing is
//! known about any phrase beforehand.

use std::hash::Hasher;
use std::sync::LazyLock;

use super::phrases::{LONGEST, PhraseTable};
use super::seen::{Seen, look_up};
use super::units;
use super::writer::Source;
use crate::fingerprint::{Codes, Family, WIDTH_STEPS};
use crate::simd::Kernels;

/// Weight of the shorter context, in documents.
const PRIOR: f32 = 2.0;
/// A phrase may stand in so many other documents as a quotation or copy without being taken for language.
const QUOTATIONS: u32 = 3;

/// The catalogue as a language model.
pub(super) struct Language {
    /// Sum over all documents of their numbers of distinct words: what one-word counts are shares of.
    pub(super) distinct: u64,
}

impl Language {
    /// The cap of each word of a document in fixed-point units, from what was seen of the phrases that end with it; nothing was seen of
    /// phrases that would begin before the document.
    pub(super) fn phrase_caps(&self, seen: &[[Seen; LONGEST]]) -> impl Iterator<Item = i16> {
        let (surprises, mut before) = (&*SURPRISES, [Seen::default(); LONGEST]);
        seen.iter().map(move |&now| surprises.of(self.probability(&std::mem::replace(&mut before, now), &now)))
    }

    /// The probability of a word, from what was seen of the phrases that end with it and of those that end with the word before.
    #[inline]
    fn probability(&self, before: &[Seen; LONGEST], now: &[Seen; LONGEST]) -> f32 {
        let mut p = (now[0].others as f32 + 0.5) / (self.distinct as f32 + 1.0);
        for length in 2..=LONGEST {
            // A phrase's numbers are the context's of the next longer phrase that ends with the next word.
            let seen = now[length - 1].all().saturating_sub(QUOTATIONS);
            p = (seen as f32 + PRIOR * p) / (before[length - 2].all() as f32 + PRIOR);
        }
        p.min(1.0)
    }
}

/// No cap, as fixed-point units and as a byte of a segment.
const NO_CAP: i16 = 255;

/// `−ln p` in fixed-point units, at most [`NO_CAP`], for probabilities: the same as reckoned, but looked up.
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
        let reckoned = |bits: u32| units(-f32::from_bits(bits).ln()).min(NO_CAP);
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

/// What each word of a document may earn, as bytes of a segment: by its phrases, in fixed-point units, and by its shape.
pub(super) fn cap_bytes(document: &Source<'_>, family: Family, by_phrase: impl Iterator<Item = i16>) -> Vec<u8> {
    let data = match document.first_face() {
        [lane] => lane.to_vec(),
        lanes => (0..document.widths.len()).flat_map(|k| lanes.iter().map(move |lane| lane[k])).collect(),
    };
    let codes = Codes::from_data(family, data).unwrap_or_default();
    // One after the other: without branches the last step is done many words at a time.
    let (by_shape, by_phrase): (Vec<i16>, Vec<i16>) =
        (shape_caps(&codes, document.widths).collect(), by_phrase.collect());
    by_shape.iter().zip(&by_phrase).map(|(&shape, &phrase)| cap_byte(phrase.min(shape))).collect()
}

/// The same of some documents of a table's own, whose phrases are looked up there.
pub(super) fn looked_up_cap_bytes(
    documents: &[Source<'_>],
    family: Family,
    language: &Language,
    table: &PhraseTable<'_>,
) -> Vec<Vec<u8>> {
    let seen = look_up(documents, table);
    let mut rest = seen.as_slice();
    let of_next = |document: &Source<'_>| {
        let (now, later) = rest.split_at(document.widths.len());
        rest = later;
        cap_bytes(document, family, language.phrase_caps(now))
    };
    documents.iter().map(of_next).collect()
}

/// A cap as a byte of a segment. Whole units below 8 nats, then none. 0 is kept for separators.
fn cap_byte(units: i16) -> u8 {
    units.clamp(0, NO_CAP - 1) as u8 + 1
}

/// What a byte of a segment lets its word earn, in fixed-point units; negative at separators.
pub(crate) fn cap_units(byte: u8) -> i16 {
    match i16::from(byte) {
        0 => i16::MIN,
        NO_CAP => 8192,
        capped => capped - 1,
    }
}

/// What the shapes of a document's words can earn at most, from their codes and widths (see
/// [`log_width`](crate::fingerprint::log_width)), in fixed-point units.
///
/// A shape of one letter tells little, however well it agrees, and among others of its kind next to nothing: fragments of cut
/// lines look like letters, and mails that space their letters out would collect them by the dozen. Nor is a shape news that
/// was there a moment ago: forms have lines to write on, tables columns of dashes, whatever their lengths.
pub(crate) fn shape_caps<'a>(codes: &'a Codes, widths: &'a [u8]) -> impl Iterator<Item = i16> + 'a {
    static BY_WIDTH: LazyLock<[Width; 256]> = LazyLock::new(|| std::array::from_fn(|width| Width::of(width as u8)));
    let by_width = &*BY_WIDTH;
    let alike = (codes.family().bits() as u32).div_ceil(12);
    // How many of the words a moment ago look like each.
    let (mut seen, kernels) = (vec![0; widths.len()], Kernels::best());
    for back in 1..=RECENT.min(widths.len()) {
        (kernels.alike)(codes.data(), codes.stride(), back, alike, &mut seen);
    }
    // Which of the words a moment ago are narrow, the last one in the last bit, and how many: no branches, for nothing foresees words.
    let (mut recent, mut narrow) = (0u32, 0);
    seen.into_iter().zip(widths).map(move |(seen, &width)| {
        let width = &by_width[usize::from(width)];
        let spaced_out = width.slim & (narrow >= 3);
        narrow = narrow + u32::from(width.narrow) - (recent >> (RECENT - 1));
        recent = (recent << 1 | u32::from(width.narrow)) & ((1 << RECENT) - 1);
        width.earns[usize::from(seen.min(2)) | usize::from(spaced_out) << 1]
    })
}

/// What a word's width lets it earn.
struct Width {
    /// In fixed-point units: what was not there a moment ago, what was there once, what is no news.
    earns: [i16; 4],
    narrow: bool,
    slim: bool,
}

impl Width {
    /// See [`log_width`](crate::fingerprint::log_width).
    fn of(log_width: u8) -> Self {
        let width_xh = (f32::from(log_width) / WIDTH_STEPS - 3.0).exp2();
        let most = (NATS_PER_XH * width_xh - 0.3).max(0.3);
        let earns = [most, most.min(SEEN_ONCE_NATS), NO_NEWS_NATS, NO_NEWS_NATS].map(units);
        Self { earns, narrow: width_xh < NARROW_XH, slim: width_xh < SLIM_XH }
    }
}

/// So many words before count as a moment ago.
const RECENT: usize = 6;

/// What a word earns that is no news.
const NO_NEWS_NATS: f32 = 0.2;
/// What a word earns at most that was there once a moment ago: tables name things twice.
const SEEN_ONCE_NATS: f32 = 1.0;

/// Words narrower than this have one letter, or two slim ones.
const NARROW_XH: f32 = 0.9;

/// Words narrower than this have up to three letters.
const SLIM_XH: f32 = 2.2;

/// Information in a stretch of text as wide as it is high, in nats: a little more than a letter.
const NATS_PER_XH: f32 = 2.2;

/// Passes keys through that are mixed already, be it in their first 40 bits only.
#[derive(Default)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
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
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::log_width;
    use crate::index::count::{Elsewhere, Everywhere, count};
    use crate::index::numbered::Numbered;
    use crate::index::seen::Reader;

    /// Caps of the documents' words, all in one segment.
    fn phrase_caps(documents: &[Vec<u64>]) -> Vec<Vec<i16>> {
        let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
        let sources: Vec<Source<'_>> = documents.iter().zip(&widths).map(|(d, w)| Source::anonymous(d, w)).collect();
        let words = Numbered::of(&sources);
        let counted = count(&sources, &words, &Elsewhere::nothing());
        let language = Language { distinct: counted.distinct };
        let Everywhere::ByPlace(sightings) = &counted.everywhere else { panic!("few words") };
        let (mut reader, mut seen) = (Reader::new(sightings), Vec::new());
        let mut looked_up = look_up(&sources, &PhraseTable::new(&counted.own)).into_iter();
        let caps_of = |(number, document): (usize, &Vec<u64>)| {
            reader.read(number, &mut seen);
            assert_eq!(seen, looked_up.by_ref().take(document.len()).collect::<Vec<_>>());
            language.phrase_caps(&seen).collect()
        };
        documents.iter().enumerate().map(caps_of).collect()
    }

    /// The same, as slowly and plainly as can be: every phrase looked for in every document.
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
            prop_assert_eq!(phrase_caps(&documents), reference(&documents));
        }
    }

    proptest! {
        #[test]
        fn surprises_are_looked_up_as_reckoned(bits in any::<u32>(), units_before in 0i16..700, near in -40i32..40) {
            let anywhere = f32::from_bits(bits).abs().fract();
            let border = (-(f32::from(units_before) + 0.5) / crate::index::UNITS_PER_NAT).exp();
            for p in [anywhere, border, f32::from_bits(border.to_bits().wrapping_add_signed(near)), 1.0, 0.0] {
                if (0.0..=1.0).contains(&p) {
                    prop_assert_eq!(SURPRISES.of(p), units(-p.ln()).min(255), "{}", p);
                }
            }
        }

        #[test]
        fn words_seen_a_moment_ago_are_found(codes in prop::collection::vec(0u64..4, 0..40), wide in any::<bool>()) {
            // Codes a few bits apart, or far.
            let codes: Vec<u64> = codes.into_iter().map(|c| if c < 2 { code(c) } else { code(1) ^ 0x1ff >> c }).collect();
            let (family, stride) = if wide { (Family::Dct, 2) } else { (Family::Net, 1) };
            let data: Vec<u64> = codes.iter().flat_map(|&c| [c, c].into_iter().take(stride)).collect();
            let codes_of = Codes::from_data(family, data).expect("whole codes");
            prop_assert_eq!(codes_of.stride(), stride);
            let alike = (family.bits() as u32).div_ceil(12);
            let most = units(NATS_PER_XH * 3.0 - 0.3);
            let widths = vec![log_width(3.0); codes.len()];
            for (k, cap) in shape_caps(&codes_of, &widths).enumerate() {
                let seen = (k.saturating_sub(RECENT)..k)
                    .filter(|&j| crate::fingerprint::differing_bits(codes_of.get(j), codes_of.get(k)) <= alike);
                match seen.count() {
                    0 => prop_assert!(cap >= most - 8),
                    1 => prop_assert_eq!(cap, units(SEEN_ONCE_NATS)),
                    _ => prop_assert_eq!(cap, units(NO_NEWS_NATS)),
                }
            }
        }
    }

    #[test]
    fn caps_survive_their_byte() {
        for units in [0, 1, 100, 253] {
            assert_eq!(cap_units(cap_byte(units)), units);
        }
        assert!(cap_units(cap_byte(254)) > 2000 && cap_units(cap_byte(8192)) > 2000, "no cap");
        assert!(cap_units(0) < 0, "a separator");
    }

    #[test]
    fn only_what_others_predict_is_capped() {
        // 20 documents: six words of their own, then the same four.
        let document = |own: u64| -> Vec<u64> { (0..6).map(|k| own * 100 + k).chain([1, 2, 3, 4]).collect() };
        for caps in phrase_caps(&(1..=20).map(document).collect::<Vec<_>>()) {
            assert!(caps[..6].iter().all(|&c| c > units(5.0)), "own words: {caps:?}");
            assert!(caps[6] > units(2.0), "the block's first word is a surprise: {caps:?}");
            assert!(caps[8..].iter().all(|&c| c < units(0.4)), "the rest of the block is none: {caps:?}");
        }
    }

    /// Caps of words with these widths, in x-heights, and codes.
    fn caps(words: &[(f32, u64)]) -> Vec<i16> {
        let widths: Vec<u8> = words.iter().map(|w| log_width(w.0)).collect();
        let codes = Codes::from_data(Family::Net, words.iter().map(|w| w.1).collect()).expect("one word a code");
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
        assert_eq!([caps[3], caps[5]], [1.0, 0.2].map(units), "{caps:?}");
    }

    #[test]
    fn what_a_document_repeats_is_capped() {
        let words = |own: u64| -> Vec<u64> { (0..40).map(|k| if k < 30 { 5 } else { own * 100 + k }).collect() };
        let caps = phrase_caps(&(1..=5).map(words).collect::<Vec<_>>());
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
        let caps = phrase_caps(&(1..=50).map(document).collect::<Vec<_>>());
        assert!(caps[0].iter().all(|&c| c > units(4.0)), "{:?}", caps[0]);
    }
}
