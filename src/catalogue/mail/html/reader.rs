//! What the tokenizer reads: the string itself, with a space before each equals sign behind an attribute's name.
//!
//! `html5gum` 0.9 calls itself once an attribute from a name that touches its equals sign to the value in double quotes
//! behind it, so that a tag of some thousand attributes overflows a thread's stack, which ends the process. A name with
//! a space behind it returns to the loop that calls all states. By the standard the space means nothing (WHATWG HTML,
//! section 13.2.5.34).

use std::convert::Infallible;

use html5gum::{Readable, Reader, StringReader};

/// Reads a string; the stack that a tokenizer needs does not grow with it.
pub(super) struct SpacedReader<'h> {
    html: StringReader<'h>,
    /// An equals sign was read and a space given in its place: it comes next.
    sign_due: bool,
}

impl<'h> SpacedReader<'h> {
    pub(super) fn new(html: &'h str) -> Self {
        Self { html: html.to_reader(), sign_due: false }
    }
}

impl Reader for SpacedReader<'_> {
    type Error = Infallible;

    #[inline(always)]
    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        if std::mem::take(&mut self.sign_due) {
            return Ok(Some(b'='));
        }
        self.html.read_byte()
    }

    #[inline(always)]
    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        // Asked for in comments and document types only, where no sign is due.
        Ok(!self.sign_due && self.html.try_read_string(text, case_sensitive)?)
    }

    #[inline(always)]
    fn read_until<'b>(&'b mut self, ends: &[u8], character: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        if std::mem::take(&mut self.sign_due) {
            return Ok(Some(b"="));
        }
        let read = self.html.read_until(ends, character)?;
        // Of all that is read piece by piece, only an attribute's name ends at both.
        if read == Some(b"=") && ends.contains(&b'=') && ends.contains(&b'/') {
            self.sign_due = true;
            return Ok(Some(b" "));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
    use html5gum::{Span, Tokenizer};
    use proptest::prelude::*;

    use super::*;

    /// All that a tokenizer tells, errors included.
    fn events<'h, S: Readable<'h>>(html: S) -> Vec<String>
    where
        <S::Reader as Reader>::Error: std::fmt::Debug,
    {
        let mut events = Vec::new();
        let mut emitter = CallbackEmitter::<_, Infallible>::new(|event: CallbackEvent<'_>, _: Span<()>| {
            events.push(format!("{event:?}"));
            None
        });
        emitter.naively_switch_states(true);
        Tokenizer::new_with_emitter(html, emitter).finish().expect("a string can be read");
        events
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn a_space_before_the_sign_changes_no_token(
            soup in prop::collection::vec(
                prop::sample::select(vec![
                    "<a", "<B", "</a", ">", "/", "/>", " ", "\n", "\r", "\r\n", "\t", "=", "==", "\"", "'", "x", "Y", "\u{e4}", "\0", "&", "&amp;",
                    "&#65;", "<!--", "-->", "<!", "<![CDATA[", "<!doctype", "<script>", "</script>", "<style>", "</style>", "<title>", "<",
                ]),
                0..24,
            )
        ) {
            let html = soup.concat();
            prop_assert_eq!(events(SpacedReader::new(&html)), events(html.as_str()));
        }
    }
}
