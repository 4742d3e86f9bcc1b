//! Counts in how many documents of a new segment its n-grams stand, and what other segments know of them.
//!
//! Words are counted by their numbers, longer n-grams by sorting their hashes. So the two are counted apart: where a
//! word's hash is that of a longer n-gram (one in some millions), their counts are added.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::buckets::{Buckets, SortedBits, sort_in_buckets};
use super::document::SourceDocument;
use super::frequencies::{Frequencies, Occurrences, Overflow};
use super::tombstones::Tombstones;
use super::vocabulary::Vocabulary;
use crate::index::file::{self, Packed, Packing};
use crate::index::ngrams::{COUNT_BITS, LONGEST, MAX_COUNT, add_found, each_ngram, entry};

/// Words that are counted at a time: bounds the memory to some 30 bytes times this. A stream's segments are counted at
/// once.
///
/// Tuned (words): some 130 MB of memory.
const WORDS_AT_A_TIME: usize = 1 << 22;

/// What [`count`] finds.
pub(super) struct Counted<'a> {
    /// Entries of the documents' n-gram table.
    pub(super) own: Vec<u64>,
    /// Those of their n-grams that stand in one of them.
    pub(super) hapaxes: Packing,
    /// Sum over the documents of their numbers of distinct words.
    pub(super) distinct: u64,
    /// How often their n-grams stand in the whole catalogue.
    pub(super) everywhere: Everywhere<'a>,
}

/// How often n-grams stand in the whole catalogue.
pub(super) enum Everywhere<'a> {
    /// By their positions: of documents that are counted in one go.
    ByPosition(Occurrences<'a>),
    /// Those that stand in two documents, with all of these: as a table; without one, as in the documents' own.
    ByHash(Option<Vec<u64>>),
}

/// What other segments know of n-grams.
pub(super) struct Elsewhere<'a> {
    /// The entries of each.
    pub(super) tables: &'a [&'a [u64]],
    /// Documents there that are gone.
    pub(super) gone: &'a Tombstones,
    /// Lets go of what was read of the tables; called now and then.
    pub(super) evict: &'a (dyn Fn() + Sync),
}

#[cfg(test)]
impl Elsewhere<'static> {
    pub(super) fn nothing() -> Self {
        static NONE: Tombstones = Tombstones { entries: Vec::new(), distinct: 0 };
        Self { tables: &[], gone: &NONE, evict: &|| {} }
    }
}

/// Buckets after which [`Elsewhere::evict`] is called: a sixteenth of those of two million words.
///
/// Tuned (count): chosen by eye.
const EVICT_AFTER: usize = 64;

/// Counts the n-grams of documents, and adds what other segments know of them.
///
/// Cost: some 80 ns a word, spread over the cores; memory does not grow with the documents but for the tables
/// themselves.
pub(super) fn count<'a>(
    documents: &[SourceDocument<'_>],
    words: &'a Vocabulary,
    elsewhere: &Elsewhere<'_>,
) -> Counted<'a> {
    count_so_many(documents, words, elsewhere, WORDS_AT_A_TIME)
}

/// The same, so many words at a time.
fn count_so_many<'a>(
    documents: &[SourceDocument<'_>],
    words: &'a Vocabulary,
    elsewhere: &Elsewhere<'_>,
    at_a_time: usize,
) -> Counted<'a> {
    let buckets_done = AtomicUsize::new(0);
    let counting = Counting {
        documents,
        words: words.words.iter().map(|word| entry(word.hash, u64::from(word.documents))).collect(),
        elsewhere,
        // Of mails, about as many n-grams stand in one of them as they have words.
        directory_bits: file::directory_bits(words.numbers.len()),
        buckets_done: &buckets_done,
    };
    let parts = words.numbers.len().div_ceil(at_a_time).next_power_of_two();
    if parts == 1 { counting.at_once(words) } else { counting.in_parts(words.numbers.len(), parts.ilog2()) }
}

/// What all buckets are counted with.
struct Counting<'a> {
    documents: &'a [SourceDocument<'a>],
    /// Entries of the documents' distinct words.
    words: Vec<u64>,
    elsewhere: &'a Elsewhere<'a>,
    directory_bits: u32,
    buckets_done: &'a AtomicUsize,
}

