//! How many words must be seen? Pictures cut down to a few words, looked up in the whole catalogue.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use leakprint::catalogue::mail::Mail;
use leakprint::fingerprint::{Codes, Encoder, Fingerprint};
use leakprint::geom::Rect;
use leakprint::page::{Page, Word};
use leakprint::random::SplitMix64;
use leakprint::{Error, Matcher};
use rayon::prelude::*;

use super::calibration::phrases;
use super::noise::read;
use crate::truth::{Region, TrueWord, Truth};

/// Numbers of words that are left to see.
pub(super) const LENGTHS: [usize; 7] = [6, 8, 10, 12, 15, 20, 25];
/// Windows of each length in each picture.
const WINDOWS: usize = 4;
/// Smallest x-height, in pixels.
const MIN_X_HEIGHT_PX: f32 = 6.0;

/// Whether the glyph atlas was made of this typeface.
fn enrolled(font: &str) -> bool {
    ["Liberation Sans", "Liberation Serif", "Liberation Mono"].contains(&font)
}

/// Windows by typeface: those that tell which mail they are of; header blocks of the messages that a mail quotes;
/// footers and turns of phrase. The latter two are not to convict by themselves.
const SERIES: [[&str; 3]; 2] = [
    ["the atlas'", "the atlas', header blocks", "the atlas', untelling"],
    ["others", "others, header blocks", "others, untelling"],
];
/// What lines of a header block begin with.
const LABELS: [&str; 7] = ["From:", "Sent:", "To:", "Cc:", "Bcc:", "Subject:", "Date:"];
/// A phrase of three words in more mails than this is no mail's own: it may be quoted by a few.
const MOST_MAILS: u32 = 4;

