//! Are E-values what they say? Pages of text that the catalogue does not hold, and how many answers they get.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::{Encoder, Fingerprint};
use leakprint::page::Page;
use leakprint::random::SplitMix64;
use leakprint::{Config, Error, Matcher};
use rayon::prelude::*;

use super::noise::{Sheet, Text, excerpt, page_of, read};
use crate::truth::Truth;

/// A false answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) e_value: f64,
    /// Words of the query.
    words: usize,
    aligned: usize,
    score_nats: f32,
    query: String,
    document: String,
}

/// Answers to one kind of decoys.
#[derive(Default)]
pub(super) struct Observed {
    pub(super) kind: &'static str,
    pub(super) queries: usize,
    pub(super) answers: Vec<Answer>,
    /// Answers that name a document which shares text with the page's mail, but not what the page shows of it, or only
    /// what is in many documents: frames, notices, signatures.
    pub(super) framed: Vec<Answer>,
    /// Answers with E ≤ 0.001 that name a document which the page really quotes.
    quoting: usize,
}

impl Observed {
    fn add(&mut self, found: Found) {
        self.answers.extend(found.unrelated);
        self.framed.extend(found.framed);
        self.quoting += found.quoting;
    }

    pub(super) fn at_most(&self, x: f64) -> usize {
        self.answers.iter().filter(|a| a.e_value <= x).count()
    }
}

/// Runs of words that texts share.
pub(super) struct Phrases {
    /// Of each mail, long and short ones.
    of: HashMap<String, [HashSet<u64>; 2]>,
    /// Mails that hold each long one.
    frequency: HashMap<u64, u32>,
    /// Mails of each source that hold each short one.
    habits: HashMap<String, HashMap<u64, u32>>,
    /// Mails that hold each short one.
    common: HashMap<u64, u32>,
    one_source: Vec<String>,
}

/// Words in a long phrase and in a short one.
const LENGTHS: [usize; 2] = [5, 3];
/// Texts that share so many long phrases are related: copies, siblings, replies, or of one frame.
const SHARED: usize = 5;
/// What is in more documents than this is how people write, and no quotation.
const WIDESPREAD: u32 = 20;
/// A short phrase in at least so many mails of one source, and in at most so many of all others, belongs to a frame
/// that the catalogue cannot know when that source is held out: a list's footer, a program's notice.
const HABIT: (u32, u32) = (10, 5);
/// So many phrases of a frame make one.
const FRAME: usize = 2;

/// How a document and a page go together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Unrelated,
    /// They share text, but not what is shown; or a frame.
    Framed,
    /// The page shows a passage of the document.
    Quoting,
}

impl Phrases {
    /// `one_source` are sources that count as one.
    pub(super) fn of(mails: &[Mail], one_source: &[String]) -> Self {
        let of: HashMap<String, [HashSet<u64>; 2]> =
            mails.par_iter().map(|m| (m.id.clone(), phrases(m.body.split_whitespace()))).collect();
        let (mut frequency, mut common) = (HashMap::new(), HashMap::new());
        let mut habits: HashMap<String, HashMap<u64, u32>> = HashMap::new();
        for (id, [long, short]) in &of {
            long.iter().for_each(|p| *frequency.entry(*p).or_default() += 1);
            let habits = habits.entry(source(id, one_source).to_owned()).or_default();
            for phrase in short {
                *habits.entry(*phrase).or_default() += 1;
                *common.entry(*phrase).or_default() += 1;
            }
        }
        Self { of, frequency, habits, common, one_source: one_source.to_vec() }
    }

    /// Where a mail comes from.
    fn source<'s>(&'s self, id: &'s str) -> &'s str {
        source(id, &self.one_source)
    }

    /// `whole` is the text of the page's mail, `shown` what the page shows of it.
    fn relation(&self, from: &str, whole: &[HashSet<u64>; 2], shown: &[HashSet<u64>; 2], document: &str) -> Relation {
        let Some([long, short]) = self.of.get(document) else { return Relation::Unrelated };
        let rare = |p: &&u64| self.frequency.get(p).is_none_or(|n| *n <= WIDESPREAD);
        let of_frame = |p: &&u64| {
            let here = self.habits.get(from).and_then(|h| h.get(p)).copied().unwrap_or(0);
            here >= HABIT.0 && self.common.get(p).is_none_or(|n| n - here <= HABIT.1)
        };
        // Of pages of a few words, half of what they have.
        let enough = SHARED.min(shown[0].len() / 2).max(1);
        if shown[0].intersection(long).filter(rare).count() >= enough {
            Relation::Quoting
        } else if whole[0].intersection(long).count() >= SHARED
            || shown[1].intersection(short).filter(of_frame).count() >= FRAME
        {
            Relation::Framed
        } else {
            Relation::Unrelated
        }
    }
}

