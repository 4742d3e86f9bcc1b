//! Makes or changes a catalogue: `cargo run --release --example build_catalogue -- --out DIR INPUT...`.
//!
//! Inputs are mails (`.eml`, `.mbox`, `.jsonl`; each also `.gz`, `.xz`, `.zst`), Maildirs, pictures of mails, or folders of all
//! these. Running it again with more inputs adds them; `--remove ID...` takes mails out, `--compact` merges what is left, `--verify`
//! reads everything again. Inputs that fail are named on stderr with the
//! reason, the rest goes on. Mailboxes are committed when they are done (large ones every 1.2 million words), small files and pictures together at
//! the end: what was committed survives an interruption.
//! The last line, on stdout, is JSON: `{"mails": N, "documents": N, "words": N, "duplicates": N, "skipped": N, "seconds": S}`:
//! mails (and pictures) that were read, documents that are new, texts that were there already, and what failed.
#![expect(clippy::print_stdout, reason = "a program's output")]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::{expand, is_picture};
use indicatif::{ProgressBar, ProgressStyle};
use leakprint::Error;
use leakprint::catalogue::mail::{Mail, Mails, is_mail_file, read_mails};
use leakprint::catalogue::{Added, Catalogue, CatalogueConfig};

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

/// Mails added at a time, and bytes of their text: more would need more memory.
const BATCH: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;
/// Words after which what was added is committed.
const COMMIT_WORDS: usize = 1_200_000;

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
    let mut catalogue = Catalogue::edit(&arguments.out, CatalogueConfig::default())?;
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

    let found = expand(&arguments.inputs, |p| is_picture(p) || is_mail_file(p));
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |m| m.len());
    let mut run = Run {
        bar: progress_bar(found.iter().flatten().map(size).sum()),
        catalogue,
        file_ids: arguments.file_ids,
        total: Added::default(),
        mails: 0,
        skipped: 0,
        pending: 0,
    };
    let mut captures = Vec::new();
    let mut before = 0;
    for path in found {
        let path = match path {
            Ok(path) => path,
            Err(e) => {
                run.skip(&e);
                continue;
            }
        };
        run.bar.set_message(path.display().to_string());
        if !is_picture(&path) {
            run.add_mails(&path, before)?;
        } else if arguments.join.is_some() {
            captures.push(path.clone());
        } else {
            let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            run.add_pictures(&id, std::slice::from_ref(&path));
        }
        before += size(&path);
        run.bar.set_position(before);
    }
    if let Some(id) = arguments.join.as_ref().filter(|_| !captures.is_empty()) {
        run.add_pictures(id, &captures);
    }
    run.catalogue.commit()?;
    if arguments.compact {
        run.catalogue.compact()?;
    }
    run.bar.finish_and_clear();
    if arguments.verify {
        run.catalogue.verify()?;
        let (documents, words) = (run.catalogue.documents(), run.catalogue.words());
        eprintln!("verified: {documents} documents, {words} words, {} bytes", run.catalogue.disk_usage());
    }
    let Run { total, skipped, mails, .. } = run;
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
        "mails": mails,
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

/// What a run has done so far.
struct Run {
    bar: ProgressBar,
    catalogue: Catalogue,
    file_ids: bool,
    total: Added,
    /// Mails and pictures read.
    mails: usize,
    skipped: usize,
    /// Words not yet committed.
    pending: usize,
}

impl Run {
    fn skip(&mut self, error: &dyn std::fmt::Display) {
        self.bar.suspend(|| eprintln!("skipped: {error}"));
        self.skipped += 1;
    }

    /// Adds a file of mails; `before` is where it begins on the progress bar.
    fn add_mails(&mut self, path: &Path, before: u64) -> Result<(), Error> {
        let mut mails = match read_mails(path) {
            Ok(mails) => mails,
            Err(e) => {
                self.skip(&e);
                return Ok(());
            }
        };
        let mut number = 0;
        loop {
            let batch = self.batch(path, &mut mails, &mut number);
            if batch.is_empty() {
                break;
            }
            let added = self.catalogue.add_mails(&batch)?;
            self.mails += batch.len();
            self.total += added;
            self.pending += added.words;
            self.bar.set_position(before + mails.position());
            if self.pending >= COMMIT_WORDS {
                self.commit()?;
            }
        }
        // Files of one mail share a commit.
        if number >= BATCH { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.pending = 0;
        self.catalogue.commit()
    }

    /// The next mails of a file; empty at its end.
    fn batch(&mut self, path: &Path, mails: &mut Mails, number: &mut usize) -> Vec<Mail> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(mail) = mails.next() else { break };
            *number += 1;
            match mail {
                Ok(mail) if mail.body.trim().is_empty() => {
                    self.skip(&format!("{}: mail {} has no text", path.display(), mail.id));
                }
                Ok(mut mail) => {
                    if self.file_ids {
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        mail.id = if *number == 1 { name.into_owned() } else { format!("{name}:{number}") };
                    }
                    bytes += mail.body.len();
                    batch.push(mail);
                }
                Err(e) => self.skip(&e),
            }
        }
        batch
    }

    /// Adds one document.
    fn add_pictures(&mut self, id: &str, paths: &[PathBuf]) {
        let names = || paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        let bytes: Result<Vec<Vec<u8>>, Error> = paths
            .iter()
            .map(|path| std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source }))
            .collect();
        match bytes.and_then(|b| self.catalogue.add_pictures(id, &b)) {
            Ok(added) => {
                self.total += added;
                self.mails += 1;
            }
            Err(e) => self.skip(&format!("{}: {e}", names())),
        }
    }
}
