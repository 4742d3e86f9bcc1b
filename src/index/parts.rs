//! The index of a catalogue: its segments side by side, without what was removed from them.

use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::codebook::Codebook;
use super::exact::Gone;
use super::segment::Segment;
use super::strip::Strip;
use super::weight::cap_units;
use crate::Error;
use crate::simd::Kernels;
use crate::simd::kernels::Probe;

/// A segment and what became of it since.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    /// Documents that have other ids than the segment says; those without any are gone.
    pub(crate) changes: Arc<BTreeMap<u32, Vec<String>>>,
}

impl Part {
    /// Whether a document was removed.
    pub(crate) fn is_gone(&self, ordinal: usize) -> bool {
        self.changes.get(&(ordinal as u32)).is_some_and(Vec::is_empty)
    }

    /// A document's ids; none if it was removed.
    pub(crate) fn ids(&self, ordinal: usize) -> Result<Vec<&str>, Error> {
        match self.changes.get(&(ordinal as u32)) {
            Some(ids) => Ok(ids.iter().map(String::as_str).collect()),
            None => self.segment.ids(ordinal),
        }
    }

    /// Number of documents that are left.
    pub(crate) fn documents(&self) -> usize {
        self.segment.header().documents as usize - self.changes.values().filter(|ids| ids.is_empty()).count()
    }

    /// Number of words of documents that are left.
    pub(crate) fn words(&self) -> usize {
        let gone = self.changes.iter().filter(|(_, ids)| ids.is_empty());
        self.segment.header().words() - gone.map(|(&k, _)| self.segment.places(k as usize).len()).sum::<usize>()
    }
}

/// A document as answers list it.
pub(crate) struct Listed {
    /// Sorted.
    pub(crate) ids: Vec<String>,
    /// Each word's width, see [`log_width`](crate::fingerprint::log_width).
    pub(crate) widths: Vec<u8>,
    /// What is known of it besides its words.
    pub(crate) about: Vec<u8>,
    /// The file that all this stands in.
    pub(crate) file: PathBuf,
}

/// Codes of many documents, as the search goes through them: the segments of a catalogue, mapped.
pub struct Index {
    pub(super) parts: Vec<Part>,
    /// Number of the first document of each part; one more at the end.
    pub(super) firsts: Vec<usize>,
    pub(super) codebook: Option<Arc<Codebook>>,
    /// Codes of a word.
    pub(super) faces: usize,
    /// 64-bit words of a code.
    pub(super) stride: usize,
    /// What of all phrases is in documents that are gone.
    pub(super) gone: Gone,
}

impl Index {
    pub(crate) fn new(
        parts: Vec<Part>,
        codebook: Option<Arc<Codebook>>,
        faces: usize,
        stride: usize,
    ) -> Result<Self, Error> {
        let mut firsts = vec![0];
        for part in &parts {
            firsts.push(firsts[firsts.len() - 1] + part.segment.header().documents as usize);
        }
        let gone = Gone::of(&parts)?;
        Ok(Self { parts, firsts, codebook, faces, stride, gone })
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.parts.iter().map(Part::documents).sum()
    }

    /// Number of documents, those that are gone included: their numbers are below this.
    #[cfg(feature = "benchmarks")]
    pub(crate) fn numbers(&self) -> usize {
        self.firsts[self.firsts.len() - 1]
    }

    /// Number of words.
    #[must_use]
    pub fn words(&self) -> usize {
        self.parts.iter().map(Part::words).sum()
    }

    /// Bytes of memory that the index maps from files, shared with all that map them too.
    #[must_use]
    pub fn mapped_bytes(&self) -> usize {
        self.parts.iter().map(|p| p.segment.len()).sum()
    }

