//! Captures of one document, scrolled on from each to the next, are stitched together.
//!
//! As panoramas are (Szeliski, *Image Alignment and Stitching*, 2006, sections 2 and 6). First, the motion between two
//! captures is found from what both show. Then both are cut along one seam in the middle of that: what lies before the
//! seam is taken from the one, what lies behind it from the other. At the seam both are whole, whatever the window's
//! edges cut through. What stays where it is while the text moves (bars of the window, a list beside the text) is taken
//! once.

use super::picture::{Place, Reading};
use crate::fingerprint::differing_bits;

/// Fewest words that two captures have in common, if that is to be no chance.
///
/// Tuned (words): chosen by eye; three equal words of two captures may be chance.
const MIN_COMMON: usize = 4;
/// Words are alike of whose codes' bits no more than one in this many differs.
///
/// Tuned (bits): chosen by eye.
const ONE_BIT_DIFFERS_IN: u32 = 6;
/// Of the words that both must show after a motion, the share that is found.
///
/// Tuned (share): chosen by eye; with all of these, 68 of 20,959 words of 384 captures are kept twice and none is lost.
const MIN_SHARE: f32 = 0.5;
/// Words that stand together in one capture do so in the next, but for this.
///
/// Tuned (x-heights): chosen by eye.
const TOLERANCE_XH: f32 = 0.5;
/// Share of a line's words that stay where they are in lines that do.
///
/// Tuned (share): chosen by eye.
const STILL_SHARE: f32 = 0.6;
/// Captures cut out by hand begin this far apart, at most.
///
/// Tuned (x-heights): chosen by eye.
const MAX_CROP_XH: f32 = 8.0;
/// Scales that differ less are one.
///
/// Tuned (share): chosen by eye.
const SAME_SCALE: f32 = 0.01;
/// How much larger one capture may be than the other, at most.
///
/// Tuned (factor): chosen by eye.
const MAX_SCALE: f32 = 3.0;
/// Motions differ whose scales differ by more, or whose shifts do.
///
/// Tuned (share): chosen by eye.
const MIN_SCALE_STEP: f32 = 0.003;
/// See [`MIN_SCALE_STEP`].
///
/// Tuned (pixels): chosen by eye. At 3× and 4× screens some more motions are looked at that are nearly the same.
const MIN_SHIFT_STEP_PX: f32 = 2.0;
/// Motions of what stays that are nearer than this are one.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× screens some more motions are tried that are nearly the same.
const SAME_STAY_PX: f32 = 1.0;
/// Words so near beyond the outermost ones that fit a motion are expected to be found, too.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× screens words of the outermost lines may count as not expected.
const EXPECTED_MARGIN_PX: f32 = 1.0;
/// Two pairs of words tell a scale if they are this far apart.
///
/// Tuned (x-heights): chosen by eye.
const MIN_SCALE_BASE_XH: f32 = 4.0;
/// A scale by two words' distance agrees with the one by their sizes within these factors.
///
/// Tuned (factor): chosen by eye.
const SCALE_BY_SIZE: std::ops::RangeInclusive<f32> = 0.8..=1.25;
/// A scale that differs less from one is one.
///
/// Tuned (share): chosen by eye.
const MIN_SCALING: f32 = 0.005;
/// Rounds of fitting a motion to the words that fit it.
///
/// Tuned (count): chosen by eye.
const REFINEMENTS: usize = 3;
/// Words that stand for all in guessing a motion by two of them.
///
/// Tuned (words): bounds the time of large captures; chosen by eye.
const MAX_ANCHORS: usize = 96;
/// Times as many stand for all in guessing a motion by one of them.
///
/// Tuned (factor): chosen by eye.
const SHIFT_ANCHORS: usize = 8;
/// Motions that are looked at closely.
///
/// Tuned (count): bounds the time of large captures; chosen by eye.
const MAX_MOTIONS: usize = 64;
/// A seam lies between the quartiles of the common words' baselines, or this far beyond.
///
/// Tuned (x-heights): chosen by eye.
const SEAM_MARGIN_XH: f32 = 0.5;
/// Gaps between baselines wider than this are no better as a seam; below the last line is one of this width.
///
/// Tuned (x-heights): chosen by eye.
const WIDE_GAP_XH: f32 = 2.0;
/// How far a seam may lie from the middle of what both captures show before that halves its worth.
///
/// Tuned (x-heights): chosen by eye.
const SEAM_REACH_XH: f32 = 4.0;

