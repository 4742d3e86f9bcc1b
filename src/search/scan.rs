//! The exhaustive scan: local alignment of the lattice with every document, whole tiles of the catalogue at a time.
//!
//! For each node of the lattice a row of scores, one for each position of the tile: the best local alignment (Smith &
//! Waterman 1981) of some path that ends in that node with words that end at that position. An edge moves scores from
//! one row to another, one position on. Skipping a query word costs a fixed amount; so does skipping a document word,
//! of which one may be skipped for each query word (the aligner, which sees only the best documents, may skip any
//! number).
//!
//! Cost: edges × words of the catalogue × 0.3 ns with AVX-512 for 64-bit codes.

use std::ops::Range;

use rayon::prelude::*;

use super::batch::Batch;
use super::query::Query;
use super::score::ScoreConfig;
use crate::Error;
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::IndexReader;
use crate::index::file::cap_units;
use crate::limits::Deadline;
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;

/// A tile of this many positions keeps its rows in the second-level cache.
///
/// Tuned (positions): rows of a tile stay in a second-level cache of 1 MB.
const TILE_POSITIONS: usize = 1024;

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
        f32::from(self.units) / UNITS_PER_NAT
    }
}

/// The best score of each document, in the documents' order; without long ones and without those that the deadline came before.
pub(crate) fn scan(
    index: &IndexReader,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &ScoreConfig,
    deadline: Deadline,
) -> Result<Vec<DocumentScore>, Error> {
    let search = Search { query, scores, kernels, config };
    let mut found = Vec::new();
    for (live, &first) in index.segments.iter().zip(&index.firsts) {
        let all = live.segment.header().documents as usize;
        let mut tiles = tiles(all, |k| live.segment.positions(k).len() + 1);
        // A long document has a tile of its own.
        tiles.retain(|documents| !(documents.len() == 1 && index.is_long(first + documents.start)));
        let per_tile: Vec<Vec<DocumentScore>> = tiles
            .par_iter()
            .map_init(Rows::default, |rows, documents| {
                if deadline.has_passed() {
                    return Ok(Vec::new());
                }
                let positions = |k: usize| live.segment.positions(k);
                let (start, end) = (positions(documents.start).start, positions(documents.end - 1).end + 1);
                let lanes = live.segment.lanes(start..end)?;
                rows.caps.clear();
                rows.caps.extend(live.segment.caps(start..end)?.iter().map(|&b| cap_units(b)));
                let caps = std::mem::take(&mut rows.caps);
                let faces: Vec<&[&[u64]]> = lanes.chunks(index.stride).collect();
                search.rows(&faces, live.segment.widths_at(start..end)?, &caps, rows);
                rows.caps = caps;
                let score = |k: usize| {
                    let positions = positions(k).start - start..positions(k).end - start;
                    DocumentScore { units: rows.best_of(positions), document: (first + k) as u32 }
                };
                Ok(documents.clone().filter(|&k| live.is_searched(k)).map(score).collect())
            })
            .collect::<Result<_, Error>>()?;
        found.extend(per_tile.into_iter().flatten());
    }
    Ok(found)
}

/// The best score of each document of a batch, in fixed-point units.
pub(crate) fn scan_batch(
    batch: &Batch,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Vec<i16> {
    let search = Search { query, scores, kernels, config };
    let per_tile: Vec<Vec<i16>> = tiles(batch.documents(), |d| batch.positions(d).len() + 1)
        .par_iter()
        .map_init(Rows::default, |rows, documents| {
            let (start, end) = (batch.starts[documents.start], batch.starts[documents.end]);
            let lanes: Vec<Vec<&[u64]>> =
                batch.faces.iter().map(|f| f.iter().map(|lane| &lane[start..end]).collect()).collect();
            let faces: Vec<&[&[u64]]> = lanes.iter().map(Vec::as_slice).collect();
            search.rows(&faces, &batch.widths[start..end], &batch.caps[start..end], rows);
            documents
                .clone()
                .map(|d| rows.best_of(batch.positions(d).start - start..batch.positions(d).end - start))
                .collect()
        })
        .collect();
    per_tile.into_iter().flatten().collect()
}

/// Ranges of documents of about [`TILE_POSITIONS`] positions: whole documents, so that no alignment is cut.
fn tiles(documents: usize, positions: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut tiles = Vec::new();
    let (mut start, mut size) = (0, 0);
    for k in 0..documents {
        let next = positions(k);
        if k > start && size + next > TILE_POSITIONS {
            tiles.push(start..k);
            (start, size) = (k, 0);
        }
        size += next;
    }
    if start < documents {
        tiles.push(start..documents);
    }
    tiles
}

/// Scratch memory of one thread.
#[derive(Default)]
struct Rows {
    /// Rows of the nodes that edges may be leading to, by the node's number modulo their count.
    ring: Vec<i16>,
    /// The row of the node that edges start at.
    from: Vec<i16>,
    distances: Vec<i16>,
    other: Vec<i16>,
    /// For each position, the best score of an alignment that ends there; one before the first.
    best: Vec<i16>,
    caps: Vec<i16>,
}

impl Rows {
    /// The best score of an alignment that ends at these positions.
    fn best_of(&self, positions: Range<usize>) -> i16 {
        // A fold, unlike `max`, becomes vector code.
        self.best[positions.start + 1..positions.end + 1].iter().fold(0, |best, &score| best.max(score))
    }
}

/// What is looked for, and how.
struct Search<'a> {
    query: &'a Query<'a>,
    scores: &'a [WordScore],
    kernels: &'a Kernels,
    config: &'a ScoreConfig,
}

