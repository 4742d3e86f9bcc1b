//! Public texts convict nobody, mails that quote them are found by their own words, and disabled documents are as if
//! they were not there.

use std::ops::Range;
use std::path::Path;

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::search::{Engine, SearchStatistics};
use leakprint::verdict::{CERTAIN, KnownTextKind, Match, MatchedWord, Outcome, StageTimings, Verdict};
use leakprint::{Config, Matcher};

use crate::common::{bytes, mails, pictures, timeless};
use crate::invented::{mail, whole};

const BUDGET: &str = "testdata/shots/budget-q3--webmail-light.png";
const TUNNEL: &str = "testdata/shots/tunnel-delay--small.jpg";

fn body_of(id: &str) -> String {
    mails().into_iter().find(|m| m.id == id).unwrap().body
}

fn text(id: &str, body: String) -> Mail {
    Mail { id: id.into(), body, ..Mail::default() }
}

/// Some words of a bundled mail, as if it quoted them from somewhere.
fn quoted(id: &str, words: Range<usize>) -> Mail {
    text("quoted", body_of(id).split_whitespace().collect::<Vec<_>>()[words].join(" "))
}

/// The notice that two of the bundled mails and a stranger end with.
fn notice() -> Mail {
    let body = body_of("tusk-settlement");
    text("notice", body[body.find("CONFIDENTIALITY NOTICE").unwrap()..].to_owned())
}

fn catalogue(mails: &[Mail], public: &[Mail]) -> Catalogue {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(mails).unwrap();
    catalogue.add_public(public).unwrap();
    catalogue
}

fn identify(catalogue: &Catalogue, picture: &[u8]) -> Verdict {
    let verdict = Matcher::new(catalogue, Config::default()).unwrap().identify(picture).unwrap();
    Verdict { millis: StageTimings::default(), ..verdict }
}

