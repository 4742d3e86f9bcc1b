//! A message of any bytes is read or refused, and its text holds no more than its bytes could.
#![no_main]

use leakprint::catalogue::mail::{MAX_TEXT, read_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let found = read_message(bytes, "fuzzed");
    assert!(!found.is_empty(), "a message or a reason");
    for mail in found.into_iter().flatten() {
        let words = mail.body.split_whitespace().count() as u32;
        assert!(words > 0 && mail.body.len() <= MAX_TEXT, "text within its limits");
        assert!(mail.quoted.iter().all(|&[first, end]| first < end && end <= words), "quotations within the text");
    }
});
