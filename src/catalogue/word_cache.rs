//! The word cache: each distinct word of text is drawn and hashed once.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use rayon::prelude::*;

use super::config::CatalogueConfig;
use super::text::{TextEncoder, TextWord};
use super::words::{KEY_BITS, Token};
use crate::Error;

/// Words of a generation, some 40 bytes each.
///
/// Tuned (words): its table is full at 229,376 words: room for these and for a batch's. With 250,000 the table takes
/// twice the memory.
const GENERATION_WORDS: usize = 190_000;
/// Words that are looked up one right after the other, so that they wait for memory together.
///
/// Tuned (words): look-ups of a whole mail in one loop took 11 ns a word instead of 33; some hundreds do, however long
/// the mail.
const LOOKED_UP_TOGETHER: usize = 256;
/// Stands for a word that is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// Codes of distinct words, of two generations: when the younger one is full, the older one is forgotten, all but the
/// words that were met again meanwhile. So frequent words stay, however many there are of others.
#[derive(Default)]
pub(super) struct WordCache {
    young: Generation,
    old: Generation,
}

/// Codes of distinct words.
#[derive(Default)]
struct Generation {
    numbers: Numbers,
    /// [`Generation::lanes`] 64-bit words of each word.
    codes: Vec<u64>,
    /// Each word's width, see [`crate::fingerprint::log_width`], and whether the faces have all of its characters.
    shapes: Vec<(u8, bool)>,
    lanes: usize,
}

/// Words' numbers.
#[derive(Default)]
struct Numbers {
    /// By their keys: most, and no text to compare.
    short: HashSet<NumberedKey, RandomState>,
    long: HashMap<Box<str>, u32, RandomState>,
}

/// A word's key, and in the bits before it its number: as little memory as can be, which decides how long a look-up
/// takes.
#[derive(Clone, Copy)]
struct NumberedKey(u128);

impl NumberedKey {
    fn key(self) -> u128 {
        self.0 & !(u128::MAX << KEY_BITS)
    }
}

impl PartialEq for NumberedKey {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for NumberedKey {}

impl Hash for NumberedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Numbers {
    #[inline]
    fn get(&self, token: Token<'_>) -> Option<u32> {
        match token.key {
            Some(key) => self.short.get(&NumberedKey(key.get())).map(|found| (found.0 >> KEY_BITS) as u32),
            None => self.long.get(token.word).copied(),
        }
    }

    fn insert(&mut self, token: Token<'_>, number: u32) {
        match token.key {
            Some(key) => self.short.replace(NumberedKey(key.get() | u128::from(number) << KEY_BITS)).is_some(),
            None => self.long.insert(token.word.into(), number).is_some(),
        };
    }

    fn memory_usage(&self) -> usize {
        let long: usize = self.long.keys().map(|word| word.len() + (size_of::<(Box<str>, u32)>() + 1) * 8 / 7).sum();
        self.short.len() * (size_of::<NumberedKey>() + 1) * 8 / 7 + long
    }
}

impl Generation {
    fn add(&mut self, token: Token<'_>, codes: &[u64], shape: (u8, bool)) {
        self.numbers.insert(token, self.shapes.len() as u32);
        self.codes.extend(codes);
        self.shapes.push(shape);
        self.lanes = codes.len();
    }

