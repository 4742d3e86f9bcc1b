//! The background sample: words of the catalogue on which each query word's chance distances are counted.

use super::batch::Batch;
use crate::Error;
use crate::index::IndexReader;
use crate::simd::Kernels;
use crate::simd::kernels::Probe;

/// Words on which each query word's chance distances are counted: rarer look-alikes than 1 in this are not seen.
///
/// Tuned (words): chosen by eye; look-alikes rarer than 1 in 12,000 are not seen.
const SAMPLE_WORDS: usize = 12_000;

/// A document has no more words in the sample than all others together, or than this: one long mail that says the same
/// again and again would make every other word look rare.
///
/// Tuned (words): chosen by eye; a catalogue of one mail is its own sample.
const LEAST_SHARE_WORDS: usize = 2_000;

/// A sample of the catalogue's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BackgroundSample {
    /// One document without an end.
    batch: Batch,
}

impl BackgroundSample {
    /// Every so many-th word of some documents, one after the other.
    pub(crate) fn new(index: &IndexReader, documents: &[u32]) -> Result<Self, Error> {
        let mut batch = Batch::empty(index.faces, index.stride);
        let located = || documents.iter().map(|&number| index.locate(number as usize));
        let all: usize = located().map(|(live, ordinal)| live.segment.positions(ordinal).len()).sum();
        let share = |own: usize| own.min((all - own).max(LEAST_SHARE_WORDS));
        let words = located().map(|(live, ordinal)| share(live.segment.positions(ordinal).len())).sum();
        let (mut wanted, mut before) = (evenly(words).peekable(), 0);
        for (live, ordinal) in located() {
            let positions = live.segment.positions(ordinal);
            let own = share(positions.len());
            let end = before + own;
            while let Some(word) = wanted.next_if(|&word| word < end) {
                let position = positions.start + (word - before) * positions.len() / own;
                for (own, lane) in batch.faces.iter_mut().flatten().zip(live.segment.lanes(position..position + 1)?) {
                    own.extend(lane);
                }
                batch.widths.extend(live.segment.widths_at(position..position + 1)?);
            }
            before = end;
        }
        Ok(Self { batch })
    }

    /// The sample of documents in memory.
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn from_batch(from: &Batch) -> Self {
        let words: Vec<usize> = (0..from.documents()).flat_map(|d| from.positions(d)).collect();
        let pick = |lane: &Vec<u64>| evenly(words.len()).map(|k| lane[words[k]]).collect();
        let faces = from.faces.iter().map(|f| f.iter().map(pick).collect()).collect();
        let widths = evenly(words.len()).map(|k| from.widths[words[k]]).collect();
        Self { batch: Batch { faces, widths, ..Batch::empty(0, 0) } }
    }

    /// Bytes taken up.
    pub(crate) fn memory_usage(&self) -> usize {
        self.batch.memory_usage()
    }

    pub(super) fn len(&self) -> usize {
        self.batch.faces.first().map_or(0, |f| f[0].len())
    }

    /// The width of a word.
    pub(super) fn log_width(&self, word: usize) -> u8 {
        self.batch.widths[word]
    }

    pub(super) fn distances(&self, probe: Probe<'_>, kernels: &Kernels, out: &mut [i16], other: &mut [i16]) {
        self.batch.distances_at(0..self.len(), probe, kernels, out, other);
    }
}

/// Up to [`SAMPLE_WORDS`] of so many things, evenly.
fn evenly(all: usize) -> impl Iterator<Item = usize> {
    let count = all.min(SAMPLE_WORDS);
    (0..count).map(move |k| (k as u64 * all as u64 / count as u64) as usize)
}
