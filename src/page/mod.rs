//! Stage 2: a grey picture becomes lines and a lattice of words.
//!
//! * `ink`: how far each pixel is from its local background, in either polarity; shading and rules are taken off; what
//!   hangs together is a component.
//! * `lines`: components are chained, chains get a baseline and an x-height.
//! * `orientation`: the picture is turned and laid flat as its lines tell, and looked at again.
//! * `words`: lines are cut at every visible gap, and joined in every plausible way. Each word has a prior, so that a
//!   wrongly cut word is decided by the catalogue and not by a threshold.
//!
//! Lengths in the configuration are in x-heights (`_xh`) wherever a length belongs to text.

mod config;
mod ink;
mod layout;
mod lines;
mod orientation;
mod spatial;
mod words;

pub use config::PageConfig;
pub use layout::{Line, Page, Piece, Word};
pub use orientation::dewarp::Warp;

use self::ink::foreground::Ink;
use self::ink::{components::components, rules::take_off_rules, shading::take_off_shading};
use self::lines::{TextLines, capitals, reading_order};
use self::orientation::orient::{Oriented, orient};
use self::words::gap_models::GapModels;
use self::words::{cuts::Cuts, cuts::cut, lattice::push_line, pitch::pitches};
use crate::raster::Raster;

/// Finds lines and words. An empty page is no error: it has no lines.
///
/// Cost of an upright page: linear in pixels, 2 to 5 ms a megapixel; memory under 2 bytes a pixel beyond the raster, 1
/// of them the ink that is kept. Pages that are turned, laid flat or read both ways take several times that.
///
/// # Examples
///
/// ```
/// use leakprint::page::{PageConfig, analyse};
/// use leakprint::raster::Raster;
///
/// let blank = Raster::from_luma(64, 64, vec![255; 64 * 64]).unwrap();
/// assert!(analyse(&blank, &PageConfig::default()).lines.is_empty());
/// ```
#[must_use]
pub fn analyse(raster: &Raster, config: &PageConfig) -> Page {
    let likelier = orient(raster, 1, config, |raster| find_lines(raster, config)).swap_remove(0);
    find_words(likelier, config)
}

/// As [`analyse`], but where the text does not tell which end of the picture is up, both ways to read it: one page or
/// two, the likelier one first.
#[must_use]
pub fn readings(raster: &Raster, config: &PageConfig) -> Vec<Page> {
    let both = orient(raster, 2, config, |raster| find_lines(raster, config));
    both.into_iter().map(|page| find_words(page, config)).collect()
}

/// The lines of a picture as it lies: its ink, without shading and rules, falls into components, these into lines.
fn find_lines(raster: &Raster, config: &PageConfig) -> TextLines {
    let mut ink = Ink::new(raster, config);
    take_off_shading(&mut ink);
    take_off_rules(&mut ink);
    let components = components(raster, &mut ink, config);
    let (fits, letters) = lines::find_fits(&components, &ink, config);
    let of_capitals = capitals::find_capitals(&fits, &letters);
    TextLines { ink, components, letters, fits, of_capitals }
}

/// The page of an upright picture's lines: put into reading order, cut at their gaps, joined to words.
fn find_words(oriented: Oriented, config: &PageConfig) -> Page {
    let Oriented { lines: TextLines { ink, mut fits, of_capitals, .. }, warp } = oriented;
    capitals::lower_x_heights(&mut fits, &of_capitals);
    let regions = reading_order::regions(&fits, config);
    reading_order::share_x_heights(&mut fits, &regions);
    let cuts: Vec<Cuts> = fits.iter().map(|l| cut(l, &ink, config)).collect();

    let mut page = Page { warp, ..Page::default() };
    let pitches = pitches(&fits, &cuts, &regions);
    let mut models = GapModels::new(&fits, &cuts, &pitches);
    for (number, region) in regions.iter().enumerate() {
        for &k in region {
            let model = models.model(fits[k].x_height_px, pitches[k], config);
            push_line(&mut page, &fits[k], &cuts[k], &model, number as u32, config);
        }
    }
    page.ink = ink.into_raster();
    page
}