/// Hashes of a text's phrases, long ones and short ones, marks and case aside.
pub(super) fn phrases<'a>(words: impl Iterator<Item = &'a str>) -> [HashSet<u64>; 2] {
    let plain =
        |w: &str| -> String { w.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let words: Vec<String> = words.map(plain).filter(|w| !w.is_empty()).collect();
    let hash = |p: &[String]| {
        p.iter()
            .flat_map(|w| w.bytes().chain([0]))
            .fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    };
    LENGTHS.map(|n| words.windows(n).map(hash).collect())
}

/// What the experiments share.
pub(super) struct Bench<'a> {
    pub(super) mails: &'a [Mail],
    pub(super) phrases: &'a Phrases,
    pub(super) encoder: &'a dyn Encoder,
    pub(super) sheets: &'a [Sheet],
    pub(super) text: &'a Text<'a>,
    /// All words of all mails.
    pub(super) words: Vec<&'a str>,
}

impl Bench<'_> {
    /// A matcher that answers whatever chance would reach once.
    fn matcher(catalogue: &Catalogue) -> Result<Matcher, Error> {
        let mut config = Config::default();
        config.verdict.max_e = 1.0;
        config.verdict.min_words = 0;
        Matcher::new(catalogue, config)
    }

    /// Decoys of four kinds. Each source of mails (what stands before the first `/` of an id) is held out in turn,
    /// whole, so that no thread, letterhead or correspondent of a page is in the catalogue it is looked up in.
    pub(super) fn strangers(&self, truths: &[(PathBuf, Truth)], queries: usize) -> Result<Vec<Observed>, Error> {
        let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
        catalogue.add_mails(self.mails)?;
        let mut sources: Vec<&str> = self.mails.iter().map(|m| self.phrases.source(&m.id)).collect();
        sources.sort_unstable();
        sources.dedup();
        let mut observed: Vec<Observed> =
            KINDS.iter().map(|&(kind, _)| Observed { kind, ..Observed::default() }).collect();
        for (fold, &name) in sources.iter().enumerate() {
            let held_out: Vec<&Mail> = self.mails.iter().filter(|m| self.phrases.source(&m.id) == name).collect();
            for mail in &held_out {
                catalogue.remove(&mail.id)?;
            }
            let matcher = Self::matcher(&catalogue)?;
            let each = queries / sources.len();
            for (kind, observed) in observed[..3].iter_mut().enumerate() {
                let n = (each as f32 * KINDS[kind].1) as usize;
                let made = |k: usize| self.made_page(&matcher, &held_out, kind, (fold * each + k) as u64);
                let found: Vec<Found> = (0..n).into_par_iter().map(made).collect::<Result<_, Error>>()?;
                observed.queries += n;
                found.into_iter().for_each(|f| observed.add(f));
            }
            let shown: Vec<&(PathBuf, Truth)> = truths
                .iter()
                .filter(|(_, t)| t.regions.first().is_some_and(|r| self.phrases.source(&r.email_id) == name))
                .collect();
            let cuts = (queries as f32 * KINDS[3].1) as usize / truths.len().max(1);
            let cut = |&(path, truth): &&(PathBuf, Truth)| self.lines_of(&matcher, path, truth, cuts);
            let found: Vec<Vec<Found>> = shown.par_iter().map(cut).collect::<Result<_, Error>>()?;
            observed[3].queries += cuts * shown.len();
            found.into_iter().flatten().for_each(|f| observed[3].add(f));
            let back: Vec<Mail> = held_out.into_iter().cloned().collect();
            catalogue.add_mails(&back)?;
        }
        Ok(observed)
    }

    /// Looks up some words in a row of a mail, as they would look in a picture.
    fn made_page(&self, matcher: &Matcher, mails: &[&Mail], kind: usize, seed: u64) -> Result<Found, Error> {
        let mut random = SplitMix64::new(seed * 3 + kind as u64);
        // 8 to 300 words, as many between 8 and 16 as between 150 and 300.
        let length = (8.0 * (300.0f32 / 8.0).powf(random.unit() as f32)) as usize;
        let mail = mails[random.below(mails.len())];
        let body: Vec<&str> = mail.body.split_whitespace().collect();
        let start = random.below((body.len() + 1).saturating_sub(length));
        let mut window: Vec<&str> = body[start..].iter().copied().take(length).collect();
        match kind {
            1 => window.reverse(),
            2 => window.iter_mut().for_each(|w| *w = self.words[random.below(self.words.len())]),
            _ => {}
        }
        let sheet = &self.sheets[random.below(self.sheets.len())];
        let (page, fingerprint) = page_of(&window, sheet, self.text, self.encoder, &mut random);
        self.answers(matcher, (&page, &fingerprint), (&mail.body, &window), &mail.id, self.phrases.source(&mail.id))
    }

    /// Looks up runs of lines of a picture.
    fn lines_of(&self, matcher: &Matcher, path: &Path, truth: &Truth, cuts: usize) -> Result<Vec<Found>, Error> {
        let (page, fingerprint) = read(path, self.encoder)?;
        let mut found = Vec::new();
        let text: Vec<&str> = truth.regions.iter().flat_map(|r| &r.words).map(|w| w.w.as_str()).collect();
        let whole = text.join(" ");
        let from = truth.regions.first().map_or("", |r| self.phrases.source(&r.email_id));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut random = SplitMix64::new(name.bytes().map(u64::from).sum());
        let lines = page.lines.len();
        for _ in 0..cuts {
            let length = (2.0 * (lines as f32 / 2.0).max(1.0).powf(random.unit() as f32)) as usize;
            let first = random.below((lines + 1).saturating_sub(length)) as u32;
            let (part, of) = excerpt(&page, &fingerprint, first..first + length as u32)?;
            found.push(self.answers(matcher, (&part, &of), (&whole, &text), &name, from)?);
        }
        Ok(found)
    }

    /// Sorts the answers to a page by what their documents have to do with it.
    fn answers(
        &self,
        matcher: &Matcher,
        (page, fingerprint): (&Page, &Fingerprint),
        (whole, shown): (&str, &[&str]),
        query: &str,
        from: &str,
    ) -> Result<Found, Error> {
        let (whole, shown) = (phrases(whole.split_whitespace()), phrases(shown.iter().copied()));
        let mut found = Found::default();
        for m in matcher.matches(page, fingerprint)?.matches {
            let relations: Vec<Relation> =
                m.documents.iter().map(|d| self.phrases.relation(from, &whole, &shown, d)).collect();
            let answer = Answer {
                e_value: m.e_value,
                words: page.words_seen(),
                aligned: m.aligned_words,
                score_nats: m.score_nats,
                query: query.to_owned(),
                document: m.documents[0].clone(),
            };
            if relations.contains(&Relation::Quoting) {
                found.quoting += usize::from(m.e_value <= 1e-3);
            } else if relations.contains(&Relation::Framed) {
                found.framed.push(answer);
            } else {
                found.unrelated.push(answer);
            }
        }
        Ok(found)
    }
}

