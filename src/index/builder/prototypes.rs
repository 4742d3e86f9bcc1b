//! Chooses the prototypes of a codebook: codes of the catalogue's own most frequent words.

use super::document::SourceDocument;
use super::vocabulary::{Term, Vocabulary};
use crate::fingerprint::Family;
use crate::index::file::{Codebook, MAX_PROTOTYPES};
use crate::simd::Kernels;
use crate::simd::kernels::{Probe, WidthProbe};

/// Fewest bits, as a share of the code, between two prototypes.
///
/// Tuned (share): chosen by eye.
const APART: f32 = 0.11;
/// Words whose codes are counted, about.
///
/// Tuned (words): chosen by eye.
const COUNTED_WORDS: usize = 2_000_000;

/// A codebook of the words of documents: the most frequent codes, each at least some bits from all before it.
///
/// Cost: up to prototypes² distances a few times over, a second or so. Of large catalogues every so many-th document is
/// counted: what is frequent shows in [`COUNTED_WORDS`], too.
pub(crate) fn choose_prototypes(documents: &[SourceDocument<'_>], family: Family) -> Codebook {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    let counted: Vec<&SourceDocument<'_>> = documents.iter().step_by((words / COUNTED_WORDS).max(1)).collect();
    let Vocabulary { numbers, words } = Vocabulary::new(&counted);
    let mut counts = vec![0u32; words.len()];
    numbers.into_iter().for_each(|number| counts[number as usize] += 1);
    let code = |Term { first: (document, k), .. }: Term| -> Vec<u64> {
        counted[document as usize].first_face().iter().map(|lane| lane[k as usize]).collect()
    };
    let mut codes: Vec<(Vec<u64>, u32)> = words.into_iter().map(code).zip(counts).collect();
    codes.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let apart = (APART * family.bits() as f32) as i16;
    let mut this = Codebook::empty(family);
    let (kernels, mut distances) = (Kernels::best(), Vec::new());
    for (code, _) in codes {
        if this.len() == MAX_PROTOTYPES {
            break;
        }
        this.distances(Probe { code: &code, weights: None, width: WidthProbe::default() }, &kernels, &mut distances);
        if distances.iter().all(|&d| d >= apart) {
            this.push(&code);
        }
    }
    this
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_are_frequent_and_apart_and_survive_their_file() {
        let word = |k: u64| (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Word 3 is the most frequent; word 5 is one bit away from it.
        let codes: Vec<u64> =
            (0..40).flat_map(|k| vec![word(k); if k == 3 { 9 } else { 2 }]).chain([word(3) ^ 1]).collect();
        let widths = vec![9; codes.len()];
        let book = choose_prototypes(&[SourceDocument::anonymous(&codes, &widths)], Family::Net);
        assert_eq!((book.len(), book.prototype(0)[0]), (40, word(3)));
        for k in 0..40 {
            let near = book.nearest(&[&[0, word(k) ^ 0x1001]], 1, &Kernels::best());
            assert_eq!(book.prototype(usize::from(near))[0], word(k));
        }
        let bytes = book.to_bytes();
        assert_eq!(Codebook::from_bytes(&bytes, Family::Net).as_ref(), Ok(&book));
        assert!(Codebook::from_bytes(&bytes, Family::Lda).is_err());
        for k in 0..bytes.len() {
            let mut other = bytes.clone();
            other[k] ^= 4;
            assert!(Codebook::from_bytes(&other, Family::Net).is_err(), "byte {k}");
            assert!(Codebook::from_bytes(&bytes[..k], Family::Net).is_err(), "cut at {k}");
        }
    }
}