/// The words of each capture that the document is made of, in order.
pub(super) fn stitch(captures: &[Reading]) -> Vec<Vec<usize>> {
    let mut kept: Vec<Vec<bool>> = captures.iter().map(|c| vec![true; c.places.len()]).collect();
    for (k, pair) in captures.windows(2).enumerate() {
        let (first, second) = kept.split_at_mut(k + 1);
        cut(&pair[0], &pair[1], &mut first[k], &mut second[0]);
    }
    kept.iter().map(|words| (0..words.len()).filter(|&w| words[w]).collect()).collect()
}

/// The same word in both captures, perhaps.
#[derive(Clone, Copy)]
struct Pair {
    before: usize,
    next: usize,
}

/// Where a point of the next capture lies in the one before: `scale · p + shift`.
#[derive(Clone, Copy, Debug)]
struct Motion {
    scale: f32,
    shift: [f32; 2],
}

impl Motion {
    fn length(self) -> f32 {
        self.shift[0].abs() + self.shift[1].abs()
    }

    fn differs(self, other: Self) -> bool {
        (self.scale - other.scale).abs() > MIN_SCALE_STEP
            || (0..2).any(|k| (self.shift[k] - other.shift[k]).abs() > MIN_SHIFT_STEP_PX)
    }

    fn y(self, place: &Place) -> f32 {
        self.scale * place.y + self.shift[1]
    }

    /// Whether a word moved so.
    fn fits(self, before: &Place, next: &Place) -> bool {
        let tolerance = TOLERANCE_XH * before.x_height_px;
        (self.y(next) - before.y).abs() <= tolerance
            && (self.scale * next.x + self.shift[0] - before.x).abs()
                <= tolerance.max(TOLERANCE_XH * self.scale * next.x_height_px)
    }

    /// The motion that fits best (least squares); a scale of exactly one stays.
    fn refined(self, pairs: &[(Place, Place)]) -> Self {
        let mean = |of: &dyn Fn(&(Place, Place)) -> f32| pairs.iter().map(of).sum::<f32>() / pairs.len().max(1) as f32;
        let [ax, ay, bx, by] = [mean(&|p| p.0.x), mean(&|p| p.0.y), mean(&|p| p.1.x), mean(&|p| p.1.y)];
        let scale = if self.scale == 1.0 {
            1.0
        } else {
            let product = mean(&|(a, b)| (a.x - ax) * (b.x - bx) + (a.y - ay) * (b.y - by));
            product / mean(&|(_, b)| (b.x - bx).powi(2) + (b.y - by).powi(2)).max(f32::MIN_POSITIVE)
        };
        Self { scale, shift: [ax - scale * bx, ay - scale * by] }
    }
}

