//! What a catalogue promises to whoever adds to it, removes from it, and meets a disk that refuses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::store::failing_syncs;
use super::{Added, Catalogue, CatalogueConfig, SameId};
use crate::catalogue::mail::{Mail, read_mails};
use crate::fingerprint::Family;
use crate::verdict::Outcome;
use crate::{Config, Error, Matcher};

/// A cheap hash: here, codes only have to differ.
fn config() -> CatalogueConfig {
    CatalogueConfig { family: Family::Dct, whole_words: 0, ..CatalogueConfig::default() }
}

fn mail(id: &str, body: &str) -> Mail {
    Mail { id: id.into(), body: body.into(), ..Mail::default() }
}

fn of_mails(mails: &[Mail]) -> (Catalogue, Added) {
    let mut catalogue = Catalogue::new(config()).expect("a good config");
    let added = catalogue.add_mails(mails).expect("mails of text");
    (catalogue, added)
}

fn ids(catalogue: &Catalogue) -> Vec<String> {
    catalogue.ids().expect("a sound catalogue")
}

const CHIEF: &str = "The merger is signed on Monday. Nobody outside this room may know before noon.";
const LUNCH: &str = "Lunch is at one, bring the good mustard.";
const THIRD: &str = "The ferry to the island is late again.";

#[test]
fn mails_of_one_id_stay_side_by_side() {
    let mails = [mail("x@y", CHIEF), mail("x@y", LUNCH), mail("x@y", THIRD)];
    let (mut catalogue, added) = of_mails(&mails);
    assert_eq!((added.documents, added.kept_beside, added.replaced, added.duplicates), (3, 2, 0, 0));
    assert_eq!((catalogue.documents(), ids(&catalogue)), (3, vec!["x@y".into(), "x@y#2".into(), "x@y#3".into()]));
    // The same input again, in any order, changes nothing.
    let folder = tempfile::tempdir().expect("a folder");
    let mut written = Catalogue::create(folder.path(), config()).expect("a new folder");
    written.add_mails(&mails).expect("mails of text");
    written.commit().expect("a folder that can be written to");
    for catalogue in [&mut catalogue, &mut written] {
        let before = ids(catalogue);
        for order in [[2, 1, 0], [1, 0, 2]] {
            let again = catalogue.add_mails(&order.map(|k| mails[k].clone())).expect("mails of text");
            assert_eq!(again, Added { duplicates: 3, ..Added::default() });
        }
        assert_eq!((catalogue.documents(), ids(catalogue)), (3, before));
    }
    assert!(!written.changed, "there is nothing to commit");
}

#[test]
fn an_equal_text_folds_whatever_its_id() {
    let mails = [mail("a", CHIEF), mail("b", LUNCH), mail("b", CHIEF), mail("b", CHIEF), mail("a", LUNCH)];
    let (mut catalogue, added) = of_mails(&mails);
    assert_eq!((added.documents, added.duplicates, added.kept_beside), (2, 3, 2));
    assert_eq!(ids(&catalogue), ["a", "a#2", "b", "b#2"]);
    let again = catalogue.add_mails(&mails).expect("mails of text");
    assert_eq!(again, Added { duplicates: 5, ..Added::default() });
    assert_eq!(ids(&catalogue).len(), 4);
}

#[test]
fn replacing_is_the_callers_choice() {
    let (mut catalogue, _) = of_mails(&[mail("a", CHIEF), mail("b", CHIEF)]);
    catalogue.set_same_id(SameId::Replace);
    let added = catalogue.add_mails(&[mail("a", LUNCH), mail("b", LUNCH)]).expect("mails of text");
    assert_eq!((added.documents, added.duplicates, added.replaced, added.kept_beside), (1, 1, 2, 0));
    assert_eq!((catalogue.documents(), ids(&catalogue)), (1, vec!["a".into(), "b".into()]));
}

