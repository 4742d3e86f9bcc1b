//! Segments: immutable documents, as files that are mapped and used as they are. The byte table is in the design page.
//!
//! Opening reads the header and the documents' starts. All else is read where a search needs it, block by block of
//! [`BLOCK`] bytes, and each block is compared with its checksum before its first use.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;

use super::map::Bytes;
use super::singles::{self, Singles};
use crate::Error;
use crate::fingerprint::Family;

#[cfg(target_endian = "big")]
compile_error!("segments are little-endian and used as they are: big-endian machines are not supported");

const MAGIC: [u8; 8] = *b"LEAKSEG\0";
const VERSION: u32 = 3;
/// The oldest version that is read: it has no singles, and a sample of codes that nothing reads any more.
const OLDEST_VERSION: u32 = 2;
pub(super) const HEADER: usize = 80;
/// Bytes that share a checksum.
pub(super) const BLOCK: usize = 16 << 10;

/// What a segment's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) family: Family,
    /// Codes of a word.
    pub(crate) faces: u8,
    pub(crate) documents: u32,
    /// Words, and one separator a document.
    pub(crate) places: u32,
    /// Entries of the inverted file.
    pub(crate) grams: u32,
    /// Leading bits of a 2-gram's key that the directory knows; 0 without an inverted file.
    pub(crate) directory_bits: u32,
    /// Entries of the phrase table.
    pub(crate) phrases: u32,
    /// Phrases of one document alone.
    pub(crate) singles: u32,
    /// Leading bits of their hashes that the directory knows; 0 if they were not kept.
    pub(crate) singles_bits: u32,
    /// Codes in the sample of version 2.
    pub(crate) sample: u32,
    /// Bytes of the ids.
    pub(crate) names: u32,
    /// Bytes of what is known of the documents besides their words.
    pub(crate) abouts: u32,
    /// Checksum of the codebook that the inverted file was made with.
    pub(crate) codebook: u32,
    /// Sum over the documents of their numbers of distinct words.
    pub(crate) distinct: u64,
    /// Segments that stood beside it when its words' caps were reckoned.
    pub(crate) beside: u32,
}

impl Header {
    /// 64-bit words a place: faces × words a code.
    pub(crate) fn lanes(&self) -> usize {
        usize::from(self.faces) * self.family.bits().div_ceil(64)
    }

    /// Words, separators left out.
    pub(crate) fn words(&self) -> usize {
        (self.places - self.documents) as usize
    }

    pub(super) fn to_bytes(self, sums_crc: u32) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(&MAGIC);
        let numbers = [
            VERSION,
            u32::from_le_bytes([self.family.id(), self.family.version(), self.faces, 0]),
            self.documents,
            self.places,
            self.grams,
            self.directory_bits,
            self.phrases,
            self.singles,
            self.names,
            self.codebook,
            self.distinct as u32,
            (self.distinct >> 32) as u32,
            self.abouts,
            sums_crc,
            self.singles_bits,
            self.beside,
        ];
        for (k, number) in numbers.iter().enumerate() {
            out[8 + 4 * k..][..4].copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32fast::hash(&out[..HEADER - 4]);
        out[HEADER - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The header and the checksum of the table of checksums.
    fn parse(path: &Path, bytes: &[u8]) -> Result<(Self, u32), Error> {
        let bad = |reason: String| Error::file(path, reason);
        if bytes.len() < HEADER || bytes[..8] != MAGIC {
            return Err(bad("it is no segment of a leakprint catalogue".into()));
        }
        let number = |k: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[8 + 4 * k + i]));
        if !(OLDEST_VERSION..=VERSION).contains(&number(0)) {
            let (found, oldest) = (number(0), OLDEST_VERSION);
            let reason =
                format!("it is of version {found}, this release reads versions {oldest} to {VERSION}: build it anew");
            return Err(bad(reason));
        }
        let (stored, found) = (number(17), crc32fast::hash(&bytes[..HEADER - 4]));
        if stored != found {
            return Err(bad("its header's checksum is wrong: the file is damaged".into()));
        }
        let [id, version, faces, _] = number(1).to_le_bytes();
        let header = Self {
            family: Family::from_tag(id, version).map_err(|e| bad(e.to_string()))?,
            faces,
            documents: number(2),
            places: number(3),
            grams: number(4),
            directory_bits: number(5),
            phrases: number(6),
            singles: if number(0) == OLDEST_VERSION { 0 } else { number(7) },
            singles_bits: number(14),
            sample: if number(0) == OLDEST_VERSION { number(7) } else { 0 },
            names: number(8),
            codebook: number(9),
            distinct: u64::from(number(10)) | u64::from(number(11)) << 32,
            abouts: number(12),
            beside: number(15),
        };
        let kept = if number(0) == OLDEST_VERSION { &[0][..] } else { &[8, 16, 24] };
        let limits = faces == 0
            || !kept.contains(&header.singles_bits)
            || header.directory_bits > MAX_DIRECTORY_BITS
            || header.documents > header.places;
        if limits || header.documents >= 1 << 24 || header.places > 1 << 31 {
            return Err(bad("its header's numbers contradict each other".into()));
        }
        Ok((header, number(13)))
    }
}

