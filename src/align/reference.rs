//! The oracle of the sparse alignment: the same dynamic programme over all cells, one after the other.

use super::AlignConfig;
use super::alignment::{Alignment, Pair};
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::search::{Batch, Query, ScoreConfig};
use crate::simd::kernels::WordScore;

/// How a cell was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Start,
    /// By an edge, onto a document word.
    Word(u32),
    /// By an edge, staying at the document word.
    SkipQuery(u32),
    SkipDocument,
    /// From the cell with this number.
    Jump(u32),
}

/// What [`align`](super::sparse::align) computes, over every cell.
pub(crate) fn align_all_cells(
    batch: &Batch,
    document: usize,
    query: &Query<'_>,
    scores: &[WordScore],
    scoring: &ScoreConfig,
    config: &AlignConfig,
) -> Alignment {
    let positions = batch.positions(document);
    let width = positions.len() + 1;
    let cells = query.nodes as usize * width;
    let (skip_query, skip_document) =
        (i32::from(units(scoring.skip_query_nats)), i32::from(units(scoring.skip_document_nats)));
    let jump = (config.jump_nats * UNITS_PER_NAT) as i32;
    if query.edges.is_empty() {
        return Alignment::default();
    }
    let mut table = vec![(0i32, Move::Start); cells];
    // The best cell at each position or left of it: where a jump would come from.
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
    for (k, (edge, score)) in query.edges.iter().zip(scores).enumerate() {
        while finished <= edge.from as usize {
            finish(&mut table, &mut best_before, finished, &mut best);
            finished += 1;
        }
        let (from, to) = (edge.from as usize * width, edge.to as usize * width);
        let probe = query.probe(k);
        for (p, position) in positions.clone().enumerate() {
            let earned = i32::from(score.at(batch.distance(probe, position), batch.cap(position)));
            let reached = table[from + p].0 + earned;
            if reached > table[to + p + 1].0 {
                table[to + p + 1] = (reached, Move::Word(k as u32));
            }
        }
        if edge.likeliest {
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
                cell = query.edges[k as usize].from as usize * width + p;
            }
            Move::Word(k) => {
                let position = positions.start + p - 1;
                let probe = query.probe(k as usize);
                let earned = scores[k as usize].at(batch.distance(probe, position), batch.cap(position));
                alignment.pairs.push(Pair::new(k, (p - 1) as u32, f32::from(earned) / UNITS_PER_NAT));
                cell = query.edges[k as usize].from as usize * width + p - 1;
            }
        }
    }
    alignment.turned_round()
}
