//! `docs/tunables.md` lists every tuned number of the code: `BLESS=1 cargo test tunables` writes it anew.
//!
//! A tuned number is a constant, or a field of a struct with an `impl Default`, whose doc comment holds the line
//! `/// Tuned (UNIT): EVIDENCE`, which may go on until an empty one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/tunables.md";

/// Stages in the order of the data's way; others follow by name.
const STAGES: [(&str, &str); 10] = [
    ("raster", "bytes to pixels"),
    ("page", "pixels to lines and words"),
    ("fingerprint", "words to codes"),
    ("index", "what is reckoned and written when mails are enrolled"),
    ("search", "codes to documents that may hold them"),
    ("significance", "documents to those that chance reaches seldom"),
    ("align", "candidates to alignments"),
    ("verdict", "alignments to matches"),
    ("catalogue", "mails to words and codes"),
    ("simd", "kernels"),
];

/// Columns of the page.
const WIDTH: usize = 100;

#[derive(Debug, PartialEq, Eq)]
struct Tunable {
    name: String,
    value: String,
    unit: String,
    evidence: String,
}

#[test]
fn tunables_are_those_of_the_page() {
    let (files, problems) = tunables();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let written = page(&files);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &written).unwrap();
    }
    let golden = std::fs::read_to_string(PAGE).unwrap();
    let differing = written.lines().zip(golden.lines()).find(|(a, b)| a != b);
    let line = differing.map_or("one of them is longer", |(a, _)| a);
    assert!(written == golden, "{PAGE} is not what the code says (`BLESS=1 cargo test tunables` writes it): {line}");
}

/// The tuned numbers of each file of `src` that has some, and what could not be understood.
fn tunables() -> (BTreeMap<PathBuf, Vec<Tunable>>, Vec<String>) {
    let mut paths = Vec::new();
    collect("src".as_ref(), &mut paths);
    let sources: BTreeMap<PathBuf, String> =
        paths.into_iter().map(|p| (p.clone(), std::fs::read_to_string(&p).unwrap())).collect();
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for (path, source) in &sources {
        let mut found = Vec::new();
        for tunable in read(source, |name| default_of(name, source, &sources)) {
            match tunable {
                Ok(tunable) => found.push(tunable),
                Err(problem) => problems.push(format!("{}: {problem}", path.display())),
            }
        }
        if !found.is_empty() {
            files.insert(path.strip_prefix("src").unwrap().to_owned(), found);
        }
    }
    (files, problems)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|e| e == "rs") {
            paths.push(path);
        }
    }
}

/// The body of a struct's `impl Default`: in its own file if it is there.
fn default_of<'s>(name: &str, own: &'s str, sources: &'s BTreeMap<PathBuf, String>) -> Option<&'s str> {
    let head = format!("impl Default for {name} {{");
    let source = std::iter::once(own).chain(sources.values().map(String::as_str)).find(|s| s.contains(&head))?;
    let body = &source[source.find(&head)? + head.len()..];
    Some(&body[..until(body, '}')?])
}

/// The tuned numbers of one file; `default` finds the body of a struct's `impl Default`.
fn read<'s>(source: &str, default: impl Fn(&str) -> Option<&'s str>) -> Vec<Result<Tunable, String>> {
    let mut found = Vec::new();
    let mut structure = String::new();
    // The line that is being read: its unit and evidence, and whether the evidence is still going on.
    let mut tuned: Option<(String, String, bool)> = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let (at, text) = (start, line.trim());
        start += line.len();
        if let Some(doc) = text.strip_prefix("///") {
            let doc = doc.trim();
            if let Some(head) = doc.strip_prefix("Tuned").filter(|h| h.starts_with(" (") || h.starts_with(['(', ':'])) {
                let parts = head.strip_prefix(" (").and_then(|h| h.split_once("):"));
                match parts {
                    Some((unit, evidence)) if tuned.is_none() => {
                        tuned = Some((unit.to_owned(), evidence.trim().to_owned(), true));
                    }
                    _ => found.push(Err(format!("not of the form `Tuned (UNIT): EVIDENCE`: {doc}"))),
                }
            } else if let Some((_, evidence, going_on)) = &mut tuned {
                *going_on &= !doc.is_empty();
                if *going_on {
                    evidence.push(' ');
                    evidence.push_str(doc);
                }
            }
            continue;
        }
        if let Some(name) = name_after(text, "struct ") {
            structure = name.to_owned();
        }
        // Attributes may stand between a comment and its item, on several lines.
        let attribute = text.starts_with("#[") || !text.is_empty() && ")]}".contains(&text[..1]) && tuned.is_some();
        if attribute {
            continue;
        }
        let Some((unit, evidence, _)) = tuned.take() else { continue };
        let named = name_after(text, "const ").map_or_else(
            || {
                let name = text.split_once(':').map_or(text, |(n, _)| n).rsplit(' ').next().unwrap_or_default();
                let value = default(&structure).and_then(|body| field(body, name));
                value.map(|v| (format!("{structure}::{name}"), v))
            },
            |name| constant(&source[at..]).map(|v| (name.to_owned(), v)),
        );
        found.push(match named {
            Some((name, value)) if !unit.is_empty() && !evidence.is_empty() => {
                Ok(Tunable { name, value, unit, evidence: plain(&evidence) })
            }
            Some((name, _)) => Err(format!("{name} lacks its unit or its evidence")),
            None => Err(format!("neither a constant nor a field of a struct with an `impl Default`: {text}")),
        });
    }
    found
}

