//! Lines and words against the truth: how many true words are found and linked, and what became of the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leakprint::geom::Rect;
use leakprint::page::{Page, PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use rayon::prelude::*;

use super::truth::{TrueWord, Truth, band};

/// What became of some true words.
#[derive(Default, Clone)]
pub(crate) struct Tally {
    pub(crate) words: usize,
    pub(crate) found: usize,
    pub(crate) pairs: usize,
    pub(crate) linked: usize,
    pub(crate) boxes: usize,
    /// As `found` and `linked`, but by the ink alone.
    found_ink: usize,
    linked_ink: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.words += other.words;
        self.found += other.found;
        self.pairs += other.pairs;
        self.linked += other.linked;
        self.boxes += other.boxes;
        self.found_ink += other.found_ink;
        self.linked_ink += other.linked_ink;
    }

    fn print(&self, name: &str) {
        let share = |a: usize, b: usize| a as f32 / b.max(1) as f32;
        println!(
            "{name:36} {:7} {:7.4} {:7.4} {:9.2} {:10.4} {:7.4}",
            self.words,
            share(self.found, self.words),
            share(self.linked, self.pairs),
            share(self.boxes, self.words),
            share(self.found_ink, self.words),
            share(self.linked_ink, self.pairs),
        );
    }
}

/// A word that was not found, or not linked to the one before it.
struct Loss {
    cause: &'static str,
    band: &'static str,
    text: String,
    area: Rect,
}

/// Words lost for one reason, in all and by picture.
#[derive(Default)]
struct Cause<'a> {
    losses: usize,
    pictures: BTreeMap<&'a Path, usize>,
}

/// What one picture comes to.
#[derive(Default)]
pub(crate) struct Measured {
    /// Lines of the page.
    pub(crate) lines: usize,
    /// Words on the likeliest path through the page.
    pub(crate) words: usize,
    tallies: BTreeMap<(Kind, &'static str), Tally>,
    losses: Vec<Loss>,
}

impl Measured {
    /// Of all true words.
    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.tallies.values().for_each(|tally| total.add(tally));
        total
    }
}

/// How the ground of a word looks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Light,
    Dark,
    Inverted,
    Highlighted,
}

/// Pictures that can be read, with what they come to.
pub(crate) type Pictures<'t> = Vec<(&'t Path, &'t Truth, Measured)>;

pub(crate) fn measure_all(truths: &[(PathBuf, Truth)]) -> Pictures<'_> {
    truths.par_iter().filter_map(|(path, truth)| Some((path.as_path(), truth, measure(path, truth)?))).collect()
}

/// Sums by group of words; the first three characters of a group's name are its place in the table.
pub(crate) fn groups(pictures: &Pictures<'_>) -> BTreeMap<String, Tally> {
    let mut rows: BTreeMap<String, Tally> = BTreeMap::new();
    for (_, truth, measured) in pictures {
        let attack = truth.attacks.first().map_or("clean", |a| &a.name);
        let turned = truth.steps().any(|s| ["phone_photo", "rotate"].contains(&s));
        let theme = truth.regions.first().map_or("none", |r| &r.theme);
        for ((kind, band), tally) in &measured.tallies {
            let mut add = |row: String| rows.entry(row).or_default().add(tally);
            let large = matches!(*band, "6-12" | ">12");
            if turned {
                add(if large { "06 photos, rotations, 6 px and more" } else { "07 photos, rotations, below 6 px" }
                    .into());
            } else {
                match *band {
                    _ if large && truth.attacks.is_empty() => add("00 6 px and more, clean".into()),
                    _ if large => add("01 6 px and more, attacked".into()),
                    "0 <2.3" => add("05 below 2.3 px".into()),
                    "2.3-3" => add("04 2.3-3 px".into()),
                    "3-4.5" => add("03 3-4.5 px".into()),
                    _ => add("02 4.5-6 px".into()),
                }
                if large {
                    add(match kind {
                        Kind::Light => "08 6 px and more, light",
                        Kind::Dark => "09 6 px and more, dark",
                        Kind::Inverted => "10 6 px and more, inverted",
                        Kind::Highlighted => "11 6 px and more, highlighted",
                    }
                    .into());
                }
            }
            add(format!("2  x-height {band}"));
            add(format!("3  attack {attack}"));
            add(format!("4  look {theme}"));
            add("5  all".into());
        }
    }
    rows
}

/// Prints the groups.
pub(crate) fn print(rows: &BTreeMap<String, Tally>) {
    println!("{:36} {:>7} {:>7} {:>7} {:>9}   by ink alone:", "", "", "", "", "boxes");
    println!("{:36} {:>7} {:>7} {:>7} {:>9} {:>10} {:>7}", "", "words", "found", "linked", "a word", "found", "linked");
    for (name, t) in rows {
        t.print(&name[3..]);
    }
}

