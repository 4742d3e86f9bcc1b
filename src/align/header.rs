//! What the header above a passage says for a document: it supports the words of the body, it is no evidence by itself.

use super::alignment::Alignment;
use crate::fingerprint::Codes;
use crate::fixed_point::{UNITS_PER_NAT, units};
use crate::index::builder::shape_caps;
use crate::search::{Query, ScoreConfig};
use crate::simd::kernels::WordScore;

/// What a document's header fields add.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Support {
    /// Beyond what chance would find, at most half of what the body's words earned.
    pub(crate) nats: f32,
    /// Words of fields found.
    pub(crate) words: usize,
}

/// A passage begins with the body if its first word is among so many.
///
/// Tuned (words): chosen by eye.
const FIRST_WORDS: u32 = 4;

/// A header field's codes and widths of its words.
pub(crate) type FieldWords<'f> = (&'f Codes, &'f [u8]);

/// Looks for a document's subject, sender, recipients and date (in this order) among the query's words above a passage
/// that begins the body: a header stands above the first line or nowhere. Each field is aligned on its own, as clients
/// show them in any order; by chance the best of m × n alignments earns ln(m n) nats (S. Karlin & S. F. Altschul 1990),
/// which is taken off.
///
/// An answer has much of the header that it answers. So subject and sender must both be there, the sender above the
/// recipients, and all of it adds at most half of what the body's words earned.
pub(crate) fn header_support<'f>(
    query: &Query<'_>,
    scores: &[WordScore],
    fields: impl Iterator<Item = FieldWords<'f>>,
    alignment: &Alignment,
    passage_nats: f32,
    scoring: &ScoreConfig,
) -> Support {
    let Some(first) = alignment.pairs.first().filter(|p| p.document_word < FIRST_WORDS) else {
        return Support::default();
    };
    let above = first.word as usize;
    let beyond_chance = |(codes, widths): FieldWords<'f>| {
        let found = best(query, above, scores, codes, widths, scoring);
        let chance = (above as f32 * widths.len() as f32).max(1.0).ln();
        Some(Found { nats: found.nats - chance, ..found }).filter(|f| f.nats > 0.0)
    };
    let found: Vec<Option<Found>> = fields.map(beyond_chance).collect();
    match found.as_slice() {
        [Some(_), Some(sender), recipients, _] if recipients.is_none_or(|r| sender.last_arc < r.last_arc) => Support {
            nats: found.iter().flatten().map(|f| f.nats).sum::<f32>().min(passage_nats / 2.0),
            words: found.iter().flatten().map(|f| f.words).sum(),
        },
        _ => Support::default(),
    }
}

/// A field in the query.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    nats: f32,
    words: usize,
    last_arc: usize,
}

/// The best local alignment of the first `edges` edges of the query with a field.
fn best(
    query: &Query<'_>,
    edges: usize,
    scores: &[WordScore],
    codes: &Codes,
    widths: &[u8],
    scoring: &ScoreConfig,
) -> Found {
    let width = widths.len() + 1;
    let nodes = query.edges[..edges].iter().map(|a| a.to as usize + 1).max().unwrap_or(0);
    let (skip_query, skip_document) =
        (i32::from(units(scoring.skip_query_nats)), i32::from(units(scoring.skip_document_nats)));
    let caps: Vec<i16> = shape_caps(codes, widths).collect();
    // Score and number of words.
    let mut table = vec![(0i32, 0usize); nodes * width];
    let (mut settled, mut best) = (0, ((0, 0), 0));
    for (k, edge) in query.edges[..edges].iter().enumerate() {
        while settled <= edge.from as usize {
            for p in 1..width {
                let (score, words) = table[settled * width + p - 1];
                let cell = &mut table[settled * width + p];
                *cell = (*cell).max((score - skip_document, words));
            }
            settled += 1;
        }
        let (from, to) = (edge.from as usize * width, edge.to as usize * width);
        let probe = query.probe(k);
        for p in 0..width {
            let (score, words) = table[from + p];
            if edge.likeliest {
                table[to + p] = table[to + p].max((score - skip_query, words));
            }
            if p + 1 < width {
                let earned = scores[k]
                    .at(probe.code_distance(codes.get(p).iter().copied()) + probe.width.distance(widths[p]), caps[p]);
                let reached = (score + i32::from(earned), words + 1);
                table[to + p + 1] = table[to + p + 1].max(reached);
                if reached > best.0 {
                    best = (reached, k);
                }
            }
        }
    }
    let ((score, words), last_arc) = best;
    Found { nats: score as f32 / UNITS_PER_NAT, words, last_arc }
}
