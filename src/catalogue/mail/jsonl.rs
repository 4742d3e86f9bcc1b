//! JSON lines.

use std::io::{BufRead, Read};

use super::document::{MAX_LINE, MAX_TEXT, Mail};
use crate::Error;

/// One [`Mail`] a line.
pub(super) struct JsonLines<R> {
    name: String,
    reader: R,
    line: usize,
    failed: bool,
}

impl<R: BufRead> JsonLines<R> {
    pub(super) fn new(name: String, reader: R) -> Self {
        Self { name, reader, line: 0, failed: false }
    }

    /// Reads to the end of a line that is too long.
    fn pass_over(&mut self) -> std::io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let (used, done) = match memchr::memchr(b'\n', buffer) {
                Some(end) => (end + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.reader.consume(used);
            if done {
                return Ok(());
            }
        }
    }

    fn mail(&self, text: &[u8]) -> Result<Mail, Error> {
        let at = || format!("{} line {}", self.name, self.line);
        let mail: Mail = serde_json::from_slice(text).map_err(|e| Error::input(at(), e))?;
        if mail.body.len() > MAX_TEXT {
            let reason = format!("its text is {} bytes long, the limit is {MAX_TEXT}", mail.body.len());
            return Err(Error::input(at(), reason));
        }
        if mail.body.trim().is_empty() {
            let name = if mail.id.is_empty() { String::new() } else { format!(", mail {}", mail.id) };
            return Err(Error::input(at() + &name, "it has no text"));
        }
        Ok(mail)
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Mail, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = Vec::new();
        while !self.failed {
            self.line += 1;
            text.clear();
            let mut read = (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut text);
            let long = read.as_ref().is_ok_and(|&n| n as u64 == MAX_LINE && !text.ends_with(b"\n"));
            if long {
                text = Vec::new();
                read = self.pass_over().map(|()| 1);
            }
            match read {
                Ok(0) => return None,
                Ok(_) if long => {
                    let at = format!("{} line {}", self.name, self.line);
                    return Some(Err(Error::input(at, format!("it is longer than the limit of {MAX_LINE} bytes"))));
                }
                Ok(_) if text.trim_ascii().is_empty() => {}
                Ok(_) => return Some(self.mail(&text)),
                Err(e) => {
                    self.failed = true;
                    return Some(Err(Error::input(format!("{} line {}", self.name, self.line), e)));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_does_not_stop_the_others() {
        let mut text = b"{\"id\":\"a\",\"body\":\"x\"}\n\nnonsense\n".to_vec();
        text.extend(std::iter::repeat_n(b' ', MAX_LINE as usize + 5));
        text.extend(b"\n{\"body\":\"y\"}");
        let found: Vec<_> = JsonLines::new("f.jsonl".into(), &text[..]).collect();
        assert_eq!(found.len(), 4);
        let error = |k: usize| found[k].as_ref().expect_err("a bad line").to_string();
        assert!(error(1).contains("f.jsonl line 3"), "{}", error(1));
        assert!(error(2).contains("line 4") && error(2).contains("67108864"), "{}", error(2));
        assert_eq!(found[3].as_ref().expect("a good line").body, "y");
    }

    #[test]
    fn a_mail_that_is_written_is_read_as_it_was() {
        let mail = Mail {
            id: "memo \"1\"".into(),
            from: "Gwen Ashdown <gwen@larkfield.example.com>".into(),
            to: "P\u{e5}l, O\u{142}a".into(),
            date: "Mon, 4 Mar 2019 09:12".into(),
            subject: "Keys\tand\u{2028}locks".into(),
            body: "The door\nis locked \u{1f512} at 19:30.\r\n> Really?".into(),
            quoted: vec![[6, 8], [9, 12]],
        };
        let mails = [mail, Mail { body: "Only a body.".into(), ..Mail::default() }];
        let lines: Vec<u8> =
            mails.iter().flat_map(|mail| [serde_json::to_vec(mail).expect("text"), b"\n".to_vec()].concat()).collect();
        let found: Vec<Mail> =
            JsonLines::new("f.jsonl".into(), &lines[..]).collect::<Result<_, _>>().expect("what was written");
        assert_eq!(found, mails);
    }
}
