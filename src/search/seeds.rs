//! The seed engine: documents that share 2-grams of visual words with the query, found in inverted files.
//!
//! 1. **Words → visual words.** Each word of the likeliest reading is compared with all prototypes, its unsure bits counting
//!    less, and gets its nearest few (soft assignment; J. Philbin et al. 2008): more of them the less the nearest stands out.
//!    Other readings of the lattice find less, measured: what they add to wrong documents' votes weighs more than the words
//!    that the likeliest reading has wrong.
//! 2. **2-grams → positions.** For each two words that follow each other, each pair of their visual words is looked up. The rarest
//!    2-grams' positions vote, up to [`SearchConfig::max_votes`]: the more words the query has, the less it needs turns of n-gram
//!    that half of the catalogue shares. How rare a 2-gram is, all segments tell together. What is left out is counted.
//! 3. **Positions → documents.** A position votes for its diagonal (its distance from the word's position in the query), by how rare
//!    its 2-gram is. Votes are first summed in a table of hashed diagonals, and only what falls on the fullest is looked at;
//!    there a vote counts no more than its two words may earn.
//! 4. **Documents → scores.** Those with most votes, up to [`SearchConfig::max_cells`] of dynamic programming, are aligned
//!    as in the [`scan`](super::scan()): the same scores for the same documents.
//!
//! Cost: look-ups and votes grow with the logarithm and with the size of the catalogue, alignment not at all. It misses a
//! document that shares no 2-gram with the query as printed; how often that is stands in `docs/results`, *seeds*.

use super::query::Query;
use super::scan::{DocumentScore, scan_batch};
use super::score::ScoreConfig;
use super::votes::{List, Votes};
use crate::Error;
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::IndexReader;
use crate::index::file::{Codebook, Segment};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// Queries of more words than this are long.
const LONG_WORDS: usize = 150;

/// Settings of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchConfig {
    /// Which engine searches. Default: [`Engine::Auto`].
    pub engine: Engine,
    /// Visual words that a word of the query is looked up by, at most: 1 to 32. Default: 16.
    pub max_assignments: usize,
    /// A visual word farther than the nearest one is looked up if its likelihood is no more below that one's than this, in
    /// nats; two thirds of it in queries of more than 150 words. Default: 6.
    pub assignment_nats: f32,
    /// Positions that vote for documents, at most (those of one 2-gram vote all or none). Default: 60,000.
    pub max_votes: usize,
    /// Cells of dynamic programming (edges of the lattice × words of documents) spent on candidates; each takes some 0.2 ns.
    /// Default: 12 million.
    pub max_cells: u64,
}

/// Engines that find documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// [`Engine::Seeds`] for catalogues of more than [`SCAN_WORDS`] words, else [`Engine::Scan`].
    #[default]
    Auto,
    /// Aligns the query with every document.
    Scan,
    /// Aligns the query with the documents that share 2-grams of visual words with it.
    Seeds,
}

/// Catalogues of up to so many words are scanned: `docs/results`, *seeds*, has what either costs and misses.
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
) -> Result<(Vec<DocumentScore>, SearchStatistics), Error> {
    let mut statistics = SearchStatistics::default();
    let mut numbers = candidates(index, query, scores, kernels, config, &mut statistics)?;
    // Segments without an inverted file are small: all of their documents are candidates.
    for (live, &first) in index.segments.iter().zip(&index.firsts) {
        if live.segment.header().directory_bits == 0 {
            numbers.extend(first..first + live.segment.header().documents as usize);
        }
    }
    numbers.retain(|&number| {
        let (live, ordinal) = index.locate(number);
        !live.is_deleted(ordinal)
    });
    numbers.sort_unstable();
    statistics.aligned = numbers.len() as u64;
    let batch = index.extract(numbers.iter().copied())?;
    let found = scan_batch(&batch, query, scores, kernels, scoring);
    let found = found.into_iter().zip(numbers).map(|(units, number)| DocumentScore { units, document: number as u32 });
    Ok((found.collect(), statistics))
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

/// Documents by their votes, best first, up to the limit of cells.
fn candidates(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &SearchConfig,
    statistics: &mut SearchStatistics,
) -> Result<Vec<usize>, Error> {
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
    let elected = votes.documents(index, query.edges.len() as u64, config.max_cells)?;
    statistics.candidates = elected.candidates;
    Ok(elected.numbers)
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
    // Long queries have seeds to spare.
    let share = if words.len() > LONG_WORDS { 2.0 / 3.0 } else { 1.0 };
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
