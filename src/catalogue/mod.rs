//! The catalogue: known documents, as the codes of their words.
//!
//! Made from text ([`Catalogue::add_mails`]) or from pictures ([`Catalogue::add_picture`]), in memory or in a folder. A
//! folder has one writer at a time ([`Catalogue::create`], [`Catalogue::edit`] or [`Catalogue::edit_or_create`], then
//! [`Catalogue::commit`]) and any number of readers ([`Catalogue::open`]), each of which keeps the state it opened.

// What a document is made of.
mod atlas;
mod content;
pub mod mail;
mod particulars;
mod picture;
mod stitch;
pub mod text;
mod word_cache;
mod words;

// The folder.
mod manifest;
mod store;

// The value, and what is done with it.
mod commit;
mod config;
mod documents;
mod enrol;
mod enrol_pictures;
mod open;
mod register;
mod state;

#[cfg(test)]
mod marks_tests;
#[cfg(test)]
mod tests;

pub use self::config::CatalogueConfig;
pub use self::enrol::{Added, Progress};
#[cfg(feature = "benchmarks")]
pub(crate) use self::enrol_pictures::joined_boxes;
pub use self::state::{Catalogue, SameId};
