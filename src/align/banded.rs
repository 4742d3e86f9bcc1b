//! The dynamic programme on the cells that matter.
//!
//! Without a word that agrees, a cell holds what every cell holds for free: nothing, or the best cell above and left of it
//! less a jump. Only cells above that are kept: bands that begin where a word agrees and end where skips and contradictions
//! have used up what it earned. The result is that of the programme over all cells, tie by tie.

use super::{AlignConfig, Alignment, Pair};
use crate::Error;
use crate::index::{Query, ScoreConfig, Strip, UNITS_PER_NAT, units};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// A cell of a band: a node of the lattice, and how many of the document's words lie before it.
#[derive(Clone, Copy)]
struct Cell {
    place: u32,
    score: i32,
    reached: Move,
    /// The cell that it was reached from, or that was jumped from; [`NOWHERE`] where the alignment begins.
    before: u32,
}

const NOWHERE: u32 = u32::MAX;

/// How a cell was reached.
#[derive(Clone, Copy)]
enum Move {
    /// By an arc, onto a document word.
    Word(u32),
    /// The same after a jump.
    Jump(u32),
    /// By an arc, staying at the document word.
    SkipQuery(u32),
    SkipDocument,
}

/// Aligns a query with document number `document` of a strip.
///
/// Cost: a distance and a comparison for each arc and document word, and for each cell of a band some ten times that.
///
/// # Errors
///
/// [`Error::Limit`] if the bands have more than [`AlignConfig::max_cells`].
pub(crate) fn align(
    index: &Strip,
    document: usize,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    config: &AlignConfig,
) -> Result<Alignment, Error> {
    let words = index.places(document).len();
    let skip_query = i32::from(units(scoring.skip_query_nats));
    let mut bands = Bands {
        cells: Vec::new(),
        stairs: Stairs { steps: Vec::new(), jump: (config.jump_nats * UNITS_PER_NAT) as i32 },
        skip_document: i32::from(units(scoring.skip_document_nats)),
        last_place: words as u32,
    };
    // Cells that arcs lead to, for nodes not settled yet.
    let mut waiting: Vec<Vec<Cell>> = vec![Vec::new(); query.nodes as usize];
    let (mut waiting_cells, mut next_arc) = (0, 0);
    let mut earned = Earned::of(words);
    for node in 0..query.nodes {
        let reached = std::mem::take(&mut waiting[node as usize]);
        waiting_cells -= reached.len();
        let row = bands.settle(reached);
        while let Some(arc) = query.arcs.get(next_arc).filter(|a| a.from == node) {
            let k = next_arc as u32;
            next_arc += 1;
            earned.compute(index, document, query, k as usize, scores[k as usize], kernels);
            let to = &mut waiting[arc.to as usize];
            let before = to.len();
            bands.words(row.clone(), k, &earned.units, to);
            if arc.likeliest {
                bands.skips(row.clone(), k, skip_query, to);
            }
            waiting_cells += to.len() - before;
        }
        let value = (bands.cells.len() + waiting_cells) as u64;
        if value > config.max_cells {
            return Err(Error::Limit {
                what: "size of an alignment in cells (lattice nodes × document words that agree)",
                value,
                limit: config.max_cells,
            });
        }
    }
    Ok(bands.trace(index, document, query, scores))
}

/// What a word of the query earns on each of the document's words.
struct Earned {
    units: Vec<i16>,
    other: Vec<i16>,
}

impl Earned {
    fn of(words: usize) -> Self {
        Self { units: vec![0; words], other: vec![0; words] }
    }

    fn compute(
        &mut self,
        index: &Strip,
        document: usize,
        query: &Query<'_>,
        k: usize,
        score: WordScore,
        kernels: &Kernels,
    ) {
        index.distances(document, query.probe(k), kernels, &mut self.units, &mut self.other);
        for (earned, &cap) in self.units.iter_mut().zip(index.caps(document)) {
            *earned = score.at(*earned, cap);
        }
    }
}

struct Bands {
    /// Of all nodes, in their order; of each node by place.
    cells: Vec<Cell>,
    stairs: Stairs,
    skip_document: i32,
    last_place: u32,
}

type Row = std::ops::Range<usize>;

impl Bands {
    /// The cells of a node from what arcs reach there, in the arcs' order: of each place the best (of equals the first), and
    /// what skipping words of the document makes of it.
    fn settle(&mut self, mut reached: Vec<Cell>) -> Row {
        reached.sort_by_key(|c| c.place);
        let first = self.cells.len();
        let best = |same: &[Cell]| same.iter().copied().reduce(|a, b| if b.score > a.score { b } else { a });
        let mut by_arcs = reached.chunk_by(|a, b| a.place == b.place).filter_map(best).peekable();
        let mut left: Option<u32> = None;
        loop {
            let skipped = left.map(|k| (k, self.cells[k as usize])).filter(|(_, c)| c.place < self.last_place);
            let skipped = skipped.map(|(before, c)| Cell {
                place: c.place + 1,
                score: c.score - self.skip_document,
                reached: Move::SkipDocument,
                before,
            });
            let cell = match skipped {
                Some(skipped) => match by_arcs.next_if(|c| c.place == skipped.place) {
                    Some(by_arc) if by_arc.score >= skipped.score => by_arc,
                    _ => skipped,
                },
                None => match by_arcs.next() {
                    Some(by_arc) => by_arc,
                    None => break,
                },
            };
            left = None;
            if cell.score > self.stairs.above(cell.place).0 {
                let number = self.cells.len() as u32;
                left = Some(number);
                self.cells.push(cell);
                self.stairs.raise(cell, number);
            }
        }
        first..self.cells.len()
    }

