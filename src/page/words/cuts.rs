//! A line's ink, over-split at every visible gap.

use super::column_profile::ColumnProfile;
use crate::page::config::PageConfig;
use crate::page::ink::foreground::Ink;
use crate::page::layout::Piece;
use crate::page::lines::fit::LineFit;

/// Fewest marks in a row.
///
/// Tuned (count): chosen by eye; fewer may be letters.
const MIN_MARKS: usize = 5;

/// Widest of such marks, and of the gaps between them.
///
/// Tuned (x-heights): chosen by eye.
const MAX_MARK_XH: f32 = 1.0;

/// Widths of such marks, and of the gaps between them, differ by less. A part in x-heights …
///
/// Tuned (x-heights): chosen by eye.
const MARK_SLACK_XH: f32 = 0.05;

/// … and one in pixels.
///
/// Tuned (pixels): chosen by eye, for the error of a measured width; the same at all scales.
const MARK_SLACK_PX: f32 = 0.4;

/// A line cut into pieces at every gap: pieces in pixels along the baseline from the line's start.
pub(crate) struct Cuts {
    pub(crate) pieces: Vec<Piece>,
    /// Widths of the gaps between the pieces, in x-heights.
    pub(crate) gaps_xh: Vec<f32>,
    /// Width of the rows of equal marks among the pieces, in x-heights.
    pub(crate) marks_xh: f32,
}

/// Cuts a line at every run of columns whose strongest ink is below a share of the line's.
pub(crate) fn cut(line: &LineFit, ink: &Ink, config: &PageConfig) -> Cuts {
    let profile = ColumnProfile::new(line, ink);
    let (mut pieces, mut gaps_xh): (Vec<Piece>, Vec<f32>) = (Vec::new(), Vec::new());
    for (x0, x1) in profile.runs(line.x_height_px, config) {
        if let Some(before) = pieces.last_mut() {
            let gap_xh = (x0 - before.x1) / line.x_height_px;
            if gap_xh < config.min_gap_xh {
                before.x1 = x1;
                continue;
            }
            gaps_xh.push(gap_xh);
        }
        pieces.push(Piece { x0, x1 });
    }
    let marks_xh = join_rows_of_marks(&mut pieces, &mut gaps_xh, line.x_height_px);
    Cuts { pieces, gaps_xh, marks_xh }
}

/// Pieces of one width with gaps of one width make one mark: dashed rules, dotted leaders, rows of stars. Returns the
/// width of all such marks, in x-heights.
fn join_rows_of_marks(pieces: &mut Vec<Piece>, gaps_xh: &mut Vec<f32>, x_height_px: f32) -> f32 {
    let mut marks_xh = 0.0;
    let slack = MARK_SLACK_XH + MARK_SLACK_PX / x_height_px;
    let alike = |a: f32, b: f32| (a - b).abs() < slack;
    let width = |p: &Piece| (p.x1 - p.x0) / x_height_px;
    let mut from = 0;
    while from < gaps_xh.len() {
        let (first, gap) = (width(&pieces[from]), gaps_xh[from]);
        let row = (from..gaps_xh.len())
            .take_while(|&k| alike(gaps_xh[k], gap) && alike(width(&pieces[k + 1]), first))
            .count();
        if row + 1 >= MIN_MARKS && first < MAX_MARK_XH && gap < MAX_MARK_XH {
            pieces[from].x1 = pieces[from + row].x1;
            pieces.drain(from + 1..=from + row);
            gaps_xh.drain(from..from + row);
            marks_xh += width(&pieces[from]);
        }
        from += 1;
    }
    marks_xh
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(widths: &[f32], gap: f32) -> (Vec<Piece>, Vec<f32>) {
        let mut x = 0.0;
        let pieces: Vec<Piece> = widths
            .iter()
            .map(|w| {
                let piece = Piece { x0: x, x1: x + 10.0 * w };
                x = piece.x1 + 10.0 * gap;
                piece
            })
            .collect();
        (pieces, vec![gap; widths.len() - 1])
    }

    #[test]
    fn dashes_are_one_mark_and_letters_are_not() {
        let (mut dashes, mut gaps) = row(&[0.5; 70], 0.6);
        let marks_xh = join_rows_of_marks(&mut dashes, &mut gaps, 10.0);
        assert_eq!((dashes.len(), gaps.len()), (1, 0));
        assert!((marks_xh - (70.0 * 0.5 + 69.0 * 0.6)).abs() < 0.01, "{marks_xh}");

        let letters = [0.5, 0.9, 0.2, 0.6, 0.8, 0.3, 0.55];
        let (mut pieces, mut gaps) = row(&letters, 0.2);
        assert_eq!(join_rows_of_marks(&mut pieces, &mut gaps, 10.0), 0.0);
        assert_eq!((pieces.len(), gaps.len()), (letters.len(), letters.len() - 1));
    }
}
