//! The seed engine: documents that share 2-grams of visual words with the query, found in inverted files.
//!
//! 1. **Words → visual words.** Each word of the likeliest reading is compared with all prototypes, its unsure bits
//!    counting less, and gets its nearest few (soft assignment; J. Philbin et al. 2008): more of them the less the
//!    nearest stands out. Other readings of the lattice find less, measured: what they add to wrong documents' votes
//!    weighs more than the words that the likeliest reading has wrong.
//! 2. **2-grams → positions.** For each two words that follow each other, each pair of their visual words is looked up.
//!    The rarest 2-grams' positions vote, up to [`SearchConfig::max_votes`]: the more words the query has, the less it
//!    needs turns of phrase that half of the catalogue shares. How rare a 2-gram is, all segments tell together. What
//!    is left out is counted.
//! 3. **Positions → documents.** A position votes for its diagonal (its distance from the word's position in the
//!    query), by how rare its 2-gram is. Votes are first summed in a table of hashed diagonals, and only what falls on
//!    the fullest is looked at; there a vote counts no more than its two words may earn.
//! 4. **Documents → scores.** Those with most votes, up to [`SearchConfig::max_cells`] of dynamic programming, are
//!    aligned as in the [`scan`](super::scan()): the same scores for the same documents.
//!
//! Cost: look-ups and votes grow with the logarithm and with the size of the catalogue, alignment not at all. It misses
//! a document that shares no 2-gram with the query as printed; how often that is stands in `docs/results`, *seeds*.

use super::part::{Found, Part, score_parts};
use super::query::Query;
use super::score::ScoreConfig;
use super::votes::{List, Votes};
use crate::Error;
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::IndexReader;
use crate::index::file::{Codebook, Segment};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// Queries of more words than this are long.
///
/// Tuned (words): chosen by eye.
const LONG_WORDS: usize = 150;

/// What long queries are content with of [`SearchConfig::assignment_nats`]: they have seeds to spare.
///
/// Tuned (share): chosen by eye.
const LONG_SHARE: f32 = 2.0 / 3.0;

/// Settings of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchConfig {
    /// Which engine searches. Default: [`Engine::Auto`].
    pub engine: Engine,
    /// Visual words that a word of the query is looked up by, at most: 1 to 32. Default: 16.
    ///
    /// Tuned (count): record *seeds*.
    pub max_assignments: usize,
    /// A visual word farther than the nearest one is looked up if its likelihood is no more below that one's than this,
    /// in nats; two thirds of it in queries of more than 150 words. Default: 6.
    ///
    /// Tuned (nats): record *seeds*.
    pub assignment_nats: f32,
    /// Positions that vote for documents, at most (those of one 2-gram vote all or none). Default: 60,000.
    ///
    /// Tuned (positions): record *seeds*: 20,000 to 200,000 find .997 to 1.0 of what the scan finds.
    pub max_votes: usize,
    /// Cells of dynamic programming (edges of the lattice × words of documents) spent on candidates; each takes some
    /// 0.2 ns. Default: 12 million.
    ///
    /// Tuned (cells): record *seeds*: some 2 ms.
    pub max_cells: u64,
}

/// Engines that find documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// [`Engine::Seeds`] for catalogues of more than [`SCAN_WORDS`] words and for pages of very many words, else
    /// [`Engine::Scan`].
    #[default]
    Auto,
    /// Aligns the query with every document, long ones of over 50,000 words excepted.
    Scan,
    /// Aligns the query with the documents that share 2-grams of visual words with it.
    Seeds,
}

/// Catalogues of up to so many words are scanned: `docs/results`, *seeds*, has what either costs and misses.
///
/// Tuned (words): record *seeds*: the scan misses nothing and takes some 50 ms there for 100 words.
pub const SCAN_WORDS: usize = 2_000_000;

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            max_assignments: 16,
            assignment_nats: 6.0,
            max_votes: 60_000,
            max_cells: 12_000_000,
        }
    }
}

impl SearchConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=32).contains(&self.max_assignments) {
            return Err(Error::invalid_argument("search.max_assignments", self.max_assignments, "it must be 1 to 32"));
        }
        if !(self.assignment_nats >= 0.0 && self.assignment_nats <= 64.0) {
            return Err(Error::invalid_argument("search.assignment_nats", self.assignment_nats, "it must be 0 to 64"));
        }
        if self.max_votes == 0 || self.max_cells == 0 {
            return Err(Error::invalid_argument("search.max_votes, max_cells", 0, "they must be at least 1"));
        }
        Ok(())
    }
}

