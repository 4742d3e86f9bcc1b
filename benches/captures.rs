//! How well scroll captures of one document are joined: `cargo bench --features benchmarks --bench captures --
//! FOLDER...`.
//!
//! Each `.json` of a folder names captures in order and the words that each shows: `{"captures": [{"image": NAME,
//! "words": [{"i": N, "box": [x0, y0, x1, y1], "vis": SHARE}]}]}` with `i` the word's number in the document; those
//! from a million on belong to bars of the window. *Overlapping* words are whole in two captures and more. *Twice*: the
//! joined document has such a word from two captures. *Lost*: a word that is whole in some capture, and found there, is
//! taken from none.
#![expect(clippy::print_stdout, reason = "a program's output")]

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use leakprint::benchmarks::joined;
use leakprint::fingerprint::Family;
use leakprint::geom::Rect;
use serde::Deserialize;

#[derive(Deserialize)]
struct Truth {
    captures: Vec<Capture>,
    #[serde(default)]
    format: String,
    #[serde(default)]
    bars: String,
    #[serde(default)]
    overlap: f32,
}

#[derive(Deserialize)]
struct Capture {
    image: String,
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    i: usize,
    #[serde(rename = "box")]
    edges: [f32; 4],
    vis: f32,
}

/// Words from this number on belong to bars.
const BARS: usize = 1_000_000;

#[derive(Clone, Copy, Default)]
struct Count {
    overlapping: usize,
    twice: usize,
    words: usize,
    lost: usize,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.overlapping += other.overlapping;
        self.twice += other.twice;
        self.words += other.words;
        self.lost += other.lost;
    }

    fn row(self, name: &str) -> String {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        let Self { overlapping, twice, words, lost } = self;
        format!(
            "| {name} | {overlapping} | {twice} | {:.4} | {words} | {lost} | {:.4} |",
            share(twice, overlapping),
            share(lost, words)
        )
    }
}

/// The part of `places` with numbers that `wanted` takes.
fn count(truth: &Truth, boxes: &[Vec<(Rect, bool)>], wanted: impl Fn(usize) -> bool) -> Count {
    let (mut whole, mut kept): (HashMap<usize, HashSet<usize>>, HashMap<usize, HashSet<usize>>) = Default::default();
    for (k, (capture, found)) in truth.captures.iter().zip(boxes).enumerate() {
        for word in capture.words.iter().filter(|w| wanted(w.i)) {
            let [x0, y0, x1, y1] = word.edges;
            // Words that are found: some box on the line's middle covers half of it.
            let covers = |(found, _): &&(Rect, bool)| {
                let y = 0.5 * (found.y0 + found.y1);
                (y0..y1).contains(&y) && found.x1.min(x1) - found.x0.max(x0) > 0.5 * (x1 - x0).min(found.width())
            };
            let covering: Vec<&(Rect, bool)> = found.iter().filter(covers).collect();
            if word.vis > 0.9 && !covering.is_empty() {
                whole.entry(word.i).or_default().insert(k);
            }
            if covering.iter().any(|(_, kept)| *kept) {
                kept.entry(word.i).or_default().insert(k);
            }
        }
    }
    let none = HashSet::new();
    let of = |i: &usize| kept.get(i).unwrap_or(&none).len();
    let overlapping: Vec<&usize> =
        whole.iter().filter(|(_, in_captures)| in_captures.len() >= 2).map(|(i, _)| i).collect();
    Count {
        overlapping: overlapping.len(),
        twice: overlapping.iter().filter(|i| of(i) >= 2).count(),
        words: whole.len(),
        lost: whole.keys().filter(|i| of(i) == 0).count(),
    }
}

fn measure(path: &Path) -> Result<(Truth, Count, Count), Box<dyn std::error::Error>> {
    let truth: Truth = serde_json::from_slice(&std::fs::read(path)?)?;
    let pictures = truth.captures.iter().map(|c| std::fs::read(path.with_file_name(&c.image)));
    let boxes = joined(&pictures.collect::<Result<Vec<_>, _>>()?, Family::default())?;
    let (text, bars) = (count(&truth, &boxes, |i| i < BARS), count(&truth, &boxes, |i| i >= BARS));
    Ok((truth, text, bars))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).map(PathBuf::from).collect();
    let mut tables: std::collections::BTreeMap<String, Count> = std::collections::BTreeMap::new();
    println!("| captures | overlapping words | twice | share | words | lost | share |\n|---|---|---|---|---|---|---|");
    for folder in folders {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
        paths.sort();
        for path in paths {
            let (truth, text, bars) = measure(&path)?;
            if text.twice + text.lost + bars.twice > 0 {
                println!("{}", text.row(&format!("{} (bars twice: {})", path.display(), bars.twice)));
            }
            for name in [
                format!("1 format {}", truth.format),
                format!("2 bars {}", truth.bars),
                format!("3 overlap {}", truth.overlap),
                "4 all".to_owned(),
            ] {
                tables.entry(name).or_default().add(text);
            }
            tables.entry("5 words of bars".to_owned()).or_default().add(bars);
        }
    }
    tables.iter().for_each(|(name, count)| println!("{}", count.row(name)));
    Ok(())
}
