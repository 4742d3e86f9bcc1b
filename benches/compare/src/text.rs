//! The catalogue's codes, word by word, and the distinct ones with their places.

use std::ops::Range;

use anyhow::Result;
use leakprint::benchmarks::Engines;
use rayon::prelude::*;

/// Codes of all documents, one after the other.
pub(crate) struct Text {
    /// By place.
    pub(crate) codes: Vec<u64>,
    /// First place of each document, and the end.
    pub(crate) starts: Vec<u32>,
    /// Document of each place.
    pub(crate) document_of: Vec<u32>,
}

impl Text {
    /// The text of all documents, in the order of their numbers.
    pub(crate) fn of(engines: &Engines, documents: usize) -> Result<Self> {
        let (mut codes, mut starts, mut document_of) = (Vec::new(), vec![0], Vec::new());
        for number in 0..documents {
            codes.extend(engines.codes(number)?);
            starts.push(u32::try_from(codes.len())?);
            document_of.resize(codes.len(), number as u32);
        }
        Ok(Self { codes, starts, document_of })
    }

    pub(crate) fn places(&self, document: usize) -> Range<u32> {
        self.starts[document]..self.starts[document + 1]
    }
}

/// Distinct codes: what an index of codes holds, so that a frequent word is not found a million times over.
pub(crate) struct Distinct {
    pub(crate) codes: Vec<u64>,
    /// Where each code's places begin, and the end.
    ends: Vec<u32>,
    places: Vec<u32>,
}

impl Distinct {
    pub(crate) fn of(text: &Text) -> Self {
        let mut places: Vec<u32> = (0..text.codes.len() as u32).collect();
        places.par_sort_unstable_by_key(|&p| (text.codes[p as usize], p));
        let (mut codes, mut ends) = (Vec::new(), Vec::new());
        for (k, &place) in places.iter().enumerate() {
            let code = text.codes[place as usize];
            if codes.last() != Some(&code) {
                codes.push(code);
                ends.push(k as u32);
            }
        }
        ends.push(places.len() as u32);
        Self { codes, ends, places }
    }

    pub(crate) fn places(&self, code: u32) -> &[u32] {
        &self.places[self.ends[code as usize] as usize..self.ends[code as usize + 1] as usize]
    }
}
