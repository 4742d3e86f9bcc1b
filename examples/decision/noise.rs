//! How words of pictures differ from words of text, measured on pictures with known truth, and pages made with that.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use leakprint::Error;
use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::fingerprint::{BitWeights, Codes, Encoder, Family, Fingerprint, Patch, fingerprint, log_width};
use leakprint::geom::WordFrame;
use leakprint::page::{Line, Page, PageConfig, Word, analyse};
use leakprint::random::SplitMix64;
use leakprint::raster::{RasterConfig, decode};
use rayon::prelude::*;

use crate::truth::Truth;

/// The net's values for a word of text: the mean of three faces.
pub(super) struct Text<'a> {
    faces: [TextEncoder<'a>; 3],
    encoder: &'a dyn Encoder,
    /// Words drawn so far.
    drawn: RwLock<HashMap<String, Arc<Drawn>>>,
}

/// A word of text in the code space.
pub(super) struct Drawn {
    pub(super) values: Vec<f32>,
    pub(super) width_xh: f32,
}

impl<'a> Text<'a> {
    pub(super) fn new(encoder: &'a dyn Encoder) -> Result<Self, Error> {
        let face = |f| TextEncoder::new(&[f], encoder);
        Ok(Self {
            faces: [face(Face::Sans)?, face(Face::Serif)?, face(Face::Mono)?],
            encoder,
            drawn: RwLock::default(),
        })
    }

    pub(super) fn draw(&self, word: &str) -> Arc<Drawn> {
        if let Some(known) = self.drawn.read().ok().and_then(|d| d.get(word).cloned()) {
            return known;
        }
        let fresh = Arc::new(self.draw_anew(word));
        if let Ok(mut drawn) = self.drawn.write() {
            drawn.insert(word.to_owned(), Arc::clone(&fresh));
        }
        fresh
    }

    fn draw_anew(&self, word: &str) -> Drawn {
        let mut values = vec![0.0; self.encoder.family().bits()];
        let mut one = values.clone();
        let mut width_xh = 0.0;
        for face in &self.faces {
            let drawn = face.patch(word);
            self.encoder.encode(&drawn.patch, &mut one);
            values.iter_mut().zip(&one).for_each(|(sum, v)| *sum += v / 3.0);
            width_xh = if width_xh > 0.0 { width_xh } else { (f32::from(drawn.width) / 32.0 - 3.0).exp2() };
        }
        Drawn { values, width_xh }
    }
}

/// What the words of one picture differ by from the same words drawn from text.
pub(super) struct Sheet {
    pub(super) x_height_px: f32,
    /// By the words' numbers of letters.
    residuals: Vec<Residual>,
}

/// What a word of a picture differs by from the same word drawn from text.
struct Residual {
    letters: usize,
    /// For each value of its code, value seen − value drawn.
    values: Vec<f32>,
    /// How many times as wide.
    stretch: f32,
}

impl Sheet {
    fn residual(&self, letters: usize, random: &mut SplitMix64) -> &Residual {
        let at = self.residuals.partition_point(|r| r.letters < letters);
        let (low, high) = (at.saturating_sub(3), (at + 4).min(self.residuals.len()));
        &self.residuals[low + random.below(high - low)]
    }
}

/// Differences of all pictures that show some words: whole ones, as the page stage cuts them.
pub(super) fn sheets(truths: &[(PathBuf, Truth)], encoder: &dyn Encoder) -> Result<Vec<Sheet>, Error> {
    let text = Text::new(encoder)?;
    let sheet = |(path, truth): &(PathBuf, Truth)| -> Result<Option<Sheet>, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let Ok(raster) = decode(&bytes, &RasterConfig::default()) else { return Ok(None) };
        let page = analyse(&raster, &PageConfig::default());
        let Some(ink) = &page.ink else { return Ok(None) };
        let (mut residuals, mut x_heights) = (Vec::new(), Vec::new());
        let mut seen = vec![0.0; encoder.family().bits()];
        for word in truth.regions.iter().flat_map(|r| &r.words).filter(|w| w.vis >= 0.99) {
            let area = word.area();
            let overlap = |w: &&Word| page.hull(&w.frame).iou(&area);
            let Some(best) = page.words.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b))) else { continue };
            if overlap(&best) < 0.65 {
                continue;
            }
            let x_height_px = best.frame.x_height_px;
            encoder.encode_query(&Patch::sample(ink, &best.frame), x_height_px, &mut seen);
            let drawn = text.draw(&word.w);
            residuals.push(Residual {
                letters: word.w.chars().count(),
                values: seen.iter().zip(&drawn.values).map(|(s, d)| s - d).collect(),
                stretch: best.frame.width_xh() / drawn.width_xh,
            });
            x_heights.push(x_height_px);
        }
        if residuals.len() < MIN_WORDS {
            return Ok(None);
        }
        residuals.sort_by_key(|r| r.letters);
        x_heights.sort_unstable_by(f32::total_cmp);
        Ok(Some(Sheet { x_height_px: x_heights[x_heights.len() / 2], residuals }))
    };
    let sheets: Vec<Option<Sheet>> = truths.par_iter().map(sheet).collect::<Result<_, _>>()?;
    Ok(sheets.into_iter().flatten().collect())
}

/// A picture with fewer words says too little about its style.
const MIN_WORDS: usize = 30;