/// What a search looked at, and what it left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchStatistics {
    /// 2-grams looked up; 0 if every document was aligned.
    pub lookups: u64,
    /// Positions that voted.
    pub votes: u64,
    /// Positions that were left out because their 2-grams are masked and rarer ones had used up
    /// [`SearchConfig::max_votes`]: what the limit may have cost.
    pub masked: u64,
    /// Documents that votes were counted for.
    pub candidates: u64,
    /// Documents aligned.
    pub aligned: u64,
}

impl std::ops::AddAssign for SearchStatistics {
    fn add_assign(&mut self, other: Self) {
        self.lookups += other.lookups;
        self.votes += other.votes;
        self.masked += other.masked;
        self.candidates += other.candidates;
        self.aligned += other.aligned;
    }
}

/// Scores of the documents that share seeds with the query, in the documents' order: a part of what
/// [`scan`](super::scan()) finds.
pub(crate) fn seeds(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    config: &SearchConfig,
) -> Result<(Found, SearchStatistics), Error> {
    let mut statistics = SearchStatistics::default();
    let mut parts = candidates(index, query, scores, kernels, config, &|_| true, &mut statistics)?;
    // Segments without an inverted file are small: all of their documents are candidates.
    for (live, &first) in index.segments.iter().zip(&index.firsts) {
        if live.segment.header().directory_bits == 0 {
            let documents = first..first + live.segment.header().documents as usize;
            parts.extend(documents.map(|number| index.whole(number as u32)));
        }
    }
    let found = score_parts(index, query, scores, kernels, scoring, parts)?;
    statistics.aligned = found.documents.len() as u64;
    Ok((found, statistics))
}

/// Scores of the long documents that share seeds with the query: what the scan leaves out.
pub(crate) fn seeds_of_long(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    config: &SearchConfig,
) -> Result<(Found, SearchStatistics), Error> {
    let mut statistics = SearchStatistics::default();
    if !index.has_long() {
        return Ok((Found::default(), statistics));
    }
    let parts = candidates(index, query, scores, kernels, config, &|k| index.is_long(k), &mut statistics)?;
    let found = score_parts(index, query, scores, kernels, scoring, parts)?;
    statistics.aligned = found.documents.len() as u64;
    Ok((found, statistics))
}

/// A visual word of the query.
#[derive(Clone, Copy, Debug)]
struct Assigned {
    word: u16,
    /// How much less likely than the nearest one, in fixed-point units.
    cost: i32,
}

/// A 2-gram that is looked up.
struct Gram {
    key: u32,
    /// Of both visual words.
    cost: i32,
    /// Its position in the query.
    query_position: u32,
}

/// Documents by their votes, `wanted` ones, best first, up to the limit of cells.
fn candidates(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &SearchConfig,
    wanted: &dyn Fn(usize) -> bool,
    statistics: &mut SearchStatistics,
) -> Result<Vec<Part>, Error> {
    let Some(book) = &index.codebook else { return Ok(Vec::new()) };
    let assigned = assign(book, query, scores, kernels, config);
    let mut grams = Vec::new();
    for (words, query_position) in assigned.windows(2).zip(0..) {
        let pairs = words[0].iter().flat_map(|a| words[1].iter().map(move |b| (a, b)));
        grams.extend(pairs.map(|(a, b)| Gram { key: book.key(a.word, b.word), cost: a.cost + b.cost, query_position }));
    }
    let rare_nats = (index_positions(index) as f32).ln();
    // Positions of each 2-gram in each segment, and in all.
    let (mut found, mut all, mut base) = (Vec::new(), vec![0; grams.len()], 0);
    for live in &index.segments {
        let segment: &Segment = &live.segment;
        if segment.header().directory_bits > 0 {
            statistics.lookups += grams.len() as u64;
            let lists = segment.postings(grams.iter().map(|g| g.key), book.key_bits())?;
            all.iter_mut().zip(&lists).for_each(|(all, positions)| *all += positions.len());
            found.extend(
                lists.into_iter().enumerate().filter(|(_, positions)| !positions.is_empty()).map(|l| (l, base)),
            );
        }
        base += u64::from(segment.header().positions);
    }
    let mut lists = Vec::new();
    for ((k, positions), base) in found {
        let rarity = (rare_nats - (all[k] as f32).ln()) * UNITS_PER_NAT;
        let vote = rarity as i32 - grams[k].cost;
        if vote > 0 {
            lists.push(List {
                positions,
                base,
                query_position: grams[k].query_position,
                vote: vote as u32,
                all: all[k],
            });
        }
    }
    lists.sort_by_key(|list| list.all);
    let mut votes = Votes::with_capacity(config.max_votes);
    for list in &lists {
        if votes.len() + list.positions.len() <= config.max_votes {
            votes.add(list);
        } else {
            statistics.masked += list.positions.len() as u64;
        }
    }
    statistics.votes = votes.len() as u64;
    let page = (assigned.len() as u64, query.edges.len() as u64);
    let elected = votes.documents(index, page, config.max_cells, wanted)?;
    statistics.candidates = elected.candidates;
    Ok(elected.parts)
}

