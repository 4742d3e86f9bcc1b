//! Proofs that the CPU has an instruction set, and the kernels compiled for it.
//!
//! *Correctness*: a proof's field is private to this file, and the one expression that makes a proof from nothing asks
//! the CPU for the features first, by the same list that the kernels are compiled with.

use super::Kernels;
use super::kernels::{self, Probe, WidthProbe, WordScore};
use super::layer::{self, Dot, NetLayer, Output};

/// Makes a proof and compiles every kernel with its features.
macro_rules! instruction_set {
    ($(#[$doc:meta])* $proof:ident, $name:literal, [$($feature:tt),+ $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $proof(());

        impl $proof {
            /// The proof, if this CPU has all of the features.
            pub(super) fn detect() -> Option<Self> {
                let detected = true $(&& is_x86_feature_detected!($feature))+;
                detected.then_some(Self(()))
            }

            /// The kernels, as safe functions.
            pub(super) fn kernels(self) -> Kernels {
                $(#[target_feature(enable = $feature)])+
                fn distances(probe: Probe<'_>, lanes: &[&[u64]], out: &mut [i16]) {
                    kernels::distances(probe, lanes, out);
                }
                $(#[target_feature(enable = $feature)])+
                fn nearest_code(code: &[u64], lanes: &[&[u64]]) -> usize {
                    kernels::nearest_code(code, lanes)
                }
                $(#[target_feature(enable = $feature)])+
                fn add_widths(width: WidthProbe, log_widths: &[u8], out: &mut [i16]) {
                    kernels::add_widths(width, log_widths, out);
                }
                $(#[target_feature(enable = $feature)])+
                fn alike(codes: &[u64], stride: usize, back: usize, most: u32, counts: &mut [u8]) {
                    kernels::alike(codes, stride, back, most, counts);
                }
                $(#[target_feature(enable = $feature)])+
                fn nearer(out: &mut [i16], other: &[i16]) {
                    kernels::nearer(out, other);
                }
                $(#[target_feature(enable = $feature)])+
                fn step(score: WordScore, distances: &[i16], caps: &[i16], skip: i16, from: &[i16], to: &mut [i16]) {
                    kernels::step(score, distances, caps, skip, from, to);
                }
                $(#[target_feature(enable = $feature)])+
                fn finish(cost: i16, caps: &[i16], row: &[i16], done: &mut [i16], best: &mut [i16]) {
                    kernels::finish(cost, caps, row, done, best);
                }
                $(#[target_feature(enable = $feature)])+
                fn net_layer(layer: &NetLayer, input: &[u8], output: Output<'_>) {
                    // This function runs only where the features are: that is a proof, too.
                    layer::net_layer($proof(()), layer, input, output);
                }

                // SAFETY (all eight): the functions demand the features that they are compiled with, and nothing else;
                // `self` proves that this CPU has them, and no closure leaves this function without it.
                Kernels {
                    name: $name,
                    distances: |a, b, c| unsafe { distances(a, b, c) },
                    nearest_code: |a, b| unsafe { nearest_code(a, b) },
                    add_widths: |a, b, c| unsafe { add_widths(a, b, c) },
                    alike: |a, b, c, d, e| unsafe { alike(a, b, c, d, e) },
                    nearer: |a, b| unsafe { nearer(a, b) },
                    step: |a, b, c, d, e, f| unsafe { step(a, b, c, d, e, f) },
                    finish: |a, b, c, d, e| unsafe { finish(a, b, c, d, e) },
                    weight_place: <Self as Dot>::place,
                    net_layer: |a, b, c| unsafe { net_layer(a, b, c) },
                }
            }
        }
    };
}

instruction_set!(
    /// AVX-512 with population count and VNNI: Intel since Ice Lake, AMD since Zen 4.
    Avx512,
    "AVX-512",
    [
        "avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512vpopcntdq", "avx512bitalg", "avx512vnni", "popcnt",
    ]
);

instruction_set!(
    /// AVX2: Intel since Haswell, AMD since Excavator.
    Avx2,
    "AVX2",
    ["avx2", "popcnt"]
);
