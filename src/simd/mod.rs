//! The hot loops, compiled for each instruction set, and the choice between them when the program runs.
//!
//! The loops themselves are safe, portable and written once ([`kernels`], [`layer`]). On x86-64 each is compiled for
//! AVX-512 and for AVX2 too (`x86`), and the nets' multiply-add is written in intrinsics (`dot`). Beside the memory map
//! this is the only unsafe code of the crate. What it buys is measured by `cargo bench --features benchmarks --bench
//! scan` and `--bench encode`.
//!
//! A variant can be had only in exchange for a *proof*: a value without size that nothing but run-time detection makes.
#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calls of #[target_feature] functions and intrinsics, each by proof of the CPU's features"
    )
)]

#[cfg(target_arch = "x86_64")]
mod dot;
pub(crate) mod kernels;
pub(crate) mod layer;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

use kernels::{Probe, WidthProbe, WordScore};
use layer::{NetLayer, Output, Portable};

type Distances = fn(Probe<'_>, &[&[u64]], &mut [i16]);
type NearestCode = fn(&[u64], &[&[u64]]) -> usize;
type AddWidths = fn(WidthProbe, &[u8], &mut [i16]);
type Alike = fn(&[u64], usize, usize, u32, &mut [u8]);
type Nearer = fn(&mut [i16], &[i16]);
type Step = fn(WordScore, &[i16], &[i16], i16, &[i16], &mut [i16]);
type Finish = fn(i16, &[i16], &[i16], &mut [i16], &mut [i16]);
type WeightPlace = fn(usize, usize) -> usize;
type RunLayer = fn(&NetLayer, &[u8], Output<'_>);

/// The hot loops, compiled for one instruction set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels {
    #[cfg_attr(not(any(test, feature = "benchmarks")), expect(dead_code, reason = "named by tests and benches"))]
    pub(crate) name: &'static str,
    pub(crate) distances: Distances,
    pub(crate) nearest_code: NearestCode,
    pub(crate) add_widths: AddWidths,
    pub(crate) alike: Alike,
    pub(crate) nearer: Nearer,
    pub(crate) step: Step,
    pub(crate) finish: Finish,
    /// Where [`layer::FourWeights`] hold the weight of (channel, input).
    pub(crate) weight_place: WeightPlace,
    pub(crate) net_layer: RunLayer,
}

impl Kernels {
    /// Compiled for every CPU of the target.
    pub(crate) const PORTABLE: Self = Self {
        name: "portable",
        distances: kernels::distances,
        nearest_code: kernels::nearest_code,
        add_widths: kernels::add_widths,
        alike: kernels::alike,
        nearer: kernels::nearer,
        step: kernels::step,
        finish: kernels::finish,
        weight_place: <Portable as layer::Dot>::place,
        net_layer: |layer, input, output| layer::net_layer(Portable, layer, input, output),
    };

    /// Writes the distance of a query's word to the nearest face of each catalogue word, widths included; `out` and
    /// `other` are as long as each lane and `log_widths`.
    pub(crate) fn nearest<'l>(
        &self,
        probe: Probe<'_>,
        faces: &[impl AsRef<[&'l [u64]]>],
        log_widths: &[u8],
        out: &mut [i16],
        other: &mut [i16],
    ) {
        for (k, lanes) in faces.iter().enumerate() {
            if k == 0 {
                (self.distances)(probe, lanes.as_ref(), out);
            } else {
                (self.distances)(probe, lanes.as_ref(), other);
                (self.nearer)(out, other);
            }
        }
        if probe.width.weight > 0 {
            (self.add_widths)(probe.width, log_widths, out);
        }
    }

    /// Every variant that this CPU can run, fastest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(x86::Avx512::detect().map(x86::Avx512::kernels));
            found.extend(x86::Avx2::detect().map(x86::Avx2::kernels));
        }
        found.push(Self::PORTABLE);
        found
    }

    /// The fastest variant for this CPU.
    pub(crate) fn best() -> Self {
        Self::available()[0]
    }
}
