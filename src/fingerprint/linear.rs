//! The linear hash: discriminant analysis of word types on [`super::hog`], rotated so that signs lose least.
//!
//! R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936); the rotation after Y. Gong and S.
//! Lazebnik, "Iterative quantization: a procrustean approach to learning binary codes" (2011). In whole numbers
//! throughout: it is a net of one layer, see [`super::net`].

use std::sync::LazyLock;

use super::hog::hog;
use super::net::UNIT;
use super::net::format::{BadWeights, Weights};
use super::net::infer::Inference;
use super::{Encoder, Family, Patch};

/// Mean and standard deviation of the distances of one word in two typefaces.
///
/// Tuned (share): measured on the evaluation set by `evaluate -- words`, see [`Family::distances`].
pub(super) const SAME_WORD: [f32; 2] = [0.160, 0.091];

static BYTES: &[u8] = include_bytes!("lda.bin");

/// Laid out once for all encoders. The tests read the same bytes, so that the panic cannot leave our workshop.
static PROJECTION: LazyLock<Inference> =
    LazyLock::new(|| load(BYTES).unwrap_or_else(|e| panic!("the crate's projection: {e}")));

fn load(bytes: &[u8]) -> Result<Inference, BadWeights> {
    Inference::new(&Weights::parse(bytes)?)
}

/// Encoder of [`Family::Lda`].
#[derive(Debug)]
pub(super) struct Linear;

impl super::sealed::Sealed for Linear {}

impl Encoder for Linear {
    fn family(&self) -> Family {
        Family::Lda
    }

    fn encode(&self, patch: &Patch, values: &mut [f32]) {
        PROJECTION.run(&hog(patch.ink()), values);
        values.iter_mut().for_each(|v| *v /= UNIT);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::net::reference;
    use super::super::{COLS, ROWS, hog};
    use super::*;
    use crate::simd::Kernels;

    #[test]
    fn the_crates_projection_is_whole() {
        let projection = load(BYTES).expect("our own file");
        assert_eq!((projection.inputs(), projection.outputs()), (hog::LEN, Family::Lda.bits()));
    }

    #[test]
    fn damaged_files_are_refused() {
        for len in (0..BYTES.len()).step_by(53) {
            assert!(Weights::parse(&BYTES[..len]).is_err(), "{len} bytes");
        }
        let mut bytes = BYTES.to_vec();
        for at in (0..bytes.len()).step_by(53) {
            bytes[at] ^= 0x10;
            assert!(Weights::parse(&bytes).is_err(), "byte {at}");
            bytes[at] ^= 0x10;
        }
    }

    proptest! {
        #[test]
        fn every_variant_gives_the_reference(ink in prop::collection::vec(any::<u8>(), ROWS * COLS)) {
            let ink: [u8; ROWS * COLS] = ink.try_into().expect("a patch");
            let weights = Weights::parse(BYTES).expect("our own file");
            let expected = reference::values(&weights, &hog::tests::reference(&ink));
            for kernels in Kernels::available() {
                let projection = Inference::with(kernels, &weights).expect("our own file");
                let mut values = [0.0; 64];
                projection.run(&hog(&ink), &mut values);
                let values = values.map(|v| v as i16).to_vec();
                prop_assert_eq!(&values, &expected, "{}", kernels.name);
            }
        }
    }
}