/// Positions of all segments.
fn index_positions(index: &IndexReader) -> u64 {
    index.segments.iter().map(|p| u64::from(p.segment.header().positions)).sum()
}

/// The nearest visual words of each word of the likeliest reading, nearest first.
fn assign(
    book: &Codebook,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &SearchConfig,
) -> Vec<Vec<Assigned>> {
    let words: Vec<usize> = (0..query.edges.len()).filter(|&k| query.edges[k].likeliest).collect();
    let share = if words.len() > LONG_WORDS { LONG_SHARE } else { 1.0 };
    let most = i32::from(units(share * config.assignment_nats));
    let mut distances = Vec::new();
    let mut near: Vec<(i16, u16)> = Vec::new();
    let visual_words = |k: usize| {
        let slope = i32::from(scores[k].slope);
        if slope == 0 {
            // The word tells nothing.
            return Vec::new();
        }
        book.distances(query.probe(k), kernels, &mut distances);
        // A fold, unlike `min`, becomes vector code.
        let nearest = distances.iter().fold(i16::MAX, |nearest, &d| nearest.min(d));
        let farthest = (i32::from(nearest) + most / slope) as i16;
        near.clear();
        near.extend(distances.iter().zip(0u16..).filter(|(d, _)| **d <= farthest).map(|(&d, w)| (d, w)));
        near.sort_unstable();
        near.truncate(config.max_assignments);
        near.iter().map(|&(d, word)| Assigned { word, cost: i32::from(d - nearest) * slope }).collect()
    };
    words.into_iter().map(visual_words).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::{Arc, LazyLock};

    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{Codes, Family};
    use crate::index::builder::{
        MIN_INDEXED_WORDS, SourceDocument, Surroundings, Tombstones, choose_prototypes, write,
    };
    use crate::index::file::LiveSegment;
    use crate::limits::Deadline;
    use crate::random::SplitMix64;
    use crate::search::DocumentScore;
    use crate::search::background::BackgroundSample;
    use crate::search::query::Edge;
    use crate::search::scan::scan;
    use crate::search::score::word_scores;

    const WORDS_A_DOCUMENT: usize = 100;
    const DOCUMENTS: usize = MIN_INDEXED_WORDS / WORDS_A_DOCUMENT + 20;
    /// Distinct words.
    const VOCABULARY: u64 = 2_000;

    /// Codes of the documents' words, few of them frequent.
    static DOCUMENT_CODES: LazyLock<Vec<Vec<u64>>> = LazyLock::new(|| {
        let mut random = SplitMix64::new(5);
        let mut word = || {
            let (a, b) = (random.bits() % VOCABULARY, random.bits() % VOCABULARY);
            (a.min(b) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        (0..DOCUMENTS).map(|_| (0..WORDS_A_DOCUMENT).map(|_| word()).collect()).collect()
    });

    /// One segment that is large enough for an inverted file.
    static INDEX: LazyLock<IndexReader> = LazyLock::new(|| {
        let widths = [40; WORDS_A_DOCUMENT];
        let documents: Vec<SourceDocument<'_>> =
            DOCUMENT_CODES.iter().map(|codes| SourceDocument::anonymous(codes, &widths)).collect();
        let (book, gone) = (choose_prototypes(&documents, Family::Net), Tombstones::default());
        let around = Surroundings {
            family: Family::Net,
            faces: 1,
            codebook: Some(&book),
            others: &[],
            gone: &gone,
            public: 0,
            evict: &|| {},
        };
        let mut bytes = Cursor::new(Vec::new());
        write(&mut bytes, &documents, &around).expect("memory");
        let segment = Arc::new(Segment::from_bytes(bytes.get_ref()).expect("a segment"));
        assert!(segment.header().directory_bits > 0, "it has an inverted file");
        let live = LiveSegment::new(segment);
        IndexReader::new(vec![live], Some(Arc::new(book)), 1, 1).expect("a sound index")
    });

    /// What seeds and scan find for words with these codes, in a row.
    fn both(codes: Vec<u64>, config: &SearchConfig) -> (Vec<DocumentScore>, SearchStatistics, Vec<DocumentScore>) {
        let edge = |k: u32| Edge { from: k, to: k + 1, likeliest: true, ..Edge::default() };
        let edges: Vec<Edge> = (0..codes.len() as u32).map(edge).collect();
        let codes = Codes::from_data(Family::Net, codes).expect("a word a code");
        let query = Query { nodes: edges.len() as u32 + 1, edges, codes: &codes, weights: &[] };
        let (kernels, scoring) = (Kernels::best(), ScoreConfig::default());
        let sampled: Vec<u32> = (0..DOCUMENTS as u32).step_by(3).collect();
        let sample = BackgroundSample::new(&INDEX, &sampled).expect("sound blocks");
        let scores = word_scores(&query, &sample, &kernels, &scoring);
        let (found, statistics) = seeds(&INDEX, &query, &scores, &kernels, &scoring, config).expect("sound blocks");
        assert_eq!(found.parts, [], "no document is long");
        let found = found.documents;
        let all = scan(&INDEX, &query, &scores, &kernels, &scoring, Deadline::default()).expect("sound blocks");
        (found, statistics, all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Whatever the seeds find, the scan finds with the same score; and a passage with a wrong bit in every word
        /// and every fifth word another one is found, best of all.
        #[test]
        fn seeds_find_what_the_scan_finds(
            document in 0..DOCUMENTS,
            start in 0usize..WORDS_A_DOCUMENT - 30,
            length in 15usize..30,
            bit in 0u32..64,
            max_votes in prop::sample::select(vec![60_000usize, 2_000]),
        ) {
            let passage = &DOCUMENT_CODES[document][start..start + length];
            let damaged = |(k, code): (usize, &u64)| match k % 5 {
                4 => code.rotate_left(23) ^ k as u64,
                _ => code ^ 1 << ((bit + 7 * k as u32) % 64),
            };
            let codes: Vec<u64> = passage.iter().enumerate().map(damaged).collect();
            let (found, statistics, all) = both(codes, &SearchConfig { max_votes, ..SearchConfig::default() });
            prop_assert!(statistics.lookups > 0 && statistics.votes <= max_votes as u64);
            prop_assert_eq!(statistics.aligned, found.len() as u64);
            prop_assert!(found.iter().is_sorted_by_key(|d| d.document));
            for d in &found {
                prop_assert_eq!(*d, all[d.document as usize]);
            }
            let best = |scores: &[DocumentScore]| scores.iter().max().copied();
            prop_assert_eq!(best(&found), best(&all));
            prop_assert_eq!(best(&all).map(|d| d.document as usize), Some(document));
        }
    }

    #[test]
    fn budgets_bound_what_is_looked_at() {
        // The first words of many documents, in a row: each has votes.
        let codes: Vec<u64> = (0..20).flat_map(|d| DOCUMENT_CODES[17 * d][..6].to_vec()).collect();
        let (many, statistics, _) = both(codes.clone(), &SearchConfig::default());
        assert!(many.len() >= 20 && statistics.candidates >= 20, "{statistics:?}");
        let (one, statistics, _) = both(codes.clone(), &SearchConfig { max_cells: 1, ..SearchConfig::default() });
        assert_eq!((one.len(), statistics.aligned), (1, 1), "one document is always aligned");
        let (few, statistics, _) = both(codes, &SearchConfig { max_votes: 1, ..SearchConfig::default() });
        assert!(few.len() <= 1 && statistics.masked > 0, "frequent 2-grams are left out, and counted: {statistics:?}");
    }
}
