//! Tests of the crate as its users see it, in one process: none of them starts another.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a failed fixture is a failed test")]

mod common;
#[path = "../common/invented.rs"]
mod invented;

mod auto_traits;
mod codes;
mod colour;
mod damage;
mod evaluation;
mod fixtures;
mod folder;
mod forms;
mod geometry;
mod invariance;
mod limits;
mod mail;
mod old_files;
mod pages;
mod public;
mod resealed;
mod tunables;
mod verdict;
