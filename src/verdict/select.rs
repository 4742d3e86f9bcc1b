//! Which alignments become matches: the strongest explanation of each part of the picture, and every document that
//! holds it.

use super::config::{CERTAIN, VerdictConfig};
use super::family::{Shows, add_known_text, is_of_a_family};
use super::passage::{FRAMED_WORDS, MAX_SHARED, shared, to_match, to_shared};
use super::public::public_texts;
use super::report::{KnownText, Match};
use crate::align::AlignedDocument;
use crate::page::Page;
use crate::significance::NullDistribution;

/// Of two documents that hold a passage, one that quotes so much more of it (a share of its words) has it from the
/// other.
///
/// Tuned (share): chosen by eye.
const MORE_QUOTED: f32 = 0.5;

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
