//! Boxes of whole pixels, and what lies near a place of the page.

pub(super) mod area;
pub(super) mod bands;
pub(super) mod grid;
