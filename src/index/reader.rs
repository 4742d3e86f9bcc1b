//! The index of a catalogue: its segments side by side, without what was removed from them.

use std::collections::BinaryHeap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::builder::Tombstones;
use super::file::{Codebook, LiveSegment};
use crate::Error;
use crate::fingerprint::Family;

/// A document as answers list it.
pub(crate) struct Listing {
    /// Sorted.
    pub(crate) ids: Vec<String>,
    /// Each word's width, see [`log_width`](crate::fingerprint::log_width).
    pub(crate) widths: Vec<u8>,
    /// What is known of it besides its words.
    pub(crate) metadata: Vec<u8>,
    /// Whether it is a public text.
    pub(crate) public: bool,
    /// The file that all this stands in.
    pub(crate) file: PathBuf,
}

/// Codes of many documents, as the search goes through them: the segments of a catalogue, mapped.
pub struct IndexReader {
    pub(crate) segments: Vec<LiveSegment>,
    /// Number of the first document of each part; one more at the end.
    pub(crate) firsts: Vec<usize>,
    pub(crate) codebook: Option<Arc<Codebook>>,
    /// Codes of a word.
    pub(crate) faces: usize,
    /// 64-bit words of a code.
    pub(crate) stride: usize,
    /// Numbers of mails and of public texts that searches look at, and of their words.
    searched: [[usize; 2]; 2],
    /// What of all n-grams is in documents that are gone or disabled.
    pub(crate) gone: Tombstones,
}

impl IndexReader {
    pub(crate) fn new(
        segments: Vec<LiveSegment>,
        codebook: Option<Arc<Codebook>>,
        faces: usize,
        stride: usize,
    ) -> Result<Self, Error> {
        let mut firsts = vec![0];
        for live in &segments {
            firsts.push(firsts[firsts.len() - 1] + live.segment.header().documents as usize);
        }
        let gone = Tombstones::new(&segments)?;
        let mut searched = [[0; 2]; 2];
        for live in &segments {
            for (all, of_segment) in searched.iter_mut().zip([live.searched(), live.searched_words()]) {
                all.iter_mut().zip(of_segment).for_each(|(all, more)| *all += more);
            }
        }
        Ok(Self { searched, segments, firsts, codebook, faces, stride, gone })
    }

    /// The hash family of its codes; none without documents.
    pub(crate) fn family(&self) -> Option<Family> {
        self.segments.first().map(|live| live.segment.header().family)
    }

    /// Number of documents that a picture may show: public texts and what is disabled left out.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.searched[0][0]
    }

    /// Number of public texts, see [`Catalogue::add_public`](crate::catalogue::Catalogue::add_public).
    #[must_use]
    pub fn public_documents(&self) -> usize {
        self.searched[0][1]
    }

    /// Number of documents, those that are gone included: their numbers are below this.
    #[cfg(feature = "benchmarks")]
    pub(crate) fn numbers(&self) -> usize {
        self.firsts[self.firsts.len() - 1]
    }

    /// Number of words of [`IndexReader::documents`].
    #[must_use]
    pub fn words(&self) -> usize {
        self.searched[1][0]
    }

    /// Number of words of [`IndexReader::public_documents`].
    #[must_use]
    pub fn public_words(&self) -> usize {
        self.searched[1][1]
    }

    /// Whether a document is a public text.
    pub(crate) fn is_public(&self, number: u32) -> bool {
        let (live, ordinal) = self.locate(number as usize);
        live.is_public(ordinal)
    }

    /// Bytes of memory that the index maps from files, shared with all that map them too.
    #[must_use]
    pub fn mapped_bytes(&self) -> usize {
        self.segments.iter().map(|p| p.segment.len()).sum()
    }

    /// Bytes taken up in memory besides.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let segments = self.segments.iter().map(|p| p.segment.memory_usage()).sum::<usize>();
        let codebook = self.codebook.as_ref().map_or(0, |book| book.memory_usage());
        self.gone.memory_usage() + segments + codebook + self.firsts.capacity() * size_of::<usize>()
    }

    /// The part that holds a document, and the document's number there.
    pub(crate) fn locate(&self, number: usize) -> (&LiveSegment, usize) {
        let live = self.firsts.partition_point(|&first| first <= number) - 1;
        (&self.segments[live], number - self.firsts[live])
    }

    /// The document that holds a position, counted over all segments, and its positions, separator included.
    pub(crate) fn document_at(&self, position: u64) -> (usize, Range<u64>) {
        let mut base = 0;
        for (live, &first) in self.segments.iter().zip(&self.firsts) {
            let positions = u64::from(live.segment.header().positions);
            if position < base + positions {
                let ordinal = live.segment.document_at((position - base) as u32);
                let range = live.segment.positions(ordinal);
                return (first + ordinal, base + range.start as u64..base + range.end as u64 + 1);
            }
            base += positions;
        }
        (0, 0..u64::MAX)
    }

    /// What answers say of a document.
    pub(crate) fn listed(&self, number: usize) -> Result<Listing, Error> {
        let (live, ordinal) = self.locate(number);
        let mut ids: Vec<String> = live.ids(ordinal)?.into_iter().map(str::to_owned).collect();
        ids.sort_unstable();
        let metadata = live.segment.metadata(ordinal)?.to_owned();
        let (public, file) = (live.is_public(ordinal), live.segment.path().to_owned());
        Ok(Listing { ids, widths: live.segment.widths(ordinal)?.to_owned(), metadata, public, file })
    }

    /// One in `step` documents that a picture may show: their numbers, by the hashes of their texts, of which they have
    /// the smallest. So they are the same documents in the same order, whatever the segments and the order of
    /// enrolment.
    ///
    /// Cost: one pass over the documents' hashes, 8 bytes each.
    pub(crate) fn sampled(&self, step: usize) -> Result<Vec<u32>, Error> {
        let count = self.documents().div_ceil(step);
        let mut least = BinaryHeap::with_capacity(count);
        for (live, &first) in self.segments.iter().zip(&self.firsts) {
            for ordinal in 0..live.segment.header().documents as usize {
                if live.is_public(ordinal) || !live.is_searched(ordinal) {
                    continue;
                }
                let document = (spread(live.segment.content(ordinal)?), (first + ordinal) as u32);
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
        let (live, ordinal) = self.locate(number as usize);
        live.segment.content(ordinal)
    }
}

impl fmt::Debug for IndexReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexReader")
            .field("segments", &self.segments.len())
            .field("documents", &self.documents())
            .field("words", &self.words())
            .finish_non_exhaustive()
    }
}

/// Spreads a text's hash over all bits: that of its last letters hardly reaches the first ones.
fn spread(content: u64) -> u64 {
    let mixed = (content ^ (content >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}
