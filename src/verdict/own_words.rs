//! Does a picture show this mail, or another one that fills in the same form?
//!
//! Mails of one form share most of their words. Which mail a picture shows is told by the words that are a mail's own:
//! those that its kin, the documents with the same passage, do not have; and where it has none in the catalogue, names
//! and numbers, which forms are filled in with. Each is evidence by a likelihood ratio: how likely it looks like this
//! if the picture shows this mail (hardly anything is another word then, but pictures are doctored and damaged), and
//! how likely if it shows another mail of that form (the word is the same by chance or because it is the form's).

use super::altered::LEGIBLE_XH;
use crate::align::{AlignedDocument, KinWord, Pair};
use crate::fingerprint::WIDTH_STEPS;
use crate::geom::WordFrame;
use crate::index::file::WordKind;
use crate::page::Page;

/// How often a word of the picture looks like another one although the picture shows this mail: doctored, damaged, cut
/// wrongly.
///
/// Tuned (share): chosen by eye.
const DOCTORED: f32 = 0.05;
/// How often an ordinary word, a name, a number of a form is the form's own, so that all who fill it in have it, before
/// any other of them was seen.
///
/// Tuned (shares): chosen by eye.
const OF_THE_FORM: [f32; 3] = [0.98, 0.6, 0.4];
/// So many others of a form weigh as much as what is thought beforehand.
///
/// Tuned (documents): chosen by eye.
const PRIOR_DOCUMENTS: f32 = 2.0;
/// Log-odds that two words differ, by kind: where they begin, in standard deviations of surprise beyond what is usual in
/// the passage; and for each standard deviation.
///
/// Tuned (standard deviations, nats each): read off quantiles of 1,300 words that differ and 1,600 that do not on eight
/// invented forms, record *kinds*.
const DIFFERENT: [(f32, f32); 3] = [(2.3, 2.2), (2.3, 2.2), (1.9, 2.6)];
/// The last of these for numbers of few digits: they look more alike.
///
/// Tuned (nats each, x-heights): of narrow numbers that differ 1.7 % look the same, of wider ones .5 %; record *kinds*.
const DIFFERENT_NARROW: (f32, f32) = (1.8, 4.0);
/// Most that the look of one word says for or against its being the same.
///
/// Tuned (nats): chosen by eye.
const MOST_LOOK_NATS: (f32, f32) = (5.0, 4.0);
/// What a word says in whose place the picture has another number of words: they may be cut wrongly.
///
/// Tuned (nats): chosen by eye.
const OTHER_NUMBER_NATS: f32 = 1.5;
/// Longest run of words that may stand in place of another run.
///
/// Tuned (words): chosen by eye.
const MOST_IN_PLACE: usize = 6;
/// A word is looked at if one so near beside it in its line agrees: a line that is cut through or covered says nothing.
///
/// Tuned (words): chosen by eye.
const NEAR_WORDS: u32 = 2;
/// A word so near an edge of the picture may be cut by it.
///
/// Tuned (x-heights): chosen by eye.
const EDGE_XH: f32 = 0.5;

/// What a document's own words say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OwnWords {
    /// Documents that hold the passage, about.
    pub(super) family: u32,
    /// For this mail, if positive, and against it by another one of its form, in nats.
    pub(super) nats: f32,
    /// Own words that are others in the picture.
    pub(super) contradicted: usize,
}

/// Judges the words that are a document's own.
pub(super) fn own_words(c: &AlignedDocument<'_>, page: &Page) -> OwnWords {
    let pairs = &c.evidence.pairs;
    let usual = median(pairs.iter().map(|p| p.surprise));
    let mut found = OwnWords { family: c.kin.family, ..OwnWords::default() };
    let mut before: Option<u32> = None;
    let mut add = |document_word: u32, different_nats: f32| {
        let Some(word) = c.kin.word(document_word) else { return };
        let previous = document_word.checked_sub(1).filter(|&p| before == Some(p)).and_then(|p| c.kin.word(p));
        let shares = Shares::of(c, document_word, word, previous);
        let nats = shares.nats(different_nats);
        found.nats += nats;
        found.contradicted += usize::from(nats < -LEAST_CONTRADICTION_NATS);
        before = Some(document_word);
    };
    let look = |pair: &Pair| {
        let kind = kind(c, pair.document_word);
        let (zero, mut slope) = DIFFERENT[kind as usize];
        if kind == WordKind::Number && page.words[pair.word as usize].frame.width_xh() < DIFFERENT_NARROW.1 {
            slope = DIFFERENT_NARROW.0;
        }
        let surprise = pair.surprise - usual;
        (slope * (surprise - zero)).clamp(-MOST_LOOK_NATS.0, MOST_LOOK_NATS.1)
    };
    let line = |p: &Pair| page.words[p.word as usize].line;
    let near = |p: &Pair, pair: &Pair| (1..=NEAR_WORDS).contains(&p.document_word.abs_diff(pair.document_word));
    let all = || pairs.iter().chain(&c.beyond);
    let grounded = |pair: &Pair| all().any(|p| near(p, pair) && line(p) == line(pair) && p.score_nats > 0.0);
    let legible = |pair: &&Pair| {
        let frame = &page.words[pair.word as usize].frame;
        LEGIBLE_XH.contains(&frame.width_xh()) && !at_edge(page, frame) && grounded(pair)
    };
    // Long addresses are broken at the ends of lines.
    let breakable = |&width: &u8| (f32::from(width) / WIDTH_STEPS - 3.0).exp2() > *LEGIBLE_XH.end();
    let (head, tail): (Vec<&Pair>, Vec<&Pair>) =
        c.beyond.iter().partition(|p| pairs.first().is_some_and(|first| p.document_word < first.document_word));
    head.into_iter().filter(legible).for_each(|p| add(p.document_word, look(p)));
    for (k, pair) in pairs.iter().enumerate() {
        if legible(&pair) {
            add(pair.document_word, look(pair));
        }
        let Some(next) = pairs.get(k + 1).filter(|_| !c.evidence.jumps.contains(&(k as u32 + 1))) else { continue };
        let hole = pair.document_word + 1..next.document_word;
        let (from, to) = (page.words[pair.word as usize].to, page.words[next.word as usize].from);
        let instead = page.words.iter().filter(|w| w.likeliest && from <= w.from && w.to <= to).count();
        let broken = c.widths.get(hole.start as usize..hole.end as usize).is_none_or(|w| w.iter().any(breakable));
        let replaced = (1..=MOST_IN_PLACE).contains(&instead) && hole.len() <= MOST_IN_PLACE && !broken;
        if replaced && line(pair) == line(next) {
            hole.for_each(|document_word| add(document_word, OTHER_NUMBER_NATS));
        }
    }
    tail.into_iter().filter(legible).for_each(|p| add(p.document_word, look(p)));
    found
}

