//! How often words and windows of words are found, at given rates of false matches: words that the page stage cut from
//! pictures against words made from text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::fingerprint::{Encoder, Family, Patch};
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use rayon::prelude::*;

use crate::truth::{Region, Truth, band};

/// Window lengths, in words.
const WINDOWS: [usize; 4] = [1, 4, 8, 16];
/// Rates of false matches.
const RATES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-6];
/// Scores are counted in steps of an eighth of a nat, or of a bit.
const STEPS: f32 = 8.0;
const LOWEST: i32 = -18_000;
const HIGHEST: i32 = 6_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A word of a picture: its code, and what equal bits earn more than unequal ones, by bytes of the code.
struct Query {
    code: Vec<u64>,
    /// Weighed score of a code is the sum over its bytes; none if the encoder has no confidences.
    soft: Option<Box<[[f32; 256]; 8]>>,
}

impl Query {
    fn of(encoder: &dyn Encoder, patch: &Patch, x_height_px: f32) -> Self {
        let mut values = vec![0.0; encoder.family().bits()];
        encoder.encode_query(patch, x_height_px, &mut values);
        let mut code = vec![0u64; values.len().div_ceil(64)];
        for (bit, _) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
            code[bit / 64] |= 1 << (bit % 64);
        }
        let wrong: Option<Vec<f32>> = values.iter().map(|&v| encoder.bit_error(x_height_px, v)).collect();
        let soft = wrong.map(|wrong| {
            let mut tables = Box::new([[0.0f32; 256]; 8]);
            for (byte, table) in tables.iter_mut().enumerate() {
                for (value, sum) in table.iter_mut().enumerate() {
                    for bit in 0..8 {
                        let p = wrong[8 * byte + bit].clamp(0.001, 0.5);
                        let equal = (value >> bit & 1 == 1) == (values[8 * byte + bit] > 0.0);
                        *sum += if equal { 2.0 * (1.0 - p) } else { 2.0 * p }.ln();
                    }
                }
            }
            tables
        });
        Self { code, soft }
    }

    /// Plain score and weighed score against a catalogue code.
    fn scores(&self, code: &[u64]) -> [f32; 2] {
        let distance: u32 = self.code.iter().zip(code).map(|(a, b)| (a ^ b).count_ones()).sum();
        let bytes = |tables: &[[f32; 256]; 8]| {
            tables.iter().zip(code[0].to_le_bytes()).map(|(table, byte)| table[usize::from(byte)]).sum::<f32>()
        };
        [-(distance as f32), self.soft.as_deref().map_or(0.0, bytes)]
    }
}

/// A text as the catalogue has it: each word's code in each face and in the mean of all, and which words are the same.
struct Document {
    codes: Vec<[Vec<u64>; 4]>,
    same: Vec<usize>,
}

/// Faces of [`Document::codes`]; the last is the default.
const FACES: [&[Face]; 4] = [&[Face::Sans], &[Face::Serif], &[Face::Mono], &[Face::Sans, Face::Serif, Face::Mono]];
const MEAN: usize = 3;

/// The face that a typeface is a copy of.
fn twin(font: &str) -> Option<usize> {
    match font {
        "Liberation Sans" | "Arimo" | "Arial" => Some(0),
        "Liberation Serif" | "Tinos" | "Times New Roman" => Some(1),
        "Liberation Mono" | "Cousine" | "Courier New" => Some(2),
        _ => None,
    }
}

/// Counts of scores of true and false pairs, by window length.
#[derive(Clone)]
struct Tally(Vec<[u32; 2]>);

impl Tally {
    const SIZE: usize = (HIGHEST - LOWEST + 1) as usize;

    fn new() -> Self {
        Self(vec![[0; 2]; WINDOWS.len() * Self::SIZE])
    }

    fn count(&mut self, window: usize, score: f32, is_true: bool) {
        let at = ((score * STEPS).round() as i32).clamp(LOWEST, HIGHEST) - LOWEST;
        self.0[window * Self::SIZE + at as usize][usize::from(is_true)] += 1;
    }

