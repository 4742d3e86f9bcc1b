//! The seed engine: documents that share 2-grams of visual words with the query, found in inverted files.
//!
//! 1. **Words → visual words.** Each word of the likeliest reading is compared with all prototypes, its unsure bits counting
//!    less, and gets its nearest few (soft assignment; J. Philbin et al. 2008): more of them the less the nearest stands out.
//!    Other readings of the lattice find less, measured: what they add to wrong documents' votes weighs more than the words
//!    that the likeliest reading has wrong.
//! 2. **2-grams → places.** For each two words that follow each other, each pair of their visual words is looked up. The rarest
//!    2-grams' places vote, up to [`SearchConfig::max_votes`]: the more words the query has, the less it needs turns of phrase
//!    that half of the catalogue shares. How rare a 2-gram is, all segments tell together. What is left out is counted.
//! 3. **Places → documents.** A place votes for its diagonal (its distance from the word's place in the query), by how rare
//!    its 2-gram is. Votes are first summed in a table of hashed diagonals, and only what falls on the fullest is looked at;
//!    there a vote counts no more than its two words may earn.
//! 4. **Documents → scores.** Those with most votes, up to [`SearchConfig::max_cells`] of dynamic programming, are aligned
//!    as in the [`scan`](super::scan()): the same scores for the same documents.
//!
//! Cost: look-ups and votes grow with the logarithm and with the size of the catalogue, alignment not at all. It misses a
//! document that shares no 2-gram with the query as printed; how often that is stands in the design page.

use std::cmp::Reverse;

use super::segment::Segment;
use super::weight::cap_units;
use super::{Codebook, DocumentScore, Index, Query, ScoreConfig, UNITS_PER_NAT, scan_strip};
use crate::Error;
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

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
    /// Places that vote for documents, at most (those of one 2-gram vote all or none). Default: 60,000.
    pub max_votes: usize,
    /// Cells of dynamic programming (arcs of the lattice × words of documents) spent on candidates; each takes some 0.2 ns.
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

/// Catalogues of up to so many words are scanned: see the design page for what either engine costs and misses.
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
    /// [`Error::Caller`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=32).contains(&self.max_assignments) {
            return Err(Error::caller("search.max_assignments", self.max_assignments, "it must be 1 to 32"));
        }
        if !(self.assignment_nats >= 0.0 && self.assignment_nats <= 64.0) {
            return Err(Error::caller("search.assignment_nats", self.assignment_nats, "it must be 0 to 64"));
        }
        if self.max_votes == 0 || self.max_cells == 0 {
            return Err(Error::caller("search.max_votes, max_cells", 0, "they must be at least 1"));
        }
        Ok(())
    }
}

/// What a search looked at, and what it left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// 2-grams looked up; 0 if every document was aligned.
    pub lookups: u64,
    /// Places that voted.
    pub votes: u64,
    /// Places that were left out because their 2-grams are crowded and rarer ones had used up
    /// [`SearchConfig::max_votes`]: what the limit may have cost.
    pub crowded: u64,
    /// Documents that votes were counted for.
    pub candidates: u64,
    /// Documents aligned.
    pub aligned: u64,
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.lookups += other.lookups;
        self.votes += other.votes;
        self.crowded += other.crowded;
        self.candidates += other.candidates;
        self.aligned += other.aligned;
    }
}

/// Scores of the documents that share seeds with the query, in the documents' order: a part of what
/// [`scan`](super::scan()) finds.
pub(crate) fn seeds(
    index: &Index,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    config: &SearchConfig,
) -> Result<(Vec<DocumentScore>, Effort), Error> {
    let mut effort = Effort::default();
    let mut numbers = candidates(index, query, scores, kernels, config, &mut effort)?;
    // Segments without an inverted file are small: all of their documents are candidates.
    for (part, &first) in index.parts.iter().zip(&index.firsts) {
        if part.segment.header().directory_bits == 0 {
            numbers.extend(first..first + part.segment.header().documents as usize);
        }
    }
    numbers.retain(|&number| {
        let (part, ordinal) = index.locate(number);
        !part.is_gone(ordinal)
    });
    numbers.sort_unstable();
    effort.aligned = numbers.len() as u64;
    let strip = index.extract(numbers.iter().copied())?;
    let found = scan_strip(&strip, query, scores, kernels, scoring);
    let found = found.into_iter().zip(numbers).map(|(units, number)| DocumentScore { units, document: number as u32 });
    Ok((found.collect(), effort))
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
    /// Its place in the query.
    position: u32,
}

