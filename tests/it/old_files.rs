//! Catalogues of released formats, opened for ever after.
//!
//! `testdata/catalogues/N` was written by the first release with segments of version N. It is never written again: a
//! new format gets a folder of its own (`BLESS=1 cargo test old_files` writes one that is missing). So is
//! `testdata/catalogues/manifest-3`, by the first release with manifests of version 3.

use std::path::Path;

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::Family;
use leakprint::verdict::{KnownTextKind, Outcome};
use leakprint::{Config, Matcher};

/// The newest version of segments.
const NEWEST: u32 = 4;

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

#[test]
fn public_and_disabled_documents_of_old_catalogues_are_known() {
    let folder = Path::new("testdata/catalogues/manifest-3");
    if std::env::var_os("BLESS").is_some() && !folder.exists() {
        let mails = read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture");
        let mails: Vec<Mail> = mails.collect::<Result<_, _>>().expect("good mails");
        let some = |ids: [&str; 2]| mails.iter().filter(|m| ids.contains(&m.id.as_str())).cloned().collect::<Vec<_>>();
        let config = CatalogueConfig { family: Family::Dct, ..CatalogueConfig::default() };
        let mut catalogue = Catalogue::edit_or_create(folder, config).expect("a new folder");
        catalogue.add_mails(&some(["budget-q3", "bonus-pool"])).expect("mails of text");
        catalogue.add_public(&some(["tusk-settlement", "tunnel-delay"])).expect("texts");
        catalogue.disable("bonus-pool").expect("a sound catalogue");
        catalogue.commit().expect("a folder that can be written to");
        catalogue.remove("tunnel-delay").expect("a sound catalogue");
        catalogue.commit().expect("a folder that can be written to");
    }
    let catalogue = Catalogue::open(folder).expect("a format that is read for ever");
    catalogue.verify().expect("nobody changed it");
    assert!(std::fs::read(folder.join("MANIFEST")).expect("a manifest").starts_with(b"leakprint-catalogue 3 "));
    let counts = (catalogue.documents(), catalogue.public_documents(), catalogue.disabled_documents());
    assert_eq!(counts, (3, 1, 1));
    let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
    let verdict = |shot: &str| {
        let picture = std::fs::read(format!("testdata/shots/{shot}")).expect("a fixture");
        matcher.identify(&picture).expect("a good picture")
    };
    assert_eq!(verdict("budget-q3--webmail-light.png").matches[0].documents, ["budget-q3"]);
    assert_eq!(verdict("bonus-pool--tweet.png").outcome, Outcome::NoMatch);
    let public = verdict("tusk-settlement--desktop-crop.png");
    assert_eq!((public.outcome, public.known_texts[0].kind), (Outcome::NoMatch, KnownTextKind::Public));
    assert_eq!(public.known_texts[0].passage.documents, ["tusk-settlement"]);
}
