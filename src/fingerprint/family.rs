//! Hash families: which code is which, and which never compare.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::dct::{self, Dct};
#[cfg(feature = "baselines")]
use super::img_hash::{self, ImgHash};
use super::linear::{self, Linear};
use super::net::{self, Net};
use super::{Encoder, Patch};
use crate::Error;

/// A word hash with its version. Carried with every set of codes: codes of different families never compare.
///
/// Ids 1–15 are unlearned hashes of our own, 16–31 those of the `img_hash` crate (feature `baselines`), 32–63 learned
/// encoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "FamilyTag", try_from = "FamilyTag")]
#[non_exhaustive]
pub enum Family {
    /// Signs of the low frequencies of the patch's cosine transform, 128 bits: the best unlearned hash of the study.
    Dct,
    /// `img_hash`: each cell against the mean of all.
    #[cfg(feature = "baselines")]
    Mean,
    /// `img_hash`: each cell against the median of all.
    #[cfg(feature = "baselines")]
    Median,
    /// `img_hash`: each cell against its right neighbour (dHash).
    #[cfg(feature = "baselines")]
    Gradient,
    /// `img_hash`: each cell against its lower neighbour.
    #[cfg(feature = "baselines")]
    VertGradient,
    /// `img_hash`: each cell against both neighbours.
    #[cfg(feature = "baselines")]
    DoubleGradient,
    /// `img_hash`: Blockhash.
    #[cfg(feature = "baselines")]
    Blockhash,
    /// `img_hash`: cosine transform, then the mean (pHash).
    #[cfg(feature = "baselines")]
    Phash,
    /// A small convolutional net, trained on words in many typefaces: 64 bits.
    #[default]
    Net,
    /// Discriminant analysis on histograms of oriented gradients: 64 bits, linear, faster than the net.
    Lda,
}

/// Ids of the families that only builds with the feature `baselines` have.
const BASELINE_IDS: RangeInclusive<u8> = 16..=31;

/// How a family is written into files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FamilyTag {
    id: u8,
    version: u8,
}

impl From<Family> for FamilyTag {
    fn from(family: Family) -> Self {
        Self { id: family.id(), version: family.version() }
    }
}

impl TryFrom<FamilyTag> for Family {
    type Error = Error;

    fn try_from(tag: FamilyTag) -> Result<Self, Error> {
        Self::from_tag(tag.id, tag.version)
    }
}

impl Family {
    /// Every family of this build.
    pub const ALL: &'static [Self] = &[
        Self::Dct,
        #[cfg(feature = "baselines")]
        Self::Mean,
        #[cfg(feature = "baselines")]
        Self::Median,
        #[cfg(feature = "baselines")]
        Self::Gradient,
        #[cfg(feature = "baselines")]
        Self::VertGradient,
        #[cfg(feature = "baselines")]
        Self::DoubleGradient,
        #[cfg(feature = "baselines")]
        Self::Blockhash,
        #[cfg(feature = "baselines")]
        Self::Phash,
        Self::Net,
        Self::Lda,
    ];

    /// The family's number in files.
    #[must_use]
    pub fn id(self) -> u8 {
        match self {
            Self::Dct => 1,
            #[cfg(feature = "baselines")]
            Self::Mean => 16,
            #[cfg(feature = "baselines")]
            Self::Median => 17,
            #[cfg(feature = "baselines")]
            Self::Gradient => 18,
            #[cfg(feature = "baselines")]
            Self::VertGradient => 19,
            #[cfg(feature = "baselines")]
            Self::DoubleGradient => 20,
            #[cfg(feature = "baselines")]
            Self::Blockhash => 21,
            #[cfg(feature = "baselines")]
            Self::Phash => 22,
            Self::Net => 32,
            Self::Lda => 33,
        }
    }

    /// The version of its codes: raised whenever a patch gets another code than before.
    #[must_use]
    pub fn version(self) -> u8 {
        1
    }

    /// Length of a code, in bits.
    #[must_use]
    pub fn bits(self) -> usize {
        match self {
            Self::Dct => 128,
            #[cfg(feature = "baselines")]
            Self::DoubleGradient => 40,
            _ => 64,
        }
    }

    /// The family with this number and version.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if this release has no such family, or has it behind the feature `baselines`.
    pub fn from_tag(id: u8, version: u8) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|f| f.id() == id && f.version() == version).ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(|f| format!("{}.{}", f.id(), f.version())).collect();
            let mut expected = format!("this build knows {}", known.join(", "));
            if cfg!(not(feature = "baselines")) && BASELINE_IDS.contains(&id) {
                expected += "; families 16 to 31 need leakprint's feature `baselines`";
            }
            Error::invalid_argument("family", format!("{id}.{version}"), expected)
        })
    }

    /// Its encoder.
    #[must_use]
    pub fn encoder(self) -> Box<dyn Encoder> {
        match self {
            Self::Dct => Box::new(Dct::new()),
            Self::Net => Box::new(Net),
            Self::Lda => Box::new(Linear),
            #[cfg(feature = "baselines")]
            other => Box::new(ImgHash::new(other)),
        }
    }

    /// How far apart codes of one word are, in another typeface than the catalogue's: measured by
    /// `cargo run --release --example evaluate -- words` on screenshots, against words drawn in [`Face::Sans`].
    ///
    /// [`Face::Sans`]: crate::catalogue::text::Face::Sans
    #[must_use]
    pub fn distances(self) -> DistanceModel {
        let [mean, sd] = match self {
            Self::Dct => dct::SAME_WORD,
            Self::Net => net::SAME_WORD,
            Self::Lda => linear::SAME_WORD,
            #[cfg(feature = "baselines")]
            other => img_hash::same_word(other),
        };
        let bits = self.bits() as f32;
        DistanceModel { same_mean: mean * bits, same_sd: sd * bits }
    }
}

