//! What the example programs share: files and folders given on the command line.

use std::path::{Path, PathBuf};

use leakprint::catalogue::mail::{Found, find};

/// Files named on the command line, folders replaced by the files in them that `wanted` takes; what cannot be read is an error in its place.
pub(crate) fn expand(inputs: &[PathBuf], wanted: fn(&Path) -> bool) -> Vec<Found> {
    inputs.iter().flat_map(|input| find(input, &wanted)).collect()
}

/// Whether a file has a picture's suffix.
pub(crate) fn is_picture(path: &Path) -> bool {
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"].contains(&suffix.as_str())
}
