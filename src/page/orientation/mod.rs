//! How the page lies in the picture: turned, tilted, bent; and the picture brought upright.

pub(super) mod deskew;
pub(super) mod dewarp;
mod turn;
pub(super) mod upright;
