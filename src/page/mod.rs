//! Stage 2: a grey picture becomes lines and a lattice of words.
//!
//! Ink in either polarity ([`analyse`] looks only at how far a pixel is from its local background) → connected components →
//! lines with baseline and x-height → pieces at every visible gap → words: every plausible way to join pieces, each with its
//! prior, so that a wrongly cut word is decided by the catalogue and not by a threshold.
//!
//! Lengths in the configuration are in x-heights (`_xh`) wherever a length belongs to text.

mod background;
mod bands;
mod capitals;
mod components;
mod grain;
mod grid;
mod grow;
mod ink;
mod lines;
mod marks;
mod mask;
mod pitch;
mod regions;
mod rules;
mod sample;
mod sizes;
mod straighten;
mod tints;
mod turn;
mod upright;
mod warp;
mod words;

pub use warp::Warp;

use crate::Error;
use crate::fingerprint::WordFrame;
use crate::geom::{Point, Rect};
use crate::raster::Raster;

/// Settings of stage 2.
#[derive(Clone, Debug, PartialEq)]
pub struct PageConfig {
    /// Least distance from the background that counts as ink, of 255, on a noiseless page. Default: 12.
    pub min_ink: u8,
    /// How much the page's noise (mean absolute distance from the background in flat parts) raises that. Default: 3.5.
    pub noise_factor: f32,
    /// How much the grain of a place (the middle distance from the middle grey value: moire, sensor noise) raises that there.
    /// Default: 3.5.
    pub grain_factor: f32,
    /// Share of the strongest ink within 8 to 16 px that a pixel needs to count as ink. Default: 0.42.
    pub ink_share: f32,
    /// Least height of a filled box that is looked at as a panel with text of its own, in pixels. Default: 14.
    pub min_panel_px: f32,
    /// Smallest x-height of a line, in pixels. Default: 2.2.
    pub min_x_height_px: f32,
    /// Largest x-height of a line, in pixels. Default: 90.
    pub max_x_height_px: f32,
    /// Widest gap between neighbours on a line, in heights of the taller one. Default: 1.3.
    pub chain_gap: f32,
    /// Widest gap over which two lines on one baseline are joined. Default: 2.6.
    pub join_gap_xh: f32,
    /// Lines longer than this have a slope of their own, shorter ones their neighbour's. Default: 14.
    pub own_slope_xh: f32,
    /// Largest distance of baselines within a region. Default: 8.
    pub paragraph_gap_xh: f32,
    /// Share of a stroke's ink below which a column belongs to a gap. Default: 0.5.
    pub gap_ink_share: f32,
    /// Narrower gaps are not seen. Default: 0.06.
    pub min_gap_xh: f32,
    /// Narrowest gap that can be the border between letter gaps and spaces. Default: 0.22.
    pub narrowest_space_xh: f32,
    /// Widest gap that can be that border (monospaced text). Default: 1.1.
    pub widest_letter_gap_xh: f32,
    /// The border assumed where the page has too few gaps to tell. Default: 0.38.
    pub usual_space_xh: f32,
    /// Spread of gaps of one kind that is always assumed, in square-rooted x-heights. Default: 0.05.
    pub gap_noise: f32,
    /// How exactly a gap can be measured, in pixels: what makes small text's gaps uncertain. Default: 0.25.
    pub gap_noise_px: f32,
    /// Gaps less likely than this (or more than one minus this) a space are settled before the lattice. Default: 0.03.
    pub settled: f32,
    /// Most pieces joined into one word. Default: 6.
    pub max_pieces: usize,
    /// Steepest slope of the page's lines that is read as it is; steeper pages are laid flat. Default: 0.03.
    pub max_slope: f32,
    /// How far a line may sag in its middle before the page is laid flat. Default: 0.1.
    pub max_sag_xh: f32,
    /// Wider letters (the middle one of those as high as the x-height) show a picture stretched in width. Default: 0.97.
    pub widest_letter_xh: f32,
    /// A page is surely upright if so many standard deviations more letters rise above the x-height than hang below the
    /// baseline; otherwise it is read both ways. Default: 2.5.
    pub surely_up_sigmas: f32,
    /// The turned page is taken for the likelier one if that many standard deviations more letters hang than rise. Default: 2.
    pub turned_sigmas: f32,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            min_ink: 12,
            noise_factor: 3.5,
            grain_factor: 3.5,
            ink_share: 0.42,
            min_panel_px: 14.0,
            min_x_height_px: 2.2,
            max_x_height_px: 90.0,
            chain_gap: 1.3,
            join_gap_xh: 2.6,
            own_slope_xh: 14.0,
            paragraph_gap_xh: 8.0,
            gap_ink_share: 0.5,
            min_gap_xh: 0.06,
            narrowest_space_xh: 0.22,
            widest_letter_gap_xh: 1.1,
            usual_space_xh: 0.38,
            gap_noise: 0.05,
            gap_noise_px: 0.25,
            settled: 0.03,
            max_pieces: 6,
            max_slope: 0.03,
            max_sag_xh: 0.1,
            widest_letter_xh: 0.97,
            surely_up_sigmas: 2.5,
            turned_sigmas: 2.0,
        }
    }
}

