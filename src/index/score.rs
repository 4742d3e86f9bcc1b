//! What a word of the picture earns against a word of the catalogue: log-likelihood ratios, density-aware.
//!
//! `ln P(distance | same word) − ln P(distance | some word of the catalogue)`. The second is counted for every query word on a
//! sample of the catalogue itself, so a word that looks like many others earns little: an inverse document frequency of
//! shapes. The curve is taken as a straight line between two limits, which is what the scan can compute in two instructions;
//! scan and aligner share it.

use std::cmp::Reverse;

use super::{Arc, Query, Sample, WidthProbe};
use crate::Error;
use crate::fingerprint::{DistanceModel, differing_bits};
use crate::page::Page;
use crate::simd::Kernels;
use crate::simd::kernels::{Probe, WordScore};

/// Fixed-point units a nat. `i16` then holds alignments of up to 1,023 nats; longer ones saturate.
pub(crate) const UNITS_PER_NAT: f32 = 32.0;

/// Distances are 0 to 192 (64 bits of weight 3, or 128 of weight 1), and what widths add to that, 10 at most.
const DISTANCES: usize = 193 + (MOST_WIDTH_WEIGHT as usize * WidthProbe::MAX_STEPS as usize).div_ceil(8);

/// How much the widths of words count whose text has this x-height, see [`WidthProbe`].
///
/// Given the distance of the codes, the log-odds that two words are the same fall by so many nats for each doubling that one is wider:
/// 6.4 below 3.75 px, 4.5 to 4.5 px, 3.3 to 6 px, 1.4 above (a logistic regression on 50,000 words of pictures and 450,000
/// others; a weighted bit is worth some 0.5 nats of it). Large shapes tell all by themselves.
pub(super) fn width_weight(x_height_px: f32) -> u8 {
    match x_height_px {
        ..3.75 => MOST_WIDTH_WEIGHT,
        ..6.0 => 2,
        _ => 0,
    }
}

const MOST_WIDTH_WEIGHT: u8 = 2;
/// Mean and standard deviation of what the widths of the same word add to its distance, for a weight of one.
const SAME_WIDTH: DistanceModel = DistanceModel { same_mean: 0.43, same_sd: 0.55 };

/// Nats in fixed-point units.
pub(crate) fn units(nats: f32) -> i16 {
    (nats * UNITS_PER_NAT).round().clamp(-8192.0, 8192.0) as i16
}

/// Settings of scoring.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreConfig {
    /// Most that one word can earn, in nats. Default: 8.
    pub most_nats: f32,
    /// Most that one word can lose, in nats. Default: 3.
    pub least_nats: f32,
    /// Cost of a query word that the document lacks, in nats. Default: 2.5.
    pub skip_query_nats: f32,
    /// Cost of a document word that the query lacks, in nats. Default: 2.5.
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
    /// [`Error::Caller`] names the first setting that is out of its range.
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

impl Query<'_> {
    /// Takes the widths of words that count as so much narrower as most words of their line are wider than the catalogue's: its
    /// typeface is, its x-height was measured too small, it was squeezed. Told by the words that the catalogue's sample holds too, as
    /// half of a text is frequent words: each is compared with the nearest in the sample by its code alone.
    ///
    /// Cost: one pass over the sample for each word, and one over the words for each line.
    pub(crate) fn fit_widths(&mut self, page: &Page, sample: &Sample, kernels: &Kernels) {
        let (mut distances, mut other) = (vec![0i16; sample.len()], vec![0i16; sample.len()]);
        let line = |k: usize| page.words[k].line;
        let stretch = |k: usize| {
            let probe = Probe { width: WidthProbe::default(), ..self.probe(k) };
            sample.distances(probe, kernels, &mut distances, &mut other);
            let nearest = distances.iter().fold(i16::MAX, |nearest, &d| nearest.min(d));
            let same = self.weights.get(k)?.same;
            let at = distances.iter().position(|&d| d == nearest)?;
            let written = i16::from(sample.log_width(at));
            (f32::from(nearest) <= same.same_mean + same.same_sd)
                .then(|| (line(k), i16::from(self.arcs[k].width.log_width) - written))
        };
        let counting = |a: &Arc| a.width.weight > 0;
        let words = (0..self.arcs.len()).filter(|&k| self.arcs[k].likeliest && counting(&self.arcs[k]));
        let stretches: Vec<(u32, i16)> = words.filter_map(stretch).collect();
        let Some(styles) = Styles::of(stretches) else { return };
        let mut of_line = (u32::MAX, 0);
        for k in 0..self.arcs.len() {
            if !counting(&self.arcs[k]) {
                continue;
            }
            if of_line.0 != line(k) {
                of_line = (line(k), styles.of_line(line(k)));
            }
            let width = &mut self.arcs[k].width;
            width.log_width = (i16::from(width.log_width) - of_line.1).clamp(0, 255) as u8;
        }
    }
}

