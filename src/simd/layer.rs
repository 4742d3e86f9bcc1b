//! Portable body of the nets' inference: one layer of [`crate::fingerprint`]'s integer nets.
//!
//! All numbers are whole, yet sums are kept in `f32`: as long as no partial sum exceeds [`EXACT`], every order of summation,
//! with fused multiplication or without, gives the same bits on every machine. The reason is speed without intrinsics: the
//! compiler turns these loops into fused multiply-adds on full registers, while it does not find the integer multiply-adds
//! (`vpmaddwd`) except in dot products, at half the register width and without sharing any load.

/// Output channels that are computed together: one register of AVX-512, two of AVX2.
pub(crate) const LANES: usize = 16;
/// Whole numbers up to here are exact in `f32`.
pub(crate) const EXACT: i64 = 1 << 24;

/// Most inputs of a dense layer.
pub(crate) const MOST_INPUTS: usize = 2048;
/// Most groups of channels of a dense layer that are summed in one pass over the input.
const WIDE: usize = 7;

/// A layer as the kernels want it. Whoever makes one vouches that sums stay within [`EXACT`].
#[derive(Debug)]
pub(crate) struct NetLayer {
    pub(crate) taps: Taps,
    /// One for each [`LANES`] output channels.
    pub(crate) groups: Vec<Requantise>,
    /// First shift of the requantisation.
    pub(crate) shift: u32,
    /// Bounds of its clamps: after the shift, and of the result.
    pub(crate) least: i32,
    pub(crate) most: i32,
    /// Output channels, without the last group's padding.
    pub(crate) channels: usize,
}

/// Bias and multiplier (in 1/32768) of a group of channels.
#[derive(Clone, Debug)]
pub(crate) struct Requantise {
    pub(crate) bias: [i32; LANES],
    pub(crate) multiplier: [i32; LANES],
}

/// Weights and how to walk over the input.
#[derive(Debug)]
pub(crate) enum Taps {
    /// A convolution. The input has its margins of zeros in place, so that no window leaves it.
    Conv {
        /// Group by group: kernel row, kernel column, input channel.
        weights: Vec<[f32; LANES]>,
        /// Values in one row of a window: kernel columns × input channels.
        run: usize,
        kernel_rows: usize,
        /// Values in a row of the input.
        input_row: usize,
        /// From one window to the next, down and across, in values.
        step: [usize; 2],
        /// Output rows and columns.
        places: [usize; 2],
        /// Where the output begins (after its margin), and values in one of its rows.
        origin: usize,
        output_row: usize,
    },
    /// A dense layer: for blocks of [`blocks`] groups each, input by input, the weights of the block's channels.
    Dense { weights: Vec<i8>, inputs: usize },
}

/// How a dense layer's groups of channels are cut into blocks.
pub(crate) fn blocks(mut groups: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let block = [WIDE, 4, 1].into_iter().find(|&b| b <= groups)?;
        groups -= block;
        Some(block)
    })
}

/// Computes a layer. `output` must be zero where margins are wanted.
///
/// `TILE` output places share each load of weights: as many as their sums fit the registers, and at least as many as
/// multiply-adds are under way at once (8 on most CPUs).
#[inline(always)]
pub(super) fn net_layer<const TILE: usize, const FUSED: bool>(layer: &NetLayer, input: &[f32], output: &mut [f32]) {
    match &layer.taps {
        Taps::Conv { places, .. } => {
            let places = places[0] * places[1];
            for group in 0..layer.groups.len() {
                if places < TILE {
                    for place in 0..places {
                        tile::<1, FUSED>(layer, group, place, input, output);
                    }
                } else {
                    for place in (0..places).step_by(TILE) {
                        // The last tile overlaps the one before, rather than leaving a rest.
                        let place = place.min(places - TILE);
                        tile::<TILE, FUSED>(layer, group, place, input, output);
                    }
                }
            }
        }
        Taps::Dense { weights, inputs } => {
            dense::<FUSED>(layer, weights, &input[..*inputs], output);
        }
    }
}

