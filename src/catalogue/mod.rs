//! The catalogue: known documents, as the codes of their words.
//!
//! Made from text ([`Catalogue::add_mails`]) or from pictures ([`Catalogue::add_picture`]), in memory or in a folder. A folder
//! has one writer at a time ([`Catalogue::edit`], then [`Catalogue::commit`]) and any number of readers ([`Catalogue::open`]),
//! each of which keeps the state it opened.

mod about;
mod atlas;
mod captures;
mod commit;
mod enrol;
mod lexicon;
pub mod mail;
mod picture;
mod store;
pub mod text;
mod words;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use self::about::About;
pub use self::enrol::{Added, Progress};
use self::lexicon::{Lexicon, Words};
use self::store::Manifest;
use self::text::Face;
use crate::Error;
use crate::fingerprint::{Codes, Family};
use crate::index::{Codebook, Part, SCAN_WORDS, Segment};
use crate::verdict::ChanceModel;

/// Which hash and which typefaces a catalogue is made with, and what its E-values are reckoned by: fixed once it holds documents.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueConfig {
    /// The word hash. Default: [`Family::Net`].
    pub family: Family,
    /// The typefaces behind each code of a word of text: a code is made of the mean of its faces' values, and of several codes
    /// the nearest to the picture's counts; each costs as many bytes again. Default: one code, of all three faces.
    pub faces: Vec<Vec<Face>>,
    /// How scores of unrelated documents fall off. Default: as fitted for [`Family::Net`].
    pub chance: ChanceModel,
    /// Catalogues of up to so many words are one segment after each commit. Not kept with the catalogue: each writer has its own.
    /// Default: [`SCAN_WORDS`].
    pub whole_words: usize,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self {
            family: Family::default(),
            faces: vec![vec![Face::Sans, Face::Serif, Face::Mono]],
            chance: ChanceModel::default(),
            whole_words: SCAN_WORDS,
        }
    }
}

/// A document that is not committed yet.
struct Fresh {
    /// None once it is removed again.
    ids: Vec<String>,
    content: u64,
    words: Words,
    /// An [`About`], as bytes.
    about: Vec<u8>,
}

/// A segment that belongs to the catalogue.
#[derive(Clone)]
struct Live {
    /// Number of its file.
    number: u32,
    part: Part,
}

/// Where a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Segment's number and the document's number there.
    Stored(u32, u32),
    Fresh(u32),
}

/// Which documents there are; only a catalogue that is changed needs to know.
#[derive(Default)]
struct Register {
    by_id: HashMap<Box<str>, At>,
    by_content: HashMap<u64, At>,
}

/// Known documents.
///
/// # Examples
///
/// ```
/// use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::Mail};
///
/// let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
/// let mail = Mail { id: "memo-1".into(), body: "The tunnel opens in May.".into(), ..Mail::default() };
/// let added = catalogue.add_mails(&[mail])?;
/// assert_eq!((added.documents, added.words), (1, 5));
/// # Ok::<(), leakprint::Error>(())
/// ```
pub struct Catalogue {
    config: CatalogueConfig,
    live: Vec<Live>,
    /// Number of its file, and the codebook.
    codebook: Option<(u32, Arc<Codebook>)>,
    fresh: Vec<Fresh>,
    register: Option<Register>,
    lexicon: Lexicon,
    /// Whether there is something to commit.
    changed: bool,
    /// Number of the next file.
    next: u32,
    /// What the folder said when it was last read or written.
    manifest: Option<Manifest>,
    /// Folder and, if opened for writing, its lock.
    home: Option<(PathBuf, File)>,
    folder: Option<PathBuf>,
}

