//! The dynamic programme on the cells that matter.
//!
//! Without a word that agrees, a cell holds what every cell holds for free: nothing, or the best cell above and left of
//! it less a jump. Only cells above that are kept: bands that begin where a word agrees and end where skips and
//! contradictions have used up what it earned. The result is that of the programme over all cells, tie by tie.

#[cfg(any(test, feature = "benchmarks"))]
use super::AlignConfig;
use super::alignment::{Alignment, Pair};
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::limits::Deadline;
use crate::search::{Batch, Query, ScoreConfig};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// A cell of a band: a node of the lattice, and how many of the document's words lie before it.
#[derive(Clone, Copy)]
struct Cell {
    position: u32,
    score: i32,
    reached: Move,
    /// The cell that it was reached from, or that was jumped from; [`NOWHERE`] where the alignment begins.
    before: u32,
}

const NOWHERE: u32 = u32::MAX;

/// How a cell was reached.
#[derive(Clone, Copy)]
enum Move {
    /// By an edge, onto a document word.
    Word(u32),
    /// The same after a jump.
    Jump(u32),
    /// By an edge, staying at the document word.
    SkipQuery(u32),
    SkipDocument,
}

/// The clock is looked at once in so many nodes.
///
/// Tuned (count): chosen by eye; some tens of microseconds.
const NODES_A_LOOK: u32 = 16;

/// What an alignment may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// See [`AlignConfig::jump_nats`](super::AlignConfig::jump_nats).
    pub(crate) jump_nats: f32,
    /// Cells that its bands hold at most.
    pub(crate) most_cells: u64,
    /// A word of the query that agrees with more words of the document than this goes on what others began, and begins
    /// nothing.
    pub(crate) most_beginnings: usize,
    /// When it is given up.
    pub(crate) deadline: Deadline,
}

impl Effort {
    /// All that it takes.
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn any(config: &AlignConfig) -> Self {
        let deadline = Deadline::default();
        Self { jump_nats: config.jump_nats, most_cells: u64::MAX, most_beginnings: usize::MAX, deadline }
    }
}

/// Why an alignment was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// Its bands had come to so many cells.
    Cells(u64),
    /// The deadline passed.
    Late,
}

/// Aligns a query with document number `document` of a batch.
///
/// Cost: a distance and a comparison for each edge and document word, and for each cell of a band some ten times that.
///
/// # Errors
///
/// [`Unfinished`] if that is more than `effort` allows.
pub(crate) fn align(
    batch: &Batch,
    document: usize,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    scoring: &ScoreConfig,
    effort: Effort,
) -> Result<Alignment, Unfinished> {
    let words = batch.positions(document).len();
    let skip_query = i32::from(units(scoring.skip_query_nats));
    let mut bands = Bands {
        cells: Vec::new(),
        stairs: Stairs { steps: Vec::new(), jump: (effort.jump_nats * UNITS_PER_NAT) as i32 },
        skip_document: i32::from(units(scoring.skip_document_nats)),
        last_place: words as u32,
        most_beginnings: effort.most_beginnings,
    };
    // Cells that edges lead to, for nodes not settled yet.
    let mut waiting: Vec<Vec<Cell>> = vec![Vec::new(); query.nodes as usize];
    let (mut waiting_cells, mut next_arc) = (0, 0);
    let mut earned = Earned::new(words);
    for node in 0..query.nodes {
        let reached = std::mem::take(&mut waiting[node as usize]);
        waiting_cells -= reached.len();
        let row = bands.settle(reached);
        while let Some(edge) = query.edges.get(next_arc).filter(|a| a.from == node) {
            let k = next_arc as u32;
            next_arc += 1;
            earned.compute(batch, document, query, k as usize, scores[k as usize], kernels);
            let to = &mut waiting[edge.to as usize];
            let before = to.len();
            bands.words(row.clone(), k, &earned.units, to);
            if edge.likeliest {
                bands.skips(row.clone(), k, skip_query, to);
            }
            waiting_cells += to.len() - before;
        }
        let cells = (bands.cells.len() + waiting_cells) as u64;
        if cells > effort.most_cells {
            return Err(Unfinished::Cells(cells));
        }
        if node % NODES_A_LOOK == 0 && effort.deadline.has_passed() {
            return Err(Unfinished::Late);
        }
    }
    Ok(bands.trace(batch, document, query, scores))
}

/// What a word of the query earns on each of the document's words.
struct Earned {
    units: Vec<i16>,
    other: Vec<i16>,
}

impl Earned {
    fn new(words: usize) -> Self {
        Self { units: vec![0; words], other: vec![0; words] }
    }

    fn compute(
        &mut self,
        batch: &Batch,
        document: usize,
        query: &Query<'_>,
        k: usize,
        score: WordScore,
        kernels: &Kernels,
    ) {
        batch.distances(document, query.probe(k), kernels, &mut self.units, &mut self.other);
        for (earned, &cap) in self.units.iter_mut().zip(batch.caps(document)) {
            *earned = score.at(*earned, cap);
        }
    }
}

