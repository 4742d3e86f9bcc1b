//! What a catalogue promises of public texts and of disabled documents.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::manifest::NamedSegment;
use super::{Added, Catalogue, CatalogueConfig, SameId};
use crate::Error;
use crate::catalogue::mail::Mail;
use crate::fingerprint::Family;

/// A cheap hash: here, codes only have to differ.
fn config() -> CatalogueConfig {
    CatalogueConfig { family: Family::Dct, whole_words: 0, ..CatalogueConfig::default() }
}

fn mail(id: &str, body: &str) -> Mail {
    Mail { id: id.into(), body: body.into(), ..Mail::default() }
}

const CHIEF: &str = "The merger is signed on Monday. Nobody outside this room may know before noon.";
const LICENCE: &str = "You may copy this song for your neighbours as long as nobody sings it before breakfast.";
const THIRD: &str = "The ferry to the island is late again.";

fn version(folder: &Path) -> String {
    let manifest = std::fs::read_to_string(folder.join("MANIFEST")).expect("a manifest");
    manifest.split(' ').nth(1).expect("a version").to_owned()
}

#[test]
fn a_text_may_be_a_mail_and_public() {
    for public_first in [true, false] {
        let mut catalogue = Catalogue::new(config()).expect("a good config");
        let mut sum = Added::default();
        for public in [public_first, !public_first] {
            sum += if public {
                catalogue.add_public(&[mail("p", CHIEF), mail("licence", LICENCE)]).expect("texts")
            } else {
                catalogue.add_mails(&[mail("m", CHIEF), mail("third", THIRD)]).expect("texts")
            };
        }
        assert_eq!((sum.documents, sum.public, sum.also_public, sum.duplicates), (4, 2, 1, 0));
        assert_eq!((catalogue.documents(), catalogue.public_documents()), (4, 2));
        // The same again changes nothing, and a further id goes to the text of its kind.
        let again = catalogue.add_public(&[mail("p", CHIEF), mail("p2", CHIEF)]).expect("texts");
        assert_eq!(again, Added { duplicates: 2, ..Added::default() });
        catalogue.verify().expect("a mail and a public text that are equal are no damage");
        assert!(catalogue.remove("m").expect("a sound catalogue"));
        assert_eq!((catalogue.documents(), catalogue.public_documents()), (3, 2), "the public text stays");
        assert_eq!(catalogue.ids().expect("ids"), ["licence", "p", "p2", "third"]);
    }
}

#[test]
fn an_id_is_a_mails_or_a_public_texts() {
    let mut catalogue = Catalogue::new(config()).expect("a good config");
    catalogue.add_mails(&[mail("x", CHIEF), mail("", THIRD)]).expect("texts");
    let added = catalogue.add_public(&[mail("x", LICENCE), mail("", THIRD)]).expect("texts");
    assert_eq!((added.kept_beside, added.also_public), (1, 1));
    let ids = catalogue.ids().expect("ids");
    assert!(ids[0].starts_with("public-") && ids[1].starts_with("text-") && ids[2..] == ["x", "x#2"], "{ids:?}");
    catalogue.set_same_id(SameId::Replace);
    let added = catalogue.add_public(&[mail("x", "A public text in the mail's place.")]).expect("texts");
    assert_eq!((added.replaced, catalogue.public_documents(), catalogue.documents()), (1, 3, 4));
}

#[test]
fn marks_survive_commits_merges_and_new_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || Catalogue::edit_or_create(folder.path(), config()).expect("a catalogue");
    let mut catalogue = open();
    catalogue.add_mails(&[mail("a", CHIEF), mail("b", THIRD)]).expect("texts");
    catalogue.commit().expect("a commit");
    assert_eq!(version(folder.path()), "2", "an older release reads what it knows");
    assert!(catalogue.disable("a").expect("sound") && !catalogue.disable("nobody").expect("sound"));
    catalogue.add_public(&[mail("p", LICENCE), mail("q", CHIEF)]).expect("texts");
    assert!(catalogue.disable("q").expect("sound"));
    let counts = |c: &Catalogue| (c.documents(), c.public_documents(), c.disabled_documents());
    assert_eq!(counts(&catalogue), (4, 2, 2));
    catalogue.commit().expect("a commit");
    assert_eq!(version(folder.path()), "3", "an older release would misread it");
    drop(catalogue);
    let mut catalogue = open();
    assert_eq!(counts(&catalogue), (4, 2, 2));
    // A further id, one that comes first and makes the document anew among them.
    for id in ["c", "A"] {
        let added = catalogue.add_mails(&[mail(id, CHIEF)]).expect("texts");
        assert_eq!((added.duplicates, added.disabled), (1, 1), "it stays disabled, and that is told");
    }
    assert_eq!(counts(&catalogue), (4, 2, 2));
    catalogue.compact().expect("a merge");
    drop(catalogue);
    let mut catalogue = open();
    assert_eq!((catalogue.segments(), counts(&catalogue)), (1, (4, 2, 2)));
    assert!(!Catalogue::open(folder.path()).expect("a catalogue").changed);
    for id in ["c", "q"] {
        assert!(catalogue.enable(id).expect("sound"));
    }
    assert_eq!(counts(&catalogue), (4, 2, 0));
    catalogue.commit().expect("a commit");
    for id in ["p", "q"] {
        assert!(catalogue.remove(id).expect("sound"));
    }
    catalogue.compact().expect("a merge");
    assert_eq!((counts(&catalogue), version(folder.path()).as_str()), ((2, 0, 0), "2"), "plain again");
    // Nothing to do is nothing to write.
    assert!(catalogue.enable("b").expect("sound") && !catalogue.changed);
}

