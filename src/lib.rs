//! leakprint

mod error;
pub mod geom;

// Stage 1: bytes → raster.
pub mod raster;

// Stage 2: raster → lines and words.
pub mod page;

// Stage 3: words → codes.
pub mod fingerprint;

pub use error::Error;
