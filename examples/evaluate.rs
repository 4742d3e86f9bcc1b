//! Measures stages against pictures with known truth: `cargo run --release --example evaluate -- page FOLDER...`.
//!
//! A truth file stands beside each picture under the same stem, `.json`, as the screenshot generator writes it: every word's
//! box and the share of it that can be seen.
#![expect(clippy::print_stdout, reason = "a program's output")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::fingerprint::{Codes, Family, fingerprint};
use leakprint::geom::Rect;
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use rayon::prelude::*;
use serde::Deserialize;

#[derive(Parser)]
#[command(about = "Measures leakprint's stages against pictures with known truth")]
struct Arguments {
    #[command(subcommand)]
    stage: Stage,
}

#[derive(Subcommand)]
enum Stage {
    /// Lines and words: share of true words found and linked, boxes a word, by x-height, attack and look.
    Page {
        /// Folders of pictures and their truth files.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// Also list the pictures with the lowest share of words found.
        #[arg(long, default_value_t = 0)]
        worst: usize,
    },
    /// Word hashes: distances of words cut from pictures to codes of the true words' text, by typeface class and x-height.
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
}

#[derive(Deserialize)]
struct Truth {
    image: String,
    regions: Vec<Region>,
    #[serde(default)]
    attacks: Vec<Attack>,
}

#[derive(Deserialize)]
struct Region {
    theme: String,
    font: String,
    words: Vec<TrueWord>,
}

#[derive(Deserialize)]
struct Attack {
    name: String,
}

#[derive(Deserialize)]
struct TrueWord {
    i: usize,
    w: String,
    #[serde(rename = "box")]
    area: [f32; 4],
    vis: f32,
}

#[derive(Default, Clone)]
struct Tally {
    words: usize,
    found: usize,
    pairs: usize,
    linked: usize,
    boxes: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.words += other.words;
        self.found += other.found;
        self.pairs += other.pairs;
        self.linked += other.linked;
        self.boxes += other.boxes;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Arguments::parse().stage {
        Stage::Page { folders, worst } => page(&folders, worst),
        Stage::Words { folders, every_family, family } => words(
            &folders,
            match (every_family, family.as_slice()) {
                (true, _) => &Family::ALL,
                (false, []) => &[Family::Net],
                (false, some) => some,
            },
        ),
    }
}

fn family(name: &str) -> Result<Family, String> {
    let mut all = Family::ALL.into_iter();
    all.find(|f| format!("{f:?}").eq_ignore_ascii_case(name)).ok_or_else(|| format!("one of {:?}", Family::ALL))
}

fn truths(folders: &[PathBuf]) -> Result<Vec<(PathBuf, Truth)>, Box<dyn std::error::Error>> {
    let mut truths = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") {
                let truth: Truth = serde_json::from_slice(&std::fs::read(&path)?)?;
                truths.push((path.with_file_name(&truth.image), truth));
            }
        }
    }
    truths.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(truths)
}

/// x-height bands, by the height of a line box: some 2.4 x-heights in most typefaces.
fn band(line_box_px: f32) -> &'static str {
    match line_box_px / 2.4 {
        h if h < 2.3 => "0 <2.3",
        h if h < 3.0 => "2.3-3",
        h if h < 4.5 => "3-4.5",
        h if h < 6.0 => "4.5-6",
        h if h < 12.0 => "6-12",
        _ => ">12",
    }
}

fn page(folders: &[PathBuf], worst: usize) -> Result<(), Box<dyn std::error::Error>> {
    let truths = truths(folders)?;
    let measured: Vec<_> =
        truths.par_iter().filter_map(|(path, truth)| Some((path, truth, measure(path, truth)?))).collect();
    let mut rows: BTreeMap<String, Tally> = BTreeMap::new();
    let mut shots = Vec::new();
    for (path, truth, bands) in &measured {
        let attack = truth.attacks.first().map_or("clean", |a| &a.name);
        let theme = truth.regions.first().map_or("none", |r| &r.theme);
        let mut all = Tally::default();
        for (band, tally) in bands {
            rows.entry(format!("1 x-height {band}")).or_default().add(tally);
            all.add(tally);
        }
        rows.entry(format!("2 attack {attack}")).or_default().add(&all);
        rows.entry(format!("3 look {theme}")).or_default().add(&all);
        rows.entry("4 all".into()).or_default().add(&all);
        shots.push((all.found as f32 / all.words.max(1) as f32, all.words, path));
    }
    println!("{:28} {:>7} {:>7} {:>7} {:>11}", "", "words", "found", "linked", "boxes/word");
    for (name, t) in &rows {
        let share = |a: usize, b: usize| a as f32 / b.max(1) as f32;
        println!(
            "{:28} {:7} {:7.3} {:7.3} {:11.2}",
            &name[2..],
            t.words,
            share(t.found, t.words),
            share(t.linked, t.pairs),
            share(t.boxes, t.words)
        );
    }
    shots.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    for (share, words, path) in shots.iter().filter(|s| s.1 > 5).take(worst) {
        println!("{share:.3} of {words:4} words found: {}", path.display());
    }
    Ok(())
}

