//! In how many documents does a phrase of one to three words stand? Counted once for each segment, and stored with it.
//!
//! A table holds the phrases that stand in two documents of its segment or more, sorted by their hash: 40 bits of hash and 24
//! of count in 64. Phrases of one document alone, seven of ten, stand in a set of their own, the [`singles`](super::singles).
//! What a new segment knows of others is what their tables have: it counts a phrase too low that stands once in each of several
//! segments. What all of them have together is added up when it matters, see [`exact`](super::exact).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::buckets::{Answers, Buckets, SortedBits, answer_in_buckets, sort_in_buckets};
use super::exact::Gone;
use super::singles::{self, Packed, Packing};
use super::writer::Source;

/// Bits of a hash that are kept.
pub(super) const HASH_BITS: u32 = 40;
const COUNT_BITS: u32 = 64 - HASH_BITS;
/// Longest phrase, in words.
pub(super) const LONGEST: usize = 3;

/// What the hash of a phrase of so many words begins with.
fn seed(length: usize) -> u64 {
    (length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn mix(hash: u64, lane: u64) -> u64 {
    let mixed = (hash ^ lane).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

/// Hash of the `length` words that end with word `last`; of each word the code in the first typeface.
pub(super) fn phrase(first_face: &[&[u64]], last: usize, length: usize) -> u64 {
    let words = (last + 1 - length..=last).flat_map(|k| first_face.iter().map(move |lane| lane[k]));
    words.fold(seed(length), mix)
}

/// All phrases of a document, by their last word and then by length: tells that word, the length and the hash.
///
/// Equals [`phrase`] of each, but hashes what phrases begin with once.
pub(super) fn each_phrase(first_face: &[&[u64]], found: impl FnMut(usize, usize, u64)) {
    match first_face {
        // Most codes have one 64-bit word: a loop of its own for these.
        [lane] => roll(&[lane], found),
        lanes => roll(lanes, found),
    }
}

#[inline(always)]
fn roll(lanes: &[&[u64]], mut found: impl FnMut(usize, usize, u64)) {
    // Hashes of the phrases of three and of two that began with the last word, and of those of three that began before it.
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

/// A segment's phrases, ready to be looked up.
pub(super) struct PhraseTable<'a> {
    entries: &'a [u64],
    /// Where entries begin whose hash begins with some bits.
    directory: Vec<u32>,
    shift: u32,
}

impl<'a> PhraseTable<'a> {
    pub(super) fn new(entries: &'a [u64]) -> Self {
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

    /// In how many documents a phrase stands; 0 if in one or none. Only the first [`HASH_BITS`] count.
    pub(super) fn documents(&self, phrase: u64) -> u32 {
        let bucket = (phrase >> self.shift) as usize;
        let near = &self.entries[self.directory[bucket] as usize..self.directory[bucket + 1] as usize];
        let hash = phrase >> COUNT_BITS;
        near.iter().find(|&&e| e >> COUNT_BITS == hash).map_or(0, |&e| (e & ((1 << COUNT_BITS) - 1)) as u32)
    }
}

/// Words of documents that are counted at a time: bounds the memory to some 24 bytes times this. A stream's segments are counted at once.
const WORDS_AT_A_TIME: usize = 1 << 22;

/// What [`count`] finds.
#[derive(Default)]
pub(super) struct Counted {
    /// Entries of the documents' phrase table.
    pub(super) own: Vec<u64>,
    /// Entries of those of their phrases that stand in two documents of the whole catalogue, with all of these; empty if there
    /// are no other tables.
    all: Vec<u64>,
    /// Those of their phrases that stand in one of them.
    pub(super) singles: Packing,
    /// Whether `all` is the same as `own`.
    alone: bool,
    /// How often each phrase of each document was [`Seen`], in the order of [`each_phrase`], as numbers; for documents that are counted in one go.
    pub(super) seen: Option<Answers>,
    /// Sum over the documents of their numbers of distinct words.
    pub(super) distinct: u64,
}

impl Counted {
    /// In how many documents of the whole catalogue the documents' phrases stand.
    pub(super) fn everywhere(&self) -> PhraseTable<'_> {
        PhraseTable::new(if self.alone { &self.own } else { &self.all })
    }
}

/// What other segments know of phrases.
pub(super) struct Elsewhere<'a> {
    /// The entries of each.
    pub(super) tables: &'a [&'a [u64]],
    /// Documents there that are gone.
    pub(super) gone: &'a Gone,
    /// Lets go of what was read of the tables; called now and then.
    pub(super) let_go: &'a (dyn Fn() + Sync),
}

#[cfg(test)]
impl Elsewhere<'static> {
    pub(super) fn nothing() -> Self {
        static NONE: Gone = Gone { entries: Vec::new(), distinct: 0 };
        Self { tables: &[], gone: &NONE, let_go: &|| {} }
    }
}

