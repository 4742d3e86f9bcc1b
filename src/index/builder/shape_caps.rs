//! What the shapes of words let them earn at most, whatever their n-grams say.

use std::sync::LazyLock;

use crate::fingerprint::{Codes, WIDTH_STEPS};
use crate::fixed_point::units;
use crate::simd::Kernels;

/// So many words before count as a moment ago.
///
/// Tuned (words): chosen by eye.
const RECENT: usize = 6;

/// What a word earns that is no news.
///
/// Tuned (nats): chosen by eye.
const NO_NEWS_NATS: f32 = 0.2;
/// What a word earns at most that was there once a moment ago: tables name things twice.
///
/// Tuned (nats): chosen by eye.
const SEEN_ONCE_NATS: f32 = 1.0;

/// Words narrower than this have one letter, or two slim ones.
///
/// Tuned (x-heights): chosen by eye.
const NARROW_XH: f32 = 0.9;

/// Words narrower than this have up to three letters.
///
/// Tuned (x-heights): chosen by eye.
const SLIM_XH: f32 = 2.2;

/// Information in a stretch of text as wide as it is high, in nats: a little more than a letter.
///
/// Tuned (nats an x-height): chosen by eye.
const NATS_PER_XH: f32 = 2.2;

/// What the width of a letter tells less than that, in nats, and the least that any word earns by its shape.
///
/// Tuned (nats): chosen by eye.
const LETTER_NATS: f32 = 0.3;

/// Codes that differ by no more than this share of their bits, rounded up, are one shape.
///
/// Tuned (divisor of a code's bits): chosen by eye.
const ALIKE_DIVISOR: u32 = 12;

/// A slim word among so many narrow ones is a letter of spaced-out text.
///
/// Tuned (words): chosen by eye.
const SPACED_OUT: u32 = 3;

/// What the shapes of a document's words can earn at most, from their codes and widths (see
/// [`log_width`](crate::fingerprint::log_width)), in fixed-point units.
///
/// A shape of one letter tells little, however well it agrees, and among others of its kind next to nothing: fragments
/// of cut lines look like letters, and mails that space their letters out would collect them by the dozen. Nor is a
/// shape news that was there a moment ago: forms have lines to write on, tables columns of dashes, whatever their
/// lengths.
pub(crate) fn shape_caps<'a>(codes: &'a Codes, widths: &'a [u8]) -> impl Iterator<Item = i16> + 'a {
    static BY_WIDTH: LazyLock<[Width; 256]> =
        LazyLock::new(|| std::array::from_fn(|width| Width::from_log_width(width as u8)));
    let by_width = &*BY_WIDTH;
    let alike = (codes.family().bits() as u32).div_ceil(ALIKE_DIVISOR);
    // How many of the words a moment ago look like each.
    let (mut seen, kernels) = (vec![0; widths.len()], Kernels::best());
    for back in 1..=RECENT.min(widths.len()) {
        (kernels.alike)(codes.data(), codes.stride(), back, alike, &mut seen);
    }
    // Which of the words a moment ago are narrow, the last one in the last bit, and how many: no branches, for nothing
    // foresees words.
    let (mut recent, mut narrow) = (0u32, 0);
    seen.into_iter().zip(widths).map(move |(seen, &width)| {
        let width = &by_width[usize::from(width)];
        let spaced_out = width.slim & (narrow >= SPACED_OUT);
        narrow = narrow + u32::from(width.narrow) - (recent >> (RECENT - 1));
        recent = (recent << 1 | u32::from(width.narrow)) & ((1 << RECENT) - 1);
        width.earns[usize::from(seen.min(2)) | usize::from(spaced_out) << 1]
    })
}

/// What a word's width lets it earn.
struct Width {
    /// In fixed-point units: what was not there a moment ago, what was there once, what is no news.
    earns: [i16; 4],
    narrow: bool,
    slim: bool,
}

impl Width {
    /// See [`log_width`](crate::fingerprint::log_width).
    fn from_log_width(log_width: u8) -> Self {
        let width_xh = (f32::from(log_width) / WIDTH_STEPS - 3.0).exp2();
        let most = (NATS_PER_XH * width_xh - LETTER_NATS).max(LETTER_NATS);
        let earns = [most, most.min(SEEN_ONCE_NATS), NO_NEWS_NATS, NO_NEWS_NATS].map(units);
        Self { earns, narrow: width_xh < NARROW_XH, slim: width_xh < SLIM_XH }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{Family, log_width};

    /// Caps of words with these widths, in x-heights, and codes.
    fn caps(words: &[(f32, u64)]) -> Vec<i16> {
        let widths: Vec<u8> = words.iter().map(|w| log_width(w.0)).collect();
        let codes = Codes::from_data(Family::Net, words.iter().map(|w| w.1).collect()).expect("one word a code");
        shape_caps(&codes, &widths).collect()
    }

    /// A code far from those of other numbers.
    fn code(k: u64) -> u64 {
        (k + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    proptest! {
        #[test]
        fn words_seen_a_moment_ago_are_found(codes in prop::collection::vec(0u64..4, 0..40), wide in any::<bool>()) {
            // Codes a few bits apart, or far.
            let codes: Vec<u64> = codes.into_iter().map(|c| if c < 2 { code(c) } else { code(1) ^ 0x1ff >> c }).collect();
            let (family, stride) = if wide { (Family::Dct, 2) } else { (Family::Net, 1) };
            let data: Vec<u64> = codes.iter().flat_map(|&c| [c, c].into_iter().take(stride)).collect();
            let codes_of = Codes::from_data(family, data).expect("whole codes");
            prop_assert_eq!(codes_of.stride(), stride);
            let alike = (family.bits() as u32).div_ceil(12);
            let most = units(NATS_PER_XH * 3.0 - 0.3);
            let widths = vec![log_width(3.0); codes.len()];
            for (k, cap) in shape_caps(&codes_of, &widths).enumerate() {
                let seen = (k.saturating_sub(RECENT)..k)
                    .filter(|&j| crate::fingerprint::differing_bits(codes_of.get(j), codes_of.get(k)) <= alike);
                match seen.count() {
                    0 => prop_assert!(cap >= most - 8),
                    1 => prop_assert_eq!(cap, units(SEEN_ONCE_NATS)),
                    _ => prop_assert_eq!(cap, units(NO_NEWS_NATS)),
                }
            }
        }
    }

    #[test]
    fn rows_of_single_letters_earn_next_to_nothing() {
        let widths = [3.0f32, 0.5, 3.0, 0.5, 0.5, 0.5, 1.5, 0.5, 3.0];
        let caps = caps(&widths.iter().enumerate().map(|(k, &w)| (w, code(k as u64))).collect::<Vec<_>>());
        assert!(caps[0] > units(6.0) && caps[8] > units(6.0), "words: {caps:?}");
        assert!((units(0.5)..units(1.2)).contains(&caps[1]), "a letter by itself: {caps:?}");
        assert_eq!(caps[5..8], [units(0.2); 3], "letters in a row");
    }

    #[test]
    fn lines_to_write_on_earn_once() {
        let dashes = code(99);
        let form =
            [(3.0, code(0)), (9.0, dashes), (4.0, code(1)), (15.0, dashes ^ 0b101), (4.0, code(2)), (7.0, dashes)];
        let caps = caps(&form);
        assert!(caps[1] > units(6.0) && caps[2] > units(6.0), "the first is a shape like others: {caps:?}");
        assert_eq!([caps[3], caps[5]], [1.0, 0.2].map(units), "{caps:?}");
    }
}
