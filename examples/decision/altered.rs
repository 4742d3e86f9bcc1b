//! Words that another one was put in place of: how many are marked, and how many others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use leakprint::{Error, Matcher};
use rayon::prelude::*;

use crate::truth::{Region, Truth};

/// Marks on the words of some pictures.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks {
    altered: usize,
    found: usize,
    unaltered: usize,
    marked: usize,
}

impl std::ops::AddAssign for Marks {
    fn add_assign(&mut self, other: Self) {
        self.altered += other.altered;
        self.found += other.found;
        self.unaltered += other.unaltered;
        self.marked += other.marked;
    }
}

/// Fewest words of a mail that is looked at.
const MIN_WORDS: usize = 60;
/// Smallest x-height that is looked at; a line box is some 2.4 x-heights high in most typefaces.
const MIN_X_HEIGHT_PX: f32 = 6.0;

/// What kind of change it is.
fn kind(before: &str, after: &str) -> &'static str {
    let (a, b): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let differing = a.iter().zip(&b).filter(|(a, b)| a != b).count() + a.len().abs_diff(b.len());
    match differing {
        1 if a.iter().zip(&b).any(|(a, b)| a != b && a.is_ascii_digit() && b.is_ascii_digit()) => "one digit",
        1 => "one letter",
        _ if a.len() < 4 => "another short word",
        _ => "another word",
    }
}

pub(super) fn altered(matcher: &Matcher, truths: &[(PathBuf, Truth)]) -> Result<BTreeMap<&'static str, Marks>, Error> {
    let marks = |(path, truth): &(PathBuf, Truth)| -> Result<Vec<(&'static str, Marks)>, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let verdict = matcher.identify(&bytes)?;
        let mut marks = Vec::new();
        for region in truth.regions.iter().filter(|r| r.words.len() >= MIN_WORDS) {
            let own = verdict.matches.iter().find(|m| m.documents.contains(&region.email_id));
            let marked = |i: usize| {
                let mut words = own.iter().flat_map(|m| &m.words);
                words.any(|w| w.altered && w.document_word == Some(i as u32))
            };
            marks.extend(words(region).map(|(i, kind)| (kind, of_word(kind, marked(i)))));
        }
        Ok(marks)
    };
    let mut sums: BTreeMap<&'static str, Marks> = BTreeMap::new();
    let found: Vec<Vec<(&'static str, Marks)>> = truths.par_iter().map(marks).collect::<Result<_, Error>>()?;
    for (kind, marks) in found.into_iter().flatten() {
        *sums.entry(kind).or_default() += marks;
    }
    Ok(sums)
}

/// Words that can be seen, with the kind of change; each once, even if it is broken over lines.
fn words(region: &Region) -> impl Iterator<Item = (usize, &'static str)> {
    let mut last = None;
    region.words.iter().filter_map(move |w| {
        let fresh = last != Some(w.i);
        last = Some(w.i);
        let large = w.area().height() >= 2.4 * MIN_X_HEIGHT_PX;
        (fresh && large && w.vis > 0.9)
            .then(|| (w.i, region.altered.get(&w.i.to_string()).map_or(UNALTERED, |before| kind(before, &w.w))))
    })
}

const UNALTERED: &str = "unaltered";

fn of_word(kind: &str, marked: bool) -> Marks {
    if kind == UNALTERED {
        Marks { unaltered: 1, marked: usize::from(marked), ..Marks::default() }
    } else {
        Marks { altered: 1, found: usize::from(marked), ..Marks::default() }
    }
}

pub(super) fn print(marks: &BTreeMap<&'static str, Marks>) {
    println!("Altered words, mails of {MIN_WORDS} and more words, x-height of {MIN_X_HEIGHT_PX} px and more");
    for (kind, m) in marks {
        if *kind == UNALTERED {
            println!("{kind:24} {:4} of {:6} marked: {:.5}", m.marked, m.unaltered, share(m.marked, m.unaltered));
        } else {
            println!("{kind:24} {:4} of {:6} marked: {:.3}", m.found, m.altered, share(m.found, m.altered));
        }
    }
}

fn share(part: usize, of: usize) -> f32 {
    part as f32 / of.max(1) as f32
}
