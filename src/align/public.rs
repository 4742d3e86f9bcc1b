//! What public texts explain tells of no mail: mails that agree with it are scored again without it.
//!
//! A word of the page is *public* if a public text that is on the page agrees with it, or with a word that takes up a
//! part of the same ink. On such a word a mail earns nothing any more, whereas it may still lose; everything else
//! counts as before. So a mail that a public text explains whole has no score left, and one that quotes such a text has
//! that of its own words.

use std::collections::BTreeSet;

use super::aligned::AlignedDocument;
use super::alignment::Alignment;
use crate::search::Query;
use crate::simd::kernels::WordScore;

/// A public text that chance would reach more seldom than this is on the page; else it is where it explains most of
/// what a mail has there.
///
/// Tuned (expected texts): that of a likely match.
const ON_THE_PAGE_E: f64 = 1e-3;
/// What a mail has of a page is mostly public if a text explains more than this share of its words that agree.
///
/// Tuned (share): chosen by eye.
const MOST: f32 = 0.5;

/// What a public text explains of a page.
pub(super) struct PublicPassage {
    /// The words that agree.
    words: BTreeSet<u32>,
    /// Whether the text is on the page whatever else is.
    certain: bool,
}

/// What the public texts among aligned documents explain; `e_value` tells how many texts chance would find so.
pub(super) fn public_passages(aligned: &[AlignedDocument<'_>], e_value: impl Fn(usize) -> f64) -> Vec<PublicPassage> {
    let public = aligned.iter().enumerate().filter(|(_, document)| document.public);
    let passage = |(number, document): (usize, &AlignedDocument<'_>)| PublicPassage {
        words: agreeing(&document.evidence).collect(),
        certain: e_value(number) <= ON_THE_PAGE_E,
    };
    public.map(passage).collect()
}

/// The words of a page that public texts explain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PublicWords {
    /// Of each word of the page.
    is_public: Vec<bool>,
}

impl PublicWords {
    /// Those that a document has nothing of its own in.
    pub(super) fn of(document: &AlignedDocument<'_>, public: &[PublicPassage], query: &Query<'_>) -> Self {
        let own: BTreeSet<u32> = agreeing(&document.evidence).collect();
        let counts =
            |p: &&PublicPassage| p.certain || p.words.intersection(&own).count() as f32 > MOST * own.len() as f32;
        // Gaps between neighbouring nodes that lie under an explained word.
        let mut covered = vec![false; query.nodes as usize];
        for &word in public.iter().filter(counts).flat_map(|p| &p.words) {
            let edge = &query.edges[word as usize];
            covered[edge.from as usize..edge.to as usize].fill(true);
        }
        let is_public = query.edges.iter().map(|e| covered[e.from as usize..e.to as usize].contains(&true)).collect();
        Self { is_public }
    }

    fn contains(&self, word: u32) -> bool {
        self.is_public[word as usize]
    }

    /// The words of an alignment that are public.
    pub(super) fn among(&self, alignment: &Alignment) -> BTreeSet<u32> {
        alignment.pairs.iter().map(|p| p.word).filter(|&word| self.contains(word)).collect()
    }

    /// Scores with which public words earn nothing.
    pub(super) fn silenced(&self, scores: &[WordScore]) -> Vec<WordScore> {
        let silence =
            |(&score, &public): (&WordScore, &bool)| if public { WordScore { most: 0, ..score } } else { score };
        scores.iter().zip(&self.is_public).map(silence).collect()
    }

    /// The same pairs, of which public ones earn nothing.
    pub(super) fn worthless_in(&self, alignment: &Alignment) -> Alignment {
        let mut rest = alignment.clone();
        let public = rest.pairs.iter_mut().filter(|p| self.contains(p.word));
        public.for_each(|p| p.score_nats = p.score_nats.min(0.0));
        rest
    }

    /// An alignment without the pairs that are public, and without what they earned.
    pub(super) fn taken_from(&self, alignment: &Alignment) -> Alignment {
        let (mut pairs, mut jumps, mut score_nats) = (Vec::new(), Vec::new(), alignment.score_nats);
        // A jump to what is left out leads to what comes next.
        let (mut leads_here, mut all_jumps) = (false, alignment.jumps.iter().peekable());
        for (number, pair) in (0..).zip(&alignment.pairs) {
            leads_here |= all_jumps.next_if_eq(&&number).is_some();
            if self.contains(pair.word) {
                score_nats -= pair.score_nats.max(0.0);
                continue;
            }
            if std::mem::take(&mut leads_here) && !pairs.is_empty() {
                jumps.push(pairs.len() as u32);
            }
            pairs.push(*pair);
        }
        Alignment { score_nats, pairs, skipped: alignment.skipped.clone(), jumps }
    }
}

