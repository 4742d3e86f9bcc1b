//! Mailboxes: the mbox dialects, streamed.
//!
//! A message begins with a line `From …` that names an hour and a year and is followed by a header field: so it makes
//! no difference whether the writer escaped such lines in texts (mboxo, mboxrd: one `>` is taken off) or not (mboxcl2),
//! put an empty line before them, or forgot it. `Content-Length` is not relied on: it is wrong too often.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Result};

use rayon::prelude::*;

use super::document::Mail;
use super::kind::is_header_field;
use super::message;
use super::raw::Raw;
use crate::Error;

/// Longest piece of a line that is read at once.
///
/// Tuned (bytes): chosen by eye.
const PIECE_BYTES: u64 = 64 << 10;
/// Bytes of messages that are parsed together, in parallel: what bounds the memory of reading.
///
/// Tuned (bytes): chosen by eye; a mailbox of 2 GB is read in 38 MB.
const BATCH_BYTES: usize = 8 << 20;
/// Messages that are parsed together, at most.
///
/// Tuned (count): chosen by eye.
const BATCH_MESSAGES: usize = 1024;

/// Splits a mailbox into messages.
struct Splitter<R> {
    reader: R,
    /// A line that may begin a message: the next line decides.
    held: Vec<u8>,
    message: Option<Raw>,
    at_line_start: bool,
    done: bool,
}

impl<R: BufRead> Splitter<R> {
    fn new(reader: R) -> Self {
        Self { reader, held: Vec::new(), message: None, at_line_start: true, done: false }
    }

    fn next(&mut self) -> Option<Result<Raw>> {
        let mut line = Vec::new();
        while !self.done {
            line.clear();
            match (&mut self.reader).take(PIECE_BYTES).read_until(b'\n', &mut line) {
                Ok(0) => self.done = true,
                Ok(_) => {
                    if let Some(raw) = self.take(&line) {
                        return Some(Ok(raw));
                    }
                }
                Err(e) => {
                    self.done = true;
                    return Some(Err(e));
                }
            }
        }
        let held = std::mem::take(&mut self.held);
        if let Some(raw) = &mut self.message {
            raw.push(&held);
        }
        self.message.take().filter(|raw| !raw.bytes.is_empty()).map(Ok)
    }

    /// Takes a piece of a line; returns a message that it ends.
    fn take(&mut self, line: &[u8]) -> Option<Raw> {
        let starts_line = std::mem::replace(&mut self.at_line_start, line.ends_with(b"\n"));
        let mut ended = None;
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            if is_header_field(line) || line.starts_with(b">From ") {
                ended = self.message.replace(Raw::default()).filter(|raw| !raw.bytes.is_empty());
            } else if let Some(raw) = &mut self.message {
                raw.push(&held);
            }
        }
        if starts_line && line.starts_with(b"From ") && (self.message.is_none() || names_hour_and_year(line)) {
            if self.message.is_none() {
                self.message = Some(Raw::default());
            } else {
                self.held.extend_from_slice(line);
            }
            return ended;
        }
        if self.message.is_none() && !line.trim_ascii().is_empty() {
            // No `From_` line yet: whatever it is, whoever reads it will say.
            self.message = Some(Raw::default());
        }
        if let Some(raw) = &mut self.message {
            let quotes = line.iter().take_while(|&&b| b == b'>').count();
            let escaped = starts_line && quotes > 0 && line[quotes..].starts_with(b"From ");
            raw.push(&line[usize::from(escaped)..]);
        }
        ended
    }
}

/// Whether a line has a word like `09:12` and one like `2019`, as every `From_` line's date does.
fn names_hour_and_year(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace);
    let hour = |w: &[u8]| {
        let colon = w.iter().position(|&b| b == b':');
        colon.is_some_and(|c| {
            (1..=2).contains(&c) && w[..c].iter().chain(w.get(c + 1..c + 3).unwrap_or(b"x")).all(u8::is_ascii_digit)
        })
    };
    let year =
        |w: &[u8]| w.len() == 4 && (w.starts_with(b"19") || w.starts_with(b"20")) && w.iter().all(u8::is_ascii_digit);
    words.clone().any(hour) && words.any(year)
}

