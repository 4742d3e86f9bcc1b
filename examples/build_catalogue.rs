//! Makes or changes a catalogue: `cargo run --release --example build_catalogue -- --out DIR INPUT...`.
//!
//! Inputs are mails (`.eml`, `.mbox`, `.jsonl`; each also `.gz`, `.xz`, `.zst`), Maildirs, pictures of mails, or
//! folders of all these. In folders files are told by suffix or by how they begin. Running it again with more inputs
//! adds them; with the same inputs it changes nothing.
//!
//! A mail whose id another mail has is kept beside that one, as `ID#2`; with `--replace` it takes the other one's
//! place. `--remove ID...` takes mails out, `--compact` merges what is left, `--verify` reads everything again. Without
//! inputs these need a catalogue that is there; `--verify` alone only reads it.
//!
//! Inputs behind `--public` are texts that everybody may have: licences, notices, songs, press releases. They may also
//! be plain text (`.txt`), whose id is the file's name. What they explain of a picture convicts no mail. Documents that
//! `--disable ID...` names convict nobody, until `--enable ID...`.
//!
//! Inputs that fail are named on stderr with the reason, the rest goes on. It commits every 1.6 million words, after
//! the mails and after the pictures: what was committed survives a crash. When interrupted (Ctrl-C) it commits what is
//! whole and ends with status 130; a second interrupt ends it at once. Either way the same command goes on from there.
//!
//! The last line, on stdout, is JSON with these members:
//!
//! | member | what |
//! |---|---|
//! | `mails` | mails and pictures that were read |
//! | `documents`, `words` | documents that are new, and their words |
//! | `duplicates` | texts that were there already |
//! | `kept_beside` | mails whose id another text has: both are there |
//! | `replaced` | mails that took another text's id |
//! | `empty` | mails without a word |
//! | `public` | public texts among `documents` |
//! | `also_public` | new mails whose whole text is a public one, and new public texts that are the whole of a mail |
//! | `removed` | ids that were removed |
//! | `disabled`, `enabled` | ids that were named to be, and are now |
//! | `skipped` | what failed |
//! | `passed_over` | files of folders that are neither mails nor pictures, counted by suffix |
//! | `held` | documents that the catalogue holds |
//! | `held_public`, `held_disabled` | public texts among these, and what is disabled |
//! | `seconds` | time taken |
//! | `interrupted` | whether it was |
//!
//! The exit status is 0 unless nothing could be enrolled, removed, disabled, enabled, merged or verified. It is no error
//! if nobody reads the output.

#[path = "common/inputs.rs"]
mod inputs;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use inputs::{Inputs, begins_as_picture, expand, is_named_as_picture, tell, tell_passed_over};
use leakprint::Error;
use leakprint::catalogue::mail::{MAX_TEXT, Mail, Mails, is_mail_file, read_mails};
use leakprint::catalogue::{Added, Catalogue, CatalogueConfig, Progress, SameId};

/// Status of a program that was interrupted, as shells have it: 128 and the signal's number.
const INTERRUPTED_STATUS: u8 = 130;

/// Whether somebody wants this to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

const EXAMPLES: &str = "\
Examples:
  build_catalogue --out DIR leak.mbox Maildir screenshots/
  build_catalogue --out DIR leak.mbox --public licences/ songs.jsonl notice.txt
  build_catalogue --out DIR --disable ID ID
  build_catalogue --out DIR --remove ID --remove=-ID-that-begins-with-a-dash
  build_catalogue --out DIR --compact --verify

Output: a JSON line with counts.
Exit status: 0 something was done, 1 nothing could be, 2 wrong arguments, 130 interrupted.";

/// What can be asked for without an input.
const OTHER_WORK: [&str; 7] = ["remove", "public", "disable", "enable", "compact", "verify", "more_inputs"];

