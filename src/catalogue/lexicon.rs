//! Words drawn so far: each distinct word of text is drawn and hashed once.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::CatalogueConfig;
use super::text::{TextEncoder, TextWord};
use crate::Error;

/// Words of a generation: some 80 bytes each.
const MOST: usize = 250_000;

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
    numbers: HashMap<Box<str>, u32>,
    /// [`Generation::lanes`] 64-bit words of each word.
    codes: Vec<u64>,
    widths: Vec<u8>,
    drawn: Vec<bool>,
    lanes: usize,
}

impl Generation {
    fn add(&mut self, word: &str, codes: &[u64], width: u8, drawn: bool) {
        self.numbers.insert(word.into(), self.widths.len() as u32);
        self.codes.extend(codes);
        self.widths.push(width);
        self.drawn.push(drawn);
        self.lanes = codes.len();
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

impl Lexicon {
    /// Bytes taken up, about.
    pub(super) fn memory_usage(&self) -> usize {
        let words: usize =
            self.numbers.keys().map(|word| word.len() + (size_of::<(Box<str>, u32)>() + 1) * 8 / 7).sum();
        words + self.codes.capacity() * 8 + self.widths.capacity() + self.drawn.capacity()
    }

    /// Draws those words of mails that are not known yet, spread over the cores. `words` gives a mail's.
    pub(super) fn learn<'t, M: Sync, W: Iterator<Item = &'t str>>(
        &mut self,
        mails: &'t [M],
        words: impl Fn(&'t M) -> W + Sync,
        config: &CatalogueConfig,
    ) -> Result<(), Error> {
        if self.young.widths.len() > MOST {
            self.old = std::mem::take(&mut self.young);
        }
        let unknown =
            |mail: &'t M| -> Vec<&'t str> { words(mail).filter(|w| !self.young.numbers.contains_key(*w)).collect() };
        let unknown: Vec<Vec<&str>> = mails.par_iter().map(unknown).collect();
        let new: HashSet<&str> = unknown.into_iter().flatten().collect();
        let (known, new): (Vec<&str>, Vec<&str>) = new.into_iter().partition(|w| self.old.numbers.contains_key(*w));
        let Self { young, old } = self;
        for word in known {
            let number = old.numbers[word] as usize;
            let codes = &old.codes[number * old.lanes..(number + 1) * old.lanes];
            young.add(word, codes, old.widths[number], old.drawn[number]);
        }
        let encoder = config.family.encoder();
        let faces: Vec<TextEncoder<'_>> =
            config.faces.iter().map(|f| TextEncoder::new(f, &*encoder)).collect::<Result<_, _>>()?;
        let encoded: Vec<Vec<TextWord>> =
            new.par_iter().map(|word| faces.iter().map(|f| f.encode(word)).collect()).collect::<Result<_, _>>()?;
        for (word, encoded) in new.into_iter().zip(encoded) {
            let codes: Vec<u64> = encoded.iter().flat_map(|w| &w.code).copied().collect();
            young.add(word, &codes, encoded[0].width, encoded.iter().any(|w| w.drawn));
        }
        Ok(())
    }

    /// Words that were learnt last.
    pub(super) fn words<'t>(&self, words: impl Iterator<Item = &'t str>) -> Words {
        let Generation { numbers, codes, widths, drawn, lanes } = &self.young;
        let numbers: Vec<usize> = words.filter_map(|w| numbers.get(w)).map(|&n| n as usize).collect();
        Words {
            lanes: (0..*lanes).map(|l| numbers.iter().map(|n| codes[n * lanes + l]).collect()).collect(),
            widths: numbers.iter().map(|&n| widths[n]).collect(),
            undrawn: numbers.iter().filter(|&&n| !drawn[n]).count() as u32,
        }
    }
}
