//! Catalogues of millions of words: `cargo bench --features benchmarks --bench scale -- --words 1,10,50`.
//!
//! For each size, a catalogue of generated mails and of those of `--mails` is made in `--folder` (and kept with
//! `--keep`), and what it costs is printed: bytes a word, mails a second, peak memory, opening; then `--pictures` of
//! the latter mails are looked up, whole and cut to few words, by both engines. A mail counts as *found by the scan* if
//! its E-value is at most 0.001, and as found by the seeds if it is among their candidates besides.
#![expect(clippy::print_stdout, reason = "a program's output")]

#[path = "../examples/synthesize/generator.rs"]
mod generator;
#[path = "common/queries.rs"]
mod queries;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use generator::Generator;
use leakprint::Error;
use leakprint::benchmarks::Engines;
use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::search::{Engine, SearchConfig};
use queries::{Picture, median, pictures, timed};
use rustix::time::{ClockId, clock_gettime};

#[derive(Parser)]
struct Arguments {
    /// Sizes, in millions of words.
    #[arg(long, value_delimiter = ',', default_value = "1,10")]
    words: Vec<f64>,
    /// Mails besides the generated ones, as JSON lines.
    #[arg(long, default_value = "testdata/mails.jsonl")]
    mails: PathBuf,
    /// Folders of pictures of those.
    #[arg(long, num_args = 1.., default_value = "testdata/shots")]
    pictures: Vec<PathBuf>,
    /// Words of the queries; 300 stands for whole pictures of about 300 words.
    #[arg(long, value_delimiter = ',', default_value = "12,20,40,100,300")]
    lengths: Vec<usize>,
    /// Take every n-th picture.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Where catalogues are made.
    #[arg(long, default_value = "target/scale")]
    folder: PathBuf,
    /// Keep the catalogues, and use those that are there.
    #[arg(long)]
    keep: bool,
    /// Pictures that the whole catalogue is scanned for.
    #[arg(long, default_value_t = 8)]
    scans: usize,
    /// Settings of the seed engine.
    #[arg(long, default_value_t = SearchConfig::default().max_assignments)]
    assignments: usize,
    #[arg(long, default_value_t = SearchConfig::default().assignment_nats)]
    nats: f32,
    #[arg(long, default_value_t = SearchConfig::default().max_votes)]
    votes: usize,
    #[arg(long, default_value_t = SearchConfig::default().max_cells)]
    cells: u64,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    let mails: Vec<Mail> = read_mails(&arguments.mails)?.collect::<Result<_, _>>()?;
    let asked = pictures(&arguments.pictures, arguments.every, &mails)?;
    for &millions in &arguments.words {
        let folder = arguments.folder.join(format!("{millions}"));
        if !folder.join("MANIFEST").exists() {
            build(&folder, (millions * 1e6) as usize, &mails)?;
        }
        measure(&folder, &arguments, &asked)?;
        if !arguments.keep {
            std::fs::remove_dir_all(&folder).map_err(|source| Error::Io { path: folder, source })?;
        }
    }
    Ok(())
}

/// Peak resident memory of this process so far, in megabytes.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// Seconds of processor time of all threads so far.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn build(folder: &Path, words: usize, mails: &[Mail]) -> Result<(), Error> {
    let (begin, before) = (Instant::now(), processor_seconds());
    let mut catalogue = Catalogue::edit_or_create(folder, CatalogueConfig::default())?;
    let mut generated = 0;
    let own: usize = mails.iter().map(|m| m.body.split_whitespace().count()).sum();
    let stream = mails.iter().cloned().chain(Generator::new(1).take_while(|m| {
        generated += m.body.split_whitespace().count();
        generated + own <= words
    }));
    let added = catalogue.enrol(stream.map(Ok), |_| std::ops::ControlFlow::Continue(()))?;
    let (seconds, spent) = (begin.elapsed().as_secs_f64(), processor_seconds() - before);
    println!(
        "{}: {} mails, {} words in {seconds:.1} s, {spent:.1} s of processor time (inventing them included): {:.0} mails a \
         second of 200 words each; {} segments; peak {:.0} MB",
        folder.display(),
        added.documents,
        added.words,
        added.words as f64 / 200.0 / seconds,
        catalogue.segments(),
        peak_megabytes(),
    );
    let (begin, before) = (Instant::now(), processor_seconds());
    catalogue.compact()?;
    let size = catalogue.disk_usage();
    println!(
        "compacted in {:.1} s, {:.1} s of processor time, to {} segments, {:.2} bytes a word; peak {:.0} MB",
        begin.elapsed().as_secs_f64(),
        processor_seconds() - before,
        catalogue.segments(),
        size as f64 / catalogue.words() as f64,
        peak_megabytes(),
    );
    Ok(())
}