/// Distances between codes of the *same* word, one from text, one cut from a picture: a bell curve, in bits.
///
/// (Distances of different words are counted in the catalogue at hand, where they are needed.)
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DistanceModel {
    /// Mean, in bits.
    pub same_mean: f32,
    /// Standard deviation, in bits.
    pub same_sd: f32,
}

/// Codes of one family, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    family: Family,
    /// [`Codes::stride`] words of 64 bits a code; bits past the family's length are zero.
    data: Vec<u64>,
}

impl Codes {
    /// No codes yet.
    #[must_use]
    pub fn new(family: Family) -> Self {
        Self { family, data: Vec::new() }
    }

    /// Codes from their 64-bit words.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the number of words is no multiple of the stride.
    pub fn from_data(family: Family, data: Vec<u64>) -> Result<Self, Error> {
        let this = Self { family, data };
        if !this.data.len().is_multiple_of(this.stride()) {
            let expected = format!("a code of this family takes {} words", this.stride());
            return Err(Error::invalid_argument("codes", this.data.len(), expected));
        }
        Ok(this)
    }

    /// The family of all of them.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// 64-bit words a code: 1 or 2.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.family.bits().div_ceil(64)
    }

    /// Number of codes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len() / self.stride()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// All codes, [`Codes::stride`] words each.
    #[must_use]
    pub fn data(&self) -> &[u64] {
        &self.data
    }

    /// One code.
    ///
    /// # Panics
    ///
    /// If `k` is not below [`Codes::len`].
    #[must_use]
    pub fn get(&self, k: usize) -> &[u64] {
        &self.data[k * self.stride()..][..self.stride()]
    }

    /// Hashes a patch and appends its code.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the encoder is of another family.
    pub fn push(&mut self, encoder: &dyn Encoder, patch: &Patch) -> Result<(), Error> {
        self.same_family(encoder.family())?;
        let mut values = [0.0f32; MAX_BITS];
        let values = &mut values[..self.family.bits()];
        encoder.encode(patch, values);
        self.push_values(values);
        Ok(())
    }

    /// Appends the code of signed values.
    pub(crate) fn push_values(&mut self, values: &[f32]) {
        let mut code = [0u64; MAX_BITS / 64];
        for (k, _) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
            code[k / 64] |= 1 << (k % 64);
        }
        let stride = self.stride();
        self.data.extend_from_slice(&code[..stride]);
    }

    /// Appends codes of the same family.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the families differ.
    pub fn extend(&mut self, other: &Self) -> Result<(), Error> {
        self.same_family(other.family)?;
        self.data.extend_from_slice(&other.data);
        Ok(())
    }

    /// Hamming distance of code `i` here and code `j` there, in bits.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if the families differ.
    pub fn distance_bits(&self, i: usize, other: &Self, j: usize) -> Result<u32, Error> {
        self.same_family(other.family)?;
        Ok(differing_bits(self.get(i), other.get(j)))
    }

    /// Refuses codes of another family.
    pub(crate) fn same_family(&self, other: Family) -> Result<(), Error> {
        if self.family == other {
            return Ok(());
        }
        Err(Error::invalid_argument(
            "family",
            format!("{other:?}"),
            format!("these codes are of family {:?}", self.family),
        ))
    }
}

/// Hamming distance of two codes of one family, in bits.
pub(crate) fn differing_bits(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// The longest code of any family, in bits.
pub(crate) const MAX_BITS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_unique_and_come_back() {
        for &family in Family::ALL {
            let json = serde_json::to_string(&family).expect("a family is plain data");
            assert_eq!(serde_json::from_str::<Family>(&json).expect("its own tag"), family);
        }
        assert!(Family::from_tag(99, 1).is_err());
    }

    #[cfg(not(feature = "baselines"))]
    #[test]
    fn a_baseline_without_its_feature_is_named() {
        let message = Family::from_tag(18, 1).expect_err("not in this build").to_string();
        assert!(message.contains("18.1") && message.contains("feature `baselines`"), "{message}");
        let message = Family::from_tag(99, 1).expect_err("in no build").to_string();
        assert!(!message.contains("baselines"), "{message}");
    }

    #[test]
    fn families_do_not_compare() {
        let patch = Patch::from_ink([7; super::super::ROWS * super::super::COLS]);
        let mut dct = Codes::new(Family::Dct);
        dct.push(&*Family::Dct.encoder(), &patch).expect("its own encoder");
        let mut net = Codes::new(Family::Net);
        net.push(&*Family::Net.encoder(), &patch).expect("its own encoder");
        assert!(dct.distance_bits(0, &net, 0).is_err());
        assert!(dct.push(&*Family::Net.encoder(), &patch).is_err());
        assert!(dct.extend(&net).is_err());
    }
}
