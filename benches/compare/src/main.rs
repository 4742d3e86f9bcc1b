//! The seed index beside other indexes, and beside variants of itself: see README.md.

#[path = "../../common/queries.rs"]
mod queries;
mod rivals;
mod text;
mod variants;
mod vote;

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use leakprint::benchmarks::{Asked, AskedWord, Engines};
use leakprint::catalogue::Catalogue;
use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::search::{Engine, SearchConfig};

use crate::text::Text;

#[derive(Parser)]
struct Arguments {
    /// A catalogue of one segment that `cargo bench --bench scale -- --keep` made.
    #[arg(long)]
    catalogue: PathBuf,
    /// The mails in it that pictures show, as JSON lines.
    #[arg(long)]
    mails: PathBuf,
    /// Folders of pictures of those.
    #[arg(long, num_args = 1..)]
    pictures: Vec<PathBuf>,
    /// Take every n-th picture.
    #[arg(long, default_value_t = 4)]
    every: usize,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// FAISS and mih-rs on the same codes.
    Rivals(rivals::Options),
    /// Codebooks, n-grams and assignments.
    Variants(variants::Options),
}

/// What is looked for, and where it is.
struct Question {
    asked: Asked,
    words: Vec<AskedWord>,
    /// Words of the likeliest reading before each word.
    positions: Vec<u32>,
    /// The right document.
    right: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // One thread for everything that is measured, and all of it in that thread.
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| run(&arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let catalogue = Catalogue::open(&arguments.catalogue)?;
    let engines = Engines::new(&catalogue, SearchConfig { engine: Engine::Seeds, ..SearchConfig::default() })?;
    let mails: Vec<Mail> = read_mails(&arguments.mails)?.collect::<Result<_, _>>()?;
    let pictures = queries::pictures(&arguments.pictures, arguments.every, &mails)?;
    let numbers = engines.numbers()?;
    let lengths = match &arguments.what {
        What::Rivals(options) => &options.lengths,
        What::Variants(options) => &options.lengths,
    };
    let mut questions: Vec<(usize, Vec<Question>)> = Vec::new();
    for &length in lengths {
        let windows = pictures.iter().flat_map(|p| p.windows(length).into_iter().map(|asked| (asked, &p.id)));
        let mut found = Vec::new();
        for (asked, id) in windows {
            if let Some(question) = question(&engines, asked, &numbers, id)? {
                found.push(question);
            }
        }
        questions.push((length, found));
    }
    let text = Text::of(&engines, catalogue.documents())?;
    match &arguments.what {
        What::Rivals(options) => rivals::run(options, &engines, &text, &questions),
        What::Variants(options) => variants::run(options, &text, &questions),
    }
}

/// A question that the exhaustive scan answers: the right document's E-value is at most 0.001.
fn question(engines: &Engines, asked: Asked, numbers: &HashMap<String, usize>, id: &str) -> Result<Option<Question>> {
    let right = numbers[id];
    if engines.e_value(&asked, engines.score(&asked, right)?)? > 0.001 {
        return Ok(None);
    }
    let words = engines.words(&asked);
    let mut positions = Vec::new();
    for word in &words {
        positions.push(words.iter().filter(|w| w.likeliest && w.to <= word.from).count() as u32);
    }
    Ok(Some(Question { asked, words, positions, right }))
}