/// Marks those words as not kept that the other one of two captures in a row holds.
fn cut(before: &Reading, next: &Reading, kept_before: &mut [bool], kept_next: &mut [bool]) {
    let bits = before.codes.family().bits() as u32;
    let pairs = pairs(before, next, bits / ONE_BIT_DIFFERS_IN);
    let found = motions(before, next, &pairs);
    let Some((first, fitting)) = found.first() else { return };

    // What stays: the least motion by which whole lines come together that do not move with the rest.
    let is_near = |m: &Motion| {
        let limit = MAX_CROP_XH * before.places[fitting[0].before].x_height_px;
        (m.scale / first.scale - 1.0).abs() < SAME_SCALE && m.shift.iter().all(|s| s.abs() <= limit)
    };
    let mut near: Vec<Motion> = vec![Motion { scale: first.scale, shift: [0.0; 2] }];
    near.extend(found.iter().map(|(m, _)| *m).filter(is_near));
    near.sort_by(|a, b| a.length().total_cmp(&b.length()));
    near.dedup_by(|a, b| (a.shift[0] - b.shift[0]).abs() + (a.shift[1] - b.shift[1]).abs() < SAME_STAY_PX);
    let partner =
        near.iter().find_map(|m| stays(before, next, &pairs, *m)).unwrap_or_else(|| vec![None; next.places.len()]);
    let still_next: Vec<bool> = partner.iter().map(Option::is_some).collect();
    let mut still_before = vec![false; before.places.len()];
    partner.iter().flatten().for_each(|&i| still_before[i] = true);

    // What moves.
    let moving: Vec<Pair> = pairs.iter().filter(|p| !still_before[p.before] && !still_next[p.next]).copied().collect();
    let is_scroll = |m: &Motion| m.shift[1].abs() >= m.shift[0].abs();
    let expected = |m: Motion, fitting: &[Pair]| {
        let ys = || fitting.iter().map(|p| before.places[p.before].y);
        let (low, high) = (ys().fold(f32::MAX, f32::min), ys().fold(f32::MIN, f32::max));
        let inside = |j: &usize| {
            !still_next[*j] && (low - EXPECTED_MARGIN_PX..=high + EXPECTED_MARGIN_PX).contains(&m.y(&next.places[*j]))
        };
        (0..next.places.len()).filter(inside).count()
    };
    let scrolled = motions(before, next, &moving)
        .into_iter()
        .find(|(m, fitting)| is_scroll(m) && fitting.len() as f32 >= MIN_SHARE * expected(*m, fitting) as f32);
    let (mut above, mut below) = (vec![true; before.places.len()], vec![true; next.places.len()]);
    if let Some((motion, fitting)) = scrolled {
        let baselines = |places: &[Place], still: &[bool], y: &dyn Fn(&Place) -> f32| -> Vec<f32> {
            places.iter().zip(still).filter(|(_, still)| !**still).map(|(p, _)| y(p)).collect()
        };
        let mut all = baselines(&before.places, &still_before, &|p| p.y);
        all.extend(baselines(&next.places, &still_next, &|p| motion.y(p)));
        let seam = seam(all, fitting.iter().map(|p| before.places[p.before]).collect());
        let down = motion.shift[1] >= 0.0;
        above = before.places.iter().map(|p| (p.y < seam) == down).collect();
        below = next.places.iter().map(|p| (motion.y(p) >= seam) == down).collect();
    }
    // A bar at the window's foot comes after the text: the last capture is left to show it.
    let last = (0..above.len()).rev().find(|&i| !still_before[i] && above[i] && kept_before[i]);
    let handed_on: Vec<bool> =
        (0..above.len()).map(|i| kept_before[i] && still_before[i] && last.is_none_or(|last| i > last)).collect();
    for i in 0..above.len() {
        kept_before[i] &= if still_before[i] { !handed_on[i] } else { above[i] };
    }
    for j in 0..below.len() {
        kept_next[j] = partner[j].map_or(below[j], |i| handed_on[i]);
    }
}

/// Words with nearly the same code.
fn pairs(before: &Reading, next: &Reading, most_bits: u32) -> Vec<Pair> {
    let alike = |i: usize, j: usize| differing_bits(before.codes.get(i), next.codes.get(j)) <= most_bits;
    let of =
        |j: usize| (0..before.places.len()).filter(move |&i| alike(i, j)).map(move |i| Pair { before: i, next: j });
    (0..next.places.len()).flat_map(of).collect()
}

/// For each word of the next capture, the word before that it is after a motion, if its line moved so; `None` if no
/// lines did.
fn stays(before: &Reading, next: &Reading, pairs: &[Pair], stay: Motion) -> Option<Vec<Option<usize>>> {
    let mut partner = vec![None; next.places.len()];
    for p in pairs.iter().filter(|p| stay.fits(&before.places[p.before], &next.places[p.next])) {
        partner[p.next] = Some(p.before);
    }
    let lines = next.places.iter().map(|p| p.line as usize + 1).max().unwrap_or(0);
    let (mut words, mut still) = (vec![0usize; lines], vec![0usize; lines]);
    for (place, partner) in next.places.iter().zip(&partner) {
        words[place.line as usize] += 1;
        still[place.line as usize] += usize::from(partner.is_some());
    }
    let stays = |line: usize| still[line] as f32 >= STILL_SHARE * words[line] as f32;
    let common: usize = (0..lines).filter(|&l| stays(l)).map(|l| still[l]).sum();
    for (place, partner) in next.places.iter().zip(&mut partner) {
        if !stays(place.line as usize) {
            *partner = None;
        }
    }
    (common >= MIN_COMMON).then_some(partner)
}