/// The identifier after a keyword, if a line declares one.
fn name_after<'t>(text: &'t str, keyword: &str) -> Option<&'t str> {
    let (before, after) = text.split_once(keyword)?;
    let visibility = before.trim();
    let declares = visibility.is_empty() || visibility.starts_with("pub");
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
    (declares && end > 0).then_some(&after[..end])
}

/// A constant's value, from its declaration on.
fn constant(source: &str) -> Option<String> {
    let equals = until(source, '=')?;
    let value = &source[equals + 1..];
    Some(shown(&value[..until(value, ';')?]))
}

/// A field's value in the body of an `impl Default`.
fn field(body: &str, name: &str) -> Option<String> {
    let key = format!("{name}:");
    let begins = |at: usize| body[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let at = body.match_indices(&key).map(|(at, _)| at).find(|&at| begins(at))?;
    let value = &body[at + key.len()..];
    let end = [until(value, ','), until(value, '}')].into_iter().flatten().min()?;
    Some(shown(&value[..end]))
}

/// Where `end` stands outside of brackets and comments.
fn until(text: &str, end: char) -> Option<usize> {
    let (mut depth, mut comment, mut last) = (0, false, ' ');
    for (at, c) in text.char_indices() {
        comment = if comment { c != '\n' } else { c == '/' && last == '/' };
        if !comment {
            match c {
                _ if depth == 0 && c == end => return Some(at),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth -= 1,
                _ => {}
            }
        }
        last = c;
    }
    None
}

/// A value on one line, without comments; of long ones, the beginning.
fn shown(value: &str) -> String {
    let lines = value.lines().map(|l| l.split("//").next().unwrap_or(l).trim());
    let joined = lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    let tidy = joined.replace("[ ", "[").replace(", ]", "]");
    match tidy.char_indices().nth(70) {
        Some((cut, _)) => {
            let cut = tidy[..cut].rfind([',', ' ']).unwrap_or(cut);
            format!("{} …", &tidy[..cut])
        }
        None => tidy,
    }
}

/// Evidence as a sentence, its links to items as names.
fn plain(evidence: &str) -> String {
    let mut text = String::new();
    let mut rest = evidence;
    while let Some((before, link)) = rest.split_once("[`") {
        let Some((name, after)) = link.split_once("`]") else { break };
        text.push_str(before);
        text.push_str(&format!("`{name}`"));
        let target = after.strip_prefix('(').and_then(|a| a.find(')'));
        rest = target.map_or(after, |end| &after[end + 2..]);
    }
    text.push_str(rest);
    let mut letters = text.trim_end_matches('.').chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// A file's path and tuned numbers.
type File<'f> = (&'f PathBuf, &'f [Tunable]);

fn page(files: &BTreeMap<PathBuf, Vec<Tunable>>) -> String {
    let mut stages: BTreeMap<(usize, String), Vec<File<'_>>> = BTreeMap::new();
    for (path, tunables) in files {
        let folder = path.iter().next().filter(|_| path.iter().count() > 1);
        let name = folder.map_or(String::new(), |f| f.to_string_lossy().into_owned());
        let order = STAGES.iter().position(|s| s.0 == name).unwrap_or(STAGES.len());
        stages.entry((order, name)).or_default().push((path, tunables.as_slice()));
    }
    let all = || files.values().flatten();
    let by_eye = all().filter(|t| t.evidence.to_lowercase().contains("by eye")).count();
    let mut out = String::from("# Tuned numbers\n\n");
    let about = format!(
        "Numbers that somebody chose and could have chosen otherwise: {}, of which {by_eye} were chosen by eye. This page \
         is made from the doc comments of the code (`BLESS=1 cargo test tunables`), and a test compares the two. Each \
         entry has the number's name, its value and unit, and how it was chosen. x-heights (`XH`) are those of the line \
         at hand; pixels are the picture's.",
        all().count()
    );
    wrap(&mut out, &about, "", "");
    for ((order, name), files) in stages {
        let title = match STAGES.get(order) {
            Some((name, about)) => format!("`{name}`: {about}"),
            None if name.is_empty() => "The crate's own files".to_owned(),
            None => format!("`{name}`"),
        };
        let _ = write!(out, "\n## {title}\n");
        for (path, tunables) in files {
            let parts: Vec<_> = path.iter().map(|p| p.to_string_lossy()).collect();
            let _ = write!(out, "\n### `{}`\n\n", parts.join("/"));
            for Tunable { name, value, unit, evidence } in tunables {
                wrap(&mut out, &format!("`{name}` = `{value}` {unit}. {evidence}"), "* ", "  ");
            }
        }
    }
    out
}

/// Text in lines of at most [`WIDTH`] columns; what stands in backticks stays on one line.
fn wrap(out: &mut String, text: &str, first: &str, other: &str) {
    let (mut line, mut columns, mut quoted) = (first.to_owned(), first.chars().count(), false);
    let words = text.split(|c: char| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    });
    for (k, word) in words.enumerate() {
        let length = word.chars().count();
        if k > 0 && columns + 1 + length > WIDTH {
            out.push_str(&line);
            out.push('\n');
            (line, columns) = (other.to_owned(), other.chars().count());
        } else if k > 0 {
            line.push(' ');
            columns += 1;
        }
        line.push_str(word);
        columns += length;
    }
    out.push_str(&line);
    out.push('\n');
}

#[test]
fn tunables_are_read_from_constants_and_fields() {
    let source = "
/// Widest gap.
///
/// Tuned (x-heights): by eye on
/// forty pictures, see [`Page`](crate::page::Page) and [`Line`]
///
/// At 3× nothing changes.
#[allow(dead_code)]
pub(crate) const MOST_XH: f32 = 0.5; // half
    /// Tuned (nats): from 3 to 5 recall is the same.
    const TABLE: [(f32, u8); 2] = [
        // Steep.
        (1.0, 2),
        (2.0, 3),
    ];
/// Tuned (pixels):
const NONE: u8 = 1;
/// Tuned: something
const WRONG: u8 = 1;
/// Settings.
pub struct Some {
    /// Cap.
    ///
    /// Tuned (documents): chosen by eye
    pub most: usize,
    /// Tuned (share): measured.
    pub share: f32,
}
/// Tuned (words): measured.
fn words() {}
";
    let body = " fn default() -> Self { Self { at_most: 1, most: 3 * (2 + 1), share: 0.25 } } ";
    let read = read(source, |name| (name == "Some").then_some(body));
    let show = |t: &Result<Tunable, String>| match t {
        Ok(t) => format!("{} = {} {}: {}", t.name, t.value, t.unit, t.evidence),
        Err(e) => format!("wrong: {e}"),
    };
    let expected = [
        "MOST_XH = 0.5 x-heights: By eye on forty pictures, see `Page` and `Line`.",
        "TABLE = [(1.0, 2), (2.0, 3)] nats: From 3 to 5 recall is the same.",
        "wrong: NONE lacks its unit or its evidence",
        "wrong: not of the form `Tuned (UNIT): EVIDENCE`: Tuned: something",
        "Some::most = 3 * (2 + 1) documents: Chosen by eye.",
        "Some::share = 0.25 share: Measured.",
        "wrong: neither a constant nor a field of a struct with an `impl Default`: fn words() {}",
    ];
    assert_eq!(read.iter().map(show).collect::<Vec<_>>(), expected);
}
