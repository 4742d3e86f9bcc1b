//! The header of a segment, and where each of its sections stands. The byte table is in the format page.

use std::ops::Range;
use std::path::Path;

use super::hapaxes;
use crate::Error;
use crate::fingerprint::Family;

const MAGIC: [u8; 8] = *b"LEAKSEG\0";
/// Version 3 tells no kinds of words.
const VERSION: u32 = 4;
/// The oldest version that is read: it has no hapaxes, and a sample of codes that nothing reads any more.
const OLDEST_VERSION: u32 = 2;
pub(crate) const HEADER: usize = 80;
/// Bytes that share a checksum.
///
/// Tuned (bytes): chosen by eye.
pub(crate) const BLOCK: usize = 16 << 10;

/// What a segment's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) family: Family,
    /// Codes of a word.
    pub(crate) faces: u8,
    pub(crate) documents: u32,
    /// Words, and one separator a document.
    pub(crate) positions: u32,
    /// Entries of the inverted file.
    pub(crate) grams: u32,
    /// Leading bits of a 2-gram's key that the directory knows; 0 without an inverted file.
    pub(crate) directory_bits: u32,
    /// Entries of the n-gram table.
    pub(crate) ngrams: u32,
    /// Number of n-grams of one document alone.
    pub(crate) hapaxes: u32,
    /// Leading bits of their hashes that the directory knows; 0 if they were not kept.
    pub(crate) hapaxes_bits: u32,
    /// Codes in the sample of version 2.
    pub(crate) sample: u32,
    /// Bytes of the ids.
    pub(crate) names: u32,
    /// Bytes of what is known of the documents besides their words.
    pub(crate) metadata_bytes: u32,
    /// Checksum of the codebook that the inverted file was made with.
    pub(crate) codebook: u32,
    /// Sum over the documents of their numbers of distinct words.
    pub(crate) distinct: u64,
    /// Segments that stood beside it when its words' caps were reckoned.
    pub(crate) beside: u32,
}

impl Header {
    /// 64-bit words a position: faces × words a code.
    pub(crate) fn lanes(&self) -> usize {
        usize::from(self.faces) * self.family.bits().div_ceil(64)
    }

    /// Words, separators left out.
    pub(crate) fn words(&self) -> usize {
        (self.positions - self.documents) as usize
    }

    pub(crate) fn to_bytes(self, sums_crc: u32) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(&MAGIC);
        let numbers = [
            VERSION,
            u32::from_le_bytes([self.family.id(), self.family.version(), self.faces, 0]),
            self.documents,
            self.positions,
            self.grams,
            self.directory_bits,
            self.ngrams,
            self.hapaxes,
            self.names,
            self.codebook,
            self.distinct as u32,
            (self.distinct >> 32) as u32,
            self.metadata_bytes,
            sums_crc,
            self.hapaxes_bits,
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
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<(Self, u32), Error> {
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
            positions: number(3),
            grams: number(4),
            directory_bits: number(5),
            ngrams: number(6),
            hapaxes: if number(0) == OLDEST_VERSION { 0 } else { number(7) },
            hapaxes_bits: number(14),
            sample: if number(0) == OLDEST_VERSION { number(7) } else { 0 },
            names: number(8),
            codebook: number(9),
            distinct: u64::from(number(10)) | u64::from(number(11)) << 32,
            metadata_bytes: number(12),
            beside: number(15),
        };
        let kept = if number(0) == OLDEST_VERSION { &[0][..] } else { &[8, 16, 24] };
        let limits = faces == 0
            || !kept.contains(&header.hapaxes_bits)
            || header.directory_bits > MAX_DIRECTORY_BITS
            || header.documents > header.positions;
        if limits || header.documents >= 1 << 24 || header.positions > 1 << 31 {
            return Err(bad("its header's numbers contradict each other".into()));
        }
        Ok((header, number(13)))
    }
}

/// The largest directory: 256 MB.
///
/// Tuned (bits): a directory of 256 MB.
pub(crate) const MAX_DIRECTORY_BITS: u32 = 26;

/// Where each section stands, in bytes of the file. All begin at multiples of 8.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) starts: Range<usize>,
    pub(super) contents: Range<usize>,
    pub(super) undrawn: Range<usize>,
    pub(super) name_ends: Range<usize>,
    pub(super) names: Range<usize>,
    pub(super) metadata_ends: Range<usize>,
    pub(super) metadata_bytes: Range<usize>,
    pub(super) lanes: Range<usize>,
    pub(super) widths: Range<usize>,
    pub(super) caps: Range<usize>,
    pub(super) directory: Range<usize>,
    pub(super) postings: Range<usize>,
    pub(super) tags: Range<usize>,
    pub(super) ngrams: Range<usize>,
    pub(super) hapaxes_directory: Range<usize>,
    pub(super) hapaxes: Range<usize>,
    pub(super) sums: Range<usize>,
}

impl Layout {
    /// None if the file would be longer than this machine can address.
    pub(super) fn new(header: &Header) -> Option<Self> {
        let mut at = HEADER as u64;
        let mut section = |items: u64, size: u64| {
            let end = at.checked_add(items.checked_mul(size)?)?;
            let range = usize::try_from(at).ok()?..usize::try_from(end).ok()?;
            at = end.checked_next_multiple_of(8)?;
            Some(range)
        };
        let (documents, positions) = (u64::from(header.documents), u64::from(header.positions));
        let lanes = header.lanes() as u64;
        let directory = if header.directory_bits == 0 { 0 } else { (1 << header.directory_bits) + 1 };
        let mut this = Self {
            starts: section(documents + 1, 4)?,
            contents: section(documents, 8)?,
            undrawn: section(documents, 4)?,
            name_ends: section(documents + 1, 4)?,
            names: section(header.names.into(), 1)?,
            metadata_ends: section(documents + 1, 4)?,
            metadata_bytes: section(header.metadata_bytes.into(), 1)?,
            lanes: section(lanes * positions, 8)?,
            widths: section(positions, 1)?,
            caps: section(positions, 1)?,
            directory: section(directory, 4)?,
            postings: section(header.grams.into(), 4)?,
            tags: section(header.grams.into(), 1)?,
            ngrams: section(header.ngrams.into(), 8)?,
            hapaxes_directory: section(hapaxes::directory_len(header.hapaxes_bits) as u64, 4)?,
            hapaxes: section(header.hapaxes.into(), hapaxes::packed_bytes(header.hapaxes_bits) as u64)?,
            sums: 0..0,
        };
        let end = section(lanes * u64::from(header.sample), 8)?.end;
        let sums = (end - HEADER).div_ceil(BLOCK).checked_mul(size_of::<u32>())?;
        this.sums = end..end.checked_add(sums)?;
        Some(this)
    }
}
