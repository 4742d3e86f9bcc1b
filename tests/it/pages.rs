//! The pages: short lines, links and paths that lead somewhere, an index of all records, checksums of what is embedded.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Columns of a page's lines.
const COLUMNS: usize = 100;
/// Lines of the page that is read first.
const ARCHITECTURE_LINES: usize = 250;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths of the pages with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = |name: &str| fs::read_dir(root().join(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = folder("docs").chain(folder("docs/results")).collect();
    paths.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name)));
    paths.retain(|path| path.extension().is_some_and(|e| e == "md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What stands between two marks, wherever it does within one line.
fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    let line = move |line: &'t str| line.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0));
    text.lines().flat_map(line)
}

#[test]
fn lines_are_short() {
    for (path, text) in pages() {
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            assert!(columns <= COLUMNS, "{}, line {}: {columns} columns", path.display(), number + 1);
        }
    }
    let lines = fs::read_to_string(root().join("docs/architecture.md")).unwrap().lines().count();
    assert!(lines <= ARCHITECTURE_LINES, "{lines} lines");
}

#[test]
fn links_lead_to_files() {
    for (path, text) in pages() {
        let folder = path.parent().unwrap();
        let definitions = text.lines().filter(|l| l.starts_with('[')).filter_map(|l| Some(l.split_once("]: ")?.1));
        let links = between(&text, "](", ")").chain(definitions);
        for link in links.filter(|link| !link.starts_with('#') && !link.contains("://")) {
            let file = link.split('#').next().unwrap();
            assert!(folder.join(file).exists(), "{}: {link}", path.display());
        }
    }
}

/// Paths of source that a page names, but those of records, which say what was there on their day.
#[test]
fn paths_that_are_named_exist() {
    // Of a published package some folders are left out.
    let there: Vec<&str> = ["src/", "docs/", "examples/", "tests/", "testdata/", "benches/", "fuzz/", ".ci/"]
        .into_iter()
        .filter(|folder| root().join(folder).exists())
        .collect();
    for (path, text) in pages() {
        if path.file_name().unwrap().to_str().unwrap().starts_with("20") {
            continue;
        }
        for named in between(&text, "`", "`") {
            let is_path = there.iter().any(|folder| named.starts_with(folder)) && !named.contains([' ', '*', 'N']);
            assert!(!is_path || named.contains("YYYY") || root().join(named).exists(), "{}: {named}", path.display());
        }
    }
}

#[test]
fn the_index_lists_every_record() {
    let index = fs::read_to_string(root().join("docs/results/README.md")).unwrap();
    for (path, text) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.ends_with(Path::new("docs/results").join(name)) && name != "README.md" {
            assert!(index.contains(&format!("]: {name}")), "{name} is missing in the index");
            assert!(text.contains(&format!("| date, commit | {}", &name[..10])), "{name}: its date");
        }
    }
}

/// The atlas' bytes are what the page says: they came from where it says. (The nets have a test of their own.)
#[test]
fn the_atlas_has_its_recorded_checksum() {
    let page = fs::read_to_string(root().join("docs/format.md")).unwrap();
    let bytes = fs::read(root().join("src/catalogue/atlas.bin")).unwrap();
    let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let row = format!("| `atlas.bin` | {} | `{sum}` |", bytes.len());
    assert!(page.contains(&row), "docs/format.md lacks the row {row}");
}
