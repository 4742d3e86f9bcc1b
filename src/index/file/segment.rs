//! Segments: immutable documents, as files that are mapped and used as they are. The byte table is in the format page.
//!
//! Opening reads the header and the documents' starts. All else is read where a search needs it, block by block of
//! [`BLOCK`] bytes, and each block is compared with its checksum before its first use.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytemuck::Pod;

use super::hapaxes::Hapaxes;
use super::header::{BLOCK, HEADER, Header, Layout};
use super::map::Bytes;
use crate::Error;

#[cfg(target_endian = "big")]
compile_error!("segments are little-endian and used as they are: big-endian machines are not supported");

/// Refuses pipes and devices, which may never end.
pub(crate) fn refuse_special(path: &Path) -> Result<(), Error> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(Error::file(path, "it is no regular file")),
        // What is missing, or hidden, is told by whoever opens it.
        _ => Ok(()),
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
pub(crate) struct StoredDocument<'a> {
    pub(crate) content: u64,
    pub(crate) undrawn: u32,
    /// What is known of it besides its words.
    pub(crate) metadata: &'a [u8],
    /// Codes, lane by lane: face by face, the 64-bit words of its codes.
    pub(crate) lanes: Vec<&'a [u64]>,
    pub(crate) widths: &'a [u8],
}

