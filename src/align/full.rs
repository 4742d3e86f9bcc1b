//! The oracle of the banded alignment: the same dynamic programme over all cells, one after the other.

use super::{AlignConfig, Alignment, Pair};
use crate::index::{Query, ScoreConfig, Strip, UNITS_PER_NAT, units};
use crate::simd::kernels::WordScore;

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

/// What [`align`](super::align) computes, over every cell.
pub(crate) fn align_all_cells(
    index: &Strip,
    document: usize,
    query: &Query<'_>,
    scores: &[WordScore],
    scoring: &ScoreConfig,
    config: &AlignConfig,
) -> Alignment {
    let places = index.places(document);
    let width = places.len() + 1;
    let cells = query.nodes as usize * width;
    let (skip_query, skip_document) =
        (i32::from(units(scoring.skip_query_nats)), i32::from(units(scoring.skip_document_nats)));
    let jump = (config.jump_nats * UNITS_PER_NAT) as i32;
    if query.arcs.is_empty() {
        return Alignment::default();
    }
    let mut table = vec![(0i32, Move::Start); cells];
    // The best cell at each place or left of it: where a jump would come from.
    let mut best_before: Vec<u32> = vec![0; width];
    let mut finished = 0usize;
    let mut best = 0usize;
    let finish = |table: &mut [(i32, Move)], best_before: &mut [u32], node: usize, best: &mut usize| {
        for p in 0..width {
            let cell = node * width + p;
            if p > 0 {
                let skipped = table[cell - 1].0 - skip_document;
                if skipped > table[cell].0 {
                    table[cell] = (skipped, Move::SkipDocument);
                }
                if table[best_before[p - 1] as usize].0 > table[best_before[p] as usize].0 {
                    best_before[p] = best_before[p - 1];
                }
            }
            let from = best_before[p];
            let jumped = table[from as usize].0 - jump;
            // Of equals the jump: what earned nothing on the way is no evidence.
            if jumped > 0 && jumped >= table[cell].0 {
                table[cell] = (jumped, Move::Jump(from));
            }
            if table[cell].0 > table[*best].0 {
                *best = cell;
            }
            if table[cell].0 > table[from as usize].0 {
                best_before[p] = cell as u32;
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
            Move::Jump(from) => {
                // After the jump, a word: what else would pay for it?
                alignment.jumps.push(alignment.pairs.len() as u32 - 1);
                cell = from as usize;
            }
            Move::SkipDocument => cell -= 1,
            Move::SkipQuery(k) => {
                alignment.skipped.push(k);
                cell = query.arcs[k as usize].from as usize * width + p;
            }
            Move::Word(k) => {
                let place = places.start + p - 1;
                let probe = query.probe(k as usize);
                let earned = scores[k as usize].at(index.distance(probe, place), index.cap(place));
                alignment.pairs.push(Pair::new(k, (p - 1) as u32, f32::from(earned) / UNITS_PER_NAT));
                cell = query.arcs[k as usize].from as usize * width + p - 1;
            }
        }
    }
    alignment.turned_round()
}
