//! The learned hash: a small convolutional net in whole numbers, the same bits on every machine.
//!
//! Activations are 7 bits (0 to 127; the input is the patch's ink halved), weights 8 bits (−127 to 127), sums 32 bits,
//! biases included. After each layer, for output channel `c`:
//!
//! ```text
//! t = clamp((sum + bias[c]) >> shift, low, 32767)      low = 0 (ReLU), in the last layer −32768
//! v = (t · multiplier[c] + 16384) >> 15                inner layers: min(v, 127); last layer: the value, in 1/256
//! ```
//!
//! All shifts are arithmetic. Quantisation after B. Jacob et al., "Quantization and training of neural networks for
//! efficient integer-arithmetic-only inference" (2018), section 2.2. The weights are made by the program in
//! `examples/train`.
//!
//! A patch costs 1.08 million multiplications: 7 µs with AVX-512 VNNI, 10 with AVX2, 144 without, on an EPYC (Zen 5).

pub(super) mod format;
pub(super) mod infer;
#[cfg(test)]
pub(super) mod reference;

use std::sync::LazyLock;

use self::format::{BadWeights, Weights};
use self::infer::Inference;
use super::{Encoder, Family, Patch};

/// One unit of an encoder's values.
pub(super) const UNIT: f32 = 256.0;

/// Mean and standard deviation of the distances of one word in two typefaces.
///
/// Tuned (share): measured on the evaluation set by `evaluate -- words`, see [`Family::distances`].
pub(super) const SAME_WORD: [f32; 2] = [0.121, 0.074];

/// Up to these x-heights a picture's words go through the two nets for small text.
///
/// Tuned (pixels): within the x-heights that the nets share in their training (2.1–3.5, 3.1–5.4, all). At 3× and 4× no
/// text is so small, and all of it takes the general net.
const SMALL_UPPER_PX: [f32; 2] = [3.3, 5.0];

static BYTES: &[u8] = include_bytes!("general.bin");

/// Copies of the general net, tuned on small text to predict the code that the same word has in large clean text: for
/// words of pictures up to an x-height in pixels.
static SMALL: [(f32, &[u8]); 2] =
    [(SMALL_UPPER_PX[0], include_bytes!("small-3.3.bin")), (SMALL_UPPER_PX[1], include_bytes!("small-5.bin"))];

/// Laid out once for all encoders. The tests read the same bytes, so that the panic cannot leave our workshop.
static GENERAL: LazyLock<Loaded> = LazyLock::new(|| bundled(BYTES));
static FOR_SMALL: LazyLock<[(f32, Loaded); 2]> = LazyLock::new(|| SMALL.map(|(upper, bytes)| (upper, bundled(bytes))));

fn bundled(bytes: &[u8]) -> Loaded {
    load(bytes).unwrap_or_else(|e| panic!("the crate's net: {e}"))
}

/// The net for words of pictures with this x-height.
fn for_size(x_height_px: f32) -> &'static Loaded {
    FOR_SMALL.iter().find(|(upper, _)| x_height_px <= *upper).map_or(&GENERAL, |(_, loaded)| loaded)
}

/// A net, ready to run, and its confidences.
#[derive(Debug)]
struct Loaded {
    inference: Inference,
    weights: Weights,
}

fn load(bytes: &[u8]) -> Result<Loaded, BadWeights> {
    let weights = Weights::parse(bytes)?;
    Ok(Loaded { inference: Inference::new(&weights)?, weights })
}

/// Encoder of [`Family::Net`].
#[derive(Debug)]
pub(super) struct Net;

fn run(net: &Loaded, patch: &Patch, values: &mut [f32]) {
    let activations = patch.ink().map(|v| v >> 1);
    net.inference.run(&activations, values);
    values.iter_mut().for_each(|v| *v /= UNIT);
}

impl super::sealed::Sealed for Net {}

impl Encoder for Net {
    fn family(&self) -> Family {
        Family::Net
    }

    fn encode(&self, patch: &Patch, values: &mut [f32]) {
        run(&GENERAL, patch, values);
    }

    fn encode_query(&self, patch: &Patch, x_height_px: f32, values: &mut [f32]) {
        run(for_size(x_height_px), patch, values);
    }

    fn bit_error(&self, x_height_px: f32, value: f32) -> Option<f32> {
        Some(for_size(x_height_px).weights.bit_error(x_height_px, value))
    }
}