impl Segment {
    /// Maps a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        refuse_special(path)?;
        let file = File::open(path).map_err(Error::io(path))?;
        // An empty file cannot be mapped.
        if file.metadata().map_err(Error::io(path))?.len() < HEADER as u64 {
            return Err(Error::file(path, "it is no segment of a leakprint catalogue"));
        }
        Self::parse(path, Bytes::map(&file).map_err(Error::io(path))?)
    }

    /// A segment held in memory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        Self::parse(Path::new("a segment in memory"), Bytes::Held(words.collect()))
    }

    fn parse(path: &Path, bytes: Bytes) -> Result<Self, Error> {
        let (header, sums_crc) = Header::parse(path, &bytes)?;
        let too_long = || Error::file(path, "it is longer than this machine can map: use a 64-bit build");
        let layout = Layout::new(&header).ok_or_else(too_long)?;
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
        if starts[0] != 0 || starts[starts.len() - 1] != header.positions || !rising {
            return Err(Error::file(path, "its documents' positions contradict each other"));
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
    pub(crate) fn evict(&self) {
        self.bytes.evict();
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

    /// The positions of a document, its separator left out.
    pub(crate) fn positions(&self, ordinal: usize) -> Range<usize> {
        let starts = self.starts();
        starts[ordinal] as usize..starts[ordinal + 1] as usize - 1
    }

    /// The document that holds a position.
    pub(crate) fn document_at(&self, position: u32) -> usize {
        self.starts().partition_point(|&s| s <= position) - 1
    }

    /// Codes at these positions, lane by lane.
    pub(crate) fn lanes(&self, positions: Range<usize>) -> Result<Vec<&[u64]>, Error> {
        let count = self.header.positions as usize;
        let lane = |k: usize| self.items(&self.layout.lanes, k * count + positions.start..k * count + positions.end);
        (0..self.header.lanes()).map(lane).collect()
    }

    /// What words at these positions may earn, as [`cap_units`](super::cap_units) reads it.
    pub(crate) fn caps(&self, positions: Range<usize>) -> Result<&[u8], Error> {
        self.items(&self.layout.caps, positions)
    }

    /// A document's codes and what belongs to them.
    pub(crate) fn document(&self, ordinal: usize) -> Result<StoredDocument<'_>, Error> {
        let positions = self.positions(ordinal);
        Ok(StoredDocument {
            content: self.items::<u64>(&self.layout.contents, ordinal..ordinal + 1)?[0],
            undrawn: self.items::<u32>(&self.layout.undrawn, ordinal..ordinal + 1)?[0],
            metadata: self.metadata(ordinal)?,
            lanes: self.lanes(positions.clone())?,
            widths: self.items(&self.layout.widths, positions)?,
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
    pub(crate) fn metadata(&self, ordinal: usize) -> Result<&[u8], Error> {
        let ends: &[u32] = self.items(&self.layout.metadata_ends, ordinal..ordinal + 2)?;
        self.items(&self.layout.metadata_bytes, ends[0] as usize..ends[1] as usize)
    }

    /// Widths of words at these positions.
    pub(crate) fn widths_at(&self, positions: Range<usize>) -> Result<&[u8], Error> {
        self.items(&self.layout.widths, positions)
    }

    /// Widths of a document's words.
    pub(crate) fn widths(&self, ordinal: usize) -> Result<&[u8], Error> {
        self.widths_at(self.positions(ordinal))
    }

    /// The hash of a document's text.
    pub(crate) fn content(&self, ordinal: usize) -> Result<u64, Error> {
        Ok(self.items::<u64>(&self.layout.contents, ordinal..ordinal + 1)?[0])
    }

    /// The n-gram table, see [`ngrams`](super::ngrams).
    pub(crate) fn ngrams(&self) -> Result<&[u64], Error> {
        self.all(&self.layout.ngrams)
    }

    /// N-grams of one document alone, see [`hapaxes`](super::hapaxes).
    pub(crate) fn hapaxes(&self) -> Result<Hapaxes<'_>, Error> {
        let bits = self.header.hapaxes_bits;
        Ok(Hapaxes::new(bits, self.all(&self.layout.hapaxes_directory)?, self.all(&self.layout.hapaxes)?))
    }

    /// The positions of each of many 2-grams of visual words, keys of `key_bits` bits.
    ///
    /// Section by section instead of key by key: nearly each access misses the caches, and so they are waited for
    /// together.
    pub(crate) fn postings(&self, keys: impl Iterator<Item = u32>, key_bits: u32) -> Result<Vec<&[u32]>, Error> {
        let low_bits = key_bits - self.header.directory_bits;
        let range = |key: u32| {
            let bucket = (key >> low_bits) as usize;
            let ends: &[u32] = self.items(&self.layout.directory, bucket..bucket + 2)?;
            Ok(((key & ((1 << low_bits) - 1)) as u8, ends[0] as usize..ends[1] as usize))
        };
        let buckets: Vec<(u8, Range<usize>)> = keys.map(range).collect::<Result<_, Error>>()?;
        let positions = |(tag, bucket): (u8, Range<usize>)| {
            if bucket.is_empty() {
                return Ok(&[] as &[u32]);
            }
            let tags: &[u8] = self.items(&self.layout.tags, bucket.clone())?;
            let low = tags.partition_point(|&t| t < tag);
            let count = tags[low..].partition_point(|&t| t == tag);
            self.items(&self.layout.postings, bucket.start + low..bucket.start + low + count)
        };
        buckets.into_iter().map(positions).collect()
    }

    /// Compares everything with its checksum, and numbers with each other.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        self.check(HEADER..self.layout.sums.start)?;
        let contradiction = |what: &str| Error::file(&self.path, format!("{what} contradict each other"));
        for ordinal in 0..self.header.documents as usize {
            self.ids(ordinal)?;
            self.metadata(ordinal)?;
        }
        let caps = self.caps(0..self.header.positions as usize)?;
        let separators = caps.iter().filter(|&&c| c == 0).count();
        if separators != self.header.documents as usize || self.starts()[1..].iter().any(|&s| caps[s as usize - 1] != 0)
        {
            return Err(contradiction("its documents and their words' caps"));
        }
        let directory: &[u32] = self.all(&self.layout.directory)?;
        let postings: &[u32] = self.all(&self.layout.postings)?;
        let ends = directory.last().map_or(self.header.grams == 0, |&l| l == self.header.grams);
        if !directory.is_sorted() || !ends || postings.iter().any(|&p| p >= self.header.positions) {
            return Err(contradiction("its inverted file's numbers"));
        }
        if !self.ngrams()?.is_sorted() || !self.hapaxes()?.is_sound() {
            return Err(contradiction("its ngrams"));
        }
        Ok(())
    }
}
