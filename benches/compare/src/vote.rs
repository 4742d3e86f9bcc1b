//! From hits to documents, the same for all: lists of places vote for their diagonals, rarest lists first, up to a
//! limit.

use crate::text::Text;

/// Places where something of the query stands.
pub(crate) struct List<'a> {
    pub(crate) places: &'a [u32],
    /// Where it stands in the query, in words.
    pub(crate) position: u32,
    /// What a match that is not the nearest costs, in nats.
    pub(crate) cost_nats: f32,
}

/// What voting came to.
pub(crate) struct Ranking {
    /// Documents, most votes first.
    pub(crate) documents: Vec<usize>,
    pub(crate) votes: usize,
    /// Places in lists that did not vote.
    pub(crate) crowded: usize,
}

/// Places that differ by less than this in their diagonal vote together.
const BAND: u32 = 32;

/// Ranks documents by the votes of two neighbouring bands of diagonals; each place votes by how rare its list is;
/// with `once`, a place that several lists hold (other readings of the same word) only by the rarest.
pub(crate) fn rank(text: &Text, mut lists: Vec<List<'_>>, max_votes: usize, once: bool) -> Ranking {
    let all = (text.codes.len() as f32).ln();
    lists.retain(|l| !l.places.is_empty());
    lists.sort_by_key(|l| l.places.len());
    let (mut votes, mut crowded) = (0, 0);
    let mut hits: Vec<(u32, u32, f32, u32)> = Vec::new();
    for list in lists {
        if votes + list.places.len() > max_votes {
            crowded += list.places.len();
            continue;
        }
        let nats = all - (list.places.len() as f32).ln() - list.cost_nats;
        if nats > 0.0 {
            votes += list.places.len();
            // Diagonals, shifted so that they are never negative.
            let band = |place: u32| (place + (1 << 20) - list.position) / BAND;
            hits.extend(list.places.iter().map(|&p| (text.document_of[p as usize], band(p), nats, p)));
        }
    }
    if once {
        hits.sort_unstable_by(|a, b| (a.0, a.1, a.3).cmp(&(b.0, b.1, b.3)).then(b.2.total_cmp(&a.2)));
        hits.dedup_by_key(|h| (h.1, h.3));
    } else {
        hits.sort_unstable_by_key(|h| (h.0, h.1));
    }
    let mut documents: Vec<(u32, f32)> = Vec::new();
    let mut before = (u32::MAX, 0, 0.0);
    for same in hits.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let (document, band) = (same[0].0, same[0].1);
        let sum: f32 = same.iter().map(|h| h.2).sum();
        let both = if (before.0, before.1 + 1) == (document, band) { sum + before.2 } else { sum };
        match documents.last_mut() {
            Some(last) if last.0 == document => last.1 = last.1.max(both),
            _ => documents.push((document, both)),
        }
        before = (document, band, sum);
    }
    documents.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Ranking { documents: documents.into_iter().map(|d| d.0 as usize).collect(), votes, crowded }
}

/// Of ranked documents those that so many cells of dynamic programming suffice for, and the cells before `right` is
/// aligned.
pub(crate) fn affordable(
    text: &Text,
    ranked: &[usize],
    edges: usize,
    max_cells: u64,
    right: usize,
) -> (usize, Option<u64>) {
    let (mut cells, mut count, mut before_right) = (0, 0, None);
    for &document in ranked {
        if cells < max_cells {
            count += 1;
        }
        if document == right {
            before_right = Some(cells);
        }
        cells += (edges * text.places(document).len()) as u64;
    }
    (count, before_right)
}
