//! Monospaced lines: all their letters stand at one pitch, and so tell which gaps are spaces.
//!
//! In such text the gaps beside a colon or an "i" are wider than a space of other typefaces, but never as wide as a
//! letter's cell; a space is never narrower than one.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use super::cuts::Cuts;
use crate::page::lines::fit::{LineFit, SAME_SIZE_LOG_RATIO};

/// Narrowest pitch that is tried.
///
/// Tuned (x-heights): DejaVu Sans Mono has 1.10; the rest is room for squeezed pictures.
const MIN_PITCH_XH: f32 = 0.75;

/// Widest pitch that is tried.
///
/// Tuned (x-heights): Courier has 1.45; the rest is room for stretched pictures.
const MAX_PITCH_XH: f32 = 1.6;

/// Steps between pitches that are tried, as a share of the narrowest.
///
/// Tuned (share): a quarter of a cell at most over the gaps that are looked at.
const PITCH_STEP: f32 = 0.006;

/// Wider gaps are not between two letters.
///
/// Tuned (x-heights): chosen by eye.
const MAX_LETTER_GAP_XH: f32 = 0.9;

/// A line with fewer gaps does not tell its pitch.
///
/// Tuned (count): chosen by eye.
const MIN_GAPS: usize = 12;

/// Gaps of a line that are looked at.
///
/// Tuned (count): chosen by eye: more cost time, and over more a pitch must be known better than [`PITCH_STEP`].
const MAX_GAPS: usize = 24;

/// Narrowest space: a cell and the empty ends of those beside it.
///
/// Tuned (pitches): of 24,000 gaps no space was narrower than 1.
const MIN_SPACE: f32 = 0.95;

/// Widest space.
///
/// Tuned (pitches): chosen by eye.
const MAX_SPACE: f32 = 1.75;

/// How well gaps must keep to a pitch, 0 to 1.
///
/// Tuned (share): proportional text reaches .45 (median) to .75 (1 % of lines), monospaced .92 (median).
const MIN_RESONANCE: f32 = 0.82;

/// How well two lines of a region must keep to their best pitches if these are one.
///
/// Tuned (share): letters of small text snap to pixels; as [`MIN_RESONANCE`].
const MIN_AGREED_RESONANCE: f32 = 0.75;

/// Pitches that differ by less are one.
///
/// Tuned (log ratio): two steps between pitches that are tried.
const ONE_PITCH_LOG_RATIO: f32 = 0.012;

/// How well a line must keep to the pitch of a monospaced neighbour.
///
/// Tuned (share): chosen by eye.
const MIN_SHARED_RESONANCE: f32 = 0.65;

/// How far the pitch of a line may be off its neighbour's: lines of a photo bend.
///
/// Tuned (share): chosen by eye.
const SHARED_WITHIN: f32 = 0.03;

/// For each line its pitch in pixels, if it is monospaced. A line that does not clearly tell is as the nearest lines of
/// its region and size that do. Cost: some 2,400 look-ups a line.
pub(crate) fn pitches(lines: &[LineFit], cuts: &[Cuts], regions: &[Vec<usize>]) -> Vec<Option<f32>> {
    let own: Vec<Own> = lines.iter().zip(cuts).map(|(line, cuts)| Own::new(line, cuts)).collect();
    let mut pitches: Vec<Option<f32>> = own.iter().map(Own::clear).collect();
    for region in regions {
        for k in agreeing(&own, region) {
            pitches[k] = Some(own[k].pitch_px);
        }
        let clear: Vec<Option<f32>> = region.iter().map(|&k| pitches[k]).collect();
        let unclear = (0..region.len()).filter(|&at| clear[at].is_none() && own[region[at]].tells());
        for at in unclear {
            let line = &own[region[at]];
            let shared = nearest(&own, region, at, |j| clear[j].is_some()).and_then(|j| clear[j]);
            pitches[region[at]] = shared.and_then(|pitch_px| line.shares(pitch_px));
        }
        for at in (0..region.len()).filter(|&at| !own[region[at]].tells()) {
            let telling = nearest(&own, region, at, |j| own[region[j]].tells());
            pitches[region[at]] = telling.and_then(|j| pitches[region[j]]);
        }
    }
    pitches
}

