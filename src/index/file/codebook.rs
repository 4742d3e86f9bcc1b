//! The codebook of visual words: a word's code, rounded to the nearest of some thousand prototypes (J. Sivic &
//! A. Zisserman 2003).
//!
//! Prototypes are codes of the catalogue's own most frequent words, so far apart that no two of them take each other's
//! words.

use super::segment::Segment;
use crate::Error;
use crate::fingerprint::Family;
use crate::simd::Kernels;
use crate::simd::kernels::Probe;

const MAGIC: [u8; 8] = *b"LEAKBOOK";
const VERSION: u32 = 1;
const HEADER: usize = 20;
/// Prototypes wanted. A 2-gram's key then has 24 bits.
///
/// Tuned (count): record *seeds*: 4,096, 8,192 and 16,384 find alike, and a key has 24 bits.
pub(crate) const MAX_PROTOTYPES: usize = 4096;

/// Prototypes of visual words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Codebook {
    family: Family,
    /// For each 64-bit lane of a code, one word a prototype.
    lanes: Vec<Vec<u64>>,
}

impl Codebook {
    /// A codebook without prototypes, to be filled.
    pub(crate) fn empty(family: Family) -> Self {
        Self { family, lanes: vec![Vec::new(); family.bits().div_ceil(64)] }
    }

    /// Takes another prototype in.
    pub(crate) fn push(&mut self, code: &[u64]) {
        self.lanes.iter_mut().zip(code).for_each(|(lane, &word)| lane.push(word));
    }

    /// The code of a prototype.
    #[cfg(test)]
    pub(crate) fn prototype(&self, k: usize) -> Vec<u64> {
        self.lanes.iter().map(|lane| lane[k]).collect()
    }

    /// Number of prototypes.
    pub(crate) fn len(&self) -> usize {
        self.lanes[0].len()
    }

    /// Bytes taken up.
    pub(crate) fn memory_usage(&self) -> usize {
        self.lanes.iter().map(|lane| lane.capacity() * 8).sum()
    }

    /// Bits of a visual word's number.
    fn word_bits(&self) -> u32 {
        self.len().next_power_of_two().ilog2().max(4)
    }

    /// Bits of a 2-gram's key.
    pub(crate) fn key_bits(&self) -> u32 {
        2 * self.word_bits()
    }

    /// The key of two visual words, one after the other.
    pub(crate) fn key(&self, first: u16, second: u16) -> u32 {
        u32::from(first) << self.word_bits() | u32::from(second)
    }

    /// Distances of a code to all prototypes.
    pub(crate) fn distances(&self, probe: Probe<'_>, kernels: &Kernels, out: &mut Vec<i16>) {
        let lanes: Vec<&[u64]> = self.lanes.iter().map(Vec::as_slice).collect();
        out.resize(self.len(), 0);
        (kernels.distances)(probe, &lanes, out);
    }

    /// The nearest prototype of a code of the catalogue, which is given lane by lane, at one of its positions; of
    /// equally near ones the first.
    pub(crate) fn nearest(&self, code: &[&[u64]], position: usize, kernels: &Kernels) -> u16 {
        let nearest = match (code, self.lanes.as_slice()) {
            ([a], [x]) => (kernels.nearest_code)(&[a[position]], &[x]),
            ([a, b], [x, y]) => (kernels.nearest_code)(&[a[position], b[position]], &[x, y]),
            _ => unreachable!("codes have one or two lanes"),
        };
        nearest as u16
    }

    /// As a file: magic; version, family and its version, two zeros; number of prototypes; lanes; CRC-32 of all before.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend([self.family.id(), self.family.version(), 0, 0]);
        out.extend((self.len() as u32).to_le_bytes());
        out.extend(self.lanes.iter().flatten().flat_map(|w| w.to_le_bytes()));
        let crc = crc32fast::hash(&out);
        out.extend(crc.to_le_bytes());
        out
    }

    /// The checksum that names it in segments.
    pub(crate) fn crc(&self) -> u32 {
        let bytes = self.to_bytes();
        crc32fast::hash(&bytes[..bytes.len() - 4])
    }

    /// Reads what [`Codebook::to_bytes`] wrote; the error is a reason.
    pub(crate) fn from_bytes(bytes: &[u8], family: Family) -> Result<Self, &'static str> {
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or("it is cut short")?;
        if body.len() < HEADER || body[..8] != MAGIC {
            return Err("it is no codebook of a leakprint catalogue");
        }
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return Err("its checksum is wrong: the file is damaged");
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| body[at + i]));
        let count = number(16) as usize;
        let stride = family.bits().div_ceil(64);
        if number(8) != VERSION || body[12..14] != [family.id(), family.version()] {
            return Err("it is of another version or for another hash: build the catalogue anew");
        }
        if count == 0 || count > 1 << 13 || body.len() != HEADER + 8 * count * stride {
            return Err("its length contradicts its header");
        }
        let (words, _) = body[HEADER..].as_chunks::<8>();
        let lanes = words.chunks(count).map(|lane| lane.iter().map(|w| u64::from_le_bytes(*w)).collect()).collect();
        Ok(Self { family, lanes })
    }

    /// Refuses a codebook that is not the one that a segment was made with.
    pub(crate) fn check(&self, segment: &Segment) -> Result<(), Error> {
        let header = segment.header();
        if header.directory_bits > 0
            && (header.codebook != self.crc()
                || header.directory_bits > self.key_bits()
                || header.directory_bits + 8 < self.key_bits())
        {
            return Err(Error::file(segment.path(), "its inverted file was made with another codebook"));
        }
        Ok(())
    }
}
