//! What a passage would score elsewhere in its document.
//!
//! Tables, logs and lists agree with themselves a few lines on, so they agree as well with other ones of their kind.
//! What such a document's best passage scores tells no more than what it scores there beyond other ways to lay the same
//! words on it, none of which has a word where one before had it (suboptimal alignments: M. S. Waterman & M. Eggert
//! 1987).

use super::alignment::Alignment;
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::search::{Batch, Query, ScoreConfig};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// So many other ways may be copies: mails quote a passage twice.
///
/// Tuned (count): as many as the surprisal of n-grams takes for quotations.
const COPIES: usize = 3;

/// Cells (lattice nodes × document words) of one programme at most; each takes 12 bytes. Of longer passages a part is
/// looked at.
///
/// Tuned (cells): 12 MB.
const MAX_CELLS: usize = 1_000_000;

/// The best of many ways to lay words on a text that repeats itself is so many times as far above usual scores as what
/// is left when it and some more are taken.
///
/// Tuned (factor): record *composition*.
const SPREAD: f32 = 3.0;

/// How a cell was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Nothing,
    /// By an edge, onto a document word.
    Word(u32),
    /// By an edge, staying at the document word.
    SkipQuery(u32),
    SkipDocument,
}

/// What a passage scored that its words would score elsewhere in the only document of a batch, too, copies aside:
/// nothing, if that is no more than `chance_nats`.
///
/// Cost: one pass over the cells of the passage for documents that do not repeat themselves, up to four for others.
pub(super) fn repeated_nats(
    batch: &Batch,
    query: &Query<'_>,
    (scores, kernels, scoring): (&[WordScore], &Kernels, &ScoreConfig),
    passage: &Alignment,
    chance_nats: f32,
) -> f32 {
    let (Some(first), Some(last)) = (passage.pairs.first(), passage.pairs.last()) else { return 0.0 };
    let words = batch.positions(0).len();
    let from = query.edges[first.word as usize].from;
    let all = (query.edges[last.word as usize].to - from) as usize + 1;
    let nodes = all.min((MAX_CELLS / (words + 1)).max(2));
    let taken = vec![Vec::new(); nodes];
    let mut programme = Programme { batch, query, scores, kernels, scoring, from, nodes, taken };
    let mut pairs: Vec<(u32, u32)> = passage.pairs.iter().map(|p| (p.word, p.document_word)).collect();
    let mut beyond_nats = 0.0;
    for _ in 0..=COPIES {
        programme.take(&pairs);
        let (units, elsewhere) = programme.best();
        // Of a part of a passage, as if the rest were like it.
        let nats = units as f32 / UNITS_PER_NAT * all as f32 / nodes as f32;
        beyond_nats = nats - chance_nats;
        if beyond_nats <= 0.0 {
            return 0.0;
        }
        pairs = elsewhere;
    }
    SPREAD * beyond_nats
}

/// No score makes up for a pair that is taken.
const TAKEN: i16 = i16::MIN;

/// Local alignments of a part of a query's lattice.
struct Programme<'a> {
    batch: &'a Batch,
    query: &'a Query<'a>,
    scores: &'a [WordScore],
    kernels: &'a Kernels,
    scoring: &'a ScoreConfig,
    /// The first of the nodes that are looked at, and their number.
    from: u32,
    nodes: usize,
    /// For each node, document words that the part of the picture from there to the next one must not lie on.
    taken: Vec<Vec<u32>>,
}

