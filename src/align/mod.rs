//! Stage 6: word by word, how the query's lattice lies on one document.
//!
//! A dynamic programme over lattice nodes × document words, with the scan's own word scores, skips of any length and
//! jumps: a jump over anything (a redaction, a cropped line, a side pane) costs as much as two passages of that
//! strength would be likely to line up by chance. The score is never below the scan's for the same document. Only bands
//! along diagonals on which words agree are computed; the tests compare them with the programme over all cells.

mod aligned;
mod alignment;
mod elsewhere;
mod flanks;
mod gap_fill;
mod header;
mod kin;
mod public;
#[cfg(test)]
mod reference;
mod sparse;

pub use aligned::{AlignedCandidates, AlignedDocument, align_candidates};
pub use alignment::{Alignment, Pair};
pub(crate) use kin::KinWord;
#[cfg(feature = "benchmarks")]
pub(crate) use sparse::{Effort, align};

use crate::Error;

/// Settings of stage 6.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignConfig {
    /// Cost of a jump, in nats. Default: 14.
    ///
    /// Tuned (nats): chosen by eye, from the chance that two passages of that strength line up.
    pub jump_nats: f32,
}

impl Default for AlignConfig {
    fn default() -> Self {
        Self { jump_nats: 14.0 }
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
        Ok(())
    }
}
