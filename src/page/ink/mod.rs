//! Ink: what stands out from the background, without shading and rules, and its connected components.

pub(super) mod background;
pub(super) mod components;
mod distance;
pub(super) mod foreground;
mod histogram;
mod mask;
mod noise;
pub(super) mod profile;
pub(super) mod rules;
pub(super) mod shading;
mod thresholds;
