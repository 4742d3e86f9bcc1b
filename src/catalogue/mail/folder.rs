//! Files of a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::compressed;
use super::kind::{in_maildir, is_header_field};
use crate::Error;

/// A file of a folder, or why it cannot be read.
pub type FoundFile = Result<PathBuf, Error>;

/// Whether [`find`] should take a file as mail: by its name (a suffix of the [formats](super), or a place in a
/// Maildir), else by its first lines. Outlook's files are taken too, so that whoever reads them is told how to convert
/// them.
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

/// Bytes at a file's beginning in which a header is looked for.
///
/// Tuned (bytes): chosen by eye.
const HEADER_BYTES: u64 = 4096;
/// Fields of a mail that make a file's beginning a header.
///
/// Tuned (count): chosen by eye.
const MIN_FIELDS: usize = 2;
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

/// Whether a file begins with a header, in which two fields and more are a mail's; perhaps after a mailbox's `From `
/// line.
fn begins_as_mail(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = path.is_file().then(|| File::open(path).ok()?.take(HEADER_BYTES).read_to_end(&mut begin).ok());
    let mut lines = begin.split(|&b| b == b'\n').take_while(|line| !line.trim_ascii().is_empty()).peekable();
    lines.next_if(|line| line.starts_with(b"From "));
    let mut known = 0;
    for line in lines.filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t")) {
        if !is_header_field(line) && !line.starts_with(b">From ") {
            break;
        }
        let name = line.split(|&b| b == b':').next().unwrap_or_default();
        known += usize::from(FIELDS.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(name)));
    }
    read.is_some() && known >= MIN_FIELDS
}

/// The files under a folder for which `wanted` holds, sorted by path; a path that is no folder is given as it is.
///
/// A link to a folder is not followed, as it may lead in circles or out of the folder: it is an error in its place, as
/// is a folder that cannot be read.
#[must_use]
pub fn find(path: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<FoundFile> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_mail_by_its_name_or_by_its_header() {
        let folder = tempfile::tempdir().expect("a folder");
        let is_mail = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("room for a file");
            is_mail_file(&path)
        };
        assert!(is_mail("a.jsonl", "") && !is_mail("a.json", "{}") && !is_mail("b.txt", "A sentence.\n"));
        let mail = cfg!(feature = "mail");
        assert_eq!(is_mail("a.eml", ""), mail);
        assert_eq!(is_mail("a.pst", ""), mail);
        for (text, expected) in [
            ("From: a@example.com\nSubject: Keys\n\nText.\n", true),
            ("From a@example.com Mon Mar  4 09:12:00 2019\nreceived: x\n folded: y\nDATE: z\n", true),
            ("Subject: Keys\nX-Other: x\n\nTo: nobody\n", false),
            ("Subject: Keys\nno field\nTo: nobody\n", false),
            ("Title: a page\nLayout: post\n", false),
        ] {
            assert_eq!(is_mail("1570", text), expected && mail, "{text:?}");
        }
    }

    #[test]
    fn files_are_sorted_by_path_and_folders_are_entered() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("b/c")).expect("folders");
        for name in ["b/c/2", "b/1", "a", "d"] {
            std::fs::write(folder.path().join(name), "").expect("room for a file");
        }
        let names = |wanted: &dyn Fn(&Path) -> bool| -> Vec<String> {
            let relative = |path: PathBuf| path.strip_prefix(folder.path()).expect("inside").display().to_string();
            find(folder.path(), wanted).into_iter().map(|found| relative(found.expect("a file"))).collect()
        };
        assert_eq!(names(&|_| true), ["a", "b/1", "b/c/2", "d"]);
        assert_eq!(names(&|path| !path.ends_with("d")), ["a", "b/1", "b/c/2"]);
        let alone = folder.path().join("no-such-file");
        assert_eq!(find(&alone, &|_| false).remove(0).expect("as it is"), alone);
    }
}
