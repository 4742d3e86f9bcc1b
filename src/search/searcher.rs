//! The search as a whole: a page and its fingerprint become documents with the score of their best passage.

use std::fmt;
use std::sync::Arc;

use super::background::BackgroundSample;
use super::part::{Found, Part};
use super::query::Query;
use super::scan::{DocumentScore, scan};
use super::score::ScoreConfig;
use super::seeds::{Engine, SCAN_WORDS, SearchConfig, SearchStatistics, seeds, seeds_of_long};
use crate::Error;
use crate::fingerprint::{Family, Fingerprint};
use crate::index::IndexReader;
use crate::limits::Deadline;
use crate::page::Page;
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// Pages that take more cells (edges × words of the index) are not scanned, but searched by seeds, of which they have
/// plenty; so is what is left of a page of too many words.
///
/// Tuned (cells): of 453 screenshots in a million words the scan takes less for all but 30, record *limits*.
const SCAN_CELLS: u64 = 600_000_000;

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
    /// Of long documents, which of their words were scored.
    parts: Vec<Part>,
    /// What the search looked at.
    pub statistics: SearchStatistics,
    /// Whether only documents that share seeds with the page are among them.
    pub(crate) by_seeds: bool,
    /// After which nothing new is begun.
    pub(crate) deadline: Deadline,
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
        self.search_until(page, fingerprint, Deadline::default())
    }

    /// The same, but after a deadline no further documents are looked at, by this and by the stages behind.
    ///
    /// # Errors
    ///
    /// Those of [`Searcher::search`].
    pub fn search_until<'f>(
        &self,
        page: &Page,
        fingerprint: &'f Fingerprint,
        deadline: Deadline,
    ) -> Result<SearchResult<'f>, Error> {
        if !fingerprint.codes.is_empty() {
            self.check_family(fingerprint.codes.family())?;
        }
        let mut query = Query::new(page, fingerprint)?;
        query.fit_widths(page, &self.background, &self.kernels);
        let cells = query.edges.len() as u64 * self.reader.words() as u64;
        let by_seeds =
            self.by_seeds || self.search.engine == Engine::Auto && (cells > SCAN_CELLS || page.words_left_out > 0);
        self.search_query(query, by_seeds, deadline)
    }

    /// Refuses codes of another hash family than the index's.
    pub(super) fn check_family(&self, family: Family) -> Result<(), Error> {
        if let Some(expected) = self.reader.family().filter(|&e| e != family) {
            let reason = format!("the catalogue's is {expected:?}: hash the page with that");
            return Err(Error::invalid_argument("fingerprint's hash family", format!("{family:?}"), reason));
        }
        Ok(())
    }

    pub(crate) fn search_query<'f>(
        &self,
        query: Query<'f>,
        by_seeds: bool,
        deadline: Deadline,
    ) -> Result<SearchResult<'f>, Error> {
        let (mut word_scores, mut found, mut statistics) = (Vec::new(), Found::default(), SearchStatistics::default());
        if !query.edges.is_empty() {
            word_scores = super::score::word_scores(&query, &self.background, &self.kernels, &self.scoring);
            (found, statistics) = if by_seeds {
                seeds(&self.reader, &query, &word_scores, &self.kernels, &self.scoring, &self.search)?
            } else {
                let mut documents = scan(&self.reader, &query, &word_scores, &self.kernels, &self.scoring, deadline)?;
                let (long, mut statistics) =
                    seeds_of_long(&self.reader, &query, &word_scores, &self.kernels, &self.scoring, &self.search)?;
                if !long.documents.is_empty() {
                    documents.extend(long.documents);
                    documents.sort_unstable_by_key(|d| d.document);
                }
                statistics.aligned = documents.len() as u64;
                (Found { documents, parts: long.parts }, statistics)
            };
        }
        let Found { documents, parts } = found;
        Ok(SearchResult { query, word_scores, documents, parts, statistics, by_seeds, deadline })
    }

    /// Bytes that its tables take up in memory; mapped files are left out.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let sampled = self.sampled.capacity() * size_of::<u32>();
        self.reader.memory_usage() + sampled + self.background.memory_usage()
    }
}

impl SearchResult<'_> {
    /// What of each of some documents was scored.
    pub(crate) fn parts_of(&self, searcher: &Searcher, documents: &[DocumentScore]) -> Vec<Part> {
        let known = |number: u32| self.parts.iter().find(|part| part.document == number).cloned();
        documents.iter().map(|d| known(d.document).unwrap_or_else(|| searcher.reader.whole(d.document))).collect()
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
