//! How likely is a score by chance? The tail is fitted to decoys of the very query, in the very catalogue.
//!
//! A decoy is the page with its words in another order: the same shapes, sizes and noise, but no passage. Its best scores
//! against the catalogue's documents fall off exponentially (S. Karlin & S. F. Altschul 1990; fitted to the search's own
//! scores as W. R. Pearson 1998 does); the fall's scale is the mean excess over a high threshold.

use crate::fingerprint::{BitWeights, Codes};
use crate::index::{Arc, DocumentScore, Query};
use crate::simd::kernels::WordScore;

/// How many documents reach a score by chance: the larger of two estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    documents: f64,
    /// From decoys: no passages at all, so a lower bound.
    decoys: Tail,
    /// From the search itself, its best documents left out: unrelated mails share turns of phrase that decoys lack.
    search: Option<Tail>,
}

/// `expected(score) = count · exp(−(score − threshold) / scale)`, above the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tail {
    /// Expected number of documents above the threshold.
    count: f64,
    threshold_nats: f64,
    scale_nats: f64,
}

/// The scale is taken as if this many more scores had the usual one.
const PRIOR_WEIGHT: f64 = 8.0;
/// What local alignments of log-likelihood ratios with skips show on unrelated text.
const PRIOR_SCALE_NATS: f64 = 2.5;
/// Best documents of the search that may be the right ones: how good they are is not used.
const SET_ASIDE: usize = 24;
/// Documents of the search whose scores are used, with those set aside.
const SEARCH_TAIL: usize = 200;
/// A catalogue of fewer documents says too little about unrelated ones.
const MIN_DOCUMENTS: usize = 800;

impl Tail {
    /// Fits the `tail` best of `nats` (sorted, best first), of which the `censored` best count only as at least as good as the
    /// next one (maximum likelihood of an exponential with type-II censoring).
    fn fit(nats: &[f64], tail: usize, censored: usize) -> Self {
        let threshold_nats = nats.get(tail).copied().unwrap_or(0.0);
        let excess: f64 = (0..tail).map(|k| nats[k.max(censored)] - threshold_nats).sum();
        let seen = (tail - censored) as f64;
        let scale_nats = (excess + PRIOR_WEIGHT * PRIOR_SCALE_NATS) / (seen + PRIOR_WEIGHT);
        Self {
            count: tail as f64 + 0.5,
            threshold_nats,
            // An exponential tail cannot fall faster than the odds that the scores stand for.
            scale_nats: scale_nats.max(1.0),
        }
    }

    fn expected(&self, nats: f32) -> f64 {
        self.count * (-(f64::from(nats) - self.threshold_nats).max(0.0) / self.scale_nats).exp()
    }
}

impl Chance {
    /// Fits the tails of decoy scores and of the search's own scores, if that looked at every document.
    pub(crate) fn fit(decoys: &[DocumentScore], search: &[DocumentScore]) -> Self {
        Self::fit_tails(decoys, search, search.len() as f64, 1.0, SEARCH_TAIL, SET_ASIDE)
    }

    /// The same from a sample: scores of excerpts of the decoy and of the query, which hold a share of the query's words, on
    /// a sample of a catalogue of so many documents. As many documents reach a score by chance as there are, and as many as
    /// the query has places where an alignment can begin (S. Karlin & S. F. Altschul 1990).
    pub(crate) fn fit_sample(decoys: &[DocumentScore], search: &[DocumentScore], documents: usize, share: f64) -> Self {
        Self::fit_tails(decoys, search, documents as f64, share, search.len() / 20, search.len() / 400)
    }

    fn fit_tails(
        decoys: &[DocumentScore],
        search: &[DocumentScore],
        documents: f64,
        share: f64,
        search_tail: usize,
        set_aside: usize,
    ) -> Self {
        let sorted = |scores: &[DocumentScore]| {
            let mut nats: Vec<f64> = scores.iter().map(|d| f64::from(d.nats())).collect();
            nats.sort_unstable_by(|a, b| b.total_cmp(a));
            nats
        };
        let chance = sorted(decoys);
        let tail = (chance.len() / 20).min(100);
        let mut decoys = Tail::fit(&chance, tail, 0);
        // Per document of the catalogue, however many decoys there were.
        decoys.count *= documents / (chance.len() as f64).max(1.0) / share;
        let search = (search.len() >= MIN_DOCUMENTS).then(|| {
            let mut tail = Tail::fit(&sorted(search), search_tail, set_aside);
            tail.count *= documents / search.len() as f64 / share;
            tail
        });
        Self { documents, decoys, search }
    }

    /// Expected number of documents that reach this score by chance.
    #[must_use]
    pub fn e_value(&self, score_nats: f32) -> f64 {
        let search = self.search.map_or(0.0, |t| t.expected(score_nats));
        self.decoys.expected(score_nats).max(search).min(self.documents)
    }
}

