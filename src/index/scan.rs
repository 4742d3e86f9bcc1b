//! The exhaustive scan: local alignment of the lattice with every document, whole tiles of the catalogue at a time.
//!
//! For each node of the lattice a row of scores, one for each place of the tile: the best local alignment (Smith & Waterman
//! 1981) of some path that ends in that node with words that end at that place. An arc moves scores from one row to another,
//! one place on. Skipping a query word costs a fixed amount; so does skipping a document word, of which one may be skipped
//! for each query word (the aligner, which sees only the best documents, may skip any number).
//!
//! Cost: arcs × words of the catalogue × 0.3 ns with AVX-512 for 64-bit codes.

use std::ops::Range;

use rayon::prelude::*;

use super::strip::Strip;
use super::weight::cap_units;
use super::{Index, Query, ScoreConfig, units};
use crate::Error;
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

/// The best score of each document, in the documents' order.
pub(crate) fn scan(
    index: &Index,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Result<Vec<DocumentScore>, Error> {
    let search = Search { query, scores, kernels, config };
    let mut found = Vec::new();
    for (part, &first) in index.parts.iter().zip(&index.firsts) {
        let all = part.segment.header().documents as usize;
        let per_tile: Vec<Vec<DocumentScore>> = tiles(all, |k| part.segment.places(k).len() + 1)
            .par_iter()
            .map_init(Rows::default, |rows, documents| {
                let places = |k: usize| part.segment.places(k);
                let (start, end) = (places(documents.start).start, places(documents.end - 1).end + 1);
                let lanes = part.segment.lanes(start..end)?;
                rows.caps.clear();
                rows.caps.extend(part.segment.caps(start..end)?.iter().map(|&b| cap_units(b)));
                let caps = std::mem::take(&mut rows.caps);
                let faces: Vec<&[&[u64]]> = lanes.chunks(index.stride).collect();
                search.rows(&faces, part.segment.widths_at(start..end)?, &caps, rows);
                rows.caps = caps;
                let score = |k: usize| {
                    let places = places(k).start - start..places(k).end - start;
                    DocumentScore { units: rows.best_of(places), document: (first + k) as u32 }
                };
                Ok(documents.clone().filter(|&k| !part.is_gone(k)).map(score).collect())
            })
            .collect::<Result<_, Error>>()?;
        found.extend(per_tile.into_iter().flatten());
    }
    Ok(found)
}

/// The best score of each document of a strip, in fixed-point units.
pub(crate) fn scan_strip(
    strip: &Strip,
    query: &Query<'_>,
    scores: &[WordScore],
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Vec<i16> {
    let search = Search { query, scores, kernels, config };
    let per_tile: Vec<Vec<i16>> = tiles(strip.documents(), |d| strip.places(d).len() + 1)
        .par_iter()
        .map_init(Rows::default, |rows, documents| {
            let (start, end) = (strip.starts[documents.start], strip.starts[documents.end]);
            let lanes: Vec<Vec<&[u64]>> =
                strip.faces.iter().map(|f| f.iter().map(|lane| &lane[start..end]).collect()).collect();
            let faces: Vec<&[&[u64]]> = lanes.iter().map(Vec::as_slice).collect();
            search.rows(&faces, &strip.widths[start..end], &strip.caps[start..end], rows);
            documents
                .clone()
                .map(|d| rows.best_of(strip.places(d).start - start..strip.places(d).end - start))
                .collect()
        })
        .collect();
    per_tile.into_iter().flatten().collect()
}

/// Ranges of documents of about [`TILE_PLACES`] places: whole documents, so that no alignment is cut.
fn tiles(documents: usize, places: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let mut tiles = Vec::new();
    let (mut start, mut size) = (0, 0);
    for k in 0..documents {
        let next = places(k);
        if k > start && size + next > TILE_PLACES {
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
    /// Rows of the nodes that arcs may be leading to, by the node's number modulo their count.
    ring: Vec<i16>,
    /// The row of the node that arcs start at.
    from: Vec<i16>,
    distances: Vec<i16>,
    other: Vec<i16>,
    /// For each place, the best score of an alignment that ends there; one before the first.
    best: Vec<i16>,
    caps: Vec<i16>,
}

impl Rows {
    /// The best score of an alignment that ends at these places.
    fn best_of(&self, places: Range<usize>) -> i16 {
        // A fold, unlike `max`, becomes vector code.
        self.best[places.start + 1..places.end + 1].iter().fold(0, |best, &score| best.max(score))
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
    /// Aligns the query with a tile of codes, given face by face and lane by lane, and widths; the answer stands in `rows.best`.
    fn rows(&self, faces: &[&[&[u64]]], widths: &[u8], caps: &[i16], rows: &mut Rows) {
        let Self { query, scores, kernels, config } = self;
        let (n, width) = (caps.len(), caps.len() + 1);
        // No arc is longer than this, so a row is free again when its node's arcs begin.
        let count = 1 + query.arcs.iter().map(|a| (a.to - a.from) as usize).max().unwrap_or(0);
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
        for (k, (arc, &score)) in query.arcs.iter().zip(*scores).enumerate() {
            // Arcs are ordered by where they start: all that lead to this arc's start have been taken.
            while finished <= arc.from as usize {
                finish(rows, finished);
                finished += 1;
            }
            kernels.nearest(query.probe(k), faces, widths, &mut rows.distances[..n], &mut rows.other[..n]);
            let skip = if arc.likeliest { skip_query } else { i16::MAX };
            let to = &mut rows.ring[slot(arc.to as usize)];
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
    use crate::align::{AlignConfig, align, align_all_cells};
    use crate::fingerprint::{Codes, Family};
    use crate::index::{Arc, Sample, WidthProbe, word_scores};

    /// The scan, written down as slowly and plainly as can be: one document, one cell at a time.
    fn reference(index: &Strip, document: usize, query: &Query<'_>, scores: &[WordScore], config: &ScoreConfig) -> i32 {
        let places = index.places(document);
        let (skip_query, skip_document) =
            (i32::from(units(config.skip_query_nats)), i32::from(units(config.skip_document_nats)));
        let n = places.len();
        let mut table = vec![vec![0i32; n + 1]; query.nodes as usize];
        let mut best = 0;
        for node in 0..query.nodes as usize {
            for (k, arc) in query.arcs.iter().enumerate().filter(|(_, a)| a.to as usize == node) {
                let from = table[arc.from as usize].clone();
                for p in 0..=n {
                    if p < n {
                        let distance = index.distance(query.probe(k), places.start + p);
                        let score = i32::from(scores[k].at(distance, index.cap(places.start + p)));
                        table[node][p + 1] = table[node][p + 1].max(from[p] + score);
                    }
                    if arc.likeliest {
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

    /// Words of a small catalogue's documents; arcs of a lattice: start, length, word.
    type Case = (Vec<Vec<u64>>, Vec<(u32, u32, u64)>);

    /// A small catalogue and a lattice that holds words of it.
    fn case() -> impl Strategy<Value = Case> {
        let word = 0u64..12;
        let documents = prop::collection::vec(prop::collection::vec(word.clone(), 1..30), 1..8);
        let arcs = prop::collection::vec((0u32..12, 1u32..4, word), 1..25);
        (documents, arcs)
    }

    fn code(word: u64) -> [u64; 2] {
        // Codes far apart, with a few bits that depend on the word's use.
        let spread = (word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        [spread, spread.rotate_left(17) ^ word]
    }

    fn width(word: u64) -> u8 {
        60 + 7 * word as u8
    }

    /// The index, arcs and codes of a case.
    fn build(documents: &[Vec<u64>], arcs: &[(u32, u32, u64)]) -> (Strip, Vec<Arc>, Codes) {
        let to_codes = |words: &[u64]| {
            Codes::from_data(Family::Dct, words.iter().flat_map(|&w| code(w)).collect()).expect("two words a code")
        };
        let codes: Vec<Codes> = documents.iter().map(|d| to_codes(d)).collect();
        let widths: Vec<Vec<u8>> = documents.iter().map(|d| d.iter().map(|&w| width(w)).collect()).collect();
        let caps: Vec<Vec<i16>> =
            documents.iter().map(|d| d.iter().map(|&w| units(0.5 + w as f32 / 2.0)).collect()).collect();
        let of_documents = codes.iter().zip(&widths).zip(&caps);
        let index = Strip::new(of_documents.map(|((c, widths), caps)| (vec![c], widths.as_slice(), caps.as_slice())));
        let mut sorted = arcs.to_vec();
        sorted.sort_unstable();
        let lattice = sorted.iter().map(|&(from, step, word)| Arc {
            from,
            to: from + step,
            prior_nats: -(step as f32) / 3.0,
            likeliest: word % 2 == 0,
            width: WidthProbe { log_width: width(word).wrapping_add(from as u8), weight: (word % 4) as u8 },
        });
        (index.expect("small"), lattice.collect(), to_codes(&sorted.iter().map(|a| a.2).collect::<Vec<_>>()))
    }

    proptest! {
        #[test]
        fn equals_the_reference((documents, arcs) in case()) {
            let (index, arcs, codes) = build(&documents, &arcs);
            let query = Query { nodes: 16, arcs, codes: &codes, weights: &[] };
            let config = ScoreConfig::default();
            for kernels in Kernels::available() {
                let scores = word_scores(&query, &Sample::of_strip(&index), &kernels, &config);
                let found = scan_strip(&index, &query, &scores, &kernels, &config);
                prop_assert_eq!(found.len(), documents.len());
                for (document, units) in found.into_iter().enumerate() {
                    let expected = reference(&index, document, &query, &scores, &config);
                    prop_assert_eq!(i32::from(units), expected, "document {}, {}", document, kernels.name);
                }
            }
        }

        /// The aligner may skip more and jump, so it finds at least what the scan finds; where neither pays, exactly that. Its
        /// bands find what all cells find, move by move.
        #[test]
        fn the_aligner_agrees((documents, arcs) in case()) {
            let (index, arcs, codes) = build(&documents, &arcs);
            let query = Query { nodes: 16, arcs, codes: &codes, weights: &[] };
            let kernels = Kernels::best();
            let dear = ScoreConfig { skip_document_nats: 64.0, ..ScoreConfig::default() };
            let cheap = ScoreConfig { skip_document_nats: 0.5, skip_query_nats: 0.5, ..ScoreConfig::default() };
            for (config, jump_nats) in
                [(ScoreConfig::default(), 14.0), (ScoreConfig::default(), 1.0), (cheap, 4.0), (dear.clone(), 250.0)]
            {
                let scores = word_scores(&query, &Sample::of_strip(&index), &kernels, &config);
                let align_config = AlignConfig { jump_nats, ..AlignConfig::default() };
                for (document, units) in scan_strip(&index, &query, &scores, &kernels, &config).into_iter().enumerate() {
                    let nats = f32::from(units) / crate::index::UNITS_PER_NAT;
                    let aligned = align(&index, document, &query, &scores, &kernels, &config, &align_config)
                        .expect("a few cells");
                    let all = align_all_cells(&index, document, &query, &scores, &config, &align_config);
                    prop_assert_eq!(&aligned, &all, "jumps for {}", jump_nats);
                    if config == dear {
                        prop_assert_eq!(aligned.score_nats, nats);
                    } else {
                        prop_assert!(aligned.score_nats >= nats);
                    }
                    // Words come in reading order, one document word each.
                    for pair in aligned.pairs.windows(2) {
                        prop_assert!(query.arcs[pair[0].word as usize].to <= query.arcs[pair[1].word as usize].from);
                        prop_assert!(pair[0].document_word < pair[1].document_word);
                    }
                }
            }
        }
    }
}
