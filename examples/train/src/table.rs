//! The tables: how often a word, or a window of words, is found at a given rate of false matches.

use anyhow::Result;

use crate::encoder::{Code, Encoder};
use crate::export::Patches;
use crate::fonts::{Face, Faces};
use crate::rng::Rng;
use crate::sample::Kind;
use crate::words;

/// Window lengths.
const WINDOWS: [usize; 4] = [1, 4, 8, 16];
/// Rates of false matches.
const RATES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-6];
/// x-heights of the small-text table.
const SIZES: [f32; 6] = [2.5, 3.0, 3.5, 4.0, 5.0, 7.0];
/// Scores are counted in steps of a sixteenth of a nat (or of a bit), in this range.
const STEPS: f32 = 16.0;
const LOWEST: i32 = -40_000;
const HIGHEST: i32 = 12_000;

/// Words of one face, clean and as queries.
struct Cell {
    clean: Patches,
    queries: Vec<Patches>,
}

/// Codes of queries and of the catalogue, both in reading order.
type Pair<'a> = (&'a [Option<Code>], &'a [Option<u128>]);

/// Counts of scores.
struct Tally {
    same: Vec<u64>,
    other: Vec<u64>,
}

impl Tally {
    fn new() -> Self {
        let size = (HIGHEST - LOWEST + 1) as usize;
        Self { same: vec![0; size], other: vec![0; size] }
    }

    fn add(&mut self, score: i32, same: bool) {
        let at = (score.clamp(LOWEST, HIGHEST) - LOWEST) as usize;
        if same { self.same[at] += 1 } else { self.other[at] += 1 }
    }

    /// The share of true pairs found when at most `rate` of the false ones are.
    fn found(&self, rate: f64) -> f64 {
        let allowed = (rate * self.other.iter().sum::<u64>() as f64) as u64;
        let (mut hits, mut wrong) = (0, 0);
        for (same, other) in self.same.iter().zip(&self.other).rev() {
            wrong += other;
            if wrong > allowed {
                break;
            }
            hits += same;
        }
        hits as f64 / self.same.iter().sum::<u64>().max(1) as f64
    }

    fn row(&self, rates: &[f64]) -> String {
        rates.iter().map(|&r| format!("{:.3}", self.found(r))).collect::<Vec<_>>().join(" ")
    }
}

/// Codes of a query set in reading order; a word that was not drawn is `None`.
fn queries(encoder: &dyn Encoder, set: &Patches, n: usize) -> Vec<Option<Code>> {
    let mut out: Vec<Option<Code>> = (0..n).map(|_| None).collect();
    for ((&word, ink), &x_height) in set.word.iter().zip(&set.ink).zip(&set.x_height) {
        out[word] = Some(encoder.query(ink, x_height));
    }
    out
}

fn catalogue(encoder: &dyn Encoder, set: &Patches, n: usize) -> Vec<Option<u128>> {
    let mut out = vec![None; n];
    for (&word, ink) in set.word.iter().zip(&set.ink) {
        out[word] = Some(encoder.catalogue(ink));
    }
    out
}

/// Scores of all pairs, row by row; a missing word scores nothing.
fn scores(queries: &[Option<Code>], catalogue: &[Option<u128>], soft: bool) -> Vec<f32> {
    let mut out = Vec::with_capacity(queries.len() * catalogue.len());
    for query in queries {
        let Some(query) = query else {
            out.resize(out.len() + catalogue.len(), 0.0);
            continue;
        };
        let base: f32 = query.soft.iter().map(|s| s.1).sum();
        // Four table look-ups of a byte's bits would be faster; this is fast enough for a table.
        let gain: Vec<f32> = query.soft.iter().map(|s| s.0 - s.1).collect();
        out.extend(catalogue.iter().map(|code| match code {
            None => 0.0,
            Some(code) if soft => {
                let equal = !(code ^ query.bits);
                base + gain.iter().enumerate().map(|(i, g)| if equal >> i & 1 == 1 { *g } else { 0.0 }).sum::<f32>()
            }
            Some(code) => -f32::from((code ^ query.bits).count_ones() as u8),
        }));
    }
    out
}

/// Bit error rate of true pairs.
fn bit_errors(queries: &[Option<Code>], catalogue: &[Option<u128>], bits: u32) -> (u64, u64) {
    let pairs = queries.iter().zip(catalogue).filter_map(|(q, c)| Some((q.as_ref()?.bits ^ (*c)?).count_ones()));
    pairs.fold((0, 0), |(wrong, all), n| (wrong + u64::from(n), all + u64::from(bits)))
}

