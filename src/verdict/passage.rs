//! Passages: what an aligned document and a page share, as it is reported.

use std::collections::{BTreeMap, BTreeSet};

use super::altered::changes;
use super::config::Level;
use super::report::{Lacking, Match, MatchedWord, Shared};
use crate::align::{AlignedDocument, Alignment, Pair};
use crate::geom::Rect;
use crate::page::Page;

/// A passage stands amid other words if so many beside it, in the picture and in the document, are different ones. A
/// block that two documents share there is a frame (a notice, a list's footer) if neither quotes it; one that a single
/// document has may be.
///
/// Tuned (words): record *e-values*, frames.
pub(super) const FRAMED_WORDS: usize = 10;

/// Two matches may have this share of the shorter one's words in common and still be two.
///
/// Tuned (share): chosen by eye.
pub(super) const MAX_SHARED: f32 = 0.3;

/// So many words of a passage in one region of the page are strays.
///
/// Tuned (words): chosen by eye.
const STRAY_WORDS: usize = 2;

pub(super) fn to_shared(c: &AlignedDocument<'_>, e_value: f64, of_words: usize) -> Shared {
    let pairs = &c.evidence.pairs;
    Shared {
        documents: c.ids.to_vec(),
        e_value,
        aligned_words: pairs.len(),
        document_words: passage(pairs),
        share: (pairs.len() as f32 / of_words.max(1) as f32).min(1.0),
    }
}

/// First and last word of the document that are aligned.
fn passage(pairs: &[Pair]) -> [u32; 2] {
    [pairs.first().map_or(0, |p| p.document_word), pairs.last().map_or(0, |p| p.document_word)]
}

/// Share of the shorter alignment's words that lie in the other one.
pub(super) fn shared(a: &Alignment, b: &Alignment) -> f32 {
    let words = |x: &Alignment| x.pairs.iter().map(|p| p.word).collect::<BTreeSet<u32>>();
    let (a, b) = (words(a), words(b));
    a.intersection(&b).count() as f32 / a.len().min(b.len()).max(1) as f32
}

pub(super) fn to_match(c: &AlignedDocument<'_>, e_value: f64, page: &Page) -> Match {
    let pairs = &c.evidence.pairs;
    let area = |word: u32| page.hull(&page.words[word as usize].frame);
    let changes = changes(&c.evidence, page, c.widths);
    let mut words: Vec<(u32, MatchedWord)> = pairs
        .iter()
        .zip(changes.replaced)
        .map(|(pair, altered_probability)| {
            let matched = MatchedWord {
                area: area(pair.word).to_array(),
                document_word: Some(pair.document_word),
                agreement: 1.0 / (1.0 + (-pair.score_nats).exp()),
                altered_probability,
                altered: altered_probability > 0.5,
                public: c.public_words.contains(&pair.word),
            };
            (pair.word, matched)
        })
        .collect();
    words.extend(c.evidence.skipped.iter().zip(changes.inserted).map(|(&word, altered_probability)| {
        let unknown = MatchedWord {
            area: area(word).to_array(),
            document_word: None,
            agreement: 0.0,
            altered_probability,
            altered: altered_probability > 0.5,
            public: false,
        };
        (word, unknown)
    }));
    words.sort_by_key(|(word, _)| *word);
    let region = main_part(pairs, page).map(|p| area(p.word)).reduce(|a: Rect, b| a.union(&b)).unwrap_or_default();
    let document_words = passage(pairs);
    let lacking = changes.deleted.into_iter();
    Match {
        documents: c.ids.to_vec(),
        e_value,
        level: Level::from_e_value(e_value),
        score_nats: c.alignment.score_nats,
        aligned_words: pairs.len(),
        document_words,
        beyond: [document_words[0], (c.widths.len() as u32).saturating_sub(document_words[1] + 1)],
        lacking: lacking
            .map(|(document_words, deleted_probability)| Lacking { document_words, deleted_probability })
            .collect(),
        shared: vec![to_shared(c, e_value, pairs.len())],
        query_coverage: (pairs.len() as f32 / page.words_seen().max(1) as f32).min(1.0),
        document_coverage: pairs.len() as f32 / c.widths.len().max(1) as f32,
        region: region.to_array(),
        words: words.into_iter().map(|(_, w)| w).collect(),
    }
}

/// The pairs in those regions of the page that hold more than a stray word or two: a name in the header that also
/// stands under the letter does not make the header part of the passage.
fn main_part<'p>(pairs: &'p [Pair], page: &Page) -> impl Iterator<Item = &'p Pair> {
    let region = |p: &Pair| page.lines[page.words[p.word as usize].line as usize].region;
    let mut count: BTreeMap<u32, usize> = BTreeMap::new();
    for p in pairs {
        *count.entry(region(p)).or_default() += 1;
    }
    let few = if count.values().any(|&n| n > STRAY_WORDS) { STRAY_WORDS } else { 0 };
    let keep: Vec<bool> = pairs.iter().map(|p| count[&region(p)] > few).collect();
    pairs.iter().zip(keep).filter_map(|(p, keep)| keep.then_some(p))
}