#[test]
fn pictures_of_one_id_stay_side_by_side() {
    let shot = |name| std::fs::read(Path::new("testdata/shots").join(name)).expect("a fixture");
    let shots = [shot("tunnel-delay--small.jpg"), shot("bonus-pool--tweet.png")];
    let mut catalogue = Catalogue::new(config()).expect("a good config");
    for round in 0..2 {
        let mut added = Added::default();
        shots.iter().for_each(|s| added += catalogue.add_picture("screenshot", s).expect("a good picture"));
        assert_eq!(
            (added.documents, added.kept_beside, added.duplicates),
            if round == 0 { (2, 1, 0) } else { (0, 0, 2) }
        );
    }
    assert_eq!(ids(&catalogue), ["screenshot", "screenshot#2"]);
}

/// Words behind two bundled mails that give both texts the same hash. They took nine seconds to find: the lower 40 bits
/// of the hash do not know the upper ones, so that pairs of words that agree in those are had for a million trials
/// each, and of 18 such pairs some choice makes the upper 24 bits agree.
const TAILS: [(&str, &str); 2] = [
    (
        "budget-q3",
        "hspyvibla zrimnjbfu yycjuydzy etibedrfi zntfmdfhl hyduwbszb qyvhicpym xkwjfwjdf yyfwrphgi tfeqkffdy \
         bjfbvxrqu lrwtwcuoa agihawtdv ifuydnyyr apftreexi ufwbrxelx zemhohjkb frhvumffk siqhmzzgr",
    ),
    (
        "layoffs-memo",
        "qmbitkyyu ekdutkudl yycjuydzy muhghplwp zntfmdfhl hyduwbszb qlehstjwn xkwjfwjdf gfggloitd icpjjwbod \
         bjfbvxrqu tymtrndeg agihawtdv zjzmvaput gqbiwbsgd hvrgrohlc zbcxabxbt xovbdkpyh xkwjfwjdf",
    ),
];

/// Two mails whose texts have the same hash.
fn colliding() -> [Mail; 2] {
    let mails = read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture");
    let mails: Vec<Mail> = mails.collect::<Result<_, _>>().expect("good mails");
    TAILS.map(|(id, tail)| {
        let mut mail = mails.iter().find(|m| m.id == id).expect("a bundled mail").clone();
        mail.body = format!("{}\n{tail}\n", mail.body);
        mail
    })
}

#[test]
fn texts_whose_hashes_collide_are_both_found() {
    let mails = colliding();
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), CatalogueConfig::default()).expect("a new folder");
    // The second one meets the first one, pending or committed.
    for (round, mail) in [(0, 0), (1, 1), (2, 0), (2, 1)] {
        let added = catalogue.add_mails(&mails[mail..=mail]).expect("mails of text");
        assert_eq!((added.documents, added.duplicates), if round < 2 { (1, 0) } else { (0, 1) }, "round {round}");
        if round == 1 {
            let contents: BTreeSet<u64> = catalogue.pending.iter().map(|p| p.content).collect();
            assert_eq!((catalogue.pending.len(), contents.len()), (2, 1), "the texts' hashes do not collide");
            catalogue.commit().expect("a folder that can be written to");
        }
    }
    assert_eq!(ids(&catalogue), ["budget-q3", "layoffs-memo"]);
    catalogue.verify().expect("two texts of one hash are no damage");
    let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
    for shot in ["budget-q3--webmail-light.png", "layoffs-memo--webmail-dark.png"] {
        let picture = std::fs::read(Path::new("testdata/shots").join(shot)).expect("a fixture");
        let verdict = matcher.identify(&picture).expect("a good picture");
        assert_eq!(verdict.outcome, Outcome::Match, "{shot}");
        assert!(shot.starts_with(&verdict.matches[0].documents[0]), "{shot}: {:?}", verdict.matches[0].documents);
    }
    // Each goes alone.
    assert!(catalogue.remove("budget-q3").expect("a sound catalogue"));
    assert_eq!(catalogue.add_mails(&mails[1..]).expect("mails of text").duplicates, 1);
    assert_eq!(catalogue.add_mails(&mails[..1]).expect("mails of text").documents, 1);
}

