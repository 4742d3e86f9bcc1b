//! Mails become documents: their words are looked up, whoever is there already is found, and streams are committed
//! piece by piece.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::config::CatalogueConfig;
use super::documents::NewDocument;
use super::mail::{Mail, quoted_words};
use super::particulars::word_kinds;
use super::state::Catalogue;
use super::word_cache::{Learned, WordCache, Words};
use super::words::{ABREAST, Token, each_word, words_hashes};
use crate::Error;
use crate::fingerprint::Codes;
use crate::index::file::{Field, Metadata};

/// What became of added mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Added {
    /// New documents.
    pub documents: usize,
    /// Words of those.
    pub words: usize,
    /// Mails whose text was there already: their ids were added to that document.
    pub duplicates: usize,
    /// Mails whose id was another text's: they took it, see [`SameId::Replace`](super::SameId::Replace).
    pub replaced: usize,
    /// Mails whose id was another text's: both are there, see [`SameId::KeepBoth`](super::SameId::KeepBoth).
    pub kept_beside: usize,
    /// Mails without a word.
    pub empty: usize,
    /// Words with characters that the faces lack: such a word matches nothing.
    pub undrawn: usize,
    /// Public texts among `documents`, see [`Catalogue::add_public`].
    pub public: usize,
    /// New mails whose whole text is a public one, and new public texts that are the whole of a mail: such a mail is no
    /// match as long as the public text is there.
    pub also_public: usize,
    /// Mails among `duplicates` whose text is a disabled document's: it stays disabled, see [`Catalogue::disable`].
    pub disabled: usize,
}

impl std::ops::AddAssign for Added {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.words += other.words;
        self.duplicates += other.duplicates;
        self.replaced += other.replaced;
        self.kept_beside += other.kept_beside;
        self.empty += other.empty;
        self.undrawn += other.undrawn;
        self.public += other.public;
        self.also_public += other.also_public;
        self.disabled += other.disabled;
    }
}

/// What [`Catalogue::enrol`] tells as it goes.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Something that the stream could not give, with its reason.
    Skipped(&'a Error),
    /// What became of the mails that are added by now.
    Added(Added),
}

/// Mails that are looked up at a time, at most.
///
/// Tuned (count): chosen by eye.
const BATCH_MAILS: usize = 1000;
/// Bytes of mails' text that are looked up at a time: no mail is taken once there are so many.
///
/// Tuned (bytes): chosen by eye.
const BATCH_BYTES: usize = 4 << 20;
/// Batches that may be ready to be added while others are being committed.
///
/// Tuned (count): enrolling a mailbox of 2 GB peaks at 294 MB resident with four, at 290 with two.
const BATCHES_AHEAD: usize = 4;
/// Words after which a stream of mails is committed: few enough for memory, and too many for a commit to merge two of
/// them.
///
/// Tuned (words): just over half of what a commit merges. A mailbox of 2 GB peaks at 276 MB resident, with 1.7 million
/// at 294.
const COMMIT_WORDS: usize = 1_620_000;
/// Words of a header field that are enrolled, at most: of long lists of recipients only the first are shown.
///
/// Tuned (words): chosen by eye.
const MAX_FIELD_WORDS: usize = 64;

/// A mail whose words were looked up.
struct Prepared {
    id: String,
    content: u64,
    words: Words,
    /// [`Metadata`], as bytes.
    metadata: Vec<u8>,
}

impl Catalogue {
    /// Adds mails by their text. A mail whose text is known becomes another id of that document; one whose id is
    /// another text's is kept beside that one as `id#2`, unless [`Catalogue::set_same_id`] says otherwise. So the same
    /// mails again change nothing.
    ///
    /// Distinct words are drawn and hashed in parallel, each once: 2 µs a word and face, and what the hash costs. Words
    /// that were seen before pass at some twenty million a second and core.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the catalogue's files turn out to be damaged.
    pub fn add_mails(&mut self, mails: &[Mail]) -> Result<Added, Error> {
        let prepared = prepare(&mut self.word_cache, &self.config, mails)?;
        self.add_prepared(prepared, false)
    }