/// Buckets after which [`Elsewhere::let_go`] is called: a sixteenth of those of two million words.
const LET_GO_AFTER: usize = 16;

/// Counts the phrases of documents, and adds what other segments know of them.
///
/// Cost: some 100 ns a word, spread over the cores; memory does not grow with the documents but for the tables themselves.
pub(super) fn count(documents: &[Source<'_>], elsewhere: &Elsewhere<'_>) -> Counted {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    // Phrases are told apart by the first bits of their hash: one part is counted after the other, in buckets.
    let part_bits = words.div_ceil(WORDS_AT_A_TIME).next_power_of_two().ilog2();
    // Of mails, about as many phrases stand in one of them as they have words.
    let directory_bits = singles::directory_bits(words);
    let (mut counted, distinct) = (
        Counted { alone: elsewhere.tables.is_empty(), singles: Packing::new(directory_bits), ..Counted::default() },
        AtomicU64::new(0),
    );
    let buckets_done = AtomicUsize::new(0);
    let tally = |entries: &mut Vec<u64>| {
        let result = tally(entries, elsewhere, directory_bits);
        if buckets_done.fetch_add(1, Ordering::Relaxed) % LET_GO_AFTER == LET_GO_AFTER - 1 {
            (elsewhere.let_go)();
        }
        result
    };
    for part in 0..1u64 << part_bits {
        let kept = part_bits == 0;
        let emit = |first: usize, documents: &[Source<'_>], buckets: &mut Buckets| {
            let mut words = Distinct::default();
            for (number, document) in (first as u64..).zip(documents) {
                words.clear(document.widths.len());
                each_phrase(document.first_face(), |_, length, hash| {
                    // Two shifts, for there may be one part only. Most words of a document are there again and again: if only the
                    // documents matter, that leaves less to sort.
                    if hash >> 1 >> (63 - part_bits) == part && (length > 1 || words.insert(hash >> COUNT_BITS) || kept)
                    {
                        buckets.push(entry(hash, number));
                    }
                });
                distinct.fetch_add(words.len as u64, Ordering::Relaxed);
            }
        };
        let expected = (LONGEST * words) >> part_bits;
        // Documents come in order and stay so: only the hashes are to be sorted.
        let by = SortedBits { common: part_bits, ignored: COUNT_BITS };
        let buckets = if kept {
            let (found, seen) = answer_in_buckets(documents, expected, emit, |phrases, common, room: &mut Room| {
                look_around(phrases, common, room, tally)
            });
            counted.seen = Some(seen);
            found
        } else {
            sort_in_buckets(documents, expected, by, emit, |mut keys| {
                keys.dedup();
                let same_phrase = keys.chunk_by(|a, b| (a ^ b) >> COUNT_BITS == 0);
                let mut entries: Vec<u64> = same_phrase.map(|same| entry(same[0], same.len() as u64)).collect();
                tally(&mut entries)
            })
        };
        counted.singles.reserve(buckets.iter().map(|(_, singles, _)| singles.len()).sum());
        for (own, singles, all) in buckets {
            counted.own.extend(own);
            counted.singles.append(&singles);
            counted.all.extend(all);
        }
    }
    counted.distinct = distinct.into_inner();
    counted
}

/// Adds to entries what other tables know of them. Returns the entries of two documents and more, before and (if there are other tables) after;
/// between these, the entries of one document before.
fn tally(entries: &mut [u64], elsewhere: &Elsewhere<'_>, directory_bits: u32) -> (Vec<u64>, Packed, Vec<u64>) {
    let &Elsewhere { tables, gone, .. } = elsewhere;
    let repeated = |entries: &[u64]| entries.iter().copied().filter(|e| e & MAX_COUNT > 1).collect();
    let own = repeated(entries);
    let singles = Packing::pack(directory_bits, entries.iter().copied().filter(|e| e & MAX_COUNT == 1));
    if tables.is_empty() {
        return (own, singles, Vec::new());
    }
    let mut found: Vec<u64> = entries.iter().map(|&e| entry(e, 0)).collect();
    tables.iter().for_each(|table| add_found(&mut found, table));
    gone.take_from(&mut found);
    for (own, there) in entries.iter_mut().zip(found) {
        *own = entry(*own, (*own & MAX_COUNT) + (there & MAX_COUNT));
    }
    (own, singles, repeated(entries))
}

/// How often a phrase stands elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Documents besides the one at hand.
    pub(super) others: u32,
    /// Times that the document itself says it besides: rows of dashes, tables, choruses.
    pub(super) here: u32,
}