/// What is found in a bucket.
struct Tally {
    /// Its n-grams that stand in two of the documents or more.
    own: Vec<u64>,
    /// Those that stand in one.
    hapaxes: Packed,
}

/// Room to be used again by one bucket after the other.
#[derive(Default)]
struct Room {
    runs: Runs,
    /// The bucket's n-grams, with what is known of them elsewhere.
    everywhere: Vec<u64>,
    /// What other tables know of them.
    elsewhere: Vec<u64>,
    /// Where the words stand among them, and whether a longer n-gram has the same hash.
    words: Vec<(usize, bool)>,
    /// Documents besides one that have the n-gram of each run.
    others: Vec<u32>,
}

impl Counting<'_> {
    /// Counts all n-grams, by their positions.
    fn at_once<'w>(&self, words: &'w Vocabulary) -> Counted<'w> {
        let mut occurrences = Occurrences::new(self.documents, words);
        let emit = |first: usize, documents: &[SourceDocument<'_>], buckets: &mut Buckets| {
            for (&position, document) in occurrences.starts[first..].iter().zip(documents) {
                each_ngram(document.first_face(), |last, length, hash| {
                    if length > 1 {
                        buckets.push(entry(
                            hash,
                            (length as u64 - 2) << POSITION_BITS | (position as usize + last) as u64,
                        ));
                    }
                });
            }
        };
        let of_bucket = |room: &mut Room, bucket: u64, bits: u32, keys: &mut Vec<u64>| {
            let words = self.words_of(bucket, bits);
            room.runs.read(keys);
            room.runs.count_documents(&occurrences);
            let Tally { own, hapaxes } = self.tally(words, room);
            let Room { runs, everywhere, words, others, .. } = room;
            others_of_longer(everywhere, words, others);
            let often = runs.note(others, &occurrences);
            let of_words: Vec<u32> = words.iter().map(|&(at, _)| besides_one(everywhere[at])).collect();
            (own, hapaxes, of_words, often)
        };
        let by = SortedBits { common: 0, ignored: COUNT_BITS, even: true };
        let buckets = sort_in_buckets(self.documents, (LONGEST - 1) * words.numbers.len(), by, emit, of_bucket);
        let (mut own, mut hapaxes) = (Vec::new(), Packing::new(self.directory_bits));
        own.reserve_exact(buckets.iter().map(|(own, ..)| own.len()).sum());
        hapaxes.reserve(buckets.iter().map(|(_, hapaxes, ..)| hapaxes.len()).sum());
        for (some, single, others, often) in buckets {
            own.extend(some);
            hapaxes.append(&single);
            occurrences.others.extend(others);
            occurrences.often.extend(often);
        }
        occurrences.often.sort_unstable();
        Counted { own, hapaxes, distinct: self.distinct(), everywhere: Everywhere::ByPosition(occurrences) }
    }

    /// Counts one part of the n-grams after the other, told apart by the first bits of their hash.
    fn in_parts(&self, words: usize, part_bits: u32) -> Counted<'static> {
        let (mut own, mut hapaxes, mut everywhere) = (Vec::new(), Packing::new(self.directory_bits), Vec::new());
        for part in 0..1u64 << part_bits {
            let emit = |first: usize, documents: &[SourceDocument<'_>], buckets: &mut Buckets| {
                for (number, document) in (first as u64..).zip(documents) {
                    each_ngram(document.first_face(), |_, length, hash| {
                        if length > 1 && hash >> (64 - part_bits) == part {
                            buckets.push(entry(hash, number));
                        }
                    });
                }
            };
            let of_bucket = |room: &mut Room, bucket: u64, bits: u32, keys: &mut Vec<u64>| {
                keys.dedup();
                let same_phrase = keys.chunk_by(|a, b| (a ^ b) >> COUNT_BITS == 0);
                room.runs.entries.clear();
                room.runs.entries.extend(same_phrase.map(|same| entry(same[0], same.len() as u64)));
                let tally = self.tally(self.words_of(part << bits | bucket, part_bits + bits), room);
                let repeated = |e: &u64| e & MAX_COUNT > 1 && !self.elsewhere.tables.is_empty();
                (tally, room.everywhere.iter().copied().filter(repeated).collect::<Vec<_>>())
            };
            // Documents come in order and stay so: only the hashes are to be sorted.
            let by = SortedBits { common: part_bits, ignored: COUNT_BITS, even: true };
            let expected = ((LONGEST - 1) * words) >> part_bits;
            let tallies = sort_in_buckets(self.documents, expected, by, emit, of_bucket);
            hapaxes.reserve(tallies.iter().map(|(tally, _)| tally.hapaxes.len()).sum());
            for (tally, repeated) in tallies {
                own.extend(tally.own);
                hapaxes.append(&tally.hapaxes);
                everywhere.extend(repeated);
            }
        }
        let everywhere = (!self.elsewhere.tables.is_empty()).then_some(everywhere);
        Counted { own, hapaxes, distinct: self.distinct(), everywhere: Everywhere::ByHash(everywhere) }
    }

    fn distinct(&self) -> u64 {
        self.words.iter().map(|e| e & MAX_COUNT).sum()
    }

    /// The entries of words whose hash begins with some bits.
    fn words_of(&self, begin: u64, bits: u32) -> &[u64] {
        let before = |begin: u64| self.words.partition_point(|&word| u128::from(word) >> (64 - bits) < begin.into());
        &self.words[before(begin)..before(begin + 1)]
    }

    /// Puts the entries of the room's runs and of words together in `everywhere`, and adds what other tables know of
    /// them.
    fn tally(&self, words: &[u64], room: &mut Room) -> Tally {
        let &Elsewhere { tables, gone, evict } = self.elsewhere;
        let Room { runs, everywhere, elsewhere: found, words: positions, .. } = room;
        together(&runs.entries, words, everywhere, positions);
        let of_one = |e: &u64| e & MAX_COUNT == 1;
        let own = everywhere.iter().copied().filter(|e| !of_one(e)).collect();
        let hapaxes = Packing::pack(self.directory_bits, everywhere.iter().copied().filter(of_one));
        if !tables.is_empty() {
            found.clear();
            found.extend(everywhere.iter().map(|&e| entry(e, 0)));
            tables.iter().for_each(|table| add_found(found, table));
            gone.take_from(found);
            for (own, there) in everywhere.iter_mut().zip(&*found) {
                *own = entry(*own, (*own & MAX_COUNT) + (there & MAX_COUNT));
            }
        }
        if self.buckets_done.fetch_add(1, Ordering::Relaxed) % EVICT_AFTER == EVICT_AFTER - 1 {
            evict();
        }
        Tally { own, hapaxes }
    }
}