    /// Bytes taken up in memory besides.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let parts = self.parts.iter().map(|p| p.segment.memory_usage()).sum::<usize>();
        let codebook = self.codebook.as_ref().map_or(0, |book| book.memory_usage());
        self.gone.memory_usage() + parts + codebook + self.firsts.capacity() * size_of::<usize>()
    }

    /// The part that holds a document, and the document's number there.
    pub(super) fn locate(&self, number: usize) -> (&Part, usize) {
        let part = self.firsts.partition_point(|&first| first <= number) - 1;
        (&self.parts[part], number - self.firsts[part])
    }

    /// The document that holds a place, counted over all segments, and its places, separator included.
    pub(super) fn document_at(&self, place: u64) -> (usize, Range<u64>) {
        let mut base = 0;
        for (part, &first) in self.parts.iter().zip(&self.firsts) {
            let places = u64::from(part.segment.header().places);
            if place < base + places {
                let ordinal = part.segment.document_at((place - base) as u32);
                let range = part.segment.places(ordinal);
                return (first + ordinal, base + range.start as u64..base + range.end as u64 + 1);
            }
            base += places;
        }
        (0, 0..u64::MAX)
    }

    /// What answers say of a document.
    pub(crate) fn listed(&self, number: usize) -> Result<Listed, Error> {
        let (part, ordinal) = self.locate(number);
        let mut ids: Vec<String> = part.ids(ordinal)?.into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        let about = part.segment.about(ordinal)?.to_owned();
        let file = part.segment.path().to_owned();
        Ok(Listed { ids, widths: part.segment.widths(ordinal)?.to_owned(), about, file })
    }

    /// One in `step` documents of those that are left: their numbers, by the hashes of their texts, of which they have the
    /// smallest. So they are the same documents in the same order, whatever the segments and the order of enrolment.
    ///
    /// Cost: one pass over the documents' hashes, 8 bytes each.
    pub(crate) fn sampled(&self, step: usize) -> Result<Vec<u32>, Error> {
        let count = self.documents().div_ceil(step);
        let mut least = BinaryHeap::with_capacity(count);
        for (part, &first) in self.parts.iter().zip(&self.firsts) {
            for ordinal in 0..part.segment.header().documents as usize {
                if part.is_gone(ordinal) {
                    continue;
                }
                let document = (spread(part.segment.content(ordinal)?), (first + ordinal) as u32);
                if least.len() < count {
                    least.push(document);
                } else if let Some(mut greatest) = least.peek_mut()
                    && document < *greatest
                {
                    *greatest = document;
                }
            }
        }
        Ok(least.into_sorted_vec().into_iter().map(|(_, number)| number).collect())
    }

    /// The hash of a document's text. Others may have it, too: collisions can be made on purpose.
    pub(crate) fn content(&self, number: u32) -> Result<u64, Error> {
        let (part, ordinal) = self.locate(number as usize);
        part.segment.content(ordinal)
    }

    /// Documents by their numbers, copied.
    pub(crate) fn extract(&self, numbers: impl Iterator<Item = usize>) -> Result<Strip, Error> {
        let mut strip = Strip::empty(self.faces, self.stride);
        for number in numbers {
            let (part, ordinal) = self.locate(number);
            let places = part.segment.places(ordinal);
            let caps = part.segment.caps(places.clone())?.iter().map(|&b| cap_units(b));
            strip.push(&part.segment.lanes(places.clone())?, part.segment.widths_at(places)?, caps);
        }
        Ok(strip)
    }
}

/// Spreads a text's hash over all bits: that of its last letters hardly reaches the first ones.
fn spread(content: u64) -> u64 {
    let mixed = (content ^ (content >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

/// Words on which each query word's chance distances are counted: rarer look-alikes than 1 in this are not seen.
const SAMPLE: usize = 12_000;

/// A sample of the catalogue's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// One document without an end.
    strip: Strip,
}

impl Sample {
    /// Every so many-th word of some documents, one after the other.
    pub(crate) fn of(index: &Index, documents: &[u32]) -> Result<Self, Error> {
        let mut strip = Strip::empty(index.faces, index.stride);
        let located = || documents.iter().map(|&number| index.locate(number as usize));
        let words = located().map(|(part, ordinal)| part.segment.places(ordinal).len()).sum();
        let (mut wanted, mut before) = (evenly(words).peekable(), 0);
        for (part, ordinal) in located() {
            let places = part.segment.places(ordinal);
            let end = before + places.len();
            while let Some(word) = wanted.next_if(|&word| word < end) {
                let place = places.start + word - before;
                for (own, lane) in strip.faces.iter_mut().flatten().zip(part.segment.lanes(place..place + 1)?) {
                    own.extend(lane);
                }
                strip.widths.extend(part.segment.widths_at(place..place + 1)?);
            }
            before = end;
        }
        Ok(Self { strip })
    }

    /// The sample of documents in memory.
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn of_strip(from: &Strip) -> Self {
        let words: Vec<usize> = (0..from.documents()).flat_map(|d| from.places(d)).collect();
        let pick = |lane: &Vec<u64>| evenly(words.len()).map(|k| lane[words[k]]).collect();
        let faces = from.faces.iter().map(|f| f.iter().map(pick).collect()).collect();
        let widths = evenly(words.len()).map(|k| from.widths[words[k]]).collect();
        Self { strip: Strip { faces, widths, ..Strip::empty(0, 0) } }
    }

    /// Bytes taken up.
    pub(crate) fn memory_usage(&self) -> usize {
        self.strip.memory_usage()
    }

    pub(super) fn len(&self) -> usize {
        self.strip.faces.first().map_or(0, |f| f[0].len())
    }

    /// The width of a word.
    pub(super) fn log_width(&self, word: usize) -> u8 {
        self.strip.widths[word]
    }

    pub(super) fn distances(&self, probe: Probe<'_>, kernels: &Kernels, out: &mut [i16], other: &mut [i16]) {
        self.strip.distances_at(0..self.len(), probe, kernels, out, other);
    }
}

/// Up to [`SAMPLE`] of so many things, evenly.
fn evenly(all: usize) -> impl Iterator<Item = usize> {
    let count = all.min(SAMPLE);
    (0..count).map(move |k| (k as u64 * all as u64 / count as u64) as usize)
}
