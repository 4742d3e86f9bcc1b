//! Letter gaps and spaces are told apart among lines of one size: one model of the gaps for each size on the page.

use std::collections::HashMap;

use super::cuts::Cuts;
use super::gap_model::{GapModel, Kinds};
use crate::page::config::PageConfig;
use crate::page::lines::fit::{LineFit, SAME_SIZE_LOG_RATIO};

/// Ink that hides one gap: a piece counts for one fewer than its length in these. That is fewer than its letters:
/// hidden gaps shall keep spaces, where they alone are seen, from being parted into two kinds, and not outvote letter
/// gaps that are seen.
///
/// Tuned (x-heights): words of tweets are linked by .924 with 1.7 boxes a word; at 1.1, 1.5, 2, 3 and 4.5 and with none
/// by .917, .919, .922, .919 and .903, with 2.2, 2.0, 1.8, 1.7 and 1.7 boxes.
const HIDDEN_EVERY_XH: f32 = 2.5;

/// Gaps that cannot be seen, for letters touch: more than none in long pieces of ink.
fn hidden_gaps(line: &LineFit, cuts: &Cuts) -> f32 {
    let pieces = cuts.pieces.iter().map(|p| (p.x1 - p.x0) / line.x_height_px / HIDDEN_EVERY_XH);
    (pieces.map(|n| (n - 1.0).max(0.0)).sum::<f32>() - cuts.marks_xh / HIDDEN_EVERY_XH).max(0.0)
}

/// The models of a page's sizes, each made when it is first asked for.
pub(crate) struct GapModels<'a> {
    lines: Vec<(&'a LineFit, &'a Cuts)>,
    /// By the bits of the x-height: lines of a region mostly have the same.
    models: HashMap<u32, GapModel>,
    /// By the lines that they are of.
    kinds: HashMap<Vec<u32>, Kinds>,
}

impl<'a> GapModels<'a> {
    /// Of a page's lines; those that have a pitch tell nothing about the others.
    pub(crate) fn new(fits: &'a [LineFit], cuts: &'a [Cuts], pitches: &[Option<f32>]) -> Self {
        let proportional = fits.iter().zip(cuts).zip(pitches).filter(|(_, pitch)| pitch.is_none());
        let lines = proportional.map(|(line, _)| line).filter(|(l, _)| !l.is_short()).collect();
        Self { lines, models: HashMap::new(), kinds: HashMap::new() }
    }

    /// How likely each gap of a line of this x-height, and of this pitch if it is monospaced, is a space.
    pub(crate) fn model(&mut self, x_height_px: f32, pitch_px: Option<f32>, config: &PageConfig) -> GapModel {
        match pitch_px {
            Some(pitch_px) => GapModel::monospaced(pitch_px / x_height_px, x_height_px, config),
            None => self.proportional(x_height_px, config),
        }
    }

    fn proportional(&mut self, x_height_px: f32, config: &PageConfig) -> GapModel {
        let Self { lines, models, kinds } = self;
        *models.entry(x_height_px.to_bits()).or_insert_with(|| {
            let ratios = (-SAME_SIZE_LOG_RATIO).exp()..SAME_SIZE_LOG_RATIO.exp();
            let alike = |&k: &u32| ratios.contains(&(lines[k as usize].0.x_height_px / x_height_px));
            let alike: Vec<u32> = (0..lines.len() as u32).filter(alike).collect();
            let kinds = kinds.entry(alike).or_insert_with_key(|alike| kinds_of(lines, alike, config));
            GapModel::new(kinds, x_height_px, config)
        })
    }
}

/// Both kinds of gaps of some lines.
fn kinds_of(lines: &[(&LineFit, &Cuts)], which: &[u32], config: &PageConfig) -> Kinds {
    let lines = || which.iter().map(|&k| lines[k as usize]);
    let mut widths_xh: Vec<f32> = lines().flat_map(|(_, c)| c.gaps_xh.iter().copied()).collect();
    widths_xh.sort_unstable_by(f32::total_cmp);
    let hidden: f32 = lines().map(|(l, c)| hidden_gaps(l, c)).sum();
    Kinds::new(&widths_xh, hidden as usize, config)
}
