//! The exhaustive scan: local alignment of the lattice with every document, whole tiles of the catalogue at a time.
//!
//! For each node of the lattice a row of scores, one for each place of the tile: the best local alignment (Smith & Waterman
//! 1981) of some path that ends in that node with words that end at that place. An arc moves scores from one row to another,
//! one place on. Skipping a query word costs a fixed amount; so does skipping a document word, of which one may be skipped
//! for each query word (the aligner, which sees only the best documents, may skip any number).
//!
//! Cost: arcs × words of the catalogue × 0.4 ns with AVX-512 for 128-bit codes.

use rayon::prelude::*;

use super::{Index, Query, ScoreConfig, units};
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// A tile of this many places keeps its rows in the second-level cache.
const TILE_PLACES: usize = 1024;

/// The best local alignment of the query with one document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentScore {
    /// Score in fixed-point units: 32 a nat.
    pub units: i16,
    /// The document's number in the index.
    pub document: u32,
}

impl DocumentScore {
    /// Score in nats.
    #[must_use]
    pub fn nats(&self) -> f32 {
        f32::from(self.units) / super::UNITS_PER_NAT
    }
}

/// Which documents to scan: every `step`th one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subset {
    pub(crate) step: usize,
}

/// The best score of each document of the subset, in the documents' order.
///
/// `order` lists the query's arcs in the order of the lattice (it differs from the query's own in decoys).
pub(crate) fn scan(
    index: &Index,
    query: &Query<'_>,
    scores: &[WordScore],
    subset: Subset,
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Vec<DocumentScore> {
    let chosen: Vec<usize> = (0..index.documents()).step_by(subset.step).collect();
    // Tiles of whole documents, so that no alignment is cut.
    let mut tiles: Vec<&[usize]> = Vec::new();
    let (mut rest, mut size, mut taken) = (chosen.as_slice(), 0, 0);
    while taken < rest.len() {
        let next = index.places(rest[taken]).len() + 1;
        let contiguous = taken == 0 || rest[taken] == rest[taken - 1] + 1;
        if taken > 0 && (size + next > TILE_PLACES || !contiguous) {
            tiles.push(&rest[..taken]);
            (rest, size, taken) = (&rest[taken..], 0, 0);
        } else {
            (size, taken) = (size + next, taken + 1);
        }
    }
    tiles.push(rest);
    let per_tile: Vec<Vec<DocumentScore>> = tiles
        .par_iter()
        .filter(|t| !t.is_empty())
        .map_init(Rows::default, |rows, tile| tile_scores(index, query, scores, tile, kernels, config, rows))
        .collect();
    per_tile.into_iter().flatten().collect()
}

/// Scratch memory of one thread.
#[derive(Default)]
struct Rows {
    nodes: Vec<i16>,
    distances: Vec<i16>,
    other: Vec<i16>,
    old: Vec<i16>,
    best: Vec<i16>,
}

fn tile_scores(
    index: &Index,
    query: &Query<'_>,
    scores: &[WordScore],
    documents: &[usize],
    kernels: &Kernels,
    config: &ScoreConfig,
    rows: &mut Rows,
) -> Vec<DocumentScore> {
    let first = index.places(documents[0]).start;
    let last = index.places(documents[documents.len() - 1]).end + 1;
    let (n, width) = (last - first, last - first + 1);
    let caps = &index.caps[first..last];
    let faces: Vec<Vec<&[u64]>> =
        index.faces.iter().map(|f| f.iter().map(|lane| &lane[first..last]).collect()).collect();
    rows.nodes.clear();
    rows.nodes.resize(query.nodes as usize * width, 0);
    for buffer in [&mut rows.distances, &mut rows.other] {
        buffer.resize(n, 0);
    }
    rows.old.resize(width, 0);
    rows.best.clear();
    rows.best.resize(width, 0);

    let (skip_query, skip_document) = (units(config.skip_query_nats), units(config.skip_document_nats));
    let mut finished = 0;
    for (k, (arc, &score)) in query.arcs.iter().zip(scores).enumerate() {
        // Arcs are ordered by where they start: all that lead to this arc's start have been taken.
        while finished <= arc.from as usize {
            finish(rows, finished, width, caps, skip_document, kernels);
            finished += 1;
        }
        for (f, lanes) in faces.iter().enumerate() {
            if f == 0 {
                (kernels.distances)(query.codes.get(k), lanes, &mut rows.distances[..n]);
            } else {
                (kernels.distances)(query.codes.get(k), lanes, &mut rows.other[..n]);
                (kernels.nearer)(&mut rows.distances[..n], &rows.other[..n]);
            }
        }
        let (before, after) = rows.nodes.split_at_mut(arc.to as usize * width);
        let from = &before[arc.from as usize * width..][..width];
        let to = &mut after[..width];
        (kernels.step)(score, &rows.distances[..n], caps, from, to);
        if arc.likeliest {
            (kernels.skip_query)(skip_query, from, to);
        }
    }
    while finished < query.nodes as usize {
        finish(rows, finished, width, caps, skip_document, kernels);
        finished += 1;
    }
    documents
        .iter()
        .map(|&document| {
            let places = index.places(document);
            let best = &rows.best[places.start - first + 1..places.end - first + 1];
            DocumentScore { units: best.iter().copied().max().unwrap_or(0), document: document as u32 }
        })
        .collect()
}

fn finish(rows: &mut Rows, node: usize, width: usize, caps: &[i16], cost: i16, kernels: &Kernels) {
    let row = &mut rows.nodes[node * width..][..width];
    rows.old[..width].copy_from_slice(row);
    (kernels.finish)(cost, caps, &rows.old[..width], row, &mut rows.best[..width]);
}
