//! Makes segments: from new documents, and from those of older segments.

use std::io::{self, Seek, Write};

use rayon::prelude::*;

use super::blocks::Blocks;
use super::count::{Counted, Elsewhere, Everywhere, count};
use super::document::SourceDocument;
use super::frequencies::Reader;
use super::inverted::{InvertedFile, MIN_INDEXED_WORDS};
use super::surprisal::{Language, cap_bytes, looked_up_cap_bytes};
use super::tombstones::Tombstones;
use super::vocabulary::Vocabulary;
use crate::fingerprint::Family;
use crate::index::file::{Codebook, Header, Packing};
use crate::index::ngrams::DocumentFrequencies;

/// What a new segment has to know of the catalogue around it.
pub(crate) struct Surroundings<'a> {
    pub(crate) family: Family,
    /// Codes of a word.
    pub(crate) faces: usize,
    /// Prototypes for the inverted file; none for a catalogue that is too small for one.
    pub(crate) codebook: Option<&'a Codebook>,
    /// N-grams of the segments that stay.
    pub(crate) others: &'a [NgramTable<'a>],
    /// Documents of those that are gone.
    pub(crate) gone: &'a Tombstones,
    /// So many of the new documents, the last ones, are public texts: their n-grams are not counted, so that they
    /// change nothing of what words of mails may earn.
    pub(crate) public: usize,
    /// Lets go of what was read of their files; called now and then.
    pub(crate) evict: &'a (dyn Fn() + Sync),
}

/// A segment's n-grams as they are stored.
pub(crate) struct NgramTable<'a> {
    pub(crate) entries: &'a [u64],
    /// Sum over the documents of their numbers of distinct words.
    pub(crate) distinct: u64,
}

