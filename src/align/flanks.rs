//! Where a passage ends, do picture and document go on with different words?
//!
//! What people crop, redact or scroll away ends with the picture, a region or the document. An n-gram that two texts
//! happen to share, a signature or a list's footer stands amid other words: of the best passages that unrelated
//! documents reach, four of five are contradicted on either side, of cut-out passages of ten words one in thirty.

use super::alignment::{Alignment, Pair};
use super::gap_fill::{PairComparison, likeliest_from, likeliest_to, measure};
use super::kin::MARGIN_WORDS;
use crate::page::{Page, Word};

/// What words beyond an end cost that contradict the document's, in nats: this for each e-fold of one more than their
/// number. A line cut through or a button below says little, a page of other text much.
///
/// Tuned (nats): record *e-values*: four of five chance passages are contradicted on either side, one cut-out passage
/// in thirty.
const MISMATCH_NATS: f32 = 2.5;
/// So many words of an end are looked at.
///
/// Tuned (words): chosen by eye.
const MOST_WORDS: usize = 30;

/// Where picture and document part at a passage's ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FlankMismatch {
    /// What the passage loses by it.
    pub(crate) nats: f32,
    /// Words that contradict each other at one end, the end with more of them.
    pub(crate) words: usize,
    /// The same at the head and at the tail.
    pub(crate) ends: [usize; 2],
}

/// How the ends of an alignment's best passage are contradicted. An end with a jump is explained by it: a bar, a cut,
/// another column.
pub(crate) fn flank_mismatch(alignment: &Alignment, page: &Page, document_words: usize) -> FlankMismatch {
    let starts = alignment.jumps.iter().map(|&k| k as usize);
    let bounds: Vec<usize> = std::iter::once(0).chain(starts).chain([alignment.pairs.len()]).collect();
    let earned = |part: &[usize]| alignment.pairs[part[0]..part[1]].iter().map(|p| p.score_nats).sum::<f32>();
    let Some((number, part)) = bounds.windows(2).enumerate().max_by(|a, b| earned(a.1).total_cmp(&earned(b.1))) else {
        return FlankMismatch::default();
    };
    let (Some(first), Some(last)) = (alignment.pairs.get(part[0]), alignment.pairs[..part[1]].last()) else {
        return FlankMismatch::default();
    };
    let region = |w: &Word| page.lines[w.line as usize].region;
    let (head, tail) = (&page.words[first.word as usize], &page.words[last.word as usize]);
    let path = || page.words.iter().filter(|w| w.likeliest);
    let mut ends = [0, 0];
    if number == 0 {
        let before = path().rev().filter(|w| w.to <= head.from).take_while(|w| region(w) == region(head));
        ends[0] = before.take(MOST_WORDS).count().min(first.document_word as usize);
    }
    if number + 2 == bounds.len() {
        let behind = path().filter(|w| w.from >= tail.to).take_while(|w| region(w) == region(tail));
        ends[1] = behind.take(MOST_WORDS).count().min(document_words - 1 - last.document_word as usize);
    }
    let nats = ends.iter().map(|&words| MISMATCH_NATS * (words as f32).ln_1p()).sum();
    FlankMismatch { nats, words: ends[0].max(ends[1]), ends }
}

/// Words beyond an alignment's ends, put beside each other one by one as far as the region goes: what stands there in
/// the picture where the document has a name or a number?
///
/// Only as far out as a word agrees again, or as both end together: beyond, other text may stand there.
pub(super) fn beyond(
    alignment: &Alignment,
    page: &Page,
    document_words: usize,
    comparison: &impl PairComparison,
) -> Vec<Pair> {
    let (Some(first), Some(last)) = (alignment.pairs.first(), alignment.pairs.last()) else { return Vec::new() };
    let region = |word: u32| page.lines[page.words[word as usize].line as usize].region;
    let longest = page.words.iter().map(|w| w.to - w.from).max().unwrap_or(0);
    let outward = |from: &Pair, behind: bool| {
        let next = |node: u32| {
            let word = if behind { likeliest_from(page, node) } else { likeliest_to(page, node, longest) };
            word.filter(|&w| region(w) == region(from.word))
        };
        let end = |word: u32| if behind { page.words[word as usize].to } else { page.words[word as usize].from };
        let left = if behind { document_words as u32 - 1 - from.document_word } else { from.document_word };
        let (mut pairs, mut node) = (Vec::new(), end(from.word));
        for step in 1..=left.min(MARGIN_WORDS as u32) {
            let Some(word) = next(node) else { break };
            node = end(word);
            let document_word = if behind { from.document_word + step } else { from.document_word - step };
            let mut pair = Pair::new(word, document_word, comparison.compare(word, document_word).1);
            measure(&mut pair, comparison);
            pairs.push(pair);
        }
        let together = pairs.len() as u32 == left && next(node).is_none();
        let agreeing = pairs.iter().rposition(|p| p.score_nats > 0.0).map_or(0, |k| k + 1);
        pairs.truncate(if together { pairs.len() } else { agreeing });
        pairs
    };
    let (mut out, behind) = (outward(first, false), outward(last, true));
    out.reverse();
    out.extend(behind);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::WordFrame;
    use crate::page::Line;

    /// Words of two regions: five, then five.
    fn page() -> Page {
        let frame = WordFrame::level(0.0, 40.0, 10.0, 8.0);
        let word = |k| Word { from: k, to: k + 1, line: k / 5, frame, prior_nats: 0.0, likeliest: true };
        let line = |region| Line {
            origin: frame.origin,
            along: frame.along,
            length_px: 200.0,
            x_height_px: 8.0,
            region,
            pieces: Vec::new(),
            spaces: Vec::new(),
        };
        Page { lines: vec![line(0), line(1)], words: (0..10).map(word).collect(), nodes: 11, ..Page::default() }
    }

    fn lost(pairs: &[(u32, u32)], jumps: &[u32], document_words: usize) -> f32 {
        let pair = |&(word, document_word): &(u32, u32)| Pair::new(word, document_word, 4.0);
        let alignment =
            Alignment { pairs: pairs.iter().map(pair).collect(), jumps: jumps.to_vec(), ..Alignment::default() };
        flank_mismatch(&alignment, &page(), document_words).nats
    }

    /// What so many words at one end cost.
    fn words(n: f32) -> f32 {
        MISMATCH_NATS * n.ln_1p()
    }

    #[test]
    fn only_where_both_go_on_is_an_end_contradicted() {
        assert_eq!(lost(&[(0, 20), (1, 21), (2, 22), (3, 23), (4, 24)], &[], 100), 0.0, "the region's ends");
        assert_eq!(lost(&[(1, 0), (2, 1), (3, 2)], &[], 3), 0.0, "the document's ends");
        assert_eq!(lost(&[(1, 20), (2, 21), (3, 22)], &[], 100), 2.0 * words(1.0), "one word on each side");
        assert_eq!(lost(&[(9, 50)], &[], 100), words(4.0), "four words of the region before");
        assert_eq!(lost(&[(8, 2), (9, 3)], &[], 100), words(2.0), "the document has only two before");
        assert_eq!(lost(&[], &[], 100), 0.0);
    }

    #[test]
    fn a_jump_explains_an_end() {
        assert_eq!(
            lost(&[(1, 20), (2, 21), (3, 60)], &[2], 100),
            words(1.0),
            "two words, then elsewhere: the head is open"
        );
        assert_eq!(lost(&[(0, 20), (7, 60), (8, 61)], &[1], 100), words(1.0), "the tail is");
    }
}