struct Bands {
    /// Of all nodes, in their order; of each node by position.
    cells: Vec<Cell>,
    stairs: Stairs,
    skip_document: i32,
    last_place: u32,
    most_beginnings: usize,
}

type Row = std::ops::Range<usize>;

impl Bands {
    /// The cells of a node from what edges reach there, in the edges' order: of each position the best (of equals the
    /// first), and what skipping words of the document makes of it.
    fn settle(&mut self, mut reached: Vec<Cell>) -> Row {
        reached.sort_by_key(|c| c.position);
        let first = self.cells.len();
        let best = |same: &[Cell]| same.iter().copied().reduce(|a, b| if b.score > a.score { b } else { a });
        let mut by_arcs = reached.chunk_by(|a, b| a.position == b.position).filter_map(best).peekable();
        let mut left: Option<u32> = None;
        loop {
            let skipped = left.map(|k| (k, self.cells[k as usize])).filter(|(_, c)| c.position < self.last_place);
            let skipped = skipped.map(|(before, c)| Cell {
                position: c.position + 1,
                score: c.score - self.skip_document,
                reached: Move::SkipDocument,
                before,
            });
            let cell = match skipped {
                Some(skipped) => match by_arcs.next_if(|c| c.position == skipped.position) {
                    Some(by_arc) if by_arc.score >= skipped.score => by_arc,
                    _ => skipped,
                },
                None => match by_arcs.next() {
                    Some(by_arc) => by_arc,
                    None => break,
                },
            };
            left = None;
            if cell.score > self.stairs.above(cell.position).0 {
                let number = self.cells.len() as u32;
                left = Some(number);
                self.cells.push(cell);
                self.stairs.raise(cell, number);
            }
        }
        first..self.cells.len()
    }

    /// Follows an edge from a node's row onto words of the document.
    fn words(&self, row: Row, k: u32, earned: &[i16], to: &mut Vec<Cell>) {
        let mut push = |position: usize, from: i32, before: u32, reached: Move| {
            let score = from + i32::from(earned[position]);
            if score > 0 {
                to.push(Cell { position: position as u32 + 1, score, reached, before });
            }
        };
        for (cell, number) in self.cells[row.clone()].iter().zip(row.start as u32..) {
            if cell.position < self.last_place {
                push(cell.position as usize, cell.score, number, Move::Word(k));
            }
        }
        let agreeing = || earned.iter().filter(|&&e| e > 0).count();
        if self.most_beginnings < earned.len() && agreeing() > self.most_beginnings {
            return;
        }
        // Beside the row's own cells, only a word that agrees begins something.
        let mut own = self.cells[row].iter().map(|c| c.position as usize).peekable();
        for (chunk, start) in earned.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
            if chunk.iter().fold(0, |most, &e| most.max(e)) == 0 {
                continue;
            }
            for position in (start..).zip(chunk).filter(|(_, e)| **e > 0).map(|(position, _)| position) {
                while own.next_if(|&p| p < position).is_some() {}
                if own.peek() != Some(&position) {
                    let (above, before) = self.stairs.above(position as u32);
                    push(position, above, before, if before == NOWHERE { Move::Word(k) } else { Move::Jump(k) });
                }
            }
        }
    }

    /// Follows an edge from a node's row without a word of the document.
    fn skips(&self, row: Row, k: u32, cost: i32, to: &mut Vec<Cell>) {
        for (cell, before) in self.cells[row.clone()].iter().zip(row.start as u32..) {
            let score = cell.score - cost;
            if score > 0 {
                to.push(Cell { position: cell.position, score, reached: Move::SkipQuery(k), before });
            }
        }
    }

    /// The best cell's way, from its beginning.
    fn trace(&self, batch: &Batch, document: usize, query: &Query<'_>, scores: &[WordScore]) -> Alignment {
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
                    let position = batch.positions(document).start + cell.position as usize - 1;
                    let distance = batch.distance(query.probe(k as usize), position);
                    let earned = scores[k as usize].at(distance, batch.cap(position));
                    alignment.pairs.push(Pair::new(k, cell.position - 1, f32::from(earned) / UNITS_PER_NAT));
                }
                Move::SkipQuery(k) => alignment.skipped.push(k),
                Move::SkipDocument => {}
            }
            at = cell.before;
        }
        alignment.turned_round()
    }
}

/// Positions that are looked over at a time for words that agree.
///
/// Tuned (positions): chosen by eye.
const CHUNK: usize = 64;

/// The best cell so far at each position or left of it: steps that rise to the right.
struct Stairs {
    steps: Vec<Step>,
    jump: i32,
}

#[derive(Clone, Copy)]
struct Step {
    position: u32,
    score: i32,
    cell: u32,
}

impl Stairs {
    /// What a jump to this position leaves, and where from.
    fn above(&self, position: u32) -> (i32, u32) {
        let behind = self.steps.partition_point(|s| s.position <= position);
        let step = behind.checked_sub(1).map(|k| self.steps[k]).filter(|s| s.score > self.jump);
        step.map_or((0, NOWHERE), |s| (s.score - self.jump, s.cell))
    }

