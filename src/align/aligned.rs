//! Stage 6 as a whole: candidates become aligned documents.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::elsewhere::repeated_nats;
use super::flanks::{FlankMismatch, beyond, flank_mismatch};
use super::gap_fill::{PairComparison, fill_gaps};
use super::header::header_support;
use super::kin::Kin;
use super::public::{PublicWords, public_passages};
use super::sparse::{Effort, Unfinished, align};
use super::{AlignConfig, Alignment, Pair};
use crate::Error;
use crate::fingerprint::{DistanceModel, Fingerprint};
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::Listing;
use crate::index::file::{Metadata, WordKind};
use crate::limits::{LimitKind, ReachedLimit};
use crate::page::Page;
use crate::search::{Batch, DocumentScore, Query, SearchResult, Searcher, scan_batch};
use crate::significance::Candidates;
use crate::simd::kernels::WordScore;

/// Where a document lies is shown by all of its words, those of phrases that everybody uses too: they earn up to so
/// much.
///
/// Tuned (nats): chosen by eye.
const LEAST_EVIDENCE_NATS: f32 = 1.0;

/// Where an alignment takes too many cells, a word of the page that agrees with more words of the document than this
/// begins no passage.
///
/// Tuned (words): chosen by eye; a mail of 2,000 words has 40 to 80 times "the".
const FEW_BEGINNINGS: usize = 32;

/// Documents of no more words than this are alike to chance.
///
/// Tuned (words): chosen by eye; of 5,029 mails the longest has 1,751, and E-values were fitted to those.
const USUAL_WORDS: f32 = 2_048.0;

/// What a document loses for each e-fold of its words beyond those.
///
/// Tuned (nats): the scale of the tail of chance, record *e-values*: ten times the words, ten times the E-value.
const LENGTH_NATS: f32 = 3.3;

/// A candidate, aligned word by word.
#[derive(Clone, Debug)]
pub struct AlignedDocument<'a> {
    pub(crate) ids: &'a [String],
    /// The document's words' widths, see [`log_width`](crate::fingerprint::log_width).
    pub(crate) widths: &'a [u8],
    /// Score of the best passage without a jump, less what would fit elsewhere as well and what contradicts it at its
    /// ends, and what the header above it adds: what the E-value is about.
    pub(crate) best_passage_nats: f32,
    /// What that score lost for what would fit elsewhere in the document as well.
    pub(crate) repeated_nats: f32,
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
    /// Words that contradict each other at the evidence's beginning and end.
    pub(crate) evidence_ends: [usize; 2],
    /// Words beyond the evidence's ends, one by one.
    pub(crate) beyond: Vec<Pair>,
    /// The kind of each of the document's words; none if they are not known.
    pub(crate) kinds: Vec<WordKind>,
    /// Who else has the evidence's words.
    pub(crate) kin: Kin,
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
            repeated_nats: 0.0,
            flanks: FlankMismatch::default(),
            header_words: 0,
            quoted_share: 0.0,
            alignment: Alignment::default(),
            evidence: Alignment::default(),
            evidence_ends: [0; 2],
            beyond: Vec::new(),
            kinds: Vec::new(),
            kin: Kin::default(),
            public: false,
            public_words: BTreeSet::new(),
        }
    }
}

/// The candidates of a page, aligned, and those that were not.
#[derive(Clone, Debug, Default)]
pub struct AlignedCandidates<'a> {
    /// Those that were aligned, in the candidates' order.
    pub documents: Vec<AlignedDocument<'a>>,
    /// Why others were not.
    pub reached: Vec<ReachedLimit>,
}

