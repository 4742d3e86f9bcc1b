//! What the benches reach of the crate's inside. Behind the feature `benchmarks`; no part of the public interface.

use crate::align::{Effort, align};
use crate::catalogue::Catalogue;
use crate::fingerprint::{Codes, Family, Fingerprint, Inference, Patch, fingerprint, variants};
use crate::geom::Rect;
use crate::index::IndexReader;
use crate::limits::Deadline;
use crate::page::{Page, PageConfig, analyse};
use crate::raster::{RasterConfig, decode};
use crate::search::{
    BackgroundSample, Batch, DocumentScore, Edge, Query, ScoreConfig, SearchConfig, scan, scan_batch, seeds,
    word_scores,
};
use crate::significance::Candidates;
use crate::simd::Kernels;
use crate::verdict::VerdictConfig;
use crate::{Config, Error, Matcher};

/// Both engines on one catalogue.
pub struct Engines {
    matcher: Matcher,
    kernels: Kernels,
}

/// What is looked for: a picture's lattice, whole or a part of it.
pub struct Asked {
    edges: Vec<Edge>,
    nodes: u32,
    codes: Codes,
    weights: Vec<crate::fingerprint::BitWeights>,
}

/// A word of a query.
#[derive(Clone, Copy, Debug)]
pub struct AskedWord {
    /// Its code.
    pub code: u64,
    /// How much each bit counts: two bit planes of weights 0 to 3.
    pub weights: [u64; 2],
    /// Node of the lattice where it begins.
    pub from: u32,
    /// Node where it ends.
    pub to: u32,
    /// Whether it lies on the likeliest reading.
    pub likeliest: bool,
    /// What it loses for each bit of weighted distance; 0 if it tells nothing.
    pub nats_per_bit: f32,
}

/// What a search by seeds found and looked at.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Numbers and scores in nats of the documents that were aligned, best first.
    pub documents: Vec<(usize, f32)>,
    /// 2-grams looked up, positions that voted, 2-grams left out, documents with votes, documents aligned.
    pub statistics: [u64; 5],
}

impl Engines {
    /// Engines for a catalogue.
    ///
    /// # Errors
    ///
    /// As [`Matcher::new`].
    pub fn new(catalogue: &Catalogue, search: SearchConfig) -> Result<Self, Error> {
        let matcher = Matcher::new(catalogue, Config { search, ..Config::default() })?;
        Ok(Self { matcher, kernels: Kernels::best() })
    }

    fn index(&self) -> &IndexReader {
        &self.matcher.searcher().reader
    }

    /// Number of the document with this id, found by looking at all.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn numbers(&self) -> Result<std::collections::HashMap<String, usize>, Error> {
        let mut numbers = std::collections::HashMap::new();
        for number in 0..self.index().numbers() {
            numbers.extend(self.index().listed(number)?.ids.into_iter().map(|id| (id, number)));
        }
        Ok(numbers)
    }

    fn candidates(&self, asked: &Asked) -> Result<Candidates, Error> {
        let searcher = self.matcher.searcher();
        let found = searcher.search_query(asked.query(), searcher.by_seeds, Deadline::default())?;
        self.matcher.significance().candidates(searcher, &found, VerdictConfig::default().max_e)
    }

    /// All that a matcher's stages 4 and 5 do: scores, candidates and the chance of a score. Returns the E-values of
    /// documents.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn search(&self, asked: &Asked) -> Result<Vec<(usize, f64)>, Error> {
        let candidates = self.candidates(asked)?;
        let e_value = |d: &DocumentScore| (d.document as usize, candidates.null.e_value(d.nats()));
        Ok(candidates.documents.iter().map(e_value).collect())
    }

    /// E-value of a score for this query, by the seed engine's statistics.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn e_value(&self, asked: &Asked, nats: f32) -> Result<f64, Error> {
        Ok(self.candidates(asked)?.null.e_value(nats))
    }

    /// The exhaustive scan: best documents and their scores in nats.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn scan(&self, asked: &Asked) -> Result<Vec<(usize, f32)>, Error> {
        let (query, config) = (asked.query(), ScoreConfig::default());
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &config);
        let mut found = scan(self.index(), &query, &scores, &self.kernels, &config, Deadline::default())?;
        found.sort_by(|a, b| b.units.cmp(&a.units).then(a.document.cmp(&b.document)));
        Ok(found.iter().take(64).map(|d| (d.document as usize, d.nats())).collect())
    }

    /// The score of one document.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn score(&self, asked: &Asked, number: usize) -> Result<f32, Error> {
        let (query, config) = (asked.query(), ScoreConfig::default());
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &config);
        let batch = self.index().extract_exact(&[number as u32])?;
        let units = scan_batch(&batch, &query, &scores, &self.kernels, &config)[0];
        Ok(DocumentScore { units, document: 0 }.nats())
    }

    /// The edges that lie on words of a document, in reading order.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn aligned(&self, asked: &Asked, number: usize) -> Result<Vec<u32>, Error> {
        let (query, config) = (asked.query(), Config::default());
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &config.score);
        let batch = self.index().extract_exact(&[number as u32])?;
        let effort = Effort::any(&config.align);
        let found = align(&batch, 0, &query, &scores, &self.kernels, &config.score, effort).unwrap_or_default();
        Ok(found.pairs.iter().filter(|p| p.score_nats > 0.0).map(|p| p.word).collect())
    }

    /// Scores of some documents, as the seed engine scores its candidates: number and nats, best first.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn scores(&self, asked: &Asked, numbers: &[usize]) -> Result<Vec<(usize, f32)>, Error> {
        let (query, config) = (asked.query(), ScoreConfig::default());
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &config);
        let batch = self.index().extract(numbers.iter().copied())?;
        let units = scan_batch(&batch, &query, &scores, &self.kernels, &config);
        let nats = units.into_iter().map(|units| DocumentScore { units, document: 0 }.nats());
        let mut found: Vec<(usize, f32)> = numbers.iter().copied().zip(nats).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(found)
    }

    /// Codes of a document's words, in the default hash's 64 bits.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn codes(&self, number: usize) -> Result<Vec<u64>, Error> {
        Ok(self.index().extract(std::iter::once(number))?.codes(0))
    }

    /// The words of a query: what rivals of the seed engine search for.
    #[must_use]
    pub fn words(&self, asked: &Asked) -> Vec<AskedWord> {
        let query = asked.query();
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &ScoreConfig::default());
        let word = |(k, edge): (usize, &Edge)| AskedWord {
            code: asked.codes.get(k)[0],
            weights: asked.weights.get(k).map_or([u64::MAX, 0], |w| w.planes),
            from: edge.from,
            to: edge.to,
            likeliest: edge.likeliest,
            nats_per_bit: f32::from(scores[k].slope) / crate::fixed_point::UNITS_PER_NAT,
        };
        query.edges.iter().enumerate().map(word).collect()
    }

    /// The seed engine.
    ///
    /// # Errors
    ///
    /// If a file is damaged.
    pub fn seeds(&self, asked: &Asked, search: &SearchConfig) -> Result<Found, Error> {
        let (query, config) = (asked.query(), ScoreConfig::default());
        let scores = word_scores(&query, &self.matcher.searcher().background, &self.kernels, &config);
        let (found, statistics) = seeds(self.index(), &query, &scores, &self.kernels, &config, search)?;
        let mut found = found.documents;
        found.sort_by(|a, b| b.units.cmp(&a.units).then(a.document.cmp(&b.document)));
        Ok(Found {
            documents: found.iter().map(|d| (d.document as usize, d.nats())).collect(),
            statistics: [
                statistics.lookups,
                statistics.votes,
                statistics.masked,
                statistics.candidates,
                statistics.aligned,
            ],
        })
    }
}

