//! Stage 6 as a whole: candidates become aligned documents.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::flanks::{FlankMismatch, flank_mismatch};
use super::gap_fill::{PairComparison, fill_gaps};
use super::header::header_support;
use super::public::{PublicWords, public_passages};
use super::sparse::align;
use super::{AlignConfig, Alignment};
use crate::Error;
use crate::fingerprint::{DistanceModel, Fingerprint};
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::Listing;
use crate::index::file::Metadata;
use crate::page::Page;
use crate::search::{Batch, DocumentScore, Query, SearchResult, Searcher, scan_batch};
use crate::significance::Candidates;
use crate::simd::kernels::WordScore;

/// Where a document lies is shown by all of its words, those of phrases that everybody uses too: they earn up to so
/// much.
///
/// Tuned (nats): chosen by eye.
const LEAST_EVIDENCE_NATS: f32 = 1.0;

/// A candidate, aligned word by word.
#[derive(Clone, Debug)]
pub struct AlignedDocument<'a> {
    pub(crate) ids: &'a [String],
    /// The document's words' widths, see [`log_width`](crate::fingerprint::log_width).
    pub(crate) widths: &'a [u8],
    /// Score of the best passage without a jump, less what contradicts it at its ends, and what the header above it
    /// adds: what the E-value is about.
    pub(crate) best_passage_nats: f32,
    /// Where picture and document part at that passage's ends.
    pub(crate) flanks: FlankMismatch,
    /// Words of the header that were found above the passage; they count for no more words than the body's.
    pub(crate) header_words: usize,
    /// Share of the aligned words that the document quotes from another one.
    pub(crate) quoted_share: f32,
    /// By what the words tell of the document: which of several it is.
    pub(crate) alignment: Alignment,
    /// By all words that agree, whatever they tell: what is shown.
    pub(crate) evidence: Alignment,
    /// Whether it is a public text.
    pub(crate) public: bool,
    /// Words of the evidence that public texts explain: the score of a mail, its alignment and its header are those
    /// without them.
    pub(crate) public_words: BTreeSet<u32>,
}

#[cfg(test)]
impl AlignedDocument<'_> {
    /// A document that the page shows nothing of.
    pub(super) fn empty() -> Self {
        Self {
            ids: &[],
            widths: &[],
            best_passage_nats: 0.0,
            flanks: FlankMismatch::default(),
            header_words: 0,
            quoted_share: 0.0,
            alignment: Alignment::default(),
            evidence: Alignment::default(),
            public: false,
            public_words: BTreeSet::new(),
        }
    }
}

/// Aligns the candidates of a page, in their order.
///
/// Cost: for each candidate words of the page × words of the document for the distances, spread over the cores.
///
/// # Errors
///
/// [`Error::Limit`] if an alignment has more than [`AlignConfig::max_cells`]; [`Error::File`] if a document's metadata
/// is damaged.
pub fn align_candidates<'c>(
    searcher: &Searcher,
    found: &SearchResult<'_>,
    candidates: &'c Candidates,
    (page, fingerprint): (&Page, &Fingerprint),
    config: &AlignConfig,
) -> Result<Vec<AlignedDocument<'c>>, Error> {
    let Searcher { kernels, scoring, .. } = searcher;
    let SearchResult { query, word_scores, .. } = found;
    let one = |(k, (d, Listing { ids, widths, metadata, public, file })): (usize, (&DocumentScore, &'c Listing))| {
        let batch = candidates.batch.some(std::iter::once(k));
        let align = |batch: &Batch| align(batch, 0, query, word_scores, kernels, scoring, config);
        let alignment = align(&batch)?;
        let metadata = Metadata::from_bytes(metadata, query.codes.family(), file)?;
        let fields = metadata.fields.iter().map(|f| (&f.codes, f.widths.as_slice()));
        let flanks = flank_mismatch(&alignment, page, widths.len());
        let header = header_support(query, word_scores, fields, &alignment, d.nats(), scoring);
        // What tells nothing about which document it is tells where it lies.
        let batch = batch.with_least_cap(units(LEAST_EVIDENCE_NATS));
        let mut evidence = align(&batch)?;
        let comparison = Comparison { query, scores: word_scores, fingerprint, document: &batch, widths };
        fill_gaps(&mut evidence, page, widths.len() as u32, &comparison);
        Ok(AlignedDocument {
            ids,
            widths,
            best_passage_nats: d.nats() - flanks.nats + header.nats,
            flanks,
            header_words: header.words,
            quoted_share: metadata.quoted_share(evidence.pairs.iter().map(|p| p.document_word)),
            alignment,
            evidence,
            public: *public,
            public_words: BTreeSet::new(),
        })
    };
    let mut aligned: Vec<AlignedDocument<'c>> =
        candidates.documents.par_iter().zip(&candidates.listings).enumerate().map(one).collect::<Result<_, _>>()?;
    let public =
        public_passages(&aligned, |number| candidates.null.e_value_public(candidates.documents[number].nats()));
    if public.is_empty() {
        return Ok(aligned);
    }
    let without_public = |(number, (document, listing)): (usize, (&mut AlignedDocument<'c>, &Listing))| {
        let words = PublicWords::of(document, &public, query);
        document.public_words = words.among(&document.evidence);
        if document.public || document.public_words.is_empty() {
            return Ok(());
        }
        let silenced = words.silenced(word_scores);
        let batch = candidates.batch.some(std::iter::once(number));
        let own_nats = f32::from(scan_batch(&batch, query, &silenced, kernels, scoring)[0]) / UNITS_PER_NAT;
        // Picture and mail do not part where both go on with a public text.
        let flanks = flank_mismatch(&words.worthless_in(&document.alignment), page, listing.widths.len());
        let metadata = Metadata::from_bytes(&listing.metadata, query.codes.family(), &listing.file)?;
        let fields = metadata.fields.iter().map(|f| (&f.codes, f.widths.as_slice()));
        let header = header_support(query, &silenced, fields, &document.alignment, own_nats, scoring);
        document.best_passage_nats = own_nats - flanks.nats + header.nats;
        (document.flanks, document.header_words) = (flanks, header.words);
        document.alignment = words.taken_from(&document.alignment);
        Ok(())
    };
    aligned.par_iter_mut().zip(&candidates.listings).enumerate().try_for_each(without_public)?;
    Ok(aligned)
}

/// Words of a page beside those of one document.
struct Comparison<'a> {
    query: &'a Query<'a>,
    scores: &'a [WordScore],
    fingerprint: &'a Fingerprint,
    /// The document by itself, and its words' widths.
    document: &'a Batch,
    widths: &'a [u8],
}

impl PairComparison for Comparison<'_> {
    fn compare(&self, word: u32, document_word: u32) -> (f32, f32) {
        let position = self.document.positions(0).start + document_word as usize;
        let probe = self.query.probe(word as usize);
        let earned =
            self.scores[word as usize].at(self.document.distance(probe, position), self.document.cap(position));
        (f32::from(self.document.code_distance(probe, position)), f32::from(earned) / UNITS_PER_NAT)
    }

    fn same(&self, word: u32) -> DistanceModel {
        let weights = self.query.weights.get(word as usize);
        weights.map_or(self.query.codes.family().distances(), |w| w.same)
    }

    fn widths(&self, word: u32, document_word: u32) -> (u8, u8) {
        (self.fingerprint.widths[word as usize], self.widths[document_word as usize])
    }
}
