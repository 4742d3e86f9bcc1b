//! Commits: new documents become a segment, small segments are merged, the manifest is swapped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::CatalogueConfig;
use super::manifest::{Manifest, NamedSegment, NotSwapped};
use super::register::DocumentRef;
use super::state::{Catalogue, Committed, Home, Pending};
use super::store;
use crate::Error;
use crate::index::IndexReader;
use crate::index::builder::{
    MIN_INDEXED_WORDS, NgramTable, SourceDocument, Surroundings, Tombstones, choose_prototypes, write,
};
use crate::index::file::{Codebook, LiveSegment, Segment, StoredDocument};

/// Segments of fewer words are merged with the next new one.
///
/// Tuned (words): chosen by eye.
const SMALL_WORDS: usize = 50_000;
/// Share of a segment's words that must be left of it: otherwise the next commit merges it as if it were small.
///
/// Tuned (share): chosen by eye.
const MIN_SHARE_LEFT: (usize, usize) = (3, 4);
/// A commit merges no more words than this: bounds its memory.
///
/// Tuned (words): enrolling a mailbox of 2 GB (30.2 million words) peaks at 276 MB resident.
const MAX_COMMIT_WORDS: usize = 3_200_000;
/// Segments of so many words are a language of their own: what their words may earn, as far as candidates hang on it,
/// they tell without the other segments' n-grams.
///
/// Tuned (words): 5,029 mails in five segments of 110,000 to 530,000 words that know nothing of each other give all 453
/// answers of the evaluation set as one segment does.
const OWN_LANGUAGE_WORDS: usize = 1_000_000;
/// Segments are not merged beyond so many words, when that was asked for: bounds the memory of a merge to about a
/// gigabyte.
///
/// Tuned (words): compacting 50 million words peaks at 1,388 MB resident, mapped pages included.
const MAX_SEGMENT_WORDS: usize = 64 << 20;

/// What a commit writes.
struct Plan {
    /// Numbers of segments that go into the new one.
    merged: Vec<u32>,
    /// Whether nothing is left beside it.
    all: bool,
}

impl Catalogue {
    /// Writes all changes to the folder that the catalogue was opened from for writing. A crash at any instant leaves
    /// the last commit or this one, whole.
    ///
    /// After an error, the folder and this value hold what they held before. If the disk does not even let the old
    /// manifest be put back, both hold what was to be committed, which a crash may undo.
    ///
    /// A catalogue of up to [`CatalogueConfig::whole_words`] is written as one segment, at some 0.15 seconds a million
    /// words: what its n-grams are worth need not be added up by each matcher. Of a larger one new documents become a
    /// segment, together with the newest segments as long as those are no larger than what they are merged with. So
    /// there are few segments (as many as the catalogue doubled in size), each word is written again no more often than
    /// that, and what a segment knows of the catalogue's n-grams is never older than the catalogue's last doubling.
    /// From a million words on a segment is made of its own n-grams alone, so that a commit takes no longer the more
    /// there are; and beyond some millions segments are left alone, so that memory stays bounded: then
    /// [`Catalogue::compact`] merges.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the catalogue was not opened for writing, [`Error::Io`] if the disk refuses.
    pub fn commit(&mut self) -> Result<(), Error> {
        let folder = self.folder()?;
        if !self.changed {
            return Ok(());
        }
        let mut words: usize = self.pending.iter().filter(|f| !f.ids.is_empty()).map(|f| f.words.widths.len()).sum();
        let whole = words + self.committed.iter().map(|l| l.part.words()).sum::<usize>() <= self.config.whole_words;
        let mut merged = Vec::new();
        for committed in self.committed.iter().rev() {
            let own = committed.part.words();
            let (left, of) = MIN_SHARE_LEFT;
            let wasteful = of * own < left * committed.part.segment.header().words();
            if whole || own < SMALL_WORDS || (own <= words || wasteful) && words + own <= MAX_COMMIT_WORDS {
                merged.push(committed.number);
                words += own;
            }
        }
        let all = merged.len() == self.committed.len();
        self.write_commit(&folder, &Plan { merged, all })
    }

    /// Merges all segments into one (of at most 64 million words each) and lets go of what was removed; also commits.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::commit`].
    pub fn compact(&mut self) -> Result<(), Error> {
        self.commit()?;
        let folder = self.folder()?;
        let mut groups: Vec<(usize, Vec<u32>)> = Vec::new();
        for committed in &self.committed {
            let words = committed.part.words();
            match groups.last_mut() {
                Some((sum, group)) if *sum + words <= MAX_SEGMENT_WORDS => {
                    *sum += words;
                    group.push(committed.number);
                }
                _ => groups.push((words, vec![committed.number])),
            }
        }
        for (_, merged) in groups {
            let gone = |l: &Committed| merged.contains(&l.number) && l.part.words() < l.part.segment.header().words();
            if merged.len() > 1 || self.committed.iter().any(gone) {
                let all = merged.len() == self.committed.len();
                self.write_commit(&folder, &Plan { merged, all })?;
            }
        }
        Ok(())
    }

