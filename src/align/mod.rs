//! Stage 6: word by word, how the query's lattice lies on one document.
//!
//! A dynamic programme over lattice nodes × document words, with the scan's own word scores, skips of any length and
//! jumps: a jump over anything (a redaction, a cropped line, a side pane) costs as much as two passages of that
//! strength would be likely to line up by chance. The score is never below the scan's for the same document. Only bands
//! along diagonals on which words agree are computed; the tests compare them with the programme over all cells.

mod aligned;
mod alignment;
mod flanks;
mod gap_fill;
mod header;
mod public;
#[cfg(test)]
mod reference;
mod sparse;

pub use aligned::{AlignedDocument, align_candidates};
pub use alignment::{Alignment, Pair};
#[cfg(feature = "benchmarks")]
pub(crate) use sparse::align;

use crate::Error;

/// Cells of an alignment have numbers of 32 bits.
const MAX_CELLS_LIMIT: u64 = 1 << 31;

/// Settings of stage 6.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignConfig {
    /// Cost of a jump, in nats. Default: 14.
    ///
    /// Tuned (nats): chosen by eye, from the chance that two passages of that strength line up.
    pub jump_nats: f32,
    /// Most cells (lattice node, document word) that the bands of one alignment hold; each takes 20 bytes. Default: 40
    /// million.
    ///
    /// Tuned (cells): 800 MB at 20 bytes a cell.
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
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(self.jump_nats >= 0.0 && self.jump_nats <= 250.0) {
            return Err(Error::invalid_argument("align.jump_nats", self.jump_nats, "it must be 0 to 250"));
        }
        if !(1..=MAX_CELLS_LIMIT).contains(&self.max_cells) {
            let expected = format!("it must be 1 to {MAX_CELLS_LIMIT}, as cells are numbered in 32 bits");
            return Err(Error::invalid_argument("align.max_cells", self.max_cells, expected));
        }
        Ok(())
    }
}
