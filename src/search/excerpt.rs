//! Pages of more words than are looked up: which parts of them are.
//!
//! A capture of a whole scrolled conversation, a page of tiny type or a pattern that passes for text can have a hundred
//! times as many words as a screenshot. Hashing and searching all of them would take that much longer, and most of it
//! cannot change the answer. So short runs of words all over the page are hashed and looked up, each by itself. Where
//! neighbouring runs agree with one document more than chance would have it, the words around are kept; all others go.
//!
//! Cost: that of the sample, however large the page.

use std::cmp::Reverse;
use std::ops::Range;

use super::query::{Edge, Query};
use super::scan::DocumentScore;
use super::score::word_scores;
use super::searcher::Searcher;
use super::seeds::{SearchConfig, seeds};
use crate::Error;
use crate::fingerprint::{Codes, Encoder, fingerprint_words};
use crate::fixed_point::units;
use crate::limits::{Deadline, LimitKind, ReachedLimit};
use crate::page::{Page, Word};
use crate::simd::kernels::WordScore;

/// Words of a run.
///
/// Tuned (words): chosen by eye: six words of a mail earn 15 to 25 nats, chance finds some 15 in a million words.
const RUN_WORDS: usize = 6;
/// Words of all runs.
///
/// Tuned (words): chosen by eye: of a capture of 47,000 words every tenth; hashing them takes as long as twelve
/// screenshots do.
const SAMPLE_WORDS: usize = 4_800;
/// Runs on either side that may agree with the same document.
///
/// Tuned (count): chosen by eye: of a capture of 47,000 words some 190 words on either side.
const NEIGHBOURS: usize = 3;
/// The best of m × n alignments earns ln(m n) nats by chance (S. Karlin & S. F. Altschul 1990). What a document earns
/// beyond that, in neighbouring runs together, must be more than the best of all documents has by chance, by so much.
///
/// Tuned (nats): chosen by eye.
const BEYOND_CHANCE_NATS: f32 = 1.0;
/// Least number of words kept on either side of a run: others of the same mail may lie between two runs.
///
/// Tuned (words): chosen by eye.
const LEAST_REACH: usize = 48;
/// What a run's search may take: it is short, and its mail is one of the first.
///
/// Tuned (count, positions, cells): chosen by eye.
const RUN_SEARCH: (usize, usize, u64) = (8, 6_000, 40_000);

impl Searcher {
    /// Cuts a page of more than `most_words` down to what is worth looking up; [`Page::words_left_out`] counts the
    /// rest. Pages of fewer words stay as they are.
    ///
    /// Cost: hashing and looking up some 5,000 words.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the encoder's hash family is not the index's; [`Error::File`] if a block of a
    /// segment is damaged.
    pub fn excerpt(
        &self,
        page: &mut Page,
        encoder: &dyn Encoder,
        most_words: usize,
        deadline: Deadline,
    ) -> Result<Option<ReachedLimit>, Error> {
        let all = page.words.len();
        if all <= most_words {
            return Ok(None);
        }
        self.check_family(encoder.family())?;
        let path: Vec<Word> = page.words.iter().filter(|w| w.likeliest).copied().collect();
        let runs = runs(path.len(), SAMPLE_WORDS);
        let found = self.look_up_runs(page, &path, &runs, encoder, deadline)?;
        let least = units((self.reader.documents() as f32).max(1.0).ln() + BEYOND_CHANCE_NATS);
        let values = (0..found.len()).map(|k| (Reverse(value(&found, k)), k));
        let mut best: Vec<(Reverse<i32>, usize)> = values.filter(|(v, _)| v.0 >= i32::from(least)).collect();
        best.sort_unstable();
        let stride = runs.get(1).map_or(path.len(), |r| r.start);
        let around = best.iter().map(|&(_, k)| (runs[k].start + runs[k].end) / 2);
        let kept = keep(page, &path, around, stride.max(LEAST_REACH), most_words);
        take_words(page, &path, &kept);
        let left_out = (all - page.words.len()) as u64;
        Ok(Some(ReachedLimit { limit: LimitKind::Words, value: all as u64, allowed: most_words as u64, left_out }))
    }