    /// Adds public texts: licences, notices, songs, press releases, whatever everybody may have and a mail may quote.
    /// Words of a picture that one of them explains convict no mail. So a picture of such a text is no match, but a
    /// [known text](crate::verdict::KnownText); a mail that quotes one is found by its other words, and its evidence
    /// marks those that [are public](crate::verdict::MatchedWord::public).
    ///
    /// Public texts have ids as mails have, share no id with one, and are [removed](Catalogue::remove) and
    /// [disabled](Catalogue::disable) as those are; then all answers are what they were before. They do not count among
    /// the documents that E-values are about, nor in what words of mails may earn. A text without an id gets one of the
    /// hash of its text.
    ///
    /// Cost: as [`Catalogue::add_mails`]; searches look at public texts as they look at mails.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::add_mails`].
    ///
    /// # Examples
    ///
    /// ```
    /// use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::read_mails};
    /// use leakprint::verdict::{KnownTextKind, Outcome};
    /// use leakprint::{Config, Matcher};
    ///
    /// let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    /// let mails = read_mails("testdata/mails.jsonl".as_ref())?.collect::<Result<Vec<_>, _>>()?;
    /// catalogue.add_mails(&mails)?;
    /// // Somebody printed this one in a newspaper.
    /// let mut printed = mails.iter().find(|m| m.id == "tunnel-delay").unwrap().clone();
    /// printed.id = "newspaper".into();
    /// let added = catalogue.add_public(&[printed])?;
    /// assert_eq!((added.public, added.also_public), (1, 1));
    ///
    /// let matcher = Matcher::new(&catalogue, Config::default())?;
    /// let verdict = matcher.identify(&std::fs::read("testdata/shots/tunnel-delay--small.jpg").unwrap())?;
    /// assert_eq!((verdict.outcome, verdict.known_texts.len()), (Outcome::NoMatch, 1));
    /// let known = &verdict.known_texts[0];
    /// assert_eq!((known.kind, &*known.passage.documents), (KnownTextKind::Public, &["newspaper".to_owned()][..]));
    /// # Ok::<(), leakprint::Error>(())
    /// ```
    pub fn add_public(&mut self, texts: &[Mail]) -> Result<Added, Error> {
        let prepared = prepare(&mut self.word_cache, &self.config, texts)?;
        self.add_prepared(prepared, true)
    }

