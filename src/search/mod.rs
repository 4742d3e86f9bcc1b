//! Stage 4: which documents of the catalogue hold something like the page?
//!
//! Two engines with one contract, documents with the score of their best passage. The exhaustive scan aligns every path
//! of the query's lattice with every position of every document, by dynamic programming over whole rows of the
//! catalogue at a time. It misses nothing, so it is the oracle of the other one, and the engine itself for small
//! catalogues. The seed engine looks 2-grams of visual words up in inverted files and aligns the documents that have
//! most of them, to the same scores.

mod background;
mod batch;
mod exact_caps;
mod excerpt;
mod monotony;
mod part;
mod query;
mod scan;
mod score;
mod searcher;
mod seeds;
#[cfg(test)]
pub(crate) mod test_cases;
mod votes;
mod widths;

#[cfg(any(test, feature = "benchmarks"))]
pub(crate) use background::BackgroundSample;
pub(crate) use batch::Batch;
pub(crate) use part::Part;
pub(crate) use query::{Edge, Query};
pub use scan::DocumentScore;
pub(crate) use scan::{scan, scan_batch};
pub use score::ScoreConfig;
#[cfg(any(test, feature = "benchmarks"))]
pub(crate) use score::word_scores;
pub use searcher::{SearchResult, Searcher};
#[cfg(feature = "benchmarks")]
pub(crate) use seeds::seeds;
pub use seeds::{Engine, SCAN_WORDS, SearchConfig, SearchStatistics};