    /// For each run the documents that agree with it, and by how much more than chance.
    fn look_up_runs(
        &self,
        page: &Page,
        path: &[Word],
        runs: &[Range<usize>],
        encoder: &dyn Encoder,
        deadline: Deadline,
    ) -> Result<Vec<Vec<DocumentScore>>, Error> {
        let Some(ink) = &page.ink else { return Ok(Vec::new()) };
        // Nothing leads from one run to the next.
        let node = |run: usize, k: usize| (run * (RUN_WORDS + 1) + k) as u32;
        let word = |run: usize, k: usize, w: &Word| Word { from: node(run, k), to: node(run, k + 1), ..*w };
        let of_run = |(run, range): (usize, &Range<usize>)| {
            path[range.clone()].iter().enumerate().map(move |(k, w)| word(run, k, w)).collect::<Vec<_>>()
        };
        let words: Vec<Word> = runs.iter().enumerate().flat_map(of_run).collect();
        let sample = Page { words, nodes: node(runs.len(), 0), ..Page::default() };
        let hashed = fingerprint_words(ink, &sample.words, encoder);
        let mut query = Query::new(&sample, &hashed)?;
        query.fit_widths(&sample, &self.background, &self.kernels);
        let scores = word_scores(&query, &self.background, &self.kernels, &self.scoring);
        let (max_assignments, max_votes, max_cells) = RUN_SEARCH;
        let config = SearchConfig { max_assignments, max_votes, max_cells, ..SearchConfig::default() };
        let words_a_document = self.reader.words() / self.reader.documents().max(1);
        let chance = units(((RUN_WORDS * words_a_document) as f32).max(1.0).ln());
        let mut first = 0;
        let look_up = |run: &Range<usize>| {
            let range = first..first + run.len();
            first = range.end;
            if deadline.has_passed() {
                return Ok(Vec::new());
            }
            let found = self.look_up(&query, &scores, range, &config)?;
            let beyond = |d: DocumentScore| DocumentScore { units: d.units - chance, ..d };
            Ok(found.into_iter().map(beyond).filter(|d| d.units > 0).collect())
        };
        runs.iter().map(look_up).collect()
    }

    /// Scores of documents that share seeds with some words in a row.
    fn look_up(
        &self,
        query: &Query<'_>,
        scores: &[WordScore],
        range: Range<usize>,
        config: &SearchConfig,
    ) -> Result<Vec<DocumentScore>, Error> {
        let edges: Vec<Edge> =
            (0..).zip(&query.edges[range.clone()]).map(|(k, e)| Edge { from: k, to: k + 1, ..*e }).collect();
        let data = range.clone().flat_map(|k| query.codes.get(k).iter().copied()).collect();
        let codes = Codes::from_data(query.codes.family(), data)?;
        let weights = query.weights.get(range.clone()).unwrap_or_default();
        let part = Query { nodes: edges.len() as u32 + 1, edges, codes: &codes, weights };
        let (found, _) = seeds(&self.reader, &part, &scores[range], &self.kernels, &self.scoring, config)?;
        Ok(found.documents)
    }
}

/// The most that a document which agrees with run `k` earns there and in the runs beside it, in fixed-point units.
fn value(found: &[Vec<DocumentScore>], k: usize) -> i32 {
    let near = &found[k.saturating_sub(NEIGHBOURS)..(k + NEIGHBOURS + 1).min(found.len())];
    let of_document = |document: u32| -> i32 {
        // The documents of a run are in order.
        let in_run = |run: &Vec<DocumentScore>| run.binary_search_by_key(&document, |d| d.document).map(|at| run[at]);
        near.iter().filter_map(|run| in_run(run).ok()).map(|d| i32::from(d.units)).sum()
    };
    found[k].iter().map(|d| of_document(d.document)).max().unwrap_or(0)
}

/// Runs of words, evenly over a path of so many.
fn runs(path: usize, sample_words: usize) -> Vec<Range<usize>> {
    let count = (sample_words / RUN_WORDS).max(1);
    let stride = path.div_ceil(count).max(RUN_WORDS);
    (0..path).step_by(stride).map(|start| start..(start + RUN_WORDS).min(path)).collect()
}

/// Which words of the path are kept: those up to `reach` words away from one of some places, the best place first and
/// the nearest word first, as long as all readings of them are no more than `most_words`.
fn keep(page: &Page, path: &[Word], places: impl Iterator<Item = usize>, reach: usize, most_words: usize) -> Vec<bool> {
    let (mut kept, mut rest) = (vec![false; path.len()], most_words);
    for place in places {
        for away in 0..=reach {
            let beside = [place.checked_sub(away), Some(place + away).filter(|_| away > 0)];
            for k in beside.into_iter().flatten().filter(|&k| k < path.len()) {
                // All readings that begin within the word.
                let readings = page.words.partition_point(|w| w.from < path[k].to)
                    - page.words.partition_point(|w| w.from < path[k].from);
                if kept[k] {
                    continue;
                }
                if readings > rest {
                    return kept;
                }
                kept[k] = true;
                rest -= readings;
            }
        }
    }
    kept
}

