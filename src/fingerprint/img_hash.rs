//! The hashes of the `img_hash` crate (its maintained fork) on word patches: the baseline that every other hash must
//! beat.

use std::fmt;
use std::panic::AssertUnwindSafe;

use img_hash::{HashAlg, Hasher, HasherConfig};

use super::{COLS, Encoder, Family, Patch, ROWS};

/// Mean and standard deviation of the distances of one word in two typefaces, as shares of a code's bits: measured on
/// the evaluation set by `evaluate -- words`, see [`Family::distances`].
pub(super) fn same_word(family: Family) -> [f32; 2] {
    match family {
        Family::Mean => [0.082, 0.073],
        Family::Median => [0.077, 0.066],
        Family::VertGradient => [0.118, 0.089],
        Family::DoubleGradient => [0.089, 0.071],
        Family::Blockhash => [0.076, 0.073],
        Family::Phash => [0.157, 0.094],
        Family::Gradient | Family::Dct | Family::Net | Family::Lda => [0.174, 0.110],
    }
}

/// Encoder of the `img_hash` families.
pub(super) struct ImgHash {
    family: Family,
    /// It keeps no state between two pictures, so that a panic leaves nothing half done.
    hasher: AssertUnwindSafe<Hasher<Vec<u8>>>,
}

impl ImgHash {
    pub(super) fn new(family: Family) -> Self {
        let algorithm = match family {
            Family::Mean | Family::Phash => HashAlg::Mean,
            Family::Median => HashAlg::Median,
            Family::VertGradient => HashAlg::VertGradient,
            Family::DoubleGradient => HashAlg::DoubleGradient,
            Family::Blockhash => HashAlg::Blockhash,
            Family::Gradient | Family::Dct | Family::Net | Family::Lda => HashAlg::Gradient,
        };
        let config = HasherConfig::with_bytes_type::<Vec<u8>>().hash_size(8, 8).hash_alg(algorithm);
        let config = if family == Family::Phash { config.preproc_dct() } else { config };
        Self { family, hasher: AssertUnwindSafe(config.to_hasher()) }
    }
}

impl fmt::Debug for ImgHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImgHash").field("family", &self.family).finish_non_exhaustive()
    }
}

impl super::sealed::Sealed for ImgHash {}

impl Encoder for ImgHash {
    fn family(&self) -> Family {
        self.family
    }

    fn encode(&self, patch: &Patch, values: &mut [f32]) {
        let picture =
            image::GrayImage::from_fn(COLS as u32, ROWS as u32, |x, y| image::Luma([patch.at(y as usize, x as usize)]));
        let hash = self.hasher.hash_image(&picture);
        let bits = hash.as_bytes().iter().flat_map(|byte| (0..8).map(move |k| byte >> k & 1));
        values.fill(-1.0);
        for (value, bit) in values.iter_mut().zip(bits) {
            *value = if bit == 1 { 1.0 } else { -1.0 };
        }
    }
}
