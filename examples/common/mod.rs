//! What the example programs share: files and folders given on the command line.

use std::path::{Path, PathBuf};

/// Files named on the command line, folders replaced by the files in them that `wanted` takes (recursively, sorted).
pub(crate) fn expand(inputs: &[PathBuf], wanted: impl Fn(&Path) -> bool + Copy) -> Vec<PathBuf> {
    inputs
        .iter()
        .flat_map(|input| if input.is_dir() { files_below(input, wanted) } else { vec![input.clone()] })
        .collect()
}

fn files_below(folder: &Path, wanted: impl Fn(&Path) -> bool + Copy) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|e| Some(e.ok()?.path())).collect(),
        Err(e) => {
            eprintln!("{}: {e}", folder.display());
            return Vec::new();
        }
    };
    entries.sort_unstable();
    let mut files = Vec::new();
    for path in entries {
        // Links to folders are not followed: they may lead in circles.
        if path.is_dir() && !path.is_symlink() {
            files.extend(files_below(&path, wanted));
        } else if path.is_file() && wanted(&path) {
            files.push(path);
        }
    }
    files
}

/// Whether a file has a picture's suffix.
pub(crate) fn is_picture(path: &Path) -> bool {
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"].contains(&suffix.as_str())
}
