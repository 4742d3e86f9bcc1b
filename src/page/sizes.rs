//! Letter gaps and spaces are told apart among lines of one size: one model of the gaps for each size on the page.

use std::collections::HashMap;

use super::lines::LineFit;
use super::words::{Cuts, GapModel};
use super::{ALIKE, PageConfig};

/// Width of an average letter with its gap.
const LETTER_XH: f32 = 1.1;

/// The gaps of some lines.
struct Gaps {
    /// Their widths, ascending.
    widths_xh: Vec<f32>,
    /// About how many letters the lines have.
    letters: f32,
}

/// The models of a page's sizes, each made when it is first asked for.
pub(super) struct Models<'a> {
    lines: Vec<(&'a LineFit, &'a Cuts)>,
    /// By the bits of the x-height: lines of a region mostly have the same.
    models: HashMap<u32, GapModel>,
    /// By the lines that they are of.
    gaps: HashMap<Vec<u32>, Gaps>,
}

impl<'a> Models<'a> {
    /// Of lines that are not monospaced.
    pub(super) fn of(fits: &'a [LineFit], cuts: &'a [Cuts], pitches: &[Option<f32>]) -> Self {
        let proportional = fits.iter().zip(cuts).zip(pitches).filter(|(_, pitch)| pitch.is_none());
        let lines = proportional.map(|(line, _)| line).filter(|(l, _)| !l.is_short()).collect();
        Self { lines, models: HashMap::new(), gaps: HashMap::new() }
    }

    /// How likely each gap of a line of this x-height is a space.
    pub(super) fn of_size(&mut self, x_height_px: f32, config: &PageConfig) -> GapModel {
        let Self { lines, models, gaps } = self;
        *models.entry(x_height_px.to_bits()).or_insert_with(|| {
            let alike = |&k: &u32| (lines[k as usize].0.x_height_px / x_height_px).ln().abs() < ALIKE;
            let alike: Vec<u32> = (0..lines.len() as u32).filter(alike).collect();
            let gaps = gaps.entry(alike).or_insert_with_key(|alike| {
                let alike = || alike.iter().map(|&k| lines[k as usize]);
                let mut widths_xh: Vec<f32> = alike().flat_map(|(_, c)| c.gaps_xh.iter().copied()).collect();
                widths_xh.sort_unstable_by(f32::total_cmp);
                let letters = alike().map(|(l, c)| (l.width() / l.x_height_px - c.marks_xh) / LETTER_XH).sum();
                Gaps { widths_xh, letters }
            });
            GapModel::fit(&gaps.widths_xh, gaps.letters as usize, x_height_px, config)
        })
    }
}