/// Counts all windows of `n` words; false pairs are those that share no more than half of their words.
fn tally(scores: &[f32], ids: &[usize], n: usize, out: &mut Tally) {
    let size = ids.len();
    for shift in 1 - size as isize..size as isize {
        let (first, last) = ((-shift).max(0) as usize, (size as isize - shift.max(0)) as usize);
        let (mut sum, mut equal) = (0.0f32, 0);
        for i in first..last {
            let j = (i as isize + shift) as usize;
            sum += scores[i * size + j];
            equal += usize::from(ids[i] == ids[j]);
            if i >= first + n {
                sum -= scores[(i - n) * size + j - n];
                equal -= usize::from(ids[i - n] == ids[j - n]);
            }
            if i + 1 >= first + n && (shift == 0 || 2 * equal <= n && (n > 1 || equal == 0)) {
                out.add((sum * STEPS).round() as i32, shift == 0);
            }
        }
    }
}

/// The same number for equal words; words that differ in case or marks only are equal: "the Hierarchy Standard." says
/// what "the hierarchy standard" says, and no window with both is a false match.
fn identities(words: &[String]) -> Vec<usize> {
    let mut seen = std::collections::BTreeMap::new();
    let plain = |w: &String| -> String {
        let letters: String = w.chars().filter(|c| c.is_alphanumeric()).collect();
        if letters.is_empty() { w.clone() } else { letters.to_lowercase() }
    };
    words.iter().enumerate().map(|(i, w)| *seen.entry(plain(w)).or_insert(i)).collect()
}