/// The general net on each variant of the kernels that this CPU has, fastest first.
#[cfg(feature = "benchmarks")]
pub(crate) fn variants() -> Vec<(&'static str, Inference)> {
    let all = crate::simd::Kernels::available().into_iter();
    all.filter_map(|k| Some((k.name, Inference::with(k, &GENERAL.weights).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{COLS, ROWS};
    use super::*;
    use crate::simd::Kernels;

    /// Everything is in place: the statics cannot fail.
    #[test]
    fn the_crates_nets_are_whole() {
        for (_, bytes) in SMALL {
            load(bytes).expect("our own file");
        }
        let net = load(BYTES).expect("our own file");
        assert_eq!((net.inference.inputs(), net.inference.outputs()), (ROWS * COLS, Family::Net.bits()));
    }

    #[test]
    fn damaged_files_are_refused() {
        let cuts = (0..200).chain((200..BYTES.len()).step_by(1999));
        for len in cuts {
            assert!(Weights::parse(&BYTES[..len]).is_err(), "{len} bytes");
        }
        let mut bytes = BYTES.to_vec();
        for at in (0..200).chain((200..bytes.len()).step_by(1999)) {
            bytes[at] ^= 0x10;
            assert!(Weights::parse(&bytes).is_err(), "byte {at}");
            bytes[at] ^= 0x10;
        }
        bytes.push(0);
        assert!(Weights::parse(&bytes).is_err(), "one byte more");
    }

    /// Damage with a right checksum: an error or another net, never a panic.
    #[test]
    fn forged_files_are_no_panic() {
        let body = BYTES.len() - 4;
        for at in (8..120).chain(body - 80..body) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = BYTES.to_vec();
                bytes[at] = value;
                let crc = crc32fast::hash(&bytes[..body]).to_le_bytes();
                bytes[body..].copy_from_slice(&crc);
                let _ = load(&bytes);
            }
        }
    }

    /// Shapes whose products exceed 32 bits, with a right checksum.
    #[test]
    fn shapes_beyond_memory_are_refused() {
        let body = BYTES.len() - 4;
        // The first layer's twelve numbers of 16 bits stand at byte 12: sides 3 to 7 are output and kernel, 2 the
        // channels.
        for sides in [&[2, 6, 7][..], &[3, 4, 5], &[2, 5, 6, 7], &[0, 1, 2, 6, 7]] {
            let mut bytes = BYTES.to_vec();
            for side in sides {
                bytes[12 + 2 * side..][..2].copy_from_slice(&4096u16.to_le_bytes());
            }
            let crc = crc32fast::hash(&bytes[..body]).to_le_bytes();
            bytes[body..].copy_from_slice(&crc);
            assert!(load(&bytes).is_err(), "sides {sides:?}");
        }
    }

    /// A net's bytes are what the page of formats says: they came from where it says.
    #[test]
    fn bundled_files_have_their_recorded_sha_256() {
        use sha2::{Digest as _, Sha256};
        let recorded = include_str!("../../../docs/format.md");
        let (lda, [small, smallest]) = (include_bytes!("../lda.bin"), [SMALL[1].1, SMALL[0].1]);
        let files = [("general.bin", BYTES), ("small-3.3.bin", smallest), ("small-5.bin", small), ("lda.bin", lda)];
        for (name, bytes) in files {
            let sum: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
            let row = format!("| `{name}` | {} | `{sum}` |", bytes.len());
            assert!(recorded.contains(&row), "docs/format.md lacks the row {row}");
        }
    }

    #[test]
    fn confidence_falls_with_the_value_and_the_size() {
        let weights = Weights::parse(BYTES).expect("our own file");
        assert!(weights.bit_error(20.0, 0.0) > weights.bit_error(20.0, 2.0));
        assert!(weights.bit_error(2.5, 1.0) > weights.bit_error(20.0, 1.0));
        assert!((0.0..=0.5).contains(&weights.bit_error(1e9, -1e9)));
    }

    /// The training program says which checksum its own inference gives for these weights on patches made by a rule.
    #[test]
    fn made_patches_give_the_trainers_values() {
        let loaded = load(BYTES).expect("our own file");
        let mut bytes = Vec::new();
        for p in 0..64 {
            let ink = |i: usize| ((i * (2 * p + 3) + i / COLS * (35 * p + 5)) % 256) as u8;
            let activations: [u8; ROWS * COLS] = std::array::from_fn(|i| ink(i) >> 1);
            let mut values = [0.0; 64];
            loaded.inference.run(&activations, &mut values);
            bytes.extend(values.iter().flat_map(|&v| (v as i16).to_le_bytes()));
        }
        assert_eq!(crc32fast::hash(&bytes), MADE);
    }

    /// Changes with the weights.
    const MADE: u32 = 0xa130_132a;

    /// Ink as noise, as strokes and as corners of the range.
    fn inks() -> impl Strategy<Value = Vec<u8>> {
        let any = prop::collection::vec(any::<u8>(), ROWS * COLS);
        let hard = prop::collection::vec(prop::sample::select(vec![0u8, 255]), ROWS * COLS);
        let blank = prop::collection::vec(Just(0u8), ROWS * COLS);
        prop_oneof![any, hard, blank]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_variant_gives_the_reference(ink in inks()) {
            let weights = Weights::parse(BYTES).expect("our own file");
            let activations: Vec<u8> = ink.iter().map(|v| v >> 1).collect();
            let expected = reference::values(&weights, &activations);
            for kernels in Kernels::available() {
                let mut values = [0.0; 64];
                let inference = Inference::with(kernels, &weights).expect("our own file");
                inference.run(&activations, &mut values);
                let values = values.map(|v| v as i16).to_vec();
                prop_assert_eq!(&values, &expected, "{}", kernels.name);
            }
        }
    }
}
