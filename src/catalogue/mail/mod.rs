//! Mails in, from what people have: messages, mailboxes, folders of them, JSON lines; plain or compressed.
//!
//! [`read_mails`] reads one file mail by mail, in bounded memory however large the file is; [`find`] lists the files of a folder. A mail
//! that cannot be read is an error that names it and its reason, and the next one follows.
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
mod folder;
#[cfg(feature = "mail")]
mod html;
mod jsonl;
#[cfg(feature = "mail")]
mod mbox;
#[cfg(feature = "mail")]
mod message;
#[cfg(feature = "mail")]
mod plain;
mod quoted;

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

pub use self::folder::{Found, find, is_mail_file};
pub(super) use self::quoted::quoted_words;
use crate::Error;

/// A mail's text. Only `body` is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Mail {
    /// Its name in answers: unique in a catalogue. Empty: a hash of the body's words becomes its name.
    #[serde(default)]
    pub id: String,
    /// Sender as shown: `Name <address>`.
    #[serde(default)]
    pub from: String,
    /// Recipients as shown.
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
    /// Words of the body that quote another mail, as half-open ranges, where the text itself does not show it (a quotation in HTML).
    /// Quotations marked in the text (`>`, "Original Message") are found at enrolment.
    #[serde(default)]
    pub quoted: Vec<[u32; 2]>,
}

/// Longest line of a JSON-lines file, in bytes.
pub const MAX_LINE: u64 = 64 << 20;
/// Longest text of one mail, in bytes: more than a million words. Longer ones are an error.
pub const MAX_TEXT: usize = 8 << 20;
/// Bytes of one message that are looked at; of a longer one only what is cut off is lost, mostly attachments.
pub const MAX_MESSAGE: usize = 32 << 20;

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
/// A mail that cannot be read is one `Err`; the next ones follow. A file without any mail gives an `Err`, too. Messages of a mailbox are parsed in parallel, some megabytes at a time.
///
/// # Errors
///
/// [`Error::Io`] if the file cannot be opened, [`Error::Input`] if it is of no format that is read here.
pub fn read_mails(path: &Path) -> Result<Mails, Error> {
    let kind = Kind::of(path)?;
    let (mut reader, position) = compressed::open(path)?;
    let kind = match kind {
        Some(kind) => kind,
        None => Kind::sniff(path, reader.fill_buf().map_err(Error::io(path))?)?,
    };
    let at = path.display().to_string();
    let mails: Box<dyn Iterator<Item = _> + Send> = match kind {
        Kind::Lines => Box::new(jsonl::JsonLines::new(at.clone(), reader)),
        kind => messages(kind, at.clone(), reader)?,
    };
    Ok(Mails { empty: Some(at), mails, position })
}

/// Reads one message (RFC 5322) from memory, and those attached to it; `name` is its name in errors. Never empty: what is no message, or
/// has no text, is an error.
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
    let mut raw = mbox::Raw::default();
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
    let mut raw = mbox::Raw::default();
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

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// JSON lines.
    Lines,
    /// One message.
    Message,
    /// An mbox.
    Mailbox,
}

impl Kind {
    /// By the file's name; `None` if it does not tell.
    fn of(path: &Path) -> Result<Option<Self>, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let name = compressed::SUFFIXES.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(&name);
        let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        Ok(match suffix {
            "jsonl" => Some(Self::Lines),
            "eml" => Some(Self::Message),
            "mbox" | "mbx" => Some(Self::Mailbox),
            "pst" | "ost" => {
                let reason = "Outlook's own store is not read: convert it with `readpst -e -o FOLDER FILE` (pst-utils) and enrol the folder";
                return Err(Error::input(path.display().to_string(), reason));
            }
            "msg" => {
                let reason = "Outlook's own message format is not read: convert it with `msgconvert FILE` (libemail-outlook-message-perl) and enrol the .eml";
                return Err(Error::input(path.display().to_string(), reason));
            }
            _ if folder::in_maildir(path) => Some(Self::Message),
            _ => None,
        })
    }

    /// By the file's first bytes.
    fn sniff(path: &Path, begin: &[u8]) -> Result<Self, Error> {
        let line = begin.split(|&b| b == b'\n').next().unwrap_or_default();
        match line {
            [b'F', b'r', b'o', b'm', b' ', ..] => Ok(Self::Mailbox),
            [b'{', ..] => Ok(Self::Lines),
            line if is_header_field(line) => Ok(Self::Message),
            _ => {
                let reason = "neither a message nor a mailbox nor JSON lines: its name has no suffix of those, and it begins like none";
                Err(Error::input(path.display().to_string(), reason))
            }
        }
    }
}

/// Whether a line begins as a header field does: a name and a colon (RFC 5322, section 2.2), as real ones look.
fn is_header_field(line: &[u8]) -> bool {
    let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    (1..=76).contains(&name) && line[0].is_ascii_alphabetic() && line.get(name) == Some(&b':')
}
