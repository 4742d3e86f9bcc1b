//! Recognises known leaked emails in screenshots by the shapes of their words, without reading them.
//!
//! A picture becomes lines and words; each word becomes a perceptual hash; the sequence of hashes is aligned with those
//! of known mails, as a sequence-search tool aligns DNA reads; the answer names the mail, the passage, the place in the
//! picture, and how many mails would match as well by chance. No OCR, no language model, no network.
//!
//! ```
//! use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::read_mails};
//! use leakprint::{Config, Matcher};
//!
//! // Known mails, from their text alone.
//! let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
//! let mails = read_mails("testdata/mails.jsonl".as_ref())?.collect::<Result<Vec<_>, _>>()?;
//! catalogue.add_mails(&mails)?;
//!
//! // A picture that somebody posted: here, a careless crop of a desktop client.
//! let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").unwrap();
//! let verdict = Matcher::new(&catalogue, Config::default())?.identify(&picture)?;
//! let found = &verdict.matches[0];
//! assert_eq!(found.documents, ["tusk-settlement"]);
//! assert!(found.e_value < 1e-6);
//! # Ok::<(), leakprint::Error>(())
//! ```
//!
//! # The stages
//!
//! [`Matcher::identify`] is a call a stage, and one more that tells which of several readings of a picture counts. Each
//! stage is public on its own, and uses only those before it.
//!
//! | stage | module | call | from | to |
//! |---|---|---|---|---|
//! | 1 | [`raster`] | [`decode`](raster::decode) | bytes | grey picture as displayed |
//! | 2 | [`page`] | [`readings`](page::readings) | picture | lines, and a lattice of words |
//! | 3 | [`fingerprint`](mod@fingerprint) | [`fingerprint`](fingerprint::fingerprint) | words | codes |
//! | 4 | [`search`] | [`Searcher::search`](search::Searcher::search) | codes | documents that may hold them |
//! | 5 | [`significance`] | [`Significance::candidates`](significance::Significance::candidates) | documents | those that chance reaches seldom |
//! | 6 | [`align`] | [`align_candidates`](align::align_candidates) | candidates | alignments, word by word |
//! | 7 | [`verdict`] | [`select`](verdict::select), [`verdict`](verdict::verdict) | alignments | matches with E-values and evidence |
//!
//! [`catalogue`] is the side input: mails become codes without any picture. [`index`] is what a catalogue's segments
//! are made of and read by. How it all works and why stands in [`docs::architecture`], what was measured in
//! [`docs::results`], every tuned number in [`docs::tunables`].
//!
//! # Features
//!
//! * `mail` (default): messages and mailboxes as catalogue input, through `mail-parser` and `html5gum`.
//! * `baselines`: the word hashes of the `img_hash` crate, for comparison.
//! * `benchmarks`: for this crate's own benches; no stability is promised.
//!
//! # Limits
//!
//! * A catalogue takes some 22 bytes a word with the default hash and faces, mapped from its files.
//! * Up to 2 million words are scanned whole for every picture. In larger catalogues seeds find candidates, and miss
//!   about 1 in 100 mails that the scan would find.
//! * Tilts of more than 15° from upright, sideways or upside down are not undone.
//! * Machines are little-endian.

mod config;
mod error;
mod fixed_point;
pub mod geom;
pub mod limits;
mod matcher;
#[doc(hidden)]
pub mod random;

// Stage 1: bytes → raster.
pub mod raster;

// Stage 2: raster → lines and words.
pub mod page;

// Stage 3: words → codes.
pub mod fingerprint;

// Stage 4: codes → documents that may hold them.
pub mod search;
mod simd;

// Stage 5: documents → candidates.
pub mod significance;

// Stage 6: candidates → alignments.
pub mod align;

// Stage 7: alignments → verdict.
pub mod verdict;

// Side input and store: mails → catalogue, and the index that it is searched by.
pub mod catalogue;
pub mod index;

#[cfg(feature = "benchmarks")]
#[doc(hidden)]
pub mod benchmarks;

pub mod docs;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

pub use config::Config;
pub use error::Error;
pub use limits::Limits;
pub use matcher::Matcher;