impl Seen {
    pub(super) fn all(self) -> u32 {
        self.others + self.here
    }

    /// From what [`look_around`] puts in a phrase's place.
    pub(super) fn from_number(number: u64) -> Self {
        Self { others: (number >> 32) as u32, here: number as u32 }
    }
}

/// Room to look around in, to be used again.
#[derive(Default)]
struct Room {
    phrases: Vec<u64>,
    table: Vec<Found>,
}

/// A phrase of a bucket.
#[derive(Clone, Copy, Default)]
struct Found {
    /// Its hash, and the document that had it last; on the way back how often a document says it besides.
    last: u64,
    /// Documents that have it; on the way back those besides the one at hand.
    documents: u32,
    /// Times that the document at hand says it, 0 in a free place; on the way back those that are still to come.
    times: u32,
}

/// Replaces phrases (hash and document's number, the documents in order) by how often they are [`Seen`], once `tally` has counted them everywhere.
///
/// A table that stays in the cache, ordered by the hashes' first bits, finds them. The way back begins with what a document says last: by then it
/// is known how often it says it. Nothing here is foreseeable, so there are few branches.
fn look_around<R>(
    shares: &mut [&mut [u64]],
    common: u32,
    Room { phrases, table }: &mut Room,
    tally: impl FnOnce(&mut Vec<u64>) -> R,
) -> R {
    phrases.clear();
    shares.iter().for_each(|share| phrases.extend_from_slice(share));
    let bits = (2 * phrases.len() + 1).ilog2().clamp(1, HASH_BITS - common);
    table.clear();
    table.resize(1 << bits, Found::default());
    let (table, mask) = (table.as_mut_slice(), (1 << bits) - 1);
    let mut distinct = 0;
    for phrase in &mut *phrases {
        let mut place = (*phrase << common >> (64 - bits)) as usize;
        let found = loop {
            let found = &mut table[place & mask];
            // Not `||`: which of the two it is nobody foresees.
            if ((found.last ^ *phrase) >> COUNT_BITS == 0) | (found.times == 0) {
                break found;
            }
            place = (place + 1) & mask;
        };
        let Found { last, documents, times } = found;
        let again = (*last == *phrase) & (*times > 0);
        distinct += usize::from(*times == 0);
        *documents += u32::from(!again);
        *times = if again { *times + 1 } else { 1 };
        *last = *phrase;
        *phrase = (place as u64) << 32 | u64::from(*times);
    }
    // The distinct ones. What is written of a free place is written over.
    let (mut order, mut next) = (vec![(0, 0u32); distinct + 1], 0);
    for (place, found) in (0..).zip(&*table) {
        order[next] = (entry(found.last, u64::from(found.documents)), place);
        next += usize::from(found.times > 0);
    }
    order.truncate(distinct);
    // They are in order but for those whose places were taken.
    for k in 1..order.len() {
        let mut k = k;
        while k > 0 && order[k - 1].0 > order[k].0 {
            order.swap(k - 1, k);
            k -= 1;
        }
    }
    let mut entries: Vec<u64> = order.iter().map(|o| o.0).collect();
    let result = tally(&mut entries);
    for (&(_, place), entry) in order.iter().zip(&entries) {
        let others = (entry & MAX_COUNT).max(1) as u32 - 1;
        table[place as usize] = Found { last: 0, documents: others, times: 0 };
    }
    let answers = shares.iter_mut().rev().flat_map(|share| share.iter_mut().rev());
    for (phrase, answer) in phrases.iter().rev().zip(answers) {
        let Found { last: here, documents, times } = &mut table[(*phrase >> 32) as usize];
        let is_last = *times == 0;
        *times = if is_last { *phrase as u32 } else { *times } - 1;
        *here = if is_last { u64::from(*times) } else { *here };
        *answer = u64::from(*documents) << 32 | *here;
    }
    result
}