/// Writes a segment. The documents come in the order given.
///
/// Memory: some 9 bytes a word, and [`count`]'s. Time: some microseconds a word, spread over the cores.
pub(crate) fn write(
    out: impl Write + Seek + Send,
    documents: &[SourceDocument<'_>],
    around: &Surroundings<'_>,
) -> io::Result<()> {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    let positions = u32::try_from(words + documents.len()).ok().filter(|&p| p <= 1 << 30);
    let names: usize = documents.iter().flat_map(|d| &d.ids).map(|id| 4 + id.len()).sum();
    let metadata_bytes: usize = documents.iter().map(|d| d.metadata.len()).sum();
    let texts = (u32::try_from(names), u32::try_from(metadata_bytes));
    let (Some(positions), (Ok(names), Ok(metadata_bytes)), true) = (positions, texts, documents.len() < 1 << 24) else {
        return Err(io::Error::other("a segment holds at most 1 billion words and 16 million documents"));
    };
    let mut out = Blocks::new(out)?;
    // What documents bring along goes to the file while the rest is found out.
    let (written, Found { caps, ngrams, hapaxes, distinct, inverted }) =
        rayon::join(|| write_documents(&mut out, documents), || Found::new(documents, around));
    written?;
    let header = Header {
        family: around.family,
        faces: around.faces as u8,
        documents: documents.len() as u32,
        positions,
        grams: inverted.postings.len() as u32,
        directory_bits: inverted.directory_bits,
        ngrams: ngrams.len() as u32,
        hapaxes: hapaxes.len() as u32,
        hapaxes_bits: hapaxes.directory_bits,
        sample: 0,
        names,
        metadata_bytes,
        codebook: around.codebook.map_or(0, Codebook::crc),
        distinct,
        beside: around.others.len() as u32,
    };

    for document in &caps {
        out.write(document)?;
        out.write(&[0])?;
    }
    out.align()?;
    out.write_numbers(&inverted.directory)?;
    out.align()?;
    out.write_numbers(&inverted.postings)?;
    out.align()?;
    out.write(&inverted.tags)?;
    out.align()?;
    out.write_numbers(&ngrams)?;
    out.write_numbers(&hapaxes.directory())?;
    out.align()?;
    out.write(&hapaxes.bytes)?;
    out.finish(header)
}

/// Writes what documents bring along.
fn write_documents(out: &mut Blocks<impl Write + Seek>, documents: &[SourceDocument<'_>]) -> io::Result<()> {
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
        end += document.metadata.len() as u32;
        out.write(&end.to_le_bytes())?;
    }
    out.align()?;
    documents.iter().try_for_each(|d| out.write(d.metadata))?;
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
    /// Entries of the n-gram table.
    ngrams: Vec<u64>,
    hapaxes: Packing,
    /// Sum over the documents of their numbers of distinct words.
    distinct: u64,
    inverted: InvertedFile,
}

impl Found {
    fn new(documents: &[SourceDocument<'_>], around: &Surroundings<'_>) -> Self {
        let others: Vec<&[u64]> = around.others.iter().map(|o| o.entries).collect();
        let (mails, public) = documents.split_at(documents.len() - around.public);
        let mut vocabulary = Vocabulary::new(mails);
        let (caps, ngrams, hapaxes, distinct) = {
            let elsewhere = Elsewhere { tables: &others, gone: around.gone, evict: around.evict };
            let counted = count(mails, &vocabulary, &elsewhere);
            let mut caps = caps(mails, &counted, around);
            // As if each stood in the place of one of the mails that have its n-grams.
            let table = DocumentFrequencies::new(&counted.own);
            caps.extend(looked_up_caps(public, &language(&counted, around), around.family, &table));
            (caps, counted.own, counted.hapaxes, counted.distinct)
        };
        if !public.is_empty() {
            vocabulary = Vocabulary::new(documents);
        }
        let inverted = match around.codebook {
            Some(book) if vocabulary.numbers.len() >= MIN_INDEXED_WORDS => {
                InvertedFile::new(documents, &vocabulary, book)
            }
            _ => InvertedFile::default(),
        };
        Self { caps, ngrams, hapaxes, distinct, inverted }
    }
}

/// What each word may earn, as bytes.
fn caps(documents: &[SourceDocument<'_>], counted: &Counted<'_>, around: &Surroundings<'_>) -> Vec<Vec<u8>> {
    let language = language(counted, around);
    let table = match &counted.everywhere {
        Everywhere::ByPosition(occurrences) => {
            let room = || (Reader::new(occurrences), Vec::new());
            let vocabulary = documents.par_iter().enumerate();
            let read = |(reader, seen): &mut (Reader<'_>, Vec<_>), (number, document): (usize, &SourceDocument<'_>)| {
                reader.read(number, seen);
                cap_bytes(document, around.family, language.ngram_caps(seen))
            };
            return vocabulary.map_init(room, read).collect();
        }
        Everywhere::ByHash(table) => DocumentFrequencies::new(table.as_ref().unwrap_or(&counted.own)),
    };
    looked_up_caps(documents, &language, around.family, &table)
}

/// The language of new documents and those around them.
fn language(counted: &Counted<'_>, around: &Surroundings<'_>) -> Language {
    Language { distinct: counted.distinct + around.others.iter().map(|o| o.distinct).sum::<u64>() }
}

/// The same as [`caps`], looked up in a table.
fn looked_up_caps(
    documents: &[SourceDocument<'_>],
    language: &Language,
    family: Family,
    table: &DocumentFrequencies<'_>,
) -> Vec<Vec<u8>> {
    let words: usize = documents.iter().map(|d| d.widths.len()).sum();
    let at_a_time = (documents.len() * CAPPED_AT_A_TIME / words.max(1)).max(1);
    let looked_up = |documents: &_| looked_up_cap_bytes(documents, family, language, table);
    documents.par_chunks(at_a_time).flat_map_iter(looked_up).collect()
}

/// Words whose n-grams are looked up at a time, about: bounds memory.
///
/// Tuned (words): chosen by eye.
const CAPPED_AT_A_TIME: usize = 1 << 15;
