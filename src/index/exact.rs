//! What words may earn by all of the catalogue, however many segments it lies in.
//!
//! A segment's caps know, if it is small, the phrases of the segments that stood beside it when it was written, and of these only what
//! stands in two documents or more of one of them; a large one's know its own. That is good enough to tell who is a candidate. An E-value must not hang on it: so for the documents that it
//! is read off, and for candidates, the counts of all segments are added up, less those of documents that are gone, and the caps
//! are reckoned as they would be if all documents stood in one segment.

use rayon::prelude::*;

use super::parts::{Index, Part};
use super::phrases::{MAX_COUNT, PhraseTable, add_found, each_phrase, entry};
use super::strip::Strip;
use super::weight::{Language, cap_units, looked_up_cap_bytes};
use super::writer::Source;
use crate::Error;

/// Phrases that are looked up at a time.
const PHRASES_AT_A_TIME: usize = 1 << 12;
/// Documents whose caps are reckoned at a time.
const DOCUMENTS_AT_A_TIME: usize = 64;

impl Index {
    /// Whether the segments' caps are what they would be if all documents that are left stood in one segment: they do, and the
    /// one was written by itself.
    pub(crate) fn caps_are_exact(&self) -> bool {
        match self.parts.as_slice() {
            [] => true,
            [part] => part.segment.header().beside == 0 && self.gone.distinct == 0,
            _ => false,
        }
    }

    /// Documents by their numbers, copied, with exact caps.
    ///
    /// Cost: a pass over the phrases of all segments for many documents; for a few, a look-up in each segment for each phrase.
    pub(crate) fn extract_exact(&self, numbers: &[u32]) -> Result<Strip, Error> {
        if self.caps_are_exact() {
            return self.extract(numbers.iter().map(|&number| number as usize));
        }
        let sources: Vec<Source<'_>> = numbers.iter().map(|&number| self.source(number)).collect::<Result<_, _>>()?;
        let of_source = |source: &Source<'_>| phrases(source).collect::<Vec<_>>();
        let mut entries: Vec<u64> = sources.par_iter().flat_map_iter(of_source).collect();
        entries.par_sort_unstable();
        entries.dedup();
        self.count(&mut entries)?;
        let distinct = self.parts.iter().map(|p| p.segment.header().distinct).sum::<u64>();
        let language = Language { distinct: distinct.saturating_sub(self.gone.distinct) };
        let (family, table) = (self.parts[0].segment.header().family, PhraseTable::new(&entries));
        let of_some = |sources: &[Source<'_>]| looked_up_cap_bytes(sources, family, &language, &table);
        let caps: Vec<Vec<u8>> = sources.par_chunks(DOCUMENTS_AT_A_TIME).flat_map_iter(of_some).collect();
        let mut strip = Strip::empty(self.faces, self.stride);
        for (source, caps) in sources.iter().zip(caps) {
            strip.push(&source.lanes, source.widths, caps.into_iter().map(cap_units));
        }
        Ok(strip)
    }

    fn source(&self, number: u32) -> Result<Source<'_>, Error> {
        let (part, ordinal) = self.locate(number as usize);
        source(part, ordinal)
    }

    /// Counts the documents that are left and have each of some phrases, sorted entries without a count.
    fn count(&self, entries: &mut [u64]) -> Result<(), Error> {
        let tables = self.parts.iter().map(|p| Ok((p.segment.phrases()?, p.segment.singles()?)));
        let tables: Vec<_> = tables.collect::<Result<_, Error>>()?;
        entries.par_chunks_mut(PHRASES_AT_A_TIME).for_each(|entries| {
            for (repeated, singles) in &tables {
                add_found(entries, repeated);
                singles.add_found(entries);
            }
            self.gone.take_from(entries);
        });
        Ok(())
    }
}

/// What counts hold of documents that are gone.
#[derive(Default)]
pub(crate) struct Gone {
    /// In how many of these documents each phrase stands, sorted.
    pub(super) entries: Vec<u64>,
    /// Sum of their numbers of distinct words.
    pub(super) distinct: u64,
}

