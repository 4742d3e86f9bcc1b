//! The catalogue: known documents, as the codes of their words.
//!
//! Made from text ([`Catalogue::add_mails`]) or from pictures ([`Catalogue::add_picture`]), in memory or in a folder. A folder
//! has one writer at a time ([`Catalogue::edit`], then [`Catalogue::commit`]) and any number of readers ([`Catalogue::open`]),
//! each of which keeps the state it opened.

mod about;
mod atlas;
pub mod mail;
mod picture;
mod segment;
mod store;
pub mod text;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub(crate) use self::about::{About, Field};
use self::mail::Mail;
use self::mail::quoted_words;
use self::segment::Words;
use self::store::{Entry, Manifest};
use self::text::{Face, TextEncoder, TextWord};
use crate::Error;
use crate::fingerprint::{Codes, Family};
use crate::index::{Index, phrase_caps, shape_caps};

/// Which hash and which typefaces a catalogue is made with. Fixed once it holds documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueConfig {
    /// The word hash. Default: [`Family::Net`].
    pub family: Family,
    /// The typefaces behind each code of a word of text: a code is made of the mean of its faces' values, and of several codes
    /// the nearest to the picture's counts; each costs as many bytes again. Default: one code, of all three faces.
    pub faces: Vec<Vec<Face>>,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self { family: Family::default(), faces: vec![vec![Face::Sans, Face::Serif, Face::Mono]] }
    }
}

/// What became of added mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// New documents.
    pub documents: usize,
    /// Words of those.
    pub words: usize,
    /// Mails whose text was there already: their ids were added to that document.
    pub duplicates: usize,
    /// Mails whose id was there already with another text: the old text is gone.
    pub replaced: usize,
    /// Mails without a word.
    pub empty: usize,
    /// Words with characters that the faces lack: such a word matches nothing.
    pub undrawn: usize,
}

impl std::ops::AddAssign for Added {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.words += other.words;
        self.duplicates += other.duplicates;
        self.replaced += other.replaced;
        self.empty += other.empty;
        self.undrawn += other.undrawn;
    }
}

struct Document {
    ids: Vec<String>,
    content: u64,
    undrawn: u32,
    words: Words,
    /// An [`About`], as bytes.
    about: Vec<u8>,
    /// Segment file and number there, once committed.
    stored: Option<(u32, u32)>,
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
    documents: Vec<Document>,
    by_id: HashMap<String, usize>,
    by_content: HashMap<u64, usize>,
    /// Codes of words drawn so far, one a face.
    drawn: HashMap<String, Vec<TextWord>>,
    next_segment: u32,
    /// Folder and lock of a catalogue opened for writing.
    home: Option<(PathBuf, File)>,
}

/// Words remembered while mails are added: some 200 bytes each.
const MAX_DRAWN: usize = 2_000_000;

impl Catalogue {
    /// An empty catalogue in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if there is no face.
    pub fn new(config: CatalogueConfig) -> Result<Self, Error> {
        if config.faces.is_empty() || config.faces.iter().any(Vec::is_empty) {
            let expected = "there must be at least one code of at least one face";
            return Err(Error::caller("catalogue.faces", format!("{:?}", config.faces), expected));
        }
        Ok(Self {
            config,
            documents: Vec::new(),
            by_id: HashMap::new(),
            by_content: HashMap::new(),
            drawn: HashMap::new(),
            next_segment: 0,
            home: None,
        })
    }