#[test]
fn a_disabled_document_is_no_waste_to_be_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&[mail("a", CHIEF), mail("b", THIRD)]).expect("texts");
    catalogue.commit().expect("a commit");
    let number = catalogue.committed[0].number;
    catalogue.disable("a").expect("sound");
    catalogue.compact().expect("nothing to merge but what was changed");
    let before = catalogue.committed[0].number;
    catalogue.compact().expect("nothing to merge");
    assert_eq!(catalogue.committed[0].number, before, "first {number}");
}

#[test]
fn a_manifest_of_version_2_has_no_marks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&[mail("a", CHIEF)]).expect("texts");
    catalogue.add_public(&[mail("p", LICENCE)]).expect("texts");
    catalogue.commit().expect("a commit");
    let path = folder.path().join("MANIFEST");
    let written = std::fs::read_to_string(&path).expect("a manifest");
    let refused = |version: &str| {
        std::fs::write(&path, written.replacen(" 3 ", &format!(" {version} "), 1)).expect("room");
        Catalogue::open(folder.path()).expect_err("no such manifest").to_string()
    };
    assert!(refused("2").contains("no public"), "{}", refused("2"));
    assert!(refused("4").contains("versions 2 and 3"), "{}", refused("4"));
    let mut manifest = catalogue.manifest.clone().expect("it was written");
    let changes: [fn(&mut NamedSegment); 3] = [
        |segment| segment.public = 3,
        |segment| segment.disabled = [2].into(),
        |segment| (segment.disabled, segment.changes) = ([0].into(), [(0, Vec::new())].into()),
    ];
    for change in changes {
        let whole = manifest.segments[0].clone();
        change(&mut manifest.segments[0]);
        manifest.put(folder.path()).expect("room");
        let error = Catalogue::open(folder.path()).expect_err("the segment has two documents");
        assert!(matches!(error, Error::File { .. }), "{error}");
        manifest.segments[0] = whole;
    }
}

/// What happens to a catalogue.
#[derive(Clone, Debug)]
enum Step {
    Add { text: usize, public: bool },
    Remove(usize, bool),
    Disable(usize, bool),
    Enable(usize, bool),
    Commit,
    Compact,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let document = || (0usize..5, any::<bool>());
    prop_oneof![
        4 => document().prop_map(|(text, public)| Step::Add { text, public }),
        2 => document().prop_map(|(text, public)| Step::Remove(text, public)),
        2 => document().prop_map(|(text, public)| Step::Disable(text, public)),
        2 => document().prop_map(|(text, public)| Step::Enable(text, public)),
        2 => Just(Step::Commit),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn equals_a_plain_map(steps in prop::collection::vec(step(), 1..25)) {
        let folder = tempfile::tempdir()?;
        let mut catalogue = Catalogue::edit_or_create(folder.path(), config())?;
        // Whether each document that is there is disabled: now, and as committed.
        let mut known: BTreeMap<(usize, bool), bool> = BTreeMap::new();
        let mut committed = known.clone();
        let id = |(text, public): (usize, bool)| format!("{}{text}", if public { "public" } else { "mail" });
        for step in steps {
            match step {
                Step::Add { text, public } => {
                    let mail = mail(&id((text, public)), &format!("{CHIEF} {}", ["so", "it", "goes", "on", "now"][text]));
                    let added = if public { catalogue.add_public(&[mail])? } else { catalogue.add_mails(&[mail])? };
                    let there = known.contains_key(&(text, public));
                    prop_assert_eq!((added.documents, added.duplicates), if there { (0, 1) } else { (1, 0) });
                    let twin = !there && known.contains_key(&(text, !public));
                    prop_assert_eq!(added.also_public, usize::from(twin));
                    known.entry((text, public)).or_default();
                }
                Step::Remove(text, public) => {
                    let removed = catalogue.remove(&id((text, public)))?;
                    prop_assert_eq!(removed, known.remove(&(text, public)).is_some());
                }
                Step::Disable(text, public) | Step::Enable(text, public) => {
                    let disable = matches!(step, Step::Disable(..));
                    let id = id((text, public));
                    let found = if disable { catalogue.disable(&id)? } else { catalogue.enable(&id)? };
                    prop_assert_eq!(found, known.contains_key(&(text, public)));
                    known.entry((text, public)).and_modify(|disabled| *disabled = disable);
                }
                Step::Commit => catalogue.commit()?,
                Step::Compact => catalogue.compact()?,
                Step::Reopen => {
                    drop(catalogue);
                    catalogue = Catalogue::edit_or_create(folder.path(), config())?;
                    known.clone_from(&committed);
                }
            }
            if matches!(step, Step::Commit | Step::Compact) {
                committed.clone_from(&known);
            }
            let mut ids: Vec<String> = known.keys().map(|&document| id(document)).collect();
            ids.sort_unstable();
            prop_assert_eq!(catalogue.ids()?, ids);
            prop_assert_eq!(catalogue.public_documents(), known.keys().filter(|d| d.1).count());
            prop_assert_eq!(catalogue.disabled_documents(), known.values().filter(|d| **d).count());
            let reader = catalogue.to_reader()?;
            let searched = |public| known.iter().filter(|(d, disabled)| d.1 == public && !**disabled).count();
            prop_assert_eq!((reader.documents(), reader.public_documents()), (searched(false), searched(true)));
            prop_assert_eq!(reader.words() + reader.public_words(), 15 * (searched(false) + searched(true)));
        }
        catalogue.verify()?;
    }
}
