//! The exhaustive scan: nanoseconds for each pair of a query word and a catalogue word, for each instruction set.
//!
//! `cargo bench --features benchmarks --bench scan`. Every variant must find the planted passage with the same score.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leakprint::benchmarks::Scan;
use leakprint::fingerprint::Family;

fn scan(c: &mut Criterion) {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("one thread");
    for family in [Family::Net, Family::Dct] {
        let scan = Scan::new(family, 500, 50).expect("a family of this release");
        let expected = scan.run(0);
        assert_eq!(expected.0, 250, "the planted passage is found");
        let mut group = c.benchmark_group(format!("scan {family:?}, {} bits", family.bits()));
        group.sample_size(10).throughput(Throughput::Elements(500 * 200 * 50));
        for (k, name) in Scan::variants().into_iter().enumerate() {
            assert_eq!(scan.run(k), expected, "{name} gives the same answer");
            group.bench_function(name, |b| b.iter(|| scan.run(k)));
        }
    }
}

criterion_group!(benches, scan);
criterion_main!(benches);