    fn folder(&self) -> Result<PathBuf, Error> {
        match &self.home {
            Home::Writing(folder, _) => Ok(folder.clone()),
            _ => Err(Error::invalid_argument(
                "catalogue",
                "in memory or read-only",
                "only one opened for writing can commit",
            )),
        }
    }

    fn write_commit(&mut self, folder: &Path, plan: &Plan) -> Result<(), Error> {
        let (merged, kept): (Vec<&Committed>, Vec<&Committed>) =
            self.committed.iter().partition(|c| plan.merged.contains(&c.number));
        let sources = sources(&self.config, &merged, &self.pending)?;
        let words: usize = sources.documents.iter().map(|s| s.widths.len()).sum();
        if self.manifest.is_none() && !sources.documents.is_empty() {
            // Segments without a manifest are a catalogue that lost it. The folder's next sync covers this one, too.
            let empty = self.manifest_of(&[], None);
            empty.put(folder)?;
            self.manifest = Some(empty);
        }
        let mut codebook = self.codebook.clone();
        if plan.all && words >= MIN_INDEXED_WORDS {
            // No segment is left that knows the old one.
            let book = choose_prototypes(sources.typical(), self.config.family);
            let number = take_number(&mut self.next);
            store::write_whole(&store::codebook_path(folder, number), &book.to_bytes())?;
            codebook = Some((number, Arc::new(book)));
        }
        let mut committed: Vec<Committed> = kept.iter().map(|&c| c.clone()).collect();
        let mut written = None;
        if !sources.documents.is_empty() {
            let number = take_number(&mut self.next);
            let path = store::segment_path(folder, number);
            let mut failed = None;
            store::create_whole(&path, |file| {
                let book = codebook.as_ref().map(|b| &*b.1);
                write_segment(file, &self.config, book, &sources, &kept).map_err(|e| match e {
                    Error::Io { source, .. } => source,
                    other => {
                        let message = other.to_string();
                        failed = Some(other);
                        std::io::Error::other(message)
                    }
                })
            })
            .map_err(|e| failed.take().unwrap_or(e))?;
            let segment = Arc::new(Segment::open(&path)?);
            committed.push(Committed { number, part: sources.marked(segment) });
            written = Some(number);
        }
        let manifest = self.manifest_of(&committed, codebook.as_ref().map(|b| b.0));
        let swapped = manifest.swap(folder, self.manifest.as_ref());
        if let Err(NotSwapped::Undone(e)) = swapped {
            return Err(e);
        }
        // From here on the commit has happened.
        if let (Some(register), Some(segment)) = (&mut self.register, written) {
            for (ordinal, source) in sources.documents.iter().enumerate() {
                let to = DocumentRef::Committed { segment, ordinal: ordinal as u32 };
                register.relocate(&source.ids, source.content, to);
            }
        }
        drop(sources);
        self.committed = committed;
        self.pending.clear();
        self.codebook = codebook;
        self.changed = false;
        let synced = match swapped {
            // What the old manifest names may be wanted after a crash.
            Err(NotSwapped::Undone(e) | NotSwapped::Unsynced(e)) => Err(e),
            Ok(()) => {
                manifest.sweep(folder);
                Ok(())
            }
        };
        self.manifest = Some(manifest);
        synced
    }

    /// What a folder's manifest says of these segments and the codebook with this number.
    fn manifest_of(&self, committed: &[Committed], codebook: Option<u32>) -> Manifest {
        let named = |c: &Committed| NamedSegment {
            number: c.number,
            documents: c.part.segment.header().documents,
            words: c.part.segment.header().words() as u64,
            changes: BTreeMap::clone(&c.part.changes),
            public: c.part.public,
            disabled: BTreeSet::clone(&c.part.disabled),
        };
        Manifest {
            family: self.config.family,
            faces: self.config.faces.clone(),
            null_model: self.config.null_model,
            next: self.next,
            codebook,
            segments: committed.iter().map(named).collect(),
        }
    }

    /// The index of all documents: the committed ones, mapped, and the new ones, as a segment in memory.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if a block of a segment is damaged.
    pub fn to_reader(&self) -> Result<IndexReader, Error> {
        let mut parts: Vec<LiveSegment> = self.committed.iter().map(|l| l.part.clone()).collect();
        let sources = sources(&self.config, &[], &self.pending)?;
        let book = self.codebook.as_ref().map(|b| Arc::clone(&b.1));
        if !sources.documents.is_empty() {
            let kept: Vec<&Committed> = self.committed.iter().collect();
            let mut bytes = std::io::Cursor::new(Vec::new());
            write_segment(&mut bytes, &self.config, book.as_deref(), &sources, &kept)?;
            let segment = Arc::new(Segment::from_bytes(bytes.get_ref())?);
            parts.push(sources.marked(segment));
        }
        let stride = self.config.family.bits().div_ceil(64);
        IndexReader::new(parts, book, self.config.faces.len(), stride)
    }
}

