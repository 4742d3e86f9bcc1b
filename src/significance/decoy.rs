//! Decoys: a query with its words in another order, which stands in for unrelated text in small catalogues.

use crate::Error;
use crate::fingerprint::{BitWeights, Codes};
use crate::random::SplitMix64;
use crate::search::{Edge, Query};
use crate::simd::kernels::WordScore;

/// A query with its words in another order.
pub(crate) struct Decoy {
    edges: Vec<Edge>,
    codes: Codes,
    weights: Vec<BitWeights>,
    pub(crate) scores: Vec<WordScore>,
    nodes: u32,
}

impl Decoy {
    /// Shuffles the query's units: the parts between positions that every path goes through. The same `seed` gives the
    /// same order.
    pub(crate) fn new(query: &Query<'_>, scores: &[WordScore], seed: u64) -> Result<Self, Error> {
        let mut units: Vec<std::ops::Range<usize>> = Vec::new();
        let (mut start, mut reach) = (0, 0);
        for (k, edge) in query.edges.iter().enumerate() {
            if k > start && edge.from >= reach {
                units.push(start..k);
                start = k;
            }
            reach = reach.max(edge.to);
        }
        units.push(start..query.edges.len());
        let mut random = SplitMix64::new(seed ^ 0x9e37_79b9_7f4a_7c15);
        for k in (1..units.len()).rev() {
            units.swap(k, (random.bits() % (k as u64 + 1)) as usize);
        }
        let (mut edges, mut order, mut node) = (Vec::with_capacity(query.edges.len()), Vec::new(), 0);
        for unit in units {
            let first = query.edges.get(unit.start).map_or(0, |a| a.from);
            let last = query.edges[unit.clone()].iter().map(|a| a.to).max().unwrap_or(first);
            for k in unit {
                let edge = query.edges[k];
                edges.push(Edge { from: edge.from - first + node, to: edge.to - first + node, ..edge });
                order.push(k);
            }
            node += last - first;
        }
        let data = order.iter().flat_map(|&k| query.codes.get(k).iter().copied()).collect();
        Ok(Self {
            edges,
            codes: Codes::from_data(query.codes.family(), data)?,
            weights: order.iter().filter_map(|&k| query.weights.get(k).copied()).collect(),
            scores: order.iter().map(|&k| scores[k]).collect(),
            nodes: node + 1,
        })
    }

    pub(crate) fn query(&self) -> Query<'_> {
        Query { edges: self.edges.clone(), nodes: self.nodes, codes: &self.codes, weights: &self.weights }
    }
}