/// One group of channels at `N` places from `place` on, row by row.
#[inline(always)]
fn tile<const N: usize, const FUSED: bool>(
    layer: &NetLayer,
    group: usize,
    place: usize,
    input: &[f32],
    output: &mut [f32],
) {
    let Taps::Conv { weights, run, kernel_rows, input_row, step, places, origin, output_row } = &layer.taps else {
        return;
    };
    let (run, taps) = (*run, run * kernel_rows);
    let mut starts = [0; N];
    let mut ends = [0; N];
    for n in 0..N {
        let (y, x) = ((place + n) / places[1], (place + n) % places[1]);
        starts[n] = y * step[0] + x * step[1];
        ends[n] = origin + y * output_row + x * layer.channels;
    }
    let mut sums = [[0.0f32; LANES]; N];
    let rows = weights[group * taps..][..taps].chunks_exact(run);
    for (ky, weights) in rows.enumerate() {
        let mut windows: [&[f32]; N] = [&[]; N];
        for n in 0..N {
            windows[n] = &input[starts[n] + ky * input_row..][..run];
        }
        for (k, w) in weights.iter().enumerate() {
            for n in 0..N {
                let a = windows[n][k];
                for c in 0..LANES {
                    sums[n][c] = multiply_add::<FUSED>(w[c], a, sums[n][c]);
                }
            }
        }
    }
    for n in 0..N {
        let place = &mut output[ends[n]..][..layer.channels];
        store(layer, group, &sums[n], place);
    }
}

/// All channels of a dense layer. Behind a rectifier many inputs are zero: they are passed over.
#[inline(always)]
fn dense<const FUSED: bool>(layer: &NetLayer, weights: &[i8], input: &[f32], output: &mut [f32]) {
    // A list without branches first: which inputs are zero cannot be predicted.
    let mut live = [0u16; MOST_INPUTS];
    let mut count = 0;
    for (k, &a) in input.iter().enumerate() {
        live[count] = k as u16;
        count += usize::from(a != 0.0);
    }
    let live = &live[..count];
    let mut rest = weights;
    let mut group = 0;
    for block in blocks(layer.groups.len()) {
        let (here, after) = rest.split_at(block * LANES * input.len());
        rest = after;
        let place = &mut output[..layer.channels];
        match block {
            WIDE => dense_block::<{ WIDE * LANES }, FUSED>(layer, group, here, input, live, place),
            4 => dense_block::<{ 4 * LANES }, FUSED>(layer, group, here, input, live, place),
            _ => dense_block::<LANES, FUSED>(layer, group, here, input, live, place),
        }
        group += block;
    }
}

/// `WIDTH` channels of a dense layer, from group `group` on.
#[inline(always)]
fn dense_block<const WIDTH: usize, const FUSED: bool>(
    layer: &NetLayer,
    group: usize,
    weights: &[i8],
    input: &[f32],
    live: &[u16],
    place: &mut [f32],
) {
    let mut sums = [0.0f32; WIDTH];
    let (weights, _) = weights.as_chunks::<WIDTH>();
    for &k in live {
        let (w, a) = (&weights[usize::from(k)], input[usize::from(k)]);
        for c in 0..WIDTH {
            sums[c] = multiply_add::<FUSED>(f32::from(w[c]), a, sums[c]);
        }
    }
    for (k, sums) in sums.as_chunks::<LANES>().0.iter().enumerate() {
        store(layer, group + k, sums, place);
    }
}

/// Both ways are exact here; the fused one is a library call where the instruction is missing.
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Requantises a group's sums and writes them to one place of the output.
#[inline(always)]
fn store(layer: &NetLayer, group: usize, sums: &[f32; LANES], place: &mut [f32]) {
    let Requantise { bias, multiplier } = &layer.groups[group];
    let mut values = [0.0f32; LANES];
    for c in 0..LANES {
        let t = ((whole(sums[c]) + bias[c]) >> layer.shift).clamp(layer.least, 32767);
        values[c] = ((t * multiplier[c] + (1 << 14)) >> 15).min(layer.most) as f32;
    }
    let place = &mut place[group * LANES..];
    match place.first_chunk_mut::<LANES>() {
        Some(place) => *place = values,
        None => place.copy_from_slice(&values[..place.len()]),
    }
}

/// `sum as i32` for whole numbers, in a form that is vectorised: next to 1.5 · 2⁵² an `f64` holds them in its lowest bits.
#[inline(always)]
fn whole(sum: f32) -> i32 {
    (f64::from(sum) + 6_755_399_441_055_744.0).to_bits() as i32
}
