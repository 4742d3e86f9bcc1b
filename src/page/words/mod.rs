//! Words: lines cut into pieces at every visible gap, and every plausible way to join these.

mod column_profile;
pub(super) mod cuts;
mod gap_model;
pub(super) mod gap_models;
pub(super) mod lattice;
pub(super) mod pitch;
