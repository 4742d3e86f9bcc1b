//! Stage 7: what the picture shows, and what speaks for it.

mod altered;
mod config;
mod family;
mod own_words;
mod passage;
mod public;
mod readings;
mod report;
mod select;
mod timings;

pub use config::{CERTAIN, LIKELY, Level, POSSIBLE, VerdictConfig};
pub use readings::{Reading, verdict};
pub use report::{KnownText, KnownTextKind, Lacking, Match, MatchedWord, Outcome, Shared, StageTimings, Verdict};
pub use select::{Selection, select};
pub(crate) use timings::Clock;
