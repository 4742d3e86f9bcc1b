//! Sorting many numbers that are made in parallel: by their first bits into buckets, then bucket by bucket.

use rayon::prelude::*;

/// Numbers that are sorted at a time, about: few enough to stay in a core's cache.
///
/// Tuned (count): 16 kB of numbers stay in a core's first cache.
const IN_A_BUCKET: usize = 1 << 11;
/// Most bits that tell a bucket, so that the tiles' places in all buckets stay in a core's cache.
///
/// Tuned (bits): chosen by eye.
const MAX_BITS: u32 = 10;
/// Numbers that are thrown into buckets at a time, about: they and a copy of them stay in a core's cache.
///
/// Tuned (count): a tile and its copy, 512 kB, stay in a core's second cache.
const IN_A_TILE: usize = 1 << 15;

/// Which bits of numbers they are sorted by.
#[derive(Clone, Copy)]
pub(super) struct SortedBits {
    /// First bits, which all numbers have in common.
    pub(super) common: u32,
    /// Last bits, which do not count.
    pub(super) ignored: u32,
    /// Whether they are hashes: then few of the first bits tell nearly all of them apart.
    pub(super) even: bool,
}

/// Numbers that are thrown into buckets.
pub(super) struct Buckets {
    numbers: Vec<u64>,
    /// How many go into each.
    counts: Vec<u32>,
    bits: u32,
    /// First bits, which all numbers have in common.
    common: u32,
}

impl Buckets {
    fn new(bits: u32, common: u32) -> Self {
        Self { numbers: Vec::new(), counts: vec![0; 1 << bits], bits, common }
    }

    #[inline]
    pub(super) fn push(&mut self, number: u64) {
        self.counts[bucket(number, self.bits, self.common)] += 1;
        self.numbers.push(number);
    }

    /// Sorts the numbers by their buckets, and is empty again.
    fn take(&mut self) -> Tile {
        let mut starts = Vec::with_capacity(self.counts.len() + 1);
        let mut end = 0;
        for count in &mut self.counts {
            starts.push(end);
            // Where the next one goes.
            end += std::mem::replace(count, end);
        }
        starts.push(end);
        let mut sorted = vec![0; self.numbers.len()];
        for number in self.numbers.drain(..) {
            let next = &mut self.counts[bucket(number, self.bits, self.common)];
            sorted[*next as usize] = number;
            *next += 1;
        }
        self.counts.fill(0);
        Tile { numbers: sorted, starts }
    }
}

/// Numbers, bucket by bucket; within a bucket in the order in which they came.
struct Tile {
    numbers: Vec<u64>,
    /// Where each bucket begins, and the end.
    starts: Vec<u32>,
}

