//! Stage 1: bytes become a grey picture, as it is displayed.
//!
//! [`decode`] is the whole stage. Its steps, each in a file of its own:
//!
//! 1. [`RasterConfig`] (`limits.rs`): the header's area is checked before anything is allocated.
//! 2. `decode.rs`: bytes → pixels, EXIF orientation applied; panics of decoders are contained.
//! 3. `transparency.rs`: what shines through is laid over the page that it was made for.
//! 4. `luma.rs`: colours → grey.
//! 5. `isoluminant.rs`: text of its ground's luma is shown by its colour.

mod decode;
mod grey;
mod isoluminant;
mod limits;
mod luma;
mod picture;
mod transparency;

pub use decode::decode;
pub use limits::RasterConfig;
pub use picture::Raster;
pub(crate) use picture::catmull_rom;