impl Search<'_> {
    /// Aligns the query with a tile of codes, given face by face and lane by lane, and widths; the answer stands in
    /// `rows.best`.
    fn rows(&self, faces: &[&[&[u64]]], widths: &[u8], caps: &[i16], rows: &mut Rows) {
        let Self { query, scores, kernels, config } = self;
        let (n, width) = (caps.len(), caps.len() + 1);
        // No edge is longer than this, so a row is free again when its node's edges begin.
        let count = 1 + query.edges.iter().map(|a| (a.to - a.from) as usize).max().unwrap_or(0);
        rows.ring.clear();
        rows.ring.resize(count * width, 0);
        for buffer in [&mut rows.from, &mut rows.best] {
            buffer.clear();
            buffer.resize(width, 0);
        }
        for buffer in [&mut rows.distances, &mut rows.other] {
            buffer.resize(n, 0);
        }

        let (skip_query, skip_document) = (units(config.skip_query_nats), units(config.skip_document_nats));
        let slot = |node: usize| node % count * width..(node % count + 1) * width;
        let finish = |rows: &mut Rows, node: usize| {
            let row = &mut rows.ring[slot(node)];
            (kernels.finish)(skip_document, caps, row, &mut rows.from, &mut rows.best);
            row.fill(0);
        };
        let mut finished = 0;
        for (k, (edge, &score)) in query.edges.iter().zip(*scores).enumerate() {
            // Edges are ordered by where they start: all that lead to this edge's start have been taken.
            while finished <= edge.from as usize {
                finish(rows, finished);
                finished += 1;
            }
            kernels.nearest(query.probe(k), faces, widths, &mut rows.distances[..n], &mut rows.other[..n]);
            let skip = if edge.likeliest { skip_query } else { i16::MAX };
            let to = &mut rows.ring[slot(edge.to as usize)];
            (kernels.step)(score, &rows.distances[..n], caps, skip, &rows.from, to);
        }
        for node in finished..query.nodes as usize {
            finish(rows, node);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::test_cases::{build, case};
    use crate::search::{BackgroundSample, word_scores};

    /// The scan, written down as slowly and plainly as can be: one document, one cell at a time.
    fn reference(batch: &Batch, document: usize, query: &Query<'_>, scores: &[WordScore], config: &ScoreConfig) -> i32 {
        let positions = batch.positions(document);
        let (skip_query, skip_document) =
            (i32::from(units(config.skip_query_nats)), i32::from(units(config.skip_document_nats)));
        let n = positions.len();
        let mut table = vec![vec![0i32; n + 1]; query.nodes as usize];
        let mut best = 0;
        for node in 0..query.nodes as usize {
            for (k, edge) in query.edges.iter().enumerate().filter(|(_, a)| a.to as usize == node) {
                let from = table[edge.from as usize].clone();
                for p in 0..=n {
                    if p < n {
                        let distance = batch.distance(query.probe(k), positions.start + p);
                        let score = i32::from(scores[k].at(distance, batch.cap(positions.start + p)));
                        table[node][p + 1] = table[node][p + 1].max(from[p] + score);
                    }
                    if edge.likeliest {
                        table[node][p] = table[node][p].max(from[p] - skip_query);
                    }
                }
            }
            let old = table[node].clone();
            for p in 0..n {
                table[node][p + 1] = table[node][p + 1].max(old[p] - skip_document);
            }
            best = best.max(table[node].iter().copied().max().unwrap_or(0));
        }
        best
    }

    proptest! {
        #[test]
        fn equals_the_reference((documents, edges) in case()) {
            let (batch, edges, codes) = build(&documents, &edges);
            let query = Query { nodes: 16, edges, codes: &codes, weights: &[] };
            let config = ScoreConfig::default();
            for kernels in Kernels::available() {
                let scores = word_scores(&query, &BackgroundSample::from_batch(&batch), &kernels, &config);
                let found = scan_batch(&batch, &query, &scores, &kernels, &config);
                prop_assert_eq!(found.len(), documents.len());
                for (document, units) in found.into_iter().enumerate() {
                    let expected = reference(&batch, document, &query, &scores, &config);
                    prop_assert_eq!(i32::from(units), expected, "document {}, {}", document, kernels.name);
                }
            }
        }
    }
}
