//! Captures of one document, scrolled on from each to the next, are joined.
//!
//! As panoramas are (Szeliski, *Image Alignment and Stitching*, 2006, sections 2 and 6): find the motion between two captures from
//! what both show, cut both along one seam in the middle of that, and take what lies before the seam from the one, what lies behind it from the
//! other. At the seam both are whole, whatever the window's edges cut through. What stays where it is while the text moves (bars of the
//! window, a list beside the text) is taken once.

use super::picture::{Place, Reading};
use crate::fingerprint::differing_bits;

/// The words of each capture that the document is made of, in order.
pub(super) fn join(captures: &[Reading]) -> Vec<Vec<usize>> {
    let mut kept: Vec<Vec<bool>> = captures.iter().map(|c| vec![true; c.places.len()]).collect();
    for (k, pair) in captures.windows(2).enumerate() {
        let (first, second) = kept.split_at_mut(k + 1);
        cut(&pair[0], &pair[1], &mut first[k], &mut second[0]);
    }
    kept.iter().map(|words| (0..words.len()).filter(|&w| words[w]).collect()).collect()
}

/// Fewest words that two captures have in common, if that is to be no chance.
const MIN_COMMON: usize = 4;
/// Of the words that both must show after a motion, the share that is found.
const MIN_SHARE: f32 = 0.5;
/// Words that stand together in one capture do so in the next, but for so many x-heights.
const TOLERANCE_XH: f32 = 0.5;
/// Share of a line's words that stay where they are in lines that do.
const STILL_SHARE: f32 = 0.6;
/// Captures cut out by hand begin so many x-heights apart, at most.
const MAX_CROP_XH: f32 = 8.0;
/// Scales that differ less are one.
const SAME_SCALE: f32 = 0.01;
/// How much larger one capture may be than the other, at most.
const MAX_SCALE: f32 = 3.0;

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
        (self.scale - other.scale).abs() > 0.003 || (0..2).any(|k| (self.shift[k] - other.shift[k]).abs() > 2.0)
    }

    fn y(self, place: &Place) -> f32 {
        self.scale * place.y + self.shift[1]
    }

    /// Whether a word moved so.
    fn fits(self, before: &Place, next: &Place) -> bool {
        let tolerance = TOLERANCE_XH * before.x_height_px;
        (self.y(next) - before.y).abs() <= tolerance
            && (self.scale * next.x + self.shift[0] - before.x).abs()
                <= tolerance.max(0.5 * self.scale * next.x_height_px)
    }
}

impl Motion {
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

/// Rounds of fitting a motion to the words that fit it.
const REFINEMENTS: usize = 3;

/// Marks those words as not kept that the other one of two captures in a row holds.
fn cut(before: &Reading, next: &Reading, kept_before: &mut [bool], kept_next: &mut [bool]) {
    let bits = before.codes.family().bits() as u32;
    let pairs = pairs(before, next, bits / 6);
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
    near.dedup_by(|a, b| (a.shift[0] - b.shift[0]).abs() + (a.shift[1] - b.shift[1]).abs() < 1.0);
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
        let inside = |j: &usize| !still_next[*j] && (low - 1.0..=high + 1.0).contains(&m.y(&next.places[*j]));
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

/// For each word of the next capture, the word before that it is after a motion, if its line moved so; `None` if no lines did.
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

/// Words that stand for all in guessing a motion.
const MAX_ANCHORS: usize = 96;
/// Motions that are looked at closely.
const MAX_MOTIONS: usize = 64;

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
    let mut guesses: Vec<Motion> = spread(8 * MAX_ANCHORS)
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
            if far >= 4.0 * b.x_height_px
                && between.contains(&scaled)
                && (0.8..=1.25).contains(&by_size)
                && (scaled - 1.0).abs() > 0.005
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
    let last = baselines.last().map(|&y| [y, y + 2.0 * middle.x_height_px]);
    let usable =
        gaps.chain(last).filter(|[y, _]| (low.y - 0.5 * low.x_height_px..=high.y + 0.5 * high.x_height_px).contains(y));
    // A gap twice as wide may be twice as far away.
    let worth = |&[y, to]: &[f32; 2]| {
        (to - y).min(2.0 * middle.x_height_px) / (((y + to) / 2.0 - middle.y).abs() + 4.0 * middle.x_height_px)
    };
    usable.max_by(|a, b| worth(a).total_cmp(&worth(b))).map_or(middle.y + middle.x_height_px, |[y, to]| (y + to) / 2.0)
}

#[cfg(test)]
mod tests {
    use image::imageops::{FilterType, replace, resize};
    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;
    use crate::catalogue::picture::read;
    use crate::fingerprint::{Codes, Family};