/// The answers to one page.
#[derive(Default)]
struct Found {
    unrelated: Vec<Answer>,
    framed: Vec<Answer>,
    quoting: usize,
}

/// Kinds of made pages, and how many of each for every query asked for.
const KINDS: [(&str, f32); 4] =
    [("held-out mails", 1.0), ("the same, reversed", 0.25), ("words by frequency", 0.25), ("lines of pictures", 0.25)];

/// Where a mail comes from: what stands before the first `/` of its id, or the first of the sources that count as one.
fn source<'s>(id: &'s str, one_source: &'s [String]) -> &'s str {
    let own = id.split('/').next().unwrap_or_default();
    if one_source.iter().any(|s| s == own) { &one_source[0] } else { own }
}

/// Prints how often answers came, against how often they should.
pub(super) fn print(observed: &[Observed], show: usize) {
    println!(
        "Answers a query with E at most x; each should be at most x (in brackets the 99 % bound) and not far below"
    );
    print!("{:24} {:>8}", "", "queries");
    for x in LEVELS {
        print!("{:>20}", format!("x = {x}"));
    }
    println!("{:>10}", "quoting");
    for o in observed {
        print!("{:24} {:8}", o.kind, o.queries);
        for x in LEVELS {
            let n = o.queries as f64;
            let bound = (n * x + 2.33 * (n * x).sqrt()) / n;
            print!("{:>20}", format!("{:.5} ({bound:.5})", o.at_most(x) as f64 / n));
        }
        println!("{:10}", o.quoting);
        let framed = |x: f64| o.framed.iter().filter(|a| a.e_value <= x).count();
        println!("    naming documents that share some other text: {:?}", LEVELS.map(framed));
        for (low, high) in [(0, 16), (16, 32), (32, 64), (64, 128), (128, 100_000)] {
            let some = |x: f64| o.answers.iter().filter(|a| (low..high).contains(&a.words) && a.e_value <= x).count();
            println!("    of pages of {low} to {high} words: {:?}", LEVELS.map(some));
        }
    }
    list("unrelated", observed.iter().flat_map(|o| &o.answers).collect(), show);
    list("sharing some other text", observed.iter().flat_map(|o| &o.framed).collect(), show);
}

fn list(title: &str, mut answers: Vec<&Answer>, show: usize) {
    answers.sort_by(|a, b| a.e_value.total_cmp(&b.e_value));
    for a in answers.into_iter().take(show) {
        println!(
            "{title}: {:9.1e} {:6.1} nats {:3} of {:3} words: {} → {}",
            a.e_value, a.score_nats, a.aligned, a.words, a.query, a.document
        );
    }
}

const LEVELS: [f64; 5] = [1.0, 0.1, 0.01, 0.001, 0.0001];
