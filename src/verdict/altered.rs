//! Is a word of the picture another one than the document's?
//!
//! A word is judged by two measures that do not depend on each other: how far its code is from the document's word, in
//! standard deviations of what codes of the same word differ by, given the confidence of each of its bits; and how much wider
//! or narrower it is. Words cut in the wrong place are far off too, but then the width is, and the words beside them are.
//! So only words with a firm neighbour directly before and behind are judged, and the more the width differs, the more the
//! code must. The weights were fitted by logistic regression to pages with and without replaced words (the design page has
//! the measurement).

use crate::align::Pair;
use crate::page::Word;

/// Log-odds of a word that agrees, per standard deviation of surprise, per doubling of the width, and back beyond
/// [`WIDE`] doublings.
const WEIGHTS: [f32; 4] = [-7.96, 2.12, -5.03, 1.16];
/// Surprise beyond this says nothing more.
const MOST_SURPRISE: f32 = 8.0;
/// From here, width says less.
const WIDE: f32 = 0.9;
/// A neighbour that lost more is no firm ground.
const LEAST_NEIGHBOUR_NATS: f32 = -1.5;
/// The two words of a side must have earned this together.
const LEAST_SIDE_NATS: f32 = 0.3;
/// Words of a side that are looked at.
const SIDE: usize = 2;

/// For each pair, the probability that the picture's word is another one than the document's.
///
/// `words` are those of the page, `document_words` the document's number of words.
pub(super) fn probabilities(pairs: &[Pair], words: &[Word], document_words: usize) -> Vec<f32> {
    let judge = |(k, pair): (usize, &Pair)| {
        let firm = |side: Option<f32>, at_end: bool| side.map_or(at_end, |nats| nats > LEAST_SIDE_NATS);
        let (before, after) = (side(pairs, words, k, false), side(pairs, words, k, true));
        let (first, last) = (pair.document_word == 0, pair.document_word as usize + 1 == document_words);
        let grounded = firm(before, first) && firm(after, last) && (before.is_some() || after.is_some());
        if grounded { probability(pair.surprise, pair.stretch) } else { 0.0 }
    };
    pairs.iter().enumerate().map(judge).collect()
}

/// What the words directly before or behind pair `k` earned, none if the next one is not firm.
fn side(pairs: &[Pair], words: &[Word], k: usize, behind: bool) -> Option<f32> {
    let step = |k: usize| if behind { k.checked_add(1) } else { k.checked_sub(1) };
    let (mut at, mut nats, mut seen) = (k, 0.0, 0);
    while let Some((next, pair)) = step(at).and_then(|n| Some((n, pairs.get(n)?))) {
        let (left, right) = if behind { (&pairs[at], pair) } else { (pair, &pairs[at]) };
        let adjoin = left.document_word + 1 == right.document_word
            && words[left.word as usize].to == words[right.word as usize].from;
        if !adjoin || seen == SIDE || (seen == 0 && pair.score_nats <= LEAST_NEIGHBOUR_NATS) {
            break;
        }
        (at, nats, seen) = (next, nats + pair.score_nats, seen + 1);
    }
    (seen > 0).then_some(nats)
}

fn probability(surprise: f32, stretch: f32) -> f32 {
    let [agreeing, far, wide, wider] = WEIGHTS;
    let stretch = stretch.abs();
    let log_odds =
        agreeing + far * surprise.clamp(-1.0, MOST_SURPRISE) + wide * stretch + wider * (stretch - WIDE).max(0.0);
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::WordFrame;

    fn word(k: u32) -> Word {
        let frame = WordFrame::level(k as f32 * 50.0, k as f32 * 50.0 + 40.0, 10.0, 8.0);
        Word { from: k, to: k + 1, line: 0, frame, prior_nats: 0.0, likeliest: true }
    }

    fn pair(k: u32, score_nats: f32, surprise: f32, stretch: f32) -> Pair {
        Pair { word: k, document_word: k + 10, score_nats, surprise, stretch }
    }

    #[test]
    fn another_word_between_firm_ones_is_altered() {
        let words: Vec<Word> = (0..7).map(word).collect();
        let mut pairs: Vec<Pair> = (0..7).map(|k| pair(k, 6.0, -0.5, 0.02)).collect();
        pairs[3] = pair(3, -3.0, 7.0, 0.1);
        let found = probabilities(&pairs, &words, 100);
        assert!(found[3] > 0.9, "{found:?}");
        assert!(found.iter().enumerate().all(|(k, &p)| k == 3 || p < 0.01), "{found:?}");
    }

    #[test]
    fn a_word_cut_in_the_wrong_place_is_not() {
        let words: Vec<Word> = (0..7).map(word).collect();
        let mut pairs: Vec<Pair> = (0..7).map(|k| pair(k, 6.0, -0.5, 0.02)).collect();
        // A fragment of it.
        pairs[3] = pair(3, -3.0, 7.0, -2.0);
        assert!(probabilities(&pairs, &words, 100)[3] < 0.5);
        // Nothing firm behind.
        pairs[3] = pair(3, -3.0, 7.0, 0.1);
        pairs[4] = pair(4, -3.0, 7.0, 0.1);
        assert_eq!(probabilities(&pairs, &words, 100)[3], 0.0);
        // The document's next word is missing.
        pairs.remove(4);
        assert_eq!(probabilities(&pairs, &words, 100)[3], 0.0);
    }

    #[test]
    fn the_first_word_of_a_document_has_one_neighbour() {
        let words: Vec<Word> = (0..4).map(word).collect();
        let mut pairs: Vec<Pair> = (0..4).map(|k| Pair { document_word: k, ..pair(k, 6.0, -0.5, 0.02) }).collect();
        pairs[0].surprise = 8.0;
        assert!(probabilities(&pairs, &words, 4)[0] > 0.9);
        pairs.iter_mut().for_each(|p| p.document_word += 1);
        assert_eq!(probabilities(&pairs, &words, 5)[0], 0.0, "what stood before it is not seen");
    }
}