    fn add(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            a[0] += b[0];
            a[1] += b[1];
        }
    }

    /// The share of true pairs found when at most `rate` of the false ones are; none where too few pairs were false to
    /// tell.
    fn found(&self, window: usize, rate: f64) -> Option<f64> {
        let counts = &self.0[window * Self::SIZE..][..Self::SIZE];
        let [wrong, right] = [0, 1].map(|k| counts.iter().map(|c| u64::from(c[k])).sum::<u64>());
        let allowed = (rate * wrong as f64) as u64;
        if allowed == 0 || right == 0 {
            return None;
        }
        let (mut hits, mut misses) = (0, 0);
        for [wrong, right] in counts.iter().rev() {
            misses += u64::from(*wrong);
            if misses > allowed {
                break;
            }
            hits += u64::from(*right);
        }
        Some(hits as f64 / right as f64)
    }

    fn row(&self) -> String {
        let cell = |w: usize, rate: f64| self.found(w, rate).map_or("  –  ".into(), |f| format!("{f:.3}"));
        let window = |w: usize| RATES.map(|rate| cell(w, rate)).join(" ");
        (0..WINDOWS.len()).map(window).collect::<Vec<_>>().join(" | ")
    }
}

/// Rows of the table: by their names, plain and weighed scores.
type Rows = BTreeMap<String, [Tally; 2]>;

/// Prints the table for some hash families.
pub(crate) fn print(truths: &[(PathBuf, Truth)], families: &[Family]) -> Result<(), Failure> {
    let texts = texts(truths);
    println!(
        "true positive rate at false positive rates {RATES:?}, by words of a window; – where too few pairs are false"
    );
    let windows = WINDOWS.map(|n| format!("{:23}", format!("{n} words"))).join(" | ");
    println!("{:8} {:34} {:7} {:>6}  {windows}", "family", "pictures", "scores", "words");
    for &family in families {
        let encoder = family.encoder();
        let documents = enrol(&texts, &*encoder)?;
        let measured: Vec<Rows> = truths
            .par_iter()
            .map(|(path, truth)| measure(path, truth, &documents, &*encoder))
            .collect::<Result<_, Failure>>()?;
        let mut rows = Rows::new();
        for (name, tallies) in measured.into_iter().flatten() {
            let row = rows.entry(name).or_insert_with(|| [Tally::new(), Tally::new()]);
            row.iter_mut().zip(&tallies).for_each(|(a, b)| a.add(b));
        }
        for (name, [plain, soft]) in &rows {
            let words: u32 = plain.0[..Tally::SIZE].iter().map(|c| c[1]).sum();
            let family = format!("{family:?}");
            println!("{family:8} {:34} {:7} {words:6}  {}", &name[2..], "Hamming", plain.row());
            if soft.found(0, 1e-2).is_some_and(|f| f > 0.0) {
                println!("{family:8} {:34} {:7} {words:6}  {}", &name[2..], "soft", soft.row());
            }
        }
    }
    Ok(())
}

/// The words of each mail, as far as some picture shows them.
fn texts(truths: &[(PathBuf, Truth)]) -> BTreeMap<&str, Vec<&str>> {
    let mut texts: BTreeMap<&str, BTreeMap<usize, &str>> = BTreeMap::new();
    for region in truths.iter().flat_map(|(_, t)| &t.regions) {
        let text = texts.entry(&region.email_id).or_default();
        text.extend(region.words.iter().map(|w| (w.i, w.w.as_str())));
    }
    // Words that no picture shows leave an empty place, so that places stay those of the mail.
    texts.into_iter().map(|(id, text)| (id, dense(text))).collect()
}

fn dense(text: BTreeMap<usize, &str>) -> Vec<&str> {
    let mut words = vec![""; text.last_key_value().map_or(0, |(&last, _)| last + 1)];
    text.into_iter().for_each(|(i, w)| words[i] = w);
    words
}

