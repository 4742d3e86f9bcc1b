//! Catalogues in folders: made, opened for reading or writing, refreshed, verified.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::config::CatalogueConfig;
use super::manifest::{Manifest, NamedSegment};
use super::state::{Catalogue, Committed, Home, NumberedCodebook};
use super::store;
use crate::Error;
use crate::index::file::{Codebook, LiveSegment, Segment};

impl Catalogue {
    /// Makes a new catalogue in a folder, which is made too if missing, and opens it for writing.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if there is a catalogue already; otherwise as [`Catalogue::edit_or_create`].
    pub fn create(folder: &Path, config: CatalogueConfig) -> Result<Self, Error> {
        let there = || {
            Error::invalid_argument(
                "folder",
                folder.display(),
                "there is a catalogue already: open it, or choose another one",
            )
        };
        if Manifest::stands_in(folder) {
            return Err(there());
        }
        let this = Self::edit_or_create(folder, config)?;
        // Somebody may have been faster.
        if this.manifest.is_none() { Ok(this) } else { Err(there()) }
    }

    /// Opens a catalogue's folder for reading; later changes to the folder are not seen until [`Catalogue::refresh`].
    ///
    /// Files are mapped, not read: this takes milliseconds. What stands in them is checked where and when it is used.
    /// Nothing is written and no lock is taken, so that a folder that cannot be written to will do.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder is no catalogue or a file in it is damaged, [`Error::Io`] if it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = manifest_of(folder)?;
        let mut this = Self::new(manifest.config())?;
        this.home = Home::Reading(folder.to_owned());
        this.load(manifest)?;
        Ok(this)
    }

    /// Opens a catalogue's folder for writing. Nobody else can write to it until this value is dropped; what is not
    /// committed by then is lost.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`]; [`Error::Locked`] if somebody is writing to it.
    pub fn edit(folder: &Path) -> Result<Self, Error> {
        // A folder that is no catalogue is left as it is.
        manifest_of(folder)?;
        let lock = store::lock(folder)?;
        let mut this = Self::open(folder)?;
        if let Some(manifest) = &this.manifest {
            manifest.sweep(folder);
        }
        this.home = Home::Writing(folder.to_owned(), lock);
        Ok(this)
    }

    /// Opens a catalogue's folder for writing as [`Catalogue::edit`] does, or makes a new catalogue of `config` if
    /// there is none.
    ///
    /// Of an existing one only [`CatalogueConfig::whole_words`] is taken from `config`.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::edit`] and [`Catalogue::new`]; [`Error::File`] if the folder holds something else.
    pub fn edit_or_create(folder: &Path, config: CatalogueConfig) -> Result<Self, Error> {
        if Manifest::stands_in(folder) {
            let mut this = Self::edit(folder)?;
            this.config.whole_words = config.whole_words;
            return Ok(this);
        }
        let mut this = Self::new(config)?;
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let entries = std::fs::read_dir(folder).map_err(Error::io(folder))?;
        let names: Vec<_> = entries.filter_map(|e| Some(e.ok()?.file_name())).collect();
        if names.iter().any(|name| name.to_str().is_some_and(store::is_numbered)) && !Manifest::stands_in(folder) {
            // A manifest is there before the first segment.
            let reason = "it holds segments and no MANIFEST: put that back from a backup, or choose another folder";
            return Err(Error::file(folder, reason));
        }
        if !folder.join(store::LOCK).exists() && !names.is_empty() {
            return Err(Error::file(
                folder,
                "the folder is neither empty nor a leakprint catalogue: choose another one",
            ));
        }
        let lock = store::lock(folder)?;
        if Manifest::stands_in(folder) {
            // Made by somebody else meanwhile.
            drop(lock);
            return Self::edit_or_create(folder, this.config);
        }
        // A new folder is a catalogue as soon as something was committed, even nothing.
        this.changed = true;
        this.home = Home::Writing(folder.to_owned(), lock);
        Ok(this)
    }

    /// Takes over what others have committed since this catalogue was opened or refreshed; returns whether there was
    /// anything. A [`Matcher`](crate::Matcher) made before keeps its state: make a new one, which takes milliseconds.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`]; [`Error::InvalidArgument`] if the catalogue is in memory or has changes of its own.
    pub fn refresh(&mut self) -> Result<bool, Error> {
        let folder = match &self.home {
            Home::Memory => {
                return Err(Error::invalid_argument(
                    "catalogue",
                    "in memory",
                    "only one opened from a folder can be refreshed",
                ));
            }
            Home::Reading(folder) if !self.changed => folder.clone(),
            _ => {
                return Err(Error::invalid_argument(
                    "catalogue",
                    "changed or being written",
                    "a reader's can be refreshed",
                ));
            }
        };
        let manifest = manifest_of(&folder)?;
        if self.manifest.as_ref() == Some(&manifest) {
            return Ok(false);
        }
        self.load(manifest)?;
        Ok(true)
    }

    /// Reads everything and compares it with its checksums, and the files with each other.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the first file that is damaged and what is wrong with it.
    pub fn verify(&self) -> Result<(), Error> {
        self.committed.iter().try_for_each(|c| c.part.segment.verify())?;
        self.verify_register()
    }

    /// Maps the files that a manifest names, those that are mapped already left as they are.
    fn load(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let folder = self.folder_or_nothing().to_owned();
        // A writer may have merged and deleted a segment since the manifest was read: then there is a newer manifest.
        let (committed, codebook) = loop {
            match self.map(&folder, &manifest) {
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    let newer = manifest_of(&folder)?;
                    if newer == manifest {
                        return Err(Error::file(&folder, "a file that its MANIFEST names is missing"));
                    }
                    manifest = newer;
                }
                done => break done?,
            }
        };
        self.config = manifest.config();
        (self.committed, self.codebook, self.next, self.register) = (committed, codebook, manifest.next, None);
        self.manifest = Some(manifest);
        Ok(())
    }

    fn map(&self, folder: &Path, manifest: &Manifest) -> Result<(Vec<Committed>, Option<NumberedCodebook>), Error> {
        let map = |named| self.map_segment(folder, manifest, named);
        let committed: Vec<Committed> = manifest.segments.iter().map(map).collect::<Result<_, _>>()?;
        let codebook = manifest.codebook.map(|number| read_codebook(folder, manifest, number)).transpose()?;
        if let Some((_, book)) = &codebook {
            committed.iter().try_for_each(|c| book.check(&c.part.segment))?;
        } else if let Some(c) = committed.iter().find(|c| c.part.segment.header().directory_bits > 0) {
            return Err(Error::file(c.part.segment.path(), "its codebook is missing in the MANIFEST"));
        }
        Ok((committed, codebook))
    }

    fn map_segment(&self, folder: &Path, manifest: &Manifest, named: &NamedSegment) -> Result<Committed, Error> {
        let known = self.committed.iter().find(|c| c.number == named.number).map(|c| Arc::clone(&c.part.segment));
        let path = store::segment_path(folder, named.number);
        let segment = known.map_or_else(|| Segment::open(&path).map(Arc::new), Ok)?;
        let header = segment.header();
        if (header.documents, header.words() as u64) != (named.documents, named.words)
            || named.changes.keys().chain(&named.disabled).any(|&ordinal| ordinal >= named.documents)
            || named.public > named.documents
            || named.disabled.iter().any(|ordinal| named.changes.get(ordinal).is_some_and(Vec::is_empty))
        {
            return Err(Error::file(&path, "it is not the segment that the MANIFEST names"));
        }
        if header.family != manifest.family || usize::from(header.faces) != manifest.faces.len() {
            let reason = format!("its codes are of family {:?}, not of {:?}", header.family, manifest.family);
            return Err(Error::file(&path, reason));
        }
        let (changes, disabled) = (Arc::new(named.changes.clone()), Arc::new(named.disabled.clone()));
        let part = LiveSegment { segment, changes, public: named.public, disabled };
        Ok(Committed { number: named.number, part })
    }
}

fn manifest_of(folder: &Path) -> Result<Manifest, Error> {
    Manifest::read(folder)?.ok_or_else(|| {
        let reason = if folder.is_dir() { "the folder holds no MANIFEST" } else { "there is no such folder" };
        Error::file(folder, format!("not a leakprint catalogue: {reason}"))
    })
}

fn read_codebook(folder: &Path, manifest: &Manifest, number: u32) -> Result<NumberedCodebook, Error> {
    let path = store::codebook_path(folder, number);
    let bytes = store::read_whole(&path)?;
    let book = Codebook::from_bytes(&bytes, manifest.family).map_err(|reason| Error::file(&path, reason))?;
    Ok((number, Arc::new(book)))
}