/// The largest directory: 256 MB.
pub(super) const MAX_DIRECTORY_BITS: u32 = 26;

/// Where each section stands, in bytes of the file. All begin at multiples of 8.
#[derive(Clone, Debug, Default)]
struct Layout {
    starts: Range<usize>,
    contents: Range<usize>,
    undrawn: Range<usize>,
    name_ends: Range<usize>,
    names: Range<usize>,
    about_ends: Range<usize>,
    abouts: Range<usize>,
    lanes: Range<usize>,
    widths: Range<usize>,
    caps: Range<usize>,
    directory: Range<usize>,
    postings: Range<usize>,
    tags: Range<usize>,
    phrases: Range<usize>,
    singles_directory: Range<usize>,
    singles: Range<usize>,
    sums: Range<usize>,
}

impl Layout {
    fn of(header: &Header) -> Self {
        let mut at = HEADER;
        let mut section = |items: usize, size: usize| {
            let start = at;
            at = (start + items * size).next_multiple_of(8);
            start..start + items * size
        };
        let (documents, places) = (header.documents as usize, header.places as usize);
        let directory = if header.directory_bits == 0 { 0 } else { (1usize << header.directory_bits) + 1 };
        let mut this = Self {
            starts: section(documents + 1, 4),
            contents: section(documents, 8),
            undrawn: section(documents, 4),
            name_ends: section(documents + 1, 4),
            names: section(header.names as usize, 1),
            about_ends: section(documents + 1, 4),
            abouts: section(header.abouts as usize, 1),
            lanes: section(header.lanes() * places, 8),
            widths: section(places, 1),
            caps: section(places, 1),
            directory: section(directory, 4),
            postings: section(header.grams as usize, 4),
            tags: section(header.grams as usize, 1),
            phrases: section(header.phrases as usize, 8),
            singles_directory: section(singles::directory_len(header.singles_bits), 4),
            singles: section(singles::packed_len(header.singles_bits, header.singles as usize), 1),
            sums: 0..0,
        };
        let end = section(header.lanes() * header.sample as usize, 8).end;
        this.sums = end..end + 4 * (end - HEADER).div_ceil(BLOCK);
        this
    }
}

/// Immutable documents.
pub(crate) struct Segment {
    path: PathBuf,
    bytes: Bytes,
    header: Header,
    layout: Layout,
    /// Which blocks have been compared with their checksums.
    sound: Vec<AtomicBool>,
}

/// A document of a segment, before its ids were changed.
pub(crate) struct Stored<'a> {
    pub(crate) content: u64,
    pub(crate) undrawn: u32,
    /// What is known of it besides its words.
    pub(crate) about: &'a [u8],
    /// Codes, lane by lane: face by face, the 64-bit words of its codes.
    pub(crate) lanes: Vec<&'a [u64]>,
    pub(crate) widths: &'a [u8],
}

