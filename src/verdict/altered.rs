//! Is a word of the picture another one than the document's? Was one put in, was one left out?
//!
//! A word is judged by two measures that do not depend on each other: how far its code is from the document's word, in
//! standard deviations of what codes of the same word differ by, given the confidence of each of its bits; and how much
//! wider or narrower it is. Both are taken relative to the other words of the passage: what is usual among them is the
//! picture's style (its typeface's class, weight, slant and width), not a change. Words cut in the wrong place are far
//! off too, but then the width is, and the words beside them are. So only words between firm neighbours are judged, and
//! the more the width differs, the more the code must. The weights were fitted by logistic regression to pages with and
//! without replaced words (measured in `docs/results`, *altered words*).

use crate::align::{Alignment, Pair};
use crate::fingerprint::WIDTH_STEPS;
use crate::page::{Page, Word};

/// Log-odds of a word of one x-height's width that agrees, per standard deviation of surprise, per doubling of the
/// width up to [`OTHER_WIDTH`], per doubling in all, and per doubling of the word's own width up to [`FULL_WIDTH_XH`]:
/// little shape, little said.
///
/// Tuned (log-odds): logistic regression on pages with and without replaced words, record *altered words*.
const WEIGHTS: [f32; 5] = [-7.0, 1.98, 11.9, -10.6, 0.5];
/// A word as wide as this has shape enough.
///
/// Tuned (x-heights): fitted with the weights, record *altered words*.
const FULL_WIDTH_XH: f32 = 4.0;
/// Surprise beyond this says nothing more.
///
/// Tuned (standard deviations): fitted with the weights, record *altered words*.
const MOST_SURPRISE: f32 = 8.0;
/// Letters of one typeface make words of one width but for so many doublings.
///
/// Tuned (doublings): fitted with the weights, record *altered words*.
const OTHER_WIDTH: f32 = 0.12;
/// A neighbour that lost more is no firm ground.
///
/// Tuned (nats): chosen by eye.
const LEAST_NEIGHBOUR_NATS: f32 = -1.5;
/// The next word of a side must have earned this, or the next two of them [`LEAST_SIDE_NATS`] together.
///
/// Tuned (nats): chosen by eye.
const FIRM_NATS: f32 = 1.0;
/// What the next two words of a side must have earned together where the next one is not firm by itself.
///
/// Tuned (nats): chosen by eye.
const LEAST_SIDE_NATS: f32 = 0.3;
/// Widths of words that a code of 48 columns tells: narrower ones are marks, bullets, dust; of longer ones (addresses
/// of pages) a letter has less than three columns.
///
/// Tuned (x-heights): chosen by eye.
pub(super) const LEGIBLE_XH: std::ops::RangeInclusive<f32> = 0.9..=16.0;

/// How often a word was put in, of all that look like it.
///
/// Tuned (share): counted on doctored pages, record *altered words*.
const INSERTED: f32 = 0.9;
/// How often words were left out, of all gaps that look like it.
///
/// Tuned (share): counted on doctored pages, record *altered words*.
const DELETED: f32 = 0.9;
/// Agreement beyond what is usual, in standard deviations, counts no further.
///
/// Tuned (standard deviations): fitted with the weights, record *altered words*.
const LEAST_SURPRISE: f32 = -1.0;
/// A word is whole if its width differs by less than [`OTHER_WIDTH`] and so many times what widths of the passage do.
///
/// Tuned (factor): chosen by eye.
const WHOLE_SPREADS: f32 = 3.0;

/// What is not as in the document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// For each pair, the probability that the picture's word is another one than the document's.
    pub(super) replaced: Vec<f32>,
    /// For each skipped word, the probability that it was put in.
    pub(super) inserted: Vec<f32>,
    /// Runs of document words that the picture lacks inside of the passage, first and last, with the probability that
    /// they were left out.
    pub(super) deleted: Vec<([u32; 2], f32)>,
}

