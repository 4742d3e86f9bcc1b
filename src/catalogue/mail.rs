//! Mails in: JSON lines, plain or xz-compressed; with the feature `mail`, also `.eml` and `.mbox`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use crate::Error;

/// A mail's text. Only `id` and `body` are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Mail {
    /// Its name in answers: unique in a catalogue.
    pub id: String,
    /// Sender.
    #[serde(default)]
    pub from: String,
    /// Recipients.
    #[serde(default)]
    pub to: String,
    /// Date as written.
    #[serde(default)]
    pub date: String,
    /// Subject.
    #[serde(default)]
    pub subject: String,
    /// The body's text; its words are what a picture is compared with.
    pub body: String,
}

/// Longest line of a JSON-lines file, in bytes.
const MAX_LINE: u64 = 64 << 20;

/// Reads the mails of a file one by one, by its suffix: `.jsonl`, `.jsonl.xz`, `.eml`, `.mbox`.
///
/// A mail that cannot be read is one `Err`; the next ones follow.
///
/// # Errors
///
/// [`Error::Io`] if the file cannot be opened, [`Error::Input`] for another suffix.
pub fn read_mails(path: &Path) -> Result<Box<dyn Iterator<Item = Result<Mail, Error>>>, Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let file = File::open(path).map_err(Error::io(path))?;
    if name.ends_with(".jsonl") {
        Ok(Box::new(JsonLines::new(path, BufReader::new(file))))
    } else if name.ends_with(".jsonl.xz") {
        let reader = lzma_rust2::XzReader::new(BufReader::new(file), true);
        Ok(Box::new(JsonLines::new(path, BufReader::new(reader))))
    } else {
        messages(path, &name, file)
    }
}

/// Whether [`read_mails`] takes files of this name.
#[must_use]
pub fn is_mail_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let messages = cfg!(feature = "mail") && (name.ends_with(".eml") || name.ends_with(".mbox"));
    name.ends_with(".jsonl") || name.ends_with(".jsonl.xz") || messages
}

struct JsonLines<R> {
    name: String,
    reader: R,
    line: usize,
    failed: bool,
}

impl<R: BufRead> JsonLines<R> {
    fn new(path: &Path, reader: R) -> Self {
        Self { name: path.display().to_string(), reader, line: 0, failed: false }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Mail, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = Vec::new();
        while !self.failed {
            self.line += 1;
            text.clear();
            let at = format!("{} line {}", self.name, self.line);
            match (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(n) if n as u64 == MAX_LINE => {
                    self.failed = true;
                    return Some(Err(Error::Limit {
                        what: "length of a line in bytes",
                        value: MAX_LINE,
                        limit: MAX_LINE - 1,
                    }));
                }
                Ok(_) if text.trim_ascii().is_empty() => {}
                Ok(_) => {
                    return Some(serde_json::from_slice(&text).map_err(|e| Error::input(at, e)));
                }
                Err(e) => {
                    self.failed = true;
                    return Some(Err(Error::input(at, e)));
                }
            }
        }
        None
    }
}

#[cfg(not(feature = "mail"))]
fn messages(path: &Path, _: &str, _: File) -> Result<Box<dyn Iterator<Item = Result<Mail, Error>>>, Error> {
    Err(Error::input(
        path.display().to_string(),
        "not a .jsonl or .jsonl.xz file (.eml and .mbox need the feature `mail`)",
    ))
}

#[cfg(feature = "mail")]
fn messages(path: &Path, name: &str, mut file: File) -> Result<Box<dyn Iterator<Item = Result<Mail, Error>>>, Error> {
    use mail_parser::mailbox::mbox::MessageIterator;

    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if name.ends_with(".eml") {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::io(path))?;
        return Ok(Box::new(std::iter::once(message(&bytes, &stem))));
    }
    if name.ends_with(".mbox") {
        let at = path.display().to_string();
        let found = MessageIterator::new(BufReader::new(file)).enumerate().map(move |(k, raw)| {
            let raw = raw.map_err(|e| Error::input(format!("{at} message {}", k + 1), format!("{e:?}")))?;
            message(raw.contents(), &format!("{stem}:{}", k + 1))
        });
        return Ok(Box::new(found));
    }
    Err(Error::input(path.display().to_string(), "not a .jsonl, .jsonl.xz, .eml or .mbox file"))
}

/// A message's text as a client shows it; its id is the Message-ID, else `fallback`.
#[cfg(feature = "mail")]
fn message(bytes: &[u8], fallback: &str) -> Result<Mail, Error> {
    use mail_parser::MessageParser;

    let unreadable = |reason: &str| Error::input(format!("message {fallback}"), reason);
    let message = MessageParser::default().parse(bytes).ok_or_else(|| unreadable("it has no header"))?;
    let body = message.body_text(0).ok_or_else(|| unreadable("it has no text"))?.into_owned();
    let people = |list: Option<&mail_parser::Address<'_>>| {
        let names = list.into_iter().flat_map(|a| a.iter().filter_map(|p| p.name().or(p.address())));
        names.collect::<Vec<_>>().join(", ")
    };
    Ok(Mail {
        id: message.message_id().unwrap_or(fallback).to_owned(),
        from: people(message.from()),
        to: people(message.to()),
        date: message.date().map(ToString::to_string).unwrap_or_default(),
        subject: message.subject().unwrap_or_default().to_owned(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_does_not_stop_the_others() {
        let text = b"{\"id\":\"a\",\"body\":\"x\"}\n\nnonsense\n{\"id\":\"b\",\"body\":\"y\"}";
        let found: Vec<_> = JsonLines::new(Path::new("f.jsonl"), &text[..]).collect();
        assert_eq!(found.len(), 3);
        let error = found[1].as_ref().expect_err("no JSON").to_string();
        assert!(error.contains("f.jsonl line 3"), "{error}");
        assert_eq!(found[2].as_ref().expect("a good line").id, "b");
    }
}