/// A page of words, in lines, as if it had been found in a picture like `sheet`: codes with that picture's differences,
/// and a lattice with doubtful gaps.
pub(super) fn page_of(
    words: &[&str],
    sheet: &Sheet,
    text: &Text<'_>,
    encoder: &dyn Encoder,
    random: &mut SplitMix64,
) -> (Page, Fingerprint) {
    let mut page = Page { nodes: 1, ..Page::default() };
    let mut fingerprint = Fingerprint { codes: Codes::new(Family::Net), ..Fingerprint::default() };
    let x_height_px = sheet.x_height_px;
    // How often a gap is doubtful falls with the size of the text.
    let doubt = 0.25 * (5.0 / x_height_px).min(1.5);
    let (mut at, mut node) = (0, 0u32);
    let mut values = vec![0.0; encoder.family().bits()];
    let mut push =
        |page: &mut Page, from: u32, to: u32, word: &str, prior: f32, likeliest: bool, random: &mut SplitMix64| {
            let drawn = text.draw(word);
            let residual = sheet.residual(word.chars().count(), random);
            values.iter_mut().zip(&drawn.values).zip(&residual.values).for_each(|((v, d), r)| *v = d + r);
            let mut code = vec![0u64; values.len().div_ceil(64)];
            values.iter().enumerate().filter(|(_, v)| **v > 0.0).for_each(|(k, _)| code[k / 64] |= 1 << (k % 64));
            if let (Ok(codes), Some(wrong)) = (
                Codes::from_data(encoder.family(), code),
                values.iter().map(|&v| encoder.bit_error(x_height_px, v)).collect::<Option<Vec<f32>>>(),
            ) {
                // Of one family by construction.
                let _ = fingerprint.codes.extend(&codes);
                fingerprint.weights.push(BitWeights::new(&wrong));
                fingerprint.widths.push(log_width(drawn.width_xh * residual.stretch));
            }
            let line = from / WORDS_A_LINE;
            let frame = WordFrame::level(
                f32::from((from % WORDS_A_LINE) as u16) * 6.0 * x_height_px,
                f32::from((to % WORDS_A_LINE) as u16).max(1.0) * 6.0 * x_height_px,
                (line + 1) as f32 * 3.0 * x_height_px,
                x_height_px,
            );
            page.words.push(Word { from, to, line: 0, frame, prior_nats: prior, likeliest });
        };
    while at < words.len() {
        let word = words[at];
        let split = word.char_indices().nth(word.chars().count() / 2).map_or(0, |(k, _)| k);
        let chance = random.unit() as f32;
        if chance < doubt * 0.5 && at + 1 < words.len() {
            // Two words whose gap might be none.
            let joined = format!("{word}{}", words[at + 1]);
            let sure = random.unit() < 0.8;
            let (apart, together) = if sure { (-0.1, -1.2) } else { (-0.6, -0.4) };
            push(&mut page, node, node + 1, word, apart, sure, random);
            push(&mut page, node, node + 2, &joined, together, !sure, random);
            push(&mut page, node + 1, node + 2, words[at + 1], apart, sure, random);
            (at, node) = (at + 2, node + 2);
        } else if chance < doubt && split > 1 {
            // A word whose letters stand apart.
            let sure = random.unit() < 0.8;
            let (whole, parts) = if sure { (-0.1, -1.2) } else { (-0.6, -0.4) };
            push(&mut page, node, node + 1, &word[..split], parts, !sure, random);
            push(&mut page, node, node + 2, word, whole, sure, random);
            push(&mut page, node + 1, node + 2, &word[split..], parts, !sure, random);
            (at, node) = (at + 1, node + 2);
        } else {
            push(&mut page, node, node + 1, word, 0.0, true, random);
            (at, node) = (at + 1, node + 1);
        }
    }
    page.nodes = node + 1;
    let level = WordFrame::level(0.0, 100.0, 10.0, x_height_px);
    page.lines.push(Line {
        origin: level.origin,
        along: level.along,
        length_px: 100.0,
        x_height_px,
        region: 0,
        pieces: Vec::new(),
        spaces: Vec::new(),
    });
    (page, fingerprint)
}

const WORDS_A_LINE: u32 = 12;

/// A page's words within a run of lines of the picture, as a page of its own.
pub(super) fn excerpt(
    page: &Page,
    fingerprint: &Fingerprint,
    lines: std::ops::Range<u32>,
) -> Result<(Page, Fingerprint), Error> {
    let chosen: Vec<usize> = (0..page.words.len()).filter(|&k| lines.contains(&page.words[k].line)).collect();
    let first = chosen.first().map_or(0, |&k| page.words[k].from);
    let mut part = Page { lines: page.lines.clone(), nodes: 1, ..Page::default() };
    let mut of = Fingerprint { codes: Codes::new(fingerprint.codes.family()), ..Fingerprint::default() };
    for k in chosen {
        let word = page.words[k];
        part.words.push(Word { from: word.from - first, to: word.to - first, ..word });
        part.nodes = part.nodes.max(word.to - first + 1);
        of.codes.extend(&Codes::from_data(fingerprint.codes.family(), fingerprint.codes.get(k).to_vec())?)?;
        of.weights.extend(fingerprint.weights.get(k));
        of.widths.push(fingerprint.widths[k]);
    }
    Ok((part, of))
}

/// Page and codes of a picture.
pub(super) fn read(path: &std::path::Path, encoder: &dyn Encoder) -> Result<(Page, Fingerprint), Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let page = analyse(&decode(&bytes, &RasterConfig::default())?, &PageConfig::default());
    let fingerprint = fingerprint(&page, encoder);
    Ok((page, fingerprint))
}