impl Asked {
    /// The words of a picture.
    ///
    /// # Errors
    ///
    /// As [`decode`].
    pub fn picture(bytes: &[u8], family: Family) -> Result<Self, Error> {
        let page: Page = analyse(&decode(bytes, &RasterConfig::default())?, &PageConfig::default());
        let fingerprint: Fingerprint = fingerprint(&page, &*family.encoder());
        let edges = Query::new(&page, &fingerprint)?.edges;
        Ok(Self { edges, nodes: page.nodes, codes: fingerprint.codes, weights: fingerprint.weights })
    }

    fn query(&self) -> Query<'_> {
        Query { edges: self.edges.clone(), nodes: self.nodes, codes: &self.codes, weights: &self.weights }
    }

    /// Number of edges.
    #[must_use]
    pub fn edges(&self) -> u32 {
        self.edges.len() as u32
    }

    /// Words on the likeliest reading.
    #[must_use]
    pub fn words(&self) -> usize {
        self.edges.iter().filter(|a| a.likeliest).count()
    }

    /// Only what lies between two edges, these included, and other readings of the same ink.
    #[must_use]
    pub fn between(&self, first: u32, last: u32) -> Option<Self> {
        let (start, end) = (self.edges.get(first as usize)?.from, self.edges.get(last as usize)?.to);
        let inside: Vec<usize> =
            (0..self.edges.len()).filter(|&k| self.edges[k].from >= start && self.edges[k].to <= end).collect();
        let data = inside.iter().flat_map(|&k| self.codes.get(k).iter().copied()).collect();
        let moved =
            |&k: &usize| Edge { from: self.edges[k].from - start, to: self.edges[k].to - start, ..self.edges[k] };
        Some(Self {
            edges: inside.iter().map(moved).collect(),
            nodes: end - start + 1,
            codes: Codes::from_data(self.codes.family(), data).ok()?,
            weights: inside.iter().filter_map(|&k| self.weights.get(k).copied()).collect(),
        })
    }
}

/// A scan of a made-up catalogue with a made-up query that holds one of its passages.
pub struct Scan {
    batch: Batch,
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
        let (widths, caps) = (vec![0; 200], vec![256i16; 200]);
        let batch = Batch::new(documents.iter().map(|d| (vec![d], widths.as_slice(), caps.as_slice())))?;
        Ok(Self { batch, codes, words })
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
        let edges = (0..self.words).map(|k| Edge { from: k, to: k + 1, likeliest: true, ..Edge::default() }).collect();
        let query = Query { edges, nodes: self.words + 1, codes: &self.codes, weights: &[] };
        let config = ScoreConfig::default();
        let scores = word_scores(&query, &BackgroundSample::from_batch(&self.batch), &kernels, &config);
        let found = scan_batch(&self.batch, &query, &scores, &kernels, &config);
        let best = found.into_iter().zip(0u32..).max_by_key(|&(units, document)| (units, document));
        best.map_or((0, 0.0), |(units, document)| (document, DocumentScore { units, document }.nats()))
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

/// For each capture of one document, scrolled on from each to the next: its words' boxes (without ascenders and
/// descenders, in pixels) and whether the joined document takes the word from there.
///
/// # Errors
///
/// As [`Catalogue::add_pictures`].
pub fn joined(captures: &[Vec<u8>], family: Family) -> Result<Vec<Vec<(Rect, bool)>>, Error> {
    crate::catalogue::joined_boxes(captures, family)
}
