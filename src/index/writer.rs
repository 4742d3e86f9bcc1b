//! Makes segments: from new documents, and from those of older segments.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use rayon::prelude::*;

use super::buckets::{Buckets, SortedBits, sort_in_buckets};
use super::codebook::Codebook;
use super::count::{Counted, Elsewhere, Everywhere, count};
use super::exact::Gone;
use super::numbered::{DistinctWord, Numbered};
use super::phrases::PhraseTable;
use super::scan_is_enough;
use super::seen::Reader;
use super::segment::{BLOCK, HEADER, Header, MAX_DIRECTORY_BITS};
use super::singles::Packing;
use super::weight::{Language, cap_bytes, looked_up_cap_bytes};
use crate::fingerprint::Family;
use crate::simd::Kernels;

/// A document to be written.
pub(crate) struct Source<'a> {
    pub(crate) ids: Vec<&'a str>,
    /// Hash of the text, to fold equal mails into one.
    pub(crate) content: u64,
    /// Words with characters that could not be drawn.
    pub(crate) undrawn: u32,
    /// What is known of it besides its words, in bytes that only the catalogue understands.
    pub(crate) about: &'a [u8],
    /// Codes, lane by lane: face by face, the 64-bit words of its codes.
    pub(crate) lanes: Vec<&'a [u64]>,
    /// 64-bit words of a code.
    pub(crate) stride: usize,
    pub(crate) widths: &'a [u8],
}

impl<'a> Source<'a> {
    /// The code that phrases and visual words are made of.
    pub(super) fn first_face(&self) -> &[&'a [u64]] {
        &self.lanes[..self.stride]
    }

    #[cfg(test)]
    pub(super) fn anonymous(codes: &'a [u64], widths: &'a [u8]) -> Self {
        Self { ids: vec!["-"], content: 0, undrawn: 0, about: &[], lanes: vec![codes], stride: 1, widths }
    }
}

/// What a new segment has to know of the catalogue around it.
pub(crate) struct Surroundings<'a> {
    pub(crate) family: Family,
    /// Codes of a word.
    pub(crate) faces: usize,
    /// Prototypes for the inverted file; none for a catalogue that is too small for one.
    pub(crate) codebook: Option<&'a Codebook>,
    /// Phrases of the segments that stay.
    pub(crate) others: &'a [Phrases<'a>],
    /// Documents of those that are gone.
    pub(crate) gone: &'a Gone,
    /// Lets go of what was read of their files; called now and then.
    pub(crate) let_go: &'a (dyn Fn() + Sync),
}

/// A segment's phrases as they are stored.
pub(crate) struct Phrases<'a> {
    pub(crate) entries: &'a [u64],
    /// Sum over the documents of their numbers of distinct words.
    pub(crate) distinct: u64,
}

