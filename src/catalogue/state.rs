//! What a catalogue's value holds.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::CatalogueConfig;
use super::manifest::Manifest;
use super::register::Register;
use super::word_cache::{WordCache, Words};
use crate::Error;
use crate::index::file::{Codebook, LiveSegment};

/// What becomes of a document whose id another text has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameId {
    /// Both stay: the newcomer is named `id#2`, or the first such number that is free.
    #[default]
    KeepBoth,
    /// The newcomer takes the id; the other text goes with its last id.
    Replace,
}

/// A document that is not committed yet.
pub(super) struct Pending {
    /// None once it is removed again.
    pub(super) ids: Vec<String>,
    pub(super) content: u64,
    pub(super) words: Words,
    /// A [`Metadata`](crate::index::file::Metadata), as bytes.
    pub(super) metadata: Vec<u8>,
    /// Whether it is a text that everybody may have.
    pub(super) public: bool,
    /// Whether no search is to look at it.
    pub(super) disabled: bool,
}

/// A segment that belongs to the catalogue.
#[derive(Clone)]
pub(super) struct Committed {
    /// Number of its file.
    pub(super) number: u32,
    pub(super) part: LiveSegment,
}

/// A codebook and the number of its file.
pub(super) type NumberedCodebook = (u32, Arc<Codebook>);

/// Where a catalogue lives.
pub(super) enum Home {
    Memory,
    Reading(PathBuf),
    /// With the folder's lock, which is held as long as this value lives.
    Writing(PathBuf, #[expect(dead_code, reason = "held, not used")] File),
}

impl Home {
    /// The folder, if there is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Reading(folder) | Self::Writing(folder, _) => Some(folder),
        }
    }

    /// Whether there is a folder that may be written to.
    pub(super) fn is_writing(&self) -> bool {
        matches!(self, Self::Writing(..))
    }
}

/// Known documents.
///
/// # Examples
///
/// ```
/// use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::Mail};
///
/// let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
/// let mail = Mail { id: "memo-1".into(), body: "The tunnel opens in May.".into(), ..Mail::default() };
/// let added = catalogue.add_mails(&[mail])?;
/// assert_eq!((added.documents, added.words), (1, 5));
/// # Ok::<(), leakprint::Error>(())
/// ```
pub struct Catalogue {
    pub(super) config: CatalogueConfig,
    pub(super) same_id: SameId,
    pub(super) committed: Vec<Committed>,
    pub(super) codebook: Option<NumberedCodebook>,
    pub(super) pending: Vec<Pending>,
    pub(super) register: Option<Register>,
    pub(super) word_cache: WordCache,
    /// Whether there is something to commit.
    pub(super) changed: bool,
    /// Number of the next file.
    pub(super) next: u32,
    /// What the folder said when it was last read or written.
    pub(super) manifest: Option<Manifest>,
    pub(super) home: Home,
}

impl Catalogue {
    /// An empty catalogue in memory.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if there is no face, or a constant of E-values is out of its range.
    pub fn new(config: CatalogueConfig) -> Result<Self, Error> {
        config.check()?;
        Ok(Self {
            config,
            same_id: SameId::default(),
            committed: Vec::new(),
            codebook: None,
            pending: Vec::new(),
            register: None,
            word_cache: WordCache::default(),
            changed: false,
            next: 0,
            manifest: None,
            home: Home::Memory,
        })
    }

    /// Says what becomes of documents whose id another text has: [`SameId::KeepBoth`] unless this was called.
    pub fn set_same_id(&mut self, same_id: SameId) {
        self.same_id = same_id;
    }

    /// The hash and the faces.
    #[must_use]
    pub fn config(&self) -> &CatalogueConfig {
        &self.config
    }

    /// Number of documents: mails, public texts, and of both also those that are disabled.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.committed.iter().map(|c| c.part.documents()).sum::<usize>() + self.pending_left().count()
    }

    /// Number of public texts among [`Catalogue::documents`], see [`Catalogue::add_public`].
    #[must_use]
    pub fn public_documents(&self) -> usize {
        let pending = self.pending_left().filter(|p| p.public).count();
        self.committed.iter().map(|c| c.part.public_documents()).sum::<usize>() + pending
    }

    /// Number of documents among [`Catalogue::documents`] that are disabled, see [`Catalogue::disable`].
    #[must_use]
    pub fn disabled_documents(&self) -> usize {
        let pending = self.pending_left().filter(|p| p.disabled).count();
        self.committed.iter().map(|c| c.part.disabled.len()).sum::<usize>() + pending
    }

    /// Number of words of [`Catalogue::documents`].
    #[must_use]
    pub fn words(&self) -> usize {
        let pending = self.pending_left().map(|p| p.words.widths.len());
        self.committed.iter().map(|c| c.part.words()).sum::<usize>() + pending.sum::<usize>()
    }

    /// Number of segments: files that a search looks into one by one, and [`Catalogue::compact`] makes one of.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.committed.len()
    }

    /// Bytes of the files of all documents that are committed, all of which are mapped.
    ///
    /// The codebook and the manifest are not counted: some 32 KB, and 20 bytes for each document that was removed since
    /// its segment was written.
    #[must_use]
    pub fn disk_usage(&self) -> u64 {
        self.committed.iter().map(|c| c.part.segment.len() as u64).sum()
    }

    /// Bytes taken up in memory, about, the mapped files left out: words that were drawn, documents that are not
    /// committed, and who is who once the catalogue was changed.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let pending = self.pending.iter().map(|p| {
            let ids: usize = p.ids.iter().map(|id| id.len() + size_of::<String>()).sum();
            size_of::<Pending>() + p.words.memory_usage() + p.metadata.len() + ids
        });
        let register = self.register.as_ref().map_or(0, Register::memory_usage);
        let segments: usize = self.committed.iter().map(|c| c.part.segment.memory_usage()).sum();
        pending.sum::<usize>() + register + segments + self.word_cache.memory_usage()
    }

    /// Documents that are not committed yet and were not removed again.
    pub(super) fn pending_left(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(|p| !p.ids.is_empty())
    }

    /// The folder, for errors; an empty path in memory.
    pub(super) fn folder_or_nothing(&self) -> &Path {
        self.home.folder().unwrap_or(Path::new(""))
    }
}

/// Sizes, not contents.
impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue")
            .field("folder", &self.home.folder())
            .field("writing", &self.home.is_writing())
            .field("family", &self.config.family)
            .field("documents", &self.documents())
            .field("words", &self.words())
            .field("public_documents", &self.public_documents())
            .field("disabled_documents", &self.disabled_documents())
            .field("segments", &self.segments())
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}