/// Aligns the candidates of a page, in their order. The cells of the settings are for all of them together, see
/// [`Limits::align_cells`](crate::Limits::align_cells): a candidate that takes more than its share is left out, and
/// told.
///
/// Cost: for each candidate words of the page × words of the document for the distances, spread over the cores.
///
/// # Errors
///
/// [`Error::File`] if a document's metadata is damaged.
pub fn align_candidates<'c>(
    searcher: &Searcher,
    found: &SearchResult<'_>,
    candidates: &'c Candidates,
    (page, fingerprint): (&Page, &Fingerprint),
    (config, max_cells): (&AlignConfig, u64),
) -> Result<AlignedCandidates<'c>, Error> {
    let Searcher { kernels, scoring, .. } = searcher;
    let SearchResult { query, word_scores, deadline, .. } = found;
    // Each is aligned twice.
    let most_cells = (max_cells / (2 * candidates.documents.len().max(1)) as u64).max(1);
    let effort = Effort { jump_nats: config.jump_nats, most_cells, most_beginnings: usize::MAX, deadline: *deadline };
    let aligned = |batch: &Batch| {
        let align = |effort| align(batch, 0, query, word_scores, kernels, scoring, effort);
        // Where all words look like most others, those that do not say where a passage may begin.
        align(effort).or_else(|unfinished| match unfinished {
            Unfinished::Cells(_) => align(Effort { most_beginnings: FEW_BEGINNINGS, ..effort }),
            Unfinished::Late => Err(Unfinished::Late),
        })
    };
    let one = |(k, (d, Listing { ids, widths, metadata, public, file })): (usize, (&DocumentScore, &'c Listing))| {
        let batch = candidates.batch.some(std::iter::once(k));
        let mut alignment = match aligned(&batch) {
            Ok(alignment) => alignment,
            Err(unfinished) => return Ok(Err(unfinished)),
        };
        let by_these = (word_scores.as_slice(), kernels, scoring);
        let repeated_nats = repeated_nats(&batch, query, by_these, &alignment, candidates.null.location_nats());
        let metadata = Metadata::from_bytes(metadata, query.codes.family(), file)?;
        let fields = metadata.fields.iter().map(|f| (&f.codes, f.widths.as_slice()));
        let part = &candidates.parts[k].words;
        alignment.pairs.iter_mut().for_each(|p| p.document_word += part.start as u32);
        let flanks = flank_mismatch(&alignment, page, widths.len());
        // The scan's scores end there.
        let best_nats = if d.units == i16::MAX { alignment.score_nats } else { d.nats() };
        let own_nats = best_nats - repeated_nats;
        let header = header_support(query, word_scores, fields, &alignment, own_nats, scoring);
        // What tells nothing about which document it is tells where it lies.
        let batch = batch.with_least_cap(units(LEAST_EVIDENCE_NATS));
        let mut evidence = match aligned(&batch) {
            Ok(evidence) => evidence,
            Err(unfinished) => return Ok(Err(unfinished)),
        };
        let part_widths = &widths[part.clone()];
        let comparison = Comparison { query, scores: word_scores, fingerprint, document: &batch, widths: part_widths };
        fill_gaps(&mut evidence, page, part_widths.len() as u32, &comparison);
        let mut beyond = beyond(&evidence, page, part_widths.len(), &comparison);
        evidence.pairs.iter_mut().chain(&mut beyond).for_each(|p| p.document_word += part.start as u32);
        let kin = Kin::of(&searcher.reader, d.document, widths.len(), &evidence)?;
        if !metadata.kinds.is_empty() && metadata.kinds.len() != widths.len() {
            return Err(Error::file(file, "a document's words and their kinds are not as many: the file is damaged"));
        }
        Ok(Ok(AlignedDocument {
            ids,
            widths,
            best_passage_nats: own_nats - flanks.nats + header.nats - length_nats(widths.len()),
            repeated_nats,
            flanks,
            header_words: header.words,
            quoted_share: metadata.quoted_share(evidence.pairs.iter().map(|p| p.document_word)),
            alignment,
            evidence_ends: flank_mismatch(&evidence, page, widths.len()).ends,
            evidence,
            beyond,
            kinds: metadata.kinds,
            kin,
            public: *public,
            public_words: BTreeSet::new(),
        }))
    };
    let all: Vec<Result<AlignedDocument<'c>, Unfinished>> =
        candidates.documents.par_iter().zip(&candidates.listings).enumerate().map(one).collect::<Result<_, Error>>()?;
    let cells = |a: &Result<AlignedDocument<'_>, Unfinished>| match a {
        Err(Unfinished::Cells(cells)) => Some(*cells),
        _ => None,
    };
    let over: Vec<u64> = all.iter().filter_map(cells).collect();
    let mut reached = Vec::new();
    if let Some(&value) = over.iter().max() {
        let left_out = over.len() as u64;
        reached.push(ReachedLimit { limit: LimitKind::AlignCells, value, allowed: most_cells, left_out });
    }
    let (numbers, mut aligned): (Vec<usize>, Vec<AlignedDocument<'c>>) =
        all.into_iter().enumerate().filter_map(|(k, aligned)| Some((k, aligned.ok()?))).unzip();
    let public = public_passages(&aligned, |number| {
        candidates.null.e_value_public(candidates.documents[numbers[number]].nats())
    });
    if public.is_empty() {
        return Ok(AlignedCandidates { documents: aligned, reached });
    }
    let without_public = |(document, &number): (&mut AlignedDocument<'c>, &usize)| {
        let listing = &candidates.listings[number];
        let words = PublicWords::of(document, &public, query);
        document.public_words = words.among(&document.evidence);
        if document.public || document.public_words.is_empty() {
            return Ok(());
        }
        let silenced = words.silenced(word_scores);
        let batch = candidates.batch.some(std::iter::once(number));
        let own_nats = f32::from(scan_batch(&batch, query, &silenced, kernels, scoring)[0]) / UNITS_PER_NAT;
        let own_nats = own_nats - document.repeated_nats;
        // Picture and mail do not part where both go on with a public text.
        let flanks = flank_mismatch(&words.worthless_in(&document.alignment), page, listing.widths.len());
        let metadata = Metadata::from_bytes(&listing.metadata, query.codes.family(), &listing.file)?;
        let fields = metadata.fields.iter().map(|f| (&f.codes, f.widths.as_slice()));
        let header = header_support(query, &silenced, fields, &document.alignment, own_nats, scoring);
        document.best_passage_nats = own_nats - flanks.nats + header.nats - length_nats(listing.widths.len());
        (document.flanks, document.header_words) = (flanks, header.words);
        document.alignment = words.taken_from(&document.alignment);
        Ok::<(), Error>(())
    };
    aligned.par_iter_mut().zip(&numbers).try_for_each(without_public)?;
    Ok(AlignedCandidates { documents: aligned, reached })
}

/// What is taken off the score of a document of so many words: where there are more words, chance finds more.
fn length_nats(words: usize) -> f32 {
    LENGTH_NATS * (words as f32 / USUAL_WORDS).max(1.0).ln()
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