/// The words of the page that agree with the document.
fn agreeing(alignment: &Alignment) -> impl Iterator<Item = u32> {
    alignment.pairs.iter().filter(|p| p.score_nats > 0.0).map(|p| p.word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::alignment::Pair;
    use crate::fingerprint::{Codes, Family};
    use crate::search::Edge;

    fn alignment(pairs: &[(u32, f32)], jumps: &[u32]) -> Alignment {
        let pairs: Vec<Pair> = pairs.iter().map(|&(word, nats)| Pair::new(word, word + 100, nats)).collect();
        let score_nats = pairs.iter().map(|p| p.score_nats).sum();
        Alignment { score_nats, pairs, skipped: Vec::new(), jumps: jumps.to_vec() }
    }

    /// What a public text explains of a page of six words, and of one edge over the first two of these, that agrees with
    /// some words: for a mail that agrees with others.
    fn public(words: &[(u32, f32)], mail: &[(u32, f32)], e_value: f64) -> PublicWords {
        let codes = Codes::new(Family::Net);
        let word = |k: u32| Edge { from: k, to: k + 1, likeliest: true, ..Edge::default() };
        let mut edges: Vec<Edge> = (0..6).map(word).collect();
        edges.push(Edge { from: 0, to: 2, ..Edge::default() });
        let query = Query { edges, nodes: 7, codes: &codes, weights: &[] };
        let text = AlignedDocument { public: true, evidence: alignment(words, &[]), ..AlignedDocument::empty() };
        let mail = AlignedDocument { evidence: alignment(mail, &[]), ..AlignedDocument::empty() };
        let aligned = [mail, text];
        let passages = public_passages(&aligned, |number| if number == 1 { e_value } else { 0.0 });
        assert_eq!(passages.len(), 1);
        PublicWords::of(&aligned[0], &passages, &query)
    }

    const ELSEWHERE: &[(u32, f32)] = &[(5, 4.0)];

    #[test]
    fn words_over_the_same_ink_are_public_together() {
        let is_public = |words| public(words, ELSEWHERE, 1e-9).is_public;
        assert_eq!(is_public(&[(1, 3.0), (2, 3.0)]), [false, true, true, false, false, false, true]);
        assert_eq!(is_public(&[(6, 3.0), (4, -1.0)]), [true, true, false, false, false, false, true]);
        assert_eq!(is_public(&[(4, -1.0)]), [false; 7], "what is contradicted is not explained");
    }

    #[test]
    fn what_chance_may_explain_counts_where_it_is_most_of_a_mail() {
        let words = [(1, 3.0), (2, 3.0)];
        let counts = |mail: &[(u32, f32)], e_value| public(&words, mail, e_value).is_public[2];
        assert!(counts(ELSEWHERE, 1e-4) && !counts(ELSEWHERE, 1e-2));
        assert!(counts(&[(1, 3.0), (2, 3.0), (3, 3.0)], 1e-2) && !counts(&[(0, 3.0), (2, 3.0), (3, 3.0)], 1e-2));
    }

    #[test]
    fn what_is_public_is_taken_from_a_mail() {
        let public = public(&[(1, 3.0), (2, 3.0), (3, 3.0)], ELSEWHERE, 1e-9);
        let mail = alignment(&[(0, 4.0), (1, 3.0), (2, -1.0), (4, 2.0), (5, 5.0)], &[2, 4]);
        assert_eq!(public.among(&mail), BTreeSet::from([1, 2]));
        // The jump to a public word leads to the next one.
        let own = public.taken_from(&mail);
        assert_eq!(own.pairs.iter().map(|p| p.word).collect::<Vec<_>>(), [0, 4, 5]);
        assert_eq!((own.score_nats, own.jumps.as_slice()), (mail.score_nats - 3.0, &[1, 2][..]));
        let worthless = public.worthless_in(&mail);
        assert_eq!(worthless.pairs.iter().map(|p| p.score_nats).collect::<Vec<_>>(), [4.0, 0.0, -1.0, 2.0, 5.0]);
        assert_eq!(worthless.jumps, mail.jumps);
        let all = alignment(&[(1, 3.0), (2, 3.0)], &[1]);
        assert_eq!(public.taken_from(&all), Alignment::default());
    }

    #[test]
    fn public_words_earn_nothing_and_may_lose() {
        let public = public(&[(1, 3.0)], ELSEWHERE, 1e-9);
        let score = WordScore { start: 200, slope: 10, most: 150, least: -90 };
        let silenced = public.silenced(&[score; 7]);
        assert_eq!([0, 1, 2].map(|k| silenced[k].at(2, 255)), [150, 0, 150]);
        assert!(silenced.iter().all(|s| s.at(60, 255) == -90));
    }
}