/// Judges the words of an alignment with a document whose words have these widths, see
/// [`log_width`](crate::fingerprint::log_width).
pub(super) fn changes(alignment: &Alignment, page: &Page, widths: &[u8]) -> Changes {
    let passage = Passage::new(&alignment.pairs, page);
    let pairs = passage.pairs;
    let replaced = (0..pairs.len()).map(|k| passage.replaced(k, widths.len())).collect();
    let inserted = alignment.skipped.iter().map(|&word| passage.inserted(word, &alignment.skipped)).collect();
    let gaps = (1..pairs.len()).filter(|&k| pairs[k - 1].document_word + 1 < pairs[k].document_word);
    let deleted = gaps.map(|k| {
        let [first, next] = [pairs[k - 1].document_word + 1, pairs[k].document_word];
        let legible = |w: &u8| LEGIBLE_XH.contains(&(f32::from(*w) / WIDTH_STEPS - 3.0).exp2());
        let seen = widths.get(first as usize..next as usize).is_some_and(|w| w.iter().any(legible));
        ([first, next - 1], if seen { passage.deleted_before(k) } else { 0.0 })
    });
    Changes { replaced, inserted, deleted: deleted.collect() }
}

/// The pairs of an alignment, and what is usual among them.
struct Passage<'a> {
    pairs: &'a [Pair],
    page: &'a Page,
    usual_surprise: f32,
    usual_stretch: f32,
    /// How far most widths are from the usual one: other typefaces are not as wide in every letter.
    usual_spread: f32,
}

impl<'a> Passage<'a> {
    fn new(pairs: &'a [Pair], page: &'a Page) -> Self {
        let usual_stretch = median(pairs.iter().map(|p| p.stretch));
        Self {
            pairs,
            page,
            usual_surprise: median(pairs.iter().map(|p| p.surprise)),
            usual_stretch,
            usual_spread: median(pairs.iter().map(|p| (p.stretch - usual_stretch).abs())),
        }
    }

    fn replaced(&self, k: usize, document_words: usize) -> f32 {
        let pair = &self.pairs[k];
        let (before, behind) = (self.side(k, false), self.side(k, true));
        let (first, last) = (pair.document_word == 0, pair.document_word as usize + 1 == document_words);
        let legible = LEGIBLE_XH.contains(&self.word(pair).frame.width_xh());
        let grounded =
            legible && before.unwrap_or(first) && behind.unwrap_or(last) && (before.is_some() || behind.is_some());
        if grounded { self.probability(pair) } else { 0.0 }
    }

    fn probability(&self, pair: &Pair) -> f32 {
        let [agreeing, far, other, wide, full] = WEIGHTS;
        let stretch = self.stretch(pair);
        let surprise = (pair.surprise - self.usual_surprise).clamp(LEAST_SURPRISE, MOST_SURPRISE);
        let width = self.word(pair).frame.width_xh().clamp(1.0, FULL_WIDTH_XH).log2();
        let log_odds = agreeing + far * surprise + other * stretch.min(OTHER_WIDTH) + wide * stretch + full * width;
        1.0 / (1.0 + (-log_odds).exp())
    }

    /// How much a word is wider or narrower than the others, in doublings.
    fn stretch(&self, pair: &Pair) -> f32 {
        (pair.stretch - self.usual_stretch).abs()
    }

    fn word(&self, pair: &Pair) -> &Word {
        &self.page.words[pair.word as usize]
    }

    /// Whether two pairs adjoin in picture and document.
    fn adjoin(&self, left: &Pair, right: &Pair) -> bool {
        left.document_word + 1 == right.document_word && self.word(left).to == self.word(right).from
    }

    /// Whether the words directly before or behind pair `k` are firm; none if none adjoins that is not contradicted
    /// itself.
    fn side(&self, k: usize, behind: bool) -> Option<bool> {
        let step = |k: usize| if behind { k.checked_add(1) } else { k.checked_sub(1) };
        let next = step(k).filter(|&n| n < self.pairs.len())?;
        let adjoin = |a: usize, b: usize| self.adjoin(&self.pairs[a.min(b)], &self.pairs[a.max(b)]);
        let nats = self.pairs[next].score_nats;
        (adjoin(k, next) && nats > LEAST_NEIGHBOUR_NATS).then(|| self.firm(next, behind))
    }