    fn memory_usage(&self) -> usize {
        self.numbers.memory_usage() + self.codes.capacity() * 8 + self.shapes.capacity() * 2
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

/// What [`WordCache::learn`] finds of a mail.
pub(super) struct Learned<R> {
    /// Of each word.
    pub(super) numbers: Box<[u32]>,
    /// What was answered by who visited its words.
    pub(super) answer: R,
}

impl WordCache {
    /// Bytes taken up, about.
    pub(super) fn memory_usage(&self) -> usize {
        self.young.memory_usage() + self.old.memory_usage()
    }

    /// The numbers of all words of each mail, for [`WordCache::words`]; they hold until the next call. Words that are
    /// not known yet are drawn, spread over the cores. `each_word` visits a mail's words; what it answers is given
    /// back.
    pub(super) fn learn<'t, M: Sync, R: Send>(
        &mut self,
        mails: &'t [M],
        each_word: impl Fn(&'t M, &mut dyn FnMut(Token<'t>)) -> R + Sync,
        config: &CatalogueConfig,
    ) -> Result<Vec<Learned<R>>, Error> {
        if self.young.shapes.len() > GENERATION_WORDS {
            self.old = std::mem::take(&mut self.young);
        }
        let Self { young, old } = self;
        // Each word is looked up once, but for new ones: these stand for themselves until they have numbers. Some
        // look-ups follow one another, so that they wait for memory together.
        let look_up = |room: &mut (Vec<Token<'t>>, Vec<u32>), mail: &'t M| -> (Learned<R>, Vec<Token<'t>>) {
            let (waiting, numbers) = room;
            let mut unknown = Vec::new();
            numbers.clear();
            let mut look_up = |waiting: &mut Vec<Token<'t>>| {
                numbers.extend(waiting.drain(..).map(|token| {
                    young.numbers.get(token).unwrap_or_else(|| {
                        unknown.push(token);
                        UNKNOWN
                    })
                }));
            };
            let answer = each_word(mail, &mut |token| {
                waiting.push(token);
                if waiting.len() == LOOKED_UP_TOGETHER {
                    look_up(waiting);
                }
            });
            look_up(waiting);
            (Learned { numbers: numbers.as_slice().into(), answer }, unknown)
        };
        let mut found: Vec<(Learned<R>, Vec<Token<'_>>)> =
            mails.par_iter().map_init(Default::default, look_up).collect();
        let (mut numbers, mut new) = (HashMap::<&str, u32, RandomState>::default(), Vec::new());
        for &token in found.iter().flat_map(|(_, unknown)| unknown) {
            numbers.entry(token.word).or_insert_with(|| match old.numbers.get(token).map(|n| n as usize) {
                Some(n) => {
                    let codes = &old.codes[n * old.lanes..(n + 1) * old.lanes];
                    young.add(token, codes, old.shapes[n]);
                    young.shapes.len() as u32 - 1
                }
                None => {
                    new.push(token);
                    UNKNOWN
                }
            });
        }
        let encoder = config.family.encoder();
        let faces: Vec<TextEncoder<'_>> =
            config.faces.iter().map(|f| TextEncoder::new(f, &*encoder)).collect::<Result<_, _>>()?;
        let encoded: Vec<Vec<TextWord>> = new
            .par_iter()
            .map(|token| faces.iter().map(|f| f.encode(token.word)).collect())
            .collect::<Result<_, _>>()?;
        for (token, encoded) in new.into_iter().zip(encoded) {
            let codes: Vec<u64> = encoded.iter().flat_map(|w| &w.code).copied().collect();
            numbers.insert(token.word, young.shapes.len() as u32);
            young.add(token, &codes, (encoded[0].width, encoded.iter().any(|w| w.drawn)));
        }
        for (Learned { numbers: all, .. }, unknown) in &mut found {
            let unknown = unknown.iter().map(|token| numbers[token.word]);
            all.iter_mut().filter(|n| **n == UNKNOWN).zip(unknown).for_each(|(n, number)| *n = number);
        }
        Ok(found.into_iter().map(|(learned, _)| learned).collect())
    }

    /// Codes in the first face, of so many 64-bit words each, and widths of words by their numbers.
    pub(super) fn first_codes(&self, numbers: &[u32], stride: usize) -> (Vec<u64>, Vec<u8>) {
        let Generation { codes, shapes, lanes, .. } = &self.young;
        let mut of_all = Vec::with_capacity(numbers.len() * stride);
        numbers.iter().for_each(|&n| of_all.extend_from_slice(&codes[n as usize * lanes..][..stride]));
        (of_all, numbers.iter().map(|&n| shapes[n as usize].0).collect())
    }

    /// Words by their numbers.
    pub(super) fn words(&self, numbers: &[u32]) -> Words {
        let Generation { codes, shapes, lanes, .. } = &self.young;
        let mut undrawn = 0;
        let width = |&n: &u32| {
            let (width, drawn) = shapes[n as usize];
            undrawn += u32::from(!drawn);
            width
        };
        let widths = numbers.iter().map(width).collect();
        let lane = |l| numbers.iter().map(|&n| codes[n as usize * lanes + l]).collect();
        Words { lanes: (0..*lanes).map(lane).collect(), widths, undrawn }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::words::each_word;

    fn look_up(cache: &mut WordCache, texts: &[&str]) -> Vec<Words> {
        let learned = cache.learn(texts, |text, found| each_word(text, found), &CatalogueConfig::default());
        learned.expect("words of text").iter().map(|learned| cache.words(&learned.numbers)).collect()
    }

    /// The same without a cache.
    fn drawn(text: &str) -> Words {
        let config = CatalogueConfig::default();
        let encoder = config.family.encoder();
        let face = TextEncoder::new(&config.faces[0], &*encoder).expect("faces");
        let words: Vec<TextWord> =
            text.split_whitespace().map(|word| face.encode(word).expect("a word of text")).collect();
        Words {
            lanes: (0..words[0].code.len()).map(|lane| words.iter().map(|w| w.code[lane]).collect()).collect(),
            widths: words.iter().map(|w| w.width).collect(),
            undrawn: words.iter().filter(|w| !w.drawn).count() as u32,
        }
    }

    const LONG: &str = "an incomprehensibilities-wide \u{6771}\u{4eac} plan";

    #[test]
    fn words_are_the_same_from_the_cache_as_drawn() {
        let mut cache = WordCache::default();
        let texts = ["the tunnel opens in May", LONG, "May the incomprehensibilities-wide tunnel"];
        for _ in 0..2 {
            let expected: Vec<Words> = texts.iter().map(|text| drawn(text)).collect();
            assert_eq!(look_up(&mut cache, &texts), expected);
            assert_eq!(cache.young.shapes.len(), 9, "each distinct word once");
        }
        assert_eq!(drawn(LONG).undrawn, 1);
    }

    #[test]
    fn a_full_generation_is_kept_until_the_next_one_is_full() {
        let mut cache = WordCache::default();
        let texts = ["the tunnel opens in May", LONG];
        look_up(&mut cache, &texts);
        // As if so many more had been met.
        cache.young.shapes.resize(GENERATION_WORDS + 1, (0, true));
        assert_eq!(look_up(&mut cache, &texts[..1]), [drawn(texts[0])]);
        assert_eq!((cache.young.shapes.len(), cache.old.shapes.len()), (5, GENERATION_WORDS + 1));
        assert_eq!(look_up(&mut cache, &texts), [drawn(texts[0]), drawn(LONG)], "from the older generation");
        cache.young.shapes.resize(GENERATION_WORDS + 1, (0, true));
        look_up(&mut cache, &["plan"]);
        assert!(cache.old.numbers.short.len() + cache.old.numbers.long.len() == 9 && cache.young.shapes.len() == 1);
        assert!(cache.memory_usage() > 9 * 10);
    }
}