/// The mails of a mailbox.
pub(super) struct Mailbox<R> {
    at: String,
    splitter: Splitter<R>,
    count: usize,
    ready: VecDeque<std::result::Result<Mail, Error>>,
}

impl<R: BufRead> Mailbox<R> {
    pub(super) fn new(at: String, reader: R) -> Self {
        Self { at, splitter: Splitter::new(reader), count: 0, ready: VecDeque::new() }
    }

    fn refill(&mut self) {
        let (mut batch, mut bytes, mut failed) = (Vec::new(), 0, None);
        while batch.len() < BATCH_MESSAGES && bytes < BATCH_BYTES {
            match self.splitter.next() {
                Some(Ok(raw)) => {
                    bytes += raw.bytes.len();
                    self.count += 1;
                    batch.push((self.count, raw));
                }
                Some(Err(e)) => {
                    failed = Some(Error::input(format!("{} after message {}", self.at, self.count), e));
                    break;
                }
                None => break,
            }
        }
        let at = &self.at;
        let mails: Vec<Vec<_>> =
            batch.par_iter().map(|(k, raw)| message::read(raw, &format!("{at} message {k}"))).collect();
        self.ready.extend(mails.into_iter().flatten());
        self.ready.extend(failed.map(Err));
    }
}

impl<R: BufRead> Iterator for Mailbox<R> {
    type Item = std::result::Result<Mail, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // A batch may hold nothing to give only when it is the last.
        if self.ready.is_empty() && !self.splitter.done {
            self.refill();
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::mail::MAX_MESSAGE;

    fn split(text: &str) -> Vec<String> {
        let mut splitter = Splitter::new(text.as_bytes());
        let next = || splitter.next().map(|raw| String::from_utf8(raw.expect("no I/O").bytes).expect("ASCII"));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn every_dialect_splits_alike() {
        let first = "From gwen@larkfield.example.com Mon Mar  4 09:12:00 2019\nSubject: a\n\nText.\n";
        for separator in [
            "\nFrom - Fri Nov 15 16:03:27 2019\n",
            "\nFrom MAILER-DAEMON Fri Jul  8 12:08:34 2011\n",
            "\nFrom 1570@xxx Wed Jan 03 05:55:08 +0000 2018\n",
            "\nFrom ???@??? Mon Jan 05 10:32:00 1998\n",
            "\nFrom a b@example.com Fri Nov 15 16:03 CET 2019 remote from host\r\n",
            "From gwen@larkfield.example.com Mon Mar  4 09:12:00 2019\n",
        ] {
            let parts = split(&format!("{first}{separator}X-Status: b\n\nMore.\n"));
            assert_eq!(parts.len(), 2, "{separator:?}");
            assert!(parts[1].starts_with("X-Status: b\n\nMore."), "{separator:?}: {}", parts[1]);
        }
    }

    #[test]
    fn a_sentence_that_begins_with_from_is_no_message() {
        let text = "From x Mon Mar  4 09:12:00 2019\nSubject: a\n\n\
            From Tuesday onwards the door is locked at 19:30, as in 2019 it was.\nReally.\n\n\
            From the desk of Gwen:\nNo: not now.\n\n>From here on it was escaped.\n>>From was quoted.\n";
        let parts = split(text);
        assert_eq!(parts.len(), 1);
        assert!(parts[0].contains("\nFrom Tuesday") && parts[0].contains("\nFrom the desk"), "{}", parts[0]);
        assert!(parts[0].contains("\nFrom here") && parts[0].contains("\n>From was"), "{}", parts[0]);
    }

    #[test]
    fn a_long_message_is_cut_and_says_so() {
        let mut text = b"From x Mon Mar  4 09:12:00 2019\nSubject: a\n\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_MESSAGE + 100));
        text.extend(b"\nFrom x Mon Mar  4 09:12:00 2019\nSubject: b\n\nText.\n");
        let mut splitter = Splitter::new(&text[..]);
        let first = splitter.next().expect("two messages").expect("no I/O");
        assert_eq!((first.bytes.len(), first.cut_from), (MAX_MESSAGE, Some(MAX_MESSAGE as u64 + 113)));
        assert_eq!(splitter.next().expect("two messages").expect("no I/O").bytes, b"Subject: b\n\nText.\n");
        assert!(splitter.next().is_none());
    }
}
