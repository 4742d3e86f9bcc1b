//! The index of a catalogue, from both of its ends: how segments are made, and what stands in their files.
//!
//! | folder | time of life | what |
//! |---|---|---|
//! | `builder` | build time | n-gram counts, surprisal caps, the inverted file, the writer of segments |
//! | `file` | file | segments as they are mapped, the codebook, live documents, metadata |
//!
//! [`IndexReader`] puts the live segments of a catalogue side by side; query time begins in [`crate::search`].

pub(crate) mod builder;
pub(crate) mod file;
pub(crate) mod ngrams;
mod reader;

pub use reader::IndexReader;
pub(crate) use reader::Listing;
