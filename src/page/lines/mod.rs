//! Lines of text: components chained from left to right, then baseline and x-height from the ink's row profile.
//!
//! Each step is a file: [`letters`] among the components, [`chains`] of them, a [`fit`] to each chain's ink, and what
//! mends lines: [`join`], [`slopes`], [`ends`], [`grow`], [`shadows`], [`short_lines`]. [`capitals`] and
//! [`reading_order`] work on whole lines.

pub(super) mod capitals;
mod chains;
mod ends;
pub(super) mod fit;
mod grow;
mod join;
mod letters;
pub(super) mod reading_order;
mod row_profile;
mod shadows;
mod short_lines;
mod slopes;
#[cfg(test)]
mod testing;

use self::chains::chains;
use self::ends::absorb_marks;
use self::fit::{LineFit, fit};
use self::grow::grow;
use self::join::{bridge_gaps, join_parts};
use self::letters::letters;
use self::shadows::drop_shadows;
use self::short_lines::add_short_lines;
use self::slopes::share_slopes;
use super::config::PageConfig;
use super::ink::components::Component;
use super::ink::foreground::Ink;

/// Ink, components and lines of a picture.
pub(super) struct TextLines {
    pub(super) ink: Ink,
    pub(super) components: Vec<Component>,
    /// The components that may be letters.
    pub(super) letters: Vec<Component>,
    pub(super) fits: Vec<LineFit>,
    /// Which of these have no small letters.
    pub(super) of_capitals: Vec<bool>,
}

/// Finds the lines among a picture's components, in no particular order, and the letters that they are made of.
pub(super) fn find_fits(components: &[Component], ink: &Ink, config: &PageConfig) -> (Vec<LineFit>, Vec<Component>) {
    let letters = letters(components, config);
    let chains = chains(&letters, config);
    let mut lines: Vec<LineFit> =
        chains.into_iter().filter_map(|chain| fit(chain, &letters, ink, None, config)).collect();
    lines = join_parts(lines, &letters, ink, config);
    share_slopes(&mut lines, &letters, ink, config);
    absorb_marks(&mut lines, components, &letters);
    grow(&mut lines, ink, config);
    bridge_gaps(&mut lines, ink, config);
    drop_shadows(&mut lines, ink.height());
    add_short_lines(&mut lines, components, ink.height());
    drop_overlapping(&mut lines, (ink.width() * ink.height()) as f32);
    (lines, letters)
}

/// Lines cover so much of a page at most, their lengths times their x-heights.
///
/// Tuned (share): text without any leading covers half; what is more lies one over the other, and is no text.
const MOST_COVERED: f32 = 0.75;

/// Keeps the longest lines if all together would cover more of a page than text can.
fn drop_overlapping(lines: &mut Vec<LineFit>, area: f32) {
    let cover = |l: &LineFit| l.width() * l.x_height_px;
    if lines.iter().map(cover).sum::<f32>() <= MOST_COVERED * area {
        return;
    }
    let mut by_width: Vec<usize> = (0..lines.len()).collect();
    by_width.sort_by(|&a, &b| lines[b].width().total_cmp(&lines[a].width()));
    let (mut rest, mut stays) = (MOST_COVERED * area, vec![false; lines.len()]);
    for k in by_width {
        rest -= cover(&lines[k]);
        if rest < 0.0 {
            break;
        }
        stays[k] = true;
    }
    let mut stays = stays.into_iter();
    lines.retain(|_| stays.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::spatial::area::Area;
    use proptest::prelude::*;

    /// A picture of no height has one band: everything is near everything.
    const ALL: usize = 0;

    fn lines() -> impl Strategy<Value = Vec<LineFit>> {
        let line = (0.0f32..300.0, 5.0f32..200.0, 0.0f32..900.0, -0.1f32..0.1, 2.2f32..40.0, 0usize..30);
        let line = line.prop_map(|(x0, width, baseline, slope, x_height_px, letters)| LineFit {
            x0,
            x1: x0 + width,
            baseline,
            slope,
            x_height_px,
            members: (0..letters).collect(),
        });
        prop::collection::vec(line, 0..40)
    }

    fn components() -> impl Strategy<Value = Vec<Component>> {
        let component = (0usize..400, 0usize..900, 1usize..25, 1usize..25);
        let component = component.prop_map(|(x0, y0, width, height)| Component {
            area: Area { x0, y0, x1: x0 + width, y1: y0 + height },
            pixels: (width * height) as u32,
        });
        prop::collection::vec(component, 0..60)
    }

    #[test]
    fn lines_that_lie_one_over_the_other_go_but_for_the_longest() {
        // Ten lines of 300 px with an x-height of 8 px, and one that is longer.
        let of = |widths: &[usize]| -> Vec<LineFit> {
            widths.iter().enumerate().map(|(k, w)| testing::line(0, *w, 20 * k, 30)).collect()
        };
        let left = |area: f32| {
            let mut lines = of(&[300, 300, 400, 300]);
            drop_overlapping(&mut lines, area);
            testing::ends(&lines)
        };
        let covered = (3.0 * 300.0 + 400.0) * 8.0;
        assert_eq!(left(covered / MOST_COVERED).len(), 4);
        assert_eq!(left(0.9 * covered / MOST_COVERED), [(0, 300), (0, 300), (0, 400)]);
        assert_eq!(left(400.0 * 8.0 / MOST_COVERED), [(0, 400)]);
    }

    proptest! {
        /// Oracle: each line and component compared with all lines of the picture.
        #[test]
        fn lines_near_by_do_what_all_lines_do(lines in lines(), components in components()) {
            let (mut by_bands, mut by_all) = (lines.clone(), lines);
            drop_shadows(&mut by_bands, 900);
            drop_shadows(&mut by_all, ALL);
            prop_assert_eq!(&by_bands, &by_all);
            add_short_lines(&mut by_bands, &components, 900);
            add_short_lines(&mut by_all, &components, ALL);
            prop_assert_eq!(by_bands, by_all);
        }
    }
}
