//! Mailboxes: `cargo bench --bench mail`. Reading, without hashing, in bytes of the file; and enrolment of words that
//! are known, in bytes of the messages' text, with the time that each step takes (`cargo bench --bench mail -- enrol`
//! for that alone; `MBOX_MB=100` for more text).

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::random::SplitMix64;
use rustix::time::{ClockId, clock_gettime};

const LINE: &str = "The harbour master counts what is not there, and signs for it twice a week.\n";
const HTML: &str = "<div style=\"margin: 0\">The harbour master <b>counts</b> what is not there,<br>\nand signs for it &mdash; twice a week.</div>\n";

fn mailbox(kind: &str, line: &str, lines: usize, messages: usize) -> String {
    let mut out = String::new();
    for k in 0..messages {
        let _ = write!(
            out,
            "From a@example.com Mon Mar  4 09:12:00 2019\nFrom: A <a@example.com>\nTo: B <b@example.com>\nSubject: Number {k}\n\
             Message-ID: <{k}@example.com>\nDate: Mon, 4 Mar 2019 09:12:00 +0000\nContent-Type: {kind}\n\n{}\n",
            line.repeat(lines)
        );
    }
    out
}

fn mails(path: &Path) -> usize {
    read_mails(path).expect("a mailbox").filter(Result::is_ok).count()
}

fn read(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.mbox");
    let mut group = c.benchmark_group("read mbox");
    group.sample_size(10);
    for (name, kind, line) in [
        ("plain", "text/plain; charset=utf-8", LINE),
        ("flowed", "text/plain; charset=utf-8; format=flowed", LINE),
        ("html", "text/html; charset=utf-8", HTML),
    ] {
        let text = mailbox(kind, line, 40, 8000);
        std::fs::write(&path, &text).expect("room for a file");
        assert_eq!(mails(&path), 8000, "{name}");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| mails(&path)));
    }
    group.finish();
}

criterion_group!(benches, read);

/// Distinct words of the mails that are enrolled.
const VOCABULARY: usize = 20_000;

fn word(mut rank: usize, out: &mut String) {
    loop {
        out.push_str(
            ["ta", "re", "ni", "so", "lu", "men", "ga", "por", "di", "va", "ke", "sha", "el", "um", "ri", "bo"]
                [rank % 16],
        );
        rank /= 16;
        if rank == 0 {
            return;
        }
    }
}

/// Messages of 40 to 700 words by Zipf's law: rank `r` with a probability that falls as `1/r`.
fn known_words(bytes: usize) -> String {
    let (mut out, mut random, mut messages) = (String::new(), SplitMix64::new(1), 0);
    while out.len() < bytes {
        let _ = write!(
            out,
            "From a@example.com Mon Mar  4 09:12:00 2019\nFrom: A <a@example.com>\nMessage-ID: <{messages}@example.com>\n\
             Subject: Harbour\nContent-Type: text/plain\n\n"
        );
        for k in 1..=[40, 150, 300, 700][messages % 4] {
            word((VOCABULARY as f64).powf(random.unit()) as usize, &mut out);
            out.push(if k % 12 == 0 { '\n' } else { ' ' });
        }
        out.push_str("\n\n");
        messages += 1;
    }
    out
}

/// Wall and processor time of all threads.
#[derive(Clone, Copy, Default)]
struct Spent {
    wall: Duration,
    cpu: Duration,
}

impl Spent {
    fn time<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let cpu = || {
            let now = clock_gettime(ClockId::ProcessCPUTime);
            Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
        };
        let (begin, before) = (Instant::now(), cpu());
        let result = work();
        self.wall += begin.elapsed();
        self.cpu += cpu() - before;
        result
    }
}

/// A new catalogue that has drawn all words.
fn prepared(folder: &Path) -> Catalogue {
    let mut body = String::new();
    for rank in 0..=VOCABULARY {
        word(rank, &mut body);
        body.push(' ');
    }
    let mut catalogue = Catalogue::edit_or_create(folder, CatalogueConfig::default()).expect("a new folder");
    catalogue.add_mails(&[Mail { id: "words".into(), body, ..Mail::default() }]).expect("text");
    catalogue
}

/// Prints what enrolment takes: step by step, then in one go, where reading and adding overlap.
fn enrol(megabytes: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.mbox");
    std::fs::write(&path, known_words(megabytes << 20)).expect("room for a file");
    let mails = || read_mails(&path).expect("a mailbox").map(|mail| mail.expect("a mail"));
    let text: usize = mails().map(|m| m.body.len()).sum();
    let text_mb = text as f64 / 1e6;

    let mut catalogue = prepared(&folder.path().join("steps"));
    let [mut reading, mut adding, mut writing] = [Spent::default(); 3];
    let (mut mails_left, mut words) = (mails(), 0);
    loop {
        let batch: Vec<Mail> = reading.time(|| mails_left.by_ref().take(1000).collect());
        words += adding.time(|| catalogue.add_mails(&batch)).expect("text").words;
        if batch.is_empty() || words >= 2_000_000 {
            words = 0;
            writing.time(|| catalogue.commit()).expect("room for files");
        }
        if batch.is_empty() {
            break;
        }
    }
    let steps = [("read messages", reading), ("look words up, register", adding), ("write segments", writing)];
    let all: f64 = steps.iter().map(|(_, s)| s.cpu.as_secs_f64()).sum();
    eprintln!("enrol {text_mb:.1} MB of text, {VOCABULARY} distinct words, all known");
    for (name, Spent { wall, cpu }) in steps {
        let share = 100.0 * cpu.as_secs_f64() / all;
        eprintln!("  {name:<26} {:6.2} s wall {:6.2} s CPU {share:5.1} %", wall.as_secs_f64(), cpu.as_secs_f64());
    }

    let mut catalogue = prepared(&folder.path().join("whole"));
    let mut whole = Spent::default();
    whole.time(|| catalogue.enrol(mails().map(Ok), |_| ControlFlow::Continue(()))).expect("a catalogue");
    let (wall, cpu) = (whole.wall.as_secs_f64(), whole.cpu.as_secs_f64());
    eprintln!("  all at once                {wall:6.2} s wall {cpu:6.2} s CPU");
    eprintln!("  {:.1} MB/s wall, {:.1} MB/s a core", text_mb / wall, text_mb / cpu);
}

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let megabytes = std::env::var("MBOX_MB").map_or(32, |mb| mb.parse().expect("a number"));
    enrol(if std::env::args().any(|a| a == "--test") { 1 } else { megabytes });
}
