//! What words may earn by all of the catalogue, however many segments it lies in.
//!
//! A segment's caps know, if it is small, the n-grams of the segments that stood beside it when it was written, and of
//! these only what stands in two documents or more of one of them; a large one's know its own. That is good enough to
//! tell who is a candidate. An E-value must not hang on it: so for the documents that it is read off, and for
//! candidates, the counts of all segments are added up, less those of documents that are gone, and the caps are
//! reckoned as they would be if all documents stood in one segment.

use std::ops::Range;

use rayon::prelude::*;

use super::batch::Batch;
use super::part::Part;
use crate::Error;
use crate::index::IndexReader;
use crate::index::builder::SourceDocument;
use crate::index::builder::surprisal::{Language, looked_up_cap_bytes};
use crate::index::file::cap_units;
use crate::index::ngrams::{DocumentFrequencies, LONGEST, MAX_COUNT, add_found, each_ngram, entry};

/// N-grams that are looked up at a time.
///
/// Tuned (count): chosen by eye.
const NGRAMS_AT_A_TIME: usize = 1 << 12;
/// Documents whose caps are reckoned at a time.
///
/// Tuned (documents): chosen by eye.
const DOCUMENTS_AT_A_TIME: usize = 64;

impl IndexReader {
    /// Whether the segments' caps are what they would be if all documents that are left stood in one segment: they do,
    /// and the one was written by itself.
    pub(crate) fn caps_are_exact(&self) -> bool {
        match self.segments.as_slice() {
            [] => true,
            [live] => live.segment.header().beside == 0 && self.gone.distinct == 0,
            _ => false,
        }
    }

    /// Documents by their numbers, copied, with exact caps.
    ///
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn extract_exact(&self, numbers: &[u32]) -> Result<Batch, Error> {
        self.extract_parts_exact(&numbers.iter().map(|&number| self.whole(number)).collect::<Vec<_>>())
    }

    /// Parts of documents, copied, with exact caps. The first words of a part are told from what stands before them as
    /// those of a document are.
    ///
    /// Cost: a pass over the n-grams of all segments for many documents; for a few, a look-up in each segment for each
    /// n-gram.
    pub(crate) fn extract_parts_exact(&self, parts: &[Part]) -> Result<Batch, Error> {
        if self.caps_are_exact() {
            return self.extract_parts(parts);
        }
        let sources: Vec<SourceDocument<'_>> = parts.iter().map(|part| self.source(part)).collect::<Result<_, _>>()?;
        let of_source = |source: &SourceDocument<'_>| ngrams(source).collect::<Vec<_>>();
        let mut entries: Vec<u64> = sources.par_iter().flat_map_iter(of_source).collect();
        entries.par_sort_unstable();
        entries.dedup();
        self.count(&mut entries)?;
        let distinct = self.segments.iter().map(|p| p.segment.header().distinct).sum::<u64>();
        let language = Language { distinct: distinct.saturating_sub(self.gone.distinct) };
        let (family, table) = (self.segments[0].segment.header().family, DocumentFrequencies::new(&entries));
        let of_some = |sources: &[SourceDocument<'_>]| looked_up_cap_bytes(sources, family, &language, &table);
        let caps: Vec<Vec<u8>> = sources.par_chunks(DOCUMENTS_AT_A_TIME).flat_map_iter(of_some).collect();
        let mut batch = Batch::empty(self.faces, self.stride);
        for (source, caps) in sources.iter().zip(caps) {
            batch.push(&source.lanes, source.widths, caps.into_iter().map(cap_units));
        }
        Ok(batch)
    }

    /// In how many documents that are left the n-grams of some of a document's words stand, itself included: for each of
    /// these words those that end with it, by length; 0 of those that would begin before the first of these words.
    ///
    /// Cost: a look-up in each segment for each n-gram.
    pub(crate) fn document_frequencies(&self, number: u32, words: Range<usize>) -> Result<Vec<[u32; LONGEST]>, Error> {
        let source = self.source(&self.whole(number))?;
        let lanes: Vec<&[u64]> =
            source.first_face().iter().map(|lane| lane.get(words.clone()).unwrap_or_default()).collect();
        let mut entries = Vec::with_capacity(LONGEST * words.len());
        each_ngram(&lanes, |_, _, hash| entries.push(entry(hash, 0)));
        entries.sort_unstable();
        entries.dedup();
        self.count(&mut entries)?;
        let mut found = vec![[0; LONGEST]; words.len()];
        each_ngram(&lanes, |last, length, hash| {
            let place = entries.partition_point(|&e| e < entry(hash, 0));
            found[last][length - 1] = entries.get(place).map_or(0, |e| (e & MAX_COUNT) as u32);
        });
        Ok(found)
    }

    fn source(&self, part: &Part) -> Result<SourceDocument<'_>, Error> {
        let (live, ordinal) = self.locate(part.document as usize);
        let mut source = SourceDocument::from_segment(live, ordinal)?;
        source.lanes.iter_mut().for_each(|lane| *lane = &lane[part.words.clone()]);
        source.widths = &source.widths[part.words.clone()];
        Ok(source)
    }