/// Writes a segment. The documents come in the order given.
///
/// Memory: some 9 bytes a word, and [`count`]'s. Time: some microseconds a word, spread over the cores.
pub(crate) fn write(
    out: impl Write + Seek + Send,
    documents: &[Source<'_>],
    around: &Surroundings<'_>,
) -> io::Result<()> {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    let places = u32::try_from(words + documents.len()).ok().filter(|&p| p <= 1 << 30);
    let names: usize = documents.iter().flat_map(|d| &d.ids).map(|id| 4 + id.len()).sum();
    let abouts: usize = documents.iter().map(|d| d.about.len()).sum();
    let texts = (u32::try_from(names), u32::try_from(abouts));
    let (Some(places), (Ok(names), Ok(abouts)), true) = (places, texts, documents.len() < 1 << 24) else {
        return Err(io::Error::other("a segment holds at most 1 billion words and 16 million documents"));
    };
    let mut out = Blocks::new(out)?;
    // What documents bring along goes to the file while the rest is found out.
    let (written, Found { caps, phrases, singles, distinct, grams }) =
        rayon::join(|| write_documents(&mut out, documents), || Found::of(documents, around));
    written?;
    let header = Header {
        family: around.family,
        faces: around.faces as u8,
        documents: documents.len() as u32,
        places,
        grams: grams.postings.len() as u32,
        directory_bits: grams.directory_bits,
        phrases: phrases.len() as u32,
        singles: singles.len() as u32,
        singles_bits: singles.directory_bits,
        sample: 0,
        names,
        abouts,
        codebook: around.codebook.map_or(0, Codebook::crc),
        distinct,
        beside: around.others.len() as u32,
    };

    for document in &caps {
        out.write(document)?;
        out.write(&[0])?;
    }
    out.align()?;
    out.write_numbers(&grams.directory)?;
    out.align()?;
    out.write_numbers(&grams.postings)?;
    out.align()?;
    out.write(&grams.tags)?;
    out.align()?;
    out.write_numbers(&phrases)?;
    out.write_numbers(&singles.directory())?;
    out.align()?;
    out.write(&singles.bytes)?;
    out.finish(header)
}

/// Writes what documents bring along.
fn write_documents(out: &mut Blocks<impl Write + Seek>, documents: &[Source<'_>]) -> io::Result<()> {
    let mut at = 0u32;
    out.write(&at.to_le_bytes())?;
    for document in documents {
        at += document.widths.len() as u32 + 1;
        out.write(&at.to_le_bytes())?;
    }
    out.align()?;
    documents.iter().try_for_each(|d| out.write(&d.content.to_le_bytes()))?;
    documents.iter().try_for_each(|d| out.write(&d.undrawn.to_le_bytes()))?;
    out.align()?;
    let mut end = 0u32;
    out.write(&end.to_le_bytes())?;
    for document in documents {
        end += document.ids.iter().map(|id| 4 + id.len() as u32).sum::<u32>();
        out.write(&end.to_le_bytes())?;
    }
    out.align()?;
    for id in documents.iter().flat_map(|d| &d.ids) {
        out.write(&(id.len() as u32).to_le_bytes())?;
        out.write(id.as_bytes())?;
    }
    out.align()?;
    let mut end = 0u32;
    out.write(&end.to_le_bytes())?;
    for document in documents {
        end += document.about.len() as u32;
        out.write(&end.to_le_bytes())?;
    }
    out.align()?;
    documents.iter().try_for_each(|d| out.write(d.about))?;
    out.align()?;
    for lane in 0..documents.first().map_or(0, |d| d.lanes.len()) {
        for document in documents {
            out.write_numbers(document.lanes[lane])?;
            out.write(&[0; 8])?;
        }
    }
    for document in documents {
        out.write(document.widths)?;
        out.write(&[0])?;
    }
    out.align()
}

/// What is found out about documents.
struct Found {
    /// Of each document, what its words may earn, as bytes.
    caps: Vec<Vec<u8>>,
    /// Entries of the phrase table.
    phrases: Vec<u64>,
    singles: Packing,
    /// Sum over the documents of their numbers of distinct words.
    distinct: u64,
    grams: Grams,
}

impl Found {
    fn of(documents: &[Source<'_>], around: &Surroundings<'_>) -> Self {
        let others: Vec<&[u64]> = around.others.iter().map(|o| o.entries).collect();
        let numbered = Numbered::of(documents);
        let (caps, phrases, singles, distinct) = {
            let elsewhere = Elsewhere { tables: &others, gone: around.gone, let_go: around.let_go };
            let counted = count(documents, &numbered, &elsewhere);
            (caps(documents, &counted, around), counted.own, counted.singles, counted.distinct)
        };
        let grams = match around.codebook {
            Some(book) if !scan_is_enough(numbered.numbers.len()) => Grams::of(documents, &numbered, book),
            _ => Grams::default(),
        };
        Self { caps, phrases, singles, distinct, grams }
    }
}

/// What each word may earn, as bytes.
fn caps(documents: &[Source<'_>], counted: &Counted<'_>, around: &Surroundings<'_>) -> Vec<Vec<u8>> {
    let language = Language { distinct: counted.distinct + around.others.iter().map(|o| o.distinct).sum::<u64>() };
    let table = match &counted.everywhere {
        Everywhere::ByPlace(sightings) => {
            let room = || (Reader::new(sightings), Vec::new());
            let numbered = documents.par_iter().enumerate();
            let read = |(reader, seen): &mut (Reader<'_>, Vec<_>), (number, document): (usize, &Source<'_>)| {
                reader.read(number, seen);
                cap_bytes(document, around.family, language.phrase_caps(seen))
            };
            return numbered.map_init(room, read).collect();
        }
        Everywhere::ByHash(table) => PhraseTable::new(table.as_ref().unwrap_or(&counted.own)),
    };
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    let at_a_time = (documents.len() * CAPPED_AT_A_TIME / words.max(1)).max(1);
    let looked_up = |documents: &_| looked_up_cap_bytes(documents, around.family, &language, &table);
    documents.par_chunks(at_a_time).flat_map_iter(looked_up).collect()
}

/// Words whose phrases are looked up at a time, about: bounds memory.
const CAPPED_AT_A_TIME: usize = 1 << 15;

/// An inverted file of 2-grams of visual words.
#[derive(Default)]
struct Grams {
    directory_bits: u32,
    /// Where the postings begin whose keys begin with some bits; one more at the end.
    directory: Vec<u32>,
    /// Places of the 2-grams' first words, by key and place.
    postings: Vec<u32>,
    /// Last bits of the keys.
    tags: Vec<u8>,
}

impl Grams {
    fn of(documents: &[Source<'_>], numbered: &Numbered, book: &Codebook) -> Self {
        let words = numbered.numbers.len();
        let key_bits = book.key_bits();
        let directory_bits = (words.max(1).ilog2().saturating_sub(2))
            .clamp(key_bits.saturating_sub(8).max(1), key_bits.min(MAX_DIRECTORY_BITS));
        let visual = visual_words(documents, numbered, book);
        let low_bits = key_bits - directory_bits;
        let mut directory = vec![0u32; (1 << directory_bits) + 1];
        let (mut postings, mut tags) = (Vec::with_capacity(words), Vec::with_capacity(words));
        // By the keys' first bits, one part after the other: memory for the sort is bounded.
        let part_bits = words.div_ceil(GRAMS_AT_A_TIME).next_power_of_two().ilog2().min(key_bits);
        for part in 0..1u64 << part_bits {
            let emit = |first: usize, some: &[u16], buckets: &mut Buckets| {
                for (place, pair) in (first..).zip(visual[first..].windows(2)).take(some.len()) {
                    if pair[0] == SEPARATOR || pair[1] == SEPARATOR {
                        continue;
                    }
                    let key = u64::from(book.key(pair[0], pair[1]));
                    if key >> (key_bits - part_bits) == part {
                        buckets.push(key << 32 | place as u64);
                    }
                }
            };
            // Places come in order and stay so.
            let by = SortedBits { common: 32 - key_bits + part_bits, ignored: 32, even: false };
            let take = |(): &mut (), _, _, grams: &mut Vec<u64>| {
                let slots = grams.chunk_by(|a, b| (a ^ b) >> 32 >> low_bits == 0);
                let counts: Vec<(u64, u32)> = slots.map(|s| (s[0] >> 32 >> low_bits, s.len() as u32)).collect();
                let places: Vec<u32> = grams.iter().map(|&gram| gram as u32).collect();
                let lows: Vec<u8> = grams.iter().map(|gram| (gram >> 32 & ((1 << low_bits) - 1)) as u8).collect();
                (counts, places, lows)
            };
            for (counts, places, lows) in sort_in_buckets(&visual, words >> part_bits, by, emit, take) {
                counts.into_iter().for_each(|(slot, count)| directory[slot as usize + 1] += count);
                postings.extend(places);
                tags.extend(lows);
            }
        }
        for k in 1..directory.len() {
            directory[k] += directory[k - 1];
        }
        Self { directory_bits, directory, postings, tags }
    }
}

/// 2-grams sorted at a time.
const GRAMS_AT_A_TIME: usize = 1 << 21;
/// Stands between two documents' visual words.
const SEPARATOR: u16 = u16::MAX;

/// The visual word of each place; a separator after each document. Each distinct word is compared with the prototypes once.
fn visual_words(documents: &[Source<'_>], numbered: &Numbered, book: &Codebook) -> Vec<u16> {
    let kernels = Kernels::best();
    let nearest = |word: &DistinctWord| {
        let (document, k) = word.first;
        book.nearest(documents[document as usize].first_face(), k as usize, &kernels)
    };
    let visual: Vec<u16> = numbered.words.par_iter().map(nearest).collect();
    let mut all = Vec::with_capacity(numbered.numbers.len() + documents.len());
    let mut rest = numbered.numbers.as_slice();
    for document in documents {
        let (now, later) = rest.split_at(document.widths.len());
        all.extend(now.iter().map(|&number| visual[number as usize]));
        all.push(SEPARATOR);
        rest = later;
    }
    all
}

/// Writes a body with its blocks' checksums, then the header.
struct Blocks<W: Write + Seek> {
    out: BufWriter<W>,
    block: crc32fast::Hasher,
    /// Bytes in the block.
    filled: usize,
    /// Bytes of the body.
    written: usize,
    sums: Vec<u32>,
}

impl<W: Write + Seek> Blocks<W> {
    fn new(out: W) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, out);
        out.write_all(&[0; HEADER])?;
        Ok(Self { out, block: crc32fast::Hasher::new(), filled: 0, written: 0, sums: Vec::new() })
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len();
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block.update(now);
            self.out.write_all(now)?;
            self.filled += now.len();
            bytes = rest;
            if self.filled == BLOCK {
                self.end_block();
            }
        }
        Ok(())
    }

    fn write_numbers<N: bytemuck::NoUninit>(&mut self, numbers: &[N]) -> io::Result<()> {
        self.write(bytemuck::cast_slice(numbers))
    }

    fn end_block(&mut self) {
        self.sums.push(std::mem::take(&mut self.block).finalize());
        self.filled = 0;
    }

    /// Pads to a multiple of 8 bytes.
    fn align(&mut self) -> io::Result<()> {
        let missing = self.written.next_multiple_of(8) - self.written;
        self.write(&[0; 8][..missing])
    }

    fn finish(mut self, header: Header) -> io::Result<()> {
        self.align()?;
        if self.filled > 0 {
            self.end_block();
        }
        let mut sums: Vec<u8> = self.sums.iter().flat_map(|s| s.to_le_bytes()).collect();
        sums.resize(sums.len().next_multiple_of(8), 0);
        self.out.write_all(&sums)?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.to_bytes(crc32fast::hash(&sums)))?;
        self.out.flush()
    }
}
