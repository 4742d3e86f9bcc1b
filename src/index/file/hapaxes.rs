//! Hapaxes: n-grams that stand in a single document of their segment: what makes the counts of several segments add up
//! exactly.
//!
//! A sorted set of hashes of [`HASH_BITS`] bits, used as it lies in the file: a directory by their first bits, the
//! others packed in whole bytes. The directory knows the first 8, 16 or 24 bits, whichever takes least for so many
//! hashes: up to a quarter of a million of them (4 bytes each), up to 67 million (3), or more (2).

use std::ops::Range;

use crate::index::ngrams::{HASH_BITS, MAX_COUNT, entry};

/// Hashes that are passed one by one from where a hash should be.
///
/// Tuned (count): chosen by eye; buckets of our own files have some thousand hashes, spread evenly.
const MAX_WALK: usize = 1 << 10;
/// Bytes of a directory's entry.
const END: usize = size_of::<u32>();

/// Bytes that are packed of each hash, if the directory knows so many bits.
fn low_bytes(directory_bits: u32) -> usize {
    (HASH_BITS - directory_bits) as usize / 8
}

/// The first so many bits of a hash, as a number.
fn first_bits(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

/// The bits of a hash that are packed, as a number.
fn low_bits(hash: u64, directory_bits: u32) -> u32 {
    (hash << directory_bits >> (64 - HASH_BITS + directory_bits)) as u32
}

/// Bits of the directory that takes least for about so many hashes.
pub(crate) fn directory_bits(hashes: usize) -> u32 {
    let bytes = |&bits: &u32| (END << bits) + hashes * low_bytes(bits);
    [8, 16, 24].into_iter().min_by_key(bytes).unwrap_or(8)
}

/// Entries of the directory.
pub(crate) fn directory_len(bits: u32) -> usize {
    if bits == 0 { 0 } else { (1 << bits) + 1 }
}

/// Bytes that the hashes are packed in.
pub(crate) fn packed_len(bits: u32, hashes: usize) -> usize {
    hashes * packed_bytes(bits)
}

/// Bytes that each hash is packed in.
pub(super) fn packed_bytes(bits: u32) -> usize {
    if bits == 0 { 0 } else { low_bytes(bits) }
}

/// A set that is being made.
#[derive(Default)]
pub(crate) struct Packing {
    pub(crate) directory_bits: u32,
    /// Where the hashes end that begin with some bits or lower ones, up to the last bits that were there.
    ends: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
}

impl Packing {
    pub(crate) fn new(directory_bits: u32) -> Self {
        Self { directory_bits, ..Self::default() }
    }

    /// Some of the hashes, packed: how many there are of each first bits, and their other bits.
    pub(crate) fn pack(directory_bits: u32, hashes: impl Iterator<Item = u64>) -> Packed {
        match directory_bits {
            8 => Packed::new::<4>(directory_bits, hashes),
            16 => Packed::new::<3>(directory_bits, hashes),
            _ => Packed::new::<2>(directory_bits, hashes),
        }
    }

    /// Makes room for so many hashes more, and no more.
    pub(crate) fn reserve(&mut self, hashes: usize) {
        self.bytes.reserve_exact(packed_len(self.directory_bits, hashes));
    }

    /// Appends hashes that are greater than all before.
    pub(crate) fn append(&mut self, packed: &Packed) {
        for &(first, count) in &packed.counts {
            let end = self.ends.last().copied().unwrap_or_default();
            self.ends.resize((first + 1).max(self.ends.len()), end);
            self.ends[first] += count;
        }
        self.bytes.extend_from_slice(&packed.bytes);
    }

    /// Number of hashes.
    pub(crate) fn len(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }

    /// The directory: where the hashes begin that begin with some bits; one more at the end.
    pub(crate) fn directory(&self) -> Vec<u32> {
        let last = self.ends.last().copied().unwrap_or_default();
        let ends = self.ends.iter().copied().chain(std::iter::repeat(last));
        std::iter::once(0).chain(ends).take(directory_len(self.directory_bits)).collect()
    }
}

/// Hashes in order, packed; a part of a [`Packing`].
#[derive(Default)]
pub(crate) struct Packed {
    /// First bits, and how many hashes have them.
    counts: Vec<(usize, u32)>,
    bytes: Vec<u8>,
}

impl Packed {
    /// Number of hashes.
    pub(crate) fn len(&self) -> usize {
        self.counts.iter().map(|&(_, count)| count as usize).sum()
    }

    fn new<const BYTES: usize>(directory_bits: u32, hashes: impl Iterator<Item = u64>) -> Self {
        let mut packed = Self::default();
        for hash in hashes {
            let first = first_bits(hash, directory_bits);
            match packed.counts.last_mut() {
                Some((same, count)) if *same == first => *count += 1,
                _ => packed.counts.push((first, 1)),
            }
            let low = low_bits(hash, directory_bits).to_le_bytes();
            packed.bytes.extend_from_slice(&low[..BYTES]);
        }
        packed
    }
}

/// A segment's set.
#[derive(Clone, Copy)]
pub(crate) struct Hapaxes<'a> {
    directory_bits: u32,
    directory: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> Hapaxes<'a> {
    /// A set as it is stored; without a directory there is none.
    pub(crate) fn new(directory_bits: u32, directory: &'a [u32], bytes: &'a [u8]) -> Self {
        Self { directory_bits, directory, bytes }
    }

    /// The packed bits of hash number `k`.
    #[inline(always)]
    fn low<const BYTES: usize>(&self, k: usize) -> u32 {
        let mut number = [0; 4];
        if let Some(bytes) = self.bytes.get(k * BYTES..).and_then(<[u8]>::first_chunk::<BYTES>) {
            number[..BYTES].copy_from_slice(bytes);
        }
        u32::from_le_bytes(number)
    }

    /// Counts one document more for each of some n-grams ([`entry`], in order) that stands here.
    pub(crate) fn add_found(&self, entries: &mut [u64]) {
        match self.directory_bits {
            8 => self.add::<4>(entries),
            16 => self.add::<3>(entries),
            24 => self.add::<2>(entries),
            _ => {}
        }
    }

    fn add<const BYTES: usize>(&self, entries: &mut [u64]) {
        for found in entries {
            let (first, low) = (first_bits(*found, self.directory_bits), low_bits(*found, self.directory_bits));
            let start = self.directory[first] as usize;
            // A directory that lies may name any number.
            let end = (self.directory[first + 1] as usize).min(self.bytes.len() / BYTES);
            if start >= end {
                continue;
            }
            // Hashes are spread evenly: it is where it should be, or near.
            let guess = start + ((u64::from(low) * (end - start) as u64) >> (8 * BYTES)) as usize;
            let mut at = guess;
            while at + 1 < end && self.low::<BYTES>(at) < low && at - guess < MAX_WALK {
                at += 1;
            }
            while at > start && self.low::<BYTES>(at) > low && guess.saturating_sub(at) < MAX_WALK {
                at -= 1;
            }
            if at.abs_diff(guess) == MAX_WALK {
                // Not in a file of ours; that of somebody else must not cost a walk over all of it for each n-gram.
                at = self.first_not_below::<BYTES>(start..end, low);
            }
            if self.low::<BYTES>(at) == low {
                *found = entry(*found, (*found & MAX_COUNT) + 1);
            }
        }
    }

    /// The first of some hashes whose packed bits are not below `low`, or the last.
    fn first_not_below<const BYTES: usize>(&self, range: Range<usize>, low: u32) -> usize {
        let (mut first, mut last) = (range.start, range.end - 1);
        while first < last {
            let middle = first.midpoint(last);
            if self.low::<BYTES>(middle) < low { first = middle + 1 } else { last = middle }
        }
        first
    }

    /// Whether the directory and the hashes are in order.
    pub(crate) fn is_sound(&self) -> bool {
        let hashes = |ends: &[u32]| match self.directory_bits {
            8 => (ends[0] as usize..ends[1] as usize).map(|k| self.low::<4>(k)).is_sorted_by(|a, b| a < b),
            16 => (ends[0] as usize..ends[1] as usize).map(|k| self.low::<3>(k)).is_sorted_by(|a, b| a < b),
            _ => (ends[0] as usize..ends[1] as usize).map(|k| self.low::<2>(k)).is_sorted_by(|a, b| a < b),
        };
        let end = self.directory.last().map_or(0, |&end| end as usize);
        self.directory.is_sorted()
            && self.bytes.len() == packed_len(self.directory_bits, end)
            && self.directory.windows(2).all(hashes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Hashes of which many share their first bits.
    fn hashes() -> impl Strategy<Value = BTreeSet<u64>> {
        let hash =
            prop_oneof![any::<u64>(), any::<u64>().prop_map(|h| h >> 30 << 10), (0u64..64).prop_map(|h| h << 24)];
        prop::collection::btree_set(hash.prop_map(|h| entry(h, 0)), 0..300)
    }

    proptest! {
        #[test]
        fn equals_a_plain_set(set in hashes(), others in hashes(), part in 1usize..50, bits in prop::sample::select(vec![8u32, 16, 24])) {
            let sorted: Vec<u64> = set.iter().copied().collect();
            let mut packing = Packing::new(bits);
            sorted.chunks(part).for_each(|part| packing.append(&Packing::pack(bits, part.iter().copied())));
            prop_assert_eq!((packing.len(), packing.bytes.len()), (set.len(), packed_len(bits, set.len())));
            let directory: Vec<u32> = packing.directory();
            prop_assert_eq!(directory.len(), directory_len(bits));
            let hapaxes = Hapaxes::new(bits, &directory, &packing.bytes);
            prop_assert!(hapaxes.is_sound());
            let asked: Vec<u64> = set.union(&others).map(|&hash| entry(hash, hash >> 24 & 7)).collect();
            let mut found = asked.clone();
            hapaxes.add_found(&mut found);
            let plain: Vec<u64> = asked.iter().map(|&e| e + u64::from(set.contains(&entry(e, 0)))).collect();
            prop_assert_eq!(found, plain);
        }
    }

    #[test]
    fn hashes_that_are_not_spread_evenly_are_found_all_the_same() {
        // All in one bucket, at its end.
        let hashes: Vec<u64> = (0..20_000u64).map(|k| (0x00ff_ff00_0000 + 3 * k) << 24).collect();
        let packed = Packing::pack(8, hashes.iter().copied());
        let mut packing = Packing::new(8);
        packing.append(&packed);
        let (directory, bytes) = (packing.directory(), packing.bytes);
        let set = Hapaxes::new(8, &directory, &bytes);
        let mut entries: Vec<u64> = (0..60_000u64).map(|k| (0x00ff_ff00_0000 + k) << 24).collect();
        set.add_found(&mut entries);
        assert!(entries.iter().enumerate().all(|(k, e)| e & MAX_COUNT == u64::from(k % 3 == 0)));
    }

    #[test]
    fn the_directory_is_the_one_that_takes_least() {
        assert_eq!([0, 1000, 300_000, 60_000_000, 100_000_000].map(directory_bits), [8, 8, 16, 16, 24]);
    }
}