impl Catalogue {
    /// An empty catalogue in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if there is no face, or a constant of E-values is out of its range.
    pub fn new(config: CatalogueConfig) -> Result<Self, Error> {
        if config.faces.is_empty() || config.faces.iter().any(Vec::is_empty) {
            let expected = "there must be at least one code of at least one face";
            return Err(Error::caller("catalogue.faces", format!("{:?}", config.faces), expected));
        }
        config.chance.check()?;
        Ok(Self {
            config,
            live: Vec::new(),
            codebook: None,
            fresh: Vec::new(),
            register: None,
            lexicon: Lexicon::default(),
            changed: false,
            next: 0,
            manifest: None,
            home: None,
            folder: None,
        })
    }

    /// Opens a catalogue's folder for reading; later changes to the folder are not seen until [`Catalogue::refresh`].
    ///
    /// Files are mapped, not read: this takes milliseconds. What stands in them is checked where and when it is used.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder is no catalogue or a file in it is damaged, [`Error::Io`] if it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = Self::manifest_of(folder)?;
        let mut this = Self::new(manifest.config())?;
        this.folder = Some(folder.to_owned());
        this.load(manifest)?;
        Ok(this)
    }

    /// Opens a catalogue's folder for writing, or makes a new one with `config`. Nobody else can write to it until this value
    /// is dropped; what is not committed by then is lost.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`]; also if another process is writing, or if the folder holds something else.
    pub fn edit(folder: &Path, config: CatalogueConfig) -> Result<Self, Error> {
        let lock = store::lock(folder)?;
        let mut this = match store::read_manifest(folder)? {
            Some(manifest) => {
                store::sweep(folder, &manifest)?;
                let mut this = Self::open(folder)?;
                this.config.whole_words = config.whole_words;
                this
            }
            None => Self::new(config)?,
        };
        // A new folder is a catalogue as soon as something was committed, even nothing.
        this.changed = this.manifest.is_none();
        this.folder = Some(folder.to_owned());
        this.home = Some((folder.to_owned(), lock));
        Ok(this)
    }

    fn manifest_of(folder: &Path) -> Result<Manifest, Error> {
        store::read_manifest(folder)?.ok_or_else(|| {
            let reason = if folder.is_dir() { "the folder holds no MANIFEST" } else { "there is no such folder" };
            Error::file(folder, format!("not a leakprint catalogue: {reason}; `build_catalogue --out` makes one"))
        })
    }

    /// Takes over what others have committed since this catalogue was opened or refreshed; returns whether there was
    /// anything. A [`Matcher`](crate::Matcher) made before keeps its state: make a new one, which takes milliseconds.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::open`]; [`Error::Caller`] if the catalogue is in memory or has changes of its own.
    pub fn refresh(&mut self) -> Result<bool, Error> {
        let Some(folder) = self.folder.clone() else {
            return Err(Error::caller("catalogue", "in memory", "only one opened from a folder can be refreshed"));
        };
        if self.home.is_some() || self.changed {
            return Err(Error::caller("catalogue", "changed or being written", "a reader's can be refreshed"));
        }
        let manifest = Self::manifest_of(&folder)?;
        if self.manifest.as_ref() == Some(&manifest) {
            return Ok(false);
        }
        self.load(manifest)?;
        Ok(true)
    }

    /// Maps the files that a manifest names, those that are mapped already left as they are.
    fn load(&mut self, mut manifest: Manifest) -> Result<(), Error> {
        let folder = self.folder.clone().unwrap_or_default();
        // A writer may have merged and deleted a segment since the manifest was read: then there is a newer manifest.
        let (live, codebook) = loop {
            match self.map(&folder, &manifest) {
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                    let newer = Self::manifest_of(&folder)?;
                    if newer == manifest {
                        return Err(Error::file(&folder, "a file that its MANIFEST names is missing"));
                    }
                    manifest = newer;
                }
                done => break done?,
            }
        };
        self.config = manifest.config();
        (self.live, self.codebook, self.next, self.register) = (live, codebook, manifest.next, None);
        self.manifest = Some(manifest);
        Ok(())
    }

    #[expect(clippy::type_complexity, reason = "the two things that a manifest names")]
    fn map(&self, folder: &Path, manifest: &Manifest) -> Result<(Vec<Live>, Option<(u32, Arc<Codebook>)>), Error> {
        let mut live = Vec::new();
        for named in &manifest.segments {
            let known = self.live.iter().find(|l| l.number == named.number).map(|l| Arc::clone(&l.part.segment));
            let path = store::segment_path(folder, named.number);
            let segment = known.map_or_else(|| Segment::open(&path).map(Arc::new), Ok)?;
            let header = segment.header();
            if (header.documents, header.words() as u64) != (named.documents, named.words)
                || named.changes.keys().any(|&ordinal| ordinal >= named.documents)
            {
                return Err(Error::file(&path, "it is not the segment that the MANIFEST names"));
            }
            if header.family != manifest.family || usize::from(header.faces) != manifest.faces.len() {
                let reason = format!("its codes are of family {:?}, not of {:?}", header.family, manifest.family);
                return Err(Error::file(&path, reason));
            }
            live.push(Live { number: named.number, part: Part { segment, changes: Arc::new(named.changes.clone()) } });
        }
        let codebook = match manifest.codebook {
            None => None,
            Some(number) => {
                let path = store::codebook_path(folder, number);
                let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
                let book =
                    Codebook::from_bytes(&bytes, manifest.family).map_err(|reason| Error::file(&path, reason))?;
                live.iter().try_for_each(|l| book.check(&l.part.segment))?;
                Some((number, Arc::new(book)))
            }
        };
        if let Some(l) = live.iter().find(|l| codebook.is_none() && l.part.segment.header().directory_bits > 0) {
            return Err(Error::file(l.part.segment.path(), "its codebook is missing in the MANIFEST"));
        }
        Ok((live, codebook))
    }

    /// Reads everything and compares it with its checksums, and the files with each other.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the first file that is damaged and what is wrong with it.
    pub fn verify(&self) -> Result<(), Error> {
        for live in &self.live {
            live.part.segment.verify()?;
        }
        let register = self.register_of()?;
        let documents = self.documents();
        if register.by_content.len() != documents {
            let path = self.folder.clone().unwrap_or_default();
            let reason = format!("{documents} documents have {} different texts", register.by_content.len());
            return Err(Error::file(&path, reason));
        }
        Ok(())
    }

    /// Bytes of the files of all documents that are committed, all of which are mapped; the codebook and the manifest (some 32 KB,
    /// and 20 bytes for each document that was removed since its segment was written) are not counted.
    #[must_use]
    pub fn disk_usage(&self) -> u64 {
        self.live.iter().map(|l| l.part.segment.len() as u64).sum()
    }

    /// Bytes taken up in memory, about, the mapped files left out: words that were drawn, documents that are not committed, and
    /// who is who once the catalogue was changed.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let fresh = self.fresh.iter().map(|f| {
            let ids: usize = f.ids.iter().map(|id| id.len() + size_of::<String>()).sum();
            size_of::<Fresh>() + f.words.memory_usage() + f.about.len() + ids
        });
        // An entry's key and value, its control byte, and room that is free.
        let entry = |key: usize| (key + size_of::<At>() + 1) * 8 / 7;
        let register = self.register.as_ref().map_or(0, |r| {
            let ids: usize = r.by_id.keys().map(|id| id.len() + entry(size_of::<Box<str>>())).sum();
            ids + r.by_content.len() * entry(size_of::<u64>())
        });
        let segments: usize = self.live.iter().map(|l| l.part.segment.memory_usage()).sum();
        fresh.sum::<usize>() + register + segments + self.lexicon.memory_usage()
    }

    /// The hash and the faces.
    #[must_use]
    pub fn config(&self) -> &CatalogueConfig {
        &self.config
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        let fresh = self.fresh.iter().filter(|f| !f.ids.is_empty()).count();
        self.live.iter().map(|l| l.part.documents()).sum::<usize>() + fresh
    }

    /// Number of words.
    #[must_use]
    pub fn words(&self) -> usize {
        let fresh = self.fresh.iter().filter(|f| !f.ids.is_empty()).map(|f| f.words.widths.len());
        self.live.iter().map(|l| l.part.words()).sum::<usize>() + fresh.sum::<usize>()
    }

    /// All ids, sorted.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn ids(&self) -> Result<Vec<String>, Error> {
        let mut ids: Vec<String> = self.register_of()?.by_id.into_keys().map(String::from).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Number of segments: files that a search looks into one by one, and [`Catalogue::compact`] makes one of.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.live.len()
    }

    /// Adds a picture of a document: the words of its likeliest reading.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::add_pictures`].
    pub fn add_picture(&mut self, id: &str, bytes: &[u8]) -> Result<Added, Error> {
        self.add_pictures(id, &[bytes])
    }

    /// Adds a document that is known from pictures only: captures of it in order, from top to bottom. What two captures in a row have in
    /// common (a window that was scrolled) is taken once.
    ///
    /// # Errors
    ///
    /// As [`decode`](crate::raster::decode); [`Error::Input`] if no text was found in one of them.
    pub fn add_pictures<B: AsRef<[u8]>>(&mut self, id: &str, pictures: &[B]) -> Result<Added, Error> {
        if pictures.is_empty() {
            return Err(Error::caller("pictures", "empty", "a document needs at least one"));
        }
        let captures: Vec<picture::Reading> =
            pictures.iter().map(|bytes| picture::read(bytes.as_ref(), self.config.family)).collect::<Result<_, _>>()?;
        let (mut words, mut codes) = (Vec::new(), Codes::new(self.config.family));
        for (capture, kept) in captures.iter().zip(captures::join(&captures)) {
            words.extend(kept.iter().map(|&k| capture.widths[k]));
            let data = kept.iter().flat_map(|&k| capture.codes.get(k).iter().copied()).collect();
            codes.extend(&Codes::from_data(self.config.family, data)?)?;
        }
        let content = fnv(pictures.iter().flat_map(AsRef::as_ref).copied());
        let mut added = Added::default();
        self.need_register()?;
        let same = self.register.as_ref().and_then(|r| r.by_content.get(&content).copied());
        if let Some(known) = same {
            added.duplicates = 1;
            if !self.ids_at(known)?.iter().any(|i| i == id) {
                added.replaced = usize::from(self.remove(id)?);
                self.add_id(known, id.to_owned())?;
            }
            return Ok(added);
        }
        added.replaced = usize::from(self.remove(id)?);
        (added.documents, added.words) = (1, words.len());
        let stride = codes.stride();
        let lane = |k: usize| codes.data().iter().skip(k % stride).step_by(stride).copied().collect();
        let lanes = (0..self.config.faces.len() * stride).map(lane).collect();
        self.push(vec![id.to_owned()], content, Words { lanes, widths: words, undrawn: 0 }, Vec::new());
        Ok(added)
    }

    /// Gives a document another id.
    fn add_id(&mut self, at: At, id: String) -> Result<(), Error> {
        let mut ids = self.ids_at(at)?;
        ids.push(id.clone());
        self.set_ids(at, ids);
        self.register.get_or_insert_default().by_id.insert(id.into(), at);
        self.changed = true;
        Ok(())
    }

    fn push(&mut self, ids: Vec<String>, content: u64, words: Words, about: Vec<u8>) {
        let at = At::Fresh(self.fresh.len() as u32);
        let register = self.register.get_or_insert_default();
        for id in &ids {
            register.by_id.insert(id.as_str().into(), at);
        }
        register.by_content.insert(content, at);
        self.fresh.push(Fresh { ids, content, words, about });
        self.changed = true;
    }

    /// Removes an id; the document goes with its last id. Returns whether the id was known.
    ///
    /// The document is named no more by matchers made from now on; once this is committed, by none made anywhere. Its codes
    /// stay in their file until its segment is merged, by [`Catalogue::compact`] at the latest.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn remove(&mut self, id: &str) -> Result<bool, Error> {
        self.need_register()?;
        let Some(at) = self.find(id) else {
            return Ok(false);
        };
        let mut ids = self.ids_at(at)?;
        ids.retain(|i| i != id);
        let register = self.register.get_or_insert_default();
        register.by_id.remove(id);
        if ids.is_empty() {
            let content = self.content(at)?;
            let register = self.register.get_or_insert_default();
            if register.by_content.get(&content) == Some(&at) {
                register.by_content.remove(&content);
            }
        }
        self.set_ids(at, ids);
        self.changed = true;
        Ok(true)
    }

    fn find(&self, id: &str) -> Option<At> {
        self.register.as_ref().and_then(|r| r.by_id.get(id).copied())
    }

    fn need_register(&mut self) -> Result<(), Error> {
        if self.register.is_none() {
            self.register = Some(self.register_of()?);
        }
        Ok(())
    }

    /// Every document that is left, by its ids and its text.
    fn register_of(&self) -> Result<Register, Error> {
        let mut register = Register::default();
        let mut add = |ids: Vec<&str>, content: u64, at: At| {
            if !ids.is_empty() {
                register.by_content.insert(content, at);
            }
            for id in ids {
                if register.by_id.insert(id.into(), at).is_some() {
                    return Err(Error::file(&self.folder.clone().unwrap_or_default(), format!("id {id} stands twice")));
                }
            }
            Ok(())
        };
        for live in &self.live {
            for ordinal in 0..live.part.segment.header().documents as usize {
                let at = At::Stored(live.number, ordinal as u32);
                add(live.part.ids(ordinal)?, live.part.segment.content(ordinal)?, at)?;
            }
        }
        for (k, fresh) in self.fresh.iter().enumerate() {
            add(fresh.ids.iter().map(String::as_str).collect(), fresh.content, At::Fresh(k as u32))?;
        }
        Ok(register)
    }

    fn live_at(&self, number: u32) -> Result<&Live, Error> {
        let missing = || Error::caller("segment", number, "the catalogue has no such one");
        self.live.iter().find(|l| l.number == number).ok_or_else(missing)
    }

    fn ids_at(&self, at: At) -> Result<Vec<String>, Error> {
        match at {
            At::Fresh(k) => Ok(self.fresh[k as usize].ids.clone()),
            At::Stored(number, ordinal) => {
                Ok(self.live_at(number)?.part.ids(ordinal as usize)?.into_iter().map(str::to_owned).collect())
            }
        }
    }

    fn content(&self, at: At) -> Result<u64, Error> {
        match at {
            At::Fresh(k) => Ok(self.fresh[k as usize].content),
            At::Stored(number, ordinal) => self.live_at(number)?.part.segment.content(ordinal as usize),
        }
    }

    fn set_ids(&mut self, at: At, ids: Vec<String>) {
        match at {
            At::Fresh(k) => self.fresh[k as usize].ids = ids,
            At::Stored(number, ordinal) => {
                if let Some(live) = self.live.iter_mut().find(|l| l.number == number) {
                    Arc::make_mut(&mut live.part.changes).insert(ordinal, ids);
                }
            }
        }
    }
}

/// See [`crate::benchmarks::joined`].
#[cfg(feature = "benchmarks")]
pub(crate) fn joined_boxes<B: AsRef<[u8]>>(
    captures: &[B],
    family: Family,
) -> Result<Vec<Vec<(crate::geom::Rect, bool)>>, Error> {
    let captures: Vec<picture::Reading> =
        captures.iter().map(|bytes| picture::read(bytes.as_ref(), family)).collect::<Result<_, _>>()?;
    let boxes = |(capture, kept): (&picture::Reading, Vec<usize>)| {
        let kept: std::collections::HashSet<usize> = kept.into_iter().collect();
        capture.places.iter().enumerate().map(|(k, place)| (place.hull(), kept.contains(&k))).collect()
    };
    Ok(captures.iter().zip(captures::join(&captures)).map(boxes).collect())
}

/// FNV-1a, 64 bits.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(FNV_START, fnv_step)
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

#[inline]
fn fnv_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
