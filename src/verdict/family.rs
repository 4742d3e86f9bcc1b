//! The mail, or a form that several mails fill in? What of both becomes a match, and what a known text.

use super::config::VerdictConfig;
use super::own_words::{OwnWords, at_edge, own_words};
use super::passage::{FRAMED_WORDS, MAX_SHARED, shared, to_match, to_shared};
use super::report::{KnownText, KnownTextKind, Match};
use crate::align::{AlignedDocument, Pair};
use crate::page::{Page, Word};
use crate::significance::NullDistribution;

/// More documents than this that hold a passage fill in a form. Fewer may be copies, answers, drafts of one mail.
///
/// Tuned (documents): chosen by eye.
const SMALL_FAMILY: u32 = 8;

/// How much likelier it is that a picture shows a mail of the catalogue than another mail of the same form, before its
/// own words are looked at.
///
/// Tuned (log-odds): chosen by eye; record *kinds*.
const MAIL_NATS: f32 = 2.0;

/// Of smaller text, words that were not aligned may be the document's all the same.
///
/// Tuned (pixels): below, words break or melt; record *kinds*.
const LEAST_LEGIBLE_PX: f32 = 4.0;

/// Own words of a block that say more for the mail make it more than a notice, which has a company's name at most.
///
/// Tuned (nats): chosen by eye; a name that agrees says half a nat, a number nearly one.
const NOTICE_NATS: f32 = 5.0;

/// So many words of a document may stand below a block that ends it.
///
/// Tuned (words): chosen by eye.
const MOST_BELOW: usize = 3;

/// So many words that agree one after the other are a known text, however many documents have it.
///
/// Tuned (words): chosen by eye.
const FAMILY_WORDS: usize = 20;

/// What a candidate's passage is.
pub(super) struct Shows {
    /// The mail, not only a form that several fill in.
    pub(super) mail: bool,
    /// By chance, or by another one of a large family.
    pub(super) e_value: f64,
    own: OwnWords,
}

impl Shows {
    /// `e_value` is the passage's, if chance reaches it seldom.
    pub(super) fn of(
        c: &AlignedDocument<'_>,
        e_value: Option<f64>,
        null: &NullDistribution,
        page: &Page,
        config: &VerdictConfig,
    ) -> Self {
        let own = own_words(c, page);
        // One of the family has as many words of its own in common with the picture by chance.
        let among_family = f64::from(own.family) * f64::from(-own.nats).exp();
        let large = own.family > SMALL_FAMILY;
        let likely = if large { among_family <= config.max_e } else { e_value.is_some() };
        let mail = likely
            && own.nats + MAIL_NATS >= 0.0
            && (config.boilerplate || own.nats > NOTICE_NATS || !is_appended(c, page));
        let passage = || e_value.unwrap_or_else(|| null.e_value(c.evidence.score_nats));
        Self { mail, e_value: if mail && large { among_family } else { passage() }, own }
    }
}

/// Whether a passage is the end of a document whose own text above it is another one than the picture's above it: a
/// notice, a footer, a signature that is set under many a mail. Who quotes a mail shows its beginning, or no other text
/// right above.
fn is_appended(c: &AlignedDocument<'_>, page: &Page) -> bool {
    let Some(first) = c.evidence.pairs.first().map(|p| &page.words[p.word as usize]) else { return false };
    let last = c.evidence.pairs.last().map_or(0, |p| p.document_word as usize);
    let region = |w: &Word| page.lines[w.line as usize].region;
    // Words of a line that the picture's edge cuts may be the document's all the same.
    let above = |w: &&Word| w.likeliest && w.to <= first.from && region(w) == region(first) && !at_edge(page, &w.frame);
    first.frame.x_height_px >= LEAST_LEGIBLE_PX
        && c.evidence_ends[0] >= FRAMED_WORDS
        && c.evidence_ends[1] < FRAMED_WORDS
        && last + 1 + MOST_BELOW >= c.widths.len()
        && page.words.iter().filter(above).count() >= FRAMED_WORDS
}

/// Whether a picture shows what a family of documents has, whatever these words tell of one of them: so many words
/// agree one after the other.
pub(super) fn is_of_a_family(c: &AlignedDocument<'_>) -> bool {
    let tells = |p: &&Pair| p.score_nats > 0.0 && !c.public_words.contains(&p.word);
    let agreeing = c.evidence.pairs.iter().filter(tells).count();
    c.kin.family > 1 && agreeing >= FAMILY_WORDS
}

/// Adds what tells of no mail to what was found, unless a match or a better known text explains the same words.
pub(super) fn add_known_text<'c>(
    c: &'c AlignedDocument<'c>,
    shows: &Shows,
    chosen: &mut [(Match, &AlignedDocument<'_>)],
    known_texts: &mut Vec<(KnownText, &'c AlignedDocument<'c>)>,
    page: &Page,
    config: &VerdictConfig,
) {
    let share = |other: &AlignedDocument<'_>| shared(&other.evidence, &c.evidence);
    if let Some((best, _)) = chosen.iter_mut().find(|(_, by)| share(by) > MAX_SHARED) {
        let of = best.aligned_words;
        best.shared.push(to_shared(c, shows.e_value, of));
        return;
    }
    if let Some((text, by)) = known_texts.iter_mut().find(|(_, by)| share(by) > MAX_SHARED) {
        let of = text.passage.aligned_words;
        text.passage.shared.push(to_shared(c, shows.e_value, of));
        if c.evidence.score_nats >= config.tie_share * by.evidence.score_nats {
            text.passage.documents.extend(c.ids.iter().cloned());
        }
        return;
    }
    let text = KnownText {
        kind: KnownTextKind::Template,
        family: u64::from(shows.own.family),
        contradicted_words: shows.own.contradicted,
        passage: to_match(c, shows.e_value, page),
    };
    known_texts.push((text, c));
}
