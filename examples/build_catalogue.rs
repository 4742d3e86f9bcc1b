//! Makes or changes a catalogue: `cargo run --release --example build_catalogue -- --out DIR INPUT...`.
//!
//! Inputs are mails (`.eml`, `.mbox`, `.jsonl`; each also `.gz`, `.xz`, `.zst`), Maildirs, pictures of mails, or folders of all
//! these. Running it again with more inputs adds them; `--remove ID...` takes mails out, `--compact` merges what is left, `--verify`
//! reads everything again. Inputs that fail are named on stderr with the
//! reason, the rest goes on. It commits every two million words, after the mails and after the pictures: what was committed survives an
//! interruption, and the same command goes on from there.
//! The last line, on stdout, is JSON: `{"mails": N, "documents": N, "words": N, "duplicates": N, "skipped": N, "seconds": S}`:
//! mails (and pictures) that were read, documents that are new, texts that were there already, and what failed.
#![expect(clippy::print_stdout, reason = "a program's output")]

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::{expand, is_picture};
use indicatif::{ProgressBar, ProgressStyle};
use leakprint::Error;
use leakprint::catalogue::mail::{Found, Mail, Mails, is_mail_file, read_mails};
use leakprint::catalogue::{Added, Catalogue, CatalogueConfig, Progress};

