//! Makes or changes a catalogue: `cargo run --release --example build_catalogue -- --out DIR INPUT...`.
//!
//! Inputs are mails (`.eml`, `.mbox`, `.jsonl`, `.jsonl.xz`), pictures of mails, or folders of both. Running it again with
//! more inputs adds them; `--remove ID...` takes mails out. Inputs that fail are named on stderr with the reason, the rest goes
//! on. A file of mails is committed when it is done (large ones every 20,000 mails), pictures all together at the end: what was
//! committed survives an interruption.
//! The last line, on stdout, is JSON: `{"documents": N, "words": N, "duplicates": N, "skipped": N, "seconds": S}`.
#![expect(clippy::print_stdout, reason = "a program's output")]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use common::{expand, is_picture};
use indicatif::{ProgressBar, ProgressStyle};
use leakprint::Error;
use leakprint::catalogue::mail::{Mail, is_mail_file, read_mails};
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
    /// Mails (.eml, .mbox, .jsonl, .jsonl.xz), pictures, or folders of them.
    #[arg(required_unless_present = "remove")]
    inputs: Vec<PathBuf>,
}

/// Mails added and committed at a time.
const BATCH: usize = 20_000;

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

    let (mut total, mut skipped) = (Added::default(), 0usize);
    let style = ProgressStyle::with_template("{spinner} {pos} mails {per_sec} {msg}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let mut skip = |error: &dyn std::fmt::Display| {
        bar.suspend(|| eprintln!("skipped: {error}"));
        skipped += 1;
    };
    for path in expand(&arguments.inputs, |p| is_mail_file(p) || is_picture(p)) {
        bar.set_message(path.display().to_string());
        if is_picture(&path) {
            match add_picture(&mut catalogue, &path) {
                Ok(added) => {
                    total += added;
                    bar.inc(1);
                }
                Err(e) => skip(&format!("{}: {e}", path.display())),
            }
            continue;
        }
        let mails = match read_mails(&path) {
            Ok(mails) => mails,
            Err(e) => {
                skip(&e);
                continue;
            }
        };
        let mut batch: Vec<Mail> = Vec::new();
        for mail in mails {
            match mail {
                Ok(mail) if mail.body.trim().is_empty() => {
                    skip(&format!("{}: mail {} has no text", path.display(), mail.id));
                }
                Ok(mail) => batch.push(mail),
                Err(e) => skip(&e),
            }
            if batch.len() == BATCH {
                total += catalogue.add_mails(&batch)?;
                catalogue.commit()?;
                bar.inc(batch.len() as u64);
                batch.clear();
            }
        }
        total += catalogue.add_mails(&batch)?;
        catalogue.commit()?;
        bar.inc(batch.len() as u64);
    }
    catalogue.commit()?;
    bar.finish_and_clear();
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
        "documents": total.documents,
        "words": total.words,
        "duplicates": total.duplicates,
        "skipped": skipped,
        "seconds": begin.elapsed().as_secs_f64(),
    });
    println!("{summary}");
    Ok(total.documents + total.duplicates + removed > 0)
}

fn add_picture(catalogue: &mut Catalogue, path: &Path) -> Result<Added, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    catalogue.add_picture(&id, &bytes)
}
