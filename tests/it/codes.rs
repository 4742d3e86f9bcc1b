//! Codes of real words never change: a changed code is a changed file format.
//!
//! `testdata/codes/words.json` says where the words stand in the pictures of `testdata/shots` (fixed once, so that a
//! better page stage changes nothing here), `testdata/codes/codes.json` holds their codes by family and version.
//! Whoever changes a family's codes on purpose raises its version and runs `BLESS=1 cargo test --features baselines
//! codes`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leakprint::fingerprint::{Codes, Family, Patch};
use leakprint::geom::WordFrame;
use leakprint::raster::{Raster, RasterConfig, decode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Word {
    shot: String,
    x0: f32,
    x1: f32,
    baseline: f32,
    x_height: f32,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn patches() -> Vec<Patch> {
    let words = std::fs::read(folder().join("codes/words.json")).expect("the list of words");
    let words: Vec<Word> = serde_json::from_slice(&words).expect("the list of words");
    let mut pictures: BTreeMap<String, Raster> = BTreeMap::new();
    let sample = |word: Word| {
        let path = folder().join("shots").join(&word.shot);
        let picture = pictures.entry(word.shot).or_insert_with(|| {
            let bytes = std::fs::read(&path).expect("a picture of the test data");
            decode(&bytes, &RasterConfig::default()).expect("it is whole")
        });
        let frame = WordFrame::level(word.x0, word.x1, word.baseline, word.x_height);
        Patch::sample(picture, &frame)
    };
    words.into_iter().map(sample).collect()
}

/// Hexadecimal codes by family and version.
fn codes(patches: &[Patch]) -> BTreeMap<String, Vec<String>> {
    let of = |family: Family| {
        let encoder = family.encoder();
        let mut codes = Codes::new(family);
        for patch in patches {
            codes.push(&*encoder, patch).expect("its own encoder");
        }
        let hex = |k| codes.get(k).iter().map(|v| format!("{v:016x}")).collect();
        let name = format!("{}.{} {family:?}", family.id(), family.version());
        (name, (0..codes.len()).map(hex).collect())
    };
    Family::ALL.iter().copied().map(of).collect()
}

#[test]
fn codes_of_real_words_are_stable() {
    let patches = patches();
    assert!(patches.len() >= 36, "{} words", patches.len());
    let (path, now) = (folder().join("codes/codes.json"), codes(&patches));
    if std::env::var_os("BLESS").is_some() {
        if !cfg!(feature = "baselines") {
            panic!("the file holds the codes of all families: bless with `--features baselines`");
        }
        let text = serde_json::to_string_pretty(&now).expect("plain data") + "\n";
        std::fs::write(&path, text).expect("the folder can be written to");
    }
    let golden = std::fs::read(&path).expect("the codes' file");
    let golden: BTreeMap<String, Vec<String>> = serde_json::from_slice(&golden).expect("codes");
    for (family, codes) in &now {
        assert_eq!(Some(codes), golden.get(family), "family {family}");
    }
    for name in golden.keys().filter(|name| !now.contains_key(*name)) {
        let id = name.split('.').next().and_then(|id| id.parse::<u8>().ok()).expect("id.version name");
        let of_a_feature = cfg!(not(feature = "baselines")) && (16..=31).contains(&id);
        assert!(of_a_feature, "codes of a family that is gone: {name}");
    }
}