    /// Adds a stream of mails, commits every 1.6 million words (if the catalogue has a folder) and at the end: what was
    /// committed survives whatever happens, and taking up the same stream again passes over what is there, so that
    /// nothing is lost and nothing doubled. Memory does not grow with the stream but for some 200 bytes a mail.
    ///
    /// While a thread adds and commits, the next mails are read and looked up. `progress` is told of every error in the
    /// stream, which is passed over, and after some thousand mails each what became of those that are added by then; if
    /// it breaks off, all that was taken from the stream is added, committed and returned.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::add_mails`] and [`Catalogue::commit`].
    pub fn enrol(
        &mut self,
        mails: impl IntoIterator<Item = Result<Mail, Error>>,
        progress: impl FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Added, Error> {
        self.enrol_as(mails, progress, false)
    }

    /// Adds a stream of public texts, see [`Catalogue::add_public`], as [`Catalogue::enrol`] adds mails.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::enrol`].
    pub fn enrol_public(
        &mut self,
        texts: impl IntoIterator<Item = Result<Mail, Error>>,
        progress: impl FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Added, Error> {
        self.enrol_as(texts, progress, true)
    }

    fn enrol_as(
        &mut self,
        mails: impl IntoIterator<Item = Result<Mail, Error>>,
        mut progress: impl FnMut(Progress<'_>) -> ControlFlow<()>,
        public: bool,
    ) -> Result<Added, Error> {
        let (mut word_cache, config) = (std::mem::take(&mut self.word_cache), self.config.clone());
        let total = Mutex::new(Added::default());
        let so_far = || *total.lock().unwrap_or_else(PoisonError::into_inner);
        let done = std::thread::scope(|scope| {
            let (ready, batches) = sync_channel::<Vec<Prepared>>(BATCHES_AHEAD);
            let adding = scope.spawn(|| {
                let mut uncommitted = 0;
                for batch in batches {
                    let added = self.add_prepared(batch, public)?;
                    *total.lock().unwrap_or_else(PoisonError::into_inner) += added;
                    uncommitted += added.words;
                    if self.home.is_writing() && uncommitted >= COMMIT_WORDS {
                        self.commit()?;
                        uncommitted = 0;
                        // Of what was read of segments, little is needed before the next commit.
                        self.committed.iter().for_each(|c| c.part.segment.evict());
                    }
                }
                if self.home.is_writing() { self.commit() } else { Ok(()) }
            });
            let mut mails = mails.into_iter();
            let mut looking_up = || {
                let mut going_on = ControlFlow::Continue(());
                while going_on.is_continue() {
                    let (mut batch, mut bytes) = (Vec::new(), 0);
                    while going_on.is_continue() && batch.len() < BATCH_MAILS && bytes < BATCH_BYTES {
                        match mails.next() {
                            Some(Ok(mail)) => {
                                bytes += mail.body.len();
                                batch.push(mail);
                            }
                            Some(Err(e)) => going_on = progress(Progress::Skipped(&e)),
                            None => going_on = ControlFlow::Break(()),
                        }
                    }
                    let prepared = prepare(&mut word_cache, &config, &batch)?;
                    if ready.send(prepared).is_err() {
                        // Adding has failed; it says why.
                        break;
                    }
                    if going_on.is_continue() {
                        going_on = progress(Progress::Added(so_far()));
                    }
                }
                Ok(())
            };
            let looked_up = looking_up();
            drop(ready);
            adding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).and(looked_up)
        });
        self.word_cache = word_cache;
        done.map(|()| so_far())
    }

    /// Adds what is new of some mails, and tells what that is.
    fn add_prepared(&mut self, mails: Vec<Prepared>, public: bool) -> Result<Added, Error> {
        let mut added = Added::default();
        for Prepared { id, content, words, metadata } in mails {
            if words.widths.is_empty() {
                added.empty += 1;
                continue;
            }
            let of_text = || format!("{}-{content:016x}", if public { "public" } else { "text" });
            let id = if id.is_empty() { of_text() } else { id };
            added += self.add_document(NewDocument { id, content, words, metadata, public })?;
        }
        Ok(added)
    }
}

/// Looks the words of mails up, in parallel.
fn prepare(word_cache: &mut WordCache, config: &CatalogueConfig, mails: &[Mail]) -> Result<Vec<Prepared>, Error> {
    let learned = word_cache.learn(mails, each_drawn, config)?;
    let prepared = |((mail, learned), content): ((&Mail, Learned<[usize; 4]>), u64)| {
        let Learned { numbers, answer: fields } = learned;
        let (body, field_numbers) = numbers.split_at(numbers.len() - fields.iter().sum::<usize>());
        let metadata = metadata(word_cache, config, mail, fields, field_numbers)?.to_bytes();
        Ok(Prepared { id: mail.id.clone(), content, words: word_cache.words(body), metadata })
    };
    mails.par_iter().zip(learned).zip(contents(mails)).map(prepared).collect()
}

/// The hash of the words of each mail's body.
fn contents(mails: &[Mail]) -> Vec<u64> {
    let mut by_length: Vec<usize> = (0..mails.len()).collect();
    by_length.sort_unstable_by_key(|&k| mails[k].body.len());
    let abreast = |some: &[usize]| words_hashes(std::array::from_fn(|n| some.get(n).map_or("", |&k| &mails[k].body)));
    let hashes: Vec<[u64; ABREAST]> = by_length.par_chunks(ABREAST).map(abreast).collect();
    let mut contents = vec![0; mails.len()];
    by_length.into_iter().zip(hashes.into_iter().flatten()).for_each(|(k, hash)| contents[k] = hash);
    contents
}

/// What is known of a mail besides its words, from the lengths and the words' numbers of its fields.
fn metadata(
    word_cache: &WordCache,
    config: &CatalogueConfig,
    mail: &Mail,
    lengths: [usize; 4],
    mut numbers: &[u32],
) -> Result<Metadata, Error> {
    let mut fields = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (field, rest) = numbers.split_at(length);
        numbers = rest;
        let (codes, widths) = word_cache.first_codes(field, config.family.bits().div_ceil(64));
        fields.push(Field { codes: Codes::from_data(config.family, codes)?, widths });
    }
    if fields.iter().all(|f| f.widths.is_empty()) {
        fields.clear();
    }
    let (quoted, kinds) = (quoted_words(&mail.body, &mail.quoted), word_kinds(&mail.body));
    Ok(Metadata { quoted, fields, kinds })
}

/// Visits all words of a mail that are drawn: the body's, then those of the header fields that clients show. Tells how
/// many each field has.
fn each_drawn<'t>(mail: &'t Mail, found: &mut dyn FnMut(Token<'t>)) -> [usize; 4] {
    each_word(&mail.body, &mut *found);
    [&mail.subject, &mail.from, &mail.to, &mail.date].map(|field| {
        let mut count = 0;
        each_word(field, |token| {
            if count < MAX_FIELD_WORDS {
                found(token);
                count += 1;
            }
        });
        count
    })
}
