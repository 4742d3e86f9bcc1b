//! Variants of the seed index: codebooks, n-grams, assignments.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use leakprint::benchmarks::AskedWord;
use rayon::prelude::*;

use crate::Question;
use crate::queries::timed;
use crate::text::{Distinct, Text};
use crate::vote::{List, affordable, rank};

#[derive(Args)]
pub(crate) struct Options {
    /// Words of the queries.
    #[arg(long, value_delimiter = ',', default_value = "12,20,40,100")]
    pub(crate) lengths: Vec<usize>,
    /// Plot of recall against cells of dynamic programming, as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

/// How prototypes are found.
#[derive(Clone, Copy, PartialEq)]
enum Training {
    /// The most frequent codes that are at least 7 bits apart.
    Frequent,
    /// The same, moved by so many rounds of k-majority (k-means in Hamming space; C. Grana et al. 2013).
    Majority(usize),
}

/// Which words make a seed.
#[derive(Clone, Copy, PartialEq)]
enum Grams {
    One,
    Two,
    Three,
    /// 2-grams, and pairs of words with one between them.
    TwoAndSkip,
    /// 2- and 3-grams.
    TwoAndThree,
}

struct Variant {
    name: &'static str,
    prototypes: usize,
    training: Training,
    grams: Grams,
    /// Visual words for each word of the query at most, and how much less likely than the nearest.
    assignments: usize,
    nats: f32,
    /// Whether other readings than the likeliest are looked up.
    lattice: bool,
    max_votes: usize,
    /// Whether a place votes once however many readings of a word hit it.
    once: bool,
}

const USUAL: Variant = Variant {
    name: "as it is",
    prototypes: 4096,
    training: Training::Frequent,
    grams: Grams::Two,
    assignments: 16,
    nats: 6.0,
    lattice: false,
    max_votes: 60_000,
    once: true,
};

fn variants() -> Vec<Variant> {
    use Grams::{One, Three, TwoAndSkip, TwoAndThree};
    vec![
        USUAL,
        Variant { name: "all readings of the lattice", lattice: true, ..USUAL },
        Variant { name: "all readings, a place votes once for each", lattice: true, once: false, ..USUAL },
        Variant { name: "1 visual word", assignments: 1, ..USUAL },
        Variant { name: "4 visual words", assignments: 4, ..USUAL },
        Variant { name: "8 visual words", assignments: 8, ..USUAL },
        Variant { name: "32 visual words", assignments: 32, ..USUAL },
        Variant { name: "16 within 4 nats", nats: 4.0, ..USUAL },
        Variant { name: "16, whatever their likelihood", nats: 64.0, ..USUAL },
        Variant { name: "20,000 votes", max_votes: 20_000, ..USUAL },
        Variant { name: "200,000 votes", max_votes: 200_000, ..USUAL },
        Variant { name: "4,096 by 8 rounds of k-majority", training: Training::Majority(8), ..USUAL },
        Variant { name: "1,024 prototypes", prototypes: 1024, ..USUAL },
        Variant { name: "8,192 prototypes", prototypes: 8192, ..USUAL },
        Variant { name: "16,384 prototypes", prototypes: 16_384, ..USUAL },
        Variant { name: "1-grams", grams: One, ..USUAL },
        Variant { name: "3-grams, 8 visual words", grams: Three, assignments: 8, ..USUAL },
        Variant { name: "2- and 3-grams, 8 visual words", grams: TwoAndThree, assignments: 8, ..USUAL },
        Variant { name: "2- and skip-grams", grams: TwoAndSkip, ..USUAL },
        Variant { name: "2- and skip-grams, 8 visual words", grams: TwoAndSkip, assignments: 8, ..USUAL },
    ]
}

/// Cells of dynamic programming that recall is given for, in millions.
const CELLS: [u64; 4] = [1, 4, 8, 16];

pub(crate) fn run(options: &Options, text: &Text, questions: &[(usize, Vec<Question>)]) -> Result<()> {
    let distinct = Distinct::of(text);
    println!("{} words, {} distinct codes", text.codes.len(), distinct.codes.len());
    println!(
        "| variant | query, words | queries | look-ups | votes | crowded | candidates | found with 1 / 4 / 8 / 16 million cells | look-up and votes, ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut curves: Vec<(&str, Vec<u64>, usize)> = Vec::new();
    let mut made: Option<(usize, Training, Grams, Vec<u64>, Inverted)> = None;
    for variant in variants() {
        let key = (variant.prototypes, variant.training, variant.grams);
        if made.as_ref().is_none_or(|m| (m.0, m.1, m.2) != key) {
            let book = codebook(&distinct, variant.prototypes, variant.training);
            let inverted = Inverted::of(text, &distinct, &book, variant.grams);
            made = Some((key.0, key.1, key.2, book, inverted));
        }
        let Some((.., book, inverted)) = &made else { continue };
        let mut all = (Vec::new(), 0);
        for (length, questions) in questions {
            let (mut lookups, mut votes, mut crowded, mut candidates, mut millis) = (0, 0, 0, 0, 0.0);
            let mut before = Vec::new();
            for question in questions {
                let (ranking, spent) = timed(|| {
                    let keys = keys(question, book, &variant);
                    lookups += keys.len();
                    let list = |key: &Key| List {
                        places: inverted.places(key.key),
                        position: key.position,
                        cost_nats: key.cost_nats,
                    };
                    rank(text, keys.iter().map(list).collect(), variant.max_votes, variant.once)
                });
                millis += spent;
                votes += ranking.votes;
                crowded += ranking.masked;
                candidates += ranking.documents.len();
                let edges = question.words.len();
                before.extend(affordable(text, &ranking.documents, edges, 0, question.right).1);
            }
            let count = questions.len().max(1);
            let found = CELLS.map(|c| before.iter().filter(|&&b| b < c * 1_000_000).count() as f64 / count as f64);
            println!(
                "| {} | {length} | {count} | {} | {} | {} | {} | {:.3} / {:.3} / {:.3} / {:.3} | {:.1} |",
                variant.name,
                lookups / count,
                votes / count,
                crowded / count,
                candidates / count,
                found[0],
                found[1],
                found[2],
                found[3],
                millis / count as f64,
            );
            all.0.extend(before);
            all.1 += count;
        }
        curves.push((variant.name, all.0, all.1));
    }
    options.plot.as_ref().map_or(Ok(()), |path| plot(path, &curves))
}

/// Recall of all questions together against cells of dynamic programming.
fn plot(path: &std::path::Path, curves: &[(&str, Vec<u64>, usize)]) -> Result<()> {
    use plotters::prelude::*;
    let area = SVGBackend::new(path, (900, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d((0.1f64..64.0).log_scale(), 0.8..1.0)?;
    chart
        .configure_mesh()
        .x_desc("million cells of dynamic programming")
        .y_desc("found, of what the scan finds")
        .draw()?;
    for (k, (name, before, count)) in curves.iter().enumerate() {
        let colour = Palette99::pick(k).stroke_width(2);
        let points = (0..60).map(|i| {
            let cells = 0.1 * 640f64.powf(f64::from(i) / 59.0);
            (cells, before.iter().filter(|&&b| (b as f64) < cells * 1e6).count() as f64 / *count as f64)
        });
        let line = chart.draw_series(LineSeries::new(points, colour))?;
        line.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}

fn bits(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

/// Index of the nearest prototype.
fn nearest(book: &[u64], code: u64) -> u32 {
    let best = book.iter().map(|&p| bits(p, code)).min().unwrap_or(0);
    book.iter().position(|&p| bits(p, code) == best).unwrap_or(0) as u32
}

fn codebook(distinct: &Distinct, prototypes: usize, training: Training) -> Vec<u64> {
    let count = |k: usize| distinct.places(k as u32).len();
    let mut order: Vec<usize> = (0..distinct.codes.len()).collect();
    order.sort_by_key(|&k| (std::cmp::Reverse(count(k)), distinct.codes[k]));
    let mut book: Vec<u64> = Vec::new();
    for &k in &order {
        if book.len() == prototypes {
            break;
        }
        if book.iter().all(|&p| bits(p, distinct.codes[k]) >= 7) {
            book.push(distinct.codes[k]);
        }
    }
    let rounds = if let Training::Majority(rounds) = training { rounds } else { 0 };
    // The most frequent codes stand for all.
    order.truncate(200_000);
    for _ in 0..rounds {
        let mut ones = vec![[0i64; 64]; book.len()];
        for &k in &order {
            let (code, weight) = (distinct.codes[k], count(k) as i64);
            let sums = &mut ones[nearest(&book, code) as usize];
            for (bit, sum) in sums.iter_mut().enumerate() {
                *sum += if code >> bit & 1 == 1 { weight } else { -weight };
            }
        }
        for (prototype, sums) in book.iter_mut().zip(&ones) {
            *prototype = (0..64).fold(0, |code, bit| code | u64::from(sums[bit] > 0) << bit);
        }
    }
    book
}

/// Keys with places, sorted; a directory of the keys' first bits.
struct Inverted {
    entries: Vec<u64>,
    places: Vec<u32>,
    directory: Vec<u32>,
}

/// Keys have 32 bits: those of seeds that need more are hashed.
fn key_of(words: &[u32], gap: u32) -> u32 {
    let mix = |hash: u64, word: &u32| (hash ^ u64::from(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let hash = words.iter().fold(u64::from(gap) << 32 | words.len() as u64, mix);
    (hash.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32) as u32
}

const DIRECTORY_SHIFT: u32 = 32 - 22;

impl Inverted {
    fn of(text: &Text, distinct: &Distinct, book: &[u64], grams: Grams) -> Self {
        let visual: Vec<u32> = distinct.codes.iter().map(|&code| nearest(book, code)).collect();
        let mut words = vec![0u32; text.codes.len()];
        for (code, &word) in visual.iter().enumerate() {
            distinct.places(code as u32).iter().for_each(|&p| words[p as usize] = word);
        }
        let mut entries = Vec::new();
        for document in 0..text.starts.len() - 1 {
            let range = text.places(document);
            let own = &words[range.start as usize..range.end as usize];
            let mut add =
                |at: usize, key: u32| entries.push(u64::from(key) << 32 | (u64::from(range.start) + at as u64));
            for at in 0..own.len() {
                let rest = &own[at..];
                if grams == Grams::One {
                    add(at, key_of(&rest[..1], 0));
                }
                if rest.len() >= 2 && !matches!(grams, Grams::One | Grams::Three) {
                    add(at, key_of(&rest[..2], 0));
                }
                if rest.len() >= 3 && matches!(grams, Grams::Three | Grams::TwoAndThree) {
                    add(at, key_of(&rest[..3], 0));
                }
                if rest.len() >= 3 && grams == Grams::TwoAndSkip {
                    add(at, key_of(&[rest[0], rest[2]], 1));
                }
            }
        }
        entries.par_sort_unstable();
        let mut directory = vec![0u32; (1 << (32 - DIRECTORY_SHIFT)) + 1];
        for entry in &entries {
            directory[(entry >> 32 >> DIRECTORY_SHIFT) as usize + 1] += 1;
        }
        for k in 1..directory.len() {
            directory[k] += directory[k - 1];
        }
        let places = entries.iter().map(|&e| e as u32).collect();
        Self { entries, places, directory }
    }

    fn places(&self, key: u32) -> &[u32] {
        let bucket = (key >> DIRECTORY_SHIFT) as usize;
        let (start, end) = (self.directory[bucket] as usize, self.directory[bucket + 1] as usize);
        let near = &self.entries[start..end];
        let low = near.partition_point(|&e| ((e >> 32) as u32) < key);
        let high = low + near[low..].partition_point(|&e| (e >> 32) as u32 == key);
        &self.places[start + low..start + high]
    }
}

/// A seed of the query.
struct Key {
    key: u32,
    cost_nats: f32,
    position: u32,
}

fn assign(word: &AskedWord, book: &[u64], variant: &Variant) -> Vec<(u32, f32)> {
    if word.nats_per_bit == 0.0 {
        return Vec::new();
    }
    let [ones, twos] = word.weights;
    let distance = |p: &u64| {
        let differ = word.code ^ p;
        (differ & ones).count_ones() + 2 * (differ & twos).count_ones()
    };
    let distances: Vec<u32> = book.iter().map(distance).collect();
    let least = distances.iter().copied().min().unwrap_or(0);
    let farthest = least + (variant.nats / word.nats_per_bit) as u32;
    let mut near: Vec<(u32, u32)> =
        distances.iter().zip(0..).filter(|(d, _)| **d <= farthest).map(|(&d, k)| (d, k)).collect();
    near.sort_unstable();
    near.truncate(variant.assignments);
    near.into_iter().map(|(d, k)| (k, (d - least) as f32 * word.nats_per_bit)).collect()
}

/// All seeds of a query.
fn keys(question: &Question, book: &[u64], variant: &Variant) -> Vec<Key> {
    let words = &question.words;
    let used = |w: &AskedWord| variant.lattice || w.likeliest;
    let assigned: Vec<Vec<(u32, f32)>> =
        words.iter().map(|w| if used(w) { assign(w, book, variant) } else { Vec::new() }).collect();
    let following = |k: usize| (k + 1..words.len()).filter(move |&n| words[n].from == words[k].to);
    let mut keys = Vec::new();
    for k in 0..words.len() {
        let position = question.positions[k];
        if variant.grams == Grams::One {
            keys.extend(assigned[k].iter().map(|a| Key { key: key_of(&[a.0], 0), cost_nats: a.1, position }));
            continue;
        }
        for second in following(k) {
            if variant.grams != Grams::Three {
                for a in &assigned[k] {
                    for b in &assigned[second] {
                        keys.push(Key { key: key_of(&[a.0, b.0], 0), cost_nats: a.1 + b.1, position });
                    }
                }
            }
            if variant.grams == Grams::Two {
                continue;
            }
            for third in following(second) {
                for a in &assigned[k] {
                    for c in &assigned[third] {
                        if variant.grams == Grams::TwoAndSkip {
                            keys.push(Key { key: key_of(&[a.0, c.0], 1), cost_nats: a.1 + c.1, position });
                            continue;
                        }
                        for b in &assigned[second] {
                            let key = key_of(&[a.0, b.0, c.0], 0);
                            keys.push(Key { key, cost_nats: a.1 + b.1 + c.1, position });
                        }
                    }
                }
            }
        }
    }
    keys
}