/// Documents by their votes, best first, up to the limit of cells.
fn candidates(
    index: &Index,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &SearchConfig,
    effort: &mut Effort,
) -> Result<Vec<usize>, Error> {
    let Some(book) = &index.codebook else { return Ok(Vec::new()) };
    let assigned = assign(book, query, scores, kernels, config);
    let mut grams = Vec::new();
    for (words, position) in assigned.windows(2).zip(0..) {
        let pairs = words[0].iter().flat_map(|a| words[1].iter().map(move |b| (a, b)));
        grams.extend(pairs.map(|(a, b)| Gram { key: book.key(a.word, b.word), cost: a.cost + b.cost, position }));
    }
    let rare_nats = (index_places(index) as f32).ln();
    // Places of each 2-gram in each segment, and in all.
    let (mut found, mut all, mut base) = (Vec::new(), vec![0; grams.len()], 0);
    for part in &index.parts {
        let segment: &Segment = &part.segment;
        if segment.header().directory_bits > 0 {
            effort.lookups += grams.len() as u64;
            let lists = segment.postings(grams.iter().map(|g| g.key), book.key_bits())?;
            all.iter_mut().zip(&lists).for_each(|(all, places)| *all += places.len());
            found.extend(lists.into_iter().enumerate().filter(|(_, places)| !places.is_empty()).map(|l| (l, base)));
        }
        base += u64::from(segment.header().places);
    }
    let mut lists = Vec::new();
    for ((k, places), base) in found {
        let rarity = (rare_nats - (all[k] as f32).ln()) * UNITS_PER_NAT;
        let vote = rarity as i32 - grams[k].cost;
        if vote > 0 {
            lists.push(List { places, base, position: grams[k].position, vote: vote as u32, all: all[k] });
        }
    }
    lists.sort_by_key(|list| list.all);
    let mut votes = Votes { cells: vec![0; 1 << CELL_BITS], hits: Vec::with_capacity(config.max_votes) };
    for list in &lists {
        if votes.hits.len() + list.places.len() <= config.max_votes {
            votes.add(list);
        } else {
            effort.crowded += list.places.len() as u64;
        }
    }
    effort.votes = votes.hits.len() as u64;
    votes.documents(index, query.arcs.len() as u64, config.max_cells, effort)
}

/// Places of all segments.
fn index_places(index: &Index) -> u64 {
    index.parts.iter().map(|p| u64::from(p.segment.header().places)).sum()
}

/// The nearest visual words of each word of the likeliest reading, nearest first.
fn assign(
    book: &Codebook,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &SearchConfig,
) -> Vec<Vec<Assigned>> {
    let words: Vec<usize> = (0..query.arcs.len()).filter(|&k| query.arcs[k].likeliest).collect();
    // Long queries have seeds to spare.
    let share = if words.len() > LONG_WORDS { 2.0 / 3.0 } else { 1.0 };
    let most = i32::from(super::units(share * config.assignment_nats));
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

/// Queries of more words than this are long.
const LONG_WORDS: usize = 150;

/// Diagonals this near each other count as one: places of skipped and torn words.
const BAND_BITS: u32 = 5;
/// Cells of the table that votes are first summed in.
const CELL_BITS: u32 = 17;
/// Cells whose votes are looked at.
const MAX_CELLS: usize = 6_000;

/// The places of a 2-gram in a segment.
struct List<'a> {
    places: &'a [u32],
    /// Places of the segments before.
    base: u64,
    /// The 2-gram's place in the query.
    position: u32,
    vote: u32,
    /// The 2-gram's places in all segments.
    all: usize,
}

