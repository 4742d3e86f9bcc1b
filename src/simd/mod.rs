//! The only unsafe code of the matcher: choosing the instruction set that the hot loops run with.
//!
//! The loops themselves are safe, portable and written once ([`kernels`], [`layer`]); here each is compiled for AVX-512 and for
//! AVX2 too. Only the nets' multiply-add is written in intrinsics ([`dot`]). *Benefit*, measured by `cargo bench --features benchmarks --bench scan` and `--bench encode`: see the design page.
//! *Correctness*: a `#[target_feature]` function is called only through [`Kernels`] values that [`Kernels::best`] made after
//! the CPU was asked for exactly those features, and the functions do nothing but call the bodies.
#![expect(unsafe_code, reason = "calls of #[target_feature] functions and intrinsics, each after run-time detection")]

#[cfg(target_arch = "x86_64")]
mod dot;
pub(crate) mod kernels;
pub(crate) mod layer;

use kernels::{Probe, WidthProbe, WordScore};
use layer::{NetLayer, Output, Portable};

type Distances = fn(Probe<'_>, &[&[u64]], &mut [i16]);
type NearestCode = fn(&[u64], &[&[u64]]) -> usize;
type AddWidths = fn(WidthProbe, &[u8], &mut [i16]);
type Alike = fn(&[u64], usize, usize, u32, &mut [u8]);
type Nearer = fn(&mut [i16], &[i16]);
type Step = fn(WordScore, &[i16], &[i16], i16, &[i16], &mut [i16]);
type Finish = fn(i16, &[i16], &[i16], &mut [i16], &mut [i16]);
type WeightPlace = fn(usize, usize) -> usize;
type RunLayer = fn(&NetLayer, &[u8], Output<'_>);

/// The hot loops, compiled for one instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    #[cfg_attr(not(any(test, feature = "benchmarks")), expect(dead_code, reason = "named by tests and benches"))]
    pub(crate) name: &'static str,
    pub(crate) distances: Distances,
    pub(crate) nearest_code: NearestCode,
    pub(crate) add_widths: AddWidths,
    pub(crate) alike: Alike,
    pub(crate) nearer: Nearer,
    pub(crate) step: Step,
    pub(crate) finish: Finish,
    /// Where [`layer::FourWeights`] hold the weight of (channel, input).
    pub(crate) weight_place: WeightPlace,
    pub(crate) net_layer: RunLayer,
}

/// Compiles every kernel with the given features and offers them as safe functions, to be used after detection only.
#[cfg(target_arch = "x86_64")]
macro_rules! compiled_for {
    ($module:ident, $name:literal, $features:literal, $dot:ident) => {
        mod $module {
            use super::kernels::{self, Probe, WidthProbe, WordScore};
            use super::layer::{self, NetLayer, Output};

            #[target_feature(enable = $features)]
            fn distances_(probe: Probe<'_>, lanes: &[&[u64]], out: &mut [i16]) {
                kernels::distances(probe, lanes, out);
            }
            #[target_feature(enable = $features)]
            fn nearest_code_(code: &[u64], lanes: &[&[u64]]) -> usize {
                kernels::nearest_code(code, lanes)
            }
            #[target_feature(enable = $features)]
            fn add_widths_(width: WidthProbe, log_widths: &[u8], out: &mut [i16]) {
                kernels::add_widths(width, log_widths, out);
            }
            #[target_feature(enable = $features)]
            fn alike_(codes: &[u64], stride: usize, back: usize, most: u32, counts: &mut [u8]) {
                kernels::alike(codes, stride, back, most, counts);
            }
            #[target_feature(enable = $features)]
            fn nearer_(out: &mut [i16], other: &[i16]) {
                kernels::nearer(out, other);
            }
            #[target_feature(enable = $features)]
            fn step_(score: WordScore, distances: &[i16], caps: &[i16], skip: i16, from: &[i16], to: &mut [i16]) {
                kernels::step(score, distances, caps, skip, from, to);
            }
            #[target_feature(enable = $features)]
            fn finish_(cost: i16, caps: &[i16], row: &[i16], done: &mut [i16], best: &mut [i16]) {
                kernels::finish(cost, caps, row, done, best);
            }
            #[target_feature(enable = $features)]
            fn net_layer_(layer: &NetLayer, input: &[u8], output: Output<'_>) {
                layer::net_layer::<super::dot::$dot>(layer, input, output);
            }

            /// The kernels, if this CPU has the features.
            pub(super) fn detect(detected: bool) -> Option<super::Kernels> {
                // SAFETY (all eight): the closures are handed out only where `detected` is the CPU's own answer for every
                // feature in $features; the functions have no other requirement.
                detected.then_some(super::Kernels {
                    name: $name,
                    distances: |a, b, c| unsafe { distances_(a, b, c) },
                    nearest_code: |a, b| unsafe { nearest_code_(a, b) },
                    add_widths: |a, b, c| unsafe { add_widths_(a, b, c) },
                    alike: |a, b, c, d, e| unsafe { alike_(a, b, c, d, e) },
                    nearer: |a, b| unsafe { nearer_(a, b) },
                    step: |a, b, c, d, e, f| unsafe { step_(a, b, c, d, e, f) },
                    finish: |a, b, c, d, e| unsafe { finish_(a, b, c, d, e) },
                    weight_place: <super::dot::$dot as layer::Dot>::place,
                    net_layer: |a, b, c| unsafe { net_layer_(a, b, c) },
                })
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
compiled_for!(
    avx512,
    "AVX-512",
    "avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,avx512bitalg,avx512vnni,popcnt",
    Vnni
);
#[cfg(target_arch = "x86_64")]
compiled_for!(avx2, "AVX2", "avx2,popcnt", Avx2);

impl Kernels {
    /// Compiled for every CPU of the target.
    pub(crate) const PORTABLE: Self = Self {
        name: "portable",
        distances: kernels::distances,
        nearest_code: kernels::nearest_code,
        add_widths: kernels::add_widths,
        alike: kernels::alike,
        nearer: kernels::nearer,
        step: kernels::step,
        finish: kernels::finish,
        weight_place: <Portable as layer::Dot>::place,
        net_layer: layer::net_layer::<Portable>,
    };

    /// Writes the distance of a query's word to the nearest face of each catalogue word, widths included; `out` and `other` are as long as
    /// each lane and `log_widths`.
    pub(crate) fn nearest<'l>(
        &self,
        probe: Probe<'_>,
        faces: &[impl AsRef<[&'l [u64]]>],
        log_widths: &[u8],
        out: &mut [i16],
        other: &mut [i16],
    ) {
        for (k, lanes) in faces.iter().enumerate() {
            if k == 0 {
                (self.distances)(probe, lanes.as_ref(), out);
            } else {
                (self.distances)(probe, lanes.as_ref(), other);
                (self.nearer)(out, other);
            }
        }
        if probe.width.weight > 0 {
            (self.add_widths)(probe.width, log_widths, out);
        }
    }

    /// Every variant that this CPU can run, fastest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(avx512::detect(
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vpopcntdq")
                    && is_x86_feature_detected!("avx512bitalg")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("popcnt"),
            ));
            found.extend(avx2::detect(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt")));
        }
        found.push(Self::PORTABLE);
        found
    }

    /// The fastest variant for this CPU.
    pub(crate) fn best() -> Self {
        Self::available()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_variant_gives_the_scalar_answer(
            codes in prop::collection::vec((any::<u64>(), any::<u64>()), 1..200),
            query in (any::<u64>(), any::<u64>()),
            (start, slope, most, least) in (0i16..600, 1i16..30, 0i16..300, -100i16..0),
            seed in any::<u64>(),
        ) {
            let n = codes.len();
            let noise = |k: usize, range: u64| (seed.rotate_left(k as u32 % 61).wrapping_mul(k as u64 | 1) % range) as i16;
            let (low, high): (Vec<u64>, Vec<u64>) = codes.iter().copied().unzip();
            let caps: Vec<i16> = (0..n).map(|k| if noise(k, 9) == 0 { i16::MIN } else { noise(k, 300) }).collect();
            let from: Vec<i16> = (0..=n).map(|k| noise(k + 7, 2000)).collect();
            let base: Vec<i16> = (0..=n).map(|k| noise(k + 13, 2000)).collect();
            let score = WordScore { start, slope, most, least };
            for kernels in Kernels::available() {
                let mut distances = vec![0; n];
                let code = [query.0, query.1];
                let plain = Probe { code: &code, weights: None, width: WidthProbe::default() };
                (kernels.distances)(plain, &[&low, &high], &mut distances);
                let (mut weighted, weights) = (vec![0; n], [seed, seed.rotate_left(23)]);
                let width = WidthProbe { log_width: seed as u8, weight: (seed >> 8) as u8 % 8 };
                let probe = Probe { code: &code[..1], weights: Some(weights), width };
                (kernels.distances)(probe, &[&low], &mut weighted);
                // All of them, and those of few bits: then many are equally near.
                for mask in [u64::MAX, 3] {
                    let [low, high] = [&low, &high].map(|l| l.iter().map(|c| c & mask).collect::<Vec<_>>());
                    let code = code.map(|c| c & mask);
                    let differ = |k: &usize| (low[*k] ^ code[0]).count_ones();
                    let differ_too = |k: &usize| differ(k) + (high[*k] ^ code[1]).count_ones();
                    let nearest = [(0..n).min_by_key(differ), (0..n).min_by_key(differ_too)].map(|k| k.unwrap_or(n));
                    prop_assert_eq!((kernels.nearest_code)(&code[..1], &[&low]), nearest[0], "{}", kernels.name);
                    prop_assert_eq!((kernels.nearest_code)(&code, &[&low, &high]), nearest[1], "{}", kernels.name);
                }
                let log_widths: Vec<u8> = (0..n).map(|k| noise(k + 19, 256) as u8).collect();
                let mut widened = weighted.clone();
                (kernels.add_widths)(width, &log_widths, &mut widened);
                let interleaved: Vec<u64> = codes.iter().flat_map(|&(a, b)| [a & seed, b & seed]).collect();
                let (mut narrow, mut wide, back) = (vec![1; 2 * n], vec![1; n], (n - 1).min(3));
                (kernels.alike)(&interleaved, 1, back, 15, &mut narrow);
                (kernels.alike)(&interleaved, 2, back, 30, &mut wide);
                let (mut to, mut kept, mut done, mut best) = (base.clone(), base.clone(), base.clone(), from.clone());
                (kernels.step)(score, &distances, &caps, 64, &from, &mut to);
                (kernels.step)(score, &distances, &caps, i16::MAX, &from, &mut kept);
                (kernels.finish)(64, &caps, &base, &mut done, &mut best);
                for (stride, most, counts) in [(1, 15, &narrow), (2, 30, &wide)] {
                    for (k, &count) in counts.iter().enumerate() {
                        let code = |k: usize| &interleaved[k * stride..][..stride];
                        let differ = |j: usize| code(j).iter().zip(code(k)).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
                        let is_alike = k >= back && differ(k - back) <= most;
                        prop_assert_eq!(count, 1 + u8::from(is_alike), "{}", kernels.name);
                    }
                }
                for p in 0..n {
                    let d = ((codes[p].0 ^ query.0).count_ones() + (codes[p].1 ^ query.1).count_ones()) as i16;
                    prop_assert_eq!(distances[p], d, "{}", kernels.name);
                    let weight = |b: u32| ((weights[0] >> b & 1) + 2 * (weights[1] >> b & 1)) as i16;
                    let differing = (0..64).filter(|b| (codes[p].0 ^ query.0) >> b & 1 == 1);
                    prop_assert_eq!(weighted[p], differing.map(weight).sum::<i16>(), "{}", kernels.name);
                    let steps = i16::from(log_widths[p].abs_diff(width.log_width)).min(WidthProbe::MOST_STEPS);
                    prop_assert_eq!(widened[p] - weighted[p], steps * i16::from(width.weight) / 8, "{}", kernels.name);
                    let s = (start - slope * d).clamp(least, most).min(caps[p]);
                    let matched = base[p + 1].max(from[p].saturating_add(s));
                    prop_assert_eq!(kept[p + 1], matched);
                    prop_assert_eq!(to[p + 1], matched.max(from[p + 1] - 64));
                    let jumped = if caps[p] < 0 { 0 } else { base[p] - 64 };
                    prop_assert_eq!(done[p + 1], base[p + 1].max(jumped));
                    prop_assert_eq!(best[p + 1], from[p + 1].max(done[p + 1]));
                }
            }
        }
    }
}