#[derive(Parser)]
#[command(
    version,
    about = "Makes a catalogue of known mails, or adds to one, or removes from it",
    after_help = EXAMPLES
)]
struct Arguments {
    /// The catalogue's folder; made if it is missing, there are inputs and nothing is removed.
    #[arg(long)]
    out: PathBuf,
    /// An id to remove; ids may follow it, but for those that begin with a dash. What follows it and is no id of the catalogue is an input.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    remove: Vec<String>,
    /// Inputs that are public texts, up to the next option; plain text (.txt) too.
    /// What they explain of a picture convicts no mail.
    #[arg(long, value_name = "INPUT", num_args = 1..)]
    public: Vec<PathBuf>,
    /// Ids of documents that convict nobody any more, up to the next option; done after what is enrolled.
    #[arg(long, value_name = "ID", num_args = 1..)]
    disable: Vec<String>,
    /// Ids of disabled documents that may convict again, up to the next option.
    #[arg(long, value_name = "ID", num_args = 1..)]
    enable: Vec<String>,
    /// Merge the catalogue's segments into one, and let go of what was removed.
    #[arg(long)]
    compact: bool,
    /// Read the whole catalogue again and compare it with its checksums, at the end.
    #[arg(long)]
    verify: bool,
    /// Let mails take the place of others of the same id, instead of keeping both.
    #[arg(long)]
    replace: bool,
    /// Name mails by their file (and their number in it) instead of by their Message-ID, `id` or a hash of the text.
    #[arg(long)]
    file_ids: bool,
    /// Make one document with this id of all pictures, in order: captures of one mail from top to bottom.
    #[arg(long, value_name = "ID")]
    join: Option<String>,
    /// Mails (.eml, .mbox, .jsonl; also .gz, .xz, .zst), Maildirs, pictures, or folders of them.
    #[arg(value_name = "INPUT", required_unless_present_any = OTHER_WORK)]
    inputs: Vec<PathBuf>,
    /// More inputs, whatever they are named.
    #[arg(value_name = "INPUT", last = true)]
    more_inputs: Vec<PathBuf>,
    /// Inputs behind `--remove`, which may be ids.
    #[arg(skip)]
    perhaps_ids: Vec<PathBuf>,
}

impl Arguments {
    /// The command line's; inputs behind `--remove` stand apart.
    fn from_command_line() -> Result<Self, clap::Error> {
        let matches = Self::command().get_matches();
        let mut this = Self::from_arg_matches(&matches)?;
        let places =
            |name: &str| -> Vec<usize> { ArgMatches::indices_of(&matches, name).into_iter().flatten().collect() };
        if let Some(&first) = places("remove").first() {
            let before = places("inputs").iter().filter(|&&place| place < first).count();
            this.perhaps_ids = this.inputs.split_off(before);
        }
        this.inputs.append(&mut this.more_inputs);
        Ok(this)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_command_line().unwrap_or_else(|e| e.exit());
    match run(&arguments) {
        Ok(_) if INTERRUPTED.load(Ordering::Relaxed) => ExitCode::from(INTERRUPTED_STATUS),
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            tell(format_args!("build_catalogue: {e}"));
            ExitCode::FAILURE
        }
    }
}

/// Ends the work when told to, and the program when told so again.
fn heed_interrupts() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED_STATUS.into());
        }
        tell("interrupted: committing what is whole; interrupt again to end at once");
    })
}

/// Returns whether anything was done.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    heed_interrupts()?;
    let takes_in = !arguments.inputs.is_empty() || !arguments.public.is_empty();
    let changes = [&arguments.remove, &arguments.disable, &arguments.enable].iter().any(|ids| !ids.is_empty());
    let mut catalogue = if arguments.verify && !arguments.compact && !changes && !takes_in {
        Catalogue::open(&arguments.out)?
    } else if !takes_in || !arguments.remove.is_empty() {
        Catalogue::edit(&arguments.out)?
    } else {
        Catalogue::edit_or_create(&arguments.out, CatalogueConfig::default())?
    };
    catalogue.set_same_id(if arguments.replace { SameId::Replace } else { SameId::KeepBoth });

    let (removed, more_inputs) = remove(&mut catalogue, arguments)?;
    let inputs = [arguments.inputs.as_slice(), &more_inputs].concat();
    let mut enrolled = enrol(&mut catalogue, &inputs, arguments, Role::Mail)?;
    enrolled += enrol(&mut catalogue, &arguments.public, arguments, Role::Public)?;
    let Enrolled { added, read, skipped, passed_over } = enrolled;
    let disabled = mark(&mut catalogue, &arguments.disable, Catalogue::disable)?;
    let enabled = mark(&mut catalogue, &arguments.enable, Catalogue::enable)?;
    let interrupted = INTERRUPTED.load(Ordering::Relaxed);
    if arguments.compact && !interrupted {
        catalogue.compact()?;
    }
    if arguments.verify && !interrupted {
        catalogue.verify()?;
        let (documents, words) = (catalogue.documents(), catalogue.words());
        tell(format_args!("verified: {documents} documents, {words} words, {} bytes", catalogue.disk_usage()));
    }

    tell_added(&added);
    tell_passed_over(&passed_over);
    if interrupted {
        tell(format_args!(
            "interrupted: {} documents are committed; the same command goes on from there",
            catalogue.documents()
        ));
    }
    let summary = serde_json::json!({
        "mails": read,
        "documents": added.documents,
        "words": added.words,
        "duplicates": added.duplicates,
        "kept_beside": added.kept_beside,
        "replaced": added.replaced,
        "empty": added.empty,
        "public": added.public,
        "also_public": added.also_public,
        "removed": removed,
        "disabled": disabled,
        "enabled": enabled,
        "skipped": skipped,
        "passed_over": passed_over,
        "held": catalogue.documents(),
        "held_public": catalogue.public_documents(),
        "held_disabled": catalogue.disabled_documents(),
        "seconds": begin.elapsed().as_secs_f64(),
        "interrupted": interrupted,
    });
    match writeln!(io::stdout(), "{summary}") {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(e.into()),
        _ => {}
    }
    let other_work = (arguments.compact || arguments.verify) && inputs.is_empty() && arguments.public.is_empty();
    Ok(added.documents + added.duplicates + removed + disabled + enabled > 0 || other_work)
}

