//! The manifest: what a folder's catalogue holds, swapped atomically.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::config::CatalogueConfig;
use super::store;
use super::text::Face;
use crate::Error;
use crate::fingerprint::Family;
use crate::significance::NullModel;

const MANIFEST: &str = "MANIFEST";
const TITLE: &str = "leakprint-catalogue";
/// Of manifests without a public or a disabled document, which older releases read too.
const PLAIN_VERSION: u32 = 2;
/// Of manifests that older releases would misread: what is disabled would convict, and public texts, too.
const MARKED_VERSION: u32 = 3;

/// What a catalogue holds, as written to disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) family: Family,
    pub(super) faces: Vec<Vec<Face>>,
    /// Defaults where a manifest does not name it.
    #[serde(default, rename = "chance")]
    pub(super) null_model: NullModel,
    /// Number of the next file.
    pub(super) next: u32,
    /// Number of the codebook's file; none while the catalogue is small.
    pub(super) codebook: Option<u32>,
    pub(super) segments: Vec<NamedSegment>,
}

/// A segment in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NamedSegment {
    /// Number of its file.
    pub(super) number: u32,
    pub(super) documents: u32,
    pub(super) words: u64,
    /// Documents that have other ids than the segment says; those without any are gone.
    pub(super) changes: BTreeMap<u32, Vec<String>>,
    /// So many of its documents, the last ones, are public texts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) public: u32,
    /// Documents that no search looks at.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) disabled: BTreeSet<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl NamedSegment {
    fn is_plain(&self) -> bool {
        self.public == 0 && self.disabled.is_empty()
    }
}

/// How a manifest failed to be swapped.
pub(super) enum NotSwapped {
    /// Readers see the old one, whose number of the next file may have grown.
    Undone(Error),
    /// Readers see the new one, but a crash may bring back the old one.
    Unsynced(Error),
}

impl Manifest {
    pub(super) fn config(&self) -> CatalogueConfig {
        CatalogueConfig {
            family: self.family,
            faces: self.faces.clone(),
            null_model: self.null_model,
            ..CatalogueConfig::default()
        }
    }

    /// The least version that says all of it.
    fn version(&self) -> u32 {
        if self.segments.iter().all(NamedSegment::is_plain) { PLAIN_VERSION } else { MARKED_VERSION }
    }

    /// The same catalogue without a document.
    fn without_documents(&self) -> Self {
        Self { codebook: None, segments: Vec::new(), ..self.clone() }
    }

    /// Whether a folder has one, whole or damaged.
    pub(super) fn stands_in(folder: &Path) -> bool {
        folder.join(MANIFEST).exists()
    }

    /// Reads a folder's manifest; `None` if the folder has none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(MANIFEST);
        let bytes = match store::read_whole(&path) {
            Ok(bytes) => bytes,
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let damaged = || Error::file(&path, "it is damaged or no manifest of a leakprint catalogue");
        let end = bytes.iter().position(|&b| b == b'\n').ok_or_else(damaged)?;
        let title = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged())?;
        let mut parts = title.split(' ');
        if parts.next() != Some(TITLE) {
            return Err(damaged());
        }
        let version = parts.next().unwrap_or_default();
        if ![PLAIN_VERSION, MARKED_VERSION].iter().any(|known| version == known.to_string()) {
            let reason = format!(
                "it is of version {version}, this release reads versions {PLAIN_VERSION} and {MARKED_VERSION}: \
                 use a release that knows it, or build the catalogue anew"
            );
            return Err(Error::file(&path, reason));
        }
        let body = &bytes[end + 1..];
        if parts.next() != Some(format!("{:08x}", crc32fast::hash(body)).as_str()) {
            return Err(Error::file(&path, "its checksum is wrong: the file is damaged"));
        }
        let manifest: Self = serde_json::from_slice(body).map_err(|e| Error::file(&path, e.to_string()))?;
        manifest.null_model.check().map_err(|e| Error::file(&path, e.to_string()))?;
        if version != manifest.version().to_string() && manifest.version() == MARKED_VERSION {
            let reason = format!("its version, {version}, has no public and no disabled documents, but it names some");
            return Err(Error::file(&path, reason));
        }
        let numbers: BTreeSet<u32> = manifest.segments.iter().map(|s| s.number).collect();
        if numbers.len() < manifest.segments.len() {
            return Err(Error::file(&path, "it names a segment twice"));
        }
        Ok(Some(manifest))
    }

    /// Puts this one in the place of the folder's `old` one: readers see the one or the other, whole. It is on the disk
    /// when this returns.
    ///
    /// # Errors
    ///
    /// If it could not be made sure that this one survives a crash, the old one is put back, with this one's number of
    /// the next file: a reader may have seen this one meanwhile, and knows segments by their numbers.
    pub(super) fn swap(&self, folder: &Path, old: Option<&Self>) -> Result<(), NotSwapped> {
        self.put(folder).map_err(NotSwapped::Undone)?;
        store::sync_folder_of(&folder.join(MANIFEST)).map_err(|e| {
            let old = Self { next: self.next, ..old.cloned().unwrap_or_else(|| self.without_documents()) };
            match old.put(folder) {
                Ok(()) => NotSwapped::Undone(e),
                Err(_) => NotSwapped::Unsynced(e),
            }
        })
    }

    /// Writes the manifest, all but the folder's sync.
    pub(super) fn put(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(MANIFEST);
        let body = serde_json::to_vec(self).map_err(|e| Error::input("manifest", e))?;
        let mut bytes = format!("{TITLE} {} {:08x}\n", self.version(), crc32fast::hash(&body)).into_bytes();
        bytes.extend(body);
        let staged = store::stage(&path, |file| file.write_all(&bytes))?;
        fs::rename(&staged, &path).map_err(Error::io(&path))
    }

    /// Deletes files that the folder's manifest does not name: of merged segments, or of a commit that did not happen.
    /// What cannot be deleted, because a reader elsewhere has it mapped on a system that minds, is left to the next
    /// writer.
    pub(super) fn sweep(&self, folder: &Path) {
        let mut used: BTreeSet<PathBuf> = self.segments.iter().map(|s| store::segment_path(folder, s.number)).collect();
        used.extend(self.codebook.map(|number| store::codebook_path(folder, number)));
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ours = entry.file_name().to_str().is_some_and(|name| match name.strip_suffix(".new") {
                Some(name) => name == MANIFEST || store::is_numbered(name),
                None => store::is_numbered(name),
            });
            if ours && !used.contains(&path) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}