    /// Whether pair `k`, or it and the next one away from where it is looked at from, are firm.
    fn firm(&self, k: usize, behind: bool) -> bool {
        let nats = self.pairs[k].score_nats;
        let beyond = if behind { self.pairs.get(k + 1) } else { k.checked_sub(1).map(|n| &self.pairs[n]) };
        let beyond =
            beyond.filter(|p| if behind { self.adjoin(&self.pairs[k], p) } else { self.adjoin(p, &self.pairs[k]) });
        nats >= FIRM_NATS
            || nats > LEAST_NEIGHBOUR_NATS && nats + beyond.map_or(0.0, |p| p.score_nats) > LEAST_SIDE_NATS
    }

    /// Whether pairs `k - 1` and `k` are whole words of one line on firm ground: what lies between them is no matter of
    /// cuts or of lines that were not read.
    fn whole_around(&self, k: usize) -> bool {
        let (left, right) = (&self.pairs[k - 1], &self.pairs[k]);
        let whole = |p: &Pair| self.stretch(p) < OTHER_WIDTH + WHOLE_SPREADS * self.usual_spread;
        self.word(left).line == self.word(right).line
            && whole(left)
            && whole(right)
            && self.firm(k - 1, false)
            && self.firm(k, true)
    }

    /// A word was put in if the words around it adjoin in the document.
    fn inserted(&self, word: u32, skipped: &[u32]) -> f32 {
        let own = &self.page.words[word as usize];
        let k = self.pairs.partition_point(|p| p.word < word);
        let Some([left, right]) = k.checked_sub(1).and_then(|first| self.pairs.get(first..=k)) else { return 0.0 };
        // From the word before to the word behind, nothing but skipped words.
        let mut node = self.word(left).to;
        for &s in &skipped[skipped.partition_point(|&s| s < left.word)..] {
            let skipped = &self.page.words[s as usize];
            if skipped.from == node && skipped.to <= self.word(right).from {
                node = skipped.to;
            }
        }
        let between = left.document_word + 1 == right.document_word && node == self.word(right).from;
        if between && LEGIBLE_XH.contains(&own.frame.width_xh()) && self.whole_around(k) { INSERTED } else { 0.0 }
    }

    /// Words were left out if those around them adjoin in the picture.
    fn deleted_before(&self, k: usize) -> f32 {
        let adjoin = self.word(&self.pairs[k - 1]).to == self.word(&self.pairs[k]).from;
        if adjoin && self.whole_around(k) { DELETED } else { 0.0 }
    }
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::log_width;
    use crate::geom::WordFrame;
    use crate::page::Line;

    fn page(words: u32) -> Page {
        let frame = |k: u32| WordFrame::level(k as f32 * 50.0, k as f32 * 50.0 + 40.0, 10.0, 8.0);
        let word = |k| Word { from: k, to: k + 1, line: 0, frame: frame(k), prior_nats: 0.0, likeliest: true };
        let line = Line {
            origin: frame(0).origin,
            along: frame(0).along,
            length_px: 50.0 * words as f32,
            x_height_px: 8.0,
            region: 0,
            pieces: Vec::new(),
            spaces: Vec::new(),
        };
        Page { lines: vec![line], words: (0..words).map(word).collect(), nodes: words + 1, ..Page::default() }
    }

    fn pair(k: u32, score_nats: f32, surprise: f32, stretch: f32) -> Pair {
        Pair { word: k, document_word: k + 10, score_nats, surprise, stretch }
    }

    fn judged(pairs: &[Pair], skipped: &[u32], document_words: usize) -> Changes {
        let words = pairs.iter().map(|p| p.word + 1).max().unwrap_or(0);
        let alignment = Alignment { pairs: pairs.to_vec(), skipped: skipped.to_vec(), ..Alignment::default() };
        changes(&alignment, &page(words), &vec![log_width(4.0); document_words])
    }