fn measure(folder: &Path, arguments: &Arguments, pictures: &[Picture]) -> Result<(), Error> {
    let search = SearchConfig {
        engine: Engine::Seeds,
        max_assignments: arguments.assignments,
        assignment_nats: arguments.nats,
        max_votes: arguments.votes,
        max_cells: arguments.cells,
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    for time in ["first", "again"] {
        let begin = Instant::now();
        let catalogue = Catalogue::open(folder)?;
        let engines = Engines::new(&catalogue, search.clone())?;
        let opened = begin.elapsed().as_secs_f64();
        let (answer, spent) = one.install(|| timed(|| engines.search(&pictures[0].asked)));
        answer?;
        println!(
            "{time}: opened in {opened:.3} s, first answer after {:.3} s ({spent:.1} ms of processor time)",
            begin.elapsed().as_secs_f64()
        );
    }
    let catalogue = Catalogue::open(folder)?;
    let engines = Engines::new(&catalogue, search.clone())?;
    let numbers = engines.numbers()?;
    println!("{} documents, {} words, {} segments", catalogue.documents(), catalogue.words(), catalogue.segments());

    println!(
        "| words of the query | queries | found by the scan | of those by the seeds | seeds, ms | all of stage 4, ms | look-ups | votes | crowded | candidates | aligned |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for &count in &arguments.lengths {
        let (mut queries, mut scan_finds, mut seeds_find) = (0, 0, 0);
        let (mut millis, mut whole, mut effort) = (Vec::new(), Vec::new(), [0u64; 5]);
        for picture in pictures {
            for asked in picture.windows(count) {
                let number = numbers[&picture.id];
                let score = engines.score(&asked, number)?;
                let (e_value, spent) = one.install(|| timed(|| engines.e_value(&asked, score)));
                let e_value = e_value?;
                whole.push(spent);
                queries += 1;
                let (found, spent) = one.install(|| timed(|| engines.seeds(&asked, &search)));
                let found = found?;
                millis.push(spent);
                for (sum, new) in effort.iter_mut().zip(found.statistics) {
                    *sum += new;
                }
                if e_value <= 0.001 {
                    scan_finds += 1;
                    if found.documents.iter().any(|d| d.0 == number) {
                        seeds_find += 1;
                    } else if std::env::var_os("SCALE_MISSES").is_some() {
                        println!("missed: {}, {count} words, {score:.1} nats, E = {e_value:.1e}", picture.name);
                    }
                }
            }
        }
        let mean = effort.map(|e| e / (queries as u64).max(1));
        println!(
            "| {count} | {queries} | {scan_finds} | {seeds_find} ({:.4}) | {:.2} | {:.2} | {} | {} | {} | {} | {} |",
            seeds_find as f64 / f64::from(scan_finds),
            median(&mut millis),
            median(&mut whole),
            mean[0],
            mean[1],
            mean[2],
            mean[3],
            mean[4],
        );
    }

    let long: Vec<&Picture> = pictures.iter().filter(|p| p.is_long()).collect();
    let (mut scans, mut seeds, mut same) = (Vec::new(), Vec::new(), 0);
    for picture in long.iter().step_by((long.len() / arguments.scans.max(1)).max(1)).take(arguments.scans) {
        let (all, spent) = one.install(|| timed(|| engines.scan(&picture.asked)));
        scans.push(spent);
        let (found, spent) = one.install(|| timed(|| engines.seeds(&picture.asked, &search)));
        seeds.push(spent);
        let (all, found) = (all?, found?);
        same += usize::from(all.first() == found.documents.first());
    }
    let (scan, seed) = (median(&mut scans), median(&mut seeds));
    println!(
        "{} long queries, one thread: scan {scan:.1} ms, seeds {seed:.2} ms, {:.0} times faster; {same} times the same best document and score",
        scans.len(),
        scan / seed
    );
    Ok(())
}
