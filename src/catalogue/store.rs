//! The catalogue's folder: a manifest that is swapped atomically, and the files that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::CatalogueConfig;
use super::text::Face;
use crate::Error;
use crate::fingerprint::Family;
use crate::verdict::ChanceModel;

const MANIFEST: &str = "MANIFEST";
const TITLE: &str = "leakprint-catalogue";
const VERSION: u32 = 2;

/// What a catalogue holds, as written to disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) family: Family,
    pub(super) faces: Vec<Vec<Face>>,
    /// Manifests of the first releases say nothing about it.
    #[serde(default)]
    pub(super) chance: ChanceModel,
    /// Number of the next file.
    pub(super) next: u32,
    /// Number of the codebook's file; none while the catalogue is small.
    pub(super) codebook: Option<u32>,
    pub(super) segments: Vec<Named>,
}

impl Manifest {
    pub(super) fn config(&self) -> CatalogueConfig {
        CatalogueConfig {
            family: self.family,
            faces: self.faces.clone(),
            chance: self.chance,
            ..CatalogueConfig::default()
        }
    }
}

/// A segment in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    /// Number of its file.
    pub(super) number: u32,
    pub(super) documents: u32,
    pub(super) words: u64,
    /// Documents that have other ids than the segment says; those without any are gone.
    pub(super) changes: BTreeMap<u32, Vec<String>>,
}

pub(super) fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.seg"))
}

pub(super) fn codebook_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.book"))
}

/// Reads a folder's manifest; `None` if the folder has none.
pub(super) fn read_manifest(folder: &Path) -> Result<Option<Manifest>, Error> {
    let path = folder.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(&path)(e)),
    };
    let damaged = || Error::file(&path, "it is damaged or no manifest of a leakprint catalogue");
    let end = bytes.iter().position(|&b| b == b'\n').ok_or_else(damaged)?;
    let title = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged())?;
    let mut parts = title.split(' ');
    if parts.next() != Some(TITLE) {
        return Err(damaged());
    }
    let version = parts.next().unwrap_or_default();
    if version != VERSION.to_string() {
        let reason =
            format!("it is of version {version}, this release reads version {VERSION}: build the catalogue anew");
        return Err(Error::file(&path, reason));
    }
    let body = &bytes[end + 1..];
    if parts.next() != Some(format!("{:08x}", crc32fast::hash(body)).as_str()) {
        return Err(Error::file(&path, "its checksum is wrong: the file is damaged"));
    }
    let manifest: Manifest = serde_json::from_slice(body).map_err(|e| Error::file(&path, e.to_string()))?;
    manifest.chance.check().map_err(|e| Error::file(&path, e.to_string()))?;
    Ok(Some(manifest))
}

/// Writes a manifest: readers see the old one or the new one, whole.
pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let body = serde_json::to_vec(manifest).map_err(|e| Error::input("manifest", e))?;
    let mut bytes = format!("{TITLE} {VERSION} {:08x}\n", crc32fast::hash(&body)).into_bytes();
    bytes.extend(body);
    write_whole(&folder.join(MANIFEST), &bytes)
}

/// Writes a file so that it appears whole or not at all, and is on the disk when this returns.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create_whole(path, |file| file.write_all(bytes))
}

/// The same, the bytes written piece by piece.
pub(super) fn create_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
    let fresh = path.with_added_extension("new");
    let mut file = File::create(&fresh).map_err(Error::io(&fresh))?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    if let Err(e) = written {
        // On a full disk the room is wanted back at once; what cannot be removed is swept away later.
        let _ = fs::remove_file(&fresh);
        return Err(Error::io(&fresh)(e));
    }
    fs::rename(&fresh, path).map_err(Error::io(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // The rename itself lives in the folder.
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder))
}

/// The right to write to a folder, until dropped. Refuses folders that hold something else.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let mut entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    if !folder.join(MANIFEST).exists() && !folder.join("LOCK").exists() && entries.next().is_some() {
        return Err(Error::file(folder, "the folder is neither empty nor a leakprint catalogue: choose another one"));
    }
    let path = folder.join("LOCK");
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::file(folder, "another process is writing to this catalogue")),
        Err(TryLockError::Error(e)) => Err(Error::io(&path)(e)),
    }
}

/// Deletes files that no manifest names any more (of merged segments, or of a commit that did not happen). What cannot be
/// deleted now, because a reader elsewhere has it mapped on a system that minds, is left to the next writer.
pub(super) fn sweep(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let mut used: BTreeSet<PathBuf> = manifest.segments.iter().map(|s| segment_path(folder, s.number)).collect();
    used.extend(manifest.codebook.map(|number| codebook_path(folder, number)));
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "seg" || e == "book" || e == "new") && !used.contains(&path) {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}
