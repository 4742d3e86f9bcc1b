//! What stage 2 finds: lines in reading order, and the lattice of their words.

use super::orientation::dewarp::Warp;
use crate::geom::{Point, Rect, WordFrame};
use crate::raster::Raster;

/// What stage 2 found: lines in reading order and the lattice of their words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// All lines, in reading order.
    pub lines: Vec<Line>,
    /// Every plausible word, ordered by [`Word::from`], then [`Word::to`]. The words of any path from node 0 to the
    /// last node are one way to read the page.
    pub words: Vec<Word>,
    /// Nodes of the lattice: the positions between words, numbered in reading order.
    pub nodes: u32,
    /// Words of the likeliest path that the lattice lacks, as the page has more than are looked up; see
    /// [`Limits::words`](crate::Limits::words).
    pub words_left_out: usize,
    /// The ink: the picture with background and polarity taken out (0 is background) and without rules; what word
    /// patches are cut from. All frames of lines and words are in its pixels.
    pub ink: Option<Raster>,
    /// How the page lies in the picture, if it had to be turned or laid flat; `None` if pixels of the page are pixels
    /// of the picture.
    pub warp: Option<Warp>,
}

impl Page {
    /// Number of words on the likeliest path, those that were left out included.
    #[must_use]
    pub fn words_seen(&self) -> usize {
        self.words_looked_up() + self.words_left_out
    }

    /// Number of words on the likeliest path through the lattice.
    #[must_use]
    pub fn words_looked_up(&self) -> usize {
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
    /// The line cut at every visible gap but those that are surely no space.
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

/// An edge of the lattice: one or more pieces read as one word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// The node that the word starts at.
    pub from: u32,
    /// The node that it ends at; always larger.
    pub to: u32,
    /// Index of its line.
    pub line: u32,
    /// Where it stands, in pixels of the page, see [`Page::warp`].
    pub frame: WordFrame,
    /// Log-probability of these cuts given the widths of the gaps, 0 or less, in nats.
    pub prior_nats: f32,
    /// Whether the word lies on the likeliest path.
    pub likeliest: bool,
}