/// Disables or enables documents by their ids, and commits that; returns how many ids are known.
fn mark(
    catalogue: &mut Catalogue,
    ids: &[String],
    mark: impl Fn(&mut Catalogue, &str) -> Result<bool, Error>,
) -> Result<usize, Error> {
    let mut marked = 0;
    for id in ids {
        if mark(catalogue, id)? {
            marked += 1;
        } else {
            tell(format_args!("{id}: no such id in the catalogue"));
        }
    }
    if marked > 0 {
        catalogue.commit()?;
    }
    Ok(marked)
}

/// Removes what is to be removed; returns how many ids that were, and inputs that stood behind them.
fn remove(catalogue: &mut Catalogue, arguments: &Arguments) -> Result<(usize, Vec<PathBuf>), Error> {
    let mut removed = 0;
    for id in &arguments.remove {
        if catalogue.remove(id)? {
            removed += 1;
        } else {
            tell(format_args!("{id}: no such id in the catalogue"));
        }
    }
    let mut inputs = Vec::new();
    for path in &arguments.perhaps_ids {
        if path.to_str().map_or(Ok(false), |id| catalogue.remove(id))? {
            removed += 1;
            if path.exists() {
                let name = path.display();
                tell(format_args!(
                    "{name}: removed as an id; to enrol the file of that name, put it before --remove or behind --"
                ));
            }
        } else if path.exists() {
            inputs.push(path.clone());
        } else {
            tell(format_args!("{}: no such id in the catalogue, and no such file", path.display()));
        }
    }
    if removed > 0 {
        catalogue.commit()?;
    }
    Ok((removed, inputs))
}

/// What a file is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mail,
    Picture,
}

/// What inputs are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Mail,
    Public,
}

/// Whether a file is named as plain text, which public texts may be.
fn is_named_as_text(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("txt"))
}

fn kind(path: &Path, role: Role) -> Option<Kind> {
    if is_named_as_picture(path) {
        Some(Kind::Picture)
    } else if is_mail_file(path) || role == Role::Public && is_named_as_text(path) {
        Some(Kind::Mail)
    } else {
        begins_as_picture(path).then_some(Kind::Picture)
    }
}

/// What became of the inputs.
struct Enrolled {
    added: Added,
    /// Mails and pictures that were read.
    read: usize,
    skipped: usize,
    passed_over: std::collections::BTreeMap<String, usize>,
}

impl std::ops::AddAssign for Enrolled {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.read += other.read;
        self.skipped += other.skipped;
        for (kind, count) in other.passed_over {
            *self.passed_over.entry(kind).or_default() += count;
        }
    }
}

