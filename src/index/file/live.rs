//! Live segments: a segment of a catalogue, and which of its documents were removed, renamed or disabled since it was
//! written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::segment::Segment;
use crate::Error;

/// A segment and what became of it since.
#[derive(Clone)]
pub(crate) struct LiveSegment {
    pub(crate) segment: Arc<Segment>,
    /// Documents that have other ids than the segment says; those without any are gone.
    pub(crate) changes: Arc<BTreeMap<u32, Vec<String>>>,
    /// So many of the segment's documents, the last ones, are public texts: its n-grams are counted without them.
    pub(crate) public: u32,
    /// Documents that are left and that no search looks at.
    pub(crate) disabled: Arc<BTreeSet<u32>>,
}

impl LiveSegment {
    /// A segment as it was written.
    pub(crate) fn new(segment: Arc<Segment>) -> Self {
        Self { segment, changes: Arc::default(), public: 0, disabled: Arc::default() }
    }

    /// Whether a document was removed.
    pub(crate) fn is_deleted(&self, ordinal: usize) -> bool {
        self.changes.get(&(ordinal as u32)).is_some_and(Vec::is_empty)
    }

    /// Whether a document is a public text.
    pub(crate) fn is_public(&self, ordinal: usize) -> bool {
        ordinal >= (self.segment.header().documents - self.public) as usize
    }

    /// Whether searches look at a document: it is neither removed nor disabled.
    pub(crate) fn is_searched(&self, ordinal: usize) -> bool {
        !self.is_deleted(ordinal) && !self.disabled.contains(&(ordinal as u32))
    }

    /// A document's ids; none if it was removed.
    pub(crate) fn ids(&self, ordinal: usize) -> Result<Vec<&str>, Error> {
        match self.changes.get(&(ordinal as u32)) {
            Some(ids) => Ok(ids.iter().map(String::as_str).collect()),
            None => self.segment.ids(ordinal),
        }
    }

    /// Documents that were removed.
    fn deleted(&self) -> impl Iterator<Item = usize> {
        self.changes.iter().filter(|(_, ids)| ids.is_empty()).map(|(&ordinal, _)| ordinal as usize)
    }

    /// Documents that no search looks at, removed or disabled.
    fn hidden(&self) -> impl Iterator<Item = usize> {
        self.deleted().chain(self.disabled.iter().map(|&ordinal| ordinal as usize))
    }

    /// Documents whose n-grams the segment counts though no search looks at them.
    pub(crate) fn counted_in_vain(&self) -> impl Iterator<Item = usize> {
        self.hidden().filter(|&ordinal| !self.is_public(ordinal))
    }

    /// Number of documents that are left.
    pub(crate) fn documents(&self) -> usize {
        self.segment.header().documents as usize - self.deleted().count()
    }

    /// Number of words of documents that are left.
    pub(crate) fn words(&self) -> usize {
        self.segment.header().words() - self.deleted().map(|k| self.words_of(k)).sum::<usize>()
    }

    /// Number of public texts that are left.
    pub(crate) fn public_documents(&self) -> usize {
        self.public as usize - self.deleted().filter(|&k| self.is_public(k)).count()
    }

    /// Numbers of mails and of public texts that searches look at.
    pub(crate) fn searched(&self) -> [usize; 2] {
        let hidden = self.hidden().filter(|&k| self.is_public(k)).count();
        let public = self.public as usize - hidden;
        [self.segment.header().documents as usize - self.hidden().count() - public, public]
    }

    /// Numbers of their words.
    pub(crate) fn searched_words(&self) -> [usize; 2] {
        let documents = self.segment.header().documents as usize;
        let all: usize = (documents - self.public as usize..documents).map(|k| self.words_of(k)).sum();
        let hidden: usize = self.hidden().filter(|&k| self.is_public(k)).map(|k| self.words_of(k)).sum();
        let both = self.segment.header().words() - self.hidden().map(|k| self.words_of(k)).sum::<usize>();
        [both - (all - hidden), all - hidden]
    }

    fn words_of(&self, ordinal: usize) -> usize {
        self.segment.positions(ordinal).len()
    }
}