/// Leaves a page the readings of those words of its path that are kept. Nothing leads from one stretch of them to the
/// next.
fn take_words(page: &mut Page, path: &[Word], kept: &[bool]) {
    let (mut words, mut nodes, mut k) = (Vec::new(), 0, 0);
    while k < path.len() {
        let end = k + kept[k..].iter().take_while(|&&kept| kept).count();
        if end == k {
            k += 1;
            continue;
        }
        let (from, to) = (path[k].from, path[end - 1].to);
        let begins = page.words.partition_point(|w| w.from < from)..page.words.partition_point(|w| w.from < to);
        let within = page.words[begins].iter().filter(|w| w.to <= to);
        words.extend(within.map(|w| Word { from: w.from - from + nodes, to: w.to - from + nodes, ..*w }));
        nodes += to - from + 1;
        k = end;
    }
    page.words_left_out += kept.iter().filter(|&&kept| !kept).count();
    (page.words, page.nodes) = (words, nodes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::WordFrame;

    /// A page of one line of words, each of two pieces that may be words by themselves.
    fn page(words: u32) -> Page {
        let frame = WordFrame::level(0.0, 40.0, 10.0, 8.0);
        let word = |from, to| Word { from, to, line: 0, frame, prior_nats: 0.0, likeliest: to - from == 2 };
        let of_one = |k: u32| [word(2 * k, 2 * k + 1), word(2 * k, 2 * k + 2), word(2 * k + 1, 2 * k + 2)];
        Page { words: (0..words).flat_map(of_one).collect(), nodes: 2 * words + 1, ..Page::default() }
    }

    fn path(page: &Page) -> Vec<Word> {
        page.words.iter().filter(|w| w.likeliest).copied().collect()
    }

    #[test]
    fn runs_lie_evenly_and_take_no_more_than_the_sample() {
        assert_eq!(runs(20, 24), [0..6, 6..12, 12..18, 18..20], "all words");
        let far = runs(100_000, 4_000);
        let words: usize = far.iter().map(ExactSizeIterator::len).sum();
        assert!((3_900..=4_000).contains(&words), "{words}");
        assert!(far.windows(2).all(|w| w[1].start - w[0].start == 151));
    }

    #[test]
    fn neighbouring_runs_add_up_for_one_document() {
        let found = |documents: &[(u32, i16)]| -> Vec<DocumentScore> {
            documents.iter().map(|&(document, units)| DocumentScore { units, document }).collect()
        };
        let runs = [found(&[(1, 5), (7, 6)]), found(&[(7, 4)]), found(&[(2, 9)]), found(&[]), found(&[(7, 3)])];
        assert_eq!([0, 1, 2, 3, 4].map(|k| value(&runs, k)), [10, 13, 9, 0, 7]);
    }

    #[test]
    fn the_nearest_words_of_the_best_places_are_kept_until_the_limit() {
        let page = page(100);
        let path = path(&page);
        let kept = |places: &[usize], reach, most| -> Vec<usize> {
            let kept = keep(&page, &path, places.iter().copied(), reach, most);
            (0..path.len()).filter(|&k| kept[k]).collect()
        };
        assert_eq!(kept(&[50], 1, 300), [49, 50, 51]);
        assert_eq!(kept(&[50, 0], 1, 300), [0, 1, 49, 50, 51]);
        assert_eq!(kept(&[50, 0], 2, 12), [48, 49, 50, 51], "three readings a word");
        assert_eq!(kept(&[], 2, 12), [0usize; 0]);
    }

    #[test]
    fn what_is_kept_keeps_its_readings_and_nothing_leads_over_a_gap() {
        let mut page = page(10);
        let path = path(&page);
        let mut kept = [false; 10];
        for k in [2, 3, 7] {
            kept[k] = true;
        }
        take_words(&mut page, &path, &kept);
        let edges: Vec<(u32, u32)> = page.words.iter().map(|w| (w.from, w.to)).collect();
        assert_eq!(edges, [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4), (5, 6), (5, 7), (6, 7)]);
        assert_eq!((page.nodes, page.words_looked_up(), page.words_seen()), (8, 3, 10));
    }
}
