//! What `cargo run --release --example evaluate -- bundled` prints stays as good as it is.
#![cfg(feature = "mail")]
#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "parts of an example program, which prints more than is compared here"
)]

#[path = "../../examples/common/altered.rs"]
mod altered;
#[path = "../../examples/common/bundled.rs"]
mod bundled;
#[path = "../../examples/common/page_table.rs"]
mod page_table;
#[path = "../../examples/common/truth.rs"]
mod truth;

#[test]
fn every_bundled_mail_is_found_and_no_other() {
    let truths = bundled::bundled_truths().unwrap();
    let bundled = bundled::measure(&truths).unwrap();
    let total = bundled.total();
    assert_eq!((total.pictures, bundled.documents), (66, 33));
    assert_eq!((total.found, total.shown, total.wrong), (57, 57, 0), "{:?}", bundled.failures);
}
