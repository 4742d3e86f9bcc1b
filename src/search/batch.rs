//! Documents laid out for the scan in memory: candidates of a search, samples, and what tests make up.

use std::ops::Range;

use super::part::Part;
use crate::Error;
use crate::fingerprint::Codes;
use crate::index::IndexReader;
use crate::simd::Kernels;
use crate::simd::kernels::Probe;

/// Codes of some documents: lane by lane, a separator after each document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    /// For each face, for each 64-bit lane of a code, one word a position.
    pub(super) faces: Vec<Vec<Vec<u64>>>,
    /// Each word's width, see [`log_width`](crate::fingerprint::log_width).
    pub(super) widths: Vec<u8>,
    /// What each position can earn at most, in fixed-point units; negative at separators.
    pub(super) caps: Vec<i16>,
    /// Where each document starts; one more at the end.
    pub(super) starts: Vec<usize>,
}

impl Batch {
    /// No documents yet; codes have `stride` words.
    pub(super) fn empty(faces: usize, stride: usize) -> Self {
        Self { faces: vec![vec![Vec::new(); stride]; faces], starts: vec![0], ..Self::default() }
    }

    /// Documents, each given as one [`Codes`] a face (all of one length), each word's width and what it can earn at
    /// most.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if lengths differ.
    #[cfg_attr(not(any(test, feature = "benchmarks")), expect(dead_code, reason = "for tests and benches"))]
    pub(crate) fn new<'c>(
        documents: impl Iterator<Item = (Vec<&'c Codes>, &'c [u8], &'c [i16])>,
    ) -> Result<Self, Error> {
        let mut this = Self::empty(0, 0);
        for (faces, widths, caps) in documents {
            if this.faces.is_empty() {
                this = Self::empty(faces.len(), faces[0].stride());
            }
            let lanes: Vec<Vec<u64>> = faces
                .iter()
                .flat_map(|c| (0..c.stride()).map(|k| c.data().iter().skip(k).step_by(c.stride()).copied().collect()))
                .collect();
            if faces.len() != this.faces.len()
                || widths.len() != caps.len()
                || lanes.iter().any(|l: &Vec<u64>| l.len() != caps.len())
            {
                return Err(Error::invalid_argument(
                    "document.codes",
                    lanes.len(),
                    format!("it has {} words", caps.len()),
                ));
            }
            let lanes: Vec<&[u64]> = lanes.iter().map(Vec::as_slice).collect();
            this.push(&lanes, widths, caps.iter().copied());
        }
        Ok(this)
    }

    /// Appends a document: its codes lane by lane, each word's width and what it can earn.
    pub(super) fn push(&mut self, lanes: &[&[u64]], widths: &[u8], caps: impl Iterator<Item = i16>) {
        for (own, new) in self.faces.iter_mut().flatten().zip(lanes) {
            own.extend_from_slice(new);
            own.push(0);
        }
        self.widths.extend_from_slice(widths);
        self.widths.push(0);
        self.caps.extend(caps);
        self.caps.push(i16::MIN);
        self.starts.push(self.caps.len());
    }

    /// Some of the documents, copied.
    pub(crate) fn some(&self, documents: impl Iterator<Item = usize>) -> Self {
        let mut batch = Self::empty(self.faces.len(), self.faces.first().map_or(0, Vec::len));
        for document in documents {
            let positions = self.positions(document);
            let lanes: Vec<&[u64]> = self.faces.iter().flatten().map(|lane| &lane[positions.clone()]).collect();
            batch.push(&lanes, &self.widths[positions.clone()], self.caps[positions].iter().copied());
        }
        batch
    }

    /// Number of words.
    pub(crate) fn words(&self) -> usize {
        self.caps.len() - self.documents()
    }

    /// Number of documents.
    pub(crate) fn documents(&self) -> usize {
        self.starts.len() - 1
    }

    /// The positions of a document, its separator left out.
    pub(crate) fn positions(&self, document: usize) -> Range<usize> {
        self.starts[document]..self.starts[document + 1] - 1
    }

    /// The first lane of a document's codes in the first face.
    #[cfg(feature = "benchmarks")]
    pub(crate) fn codes(&self, document: usize) -> Vec<u64> {
        self.faces[0][0][self.positions(document)].to_vec()
    }

    /// What a position can earn at most.
    pub(crate) fn cap(&self, position: usize) -> i16 {
        self.caps[position]
    }

    /// The same documents with every word free to earn so much, in fixed-point units.
    pub(crate) fn with_least_cap(mut self, units: i16) -> Self {
        self.caps.iter_mut().filter(|cap| **cap >= 0).for_each(|cap| *cap = (*cap).max(units));
        self
    }

    /// What each of a document's positions can earn at most.
    pub(crate) fn caps(&self, document: usize) -> &[i16] {
        &self.caps[self.positions(document)]
    }

    /// Distances of a query's word to each of a document's positions, to its nearest face; `out` and `other` are as
    /// long as the document.
    pub(crate) fn distances(
        &self,
        document: usize,
        probe: Probe<'_>,
        kernels: &Kernels,
        out: &mut [i16],
        other: &mut [i16],
    ) {
        self.distances_at(self.positions(document), probe, kernels, out, other);
    }

    /// The same for any positions.
    pub(super) fn distances_at(
        &self,
        positions: Range<usize>,
        probe: Probe<'_>,
        kernels: &Kernels,
        out: &mut [i16],
        other: &mut [i16],
    ) {
        let lanes = self.faces.iter().map(|face| face.iter().map(|lane| &lane[positions.clone()]).collect());
        let faces: Vec<Vec<&[u64]>> = lanes.collect();
        kernels.nearest(probe, &faces, &self.widths[positions.clone()], out, other);
    }

    /// Distance of a query's word to a position's nearest face.
    pub(crate) fn distance(&self, probe: Probe<'_>, position: usize) -> i16 {
        self.code_distance(probe, position) + probe.width.distance(self.widths[position])
    }

    /// The same without what widths add.
    pub(crate) fn code_distance(&self, probe: Probe<'_>, position: usize) -> i16 {
        let face = |f: &Vec<Vec<u64>>| probe.code_distance(f.iter().map(|lane| lane[position]));
        self.faces.iter().map(face).min().unwrap_or(i16::MAX)
    }

    /// Bytes taken up.
    pub(crate) fn memory_usage(&self) -> usize {
        let lanes: usize = self.faces.iter().flatten().map(|l| l.capacity() * 8).sum();
        lanes + self.widths.capacity() + self.caps.capacity() * 2 + self.starts.capacity() * size_of::<usize>()
    }
}

impl IndexReader {
    /// Documents by their numbers, copied.
    pub(crate) fn extract(&self, numbers: impl Iterator<Item = usize>) -> Result<Batch, Error> {
        let parts: Vec<Part> = numbers.map(|number| self.whole(number as u32)).collect();
        self.extract_parts(&parts)
    }
}