impl PageConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let positive = [
            ("page.noise_factor", self.noise_factor),
            ("page.ink_share", self.ink_share),
            ("page.min_panel_px", self.min_panel_px),
            ("page.min_x_height_px", self.min_x_height_px),
            ("page.max_x_height_px", self.max_x_height_px),
            ("page.chain_gap", self.chain_gap),
            ("page.join_gap_xh", self.join_gap_xh),
            ("page.own_slope_xh", self.own_slope_xh),
            ("page.paragraph_gap_xh", self.paragraph_gap_xh),
            ("page.gap_ink_share", self.gap_ink_share),
            ("page.narrowest_space_xh", self.narrowest_space_xh),
            ("page.usual_space_xh", self.usual_space_xh),
            ("page.gap_noise", self.gap_noise),
            ("page.gap_noise_px", self.gap_noise_px),
            ("page.settled", self.settled),
            ("page.grain_factor", self.grain_factor),
            ("page.max_slope", self.max_slope),
            ("page.max_sag_xh", self.max_sag_xh),
            ("page.widest_letter_xh", self.widest_letter_xh),
            ("page.surely_up_sigmas", self.surely_up_sigmas),
            ("page.turned_sigmas", self.turned_sigmas),
        ];
        Error::unless_each(positive, |v| v > 0.0 && v.is_finite(), "it must be a positive number")?;
        if self.max_x_height_px <= self.min_x_height_px {
            let expected = format!("it must exceed page.min_x_height_px, {}", self.min_x_height_px);
            return Err(Error::caller("page.max_x_height_px", self.max_x_height_px, expected));
        }
        if self.settled >= 0.5 {
            return Err(Error::caller("page.settled", self.settled, "it must be below 0.5"));
        }
        if !(1..=16).contains(&self.max_pieces) {
            return Err(Error::caller("page.max_pieces", self.max_pieces, "it must be 1 to 16"));
        }
        Ok(())
    }
}

/// What stage 2 found: lines in reading order and the lattice of their words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// All lines, in reading order.
    pub lines: Vec<Line>,
    /// Every plausible word, ordered by [`Word::from`], then [`Word::to`]. The words of any path from node 0 to the last
    /// node are one way to read the page.
    pub words: Vec<Word>,
    /// Nodes of the lattice: the places between words, numbered in reading order.
    pub nodes: u32,
    /// The ink: the picture with background and polarity taken out (0 is background) and without rules; what word patches
    /// are cut from. All frames of lines and words are in its pixels.
    pub ink: Option<Raster>,
    /// How the page lies in the picture, if it had to be turned or laid flat; `None` if pixels of the page are pixels of the
    /// picture.
    pub warp: Option<Warp>,
}

impl Page {
    /// Number of words on the likeliest path through the lattice.
    #[must_use]
    pub fn words_seen(&self) -> usize {
        self.words.iter().filter(|w| w.likeliest).count()
    }

    /// Where a point of the page lies in the picture.
    #[must_use]
    pub fn to_picture(&self, p: Point) -> Point {
        self.warp.as_ref().map_or(p, |w| w.to_picture(p))
    }

    /// Axis-parallel hull, in the picture, of a word's patch area.
    #[must_use]
    pub fn hull(&self, frame: &WordFrame) -> Rect {
        frame.hull_by(|p| self.to_picture(p))
    }
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The left end, on the baseline.
    pub origin: Point,
    /// Unit vector along the baseline.
    pub along: Point,
    /// Length, in pixels.
    pub length_px: f32,
    /// Distance from baseline to x-height, in pixels.
    pub x_height_px: f32,
    /// Number of the region that the line belongs to, in reading order.
    pub region: u32,
    /// The line cut at every visible gap.
    pub pieces: Vec<Piece>,
    /// For each gap between two pieces: how likely it is a space, 0 to 1.
    pub spaces: Vec<f32>,
}

impl Line {
    /// The frame of the word that takes up `x0..x1` pixels along the line.
    #[must_use]
    pub fn frame(&self, x0: f32, x1: f32) -> WordFrame {
        let origin = Point { x: self.origin.x + x0 * self.along.x, y: self.origin.y + x0 * self.along.y };
        WordFrame { origin, along: self.along, width_px: x1 - x0, x_height_px: self.x_height_px }
    }

    /// Axis-parallel hull, ascenders and descenders included.
    #[must_use]
    pub fn hull(&self) -> Rect {
        self.frame(0.0, self.length_px).hull()
    }
}

