//! Brings a picture upright: sideways and upside-down pictures are turned, tilted and bent ones laid flat.
//!
//! A picture whose lines are level enough for the stages after is left as it is, bit for bit.

use std::borrow::Cow;

use super::ascenders::Ascenders;
use super::axis::Neighbours;
use super::deskew::{Baseline, bend_of, departs};
use super::dewarp::Warp;
use super::letter_width::{USUAL_LETTER_XH, letter_width_xh};
use super::resample::{flat_page, turn};
use crate::geom::Point;
use crate::page::config::PageConfig;
use crate::page::ink::components::Component;
use crate::page::lines::TextLines;
use crate::raster::Raster;

/// Times that a picture is laid flat and looked at again.
///
/// Tuned (count): chosen by eye; each costs as much as reading the page.
const MAX_ROUNDS: usize = 2;

/// Lines of a picture that was brought upright.
pub(crate) struct Oriented {
    pub(crate) lines: TextLines,
    /// How the upright page lies in the picture; `None` if it is the picture.
    pub(crate) warp: Option<Warp>,
}

/// The picture brought upright; where the text does not tell which end is up, both ways, the likelier one first, but at
/// most as many ways as are asked for.
pub(crate) fn orient(
    raster: &Raster,
    max_ways: usize,
    config: &PageConfig,
    find_lines: impl Fn(&Raster) -> TextLines,
) -> Vec<Oriented> {
    let mut lines = find_lines(raster);
    let (mut turned, mut warp) = (Cow::Borrowed(raster), None);
    if Neighbours::new(&lines.components).are_sideways() {
        turned = Cow::Owned(turn(raster, 1));
        lines = find_lines(&turned);
        warp = Some(Warp::from_turns(raster, 1));
    }
    let warp_or_none = |warp: &Option<Warp>| warp.clone().unwrap_or_else(|| Warp::from_turns(raster, 0));
    let mut up_sigmas = Ascenders::new(&lines).sigmas();
    for _ in 0..MAX_ROUNDS {
        let Some(flattened) = flattened(&lines, up_sigmas < 0.0, &warp_or_none(&warp), config) else { break };
        let Some(flat) = flat_page(&flattened, &turned) else { break };
        lines = find_lines(&flat);
        up_sigmas = Ascenders::new(&lines).sigmas();
        warp = Some(flattened);
    }
    let this_first = up_sigmas > -config.turned_sigmas;
    if up_sigmas > config.surely_up_sigmas || this_first && max_ways == 1 {
        return vec![Oriented { lines, warp }];
    }
    let other_way = warp_or_none(&warp).upside_down();
    let turned = turn(raster, other_way.quarter_turns());
    let flat = flat_page(&other_way, &turned);
    let other = Oriented { lines: find_lines(flat.as_ref().unwrap_or(&turned)), warp: Some(other_way) };
    let this = Oriented { lines, warp };
    let mut both = if this_first { vec![this, other] } else { vec![other, this] };
    both.truncate(max_ways);
    both
}

/// A warp that lays flat what is bent or stretched on the page that `before` gave; `None` if it is level enough.
fn flattened(lines: &TextLines, upside_down: bool, before: &Warp, config: &PageConfig) -> Option<Warp> {
    let mut baselines = baselines(lines, upside_down);
    let page_size = (lines.ink.width() as u32, lines.ink.height() as u32);
    let bent = bend_of(&baselines, page_size).is_some_and(|bend| departs(&bend, &baselines, config));
    let wide = letter_width_xh(lines).filter(|&w| w > config.widest_letter_xh);
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

/// The edges of each line's letters that stand on the baseline: the lower ones, or the upper ones of a page upside
/// down.
fn baselines(lines: &TextLines, upside_down: bool) -> Vec<Baseline> {
    let foot = |c: &Component| if upside_down { c.area.y0 } else { c.area.y1 } as f32;
    let feet = |c: &Component| Point { x: c.centre_x(), y: foot(c) };
    lines
        .fits
        .iter()
        .map(|l| Baseline {
            feet: l.members.iter().map(|&k| feet(&lines.letters[k])).collect(),
            x_height_px: l.x_height_px,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::find_lines;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 200;

    /// Six lines of 36 letters of an x-height of 8 pixels, every third with an ascender, every ninth with a descender.
    fn text(inverted: bool) -> Raster {
        let (ink, ground) = if inverted { (255, 0) } else { (0, 255) };
        let mut luma = vec![ground; WIDTH * HEIGHT];
        let mut fill = |x: usize, y: usize, width: usize, height: usize| {
            (y..y + height).for_each(|y| luma[y * WIDTH + x..][..width].fill(ink));
        };
        for (line, k) in (0..6).flat_map(|line| (0..36).map(move |k| (line, k))) {
            let (x, top) = (30 + 7 * k, 30 + 24 * line);
            let ascender = if k % 3 == 1 { 3 } else { 0 };
            let descender = if k % 9 == 5 { 3 } else { 0 };
            fill(x, top - ascender, 2, 8 + ascender + descender);
            fill(x + 3, top, 2, 8);
            fill(x, top, 5, 2);
            fill(x, top + 6, 5, 2);
        }
        Raster::from_luma(WIDTH as u32, HEIGHT as u32, luma).expect("matching size")
    }

    fn oriented(raster: &Raster, max_ways: usize) -> Vec<Oriented> {
        let config = PageConfig::default();
        orient(raster, max_ways, &config, |raster| find_lines(raster, &config))
    }

    #[test]
    fn turned_text_is_turned_back_in_either_polarity() {
        for inverted in [false, true] {
            let upright = text(inverted);
            let expected = oriented(&upright, 2);
            assert!(expected.len() == 1 && expected[0].warp.is_none() && expected[0].lines.fits.len() == 6);
            for turns in 1..4 {
                let ways = oriented(&turn(&upright, turns), 2);
                let warp = ways[0].warp.as_ref().expect("it was turned back");
                assert_eq!(warp.quarter_turns(), 4 - turns);
                assert!(ways[0].lines.fits == expected[0].lines.fits, "turned {turns} times");
            }
        }
    }

    #[test]
    fn a_picture_that_does_not_tell_is_read_both_ways_or_as_it_is() {
        let blank = Raster::from_luma(64, 48, vec![255; 64 * 48]).expect("matching size");
        let turns = |way: &Oriented| way.warp.as_ref().map_or(0, Warp::quarter_turns);
        assert_eq!(oriented(&blank, 2).iter().map(turns).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(oriented(&blank, 1).iter().map(turns).collect::<Vec<_>>(), [0]);
    }
}
