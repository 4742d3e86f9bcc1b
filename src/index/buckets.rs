//! Sorting many numbers that are made in parallel: by their first bits into buckets, then bucket by bucket.

use rayon::prelude::*;

/// Numbers that are sorted at a time, about: few enough to stay in a core's cache.
const IN_A_BUCKET: usize = 1 << 13;
const MAX_BITS: u32 = 10;

/// Which bits of numbers they are sorted by.
#[derive(Clone, Copy)]
pub(super) struct SortedBits {
    /// First bits, which all numbers have in common.
    pub(super) common: u32,
    /// Last bits, which do not count.
    pub(super) ignored: u32,
}

/// Buckets that numbers are thrown into.
pub(super) struct Buckets {
    buckets: Vec<Vec<u64>>,
    bits: u32,
    common: u32,
}

impl Buckets {
    fn new(bits: u32, common: u32, expected: usize) -> Self {
        let room = (expected >> bits) * 17 / 16 + 8;
        Self { buckets: (0..1 << bits).map(|_| Vec::with_capacity(room)).collect(), bits, common }
    }

    #[inline]
    pub(super) fn push(&mut self, number: u64) {
        // Two shifts, for there may be one bucket only.
        self.buckets[(number << self.common >> 1 >> (63 - self.bits)) as usize].push(number);
    }
}

/// Bits that tell so many numbers apart into buckets.
fn bucket_bits(expected: usize) -> u32 {
    (expected / IN_A_BUCKET).max(1).ilog2().min(MAX_BITS)
}

/// Sorts numbers and hands them to `take`, bucket by bucket; its answers come in the order of the numbers. Numbers that are equal in
/// the bits that they are sorted by keep the order of the items that they were made of.
///
/// `emit` makes the numbers of some of the `items`, the first of which has the number that it is told; there are about
/// `expected` of them all together.
pub(super) fn sort_in_buckets<T: Sync, R: Send>(
    items: &[T],
    expected: usize,
    by: SortedBits,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
    take: impl Fn(Vec<u64>) -> R + Sync,
) -> Vec<R> {
    let (_, bits, buckets) = scatter(items, expected, by, emit);
    let of_bucket = |other: &mut Vec<u64>, shares: Vec<Vec<u64>>| {
        let mut numbers = shares.concat();
        drop(shares);
        sort_by_bits(&mut numbers, other, SortedBits { common: by.common + bits, ..by });
        take(numbers)
    };
    buckets.into_par_iter().map_init(Vec::new, of_bucket).collect()
}

/// Throws the numbers of shares of items into buckets: tells the items of a share, the buckets' bits, and the numbers of each share in each bucket.
fn scatter<T: Sync>(
    items: &[T],
    expected: usize,
    by: SortedBits,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
) -> (usize, u32, Vec<Vec<Vec<u64>>>) {
    let bits = bucket_bits(expected);
    let share = items.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let of_share = |(k, items_now): (usize, &[T])| {
        let mut buckets = Buckets::new(bits, by.common, expected * items_now.len() / items.len());
        emit(k * share, items_now, &mut buckets);
        buckets.buckets
    };
    let scattered: Vec<Vec<Vec<u64>>> = items.par_chunks(share).enumerate().map(of_share).collect();
    let mut buckets: Vec<Vec<Vec<u64>>> = vec![Vec::new(); 1 << bits];
    for of_share in scattered {
        buckets.iter_mut().zip(of_share).for_each(|(bucket, numbers)| bucket.push(numbers));
    }
    (share, bits, buckets)
}

/// Answers to numbers, for those who make the same numbers in the same order once more.
pub(super) struct Answers {
    /// Items whose numbers were made in one go.
    pub(super) share: usize,
    bits: u32,
    /// For each bucket the answers to each share.
    buckets: Vec<Vec<Vec<u64>>>,
}

/// The answers to the numbers of one share of the items.
pub(super) struct Again<'a> {
    bits: u32,
    buckets: Vec<std::slice::Iter<'a, u64>>,
}

impl Answers {
    pub(super) fn of_share(&self, share: usize) -> Again<'_> {
        Again { bits: self.bits, buckets: self.buckets.iter().map(|bucket| bucket[share].iter()).collect() }
    }
}

impl Again<'_> {
    /// The answer to the next number.
    #[inline]
    pub(super) fn answer(&mut self, number: u64) -> u64 {
        self.buckets[(number >> 1 >> (63 - self.bits)) as usize].next().copied().unwrap_or_default()
    }
}

