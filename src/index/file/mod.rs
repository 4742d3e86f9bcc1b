//! File: what a segment, a codebook and a document's metadata look like on disk, and how they are read.

mod cap;
mod codebook;
mod hapaxes;
mod header;
mod live;
mod map;
mod metadata;
mod segment;

pub(crate) use cap::{NO_CAP_UNITS, cap_byte, cap_units};
pub(crate) use codebook::{Codebook, MAX_PROTOTYPES};
pub(crate) use hapaxes::{Packed, Packing, directory_bits};
pub(crate) use header::{BLOCK, HEADER, Header, MAX_DIRECTORY_BITS};
pub(crate) use live::LiveSegment;
pub(crate) use metadata::{Field, Metadata, WordKind};
pub(crate) use segment::{Segment, StoredDocument, refuse_special};
