//! What the bundled pictures show, and pictures that show nothing.

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::geom::Rect;
use leakprint::random::SplitMix64;
use leakprint::verdict::{Outcome, Verdict};
use leakprint::{Config, Error, Matcher};
use serde_json::Value;

use crate::common::{bytes, mails, matcher, pictures, timeless};

#[test]
fn known_mails_are_named_with_their_passage_and_place() {
    let (matcher, shots) = (matcher(&mails()), pictures("testdata/shots"));
    let known: Vec<&str> = vec!["shop-rota", "roof-bees"];
    let verdicts = timeless(matcher.identify_many(&bytes(&shots)));
    let mut positives = 0;
    for (path, verdict) in shots.iter().zip(&verdicts) {
        let truth: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let region = &truth["regions"][0];
        let id = region["email_id"].as_str().unwrap();
        if known.contains(&id) {
            continue;
        }
        positives += 1;
        let name = path.display();
        assert_eq!(verdict.outcome, Outcome::Match, "{name}");
        let best = &verdict.matches[0];
        assert_eq!(best.documents[0], id, "{name}");
        assert!(best.e_value < 1e-12, "{name}: E-value {}", best.e_value);
        let visible: Vec<&Value> =
            region["words"].as_array().unwrap().iter().filter(|w| w["vis"].as_f64().unwrap() > 0.9).collect();
        let index = |w: &Value| w["i"].as_u64().unwrap() as u32;
        let [first, last] = best.document_words;
        let (true_first, true_last) = (index(visible[0]), index(visible[visible.len() - 1]));
        assert!(first.abs_diff(true_first) <= 2 && last.abs_diff(true_last) <= 2, "{name}: words {first} to {last}");
        let hull = visible
            .iter()
            .map(|w| {
                let edge = |k: usize| w["box"][k].as_f64().unwrap() as f32;
                Rect::new(edge(0), edge(1), edge(2), edge(3))
            })
            .reduce(|a, b| a.union(&b))
            .unwrap();
        let [x0, y0, x1, y1] = best.region;
        let iou = Rect::new(x0, y0, x1, y1).iou(&hull);
        assert!(iou > 0.85, "{name}: region overlaps the text by {iou}");
        let aligned = best.words.iter().filter(|w| w.document_word.is_some()).count();
        assert!(aligned as f32 > 0.85 * visible.len() as f32, "{name}: {aligned} of {} words", visible.len());
    }
    assert_eq!(positives, 11, "every bundled picture was looked at");
}

#[test]
fn an_unknown_mail_is_no_match() {
    let matcher = matcher(&mails());
    let verdict = matcher.identify(&std::fs::read("testdata/shots/roof-bees--webmail-light.png").unwrap()).unwrap();
    assert_eq!((verdict.outcome, verdict.matches.len()), (Outcome::NoMatch, 0));
    assert!(verdict.words_seen > 120);
    // It ends with a notice that two mails of the catalogue end with, too.
    let rota = std::fs::read("testdata/shots/shop-rota--desktop.png").unwrap();
    assert_eq!(matcher.identify(&rota).unwrap().outcome, Outcome::NoMatch);
    // Unless the caller allows it.
    let mut config = Config::default();
    config.verdict.boilerplate = true;
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(&mails()).unwrap();
    let verdict = Matcher::new(&catalogue, config).unwrap().identify(&rota).unwrap();
    assert_eq!(verdict.matches[0].documents, ["tusk-settlement", "audit-finding"]);
}

#[test]
fn pictures_without_text_are_unreadable_not_a_panic() {
    let matcher = matcher(&mails());
    let png = |picture: image::DynamicImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    for (width, height) in [(1, 1), (40, 40), (3, 2000), (2000, 2)] {
        let grey = image::GrayImage::from_pixel(width, height, image::Luma([200]));
        let verdict = matcher.identify(&png(grey.into())).unwrap();
        assert_eq!(verdict.outcome, Outcome::Unreadable, "{width} × {height}");
        assert!(verdict.reason.unwrap().contains("no lines of text"));
    }
    // Noise and patterns: whatever is taken for text, it is no match.
    let mut random = SplitMix64::new(1);
    let noise = image::GrayImage::from_fn(300, 200, |_, _| image::Luma([random.below(256) as u8]));
    let checks = image::GrayImage::from_fn(300, 200, |x, y| image::Luma([((x / 3 + y / 4) % 2 * 255) as u8]));
    for picture in [noise, checks] {
        assert_ne!(matcher.identify(&png(picture.into())).unwrap().outcome, Outcome::Match);
    }
}

#[test]
fn an_empty_catalogue_matches_nothing() {
    let empty = Catalogue::new(CatalogueConfig::default()).unwrap();
    let matcher = Matcher::new(&empty, Config::default()).unwrap();
    let verdict = matcher.identify(&std::fs::read("testdata/shots/tunnel-delay--small.jpg").unwrap()).unwrap();
    assert_eq!(verdict.outcome, Outcome::NoMatch);
}

#[test]
fn a_picture_can_be_enrolled() {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    let shot = |name: &str| std::fs::read(format!("testdata/shots/{name}")).unwrap();
    catalogue.add_picture("a-leak", &shot("tunnel-delay--small.jpg")).unwrap();
    catalogue.add_picture("another", &shot("layoffs-memo--webmail-dark.png")).unwrap();
    let matcher = Matcher::new(&catalogue, Config::default()).unwrap();
    let verdict = matcher.identify(&shot("tunnel-delay--small.jpg")).unwrap();
    assert_eq!(verdict.matches[0].documents, ["a-leak"]);
}

#[test]
fn equal_mails_fold_and_mails_of_one_id_are_kept() {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    let mail = |id: &str, body: &str| Mail { id: id.into(), body: body.into(), ..Mail::default() };
    let added =
        catalogue.add_mails(&[mail("a", "one two  three"), mail("b", "one two\nthree"), mail("c", " ")]).unwrap();
    assert_eq!((added.documents, added.duplicates, added.empty), (1, 1, 1));
    let added = catalogue.add_mails(&[mail("a", "something else")]).unwrap();
    assert_eq!((added.documents, added.kept_beside, catalogue.documents()), (1, 1, 2));
}

#[test]
fn one_writer_at_a_time_and_no_strange_folders() {
    let folder = tempfile::tempdir().unwrap();
    let first = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).unwrap();
    let second = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).expect_err("locked").to_string();
    assert!(second.contains("another process"), "{second}");
    drop(first);
    let strange =
        Catalogue::edit_or_create("testdata".as_ref(), CatalogueConfig::default()).expect_err("not ours").to_string();
    assert!(strange.contains("neither empty nor"), "{strange}");
    let missing = Catalogue::open("testdata/nowhere".as_ref()).expect_err("not there").to_string();
    assert!(missing.contains("no such folder"), "{missing}");
}

#[test]
fn public_types_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Matcher>();
    shared::<Catalogue>();
    shared::<Verdict>();
    shared::<Error>();
}