    /// One word a number, unlike each other, ten a line; the window's upper edge is at word `top`.
    fn reading(words: impl IntoIterator<Item = u64>, top: u64) -> Reading {
        let words: Vec<u64> = words.into_iter().collect();
        let codes: Vec<u64> = words.iter().map(|w| (w + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let place = |&w: &u64| Place {
            x: (w % 10) as f32 * 60.0,
            y: (w / 10) as f32 * 20.0 - (top / 10) as f32 * 20.0,
            width_px: 40.0,
            x_height_px: 7.0,
            line: (w / 10) as u32,
        };
        Reading {
            widths: codes.iter().map(|w| (w >> 58) as u8 + 20).collect(),
            places: words.iter().map(place).collect(),
            codes: Codes::from_data(Family::Net, codes).expect("64 bits a word"),
        }
    }

    /// The numbers of the words that are kept.
    fn joined(captures: &[Vec<u64>], tops: &[u64]) -> Vec<u64> {
        let readings: Vec<Reading> =
            captures.iter().zip(tops).map(|(c, &top)| reading(c.iter().copied(), top)).collect();
        join(&readings).iter().zip(captures).flat_map(|(kept, words)| kept.iter().map(|&k| words[k])).collect()
    }

    #[test]
    fn what_two_captures_show_is_taken_once() {
        let words = |range: std::ops::Range<u64>| range.collect::<Vec<_>>();
        assert_eq!(joined(&[words(0..60), words(40..100)], &[0, 40]), words(0..100));
        assert_eq!(joined(&[words(0..60), words(20..80), words(70..130)], &[0, 20, 70]), words(0..130));
        assert_eq!(joined(&[words(0..60), words(60..100)], &[0, 60]), words(0..100), "no overlap");
        assert_eq!(joined(&[words(0..60), words(0..60)], &[0, 0]), words(0..60), "the same twice");
        assert_eq!(joined(&[words(0..60), words(57..60)], &[0, 50]).len(), 63, "three words in common may be chance");
        let mut upwards = joined(&[words(40..100), words(0..60)], &[40, 0]);
        upwards.sort_unstable();
        assert_eq!(upwards, words(0..100), "captured from the foot to the head");
        // A window's bars: above the text at words 900, below it at 950; the text is seen between.
        let bars = |range: std::ops::Range<u64>| [words(900..906), words(range), words(950..956)].concat();
        let captures = [bars(0..60), bars(40..100), bars(80..130)];
        let tops = [0, 40, 80];
        let mut readings: Vec<Reading> =
            captures.iter().zip(tops).map(|(c, top)| reading(c.iter().copied(), top)).collect();
        for (reading, captured) in readings.iter_mut().zip(&captures) {
            for (place, &word) in reading.places.iter_mut().zip(captured).filter(|(_, word)| **word >= 900) {
                place.y = if word < 950 { -30.0 } else { 150.0 };
            }
        }
        let kept = join(&readings);
        let kept: Vec<u64> = kept.iter().zip(&captures).flat_map(|(k, words)| k.iter().map(|&k| words[k])).collect();
        assert_eq!(kept, bars(0..130));
    }

    /// Captures of a picture of a whole mail: where they begin and end, how every second one is scaled, whether they were compressed, how many
    /// rows at the window's head stay.
    struct Window {
        rows: &'static [[u32; 2]],
        scale: f32,
        jpeg: bool,
        head: u32,
    }

    #[test]
    fn scrolled_windows_give_each_word_once_wherever_lines_are_cut() {
        let shot = image::open("testdata/shots/backup-breach--terminal.png").expect("a fixture").to_rgb8();
        let other = image::open("testdata/shots/shop-rota--desktop.png").expect("a fixture").to_rgb8();
        let (mut overlapping, mut twice, mut lost, mut all) = (0, 0, 0, 0);
        for (shot, windows) in [
            (
                &shot,
                [
                    Window { rows: &[[0, 405], [297, 640]], scale: 1.0, jpeg: false, head: 0 },
                    Window { rows: &[[0, 333], [211, 549], [402, 640]], scale: 1.0, jpeg: true, head: 0 },
                    Window { rows: &[[0, 420], [301, 640]], scale: 0.85, jpeg: false, head: 0 },
                    Window { rows: &[[0, 398], [190, 588], [242, 640]], scale: 1.0, jpeg: false, head: 71 },
                ],
            ),
            (
                &other,
                [
                    Window { rows: &[[0, 610], [423, 906]], scale: 1.0, jpeg: true, head: 0 },
                    Window { rows: &[[0, 577], [451, 906]], scale: 1.2, jpeg: true, head: 0 },
                    Window { rows: &[[0, 500], [206, 706], [406, 906]], scale: 1.0, jpeg: false, head: 64 },
                    Window { rows: &[[0, 590], [480, 906]], scale: 1.0, jpeg: false, head: 0 },
                ],
            ),
        ] {
            for window in windows {
                let whole = reading_of(shot, false);
                let readings: Vec<Reading> =
                    (0..window.rows.len()).map(|k| reading_of(&capture(shot, &window, k), window.jpeg)).collect();
                let kept = join(&readings);
                // Each word's place in the whole picture.
                for place in &whole.places {
                    let [mut seen, mut taken] = [0; 2];
                    for (k, (reading, kept)) in readings.iter().zip(&kept).enumerate() {
                        let (head, top) = (if k > 0 { window.head } else { 0 }, window.rows[k][0] as f32);
                        let scale = if k % 2 == 1 { window.scale } else { 1.0 };
                        let is_here = |p: &Place| {
                            let y = if p.y / scale < head as f32 { p.y / scale } else { p.y / scale + top };
                            (y - place.y).abs() < 0.8 * place.x_height_px
                                && (p.x / scale - place.x).abs() < 0.5 * (p.width_px / scale).max(place.width_px)
                        };
                        seen += usize::from(reading.places.iter().any(is_here));
                        taken += usize::from(kept.iter().any(|&k| is_here(&reading.places[k])));
                    }
                    all += usize::from(seen > 0);
                    overlapping += usize::from(seen > 1);
                    twice += usize::from(taken > 1);
                    lost += usize::from(seen > 0 && taken == 0);
                }
            }
        }
        assert!(overlapping > 500, "{overlapping} words overlap");
        assert!(twice * 100 < overlapping * 3, "{twice} of {overlapping} are taken twice");
        assert!(lost * 100 < all, "{lost} of {all} are lost");
    }

    fn capture(shot: &RgbImage, window: &Window, k: usize) -> RgbImage {
        let [top, end] = window.rows[k];
        let mut picture = image::imageops::crop_imm(shot, 0, top, shot.width(), end - top).to_image();
        if k > 0 {
            replace(&mut picture, &image::imageops::crop_imm(shot, 0, 0, shot.width(), window.head).to_image(), 0, 0);
        }
        let scaled = |length: u32| (length as f32 * window.scale).round() as u32;
        if k.is_multiple_of(2) || window.scale == 1.0 {
            return picture;
        }
        resize(&picture, scaled(picture.width()), scaled(picture.height()), FilterType::Lanczos3)
    }

    fn reading_of(picture: &RgbImage, jpeg: bool) -> Reading {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let format = if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
        DynamicImage::from(picture.clone()).write_to(&mut bytes, format).expect("a picture in memory");
        read(&bytes.into_inner(), Family::Net).expect("a picture with text")
    }
}