impl Segment {
    /// Maps a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        // An empty file cannot be mapped.
        if file.metadata().map_err(Error::io(path))?.len() < HEADER as u64 {
            return Err(Error::file(path, "it is no segment of a leakprint catalogue"));
        }
        Self::parse(path, Bytes::map(&file).map_err(Error::io(path))?)
    }

    /// A segment held in memory.
    pub(crate) fn held(bytes: &[u8]) -> Result<Self, Error> {
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        Self::parse(Path::new("a segment in memory"), Bytes::Held(words.collect()))
    }

    fn parse(path: &Path, bytes: Bytes) -> Result<Self, Error> {
        let (header, sums_crc) = Header::parse(path, &bytes)?;
        let layout = Layout::of(&header);
        let expected = layout.sums.end.next_multiple_of(8);
        if bytes.len() != expected {
            let reason = format!("it is {} bytes long, by its header it has {expected}", bytes.len());
            return Err(Error::file(path, reason));
        }
        if crc32fast::hash(&bytes[layout.sums.start..]) != sums_crc {
            return Err(Error::file(path, "its table of checksums is damaged"));
        }
        let blocks = layout.sums.len() / 4;
        let sound = (0..blocks).map(|_| AtomicBool::new(false)).collect();
        let this = Self { path: path.to_owned(), bytes, header, layout, sound };
        let starts: &[u32] = this.all(&this.layout.starts)?;
        let rising = starts.windows(2).all(|s| s[0] < s[1]);
        if starts[0] != 0 || starts[starts.len() - 1] != header.places || !rising {
            return Err(Error::file(path, "its documents' places contradict each other"));
        }
        Ok(this)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file, and of the memory where it is mapped.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes taken up besides the file's.
    pub(crate) fn memory_usage(&self) -> usize {
        self.sound.len()
    }

    /// Lets go of the pages that were read: they take up no memory until they are needed again.
    pub(crate) fn let_go(&self) {
        self.bytes.let_go();
    }

    /// Compares the blocks that hold these bytes with their checksums, unless that was done.
    fn check(&self, range: Range<usize>) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        for block in (range.start - HEADER) / BLOCK..=(range.end - 1 - HEADER) / BLOCK {
            if self.sound[block].load(Ordering::Relaxed) {
                continue;
            }
            let start = HEADER + block * BLOCK;
            let end = (start + BLOCK).min(self.layout.sums.start);
            let sum: &[u32] = bytemuck::cast_slice(&self.bytes[self.layout.sums.start + 4 * block..][..4]);
            if crc32fast::hash(&self.bytes[start..end]) != sum[0] {
                let reason = format!("bytes {start} to {end} do not agree with their checksum: the file is damaged");
                return Err(Error::file(&self.path, reason));
            }
            self.sound[block].store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Items of a section, checked.
    #[inline]
    fn items<T: Pod>(&self, section: &Range<usize>, items: Range<usize>) -> Result<&[T], Error> {
        let size = size_of::<T>();
        let range = section.start + items.start * size..section.start + items.end * size;
        if items.start > items.end || range.end > section.end {
            return Err(Error::file(&self.path, "its numbers point outside of it: the file is damaged"));
        }
        self.check(range.clone())?;
        Ok(bytemuck::cast_slice(&self.bytes[range]))
    }

    fn all<T: Pod>(&self, section: &Range<usize>) -> Result<&[T], Error> {
        self.items(section, 0..section.len() / size_of::<T>())
    }

    /// A section that was checked when the segment was opened.
    fn starts(&self) -> &[u32] {
        bytemuck::cast_slice(&self.bytes[self.layout.starts.clone()])
    }

    /// The places of a document, its separator left out.
    pub(crate) fn places(&self, ordinal: usize) -> Range<usize> {
        let starts = self.starts();
        starts[ordinal] as usize..starts[ordinal + 1] as usize - 1
    }

    /// The document that holds a place.
    pub(crate) fn document_at(&self, place: u32) -> usize {
        self.starts().partition_point(|&s| s <= place) - 1
    }

    /// Codes at these places, lane by lane.
    pub(crate) fn lanes(&self, places: Range<usize>) -> Result<Vec<&[u64]>, Error> {
        let count = self.header.places as usize;
        let lane = |k: usize| self.items(&self.layout.lanes, k * count + places.start..k * count + places.end);
        (0..self.header.lanes()).map(lane).collect()
    }

    /// What words at these places may earn, as [`cap_units`](super::cap_units) reads it.
    pub(crate) fn caps(&self, places: Range<usize>) -> Result<&[u8], Error> {
        self.items(&self.layout.caps, places)
    }

    /// A document's codes and what belongs to them.
    pub(crate) fn document(&self, ordinal: usize) -> Result<Stored<'_>, Error> {
        let places = self.places(ordinal);
        Ok(Stored {
            content: self.items::<u64>(&self.layout.contents, ordinal..ordinal + 1)?[0],
            undrawn: self.items::<u32>(&self.layout.undrawn, ordinal..ordinal + 1)?[0],
            about: self.about(ordinal)?,
            lanes: self.lanes(places.clone())?,
            widths: self.items(&self.layout.widths, places)?,
        })
    }

    /// A document's ids, as they were when the segment was written.
    pub(crate) fn ids(&self, ordinal: usize) -> Result<Vec<&str>, Error> {
        let ends: &[u32] = self.items(&self.layout.name_ends, ordinal..ordinal + 2)?;
        let mut rest: &[u8] = self.items(&self.layout.names, ends[0] as usize..ends[1] as usize)?;
        let mut ids = Vec::new();
        let damaged = || Error::file(&self.path, format!("the ids of document {ordinal} are damaged"));
        while !rest.is_empty() {
            let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
            let (id, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
            ids.push(std::str::from_utf8(id).map_err(|_| damaged())?);
            rest = tail;
        }
        Ok(ids)
    }

    /// What is known of a document besides its words, as the catalogue wrote it.
    pub(crate) fn about(&self, ordinal: usize) -> Result<&[u8], Error> {
        let ends: &[u32] = self.items(&self.layout.about_ends, ordinal..ordinal + 2)?;
        self.items(&self.layout.abouts, ends[0] as usize..ends[1] as usize)
    }

    /// Widths of words at these places.
    pub(crate) fn widths_at(&self, places: Range<usize>) -> Result<&[u8], Error> {
        self.items(&self.layout.widths, places)
    }

    /// Widths of a document's words.
    pub(crate) fn widths(&self, ordinal: usize) -> Result<&[u8], Error> {
        self.widths_at(self.places(ordinal))
    }

    /// The hash of a document's text.
    pub(crate) fn content(&self, ordinal: usize) -> Result<u64, Error> {
        Ok(self.items::<u64>(&self.layout.contents, ordinal..ordinal + 1)?[0])
    }

    /// The phrase table, see [`phrases`](super::phrases).
    pub(crate) fn phrases(&self) -> Result<&[u64], Error> {
        self.all(&self.layout.phrases)
    }

    /// Phrases of one document alone, see [`singles`](super::singles).
    pub(super) fn singles(&self) -> Result<Singles<'_>, Error> {
        let bits = self.header.singles_bits;
        Ok(Singles::new(bits, self.all(&self.layout.singles_directory)?, self.all(&self.layout.singles)?))
    }

    /// The places of each of many 2-grams of visual words, keys of `key_bits` bits.
    ///
    /// Section by section instead of key by key: nearly each access misses the caches, and so they are waited for together.
    pub(crate) fn postings(&self, keys: impl Iterator<Item = u32>, key_bits: u32) -> Result<Vec<&[u32]>, Error> {
        let low_bits = key_bits - self.header.directory_bits;
        let range = |key: u32| {
            let bucket = (key >> low_bits) as usize;
            let ends: &[u32] = self.items(&self.layout.directory, bucket..bucket + 2)?;
            Ok(((key & ((1 << low_bits) - 1)) as u8, ends[0] as usize..ends[1] as usize))
        };
        let buckets: Vec<(u8, Range<usize>)> = keys.map(range).collect::<Result<_, Error>>()?;
        let places = |(tag, bucket): (u8, Range<usize>)| {
            if bucket.is_empty() {
                return Ok(&[] as &[u32]);
            }
            let tags: &[u8] = self.items(&self.layout.tags, bucket.clone())?;
            let low = tags.partition_point(|&t| t < tag);
            let count = tags[low..].partition_point(|&t| t == tag);
            self.items(&self.layout.postings, bucket.start + low..bucket.start + low + count)
        };
        buckets.into_iter().map(places).collect()
    }

    /// Compares everything with its checksum, and numbers with each other.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        self.check(HEADER..self.layout.sums.start)?;
        let contradiction = |what: &str| Error::file(&self.path, format!("{what} contradict each other"));
        for ordinal in 0..self.header.documents as usize {
            self.ids(ordinal)?;
            self.about(ordinal)?;
        }
        let caps = self.caps(0..self.header.places as usize)?;
        let separators = caps.iter().filter(|&&c| c == 0).count();
        if separators != self.header.documents as usize || self.starts()[1..].iter().any(|&s| caps[s as usize - 1] != 0)
        {
            return Err(contradiction("its documents and their words' caps"));
        }
        let directory: &[u32] = self.all(&self.layout.directory)?;
        let postings: &[u32] = self.all(&self.layout.postings)?;
        let ends = directory.last().map_or(self.header.grams == 0, |&l| l == self.header.grams);
        if !directory.is_sorted() || !ends || postings.iter().any(|&p| p >= self.header.places) {
            return Err(contradiction("its inverted file's numbers"));
        }
        if !self.phrases()?.is_sorted() || !self.singles()?.is_sound() {
            return Err(contradiction("its phrases"));
        }
        Ok(())
    }
}
