//! How likely is a score by chance? The tail is fitted to decoys of the very query, in the very catalogue.
//!
//! A decoy is the page with its words in another order: the same shapes, sizes and noise, but no passage. Its best scores
//! against the catalogue's documents fall off exponentially (S. Karlin & S. F. Altschul 1990; fitted to the search's own
//! scores as W. R. Pearson 1998 does); the fall's scale is the mean excess over a high threshold.

use crate::fingerprint::Codes;
use crate::index::{Arc, DocumentScore, Query};
use crate::simd::kernels::WordScore;

/// How many documents reach a score by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Documents of the catalogue.
    documents: f64,
    /// Scores above this were used for the fit, in nats.
    threshold_nats: f64,
    /// Share of decoy scores above the threshold.
    share: f64,
    /// Mean excess over the threshold, in nats.
    scale_nats: f64,
}

/// The mean excess is taken as if this many more decoys had one of [`PRIOR_SCALE_NATS`].
const PRIOR_WEIGHT: f64 = 8.0;
/// What local alignments of log-likelihood ratios with skips show on unrelated text.
const PRIOR_SCALE_NATS: f64 = 2.0;

impl Chance {
    /// Fits the tail of decoy scores, for a catalogue of `documents`.
    pub(crate) fn fit(decoys: &[DocumentScore], documents: usize) -> Self {
        let mut nats: Vec<f64> = decoys.iter().map(|d| f64::from(d.nats())).collect();
        nats.sort_unstable_by(|a, b| b.total_cmp(a));
        let tail = (nats.len() / 20)
            .clamp(1, 100)
            .min(nats.len().saturating_sub(1));
        let threshold_nats = nats.get(tail).copied().unwrap_or(0.0);
        let excess: f64 = nats[..tail].iter().map(|s| s - threshold_nats).sum();
        let scale_nats = (excess + PRIOR_WEIGHT * PRIOR_SCALE_NATS) / (tail as f64 + PRIOR_WEIGHT);
        Self {
            documents: documents as f64,
            threshold_nats,
            share: (tail as f64 + 0.5) / (nats.len() as f64 + 1.0),
            // An exponential tail cannot fall faster than the odds that the scores stand for.
            scale_nats: scale_nats.max(1.0),
        }
    }

    /// Expected number of documents that reach this score by chance.
    #[must_use]
    pub fn e_value(&self, score_nats: f32) -> f64 {
        let excess = (f64::from(score_nats) - self.threshold_nats).max(0.0);
        (self.documents * self.share * (-excess / self.scale_nats).exp()).min(self.documents)
    }
}

/// A query with its words in another order.
pub(crate) struct Decoy {
    arcs: Vec<Arc>,
    codes: Codes,
    pub(crate) scores: Vec<WordScore>,
    nodes: u32,
}

impl Decoy {
    /// Shuffles the query's units: the parts between places that every path goes through. The same `seed` gives the same
    /// order.
    pub(crate) fn of(
        query: &Query<'_>,
        scores: &[WordScore],
        seed: u64,
    ) -> Result<Self, crate::Error> {
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
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for k in (1..units.len()).rev() {
            units.swap(k, (split_mix(&mut state) % (k as u64 + 1)) as usize);
        }
        let (mut arcs, mut order, mut node) = (Vec::with_capacity(query.arcs.len()), Vec::new(), 0);
        for unit in units {
            let first = query.arcs.get(unit.start).map_or(0, |a| a.from);
            let last = query.arcs[unit.clone()]
                .iter()
                .map(|a| a.to)
                .max()
                .unwrap_or(first);
            for k in unit {
                let arc = query.arcs[k];
                arcs.push(Arc {
                    from: arc.from - first + node,
                    to: arc.to - first + node,
                    ..arc
                });
                order.push(k);
            }
            node += last - first;
        }
        let data = order
            .iter()
            .flat_map(|&k| query.codes.get(k).iter().copied())
            .collect();
        Ok(Self {
            arcs,
            codes: Codes::from_data(query.codes.family(), data)?,
            scores: order.iter().map(|&k| scores[k]).collect(),
            nodes: node + 1,
        })
    }

    pub(crate) fn query(&self) -> Query<'_> {
        Query {
            arcs: self.arcs.clone(),
            nodes: self.nodes,
            codes: &self.codes,
        }
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
        nats.enumerate()
            .map(|(k, n)| DocumentScore {
                units: (n * 32.0) as i16,
                document: k as u32,
            })
            .collect()
    }

    #[test]
    fn the_fitted_tail_is_that_of_an_exponential() {
        // Quantiles of an exponential of scale 3 over 10,000 documents.
        let decoys = scores((0..10_000).map(|k| -3.0 * ((f64::from(k) + 0.5) / 10_000.0).ln()));
        let chance = Chance::fit(&decoys, 10_000);
        for (score, expected) in [(20.0f32, 12.7), (30.0, 0.454), (40.0, 0.0162)] {
            let found = chance.e_value(score);
            assert!(
                (found / expected).ln().abs() < 0.8,
                "E({score}) is {found}, should be near {expected}"
            );
        }
    }

    #[test]
    fn no_decoys_no_certainty() {
        let chance = Chance::fit(&[], 3);
        assert!(chance.e_value(0.0) >= 1.0);
        assert!(chance.e_value(5.0) > 0.01);
    }
}