/// How much wider words of a picture are than the catalogue's, in steps of [`log_width`](crate::fingerprint::log_width).
struct Styles {
    /// Of each word that tells, its line and by how many steps it is wider.
    stretches: Vec<(u32, i16)>,
    /// How many of these are about so much wider: 255 steps narrower to 255 wider.
    of_all: Vec<usize>,
}

impl Styles {
    /// None of too few words.
    fn of(stretches: Vec<(u32, i16)>) -> Option<Self> {
        let mut of_all = vec![0; 2 * WIDEST as usize + 1];
        stretches.iter().for_each(|&(_, stretch)| Self::vote(&mut of_all, stretch, 1));
        (stretches.len() >= FEWEST_STRETCHES).then_some(Self { stretches, of_all })
    }

    fn vote(votes: &mut [usize], stretch: i16, times: usize) {
        let near = (stretch - ALIKE_STEPS).max(-WIDEST)..=(stretch + ALIKE_STEPS).min(WIDEST);
        near.for_each(|at| votes[(at + WIDEST) as usize] += times);
    }

    /// The mode of a line's words and, counting less, of all others: the nearest may be another word, and what was cut through is all
    /// wrong. 0 if less than a quarter agree.
    fn of_line(&self, line: u32) -> i16 {
        let own = || self.stretches.iter().filter(move |(of, _)| *of == line);
        let mut votes = self.of_all.clone();
        own().for_each(|&(_, stretch)| Self::vote(&mut votes, stretch, OWN_LINE - 1));
        let all = self.stretches.len() + (OWN_LINE - 1) * own().count();
        let seen = self.stretches.iter().map(|&(_, at)| (votes[(at + WIDEST) as usize], Reverse(at.abs()), at));
        seen.max().filter(|(votes, ..)| 4 * votes >= all).map_or(0, |(.., at)| at)
    }
}

/// Fewer words do not tell how wide a picture's words are.
const FEWEST_STRETCHES: usize = 5;
/// Widths of one style differ by so much, in steps of [`log_width`](crate::fingerprint::log_width): a seventh.
const ALIKE_STEPS: i16 = 6;
/// Most steps that one width can be from another.
const WIDEST: i16 = 255;
/// How many times as much a line's own words count there.
const OWN_LINE: usize = 4;

