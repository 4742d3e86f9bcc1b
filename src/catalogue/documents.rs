//! Documents by their ids and texts: looked up, added, folded into equal ones, removed.

use std::sync::Arc;

use super::enrol::Added;
use super::register::{DocumentRef, Register, is_beside};
use super::state::{Catalogue, Committed, Pending, SameId};
use super::word_cache::Words;
use crate::Error;
use crate::index::file::StoredDocument;

impl Catalogue {
    /// All ids, sorted.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn ids(&self) -> Result<Vec<String>, Error> {
        let mut ids: Vec<String> = self.build_register()?.into_ids().collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Removes an id; the document goes with its last id. Returns whether the id was known.
    ///
    /// The document is named no more by matchers made from now on; once this is committed, by none made anywhere. Its
    /// codes stay in their file until its segment is merged, by [`Catalogue::compact`] at the latest.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn remove(&mut self, id: &str) -> Result<bool, Error> {
        self.need_register()?;
        let Some(document) = self.find(id) else {
            return Ok(false);
        };
        let mut ids = self.ids_of(document)?;
        ids.retain(|i| i != id);
        let content = self.content(document)?;
        let register = self.register.get_or_insert_default();
        register.remove_id(id);
        if ids.is_empty() {
            register.remove_content(content, document);
        }
        self.set_ids(document, ids);
        self.changed = true;
        Ok(true)
    }

    /// Adds a document, or its id to the document that is equal; an id of another text as [`SameId`] says.
    pub(super) fn add_document(
        &mut self,
        id: String,
        content: u64,
        words: Words,
        metadata: Vec<u8>,
    ) -> Result<Added, Error> {
        self.need_register()?;
        let mut added = Added::default();
        let equal = self.equal_document(content, &words)?;
        let ids = equal.map_or(Ok(Vec::new()), |document| self.ids_of(document))?;
        let id = match self.find(&id) {
            None => id,
            known if known == equal => {
                added.duplicates = 1;
                return Ok(added);
            }
            Some(_) if self.same_id == SameId::Replace => {
                self.remove(&id)?;
                added.replaced = 1;
                id
            }
            // Enrolled before, beside the other text.
            Some(_) if ids.iter().any(|own| is_beside(own, &id)) => {
                added.duplicates = 1;
                return Ok(added);
            }
            Some(_) => {
                added.kept_beside = 1;
                self.register.get_or_insert_default().id_beside(&id)
            }
        };
        match equal {
            // Mails of one text may differ in their headers: the first id's count, whatever the order of enrolment.
            Some(document) if ids.iter().all(|other| id < *other) => {
                self.set_ids(document, Vec::new());
                self.register.get_or_insert_default().remove_content(content, document);
                self.push([&[id], ids.as_slice()].concat(), content, words, metadata);
                added.duplicates = 1;
            }
            Some(document) => {
                self.add_id(document, id)?;
                added.duplicates = 1;
            }
            None => {
                (added.documents, added.words, added.undrawn) = (1, words.widths.len(), words.undrawn as usize);
                self.push(vec![id], content, words, metadata);
            }
        }
        Ok(added)
    }

    /// The document with the same codes: no picture could tell the two apart, so that either is found by the other's
    /// pictures.
    ///
    /// Equal texts have equal codes. An equal hash alone proves nothing: texts whose hashes collide can be made on
    /// purpose, and the second of two folded ones would never be found.
    fn equal_document(&self, content: u64, words: &Words) -> Result<Option<DocumentRef>, Error> {
        for document in self.register.iter().flat_map(|r| r.with_content(content)) {
            let (lanes, widths) = self.codes_of(document)?;
            if widths == words.widths && lanes.iter().eq(&words.lanes) {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }

    /// Whether two documents have the same codes.
    fn are_equal(&self, a: DocumentRef, b: DocumentRef) -> Result<bool, Error> {
        Ok(self.codes_of(a)? == self.codes_of(b)?)
    }

    /// A document's codes, lane by lane, and widths.
    fn codes_of(&self, document: DocumentRef) -> Result<(Vec<&[u64]>, &[u8]), Error> {
        match document {
            DocumentRef::Pending(k) => {
                let Words { lanes, widths, .. } = &self.pending[k as usize].words;
                Ok((lanes.iter().map(Vec::as_slice).collect(), widths))
            }
            DocumentRef::Committed { segment, ordinal } => {
                let StoredDocument { lanes, widths, .. } =
                    self.segment(segment)?.part.segment.document(ordinal as usize)?;
                Ok((lanes, widths))
            }
        }
    }

    /// Gives a document another id.
    fn add_id(&mut self, document: DocumentRef, id: String) -> Result<(), Error> {
        let mut ids = self.ids_of(document)?;
        self.register.get_or_insert_default().insert_id(&id, document);
        ids.push(id);
        self.set_ids(document, ids);
        self.changed = true;
        Ok(())
    }

    fn push(&mut self, ids: Vec<String>, content: u64, words: Words, metadata: Vec<u8>) {
        let document = DocumentRef::Pending(self.pending.len() as u32);
        let register = self.register.get_or_insert_default();
        for id in &ids {
            register.insert_id(id, document);
        }
        register.insert_content(content, document);
        self.pending.push(Pending { ids, content, words, metadata });
        self.changed = true;
    }

    fn find(&self, id: &str) -> Option<DocumentRef> {
        self.register.as_ref().and_then(|r| r.find(id))
    }

    fn need_register(&mut self) -> Result<(), Error> {
        if self.register.is_none() {
            self.register = Some(self.build_register()?);
        }
        Ok(())
    }

    /// Every document that is left, by its ids and its text.
    fn build_register(&self) -> Result<Register, Error> {
        let mut register = Register::default();
        let mut add = |ids: &[&str], content: u64, document: DocumentRef| {
            if !ids.is_empty() {
                register.insert_content(content, document);
            }
            match ids.iter().find(|id| !register.insert_id(id, document)) {
                Some(id) => Err(Error::file(self.folder_or_nothing(), format!("id {id} stands twice"))),
                None => Ok(()),
            }
        };
        for Committed { number, part } in &self.committed {
            for ordinal in 0..part.segment.header().documents {
                let document = DocumentRef::Committed { segment: *number, ordinal };
                add(&part.ids(ordinal as usize)?, part.segment.content(ordinal as usize)?, document)?;
            }
        }
        for (k, pending) in self.pending.iter().enumerate() {
            let ids: Vec<&str> = pending.ids.iter().map(String::as_str).collect();
            add(&ids, pending.content, DocumentRef::Pending(k as u32))?;
        }
        Ok(register)
    }

    /// # Errors
    ///
    /// [`Error::File`] if an id or a text stands twice.
    pub(super) fn verify_register(&self) -> Result<(), Error> {
        for documents in self.build_register()?.collisions() {
            for (k, &a) in documents.iter().enumerate() {
                for &b in &documents[k + 1..] {
                    if self.are_equal(a, b)? {
                        let reason = format!("a text stands twice, as {:?} and {:?}", self.ids_of(a)?, self.ids_of(b)?);
                        return Err(Error::file(self.folder_or_nothing(), reason));
                    }
                }
            }
        }
        Ok(())
    }

    fn segment(&self, number: u32) -> Result<&Committed, Error> {
        let missing = || Error::invalid_argument("segment", number, "the catalogue has no such one");
        self.committed.iter().find(|c| c.number == number).ok_or_else(missing)
    }

    fn ids_of(&self, document: DocumentRef) -> Result<Vec<String>, Error> {
        match document {
            DocumentRef::Pending(k) => Ok(self.pending[k as usize].ids.clone()),
            DocumentRef::Committed { segment, ordinal } => {
                let ids = self.segment(segment)?.part.ids(ordinal as usize)?;
                Ok(ids.into_iter().map(str::to_owned).collect())
            }
        }
    }

    fn content(&self, document: DocumentRef) -> Result<u64, Error> {
        match document {
            DocumentRef::Pending(k) => Ok(self.pending[k as usize].content),
            DocumentRef::Committed { segment, ordinal } => {
                self.segment(segment)?.part.segment.content(ordinal as usize)
            }
        }
    }

    fn set_ids(&mut self, document: DocumentRef, ids: Vec<String>) {
        match document {
            DocumentRef::Pending(k) => self.pending[k as usize].ids = ids,
            DocumentRef::Committed { segment, ordinal } => {
                if let Some(committed) = self.committed.iter_mut().find(|c| c.number == segment) {
                    Arc::make_mut(&mut committed.part.changes).insert(ordinal, ids);
                }
            }
        }
    }
}
