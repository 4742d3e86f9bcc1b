//! Build time: new documents become a segment, and every word gets what it may earn.
//!
//! [`Vocabulary`](vocabulary::Vocabulary) numbers the words, [`count`](count::count) counts their n-grams,
//! [`surprisal`] turns the counts into caps, [`inverted`] makes the inverted file of visual words, and [`write`] puts
//! it all into a file.

mod blocks;
mod buckets;
mod count;
mod document;
mod frequencies;
mod inverted;
mod prototypes;
mod shape_caps;
pub(crate) mod surprisal;
mod tombstones;
mod vocabulary;
mod word_hasher;
mod writer;

pub(crate) use document::SourceDocument;
pub(crate) use inverted::MIN_INDEXED_WORDS;
pub(crate) use prototypes::choose_prototypes;
pub(crate) use shape_caps::shape_caps;
pub(crate) use tombstones::Tombstones;
pub(crate) use writer::{NgramTable, Surroundings, write};