/// Prints the tables.
pub(crate) fn page(
    truths: &[(PathBuf, Truth)],
    worst: usize,
    list_lost: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let measured = measure_all(truths);
    let mut causes: BTreeMap<(&str, &str), Cause<'_>> = BTreeMap::new();
    for (path, _, m) in &measured {
        for loss in &m.losses {
            let cause = causes.entry((loss.cause, loss.band)).or_default();
            cause.losses += 1;
            *cause.pictures.entry(*path).or_default() += 1;
            if list_lost {
                let Rect { x0, y0, x1, y1 } = loss.area;
                let stem = path.file_name().unwrap_or_default().display();
                println!(
                    "LOST {:16} {:6} {:24} {x0:.0},{y0:.0},{x1:.0},{y1:.0} {stem}",
                    loss.cause, loss.band, loss.text
                );
            }
        }
    }
    print(&groups(&measured));
    println!("\nLost, by cause, x-height and picture:");
    for ((cause, band), Cause { losses, pictures }) in &causes {
        let mut most: Vec<_> = pictures.iter().collect();
        most.sort_by_key(|p| std::cmp::Reverse(p.1));
        let stem = |p: &Path| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let most: Vec<String> = most.iter().take(3).map(|(p, n)| format!("{} {n}", stem(p))).collect();
        println!("{cause:16} {band:6} {losses:5} in {:3} pictures: {}", pictures.len(), most.join(", "));
    }
    let mut shots: Vec<_> = measured.iter().collect();
    shots.sort_by_key(|m| std::cmp::Reverse(m.2.losses.len()));
    for (path, _, m) in shots.iter().take(worst) {
        let mut by_cause: BTreeMap<&str, usize> = BTreeMap::new();
        for loss in &m.losses {
            *by_cause.entry(loss.cause).or_default() += 1;
        }
        let (total, lost) = (m.total().words, m.losses.len());
        println!("{lost:4} of {total} lost {by_cause:?}, {} words on {} lines {}", m.words, m.lines, path.display());
    }
    Ok(())
}

/// `None` for a picture that cannot be read.
fn measure(path: &Path, truth: &Truth) -> Option<Measured> {
    let raster = decode(&std::fs::read(path).ok()?, &RasterConfig::default()).ok()?;
    let page = analyse(&raster, &PageConfig::default());
    let inks: Vec<Rect> = page.words.iter().map(|w| page.hull(&w.frame)).collect();
    let hulls: Vec<Rect> =
        inks.iter().zip(&page.words).map(|(h, w)| pen_to_pen(h, SIDE_BEARING_XH * w.frame.x_height_px)).collect();
    let inverted = truth.steps().any(|s| s == "invert");
    let mut out = Measured { lines: page.lines.len(), words: page.words_seen(), ..Measured::default() };
    for region in &truth.regions {
        // The generator notes where a picture set into another page was to stand; browsers draw it up to 1.5 % smaller.
        let place = if region.embed_scale.is_some() { Drift::fit(&region.words, &hulls) } else { Drift::default() };
        let mut before: Option<(&TrueWord, Vec<usize>, Vec<usize>)> = None;
        for word in &region.words {
            if word.vis < 0.9 {
                before = None;
                continue;
            }
            let area = place.apply(&word.area());
            let band = band(word.height());
            let kind = match () {
                () if word.fx.iter().any(|f| f == "highlight") => Kind::Highlighted,
                () if inverted => Kind::Inverted,
                () if region.dark => Kind::Dark,
                () => Kind::Light,
            };
            let touching: Vec<usize> =
                (0..hulls.len()).filter(|&k| hulls[k].intersection(&area).area() > 0.0).collect();
            let alike = |boxes: &[Rect]| -> Vec<usize> {
                touching.iter().copied().filter(|&k| boxes[k].iou(&area) >= 0.5).collect()
            };
            let (penned, inked) = (alike(&hulls), alike(&inks));
            let tally = out.tallies.entry((kind, band)).or_default();
            tally.words += 1;
            tally.found += usize::from(!penned.is_empty());
            tally.found_ink += usize::from(!inked.is_empty());
            tally.boxes += touching.iter().filter(|&&k| centre_inside(&hulls[k], &area)).count();
            let mut lose = |cause| out.losses.push(Loss { cause, band, text: word.w.clone(), area });
            if penned.is_empty() {
                lose(cause(word, &area, &touching, &hulls));
            }
            if let Some((last_word, last_penned, last_inked)) = before.filter(|(b, ..)| word.i == b.i + 1) {
                tally.pairs += 1;
                tally.linked_ink += usize::from(linked(&page, &last_inked, &inked));
                if linked(&page, &last_penned, &penned) {
                    tally.linked += 1;
                } else if !last_penned.is_empty() && !penned.is_empty() {
                    lose(if last_word.line == word.line { "unlinked in line" } else { "unlinked lines" });
                }
            }
            before = Some((word, penned, inked));
        }
    }
    Some(out)
}