    fn raise(&mut self, cell: Cell, number: u32) {
        let behind = self.steps.partition_point(|s| s.position <= cell.position);
        if behind > 0 && self.steps[behind - 1].score >= cell.score {
            return;
        }
        // A step at the same position goes, as do lower ones to the right.
        let first = behind - usize::from(behind > 0 && self.steps[behind - 1].position == cell.position);
        let end = behind + self.steps[behind..].partition_point(|s| s.score < cell.score);
        self.steps.splice(first..end, [Step { position: cell.position, score: cell.score, cell: number }]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::align::reference::align_all_cells;
    use crate::search::test_cases::{build, case};
    use crate::search::{BackgroundSample, scan_batch, word_scores};

    proptest! {
        /// The aligner may skip more and jump, so it finds at least what the scan finds; where neither pays, exactly
        /// that. Its bands find what all cells find, move by move.
        #[test]
        fn the_aligner_agrees((documents, edges) in case()) {
            let (batch, edges, codes) = build(&documents, &edges);
            let query = Query { nodes: 16, edges, codes: &codes, weights: &[] };
            let kernels = Kernels::best();
            let dear = ScoreConfig { skip_document_nats: 64.0, ..ScoreConfig::default() };
            let cheap = ScoreConfig { skip_document_nats: 0.5, skip_query_nats: 0.5, ..ScoreConfig::default() };
            for (config, jump_nats) in
                [(ScoreConfig::default(), 14.0), (ScoreConfig::default(), 1.0), (cheap, 4.0), (dear.clone(), 250.0)]
            {
                let scores = word_scores(&query, &BackgroundSample::from_batch(&batch), &kernels, &config);
                let align_config = AlignConfig { jump_nats };
                for (document, units) in scan_batch(&batch, &query, &scores, &kernels, &config).into_iter().enumerate() {
                    let nats = f32::from(units) / UNITS_PER_NAT;
                    let aligned = align(&batch, document, &query, &scores, &kernels, &config, Effort::any(&align_config))
                        .expect("a few cells");
                    let all = align_all_cells(&batch, document, &query, &scores, &config, &align_config);
                    prop_assert_eq!(&aligned, &all, "jumps for {}", jump_nats);
                    if config == dear {
                        prop_assert_eq!(aligned.score_nats, nats);
                    } else {
                        prop_assert!(aligned.score_nats >= nats);
                    }
                    // A word that may begin nothing takes from the score; enough effort takes nothing.
                    let few = Effort { most_beginnings: 2, ..Effort::any(&align_config) };
                    let less = align(&batch, document, &query, &scores, &kernels, &config, few).expect("a few cells");
                    prop_assert!(less.score_nats <= aligned.score_nats);
                    let enough = Effort { most_beginnings: batch.positions(document).len(), ..few };
                    let same = align(&batch, document, &query, &scores, &kernels, &config, enough);
                    prop_assert_eq!(same.as_ref(), Ok(&aligned));
                    // Words come in reading order, one document word each.
                    for pair in aligned.pairs.windows(2) {
                        prop_assert!(query.edges[pair[0].word as usize].to <= query.edges[pair[1].word as usize].from);
                        prop_assert!(pair[0].document_word < pair[1].document_word);
                    }
                }
            }
        }
    }

    #[test]
    fn an_alignment_over_its_limits_is_given_up() {
        // Two words by turns, in the page and in the document: each agrees with half of the document.
        let by_turns = |k: u32| 8 + 2 * u64::from(k % 2);
        let documents = [(0..100).map(by_turns).collect(), (0..4_000).map(|k| k % 12).collect()];
        let edges: Vec<(u32, u32, u64)> = (0..100).map(|k| (k, 1, by_turns(k))).collect();
        let (batch, edges, codes) = build(&documents, &edges);
        let query = Query { nodes: 101, edges, codes: &codes, weights: &[] };
        let (kernels, config) = (Kernels::best(), ScoreConfig::default());
        let scores = word_scores(&query, &BackgroundSample::from_batch(&batch), &kernels, &config);
        let any = Effort::any(&AlignConfig::default());
        let aligned = |effort| align(&batch, 0, &query, &scores, &kernels, &config, effort);
        let whole = aligned(any).expect("all cells");
        assert!(whole.pairs.len() > 50, "{}", whole.pairs.len());
        let most_cells = 2_000;
        assert!(matches!(aligned(Effort { most_cells, ..any }), Err(Unfinished::Cells(2_001..))));
        let none = aligned(Effort { most_cells, most_beginnings: 20, ..any }).expect("no beginnings, no cells");
        assert!(none.pairs.is_empty());
        let late = Deadline::after(Some(std::time::Duration::ZERO));
        assert_eq!(aligned(Effort { deadline: late, ..any }), Err(Unfinished::Late));
    }
}