/// Recognised and all windows, by series and number of words.
pub(super) type Curve = BTreeMap<(&'static str, usize), (usize, usize)>;

/// What is known of a window, and whether it was recognised.
type Window = ((&'static str, usize), bool);

/// `texts` are the words of `mails`, the catalogue's: a window that another mail holds too is recognised by that one as
/// well.
pub(super) fn recall(
    matcher: &Matcher,
    encoder: &dyn Encoder,
    truths: &[(PathBuf, Truth)],
    mails: &[Mail],
    texts: &HashMap<&str, Vec<&str>>,
) -> Result<Curve, Error> {
    let headers: HashMap<&str, Vec<bool>> = mails.iter().map(|m| (m.id.as_str(), header_words(&m.body))).collect();
    let mut of_phrases: HashMap<u64, u32> = HashMap::new();
    let of_mails: Vec<HashSet<u64>> = texts
        .par_iter()
        .map(|(_, words)| {
            let [_, short] = phrases(words.iter().copied());
            short
        })
        .collect();
    of_mails.into_iter().flatten().for_each(|p| *of_phrases.entry(p).or_default() += 1);
    // Half of its phrases are its own.
    let telling = |shown: &[&str]| {
        let [_, short] = phrases(shown.iter().copied());
        2 * short.iter().filter(|p| of_phrases.get(p).is_none_or(|n| *n <= MOST_MAILS)).count() >= short.len()
    };
    let of_picture = |(number, (path, truth)): (usize, &(PathBuf, Truth))| -> Result<Vec<Window>, Error> {
        let (page, fingerprint) = read(path, encoder)?;
        let mut random = SplitMix64::new(number as u64);
        let mut out = Vec::new();
        for region in &truth.regions {
            let series = SERIES[usize::from(!enrolled(&region.font))];
            let header = headers.get(region.email_id.as_str()).map_or(&[][..], Vec::as_slice);
            for length in LENGTHS {
                for _ in 0..WINDOWS {
                    let Some(window) = window(region, length, &mut random) else { continue };
                    let (part, of) = cut(&page, &fingerprint, window)?;
                    if part.words.first().is_none_or(|w| w.frame.x_height_px < MIN_X_HEIGHT_PX) {
                        continue;
                    }
                    let shown: Vec<&str> = window.iter().map(|w| w.w.as_str()).collect();
                    let named = matcher.matches(&part, &of)?.matches;
                    let right = |id: &String| {
                        *id == region.email_id
                            || texts.get(id.as_str()).is_some_and(|t| t.windows(shown.len()).any(|w| w == shown))
                    };
                    let of_header = window.iter().filter(|w| header.get(w.i) == Some(&true)).count();
                    let kind = if !telling(&shown) { 2 } else { usize::from(2 * of_header >= shown.len()) };
                    out.push(((series[kind], length), named.iter().flat_map(|m| &m.documents).any(right)));
                }
            }
        }
        Ok(out)
    };
    let mut curve = Curve::new();
    let found: Vec<_> = truths.par_iter().enumerate().map(of_picture).collect::<Result<_, Error>>()?;
    for (key, hit) in found.into_iter().flatten() {
        let sum = curve.entry(key).or_default();
        *sum = (sum.0 + usize::from(hit), sum.1 + 1);
    }
    Ok(curve)
}

/// Which words of a body stand in a header block of a message that it quotes.
fn header_words(body: &str) -> Vec<bool> {
    let of_line = |line: &str| {
        let first = line.split_whitespace().find(|word| *word != ">");
        let of_header = first.is_some_and(|word| LABELS.contains(&word));
        vec![of_header; line.split_whitespace().count()]
    };
    body.lines().flat_map(of_line).collect()
}

/// So many words in a row that can be seen whole.
fn window<'r>(region: &'r Region, length: usize, random: &mut SplitMix64) -> Option<&'r [TrueWord]> {
    let whole =
        |words: &[TrueWord]| words.iter().all(|w| w.vis > 0.95) && words.windows(2).all(|p| p[0].i + 1 == p[1].i);
    let starts: Vec<usize> =
        (0..(region.words.len() + 1).saturating_sub(length)).filter(|&s| whole(&region.words[s..s + length])).collect();
    let start = *starts.get(random.below(starts.len()))?;
    Some(&region.words[start..start + length])
}

/// What is left of a page if only these words can be seen: the lattice's words whose middle lies on one of them.
fn cut(page: &Page, fingerprint: &Fingerprint, window: &[TrueWord]) -> Result<(Page, Fingerprint), Error> {
    let areas: Vec<Rect> = window.iter().map(TrueWord::area).collect();
    let on = |w: &Word| {
        let hull = page.hull(&w.frame);
        let beside = |a: &&Rect| a.intersection(&hull).height() > 0.5 * a.height().min(hull.height());
        // Joined words reach beyond one of them, not beyond all.
        areas.iter().filter(beside).map(|a| a.intersection(&hull).width()).sum::<f32>() > 0.5 * hull.width()
    };
    let chosen: Vec<usize> = (0..page.words.len()).filter(|&k| on(&page.words[k])).collect();
    // Nodes that are left, numbered anew: what lay between is cut away.
    let nodes: Vec<u32> = {
        let all: HashSet<u32> = chosen.iter().flat_map(|&k| [page.words[k].from, page.words[k].to]).collect();
        let mut all: Vec<u32> = all.into_iter().collect();
        all.sort_unstable();
        all
    };
    let at = |node: u32| nodes.partition_point(|&n| n < node) as u32;
    let mut part = Page { lines: page.lines.clone(), nodes: nodes.len() as u32, ..Page::default() };
    let mut of = Fingerprint { codes: Codes::new(fingerprint.codes.family()), ..Fingerprint::default() };
    for k in chosen {
        let word = page.words[k];
        part.words.push(Word { from: at(word.from), to: at(word.to), ..word });
        of.codes.extend(&Codes::from_data(fingerprint.codes.family(), fingerprint.codes.get(k).to_vec())?)?;
        of.weights.extend(fingerprint.weights.get(k));
        of.widths.push(fingerprint.widths[k]);
    }
    Ok((part, of))
}

pub(super) fn print(curve: &Curve) {
    println!("Pictures cut down to some words, x-height of {MIN_X_HEIGHT_PX} px and more, whole catalogue");
    println!("Untelling: more than half of the phrases of three words stand in more than {MOST_MAILS} mails");
    println!("Header blocks: half of the words and more stand in lines that begin with one of {LABELS:?}");
    for ((series, length), (hit, all)) in curve {
        println!("{series:25} {length:3} words: {hit:4} of {all:4} recognised: {:.3}", *hit as f32 / *all as f32);
    }
}
