//! Letter gaps and spaces are told apart among lines of one size: one model of the gaps for each size on the page.

use std::collections::HashMap;

use super::cuts::Cuts;
use super::gap_model::{GapModel, Kinds};
use crate::page::config::PageConfig;
use crate::page::lines::fit::{ALIKE, LineFit};

/// A piece of ink counts for a hidden gap for every so many x-heights, less one. That is fewer than its letters: hidden gaps shall
/// keep spaces, where they alone are seen, from being parted into two kinds, and not outvote letter gaps that are seen.
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
    /// Of lines that are not monospaced.
    pub(crate) fn new(fits: &'a [LineFit], cuts: &'a [Cuts], pitches: &[Option<f32>]) -> Self {
        let proportional = fits.iter().zip(cuts).zip(pitches).filter(|(_, pitch)| pitch.is_none());
        let lines = proportional.map(|(line, _)| line).filter(|(l, _)| !l.is_short()).collect();
        Self { lines, models: HashMap::new(), kinds: HashMap::new() }
    }

    /// How likely each gap of a line of this x-height is a space.
    pub(crate) fn of_size(&mut self, x_height_px: f32, config: &PageConfig) -> GapModel {
        let Self { lines, models, kinds } = self;
        *models.entry(x_height_px.to_bits()).or_insert_with(|| {
            let ratios = (-ALIKE).exp()..ALIKE.exp();
            let alike = |&k: &u32| ratios.contains(&(lines[k as usize].0.x_height_px / x_height_px));
            let alike: Vec<u32> = (0..lines.len() as u32).filter(alike).collect();
            let kinds = kinds.entry(alike).or_insert_with_key(|alike| {
                let alike = || alike.iter().map(|&k| lines[k as usize]);
                let mut widths_xh: Vec<f32> = alike().flat_map(|(_, c)| c.gaps_xh.iter().copied()).collect();
                widths_xh.sort_unstable_by(f32::total_cmp);
                let hidden: f32 = alike().map(|(l, c)| hidden_gaps(l, c)).sum();
                Kinds::of(&widths_xh, hidden as usize, config)
            });
            GapModel::of(kinds, x_height_px, config)
        })
    }
}
