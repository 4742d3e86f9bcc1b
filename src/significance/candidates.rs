//! Candidates: the documents that chance reaches seldom enough to be looked at word by word.

use std::cmp::Reverse;
use std::fmt;

use super::null_model::{NullDistribution, NullModel, NullSample};
use super::null_scores::{MOST_SAMPLE_WORDS, null_scores};
use crate::Error;
use crate::index::Listing;
use crate::search::{Batch, DocumentScore, Part, SearchResult, Searcher, scan_batch};

/// Documents aligned word by word at most, and as many public texts.
///
/// Tuned (documents): chosen by eye.
const MAX_CANDIDATES: usize = 32;
/// Documents that chance would reach more often than this by their best passage, and more often than a match may be,
/// are not aligned: a header above may make a match of the others.
///
/// Tuned (expected documents): chosen by eye.
const MAX_CANDIDATE_E: f64 = 0.05;
/// By inexact caps a document may seem so many times more likely by chance than it is.
///
/// Tuned (factor): chosen by eye.
const INEXACT: f64 = 5.0;
/// Documents aligned word by word besides, the best of those that chance reaches more often: of a form that hundreds
/// fill in hardly a word is a surprise.
///
/// Tuned (documents): chosen by eye.
const UNLIKELY_CANDIDATES: usize = 6;
/// Documents whose caps are reckoned exactly, monotonous text masked, at most.
///
/// Tuned (documents): chosen by eye.
const MAX_RECKONED: usize = 8 * MAX_CANDIDATES;

/// Tells scores from chance, for one searcher.
pub struct Significance {
    model: NullModel,
    /// The documents of the catalogue's sample, copied, with exact caps; none if the scan finds their scores anyhow.
    pub(crate) background: Option<Batch>,
}

/// Documents that are worth an alignment word by word, the best first: mails, then public texts.
pub struct Candidates {
    /// Their best passages' scores: of mails, then of public texts.
    pub documents: Vec<DocumentScore>,
    /// Those documents, copied, with exact caps, monotonous text masked; of long ones the parts that were scored.
    pub(crate) batch: Batch,
    /// Which parts.
    pub(crate) parts: Vec<Part>,
    /// Ids, widths and metadata of those.
    pub(crate) listings: Vec<Listing>,
    /// How many documents reach a score by chance.
    pub null: NullDistribution,
}

impl Significance {
    /// The significance of what a searcher finds, by the constants of its catalogue.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if a block of a segment is damaged.
    pub fn new(model: NullModel, searcher: &Searcher) -> Result<Self, Error> {
        let Searcher { reader, sampled, by_seeds, .. } = searcher;
        let mut parts: Vec<Part> = sampled.iter().map(|&number| reader.whole(number)).collect();
        let cut = parts.iter().any(|part| part.words.len() > MOST_SAMPLE_WORDS);
        parts.iter_mut().for_each(|part| part.words.end = part.words.end.min(MOST_SAMPLE_WORDS));
        // A scan finds the scores of public texts, too, which are no documents to read chance off.
        let shuffles = matches!(model.sample(reader.documents()), NullSample::Shuffles(_));
        let public = shuffles && reader.public_documents() > 0;
        let needed = *by_seeds || cut || public || !reader.caps_are_exact();
        let background = needed.then(|| reader.extract_parts_exact(&parts)).transpose()?;
        Ok(Self { model, background })
    }

