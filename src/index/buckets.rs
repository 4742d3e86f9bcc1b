//! Sorting many numbers that are made in parallel: by their first bits into buckets, then bucket by bucket.

use rayon::prelude::*;

/// Numbers that are sorted at a time, about: few enough to stay in a core's cache.
const IN_A_BUCKET: usize = 1 << 13;
const MAX_BITS: u32 = 10;

/// Buckets that numbers are thrown into.
pub(super) struct Buckets {
    buckets: Vec<Vec<u64>>,
    bits: u32,
}

impl Buckets {
    fn new(bits: u32, expected: usize) -> Self {
        let room = (expected >> bits) * 17 / 16 + 8;
        Self { buckets: (0..1 << bits).map(|_| Vec::with_capacity(room)).collect(), bits }
    }

    /// Takes a number; the first bits of `rank` say where it belongs, and must rise with the numbers.
    #[inline]
    pub(super) fn push(&mut self, rank: u64, number: u64) {
        // Two shifts, for there may be one bucket only.
        self.buckets[(rank >> 1 >> (63 - self.bits)) as usize].push(number);
    }
}

/// Sorts numbers and hands them to `take`, bucket by bucket; its answers come in the order of the numbers.
///
/// `emit` makes the numbers of some of the `items`, the first of which has the number that it is told; there are about
/// `expected` of them all together.
pub(super) fn sort_in_buckets<T: Sync, R: Send>(
    items: &[T],
    expected: usize,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
    take: impl Fn(Vec<u64>) -> R + Sync,
) -> Vec<R> {
    let bits = (expected / IN_A_BUCKET).max(1).ilog2().min(MAX_BITS);
    let share = items.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let scatter = |(k, items_now): (usize, &[T])| {
        let mut buckets = Buckets::new(bits, expected * items_now.len() / items.len());
        emit(k * share, items_now, &mut buckets);
        buckets.buckets
    };
    let scattered: Vec<Vec<Vec<u64>>> = items.par_chunks(share).enumerate().map(scatter).collect();
    let of_bucket = |bucket: usize| {
        let mut numbers: Vec<u64> = scattered.iter().flat_map(|share| &share[bucket]).copied().collect();
        numbers.sort_unstable();
        take(numbers)
    };
    (0..1 << bits).into_par_iter().map(of_bucket).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts(numbers in prop::collection::vec(any::<u64>(), 0..300), expected in 0usize..100_000) {
            let emit = |_: usize, numbers: &[u64], buckets: &mut Buckets| {
                numbers.iter().for_each(|&n| buckets.push(n, n));
            };
            let found = sort_in_buckets(&numbers, expected, emit, |bucket| bucket).concat();
            let mut sorted = numbers;
            sorted.sort_unstable();
            prop_assert_eq!(found, sorted);
        }
    }
}