    /// Opens a catalogue's folder for reading; later changes to the folder are not seen.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder is no catalogue or a file in it is damaged, [`Error::Io`] if it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = store::read_manifest(folder)?.ok_or_else(|| {
            let reason = if folder.is_dir() { "the folder holds no MANIFEST" } else { "there is no such folder" };
            Error::file(folder, format!("not a leakprint catalogue: {reason}; `build_catalogue --out` makes one"))
        })?;
        Self::load(folder, &manifest)
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
                Self::load(folder, &manifest)?
            }
            None => Self::new(config)?,
        };
        this.home = Some((folder.to_owned(), lock));
        Ok(this)
    }

    fn load(folder: &Path, manifest: &Manifest) -> Result<Self, Error> {
        let config = CatalogueConfig { family: manifest.family, faces: manifest.faces.clone() };
        let mut this = Self::new(config)?;
        this.next_segment = manifest.next_segment;
        let numbers: BTreeSet<u32> = manifest.documents.iter().map(|d| d.segment).collect();
        let mut segments: HashMap<u32, Vec<Words>> = HashMap::new();
        for number in numbers {
            let path = store::segment_path(folder, number);
            let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
            segments.insert(number, segment::from_bytes(&path, &bytes, manifest.family, &manifest.faces)?);
        }
        for entry in &manifest.documents {
            let words = segments.get_mut(&entry.segment).and_then(|s| s.get_mut(entry.ordinal as usize));
            let words = std::mem::take(words.ok_or_else(|| {
                let reason = format!("it lacks document {} that the manifest names", entry.ordinal);
                Error::file(&store::segment_path(folder, entry.segment), reason)
            })?);
            this.push(Document {
                ids: entry.ids.clone(),
                content: entry.content,
                undrawn: entry.undrawn,
                words,
                about: entry.about.clone(),
                stored: Some((entry.segment, entry.ordinal)),
            });
        }
        Ok(this)
    }

    /// The hash and the faces.
    #[must_use]
    pub fn config(&self) -> &CatalogueConfig {
        &self.config
    }

    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// Number of words.
    #[must_use]
    pub fn words(&self) -> usize {
        self.documents.iter().map(|d| d.words.widths.len()).sum()
    }

    /// Adds mails by their text. A mail whose id is known replaces the old one; one whose text is known becomes another id of
    /// that document.
    ///
    /// Distinct words are drawn and hashed in parallel, each once: 2 µs a word and face, and what the hash costs. Words that were
    /// seen before pass at some two million a second and core.
    ///
    /// # Errors
    ///
    /// None for mails of text.
    pub fn add_mails(&mut self, mails: &[Mail]) -> Result<Added, Error> {
        self.draw_new_words(mails)?;
        let mut added = Added::default();
        for mail in mails {
            let tokens: Vec<&str> = mail.body.split_whitespace().collect();
            if tokens.is_empty() {
                added.empty += 1;
                continue;
            }
            let content = content_hash(&tokens);
            let id = if mail.id.is_empty() { format!("text-{content:016x}") } else { mail.id.clone() };
            if let Some(&known) = self.by_id.get(&id) {
                if self.documents[known].content == content {
                    added.duplicates += 1;
                    continue;
                }
                self.remove(&id);
                added.replaced += 1;
            }
            if let Some(&known) = self.by_content.get(&content) {
                self.documents[known].ids.push(id.clone());
                self.by_id.insert(id, known);
                added.duplicates += 1;
                continue;
            }
            let mut words = Words { faces: Vec::new(), widths: Vec::with_capacity(tokens.len()) };
            let found: Vec<&Vec<TextWord>> = tokens.iter().filter_map(|t| self.drawn.get(*t)).collect();
            for face in 0..self.config.faces.len() {
                let data = found.iter().flat_map(|w| w[face].code.iter().copied()).collect();
                words.faces.push(Codes::from_data(self.config.family, data)?);
            }
            words.widths.extend(found.iter().map(|w| w[0].width));
            let undrawn = found.iter().filter(|w| w.iter().all(|f| !f.drawn)).count();
            added.documents += 1;
            added.words += tokens.len();
            added.undrawn += undrawn;
            let about = self.about(mail)?.to_bytes();
            self.push(Document { ids: vec![id], content, undrawn: undrawn as u32, words, about, stored: None });
        }
        Ok(added)
    }

    /// What is known of a mail whose words are drawn.
    fn about(&self, mail: &Mail) -> Result<About, Error> {
        let mut fields = Vec::new();
        for field in fields_of(mail) {
            let found: Vec<&TextWord> = field_words(field).filter_map(|w| self.drawn.get(w)?.first()).collect();
            let codes = found.iter().flat_map(|w| w.code.iter().copied()).collect();
            fields.push(Field {
                codes: Codes::from_data(self.config.family, codes)?,
                widths: found.iter().map(|w| w.width).collect(),
            });
        }
        if fields.iter().all(|f| f.widths.is_empty()) {
            fields.clear();
        }
        Ok(About { quoted: quoted_words(&mail.body, &mail.quoted), fields })
    }

    fn draw_new_words(&mut self, mails: &[Mail]) -> Result<(), Error> {
        if self.drawn.len() > MAX_DRAWN {
            self.drawn.clear();
        }
        let fields = mails.iter().flat_map(fields_of).flat_map(field_words);
        let words = mails.iter().flat_map(|m| m.body.split_whitespace()).chain(fields);
        let new: HashSet<&str> = words.filter(|w| !self.drawn.contains_key(*w)).collect();
        let new: Vec<&str> = new.into_iter().collect();
        let encoder = self.config.family.encoder();
        let faces: Vec<TextEncoder<'_>> =
            self.config.faces.iter().map(|f| TextEncoder::new(f, &*encoder)).collect::<Result<_, _>>()?;
        let drawn: Vec<(String, Vec<TextWord>)> = new
            .into_par_iter()
            .map(|word| {
                let codes: Result<Vec<TextWord>, Error> = faces.iter().map(|f| f.encode(word)).collect();
                codes.map(|c| (word.to_owned(), c))
            })
            .collect::<Result<_, _>>()?;
        self.drawn.extend(drawn);
        Ok(())
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
        let (mut words, mut codes) = (Vec::new(), Codes::new(self.config.family));
        let mut before: Option<picture::Reading> = None;
        for bytes in pictures {
            let next = picture::read(bytes.as_ref(), self.config.family)?;
            let rest = before.as_ref().map(|before| picture::without_overlap(before, &next)).transpose()?;
            let new = rest.as_ref().unwrap_or(&next);
            codes.extend(&new.codes)?;
            words.extend_from_slice(&new.widths);
            before = Some(next);
        }
        if before.is_none() {
            return Err(Error::caller("pictures", "empty", "a document needs at least one"));
        }
        let content = fnv(pictures.iter().flat_map(AsRef::as_ref).copied());
        let mut added = Added::default();
        if let Some(&known) = self.by_content.get(&content) {
            added.duplicates = 1;
            if !self.documents[known].ids.iter().any(|i| i == id) {
                added.replaced = usize::from(self.remove(id));
                // Removing may have moved it.
                let known = self.by_content[&content];
                self.documents[known].ids.push(id.to_owned());
                self.by_id.insert(id.to_owned(), known);
            }
            return Ok(added);
        }
        added.replaced = usize::from(self.remove(id));
        (added.documents, added.words) = (1, words.len());
        let words = Words { faces: vec![codes; self.config.faces.len()], widths: words };
        self.push(Document { ids: vec![id.to_owned()], content, undrawn: 0, words, about: Vec::new(), stored: None });
        Ok(added)
    }

    fn push(&mut self, document: Document) {
        let number = self.documents.len();
        for id in &document.ids {
            self.by_id.insert(id.clone(), number);
        }
        self.by_content.insert(document.content, number);
        self.documents.push(document);
    }

    /// Removes an id; the document goes with its last id. Returns whether the id was known.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(number) = self.by_id.remove(id) else {
            return false;
        };
        self.documents[number].ids.retain(|i| i != id);
        if self.documents[number].ids.is_empty() {
            let gone = self.documents.swap_remove(number);
            self.by_content.remove(&gone.content);
            if let Some(moved) = self.documents.get(number) {
                for id in &moved.ids {
                    self.by_id.insert(id.clone(), number);
                }
                self.by_content.insert(moved.content, number);
            }
        }
        true
    }

    /// Writes all changes to the folder that the catalogue was opened from for writing. A crash at any instant leaves the last
    /// commit or this one, whole.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if the catalogue was not opened with [`Catalogue::edit`], [`Error::Io`] if the disk refuses.
    pub fn commit(&mut self) -> Result<(), Error> {
        let Some((folder, _)) = &self.home else {
            return Err(Error::caller("catalogue", "in memory or read-only", "only one opened with `edit` can commit"));
        };
        let fresh: Vec<usize> = (0..self.documents.len()).filter(|&k| self.documents[k].stored.is_none()).collect();
        if !fresh.is_empty() {
            let number = self.next_segment;
            let words: Vec<&Words> = fresh.iter().map(|&k| &self.documents[k].words).collect();
            let bytes = segment::to_bytes(self.config.family, &self.config.faces, &words);
            store::write_whole(&store::segment_path(folder, number), &bytes)?;
            for (ordinal, &k) in fresh.iter().enumerate() {
                self.documents[k].stored = Some((number, ordinal as u32));
            }
            self.next_segment += 1;
        }
        let entry = |d: &Document| {
            let (segment, ordinal) = d.stored.unwrap_or_default();
            let (ids, about) = (d.ids.clone(), d.about.clone());
            Entry { ids, content: d.content, undrawn: d.undrawn, segment, ordinal, about }
        };
        let manifest = Manifest {
            family: self.config.family,
            faces: self.config.faces.clone(),
            next_segment: self.next_segment,
            documents: self.documents.iter().map(entry).collect(),
        };
        store::write_manifest(folder, &manifest)?;
        store::sweep(folder, &manifest)
    }

    /// The documents' ids and numbers of words, in the index's order, and the index.
    pub(crate) fn to_index(&self) -> Result<(Vec<Listed>, Index), Error> {
        // In the order of the ids, so that the order of enrolment does not show.
        let mut order: Vec<&Document> = self.documents.iter().collect();
        order.sort_by(|a, b| a.ids.iter().min().cmp(&b.ids.iter().min()));
        let first: Vec<&Codes> = order.iter().map(|d| &d.words.faces[0]).collect();
        let mut caps = phrase_caps(&first);
        for (caps, document) in caps.iter_mut().zip(&order) {
            for (cap, most) in caps.iter_mut().zip(shape_caps(&document.words.faces[0], &document.words.widths)) {
                *cap = (*cap).min(most);
            }
        }
        let documents = order.iter().zip(&caps).map(|(d, c)| (d.words.faces.iter().collect(), c.as_slice()));
        let index = Index::new(documents)?;
        let names = order.iter().map(|d| {
            let mut ids = d.ids.clone();
            ids.sort_unstable();
            Listed { ids, words: d.words.widths.len(), widths: d.words.widths.clone(), about: d.about.clone() }
        });
        Ok((names.collect(), index))
    }
}

/// A document as the index lists it.
pub(crate) struct Listed {
    /// Sorted.
    pub(crate) ids: Vec<String>,
    /// Number of words.
    pub(crate) words: usize,
    /// Each word's width, see [`log_width`](crate::fingerprint::log_width).
    pub(crate) widths: Vec<u8>,
    /// An [`About`], as bytes.
    pub(crate) about: Vec<u8>,
}

/// Words of a header field that are enrolled, at most: of long lists of recipients only the first are shown.
const MAX_FIELD_WORDS: usize = 64;

/// The header fields that clients show.
fn fields_of(mail: &Mail) -> [&str; 4] {
    [&mail.subject, &mail.from, &mail.to, &mail.date]
}

fn field_words(field: &str) -> impl Iterator<Item = &str> {
    field.split_whitespace().take(MAX_FIELD_WORDS)
}

/// FNV-1a, 64 bits.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn content_hash(tokens: &[&str]) -> u64 {
    fnv(tokens.iter().flat_map(|t| t.bytes().chain([b' '])))
}