impl Programme<'_> {
    fn take(&mut self, pairs: &[(u32, u32)]) {
        for &(word, document_word) in pairs {
            let edge = &self.query.edges[word as usize];
            for node in edge.from..edge.to {
                if let Some(taken) = node.checked_sub(self.from).and_then(|k| self.taken.get_mut(k as usize)) {
                    taken.push(document_word);
                }
            }
        }
    }

    /// The best local alignment without pairs that are taken: its score in fixed-point units, and its pairs.
    fn best(&self) -> (i32, Vec<(u32, u32)>) {
        let Self { batch, query, scores, kernels, scoring, from, nodes, .. } = *self;
        let (skip_query, skip_document) =
            (i32::from(units(scoring.skip_query_nats)), i32::from(units(scoring.skip_document_nats)));
        let n = batch.positions(0).len();
        let width = n + 1;
        let mut table = vec![(0i32, Move::Nothing); nodes * width];
        let (mut distances, mut other) = (vec![0i16; n], vec![0i16; n]);
        let (mut best, mut finished) = ((0, 0), 0);
        let mut finish = |table: &mut [(i32, Move)], node: usize| {
            let row = &mut table[node * width..(node + 1) * width];
            for p in (0..n).rev() {
                let skipped = row[p].0 - skip_document;
                if skipped > row[p + 1].0 {
                    row[p + 1] = (skipped, Move::SkipDocument);
                }
            }
            for (p, cell) in row.iter().enumerate() {
                best = best.max((cell.0, usize::MAX - (node * width + p)));
            }
        };
        let inside = |node: u32| node.checked_sub(from).map(|k| k as usize).filter(|&k| k < nodes);
        for (k, edge) in query.edges.iter().enumerate() {
            let (Some(start), Some(end)) = (inside(edge.from), inside(edge.to)) else { continue };
            while finished <= start {
                finish(&mut table, finished);
                finished += 1;
            }
            batch.distances(0, query.probe(k), kernels, &mut distances, &mut other);
            let taken = self.taken[start..end].iter().flatten();
            let at_cap = |(&distance, &cap): (&i16, &i16)| scores[k].at(distance, cap);
            let mut earned: Vec<i16> = distances.iter().zip(batch.caps(0)).map(at_cap).collect();
            taken.for_each(|&p| earned[p as usize] = TAKEN);
            let (before, behind) = table.split_at_mut(end * width);
            let (row, to) = (&before[start * width..][..width], &mut behind[..width]);
            for p in 0..width {
                if edge.likeliest && row[p].0 - skip_query > to[p].0 {
                    to[p] = (row[p].0 - skip_query, Move::SkipQuery(k as u32));
                }
                if p < n && row[p].0 + i32::from(earned[p]) > to[p + 1].0 {
                    to[p + 1] = (row[p].0 + i32::from(earned[p]), Move::Word(k as u32));
                }
            }
        }
        for node in finished..nodes {
            finish(&mut table, node);
        }
        let (score, mut at) = (best.0, usize::MAX - best.1);
        let mut pairs = Vec::new();
        if score == 0 {
            return (0, pairs);
        }
        loop {
            let step = |k: u32| {
                let edge = &query.edges[k as usize];
                (edge.to - edge.from) as usize * width
            };
            match table[at].1 {
                Move::Nothing => break,
                Move::Word(k) => {
                    pairs.push((k, (at % width - 1) as u32));
                    at -= step(k) + 1;
                }
                Move::SkipQuery(k) => at -= step(k),
                Move::SkipDocument => at -= 1,
            }
        }
        (score, pairs)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::align::alignment::Pair;
    use crate::fingerprint::Codes;
    use crate::search::test_cases::{build, case};
    use crate::search::{BackgroundSample, Edge, scan_batch, word_scores};

    /// What an alignment of these pairs scores at most: skips of what lies between, and of one document word an edge.
    fn score_of(pairs: &[(u32, u32)], batch: &Batch, query: &Query<'_>, scores: &[WordScore]) -> i32 {
        let earned = |&(word, position): &(u32, u32)| {
            let distance = batch.distance(query.probe(word as usize), position as usize);
            i32::from(scores[word as usize].at(distance, batch.cap(position as usize)))
        };
        pairs.iter().map(earned).sum()
    }

    proptest! {
        #[test]
        fn without_taken_pairs_it_is_the_scan_and_with_them_less((documents, edges) in case()) {
            let (batch, edges, codes) = build(&documents[..1], &edges);
            let query = Query { nodes: 16, edges, codes: &codes, weights: &[] };
            let (kernels, scoring) = (Kernels::best(), ScoreConfig::default());
            let scores = word_scores(&query, &BackgroundSample::from_batch(&batch), &kernels, &scoring);
            let mut programme = Programme {
                batch: &batch,
                query: &query,
                scores: &scores,
                kernels: &kernels,
                scoring: &scoring,
                from: 0,
                nodes: 16,
                taken: vec![Vec::new(); 16],
            };
            let mut before = i32::from(scan_batch(&batch, &query, &scores, &kernels, &scoring)[0]);
            prop_assert_eq!(programme.best().0, before);
            // Of each node, what the pairs found so far lie on.
            let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
            for _ in 0..4 {
                let (units, mut pairs) = programme.best();
                pairs.reverse();
                prop_assert!(units <= before);
                let ends_before = |a: u32, b: u32| query.edges[a as usize].to <= query.edges[b as usize].from;
                let in_order = pairs.is_sorted_by(|a, b| ends_before(a.0, b.0) && a.1 < b.1);
                prop_assert!(in_order);
                prop_assert!(score_of(&pairs, &batch, &query, &scores) >= units, "skips cost");
                for &(word, position) in &pairs {
                    let Edge { from, to, .. } = query.edges[word as usize];
                    prop_assert!((from..to).all(|node| seen.insert((node, position))), "one ink on one word twice");
                }
                programme.take(&pairs);
                before = units;
            }
        }
    }

    /// What a passage loses whose words 0, 1, 2 … lie on a document's words from `at` on.
    fn repeated(document: &[u64], words: &[u64], at: u32) -> f32 {
        let edges: Vec<(u32, u32, u64)> = (0..).zip(words).map(|(k, &word)| (k, 1, word)).collect();
        let (batch, mut edges, codes): (Batch, Vec<Edge>, Codes) = build(&[document.to_vec()], &edges);
        edges.iter_mut().for_each(|e| (e.likeliest, e.width.weight, e.prior_nats) = (true, 0, 0.0));
        let query = Query { nodes: words.len() as u32 + 1, edges, codes: &codes, weights: &[] };
        let score = WordScore { start: 160, slope: 16, most: 160, least: -96 };
        let scores = vec![score; words.len()];
        let by_these = (scores.as_slice(), &Kernels::best(), &ScoreConfig::default());
        let pairs = (0..words.len() as u32).map(|k| Pair::new(k, at + k, 5.0)).collect();
        repeated_nats(&batch, &query, by_these, &Alignment { pairs, ..Alignment::default() }, 6.0)
    }

    #[test]
    fn what_fits_in_many_places_is_taken_off_and_a_copy_is_not() {
        let prose: Vec<u64> = (4..12).collect();
        assert_eq!(repeated(&prose, &prose, 0), 0.0);
        let twice = [prose.as_slice(), &[0, 1], &prose].concat();
        assert_eq!(repeated(&twice, &prose, 0), 0.0, "a mail that quotes itself");
        // Lines of a form: each fits on each.
        let form: Vec<u64> = (0..10).flat_map(|_| [8, 9, 10, 11]).collect();
        let four_lines: Vec<u64> = form[..16].to_vec();
        assert!(repeated(&form, &four_lines, 8) > 90.0, "{}", repeated(&form, &four_lines, 8));
    }
}