#[test]
fn folders_are_made_only_by_who_asks_for_it() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("catalogue");
    for refused in [Catalogue::edit(&folder).err(), Catalogue::open(&folder).err()] {
        let error = refused.expect("there is nothing");
        assert!(matches!(&error, Error::File { path, .. } if *path == folder), "{error}");
        assert!(!error.to_string().contains("build_catalogue"), "the library knows no program: {error}");
        assert!(!folder.exists(), "nothing was made");
    }
    drop(Catalogue::create(&folder, config()).expect("nothing is there").commit());
    let error = Catalogue::create(&folder, config()).expect_err("there is one");
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    let mut catalogue = Catalogue::edit(&folder).expect("there is one");
    catalogue.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
    catalogue.commit().expect("a folder that can be written to");
    drop(catalogue);
    let catalogue =
        Catalogue::edit_or_create(&folder, CatalogueConfig { whole_words: 7, ..CatalogueConfig::default() });
    let catalogue = catalogue.expect("there is one");
    assert_eq!((catalogue.config().family, catalogue.config().whole_words), (Family::Dct, 7));
    assert_eq!(catalogue.documents(), 1);
}

#[test]
fn a_held_lock_is_an_error_of_its_own_and_keeps_no_reader_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = Catalogue::create(folder.path(), config()).expect("a new folder");
    writer.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
    writer.commit().expect("a folder that can be written to");
    for error in [Catalogue::edit(folder.path()).err(), Catalogue::edit_or_create(folder.path(), config()).err()] {
        let error = error.expect("locked");
        assert!(matches!(&error, Error::Locked { path } if path == folder.path()), "{error}");
    }
    Catalogue::open(folder.path()).expect("readers need no lock").verify().expect("a sound catalogue");
}

fn segments(folder: &Path) -> BTreeSet<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("a file").path());
    files.filter(|p| p.extension().is_some_and(|e| e == "seg")).collect()
}

#[test]
fn a_commit_that_cannot_be_synced_did_not_happen() {
    for good in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
        let mut reader = None;
        if good % 2 == 1 {
            catalogue.add_mails(&[mail("old", THIRD)]).expect("mails of text");
            catalogue.commit().expect("a folder that can be written to");
            reader = Some(Catalogue::open(folder.path()).expect("a catalogue"));
        }
        let old = ids(&catalogue);
        catalogue.add_mails(&[mail("a", CHIEF), mail("b", LUNCH)]).expect("mails of text");
        let new = ids(&catalogue);
        failing_syncs::fail_after(good / 2);
        let done = catalogue.commit();
        if failing_syncs::cancel() {
            done.expect("no sync failed");
            assert!(good >= 4, "a segment and the manifest are synced");
            return;
        }
        let error = done.expect_err("a sync failed");
        assert!(matches!(error, Error::Io { .. }), "{error}");
        // Value and folder are as before.
        assert_eq!((catalogue.pending.len(), ids(&catalogue)), (2, new.clone()));
        if let Some(reader) = &mut reader {
            reader.refresh().expect("a catalogue");
            assert_eq!(ids(reader), old);
        }
        if let Ok(other) = Catalogue::open(folder.path()) {
            assert_eq!(ids(&other), old);
        }
        // The commit can be made again, in another file than the one that a reader may have seen.
        let seen = segments(folder.path());
        let kept: BTreeSet<PathBuf> =
            reader.iter().flat_map(|r| &r.committed).map(|c| c.part.segment.path().to_owned()).collect();
        catalogue.commit().expect("a folder that can be written to");
        let written = segments(folder.path());
        assert!(written.iter().all(|path| kept.contains(path) || !seen.contains(path)), "{seen:?}, then {written:?}");
        assert_eq!(ids(&Catalogue::open(folder.path()).expect("a catalogue")), new);
        catalogue.verify().expect("a sound catalogue");
        drop(catalogue);
        // Whoever comes next does not use a number twice either.
        let next = Catalogue::edit(folder.path()).expect("a catalogue").next;
        let number = |path: &PathBuf| path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse().ok());
        assert!(written.iter().chain(&seen).filter_map(number).all(|number: u32| number < next));
    }
}

