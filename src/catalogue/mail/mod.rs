//! Mails in, from what people have: messages, mailboxes, folders of them, JSON lines; plain or compressed.
//!
//! [`read_mails`] reads one file mail by mail, in bounded memory however large the file is; [`find`] lists the files of
//! a folder. A mail that cannot be read is an error that names it and its reason, and the next one follows.
//!
//! | file | what |
//! |---|---|
//! | `.eml` | one RFC 5322 message (feature `mail`) |
//! | `.mbox`, `.mbx` | a mailbox in any of the mbox dialects (feature `mail`) |
//! | in a Maildir's `cur` and `new` | one message each (feature `mail`) |
//! | `.jsonl` | [`Mail`]s, one JSON object a line |
//! | any of these with `.xz`, `.gz`, `.zst` | the same, compressed |
//! | another name | by its first bytes: a mailbox begins with `From `, a message with a header field |
//! | `.pst`, `.ost`, `.msg` | an error that says how to convert them |

mod compressed;
mod document;
mod folder;
#[cfg(feature = "mail")]
mod hidden;
#[cfg(feature = "mail")]
mod html;
mod jsonl;
mod kind;
#[cfg(feature = "mail")]
mod mbox;
#[cfg(feature = "mail")]
mod message;
#[cfg(all(test, feature = "mail"))]
mod nesting_tests;
#[cfg(feature = "mail")]
mod plain;
mod quoted;
#[cfg(feature = "mail")]
mod raw;

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::document::{MAX_LINE, MAX_MESSAGE, MAX_TEXT, Mail};
pub use self::folder::{FoundFile, find, is_mail_file};
use self::kind::Kind;
pub(super) use self::quoted::quoted_words;
use crate::Error;

/// The mails of a file, one by one: see [`read_mails`].
pub struct Mails {
    /// The file's name, until it has given something.
    empty: Option<String>,
    mails: Box<dyn Iterator<Item = Result<Mail, Error>> + Send>,
    position: Arc<AtomicU64>,
}

impl Mails {
    /// Bytes of the file read so far, before decompression: for a progress bar.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Mails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mails").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl Iterator for Mails {
    type Item = Result<Mail, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.mails.next() {
            None => self.empty.take().map(|name| Err(Error::input(name, "it holds no mail"))),
            mail => {
                self.empty = None;
                mail
            }
        }
    }
}

/// Reads the mails of a file one by one; the [module](self) lists the formats.
///
/// A mail that cannot be read is one `Err`; the next ones follow. A file without any mail gives an `Err`, too. Messages
/// of a mailbox are parsed in parallel, some megabytes at a time.
///
/// # Errors
///
/// [`Error::Io`] if the file cannot be opened, [`Error::Input`] if it is of no format that is read here.
pub fn read_mails(path: &Path) -> Result<Mails, Error> {
    let kind = Kind::from_name(path)?;
    let (mut reader, position) = compressed::open(path)?;
    let kind = match kind {
        Some(kind) => kind,
        None => Kind::from_first_bytes(path, reader.fill_buf().map_err(Error::io(path))?)?,
    };
    let at = path.display().to_string();
    let mails: Box<dyn Iterator<Item = _> + Send> = match kind {
        Kind::Lines => Box::new(jsonl::JsonLines::new(at.clone(), reader)),
        kind => messages(kind, at.clone(), reader)?,
    };
    Ok(Mails { empty: Some(at), mails, position })
}

/// Reads one message (RFC 5322) from memory, and those attached to it; `name` is its name in errors. Never empty: what
/// is no message, or has no text, is an error.
///
/// ```
/// use leakprint::catalogue::mail::read_message;
///
/// let found = read_message(b"Subject: Tunnel\nContent-Type: text/html\n\n<p>It opens in <b>May</b>.", "a message");
/// let mail = found[0].as_ref().expect("it has text");
/// assert_eq!((mail.subject.as_str(), mail.body.trim()), ("Tunnel", "It opens in May."));
/// ```
#[cfg(feature = "mail")]
#[must_use]
pub fn read_message(bytes: &[u8], name: &str) -> Vec<Result<Mail, Error>> {
    let mut raw = raw::Raw::default();
    raw.push(bytes);
    message::read(&raw, name)
}

#[cfg(feature = "mail")]
fn messages(
    kind: Kind,
    at: String,
    mut reader: Box<dyn BufRead + Send>,
) -> Result<Box<dyn Iterator<Item = Result<Mail, Error>> + Send>, Error> {
    if kind == Kind::Mailbox {
        return Ok(Box::new(mbox::Mailbox::new(at, reader)));
    }
    let mut raw = raw::Raw::default();
    raw.fill(&mut reader).map_err(|e| Error::input(&at, e))?;
    Ok(Box::new(message::read(&raw, &at).into_iter()))
}

#[cfg(not(feature = "mail"))]
fn messages(
    _: Kind,
    at: String,
    _: Box<dyn BufRead + Send>,
) -> Result<Box<dyn Iterator<Item = Result<Mail, Error>> + Send>, Error> {
    Err(Error::input(at, "messages and mailboxes need the crate's feature `mail`"))
}
