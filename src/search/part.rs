//! Parts of documents: ordinary ones are looked at whole, of a very long one only what seeds point at.
//!
//! One mail of a million words would cost every picture more than all others together. So documents of more than
//! [`LONG_WORDS`] are not scanned. Seeds find where in it a page could lie, and that part is scored and aligned as if it
//! were a document.

use std::ops::Range;

use super::batch::Batch;
use super::query::Query;
use super::scan::{DocumentScore, scan_batch};
use super::score::ScoreConfig;
use crate::Error;
use crate::index::IndexReader;
use crate::index::builder::MIN_INDEXED_WORDS;
use crate::index::file::{LiveSegment, cap_units};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// Documents of more words are long: the segment of such a one has an inverted file.
const LONG_WORDS: usize = MIN_INDEXED_WORDS;

/// Words of a long document that are looked at beyond both ends of where the page would lie.
///
/// Tuned (words): chosen by eye: skipped and torn words, and what the seeds' bands leave open.
const BEYOND_WORDS: u64 = 256;

/// Some words of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The document's number.
    pub(crate) document: u32,
    /// Which of its words, counted from 0.
    pub(crate) words: Range<usize>,
}

impl IndexReader {
    /// Whether a document is too long to be looked at whole.
    pub(crate) fn is_long(&self, number: usize) -> bool {
        let (live, ordinal) = self.locate(number);
        is_long_in(live, ordinal) && self.codebook.is_some()
    }

    /// Whether there is such a document.
    pub(crate) fn has_long(&self) -> bool {
        self.codebook.is_some()
            && self.segments.iter().any(|live| {
                let header = live.segment.header();
                header.positions as usize > LONG_WORDS
                    && (0..header.documents as usize).any(|k| is_long_in(live, k) && live.is_searched(k))
            })
    }

    /// All of a document.
    pub(crate) fn whole(&self, number: u32) -> Part {
        let (live, ordinal) = self.locate(number as usize);
        Part { document: number, words: 0..live.segment.positions(ordinal).len() }
    }

    /// Of a long document the words where a page of so many words would lie whose first word lies at `start`; all words
    /// of any other. Positions are counted over all segments.
    pub(super) fn part_at(&self, number: usize, document: &Range<u64>, start: u64, page_words: u64) -> Part {
        let part = self.whole(number as u32);
        if !self.is_long(number) {
            return part;
        }
        let at = |position: u64| (position.clamp(document.start, document.end - 1) - document.start) as usize;
        let from = at(start.saturating_sub(BEYOND_WORDS));
        Part { words: from..at(start + page_words + BEYOND_WORDS).min(part.words.end).max(from), ..part }
    }

    /// Parts of documents, copied.
    pub(crate) fn extract_parts(&self, parts: &[Part]) -> Result<Batch, Error> {
        let mut batch = Batch::empty(self.faces, self.stride);
        for part in parts {
            let (live, ordinal) = self.locate(part.document as usize);
            let first = live.segment.positions(ordinal).start;
            let positions = first + part.words.start..first + part.words.end;
            let caps = live.segment.caps(positions.clone())?.iter().map(|&b| cap_units(b));
            batch.push(&live.segment.lanes(positions.clone())?, live.segment.widths_at(positions)?, caps);
        }
        Ok(batch)
    }
}

/// Documents that were scored, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) documents: Vec<DocumentScore>,
    /// Those parts that are not whole documents.
    pub(crate) parts: Vec<Part>,
}

/// Scores the parts whose documents are left.
pub(super) fn score_parts(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    mut parts: Vec<Part>,
) -> Result<Found, Error> {
    parts.retain(|part| {
        let (live, ordinal) = index.locate(part.document as usize);
        live.is_searched(ordinal)
    });
    parts.sort_unstable_by_key(|part| part.document);
    let batch = index.extract_parts(&parts)?;
    let units = scan_batch(&batch, query, scores, kernels, scoring).into_iter();
    let documents = units.zip(&parts).map(|(units, part)| DocumentScore { units, document: part.document }).collect();
    parts.retain(|part| index.is_long(part.document as usize));
    Ok(Found { documents, parts })
}

