//! Decides what pictures show: `cargo run --release --example identify -- --catalogue DIR PICTURE_OR_FOLDER...`.
//!
//! One JSON line a picture on stdout, in the order of the inputs, nothing else. In folders pictures are told by suffix
//! or by their first bytes. A picture that cannot be understood gives `"verdict": "unreadable"` with its reason.
//!
//! The members of a line are those of [`Verdict`] (`verdict`, `reason`, `words_seen`, `width`, `height`, `matches`,
//! `known_texts`, `limits`, `millis`) and `image`, the picture's name. Those of a match are the fields of
//! [`Match`](leakprint::verdict::Match): ids, E-value, level, score, word numbers, the region and every word with its box.
//!
//! A file name that is not UTF-8 is written as well as can be in `image`, and exactly in `image_bytes`.
//!
//! The exit status is 0 when every picture was answered, also when whoever reads the answers stops early. It is 1 when
//! a file could not be read, no picture was found or the catalogue is damaged: the error is named on stderr, the other
//! pictures are answered. It is 2 when the arguments are wrong.

#[path = "common/inputs.rs"]
mod inputs;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use inputs::{begins_as_picture, expand, is_named_as_picture, tell, tell_passed_over};
use leakprint::catalogue::Catalogue;
use leakprint::search::{Engine, SearchStatistics};
use leakprint::verdict::{LIKELY, Outcome, StageTimings, Verdict};
use leakprint::{Config, Error, Limits, Matcher};
use rayon::prelude::*;
use serde::Serialize;

/// More threads than this help nobody, and starting them takes minutes.
const MAX_THREADS: u64 = 1024;
/// Pictures a thread that are answered before their lines are written.
const PICTURES_A_THREAD: usize = 4;

const EXAMPLES: &str = "\
Examples:
  identify --catalogue DIR post.png
  identify --catalogue DIR --max-e 1e-6 FOLDER > answers.jsonl

Output: a JSON line a picture, in the inputs' order.
Exit status: 0 all pictures answered, 1 a file or the catalogue could not be read, 2 wrong arguments.";

#[derive(Parser)]
#[command(version, about = "Recognises mails of a catalogue in pictures", after_help = EXAMPLES)]
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
    /// Milliseconds for a picture after which nothing new is begun: it is answered from what was found until then, and
    /// its line says so in `limits`. By default there is no deadline: answers then do not hang on the machine's speed.
    #[arg(long)]
    deadline_ms: Option<u64>,
    /// Words of a picture that are looked up at most, doubtful readings included; of more, a sample decides which.
    #[arg(long, default_value_t = Limits::default().words)]
    max_words: usize,
    /// Threads, 1024 at most; 0 means one a core.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MAX_THREADS))]
    threads: u64,
    /// Pictures, or folders of them (searched recursively).
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    image: Cow<'a, str>,
    /// The name's bytes if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_bytes: Option<&'a [u8]>,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

impl<'a> Answer<'a> {
    fn new(path: &'a Path, verdict: &'a Verdict) -> Self {
        let image_bytes = path.to_str().is_none().then_some(path.as_os_str().as_encoded_bytes());
        Self { image: path.to_string_lossy(), image_bytes, verdict }
    }
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
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            tell(format_args!("identify: {e}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every picture was answered.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut config = Config::default();
    config.verdict.max_e = arguments.max_e;
    config.search.engine = arguments.engine;
    config.limits.deadline = arguments.deadline_ms.map(Duration::from_millis);
    config.limits.words = arguments.max_words;
    let limits = config.limits.clone();
    rayon::ThreadPoolBuilder::new().num_threads(usize::try_from(arguments.threads)?).build_global()?;
    let matcher = Matcher::new(&Catalogue::open(&arguments.catalogue)?, config)?;

    let is_picture = |path: &Path| (is_named_as_picture(path) || begins_as_picture(path)).then_some(());
    let inputs = expand(&arguments.inputs, is_picture, ());
    tell_passed_over(&inputs.passed_over);
    let mut all_answered = true;
    let mut pictures = Vec::new();
    for found in inputs.files {
        match found {
            Ok((path, ())) => pictures.push(path),
            Err(e) => {
                all_answered &= !matches!(e, Error::Io { .. });
                tell(format_args!("passed over: {e}"));
            }
        }
    }
    if pictures.is_empty() {
        return Err("no pictures found: the folders hold no file that is named as a picture or begins as one \
                    (PNG, JPEG, WebP, GIF, BMP, TIFF)"
            .into());
    }

    let (mut crowded, mut votes) = (0, 0);
    let mut out = BufWriter::new(io::stdout().lock());
    // Some pictures at a time: the answers come in order, and early.
    for some in pictures.chunks(PICTURES_A_THREAD * rayon::current_num_threads()) {
        let answers: Vec<(Verdict, Option<Error>)> =
            some.par_iter().map(|path| answer(&matcher, &limits, path)).collect();
        for (path, (verdict, error)) in some.iter().zip(&answers) {
            votes += verdict.search.votes;
            crowded += verdict.search.masked;
            if let Some(e) = error {
                all_answered = false;
                tell(format_args!("identify: {e}"));
            }
            match write_line(&mut out, &Answer::new(path, verdict)) {
                // Whoever reads has had enough.
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(true),
                written => written?,
            }
        }
        match out.flush() {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(true),
            flushed => flushed?,
        }
    }
    if crowded > 0 {
        let share = 100.0 * crowded as f64 / (crowded + votes) as f64;
        tell(format_args!(
            "search: {crowded} places of crowded 2-grams ({share:.1} %) were left out: `SearchConfig::max_votes`"
        ));
    }
    Ok(all_answered)
}

fn write_line(out: &mut impl Write, answer: &Answer<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    writeln!(out)
}

/// A picture's file. One that is too large is not read.
fn read(limits: &Limits, path: &Path) -> Result<Vec<u8>, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    limits.admit(file.metadata().map_err(io)?.len())?;
    let mut bytes = Vec::new();
    // It may be a pipe, or grow.
    file.take(limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// The verdict on a file. One that cannot be understood is unreadable, and says why; so is one that could not be read
/// or asked about, with the error beside it.
fn answer(matcher: &Matcher, limits: &Limits, path: &Path) -> (Verdict, Option<Error>) {
    let error = match read(limits, path).and_then(|b| matcher.identify(&b)) {
        Ok(verdict) => return (verdict, None),
        Err(e) => e,
    };
    let verdict = Verdict {
        outcome: Outcome::Unreadable,
        reason: Some(error.to_string()),
        words_seen: 0,
        width: 0,
        height: 0,
        matches: Vec::new(),
        known_texts: Vec::new(),
        search: SearchStatistics::default(),
        limits: Vec::new(),
        millis: StageTimings::default(),
    };
    let is_the_pictures = matches!(error, Error::Input { .. } | Error::Limit { .. });
    (verdict, (!is_the_pictures).then_some(error))
}
