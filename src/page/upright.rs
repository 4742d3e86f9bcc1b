//! Brings a picture upright: sideways and upside-down pictures are turned, tilted and bent ones laid flat.
//!
//! Everything is told from the text. A picture whose lines are level enough for the stages after is left as it is, bit for bit.

use std::borrow::Cow;

use super::components::Component;
use super::straighten::{Baseline, bend_of, departs};
use super::turn::{Neighbours, Rising};
use super::warp::{Warp, turn};
use super::{PageConfig, Pass};
use crate::geom::Point;
use crate::raster::Raster;

/// Lines of a picture that was brought upright.
pub(super) struct Upright {
    pub(super) pass: Pass,
    /// How the upright page lies in the picture; `None` if it is the picture.
    pub(super) warp: Option<Warp>,
}

/// Middle width of the letters that are as high as the x-height, in x-heights: .75 to .91 over the pages and typefaces measured.
const USUAL_LETTER_XH: f32 = 0.84;
/// Times that a picture is laid flat and looked at again.
const ROUNDS: usize = 2;

/// The picture brought upright; where the text does not tell which end is up, both ways, the likelier one first.
pub(super) fn upright(raster: &Raster, config: &PageConfig) -> Vec<Upright> {
    let mut pass = Pass::of(raster, config);
    let (mut turned, mut warp) = (Cow::Borrowed(raster), None);
    let sideways = Neighbours::of(&pass.components).sideways();
    if sideways {
        turned = Cow::Owned(turn(raster, 1));
        pass = Pass::of(&turned, config);
        warp = Some(Warp::turned(raster, 1));
    }
    for _ in 0..ROUNDS {
        // What is still bent on the page as it is now, and how the turned picture is bent in all.
        let mut baselines = pass.baselines(Rising::of(&pass.fits, &pass.ink).sigmas() < 0.0);
        let page_size = (pass.ink.width() as u32, pass.ink.height() as u32);
        let bent = bend_of(&baselines, page_size).is_some_and(|bend| departs(&bend, &baselines, config));
        let wide = pass.letter_width_xh().filter(|&w| w > config.widest_letter_xh);
        if !bent && wide.is_none() {
            break;
        }
        let whole = warp.clone().unwrap_or_else(|| Warp::turned(raster, 0));
        for foot in baselines.iter_mut().flat_map(|b| &mut b.feet) {
            *foot = whole.to_turned(*foot);
        }
        let Some(bend) = bend_of(&baselines, (turned.width(), turned.height())) else { break };
        let flattened = whole.flattened(bend, whole.tall() * wide.map_or(1.0, |w| w / USUAL_LETTER_XH));
        let Some(flat) = flattened.flat_page(&turned) else { break };
        pass = Pass::of(&flat, config);
        warp = Some(flattened);
    }
    // Which end is up?
    if std::env::var("GEO").is_ok() {
        eprintln!("W {:?}", pass.letter_width_xh());
        eprintln!(
            "{:?} {:?} warp {:?}",
            Rising::of(&pass.fits, &pass.ink),
            Rising::of(&pass.fits, &pass.ink).sigmas(),
            warp.as_ref().map(|w: &Warp| (w.quarter_turns(), w.degrees()))
        );
    }
    let rising = Rising::of(&pass.fits, &pass.ink).sigmas();
    let other_way = || {
        let warp = warp.clone().unwrap_or_else(|| Warp::turned(raster, 0)).upside_down();
        let turned = turn(raster, warp.quarter_turns());
        let flat = warp.flat_page(&turned);
        Upright { pass: Pass::of(flat.as_ref().unwrap_or(&turned), config), warp: Some(warp) }
    };
    if rising > config.surely_up_sigmas {
        vec![Upright { pass, warp }]
    } else if rising > -config.turned_sigmas {
        let other = other_way();
        vec![Upright { pass, warp }, other]
    } else {
        let other = other_way();
        vec![other, Upright { pass, warp }]
    }
}

impl Pass {
    /// Middle width, in x-heights, of the letters that are as high as the x-height; `None` if there are too few.
    pub(super) fn letter_width_xh(&self) -> Option<f32> {
        let mut widths: Vec<f32> = Vec::new();
        for line in self.fits.iter().filter(|l| l.x_height_px >= 5.0 && l.width() >= 6.0 * l.x_height_px) {
            let xh = line.x_height_px;
            for c in line.members.iter().map(|&k| &self.letters[k]) {
                if (c.height() - xh).abs() < 0.15 * xh + 0.5 && c.width() < 1.7 * xh && c.width() > 0.25 * xh {
                    widths.push(c.width() / xh);
                }
            }
        }
        (widths.len() >= 20).then(|| super::lines::median(&mut widths))
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