    fn agreeing(n: u32) -> Vec<Pair> {
        (0..n).map(|k| pair(k, 6.0, -0.5, 0.02)).collect()
    }

    #[test]
    fn another_word_between_firm_ones_is_altered() {
        let mut pairs = agreeing(7);
        pairs[3] = pair(3, -3.0, 7.0, 0.1);
        let found = judged(&pairs, &[], 100).replaced;
        assert!(found[3] > 0.9, "{found:?}");
        assert!(found.iter().enumerate().all(|(k, &p)| k == 3 || p < 0.01), "{found:?}");
    }

    #[test]
    fn what_is_usual_in_the_picture_is_its_style() {
        // A narrow typeface unlike the catalogue's: all words surprise a little and are a third narrower.
        let mut pairs: Vec<Pair> = (0..9).map(|k| pair(k, 3.0, 2.0, -0.5)).collect();
        assert!(judged(&pairs, &[], 100).replaced.iter().all(|&p| p < 0.01));
        // In it, a word of the catalogue's own width is odd.
        pairs[4] = pair(4, 1.0, 4.5, -0.4);
        let usual_width = pair(4, 1.0, 4.5, -0.5);
        let odd = judged(&pairs, &[], 100).replaced[4];
        pairs[4] = usual_width;
        assert!(odd > judged(&pairs, &[], 100).replaced[4]);
    }

    #[test]
    fn a_word_cut_in_the_wrong_place_is_not() {
        let mut pairs = agreeing(7);
        // A fragment of it.
        pairs[3] = pair(3, -3.0, 7.0, -2.0);
        assert!(judged(&pairs, &[], 100).replaced[3] < 0.5);
        // Nothing firm behind.
        pairs[3] = pair(3, -3.0, 7.0, 0.1);
        pairs[4] = pair(4, -3.0, 7.0, 0.1);
        assert_eq!(judged(&pairs, &[], 100).replaced[3], 0.0);
        // The document's next word is missing.
        pairs.remove(4);
        assert_eq!(judged(&pairs, &[], 100).replaced[3], 0.0);
    }

    #[test]
    fn the_first_word_of_a_document_has_one_neighbour() {
        let mut pairs: Vec<Pair> = agreeing(4).into_iter().map(|p| Pair { document_word: p.word, ..p }).collect();
        pairs[0].surprise = 8.0;
        assert!(judged(&pairs, &[], 4).replaced[0] > 0.9);
        pairs.iter_mut().for_each(|p| p.document_word += 1);
        assert_eq!(judged(&pairs, &[], 5).replaced[0], 0.0, "what stood before it is not seen");
    }

    #[test]
    fn words_are_put_in_and_left_out_between_whole_ones() {
        // Document words 10 to 12 on words 0 to 2, then one more word, then 13 to 15; 16 is left out.
        let on = |word: u32, document_word: u32| Pair { document_word, ..pair(word, 6.0, -0.5, 0.02) };
        let mut pairs = vec![on(0, 10), on(1, 11), on(2, 12), on(4, 13), on(5, 14), on(6, 15), on(7, 17), on(8, 18)];
        let found = judged(&pairs, &[3], 100);
        assert_eq!(
            (found.inserted.as_slice(), found.deleted.as_slice()),
            (&[INSERTED][..], &[([16, 16], DELETED)][..])
        );
        // The word before is twice as wide as the document's: it holds what seems to be missing.
        pairs[5].stretch = 1.0;
        assert_eq!(judged(&pairs, &[3], 100).deleted, [([16, 16], 0.0)]);
        // The document has a word there, too: it was replaced, or cut badly.
        pairs.iter_mut().skip(3).for_each(|p| p.document_word += 1);
        assert_eq!(judged(&pairs, &[3], 100).inserted, [0.0]);
    }
}