/// A word that says more than this against the document counts as contradicted.
///
/// Tuned (nats): chosen by eye.
const LEAST_CONTRADICTION_NATS: f32 = 0.5;

/// Whether a word touches an edge of the picture.
pub(super) fn at_edge(page: &Page, frame: &WordFrame) -> bool {
    let (area, margin_px) = (page.hull(frame), EDGE_XH * frame.x_height_px);
    let size = page.ink.as_ref().filter(|_| page.warp.is_none()).map(|ink| (ink.width() as f32, ink.height() as f32));
    size.is_some_and(|(width, height)| {
        area.x0 < margin_px || area.y0 < 0.0 || area.x1 > width - margin_px || area.y1 > height
    })
}

fn kind(c: &AlignedDocument<'_>, document_word: u32) -> WordKind {
    c.kinds.get(document_word as usize).copied().unwrap_or_default()
}

/// How many of a document's kin have a word that it has.
#[derive(Clone, Copy, Debug)]
struct Shares {
    /// At least.
    least: f32,
    /// At most.
    most: f32,
}

impl Shares {
    fn of(c: &AlignedDocument<'_>, document_word: u32, word: KinWord, previous: Option<KinWord>) -> Self {
        let others = (c.kin.family - 1) as f32;
        let kind = kind(c, document_word);
        let share = |documents: u32| {
            let with_it = ((documents - 1) as f32).min(others);
            (OF_THE_FORM[kind as usize] * PRIOR_DOCUMENTS + with_it) / (PRIOR_DOCUMENTS + others)
        };
        // Ordinary words stand in many places; a name between two numbers has no neighbours that all have.
        let most = share(word.here.max(if kind == WordKind::Ordinary { word.anywhere } else { word.beside }));
        // Who shares a first name may share the second one.
        let follows =
            previous.map_or(0.0, |p| (word.follows.max(1) - 1) as f32 / ((p.anywhere - 1) as f32 + PRIOR_DOCUMENTS));
        Self { least: share(word.here), most: most.max(follows).min(1.0) }
    }

    /// What a word says that is different with these log-odds.
    fn nats(self, different_nats: f32) -> f32 {
        let same = (-different_nats).exp();
        let ratio = |share: f32| (((1.0 - DOCTORED) * same + DOCTORED) / (share * same + (1.0 - share))).ln();
        if different_nats > 0.0 { ratio(self.least).min(0.0) } else { ratio(self.most).max(0.0) }
    }
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a word says that a share of others of the form have, and that looks the same, or different.
    fn nats(share: f32) -> [f32; 2] {
        let shares = Shares { least: share, most: share };
        [shares.nats(-MOST_LOOK_NATS.0), shares.nats(MOST_LOOK_NATS.1)]
    }

    #[test]
    fn what_few_others_have_says_much_and_what_all_have_says_nothing() {
        let [mut same, mut different] = nats(0.0);
        assert!(same > 3.0 && different < -2.0);
        for share in (1..=100).map(|k| k as f32 / 100.0) {
            let [less, weaker] = nats(share);
            assert!((0.0..=same).contains(&less) && (different..=0.0).contains(&weaker), "{share}");
            (same, different) = (less, weaker);
        }
        assert!(same == 0.0 && different == 0.0);
    }

    #[test]
    fn looks_that_say_nothing_count_for_nothing() {
        let shares = Shares { least: 0.3, most: 0.3 };
        assert!(shares.nats(0.0).abs() < 0.01);
        let rising: Vec<f32> = (-50..=40).map(|k| shares.nats(k as f32 / 10.0)).collect();
        assert!(rising.is_sorted_by(|a, b| a >= b), "the more different, the less for the mail: {rising:?}");
    }
}
