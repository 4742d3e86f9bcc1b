//! Every compiled variant of a kernel against a scalar loop.

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
                let steps = i16::from(log_widths[p].abs_diff(width.log_width)).min(WidthProbe::MAX_STEPS);
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
