//! Writes mail-like text for measurements at scale: `cargo run --release --example synthesize -- --words N >
//! mails.jsonl`.
//!
//! Invented words with the frequencies of real mail, the same for the same seed; see the module `generator`.

mod generator;

use std::io::{BufWriter, Write};

use clap::Parser;
use generator::Generator;

#[derive(Parser)]
#[command(about = "Writes invented mails with the word and phrase frequencies of real ones, as JSON lines")]
struct Arguments {
    /// Stop after so many words.
    #[arg(long)]
    words: usize,
    /// Another seed, other mails.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut words = 0;
    for mail in Generator::new(arguments.seed) {
        if words >= arguments.words {
            break;
        }
        words += mail.body.split_whitespace().count();
        let line = serde_json::json!({
            "id": mail.id, "from": mail.from, "to": mail.to, "date": mail.date, "subject": mail.subject, "body": mail.body,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}
