//! Catalogues of released formats, opened for ever after.
//!
//! `testdata/catalogues/N` was written by the first release with segments of version N. It is never written again: a
//! new format gets a folder of its own (`BLESS=1 cargo test old_files` writes one that is missing).

use std::path::Path;

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::Family;
use leakprint::{Config, Matcher};

/// The newest version of segments.
const NEWEST: u32 = 3;

#[test]
fn catalogues_of_all_versions_open_and_answer() {
    let newest = format!("testdata/catalogues/{NEWEST}");
    let newest = Path::new(&newest);
    if std::env::var_os("BLESS").is_some() && !newest.exists() {
        let mails = read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture");
        let mails: Vec<Mail> = mails.collect::<Result<_, _>>().expect("good mails");
        // Not the default hash: its codes are learnt, and will be learnt anew.
        let config = CatalogueConfig { family: Family::Dct, ..CatalogueConfig::default() };
        let mut catalogue = Catalogue::edit_or_create(newest, config).expect("a new folder");
        catalogue.add_mails(&mails).expect("mails of text");
        catalogue.commit().expect("a folder that can be written to");
        catalogue.remove("call-me").expect("a sound catalogue");
        catalogue.commit().expect("a folder that can be written to");
    }
    let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").expect("a fixture");
    for version in 2..=NEWEST {
        let folder = format!("testdata/catalogues/{version}");
        let catalogue = Catalogue::open(folder.as_ref()).expect("a format that is read for ever");
        catalogue.verify().expect("nobody changed it");
        assert_eq!((catalogue.documents(), catalogue.words()), (13, 2318), "version {version}");
        let segment = std::fs::read(format!("{folder}/00000001.seg")).expect("the folder's segment");
        assert_eq!(u32::from_le_bytes(std::array::from_fn(|k| segment[8 + k])), version);
        let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
        let verdict = matcher.identify(&picture).expect("a good picture");
        assert_eq!(verdict.matches[0].documents, ["tusk-settlement"], "version {version}");
    }
}