/// Votes of places for diagonals.
struct Votes {
    /// Sums of votes by hashed band.
    cells: Vec<u32>,
    hits: Vec<Hit>,
}

#[derive(Clone, Copy)]
struct Hit {
    band: u32,
    vote: u32,
    place: u64,
}

fn cell(band: u32) -> usize {
    (band.wrapping_mul(0x9e37_79b1) >> (32 - CELL_BITS)) as usize
}

impl Votes {
    fn add(&mut self, list: &List<'_>) {
        for &place in list.places {
            let place = list.base + u64::from(place);
            // Up to the longest query's length above zero.
            let band = ((place + (1 << 20) - u64::from(list.position)) >> BAND_BITS) as u32;
            self.cells[cell(band)] += list.vote;
            self.hits.push(Hit { band, vote: list.vote, place });
        }
    }

    /// Documents by their votes.
    fn documents(self, index: &Index, arcs: u64, max_cells: u64, effort: &mut Effort) -> Result<Vec<usize>, Error> {
        let mut fullest: Vec<u32> = self.cells.iter().copied().filter(|&v| v > 0).collect();
        let least = if fullest.len() > MAX_CELLS {
            let at = fullest.len() - MAX_CELLS;
            *fullest.select_nth_unstable(at).1
        } else {
            1
        };
        let mut hits = self.hits;
        hits.retain(|h| self.cells[cell(h.band)] >= least);
        hits.sort_unstable_by_key(|h| (h.place, h.band, Reverse(h.vote)));
        // A place votes once, however often the query says its 2-gram.
        hits.dedup_by_key(|h| (h.place, h.band));
        cap_votes(index, &mut hits)?;
        let mut found: Vec<(u32, usize, u64)> = Vec::new();
        let mut rest = hits.as_mut_slice();
        while let Some(first) = rest.first() {
            let (number, places) = index.document_at(first.place);
            let (own, others) = rest.split_at_mut(rest.partition_point(|h| h.place < places.end));
            rest = others;
            found.push((best_bands(own), number, places.end - places.start));
        }
        effort.candidates = found.len() as u64;
        found.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut cells = 0;
        let affordable = found.into_iter().take_while(|&(_, _, words)| {
            let before = cells;
            cells += arcs * words;
            before < max_cells
        });
        Ok(affordable.map(|(_, number, _)| number).collect())
    }
}

/// Turns of phrase that a document shares with others vote no more than they may earn. Hits are sorted by their place.
///
/// A pass of its own, in which nothing waits for anything: nearly each cap is a miss of the caches.
fn cap_votes(index: &Index, hits: &mut [Hit]) -> Result<(), Error> {
    let (mut rest, mut base) = (hits, 0);
    for part in &index.parts {
        let end = base + u64::from(part.segment.header().places);
        let (own, others) = rest.split_at_mut(rest.partition_point(|h| h.place < end));
        for hit in own {
            let at = (hit.place - base) as usize;
            let caps = part.segment.caps(at..at + 2)?;
            hit.vote = hit.vote.min(caps.iter().map(|&b| u32::from(cap_units(b).max(0).unsigned_abs())).sum());
        }
        (rest, base) = (others, end);
    }
    Ok(())
}

/// The most votes for two neighbouring bands of diagonals: torn and skipped words may have split a passage between them.
fn best_bands(hits: &mut [Hit]) -> u32 {
    hits.sort_unstable_by_key(|h| h.band);
    let (mut best, mut before) = (0, (0, 0));
    for same in hits.chunk_by(|a, b| a.band == b.band) {
        let sum: u32 = same.iter().map(|h| h.vote).sum();
        let neighbour = if before.0 + 1 == same[0].band { before.1 } else { 0 };
        best = best.max(sum + neighbour);
        before = (same[0].band, sum);
    }
    best
}