/// Adds inputs and commits them, mails first.
fn enrol(catalogue: &mut Catalogue, inputs: &[PathBuf], arguments: &Arguments, role: Role) -> Result<Enrolled, Error> {
    let Inputs { files, passed_over } = expand(inputs, |path| kind(path, role), Kind::Mail);
    let (pictures, mails): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|found| found.as_ref().is_ok_and(|(_, kind)| *kind == Kind::Picture));
    let pictures: Vec<PathBuf> = pictures.into_iter().flatten().map(|(path, _)| path).collect();
    let mails: Vec<Result<PathBuf, Error>> = mails.into_iter().map(|found| found.map(|(path, _)| path)).collect();
    let bar = progress_bar(mails.iter().flatten().chain(&pictures).map(|path| size(path)).sum());
    let mut skipped = 0;
    let mut skip = |error: &Error| {
        bar.suspend(|| tell(format_args!("skipped: {error}")));
        skipped += 1;
    };
    if inputs.is_empty() {
        return Ok(Enrolled { added: Added::default(), read: 0, skipped, passed_over });
    }
    let mut reading = Reading::new(mails, &bar, arguments.file_ids, role);
    let progress = |progress: Progress<'_>| {
        if let Progress::Skipped(error) = progress {
            skip(error);
        }
        ControlFlow::Continue(())
    };
    let mut added = match role {
        Role::Mail => catalogue.enrol(reading.by_ref(), progress)?,
        Role::Public => catalogue.enrol_public(reading.by_ref(), progress)?,
    };
    let mut read = reading.mails;
    for (id, paths) in documents(&pictures, arguments.join.as_deref()) {
        if INTERRUPTED.load(Ordering::Relaxed) {
            break;
        }
        match add_pictures(catalogue, &id, paths, role) {
            Ok(more) => {
                added += more;
                read += 1;
            }
            Err(e) => skip(&e),
        }
        bar.inc(paths.iter().map(|path| size(path)).sum());
    }
    catalogue.commit()?;
    bar.finish_and_clear();
    Ok(Enrolled { added, read, skipped, passed_over })
}

/// Says on stderr what users may not expect.
fn tell_added(added: &Added) {
    if added.kept_beside > 0 {
        tell(format_args!("{} mails have the id of another text: both are kept, as ID and ID#2", added.kept_beside));
    }
    if added.replaced > 0 {
        tell(format_args!("{} mails replaced an older one of the same id", added.replaced));
    }
    if added.also_public > 0 {
        tell(format_args!(
            "{} texts are both a mail and a public text: both are kept, and the mail is no match meanwhile",
            added.also_public
        ));
    }
    if added.disabled > 0 {
        tell(format_args!("{} mails have the text of a disabled document, which stays disabled", added.disabled));
    }
    if added.undrawn > 0 {
        let share = 100.0 * added.undrawn as f64 / added.words.max(1) as f64;
        tell(format_args!(
            "{} of {} words ({share:.2} %) have characters that cannot be drawn; they match nothing",
            added.undrawn, added.words
        ));
    }
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
    files: std::vec::IntoIter<Result<PathBuf, Error>>,
    /// The file at hand, its name for ids, and how many mails it has given.
    file: Option<(PathBuf, Mails, usize)>,
    bar: &'a ProgressBar,
    /// Where the file at hand begins on the bar.
    before: u64,
    file_ids: bool,
    role: Role,
    /// Mails that were read.
    mails: usize,
}

impl<'a> Reading<'a> {
    fn new(files: Vec<Result<PathBuf, Error>>, bar: &'a ProgressBar, file_ids: bool, role: Role) -> Self {
        Self { files: files.into_iter(), file: None, bar, before: 0, file_ids, role, mails: 0 }
    }
}

impl Iterator for Reading<'_> {
    type Item = Result<Mail, Error>;

    /// `None`, too, once somebody wants this to end.
    fn next(&mut self) -> Option<Self::Item> {
        while !INTERRUPTED.load(Ordering::Relaxed) {
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
            if self.role == Role::Public && is_named_as_text(&path) {
                self.before += size(&path);
                self.mails += 1;
                return Some(read_text(&path));
            }
            match read_mails(&path) {
                Ok(mails) => self.file = Some((path, mails, 0)),
                Err(e) => {
                    self.before += size(&path);
                    return Some(Err(e));
                }
            }
        }
        None
    }
}

/// A file of plain text, named by its file.
fn read_text(path: &Path) -> Result<Mail, Error> {
    let error = |reason: String| Error::Input { what: path.display().to_string(), reason };
    if size(path) > MAX_TEXT as u64 {
        return Err(error(format!("it has {} bytes, a text at most {MAX_TEXT}", size(path))));
    }
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let body = String::from_utf8(bytes).map_err(|e| error(format!("it is not UTF-8: {e}")))?;
    let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Mail { id, body: body.trim_start_matches('\u{feff}').to_owned(), ..Mail::default() })
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
fn add_pictures(catalogue: &mut Catalogue, id: &str, paths: &[PathBuf], role: Role) -> Result<Added, Error> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source });
    let bytes: Vec<Vec<u8>> = paths.iter().map(read).collect::<Result<_, _>>()?;
    let names = || paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let added = match role {
        Role::Mail => catalogue.add_pictures(id, &bytes),
        Role::Public => catalogue.add_public_pictures(id, &bytes),
    };
    added.map_err(|e| Error::Input { what: names(), reason: e.to_string() })
}
