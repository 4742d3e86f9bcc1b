//! The catalogue's folder: a manifest that is swapped atomically, and the segments that it names.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::catalogue::text::Face;
use crate::fingerprint::Family;

const MANIFEST: &str = "MANIFEST";
const TITLE: &str = "leakprint-catalogue";
const VERSION: u32 = 1;

/// What a catalogue holds, as written to disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) family: Family,
    pub(super) faces: Vec<Vec<Face>>,
    /// Number of the next segment file.
    pub(super) next_segment: u32,
    pub(super) documents: Vec<Entry>,
}

/// A document in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) ids: Vec<String>,
    /// Hash of the text, to fold equal mails into one.
    pub(super) content: u64,
    /// Words with characters that could not be drawn.
    pub(super) undrawn: u32,
    /// The segment file that holds its codes, and its number there.
    pub(super) segment: u32,
    pub(super) ordinal: u32,
    /// What is known of it besides its words: the header's fields, quotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) about: Vec<u8>,
}

pub(super) fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.seg"))
}

/// Reads a folder's manifest; `None` if the folder has none.
pub(super) fn read_manifest(folder: &Path) -> Result<Option<Manifest>, Error> {
    let path = folder.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
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
    serde_json::from_slice(body).map(Some).map_err(|e| Error::file(&path, e.to_string()))
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
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh).map_err(Error::io(&fresh))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(&fresh))?;
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

/// Deletes segment files that no manifest names any more (of removed documents, or of a commit that did not happen).
pub(super) fn sweep(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let used: std::collections::BTreeSet<PathBuf> =
        manifest.documents.iter().map(|d| segment_path(folder, d.segment)).collect();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "seg" || e == "new") && !used.contains(&path) {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}
