//! The bundled pictures of invented mails: how many are found, and what else can be counted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use leakprint::catalogue::mail::{Mail, find, is_mail_file, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::verdict::Verdict;
use leakprint::{Config, Error, Matcher};
use rayon::prelude::*;

use super::altered::{self, Changes};
use super::page_table;
use super::truth::{TrueWord, Truth, truths};

type Failure = Box<dyn std::error::Error>;

/// Kinds of pictures, each but the last by what sets it apart from those below.
pub(crate) const KINDS: [&str; 12] = [
    "unknown mails",
    "HTML mails",
    "altered mails",
    "two mails in one",
    "photographs of a screen",
    "x-height below 5 px",
    "tilted",
    "cropped",
    "marked, redacted",
    "lossy and palette files",
    "dark, inverted",
    "others, clean or worn",
];
const UNKNOWN: usize = 0;
const HTML: usize = 1;

/// Line boxes are some 2.4 x-heights high in most typefaces.
const SMALL_LINE_BOX_PX: f32 = 5.0 * 2.4;

/// Answers for one kind of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) pictures: usize,
    /// Mails of the catalogue in these pictures, and those of them that are named.
    pub(crate) shown: usize,
    pub(crate) found: usize,
    /// Matches that name no mail that the picture shows.
    pub(crate) wrong: usize,
}

/// What the bundled pictures come to.
pub(crate) struct Bundled {
    pub(crate) documents: usize,
    pub(crate) answers: [Answers; KINDS.len()],
    pub(crate) altered: Changes,
    /// Pictures with a mail that is not named or a match that is wrong.
    pub(crate) failures: Vec<String>,
}

impl Bundled {
    pub(crate) fn total(&self) -> Answers {
        self.answers.iter().fold(Answers::default(), |a, b| Answers {
            pictures: a.pictures + b.pictures,
            shown: a.shown + b.shown,
            found: a.found + b.found,
            wrong: a.wrong + b.wrong,
        })
    }
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Pictures whose truth has every word's place.
pub(crate) fn bundled_truths() -> Result<Vec<(PathBuf, Truth)>, Failure> {
    truths(&["shots", "doctored", "evaluation"].map(|folder| testdata().join(folder)))
}

/// A picture of an HTML mail, and the mail's id.
type HtmlPicture = (PathBuf, String);

/// All bundled mails but the strangers, and the pictures of those that are HTML.
fn mails() -> Result<(Vec<Mail>, Vec<HtmlPicture>), Failure> {
    let mut mails = Vec::new();
    for file in ["mails.jsonl", "evaluation/mails.jsonl", "messages/three.mbox"] {
        mails.extend(read_mails(&testdata().join(file))?.collect::<Result<Vec<_>, _>>()?);
    }
    let mut pictures = Vec::new();
    for path in find(&testdata().join("html"), &is_mail_file) {
        let path = path?;
        for mail in read_mails(&path)? {
            let mail = mail?;
            pictures.push((path.with_extension("png"), mail.id.clone()));
            mails.push(mail);
        }
    }
    Ok((mails, pictures))
}

/// Identifies all bundled pictures.
pub(crate) fn measure(truths: &[(PathBuf, Truth)]) -> Result<Bundled, Failure> {
    let (mails, html) = mails()?;
    let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    catalogue.add_mails(&mails)?;
    let matcher = Matcher::new(&catalogue, Config::default())?;
    let texts: HashMap<&str, Vec<&str>> =
        mails.iter().map(|m| (m.id.as_str(), m.body.split_whitespace().collect())).collect();

    let paths: Vec<&PathBuf> = truths.iter().map(|t| &t.0).chain(html.iter().map(|h| &h.0)).collect();
    let answer = |path: &&PathBuf| -> Result<Verdict, Error> {
        matcher.identify(&std::fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?)
    };
    let verdicts: Vec<Verdict> = paths.par_iter().map(answer).collect::<Result<_, _>>()?;

    let mut bundled = Bundled {
        documents: catalogue.documents(),
        answers: Default::default(),
        altered: Changes::new(),
        failures: Vec::new(),
    };
    for (k, (path, verdict)) in paths.iter().zip(&verdicts).enumerate() {
        let (kind, shown) = match truths.get(k) {
            Some((_, truth)) => {
                altered::count(&mut bundled.altered, verdict, truth, &texts);
                let shown = truth.regions.iter().map(|r| r.email_id.as_str()).filter(|id| texts.contains_key(id));
                let shown: Vec<&str> = shown.collect();
                (if shown.is_empty() { UNKNOWN } else { kind(truth) }, shown)
            }
            None => (HTML, vec![html[k - truths.len()].1.as_str()]),
        };
        let names = |id: &str| verdict.matches.iter().any(|m| m.documents.iter().any(|d| d == id));
        let missed = shown.iter().filter(|id| !names(id)).count();
        let right = |documents: &[String]| documents.iter().any(|d| shown.contains(&d.as_str()));
        let wrong = verdict.matches.iter().filter(|m| !right(&m.documents)).count();
        let answers = &mut bundled.answers[kind];
        answers.pictures += 1;
        answers.shown += shown.len();
        answers.found += shown.len() - missed;
        answers.wrong += wrong;
        if missed + wrong > 0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            bundled.failures.push(format!("{name}: {missed} missed, {wrong} wrong"));
        }
    }
    Ok(bundled)
}

/// The place in [`KINDS`] of a picture of a known mail.
fn kind(truth: &Truth) -> usize {
    let any = |names: &[&str]| truth.steps().any(|s| names.contains(&s));
    let mut heights: Vec<f32> = truth.regions.iter().flat_map(|r| &r.words).map(TrueWord::height).collect();
    heights.sort_by(f32::total_cmp);
    let apart = [
        truth.regions.iter().any(|r| !r.altered.is_empty()),
        any(&["collage"]),
        any(&["phone_photo"]),
        heights.get(heights.len() / 2).is_some_and(|&h| h < SMALL_LINE_BOX_PX),
        any(&["rotate"]),
        any(&["crop_cut", "crop_passage"]),
        any(&["highlight", "redact", "scribble", "red_box"]),
        any(&["jpeg", "jpeg_twice", "webp", "palette"]),
        truth.regions.iter().any(|r| r.dark),
    ];
    HTML + 1 + apart.iter().position(|a| *a).unwrap_or(apart.len())
}

/// Prints all tables.
pub(crate) fn print() -> Result<(), Failure> {
    let begin = Instant::now();
    let truths = bundled_truths()?;
    let bundled = measure(&truths)?;
    let total = bundled.total();
    println!("{} pictures, a catalogue of {} invented mails\n", total.pictures, bundled.documents);
    println!("{:24} {:>8} {:>6} {:>6} {:>7} {:>14}", "", "pictures", "mails", "found", "recall", "false matches");
    for (name, a) in KINDS.iter().zip(&bundled.answers).chain([(&"all", &total)]) {
        let recall = if a.shown == 0 { "-".into() } else { format!("{:.3}", a.found as f32 / a.shown as f32) };
        println!("{name:24} {:8} {:6} {:6} {recall:>7} {:14}", a.pictures, a.shown, a.found, a.wrong);
    }
    bundled.failures.iter().for_each(|f| println!("  {f}"));
    println!();
    altered::print(&bundled.altered);
    println!("\nLines and words\n");
    page_table::print(&page_table::groups(&page_table::measure_all(&truths)));
    println!("\n{:.1} s", begin.elapsed().as_secs_f32());
    Ok(())
}
