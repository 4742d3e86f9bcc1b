//! Stage 5: word by word, how the query's lattice lies on one document.
//!
//! A dynamic programme over lattice nodes × document words, with the scan's own word scores, skips of any length and jumps: a
//! jump over anything (a redaction, a cropped line, a side pane) costs as much as two passages of that strength would be likely
//! to line up by chance. The score is never below the scan's for the same document. Only bands along diagonals on which words
//! agree are computed; the tests compare them with the programme over all cells.

mod banded;
mod complete;
mod ends;
#[cfg(test)]
mod full;
mod header;

pub(crate) use banded::align;
pub(crate) use complete::{Looks, complete};
pub(crate) use ends::{Contradicted, contradicted};
#[cfg(test)]
pub(crate) use full::align_all_cells;
pub(crate) use header::header_support;

use crate::Error;

/// Settings of stage 5.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignConfig {
    /// Cost of a jump, in nats. Default: 14.
    pub jump_nats: f32,
    /// Most cells (lattice node, document word) that the bands of one alignment hold; each takes 20 bytes. Default: 40 million.
    pub max_cells: u64,
}

impl Default for AlignConfig {
    fn default() -> Self {
        Self { jump_nats: 14.0, max_cells: 40_000_000 }
    }
}

impl AlignConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(self.jump_nats >= 0.0 && self.jump_nats <= 250.0) {
            return Err(Error::caller("align.jump_nats", self.jump_nats, "it must be 0 to 250"));
        }
        if self.max_cells == 0 {
            return Err(Error::caller("align.max_cells", 0, "it must be at least 1"));
        }
        Ok(())
    }
}

/// The best alignment of a query with a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Total score, in nats.
    pub score_nats: f32,
    /// Aligned pairs in reading order.
    pub pairs: Vec<Pair>,
    /// Words of the likeliest path that were skipped inside of a passage: indices into the page's words.
    pub skipped: Vec<u32>,
    /// Numbers of the pairs that a jump leads to.
    pub jumps: Vec<u32>,
}

/// A word of the query on a word of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Index into the page's words.
    pub word: u32,
    /// Number of the document's word, from 0.
    pub document_word: u32,
    /// What the pair earned, in nats; negative where the shapes contradict each other.
    pub score_nats: f32,
    /// How much farther apart the codes are than those of one word usually, in standard deviations.
    pub surprise: f32,
    /// How much wider the query's word is, in doublings: negative if it is narrower.
    pub stretch: f32,
}

impl Pair {
    /// A pair whose looks were not compared yet.
    fn new(word: u32, document_word: u32, score_nats: f32) -> Self {
        Self { word, document_word, score_nats, surprise: 0.0, stretch: 0.0 }
    }
}

impl Alignment {
    /// Turns an alignment round that was gathered from its end, its jumps numbered from there.
    fn turned_round(mut self) -> Self {
        let pairs = self.pairs.len() as u32;
        self.jumps.iter_mut().for_each(|k| *k = pairs - 1 - *k);
        self.jumps.reverse();
        self.pairs.reverse();
        self.skipped.reverse();
        self
    }
}