    /// The candidates of a search: documents that chance reaches no more often than `max_e` times, or .05 times if that
    /// is more.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if a block of a segment is damaged.
    pub fn candidates(&self, searcher: &Searcher, found: &SearchResult<'_>, max_e: f64) -> Result<Candidates, Error> {
        let SearchResult { query, word_scores, documents, .. } = found;
        let Searcher { reader, kernels, scoring, .. } = searcher;
        if query.edges.is_empty() || found.deadline.has_passed() {
            let null = self.model.distribution(0, &[]);
            let (documents, batch, parts, listings) = Default::default();
            return Ok(Candidates { documents, batch, parts, listings, null });
        }
        let null_scores = null_scores(&self.model, searcher, self.background.as_ref(), found)?;
        // Public texts alone are known by chance as one document is.
        let null = self.model.distribution(reader.documents().max(1), &null_scores);
        let null = null.beside_public(reader.public_documents());
        let max_e = max_e.max(MAX_CANDIDATE_E);
        // By the segments' own caps, more than are wanted: then by exact ones, monotonous text masked. Either lowers
        // scores for the most part, and what falls must not have kept others out.
        let inexact = if reader.caps_are_exact() { 1.0 } else { INEXACT };
        let wanted = (4 * UNLIKELY_CANDIDATES, MAX_RECKONED);
        let mut few = best_of_both(searcher, documents, &null, inexact * max_e, wanted)?;
        let numbers = numbers(&few);
        let mut batch = reader.extract_parts_exact(&found.parts_of(searcher, &few))?;
        batch.mask_monotony(kernels);
        let exact = scan_batch(&batch, query, word_scores, kernels, scoring);
        few.iter_mut().zip(exact).for_each(|(document, units)| document.units = units);
        let documents = best_of_both(searcher, &few, &null, max_e, (UNLIKELY_CANDIDATES, MAX_CANDIDATES))?;
        let number_of = |d: &DocumentScore| numbers.iter().position(|&number| number == d.document);
        let batch = batch.some(documents.iter().filter_map(number_of));
        let parts = found.parts_of(searcher, &documents);
        let listings = documents.iter().map(|d| reader.listed(d.document as usize)).collect::<Result<_, _>>()?;
        Ok(Candidates { documents, batch, parts, listings, null })
    }

    /// Bytes taken up in memory.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.background.as_ref().map_or(0, Batch::memory_usage)
    }
}

/// The best mails and, as many at most, the best public texts: neither are to crowd out the others.
fn best_of_both(
    searcher: &Searcher,
    documents: &[DocumentScore],
    null: &NullDistribution,
    max_e: f64,
    wanted: (usize, usize),
) -> Result<Vec<DocumentScore>, Error> {
    let mut best = best_of(searcher, documents, null, max_e, wanted, false)?;
    if searcher.reader.public_documents() > 0 {
        // What chance reaches explains nothing.
        best.extend(best_of(searcher, documents, null, max_e, (0, wanted.1), true)?);
    }
    Ok(best)
}

/// Keeps the mails or the public texts that chance reaches no more often than `max_e` times, and if these are fewer, so
/// many `unlikely` ones besides; the best first, and of all these the first `count`.
fn best_of(
    searcher: &Searcher,
    documents: &[DocumentScore],
    null: &NullDistribution,
    max_e: f64,
    (unlikely, count): (usize, usize),
    public: bool,
) -> Result<Vec<DocumentScore>, Error> {
    // Of the others, the best few by their scores.
    let of_kind = || documents.iter().filter(|d| searcher.reader.is_public(d.document) == public);
    let mut scores: Vec<i16> = of_kind().map(|d| d.units).filter(|&units| units > 0).collect();
    let least = match unlikely.min(scores.len()).checked_sub(1) {
        Some(last) => *scores.select_nth_unstable_by(last, |a, b| b.cmp(a)).1,
        None => i16::MAX,
    };
    let seldom = |d: &DocumentScore| null.e_value(d.nats()) <= max_e;
    let wanted = of_kind().filter(|d| d.units >= least || seldom(d));
    // Equal scores in the order of the texts' hashes, which hangs on nothing but the documents.
    let with_content = |d: &DocumentScore| Ok((Reverse(d.units), searcher.reader.content(d.document)?, d.document));
    let mut order: Vec<_> = wanted.map(with_content).collect::<Result<_, Error>>()?;
    order.sort_unstable();
    let in_order = |(Reverse(units), _, document)| DocumentScore { units, document };
    let mut best: Vec<DocumentScore> = order.into_iter().map(in_order).collect();
    best.truncate(best.iter().filter(|d| seldom(d)).count().max(unlikely).min(count));
    Ok(best)
}

fn numbers(documents: &[DocumentScore]) -> Vec<u32> {
    documents.iter().map(|d| d.document).collect()
}

impl fmt::Debug for Significance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Significance").field("model", &self.model).finish_non_exhaustive()
    }
}

impl fmt::Debug for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidates")
            .field("documents", &self.documents)
            .field("null", &self.null)
            .finish_non_exhaustive()
    }
}