/// The part of a picture that a passage was found in, by itself: without its first and its last line, in which other
/// words may stand.
fn cut_out(picture: &[u8], passage: &Match) -> Vec<u8> {
    let whole = image::load_from_memory(picture).unwrap().to_rgb8();
    let [x0, _, x1, _] = passage.region;
    let [y0, y1] = [passage.words.first(), passage.words.last()].map(|w| w.unwrap().area);
    let (x, y) = ((x0 - 12.0).max(0.0) as u32, y0[3] as u32 + 2);
    let (right, below) = (((x1 + 12.0) as u32).min(whole.width()), y1[1] as u32 - 2);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let part = image::imageops::crop_imm(&whole, x, y, right - x, below - y).to_image();
    part.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn is_in(words: &Range<usize>, word: &MatchedWord) -> bool {
    word.document_word.is_some_and(|k| words.contains(&(k as usize)))
}

#[test]
fn what_a_mail_quotes_convicts_nobody() {
    let words = 60..130;
    let picture = std::fs::read(BUDGET).unwrap();
    let only = |id: &str| mails().into_iter().filter(|m| m.id == id).collect::<Vec<_>>();
    let whole = identify(&catalogue(&only("budget-q3"), &[]), &picture);
    // Where the quotation stands in the picture.
    let stands = identify(&catalogue(&[quoted("budget-q3", words.clone())], &[]), &picture);
    let quotation = cut_out(&picture, &stands.matches[0]);
    let before = identify(&catalogue(&mails(), &[]), &quotation);
    assert_eq!(before.matches[0].documents, ["budget-q3"]);
    assert!(before.matches[0].e_value < CERTAIN && before.matches[0].words.iter().all(|w| !w.public));

    let with = catalogue(&mails(), &[quoted("budget-q3", words.clone())]);
    let after = identify(&with, &quotation);
    assert_eq!((after.outcome, after.matches.len(), after.known_texts.len()), (Outcome::NoMatch, 0, 1));
    let known = &after.known_texts[0];
    assert_eq!((known.kind, known.family, known.contradicted_words), (KnownTextKind::Public, 2, 0));
    assert_eq!(known.passage.documents, ["quoted"]);
    assert!(known.passage.e_value < CERTAIN && known.passage.words.iter().all(|w| w.public));
    let [first, last] = known.passage.document_words;
    assert!(last - first > 35, "most of the quotation: {first} to {last}");

    // The mail itself, with the quotation in it, is found by its own words.
    let after = identify(&with, &picture);
    assert_eq!(after.outcome, Outcome::Match);
    let (found, known) = (&after.matches[0], &after.known_texts);
    assert_eq!((found.documents.as_slice(), known.len()), (&["budget-q3".to_owned()][..], 1));
    assert!(found.e_value < CERTAIN && found.e_value > whole.matches[0].e_value, "fewer words count");
    assert!(found.score_nats < whole.matches[0].score_nats);
    assert_eq!(found.document_words, whole.matches[0].document_words, "what is shown is all that agrees");
    let count = |inside: bool, public: bool| {
        found
            .words
            .iter()
            .filter(|w| w.document_word.is_some())
            .filter(|w| is_in(&words, w) == inside && w.public == public)
            .count()
    };
    assert!(count(true, true) >= 65 && count(true, false) <= 3, "{} and {}", count(true, true), count(true, false));
    assert!(
        count(false, false) >= 110 && count(false, true) <= 3,
        "{} and {}",
        count(false, false),
        count(false, true)
    );
}

#[test]
fn a_mail_that_is_public_is_no_match() {
    let picture = std::fs::read(TUNNEL).unwrap();
    for public_id in ["tunnel-delay", "newspaper"] {
        let with = catalogue(&mails(), &[text(public_id, body_of("tunnel-delay"))]);
        let verdict = identify(&with, &picture);
        assert_eq!((verdict.outcome, verdict.known_texts.len()), (Outcome::NoMatch, 1));
        let named = &verdict.known_texts[0].passage.documents;
        assert_eq!(named.as_slice(), [if public_id == "newspaper" { "newspaper" } else { "tunnel-delay#2" }]);
    }
    // A text that differs in some words leaves the mail those.
    let words: Vec<String> = body_of("tunnel-delay").split_whitespace().map(str::to_owned).collect();
    let draft: Vec<&str> = words.iter().enumerate().map(|(k, w)| if k % 4 == 1 { "otherwise" } else { w }).collect();
    let verdict = identify(&catalogue(&mails(), &[text("printed", draft.join(" "))]), &picture);
    assert_eq!(verdict.matches[0].documents, ["tunnel-delay"], "a quarter of its words are its own");
    assert_eq!(verdict.known_texts[0].passage.documents, ["printed"]);
}

#[test]
fn a_notice_convicts_nobody_once_it_is_public() {
    // One mail of the catalogue has it, so that nothing else tells it from the mail.
    let mails: Vec<Mail> = mails().into_iter().filter(|m| m.id != "tusk-settlement").collect();
    let picture = std::fs::read("testdata/shots/shop-rota--desktop.png").unwrap();
    let stands = identify(&catalogue(&[notice()], &[]), &picture);
    let notice_alone = cut_out(&picture, &stands.matches[0]);
    let verdict = identify(&catalogue(&mails, &[notice()]), &notice_alone);
    assert_eq!((verdict.outcome, verdict.known_texts.len()), (Outcome::NoMatch, 1));
    let known = &verdict.known_texts[0];
    assert_eq!((known.kind, known.family), (KnownTextKind::Public, 2));
    assert_eq!(known.passage.documents, ["notice"]);
    let verdict = identify(&catalogue(&mails, &[notice()]), &picture);
    assert_eq!((verdict.outcome, verdict.known_texts.len()), (Outcome::NoMatch, 1), "the stranger's whole mail");
}

#[test]
fn public_texts_of_the_same_words_are_named_together() {
    let picture = std::fs::read("testdata/shots/shop-rota--desktop.png").unwrap();
    let twin = text("b-notice", format!("{} Printed on old paper.", notice().body));
    let other = quoted("lamp-claims", 20..90);
    let verdict = identify(&catalogue(&mails(), &[twin, notice(), other]), &picture);
    assert_eq!(verdict.known_texts.len(), 1);
    let known = &verdict.known_texts[0];
    assert_eq!(known.passage.documents.len(), 2, "{:?}", known.passage.documents);
    assert_eq!((known.family, known.passage.shared.len()), (4, 2), "two mails have it, too");
}

/// Answers of bundled pictures, of all if tests run whole, but for what was looked at.
fn answers(catalogue: &Catalogue, engine: Engine, threads: usize) -> Vec<Verdict> {
    let mut config = Config::default();
    config.search.engine = engine;
    let some = ["budget-q3", "bonus-pool", "shop-rota", "mesh-reply", "tusk-settlement", "roof-bees"];
    let mut shots = pictures("testdata/shots");
    shots.retain(|shot| whole() || some.iter().any(|id| shot.to_str().unwrap().contains(id)));
    let matcher = Matcher::new(catalogue, config).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let found = pool.install(|| timeless(matcher.identify_many(&bytes(&shots))));
    found.into_iter().map(|v| Verdict { search: SearchStatistics::default(), ..v }).collect()
}

/// Each answer's documents and E-values.
fn summary(verdicts: &[Verdict]) -> Vec<String> {
    let of = |m: &Match| format!("{:?} {:.3e} {}", m.documents, m.e_value, m.words.iter().filter(|w| w.public).count());
    let texts = |v: &Verdict| v.known_texts.iter().map(|t| of(&t.passage)).collect::<Vec<_>>();
    verdicts.iter().map(|v| format!("{:?}, {:?}", v.matches.iter().map(of).collect::<Vec<_>>(), texts(v))).collect()
}

fn assert_equal(found: &[Verdict], expected: &[Verdict], what: &str) {
    for ((found, expected), k) in found.iter().zip(expected).zip(0..) {
        let [a, b] = [found, expected].map(|v| summary(std::slice::from_ref(v)));
        assert!(found == expected, "{what}, picture {k}: {a:?} and not {b:?}");
    }
}

/// Public texts: parts of mails, the notice, and some that nothing quotes.
fn public() -> Vec<Mail> {
    let mut public = vec![quoted("budget-q3", 60..130), notice(), text("printed", body_of("bonus-pool"))];
    public.extend((5000..5040).map(|k| Mail { id: format!("song-{k}"), ..mail(k, 90) }));
    public
}

#[test]
fn what_is_taken_back_never_was() {
    let plain = catalogue(&mails(), &[]);
    let expected = answers(&plain, Engine::Scan, 2);
    // In memory, by removing and by disabling.
    let mut marked = catalogue(&mails(), &public());
    let with = answers(&marked, Engine::Scan, 2);
    assert!(with != expected);
    for text in public() {
        assert!(marked.disable(&text.id).unwrap());
    }
    assert_equal(&answers(&marked, Engine::Scan, 1), &expected, "public texts that are disabled");
    for text in public() {
        assert!(marked.enable(&text.id).unwrap());
    }
    assert!(answers(&marked, Engine::Scan, 1) == with, "and enabled");
    for text in public() {
        assert!(marked.remove(&text.id).unwrap());
    }
    assert!(answers(&marked, Engine::Scan, 1) == expected, "and removed");

    // Mails: disabled is as if removed.
    let some = ["budget-q3", "tusk-settlement"];
    let without: Vec<Mail> = mails().into_iter().filter(|m| !some.contains(&m.id.as_str())).collect();
    let fewer = answers(&catalogue(&without, &[]), Engine::Scan, 2);
    let mut marked = catalogue(&mails(), &[]);
    some.iter().for_each(|id| assert!(marked.disable(id).unwrap()));
    assert!(answers(&marked, Engine::Scan, 2) == fewer && fewer != expected);
    some.iter().for_each(|id| assert!(marked.enable(id).unwrap()));
    assert!(answers(&marked, Engine::Scan, 2) == expected);
}

#[test]
fn what_a_picture_does_not_show_changes_nothing() {
    let expected = answers(&catalogue(&mails(), &[]), Engine::Scan, 2);
    let songs: Vec<Mail> = public().into_iter().filter(|t| t.id.starts_with("song")).collect();
    assert_equal(&answers(&catalogue(&mails(), &songs), Engine::Scan, 2), &expected, "songs");
}

/// A folder with these mails and public texts in some commits, each of fewer words than the one before, so that none is
/// merged with the next; two further texts are removed and disabled again.
fn in_segments(folder: &Path, mails: &[Mail], public: &[Mail], commits: usize) -> Catalogue {
    let open = || {
        let whole_words = if commits == 1 { usize::MAX } else { 0 };
        Catalogue::edit_or_create(folder, CatalogueConfig { whole_words, ..CatalogueConfig::default() }).unwrap()
    };
    let weights: usize = (0..commits).map(|k| 20 - k).sum();
    let (mut start, mut weight) = (0, 0);
    for k in 0..commits {
        weight += 20 - k;
        let end = mails.len() * weight / weights;
        let mut catalogue = open();
        catalogue.add_mails(&mails[start..end]).unwrap();
        catalogue.add_public(&public.iter().skip(k).step_by(commits).cloned().collect::<Vec<_>>()).unwrap();
        if k == 0 {
            let more = [text("gone", body_of("lamp-claims")), text("hidden", body_of("merger-terms"))];
            catalogue.add_public(&more).unwrap();
        }
        catalogue.commit().unwrap();
        start = end;
    }
    let mut catalogue = open();
    assert!(catalogue.remove("gone").unwrap() && catalogue.disable("hidden").unwrap());
    catalogue
}

#[test]
fn segments_engines_order_and_threads_do_not_show() {
    let (mut mails, mut public) = (mails(), public());
    mails.extend((0..720).map(|k| mail(k, 250)));
    let mut expected: Option<Vec<Verdict>> = None;
    for (commits, threads) in [(1, 1), (3, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = in_segments(folder.path(), &mails, &public, commits);
        assert_eq!((catalogue.segments(), catalogue.public_documents()), (commits, public.len() + 1));
        for engine in [Engine::Scan, Engine::Seeds] {
            let found = answers(&catalogue, engine, threads);
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_equal(&found, expected, &format!("{engine:?}: {commits} commits, {threads} threads"));
        }
        mails.reverse();
        public.reverse();
    }
    let known = expected.iter().flatten().flat_map(|v| &v.known_texts).count();
    assert!(known >= 3, "{known} known texts");
}
