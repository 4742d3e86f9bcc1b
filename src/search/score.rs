//! What a word of the picture earns against a word of the catalogue: log-likelihood ratios, density-aware.
//!
//! `ln P(distance | same word) − ln P(distance | some word of the catalogue)`. The second is counted for every query
//! word on a sample of the catalogue itself, so a word that looks like many others earns little: an inverse document
//! frequency of shapes. The curve is taken as a straight line between two limits, which is what the scan can compute in
//! two instructions; scan and aligner share it.

use super::background::BackgroundSample;
use super::query::{MOST_WIDTH_WEIGHT, Query};
use crate::Error;
use crate::fingerprint::{DistanceModel, differing_bits};
use crate::fixed_point::units;
use crate::simd::Kernels;
use crate::simd::kernels::{WidthProbe, WordScore};

/// Distances are 0 to 192 (64 bits of weight 3, or 128 of weight 1), and what widths add to that, 10 at most.
const DISTANCES: usize = 193 + (MOST_WIDTH_WEIGHT as usize * WidthProbe::MAX_STEPS as usize).div_ceil(8);

/// Mean and standard deviation of what the widths of the same word add to its distance, for a weight of one.
///
/// Tuned (bits): chosen with the weights of widths, see [`width_weight`](super::query::width_weight).
const SAME_WIDTH: DistanceModel = DistanceModel { same_mean: 0.43, same_sd: 0.55 };

/// Edges whose codes differ by no more than this share of their bits look alike, see [`repeats`].
///
/// Tuned (divisor of a code's bits): chosen by eye.
const ALIKE_DIVISOR: u32 = 5;
/// Counts of distances up to so far away are taken together.
///
/// Tuned (bits): chosen by eye.
const SMOOTHING_BITS: usize = 3;
/// Shares of the counts and of a bell curve through all of them in the probability of a distance.
///
/// Tuned (shares): chosen by eye.
const COUNTED_SHARE: f32 = 0.9;
/// See [`COUNTED_SHARE`].
///
/// Tuned (share): chosen by eye.
const BELL_SHARE: f32 = 0.1;
/// No distance is less probable than this.
///
/// Tuned (probability): chosen by eye.
const LEAST_PROBABILITY: f32 = 1e-7;
/// Least spread of distances to the background sample.
///
/// Tuned (bits): chosen by eye.
const LEAST_SPREAD_BITS: f32 = 2.0;
/// A word that earns no more than this looks like everything.
///
/// Tuned (nats): chosen by eye.
const TELLS_NOTHING_NATS: f32 = 0.05;
/// The line agrees with the curve at its zero and at this part of the way from there to distance 0.
///
/// Tuned (divisor of the way): chosen by eye.
const SLOPE_DIVISOR: usize = 4;
/// Bounds of the loss for each bit of distance.
///
/// Tuned (nats a bit): chosen by eye.
const SLOPE_NATS: (f32, f32) = (0.03, 1.5);
/// `ln √(2π)`, of the bell curve.
const LN_ROOT_2_PI: f32 = 0.919;
/// `√(2π)`.
const ROOT_2_PI: f32 = 2.5066;

/// Settings of scoring.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreConfig {
    /// Most that one word can earn, in nats. Default: 8.
    ///
    /// Tuned (nats): chosen by eye.
    pub most_nats: f32,
    /// Most that one word can lose, in nats. Default: 3.
    ///
    /// Tuned (nats): chosen by eye.
    pub least_nats: f32,
    /// Cost of a query word that the document lacks, in nats. Default: 2.5.
    ///
    /// Tuned (nats): chosen by eye.
    pub skip_query_nats: f32,
    /// Cost of a document word that the query lacks, in nats. Default: 2.5.
    ///
    /// Tuned (nats): chosen by eye.
    pub skip_document_nats: f32,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self { most_nats: 8.0, least_nats: 3.0, skip_query_nats: 2.5, skip_document_nats: 2.5 }
    }
}

impl ScoreConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let settings = [
            ("score.most_nats", self.most_nats),
            ("score.least_nats", self.least_nats),
            ("score.skip_query_nats", self.skip_query_nats),
            ("score.skip_document_nats", self.skip_document_nats),
        ];
        Error::unless_each(settings, |v| v > 0.0 && v <= 64.0, "it must be above 0 and at most 64")
    }
}

