//! Stage 4: which documents of the catalogue hold something like the query?
//!
//! Two engines with one contract, documents with the score of their best passage. The exhaustive scan aligns every path of the
//! query's lattice with every place of every document, by dynamic programming over whole rows of the catalogue at a time. It
//! misses nothing, so it is the oracle of the other one, and the engine itself for small catalogues. The seed engine looks
//! 2-grams of visual words up in inverted files and aligns the documents that have most of them, to the same scores.

mod buckets;
mod codebook;
mod count;
mod exact;
mod map;
mod numbered;
mod parts;
mod phrases;
mod scan;
mod score;
mod seeds;
mod seen;
mod segment;
mod singles;
mod strip;
mod weight;
mod writer;

pub use crate::simd::kernels::WidthProbe;
pub use parts::Index;
pub use scan::DocumentScore;
pub use score::ScoreConfig;
pub use seeds::{Effort, Engine, SCAN_WORDS, SearchConfig};

pub(crate) use codebook::Codebook;
pub(crate) use exact::Gone;
pub(crate) use parts::{Listed, Part, Sample};
pub(crate) use scan::{scan, scan_strip};
use score::width_weight;
pub(crate) use score::{UNITS_PER_NAT, units, word_scores};
pub(crate) use seeds::seeds;
pub(crate) use segment::{Segment, Stored};
pub(crate) use strip::Strip;
pub(crate) use weight::shape_caps;
pub(crate) use writer::{Phrases, Source, Surroundings, write};

use crate::Error;
use crate::fingerprint::{BitWeights, Codes, Fingerprint};
use crate::page::{Page, Word};
use crate::simd::kernels::Probe;

/// What is looked for: the lattice of a page and its codes.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The lattice's arcs, ordered by where they start.
    pub arcs: Vec<Arc>,
    /// Number of nodes.
    pub nodes: u32,
    /// One code an arc.
    pub codes: &'a Codes,
    /// How much each bit of each code counts; empty if all count alike.
    pub weights: &'a [BitWeights],
}

/// An arc of the query's lattice: a word between two places.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arc {
    /// Node it starts at.
    pub from: u32,
    /// Node it ends at, always larger.
    pub to: u32,
    /// Log-probability of its cuts, in nats.
    pub prior_nats: f32,
    /// Whether it lies on the likeliest path; only such arcs can be skipped.
    pub likeliest: bool,
    /// The word's width, and how much it counts.
    pub width: WidthProbe,
}

impl From<&Word> for Arc {
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
    /// [`Error::Caller`] if page and fingerprint do not belong together.
    pub fn new(page: &Page, fingerprint: &'a Fingerprint) -> Result<Self, Error> {
        let sizes = [("fingerprint.codes", fingerprint.codes.len()), ("fingerprint.widths", fingerprint.widths.len())];
        let expected = format!("the page has {} words", page.words.len());
        Error::unless_each(sizes, |n| n == page.words.len(), &expected)?;
        // The weight of a width is one beside weighted bits.
        let weighed = !fingerprint.weights.is_empty();
        let width = |word: &Word, log_width: u8| WidthProbe {
            log_width,
            weight: if weighed { width_weight(word.frame.x_height_px) } else { 0 },
        };
        let arc = |(word, &log_width): (&Word, &u8)| Arc { width: width(word, log_width), ..Arc::from(word) };
        Ok(Self {
            arcs: page.words.iter().zip(&fingerprint.widths).map(arc).collect(),
            nodes: page.nodes,
            codes: &fingerprint.codes,
            weights: &fingerprint.weights,
        })
    }
}

impl Query<'_> {
    /// What arc `k` is compared by.
    pub(crate) fn probe(&self, k: usize) -> Probe<'_> {
        Probe { code: self.codes.get(k), weights: self.weights.get(k).map(|w| w.planes), width: self.arcs[k].width }
    }
}

/// Whether documents of so many words are sooner scanned than looked up.
pub(crate) fn scan_is_enough(words: usize) -> bool {
    words < MIN_INDEXED_WORDS
}

/// Segments of fewer words have no inverted file.
const MIN_INDEXED_WORDS: usize = 50_000;