impl Tile {
    fn bucket(&self, bucket: usize) -> &[u64] {
        &self.numbers[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}

#[inline]
fn bucket(number: u64, bits: u32, common: u32) -> usize {
    // Two shifts, for there may be one bucket only.
    (number << common >> 1 >> (63 - bits)) as usize
}

/// Bits that tell so many numbers apart into buckets.
fn bucket_bits(expected: usize) -> u32 {
    (expected / IN_A_BUCKET).max(1).ilog2().min(MAX_BITS)
}

/// Sorts numbers and hands them to `take`, bucket by bucket, with the first bits that they have in common (besides
/// those that all have) and how many these are; its answers come in the order of the numbers. Numbers that are equal in
/// the bits that they are sorted by keep the order of the items that they were made of.
///
/// `emit` makes the numbers of some of the `items`, the first of which has the number that it is told; there are about
/// `expected` of them all together. `take` gets room of its own, to be used again, and may use the numbers' too.
pub(super) fn sort_in_buckets<T: Sync, S: Default, R: Send>(
    items: &[T],
    expected: usize,
    by: SortedBits,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
    take: impl Fn(&mut S, u64, u32, &mut Vec<u64>) -> R + Sync,
) -> Vec<R> {
    let (bits, tiles) = scatter(items, expected, by, emit);
    let room = || (Vec::new(), Vec::new(), S::default());
    let of_bucket = |(numbers, other, room): &mut (Vec<u64>, Vec<u64>, S), bucket: usize| {
        numbers.clear();
        tiles.iter().for_each(|tile| numbers.extend_from_slice(tile.bucket(bucket)));
        sort_by_bits(numbers, other, SortedBits { common: by.common + bits, ..by });
        take(room, bucket as u64, bits, numbers)
    };
    (0..1usize << bits).into_par_iter().map_init(room, of_bucket).collect()
}

/// Throws the numbers of shares of items into buckets: tells the buckets' bits, and each share's numbers.
///
/// In two steps, through a list that stays in the cache: hundreds of buckets that each grow somewhere else do not.
fn scatter<T: Sync>(
    items: &[T],
    expected: usize,
    by: SortedBits,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
) -> (u32, Vec<Tile>) {
    let bits = bucket_bits(expected);
    let of_threads = items.len().div_ceil(4 * rayon::current_num_threads());
    let share = (items.len() * IN_A_TILE / expected.max(1)).min(of_threads).max(1);
    let of_share = |buckets: &mut Buckets, (k, items_now): (usize, &[T])| {
        emit(k * share, items_now, buckets);
        buckets.take()
    };
    (bits, items.par_chunks(share).enumerate().map_init(|| Buckets::new(bits, by.common), of_share).collect())
}

/// The same in one thread: `emit` makes about `expected` numbers.
pub(super) fn sort_in_buckets_here(
    expected: usize,
    by: SortedBits,
    emit: impl FnOnce(&mut Buckets),
    mut take: impl FnMut(&[u64]),
) {
    let bits = bucket_bits(expected);
    let mut buckets = Buckets::new(bits, by.common);
    emit(&mut buckets);
    let tile = buckets.take();
    let mut other = Vec::new();
    for bucket in 0..1 << bits {
        let mut numbers = tile.bucket(bucket).to_vec();
        sort_by_bits(&mut numbers, &mut other, SortedBits { common: by.common + bits, ..by });
        take(&numbers);
    }
}

/// Fewer numbers are sorted by comparing them.
///
/// Tuned (count): chosen by eye.
const FEW: usize = 256;
/// Most bits of a digit: its counts stay in the nearest cache.
///
/// Tuned (bits): chosen by eye.
const DIGIT: u32 = 10;
const DIGITS: usize = 1 << DIGIT;

/// Sorts numbers by some of their bits and leaves those in their order that are equal there: a radix sort, last digit
/// first (D. Knuth, The Art of Computer Programming, section 5.2.5, algorithm R). `other` is room to be used again.
///
/// Hashes are sorted by their first bits alone, and the few that these do not tell apart by insertion: a third less.
pub(super) fn sort_by_bits(numbers: &mut Vec<u64>, other: &mut Vec<u64>, by: SortedBits) {
    let bits = 64u32.saturating_sub(by.common + by.ignored);
    if numbers.len() < FEW || bits == 0 {
        numbers.sort_by_key(|n| n >> by.ignored);
        return;
    }
    let first_bits = if by.even { bits.min(2 * numbers.len().ilog2().min(DIGIT)) } else { bits };
    let passes = first_bits.div_ceil(DIGIT);
    let width = first_bits.div_ceil(passes);
    let last = by.ignored + bits - first_bits;
    let mask = (1u64 << width) - 1;
    other.clear();
    other.resize(numbers.len(), 0);
    for pass in 0..passes {
        let shift = last + pass * width;
        // The remainder changes nothing, but then no position needs to be checked.
        let digit = |number: u64| (number >> shift & mask) as usize % DIGITS;
        let mut counts = [0u32; DIGITS];
        numbers.iter().for_each(|&number| counts[digit(number)] += 1);
        // Where the next number with each digit goes.
        let mut next = 0;
        for count in &mut counts {
            next += std::mem::replace(count, next);
        }
        for &number in &*numbers {
            let position = &mut counts[digit(number)];
            other[*position as usize] = number;
            *position += 1;
        }
        std::mem::swap(numbers, other);
    }
    if first_bits < bits {
        insert_in_order(numbers, by.ignored);
    }
}

/// Sorts numbers that are nearly in order, but for their last bits: those that are equal stay in theirs.
fn insert_in_order(numbers: &mut [u64], ignored: u32) {
    for k in 1..numbers.len() {
        let number = numbers[k];
        let mut position = k;
        while position > 0 && numbers[position - 1] >> ignored > number >> ignored {
            numbers[position] = numbers[position - 1];
            position -= 1;
        }
        numbers[position] = number;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts(numbers in prop::collection::vec(any::<u64>(), 0..2000), expected in 0usize..100_000, common in 0u32..9, ignored in 0u32..48, even: bool) {
            let numbers: Vec<u64> = numbers.into_iter().map(|n| n >> common).collect();
            let emit = |_: usize, numbers: &[u64], buckets: &mut Buckets| numbers.iter().for_each(|&n| buckets.push(n));
            let found = sort_in_buckets(&numbers, expected, SortedBits { common, ignored, even }, emit, |(), _, _, bucket| bucket.clone()).concat();
            let mut here = Vec::new();
            sort_in_buckets_here(
                expected,
                SortedBits { common, ignored, even },
                |buckets| emit(0, &numbers, buckets),
                |bucket| here.extend_from_slice(bucket),
            );
            let mut sorted = numbers;
            sorted.sort_by_key(|n| n >> ignored);
            prop_assert_eq!((&found, &here), (&sorted, &sorted));
        }
    }
}
