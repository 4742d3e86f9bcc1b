//! Brings a picture upright: sideways and upside-down pictures are turned, tilted and bent ones laid flat.
//!
//! Everything is told from the text. A picture whose lines are level enough for the stages after is left as it is, bit for bit.

use std::borrow::Cow;

use super::deskew::{Baseline, bend_of, departs};
use super::dewarp::{Warp, turn};
use super::turn::{Neighbours, Rising};
use crate::geom::Point;
use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::lines::TextLines;
use crate::page::lines::fit::median;
use crate::raster::Raster;

/// Lines of a picture that was brought upright.
pub(crate) struct Upright {
    pub(crate) lines: TextLines,
    /// How the upright page lies in the picture; `None` if it is the picture.
    pub(crate) warp: Option<Warp>,
}

/// Middle width of the letters that are as high as the x-height, in x-heights: .75 to .91 over the pages and typefaces measured.
const USUAL_LETTER_XH: f32 = 0.84;
/// Narrower ones are strokes, wider ones two letters that touch.
const LETTER_WIDTHS_XH: std::ops::Range<f32> = 0.25..1.7;
/// Fewer letters do not tell how wide letters are.
const FEWEST_WIDTHS: usize = 20;
/// Times that a picture is laid flat and looked at again.
const ROUNDS: usize = 2;

/// The picture brought upright; where the text does not tell which end is up, both ways, the likelier one first, but at most
/// as many ways as are asked for.
pub(crate) fn upright(
    raster: &Raster,
    most: usize,
    config: &PageConfig,
    find_lines: impl Fn(&Raster) -> TextLines,
) -> Vec<Upright> {
    let mut lines = find_lines(raster);
    let (mut turned, mut warp) = (Cow::Borrowed(raster), None);
    if Neighbours::of(&lines.components).sideways() {
        turned = Cow::Owned(turn(raster, 1));
        lines = find_lines(&turned);
        warp = Some(Warp::turned(raster, 1));
    }
    let mut rising = lines.rising().sigmas();
    for _ in 0..ROUNDS {
        let before = warp.clone().unwrap_or_else(|| Warp::turned(raster, 0));
        let Some(flattened) = flattened(&lines, rising < 0.0, &before, config) else { break };
        let Some(flat) = flattened.flat_page(&turned) else { break };
        lines = find_lines(&flat);
        rising = lines.rising().sigmas();
        warp = Some(flattened);
    }
    let this_first = rising > -config.turned_sigmas;
    if rising > config.surely_up_sigmas || this_first && most == 1 {
        return vec![Upright { lines, warp }];
    }
    let other_way = warp.clone().unwrap_or_else(|| Warp::turned(raster, 0)).upside_down();
    let turned = turn(raster, other_way.quarter_turns());
    let flat = other_way.flat_page(&turned);
    let other = Upright { lines: find_lines(flat.as_ref().unwrap_or(&turned)), warp: Some(other_way) };
    let this = Upright { lines, warp };
    let mut both = if this_first { vec![this, other] } else { vec![other, this] };
    both.truncate(most);
    both
}

/// A warp that lays flat what is bent or stretched on the page that `before` gave; `None` if it is level enough.
fn flattened(lines: &TextLines, upside_down: bool, before: &Warp, config: &PageConfig) -> Option<Warp> {
    let mut baselines = lines.baselines(upside_down);
    let page_size = (lines.ink.width() as u32, lines.ink.height() as u32);
    let bent = bend_of(&baselines, page_size).is_some_and(|bend| departs(&bend, &baselines, config));
    let wide = lines.letter_width_xh().filter(|&w| w > config.widest_letter_xh);
    if !bent && wide.is_none() {
        return None;
    }
    // The whole bend is fitted anew, so that the picture is resampled only once.
    for foot in baselines.iter_mut().flat_map(|b| &mut b.feet) {
        *foot = before.to_turned(*foot);
    }
    let bend = bend_of(&baselines, before.turned_size())?;
    Some(before.flattened(bend, before.tall() * wide.map_or(1.0, |w| w / USUAL_LETTER_XH)))
}

impl TextLines {
    /// Letters that rise and that hang, on lines that have small ones.
    fn rising(&self) -> Rising {
        let ordinary = self.fits.iter().zip(&self.of_capitals).filter(|(_, capitals)| !**capitals);
        Rising::of(ordinary.map(|(l, _)| l), &self.ink)
    }

    /// Middle width, in x-heights, of the letters that are as high as the x-height; `None` if there are too few.
    fn letter_width_xh(&self) -> Option<f32> {
        let mut widths: Vec<f32> = Vec::new();
        // Small letters melt together; short lines are icons and noise.
        let lines = self.fits.iter().filter(|l| l.x_height_px >= 5.0 && l.width() >= 6.0 * l.x_height_px);
        for line in lines {
            let xh = line.x_height_px;
            let letters = line.members.iter().map(|&k| &self.letters[k]);
            let even = letters.filter(|c| (c.height() - xh).abs() < 0.15 * xh + 0.5);
            widths.extend(even.map(|c| c.width() / xh).filter(|w| LETTER_WIDTHS_XH.contains(w)));
        }
        (widths.len() >= FEWEST_WIDTHS).then(|| median(&mut widths))
    }

    /// The edges of each line's letters that stand on the baseline: the lower ones, or the upper ones of a page upside down.
    fn baselines(&self, upside_down: bool) -> Vec<Baseline> {
        let foot = |c: &Component| if upside_down { c.area.y0 } else { c.area.y1 } as f32;
        let feet = |c: &Component| Point { x: c.centre_x(), y: foot(c) };
        self.fits
            .iter()
            .map(|l| Baseline {
                feet: l.members.iter().map(|&k| feet(&self.letters[k])).collect(),
                x_height_px: l.x_height_px,
            })
            .collect()
    }
}
