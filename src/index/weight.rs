//! What each catalogue word may earn at most: phrases that many documents share convict nobody.
//!
//! Header blocks, signatures, disclaimers and list footers repeat, word for word, across a catalogue. A word all of whose
//! phrases (runs of three words) stand in several documents earns at most its share of `ln(documents / documents with the
//! phrase)`. Learned from the catalogue; no list of phrases.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{NO_CAP, units};
use crate::fingerprint::Codes;

/// Words of a phrase.
const PHRASE: usize = 3;
/// A phrase in fewer documents than this may be a quotation: it is not capped.
const COMMON: u32 = 4;

/// Caps in fixed-point units for every word of every document.
pub(crate) fn phrase_caps(documents: &[&Codes]) -> Vec<Vec<i16>> {
    // Phrase → (documents that hold it, the last of them).
    let mut frequency: HashMap<u64, (u32, u32), BuildHasherDefault<Mixed>> = HashMap::default();
    for (number, codes) in documents.iter().enumerate() {
        for k in 0..(codes.len() + 1).saturating_sub(PHRASE) {
            let entry = frequency.entry(phrase(codes, k)).or_insert((0, u32::MAX));
            if entry.1 != number as u32 {
                *entry = (entry.0 + 1, number as u32);
            }
        }
    }
    let all = documents.len() as f32;
    documents
        .iter()
        .map(|codes| {
            let n = codes.len();
            let mut caps = vec![if n < PHRASE { NO_CAP } else { 0 }; n];
            for k in 0..(n + 1).saturating_sub(PHRASE) {
                let documents = frequency.get(&phrase(codes, k)).map_or(1, |f| f.0);
                let cap = if documents < COMMON {
                    NO_CAP
                } else {
                    units((all / documents as f32).ln().max(0.0) / PHRASE as f32)
                };
                for c in &mut caps[k..k + PHRASE] {
                    *c = (*c).max(cap);
                }
            }
            caps
        })
        .collect()
}

fn phrase(codes: &Codes, at: usize) -> u64 {
    (at..at + PHRASE)
        .flat_map(|k| codes.get(k))
        .fold(0x9e37_79b9_7f4a_7c15, |hash, &lane| {
            let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
            mixed ^ (mixed >> 32)
        })
}

/// Passes keys through that are mixed already.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(b);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Family;

    #[test]
    fn only_what_repeats_is_capped() {
        let document = |own: u64| {
            let words: Vec<u64> = (0..6).map(|k| own * 100 + k).chain([1, 2, 3, 4]).collect();
            Codes::from_data(Family::Gradient, words).expect("one word a code")
        };
        let documents: Vec<Codes> = (1..=10).map(document).collect();
        let caps = phrase_caps(&documents.iter().collect::<Vec<_>>());
        for caps in caps {
            assert_eq!(
                caps[..7],
                [NO_CAP; 7],
                "own words, and the first of the shared ones through its phrase"
            );
            assert_eq!(caps[8..], [0, 0], "in all documents");
        }
    }
}
