//! A mailbox is read in bounded memory. Alone in its file: the peak that is measured is the whole process's.
#![cfg(all(feature = "mail", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a failed fixture is a failed test")]

use std::fs::File;
use std::io::{BufWriter, Write};

use leakprint::catalogue::mail::read_mails;

/// Megabytes of the mailbox; `MBOX_MB=2048 cargo test --release --test memory -- --nocapture` tries more.
fn megabytes() -> usize {
    std::env::var("MBOX_MB").map_or(200, |mb| mb.parse().unwrap())
}

/// Peak of resident memory so far, in MB.
fn peak_mb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

#[test]
fn a_mailbox_of_any_size_streams() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.mbox");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let line = "The harbour master counts what is not there, and signs for it twice a week.\n";
    let html =
        "<div>The harbour master <b>counts</b> what is not there,<br>and signs for it &mdash; twice a week.</div>\n";
    let base64 = "VGhlIGhhcmJvdXIgbWFzdGVyIGNvdW50cyB3aGF0IGlzIG5vdCB0aGVyZSwgYW5kIHNpZ25zIGZv\n";
    let (mut bytes, mut messages) = (0, 0);
    while bytes < megabytes() << 20 {
        // Short ones, long ones, HTML, and now and then an attachment of 20 MB.
        let (kind, text) = match messages % 4 {
            0 => ("text/plain", line.repeat(20)),
            1 => ("text/html; charset=utf-8", html.repeat(2000)),
            _ => ("text/plain", line.repeat(300)),
        };
        let attachment = if messages % 800 == 799 { base64.repeat(270_000) } else { String::new() };
        let message = format!(
            "From a@example.com Mon Mar  4 09:12:00 2019\nFrom: A <a@example.com>\nMessage-ID: <{messages}@example.com>\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: {kind}\n\n{text}\n--b\n\
             Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n{attachment}\n--b--\n\n"
        );
        file.write_all(message.as_bytes()).unwrap();
        bytes += message.len();
        messages += 1;
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let before = peak_mb();
    let begin = std::time::Instant::now();
    let mut words = 0;
    let mut mails = read_mails(&path).unwrap();
    let read = mails.by_ref().map(Result::unwrap).inspect(|m| words += m.body.split_whitespace().count()).count();
    let (peak, seconds) = (peak_mb(), begin.elapsed().as_secs_f64());
    eprintln!("{bytes} bytes, {read} mails, {words} words in {seconds:.1} s; peak {peak} MB, {before} MB before");
    assert_eq!(read, messages);
    assert_eq!(mails.position(), bytes as u64);
    assert!(peak < 300, "{peak} MB resident");
}
