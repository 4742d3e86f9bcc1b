//! Live segments: a segment of a catalogue, and which of its documents were removed or renamed since it was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::segment::Segment;
use crate::Error;

/// A segment and what became of it since.
#[derive(Clone)]
pub(crate) struct LiveSegment {
    pub(crate) segment: Arc<Segment>,
    /// Documents that have other ids than the segment says; those without any are gone.
    pub(crate) changes: Arc<BTreeMap<u32, Vec<String>>>,
}

impl LiveSegment {
    /// Whether a document was removed.
    pub(crate) fn is_deleted(&self, ordinal: usize) -> bool {
        self.changes.get(&(ordinal as u32)).is_some_and(Vec::is_empty)
    }

    /// A document's ids; none if it was removed.
    pub(crate) fn ids(&self, ordinal: usize) -> Result<Vec<&str>, Error> {
        match self.changes.get(&(ordinal as u32)) {
            Some(ids) => Ok(ids.iter().map(String::as_str).collect()),
            None => self.segment.ids(ordinal),
        }
    }

    /// Number of documents that are left.
    pub(crate) fn documents(&self) -> usize {
        self.segment.header().documents as usize - self.changes.values().filter(|ids| ids.is_empty()).count()
    }

    /// Number of words of documents that are left.
    pub(crate) fn words(&self) -> usize {
        let gone = self.changes.iter().filter(|(_, ids)| ids.is_empty());
        self.segment.header().words() - gone.map(|(&k, _)| self.segment.positions(k as usize).len()).sum::<usize>()
    }
}
