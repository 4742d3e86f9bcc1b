//! What the benches reach of the crate's inside. Behind the feature `benchmarks`; no part of the public interface.

use crate::Error;
use crate::fingerprint::{Codes, Family, Inference, Patch, variants};
use crate::index::{Arc, Index, Query, ScoreConfig, Subset, scan, word_scores};
use crate::simd::Kernels;

/// A scan of a made-up catalogue with a made-up query that holds one of its passages.
pub struct Scan {
    index: Index,
    codes: Codes,
    words: u32,
}

impl Scan {
    /// `documents` of 200 words each, in `family`, and a query of `words` words.
    ///
    /// # Errors
    ///
    /// None for families of this release.
    pub fn new(family: Family, documents: usize, words: u32) -> Result<Self, Error> {
        let stride = family.bits().div_ceil(64);
        let mut state = 7u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let documents: Vec<Codes> = (0..documents)
            .map(|_| Codes::from_data(family, (0..200 * stride).map(|_| next()).collect()))
            .collect::<Result<_, _>>()?;
        let codes =
            Codes::from_data(family, documents[documents.len() / 2].data()[..words as usize * stride].to_vec())?;
        let caps = vec![256i16; 200];
        let index = Index::new(documents.iter().map(|d| (vec![d], caps.as_slice())))?;
        Ok(Self { index, codes, words })
    }

    /// Names of the compiled variants that this CPU can run, fastest first.
    #[must_use]
    pub fn variants() -> Vec<&'static str> {
        Kernels::available().iter().map(|k| k.name).collect()
    }

    /// Scans with a variant; the best document's number and its score in nats.
    ///
    /// # Panics
    ///
    /// If `variant` is not below the number of variants.
    #[must_use]
    pub fn run(&self, variant: usize) -> (u32, f32) {
        let kernels = Kernels::available()[variant];
        let arcs = (0..self.words).map(|k| Arc { from: k, to: k + 1, prior_nats: 0.0, likeliest: true }).collect();
        let query = Query { arcs, nodes: self.words + 1, codes: &self.codes, weights: &[] };
        let config = ScoreConfig::default();
        let scores = word_scores(&query, &self.index, &kernels, &config);
        let found = scan(&self.index, &query, &scores, Subset { step: 1 }, &kernels, &config);
        found.iter().max().map_or((0, 0.0), |d| (d.document, d.nats()))
    }
}

/// The default hash's net on each compiled variant.
pub struct Nets(Vec<(&'static str, Inference)>);

impl Nets {
    /// All variants that this CPU can run.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a bench's set-up, not a value")]
    pub fn new() -> Self {
        Self(variants())
    }

    /// Their names, fastest first.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|v| v.0).collect()
    }

    /// The first value of a patch.
    ///
    /// # Panics
    ///
    /// If `variant` is not below the number of variants.
    #[must_use]
    pub fn run(&self, variant: usize, patch: &Patch) -> f32 {
        let mut values = [0.0; 64];
        self.0[variant].1.run(&patch.ink().map(|v| v >> 1), &mut values);
        values[0]
    }
}
