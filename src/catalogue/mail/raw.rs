//! A message's bytes, as they come from a file or a mailbox.

use std::io::{BufRead, Result};

use super::document::MAX_MESSAGE;

/// Room for a message before its length is known.
///
/// Tuned (bytes): chosen by eye; most plain messages have no more.
const USUAL_MESSAGE: usize = 4 << 10;

/// A message's bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    /// Its true length, if it was cut at [`MAX_MESSAGE`].
    pub(super) cut_from: Option<u64>,
}

impl Raw {
    /// Takes a whole file as one message.
    pub(super) fn fill(&mut self, reader: &mut impl BufRead) -> Result<()> {
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            self.push(buffer);
            let used = buffer.len();
            reader.consume(used);
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.bytes.is_empty() {
            // They come line by line.
            self.bytes.reserve(USUAL_MESSAGE.max(bytes.len()).min(MAX_MESSAGE));
        }
        let room = MAX_MESSAGE - self.bytes.len();
        if let Some(length) = &mut self.cut_from {
            *length += bytes.len() as u64;
        } else if bytes.len() > room {
            self.bytes.extend_from_slice(&bytes[..room]);
            self.cut_from = Some((MAX_MESSAGE + bytes.len() - room) as u64);
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes kept of pieces of these lengths, and the length that is told of a message that was cut.
    fn lengths(pieces: &[usize]) -> (usize, Option<u64>) {
        let mut raw = Raw::default();
        pieces.iter().for_each(|&length| raw.push(&vec![b'x'; length]));
        (raw.bytes.len(), raw.cut_from)
    }

    #[test]
    fn a_message_is_cut_at_its_limit_and_its_length_is_counted_on() {
        assert_eq!(lengths(&[]), (0, None));
        assert_eq!(lengths(&[MAX_MESSAGE - 1, 1]), (MAX_MESSAGE, None));
        assert_eq!(lengths(&[MAX_MESSAGE, 1]), (MAX_MESSAGE, Some(MAX_MESSAGE as u64 + 1)));
        assert_eq!(lengths(&[MAX_MESSAGE - 1, 5, 7]), (MAX_MESSAGE, Some(MAX_MESSAGE as u64 + 11)));
        assert_eq!(lengths(&[MAX_MESSAGE + 2, 0, 3]), (MAX_MESSAGE, Some(MAX_MESSAGE as u64 + 5)));
    }

    #[test]
    fn a_file_is_read_to_its_end() {
        let text = b"Subject: a\n\nText.\n".repeat(1000);
        let mut raw = Raw::default();
        raw.fill(&mut std::io::BufReader::with_capacity(7, &text[..])).expect("bytes in memory");
        assert_eq!(raw, Raw { bytes: text, cut_from: None });
    }
}
