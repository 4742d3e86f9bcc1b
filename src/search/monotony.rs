//! Monotonous text: words that stand among many that look like them earn little or nothing.
//!
//! Counting, tables of numbers, hex dumps, rows of marks, repeated words: their words are rare in a catalogue and follow
//! each other as they do in every such text, so neither shapes nor n-grams say that they are no news. Sequence search
//! masks regions of low complexity for the same reason (SEG: J. C. Wootton & S. Federhen 1993). Here the share of
//! look-alikes among the words around a word tells. "Look alike" is meant widely: "401" and "452" do, of words of prose
//! one pair in twenty. Only documents are masked: their codes are those of clean text, and what a picture agrees with
//! there is as monotonous as they are.

use super::batch::Batch;
use crate::fixed_point::units;
use crate::simd::Kernels;

/// So many words on either side of a word are those around it.
///
/// Tuned (words): record *composition*.
const AROUND: usize = 24;

/// Codes look alike that differ in no more than this share of their bits: 23 of 64.
///
/// Tuned (share of a code's bits, as numerator and denominator): record *composition*.
const ALIKE: (usize, usize) = (23, 64);

/// A share of look-alikes up to which a word is news, and from which on it is none; between them, what it may earn falls
/// evenly.
///
/// Tuned (shares): record *composition*.
const MONOTONOUS: (f32, f32) = (0.12, 0.25);

/// What a word may earn that has hardly more look-alikes around it than are usual.
///
/// Tuned (nats): the most that any word earns by default, see [`ScoreConfig`](super::ScoreConfig).
const MOST_NATS: f32 = 8.0;

/// What a word may earn, in fixed-point units, with so many look-alikes among so many words around it; none if that is
/// no bound.
fn most_units(alike: usize, around: usize) -> Option<i16> {
    // A few words say little about what is usual there.
    let share = alike as f32 / around.max(AROUND) as f32;
    let (news, none) = MONOTONOUS;
    (share > news).then(|| units(MOST_NATS * ((none - share) / (none - news)).max(0.0)))
}

/// Bits in which codes of so many words may differ and look alike.
fn alike_bits(code_bits: usize) -> u32 {
    (code_bits * ALIKE.0 / ALIKE.1) as u32
}

impl Batch {
    /// Lowers what words may earn that stand among many that look like them, in their first face.
    ///
    /// Cost: 24 comparisons of codes a word.
    pub(crate) fn mask_monotony(&mut self, kernels: &Kernels) {
        let Some(face) = self.faces.first() else { return };
        let (stride, code_bits) = (face.len(), 64 * face.len());
        let (mut codes, mut alike, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for document in 0..self.documents() {
            let positions = self.positions(document);
            let words = positions.len();
            codes.clear();
            codes.extend(positions.clone().flat_map(|p| self.faces[0].iter().map(move |lane| lane[p])));
            alike.clear();
            alike.resize(words, 0u8);
            for back in 1..=AROUND.min(words.saturating_sub(1)) {
                seen.clear();
                seen.resize(words, 0u8);
                (kernels.alike)(&codes, stride, back, alike_bits(code_bits), &mut seen);
                // Who looks like the one before looks like the one behind.
                alike.iter_mut().zip(&seen).for_each(|(alike, seen)| *alike += seen);
                alike.iter_mut().zip(&seen[back..]).for_each(|(alike, seen)| *alike += seen);
            }
            for (k, &alike) in alike.iter().enumerate() {
                let around = k.min(AROUND) + (words - 1 - k).min(AROUND);
                if let Some(most) = most_units(usize::from(alike), around) {
                    let cap = &mut self.caps[positions.start + k];
                    *cap = (*cap).min(most);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{Codes, Family, differing_bits};

    /// What words with these codes may earn, pair by pair; `None` where that is no bound.
    fn slow(codes: &Codes) -> Vec<Option<i16>> {
        let alike = codes.family().bits() as u32 * 23 / 64;
        let bound = |k: usize| {
            let around: Vec<usize> = (0..codes.len()).filter(|&p| p != k && p.abs_diff(k) <= 24).collect();
            let alike = around.iter().filter(|&&p| differing_bits(codes.get(p), codes.get(k)) <= alike).count();
            most_units(alike, around.len())
        };
        (0..codes.len()).map(bound).collect()
    }

    /// Codes of words of a few shapes, each a few bits from its shape.
    fn codes(words: &[(u64, u32)], family: Family) -> Codes {
        let code = |&(word, turn): &(u64, u32)| {
            let code = (word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (0b1_0010_0001 << (turn % 50));
            [code, code.rotate_left(7)].into_iter().take(family.bits() / 64)
        };
        Codes::from_data(family, words.iter().flat_map(code).collect()).expect("whole codes")
    }

    fn masked(codes: &Codes) -> Vec<i16> {
        let (widths, caps) = (vec![100; codes.len()], vec![units(6.0); codes.len()]);
        let documents = [(vec![codes], widths.as_slice(), caps.as_slice())];
        let mut batch = Batch::new(documents.into_iter()).expect("one length");
        batch.mask_monotony(&Kernels::best());
        batch.caps(0).to_vec()
    }

    proptest! {
        #[test]
        fn masks_are_those_of_a_plain_count(
            words in prop::collection::vec((0u64..9, 0u32..50), 1..120),
            wide in any::<bool>(),
        ) {
            let codes = codes(&words, if wide { Family::Dct } else { Family::Net });
            let expected = slow(&codes);
            let caps: Vec<i16> = expected.iter().map(|most| most.unwrap_or(i16::MAX).min(units(6.0))).collect();
            prop_assert_eq!(masked(&codes), caps);
        }
    }

    #[test]
    fn what_counts_or_alternates_earns_nothing_and_prose_what_it_did() {
        let prose: Vec<(u64, u32)> = (0..100).map(|k| (k * 7 + k % 3, 0)).collect();
        assert_eq!(masked(&codes(&prose, Family::Net)), vec![units(6.0); 100]);
        let counting: Vec<(u64, u32)> = (0..100).map(|k| (3, k)).collect();
        assert_eq!(masked(&codes(&counting, Family::Net)), [0; 100]);
        let alternating: Vec<(u64, u32)> = (0..100).map(|k| (u64::from(k % 3), k / 7)).collect();
        assert_eq!(masked(&codes(&alternating, Family::Net)), [0; 100]);
        // Four words of one shape in a row of other ones are a list, not a pattern.
        let list: Vec<(u64, u32)> = (0..60).map(|k| (if k % 15 == 0 { 500 } else { k }, 0)).collect();
        assert_eq!(masked(&codes(&list, Family::Net)), vec![units(6.0); 60]);
        assert_eq!(
            masked(&codes(&[(3, 0), (3, 1), (3, 2)], Family::Net)),
            [units(6.0); 3],
            "three words are no pattern"
        );
    }
}
