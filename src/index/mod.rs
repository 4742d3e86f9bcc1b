//! Stage 4: which documents of the catalogue hold something like the query?
//!
//! The engine here is the exhaustive scan: every path of the query's lattice against every place of every document, by
//! dynamic programming over whole rows of the catalogue at a time. It misses nothing, so it is the oracle of any faster index,
//! and the engine itself up to some millions of words.

mod scan;
mod score;
mod weight;

pub use scan::DocumentScore;
pub use score::ScoreConfig;

pub(crate) use scan::{Subset, scan};
pub(crate) use score::{UNITS_PER_NAT, units, word_scores};
pub(crate) use weight::{phrase_caps, shape_caps};

use crate::Error;
use crate::fingerprint::{BitWeights, Codes, Fingerprint};
use crate::page::{Page, Word};
use crate::simd::Kernels;
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arc {
    /// Node it starts at.
    pub from: u32,
    /// Node it ends at, always larger.
    pub to: u32,
    /// Log-probability of its cuts, in nats.
    pub prior_nats: f32,
    /// Whether it lies on the likeliest path; only such arcs can be skipped.
    pub likeliest: bool,
}

impl From<&Word> for Arc {
    fn from(word: &Word) -> Self {
        Self { from: word.from, to: word.to, prior_nats: word.prior_nats, likeliest: word.likeliest }
    }
}

impl<'a> Query<'a> {
    /// The query of a page.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if page and fingerprint do not belong together.
    pub fn new(page: &Page, fingerprint: &'a Fingerprint) -> Result<Self, Error> {
        if page.words.len() != fingerprint.codes.len() {
            let expected = format!("the page has {} words", page.words.len());
            return Err(Error::caller("fingerprint.codes", fingerprint.codes.len(), expected));
        }
        Ok(Self {
            arcs: page.words.iter().map(Arc::from).collect(),
            nodes: page.nodes,
            codes: &fingerprint.codes,
            weights: &fingerprint.weights,
        })
    }
}

impl Query<'_> {
    /// What arc `k` is compared by.
    pub(crate) fn probe(&self, k: usize) -> Probe<'_> {
        Probe { code: self.codes.get(k), weights: self.weights.get(k).map(|w| w.planes) }
    }
}

/// Codes of many documents, laid out for the scan: lane by lane, a separator after each document.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// For each face, for each 64-bit lane of a code, one word a place.
    faces: Vec<Vec<Vec<u64>>>,
    /// What each place can earn at most, in fixed-point units; negative at separators.
    caps: Vec<i16>,
    /// Where each document starts; one more at the end.
    starts: Vec<u32>,
    /// Places on which queries' chance distances are counted.
    sample: Sample,
}

impl Index {
    /// An index of documents, each given as one [`Codes`] a face (all of one length) and what each word can earn at most, in
    /// fixed-point units.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if lengths or families differ, [`Error::Limit`] beyond 4 billion words.
    pub(crate) fn new<'c>(documents: impl Iterator<Item = (Vec<&'c Codes>, &'c [i16])>) -> Result<Self, Error> {
        let mut this = Self { starts: vec![0], ..Self::default() };
        for (faces, caps) in documents {
            if this.faces.is_empty() {
                this.faces = faces.iter().map(|c| vec![Vec::new(); c.stride()]).collect();
            }
            if faces.len() != this.faces.len() {
                return Err(Error::caller("document.faces", faces.len(), format!("others have {}", this.faces.len())));
            }
            for (face, codes) in this.faces.iter_mut().zip(&faces) {
                if codes.len() != caps.len() || codes.stride() != face.len() {
                    return Err(Error::caller("document.codes", codes.len(), format!("it has {} words", caps.len())));
                }
                for (k, lane) in face.iter_mut().enumerate() {
                    lane.extend(codes.data().iter().skip(k).step_by(codes.stride()));
                    lane.push(0);
                }
            }
            this.caps.extend_from_slice(caps);
            this.caps.push(i16::MIN);
            let end = u32::try_from(this.caps.len()).map_err(|_| Error::Limit {
                what: "number of words in one index",
                value: this.caps.len() as u64,
                limit: u64::from(u32::MAX),
            })?;
            this.starts.push(end);
        }
        this.sample = this.take_sample();
        Ok(this)
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Number of words.
    #[must_use]
    pub fn words(&self) -> usize {
        self.caps.len() - self.documents()
    }

    /// Bytes taken up in memory.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let lanes: usize = self.faces.iter().chain(&self.sample.faces).flatten().map(|l| l.capacity() * 8).sum();
        lanes + self.caps.capacity() * 2 + self.starts.capacity() * 4
    }

    /// The places of a document, its separator left out.
    pub(crate) fn places(&self, document: usize) -> std::ops::Range<usize> {
        self.starts[document] as usize..self.starts[document + 1] as usize - 1
    }

    /// What a place can earn at most.
    pub(crate) fn cap(&self, place: usize) -> i16 {
        self.caps[place]
    }

    /// Distance of a query's code to a place's nearest face.
    pub(crate) fn distance(&self, probe: Probe<'_>, place: usize) -> i16 {
        let face = |f: &Vec<Vec<u64>>| -> i16 {
            let [ones, twos] = probe.weights.unwrap_or([u64::MAX, 0]);
            let lane = |(a, lane): (&u64, &Vec<u64>)| {
                let differ = a ^ lane[place];
                ((differ & ones).count_ones() + 2 * (differ & twos).count_ones()) as i16
            };
            probe.code.iter().zip(f).map(lane).sum()
        };
        self.faces.iter().map(face).min().unwrap_or(i16::MAX)
    }

    /// Up to [`SAMPLE`] places spread evenly over the index, separators left out.
    fn take_sample(&self) -> Sample {
        let step = (self.caps.len() / SAMPLE).max(1);
        let places: Vec<usize> = (0..self.caps.len()).step_by(step).filter(|&p| self.caps[p] >= 0).collect();
        let pick = |lane: &Vec<u64>| places.iter().map(|&p| lane[p]).collect();
        Sample { faces: self.faces.iter().map(|f| f.iter().map(pick).collect()).collect(), len: places.len() }
    }
}

/// Words on which each query word's chance distances are counted: rarer look-alikes than 1 in this are not seen.
const SAMPLE: usize = 12_000;

/// A sample of the catalogue's codes.
#[derive(Clone, Debug, Default)]
struct Sample {
    faces: Vec<Vec<Vec<u64>>>,
    len: usize,
}

impl Sample {
    fn len(&self) -> usize {
        self.len
    }

    fn distances(&self, probe: Probe<'_>, kernels: &Kernels, out: &mut [i16], other: &mut [i16]) {
        for (k, face) in self.faces.iter().enumerate() {
            let lanes: Vec<&[u64]> = face.iter().map(Vec::as_slice).collect();
            if k == 0 {
                (kernels.distances)(probe, &lanes, out);
            } else {
                (kernels.distances)(probe, &lanes, other);
                (kernels.nearer)(out, other);
            }
        }
    }
}
