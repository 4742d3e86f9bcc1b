//! Other indexes of binary codes on the same codes: FAISS (in Python, see `rivals.py`) and mih-rs.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use leakprint::benchmarks::Engines;
use leakprint::search::SearchConfig;

use crate::Question;
use crate::queries::{median, timed};
use crate::text::{Distinct, Text};
use crate::vote::{List, affordable, rank};

#[derive(Args)]
pub(crate) struct Options {
    /// Words of the queries; 300 stands for whole pictures of about 300 words.
    #[arg(long, value_delimiter = ',', default_value = "12,20,300")]
    pub(crate) lengths: Vec<usize>,
    /// Queries of each length at most.
    #[arg(long, default_value_t = 40)]
    queries: usize,
    /// Of those, how many the exhaustive scan is measured with.
    #[arg(long, default_value_t = 4)]
    scans: usize,
    /// A Python that has `faiss-cpu` and `numpy`; without it only mih-rs is measured.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where codes and hits are exchanged with it.
    #[arg(long, default_value = "target/compare")]
    folder: PathBuf,
}

/// Codes found for one word: number among the distinct codes, and distance in bits.
type Hits = Vec<(u32, u32)>;

/// What a rival did with one query: hits for each word, milliseconds.
type Answer = (Vec<Hits>, f64);

/// Cells of dynamic programming for every way's candidates, as in the library's defaults.
const MAX_CELLS: u64 = 12_000_000;
/// Places that may vote for a rival's documents, as in the library's defaults. Ten times as many found no more.
const MAX_VOTES: usize = 60_000;

pub(crate) fn run(
    options: &Options,
    engines: &Engines,
    text: &Text,
    questions: &[(usize, Vec<Question>)],
) -> Result<()> {
    let distinct = Distinct::of(text);
    println!("{} words, {} distinct codes", text.codes.len(), distinct.codes.len());
    println!("| index | query, words | queries | found | search, ms | votes, ms | alignment, ms | all, ms |");
    println!("|---|---|---|---|---|---|---|---|");
    let sets: Vec<(usize, Vec<&Question>)> = questions
        .iter()
        .map(|(length, all)| (*length, spread(&all.iter().collect::<Vec<_>>(), options.queries)))
        .collect();
    for (length, set) in &sets {
        ours(engines, *length, set)?;
        scan(engines, *length, &spread(set, options.scans))?;
    }
    let judge = Judge { engines, text, distinct: &distinct };
    mih(&judge, &sets)?;
    if let Some(python) = &options.python {
        faiss(python, &options.folder, &judge, &sets)?;
    }
    Ok(())
}

/// So many of all, spread evenly.
fn spread<'q>(all: &[&'q Question], most: usize) -> Vec<&'q Question> {
    all.iter().step_by(all.len().div_ceil(most.max(1)).max(1)).copied().collect()
}

/// Milliseconds of queries: search, votes, alignment.
type Costs = Vec<[f64; 3]>;

fn row(name: &str, length: usize, found: usize, costs: &Costs) {
    let share = found as f64 / costs.len().max(1) as f64;
    let of = |part: usize| median(&mut costs.iter().map(|c| c[part]).collect::<Vec<_>>());
    let all = median(&mut costs.iter().map(|c| c.iter().sum()).collect::<Vec<f64>>());
    let [search, votes, alignment] = [0, 1, 2].map(of);
    println!(
        "| {name} | {length} | {} | {share:.3} | {search:.2} | {votes:.2} | {alignment:.2} | {all:.2} |",
        costs.len()
    );
}

/// The seed engine: look-ups and votes together, and alignment of the candidates.
fn ours(engines: &Engines, length: usize, set: &[&Question]) -> Result<()> {
    let (mut found, mut costs) = (0, Costs::new());
    for question in set {
        let config = SearchConfig::default();
        let (answer, all) = timed(|| engines.seeds(&question.asked, &config));
        let answer = answer?;
        found += usize::from(answer.documents.iter().any(|d| d.0 == question.right));
        let numbers: Vec<usize> = answer.documents.iter().map(|d| d.0).collect();
        let (scores, alignment) = timed(|| engines.scores(&question.asked, &numbers));
        scores?;
        costs.push([all - alignment, 0.0, alignment]);
    }
    row("leakprint, seeds", length, found, &costs);
    Ok(())
}

/// The exhaustive scan, which needs no candidates.
fn scan(engines: &Engines, length: usize, set: &[&Question]) -> Result<()> {
    let (mut found, mut costs) = (0, Costs::new());
    for question in set {
        let (answer, spent) = timed(|| engines.scan(&question.asked));
        found += usize::from(answer?.iter().any(|d| d.0 == question.right));
        costs.push([0.0, 0.0, spent]);
    }
    row("leakprint, exhaustive scan", length, found, &costs);
    Ok(())
}

/// From a rival's hits to whether the right document is found.
struct Judge<'a> {
    engines: &'a Engines,
    text: &'a Text,
    distinct: &'a Distinct,
}