/// Words of a document, as hashes: a table with free places between them.
#[derive(Default)]
struct Distinct {
    /// Hashes, plus one; 0 where there is none.
    places: Vec<u64>,
    len: usize,
}

impl Distinct {
    /// Makes room for so many words, and forgets those before.
    fn clear(&mut self, words: usize) {
        self.places.clear();
        self.places.resize((2 * words).next_power_of_two(), 0);
        self.len = 0;
    }

    /// Whether a hash (of fewer than 64 bits) was not there.
    fn insert(&mut self, hash: u64) -> bool {
        let mask = self.places.len() - 1;
        let mut place = hash as usize & mask;
        while self.places[place] != 0 {
            if self.places[place] == hash + 1 {
                return false;
            }
            place = (place + 1) & mask;
        }
        self.places[place] = hash + 1;
        self.len += 1;
        true
    }
}

pub(super) const MAX_COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The first bits of a phrase's hash, and a count.
pub(super) fn entry(hash: u64, count: u64) -> u64 {
    hash & !MAX_COUNT | count.min(MAX_COUNT)
}

/// Adds to each of some entries the count of its phrase in another table. Both are sorted: one pass, in strides where the other
/// table has much between.
pub(super) fn add_found(entries: &mut [u64], mut table: &[u64]) {
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_a_plain_map(documents in prop::collection::vec(prop::collection::vec(0u64..9, 1..40), 1..12)) {
            let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![9; d.len()]).collect();
            let sources: Vec<Source<'_>> =
                documents.iter().zip(&widths).map(|(d, w)| Source::anonymous(d, w)).collect();
            let mut counted: BTreeMap<&[u64], BTreeSet<usize>> = BTreeMap::new();
            for (number, document) in documents.iter().enumerate() {
                for length in 1..=LONGEST {
                    for words in document.windows(length) {
                        counted.entry(words).or_default().insert(number);
                    }
                }
            }
            let Counted { own: entries, distinct, .. } = count(&sources, &Elsewhere::nothing());
            let table = PhraseTable::new(&entries);
            prop_assert!(entries.is_sorted());
            // Every second entry as another table, and itself once more, of which one document is gone.
            let other: Vec<u64> = entries.iter().step_by(2).copied().collect();
            let gone = Gone { entries: entries.iter().step_by(3).map(|&e| entry(e, 1)).collect(), distinct: 0 };
            let elsewhere = Elsewhere { tables: &[&other, &entries], gone: &gone, let_go: &|| {} };
            let all = count(&sources, &elsewhere).all;
            let times = |(k, &own): (usize, &u64)| {
                let once = own & MAX_COUNT;
                entry(own, once + once + if k % 2 == 0 { once } else { 0 } - u64::from(k % 3 == 0))
            };
            prop_assert_eq!(all, entries.iter().enumerate().map(times).collect::<Vec<_>>());
            for source in &sources {
                each_phrase(source.first_face(), |last, length, hash| {
                    assert_eq!(hash, phrase(source.first_face(), last, length));
                });
            }
            let of_one_word = counted.iter().filter(|(words, _)| words.len() == 1);
            prop_assert_eq!(distinct, of_one_word.map(|(_, d)| d.len() as u64).sum::<u64>());
            for (words, found) in counted {
                let hash = phrase(&[words], words.len() - 1, words.len());
                let expected = if found.len() < 2 { 0 } else { found.len() as u32 };
                prop_assert_eq!(table.documents(hash), expected, "{:?}", words);
            }
        }
    }
}