/// Counts by x-height band; `None` for a picture that cannot be read.
fn measure(path: &Path, truth: &Truth) -> Option<Vec<(&'static str, Tally)>> {
    let raster = decode(&std::fs::read(path).ok()?, &RasterConfig::default()).ok()?;
    let page = analyse(&raster, &PageConfig::default());
    let hulls: Vec<Rect> = page.words.iter().map(|w| w.frame.hull()).collect();
    let mut bands: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for region in &truth.regions {
        let mut before: Option<(usize, Vec<usize>)> = None;
        for word in &region.words {
            let area = Rect::new(word.area[0], word.area[1], word.area[2], word.area[3]);
            if word.vis < 0.9 {
                before = None;
                continue;
            }
            let band = band(area.height());
            let touching: Vec<usize> =
                (0..hulls.len()).filter(|&k| hulls[k].intersection(&area).area() > 0.0).collect();
            let matching: Vec<usize> = touching.iter().copied().filter(|&k| hulls[k].iou(&area) >= 0.5).collect();
            let tally = bands.entry(band).or_default();
            tally.words += 1;
            tally.found += usize::from(!matching.is_empty());
            tally.boxes += touching
                .iter()
                .filter(|&&k| {
                    let h = hulls[k];
                    let (x, y) = ((h.x0 + h.x1) / 2.0, (h.y0 + h.y1) / 2.0);
                    (area.x0..area.x1).contains(&x) && (area.y0..area.y1).contains(&y)
                })
                .count();
            if let Some((i, last)) = before.filter(|(i, _)| word.i == i + 1) {
                let _ = i;
                tally.pairs += 1;
                tally.linked +=
                    usize::from(last.iter().any(|&a| matching.iter().any(|&b| page.words[a].to == page.words[b].from)));
            }
            before = Some((word.i, matching));
        }
    }
    Some(bands.into_iter().collect())
}

/// Distances of one group of words.
#[derive(Default)]
struct Distances {
    same: Vec<u32>,
    different: Vec<u32>,
}

fn words(folders: &[PathBuf], families: &[Family]) -> Result<(), Box<dyn std::error::Error>> {
    let truths = truths(folders)?;
    for family in families {
        let family = *family;
        let encoder = family.encoder();
        let mut rows: BTreeMap<String, Distances> = BTreeMap::new();
        for face in [Face::Sans, Face::Serif, Face::Mono] {
            let text = TextEncoder::new(face, &*encoder)?;
            for (path, truth) in &truths {
                let Ok(raster) = decode(&std::fs::read(path)?, &RasterConfig::default()) else {
                    continue;
                };
                let page = analyse(&raster, &PageConfig::default());
                let seen = fingerprint(&page, &*encoder)?;
                let (mut pictured, mut written) = (Codes::new(family), Codes::new(family));
                let mut tokens = Vec::new();
                for (region, word) in truth.regions.iter().flat_map(|r| r.words.iter().map(move |w| (r, w))) {
                    let area = Rect::new(word.area[0], word.area[1], word.area[2], word.area[3]);
                    let best = (0..page.words.len())
                        .map(|k| (page.words[k].frame.hull().iou(&area), k))
                        .max_by(|a, b| a.0.total_cmp(&b.0));
                    let Some((iou, k)) = best else { continue };
                    // Whole words that were found: segmentation is measured elsewhere.
                    if word.vis < 0.99 || iou < 0.65 {
                        continue;
                    }
                    pictured.extend(&Codes::from_data(family, seen.codes.get(k).to_vec())?)?;
                    written.extend(&Codes::from_data(family, text.encode(&word.w)?.code)?)?;
                    tokens.push((word.w.as_str(), band(area.height()), region.font.as_str()));
                }
                for (i, (token, band, font)) in tokens.iter().enumerate() {
                    let keys = [
                        format!("{face:?} 1 x-height {band}"),
                        format!("{face:?} 2 {font}"),
                        format!("{face:?} 3 all"),
                    ];
                    let same = pictured.distance_bits(i, &written, i)?;
                    let stride = tokens.len() / 7 + 1;
                    let others: Vec<usize> =
                        (1..7).map(|k| (i + k * stride) % tokens.len()).filter(|&j| tokens[j].0 != *token).collect();
                    for key in keys {
                        let row = rows.entry(key).or_default();
                        row.same.push(same);
                        for &j in &others {
                            row.different.push(pictured.distance_bits(i, &written, j)?);
                        }
                    }
                }
            }
        }
        println!("{family:?}: words from pictures against words from text drawn in one face, {} bits", family.bits());
        println!(
            "{:34} {:>6} {:>6} {:>5} {:>6} {:>5}  TPR at FPR 1e-2, 1e-3",
            "", "words", "same", "sd", "other", "sd"
        );
        for (key, d) in &mut rows {
            d.different.sort_unstable();
            let tpr = |share: f32| {
                let limit = d.different[(share * d.different.len() as f32) as usize];
                d.same.iter().filter(|&&v| v < limit).count() as f32 / d.same.len() as f32
            };
            let ((m, s), (om, os)) = (moments(&d.same, family), moments(&d.different, family));
            println!(
                "{key:34} {:6} {m:6.3} {s:5.3} {om:6.3} {os:5.3}  {:.3} {:.3}",
                d.same.len(),
                tpr(1e-2),
                tpr(1e-3)
            );
        }
    }
    Ok(())
}

/// Mean and standard deviation, as shares of the code's length.
fn moments(distances: &[u32], family: Family) -> (f32, f32) {
    let share = |d: &u32| *d as f32 / family.bits() as f32;
    let n = distances.len().max(1) as f32;
    let mean = distances.iter().map(share).sum::<f32>() / n;
    let variance = distances.iter().map(|d| (share(d) - mean).powi(2)).sum::<f32>() / n;
    (mean, variance.sqrt())
}
