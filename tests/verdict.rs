//! What stands behind an answer: altered words, shared passages, evidence, and that nothing hangs on how the catalogue was made.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a failed fixture is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::verdict::{CERTAIN, LIKELY, Level, Match, Millis, Verdict};
use leakprint::{Config, Matcher};
use serde_json::Value;

fn mails() -> Vec<Mail> {
    read_mails("testdata/mails.jsonl".as_ref()).unwrap().collect::<Result<_, _>>().unwrap()
}

fn matcher(mails: &[Mail]) -> Matcher {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(mails).unwrap();
    Matcher::new(&catalogue, Config::default()).unwrap()
}

fn pictures(folder: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut pictures: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e != "json")).collect();
    pictures.sort();
    pictures
}

fn best(matcher: &Matcher, path: &Path) -> Match {
    let verdict = matcher.identify(&std::fs::read(path).unwrap()).unwrap();
    verdict.matches.into_iter().next().expect("a match")
}

fn altered(found: &Match) -> BTreeSet<u32> {
    found.words.iter().filter(|w| w.altered).filter_map(|w| w.document_word).collect()
}

#[test]
fn replaced_words_are_marked_and_no_others() {
    let matcher = matcher(&mails());
    let doctored = pictures("testdata/doctored");
    assert_eq!(doctored.len(), 2);
    for path in doctored {
        let truth: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let replaced = truth["regions"][0]["altered"].as_object().unwrap();
        let replaced: BTreeSet<u32> = replaced.keys().map(|k| k.parse().unwrap()).collect();
        assert_eq!(altered(&best(&matcher, &path)), replaced, "{}", path.display());
    }
}

#[test]
fn genuine_words_are_not_marked() {
    let (mails, strangers) = (mails(), ["roof-bees", "shop-rota"]);
    let matcher = matcher(&mails);
    let (mut words, mut marked) = (0, 0);
    for path in pictures("testdata/shots") {
        if strangers.iter().any(|s| path.to_str().unwrap().contains(s)) {
            continue;
        }
        let found = best(&matcher, &path);
        words += found.aligned_words;
        marked += altered(&found).len();
        assert!(found.words.iter().all(|w| w.altered == (w.altered_probability > 0.5)));
    }
    assert!(words > 1500, "{words} words were looked at");
    assert!(marked * 500 <= words, "{marked} of {words} words are marked");
}

#[test]
fn a_quoted_passage_names_the_mail_it_was_quoted_from() {
    // The answer quotes the second paragraph of the mail that it answers.
    let found = best(&matcher(&mails()), "testdata/shots/mesh-reply--desktop-mono.png".as_ref());
    assert_eq!(found.documents[0], "mesh-reply");
    assert_eq!((found.shared[0].documents.as_slice(), found.shared[0].share), (&["mesh-reply".to_owned()][..], 1.0));
    let quoted = found.shared.iter().find(|s| s.documents == ["kettle-defect"]).expect("the quoted mail");
    assert!(quoted.share < 0.5 && quoted.e_value <= LIKELY && quoted.aligned_words >= 8, "{quoted:?}");
    let body = mails().into_iter().find(|m| m.id == "kettle-defect").unwrap().body;
    let [first, last] = quoted.document_words;
    assert!(first < last && (last as usize) < body.split_whitespace().count());
}

#[test]
fn the_evidence_says_what_is_missing() {
    let path = Path::new("testdata/shots/tusk-settlement--desktop-crop.png");
    let found = best(&matcher(&mails()), path);
    let [first, last] = found.document_words;
    assert_eq!(found.beyond, [first, 213 - 1 - last]);
    assert!(found.beyond[1] > 100, "most of the mail is cut off: {:?}", found.beyond);
    assert!(found.lacking.iter().all(|l| first < l.document_words[0] && l.document_words[1] < last), "{:?}", found.lacking);
    assert_eq!(found.level, Level::Certain);
    assert_eq!([CERTAIN, LIKELY, 0.01].map(Level::of), [Level::Certain, Level::Likely, Level::Possible]);
}

fn answers(catalogue: &Catalogue, threads: usize) -> Vec<Verdict> {
    let bytes: Vec<Vec<u8>> = [pictures("testdata/shots"), pictures("testdata/doctored")]
        .concat()
        .iter()
        .step_by(3)
        .map(|p| std::fs::read(p).unwrap())
        .collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let matcher = Matcher::new(catalogue, Config::default()).unwrap();
    let answers = pool.install(|| matcher.identify_many(&bytes));
    answers.into_iter().map(|v| Verdict { millis: Millis::default(), ..v.unwrap() }).collect()
}

#[test]
fn segments_threads_and_order_do_not_show() {
    let mut expected: Option<Vec<Verdict>> = None;
    for (segments, threads) in [(1, 1), (2, 8), (8, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let mut mails = mails();
        if segments == 2 {
            mails.reverse();
        }
        for part in mails.chunks(mails.len().div_ceil(segments)) {
            let mut catalogue = Catalogue::edit(folder.path(), CatalogueConfig::default()).unwrap();
            catalogue.add_mails(part).unwrap();
            catalogue.commit().unwrap();
        }
        let found = answers(&Catalogue::open(folder.path()).unwrap(), threads);
        match &expected {
            None => expected = Some(found),
            Some(e) => assert_eq!(&found, e, "{segments} segments, {threads} threads"),
        }
    }
}
