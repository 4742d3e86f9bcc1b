//! Answers do not hang on threads, order, commits, segments, engine or where the catalogue lies.

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::search::{Engine, SearchStatistics};
use leakprint::verdict::{Outcome, Verdict};
use leakprint::{Config, Matcher};

use crate::common::{bytes, mails, matcher, pictures, timeless};
use crate::invented::{mail, whole};

#[test]
fn answers_do_not_depend_on_threads_or_order() {
    let (mails, shots) = (mails(), pictures("testdata/shots"));
    let pictures = bytes(&shots);
    let mut answers = Vec::new();
    for (threads, reversed) in [(1, false), (2, true), (8, false)] {
        let mut mails = mails.clone();
        if reversed {
            mails.reverse();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        answers.push(pool.install(|| timeless(matcher(&mails).identify_many(&pictures))));
    }
    assert_eq!(answers[0], answers[1], "one thread and two, the other way round");
    assert_eq!(answers[0], answers[2], "one thread and eight");
}

#[test]
fn a_folder_gives_the_answers_of_memory_and_forgets_what_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (mails, shots) = (mails(), pictures("testdata/shots"));
    let (early, late) = mails.split_at(5);
    for part in [early, late] {
        let mut catalogue = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).unwrap();
        catalogue.add_mails(part).unwrap();
        catalogue.commit().unwrap();
    }
    let stored = Matcher::new(&Catalogue::open(folder.path()).unwrap(), Config::default()).unwrap();
    let pictures = &bytes(&shots)[..4];
    assert_eq!(timeless(stored.identify_many(pictures)), timeless(matcher(&mails).identify_many(pictures)));

    let mut catalogue = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).unwrap();
    assert!(catalogue.remove("budget-q3").unwrap());
    assert!(!catalogue.remove("budget-q3").unwrap(), "it is gone");
    catalogue.commit().unwrap();
    drop(catalogue);
    let without = Matcher::new(&Catalogue::open(folder.path()).unwrap(), Config::default()).unwrap();
    let picture = std::fs::read("testdata/shots/budget-q3--webmail-light.png").unwrap();
    assert_eq!(stored.identify(&picture).unwrap().matches[0].documents, ["budget-q3"], "a reader keeps its state");
    assert_eq!(without.identify(&picture).unwrap().outcome, Outcome::NoMatch);
}

fn verdicts(catalogue: &Catalogue, engine: Engine, threads: usize) -> Vec<Verdict> {
    let all = [pictures("testdata/shots"), pictures("testdata/doctored")].concat();
    let some: Vec<_> = all.into_iter().step_by(if whole() { 3 } else { 4 }).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut config = Config::default();
    config.search.engine = engine;
    let matcher = Matcher::new(catalogue, config).unwrap();
    pool.install(|| timeless(matcher.identify_many(&bytes(&some))))
}

#[test]
fn commits_threads_and_order_do_not_show() {
    let mut mails = mails();
    // Copies without a header: which of the two comes first must not matter either.
    let copies: Vec<Mail> = mails
        .iter()
        .map(|m| Mail {
            id: format!("copy-{}", m.id),
            body: m.body.clone(),
            quoted: m.quoted.clone(),
            ..Mail::default()
        })
        .collect();
    mails.extend(copies);
    mails.extend((0..1500).map(|k| mail(k, 250)));
    let engines = [Engine::Scan, Engine::Seeds];
    let mut expected: Option<[Vec<Verdict>; 2]> = None;
    for (commits, threads) in [(1, 1), (2, 8), (8, 2)] {
        let folder = tempfile::tempdir().unwrap();
        match commits {
            2 => mails.reverse(),
            8 => mails.sort_unstable_by_key(|m| m.body.len() * 7919 % 1009),
            _ => {}
        }
        for part in mails.chunks(mails.len().div_ceil(commits)) {
            let mut catalogue = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).unwrap();
            catalogue.add_mails(part).unwrap();
            catalogue.commit().unwrap();
        }
        let catalogue = Catalogue::open(folder.path()).unwrap();
        assert!(catalogue.segments() == 1 && catalogue.words() > 300_000);
        let found = engines.map(|engine| verdicts(&catalogue, engine, threads));
        match &expected {
            None => expected = Some(found),
            Some(e) => assert!(found == *e, "scan and seeds: {commits} commits, {threads} threads"),
        }
    }
}

/// Answers of both engines, but for what they looked at, for mails that are committed in strictly smaller shares, which
/// are not merged; some of them removed again.
fn answers_of_segments(mails: &[Mail], segments: usize, removed: &[&str], threads: usize) -> Vec<Vec<Verdict>> {
    let folder = tempfile::tempdir().unwrap();
    let weights: usize = (0..segments).map(|k| 20 - k).sum();
    let (mut start, mut weight) = (0, 0);
    for k in 0..segments {
        weight += 20 - k;
        let end = mails.len() * weight / weights;
        let config = CatalogueConfig { whole_words: 0, ..CatalogueConfig::default() };
        let mut catalogue = Catalogue::edit_or_create(folder.path(), config).unwrap();
        catalogue.add_mails(&mails[start..end]).unwrap();
        catalogue.commit().unwrap();
        start = end;
    }
    let config = CatalogueConfig { whole_words: 0, ..CatalogueConfig::default() };
    let mut catalogue = Catalogue::edit_or_create(folder.path(), config).unwrap();
    for id in removed {
        assert!(catalogue.remove(id).unwrap());
    }
    assert_eq!(catalogue.segments(), segments);
    let of = |engine| {
        verdicts(&catalogue, engine, threads).into_iter().map(|v| Verdict { search: SearchStatistics::default(), ..v })
    };
    [Engine::Scan, Engine::Seeds].map(|engine| of(engine).collect()).into()
}

#[test]
fn engines_and_segments_do_not_show() {
    let mut mails = mails();
    // Parts of every second mail stand in five others, each with words of its own: mostly once in each of several
    // segments.
    let mut others: Vec<Mail> = (0..2400).map(|k| mail(k, 250)).collect();
    for (k, other) in others.iter_mut().enumerate().filter(|(k, _)| k % 480 < mails.len() && k % 480 % 2 == 0) {
        let body = &mails[k % 480].body;
        let words: Vec<&str> = body.split_whitespace().skip(20).take(25).collect();
        other.body = format!("{} {}", words.join(" "), other.body);
    }
    mails.extend(others);
    let expected = answers_of_segments(&mails, 1, &[], 1);
    let found = expected[0].iter().filter(|v| !v.matches.is_empty()).count();
    assert!(2 * found > expected[0].len(), "{found} of {}", expected[0].len());
    assert!(expected[0] == expected[1], "one segment, scan and seeds");
    mails.reverse();
    assert!(answers_of_segments(&mails, 2, &[], 8) == [&*expected[0]; 2], "two segments");
    mails.sort_unstable_by_key(|m| m.body.len() * 7919 % 1009);
    assert!(answers_of_segments(&mails, 8, &[], 2) == [&*expected[0]; 2], "eight segments");
    // More of what others have, which is gone again.
    let more: Vec<Mail> = mails
        .iter()
        .step_by(7)
        .map(|m| Mail { id: format!("more-{}", m.id), body: format!("{} {}", m.body, m.id), ..Mail::default() })
        .collect();
    let ids: Vec<String> = more.iter().map(|m| m.id.clone()).collect();
    for (k, mail) in more.into_iter().enumerate() {
        mails.insert(8 * k, mail);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(answers_of_segments(&mails, 3, &ids, 2) == [&*expected[0]; 2], "three segments, with mails removed");
}
