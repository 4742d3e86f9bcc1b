//! All settings, one plain struct a stage.

use crate::Error;
use crate::align::AlignConfig;
use crate::limits::Limits;
use crate::page::PageConfig;
use crate::raster::RasterConfig;
use crate::search::{ScoreConfig, SearchConfig};
use crate::verdict::VerdictConfig;

/// Settings of a [`Matcher`](crate::Matcher), stage by stage. `Config::default()` is what everything was measured with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Stage 1: decoding.
    pub raster: RasterConfig,
    /// Stage 2: lines and words.
    pub page: PageConfig,
    /// Stage 4: which documents are looked at.
    pub search: SearchConfig,
    /// Stage 4: what a word is worth.
    pub score: ScoreConfig,
    /// Stage 6: alignment.
    pub align: AlignConfig,
    /// Stage 7: the decision.
    pub verdict: VerdictConfig,
    /// All stages: what a picture may cost.
    pub limits: Limits,
}

impl Config {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range, its value and what is allowed.
    pub fn check(&self) -> Result<(), Error> {
        self.raster.check()?;
        self.page.check()?;
        self.search.check()?;
        self.score.check()?;
        self.align.check()?;
        self.verdict.check()?;
        self.limits.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a changed default is refused, and by which name.
    fn refused(change: impl FnOnce(&mut Config)) -> Option<&'static str> {
        let mut config = Config::default();
        change(&mut config);
        match config.check() {
            Err(Error::InvalidArgument { setting, .. }) => Some(setting),
            _ => None,
        }
    }

    #[test]
    fn defaults_are_in_their_ranges_and_others_are_named() {
        assert_eq!(refused(|_| {}), None);
        assert_eq!(refused(|c| c.search.max_assignments = 0), Some("search.max_assignments"));
        assert_eq!(refused(|c| c.score.most_nats = f32::NAN), Some("score.most_nats"));
        assert_eq!(refused(|c| c.align.jump_nats = -1.0), Some("align.jump_nats"));
        assert_eq!(refused(|c| c.limits.align_cells = 0), Some("limits.align_cells"));
        assert_eq!(
            refused(|c| c.limits.align_cells = (1 << 31) + 1),
            Some("limits.align_cells"),
            "cells have 32-bit numbers"
        );
        assert_eq!(refused(|c| c.verdict.min_words = 0), Some("verdict.min_words"));
        assert_eq!(refused(|c| c.verdict.max_e = f64::NAN), Some("verdict.max_e"));
    }
}
