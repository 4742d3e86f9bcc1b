//! leakprint

mod config;
mod error;
pub mod geom;
mod matcher;

// Stage 1: bytes → raster.
pub mod raster;

// Stage 2: raster → lines and words.
pub mod page;

// Stage 3: words → codes.
pub mod fingerprint;

// Stage 4: codes → documents that may hold them.
pub mod index;
mod simd;

// Stage 5: documents → alignments.
pub mod align;

// Stage 6: alignments → verdict.
pub mod verdict;

// Side input and store: mails → catalogue.
pub mod catalogue;

#[cfg(feature = "benchmarks")]
#[doc(hidden)]
pub mod benchmarks;

pub use config::Config;
pub use error::Error;
pub use matcher::Matcher;
