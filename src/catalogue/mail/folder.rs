//! Files of a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::compressed;
use crate::Error;

/// Something in a folder.
pub type Found = Result<PathBuf, Error>;

/// Whether [`find`] should take a file as mail: by its name (a suffix of the [formats](super), or a place in a Maildir), else by its first lines.
/// Outlook's files are taken too, so that whoever reads them is told how to convert them.
#[must_use]
pub fn is_mail_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = compressed::SUFFIXES.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(&name);
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    suffix == "jsonl"
        || cfg!(feature = "mail")
            && (matches!(suffix, "eml" | "mbox" | "mbx" | "pst" | "ost" | "msg")
                || in_maildir(path)
                || !in_unfinished(path) && begins_as_mail(path))
}

/// Whether a file lies where a Maildir keeps what is not delivered yet.
fn in_unfinished(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("tmp") && folder.with_file_name("cur").is_dir())
}

/// Names that are found in the header of every mail (RFC 5322, section 3.6; MIME; those of delivery).
const FIELDS: [&str; 14] = [
    "bcc",
    "cc",
    "content-type",
    "date",
    "delivered-to",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

/// Whether a file begins with a header, in which two fields and more are a mail's; perhaps after a mailbox's `From ` line.
fn begins_as_mail(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = path.is_file().then(|| File::open(path).ok()?.take(4096).read_to_end(&mut begin).ok());
    let mut lines = begin.split(|&b| b == b'\n').take_while(|line| !line.trim_ascii().is_empty()).peekable();
    lines.next_if(|line| line.starts_with(b"From "));
    let mut known = 0;
    for line in lines.filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t")) {
        if !super::is_header_field(line) && !line.starts_with(b">From ") {
            break;
        }
        let name = line.split(|&b| b == b':').next().unwrap_or_default();
        known += usize::from(FIELDS.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(name)));
    }
    read.is_some() && known >= 2
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
                // A broken link: what is wrong with it shows when it is opened. A pipe may never end.
                let pipe = path.exists() && !path.is_file();
                let error = pipe.then(|| Error::input(path.display().to_string(), "neither a file nor a folder"));
                found.push((path, error));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(path, error)| error.map_or(Ok(path), Err)).collect()
}