/// The number of a new file: never given again, as after a failed commit somebody may have the file of that number
/// mapped.
fn take_number(next: &mut u32) -> u32 {
    *next += 1;
    *next - 1
}

/// What goes into a new segment.
struct Sources<'a> {
    documents: Vec<SourceDocument<'a>>,
    /// So many of them, the last ones, are public texts.
    public: u32,
    /// Their numbers that no search looks at.
    disabled: BTreeSet<u32>,
}

impl<'a> Sources<'a> {
    /// What a codebook is made of: mails, so that public texts change nothing, unless these are few.
    fn typical(&self) -> &[SourceDocument<'a>] {
        let mails = &self.documents[..self.documents.len() - self.public as usize];
        let words: usize = mails.iter().map(|d| d.widths.len()).sum();
        if words >= MIN_INDEXED_WORDS { mails } else { &self.documents }
    }

    /// The segment that was written of them.
    fn marked(&self, segment: Arc<Segment>) -> LiveSegment {
        LiveSegment { public: self.public, disabled: Arc::new(self.disabled.clone()), ..LiveSegment::new(segment) }
    }
}

/// All documents of some segments that are left and all new ones: mails, then public texts, both in the order of their
/// first ids, so that the order of enrolment does not show.
fn sources<'a>(
    config: &CatalogueConfig,
    merged: &[&'a Committed],
    pending: &'a [Pending],
) -> Result<Sources<'a>, Error> {
    let stride = config.family.bits().div_ceil(64);
    let mut sources = Vec::new();
    for committed in merged {
        for ordinal in 0..committed.part.segment.header().documents as usize {
            let ids = committed.part.ids(ordinal)?;
            if !ids.is_empty() {
                let StoredDocument { content, undrawn, metadata, lanes, widths } =
                    committed.part.segment.document(ordinal)?;
                let document = SourceDocument { ids, content, undrawn, metadata, lanes, stride, widths };
                sources.push((committed.part.is_public(ordinal), !committed.part.is_searched(ordinal), document));
            }
        }
    }
    sources.extend(pending.iter().filter(|f| !f.ids.is_empty()).map(|f| {
        let document = SourceDocument {
            ids: f.ids.iter().map(String::as_str).collect(),
            content: f.content,
            undrawn: f.words.undrawn,
            metadata: &f.metadata,
            lanes: f.words.lanes.iter().map(Vec::as_slice).collect(),
            stride,
            widths: &f.words.widths,
        };
        (f.public, f.disabled, document)
    }));
    sources.iter_mut().for_each(|(_, _, document)| document.ids.sort_unstable());
    sources.sort_unstable_by(|(a, _, x), (b, _, y)| a.cmp(b).then_with(|| x.ids.first().cmp(&y.ids.first())));
    let public = sources.iter().filter(|(public, ..)| *public).count() as u32;
    let disabled = (0..).zip(&sources).filter(|(_, (_, disabled, _))| *disabled).map(|(k, _)| k).collect();
    Ok(Sources { documents: sources.into_iter().map(|(.., document)| document).collect(), public, disabled })
}

/// Writes a segment that will stand beside `kept`.
fn write_segment(
    out: impl std::io::Write + std::io::Seek + Send,
    config: &CatalogueConfig,
    codebook: Option<&Codebook>,
    sources: &Sources<'_>,
    kept: &[&Committed],
) -> Result<(), Error> {
    let words: usize = sources.documents.iter().map(|s| s.widths.len()).sum();
    let kept = if words < OWN_LANGUAGE_WORDS { kept } else { &[] };
    let tables = kept.iter().map(|l| {
        let segment = &l.part.segment;
        Ok(NgramTable { entries: segment.ngrams()?, distinct: segment.header().distinct })
    });
    let tables: Vec<NgramTable<'_>> = tables.collect::<Result<_, Error>>()?;
    let gone = Tombstones::new(kept.iter().map(|l| &l.part))?;
    // Of many segments the n-grams alone are tens of megabytes.
    let evict = || kept.iter().for_each(|l| l.part.segment.evict());
    let (family, faces) = (config.family, config.faces.len());
    let public = sources.public as usize;
    let around = Surroundings { family, faces, codebook, others: &tables, gone: &gone, public, evict: &evict };
    write(out, &sources.documents, &around).map_err(|source| Error::Io { path: PathBuf::from("a new segment"), source })
}
