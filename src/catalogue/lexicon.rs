//! Words drawn so far: each distinct word of text is drawn and hashed once.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rayon::prelude::*;

use super::CatalogueConfig;
use super::text::{TextEncoder, TextWord};
use crate::Error;

/// Words of a generation: some 60 bytes each. A table that is full at 229,376 has room for these and for a batch's.
const MOST: usize = 190_000;

/// Codes of distinct words, of two generations: when the younger one is full, the older one is forgotten, all but the words that were met
/// again meanwhile. So frequent words stay, however many there are of others.
#[derive(Default)]
pub(super) struct Lexicon {
    young: Generation,
    old: Generation,
}

/// Codes of distinct words.
#[derive(Default)]
struct Generation {
    numbers: Numbers,
    /// [`Generation::lanes`] 64-bit words of each word.
    codes: Vec<u64>,
    widths: Vec<u8>,
    drawn: Vec<bool>,
    lanes: usize,
}

/// Words' numbers.
#[derive(Default)]
struct Numbers {
    /// Of words that [`packed`] takes: nearly all, and no text to compare.
    short: HashMap<u128, u32, RandomState>,
    long: HashMap<Box<str>, u32, RandomState>,
}

impl Numbers {
    #[inline]
    fn get(&self, word: &str) -> Option<u32> {
        match packed(word) {
            Some(word) => self.short.get(&word).copied(),
            None => self.long.get(word).copied(),
        }
    }

    fn insert(&mut self, word: &str, number: u32) {
        match packed(word) {
            Some(word) => self.short.insert(word, number),
            None => self.long.insert(word.into(), number),
        };
    }

    fn memory_usage(&self) -> usize {
        let long: usize = self.long.keys().map(|word| word.len() + (size_of::<(Box<str>, u32)>() + 1) * 8 / 7).sum();
        self.short.len() * (size_of::<(u128, u32)>() + 1) * 8 / 7 + long
    }
}

/// A word of up to 15 bytes and its length in one number.
#[inline]
fn packed(word: &str) -> Option<u128> {
    let bytes = word.as_bytes();
    // The first and the last bytes overlap, and agree there.
    let packed = match bytes {
        [first, .., last] if bytes.len() < 4 => {
            u128::from(*first) | u128::from(bytes[bytes.len() / 2]) << 8 | u128::from(*last) << 16
        }
        _ if (4..8).contains(&bytes.len()) => {
            let (first, last) = (bytes.first_chunk::<4>()?, bytes.last_chunk::<4>()?);
            u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
        }
        _ if (8..16).contains(&bytes.len()) => {
            let (first, last) = (bytes.first_chunk::<8>()?, bytes.last_chunk::<8>()?);
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (bytes.len() - 8))
        }
        [only] => u128::from(*only),
        _ => return None,
    };
    Some(packed | (bytes.len() as u128) << 120)
}

impl Generation {
    fn add(&mut self, word: &str, codes: &[u64], width: u8, drawn: bool) {
        self.numbers.insert(word, self.widths.len() as u32);
        self.codes.extend(codes);
        self.widths.push(width);
        self.drawn.push(drawn);
        self.lanes = codes.len();
    }

    fn memory_usage(&self) -> usize {
        self.numbers.memory_usage() + self.codes.capacity() * 8 + self.widths.capacity() + self.drawn.capacity()
    }
}

/// The words of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// Codes, lane by lane: face by face, the 64-bit words of its codes.
    pub(super) lanes: Vec<Vec<u64>>,
    /// Each word's width, see [`crate::fingerprint::log_width`].
    pub(super) widths: Vec<u8>,
    /// Words with characters that the faces lack.
    pub(super) undrawn: u32,
}

impl Words {
    /// Bytes taken up.
    pub(super) fn memory_usage(&self) -> usize {
        self.lanes.iter().map(|lane| lane.capacity() * 8).sum::<usize>() + self.widths.capacity()
    }
}

/// What [`Lexicon::learn`] finds of a mail.
pub(super) struct Learned<R> {
    /// Of each word.
    pub(super) numbers: Box<[u32]>,
    /// What was answered by who visited its words.
    pub(super) answer: R,
}

