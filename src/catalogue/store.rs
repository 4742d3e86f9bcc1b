//! The catalogue's folder: names of its files, files that appear whole or not at all, and the writer's lock.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::index::file::refuse_special;

/// Held by the writer; empty.
pub(super) const LOCK: &str = "LOCK";

pub(super) fn segment_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.seg"))
}

pub(super) fn codebook_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.book"))
}

/// Whether a file's name is one that [`segment_path`] or [`codebook_path`] makes.
pub(super) fn is_numbered(name: &str) -> bool {
    let number = name.strip_suffix(".seg").or_else(|| name.strip_suffix(".book"));
    number.is_some_and(|n| n.len() >= 8 && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads a file whole.
pub(super) fn read_whole(path: &Path) -> Result<Vec<u8>, Error> {
    refuse_special(path)?;
    fs::read(path).map_err(Error::io(path))
}

/// Writes a file so that it appears whole or not at all, and is on the disk when this returns.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create_whole(path, |file| file.write_all(bytes))
}

/// The same, the bytes written piece by piece.
pub(super) fn create_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
    let staged = stage(path, write)?;
    fs::rename(&staged, path).map_err(Error::io(path))?;
    sync_folder_of(path)
}

/// Writes a file beside the one that it is to replace, and returns its path; it is on the disk then.
pub(super) fn stage(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<PathBuf, Error> {
    let staged = path.with_added_extension("new");
    let mut file = File::create(&staged).map_err(Error::io(&staged))?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    if let Err(e) = written {
        // On a full disk the room is wanted back at once; what cannot be removed is swept away later.
        let _ = fs::remove_file(&staged);
        return Err(Error::io(&staged)(e));
    }
    Ok(staged)
}

/// Makes sure that a renamed file survives a crash under its new name: on Unix, names live in the folder, which is
/// synced by itself. Elsewhere folders cannot be opened, and the file system sees to it.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), Error> {
    #[cfg(test)]
    failing_syncs::next(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io(folder)) } else { Ok(()) }
}

/// The right to write to a folder, until dropped.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    refuse_special(&path)?;
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: folder.to_owned() }),
        Err(TryLockError::Error(e)) => Err(Error::io(&path)(e)),
    }
}

/// Lets a test say which of the coming syncs of folders fails.
#[cfg(test)]
pub(super) mod failing_syncs {
    use std::cell::Cell;
    use std::path::Path;

    use crate::Error;

    thread_local! {
        /// Syncs until the one that fails.
        static BEFORE: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// The sync after so many good ones fails, on this thread.
    pub(in crate::catalogue) fn fail_after(good: usize) {
        BEFORE.set(Some(good));
    }

    /// Whether the failure is still to come; it comes no more.
    pub(in crate::catalogue) fn cancel() -> bool {
        BEFORE.take().is_some()
    }

    pub(super) fn next(path: &Path) -> Result<(), Error> {
        match BEFORE.take() {
            Some(0) => Err(Error::io(path)(std::io::Error::other("a sync that fails"))),
            more => {
                BEFORE.set(more.map(|n| n - 1));
                Ok(())
            }
        }
    }
}
