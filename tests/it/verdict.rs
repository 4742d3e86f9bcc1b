//! What stands behind an answer: altered words, shared passages, evidence.

use std::collections::BTreeSet;
use std::path::Path;

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::significance::NullModel;
use leakprint::verdict::{CERTAIN, LIKELY, Level, Match};
use leakprint::{Config, Matcher};
use serde_json::Value;

use crate::common::{mails, matcher, pictures};

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
    assert!(
        found.lacking.iter().all(|l| first < l.document_words[0] && l.document_words[1] < last),
        "{:?}",
        found.lacking
    );
    assert_eq!(found.level, Level::Certain);
    assert_eq!([CERTAIN, LIKELY, 0.01].map(Level::from_e_value), [Level::Certain, Level::Likely, Level::Possible]);
}

/// Two pictures in one: side by side, or one above the other.
fn collage(first: &str, second: &str, beside: bool) -> Vec<u8> {
    let [a, b] = [first, second].map(|p| image::open(format!("testdata/shots/{p}")).unwrap().to_rgb8());
    let (x, y) = if beside { (a.width() + 20, 0) } else { (0, a.height() + 20) };
    let (width, height) = (a.width().max(x + b.width()), a.height().max(y + b.height()));
    let mut whole = image::RgbImage::from_pixel(width, height, image::Rgb([200; 3]));
    image::imageops::replace(&mut whole, &a, 0, 0);
    image::imageops::replace(&mut whole, &b, i64::from(x), i64::from(y));
    let mut bytes = std::io::Cursor::new(Vec::new());
    whole.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn each_mail_of_a_collage_has_its_own_match() {
    let matcher = matcher(&mails());
    let (first, second) = ("tunnel-delay--small.jpg", "tusk-settlement--desktop-crop.png");
    let width = image::image_dimensions(format!("testdata/shots/{first}")).unwrap();
    for beside in [true, false] {
        let verdict = matcher.identify(&collage(first, second, beside)).unwrap();
        let named: BTreeSet<&str> = verdict.matches.iter().map(|m| m.documents[0].as_str()).collect();
        assert_eq!(named, BTreeSet::from(["tunnel-delay", "tusk-settlement"]), "side by side: {beside}");
        assert_eq!(verdict.matches.len(), 2);
        for m in &verdict.matches {
            let in_first = if beside { m.region[2] <= width.0 as f32 } else { m.region[3] <= width.1 as f32 };
            assert_eq!(in_first, m.documents[0] == "tunnel-delay", "{:?} at {:?}", m.documents, m.region);
            assert!(m.query_coverage < 0.8 && m.level == Level::Certain, "{m:?}");
        }
    }
}

#[test]
fn a_copied_passage_names_all_who_have_it() {
    let mut mails = mails();
    let body = mails.iter().find(|m| m.id == "tunnel-delay").unwrap().body.clone();
    let forwarded = format!("Have a look at what came in this morning, and keep it to yourself please.\n\n{body}");
    mails.push(Mail { id: "forwarded".into(), body: forwarded, ..Mail::default() });
    let found = best(&matcher(&mails), "testdata/shots/tunnel-delay--small.jpg".as_ref());
    let named: BTreeSet<&str> = found.documents.iter().map(String::as_str).collect();
    assert_eq!(named, BTreeSet::from(["forwarded", "tunnel-delay"]));
    assert_eq!(found.shared.len(), 2);
    assert!(found.shared.iter().all(|s| s.share > 0.95), "{:?}", found.shared);
    let last = |id: &str| found.shared.iter().find(|s| s.documents == [id]).unwrap().document_words[1];
    assert_eq!(last("forwarded"), last("tunnel-delay") + 15, "each counts its own words");
}

#[test]
fn words_put_in_and_left_out_have_a_probability() {
    // As if the catalogue's mail were the picture's with one word less and four words more.
    let mut mails = mails();
    let mail = mails.iter_mut().find(|m| m.id == "budget-q3").unwrap();
    let found = best(&matcher(std::slice::from_ref(mail)), "testdata/shots/budget-q3--webmail-light.png".as_ref());
    let genuine = |m: &Match| m.words.iter().filter(|w| w.altered).count() + m.lacking.len();
    assert_eq!(genuine(&found), 0);
    let mut words: Vec<String> = mail.body.split_whitespace().map(str::to_owned).collect();
    // In the middle of a line, well inside of the passage.
    let inside = |at: &u32| {
        let on = |k: u32| found.words.iter().find(|w| w.document_word == Some(k)).map(|w| w.area);
        let plain = |k: u32| words[k as usize].chars().all(char::is_alphabetic) && words[k as usize].len() > 2;
        let areas: Option<Vec<[f32; 4]>> = (at - 2..at + 3).map(on).collect();
        areas.is_some_and(|a| a.windows(2).all(|p| p[0][2] < p[1][0])) && (at - 2..at + 3).all(plain)
    };
    let [first, last] = found.document_words;
    let at = (first + 5..last - 10).find(inside).expect("five long words in one line");
    let later = (at + 10..last - 5).find(inside).expect("five more") as usize - 1;
    let put_in = words.remove(at as usize);
    let more = ["neither", "more", "nor", "less"].map(str::to_owned);
    words.splice(later..later, more.iter().cloned());
    mail.body = words.join(" ");
    let changed = best(&matcher(std::slice::from_ref(mail)), "testdata/shots/budget-q3--webmail-light.png".as_ref());
    let extra: Vec<_> = changed.words.iter().filter(|w| w.document_word.is_none() && w.altered).collect();
    assert_eq!(extra.len(), 1, "{put_in}: {extra:?}");
    let lacking: Vec<[u32; 2]> =
        changed.lacking.iter().filter(|l| l.deleted_probability > 0.5).map(|l| l.document_words).collect();
    assert_eq!(lacking, [[later as u32, later as u32 + more.len() as u32 - 1]]);
}

#[test]
fn a_catalogue_keeps_what_its_e_values_are_reckoned_by() {
    let doubtful = NullModel { tail: (0.45, 30.1), reference_documents: 0.3, ..NullModel::default() };
    let picture = std::fs::read("testdata/shots/tunnel-delay--small.jpg").unwrap();
    let e_value = |null_model: NullModel| {
        let folder = tempfile::tempdir().unwrap();
        let config = CatalogueConfig { null_model, ..CatalogueConfig::default() };
        let mut written = Catalogue::edit_or_create(folder.path(), config).unwrap();
        written.add_mails(&mails()).unwrap();
        written.commit().unwrap();
        let opened = Catalogue::open(folder.path()).unwrap();
        assert_eq!(opened.config(), written.config());
        let mut config = Config::default();
        config.verdict.max_e = 1.0;
        let [a, b] = [&written, &opened].map(|catalogue| {
            let verdict = Matcher::new(catalogue, config.clone()).unwrap().identify(&picture).unwrap();
            verdict.matches.first().map(|m| m.e_value)
        });
        assert_eq!(a, b);
        a.expect("a match")
    };
    assert!(e_value(doubtful) > 1e6 * e_value(NullModel::default()));
    let config =
        CatalogueConfig { null_model: NullModel { tail: (0.45, 0.0), ..doubtful }, ..CatalogueConfig::default() };
    let wrong = Catalogue::new(config).expect_err("a scale of 0").to_string();
    assert!(wrong.contains("null_model.tail.1"), "{wrong}");
}