    /// Follows an arc from a node's row onto words of the document.
    fn words(&self, row: Row, k: u32, earned: &[i16], to: &mut Vec<Cell>) {
        let mut push = |place: usize, from: i32, before: u32, reached: Move| {
            let score = from + i32::from(earned[place]);
            if score > 0 {
                to.push(Cell { place: place as u32 + 1, score, reached, before });
            }
        };
        for (cell, number) in self.cells[row.clone()].iter().zip(row.start as u32..) {
            if cell.place < self.last_place {
                push(cell.place as usize, cell.score, number, Move::Word(k));
            }
        }
        // Beside the row's own cells, only a word that agrees begins something.
        let mut own = self.cells[row].iter().map(|c| c.place as usize).peekable();
        for (chunk, start) in earned.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
            if chunk.iter().fold(0, |most, &e| most.max(e)) == 0 {
                continue;
            }
            for place in (start..).zip(chunk).filter(|(_, e)| **e > 0).map(|(place, _)| place) {
                while own.next_if(|&p| p < place).is_some() {}
                if own.peek() != Some(&place) {
                    let (above, before) = self.stairs.above(place as u32);
                    push(place, above, before, if before == NOWHERE { Move::Word(k) } else { Move::Jump(k) });
                }
            }
        }
    }

    /// Follows an arc from a node's row without a word of the document.
    fn skips(&self, row: Row, k: u32, cost: i32, to: &mut Vec<Cell>) {
        for (cell, before) in self.cells[row.clone()].iter().zip(row.start as u32..) {
            let score = cell.score - cost;
            if score > 0 {
                to.push(Cell { place: cell.place, score, reached: Move::SkipQuery(k), before });
            }
        }
    }

    /// The best cell's way, from its beginning.
    fn trace(&self, index: &Strip, document: usize, query: &Query<'_>, scores: &[WordScore]) -> Alignment {
        let mut alignment = Alignment::default();
        // The first of equals.
        let best = (0..self.cells.len()).reduce(|a, b| if self.cells[b].score > self.cells[a].score { b } else { a });
        let mut at = best.map_or(NOWHERE, |k| k as u32);
        alignment.score_nats = best.map_or(0, |k| self.cells[k].score) as f32 / UNITS_PER_NAT;
        while at != NOWHERE {
            let cell = self.cells[at as usize];
            match cell.reached {
                Move::Word(k) | Move::Jump(k) => {
                    if matches!(cell.reached, Move::Jump(_)) {
                        alignment.jumps.push(alignment.pairs.len() as u32);
                    }
                    let place = index.places(document).start + cell.place as usize - 1;
                    let distance = index.distance(query.probe(k as usize), place);
                    let earned = scores[k as usize].at(distance, index.cap(place));
                    alignment.pairs.push(Pair::new(k, cell.place - 1, f32::from(earned) / UNITS_PER_NAT));
                }
                Move::SkipQuery(k) => alignment.skipped.push(k),
                Move::SkipDocument => {}
            }
            at = cell.before;
        }
        alignment.turned_round()
    }
}

/// Places that are looked over at a time for words that agree.
const CHUNK: usize = 64;

/// The best cell so far at each place or left of it: steps that rise to the right.
struct Stairs {
    steps: Vec<Step>,
    jump: i32,
}

#[derive(Clone, Copy)]
struct Step {
    place: u32,
    score: i32,
    cell: u32,
}

impl Stairs {
    /// What a jump to this place leaves, and where from.
    fn above(&self, place: u32) -> (i32, u32) {
        let behind = self.steps.partition_point(|s| s.place <= place);
        let step = behind.checked_sub(1).map(|k| self.steps[k]).filter(|s| s.score > self.jump);
        step.map_or((0, NOWHERE), |s| (s.score - self.jump, s.cell))
    }

    fn raise(&mut self, cell: Cell, number: u32) {
        let behind = self.steps.partition_point(|s| s.place <= cell.place);
        if behind > 0 && self.steps[behind - 1].score >= cell.score {
            return;
        }
        // A step at the same place goes, as do lower ones to the right.
        let first = behind - usize::from(behind > 0 && self.steps[behind - 1].place == cell.place);
        let end = behind + self.steps[behind..].partition_point(|s| s.score < cell.score);
        self.steps.splice(first..end, [Step { place: cell.place, score: cell.score, cell: number }]);
    }
}
