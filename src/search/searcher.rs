//! The search as a whole: a page and its fingerprint become documents with the score of their best passage.

use std::fmt;
use std::sync::Arc;

use super::background::BackgroundSample;
use super::query::Query;
use super::scan::{DocumentScore, scan};
use super::score::{ScoreConfig, word_scores};
use super::seeds::{Engine, SCAN_WORDS, SearchConfig, SearchStatistics, seeds};
use crate::Error;
use crate::fingerprint::Fingerprint;
use crate::index::IndexReader;
use crate::page::Page;
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// Finds documents of an index in fingerprints of pages.
pub struct Searcher {
    pub(crate) reader: Arc<IndexReader>,
    pub(crate) kernels: Kernels,
    pub(crate) scoring: ScoreConfig,
    search: SearchConfig,
    /// Whether the seed engine searches, see [`Engine`].
    pub(crate) by_seeds: bool,
    /// Numbers of the documents that look-alikes are counted on, and that chance is read off.
    pub(crate) sampled: Vec<u32>,
    pub(crate) background: BackgroundSample,
}

/// Documents that may be on a page, see [`Searcher::search`].
pub struct SearchResult<'f> {
    pub(crate) query: Query<'f>,
    /// Of each edge of the query, in the same order.
    pub(crate) word_scores: Vec<WordScore>,
    /// Documents with the score of their best passage, in the order of their numbers: all of them by the scan, those
    /// that share seeds with the page by the seeds.
    pub documents: Vec<DocumentScore>,
    /// What the search looked at.
    pub statistics: SearchStatistics,
}

impl Searcher {
    /// A searcher whose background sample is made of one document in `sample_step`, see
    /// [`NullModel::sample_step`](crate::significance::NullModel::sample_step).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if a setting is out of its range; [`Error::File`] if a block of a segment is damaged,
    /// which is found out when it is first read.
    pub fn new(
        reader: Arc<IndexReader>,
        sample_step: usize,
        search: SearchConfig,
        scoring: ScoreConfig,
    ) -> Result<Self, Error> {
        search.check()?;
        scoring.check()?;
        let by_seeds = match search.engine {
            Engine::Scan => false,
            Engine::Seeds => true,
            Engine::Auto => reader.words() + reader.public_words() > SCAN_WORDS,
        };
        let sampled = reader.sampled(sample_step)?;
        let background = BackgroundSample::new(&reader, &sampled)?;
        Ok(Self { reader, kernels: Kernels::best(), scoring, search, by_seeds, sampled, background })
    }

    /// Documents that may be on a page.
    ///
    /// Cost: by the scan words of the page × words of the index × 0.3 ns; by seeds some ten milliseconds, whatever the
    /// index.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if page and fingerprint do not belong together, or the fingerprint's hash family is
    /// not the index's; [`Error::File`] if a block of a segment is damaged.
    pub fn search<'f>(&self, page: &Page, fingerprint: &'f Fingerprint) -> Result<SearchResult<'f>, Error> {
        let family = fingerprint.codes.family();
        if let Some(expected) = self.reader.family().filter(|&e| e != family && !fingerprint.codes.is_empty()) {
            let reason = format!("the catalogue's is {expected:?}: hash the page with that");
            return Err(Error::invalid_argument("fingerprint's hash family", format!("{family:?}"), reason));
        }
        let mut query = Query::new(page, fingerprint)?;
        query.fit_widths(page, &self.background, &self.kernels);
        self.search_query(query)
    }

    pub(crate) fn search_query<'f>(&self, query: Query<'f>) -> Result<SearchResult<'f>, Error> {
        if query.edges.is_empty() {
            let statistics = SearchStatistics::default();
            return Ok(SearchResult { query, word_scores: Vec::new(), documents: Vec::new(), statistics });
        }
        let word_scores = word_scores(&query, &self.background, &self.kernels, &self.scoring);
        let (documents, statistics) = if self.by_seeds {
            seeds(&self.reader, &query, &word_scores, &self.kernels, &self.scoring, &self.search)?
        } else {
            let documents = scan(&self.reader, &query, &word_scores, &self.kernels, &self.scoring)?;
            let statistics = SearchStatistics { aligned: documents.len() as u64, ..SearchStatistics::default() };
            (documents, statistics)
        };
        Ok(SearchResult { query, word_scores, documents, statistics })
    }

    /// Bytes that its tables take up in memory; mapped files are left out.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let sampled = self.sampled.capacity() * size_of::<u32>();
        self.reader.memory_usage() + sampled + self.background.memory_usage()
    }
}

impl fmt::Debug for Searcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searcher")
            .field("reader", &self.reader)
            .field("by_seeds", &self.by_seeds)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SearchResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchResult")
            .field("words", &self.query.edges.len())
            .field("documents", &self.documents.len())
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}
