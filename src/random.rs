//! Numbers that look random and are the same on every machine.

/// SplitMix64 (G. L. Steele et al. 2014): any seed is as good as any other, the next one included.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform from 0 to below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_those_of_the_paper() {
        let mut random = SplitMix64::new(1_234_567);
        // The first values of the authors' C code for this seed.
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected.map(|_| random.bits()), expected);
    }

    #[test]
    fn ranges_are_kept_and_filled() {
        let mut random = SplitMix64::new(1);
        let mut counts = [0; 5];
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&random.unit()));
            counts[random.below(5)] += 1;
        }
        assert!(counts.iter().all(|n| (150..250).contains(n)), "{counts:?}");
        assert_eq!(random.below(0), 0);
    }
}
