//! The lattice: every plausible way to join a line's pieces to words, each with its prior.

use super::cuts::Cuts;
use super::gap_model::GapModel;
use crate::geom::Point;
use crate::page::config::PageConfig;
use crate::page::layout::{Line, Page, Piece, Word};
use crate::page::lines::fit::LineFit;

/// Less likely cuts are not carried.
///
/// Tuned (nats): chosen by eye: a word of three pieces with two doubtful gaps still is carried.
const MIN_PRIOR_NATS: f32 = -4.0;

/// Adds a line and its words to the page.
pub(crate) fn push_line(
    page: &mut Page,
    fit: &LineFit,
    cuts: &Cuts,
    model: &GapModel,
    region: u32,
    config: &PageConfig,
) {
    if cuts.pieces.is_empty() {
        return;
    }
    let norm = (1.0 + fit.slope * fit.slope).sqrt();
    let (pieces, spaces) = without_sure_joins(cuts, model, config);
    let line = Line {
        origin: Point { x: fit.x0, y: fit.baseline },
        along: Point { x: 1.0 / norm, y: fit.slope / norm },
        length_px: fit.width() * norm,
        x_height_px: fit.x_height_px,
        region,
        pieces,
        spaces,
    };
    // The end of a line and the start of the next are one node.
    let first_node = page.nodes.saturating_sub(1);
    push_words(&mut page.words, &line, page.lines.len() as u32, first_node, config);
    page.nodes = first_node + line.pieces.len() as u32 + 1;
    page.lines.push(line);
}

/// The pieces of a line and how likely each gap between them is a space; gaps that are surely none do not cut.
fn without_sure_joins(cuts: &Cuts, model: &GapModel, config: &PageConfig) -> (Vec<Piece>, Vec<f32>) {
    let (mut pieces, mut spaces) = (vec![cuts.pieces[0]], Vec::new());
    for (piece, gap) in cuts.pieces[1..].iter().zip(&cuts.gaps_xh) {
        let space = model.space(*gap);
        if space < config.settled {
            if let Some(last) = pieces.last_mut() {
                last.x1 = piece.x1;
            }
        } else {
            pieces.push(*piece);
            spaces.push(space);
        }
    }
    (pieces, spaces)
}

/// All plausible joins of a line's pieces.
fn push_words(words: &mut Vec<Word>, line: &Line, number: u32, first_node: u32, config: &PageConfig) {
    let n = line.pieces.len();
    let space_before = |k: usize| {
        if k == 0 || k == n { 1.0 } else { line.spaces[k - 1] }
    };
    // Likelier than not.
    let is_space = |k: usize| space_before(k) >= 0.5;
    for from in 0..n {
        let mut joins_nats = 0.0;
        for to in from + 1..=n {
            let prior_nats = joins_nats + 0.5 * (space_before(from).ln() + space_before(to).ln());
            let likeliest = is_space(from) && is_space(to) && !(from + 1..to).any(is_space);
            if likeliest || to - from <= config.max_pieces && prior_nats > MIN_PRIOR_NATS {
                words.push(Word {
                    from: first_node + from as u32,
                    to: first_node + to as u32,
                    line: number,
                    frame: line.frame(line.pieces[from].x0, line.pieces[to - 1].x1),
                    prior_nats,
                    likeliest,
                });
            }
            let space = space_before(to);
            if to == n || space > 1.0 - config.settled {
                break;
            }
            joins_nats += (1.0 - space).ln();
        }
    }
}
