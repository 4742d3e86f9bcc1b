//! Stage 5: which documents score more than chance would, and how likely is each score by chance?
//!
//! A [`NullModel`] says how scores of unrelated documents fall off. Where that tail begins is read off for each query:
//! off the null scores, those of a sample of the catalogue's documents. What is left are candidates, with their caps
//! made exact.

mod candidates;
mod decoy;
mod null_model;
mod null_scores;

pub use candidates::{Candidates, Significance};
pub use null_model::{NullDistribution, NullModel};