/// Motions that bring four words and more together, with the pairs that fit; those of most words first.
fn motions(before: &Reading, next: &Reading, pairs: &[Pair]) -> Vec<(Motion, Vec<Pair>)> {
    // Anchors: words that have few partners.
    let (mut as_before, mut as_next) = (vec![0u32; before.places.len()], vec![0u32; next.places.len()]);
    for p in pairs {
        as_before[p.before] += 1;
        as_next[p.next] += 1;
    }
    let mut anchors: Vec<Pair> = pairs.to_vec();
    anchors.sort_by_key(|p| as_before[p.before].max(as_next[p.next]));
    let unique = anchors.partition_point(|p| as_before[p.before].max(as_next[p.next]) <= 1);
    anchors.truncate(unique.max(MAX_ANCHORS));
    let spread =
        |most: usize| -> Vec<Pair> { anchors.iter().step_by(anchors.len().div_ceil(most).max(1)).copied().collect() };

    let place = |p: &Pair| (before.places[p.before], next.places[p.next]);
    let mut guesses: Vec<Motion> = spread(SHIFT_ANCHORS * MAX_ANCHORS)
        .iter()
        .map(|p| {
            let (a, b) = place(p);
            Motion { scale: 1.0, shift: [a.x - b.x, a.y - b.y] }
        })
        .collect();
    let two = spread(MAX_ANCHORS);
    for (k, p) in two.iter().enumerate() {
        let (a, b) = place(p);
        for q in &two[..k] {
            let (c, d) = place(q);
            let (far, scaled) = ((b.y - d.y).abs(), (a.y - c.y) / (b.y - d.y));
            let between = 1.0 / MAX_SCALE..=MAX_SCALE;
            let by_size = scaled * b.x_height_px / a.x_height_px;
            if far >= MIN_SCALE_BASE_XH * b.x_height_px
                && between.contains(&scaled)
                && SCALE_BY_SIZE.contains(&by_size)
                && (scaled - 1.0).abs() > MIN_SCALING
            {
                guesses.push(Motion { scale: scaled, shift: [a.x - scaled * b.x, a.y - scaled * b.y] });
            }
        }
    }
    let fitting = |m: Motion| -> Vec<Pair> {
        let fits = |p: &&Pair| m.fits(&before.places[p.before], &next.places[p.next]);
        let mut fitting: Vec<Pair> = pairs.iter().filter(fits).copied().collect();
        fitting.dedup_by_key(|p| p.next);
        fitting
    };
    let mut counted: Vec<(usize, Motion)> = guesses.into_iter().map(|m| (fitting(m).len(), m)).collect();
    counted.retain(|(n, _)| *n >= MIN_COMMON);
    counted.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let mut found: Vec<(Motion, Vec<Pair>)> = Vec::new();
    for (_, motion) in counted {
        if found.len() < MAX_MOTIONS && found.iter().all(|(other, _)| motion.differs(*other)) {
            found.push((motion, fitting(motion)));
        }
    }
    for (motion, fits) in &mut found {
        for _ in 0..REFINEMENTS {
            *motion = motion.refined(&fits.iter().map(place).collect::<Vec<_>>());
            *fits = fitting(*motion);
        }
    }
    found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.shift[1].total_cmp(&b.0.shift[1])));
    found
}

/// A height between two baselines of all, near the middle of the words that both captures show.
fn seam(mut baselines: Vec<f32>, mut common: Vec<Place>) -> f32 {
    baselines.sort_by(f32::total_cmp);
    common.sort_by(|a, b| a.y.total_cmp(&b.y));
    let at = |share: usize| common[(common.len() - 1) * share / 4];
    let (low, middle, high) = (at(1), at(2), at(3));
    let gaps = baselines.windows(2).map(|pair| [pair[0], pair[1]]);
    let last = baselines.last().map(|&y| [y, y + WIDE_GAP_XH * middle.x_height_px]);
    let usable = gaps.chain(last).filter(|[y, _]| {
        (low.y - SEAM_MARGIN_XH * low.x_height_px..=high.y + SEAM_MARGIN_XH * high.x_height_px).contains(y)
    });
    // A gap twice as wide may be twice as far away.
    let worth = |&[y, to]: &[f32; 2]| {
        (to - y).min(WIDE_GAP_XH * middle.x_height_px)
            / (((y + to) / 2.0 - middle.y).abs() + SEAM_REACH_XH * middle.x_height_px)
    };
    usable.max_by(|a, b| worth(a).total_cmp(&worth(b))).map_or(middle.y + middle.x_height_px, |[y, to]| (y + to) / 2.0)
}

#[cfg(test)]
mod tests;
