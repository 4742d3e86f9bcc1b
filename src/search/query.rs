//! The query: the lattice of a page, with the codes of its words.

use crate::Error;
use crate::fingerprint::{BitWeights, Codes, Fingerprint};
use crate::page::{Page, Word};
use crate::simd::kernels::{Probe, WidthProbe};

/// The most that widths count, see [`width_weight`].
///
/// Tuned (bits): logistic regression on 50,000 words of pictures and 450,000 others, see [`width_weight`].
pub(super) const MOST_WIDTH_WEIGHT: u8 = 2;

/// How much the widths of words count whose text has this x-height, see [`WidthProbe`].
///
/// Given the distance of the codes, the log-odds that two words are the same fall by so many nats for each doubling
/// that one is wider: 6.4 below 3.75 px, 4.5 to 4.5 px, 3.3 to 6 px, 1.4 above (a logistic regression on 50,000 words
/// of pictures and 450,000 others; a weighted bit is worth some 0.5 nats of it). Large shapes tell all by themselves.
pub(super) fn width_weight(x_height_px: f32) -> u8 {
    match x_height_px {
        ..3.75 => MOST_WIDTH_WEIGHT,
        ..6.0 => 2,
        _ => 0,
    }
}

/// What is looked for: the lattice of a page and its codes.
#[derive(Clone, Debug)]
pub(crate) struct Query<'a> {
    /// The lattice's edges, ordered by where they start.
    pub(crate) edges: Vec<Edge>,
    /// Number of nodes.
    pub(crate) nodes: u32,
    /// One code an edge.
    pub(crate) codes: &'a Codes,
    /// How much each bit of each code counts; empty if all count alike.
    pub(crate) weights: &'a [BitWeights],
}

/// An edge of the query's lattice: a word between two positions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Edge {
    /// Node it starts at.
    pub(crate) from: u32,
    /// Node it ends at, always larger.
    pub(crate) to: u32,
    /// Log-probability of its cuts, in nats.
    pub(crate) prior_nats: f32,
    /// Whether it lies on the likeliest path; only such edges can be skipped.
    pub(crate) likeliest: bool,
    /// The word's width, and how much it counts.
    pub(crate) width: WidthProbe,
}

impl From<&Word> for Edge {
    fn from(word: &Word) -> Self {
        let width = WidthProbe::default();
        Self { from: word.from, to: word.to, prior_nats: word.prior_nats, likeliest: word.likeliest, width }
    }
}

impl<'a> Query<'a> {
    /// The query of a page.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if page and fingerprint do not belong together.
    pub(crate) fn new(page: &Page, fingerprint: &'a Fingerprint) -> Result<Self, Error> {
        let sizes = [("fingerprint.codes", fingerprint.codes.len()), ("fingerprint.widths", fingerprint.widths.len())];
        let expected = format!("the page has {} words", page.words.len());
        Error::unless_each(sizes, |n| n == page.words.len(), &expected)?;
        // The weight of a width is one beside weighted bits.
        let weighed = !fingerprint.weights.is_empty();
        let width = |word: &Word, log_width: u8| WidthProbe {
            log_width,
            weight: if weighed { width_weight(word.frame.x_height_px) } else { 0 },
        };
        let edge = |(word, &log_width): (&Word, &u8)| Edge { width: width(word, log_width), ..Edge::from(word) };
        Ok(Self {
            edges: page.words.iter().zip(&fingerprint.widths).map(edge).collect(),
            nodes: page.nodes,
            codes: &fingerprint.codes,
            weights: &fingerprint.weights,
        })
    }
}

impl Query<'_> {
    /// What edge `k` is compared by.
    pub(crate) fn probe(&self, k: usize) -> Probe<'_> {
        Probe { code: self.codes.get(k), weights: self.weights.get(k).map(|w| w.planes), width: self.edges[k].width }
    }
}