/// A stretch of a line without a gap: `x0..x1` pixels along the baseline from the line's origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Start.
    pub x0: f32,
    /// End.
    pub x1: f32,
}

/// An arc of the lattice: one or more pieces read as one word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// The node that the word starts at.
    pub from: u32,
    /// The node that it ends at; always larger.
    pub to: u32,
    /// Index of its line.
    pub line: u32,
    /// Where it stands in the picture.
    pub frame: WordFrame,
    /// Log-probability of these cuts given the widths of the gaps, 0 or less, in nats.
    pub prior_nats: f32,
    /// Whether the word lies on the likeliest path.
    pub likeliest: bool,
}

/// Finds lines and words. An empty page is no error: it has no lines.
///
/// Cost of an upright page: linear in pixels, 2 to 5 ms a megapixel; memory under 2 bytes a pixel beyond the raster, 1 of them
/// the ink that is kept. Pages that are turned, laid flat or read both ways take several times that.
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
    let likelier = upright::upright(raster, 1, config).swap_remove(0);
    page(likelier, config)
}

/// As [`analyse`], but where the text does not tell which end of the picture is up, both ways to read it: one page or two, the
/// likelier one first.
#[must_use]
pub fn readings(raster: &Raster, config: &PageConfig) -> Vec<Page> {
    upright::upright(raster, 2, config).into_iter().map(|u| page(u, config)).collect()
}

/// Ink, components and lines of a picture.
struct Pass {
    ink: ink::Ink,
    components: Vec<components::Component>,
    letters: Vec<components::Component>,
    fits: Vec<lines::LineFit>,
    /// Which of these have no small letters.
    of_capitals: Vec<bool>,
}

impl Pass {
    fn of(raster: &Raster, config: &PageConfig) -> Self {
        let mut ink = ink::Ink::of(raster, config);
        tints::take_off_tints(&mut ink);
        rules::take_off_rules(&mut ink);
        let components = components::components(raster, &mut ink, config);
        let (fits, letters) = lines::lines(&components, &ink, config);
        let of_capitals = capitals::of_capitals(&fits, &letters);
        Self { ink, components, letters, fits, of_capitals }
    }
}

/// Lines in reading order and their words.
fn page(upright: upright::Upright, config: &PageConfig) -> Page {
    let upright::Upright { pass: Pass { ink, mut fits, of_capitals, .. }, warp } = upright;
    capitals::lower(&mut fits, &of_capitals);
    let regions = regions::regions(&fits, config);
    regions::share_x_heights(&mut fits, &regions);
    let cuts: Vec<words::Cuts> = fits.iter().map(|l| words::cut(l, &ink, config)).collect();

    let mut page = Page { warp, ..Page::default() };
    let pitches = pitch::pitches(&fits, &cuts, &regions);
    let mut models = sizes::Models::of(&fits, &cuts, &pitches);
    for (number, region) in regions.iter().enumerate() {
        for &k in region {
            let x_height_px = fits[k].x_height_px;
            let model = match pitches[k] {
                Some(pitch_px) => words::GapModel::monospaced(pitch_px / x_height_px, x_height_px, config),
                None => models.of_size(x_height_px, config),
            };
            push_line(&mut page, &fits[k], &cuts[k], &model, number as u32, config);
        }
    }
    page.ink = ink.into_raster();
    page
}

fn push_line(
    page: &mut Page,
    fit: &lines::LineFit,
    cuts: &words::Cuts,
    model: &words::GapModel,
    region: u32,
    config: &PageConfig,
) {
    if cuts.pieces.is_empty() {
        return;
    }
    let norm = (1.0 + fit.slope * fit.slope).sqrt();
    // Gaps that are surely none do not cut; the others do.
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

/// All plausible joins of a line's pieces.
fn push_words(words: &mut Vec<Word>, line: &Line, number: u32, first_node: u32, config: &PageConfig) {
    let n = line.pieces.len();
    let space_before = |k: usize| {
        if k == 0 || k == n { 1.0 } else { line.spaces[k - 1] }
    };
    for from in 0..n {
        let mut joins_nats = 0.0;
        for to in from + 1..=n {
            let prior_nats = joins_nats + 0.5 * (space_before(from).ln() + space_before(to).ln());
            let likeliest =
                space_before(from) >= 0.5 && space_before(to) >= 0.5 && (from + 1..to).all(|k| space_before(k) < 0.5);
            if likeliest || to - from <= config.max_pieces && prior_nats > LEAST_PRIOR_NATS {
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
        }
    }
}

/// Lines whose x-heights differ by no more than this (in natural-log units) are compared as of one typeface.
const ALIKE: f32 = 0.2;

/// Less likely cuts than this are not carried: a word of three pieces with two doubtful gaps still is.
const LEAST_PRIOR_NATS: f32 = -4.0;
