//! After the dynamic programme: words that it left out because they contradict the document are put back where nothing
//! else can stand, and each pair is looked at more closely.

use super::alignment::{Alignment, Pair};
use crate::fingerprint::{DistanceModel, WIDTH_STEPS};
use crate::page::Page;

/// How a word of the query comparison beside one of the document.
pub(crate) trait PairComparison {
    /// Distance of the codes, in the query word's weighted bits, and what the pair earns, in nats.
    fn compare(&self, word: u32, document_word: u32) -> (f32, f32);
    /// Distances of this word's code to codes of the same word.
    fn same(&self, word: u32) -> DistanceModel;
    /// Logarithmic widths of both, see [`log_width`](crate::fingerprint::log_width).
    fn widths(&self, word: u32, document_word: u32) -> (u8, u8);
}

/// Holes of more words are no words that were replaced one by one.
///
/// Tuned (words): chosen by eye.
const MOST_REPLACED: u32 = 4;

/// Fills holes of a few words that are as long in picture and document, also at the document's ends, and measures every
/// pair's surprise and stretch.
pub(crate) fn fill_gaps(alignment: &mut Alignment, page: &Page, document_words: u32, comparison: &impl PairComparison) {
    let pairs = std::mem::take(&mut alignment.pairs);
    let (Some(&first), Some(&last)) = (pairs.first(), pairs.last()) else { return };
    let line = |word: u32| page.words[word as usize].line;
    let longest = page.words.iter().map(|w| w.to - w.from).max().unwrap_or(0);
    let mut out: Vec<Pair> = Vec::with_capacity(pairs.len() + 2);
    let pair =
        |word: u32, document_word: u32| Pair::new(word, document_word, comparison.compare(word, document_word).1);

    if (1..=MOST_REPLACED).contains(&first.document_word) {
        let mut before = Vec::new();
        let mut node = page.words[first.word as usize].from;
        while before.len() < first.document_word as usize {
            let Some(word) = likeliest_to(page, node, longest).filter(|&w| line(w) == line(first.word)) else {
                break;
            };
            node = page.words[word as usize].from;
            before.push(word);
        }
        if before.len() == first.document_word as usize {
            out.extend(before.iter().rev().zip(0..).map(|(&word, d)| pair(word, d)));
        }
    }
    for (k, &here) in pairs.iter().enumerate() {
        out.push(here);
        let Some(next) = pairs.get(k + 1) else { break };
        let hole = next.document_word - here.document_word - 1;
        if !(1..=MOST_REPLACED).contains(&hole) {
            continue;
        }
        let (mut node, end) = (page.words[here.word as usize].to, page.words[next.word as usize].from);
        let mut between = Vec::new();
        while node < end && between.len() <= hole as usize {
            let Some(word) = likeliest_from(page, node) else { break };
            node = page.words[word as usize].to;
            between.push(word);
        }
        if node == end && between.len() == hole as usize {
            out.extend(between.iter().zip(here.document_word + 1..).map(|(&word, d)| pair(word, d)));
            alignment.skipped.retain(|s| !between.contains(s));
        }
    }
    let left = document_words.saturating_sub(last.document_word + 1);
    if (1..=MOST_REPLACED).contains(&left) {
        let mut behind = Vec::new();
        let mut node = page.words[last.word as usize].to;
        while behind.len() < left as usize {
            let Some(word) = likeliest_from(page, node).filter(|&w| line(w) == line(last.word)) else { break };
            node = page.words[word as usize].to;
            behind.push(word);
        }
        if behind.len() == left as usize {
            out.extend(behind.iter().zip(last.document_word + 1..).map(|(&word, d)| pair(word, d)));
        }
    }

    out.iter_mut().for_each(|pair| measure(pair, comparison));
    alignment.pairs = out;
}

