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
        // Whether a word of the likeliest path may still end further on.
        let mut may_be_likeliest = is_space(from);
        for to in from + 1..=n {
            let prior_nats = joins_nats + 0.5 * (space_before(from).ln() + space_before(to).ln());
            let likeliest = may_be_likeliest && is_space(to);
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
            may_be_likeliest &= !is_space(to);
            if !may_be_likeliest && (to - from >= config.max_pieces || joins_nats <= MIN_PRIOR_NATS) {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words of a line of pieces between which these are the probabilities of a space, as `(from, to, likeliest)`.
    fn words(spaces: &[f32], config: &PageConfig) -> Vec<(u32, u32, bool)> {
        let pieces = (0..=spaces.len()).map(|k| Piece { x0: 10.0 * k as f32, x1: 10.0 * k as f32 + 8.0 }).collect();
        let line = Line {
            origin: Point { x: 0.0, y: 50.0 },
            along: Point { x: 1.0, y: 0.0 },
            length_px: 100.0,
            x_height_px: 8.0,
            region: 0,
            pieces,
            spaces: spaces.to_vec(),
        };
        let mut words = Vec::new();
        push_words(&mut words, &line, 0, 7, config);
        words.iter().map(|w| (w.from - 7, w.to - 7, w.likeliest)).collect()
    }

    proptest! {
        /// Oracle: all pairs of gaps.
        #[test]
        fn no_join_is_overlooked(spaces in prop::collection::vec(0.03f32..1.0, 0..30), max_pieces in 1usize..8) {
            let config = PageConfig { max_pieces, ..PageConfig::default() };
            let n = spaces.len() + 1;
            let space_before = |k: usize| if k == 0 || k == n { 1.0 } else { spaces[k - 1] };
            let mut expected = Vec::new();
            for (from, to) in (0..n).flat_map(|from| (from + 1..=n).map(move |to| (from, to))) {
                let inner = || (from + 1..to).map(space_before);
                if inner().any(|space| space > 1.0 - config.settled) {
                    continue;
                }
                let joins_nats = inner().fold(0.0, |sum, space| sum + (1.0 - space).ln());
                let prior_nats = joins_nats + 0.5 * (space_before(from).ln() + space_before(to).ln());
                let likeliest = [from, to].iter().all(|&k| space_before(k) >= 0.5) && inner().all(|space| space < 0.5);
                if likeliest || to - from <= max_pieces && prior_nats > MIN_PRIOR_NATS {
                    expected.push((from as u32, to as u32, likeliest));
                }
            }
            prop_assert_eq!(words(&spaces, &config), expected);
        }
    }

    #[test]
    fn doubtful_gaps_are_read_both_ways_and_sure_ones_one_way() {
        let config = PageConfig::default();
        assert_eq!(words(&[0.99, 0.99], &config), [(0, 1, true), (1, 2, true), (2, 3, true)]);
        assert_eq!(
            words(&[0.7, 0.99], &config),
            [(0, 1, true), (0, 2, false), (1, 2, true), (2, 3, true)],
            "a doubtful space"
        );
        assert_eq!(words(&[0.3], &config), [(0, 1, false), (0, 2, true), (1, 2, false)], "likelier none");
        assert_eq!(words(&[], &config), [(0, 1, true)]);
    }

    #[test]
    fn no_more_pieces_are_joined_than_asked_for_but_for_the_likeliest() {
        let config = PageConfig { max_pieces: 2, ..PageConfig::default() };
        let found = words(&[0.4; 3], &config);
        assert!(found.contains(&(0, 4, true)), "{found:?}");
        assert!(found.iter().all(|&(from, to, likeliest)| likeliest || to - from <= 2), "{found:?}");
    }

    #[test]
    fn unlikely_cuts_are_not_carried() {
        let found = words(&[0.4, 0.015, 0.015, 0.4], &PageConfig::default());
        assert!(!found.contains(&(2, 3, false)), "a piece between two gaps that are hardly spaces: {found:?}");
        assert!(found.contains(&(1, 4, false)), "{found:?}");
    }
}
