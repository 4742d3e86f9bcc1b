//! Nanoseconds a word: `cargo bench --bench encode`, with `--features benchmarks` the net on every instruction set,
//! too. Words are cut from the pictures in `testdata/shots`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leakprint::fingerprint::{Family, Patch};
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};

const SHOTS: [&str; 3] = ["lamp-claims--thumb.png", "shop-rota--desktop.png", "merger-terms--phone.png"];

fn encode(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/shots");
    let pages = SHOTS.map(|shot| {
        let bytes = std::fs::read(folder.join(shot)).expect("a picture of the test data");
        let raster = decode(&bytes, &RasterConfig::default()).expect("it is whole");
        analyse(&raster, &PageConfig::default())
    });
    let words: Vec<_> = pages
        .iter()
        .filter_map(|page| Some((page.ink.as_ref()?, &page.words)))
        .flat_map(|(ink, words)| words.iter().take(200).map(move |w| (ink, &w.frame)))
        .collect();
    let patches: Vec<Patch> = words.iter().map(|(ink, frame)| Patch::sample(ink, frame)).collect();
    assert!(patches.len() > 300, "{} words", patches.len());

    let mut group = c.benchmark_group("encode");
    group.throughput(Throughput::Elements(1));
    let mut next = (0..words.len()).cycle();
    let mut pick = move || next.next().unwrap_or(0);
    group.bench_function("Patch::sample", |b| {
        b.iter(|| {
            let (ink, frame) = words[pick()];
            black_box(Patch::sample(ink, frame))
        });
    });
    for &family in Family::ALL {
        let encoder = family.encoder();
        let mut values = vec![0.0; family.bits()];
        group.bench_function(format!("{family:?}"), |b| {
            b.iter(|| {
                encoder.encode(&patches[pick()], &mut values);
                black_box(values[0])
            });
        });
    }
    #[cfg(feature = "benchmarks")]
    {
        let nets = leakprint::benchmarks::Nets::new();
        for (variant, name) in nets.names().into_iter().enumerate() {
            group.bench_function(format!("Net, {name}"), |b| b.iter(|| black_box(nets.run(variant, &patches[pick()]))));
        }
    }
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