fn clean<'f>(words: &[String], face: &'f Face, rng: &mut Rng) -> Patches {
    Patches::render(words, 10, &mut |_| Kind::Clean, &mut |_: &mut Rng| -> &'f Face { face }, rng)
}

fn queried<'f>(words: &[String], face: &'f Face, kind: Kind, rng: &mut Rng) -> Patches {
    Patches::render(words, 10, &mut |_| kind, &mut |_: &mut Rng| -> &'f Face { face }, rng)
}

/// Everything for each encoder; with `sizes`, only small text of these x-heights in pixels.
pub fn print(encoders: &[Box<dyn Encoder>], quick: bool, sizes: &[f32]) -> Result<()> {
    let faces = Faces::find()?;
    if !sizes.is_empty() {
        return small(encoders, &faces, sizes);
    }
    types(encoders, &faces)?;
    if !quick {
        running(encoders, &faces)?;
        small(encoders, &faces, &SIZES)?;
    }
    Ok(())
}

/// Held-out words in held-out faces, 4.5 px x-height and more.
fn types(encoders: &[Box<dyn Encoder>], faces: &Faces) -> Result<()> {
    let words = words::test_words(1200, 2)?;
    let ids = identities(&words);
    let mut rng = Rng::new(31);
    let all: Vec<&Face> = faces.test.iter().chain(&faces.catalogue).collect();
    let cells: Vec<Cell> = all
        .iter()
        .enumerate()
        .map(|(i, face)| {
            let reps = if i < faces.test.len() { 2 } else { 0 };
            let queries = (0..reps).map(|_| queried(&words, face, Kind::Large, &mut rng)).collect();
            Cell { clean: clean(&words, face, &mut rng), queries }
        })
        .collect();
    println!("\n## Held-out words and typefaces, x-height 4.5 px and more, all damage: TPR at FPR 1e-2 1e-3 1e-4\n");
    println!(
        "{} words, {} query faces; other = catalogue in LibSans, LibSerif, Carlito or the next held-out face; w4 = windows of four of these words\n",
        words.len(),
        faces.test.len()
    );
    println!(
        "| encoder | scores | same: BER | 1 word | w4 | other: BER | 1 word | w4 | LibSans only: 1 word | w4 |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    for encoder in encoders {
        let catalogues: Vec<_> = cells.iter().map(|c| catalogue(&**encoder, &c.clean, words.len())).collect();
        let codes: Vec<Vec<_>> =
            cells.iter().map(|c| c.queries.iter().map(|q| queries(&**encoder, q, words.len())).collect()).collect();
        for soft in [false, true] {
            if soft && codes[0][0].iter().flatten().all(|c| c.soft.is_empty()) {
                continue;
            }
            let mut tallies: Vec<[Tally; 2]> = (0..3).map(|_| [Tally::new(), Tally::new()]).collect();
            let mut errors = [(0, 0); 2];
            let held = faces.test.len();
            for (f, reps) in codes.iter().enumerate().take(held) {
                let others = [(f + 1) % held, held, held + 1, held + 2];
                for (q, (c, kind)) in
                    reps.iter().flat_map(|q| std::iter::once((f, 0)).chain(others.map(|o| (o, 1))).map(move |c| (q, c)))
                {
                    let s = scores(q, &catalogues[c], soft);
                    let (wrong, bits) = bit_errors(
                        q,
                        &catalogues[c],
                        if codes[0][0].iter().flatten().any(|c| !c.soft.is_empty()) { 64 } else { 128 },
                    );
                    errors[kind] = (errors[kind].0 + wrong, errors[kind].1 + bits);
                    for (tally_, n) in [(0, 1), (1, 4)] {
                        tally(&s, &ids, n, &mut tallies[kind][tally_]);
                        if c == held {
                            tally(&s, &ids, n, &mut tallies[2][tally_]);
                        }
                    }
                }
            }
            let ber = |k: usize| errors[k].0 as f64 / errors[k].1.max(1) as f64;
            let row = |k: usize, w: usize| tallies[k][w].row(&RATES[..3]);
            println!(
                "| {} | {} | {:.3} | {} | {} | {:.3} | {} | {} | {} | {} |",
                encoder.name(),
                if soft { "soft" } else { "Hamming" },
                ber(0),
                row(0, 0),
                row(0, 1),
                ber(1),
                row(1, 0),
                row(1, 1),
                row(2, 0),
                row(2, 1)
            );
        }
    }
    Ok(())
}

/// One table row: windows of running text in the given pairs of (query codes, catalogue codes).
fn window_row(pairs: &[Pair<'_>], ids: &[usize], soft: bool) -> String {
    let mut tallies: Vec<Tally> = WINDOWS.iter().map(|_| Tally::new()).collect();
    for (q, c) in pairs {
        let s = scores(q, c, soft);
        for (t, n) in tallies.iter_mut().zip(WINDOWS) {
            tally(&s, ids, n, t);
        }
    }
    tallies.iter().map(|t| t.row(&RATES)).collect::<Vec<_>>().join(" | ")
}

/// Running text at 4.5 px and more.
fn running(encoders: &[Box<dyn Encoder>], faces: &Faces) -> Result<()> {
    let words = words::running_text(2800)?;
    let face =
        |name: &str| faces.test.iter().chain(&faces.catalogue).find(|f| f.name == name).unwrap_or(&faces.test[0]);
    let same = ["LibSans", "Roboto", "Caladea"];
    let other = ["Roboto", "Inter", "Caladea", "Libertine", "Clear", "JetBrains", "C059"];
    windows(encoders, "Running text, x-height 4.5 px and more", &words, Kind::Large, (&same, &other), &face, 41);
    Ok(())
}

/// Running text at fixed small sizes.
fn small(encoders: &[Box<dyn Encoder>], faces: &Faces, sizes: &[f32]) -> Result<()> {
    let words = words::running_text(2000)?;
    let face =
        |name: &str| faces.test.iter().chain(&faces.catalogue).find(|f| f.name == name).unwrap_or(&faces.test[0]);
    for &size in sizes {
        let kind = Kind::Small(size * 0.93, size * 1.07);
        let (same, other) = (["LibSans", "Roboto", "Caladea"], ["Roboto", "Inter", "Clear", "Libertine"]);
        windows(encoders, &format!("Running text, x-height {size} px"), &words, kind, (&same, &other), &face, 43);
    }
    Ok(())
}

fn windows<'f>(
    encoders: &[Box<dyn Encoder>],
    title: &str,
    words: &[String],
    kind: Kind,
    (same, other): (&[&str], &[&str]),
    face: &dyn Fn(&str) -> &'f Face,
    seed: u64,
) {
    let ids = identities(words);
    let mut rng = Rng::new(seed);
    let mut names: Vec<&str> = same.iter().chain(other).copied().collect();
    names.sort_unstable();
    names.dedup();
    let sets: Vec<(&str, Cell)> = names
        .iter()
        .map(|&name| {
            (
                name,
                Cell {
                    clean: clean(words, face(name), &mut rng),
                    queries: vec![queried(words, face(name), kind, &mut rng)],
                },
            )
        })
        .collect();
    println!(
        "\n## {title}: TPR at FPR 1e-2 1e-3 1e-4 1e-6 by window\n\n| encoder | scores | catalogue | BER | {} |\n|---|---|---|---|---|---|---|---|",
        WINDOWS.map(|n| format!("{n} words")).join(" | ")
    );
    for encoder in encoders {
        let codes: std::collections::BTreeMap<&str, _> = sets
            .iter()
            .map(|(name, cell)| {
                (
                    *name,
                    (
                        queries(&**encoder, &cell.queries[0], words.len()),
                        catalogue(&**encoder, &cell.clean, words.len()),
                    ),
                )
            })
            .collect();
        let soft = codes.values().any(|(q, _)| q.iter().flatten().any(|c| !c.soft.is_empty()));
        for (label, list, fixed) in [("same", same, None), ("LibSans", other, Some("LibSans"))] {
            let pairs: Vec<Pair<'_>> =
                list.iter().map(|n| (codes[n].0.as_slice(), codes[fixed.unwrap_or(n)].1.as_slice())).collect();
            let (wrong, all) = pairs
                .iter()
                .map(|(q, c)| bit_errors(q, c, if soft { 64 } else { 128 }))
                .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            for soft in if soft { &[false, true][..] } else { &[false][..] } {
                println!(
                    "| {} | {} | {label} | {:.3} | {} |",
                    encoder.name(),
                    if *soft { "soft" } else { "Hamming" },
                    wrong as f64 / all.max(1) as f64,
                    window_row(&pairs, &ids, *soft)
                );
            }
        }
    }
}
