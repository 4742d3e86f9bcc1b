//! Words of a text, each with a key that tells it apart without looking at it again, and the hash of all of them.

use std::num::NonZeroU128;

use super::content::{FNV_START, fnv_step};

/// Bytes of the words that have a key, at most.
const SHORT: usize = 11;
/// Bits of a key, which leave 32 for a number; in the first of them is how many bytes the word has.
pub(super) const KEY_BITS: u32 = 8 * (SHORT as u32 + 1);

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) word: &'t str,
    /// Its bytes and their number, unless it is longer than [`SHORT`]: few words are.
    pub(super) key: Option<NonZeroU128>,
}

impl<'t> Token<'t> {
    fn new(word: &'t str) -> Self {
        Self { word, key: key(first_bytes(word.as_bytes()), word.len()) }
    }
}

/// The key of so many bytes; what stands behind them does not matter.
#[inline]
fn key(bytes: u128, len: usize) -> Option<NonZeroU128> {
    let key = |len: usize| bytes & !(u128::MAX << (8 * len)) | (len as u128) << (8 * SHORT);
    (len <= SHORT).then(|| key(len)).and_then(NonZeroU128::new)
}

/// The first bytes of a text; behind its end are spaces.
#[inline]
fn first_bytes(text: &[u8]) -> u128 {
    u128::from_le_bytes(text.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [b' '; 16];
        padded[..text.len()].copy_from_slice(text);
        padded
    }))
}

/// The words of a text, as [`str::split_whitespace`] tells them.
///
/// Where words end is foreseen by nobody, so that a loop over bytes costs more than the bytes: the end is looked for in
/// sixteen at once.
#[inline]
pub(super) fn each_word<'t>(text: &'t str, mut found: impl FnMut(Token<'t>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let next = first_bytes(&bytes[at..]);
        let stops = u128::from(stops(next as u64)) | u128::from(stops((next >> 64) as u64)) << 64;
        let len = (stops.trailing_zeros() / 8) as usize;
        if len < 16 && is_space((next >> (8 * len)) as u8) {
            if len > 0 {
                found(Token { word: &text[at..at + len], key: key(next, len) });
            }
            at += len + 1;
        } else {
            // A long word, or one with letters beyond ASCII.
            let Some(word) = text[at..].split_whitespace().next() else { return };
            found(Token::new(word));
            at = word.as_ptr() as usize - bytes.as_ptr() as usize + word.len();
        }
    }
}

/// Marks, in its first bit, each byte that is no visible character of ASCII.
#[inline]
fn stops(bytes: u64) -> u64 {
    const FIRST_BITS: u64 = 0x80 * (u64::MAX / 255);
    const FIRST_VISIBLE: u64 = b'!' as u64 * (u64::MAX / 255);
    // With the first bit set no byte borrows from the next.
    (!((bytes | FIRST_BITS) - FIRST_VISIBLE) | bytes) & FIRST_BITS
}

/// Whether a character of ASCII is white space.
#[inline]
fn is_space(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

/// A hash of a text's words, each with a space behind it.
fn words_hash(text: &str) -> u64 {
    let word = |hash, word: &str| fnv_step(word.bytes().fold(hash, fnv_step), b' ');
    text.split_whitespace().fold(FNV_START, word)
}

/// Texts that are hashed side by side.
///
/// Tuned (count): a text's words and hash took 24 to 31 ns a word one by one, less four abreast.
pub(super) const ABREAST: usize = 4;

/// [`words_hash`] of some texts, best of about the same length. Each step of a hash waits for the one before, so that
/// several take hardly longer than one.
pub(super) fn words_hashes(texts: [&str; ABREAST]) -> [u64; ABREAST] {
    if !texts.iter().all(|text| text.is_ascii()) {
        return texts.map(words_hash);
    }
    let shortest = texts.iter().map(|text| text.len()).min().unwrap_or(0);
    let mut hashes = [AsciiHash { hash: FNV_START, in_word: false }; ABREAST];
    let begins = texts.map(|text| &text.as_bytes()[..shortest]);
    for k in 0..shortest {
        hashes.iter_mut().zip(begins).for_each(|(hash, text)| hash.step(text[k]));
    }
    std::array::from_fn(|n| {
        texts[n].as_bytes()[shortest..].iter().for_each(|&byte| hashes[n].step(byte));
        hashes[n].step(b' ');
        hashes[n].hash
    })
}

/// [`words_hash`] byte by byte, without a branch.
#[derive(Clone, Copy)]
struct AsciiHash {
    hash: u64,
    in_word: bool,
}

impl AsciiHash {
    #[inline]
    fn step(&mut self, byte: u8) {
        let space = is_space(byte);
        let next = fnv_step(self.hash, if space { b' ' } else { byte });
        self.hash = if !space | self.in_word { next } else { self.hash };
        self.in_word = !space;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_those_of_the_standard_library(text in "([a-z]{0,17}[ \n]?|[a-c\u{e4}\u{1f600} \t\r\n\u{b}\0\u{1c}\u{7f}\u{85}\u{a0}\u{2003}]{0,4}){0,20}") {
            let mut found = Vec::new();
            each_word(&text, |token| found.push(token));
            prop_assert_eq!(&found, &text.split_whitespace().map(Token::new).collect::<Vec<_>>());
        }

        #[test]
        fn hashes_abreast_are_those_of_each(texts in prop::array::uniform4("[ab \t\n\u{b}\0]{0,30}"), strange in any::<bool>()) {
            let others = texts.clone().map(|text| if strange { text.replace('b', "\u{2003}\u{e4}") } else { text });
            for texts in [&texts, &others] {
                let texts = texts.each_ref().map(String::as_str);
                prop_assert_eq!(words_hashes(texts), texts.map(words_hash));
            }
        }

        #[test]
        fn keys_tell_words_apart(a in "[ab\u{e4}\0]{0,9}", b in "[ab\u{e4}\0]{0,9}") {
            match (Token::new(&a).key, Token::new(&b).key) {
                (Some(x), Some(y)) => prop_assert_eq!(x == y, a == b),
                (x, y) => prop_assert!([(x, &a), (y, &b)].iter().all(|(key, word)| key.is_some() || word.is_empty() || word.len() > SHORT)),
            }
        }
    }
}
