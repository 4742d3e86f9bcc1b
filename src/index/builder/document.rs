//! A document as the index takes it in: codes, widths, ids and metadata, wherever they lie in memory.

use crate::Error;
use crate::index::file::LiveSegment;

/// A document to be written.
pub(crate) struct SourceDocument<'a> {
    pub(crate) ids: Vec<&'a str>,
    /// Hash of the text, to fold equal mails into one.
    pub(crate) content: u64,
    /// Words with characters that could not be drawn.
    pub(crate) undrawn: u32,
    /// What is known of it besides its words, in bytes that only the catalogue understands.
    pub(crate) metadata: &'a [u8],
    /// Codes, lane by lane: face by face, the 64-bit words of its codes.
    pub(crate) lanes: Vec<&'a [u64]>,
    /// 64-bit words of a code.
    pub(crate) stride: usize,
    pub(crate) widths: &'a [u8],
}

impl<'a> SourceDocument<'a> {
    /// A document of a segment, without its ids.
    pub(crate) fn from_segment(live: &'a LiveSegment, ordinal: usize) -> Result<Self, Error> {
        let stored = live.segment.document(ordinal)?;
        let stride = live.segment.header().family.bits().div_ceil(64);
        Ok(Self {
            ids: Vec::new(),
            content: stored.content,
            undrawn: stored.undrawn,
            metadata: stored.metadata,
            lanes: stored.lanes,
            stride,
            widths: stored.widths,
        })
    }

    /// The code that n-grams and visual words are made of.
    pub(crate) fn first_face(&self) -> &[&'a [u64]] {
        &self.lanes[..self.stride]
    }

    #[cfg(test)]
    pub(crate) fn anonymous(codes: &'a [u64], widths: &'a [u8]) -> Self {
        Self { ids: vec!["-"], content: 0, undrawn: 0, metadata: &[], lanes: vec![codes], stride: 1, widths }
    }
}