/// Scores of a query's words, in the order of its edges.
pub(crate) fn word_scores(
    query: &Query<'_>,
    sample: &BackgroundSample,
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Vec<WordScore> {
    let mut distances = vec![0i16; sample.len()];
    let mut other = distances.clone();
    let mut scores: Vec<WordScore> = (0..query.edges.len())
        .map(|k| {
            sample.distances(query.probe(k), kernels, &mut distances, &mut other);
            let counts = histogram(&distances);
            let codes = query.weights.get(k).map_or(query.codes.family().distances(), |w| w.same);
            let model = with_width(codes, query.edges[k].width);
            let curve = log_ratio(&same_word_curve(model), &counts);
            line_through(&curve, query.edges[k].prior_nats, config)
        })
        .collect();
    for k in repeats(query) {
        scores[k] = WordScore::default();
    }
    scores
}

/// How often each distance stands there.
fn histogram(distances: &[i16]) -> [u32; DISTANCES] {
    // Equal neighbours would wait for each other in one table; 256 entries need no check of bounds.
    let mut tables = [[0u32; 256]; 4];
    let (fours, rest) = distances.as_chunks::<4>();
    for four in fours {
        for (table, &d) in tables.iter_mut().zip(four) {
            table[usize::from(d as u8)] += 1;
        }
    }
    for &d in rest {
        tables[0][usize::from(d as u8)] += 1;
    }
    std::array::from_fn(|d| tables.iter().map(|t| t[d]).sum())
}

/// Edges that look like the word before them and the one before that: dashed rules, dotted leaders, rows of stars. They
/// would earn a little again and again from any text that repeats itself too (what sequence search calls low
/// complexity).
fn repeats(query: &Query<'_>) -> Vec<usize> {
    let alike_bits = query.codes.family().bits() as u32 / ALIKE_DIVISOR;
    let mut ending: Vec<Vec<usize>> = vec![Vec::new(); query.nodes as usize];
    for (k, edge) in query.edges.iter().enumerate() {
        ending[edge.to as usize].push(k);
    }
    let distance = |a: usize, b: usize| differing_bits(query.codes.get(a), query.codes.get(b));
    let before = |k: usize, of: usize| {
        let from = query.edges[of].from as usize;
        ending[from].iter().copied().filter(move |&p| distance(p, k) <= alike_bits)
    };
    (0..query.edges.len()).filter(|&k| before(k, k).any(|p| before(k, p).next().is_some())).collect()
}

/// Distances of the same word whose code's have this model, with what the width adds.
fn with_width(codes: DistanceModel, width: WidthProbe) -> DistanceModel {
    let weight = f32::from(width.weight);
    DistanceModel {
        same_mean: codes.same_mean + weight * SAME_WIDTH.same_mean,
        same_sd: codes.same_sd.hypot(weight * SAME_WIDTH.same_sd),
    }
}

/// `ln P(d | same word)` for each distance.
fn same_word_curve(model: DistanceModel) -> [f32; DISTANCES] {
    let DistanceModel { same_mean, same_sd } = model;
    std::array::from_fn(|d| {
        let z = (d as f32 - same_mean) / same_sd;
        // Distances below the mean are no evidence against the word.
        -0.5 * z.max(0.0).powi(2) - same_sd.ln() - LN_ROOT_2_PI
    })
}

/// `ln P(d | same) − ln P(d | any)` for each distance, falling from left to right until it is not positive any more.
fn log_ratio(same: &[f32; DISTANCES], counts: &[u32; DISTANCES]) -> [f32; DISTANCES] {
    let n: u32 = counts.iter().sum();
    let nf = (n as f32).max(1.0);
    let mean = counts.iter().enumerate().map(|(d, &c)| d as f32 * c as f32).sum::<f32>() / nf;
    let variance = counts.iter().enumerate().map(|(d, &c)| (d as f32 - mean).powi(2) * c as f32).sum::<f32>() / nf;
    let sd = variance.sqrt().max(LEAST_SPREAD_BITS);
    let longest = counts.iter().rposition(|&c| c > 0).unwrap_or(0);
    let mut curve = [0.0f32; DISTANCES];
    let mut lowest = f32::INFINITY;
    for d in 0..DISTANCES {
        // Counts of neighbouring distances together; beyond them, a bell curve through all.
        let (low, high) = (d.saturating_sub(SMOOTHING_BITS), (d + SMOOTHING_BITS).min(DISTANCES - 1));
        let near = counts[low..=high].iter().sum::<u32>() as f32 / nf / (high - low + 1) as f32;
        // Beyond the longest distance seen, nothing is left to tell.
        let z = (d.min(longest) as f32 - mean) / sd;
        let bell = (-0.5 * z * z).exp() / (sd * ROOT_2_PI);
        let any = (COUNTED_SHARE * near + BELL_SHARE * bell).max(LEAST_PROBABILITY);
        lowest = lowest.min(same[d] - any.ln());
        curve[d] = lowest;
        if lowest <= 0.0 {
            // Nobody asks by how much less.
            curve[d..].fill(lowest);
            break;
        }
    }
    curve
}

/// The straight line that agrees with a curve at its zero and a quarter of the way to distance 0.
fn line_through(curve: &[f32; DISTANCES], prior_nats: f32, config: &ScoreConfig) -> WordScore {
    let zero = curve.iter().position(|&v| v <= 0.0).unwrap_or(DISTANCES - 1);
    let most = curve[0].min(config.most_nats);
    if most <= TELLS_NOTHING_NATS || zero == 0 {
        // The word looks like everything: it earns nothing, and costs nothing either.
        return WordScore { start: 0, slope: 0, most: 0, least: 0 };
    }
    let back = zero - (zero / SLOPE_DIVISOR).max(1);
    let slope = ((curve[back] - curve[zero]) / (zero - back) as f32).clamp(SLOPE_NATS.0, SLOPE_NATS.1);
    WordScore {
        start: units(slope * zero as f32 + prior_nats),
        slope: units(slope).max(1),
        most: units((most + prior_nats).max(0.0)),
        least: units(-config.least_nats),
    }
}
