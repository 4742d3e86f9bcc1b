//! Segment files: immutable codes of documents. The byte table is in the design page.

use std::path::Path;

use crate::Error;
use crate::catalogue::text::Face;
use crate::fingerprint::{Codes, Family};

const MAGIC: [u8; 8] = *b"LEAKSEG\0";
const VERSION: u32 = 1;
const HEADER: usize = 32;

/// The codes of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// One set of codes a face, all of one length.
    pub(super) faces: Vec<Codes>,
    /// Each word's width, see [`crate::fingerprint::log_width`].
    pub(super) widths: Vec<u8>,
}

/// A segment's bytes.
pub(super) fn to_bytes(family: Family, faces: &[Vec<Face>], documents: &[&Words]) -> Vec<u8> {
    let words: u64 = documents.iter().map(|d| d.widths.len() as u64).sum();
    let mut out = Vec::with_capacity(HEADER + words as usize * (1 + faces.len() * family.bits() / 8));
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend([family.id(), family.version(), faces.len() as u8, 0]);
    out.extend((documents.len() as u32).to_le_bytes());
    out.extend([0; 4]);
    out.extend(words.to_le_bytes());
    for d in documents {
        out.extend((d.widths.len() as u32).to_le_bytes());
    }
    for face in 0..faces.len() {
        for lane in documents.iter().flat_map(|d| d.faces[face].data()) {
            out.extend(lane.to_le_bytes());
        }
    }
    for d in documents {
        out.extend(&d.widths);
    }
    let checksum = crc32fast::hash(&out);
    out.extend(checksum.to_le_bytes());
    out
}

/// The documents of a segment. Every length is checked against the file's before anything is allocated.
pub(super) fn from_bytes(path: &Path, bytes: &[u8], family: Family, faces: &[Vec<Face>]) -> Result<Vec<Words>, Error> {
    let bad = |reason: String| Error::file(path, reason);
    if bytes.len() < HEADER + 4 || bytes[..8] != MAGIC {
        return Err(bad("it is no segment of a leakprint catalogue".into()));
    }
    let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let version = u32_at(8);
    if version != VERSION {
        return Err(bad(format!("it is of version {version}, this release reads version {VERSION}: build it anew")));
    }
    if bytes[12..15] != [family.id(), family.version(), faces.len() as u8] {
        return Err(bad(format!("its codes are of family {}.{}, the manifest says {family:?}", bytes[12], bytes[13])));
    }
    let documents = u32_at(16) as usize;
    let words = u64::from(u32_at(24)) | u64::from(u32_at(28)) << 32;
    let stride = family.bits().div_ceil(64);
    let expected = words
        .checked_mul((faces.len() * stride * 8 + 1) as u64)
        .and_then(|n| n.checked_add((HEADER + 4 + documents * 4) as u64));
    if expected != Some(bytes.len() as u64) {
        return Err(bad(format!(
            "it is {} bytes long, but {documents} documents of {words} words take {}",
            bytes.len(),
            expected.map_or("more than any file".into(), |n| n.to_string())
        )));
    }
    let body = bytes.len() - 4;
    let (stored, found) = (u32_at(body), crc32fast::hash(&bytes[..body]));
    if stored != found {
        return Err(bad(format!("its checksum is {found:08x}, it should be {stored:08x}: the file is damaged")));
    }
    let counts: Vec<usize> = (0..documents).map(|k| u32_at(HEADER + 4 * k) as usize).collect();
    if counts.iter().map(|&c| c as u64).sum::<u64>() != words {
        return Err(bad("its documents' word counts do not add up".into()));
    }
    let codes_at = HEADER + 4 * documents;
    let widths_at = codes_at + faces.len() * words as usize * stride * 8;
    let mut out = Vec::with_capacity(documents);
    let mut first = 0;
    for count in counts {
        let mut found =
            Words { faces: Vec::with_capacity(faces.len()), widths: bytes[widths_at + first..][..count].to_vec() };
        for face in 0..faces.len() {
            let at = codes_at + (face * words as usize + first) * stride * 8;
            let (lanes, _) = bytes[at..at + count * stride * 8].as_chunks::<8>();
            found.faces.push(Codes::from_data(family, lanes.iter().map(|l| u64::from_le_bytes(*l)).collect())?);
        }
        out.push(found);
        first += count;
    }
    Ok(out)
}