impl Judge<'_> {
    /// Votes for documents, and alignment of those that the limit of cells allows.
    fn row(&self, name: &str, length: usize, set: &[&Question], answers: &[Answer]) -> Result<()> {
        let (mut found, mut costs) = (0, Costs::new());
        for (question, (hits, search)) in set.iter().zip(answers) {
            let (ranked, votes) = timed(|| self.rank(question, hits));
            let edges = question.words.len();
            let (count, before) = affordable(self.text, &ranked, edges, MAX_CELLS, question.right);
            found += usize::from(before.is_some_and(|b| b < MAX_CELLS));
            let (scores, alignment) = timed(|| self.engines.scores(&question.asked, &ranked[..count]));
            scores?;
            costs.push([*search, votes, alignment]);
        }
        row(name, length, found, &costs);
        Ok(())
    }

    fn rank(&self, question: &Question, hits: &[Hits]) -> Vec<usize> {
        let mut lists = Vec::new();
        for ((word, hits), &position) in question.words.iter().zip(hits).zip(&question.positions) {
            let least = hits.iter().map(|h| h.1).min().unwrap_or(0);
            lists.extend(hits.iter().map(|&(code, bits)| List {
                places: self.distinct.places(code),
                position,
                cost_nats: (bits - least) as f32 * word.nats_per_bit,
            }));
        }
        rank(self.text, lists, MAX_VOTES, true).documents
    }
}

/// Multi-index hashing (M. Norouzi et al. 2014), in memory.
fn mih(judge: &Judge<'_>, sets: &[(usize, Vec<&Question>)]) -> Result<()> {
    let index = mih_rs::Index::new(judge.distinct.codes.clone()).map_err(|e| anyhow::anyhow!("mih-rs: {e}"))?;
    let (codes, mut near, mut top) = (&judge.distinct.codes, index.range_searcher(), index.topk_searcher());
    for (length, set) in sets {
        let measure = |name: &str, search: &mut dyn FnMut(u64) -> Vec<u32>| {
            let answer = |question: &&Question| {
                let (found, spent) = timed(|| question.words.iter().map(|w| search(w.code)).collect::<Vec<Vec<u32>>>());
                let bits = |(w, ids): (&leakprint::benchmarks::AskedWord, Vec<u32>)| -> Hits {
                    ids.into_iter().map(|id| (id, (codes[id as usize] ^ w.code).count_ones())).collect()
                };
                (question.words.iter().zip(found).map(bits).collect(), spent)
            };
            let answers: Vec<Answer> = set.iter().map(answer).collect();
            judge.row(name, *length, set, &answers)
        };
        for radius in [2, 4, 6, 8, 10] {
            measure(&format!("mih-rs, within {radius} bits"), &mut |code| near.run(code, radius).to_vec())?;
        }
        measure("mih-rs, 16 nearest", &mut |code| top.run(code, 16).to_vec())?;
    }
    Ok(())
}

/// FAISS, in a process of its own that measures its own processor time.
fn faiss(python: &Path, folder: &Path, judge: &Judge<'_>, sets: &[(usize, Vec<&Question>)]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("codes"), bytemuck::cast_slice(&judge.distinct.codes))?;
    for (length, set) in sets {
        let mut out = BufWriter::new(File::create(folder.join(format!("queries-{length}")))?);
        for question in set {
            out.write_all(&(question.words.len() as u64).to_le_bytes())?;
            question.words.iter().try_for_each(|w| out.write_all(&w.code.to_le_bytes()))?;
        }
        out.flush()?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals.py");
    let lengths: Vec<String> = sets.iter().map(|s| s.0.to_string()).collect();
    let status = Command::new(python).arg(script).arg(folder).args(lengths).status()?;
    ensure!(status.success(), "{} failed", python.display());
    for line in std::fs::read_to_string(folder.join("done"))?.lines() {
        let (length, rest) = line.split_once(' ').context("a length")?;
        let (file, name) = rest.split_once(' ').context("a file")?;
        let (length, set) = sets.iter().find(|s| s.0.to_string() == length).context("a length that was asked")?;
        let answers = answers(&folder.join(file), set)?;
        judge.row(name, *length, set, &answers)?;
    }
    Ok(())
}

/// Reads hits: for each query milliseconds, then for each word a count and that many pairs of number and distance.
fn answers(path: &Path, set: &[&Question]) -> Result<Vec<Answer>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<4>();
    let mut words = words.iter().map(|w| u32::from_le_bytes(*w));
    let mut next = || words.next().context("hits are cut short");
    let mut answers = Vec::new();
    for question in set {
        let millis = f64::from(next()?) / 1e3;
        let mut hits = Vec::new();
        for _ in &question.words {
            let count = next()?;
            hits.push((0..count).map(|_| Ok((next()?, next()?))).collect::<Result<Hits>>()?);
        }
        answers.push((hits, millis));
    }
    Ok(answers)
}
