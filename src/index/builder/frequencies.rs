//! How often was an n-gram seen, in other documents and in the one at hand? Of a segment that is counted in one go that
//! is known where it is counted, n-gram by n-gram; else it is looked up.

use std::iter::{repeat_n, repeat_with};
use std::sync::atomic::{AtomicU32, Ordering};

use super::buckets::{Buckets, SortedBits, sort_in_buckets_here};
use super::document::SourceDocument;
use super::vocabulary::Vocabulary;
use crate::index::ngrams::{DocumentFrequencies, HASH_BITS, LONGEST, each_ngram};

/// How often an n-gram stands elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frequencies {
    /// Documents besides the one at hand.
    pub(super) document: u32,
    /// Times that the document itself says it besides: rows of dashes, tables, choruses.
    pub(super) term: u32,
}

impl Frequencies {
    pub(super) fn all(self) -> u32 {
        self.document + self.term
    }
}

/// Looks up, of each word of some documents of a table's own, the n-grams that end with it, by length. The documents
/// come one after the other.
///
/// Cost: each n-gram is looked up once however often the documents have it, and in the table's order, so that what is
/// read stays in the cache: the more documents at a time, the fewer look-ups; 60 bytes a word.
pub(super) fn look_up(
    documents: &[SourceDocument<'_>],
    table: &DocumentFrequencies<'_>,
) -> Vec<[Frequencies; LONGEST]> {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    // Position and length in the last bits, the hash before, of which as much counts as tables hold.
    let place_bits = (LONGEST * words).max(1).ilog2() + 1;
    let by = SortedBits { common: 0, ignored: place_bits.max(64 - HASH_BITS), even: true };
    let of_each = (0u32..).zip(documents).flat_map(|(number, d)| repeat_n(number, d.widths.len()));
    let document_of: Vec<u32> = of_each.collect();
    let emit = |buckets: &mut Buckets| {
        let mut first = 0;
        for document in documents {
            each_ngram(document.first_face(), |last, length, hash| {
                let position = (first + last) * LONGEST + length - 1;
                buckets.push(hash >> place_bits << place_bits | position as u64);
            });
            first += document.widths.len();
        }
    };
    let mut seen = vec![[Frequencies::default(); LONGEST]; words];
    let position = |number: u64| {
        let position = (number & ((1 << place_bits) - 1)) as usize;
        (position / LONGEST, position % LONGEST)
    };
    sort_in_buckets_here(LONGEST * words, by, emit, |numbers| {
        for same in numbers.chunk_by(|a, b| (a ^ b) >> by.ignored == 0) {
            let others = table.documents(same[0]).max(1) - 1;
            for in_document in same.chunk_by(|&a, &b| document_of[position(a).0] == document_of[position(b).0]) {
                // Words and longer n-grams are counted apart.
                let words = in_document.iter().filter(|&&number| position(number).1 == 0).count();
                for &number in in_document {
                    let (word, length) = position(number);
                    let times = if length == 0 { words } else { in_document.len() - words };
                    seen[word][length] = Frequencies { document: others, term: times as u32 - 1 };
                }
            }
        }
    });
    seen
}

/// What was seen of documents' n-grams when they were counted.
pub(super) struct Occurrences<'a> {
    words: &'a Vocabulary,
    /// Where each document's words begin, and the end.
    pub(super) starts: Vec<u32>,
    /// Other documents that have each distinct word.
    pub(super) others: Vec<u32>,
    /// By the position of their last word the n-grams of two and of three words, packed; as long as an n-gram is not
    /// noted, the number of its document, with a mark: what is far away is fetched once for both.
    longer: Vec<[AtomicU32; 2]>,
    /// What is said more often than can be packed, sorted.
    pub(super) often: Vec<Overflow>,
}

/// An n-gram that its document says very often: the position of its last word, how many words it has besides two, and
/// how often it is said besides.
pub(super) type Overflow = (u32, u32, u32);

/// Bits of a packed [`Frequencies`] before the documents, the first of which is a mark, and the others tell how often
/// the document says it.
const LOW_BITS: u32 = 8;
/// Stands for so often or more often.
const MANY: u32 = (1 << (LOW_BITS - 1)) - 1;
/// Marks what is not noted.
const NOT_NOTED: u32 = 1 << (LOW_BITS - 1);

impl<'a> Occurrences<'a> {
    pub(super) fn new(documents: &[SourceDocument<'_>], words: &'a Vocabulary) -> Self {
        let mut starts = vec![0];
        for document in documents {
            starts.push(starts.last().copied().unwrap_or_default() + document.widths.len() as u32);
        }
        let not_noted = |number| move || AtomicU32::new(number << LOW_BITS | NOT_NOTED);
        let of_document = |(number, document): (u32, &SourceDocument<'_>)| {
            repeat_with(move || std::array::from_fn(|_| not_noted(number)())).take(document.widths.len())
        };
        let longer = (0..).zip(documents).flat_map(of_document).collect();
        Self { words, starts, others: Vec::new(), longer, often: Vec::new() }
    }

    /// The number of the document of an n-gram that is not noted, by the position of its last word and how many words
    /// it has besides two.
    #[inline]
    pub(super) fn document(&self, position: u32, longer: u32) -> u32 {
        self.longer[position as usize][longer as usize].load(Ordering::Relaxed) >> LOW_BITS
    }

    /// Notes what was seen of an n-gram, once for each of its positions and in any order. Tells what could not be
    /// packed.
    #[inline]
    pub(super) fn note(
        &self,
        position: u32,
        longer: u32,
        Frequencies { document, term }: Frequencies,
    ) -> Option<Overflow> {
        let packed = document << LOW_BITS | term.min(MANY);
        self.longer[position as usize][longer as usize].store(packed, Ordering::Relaxed);
        (term >= MANY).then_some((position, longer, term))
    }
}

/// Tells what was seen, document by document.
pub(super) struct Reader<'a> {
    occurrences: &'a Occurrences<'a>,
    /// Times that the document at hand says each distinct word; 0 between documents.
    times: Vec<u32>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(occurrences: &'a Occurrences<'a>) -> Self {
        Self { occurrences, times: vec![0; occurrences.others.len()] }
    }

    /// Of each word of a document, the n-grams that end with it, by length.
    pub(super) fn read(&mut self, document: usize, seen: &mut Vec<[Frequencies; LONGEST]>) {
        let Occurrences { words, starts, others, longer, often } = self.occurrences;
        let (first, end) = (starts[document] as usize, starts[document + 1] as usize);
        let numbers = &words.numbers[first..end];
        numbers.iter().for_each(|&number| self.times[number as usize] += 1);
        let unpack = |packed: &AtomicU32, position: usize, longer: u32| {
            let packed = packed.load(Ordering::Relaxed);
            // What is not noted stands nowhere else.
            let packed = if packed & NOT_NOTED == 0 { packed } else { 0 };
            let (document, term) = (packed >> LOW_BITS, packed & MANY);
            let noted = || often[often.partition_point(|o| (o.0, o.1) < (position as u32, longer))];
            Frequencies { document, term: if term < MANY { term } else { noted().2 } }
        };
        let of_word = |(position, (&number, [two, three])): (usize, (&u32, &[AtomicU32; 2]))| {
            let (others, times) = (others[number as usize], self.times[number as usize]);
            [Frequencies { document: others, term: times - 1 }, unpack(two, position, 0), unpack(three, position, 1)]
        };
        seen.clear();
        seen.extend((first..).zip(numbers.iter().zip(&longer[first..end])).map(of_word));
        numbers.iter().for_each(|&number| self.times[number as usize] = 0);
    }
}
