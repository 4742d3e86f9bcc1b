//! Widths of words beside their codes: how much they count, and the style of each line that is no difference.

use std::cmp::Reverse;

use super::background::BackgroundSample;
use super::query::{Edge, Query};
use crate::page::Page;
use crate::simd::Kernels;
use crate::simd::kernels::{Probe, WidthProbe};

/// Fewer words do not tell how wide a picture's words are.
///
/// Tuned (words): chosen by eye.
const FEWEST_STRETCHES: usize = 5;
/// Widths of one style differ by so much, in steps of [`log_width`](crate::fingerprint::log_width): a seventh.
///
/// Tuned (steps of width): chosen by eye.
const ALIKE_STEPS: i16 = 6;
/// A style is told if at least one in so many words has it.
///
/// Tuned (divisor of the words): chosen by eye.
const AGREEING: usize = 4;
/// Most steps that one width can be from another.
const WIDEST: i16 = 255;
/// How many times as much a line's own words count there.
///
/// Tuned (factor): chosen by eye.
const OWN_LINE: usize = 4;

impl Query<'_> {
    /// Takes the widths of words that count as so much narrower as most words of their line are wider than the
    /// catalogue's: its typeface is, its x-height was measured too small, it was squeezed. Told by the words that the
    /// catalogue's sample holds too, as half of a text is frequent words: each is compared with the nearest in the
    /// sample by its code alone.
    ///
    /// Cost: one pass over the sample for each word, and one over the words for each line.
    pub(crate) fn fit_widths(&mut self, page: &Page, sample: &BackgroundSample, kernels: &Kernels) {
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
                .then(|| (line(k), i16::from(self.edges[k].width.log_width) - written))
        };
        let counting = |a: &Edge| a.width.weight > 0;
        let words = (0..self.edges.len()).filter(|&k| self.edges[k].likeliest && counting(&self.edges[k]));
        let stretches: Vec<(u32, i16)> = words.filter_map(stretch).collect();
        let Some(styles) = Styles::new(stretches) else { return };
        let mut of_line = (u32::MAX, 0);
        for k in 0..self.edges.len() {
            if !counting(&self.edges[k]) {
                continue;
            }
            if of_line.0 != line(k) {
                of_line = (line(k), styles.of_line(line(k)));
            }
            let width = &mut self.edges[k].width;
            width.log_width = (i16::from(width.log_width) - of_line.1).clamp(0, 255) as u8;
        }
    }
}

/// How much wider words of a picture are than the catalogue's, in steps of
/// [`log_width`](crate::fingerprint::log_width).
struct Styles {
    /// Of each word that tells, its line and by how many steps it is wider.
    stretches: Vec<(u32, i16)>,
    /// How many of these are about so much wider: 255 steps narrower to 255 wider.
    of_all: Vec<usize>,
}

impl Styles {
    /// None of too few words.
    fn new(stretches: Vec<(u32, i16)>) -> Option<Self> {
        let mut of_all = vec![0; 2 * WIDEST as usize + 1];
        stretches.iter().for_each(|&(_, stretch)| Self::vote(&mut of_all, stretch, 1));
        (stretches.len() >= FEWEST_STRETCHES).then_some(Self { stretches, of_all })
    }

    fn vote(votes: &mut [usize], stretch: i16, times: usize) {
        let near = (stretch - ALIKE_STEPS).max(-WIDEST)..=(stretch + ALIKE_STEPS).min(WIDEST);
        near.for_each(|at| votes[(at + WIDEST) as usize] += times);
    }

    /// The mode of a line's words and, counting less, of all others: the nearest may be another word, and what was cut
    /// through is all wrong. 0 if less than a quarter agree.
    fn of_line(&self, line: u32) -> i16 {
        let own = || self.stretches.iter().filter(move |(of, _)| *of == line);
        let mut votes = self.of_all.clone();
        own().for_each(|&(_, stretch)| Self::vote(&mut votes, stretch, OWN_LINE - 1));
        let all = self.stretches.len() + (OWN_LINE - 1) * own().count();
        let seen = self.stretches.iter().map(|&(_, at)| (votes[(at + WIDEST) as usize], Reverse(at.abs()), at));
        seen.max().filter(|(votes, ..)| AGREEING * votes >= all).map_or(0, |(.., at)| at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{BitWeights, Codes, Family};
    use crate::page::Word;
    use crate::search::batch::Batch;
    use crate::search::query::width_weight;
    use crate::search::score::{ScoreConfig, word_scores};

    /// A code far from those of other words.
    fn code(word: u64) -> u64 {
        (word + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Steps of width of a catalogue's word.
    fn written(word: u64) -> u8 {
        100 + (word * 37 % 90) as u8
    }

    /// A catalogue of so many words, each as often as all others.
    fn catalogue(words: u64) -> Batch {
        let codes = Codes::from_data(Family::Net, (0..words).map(code).collect()).expect("a word a code");
        let (widths, caps): (Vec<u8>, Vec<i16>) = (0..words).map(|w| (written(w), 256)).unzip();
        Batch::new(std::iter::once((vec![&codes], widths.as_slice(), caps.as_slice()))).expect("one length")
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
            let edge = |(word, &width): (&Word, &WidthProbe)| Edge { width, ..Edge::from(word) };
            Query {
                edges: self.page.words.iter().zip(&self.widths).map(edge).collect(),
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
            let styles = Styles::new(stretches.clone()).expect("enough words");
            for line in 0..5 {
                prop_assert_eq!(styles.of_line(line), style_of_line(&stretches, line), "line {}", line);
            }
        }
    }

    #[test]
    fn a_lines_style_is_no_difference() {
        let batch = catalogue(500);
        let (sample, kernels) = (BackgroundSample::from_batch(&batch), Kernels::best());
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
            let left = i16::from(query.edges[k].width.log_width) - i16::from(written(k as u64 * 7));
            assert!(left.abs() <= 4, "word {k} differs by {left} steps");
        }
        // Too few words to tell a style by.
        let few = Small::of(&[(7, 0, 20), (14, 0, 20), (21, 0, 20)]);
        let mut query = few.query();
        query.fit_widths(&few.page, &sample, &kernels);
        assert_eq!(query.edges, few.query().edges);
    }

    #[test]
    fn words_of_another_width_earn_less() {
        let batch = catalogue(500);
        let (sample, kernels, config) = (BackgroundSample::from_batch(&batch), Kernels::best(), ScoreConfig::default());
        let small = Small::of(&[(3, 0, 0), (3, 0, 6), (3, 0, 40)]);
        let query = small.query();
        let scores = word_scores(&query, &sample, &kernels, &config);
        let earned = |k: usize| scores[k].at(batch.distance(query.probe(k), 3), i16::MAX);
        assert!(earned(0) > earned(2), "{} and {}", earned(0), earned(2));
        assert!(earned(0) >= earned(1) && earned(1) > earned(2));
        // Large shapes tell all by themselves.
        assert_eq!(width_weight(8.0), 0);
    }
}
