//! `evaluate decision`: E-values against what happens, recall against the number of words, altered words.

mod calibration;
mod noise;
mod plot;
mod recall;

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use leakprint::catalogue::mail::read_mails;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::Family;
use leakprint::verdict::Verdict;
use leakprint::{Config, Error, Matcher};
use rayon::prelude::*;

use crate::altered;
use crate::truth::Truth;

use self::calibration::{Bench, Phrases};
use self::noise::Text;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folders of pictures and their truth files: what noise is measured on, and what decoys are cut from.
    folders: Vec<PathBuf>,
    /// The catalogue's mails.
    #[arg(long, required = true)]
    mails: Vec<PathBuf>,
    /// Decoy queries from held-out mails, of the other kinds a quarter of that; 0 leaves them out.
    #[arg(long, default_value_t = 20_000)]
    queries: usize,
    /// Sources of mails (what stands before the first `/` of an id) that count as one, as they write in one format.
    #[arg(long, value_delimiter = ',')]
    one_source: Vec<String>,
    /// Folders of clean pictures that are cut down to a few words.
    #[arg(long)]
    short: Vec<PathBuf>,
    /// Folders of pictures with changed words: in a region, their truth files have `altered`, the words that stood
    /// there before, by number; `inserted`, boxes of words that were put in; `deleted`, words that were left out, by
    /// number.
    #[arg(long)]
    doctored: Vec<PathBuf>,
    /// Folder for plots of calibration and recall, as SVG.
    #[arg(long)]
    plots: Option<PathBuf>,
    /// Wrong answers to list, those that were thought least likely first.
    #[arg(long, default_value_t = 0)]
    show: usize,
}

pub(crate) fn decision(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut mails = Vec::new();
    for path in &arguments.mails {
        mails.extend(read_mails(path)?.collect::<Result<Vec<_>, _>>()?);
    }
    let encoder = Family::Net.encoder();
    if let Some(folder) = &arguments.plots {
        std::fs::create_dir_all(folder)?;
    }
    if arguments.queries > 0 {
        let truths = crate::truth::truths(&arguments.folders)?;
        let sheets = noise::sheets(&truths, &*encoder)?;
        let phrases = Phrases::of(&mails, &arguments.one_source);
        let text = Text::new(&*encoder)?;
        let bench = Bench {
            mails: &mails,
            phrases: &phrases,
            encoder: &*encoder,
            sheets: &sheets,
            text: &text,
            words: mails.iter().flat_map(|m| m.body.split_whitespace()).collect(),
        };
        let observed = bench.strangers(&truths, arguments.queries)?;
        calibration::print(&observed, arguments.show);
        if let Some(folder) = &arguments.plots {
            plot::calibration(&folder.join("calibration.svg"), &observed)?;
        }
    }
    if arguments.short.is_empty() && arguments.doctored.is_empty() {
        return Ok(());
    }
    let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    catalogue.add_mails(&mails)?;
    let matcher = Matcher::new(&catalogue, Config::default())?;
    let texts: HashMap<&str, Vec<&str>> =
        mails.iter().map(|m| (m.id.as_str(), m.body.split_whitespace().collect())).collect();
    if !arguments.short.is_empty() {
        let curve = recall::recall(&matcher, &*encoder, &crate::truth::truths(&arguments.short)?, &mails, &texts)?;
        recall::print(&curve);
        if let Some(folder) = &arguments.plots {
            plot::recall(&folder.join("recall.svg"), &curve)?;
        }
    }
    if !arguments.doctored.is_empty() {
        altered::print(&altered_words(&matcher, &crate::truth::truths(&arguments.doctored)?, &texts)?);
    }
    Ok(())
}

/// How many words of some pictures are marked as altered.
fn altered_words(
    matcher: &Matcher,
    truths: &[(PathBuf, Truth)],
    texts: &HashMap<&str, Vec<&str>>,
) -> Result<altered::Changes, Error> {
    let answer = |(path, _): &(PathBuf, Truth)| -> Result<Verdict, Error> {
        matcher.identify(&std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source })?)
    };
    let verdicts: Vec<Verdict> = truths.par_iter().map(answer).collect::<Result<_, Error>>()?;
    let mut changes = altered::Changes::new();
    for (verdict, (_, truth)) in verdicts.iter().zip(truths) {
        altered::count(&mut changes, verdict, truth, texts);
    }
    Ok(changes)
}