    /// Counts the documents that are left and have each of some n-grams, sorted entries without a count.
    fn count(&self, entries: &mut [u64]) -> Result<(), Error> {
        let tables = self.segments.iter().map(|p| Ok((p.segment.ngrams()?, p.segment.hapaxes()?)));
        let tables: Vec<_> = tables.collect::<Result<_, Error>>()?;
        entries.par_chunks_mut(NGRAMS_AT_A_TIME).for_each(|entries| {
            for (repeated, hapaxes) in &tables {
                add_found(entries, repeated);
                hapaxes.add_found(entries);
            }
            self.gone.take_from(entries);
        });
        Ok(())
    }
}

/// The n-grams of a document, as entries without a count, each as often as it stands there.
fn ngrams(document: &SourceDocument<'_>) -> impl Iterator<Item = u64> {
    let mut found = Vec::with_capacity(3 * document.widths.len());
    each_ngram(document.first_face(), |_, _, hash| found.push(entry(hash, 0)));
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::Family;
    use crate::index::builder::{NgramTable, Surroundings, Tombstones, write};
    use crate::index::file::{LiveSegment, Segment};

    /// The documents of each segment, the last ones of which are public, written one after the other, each with what it
    /// then sees of those before.
    fn index(segments: &[Vec<&[u64]>], gone: &[Vec<u32>], public: &[usize]) -> IndexReader {
        let mut live: Vec<LiveSegment> = Vec::new();
        let all = segments.iter().zip(gone).zip(public);
        for ((documents, gone), &public) in all.filter(|((documents, _), _)| !documents.is_empty()) {
            let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![40; d.len()]).collect();
            let sources: Vec<SourceDocument<'_>> =
                documents.iter().zip(&widths).map(|(d, w)| SourceDocument::anonymous(d, w)).collect();
            let ngrams = |p: &LiveSegment| p.segment.ngrams().map(<[u64]>::to_vec).expect("sound");
            let tables: Vec<_> = live.iter().map(|p| (ngrams(p), p.segment.header().distinct)).collect();
            let others: Vec<NgramTable<'_>> =
                tables.iter().map(|(entries, distinct)| NgramTable { entries, distinct: *distinct }).collect();
            let (family, none) = (Family::Net, Tombstones::default());
            let (others, evict): (_, &(dyn Fn() + Sync)) = (&others, &|| {});
            let around = Surroundings { family, faces: 1, codebook: None, others, gone: &none, public, evict };
            let mut bytes = Cursor::new(Vec::new());
            write(&mut bytes, &sources, &around).expect("memory");
            let segment = Segment::from_bytes(bytes.get_ref()).expect("a segment");
            segment.verify().expect("a sound one");
            let changes = gone.iter().map(|&ordinal| (ordinal, Vec::new())).collect();
            let public = public as u32;
            live.push(LiveSegment { changes: Arc::new(changes), public, ..LiveSegment::new(Arc::new(segment)) });
        }
        IndexReader::new(live, None, 1, 1).expect("sound segments")
    }

    proptest! {
        #[test]
        fn caps_of_several_segments_are_those_of_one(
            documents in prop::collection::vec((prop::collection::vec(0u64..7, 1..30), 0usize..4, 0u8..4), 1..16),
        ) {
            let of = |segment: usize| documents.iter().filter(move |d| d.1 == segment);
            let words = |d: &'_ (Vec<u64>, usize, u8)| -> Vec<u64> { d.0.iter().map(|w| (w + 1) << 40).collect() };
            let words: Vec<Vec<Vec<u64>>> = (0..4).map(|segment| of(segment).map(words).collect()).collect();
            let segments: Vec<Vec<&[u64]>> = words.iter().map(|s| s.iter().map(Vec::as_slice).collect()).collect();
            let is_deleted = |d: &(u32, &(Vec<u64>, usize, u8))| d.1.2 == 0;
            let gone: Vec<Vec<u32>> = (0..4).map(|s| (0..).zip(of(s)).filter(is_deleted).map(|d| d.0).collect()).collect();
            let several = index(&segments, &gone, &[0; 4]);
            let left = |number: &u32| {
                let (live, ordinal) = several.locate(*number as usize);
                live.is_searched(ordinal)
            };
            let numbers: Vec<u32> = (0..documents.len() as u32).filter(left).collect();
            let ordered = segments.concat();
            let one = index(&[numbers.iter().map(|&k| ordered[k as usize]).collect()], &[Vec::new()], &[0]);
            prop_assert!(one.caps_are_exact());
            let expected = one.extract(0..numbers.len())?;
            prop_assert_eq!(several.extract_exact(&numbers)?, expected);
        }

        #[test]
        fn public_texts_change_no_cap_and_no_count(
            documents in prop::collection::vec((prop::collection::vec(0u64..7, 1..30), 0usize..3, 0u8..3), 1..16),
            segments in 1usize..4,
        ) {
            let words = |d: &(Vec<u64>, usize, u8)| -> Vec<u64> { d.0.iter().map(|w| (w + 1) << 40).collect() };
            // The mails or the public texts of a segment; one in three of the latter is gone.
            let of = |segment: usize, public: bool| -> Vec<Vec<u64>> {
                documents.iter().filter(|d| d.1 % segments == segment && (d.2 > 0) == public).map(words).collect()
            };
            let mails: Vec<Vec<Vec<u64>>> = (0..segments).map(|s| of(s, false)).collect();
            let all: Vec<Vec<Vec<u64>>> = (0..segments).map(|s| [of(s, false), of(s, true)].concat()).collect();
            let public: Vec<usize> = (0..segments).map(|s| of(s, true).len()).collect();
            let gone = |s: usize| (mails[s].len() as u32..all[s].len() as u32).step_by(3).collect();
            let gone: Vec<Vec<u32>> = (0..segments).map(gone).collect();
            fn slices(documents: &[Vec<u64>]) -> Vec<&[u64]> {
                documents.iter().map(Vec::as_slice).collect()
            }
            let plain = index(&mails.iter().map(|s| slices(s)).collect::<Vec<_>>(), &vec![Vec::new(); segments], &[0; 3]);
            let marked = index(&all.iter().map(|s| slices(s)).collect::<Vec<_>>(), &gone, &public);
            prop_assert_eq!((marked.documents(), marked.words()), (plain.documents(), plain.words()));
            let numbers: Vec<u32> = (0..documents.len() as u32).filter(|&number| !marked.is_public(number)).collect();
            prop_assert_eq!(marked.sampled(1)?.len(), numbers.len());
            let expected = plain.extract_exact(&(0..numbers.len() as u32).collect::<Vec<_>>())?;
            prop_assert_eq!(marked.extract_exact(&numbers)?, expected);
            prop_assert!(segments > 1 || marked.caps_are_exact(), "one segment's caps are exact whatever is public");
        }
    }
}