/// Numbers of items (see [`sort_in_buckets`]) in buckets by their first bits; `answer` replaces each number of a bucket by an answer. It
/// is told how many bits they have in common, and given room to be used again.
pub(super) fn answer_in_buckets<T: Sync, R: Send>(
    items: &[T],
    expected: usize,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
    answer: impl Fn(&mut [u64], u32, &mut Vec<u64>) -> R + Sync,
) -> (Vec<R>, Answers) {
    let (share, bits, buckets) = scatter(items, expected, SortedBits { common: 0, ignored: 0 }, emit);
    let of_bucket = |other: &mut Vec<u64>, mut shares: Vec<Vec<u64>>| {
        let mut numbers = shares.concat();
        let found = answer(&mut numbers, bits, other);
        // Back to where they came from: no more memory than the numbers themselves.
        let mut answers = numbers.iter().copied();
        shares.iter_mut().flatten().zip(&mut answers).for_each(|(number, answer)| *number = answer);
        (found, shares)
    };
    let (found, buckets) = buckets.into_par_iter().map_init(Vec::new, of_bucket).unzip();
    (found, Answers { share, bits, buckets })
}

/// The same in one thread: `emit` makes about `expected` numbers.
pub(super) fn sort_in_buckets_here(
    expected: usize,
    by: SortedBits,
    emit: impl FnOnce(&mut Buckets),
    mut take: impl FnMut(&[u64]),
) {
    let bits = bucket_bits(expected);
    let mut buckets = Buckets::new(bits, by.common, expected);
    emit(&mut buckets);
    let mut other = Vec::new();
    for mut numbers in buckets.buckets {
        sort_by_bits(&mut numbers, &mut other, SortedBits { common: by.common + bits, ..by });
        take(&numbers);
    }
}

/// Fewer numbers are sorted by comparing them.
const FEW: usize = 256;
/// Most bits of a digit: its counts stay in the nearest cache.
const DIGIT: u32 = 10;

/// Sorts numbers by some of their bits and leaves those in their order that are equal there: a radix sort, last digit first
/// (D. Knuth, The Art of Computer Programming, section 5.2.5, algorithm R). `other` is room to be used again.
pub(super) fn sort_by_bits(numbers: &mut Vec<u64>, other: &mut Vec<u64>, by: SortedBits) {
    let bits = 64u32.saturating_sub(by.common + by.ignored);
    if numbers.len() < FEW || bits == 0 {
        numbers.sort_by_key(|n| n >> by.ignored);
        return;
    }
    let passes = bits.div_ceil(DIGIT);
    let width = bits.div_ceil(passes);
    let mask = (1u64 << width) - 1;
    other.clear();
    other.resize(numbers.len(), 0);
    let mut counts = vec![[0u32; 1 << DIGIT]; passes as usize];
    for &number in &*numbers {
        let mut rest = number >> by.ignored;
        for counts in &mut counts {
            counts[(rest & mask) as usize] += 1;
            rest >>= width;
        }
    }
    for (pass, counts) in counts.iter_mut().enumerate() {
        let shift = by.ignored + pass as u32 * width;
        // Where the next number with this digit goes.
        let mut next = 0;
        for count in counts.iter_mut() {
            next += std::mem::replace(count, next);
        }
        for &number in &*numbers {
            let place = &mut counts[(number >> shift & mask) as usize];
            other[*place as usize] = number;
            *place += 1;
        }
        std::mem::swap(numbers, other);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts(numbers in prop::collection::vec(any::<u64>(), 0..2000), expected in 0usize..100_000, common in 0u32..9, ignored in 0u32..48) {
            let numbers: Vec<u64> = numbers.into_iter().map(|n| n >> common).collect();
            let emit = |_: usize, numbers: &[u64], buckets: &mut Buckets| numbers.iter().for_each(|&n| buckets.push(n));
            let found = sort_in_buckets(&numbers, expected, SortedBits { common, ignored }, emit, |bucket| bucket).concat();
            let mut here = Vec::new();
            sort_in_buckets_here(
                expected,
                SortedBits { common, ignored },
                |buckets| emit(0, &numbers, buckets),
                |bucket| here.extend_from_slice(bucket),
            );
            let mut sorted = numbers;
            sorted.sort_by_key(|n| n >> ignored);
            prop_assert_eq!((&found, &here), (&sorted, &sorted));
        }
    }
}
