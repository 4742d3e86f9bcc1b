//! Words that another one was put in place of: how many are marked, and how many others.

use leakprint::geom::Rect;
use leakprint::verdict::Verdict;
use std::collections::{BTreeMap, HashMap};

use super::truth::{Region, Truth};

/// Marks on the words of some pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Words that were changed, and those of them that are marked.
    pub(crate) altered: usize,
    pub(crate) found: usize,
    /// Words that were not, and those of them that are marked all the same.
    pub(crate) unaltered: usize,
    pub(crate) marked: usize,
}

/// Marks by the kind of change.
pub(crate) type Changes = BTreeMap<&'static str, Marks>;

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

/// Adds the marks of an answer. `texts` are the catalogue's: an answer that names another version of the mail first
/// numbers its words otherwise, and is passed over.
pub(crate) fn count(changes: &mut Changes, verdict: &Verdict, truth: &Truth, texts: &HashMap<&str, Vec<&str>>) {
    let mut add = |kind: &'static str, marks: Marks| *changes.entry(kind).or_default() += marks;
    for region in truth.regions.iter().filter(|r| r.words.len() >= MIN_WORDS) {
        let own = verdict.matches.iter().find(|m| m.documents.contains(&region.email_id));
        let version = own.and_then(|m| texts.get(m.documents[0].as_str()));
        if version.is_some_and(|text| texts.get(region.email_id.as_str()) != Some(text)) {
            add(VERSION, Marks { unaltered: 1, ..Marks::default() });
            continue;
        }
        let words_of_match = || own.iter().flat_map(|m| &m.words);
        let marked = |i: usize| words_of_match().any(|w| w.altered && w.document_word == Some(i as u32));
        words(region).for_each(|(i, kind)| add(kind, of_word(kind, marked(i))));

        let put_in = || words_of_match().filter(|w| w.altered && w.document_word.is_none()).map(|w| area(w.area));
        let on = |a: Rect, b: Rect| a.intersection(&b).area() > 0.4 * a.area().min(b.area());
        let large = |b: &&[f32; 4]| b[3] - b[1] >= 2.4 * MIN_X_HEIGHT_PX;
        for own in region.inserted.iter().filter(large).map(|b| area(*b)) {
            add("inserted", of_word("inserted", put_in().any(|w| on(w, own))));
        }
        let left_out = || own.iter().flat_map(|m| &m.lacking).filter(|l| l.deleted_probability > 0.5);
        let holds = |i: u32| left_out().any(|l| (l.document_words[0]..=l.document_words[1]).contains(&i));
        let deleted: Vec<u32> = region.deleted.keys().filter_map(|i| i.parse().ok()).collect();
        deleted.iter().for_each(|&i| add("deleted", of_word("deleted", holds(i))));
        let wrong_in = put_in().filter(|w| !region.inserted.iter().any(|b| on(*w, area(*b)))).count();
        let wrong_out = left_out()
            .filter(|l| !deleted.iter().any(|i| (l.document_words[0]..=l.document_words[1]).contains(i)))
            .count();
        for (kind, marked) in [("none inserted", wrong_in), ("none deleted", wrong_out)] {
            add(kind, Marks { unaltered: region.words.len(), marked, ..Marks::default() });
        }
    }
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
/// Pictures whose mail has another version in the catalogue, which is named first.
const VERSION: &str = "other versions";

fn area([x0, y0, x1, y1]: [f32; 4]) -> Rect {
    Rect::new(x0, y0, x1, y1)
}

fn of_word(kind: &str, marked: bool) -> Marks {
    if kind == UNALTERED {
        Marks { unaltered: 1, marked: usize::from(marked), ..Marks::default() }
    } else {
        Marks { altered: 1, found: usize::from(marked), ..Marks::default() }
    }
}

pub(crate) fn print(marks: &Changes) {
    println!("Altered words, mails of {MIN_WORDS} and more words, x-height of {MIN_X_HEIGHT_PX} px and more");
    for (kind, m) in marks {
        if m.altered == 0 {
            println!("{kind:24} {:4} of {:6} marked: {:.5}", m.marked, m.unaltered, share(m.marked, m.unaltered));
        } else {
            println!("{kind:24} {:4} of {:6} marked: {:.3}", m.found, m.altered, share(m.found, m.altered));
        }
    }
}

fn share(part: usize, of: usize) -> f32 {
    part as f32 / of.max(1) as f32
}