#[test]
fn a_segment_that_is_named_twice_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
    catalogue.commit().expect("a folder that can be written to");
    let mut manifest = catalogue.manifest.clone().expect("it was written");
    manifest.segments.push(manifest.segments[0].clone());
    assert!(manifest.swap(folder.path(), None).is_ok());
    let error = Catalogue::open(folder.path()).expect_err("each document would be there twice");
    assert!(matches!(&error, Error::File { reason, .. } if reason.contains("twice")), "{error}");
}

#[test]
fn a_catalogue_that_lost_its_manifest_is_not_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
    catalogue.commit().expect("a folder that can be written to");
    drop(catalogue);
    let manifest = std::fs::read(folder.path().join("MANIFEST")).expect("it was written");
    std::fs::remove_file(folder.path().join("MANIFEST")).expect("it is there");
    for opened in [Catalogue::create(folder.path(), config()), Catalogue::edit_or_create(folder.path(), config())] {
        let error = opened.expect_err("its documents would be lost").to_string();
        assert!(error.contains("no MANIFEST"), "{error}");
    }
    std::fs::write(folder.path().join("MANIFEST"), manifest).expect("room");
    assert_eq!(Catalogue::open(folder.path()).expect("nothing was lost").documents(), 1);
}

#[test]
fn files_of_others_are_not_swept_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
    catalogue.commit().expect("a folder that can be written to");
    drop(catalogue);
    let theirs = ["mine.seg", "backup.book", "notes.new", "MANIFEST.old"];
    let ours = ["00000077.seg", "00000078.book.new", "MANIFEST.new"];
    for name in theirs.iter().chain(&ours) {
        std::fs::write(folder.path().join(name), name).expect("room");
    }
    drop(Catalogue::edit(folder.path()).expect("a catalogue"));
    let there = |name: &&str| folder.path().join(name).exists();
    assert!(theirs.iter().all(there), "not ours");
    assert!(!ours.iter().any(there), "left by a writer that was killed");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_files_place_is_refused_and_not_waited_for() {
    for name in ["MANIFEST", "LOCK", "00000000.seg"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
        catalogue.add_mails(&[mail("a", CHIEF)]).expect("mails of text");
        catalogue.commit().expect("a folder that can be written to");
        drop(catalogue);
        let path = folder.path().join(name);
        std::fs::remove_file(&path).expect("it is there");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("a system with pipes");
        assert!(made.success());
        let error = Catalogue::edit(folder.path()).expect_err("a pipe");
        assert!(matches!(&error, Error::File { path: at, .. } if *at == path), "{error}");
    }
}

#[test]
fn debug_shows_sizes_and_no_text() {
    let (catalogue, _) = of_mails(&[mail("secret-id", CHIEF)]);
    let shown = format!("{catalogue:?}");
    assert!(shown.contains("documents: 1") && shown.contains("words: 14"), "{shown}");
    assert!(!shown.contains("secret-id") && shown.len() < 300, "{shown}");
}

#[test]
fn a_damaged_record_is_the_files_fault_not_the_pictures() {
    let mails = read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture");
    let mails: Vec<Mail> = mails.collect::<Result<_, _>>().expect("good mails");
    let folder = tempfile::tempdir().expect("a folder");
    let mut catalogue = Catalogue::create(folder.path(), config()).expect("a new folder");
    catalogue.add_mails(&mails).expect("mails of text");
    // Behind right checksums.
    catalogue.pending.iter_mut().for_each(|p| p.metadata = vec![1, 2, 3]);
    catalogue.commit().expect("a folder that can be written to");
    let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
    let picture = std::fs::read("testdata/shots/bonus-pool--tweet.png").expect("a fixture");
    let error = matcher.identify(&picture).expect_err("the mail's record is damaged");
    assert!(matches!(&error, Error::File { path, .. } if path.extension().is_some_and(|e| e == "seg")), "{error}");
}
