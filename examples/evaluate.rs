//! Measures stages against pictures with known truth: `cargo run --release --example evaluate -- page FOLDER...`.
//! With `bundled`, all of it against the pictures of `testdata`.
//!
//! A truth file stands beside each picture under the same stem, `.json`, as the screenshot generator writes it: every
//! word's box and the share of it that can be seen.
#![expect(clippy::print_stdout, reason = "a program's output")]

mod decision;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use leakprint::Error;
use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::fingerprint::{Codes, Encoder, Family, fingerprint};
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use rayon::prelude::*;

#[path = "common/altered.rs"]
mod altered;
#[path = "common/bundled.rs"]
mod bundled;
#[path = "common/page_table.rs"]
mod page_table;
#[path = "common/truth.rs"]
mod truth;
#[path = "common/word_table.rs"]
mod word_table;

use truth::{Truth, truths};

#[derive(Parser)]
#[command(about = "Measures leakprint's stages against pictures with known truth")]
struct Arguments {
    #[command(subcommand)]
    stage: Stage,
}

#[derive(Subcommand)]
enum Stage {
    /// The bundled pictures of invented mails: recall, false matches, lines and words, altered words, in under a
    /// minute.
    Bundled,
    /// Lines and words: share of true words found and linked, boxes a word, by x-height, attack and look.
    Page {
        /// Folders of pictures and their truth files.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Also list the pictures that lose most words, and how.
        #[arg(long, default_value_t = 0)]
        worst: usize,
        /// Also list every word lost.
        #[arg(long)]
        lost: bool,
    },
    /// Word hashes: how often words and windows of words cut from pictures are found at given rates of false matches.
    Words {
        /// Folders of pictures and their truth files.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// All hash families, not only the default one.
        #[arg(long)]
        every_family: bool,
        /// These hash families, by name: `--family net --family lda`.
        #[arg(long, value_parser = family)]
        family: Vec<Family>,
    },
    /// The catalogue's typefaces: as `words`, for one face, the nearest of several, and several averaged into one code.
    Faces {
        /// Folders of pictures and their truth files.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// All hash families, not only the default one.
        #[arg(long)]
        every_family: bool,
        /// A row for each typeface of the pictures, too.
        #[arg(long)]
        by_font: bool,
    },
    /// E-values against what happens, recall against the number of words, altered words.
    Decision(decision::Arguments),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let families = |every: bool| if every { Family::ALL } else { &[Family::Net] };
    match Arguments::parse().stage {
        Stage::Bundled => bundled::print(),
        Stage::Page { folders, worst, lost } => page_table::page(&truths(&folders)?, worst, lost),
        Stage::Words { folders, every_family, family } => {
            let families = if family.is_empty() { families(every_family) } else { &family };
            word_table::print(&truths(&folders)?, families).map_err(|e| e.to_string().into())
        }
        Stage::Faces { folders, every_family, by_font } => faces(&folders, families(every_family), by_font),
        Stage::Decision(arguments) => decision::decision(&arguments),
    }
}

fn family(name: &str) -> Result<Family, String> {
    let mut all = Family::ALL.iter().copied();
    all.find(|f| format!("{f:?}").eq_ignore_ascii_case(name)).ok_or_else(|| format!("one of {:?}", Family::ALL))
}

/// Words of one picture that the page stage found, and what they are.
struct Cut<'a> {
    codes: Codes,
    tokens: Vec<Token<'a>>,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    font: &'a str,
}

impl Cut<'_> {
    /// Some other words of the picture, by which word `i` must not be taken for.
    fn others(&self, i: usize) -> Vec<usize> {
        let stride = self.tokens.len() / 7 + 1;
        let others = (1..7).map(|k| (i + k * stride) % self.tokens.len());
        others.filter(|&j| self.tokens[j].text != self.tokens[i].text).collect()
    }
}

/// Cuts the pictures into words: whole ones that were found, as segmentation is measured elsewhere.
fn cut_words<'a>(
    truths: &'a [(PathBuf, Truth)],
    encoder: &dyn Encoder,
) -> Result<Vec<Cut<'a>>, Box<dyn std::error::Error + Send + Sync>> {
    let family = encoder.family();
    let cut = |(path, truth): &'a (PathBuf, Truth)| {
        let mut cut = Cut { codes: Codes::new(family), tokens: Vec::new() };
        let Ok(raster) = decode(&std::fs::read(path)?, &RasterConfig::default()) else {
            return Ok(cut);
        };
        let page = analyse(&raster, &PageConfig::default());
        let seen = fingerprint(&page, encoder);
        for (region, word) in truth.regions.iter().flat_map(|r| r.words.iter().map(move |w| (r, w))) {
            let area = word.area();
            let best = (0..page.words.len())
                .map(|k| (page.hull(&page.words[k].frame).iou(&area), k))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((iou, k)) = best else { continue };
            if word.vis < 0.99 || iou < 0.65 {
                continue;
            }
            cut.codes.extend(&Codes::from_data(family, seen.codes.get(k).to_vec())?)?;
            cut.tokens.push(Token { text: &word.w, font: &region.font });
        }
        Ok(cut)
    };
    truths.par_iter().map(cut).collect()
}

/// Distances of one group of words.
#[derive(Default)]
struct Distances {
    same: Vec<u32>,
    different: Vec<u32>,
}