/// Scores of a query's words, in the order of its arcs.
pub(crate) fn word_scores(
    query: &Query<'_>,
    sample: &Sample,
    kernels: &Kernels,
    config: &ScoreConfig,
) -> Vec<WordScore> {
    let mut distances = vec![0i16; sample.len()];
    let mut other = distances.clone();
    let mut scores: Vec<WordScore> = (0..query.arcs.len())
        .map(|k| {
            sample.distances(query.probe(k), kernels, &mut distances, &mut other);
            let counts = histogram(&distances);
            let codes = query.weights.get(k).map_or(query.codes.family().distances(), |w| w.same);
            let model = with_width(codes, query.arcs[k].width);
            let curve = log_ratio(&same_word_curve(model), &counts);
            line_through(&curve, query.arcs[k].prior_nats, config)
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

/// Arcs that look like the word before them and the one before that: dashed rules, dotted leaders, rows of stars. They would
/// earn a little again and again from any text that repeats itself too (what sequence search calls low complexity).
fn repeats(query: &Query<'_>) -> Vec<usize> {
    let alike_bits = query.codes.family().bits() as u32 / 5;
    let mut ending: Vec<Vec<usize>> = vec![Vec::new(); query.nodes as usize];
    for (k, arc) in query.arcs.iter().enumerate() {
        ending[arc.to as usize].push(k);
    }
    let distance = |a: usize, b: usize| differing_bits(query.codes.get(a), query.codes.get(b));
    let before = |k: usize, of: usize| {
        let from = query.arcs[of].from as usize;
        ending[from].iter().copied().filter(move |&p| distance(p, k) <= alike_bits)
    };
    (0..query.arcs.len()).filter(|&k| before(k, k).any(|p| before(k, p).next().is_some())).collect()
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
        -0.5 * z.max(0.0).powi(2) - same_sd.ln() - 0.919
    })
}

/// `ln P(d | same) − ln P(d | any)` for each distance, falling from left to right until it is not positive any more.
fn log_ratio(same: &[f32; DISTANCES], counts: &[u32; DISTANCES]) -> [f32; DISTANCES] {
    let n: u32 = counts.iter().sum();
    let nf = (n as f32).max(1.0);
    let mean = counts.iter().enumerate().map(|(d, &c)| d as f32 * c as f32).sum::<f32>() / nf;
    let variance = counts.iter().enumerate().map(|(d, &c)| (d as f32 - mean).powi(2) * c as f32).sum::<f32>() / nf;
    let sd = variance.sqrt().max(2.0);
    let longest = counts.iter().rposition(|&c| c > 0).unwrap_or(0);
    let mut curve = [0.0f32; DISTANCES];
    let mut lowest = f32::INFINITY;
    for d in 0..DISTANCES {
        // Counts of neighbouring distances together; beyond them, a bell curve through all.
        let (low, high) = (d.saturating_sub(3), (d + 3).min(DISTANCES - 1));
        let near = counts[low..=high].iter().sum::<u32>() as f32 / nf / (high - low + 1) as f32;
        // Beyond the longest distance seen, nothing is left to tell.
        let z = (d.min(longest) as f32 - mean) / sd;
        let bell = (-0.5 * z * z).exp() / (sd * 2.5066);
        let any = (0.9 * near + 0.1 * bell).max(1e-7);
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
    if most <= 0.05 || zero == 0 {
        // The word looks like everything: it earns nothing, and costs nothing either.
        return WordScore { start: 0, slope: 0, most: 0, least: 0 };
    }
    let back = zero - (zero / 4).max(1);
    let slope = ((curve[back] - curve[zero]) / (zero - back) as f32).clamp(0.03, 1.5);
    WordScore {
        start: units(slope * zero as f32 + prior_nats),
        slope: units(slope).max(1),
        most: units((most + prior_nats).max(0.0)),
        least: units(-config.least_nats),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{BitWeights, Codes, Family};
    use crate::index::Strip;
    use crate::page::Word;

    /// A code far from those of other words.
    fn code(word: u64) -> u64 {
        (word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Steps of width of a catalogue's word.
    fn written(word: u64) -> u8 {
        100 + (word * 37 % 90) as u8
    }

    /// A catalogue of so many words, each as often as all others.
    fn catalogue(words: u64) -> Strip {
        let codes = Codes::from_data(Family::Net, (0..words).map(code).collect()).expect("a word a code");
        let (widths, caps): (Vec<u8>, Vec<i16>) = (0..words).map(|w| (written(w), 256)).unzip();
        Strip::new(std::iter::once((vec![&codes], widths.as_slice(), caps.as_slice()))).expect("one length")
    }

    /// Words on lines, each so many steps wider than the catalogue's, of small text.
    struct Small {
        page: Page,
        codes: Codes,
        weights: Vec<BitWeights>,
        widths: Vec<WidthProbe>,
    }

    impl Small {
        fn of(words: &[(u64, u32, i16)]) -> Self {
            let word = |(k, &(_, line, _)): (u32, &(u64, u32, i16))| Word {
                from: k,
                to: k + 1,
                line,
                frame: crate::geom::WordFrame::level(0.0, 9.0, 3.0, 3.0),
                prior_nats: 0.0,
                likeliest: true,
            };
            let width = |&(word, _, stretch): &(u64, u32, i16)| WidthProbe {
                log_width: (i16::from(written(word)) + stretch) as u8,
                weight: width_weight(3.0),
            };
            Self {
                page: Page {
                    words: (0..).zip(words).map(word).collect(),
                    nodes: words.len() as u32 + 1,
                    ..Page::default()
                },
                codes: Codes::from_data(Family::Net, words.iter().map(|w| code(w.0)).collect()).expect("a word a code"),
                weights: vec![BitWeights::new(&[0.1; 64]); words.len()],
                widths: words.iter().map(width).collect(),
            }
        }

        fn query(&self) -> Query<'_> {
            let arc = |(word, &width): (&Word, &WidthProbe)| Arc { width, ..Arc::from(word) };
            Query {
                arcs: self.page.words.iter().zip(&self.widths).map(arc).collect(),
                nodes: self.page.nodes,
                codes: &self.codes,
                weights: &self.weights,
            }
        }
    }

    /// [`Styles::of_line`], word by word.
    fn style_of_line(stretches: &[(u32, i16)], line: u32) -> i16 {
        let times = |of: u32| if of == line { OWN_LINE } else { 1 };
        let votes = |at: i16| -> usize {
            stretches.iter().filter(|(_, s)| (s - at).abs() <= ALIKE_STEPS).map(|(of, _)| times(*of)).sum()
        };
        let all: usize = stretches.iter().map(|(of, _)| times(*of)).sum();
        let densest = stretches.iter().map(|(_, at)| (votes(*at), Reverse(at.abs()), *at)).max();
        densest.filter(|(votes, ..)| 4 * votes >= all).map_or(0, |(.., at)| at)
    }

    proptest! {
        #[test]
        fn styles_are_those_of_a_plain_count(
            stretches in prop::collection::vec((0u32..4, prop_oneof![-255i16..=255, -20i16..20]), 5..60),
        ) {
            let styles = Styles::of(stretches.clone()).expect("enough words");
            for line in 0..5 {
                prop_assert_eq!(styles.of_line(line), style_of_line(&stretches, line), "line {}", line);
            }
        }
    }

    #[test]
    fn a_lines_style_is_no_difference() {
        let strip = catalogue(500);
        let (sample, kernels) = (Sample::of_strip(&strip), Kernels::best());
        // A line of a narrow typeface, one whose x-height was taken too small, and words that the catalogue lacks.
        let word = |k: u64| match k {
            0..20 => (k * 7, 0, -12 + (k % 5) as i16 - 2),
            20..40 => (k * 7, 1, 20 + (k % 5) as i16 - 2),
            _ => (k * 1000, 1, (k * 29 % 80) as i16 - 40),
        };
        let small = Small::of(&(0..46).map(word).collect::<Vec<_>>());
        let mut query = small.query();
        query.fit_widths(&small.page, &sample, &kernels);
        for k in 0..40 {
            let left = i16::from(query.arcs[k].width.log_width) - i16::from(written(k as u64 * 7));
            assert!(left.abs() <= 4, "word {k} differs by {left} steps");
        }
        // Too few words to tell a style by.
        let few = Small::of(&[(7, 0, 20), (14, 0, 20), (21, 0, 20)]);
        let mut query = few.query();
        query.fit_widths(&few.page, &sample, &kernels);
        assert_eq!(query.arcs, few.query().arcs);
    }

    #[test]
    fn words_of_another_width_earn_less() {
        let strip = catalogue(500);
        let (sample, kernels, config) = (Sample::of_strip(&strip), Kernels::best(), ScoreConfig::default());
        let small = Small::of(&[(3, 0, 0), (3, 0, 6), (3, 0, 40)]);
        let query = small.query();
        let scores = word_scores(&query, &sample, &kernels, &config);
        let earned = |k: usize| scores[k].at(strip.distance(query.probe(k), 3), i16::MAX);
        assert!(earned(0) > earned(2), "{} and {}", earned(0), earned(2));
        assert!(earned(0) >= earned(1) && earned(1) > earned(2));
        // Large shapes tell all by themselves.
        assert_eq!(width_weight(8.0), 0);
    }
}
