//! Votes of seeds: where 2-grams of the query stand, and which documents have most of them along one diagonal.

use std::cmp::Reverse;

use super::part::Part;
use crate::Error;
use crate::index::IndexReader;
use crate::index::file::cap_units;

/// Diagonals this near each other count as one: positions of skipped and torn words.
///
/// Tuned (bits): chosen by eye.
const BAND_BITS: u32 = 5;
/// Cells of the table that votes are first summed in.
///
/// Tuned (bits): chosen by eye.
const CELL_BITS: u32 = 17;
/// What diagonals are counted from: those of all but the longest queries are positive, and the others wrap round alike.
const ORIGIN: u64 = 1 << 20;
/// Cells whose votes are looked at.
///
/// Tuned (count): chosen by eye.
const MAX_CELLS: usize = 6_000;

/// The positions of a 2-gram in a segment.
pub(super) struct List<'a> {
    pub(super) positions: &'a [u32],
    /// Positions of the segments before.
    pub(super) base: u64,
    /// The 2-gram's position in the query.
    pub(super) query_position: u32,
    pub(super) vote: u32,
    /// The 2-gram's positions in all segments.
    pub(super) all: usize,
}

/// Documents that votes chose.
pub(super) struct Elected {
    /// The documents with most votes, or of long ones the parts with most, best first, up to the limit of cells.
    pub(super) parts: Vec<Part>,
    /// Documents that votes were counted for.
    pub(super) candidates: u64,
}

/// Votes of positions for diagonals.
pub(super) struct Votes {
    /// Sums of votes by hashed band.
    cells: Vec<u32>,
    hits: Vec<Hit>,
}

#[derive(Clone, Copy)]
struct Hit {
    band: u32,
    vote: u32,
    position: u64,
}

fn cell(band: u32) -> usize {
    (band.wrapping_mul(0x9e37_79b1) >> (32 - CELL_BITS)) as usize
}

impl Votes {
    /// No votes yet; room for some.
    pub(super) fn with_capacity(votes: usize) -> Self {
        Self { cells: vec![0; 1 << CELL_BITS], hits: Vec::with_capacity(votes) }
    }

    /// Number of votes.
    pub(super) fn len(&self) -> usize {
        self.hits.len()
    }

    pub(super) fn add(&mut self, list: &List<'_>) {
        for &position in list.positions {
            let position = list.base + u64::from(position);
            let band = ((position + ORIGIN).wrapping_sub(list.query_position.into()) >> BAND_BITS) as u32;
            self.cells[cell(band)] += list.vote;
            self.hits.push(Hit { band, vote: list.vote, position });
        }
    }

    /// Documents by their votes, `wanted` ones, for a page of so many words and edges.
    pub(super) fn documents(
        self,
        index: &IndexReader,
        (page_words, edges): (u64, u64),
        max_cells: u64,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Elected, Error> {
        let mut fullest: Vec<u32> = self.cells.iter().copied().filter(|&v| v > 0).collect();
        let least = if fullest.len() > MAX_CELLS {
            let at = fullest.len() - MAX_CELLS;
            *fullest.select_nth_unstable(at).1
        } else {
            1
        };
        let mut hits = self.hits;
        hits.retain(|h| self.cells[cell(h.band)] >= least);
        hits.sort_unstable_by_key(|h| (h.position, h.band, Reverse(h.vote)));
        // A position votes once, however often the query says its 2-gram.
        hits.dedup_by_key(|h| (h.position, h.band));
        cap_votes(index, &mut hits)?;
        let mut found: Vec<(u32, Part)> = Vec::new();
        let mut rest = hits.as_mut_slice();
        while let Some(first) = rest.first() {
            let (number, positions) = index.document_at(first.position);
            let (own, others) = rest.split_at_mut(rest.partition_point(|h| h.position < positions.end));
            rest = others;
            if wanted(number) {
                let (votes, band) = best_bands(own);
                // Where the page's first word would lie.
                let start = (u64::from(band) << BAND_BITS).saturating_sub(ORIGIN);
                found.push((votes, index.part_at(number, &positions, start, page_words)));
            }
        }
        let candidates = found.len() as u64;
        found.sort_unstable_by_key(|(votes, part)| (Reverse(*votes), part.document));
        let mut cells = 0;
        let affordable = found.into_iter().take_while(|(_, part)| {
            let before = cells;
            // A separator is a word more.
            cells += edges * (part.words.len() as u64 + 1);
            before < max_cells
        });
        Ok(Elected { parts: affordable.map(|(_, part)| part).collect(), candidates })
    }
}

/// Turns of phrase that a document shares with others vote no more than they may earn. Hits are sorted by their
/// position.
///
/// A pass of its own, in which nothing waits for anything: nearly each cap is a miss of the caches.
fn cap_votes(index: &IndexReader, hits: &mut [Hit]) -> Result<(), Error> {
    let (mut rest, mut base) = (hits, 0);
    for live in &index.segments {
        let end = base + u64::from(live.segment.header().positions);
        let (own, others) = rest.split_at_mut(rest.partition_point(|h| h.position < end));
        for hit in own {
            let at = (hit.position - base) as usize;
            let caps = live.segment.caps(at..at + 2)?;
            hit.vote = hit.vote.min(caps.iter().map(|&b| u32::from(cap_units(b).max(0).unsigned_abs())).sum());
        }
        (rest, base) = (others, end);
    }
    Ok(())
}

/// The most votes for two neighbouring bands of diagonals, and the second of them: torn and skipped words may have split
/// a passage between them.
fn best_bands(hits: &mut [Hit]) -> (u32, u32) {
    hits.sort_unstable_by_key(|h| h.band);
    let (mut best, mut before) = ((0, 0), (0, 0));
    for same in hits.chunk_by(|a, b| a.band == b.band) {
        let sum: u32 = same.iter().map(|h| h.vote).sum();
        let neighbour = if before.0 + 1 == same[0].band { before.1 } else { 0 };
        if sum + neighbour > best.0 {
            best = (sum + neighbour, same[0].band);
        }
        before = (same[0].band, sum);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands(position: u32, query_position: u32) -> u32 {
        let mut votes = Votes::with_capacity(1);
        let positions = [position];
        votes.add(&List { positions: &positions, base: 0, query_position, vote: 1, all: 1 });
        votes.hits[0].band
    }

    #[test]
    fn one_diagonal_is_one_band_however_long_the_query() {
        for query_position in [0, 1 << 19, (1 << 20) + 1, 1 << 22, u32::MAX - 3000] {
            let first = bands(0, query_position);
            let apart = |words: u32| bands(words, query_position).wrapping_sub(first);
            assert!(apart(0) == 0 && apart(31) <= 1 && apart(3200) == 100, "{query_position}");
        }
    }

    #[test]
    fn neighbouring_bands_count_together() {
        let hit = |band, vote| Hit { band, vote, position: 0 };
        assert_eq!(best_bands(&mut [hit(7, 3), hit(9, 4), hit(8, 5), hit(20, 8), hit(8, 1)]), (10, 9));
        assert_eq!(best_bands(&mut []), (0, 0));
    }
}
