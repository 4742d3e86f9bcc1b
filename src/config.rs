//! All settings, one plain struct a stage.

use crate::Error;
use crate::align::AlignConfig;
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
        self.verdict.check()
    }
}
