//! A mailbox is enrolled in bounded memory.
#![cfg(all(feature = "mail", target_os = "linux"))]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use leakprint::catalogue::mail::read_mails;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::random::SplitMix64;

/// Megabytes of the mailbox; `MBOX_MB=2048 cargo test --release memory -- --nocapture` tries more.
fn megabytes() -> usize {
    std::env::var("MBOX_MB").map_or(if crate::invented::whole() { 48 } else { 24 }, |mb| mb.parse().unwrap())
}

/// How many times as many bytes in attachments as in text; `MBOX_ATTACHED=0` for text alone.
fn attached() -> usize {
    std::env::var("MBOX_ATTACHED").map_or(8, |times| times.parse().unwrap())
}

/// Peak of resident memory so far, mapped pages of files included, in MB.
fn peak_mb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

/// A word of a vocabulary of a million, by Zipf's law: rank `r` with a probability that falls as `1/r`.
fn word(random: &mut SplitMix64, out: &mut String) {
    let mut rank = 1e6f64.powf(random.unit()) as u64;
    loop {
        out.push_str(
            ["ta", "re", "ni", "so", "lu", "men", "ga", "por", "di", "va", "ke", "sha", "el", "um", "ri", "bo"]
                [rank as usize % 16],
        );
        rank /= 16;
        if rank == 0 {
            return;
        }
    }
}

/// Writes a mailbox; returns its bytes, messages and words.
fn write_mailbox(path: &Path) -> (usize, usize, usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut random = SplitMix64::new(1);
    let (mut bytes, mut messages, mut words, mut owed) = (0, 0, 0, 0);
    while bytes < megabytes() << 20 {
        // Short ones, long ones, HTML, and now and then an attachment of some megabytes.
        let html = messages % 4 == 1;
        let mut text = String::new();
        for k in 0..[40, 150, 300, 700][messages % 4] {
            word(&mut random, &mut text);
            text.push_str(match k % 12 {
                11 if html => "</div>\n<div style=\"margin: 0\">",
                11 => "\n",
                _ => " ",
            });
            words += 1;
        }
        let kind = if html { "text/html; charset=utf-8" } else { "text/plain" };
        owed += attached() * text.len();
        let mut attachment = String::new();
        if owed > 4 << 20 || messages % 10 == 0 {
            while attachment.len() < owed {
                let _ = writeln!(
                    attachment,
                    "{:016x}{:016x}VGhlIGhhcmJvdXIgbWFzdGVyIGNvdW50cyB3aGF0",
                    random.bits(),
                    messages
                );
            }
            owed = 0;
        }
        let message = format!(
            "From a@example.com Mon Mar  4 09:12:00 2019\nFrom: A <a@example.com>\nMessage-ID: <{messages}@example.com>\nSubject: {messages}\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: {kind}\n\n{text}\n--b\n\
             Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n{attachment}\n--b--\n\n"
        );
        file.write_all(message.as_bytes()).unwrap();
        bytes += message.len();
        messages += 1;
    }
    file.into_inner().unwrap().sync_all().unwrap();
    (bytes, messages, words)
}

#[test]
fn a_mailbox_of_any_size_is_enrolled_in_bounded_memory() {
    if !crate::alone("memory::a_mailbox_of_any_size_is_enrolled_in_bounded_memory") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.mbox");
    let (bytes, messages, words) = write_mailbox(&path);
    let (begin, before) = (Instant::now(), peak_mb());
    let read = read_mails(&path).unwrap().map(Result::unwrap).count();
    let (peak, seconds) = (peak_mb(), begin.elapsed().as_secs_f64());
    eprintln!("{bytes} bytes, {messages} mails, {words} words; {before} MB before");
    eprintln!("read in {seconds:.1} s, peak {peak} MB");
    assert_eq!(read, messages);

    let begin = Instant::now();
    let mut catalogue =
        Catalogue::edit_or_create(&folder.path().join("catalogue"), CatalogueConfig::default()).unwrap();
    let mut mails = read_mails(&path).unwrap();
    let added = catalogue.enrol(mails.by_ref(), |_| ControlFlow::Continue(())).unwrap();
    let (peak, seconds) = (peak_mb(), begin.elapsed().as_secs_f64());
    eprintln!(
        "enrolled in {seconds:.1} s, peak {peak} MB; {} bytes on disk, {} segments",
        catalogue.disk_usage(),
        catalogue.segments()
    );
    assert_eq!((added.documents, added.words), (messages, words));
    assert_eq!(mails.position(), bytes as u64);
    assert!(peak < 300, "{peak} MB resident");
}
