//! What a file holds: told by its name, or by its first bytes.

use std::path::Path;

use super::compressed;
use crate::Error;

/// Longest name of a header field.
///
/// Tuned (bytes): chosen by eye.
const MAX_FIELD_NAME: usize = 76;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// JSON lines.
    Lines,
    /// One message.
    Message,
    /// An mbox.
    Mailbox,
}

impl Kind {
    /// By the file's name; `None` if it does not tell.
    pub(super) fn from_name(path: &Path) -> Result<Option<Self>, Error> {
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
            _ if in_maildir(path) => Some(Self::Message),
            _ => None,
        })
    }

    /// By the file's first bytes.
    pub(super) fn from_first_bytes(path: &Path, begin: &[u8]) -> Result<Self, Error> {
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
pub(super) fn is_header_field(line: &[u8]) -> bool {
    let name = line.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    (1..=MAX_FIELD_NAME).contains(&name) && line[0].is_ascii_alphabetic() && line.get(name) == Some(&b':')
}

/// Whether a file is a message of a Maildir: beside its folder, `cur` or `new`, are the other one and `tmp`.
pub(super) fn in_maildir(path: &Path) -> bool {
    let Some(folder) = path.parent() else {
        return false;
    };
    matches!(folder.file_name().and_then(|n| n.to_str()), Some("cur" | "new"))
        && ["cur", "new", "tmp"].iter().all(|name| folder.with_file_name(name).is_dir())
        && !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kinds_whatever_their_compression() {
        for (name, kind) in [
            ("a.eml", Some(Kind::Message)),
            ("A.EML.GZ", Some(Kind::Message)),
            ("a.mbox.xz", Some(Kind::Mailbox)),
            ("b.mbx", Some(Kind::Mailbox)),
            ("c.jsonl.zst", Some(Kind::Lines)),
            ("Inbox", None),
            ("notes.txt", None),
            ("eml", None),
            ("a.eml.bak", None),
        ] {
            assert_eq!(Kind::from_name(name.as_ref()).expect(name), kind, "{name}");
        }
        for (name, converter) in [("a.pst", "readpst"), ("b.OST.gz", "readpst"), ("c.msg", "msgconvert")] {
            let error = Kind::from_name(name.as_ref()).expect_err(name).to_string();
            assert!(error.contains(converter) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn first_bytes_tell_kinds() {
        let kind = |begin: &[u8]| Kind::from_first_bytes("x".as_ref(), begin).ok();
        assert_eq!(kind(b"From gwen@larkfield.example.com Mon Mar  4 09:12:00 2019\n"), Some(Kind::Mailbox));
        assert_eq!(kind(b"From: gwen@larkfield.example.com\n"), Some(Kind::Message));
        assert_eq!(kind(b"X-Mailer_2: none"), Some(Kind::Message));
        assert_eq!(kind(b"{\"body\":\"x\"}"), Some(Kind::Lines));
        for none in
            [&b""[..], b"\nSubject: a", b" Subject: a", b"From", b"-a: b", b"4: b", b"\x89PNG\r\n", b"A sentence: with"]
        {
            assert_eq!(kind(none), None, "{none:?}");
        }
        let named = |length: usize| is_header_field(format!("{}: x", "a".repeat(length)).as_bytes());
        assert!(named(1) && named(MAX_FIELD_NAME) && !named(MAX_FIELD_NAME + 1) && !named(0));
    }
}
