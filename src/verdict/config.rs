//! Settings of the decision, and what E-values are called.

use serde::Serialize;

use crate::Error;

/// Settings of stage 7.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictConfig {
    /// Largest E-value of a match: the expected number of documents that would look as much like the picture by chance.
    /// Default: [`LIKELY`].
    ///
    /// Tuned (expected documents): [`LIKELY`].
    pub max_e: f64,
    /// Fewest words of a match that agree: people write the same sentence twice. Default: 8.
    ///
    /// Tuned (words): people write the same sentence twice; record *short passages*.
    pub min_words: usize,
    /// A document that explains the same words as a better one is named beside it if its score is at least this share
    /// of the best one's. Default: 0.9.
    ///
    /// Tuned (share): chosen by eye.
    pub tie_share: f32,
    /// Whether a block that several documents share, and that stands amid other words in the picture and in each of
    /// them (a notice, a list's footer), may make a match. Default: no.
    pub boilerplate: bool,
}

impl Default for VerdictConfig {
    fn default() -> Self {
        Self { max_e: LIKELY, min_words: 8, tie_share: 0.9, boilerplate: false }
    }
}

impl VerdictConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if self.max_e <= 0.0 || self.max_e.is_nan() {
            return Err(Error::invalid_argument("verdict.max_e", self.max_e, "it must be above 0"));
        }
        if self.min_words == 0 {
            return Err(Error::invalid_argument("verdict.min_words", self.min_words, "it must be at least 1"));
        }
        if !(self.tie_share > 0.0 && self.tie_share <= 1.0) {
            return Err(Error::invalid_argument(
                "verdict.tie_share",
                self.tie_share,
                "it must be above 0 and at most 1",
            ));
        }
        Ok(())
    }
}

/// E-value of a match beyond doubt: one in a million pictures would look like this by chance.
pub const CERTAIN: f64 = 1e-6;
/// E-value of a likely match; the default limit.
pub const LIKELY: f64 = 1e-3;
/// E-value of a possible match: worth a person's look.
pub const POSSIBLE: f64 = 0.1;

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// E-value above [`LIKELY`]: worth a person's look.
    Possible,
    /// E-value of at most [`LIKELY`].
    Likely,
    /// E-value of at most [`CERTAIN`].
    Certain,
}

impl Level {
    /// The level of an E-value.
    #[must_use]
    pub fn from_e_value(e_value: f64) -> Self {
        if e_value <= CERTAIN {
            Self::Certain
        } else if e_value <= LIKELY {
            Self::Likely
        } else {
            Self::Possible
        }
    }
}
