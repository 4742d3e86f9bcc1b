//! A catalogue whose files were changed, with checksums that are right, is opened, verified and searched, and written to, or refused.
#![no_main]

use std::sync::LazyLock;

use leakprint::catalogue::mail::read_mails;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/common/invented.rs"]
#[expect(dead_code, reason = "what other tests need of it")]
mod invented;
#[path = "../../tests/it/resealed.rs"]
mod resealed;

use resealed::{Files, seed, try_out};

/// The catalogue before it is changed, and a picture of one of its mails.
static SEED: LazyLock<(Files, Vec<u8>)> = LazyLock::new(|| {
    let testdata = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata");
    let mails = read_mails(format!("{testdata}/mails.jsonl").as_ref()).expect("the bundled mails");
    let picture = std::fs::read(format!("{testdata}/shots/tusk-settlement--desktop-crop.png"));
    (seed(&mails.collect::<Result<Vec<_>, _>>().expect("mails")), picture.expect("a bundled picture"))
});

fuzz_target!(|bytes: &[u8]| {
    let (files, picture) = &*SEED;
    let mut files = files.clone();
    files.change(bytes);
    // Writing takes longer than all else.
    let _ = try_out(&files, picture, bytes.first().is_some_and(|kind| kind >> 3 == 1));
});
