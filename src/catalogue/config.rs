//! What a catalogue is made with.

use super::text::Face;
use crate::Error;
use crate::fingerprint::Family;
use crate::search::SCAN_WORDS;
use crate::significance::NullModel;

/// Codes of a word: a segment's header has a byte for their number.
const MAX_CODES: usize = 255;

/// Which hash and which typefaces a catalogue is made with, and what its E-values are reckoned by: fixed once it holds
/// documents.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogueConfig {
    /// The word hash. Default: [`Family::Net`].
    pub family: Family,
    /// The typefaces behind each code of a word of text: a code is made of the mean of its faces' values, and of
    /// several codes the nearest to the picture's counts; each costs as many bytes again. Default: one code, of all
    /// three faces.
    pub faces: Vec<Vec<Face>>,
    /// How scores of unrelated documents fall off. Default: as fitted for [`Family::Net`].
    pub null_model: NullModel,
    /// Catalogues of up to so many words are one segment after each commit. Not kept with the catalogue: each writer
    /// has its own. Default: [`SCAN_WORDS`].
    ///
    /// Tuned (words): adding a mail to a million words takes 0.20 s, to two million 0.31.
    pub whole_words: usize,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self {
            family: Family::default(),
            faces: vec![vec![Face::Sans, Face::Serif, Face::Mono]],
            null_model: NullModel::default(),
            whole_words: SCAN_WORDS,
        }
    }
}

impl CatalogueConfig {
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.faces.len() > MAX_CODES {
            let expected = format!("a word has at most {MAX_CODES} codes");
            return Err(Error::invalid_argument("catalogue.faces.len()", self.faces.len(), expected));
        }
        if self.faces.is_empty() || self.faces.iter().any(Vec::is_empty) {
            let expected = "there must be at least one code of at least one face";
            return Err(Error::invalid_argument("catalogue.faces", format!("{:?}", self.faces), expected));
        }
        self.null_model.check()
    }
}
