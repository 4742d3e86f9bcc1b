//! Which alignments become matches: the strongest explanation of each part of the picture, and every document that
//! holds it.

use std::collections::BTreeMap;

use super::altered::changes;
use super::config::{CERTAIN, Level, VerdictConfig};
use super::family::{Shows, add_known_text, is_of_a_family};
use super::public::public_texts;
use super::report::{KnownText, Lacking, Match, MatchedWord, Shared};
use crate::align::{AlignedDocument, Alignment, Pair};
use crate::geom::Rect;
use crate::page::Page;
use crate::significance::NullDistribution;

/// Of two documents that hold a passage, one that quotes so much more of it (a share of its words) has it from the
/// other.
///
/// Tuned (share): chosen by eye.
const MORE_QUOTED: f32 = 0.5;

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

/// What a page shows of the catalogue's documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Mails.
    pub matches: Vec<Match>,
    /// Texts that tell of no particular mail.
    pub known_texts: Vec<KnownText>,
}

/// Selects matches from candidates (in any order).
pub fn select(
    mut candidates: Vec<AlignedDocument<'_>>,
    null: &NullDistribution,
    page: &Page,
    config: &VerdictConfig,
) -> Selection {
    let agreeing = |c: &AlignedDocument<'_>| c.alignment.pairs.iter().filter(|p| p.score_nats > 0.0).count();
    let words = |c: &AlignedDocument<'_>| agreeing(c) + c.header_words.min(agreeing(c));
    let e_value = |c: &AlignedDocument<'_>| {
        let amid = c.flanks.words >= FRAMED_WORDS && !config.boilerplate;
        if amid { null.e_value_amid(c.best_passage_nats, words(c)) } else { null.e_value(c.best_passage_nats) }
    };
    let public = public_texts(&candidates, null, page, config);
    let known = |c: &AlignedDocument<'_>| words(c) >= config.min_words && e_value(c) <= config.max_e;
    candidates.retain(|c| !c.public && (known(c) || is_of_a_family(c)));
    let judge = |c: &AlignedDocument<'_>| Shows::of(c, known(c).then(|| e_value(c)), null, page, config);
    let mut judged: Vec<(Shows, AlignedDocument<'_>)> = candidates.into_iter().map(|c| (judge(&c), c)).collect();
    // Mails first. Equal scores in the order of the ids, so that the order of enrolment does not show.
    judged.sort_by(|(a, c), (b, d)| {
        let by_score = d.alignment.score_nats.total_cmp(&c.alignment.score_nats);
        b.mail.cmp(&a.mail).then(by_score).then_with(|| c.ids.cmp(d.ids))
    });
    let (shows, candidates): (Vec<Shows>, Vec<AlignedDocument<'_>>) = judged.into_iter().unzip();
    let mut chosen: Vec<(Match, &AlignedDocument<'_>)> = Vec::new();
    let mut known_texts: Vec<(KnownText, &AlignedDocument<'_>)> = Vec::new();
    let mut frames: Vec<&AlignedDocument<'_>> = Vec::new();
    for (c, shows) in candidates.iter().zip(&shows) {
        let e_value = shows.e_value;
        if !shows.mail {
            add_known_text(c, shows, &mut chosen, &mut known_texts, page, config);
            continue;
        }
        let alone = chosen.is_empty();
        if !config.boilerplate {
            let frame = |o: &&AlignedDocument<'_>| frame_of(c, o, config);
            if frames.iter().any(|f| shared(&f.alignment, &c.alignment) > MAX_SHARED)
                || candidates.iter().any(|o| frame(&o))
            {
                frames.push(c);
                add_known_text(c, shows, &mut chosen, &mut known_texts, page, config);
                continue;
            }
        }
        let shared = |m: &AlignedDocument<'_>| shared(&m.alignment, &c.alignment);
        let overlap = chosen.iter_mut().map(|m| (shared(m.1), m)).max_by(|a, b| a.0.total_cmp(&b.0));
        match overlap {
            Some((share, (best, by))) if share > MAX_SHARED => {
                if c.alignment.score_nats < config.tie_share * best.score_nats {
                } else if c.quoted_share + MORE_QUOTED < by.quoted_share {
                    // The better one quotes it from this one: credit where it is due.
                    let quoting = std::mem::replace(best, to_match(c, e_value, page));
                    best.documents.extend(quoting.documents);
                    best.shared.extend(quoting.shared);
                    *by = c;
                    continue;
                } else {
                    best.documents.extend(c.ids.iter().cloned());
                }
                let of = best.aligned_words;
                best.shared.push(to_shared(c, e_value, of));
            }
            // Mails of a thread hold each other's senders and subjects: beside a match, another one must be beyond
            // doubt.
            _ if alone || e_value <= config.max_e.min(CERTAIN) => {
                chosen.push((to_match(c, e_value, page), c));
            }
            _ => {}
        }
    }
    let matches = chosen.into_iter().map(|(m, _)| m).collect();
    let known_texts = public.into_iter().chain(known_texts.into_iter().map(|(t, _)| t)).collect();
    Selection { matches, known_texts }
}

/// Whether what two documents share in this picture is a frame of both.
fn frame_of(a: &AlignedDocument<'_>, b: &AlignedDocument<'_>, config: &VerdictConfig) -> bool {
    let [less, more] = [a, b].map(|c| c.alignment.score_nats);
    a.ids != b.ids
        && a.flanks.words.min(b.flanks.words) >= FRAMED_WORDS
        && a.quoted_share.max(b.quoted_share) < MORE_QUOTED
        && less.min(more) >= config.tie_share * less.max(more)
        && shared(&a.alignment, &b.alignment) > config.tie_share
}

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
    let words = |x: &Alignment| x.pairs.iter().map(|p| p.word).collect::<std::collections::BTreeSet<u32>>();
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

/// So many words of a passage in one region of the page are strays.
///
/// Tuned (words): chosen by eye.
const STRAY_WORDS: usize = 2;
