//! Each stage on the bundled pictures: `cargo bench --bench flow`. The answers are checked before they are timed.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leakprint::catalogue::mail::read_mails;
use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::{Family, fingerprint};
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use leakprint::{Config, Matcher};

const SHOTS: [(&str, &str); 3] = [
    ("budget-q3--webmail-light.png", "budget-q3"),
    ("merger-terms--phone.png", "merger-terms"),
    ("tunnel-delay--small.jpg", "tunnel-delay"),
];

fn flow(c: &mut Criterion) {
    let mails: Vec<_> =
        read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture").collect::<Result<_, _>>().expect("good mails");
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).expect("defaults are good");
    catalogue.add_mails(&mails).expect("mails of text");
    let matcher = Matcher::new(&catalogue, Config::default()).expect("defaults are good");
    for (shot, id) in SHOTS {
        let bytes = std::fs::read(format!("testdata/shots/{shot}")).expect("a fixture");
        let raster = decode(&bytes, &RasterConfig::default()).expect("a good picture");
        let page = analyse(&raster, &PageConfig::default());
        let verdict = matcher.identify(&bytes).expect("a good picture");
        assert_eq!(verdict.matches[0].documents, [id], "{shot} is recognised");

        let mut group = c.benchmark_group(shot);
        group.sample_size(20).throughput(Throughput::Elements(u64::from(raster.width()) * u64::from(raster.height())));
        group.bench_function("1 decode", |b| b.iter(|| decode(&bytes, &RasterConfig::default())));
        group.bench_function("2 page", |b| b.iter(|| analyse(&raster, &PageConfig::default())));
        group.bench_function("all six, 14 mails", |b| b.iter(|| matcher.identify(&bytes)));
        group.throughput(Throughput::Elements(page.words.len() as u64));
        for family in [Family::Dct, Family::Lda, Family::Net] {
            let encoder = family.encoder();
            group.bench_function(format!("3 fingerprint {family:?}"), |b| b.iter(|| fingerprint(&page, &*encoder)));
        }
    }
}

/// Words of text: patch and code of each of a fixture's words, and whole mails whose words are all known.
fn text(c: &mut Criterion) {
    let mails: Vec<_> =
        read_mails("testdata/mails.jsonl".as_ref()).expect("a fixture").collect::<Result<_, _>>().expect("good mails");
    let words: Vec<&str> = mails.iter().flat_map(|m| m.body.split_whitespace()).collect();
    let encoder = Family::Dct.encoder();
    let text = TextEncoder::new(&[Face::Sans], &*encoder).expect("the crate's atlas");
    assert!(words.iter().all(|w| text.patch(w).drawn), "the atlas has all characters of the fixture");

    let mut group = c.benchmark_group("words of text");
    group.sample_size(20).throughput(Throughput::Elements(words.len() as u64));
    let patches = || words.iter().map(|w| text.patch(w).patch.at(8, 8)).max();
    group.bench_function("patch", |b| b.iter(patches));
    group.bench_function("patch and code", |b| b.iter(|| words.iter().filter_map(|w| text.encode(w).ok()).count()));
    let mut known = Catalogue::new(CatalogueConfig::default()).expect("defaults are good");
    known.add_mails(&mails).expect("mails of text");
    group.bench_function("mails of known words", |b| {
        b.iter(|| {
            for mail in &mails {
                known.remove(&mail.id).expect("in memory");
            }
            known.add_mails(&mails).expect("mails of text")
        });
    });
}

criterion_group!(benches, flow, text);
criterion_main!(benches);