/// The same for a document of a segment.
pub(super) fn is_long_in(live: &LiveSegment, ordinal: usize) -> bool {
    live.segment.header().directory_bits > 0 && live.segment.positions(ordinal).len() > LONG_WORDS
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use super::*;
    use crate::fingerprint::{Codes, Family};
    use crate::index::builder::{SourceDocument, Surroundings, Tombstones, choose_prototypes, write};
    use crate::index::file::Segment;
    use crate::limits::Deadline;
    use crate::random::SplitMix64;
    use crate::search::background::BackgroundSample;
    use crate::search::query::Edge;
    use crate::search::scan::scan;
    use crate::search::score::word_scores;
    use crate::search::seeds::{SearchConfig, seeds, seeds_of_long};

    /// Codes of so many words of a vocabulary, some of them frequent.
    fn words(count: usize, seed: u64) -> Vec<u64> {
        let mut random = SplitMix64::new(seed);
        let mut word = || (random.bits() % 3_000).min(random.bits() % 3_000) + 1;
        (0..count).map(|_| word().wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
    }

    /// An index of these documents, in one segment.
    fn index(documents: &[Vec<u64>]) -> IndexReader {
        let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![40; d.len()]).collect();
        let sources: Vec<SourceDocument<'_>> =
            documents.iter().zip(&widths).map(|(codes, widths)| SourceDocument::anonymous(codes, widths)).collect();
        let (book, gone) = (choose_prototypes(&sources, Family::Net), Tombstones::default());
        let (codebook, evict): (_, &(dyn Fn() + Sync)) = (Some(&book), &|| {});
        let around =
            Surroundings { family: Family::Net, faces: 1, codebook, others: &[], gone: &gone, public: 0, evict };
        let mut bytes = Cursor::new(Vec::new());
        write(&mut bytes, &sources, &around).expect("memory");
        let segment = Arc::new(Segment::from_bytes(bytes.get_ref()).expect("a segment"));
        let live = LiveSegment::new(segment);
        IndexReader::new(vec![live], Some(Arc::new(book)), 1, 1).expect("a sound index")
    }

    #[test]
    fn a_long_document_is_found_by_its_part_and_scores_as_the_whole() {
        let documents = [words(200, 1), words(LONG_WORDS + 10_000, 2), words(200, 3)];
        let index = index(&documents);
        assert!(index.has_long() && index.is_long(1) && !index.is_long(0));
        let (kernels, scoring) = (Kernels::best(), ScoreConfig::default());
        let sample = BackgroundSample::new(&index, &[0, 1, 2]).expect("sound blocks");
        for (document, first) in [(1, 0), (1, 31_234), (1, LONG_WORDS + 9_970), (2, 50)] {
            let passage = documents[document][first..first + 30].to_vec();
            let edge = |k: u32| Edge { from: k, to: k + 1, likeliest: true, ..Edge::default() };
            let edges: Vec<Edge> = (0..30).map(edge).collect();
            let codes = Codes::from_data(Family::Net, passage).expect("a word a code");
            let query = Query { nodes: 31, edges, codes: &codes, weights: &[] };
            let scores = word_scores(&query, &sample, &kernels, &scoring);
            let all = index.extract([0, 1, 2].into_iter()).expect("sound blocks");
            let whole = scan_batch(&all, &query, &scores, &kernels, &scoring);
            let scanned = scan(&index, &query, &scores, &kernels, &scoring, Deadline::default()).expect("sound");
            assert_eq!(scanned.iter().map(|d| d.document).collect::<Vec<_>>(), [0, 2], "no long one");
            let config = SearchConfig::default();
            let (long, _) = seeds_of_long(&index, &query, &scores, &kernels, &scoring, &config).expect("sound");
            let (by_seeds, _) = seeds(&index, &query, &scores, &kernels, &scoring, &config).expect("sound");
            if document != 1 {
                continue;
            }
            for found in [long, by_seeds] {
                let score = found.documents.iter().find(|d| d.document == 1).expect("the long one");
                assert_eq!(score.units, whole[1], "as if all of it were scanned");
                assert_eq!(found.parts.len(), 1);
                let part = &found.parts[0].words;
                assert!(part.start <= first && first + 30 <= part.end && part.len() < 2_000, "{part:?} at {first}");
            }
        }
        let late = Deadline::after(Some(std::time::Duration::ZERO));
        let edges = vec![Edge { from: 0, to: 1, likeliest: true, ..Edge::default() }];
        let codes = Codes::from_data(Family::Net, vec![1]).expect("a word a code");
        let query = Query { nodes: 2, edges, codes: &codes, weights: &[] };
        let scores = word_scores(&query, &sample, &kernels, &scoring);
        assert_eq!(scan(&index, &query, &scores, &kernels, &scoring, late).expect("sound"), [], "nothing is begun");
    }

    #[test]
    fn a_long_document_does_not_fill_the_sample_of_words() {
        let (short, long) = (words(3_000, 1), vec![7; LONG_WORDS + 1]);
        let index = index(&[short, long]);
        let sample = BackgroundSample::new(&index, &[0, 1]).expect("sound blocks");
        assert_eq!(sample.len(), 6_000, "as many words of either");
    }
}
