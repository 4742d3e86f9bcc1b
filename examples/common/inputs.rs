//! What the programs share: files and folders given on the command line, and lines for people.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use leakprint::Error;
use leakprint::catalogue::mail::find;

/// Files to work on.
pub(crate) struct Inputs<K> {
    /// With their kinds, in the order of the command line, those of a folder by path; what cannot be read is an error
    /// in its place.
    pub(crate) files: Vec<Result<(PathBuf, K), Error>>,
    /// How many files of folders are of no kind that is wanted, by suffix.
    pub(crate) passed_over: BTreeMap<String, usize>,
}

/// The files named on the command line, and in place of folders the files in them that are of some kind. A file that is
/// named itself is taken whatever it is.
pub(crate) fn expand<K: Copy>(inputs: &[PathBuf], kind: impl Fn(&Path) -> Option<K>, kind_if_named: K) -> Inputs<K> {
    let kinds = RefCell::new(HashMap::new());
    let passed_over = RefCell::new(BTreeMap::new());
    let wanted = |path: &Path| {
        let kind = kind(path);
        match kind {
            Some(kind) => drop(kinds.borrow_mut().insert(path.to_owned(), kind)),
            None => *passed_over.borrow_mut().entry(suffix_for_people(path)).or_default() += 1,
        }
        kind.is_some()
    };
    let found: Vec<_> = inputs.iter().flat_map(|input| find(input, &wanted)).collect();
    let mut kinds = kinds.into_inner();
    let mut with_kind = |path: PathBuf| {
        let kind = kinds.remove(&path).or_else(|| kind(&path)).unwrap_or(kind_if_named);
        (path, kind)
    };
    Inputs {
        files: found.into_iter().map(|path| path.map(&mut with_kind)).collect(),
        passed_over: passed_over.into_inner(),
    }
}

/// A file's suffix, or that it has none that people would call one.
fn suffix_for_people(path: &Path) -> String {
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match suffix.len() {
        0 => "no suffix".into(),
        1..=8 if suffix.bytes().all(|b| b.is_ascii_alphanumeric()) => suffix,
        _ => "other".into(),
    }
}

/// Says on stderr what was passed over in folders.
pub(crate) fn tell_passed_over(passed_over: &BTreeMap<String, usize>) {
    if !passed_over.is_empty() {
        let kinds: Vec<String> = passed_over.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        tell(format_args!("passed over in folders: {}", kinds.join(", ")));
    }
}

/// Whether a file has a picture's suffix.
pub(crate) fn is_named_as_picture(path: &Path) -> bool {
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"].contains(&suffix.as_str())
}

/// Whether a file begins as a picture does, whatever its name.
pub(crate) fn begins_as_picture(path: &Path) -> bool {
    let mut begin = Vec::new();
    // A pipe may never end, and what is taken from it here is lost.
    let read = path.is_file().then(|| File::open(path).ok()?.take(18).read_to_end(&mut begin).ok()).flatten();
    read.is_some()
        && match begin.as_slice() {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', ..]
            | [0xff, 0xd8, 0xff, ..]
            | [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..]
            | [b'I', b'I', 42, 0, ..]
            | [b'M', b'M', 0, 42, ..]
            | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => true,
            // A bitmap: four bytes are zero, and its second header is of one of these lengths.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => true,
            _ => false,
        }
}

/// A line on stderr, if anybody listens.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
