//! How often was a phrase seen, in other documents and in the one at hand? Of a segment that is counted in one go that is known where it is
//! counted, phrase by phrase; else it is looked up.

use std::iter::{repeat_n, repeat_with};
use std::sync::atomic::{AtomicU32, Ordering};

use super::buckets::{Buckets, SortedBits, sort_in_buckets_here};
use super::numbered::Numbered;
use super::phrases::{HASH_BITS, LONGEST, PhraseTable, each_phrase};
use super::writer::Source;

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
}

/// Looks up, of each word of some documents of a table's own, the phrases that end with it, by length. The documents come one after the other.
///
/// Cost: each phrase is looked up once however often the documents have it, and in the table's order, so that what is read
/// stays in the cache: the more documents at a time, the fewer look-ups; 60 bytes a word.
pub(super) fn look_up(documents: &[Source<'_>], table: &PhraseTable<'_>) -> Vec<[Seen; LONGEST]> {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    // Place and length in the last bits, the hash before, of which as much counts as tables hold.
    let place_bits = (LONGEST * words).max(1).ilog2() + 1;
    let by = SortedBits { common: 0, ignored: place_bits.max(64 - HASH_BITS), even: true };
    let of_each = (0u32..).zip(documents).flat_map(|(number, d)| repeat_n(number, d.widths.len()));
    let document_of: Vec<u32> = of_each.collect();
    let emit = |buckets: &mut Buckets| {
        let mut first = 0;
        for document in documents {
            each_phrase(document.first_face(), |last, length, hash| {
                let place = (first + last) * LONGEST + length - 1;
                buckets.push(hash >> place_bits << place_bits | place as u64);
            });
            first += document.widths.len();
        }
    };
    let mut seen = vec![[Seen::default(); LONGEST]; words];
    let place = |number: u64| {
        let place = (number & ((1 << place_bits) - 1)) as usize;
        (place / LONGEST, place % LONGEST)
    };
    sort_in_buckets_here(LONGEST * words, by, emit, |numbers| {
        for same in numbers.chunk_by(|a, b| (a ^ b) >> by.ignored == 0) {
            let others = table.documents(same[0]).max(1) - 1;
            for in_document in same.chunk_by(|&a, &b| document_of[place(a).0] == document_of[place(b).0]) {
                // Words and longer phrases are counted apart.
                let words = in_document.iter().filter(|&&number| place(number).1 == 0).count();
                for &number in in_document {
                    let (word, length) = place(number);
                    let times = if length == 0 { words } else { in_document.len() - words };
                    seen[word][length] = Seen { others, here: times as u32 - 1 };
                }
            }
        }
    });
    seen
}

/// What was seen of documents' phrases when they were counted.
pub(super) struct Sightings<'a> {
    words: &'a Numbered,
    /// Where each document's words begin, and the end.
    pub(super) starts: Vec<u32>,
    /// Other documents that have each distinct word.
    pub(super) others: Vec<u32>,
    /// By the place of their last word the phrases of two and of three words, packed; as long as a phrase is not noted, the number of its
    /// document, with a mark: what is far away is fetched once for both.
    longer: Vec<[AtomicU32; 2]>,
    /// What is said more often than can be packed, sorted.
    pub(super) often: Vec<Often>,
}

/// A phrase that its document says very often: the place of its last word, how many words it has besides two, and how often it is said besides.
pub(super) type Often = (u32, u32, u32);

/// Bits of a packed [`Seen`] before the documents, the first of which is a mark, and the others tell how often the document says it.
const LOW_BITS: u32 = 8;
/// Stands for so often or more often.
const MANY: u32 = (1 << (LOW_BITS - 1)) - 1;
/// Marks what is not noted.
const NOT_NOTED: u32 = 1 << (LOW_BITS - 1);

impl<'a> Sightings<'a> {
    pub(super) fn new(documents: &[Source<'_>], words: &'a Numbered) -> Self {
        let mut starts = vec![0];
        for document in documents {
            starts.push(starts.last().copied().unwrap_or_default() + document.widths.len() as u32);
        }
        let not_noted = |number| move || AtomicU32::new(number << LOW_BITS | NOT_NOTED);
        let of_document = |(number, document): (u32, &Source<'_>)| {
            repeat_with(move || std::array::from_fn(|_| not_noted(number)())).take(document.widths.len())
        };
        let longer = (0..).zip(documents).flat_map(of_document).collect();
        Self { words, starts, others: Vec::new(), longer, often: Vec::new() }
    }

    /// The number of the document of a phrase that is not noted, by the place of its last word and how many words it has besides two.
    #[inline]
    pub(super) fn document(&self, place: u32, longer: u32) -> u32 {
        self.longer[place as usize][longer as usize].load(Ordering::Relaxed) >> LOW_BITS
    }

    /// Notes what was seen of a phrase, once for each of its places and in any order. Tells what could not be packed.
    #[inline]
    pub(super) fn note(&self, place: u32, longer: u32, Seen { others, here }: Seen) -> Option<Often> {
        let packed = others << LOW_BITS | here.min(MANY);
        self.longer[place as usize][longer as usize].store(packed, Ordering::Relaxed);
        (here >= MANY).then_some((place, longer, here))
    }
}

/// Tells what was seen, document by document.
pub(super) struct Reader<'a> {
    sightings: &'a Sightings<'a>,
    /// Times that the document at hand says each distinct word; 0 between documents.
    times: Vec<u32>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sightings: &'a Sightings<'a>) -> Self {
        Self { sightings, times: vec![0; sightings.others.len()] }
    }

    /// Of each word of a document, the phrases that end with it, by length.
    pub(super) fn read(&mut self, document: usize, seen: &mut Vec<[Seen; LONGEST]>) {
        let Sightings { words, starts, others, longer, often } = self.sightings;
        let (first, end) = (starts[document] as usize, starts[document + 1] as usize);
        let numbers = &words.numbers[first..end];
        numbers.iter().for_each(|&number| self.times[number as usize] += 1);
        let unpack = |packed: &AtomicU32, place: usize, longer: u32| {
            let packed = packed.load(Ordering::Relaxed);
            // What is not noted stands nowhere else.
            let packed = if packed & NOT_NOTED == 0 { packed } else { 0 };
            let (others, here) = (packed >> LOW_BITS, packed & MANY);
            let noted = || often[often.partition_point(|o| (o.0, o.1) < (place as u32, longer))];
            Seen { others, here: if here < MANY { here } else { noted().2 } }
        };
        let of_word = |(place, (&number, [two, three])): (usize, (&u32, &[AtomicU32; 2]))| {
            let (others, times) = (others[number as usize], self.times[number as usize]);
            [Seen { others, here: times - 1 }, unpack(two, place, 0), unpack(three, place, 1)]
        };
        seen.clear();
        seen.extend((first..).zip(numbers.iter().zip(&longer[first..end])).map(of_word));
        numbers.iter().for_each(|&number| self.times[number as usize] = 0);
    }
}