fn enrol<'t>(
    texts: &BTreeMap<&'t str, Vec<&str>>,
    encoder: &dyn Encoder,
) -> Result<BTreeMap<&'t str, Document>, Failure> {
    let faces = FACES.iter().map(|faces| TextEncoder::new(faces, encoder)).collect::<Result<Vec<_>, _>>()?;
    // Words that differ in case or marks only are the same: with them, a window says the same.
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |word: &str| {
        let letters: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let next = numbers.len();
        *numbers.entry(if letters.is_empty() { word.to_owned() } else { letters }).or_insert(next)
    };
    let mut documents = BTreeMap::new();
    for (&id, words) in texts {
        let mut codes = Vec::with_capacity(words.len());
        for word in words {
            let mut of_word: [Vec<u64>; 4] = Default::default();
            for (code, face) in of_word.iter_mut().zip(&faces) {
                *code = face.encode(word)?.code;
            }
            codes.push(of_word);
        }
        documents.insert(id, Document { codes, same: words.iter().map(|w| number(w)).collect() });
    }
    Ok(documents)
}

/// All pairs of windows of one picture and of all texts.
fn measure(
    path: &Path,
    truth: &Truth,
    documents: &BTreeMap<&str, Document>,
    encoder: &dyn Encoder,
) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    let Ok(raster) = decode(&std::fs::read(path)?, &RasterConfig::default()) else { return Ok(rows) };
    let page = analyse(&raster, &PageConfig::default());
    let Some(ink) = &page.ink else { return Ok(rows) };
    let hulls: Vec<_> = page.words.iter().map(|w| page.hull(&w.frame)).collect();
    for region in &truth.regions {
        // The mail's words as far as they were found whole: segmentation is measured elsewhere.
        let cut = |word: &crate::truth::TrueWord| {
            let area = word.area();
            let best = (0..hulls.len()).map(|k| (hulls[k].iou(&area), k)).max_by(|a, b| a.0.total_cmp(&b.0))?;
            let frame = &page.words[best.1].frame;
            (word.vis >= 0.99 && best.0 >= 0.65)
                .then(|| Query::of(encoder, &Patch::sample(ink, frame), frame.x_height_px))
        };
        let queries: Vec<(usize, Query)> = region.words.iter().filter_map(|w| Some((w.i, cut(w)?))).collect();
        if queries.is_empty() {
            continue;
        }
        let own = &documents[region.email_id.as_str()];
        for (name, face) in names(region) {
            let row = rows.entry(name).or_insert_with(|| [Tally::new(), Tally::new()]);
            for run in queries.chunk_by(|a, b| b.0 == a.0 + 1) {
                for document in documents.values() {
                    pairs(run, own, document, face, row);
                }
            }
        }
    }
    Ok(rows)
}

/// The rows that a region counts in, and the catalogue's face for each.
fn names(region: &Region) -> Vec<(String, usize)> {
    let height = region.words.first().map_or(0.0, crate::truth::TrueWord::height);
    let mut names =
        vec![(format!("3 x-height {}", band(height)), MEAN), ("4 all, catalogue of three faces".to_owned(), MEAN)];
    names.push(match twin(&region.font) {
        Some(face) => ("1 same typeface".to_owned(), face),
        None => ("2 other typeface".to_owned(), MEAN),
    });
    names
}

/// Counts all pairs of windows of a run of words, which follow each other in `own`, and of a document.
fn pairs(run: &[(usize, Query)], own: &Document, document: &Document, face: usize, row: &mut [Tally; 2]) {
    let is_own = std::ptr::eq(own, document);
    let (n, m) = (run.len() as isize, document.codes.len() as isize);
    let (mut scores, mut equal) = (Vec::new(), Vec::new());
    for shift in 1 - n..m {
        // Word k of the run against word k + shift of the document.
        let all = (-shift).max(0)..n.min(m - shift);
        scores.clear();
        equal.clear();
        for k in all {
            let (i, query) = &run[k as usize];
            let j = (k + shift) as usize;
            scores.push(query.scores(&document.codes[j][face]));
            equal.push(own.same[*i] == document.same[j]);
        }
        let is_true = is_own && shift == run[0].0 as isize;
        for (number, &length) in WINDOWS.iter().enumerate() {
            for (scores, equal) in scores.windows(length).zip(equal.windows(length)) {
                // What shares more than half of its words is no false match.
                let shared = equal.iter().filter(|e| **e).count();
                if is_true || 2 * shared <= length && (length > 1 || shared == 0) {
                    let sum = scores.iter().fold([0.0; 2], |[a, b], s| [a + s[0], b + s[1]]);
                    row[0].count(number, sum[0], is_true);
                    row[1].count(number, sum[1], is_true);
                }
            }
        }
    }
}
