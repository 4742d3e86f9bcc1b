//! Documents by their ids and texts: looked up, added, folded into equal ones, disabled, removed.

use std::sync::Arc;

use super::enrol::Added;
use super::register::{DocumentRef, Register, is_beside};
use super::state::{Catalogue, Committed, Pending, SameId};
use super::word_cache::Words;
use crate::Error;
use crate::index::file::StoredDocument;

/// A document that is to be added.
pub(super) struct NewDocument {
    pub(super) id: String,
    pub(super) content: u64,
    pub(super) words: Words,
    /// A [`Metadata`](crate::index::file::Metadata), as bytes.
    pub(super) metadata: Vec<u8>,
    /// Whether it is a text that everybody may have.
    pub(super) public: bool,
}

impl Catalogue {
    /// All ids, sorted: of mails and of public texts, the disabled ones included.
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

    /// Disables the document that has an id, whatever other ids it has: it convicts nobody and is named no more, until
    /// it is [enabled](Catalogue::enable). Nothing else of it changes, and all answers are as if it were not there.
    /// Returns whether the id was known.
    ///
    /// Matchers made from now on know of it; once this is committed, those made anywhere. A mail whose text is a
    /// disabled document's becomes another id of that one, which stays disabled ([`Added::disabled`]).
    ///
    /// Cost: each matcher counts the words of disabled mails when it is made, at 0.2 µs each.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::read_mails};
    /// use leakprint::{Config, Matcher};
    ///
    /// let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    /// let mails = read_mails("testdata/mails.jsonl".as_ref())?.collect::<Result<Vec<_>, _>>()?;
    /// catalogue.add_mails(&mails)?;
    /// let picture = std::fs::read("testdata/shots/budget-q3--webmail-light.png").unwrap();
    /// let found = |c: &Catalogue| Ok(Matcher::new(c, Config::default())?.identify(&picture)?.matches.len());
    ///
    /// assert!(catalogue.disable("budget-q3")?);
    /// assert_eq!((found(&catalogue)?, catalogue.disabled_documents()), (0, 1));
    /// assert!(catalogue.enable("budget-q3")?);
    /// assert_eq!((found(&catalogue)?, catalogue.disabled_documents()), (1, 0));
    /// # Ok::<(), leakprint::Error>(())
    /// ```
    pub fn disable(&mut self, id: &str) -> Result<bool, Error> {
        self.set_disabled(id, true)
    }

    /// Enables the document that has an id: takes back [`Catalogue::disable`]. Returns whether the id was known.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn enable(&mut self, id: &str) -> Result<bool, Error> {
        self.set_disabled(id, false)
    }

    fn set_disabled(&mut self, id: &str, disabled: bool) -> Result<bool, Error> {
        self.need_register()?;
        let Some(document) = self.find(id) else {
            return Ok(false);
        };
        if self.is_disabled(document)? != disabled {
            self.mark(document, disabled);
            self.changed = true;
        }
        Ok(true)
    }

    /// Adds a document, or its id to the document that is equal; an id of another text as [`SameId`] says.
    ///
    /// A mail and a public text that are equal are two documents: either can be removed without the other.
    pub(super) fn add_document(&mut self, document: NewDocument) -> Result<Added, Error> {
        let NewDocument { id, content, words, metadata, public } = document;
        self.need_register()?;
        let mut added = Added::default();
        let equal = self.equal_document(content, &words, public)?;
        let disabled = equal.map_or(Ok(false), |document| self.is_disabled(document))?;
        let ids = equal.map_or(Ok(Vec::new()), |document| self.ids_of(document))?;
        let id = match self.find(&id) {
            None => id,
            known if known == equal => {
                added.duplicates = 1;
                added.disabled = usize::from(disabled);
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
                added.disabled = usize::from(disabled);
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
                self.push(Pending {
                    ids: [&[id], ids.as_slice()].concat(),
                    content,
                    words,
                    metadata,
                    public,
                    disabled,
                });
                (added.duplicates, added.disabled) = (1, usize::from(disabled));
            }
            Some(document) => {
                self.add_id(document, id)?;
                (added.duplicates, added.disabled) = (1, usize::from(disabled));
            }
            None => {
                (added.documents, added.words, added.undrawn) = (1, words.widths.len(), words.undrawn as usize);
                added.public = usize::from(public);
                added.also_public = usize::from(self.equal_document(content, &words, !public)?.is_some());
                self.push(Pending { ids: vec![id], content, words, metadata, public, disabled: false });
            }
        }
        Ok(added)
    }

    /// The mail or the public text with the same codes: no picture could tell the two apart, so that either is found by
    /// the other's pictures.
    ///
    /// Equal texts have equal codes. An equal hash alone proves nothing: texts whose hashes collide can be made on
    /// purpose, and the second of two folded ones would never be found.
    fn equal_document(&self, content: u64, words: &Words, public: bool) -> Result<Option<DocumentRef>, Error> {
        for document in self.register.iter().flat_map(|r| r.with_content(content)) {
            if self.is_public(document)? != public {
                continue;
            }
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

    fn push(&mut self, pending: Pending) {
        let document = DocumentRef::Pending(self.pending.len() as u32);
        let register = self.register.get_or_insert_default();
        for id in &pending.ids {
            register.insert_id(id, document);
        }
        register.insert_content(pending.content, document);
        self.pending.push(pending);
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
                    if self.is_public(a)? == self.is_public(b)? && self.are_equal(a, b)? {
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

    fn is_public(&self, document: DocumentRef) -> Result<bool, Error> {
        match document {
            DocumentRef::Pending(k) => Ok(self.pending[k as usize].public),
            DocumentRef::Committed { segment, ordinal } => Ok(self.segment(segment)?.part.is_public(ordinal as usize)),
        }
    }

    fn is_disabled(&self, document: DocumentRef) -> Result<bool, Error> {
        match document {
            DocumentRef::Pending(k) => Ok(self.pending[k as usize].disabled),
            DocumentRef::Committed { segment, ordinal } => Ok(self.segment(segment)?.part.disabled.contains(&ordinal)),
        }
    }

    /// Gives a document these ids; without any it is gone.
    fn set_ids(&mut self, document: DocumentRef, ids: Vec<String>) {
        if ids.is_empty() {
            self.mark(document, false);
        }
        match document {
            DocumentRef::Pending(k) => self.pending[k as usize].ids = ids,
            DocumentRef::Committed { segment, ordinal } => {
                if let Some(committed) = self.committed.iter_mut().find(|c| c.number == segment) {
                    Arc::make_mut(&mut committed.part.changes).insert(ordinal, ids);
                }
            }
        }
    }

    fn mark(&mut self, document: DocumentRef, disabled: bool) {
        match document {
            DocumentRef::Pending(k) => self.pending[k as usize].disabled = disabled,
            DocumentRef::Committed { segment, ordinal } => {
                if let Some(committed) = self.committed.iter_mut().find(|c| c.number == segment) {
                    let marked = Arc::make_mut(&mut committed.part.disabled);
                    if disabled {
                        marked.insert(ordinal)
                    } else {
                        marked.remove(&ordinal)
                    };
                }
            }
        }
    }
}
