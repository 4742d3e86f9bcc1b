//! In how many documents does an n-gram of one to three words stand? Counted once for each segment, and stored with it.
//!
//! A table holds the n-grams that stand in two documents of its segment or more, sorted by their hash: 40 bits of hash
//! and 24 of count in 64. N-grams of one document alone, seven of ten, stand in a set of their own, the
//! [hapaxes](crate::index::file). What a new segment knows of others is what their tables have: it counts an n-gram too
//! low that stands once in each of several segments. What all of them have together is added up when it matters, see
//! [`exact_caps`](crate::search).

/// Bits of a hash that are kept.
pub(crate) const HASH_BITS: u32 = 40;
pub(crate) const COUNT_BITS: u32 = 64 - HASH_BITS;
/// Longest n-gram, in words.
pub(crate) const LONGEST: usize = 3;

/// What the hash of an n-gram of so many words begins with.
fn seed(length: usize) -> u64 {
    (length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn mix(hash: u64, lane: u64) -> u64 {
    let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

/// Hash of the `length` words that end with word `last`; of each word the code in the first typeface.
#[cfg(test)]
pub(crate) fn ngram(first_face: &[&[u64]], last: usize, length: usize) -> u64 {
    let words = (last + 1 - length..=last).flat_map(|k| first_face.iter().map(move |lane| lane[k]));
    words.fold(seed(length), mix)
}

/// All n-grams of a document, by their last word and then by length: tells that word, the length and the hash.
///
/// Equals [`ngram`] of each, but hashes what n-grams begin with once.
pub(crate) fn each_ngram(first_face: &[&[u64]], found: impl FnMut(usize, usize, u64)) {
    match first_face {
        // Most codes have one 64-bit word: a loop of its own for these.
        [lane] => roll(&[lane], found),
        lanes => roll(lanes, found),
    }
}

#[inline(always)]
fn roll(lanes: &[&[u64]], mut found: impl FnMut(usize, usize, u64)) {
    // Hashes of the n-grams of three and of two that began with the last word, and of those of three that began before
    // it.
    let (mut two, mut three, mut third) = (0, 0, 0);
    for last in 0..lanes.first().map_or(0, |lane| lane.len()) {
        let add = |hash| lanes.iter().fold(hash, |hash, lane| mix(hash, lane[last]));
        found(last, 1, add(seed(1)));
        if last >= 1 {
            found(last, 2, add(two));
        }
        if last >= 2 {
            found(last, 3, add(third));
        }
        (two, three, third) = (add(seed(2)), add(seed(3)), add(three));
    }
}

/// A segment's n-grams, ready to be looked up.
pub(crate) struct DocumentFrequencies<'a> {
    entries: &'a [u64],
    /// Where entries begin whose hash begins with some bits.
    directory: Vec<u32>,
    shift: u32,
}

impl<'a> DocumentFrequencies<'a> {
    pub(crate) fn new(entries: &'a [u64]) -> Self {
        let bits = (entries.len() / 2).max(1).ilog2().min(HASH_BITS);
        // At least one bit, so that the shift stays below 64.
        let shift = 64 - bits.max(1);
        let mut directory = vec![0u32; (1 << (64 - shift)) + 1];
        for &entry in entries {
            directory[(entry >> shift) as usize + 1] += 1;
        }
        for k in 1..directory.len() {
            directory[k] += directory[k - 1];
        }
        Self { entries, directory, shift }
    }

    /// In how many documents an n-gram stands; 0 if in one or none. Only the first [`HASH_BITS`] count.
    pub(crate) fn documents(&self, ngram: u64) -> u32 {
        let bucket = (ngram >> self.shift) as usize;
        let near = &self.entries[self.directory[bucket] as usize..self.directory[bucket + 1] as usize];
        let hash = ngram >> COUNT_BITS;
        near.iter().find(|&&e| e >> COUNT_BITS == hash).map_or(0, |&e| (e & ((1 << COUNT_BITS) - 1)) as u32)
    }
}

pub(crate) const MAX_COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The first bits of an n-gram's hash, and a count.
pub(crate) fn entry(hash: u64, count: u64) -> u64 {
    hash & !MAX_COUNT | count.min(MAX_COUNT)
}

/// Adds to each of some entries the count of its n-gram in another table. Both are sorted: one pass, in strides where
/// the other table has much between.
pub(crate) fn add_found(entries: &mut [u64], mut table: &[u64]) {
    let first = entries.first().map_or(0, |&e| entry(e, 0));
    table = &table[table.partition_point(|&other| other < first)..];
    for found in entries {
        let hash = entry(*found, 0);
        let mut stride = 1;
        while table.get(stride).is_some_and(|&other| other < hash) {
            table = &table[stride..];
            stride *= 2;
        }
        let near = &table[..table.len().min(stride + 1)];
        let passed = if stride == 1 {
            near.iter().take_while(|&&other| other < hash).count()
        } else {
            near.partition_point(|&other| other < hash)
        };
        table = &table[passed..];
        match table.first() {
            Some(&other) if other >> COUNT_BITS == hash >> COUNT_BITS => {
                *found = entry(hash, (*found & MAX_COUNT) + (other & MAX_COUNT));
            }
            Some(_) => {}
            None => return,
        }
    }
}

/// A word whose hash is a given one: [`mix`] can be undone.
#[cfg(test)]
pub(crate) fn word_with_hash(hash: u64) -> u64 {
    // Newton's iteration doubles the bits that are right.
    let inverse = |n: u64| (0..6).fold(n, |x, _| x.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(x))));
    let mixed = hash.wrapping_mul(inverse(0xc4ce_b9fe_1a85_ec53));
    (mixed ^ mixed >> 32).wrapping_mul(inverse(0xff51_afd7_ed55_8ccd)) ^ seed(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn phrases_are_hashed_alike(words in prop::collection::vec(any::<u64>(), 1..40), lanes in 1usize..3) {
            let lanes = vec![words.as_slice(); lanes];
            let mut found = 0;
            each_ngram(&lanes, |last, length, hash| {
                assert_eq!(hash, ngram(&lanes, last, length));
                found += 1;
            });
            prop_assert_eq!(found, (1..=LONGEST).map(|length| (words.len() + 1).saturating_sub(length)).sum::<usize>());
        }
    }
}
