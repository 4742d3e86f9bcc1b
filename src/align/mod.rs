//! Stage 5: word by word, how the query's lattice lies on one document.
//!
//! The full dynamic programme over lattice nodes × document words, with the scan's own word scores, skips of any length and
//! jumps: a jump over anything (a redaction, a cropped line, a side pane) costs as much as two passages of that strength
//! would be likely to line up by chance. The score is never below the scan's for the same document.

mod complete;
mod header;

pub(crate) use complete::{Looks, complete};
pub(crate) use header::header_support;

use crate::Error;
use crate::index::{Query, ScoreConfig, Strip, UNITS_PER_NAT, units};
use crate::simd::kernels::WordScore;

/// Settings of stage 5.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignConfig {
    /// Cost of a jump, in nats. Default: 14.
    pub jump_nats: f32,
    /// Most cells (lattice nodes × document words) of one alignment; each takes 12 bytes. Default: 40 million.
    pub max_cells: u64,
}

impl Default for AlignConfig {
    fn default() -> Self {
        Self { jump_nats: 14.0, max_cells: 40_000_000 }
    }
}

impl AlignConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(self.jump_nats >= 0.0 && self.jump_nats <= 250.0) {
            return Err(Error::caller("align.jump_nats", self.jump_nats, "it must be 0 to 250"));
        }
        if self.max_cells == 0 {
            return Err(Error::caller("align.max_cells", 0, "it must be at least 1"));
        }
        Ok(())
    }
}

/// The best alignment of a query with a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Total score, in nats.
    pub score_nats: f32,
    /// Aligned pairs in reading order.
    pub pairs: Vec<Pair>,
    /// Words of the likeliest path that were skipped inside of a passage: indices into the page's words.
    pub skipped: Vec<u32>,
}

/// A word of the query on a word of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Index into the page's words.
    pub word: u32,
    /// Number of the document's word, from 0.
    pub document_word: u32,
    /// What the pair earned, in nats; negative where the shapes contradict each other.
    pub score_nats: f32,
    /// How much farther apart the codes are than those of one word usually, in standard deviations.
    pub surprise: f32,
    /// How much wider the query's word is, in doublings: negative if it is narrower.
    pub stretch: f32,
}

/// How a cell was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Start,
    /// By an arc, onto a document word.
    Word(u32),
    /// By an arc, staying at the document word.
    SkipQuery(u32),
    SkipDocument,
    /// From the cell with this number.
    Jump(u32),
}

/// Aligns a query with document number `document` of a strip.
///
/// # Errors
///
/// [`Error::Limit`] if the table would have more than [`AlignConfig::max_cells`].
pub(crate) fn align(
    index: &Strip,
    document: usize,
    query: &Query<'_>,
    scores: &[WordScore],
    scoring: &ScoreConfig,
    config: &AlignConfig,
) -> Result<Alignment, Error> {
    let places = index.places(document);
    let width = places.len() + 1;
    let cells = query.nodes as u64 * width as u64;
    if cells > config.max_cells {
        return Err(Error::Limit {
            what: "size of an alignment in cells (lattice nodes × document words)",
            value: cells,
            limit: config.max_cells,
        });
    }
    let (skip_query, skip_document) =
        (i32::from(units(scoring.skip_query_nats)), i32::from(units(scoring.skip_document_nats)));
    let jump = (config.jump_nats * UNITS_PER_NAT) as i32;
    if query.arcs.is_empty() {
        return Ok(Alignment::default());
    }
    let mut table = vec![(0i32, Move::Start); cells as usize];
    // The best cell above and left of each place, itself included: where a jump would come from.
    let mut best_before: Vec<u32> = vec![0; width];
    let mut finished = 0usize;
    let mut best = 0usize;
    let finish = |table: &mut [(i32, Move)], best_before: &mut [u32], node: usize, best: &mut usize| {
        for (p, &from) in best_before.iter().enumerate() {
            let cell = node * width + p;
            if p > 0 {
                let skipped = table[cell - 1].0 - skip_document;
                if skipped > table[cell].0 {
                    table[cell] = (skipped, Move::SkipDocument);
                }
            }
            let jumped = table[from as usize].0 - jump;
            if jumped > table[cell].0 {
                table[cell] = (jumped, Move::Jump(from));
            }
            if table[cell].0 > table[*best].0 {
                *best = cell;
            }
        }
        // Only now, so that a jump is from an earlier node.
        for p in 0..width {
            let cell = node * width + p;
            if table[cell].0 > table[best_before[p] as usize].0 {
                best_before[p] = cell as u32;
            }
            if p > 0 && table[best_before[p - 1] as usize].0 > table[best_before[p] as usize].0 {
                best_before[p] = best_before[p - 1];
            }
        }
    };
    for (k, (arc, score)) in query.arcs.iter().zip(scores).enumerate() {
        while finished <= arc.from as usize {
            finish(&mut table, &mut best_before, finished, &mut best);
            finished += 1;
        }
        let (from, to) = (arc.from as usize * width, arc.to as usize * width);
        let probe = query.probe(k);
        for (p, place) in places.clone().enumerate() {
            let earned = i32::from(score.at(index.distance(probe, place), index.cap(place)));
            let reached = table[from + p].0 + earned;
            if reached > table[to + p + 1].0 {
                table[to + p + 1] = (reached, Move::Word(k as u32));
            }
        }
        if arc.likeliest {
            for p in 0..width {
                let reached = table[from + p].0 - skip_query;
                if reached > table[to + p].0 {
                    table[to + p] = (reached, Move::SkipQuery(k as u32));
                }
            }
        }
    }
    while finished < query.nodes as usize {
        finish(&mut table, &mut best_before, finished, &mut best);
        finished += 1;
    }

    let mut alignment = Alignment { score_nats: table[best].0 as f32 / UNITS_PER_NAT, ..Alignment::default() };
    let mut cell = best;
    loop {
        let p = cell % width;
        match table[cell].1 {
            Move::Start => break,
            Move::Jump(from) => cell = from as usize,
            Move::SkipDocument => cell -= 1,
            Move::SkipQuery(k) => {
                alignment.skipped.push(k);
                cell = query.arcs[k as usize].from as usize * width + p;
            }
            Move::Word(k) => {
                let place = places.start + p - 1;
                let probe = query.probe(k as usize);
                let earned = scores[k as usize].at(index.distance(probe, place), index.cap(place));
                alignment.pairs.push(Pair {
                    word: k,
                    document_word: (p - 1) as u32,
                    score_nats: f32::from(earned) / UNITS_PER_NAT,
                    surprise: 0.0,
                    stretch: 0.0,
                });
                cell = query.arcs[k as usize].from as usize * width + p - 1;
            }
        }
    }
    alignment.pairs.reverse();
    alignment.skipped.reverse();
    Ok(alignment)
}