impl Distances {
    fn title() {
        println!(
            "{:34} {:>6} {:>6} {:>5} {:>6} {:>5}  TPR at FPR 1e-2, 1e-3",
            "", "words", "same", "sd", "other", "sd"
        );
    }

    fn print(&mut self, key: &str, family: Family) {
        self.different.sort_unstable();
        let tpr = |share: f32| {
            let limit = self.different[(share * self.different.len() as f32) as usize];
            self.same.iter().filter(|&&v| v < limit).count() as f32 / self.same.len() as f32
        };
        let ((m, s), (om, os)) = (moments(&self.same, family), moments(&self.different, family));
        println!("{key:34} {:6} {m:6.3} {s:5.3} {om:6.3} {os:5.3}  {:.3} {:.3}", self.same.len(), tpr(1e-2), tpr(1e-3));
    }
}

const FACES: [Face; 3] = [Face::Sans, Face::Serif, Face::Mono];

/// Ways to make codes of a word: each inner list becomes one code, of the mean of its faces' values (0 to 2:
/// [`FACES`]).
const WAYS: [(&str, &[&[usize]]); 12] = [
    ("Sans", &[&[0]]),
    ("Serif", &[&[1]]),
    ("Mono", &[&[2]]),
    ("mean of Sans, Serif", &[&[0, 1]]),
    ("mean of Sans, Mono", &[&[0, 2]]),
    ("mean of all", &[&[0, 1, 2]]),
    ("nearest of Sans, Serif", &[&[0], &[1]]),
    ("nearest of Sans, Mono", &[&[0], &[2]]),
    ("nearest of Serif, Mono", &[&[1], &[2]]),
    ("nearest of (Sans, Serif), Mono", &[&[0, 1], &[2]]),
    ("nearest of Sans, (Serif, Mono)", &[&[0], &[1, 2]]),
    ("nearest of all", &[&[0], &[1], &[2]]),
];

fn faces(folders: &[PathBuf], families: &[Family], by_font: bool) -> Result<(), Box<dyn std::error::Error>> {
    let truths = truths(folders)?;
    for &family in families {
        let encoder = family.encoder();
        let cuts = cut_words(&truths, &*encoder).map_err(|e| e.to_string())?;
        let texts = FACES.map(|face| TextEncoder::new(&[face], &*encoder));
        // Each distinct word's values in each face.
        let mut values: BTreeMap<&str, Vec<Vec<f32>>> = BTreeMap::new();
        for token in cuts.iter().flat_map(|c| &c.tokens) {
            if !values.contains_key(token.text) {
                let mut found = Vec::new();
                for text in &texts {
                    let patch = text.as_ref().map_err(ToString::to_string)?.patch(token.text).patch;
                    let mut row = vec![0.0; family.bits()];
                    encoder.encode(&patch, &mut row);
                    found.push(row);
                }
                values.insert(token.text, found);
            }
        }
        println!("{family:?}: words from pictures against words from text, {} bits a code", family.bits());
        Distances::title();
        for (name, groups) in &WAYS {
            let mut rows: BTreeMap<String, Distances> = BTreeMap::new();
            let codes: BTreeMap<&str, Codes> = values
                .iter()
                .map(|(word, v)| Ok((*word, combine(family, v, groups)?)))
                .collect::<Result<_, Error>>()?;
            let nearest = |cut: &Cut<'_>, i: usize, j: usize| -> Result<u32, Error> {
                let written = &codes[cut.tokens[j].text];
                let distances = (0..written.len()).map(|k| cut.codes.distance_bits(i, written, k));
                Ok(distances.collect::<Result<Vec<u32>, Error>>()?.into_iter().min().unwrap_or(u32::MAX))
            };
            for cut in &cuts {
                for (i, token) in cut.tokens.iter().enumerate() {
                    let same = nearest(cut, i, i)?;
                    let different: Vec<u32> =
                        cut.others(i).into_iter().map(|j| nearest(cut, i, j)).collect::<Result<_, _>>()?;
                    let font = by_font.then(|| format!("  {name}: {}", token.font));
                    for key in font.into_iter().chain([(*name).to_owned()]) {
                        let row = rows.entry(key).or_default();
                        row.same.push(same);
                        row.different.extend(&different);
                    }
                }
            }
            for (key, d) in &mut rows {
                d.print(key, family);
            }
        }
    }
    Ok(())
}

/// One code a group: signs of the mean of its faces' values.
fn combine(family: Family, values: &[Vec<f32>], groups: &[&[usize]]) -> Result<Codes, Error> {
    let stride = family.bits().div_ceil(64);
    let mut data = vec![0u64; groups.len() * stride];
    for (code, group) in data.chunks_exact_mut(stride).zip(groups) {
        for bit in 0..family.bits() {
            let sum: f32 = group.iter().map(|&face| values[face][bit]).sum();
            code[bit / 64] |= u64::from(sum > 0.0) << (bit % 64);
        }
    }
    Codes::from_data(family, data)
}

/// Mean and standard deviation, as shares of the code's length.
fn moments(distances: &[u32], family: Family) -> (f32, f32) {
    let share = |d: &u32| *d as f32 / family.bits() as f32;
    let n = distances.len().max(1) as f32;
    let mean = distances.iter().map(share).sum::<f32>() / n;
    let variance = distances.iter().map(|d| (share(d) - mean).powi(2)).sum::<f32>() / n;
    (mean, variance.sqrt())
}
