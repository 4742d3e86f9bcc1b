//! Decides what pictures show: `cargo run --release --example identify -- --catalogue DIR PICTURE_OR_FOLDER...`.
//!
//! One JSON line a picture on stdout, in the order of the inputs, nothing else. A picture that cannot be read gives
//! `"verdict": "unreadable"` with its reason; the exit status is 0 when every picture was answered.

mod common;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{expand, is_picture};
use leakprint::catalogue::Catalogue;
use leakprint::index::{Effort, Engine};
use leakprint::verdict::{LIKELY, Millis, Outcome, Verdict};
use leakprint::{Config, Error, Matcher};
use rayon::prelude::*;
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Recognises mails of a catalogue in pictures")]
struct Arguments {
    /// The catalogue's folder, as `build_catalogue` made it.
    #[arg(long)]
    catalogue: PathBuf,
    /// Largest E-value of a match: expected number of mails that would match as well by chance.
    #[arg(long, default_value_t = LIKELY, allow_negative_numbers = true)]
    max_e: f64,
    /// How documents are found: `auto` (by the catalogue's size), `scan` or `seeds`.
    #[arg(long, default_value = "auto", value_parser = engine)]
    engine: Engine,
    /// Threads; 0 means one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Pictures, or folders of them (searched recursively).
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    image: &'a Path,
    #[serde(flatten)]
    verdict: Verdict,
}

fn engine(name: &str) -> Result<Engine, String> {
    match name {
        "auto" => Ok(Engine::Auto),
        "scan" => Ok(Engine::Scan),
        "seeds" => Ok(Engine::Seeds),
        _ => Err("it must be auto, scan or seeds".into()),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("identify: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::default();
    config.verdict.max_e = arguments.max_e;
    config.search.engine = arguments.engine;
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build_global()?;
    let matcher = Matcher::new(&Catalogue::open(&arguments.catalogue)?, config)?;
    let found = expand(&arguments.inputs, is_picture).into_iter();
    let pictures: Vec<PathBuf> = found.filter_map(|f| f.map_err(|e| eprintln!("passed over: {e}")).ok()).collect();
    if pictures.is_empty() {
        return Err(
            "no pictures found: the folders hold no file with a picture's suffix (png, jpg, webp, gif, bmp, tif)"
                .into(),
        );
    }
    let (mut crowded, mut votes) = (0, 0);
    let mut out = BufWriter::new(std::io::stdout().lock());
    // Some pictures at a time: the answers come in order, and early.
    for some in pictures.chunks(4 * rayon::current_num_threads()) {
        let answers: Vec<Verdict> = some.par_iter().map(|path| answer(&matcher, path)).collect();
        for (image, verdict) in some.iter().zip(answers) {
            votes += verdict.search.votes;
            crowded += verdict.search.crowded;
            serde_json::to_writer(&mut out, &Answer { image, verdict })?;
            writeln!(out)?;
        }
        out.flush()?;
    }
    if crowded > 0 {
        let share = 100.0 * crowded as f64 / (crowded + votes) as f64;
        eprintln!(
            "search: {crowded} places of crowded 2-grams ({share:.1} %) were left out: `SearchConfig::max_votes`"
        );
    }
    Ok(())
}

/// The verdict on a file; one that cannot be read is unreadable, and says why.
fn answer(matcher: &Matcher, path: &Path) -> Verdict {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source });
    bytes.and_then(|b| matcher.identify(&b)).unwrap_or_else(|e| Verdict {
        outcome: Outcome::Unreadable,
        reason: Some(e.to_string()),
        words_seen: 0,
        width: 0,
        height: 0,
        matches: Vec::new(),
        search: Effort::default(),
        millis: Millis::default(),
    })
}
