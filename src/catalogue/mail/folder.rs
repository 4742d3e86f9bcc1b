//! Files of a folder.

use std::path::{Path, PathBuf};

use super::compressed;
use crate::Error;

/// Something in a folder.
pub type Found = Result<PathBuf, Error>;

/// Whether [`find`] takes files of this name: one with a suffix of the [formats](super), or in a Maildir. Outlook's files are taken
/// too, so that whoever reads them is told how to convert them.
#[must_use]
pub fn is_mail_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = compressed::SUFFIXES.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(&name);
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    suffix == "jsonl"
        || cfg!(feature = "mail")
            && (matches!(suffix, "eml" | "mbox" | "mbx" | "pst" | "ost" | "msg") || in_maildir(path))
}

/// Whether a file is a message of a Maildir: beside its folder, `cur` or `new`, are the other one and `tmp`.
pub(super) fn in_maildir(path: &Path) -> bool {
    let Some(folder) = path.parent() else {
        return false;
    };
    matches!(folder.file_name().and_then(|n| n.to_str()), Some("cur" | "new"))
        && ["cur", "new", "tmp"].iter().all(|name| folder.with_file_name(name).is_dir())
        && !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))
}

/// The files under a folder for which `wanted` holds, sorted by path; a path that is no folder is given as it is.
///
/// A link to a folder is not followed, as it may lead in circles or out of the folder: it is an error in its place, as is a folder that
/// cannot be read.
#[must_use]
pub fn find(path: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Found> {
    if !path.is_dir() {
        return vec![Ok(path.to_owned())];
    }
    let (mut found, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) => {
                found.push((folder.clone(), Some(Error::io(&folder)(e))));
                continue;
            }
        };
        for entry in entries {
            let path = match entry {
                Ok(entry) => entry.path(),
                Err(e) => {
                    found.push((folder.clone(), Some(Error::io(&folder)(e))));
                    continue;
                }
            };
            if path.is_dir() && path.is_symlink() {
                let reason = "a link to a folder is not followed: name the folder itself to enrol it";
                found.push((path.clone(), Some(Error::input(path.display().to_string(), reason))));
            } else if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                // A broken link, a socket: what is wrong with it shows when it is opened.
                found.push((path, None));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(path, error)| error.map_or(Ok(path), Err)).collect()
}
