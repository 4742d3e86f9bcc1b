//! What several tests begin with.

use std::path::{Path, PathBuf};

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::search::Engine;
use leakprint::verdict::{StageTimings, Verdict};
use leakprint::{Config, Error, Matcher};

/// The bundled mails.
pub(crate) fn mails() -> Vec<Mail> {
    read_mails("testdata/mails.jsonl".as_ref()).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(crate) fn matcher(mails: &[Mail]) -> Matcher {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(mails).unwrap();
    Matcher::new(&catalogue, Config::default()).unwrap()
}

/// Pictures of a folder, in order.
pub(crate) fn pictures(folder: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut pictures: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e != "json")).collect();
    pictures.sort();
    pictures
}

pub(crate) fn bytes(pictures: &[PathBuf]) -> Vec<Vec<u8>> {
    pictures.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Verdicts without their timings.
pub(crate) fn timeless(verdicts: Vec<Result<Verdict, Error>>) -> Vec<Verdict> {
    verdicts.into_iter().map(|v| Verdict { millis: StageTimings::default(), ..v.unwrap() }).collect()
}

/// What a reader of the folder says about a picture, by both engines; or that the folder is damaged.
pub(crate) fn answers(folder: &Path, picture: &[u8]) -> Result<Vec<Verdict>, Error> {
    let catalogue = Catalogue::open(folder)?;
    let answer = |engine| {
        let mut config = Config::default();
        config.search.engine = engine;
        let verdict = Matcher::new(&catalogue, config)?.identify(picture)?;
        Ok(Verdict { millis: StageTimings::default(), ..verdict })
    };
    [Engine::Scan, Engine::Seeds].into_iter().map(answer).collect()
}
