//! Stage 3: words become patches, patches become codes.

mod patch;

pub use patch::{ASCENDER_ROWS, COLS, DESCENDER_ROWS, Patch, ROWS, WordFrame, X_HEIGHT_ROWS};
