//! Words drawn so far: each distinct word of text is drawn and hashed once.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::CatalogueConfig;
use super::text::{TextEncoder, TextWord};
use crate::Error;

/// Words remembered: some 80 bytes each.
const MOST: usize = 3_000_000;

/// Codes of distinct words.
#[derive(Default)]
pub(super) struct Lexicon {
    numbers: HashMap<Box<str>, u32>,
    /// [`Lexicon::lanes`] 64-bit words of each word.
    codes: Vec<u64>,
    widths: Vec<u8>,
    drawn: Vec<bool>,
    lanes: usize,
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
        if self.numbers.len() > MOST {
            *self = Self::default();
        }
        let unknown =
            |mail: &'t M| -> Vec<&'t str> { words(mail).filter(|w| !self.numbers.contains_key(*w)).collect() };
        let unknown: Vec<Vec<&str>> = mails.par_iter().map(unknown).collect();
        let new: HashSet<&str> = unknown.into_iter().flatten().collect();
        let new: Vec<&str> = new.into_iter().collect();
        let encoder = config.family.encoder();
        let faces: Vec<TextEncoder<'_>> =
            config.faces.iter().map(|f| TextEncoder::new(f, &*encoder)).collect::<Result<_, _>>()?;
        let encoded: Vec<Vec<TextWord>> =
            new.par_iter().map(|word| faces.iter().map(|f| f.encode(word)).collect()).collect::<Result<_, _>>()?;
        for (word, encoded) in new.into_iter().zip(encoded) {
            self.numbers.insert(word.into(), self.widths.len() as u32);
            self.codes.extend(encoded.iter().flat_map(|w| &w.code));
            self.widths.push(encoded[0].width);
            self.drawn.push(encoded.iter().any(|w| w.drawn));
            self.lanes = encoded.iter().map(|w| w.code.len()).sum();
        }
        Ok(())
    }

    /// Words that were learnt.
    pub(super) fn words<'t>(&self, words: impl Iterator<Item = &'t str>) -> Words {
        let numbers: Vec<usize> = words.filter_map(|w| self.numbers.get(w)).map(|&n| n as usize).collect();
        Words {
            lanes: (0..self.lanes).map(|l| numbers.iter().map(|n| self.codes[n * self.lanes + l]).collect()).collect(),
            widths: numbers.iter().map(|&n| self.widths[n]).collect(),
            undrawn: numbers.iter().filter(|&&n| !self.drawn[n]).count() as u32,
        }
    }
}