/// What a line tells by itself.
struct Own {
    /// Middles of the first gaps that may be between letters, in pixels along the line.
    middles: Vec<f32>,
    /// How well these keep to the pitch that they keep to best; 0 if they are too few to tell.
    resonance: f32,
    pitch_px: f32,
    /// Whether a gap is as wide as a space of that pitch.
    has_space: bool,
    log_x_height: f32,
}

impl Own {
    fn new(line: &LineFit, cuts: &Cuts) -> Self {
        let middles = letter_gaps(cuts);
        let x_height_px = line.x_height_px;
        let (resonance, pitch_px) = if middles.len() >= MIN_GAPS {
            best_pitch(&middles, MIN_PITCH_XH * x_height_px, MAX_PITCH_XH * x_height_px)
        } else {
            (0.0, 0.0)
        };
        let pitch_xh = pitch_px / x_height_px;
        let has_space = cuts.gaps_xh.iter().any(|gap| (MIN_SPACE..MAX_SPACE).contains(&(gap / pitch_xh)));
        Self { middles, resonance, pitch_px, has_space, log_x_height: x_height_px.ln() }
    }

    /// Whether there are enough gaps.
    fn tells(&self) -> bool {
        self.middles.len() >= MIN_GAPS
    }

    /// The pitch, if there is no doubt. Capitals of proportional typefaces, too, are nearly of one width, but spaces
    /// between them are narrower.
    fn clear(&self) -> Option<f32> {
        (self.resonance >= MIN_RESONANCE && self.has_space).then_some(self.pitch_px)
    }

    /// The pitch near a neighbour's, if the line keeps to it.
    fn shares(&self, pitch_px: f32) -> Option<f32> {
        let (least, most) = (pitch_px * (1.0 - SHARED_WITHIN), pitch_px * (1.0 + SHARED_WITHIN));
        let (resonance, pitch_px) = best_pitch(&self.middles, least, most);
        (resonance >= MIN_SHARED_RESONANCE).then_some(pitch_px)
    }
}

/// Lines of a region that keep to a pitch as another one does, which has spaces.
fn agreeing<'r>(own: &'r [Own], region: &'r [usize]) -> impl Iterator<Item = usize> + 'r {
    let keeps = |k: &usize| own[*k].resonance >= MIN_AGREED_RESONANCE;
    let spaced = region.iter().copied().filter(keeps).filter(|&k| own[k].has_space);
    let mut log_pitches: Vec<f32> = spaced.map(|k| own[k].pitch_px.ln()).collect();
    log_pitches.sort_unstable_by(f32::total_cmp);
    region.iter().copied().filter(keeps).filter(move |&k| {
        let log_pitch = own[k].pitch_px.ln();
        let from = log_pitches.partition_point(|&p| p <= log_pitch - ONE_PITCH_LOG_RATIO);
        let alike = log_pitches[from..].partition_point(|&p| p < log_pitch + ONE_PITCH_LOG_RATIO);
        alike > usize::from(own[k].has_space)
    })
}

/// Where in a region the nearest line stands that is of this one's size and of which something holds.
fn nearest(own: &[Own], region: &[usize], at: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let log_x_height = |j: usize| own[region[j]].log_x_height;
    let is_it = |j: &usize| holds(*j) && (log_x_height(*j) - log_x_height(at)).abs() < SAME_SIZE_LOG_RATIO;
    let by_distance = (1..region.len()).flat_map(|d| [at.checked_sub(d), Some(at + d)]).flatten();
    by_distance.filter(|&j| j < region.len()).find(is_it)
}

/// Middles of the first gaps that may be between letters, in pixels along the line.
fn letter_gaps(cuts: &Cuts) -> Vec<f32> {
    let between = cuts.pieces.windows(2).zip(&cuts.gaps_xh);
    let narrow = between.filter(|(_, gap)| **gap < MAX_LETTER_GAP_XH);
    narrow.map(|(p, _)| (p[0].x1 + p[1].x0) / 2.0).take(MAX_GAPS).collect()
}

/// How well places keep to the pitch that they keep to best, and that pitch.
fn best_pitch(places: &[f32], least: f32, most: f32) -> (f32, f32) {
    let steps = ((most / least - 1.0) / PITCH_STEP) as usize;
    let pitches = (0..=steps).map(|k| least * (1.0 + k as f32 * PITCH_STEP));
    pitches.map(|p| (resonance(places, p), p)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, least))
}

