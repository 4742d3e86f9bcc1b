//! Catalogues of released formats, opened for ever after.
//!
//! `testdata/catalogues/2` was written by the first release with segments of version 2. It is never written again: a new
//! format gets a folder of its own (`LEAKPRINT_BLESS=1 cargo test --test old_files` writes one that is missing).
#![expect(clippy::expect_used, reason = "a failed fixture is a failed test")]

use std::path::Path;

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::Family;
use leakprint::{Config, Matcher};

#[test]
fn a_catalogue_of_version_2_opens_and_answers() {
    let folder = Path::new("testdata/catalogues/2");
    if std::env::var_os("LEAKPRINT_BLESS").is_some() && !folder.exists() {
        let mails = read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture");
        let mails: Vec<Mail> = mails.collect::<Result<_, _>>().expect("good mails");
        // Not the default hash: its codes are learnt, and will be learnt anew.
        let config = CatalogueConfig { family: Family::Dct, ..CatalogueConfig::default() };
        let mut catalogue = Catalogue::edit(folder, config).expect("a new folder");
        catalogue.add_mails(&mails).expect("mails of text");
        catalogue.commit().expect("a folder that can be written to");
        catalogue.remove("call-me").expect("a sound catalogue");
        catalogue.commit().expect("a folder that can be written to");
    }
    let catalogue = Catalogue::open(folder).expect("a format that is read for ever");
    catalogue.verify().expect("nobody changed it");
    assert_eq!((catalogue.documents(), catalogue.words()), (13, 2318));
    let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
    let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").expect("a fixture");
    let verdict = matcher.identify(&picture).expect("a good picture");
    assert_eq!(verdict.matches[0].documents, ["tusk-settlement"]);
}