/// Puts entries of two kinds in one order, the counts of equal hashes added. There are few of the second kind: tells
/// where each of these went, and whether one of the first kind has the same hash.
fn together(many: &[u64], few: &[u64], all: &mut Vec<u64>, positions: &mut Vec<(usize, bool)>) {
    all.clear();
    positions.clear();
    let mut rest = many;
    for &one in few {
        let (before, after) = rest.split_at(rest.partition_point(|&e| e >> COUNT_BITS < one >> COUNT_BITS));
        all.extend_from_slice(before);
        let same = after.first().filter(|&same| same >> COUNT_BITS == one >> COUNT_BITS);
        positions.push((all.len(), same.is_some()));
        all.push(entry(one, (one & MAX_COUNT) + same.map_or(0, |same| same & MAX_COUNT)));
        rest = &after[usize::from(same.is_some())..];
    }
    all.extend_from_slice(rest);
}

/// The documents besides one that have each n-gram of the first kind, from what [`together`] made of them.
fn others_of_longer(all: &[u64], positions: &[(usize, bool)], others: &mut Vec<u32>) {
    others.clear();
    let mut start = 0;
    for &(position, same) in positions {
        others.extend(all[start..position + usize::from(same)].iter().map(|&e| besides_one(e)));
        start = position + 1;
    }
    others.extend(all[start..].iter().map(|&e| besides_one(e)));
}

