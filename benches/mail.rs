//! Reading mailboxes, without hashing: `cargo bench --bench mail`. Bytes are those of the file.

use std::fmt::Write as _;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leakprint::catalogue::mail::read_mails;

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
criterion_main!(benches);