impl Gone {
    /// What is gone of some segments.
    ///
    /// Cost: some 0.2 µs and, until they are counted, 24 bytes a word of documents that are gone.
    pub(crate) fn of<'p>(parts: impl IntoIterator<Item = &'p Part>) -> Result<Self, Error> {
        let mut this = Self::default();
        for part in parts {
            for (&ordinal, _) in part.changes.iter().filter(|(_, ids)| ids.is_empty()) {
                let source = source(part, ordinal as usize)?;
                // Words and longer phrases are counted apart.
                let [mut words, mut longer] = [Vec::new(), Vec::new()];
                each_phrase(source.first_face(), |_, length, hash| {
                    if length == 1 { &mut words } else { &mut longer }.push(entry(hash, 0));
                });
                for phrases in [&mut words, &mut longer] {
                    phrases.sort_unstable();
                    phrases.dedup();
                    this.entries.extend_from_slice(phrases);
                }
                this.distinct += words.len() as u64;
            }
        }
        this.entries.par_sort_unstable();
        let same_phrase = this.entries.chunk_by(|a, b| a == b);
        this.entries = same_phrase.map(|same| entry(same[0], same.len() as u64)).collect();
        Ok(this)
    }

    /// Takes what is gone off the counts of some phrases.
    pub(super) fn take_from(&self, entries: &mut [u64]) {
        if self.entries.is_empty() {
            return;
        }
        let mut gone: Vec<u64> = entries.iter().map(|&e| entry(e, 0)).collect();
        add_found(&mut gone, &self.entries);
        for (found, gone) in entries.iter_mut().zip(gone) {
            *found = entry(*found, (*found & MAX_COUNT).saturating_sub(gone & MAX_COUNT));
        }
    }

    /// Bytes taken up.
    pub(super) fn memory_usage(&self) -> usize {
        self.entries.capacity() * size_of::<u64>()
    }
}

/// A document of a segment.
fn source(part: &Part, ordinal: usize) -> Result<Source<'_>, Error> {
    let stored = part.segment.document(ordinal)?;
    let stride = part.segment.header().family.bits().div_ceil(64);
    Ok(Source {
        ids: Vec::new(),
        content: stored.content,
        undrawn: stored.undrawn,
        about: stored.about,
        lanes: stored.lanes,
        stride,
        widths: stored.widths,
    })
}

/// The phrases of a document, as entries without a count, each as often as it stands there.
fn phrases(document: &Source<'_>) -> impl Iterator<Item = u64> {
    let mut found = Vec::with_capacity(3 * document.widths.len());
    each_phrase(document.first_face(), |_, _, hash| found.push(entry(hash, 0)));
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::Segment;
    use super::super::count::Elsewhere;
    use super::super::writer::{Phrases, Surroundings, write};
    use super::*;
    use crate::fingerprint::Family;

    /// The documents of each segment, written one after the other, each with what it then sees of those before.
    fn index(segments: &[Vec<&[u64]>], gone: &[Vec<u32>]) -> Index {
        let mut parts: Vec<Part> = Vec::new();
        for (documents, gone) in segments.iter().zip(gone).filter(|(documents, _)| !documents.is_empty()) {
            let widths: Vec<Vec<u8>> = documents.iter().map(|d| vec![40; d.len()]).collect();
            let sources: Vec<Source<'_>> =
                documents.iter().zip(&widths).map(|(d, w)| Source::anonymous(d, w)).collect();
            let phrases = |p: &Part| p.segment.phrases().map(<[u64]>::to_vec).expect("sound");
            let tables: Vec<_> = parts.iter().map(|p| (phrases(p), p.segment.header().distinct)).collect();
            let others: Vec<Phrases<'_>> =
                tables.iter().map(|(entries, distinct)| Phrases { entries, distinct: *distinct }).collect();
            let (family, none) = (Family::Net, Elsewhere::nothing());
            let (others, let_go) = (&others, none.let_go);
            let around = Surroundings { family, faces: 1, codebook: None, others, gone: none.gone, let_go };
            let mut bytes = Cursor::new(Vec::new());
            write(&mut bytes, &sources, &around).expect("memory");
            let segment = Segment::held(bytes.get_ref()).expect("a segment");
            segment.verify().expect("a sound one");
            let changes = gone.iter().map(|&ordinal| (ordinal, Vec::new())).collect();
            parts.push(Part { segment: Arc::new(segment), changes: Arc::new(changes) });
        }
        Index::new(parts, None, 1, 1).expect("sound segments")
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
            let is_gone = |d: &(u32, &(Vec<u64>, usize, u8))| d.1.2 == 0;
            let gone: Vec<Vec<u32>> = (0..4).map(|s| (0..).zip(of(s)).filter(is_gone).map(|d| d.0).collect()).collect();
            let several = index(&segments, &gone);
            let left = |number: &u32| {
                let (part, ordinal) = several.locate(*number as usize);
                !part.is_gone(ordinal)
            };
            let numbers: Vec<u32> = (0..documents.len() as u32).filter(left).collect();
            let ordered = segments.concat();
            let one = index(&[numbers.iter().map(|&k| ordered[k as usize]).collect()], &[Vec::new()]);
            prop_assert!(one.caps_are_exact());
            let expected = one.extract(0..numbers.len())?;
            prop_assert_eq!(several.extract_exact(&numbers)?, expected);
        }
    }
}