/// A word's hull from pen to pen, as true boxes are: words of the lattice reach from ink to ink, and an "I" has more
/// white than ink.
fn pen_to_pen(ink: &Rect, side_bearing_px: f32) -> Rect {
    Rect { x0: ink.x0 - side_bearing_px, x1: ink.x1 + side_bearing_px, ..*ink }
}

/// A usual side bearing: from .06 to .18 the table hardly changes.
const SIDE_BEARING_XH: f32 = 0.1;

/// How far a region's words stand from where its truth says: along each axis, a line through the places.
#[derive(Default)]
struct Drift {
    /// Shift at 0 and growth a pixel, along x and along y.
    axes: [(f32, f32); 2],
}

impl Drift {
    /// Medians of the shifts, and of their growth between words far apart (as Theil & Sen), over words with a box about
    /// as wide and high that they overlap.
    fn fit(words: &[TrueWord], hulls: &[Rect]) -> Self {
        let mut pairs: Vec<(Rect, Rect)> = Vec::new();
        for area in words.iter().filter(|w| w.vis >= 0.9).map(TrueWord::area) {
            let alike = |h: &&Rect| (h.width() / area.width() - 1.0).abs() < 0.1;
            let near = hulls.iter().filter(alike).max_by(|a, b| a.iou(&area).total_cmp(&b.iou(&area)));
            pairs.extend(near.filter(|h| h.iou(&area) > 0.2).map(|h| (area, *h)));
        }
        let axis = |middle: fn(&Rect) -> f32| {
            let mut shifts: Vec<_> = pairs.iter().map(|(a, h)| (middle(a), middle(h) - middle(a))).collect();
            shifts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (low, high) = shifts.split_at(shifts.len() / 2);
            let far = low.iter().zip(high).filter(|(a, b)| b.0 - a.0 > 1.0);
            let growth = median(far.map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect());
            (median(shifts.iter().map(|(at, shift)| shift - growth * at).collect()), growth)
        };
        Self { axes: [axis(|r| (r.x0 + r.x1) / 2.0), axis(|r| (r.y0 + r.y1) / 2.0)] }
    }

    fn apply(&self, area: &Rect) -> Rect {
        let [(x, wider), (y, higher)] = self.axes;
        Rect {
            x0: area.x0 * (1.0 + wider) + x,
            x1: area.x1 * (1.0 + wider) + x,
            y0: area.y0 * (1.0 + higher) + y,
            y1: area.y1 * (1.0 + higher) + y,
        }
    }
}

/// 0 of nothing.
fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn centre_inside(hull: &Rect, area: &Rect) -> bool {
    let (x, y) = ((hull.x0 + hull.x1) / 2.0, (hull.y0 + hull.y1) / 2.0);
    (area.x0..area.x1).contains(&x) && (area.y0..area.y1).contains(&y)
}

fn linked(page: &Page, last: &[usize], this: &[usize]) -> bool {
    last.iter().any(|&a| this.iter().any(|&b| page.words[a].to == page.words[b].from))
}

/// Why no box matches a word.
fn cause(word: &TrueWord, area: &Rect, touching: &[usize], hulls: &[Rect]) -> &'static str {
    let across = |h: &Rect| {
        let common = (h.x1.min(area.x1) - h.x0.max(area.x0)).max(0.0);
        (common / area.width(), common / h.width().max(0.01))
    };
    let beside = |h: &&Rect| h.intersection(area).height() > 0.3 * h.height().min(area.height());
    let near: Vec<&Rect> = touching.iter().map(|&k| &hulls[k]).filter(beside).collect();
    if !word.w.chars().any(char::is_alphanumeric) {
        return if near.iter().any(|h| across(h).1 > 0.7) { "mark, too narrow" } else { "mark" };
    }
    if near.iter().any(|h| across(h).0 > 0.6 && across(h).1 > 0.6) {
        "height"
    } else if near.iter().any(|h| across(h).0 > 0.8) {
        "merged"
    } else if near.iter().any(|h| across(h).1 > 0.8) {
        "split or cut off"
    } else {
        "no line"
    }
}
