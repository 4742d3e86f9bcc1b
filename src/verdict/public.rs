//! Public texts that a page shows: known, and no match of anybody's mail.

use std::collections::BTreeSet;

use super::config::VerdictConfig;
use super::passage::{MAX_SHARED, shared, to_match, to_shared};
use super::report::{KnownText, KnownTextKind};
use crate::align::{AlignedDocument, Alignment};
use crate::page::Page;
use crate::significance::NullDistribution;

/// A document holds a passage if it has more than this share of the words of it that the page shows.
///
/// Tuned (share): chosen by eye.
const HOLDS: f32 = 0.5;

/// The public texts among candidates, the strongest explanation of each part of the page first; texts that explain the
/// same words with nearly the same score are named together.
pub(super) fn public_texts(
    candidates: &[AlignedDocument<'_>],
    null: &NullDistribution,
    page: &Page,
    config: &VerdictConfig,
) -> Vec<KnownText> {
    let e_value = |c: &AlignedDocument<'_>| null.e_value_public(c.best_passage_nats);
    let agreeing = |c: &AlignedDocument<'_>| c.alignment.pairs.iter().filter(|p| p.score_nats > 0.0).count();
    let known = |c: &&AlignedDocument<'_>| c.public && agreeing(c) >= config.min_words && e_value(c) <= config.max_e;
    let mut texts: Vec<&AlignedDocument<'_>> = candidates.iter().filter(known).collect();
    // Equal scores in the order of the ids, so that the order of enrolment does not show.
    texts.sort_by(|a, b| b.alignment.score_nats.total_cmp(&a.alignment.score_nats).then_with(|| a.ids.cmp(b.ids)));
    let mut chosen: Vec<(KnownText, &AlignedDocument<'_>)> = Vec::new();
    for c in texts {
        let overlap = chosen.iter_mut().map(|(text, by)| (shared(&by.alignment, &c.alignment), text));
        match overlap.max_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((share, text)) if share > MAX_SHARED => {
                let passage = &mut text.passage;
                if c.alignment.score_nats >= config.tie_share * passage.score_nats {
                    passage.documents.extend(c.ids.iter().cloned());
                }
                passage.shared.push(to_shared(c, e_value(c), passage.aligned_words));
            }
            _ => {
                let passage = to_match(c, e_value(c), page);
                let contradicted_words = passage.words.iter().filter(|w| w.altered).count();
                let family = candidates.iter().filter(|o| holds(&o.evidence, &c.evidence)).count() as u64;
                chosen.push((KnownText { kind: KnownTextKind::Public, family, contradicted_words, passage }, c));
            }
        }
    }
    chosen.into_iter().map(|(text, _)| text).collect()
}

/// Whether a document explains most of the words of the page that a passage explains.
fn holds(document: &Alignment, passage: &Alignment) -> bool {
    let words = |x: &Alignment| x.pairs.iter().map(|p| p.word).collect::<BTreeSet<u32>>();
    let (document, passage) = (words(document), words(passage));
    document.intersection(&passage).count() as f32 > HOLDS * passage.len() as f32
}