/// Measures a pair's surprise and stretch.
pub(super) fn measure(pair: &mut Pair, comparison: &impl PairComparison) {
    let (distance, _) = comparison.compare(pair.word, pair.document_word);
    let DistanceModel { same_mean, same_sd } = comparison.same(pair.word);
    let (seen, written) = comparison.widths(pair.word, pair.document_word);
    pair.surprise = (distance - same_mean) / same_sd;
    pair.stretch = (f32::from(seen) - f32::from(written)) / WIDTH_STEPS;
}

/// The word of the likeliest reading that begins at a node: words are ordered by where they begin.
pub(super) fn likeliest_from(page: &Page, node: u32) -> Option<u32> {
    let first = page.words.partition_point(|w| w.from < node);
    let here = page.words[first..].iter().take_while(|w| w.from == node);
    here.zip(first as u32..).find(|(w, _)| w.likeliest).map(|(_, k)| k)
}

/// That which ends at a node; no word spans more than `longest` nodes.
pub(super) fn likeliest_to(page: &Page, node: u32, longest: u32) -> Option<u32> {
    let first = page.words.partition_point(|w| w.from < node.saturating_sub(longest));
    let here = page.words[first..].iter().take_while(|w| w.from < node);
    here.zip(first as u32..).find(|(w, _)| w.likeliest && w.to == node).map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::WordFrame;
    use crate::page::Word;

    struct Same;

    impl PairComparison for Same {
        fn compare(&self, word: u32, document_word: u32) -> (f32, f32) {
            if word == document_word { (5.0, 4.0) } else { (40.0, -3.0) }
        }
        fn same(&self, _: u32) -> DistanceModel {
            DistanceModel { same_mean: 5.0, same_sd: 5.0 }
        }
        fn widths(&self, _: u32, _: u32) -> (u8, u8) {
            (132, 100)
        }
    }

    fn page(words: u32) -> Page {
        let frame = WordFrame::level(0.0, 40.0, 10.0, 8.0);
        let word = |k| Word { from: k, to: k + 1, line: 0, frame, prior_nats: 0.0, likeliest: true };
        Page { words: (0..words).map(word).collect(), nodes: words + 1, ..Page::default() }
    }

    fn aligned(pairs: &[(u32, u32)], page_words: u32, document_words: u32) -> Vec<(u32, u32)> {
        let pair = |&(word, document_word): &(u32, u32)| Pair::new(word, document_word, 4.0);
        let mut alignment =
            Alignment { pairs: pairs.iter().map(pair).collect(), skipped: vec![2, 3, 4], ..Alignment::default() };
        fill_gaps(&mut alignment, &page(page_words), document_words, &Same);
        assert!(
            alignment.pairs.iter().all(|p| (p.stretch - 1.0).abs() < 1e-6 && p.surprise == 0.0
                || p.word != p.document_word && p.surprise == 7.0)
        );
        alignment.pairs.iter().map(|p| (p.word, p.document_word)).collect()
    }

    #[test]
    fn holes_of_equal_length_are_filled() {
        assert_eq!(aligned(&[(0, 0), (1, 1), (3, 3), (4, 4)], 5, 5), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
        // One word here, two there: something was inserted.
        assert_eq!(aligned(&[(0, 0), (1, 1), (4, 3), (5, 4)], 6, 5), [(0, 0), (1, 1), (4, 3), (5, 4)]);
        // Too long to be a word replaced.
        assert_eq!(aligned(&[(0, 0), (6, 6)], 7, 7), [(0, 0), (6, 6)]);
    }

    #[test]
    fn the_documents_ends_are_reached() {
        assert_eq!(aligned(&[(3, 1), (4, 2)], 8, 4), [(2, 0), (3, 1), (4, 2), (5, 3)]);
        assert_eq!(aligned(&[(0, 1), (1, 2)], 2, 4), [(0, 1), (1, 2)], "the picture ends there");
    }

    #[test]
    fn nothing_aligned_stays_nothing() {
        assert!(aligned(&[], 3, 3).is_empty());
    }
}