/// Turns of the unit circle in a table.
const TURNS: usize = 256;
static CIRCLE: LazyLock<[(f32, f32); TURNS]> =
    LazyLock::new(|| std::array::from_fn(|k| ((k as f32 + 0.5) * TAU / TURNS as f32).sin_cos()));

/// How well places keep to a pitch, 0 to 1: the length of the mean of their phases (the circular statistics' resultant;
/// K. V. Mardia and P. E. Jupp, Directional Statistics, 2000, §2.3).
fn resonance(places: &[f32], pitch: f32) -> f32 {
    let turns = TURNS as f32 / pitch;
    let phases = places.iter().map(|x| CIRCLE[(x * turns) as i32 as usize % TURNS]);
    let (sin, cos) = phases.fold((0.0, 0.0), |(a, b), (sin, cos)| (a + sin, b + cos));
    (sin * sin + cos * cos).sqrt() / places.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::Piece;

    /// A line of letters of these ink widths (in x-heights), each in a cell of this width or, without, after a gap of
    /// .2; with a space after each sixth.
    fn line(inks: &[f32], cell: Option<f32>) -> (LineFit, Cuts) {
        let xh = 8.0;
        let mut x = 0.0;
        let pieces: Vec<Piece> = inks
            .iter()
            .zip(1..)
            .map(|(ink, number)| {
                let advance = cell.unwrap_or(ink + 0.2);
                let x0 = x + (advance - ink) / 2.0;
                x += advance + if number % 6 == 0 { cell.unwrap_or(0.4) } else { 0.0 };
                Piece { x0: x0 * xh, x1: (x0 + ink) * xh }
            })
            .collect();
        let gaps_xh = pieces.windows(2).map(|p| (p[1].x0 - p[0].x1) / xh).collect();
        let fit = LineFit { x0: 0.0, x1: x * xh, baseline: 50.0, slope: 0.0, x_height_px: xh, members: vec![0] };
        (fit, Cuts { pieces, gaps_xh, marks_xh: 0.0 })
    }

    const INKS: [f32; 20] =
        [0.9, 0.2, 0.8, 0.7, 0.3, 0.85, 0.5, 0.2, 0.9, 0.75, 0.6, 0.25, 0.8, 0.9, 0.4, 0.7, 0.2, 0.85, 0.6, 0.95];

    /// The pitch of a line that is alone on its page.
    fn pitch_of((fit, cuts): (LineFit, Cuts)) -> Option<f32> {
        pitches(&[fit], &[cuts], &[vec![0]])[0]
    }

    #[test]
    fn cells_are_found_and_letters_of_their_own_widths_have_none() {
        let pitch = pitch_of(line(&INKS, Some(1.14))).expect("a pitch");
        assert!((pitch / 8.0 - 1.14).abs() < 0.02, "{pitch}");
        assert_eq!(pitch_of(line(&INKS, None)), None);
        assert_eq!(pitch_of(line(&INKS[..8], Some(1.14))), None, "too few gaps");
    }

    #[test]
    fn short_lines_are_as_their_neighbours() {
        let (lines, cuts): (Vec<_>, Vec<_>) =
            [line(&INKS, None), line(&INKS, Some(1.14)), line(&INKS[..3], Some(1.14)), line(&INKS[..3], None)]
                .into_iter()
                .unzip();
        let found = pitches(&lines, &cuts, &[vec![1, 2], vec![0, 3]]);
        assert!(found[1].is_some() && found[2] == found[1] && found[0].is_none() && found[3].is_none(), "{found:?}");
    }

    proptest! {
        /// Oracle: sines and cosines of each place.
        #[test]
        fn resonance_is_the_mean_phase(places in prop::collection::vec(0.0f32..3000.0, 1..40), pitch in 2.0f32..120.0) {
            let mean = |f: fn(f32) -> f32| places.iter().map(|x| f(x / pitch * TAU)).sum::<f32>() / places.len() as f32;
            let expected = mean(f32::sin).hypot(mean(f32::cos));
            prop_assert!((resonance(&places, pitch) - expected).abs() < 0.02);
        }
    }
}
