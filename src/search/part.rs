//! Parts of documents: ordinary ones are looked at whole, of a very long one only what seeds point at.
//!
//! One mail of a million words would cost every picture more than all others together. So documents of more than
//! [`LONG_WORDS`] are not scanned. Seeds find where in it a page could lie, and that part is scored and aligned as if it
//! were a document.

use std::ops::Range;

use super::batch::Batch;
use crate::Error;
use crate::index::IndexReader;
use crate::index::builder::MIN_INDEXED_WORDS;
use crate::index::file::{LiveSegment, cap_units};

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

/// The same for a document of a segment.
pub(super) fn is_long_in(live: &LiveSegment, ordinal: usize) -> bool {
    live.segment.header().directory_bits > 0 && live.segment.positions(ordinal).len() > LONG_WORDS
}