/// A query with its words in another order.
pub(crate) struct Decoy {
    arcs: Vec<Arc>,
    codes: Codes,
    weights: Vec<BitWeights>,
    pub(crate) scores: Vec<WordScore>,
    nodes: u32,
}

impl Decoy {
    /// Shuffles the query's units: the parts between places that every path goes through. The same `seed` gives the same
    /// order.
    pub(crate) fn of(query: &Query<'_>, scores: &[WordScore], seed: u64) -> Result<Self, crate::Error> {
        let mut units = Self::units(query);
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for k in (1..units.len()).rev() {
            units.swap(k, (split_mix(&mut state) % (k as u64 + 1)) as usize);
        }
        Self::joined(query, scores, &units)
    }

    /// No decoy: passages of the query of 16 units each, spread evenly over it, with about `most` arcs in all.
    pub(crate) fn excerpt(query: &Query<'_>, scores: &[WordScore], most: usize) -> Result<Self, crate::Error> {
        let units = Self::units(query);
        let step = query.arcs.len().div_ceil(most.max(1)).max(1);
        let passages: Vec<_> = units.chunks(16).step_by(step).flatten().cloned().collect();
        Self::joined(query, scores, &passages)
    }

    fn units(query: &Query<'_>) -> Vec<std::ops::Range<usize>> {
        let mut units: Vec<std::ops::Range<usize>> = Vec::new();
        let (mut start, mut reach) = (0, 0);
        for (k, arc) in query.arcs.iter().enumerate() {
            if k > start && arc.from >= reach {
                units.push(start..k);
                start = k;
            }
            reach = reach.max(arc.to);
        }
        units.push(start..query.arcs.len());
        units
    }

    fn joined(query: &Query<'_>, scores: &[WordScore], units: &[std::ops::Range<usize>]) -> Result<Self, crate::Error> {
        let (mut arcs, mut order, mut node) = (Vec::with_capacity(query.arcs.len()), Vec::new(), 0);
        for unit in units.iter().cloned() {
            let first = query.arcs.get(unit.start).map_or(0, |a| a.from);
            let last = query.arcs[unit.clone()].iter().map(|a| a.to).max().unwrap_or(first);
            for k in unit {
                let arc = query.arcs[k];
                arcs.push(Arc { from: arc.from - first + node, to: arc.to - first + node, ..arc });
                order.push(k);
            }
            node += last - first;
        }
        let data = order.iter().flat_map(|&k| query.codes.get(k).iter().copied()).collect();
        Ok(Self {
            arcs,
            codes: Codes::from_data(query.codes.family(), data)?,
            weights: order.iter().filter_map(|&k| query.weights.get(k).copied()).collect(),
            scores: order.iter().map(|&k| scores[k]).collect(),
            nodes: node + 1,
        })
    }

    pub(crate) fn query(&self) -> Query<'_> {
        Query { arcs: self.arcs.clone(), nodes: self.nodes, codes: &self.codes, weights: &self.weights }
    }
}

/// SplitMix64 (G. L. Steele et al. 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(nats: impl Iterator<Item = f64>) -> Vec<DocumentScore> {
        nats.enumerate().map(|(k, n)| DocumentScore { units: (n * 32.0) as i16, document: k as u32 }).collect()
    }

    #[test]
    fn the_fitted_tail_is_that_of_an_exponential() {
        // Quantiles of an exponential of scale 3 over 10,000 documents.
        let decoys = scores((0..10_000).map(|k| -3.0 * ((f64::from(k) + 0.5) / 10_000.0).ln()));
        let chance = Chance::fit(&decoys, &decoys);
        for (score, expected) in [(20.0f32, 12.7), (30.0, 0.454), (40.0, 0.0162)] {
            let found = chance.e_value(score);
            assert!((found / expected).ln().abs() < 0.8, "E({score}) is {found}, should be near {expected}");
        }
    }

    #[test]
    fn right_answers_do_not_hide_themselves() {
        let chance = |k: i32| -2.0 * ((f64::from(k) + 0.5) / 5000.0).ln();
        let unrelated = scores((0..5000).map(chance));
        let found = scores((0..5000).map(|k| if k < 12 { 150.0 } else { chance(k) }));
        let (without, with) = (Chance::fit(&unrelated, &unrelated), Chance::fit(&unrelated, &found));
        assert!(with.e_value(60.0) < 1e-6, "{}", with.e_value(60.0));
        assert!((with.e_value(25.0) / without.e_value(25.0)).ln().abs() < 0.5);
    }

    #[test]
    fn no_decoys_no_certainty() {
        let chance = Chance::fit(&[], &scores([0.0, 3.0, 9.0].into_iter()));
        assert!(chance.e_value(5.0) > 0.01);
    }
}
