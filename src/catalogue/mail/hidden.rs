//! Types that the parser must not see: those of attached messages and digests.
//!
//! `mail-parser` reads a message within a message by itself, and frees and copies what it has read by calls that nest
//! as deep as the messages do: some ten thousand overflow a thread's stack, which ends the process. So the last letter
//! of such a type is replaced by a control character wherever the parser might take it for one (all offsets stay), and
//! put back in the texts that are shown.

use std::borrow::Cow;

/// Types of messages, and of a multipart whose parts are messages.
const SUBTYPES: [&[u8; 6]; 3] = [b"rfc822", b"global", b"digest"];
/// In place of the last letter: of a small one or a digit, and of a capital.
const HIDDEN: [char; 2] = ['\u{1}', '\u{2}'];

/// Hides all that the parser might take for `message/rfc822`, `message/global` or `multipart/digest`, however it is
/// spaced, quoted, or has comments in it. Linear in the length.
pub(super) fn hide(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut hidden = Cow::Borrowed(bytes);
    for at in memchr::memchr2_iter(b'/', b')', bytes) {
        let begin = at + 1 + bytes[at + 1..].iter().take_while(|&&b| is_ignored(b)).count();
        let subtype = bytes.get(begin..).and_then(|rest| rest.first_chunk::<6>());
        let is_subtype = subtype.is_some_and(|s| SUBTYPES.iter().any(|name| name.eq_ignore_ascii_case(s)));
        // Behind a comment it may be one, whatever stands before that.
        if is_subtype && (bytes[at] == b')' || ends_as_type(&bytes[..at])) {
            let last = begin + SUBTYPES[0].len() - 1;
            hidden.to_mut()[last] = HIDDEN[usize::from(bytes[last].is_ascii_uppercase())] as u8;
        }
    }
    hidden
}

/// What the parser passes over within a type.
fn is_ignored(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'"' | b'\\')
}

/// Whether a slash may follow here that parts a type and its subtype.
fn ends_as_type(before: &[u8]) -> bool {
    let end = before.iter().rposition(|&b| !is_ignored(b) && b != b'\n').map_or(0, |last| last + 1);
    let before = &before[..end];
    let ends_in =
        |name: &[u8]| before.len() >= name.len() && before[before.len() - name.len()..].eq_ignore_ascii_case(name);
    before.ends_with(b")") || ends_in(b"message") || ends_in(b"multipart")
}

/// Whether a subtype, as the parser gives it, is the hidden form of `name`.
pub(super) fn is_hidden(subtype: &str, name: &str) -> bool {
    subtype.len() == name.len()
        && subtype.ends_with(HIDDEN)
        && subtype.as_bytes()[..name.len() - 1].eq_ignore_ascii_case(&name.as_bytes()[..name.len() - 1])
}

/// A text as it was before something in it was hidden.
pub(super) fn shown_again(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr2(HIDDEN[0] as u8, HIDDEN[1] as u8, text.as_bytes()).is_none() {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let letter = HIDDEN.contains(&c).then(|| last_letter(shown.as_bytes())).flatten();
        shown.push(match letter {
            Some(letter) if c == HIDDEN[1] => letter.to_ascii_uppercase(),
            Some(letter) => letter,
            None => c,
        });
    }
    shown.into()
}

/// The last letter of the subtype that a text ends in but for that.
fn last_letter(text: &[u8]) -> Option<char> {
    let begin = text.last_chunk::<5>()?;
    let name = SUBTYPES.iter().find(|name| name[..5].eq_ignore_ascii_case(begin))?;
    Some(name[5].into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn types_are_hidden_however_they_are_written() {
        for text in [
            "Content-Type: message/rfc822",
            "content-type :\tMessage / RFC822; name=x",
            "Content-Type: \"message\"/\"global\"",
            "Content-Type:\n multipart\n /digest",
            "Content-Type: (a) message (b) / (c) rfc822",
            "--b Content-Type:x(c)message/x(c)rfc822",
            "Content-Type: multipart/\\digest",
        ] {
            let hidden = hide(text.as_bytes());
            let changed = text.bytes().zip(&*hidden).filter(|(a, b)| a != *b).count();
            assert_eq!((changed, hidden.len()), (1, text.len()), "{text:?}");
            assert_eq!(shown_again(String::from_utf8_lossy(&hidden)), text);
        }
    }

    #[test]
    fn words_of_a_text_stay() {
        for text in ["global/digest rfc822", "a message: global", "--b/digest", "multipart/mixed; boundary=digest", "/"]
        {
            assert!(matches!(hide(text.as_bytes()), Cow::Borrowed(_)), "{text:?}");
        }
        assert!(
            is_hidden("rfc82\u{1}", "rfc822") && is_hidden("GLOBA\u{2}", "global") && !is_hidden("rfc822", "rfc822")
        );
        assert!(!is_hidden("rfc82\u{1}", "global") && !is_hidden("", "global"));
    }

    proptest! {
        #[test]
        fn what_was_hidden_is_shown_again(
            soup in prop::collection::vec(
                prop::sample::select(vec![
                    "message", "MULTIPART", "/", ")", " ", "\n", "\"", "rfc822", "RFC822", "global", "GLOBAL", "Digest", "digesT", "l", "\u{e4}",
                ]),
                0..16,
            )
        ) {
            let text = soup.concat();
            let hidden = hide(text.as_bytes());
            prop_assert_eq!(hidden.len(), text.len());
            prop_assert!(matches!(hide(&hidden), Cow::Borrowed(_)), "once is enough");
            prop_assert_eq!(shown_again(String::from_utf8_lossy(&hidden)), text.as_str());
        }
    }
}
