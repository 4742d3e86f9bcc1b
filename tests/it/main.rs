//! Tests of the crate as its users see it, in one process: none of them starts another.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a failed fixture is a failed test")]

mod common;

mod codes;
mod colour;
mod fixtures;
mod geometry;
mod mail;
mod old_files;
mod tunables;
mod verdict;
