//! How the page lies in the picture: turned, tilted, bent; and the picture brought upright.
//!
//! Everything is told from the text itself. [`orient`](orient::orient) asks in this order: along which axis text runs
//! (`axis.rs`), how its lines are bent (`deskew.rs`), whether letters are too wide (`letter_width.rs`), which end is up
//! (`ascenders.rs`). The answer is a map ([`Warp`](dewarp::Warp)), by which the picture is resampled (`resample.rs`).

mod ascenders;
mod axis;
mod bend;
mod deskew;
pub(super) mod dewarp;
mod letter_width;
pub(super) mod orient;
mod resample;
