//! HTML to the text that a client shows: what is hidden is left out, and what stands apart is kept apart.
//!
//! A walk over the tokens of a WHATWG tokenizer (`html5gum`) with a stack of the open elements. Of CSS it knows what
//! hides text or changes its letters, from `style` attributes and simple rules of `<style>`; what no client of mail
//! runs (scripts, media queries) is left out.

mod names;
mod reader;
mod style;
#[cfg(test)]
mod tests;
mod walker;

use std::convert::Infallible;

use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};

use self::reader::SpacedReader;
use self::walker::{Shown, Walker};

/// Where at the beginning a `<meta>` is looked for that names the charset.
///
/// Tuned (bytes): chosen by eye, twice what the standard asks for (WHATWG HTML, section 4.2.5.4).
const CHARSET_BYTES: usize = 2048;

/// Converts HTML. Linear in its length.
pub(super) fn to_text(html: &str) -> Shown {
    let mut walker = Walker::default();
    let mut emitter = CallbackEmitter::<_, Infallible>::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| {
        walker.take(&event);
        None
    });
    emitter.naively_switch_states(true);
    // A tokenizer of a string cannot fail.
    let _ = Tokenizer::new_with_emitter(SpacedReader::new(html), emitter).finish();
    walker.finish()
}

/// The charset that a `<meta>` at the beginning names.
pub(super) fn charset(html: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&html[..html.len().min(CHARSET_BYTES)]).to_ascii_lowercase();
    let name = head.split_once("charset=")?.1.trim_start_matches(['"', '\'', ' ']);
    let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c)).collect();
    (!name.is_empty()).then_some(name)
}