#[derive(Parser)]
#[command(about = "Makes a catalogue of known mails, or adds to one, or removes from it")]
struct Arguments {
    /// The catalogue's folder; made if missing.
    #[arg(long)]
    out: PathBuf,
    /// Ids to remove.
    #[arg(long, num_args = 1.., value_name = "ID")]
    remove: Vec<String>,
    /// Merge the catalogue's segments into one, and let go of what was removed.
    #[arg(long)]
    compact: bool,
    /// Read the whole catalogue again and compare it with its checksums, at the end.
    #[arg(long)]
    verify: bool,
    /// Name mails by their file (and their number in it) instead of by their Message-ID, `id` or a hash of the text.
    #[arg(long)]
    file_ids: bool,
    /// Make one document with this id of all pictures, in order: captures of one mail from top to bottom.
    #[arg(long, value_name = "ID")]
    join: Option<String>,
    /// Mails (.eml, .mbox, .jsonl; also .gz, .xz, .zst), Maildirs, pictures, or folders of them.
    #[arg(required_unless_present_any = ["remove", "compact", "verify"])]
    inputs: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("build_catalogue: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether anything was enrolled or removed.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    let begin = Instant::now();
    let mut catalogue = Catalogue::edit_or_create(&arguments.out, CatalogueConfig::default())?;
    let mut removed = 0;
    for id in &arguments.remove {
        if catalogue.remove(id)? {
            removed += 1;
        } else {
            eprintln!("{id}: no such id in the catalogue");
        }
    }
    if removed > 0 {
        catalogue.commit()?;
    }

    let (pictures, mails): (Vec<Found>, Vec<Found>) = expand(&arguments.inputs, |p| is_picture(p) || is_mail_file(p))
        .into_iter()
        .partition(|found| found.as_ref().is_ok_and(|path| is_picture(path)));
    let bar = progress_bar(mails.iter().chain(&pictures).flatten().map(|path| size(path)).sum());
    let mut skipped = 0;
    let mut skip = |error: &Error| {
        bar.suspend(|| eprintln!("skipped: {error}"));
        skipped += 1;
    };
    let mut reading = Reading::new(mails, &bar, arguments.file_ids);
    let mut total = catalogue.enrol(reading.by_ref(), |progress| {
        if let Progress::Skipped(error) = progress {
            skip(error);
        }
        ControlFlow::Continue(())
    })?;
    let mut read = reading.mails;
    let pictures: Vec<PathBuf> = pictures.into_iter().flatten().collect();
    for (id, paths) in documents(&pictures, arguments.join.as_deref()) {
        match add_pictures(&mut catalogue, &id, paths) {
            Ok(added) => {
                total += added;
                read += 1;
            }
            Err(e) => skip(&e),
        }
        bar.inc(paths.iter().map(|path| size(path)).sum());
    }
    catalogue.commit()?;
    if arguments.compact {
        catalogue.compact()?;
    }
    bar.finish_and_clear();
    if arguments.verify {
        catalogue.verify()?;
        let (documents, words) = (catalogue.documents(), catalogue.words());
        eprintln!("verified: {documents} documents, {words} words, {} bytes", catalogue.disk_usage());
    }
    if total.replaced > 0 {
        eprintln!("{} mails replaced an older one of the same id", total.replaced);
    }
    if total.undrawn > 0 {
        let share = 100.0 * total.undrawn as f64 / total.words.max(1) as f64;
        eprintln!(
            "{} of {} words ({share:.2} %) have characters that cannot be drawn; they match nothing",
            total.undrawn, total.words
        );
    }
    let summary = serde_json::json!({
        "mails": read,
        "documents": total.documents,
        "words": total.words,
        "duplicates": total.duplicates,
        "skipped": skipped,
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{summary}");
    let other_work = arguments.compact || arguments.verify;
    Ok(total.documents + total.duplicates + removed > 0 || (other_work && arguments.inputs.is_empty()))
}

/// Bytes of the inputs, on a terminal only.
fn progress_bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {bytes}/{total_bytes} {bytes_per_sec} {eta} left, {wide_msg}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

/// All mails of some files, and what could not be read of them.
struct Reading<'a> {
    files: std::vec::IntoIter<Found>,
    /// The file at hand, its name for ids, and how many mails it has given.
    file: Option<(PathBuf, Mails, usize)>,
    bar: &'a ProgressBar,
    /// Where the file at hand begins on the bar.
    before: u64,
    file_ids: bool,
    /// Mails that were read.
    mails: usize,
}

impl<'a> Reading<'a> {
    fn new(files: Vec<Found>, bar: &'a ProgressBar, file_ids: bool) -> Self {
        Self { files: files.into_iter(), file: None, bar, before: 0, file_ids, mails: 0 }
    }
}

impl Iterator for Reading<'_> {
    type Item = Result<Mail, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, mails, number)) = &mut self.file {
                if let Some(mail) = mails.next() {
                    *number += 1;
                    self.bar.set_position(self.before + Mails::position(mails));
                    return Some(mail.map(|mut mail| {
                        self.mails += 1;
                        if self.file_ids {
                            let name = path.file_name().unwrap_or_default().to_string_lossy();
                            mail.id = if *number == 1 { name.into_owned() } else { format!("{name}:{number}") };
                        }
                        mail
                    }));
                }
                self.before += size(path);
                self.file = None;
            }
            let path = match self.files.next()? {
                Ok(path) => path,
                Err(e) => return Some(Err(e)),
            };
            self.bar.set_message(path.display().to_string());
            match read_mails(&path) {
                Ok(mails) => self.file = Some((path, mails, 0)),
                Err(e) => {
                    self.before += size(&path);
                    return Some(Err(e));
                }
            }
        }
    }
}

/// Pictures by document: all of one that was given an id, or each by itself under its file's name.
fn documents<'p>(pictures: &'p [PathBuf], join: Option<&str>) -> Vec<(String, &'p [PathBuf])> {
    let by_name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match join {
        Some(_) if pictures.is_empty() => Vec::new(),
        Some(id) => vec![(id.to_owned(), pictures)],
        None => pictures.chunks(1).map(|one| (by_name(&one[0]), one)).collect(),
    }
}

/// Adds pictures of one document.
fn add_pictures(catalogue: &mut Catalogue, id: &str, paths: &[PathBuf]) -> Result<Added, Error> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source });
    let bytes: Vec<Vec<u8>> = paths.iter().map(read).collect::<Result<_, _>>()?;
    let names = || paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    catalogue.add_pictures(id, &bytes).map_err(|e| Error::Input { what: names(), reason: e.to_string() })
}
