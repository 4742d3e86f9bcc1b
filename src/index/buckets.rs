//! Sorting many numbers that are made in parallel: by their first bits into buckets, then bucket by bucket.

use rayon::prelude::*;

/// Numbers that are sorted at a time, about: few enough to stay in a core's cache.
const IN_A_BUCKET: usize = 1 << 13;
const MAX_BITS: u32 = 10;
/// Numbers that are thrown into buckets at a time, about: they and a copy of them stay in a core's cache.
const IN_A_TILE: usize = 1 << 15;

/// Which bits of numbers they are sorted by.
#[derive(Clone, Copy)]
pub(super) struct SortedBits {
    /// First bits, which all numbers have in common.
    pub(super) common: u32,
    /// Last bits, which do not count.
    pub(super) ignored: u32,
}

/// Numbers that are thrown into buckets.
pub(super) struct Buckets(Vec<u64>);

impl Buckets {
    #[inline]
    pub(super) fn push(&mut self, number: u64) {
        self.0.push(number);
    }
}

/// Numbers, bucket by bucket; within a bucket in the order in which they came.
struct Tile {
    numbers: Vec<u64>,
    /// Where each bucket begins, and the end.
    starts: Vec<u32>,
}

impl Tile {
    fn of(numbers: &[u64], bits: u32, common: u32) -> Self {
        let mut starts = vec![0u32; (1 << bits) + 1];
        numbers.iter().for_each(|&number| starts[bucket(number, bits, common) + 1] += 1);
        for k in 1..starts.len() {
            starts[k] += starts[k - 1];
        }
        let (mut next, mut sorted) = (starts.clone(), vec![0; numbers.len()]);
        for &number in numbers {
            let place = &mut next[bucket(number, bits, common)];
            sorted[*place as usize] = number;
            *place += 1;
        }
        Self { numbers: sorted, starts }
    }

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
    let (_, bits, tiles) = scatter(items, expected, by, emit);
    let of_bucket = |other: &mut Vec<u64>, bucket: usize| {
        let mut numbers = tiles.iter().map(|tile| tile.bucket(bucket)).collect::<Vec<_>>().concat();
        sort_by_bits(&mut numbers, other, SortedBits { common: by.common + bits, ..by });
        take(numbers)
    };
    (0..1usize << bits).into_par_iter().map_init(Vec::new, of_bucket).collect()
}

/// Throws the numbers of shares of items into buckets: tells the items of a share, the buckets' bits, and each share's numbers.
///
/// In two steps, through a list that stays in the cache: hundreds of buckets that each grow somewhere else do not.
fn scatter<T: Sync>(
    items: &[T],
    expected: usize,
    by: SortedBits,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
) -> (usize, u32, Vec<Tile>) {
    let bits = bucket_bits(expected);
    let of_threads = items.len().div_ceil(4 * rayon::current_num_threads());
    let share = (items.len() * IN_A_TILE / expected.max(1)).min(of_threads).max(1);
    let of_share = |list: &mut Buckets, (k, items_now): (usize, &[T])| {
        list.0.clear();
        emit(k * share, items_now, list);
        Tile::of(&list.0, bits, by.common)
    };
    (share, bits, items.par_chunks(share).enumerate().map_init(|| Buckets(Vec::new()), of_share).collect())
}

/// Answers to numbers, for those who make the same numbers in the same order once more.
pub(super) struct Answers {
    /// Items whose numbers were made in one go.
    pub(super) share: usize,
    bits: u32,
    /// The answers to each share, where the numbers were.
    tiles: Vec<Tile>,
}

/// The answers to the numbers of one share of the items.
pub(super) struct Again {
    bits: u32,
    answers: Vec<u64>,
    /// Where the next answer of each bucket stands.
    next: Vec<u32>,
}

impl Answers {
    pub(super) fn of_share(&self, share: usize) -> Again {
        // A copy that is read through once is in the cache.
        let Tile { numbers, starts } = &self.tiles[share];
        Again { bits: self.bits, answers: numbers.clone(), next: starts.clone() }
    }
}

impl Again {
    /// The answer to the next number.
    #[inline]
    pub(super) fn answer(&mut self, number: u64) -> u64 {
        let place = &mut self.next[bucket(number, self.bits, 0)];
        let answer = self.answers.get(*place as usize).copied().unwrap_or_default();
        *place += 1;
        answer
    }
}

/// Numbers of items (see [`sort_in_buckets`]) in buckets by their first bits; `answer` replaces each number of a bucket, share by share of
/// the items, by an answer. It is told how many bits they have in common, and given room to be used again.
pub(super) fn answer_in_buckets<T: Sync, W: Default, R: Send>(
    items: &[T],
    expected: usize,
    emit: impl Fn(usize, &[T], &mut Buckets) + Sync,
    answer: impl Fn(&mut [&mut [u64]], u32, &mut W) -> R + Sync,
) -> (Vec<R>, Answers) {
    let (share, bits, mut tiles) = scatter(items, expected, SortedBits { common: 0, ignored: 0 }, emit);
    let mut buckets: Vec<Vec<&mut [u64]>> = (0..1 << bits).map(|_| Vec::with_capacity(tiles.len())).collect();
    for Tile { numbers, starts } in &mut tiles {
        let mut rest = numbers.as_mut_slice();
        for (bucket, range) in buckets.iter_mut().zip(starts.windows(2)) {
            let (now, later) = rest.split_at_mut((range[1] - range[0]) as usize);
            bucket.push(now);
            rest = later;
        }
    }
    let of_bucket = |room: &mut W, mut numbers: Vec<&mut [u64]>| answer(&mut numbers, bits, room);
    let found = buckets.into_par_iter().map_init(W::default, of_bucket).collect();
    (found, Answers { share, bits, tiles })
}

/// The same in one thread: `emit` makes about `expected` numbers.
pub(super) fn sort_in_buckets_here(
    expected: usize,
    by: SortedBits,
    emit: impl FnOnce(&mut Buckets),
    mut take: impl FnMut(&[u64]),
) {
    let bits = bucket_bits(expected);
    let mut list = Buckets(Vec::with_capacity(expected));
    emit(&mut list);
    let tile = Tile::of(&list.0, bits, by.common);
    let mut other = Vec::new();
    for bucket in 0..1 << bits {
        let mut numbers = tile.bucket(bucket).to_vec();
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