/// The documents of an entry besides one.
fn besides_one(entry: u64) -> u32 {
    (entry & MAX_COUNT) as u32 - 1
}

/// Bits of a key that tell an n-gram's position; the next one tells whether it has three words.
const POSITION_BITS: u32 = COUNT_BITS - 1;

/// Stands for several keys: none has this position.
const SEVERAL: u32 = u32::MAX;

/// The position of an n-gram, and how many words it has besides two.
fn position(key: u32) -> (u32, u32) {
    (key & ((1 << POSITION_BITS) - 1), key >> POSITION_BITS)
}

/// The n-grams of a bucket: keys of a hash and a position, sorted; a run is what has one hash.
///
/// Nothing here is foreseeable, neither which n-grams come again nor where they stand: so there are few branches, and
/// what is far away is fetched by loops that do nothing else.
#[derive(Default)]
struct Runs {
    /// The entry of each run, of one document as long as these are not counted.
    entries: Vec<u64>,
    /// The key of each run of one, and [`SEVERAL`].
    only: Vec<u32>,
    /// The keys in runs of several, each with its run.
    repeated: Vec<(u32, u32)>,
    /// For each of these, the number of its group: what has one hash and one document.
    groups: Vec<u32>,
    /// Keys of each group.
    sizes: Vec<u32>,
    /// The documents of the keys in runs of several.
    documents: Vec<u32>,
}

impl Runs {
    /// Takes the keys of the next bucket.
    fn read(&mut self, keys: &mut Vec<u64>) {
        let len = keys.len();
        let Self { entries, only, repeated, .. } = self;
        entries.resize(len, 0);
        only.resize(len, 0);
        repeated.resize(len, (0, 0));
        // The last run ends, too.
        keys.extend(keys.last().map(|last| !last));
        let (mut run, mut more, mut begins) = (0, 0, true);
        for pair in keys.windows(2) {
            let (key, ends) = (pair[0], (pair[0] ^ pair[1]) >> COUNT_BITS != 0);
            let low = (key & MAX_COUNT) as u32;
            let one = begins & ends;
            (entries[run], only[run], repeated[more]) =
                (entry(key, 1), if one { low } else { SEVERAL }, (low, run as u32));
            more += usize::from(!one);
            run += usize::from(ends);
            begins = ends;
        }
        entries.truncate(run);
        only.truncate(run);
        repeated.truncate(more);
    }

    /// Counts the documents of each run.
    fn count_documents(&mut self, occurrences: &Occurrences<'_>) {
        let document = |&(key, _): &(u32, u32)| {
            let (position, longer) = position(key);
            occurrences.document(position, longer)
        };
        self.documents.clear();
        self.documents.extend(self.repeated.iter().map(document));
        self.groups.clear();
        self.sizes.clear();
        self.sizes.resize(self.documents.len() + 1, 0);
        let (mut group, mut before) = (0, (u32::MAX, u32::MAX));
        for (&(_, run), &document) in self.repeated.iter().zip(&self.documents) {
            let (new_run, new_document) = (run != before.0, document != before.1);
            group += usize::from(new_run | new_document);
            self.sizes[group] += 1;
            self.groups.push(group as u32);
            self.entries[run as usize] += u64::from(!new_run & new_document);
            before = (run, document);
        }
    }

    /// Notes how often each n-gram was seen, from how many others have each run's. Tells what could not be packed.
    fn note(&self, others: &[u32], occurrences: &Occurrences<'_>) -> Vec<Overflow> {
        let mut often = Vec::new();
        for (&(key, run), &group) in self.repeated.iter().zip(&self.groups) {
            let seen = Frequencies { document: others[run as usize], term: self.sizes[group as usize] - 1 };
            let (position, longer) = position(key);
            often.extend(occurrences.note(position, longer, seen));
        }
        // The other n-grams stand there once, and most of them nowhere else.
        for (&others, &key) in others.iter().zip(&self.only).filter(|&(&others, &key)| (key != SEVERAL) & (others > 0))
        {
            let (position, longer) = position(key);
            often.extend(occurrences.note(position, longer, Frequencies { document: others, term: 0 }));
        }
        often
    }
}

#[cfg(test)]
mod tests;