impl Lexicon {
    /// Bytes taken up, about.
    pub(super) fn memory_usage(&self) -> usize {
        self.young.memory_usage() + self.old.memory_usage()
    }

    /// The numbers of all words of each mail, for [`Lexicon::words`]; they hold until the next call. Words that are not known yet
    /// are drawn, spread over the cores. `each_word` visits a mail's words; what it answers is given back.
    pub(super) fn learn<'t, M: Sync, R: Send>(
        &mut self,
        mails: &'t [M],
        each_word: impl Fn(&'t M, &mut dyn FnMut(&'t str)) -> R + Sync,
        config: &CatalogueConfig,
    ) -> Result<Vec<Learned<R>>, Error> {
        if self.young.widths.len() > MOST {
            self.old = std::mem::take(&mut self.young);
        }
        // Each word is looked up once, but for new ones: these stand for themselves until they have numbers.
        let look_up = |room: &mut Vec<u32>, mail: &'t M| -> (Learned<R>, Vec<&'t str>) {
            let mut unknown = Vec::new();
            room.clear();
            let answer = each_word(mail, &mut |word| {
                room.push(self.young.numbers.get(word).unwrap_or_else(|| {
                    unknown.push(word);
                    UNKNOWN
                }));
            });
            (Learned { numbers: room.as_slice().into(), answer }, unknown)
        };
        let mut found: Vec<(Learned<R>, Vec<&str>)> = mails.par_iter().map_init(Vec::new, look_up).collect();
        let Self { young, old } = self;
        let (mut numbers, mut new) = (HashMap::<&str, u32, RandomState>::default(), Vec::new());
        for &word in found.iter().flat_map(|(_, unknown)| unknown) {
            numbers.entry(word).or_insert_with(|| match old.numbers.get(word).map(|n| n as usize) {
                Some(n) => {
                    let codes = &old.codes[n * old.lanes..(n + 1) * old.lanes];
                    young.add(word, codes, old.widths[n], old.drawn[n]);
                    young.widths.len() as u32 - 1
                }
                None => {
                    new.push(word);
                    UNKNOWN
                }
            });
        }
        let encoder = config.family.encoder();
        let faces: Vec<TextEncoder<'_>> =
            config.faces.iter().map(|f| TextEncoder::new(f, &*encoder)).collect::<Result<_, _>>()?;
        let encoded: Vec<Vec<TextWord>> =
            new.par_iter().map(|word| faces.iter().map(|f| f.encode(word)).collect()).collect::<Result<_, _>>()?;
        for (word, encoded) in new.into_iter().zip(encoded) {
            let codes: Vec<u64> = encoded.iter().flat_map(|w| &w.code).copied().collect();
            numbers.insert(word, young.widths.len() as u32);
            young.add(word, &codes, encoded[0].width, encoded.iter().any(|w| w.drawn));
        }
        for (Learned { numbers: all, .. }, unknown) in &mut found {
            let unknown = unknown.iter().map(|word| numbers[word]);
            all.iter_mut().filter(|n| **n == UNKNOWN).zip(unknown).for_each(|(n, number)| *n = number);
        }
        Ok(found.into_iter().map(|(learned, _)| learned).collect())
    }

    /// Words by their numbers.
    pub(super) fn words(&self, numbers: &[u32]) -> Words {
        let Generation { codes, widths, drawn, lanes, .. } = &self.young;
        Words {
            lanes: (0..*lanes).map(|l| numbers.iter().map(|&n| codes[n as usize * lanes + l]).collect()).collect(),
            widths: numbers.iter().map(|&n| widths[n as usize]).collect(),
            undrawn: numbers.iter().filter(|&&n| !drawn[n as usize]).count() as u32,
        }
    }
}

/// Stands for a word that is not known yet.
const UNKNOWN: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_words_are_told_apart(a in "[ab\u{e4}\0]{0,9}", b in "[ab\u{e4}\0]{0,9}") {
            match (packed(&a), packed(&b)) {
                (Some(x), Some(y)) => prop_assert_eq!(x == y, a == b),
                (x, y) => prop_assert!([(x, &a), (y, &b)].iter().all(|(p, w)| p.is_some() || w.is_empty() || w.len() > 15)),
            }
        }
    }
}
