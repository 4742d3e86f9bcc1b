//! Body of the nets' inference, written once over [`Dot`]: one layer of [`crate::fingerprint`]'s integer nets.
//!
//! Inputs are 7 bits wide (0 to 127), weights 8 (−127 to 127), sums 32: every order of summation gives the same bits,
//! and where an instruction set adds pairs of products in 16 bits on the way (`vpmaddubsw`), they cannot saturate.

/// Output channels that are computed together: one register of AVX-512, two of AVX2.
pub(crate) const LANES: usize = 16;
/// Inputs that are multiplied together.
pub(crate) const FOUR: usize = 4;
/// Weights of [`FOUR`] inputs for [`LANES`] channels, in the order that [`Dot::place`] tells.
pub(crate) type FourWeights = [i8; FOUR * LANES];

/// Most inputs of a dense layer.
///
/// Tuned (count): the bundled net's has 1,440.
pub(crate) const MAX_INPUTS: usize = 2048;

/// Groups of channels of a dense layer that are summed in one pass over the input, the most first.
///
/// Tuned (count): the first is half of the bundled net's wide layer (14 groups), the second all of its last.
const BLOCKS: [usize; 3] = [WIDE, 4, 1];

/// Most groups of a pass.
const WIDE: usize = 7;

/// The one operation that each instruction set has its own way for: sums of [`LANES`] channels over products of four
/// inputs each.
///
/// The value is the proof that the CPU has the instructions.
pub(super) trait Dot: Copy {
    /// Sums in registers.
    type Sums: Copy;
    /// Output places that share each load of weights: as many as their sums fit the registers, and at least as many as
    /// multiply-adds are under way at once.
    const TILE: usize;
    /// Where in [`FourWeights`] the weight of input `k` for `channel` stands.
    fn place(channel: usize, k: usize) -> usize;
    /// Zeros.
    fn zero(self) -> Self::Sums;
    /// `sums[c] + Σ four[k] · weights[place(c, k)]`; each of `four` at most 127, no weight −128.
    fn add(self, sums: Self::Sums, four: [u8; FOUR], weights: &FourWeights) -> Self::Sums;
    /// The sums.
    fn lanes(self, sums: Self::Sums) -> [i32; LANES];
}

/// Plain Rust for the auto-vectoriser.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Dot for Portable {
    type Sums = [i32; LANES];
    const TILE: usize = 2;

    fn place(channel: usize, k: usize) -> usize {
        k * LANES + channel
    }

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        [0; LANES]
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, four: [u8; FOUR], weights: &FourWeights) -> Self::Sums {
        for k in 0..FOUR {
            let input = i32::from(four[k]);
            for c in 0..LANES {
                sums[c] += input * i32::from(weights[k * LANES + c]);
            }
        }
        sums
    }

    #[inline(always)]
    fn lanes(self, sums: Self::Sums) -> [i32; LANES] {
        sums
    }
}

/// A layer as the kernels want it.
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

/// Weights and how to walk over the input. Rows of weights are filled up with zeros to whole [`FOUR`]s, so that the
/// input must have three values more than its last window.
#[derive(Debug)]
pub(crate) enum Taps {
    /// A convolution. The input has its margins of zeros in place, so that no window leaves it.
    Conv {
        /// Group by group: kernel row, then four by four kernel columns × input channels.
        weights: Vec<FourWeights>,
        /// Fours in one row of a window.
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
    /// A dense layer: for blocks of [`blocks`] groups each, four inputs by four, the weights of the block's groups.
    Dense {
        weights: Vec<FourWeights>,
        /// Fours of inputs.
        inputs: usize,
    },
}

/// How a dense layer's groups of channels are cut into blocks.
pub(crate) fn blocks(mut groups: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let block = BLOCKS.into_iter().find(|&b| b <= groups)?;
        groups -= block;
        Some(block)
    })
}

/// Where a layer's results go.
pub(crate) enum Output<'a> {
    /// To the next layer, with margins that are zero already.
    Inner(&'a mut [u8]),
    /// To the net's values.
    Last(&'a mut [f32]),
}

/// Computes a layer.
#[inline(always)]
pub(super) fn net_layer<D: Dot>(dot: D, layer: &NetLayer, input: &[u8], mut output: Output<'_>) {
    match &layer.taps {
        Taps::Conv { places, .. } => {
            let places = places[0] * places[1];
            for group in 0..layer.groups.len() {
                match D::TILE {
                    8 if places >= 8 => tiles::<D, 8>(dot, layer, group, places, input, &mut output),
                    4 if places >= 4 => tiles::<D, 4>(dot, layer, group, places, input, &mut output),
                    2 if places >= 2 => tiles::<D, 2>(dot, layer, group, places, input, &mut output),
                    _ => tiles::<D, 1>(dot, layer, group, places, input, &mut output),
                }
            }
        }
        Taps::Dense { weights, inputs } => dense::<D>(dot, layer, weights, *inputs, input, &mut output),
    }
}

/// One group of channels at all places, `N` by `N`.
#[inline(always)]
fn tiles<D: Dot, const N: usize>(
    dot: D,
    layer: &NetLayer,
    group: usize,
    places: usize,
    input: &[u8],
    output: &mut Output<'_>,
) {
    for place in (0..places).step_by(N) {
        // The last tile overlaps the one before, rather than leaving a rest.
        tile::<D, N>(dot, layer, group, place.min(places - N), input, output);
    }
}

/// One group of channels at `N` places from `place` on, row by row.
#[inline(always)]
fn tile<D: Dot, const N: usize>(
    dot: D,
    layer: &NetLayer,
    group: usize,
    place: usize,
    input: &[u8],
    output: &mut Output<'_>,
) {
    let Taps::Conv { weights, run, kernel_rows, input_row, step, places, origin, output_row } = &layer.taps else {
        return;
    };
    let (run, fours) = (*run, run * kernel_rows);
    let mut starts = [0; N];
    let mut ends = [0; N];
    for n in 0..N {
        let (y, x) = ((place + n) / places[1], (place + n) % places[1]);
        starts[n] = y * step[0] + x * step[1];
        ends[n] = origin + y * output_row + x * layer.channels;
    }
    let mut sums = [dot.zero(); N];
    for (ky, weights) in weights[group * fours..][..fours].chunks_exact(run).enumerate() {
        let mut windows: [&[[u8; FOUR]]; N] = [&[]; N];
        for n in 0..N {
            windows[n] = &input[starts[n] + ky * input_row..][..run * FOUR].as_chunks().0[..run];
        }
        for (k, w) in weights.iter().enumerate() {
            for n in 0..N {
                sums[n] = dot.add(sums[n], windows[n][k], w);
            }
        }
    }
    for n in 0..N {
        store(layer, group, dot.lanes(sums[n]), ends[n], output);
    }
}

/// All channels of a dense layer. Behind a rectifier many inputs are zero: where four in a row are, they are passed
/// over.
#[inline(always)]
fn dense<D: Dot>(
    dot: D,
    layer: &NetLayer,
    weights: &[FourWeights],
    inputs: usize,
    input: &[u8],
    output: &mut Output<'_>,
) {
    let fours = &input.as_chunks::<FOUR>().0[..inputs];
    // A list without branches first: which inputs are zero cannot be predicted.
    let mut live = [0u16; MAX_INPUTS / FOUR];
    let mut count = 0;
    for (k, four) in fours.iter().enumerate() {
        live[count] = k as u16;
        count += usize::from(*four != [0; FOUR]);
    }
    let live = &live[..count];
    let (mut rest, mut group) = (weights, 0);
    for block in blocks(layer.groups.len()) {
        let (here, after) = rest.split_at(block * fours.len());
        rest = after;
        match block {
            WIDE => dense_block::<D, WIDE>(dot, layer, group, here, fours, live, output),
            4 => dense_block::<D, 4>(dot, layer, group, here, fours, live, output),
            _ => dense_block::<D, 1>(dot, layer, group, here, fours, live, output),
        }
        group += block;
    }
}

/// `N` groups of a dense layer, from group `group` on.
#[inline(always)]
fn dense_block<D: Dot, const N: usize>(
    dot: D,
    layer: &NetLayer,
    group: usize,
    weights: &[FourWeights],
    fours: &[[u8; FOUR]],
    live: &[u16],
    output: &mut Output<'_>,
) {
    let mut sums = [dot.zero(); N];
    let (weights, _) = weights.as_chunks::<N>();
    for &k in live {
        let (w, four) = (&weights[usize::from(k)], fours[usize::from(k)]);
        for n in 0..N {
            sums[n] = dot.add(sums[n], four, &w[n]);
        }
    }
    for (n, sums) in sums.into_iter().enumerate() {
        store(layer, group + n, dot.lanes(sums), 0, output);
    }
}

/// Requantises a group's sums and writes them to the output place that begins at `start`.
#[inline(always)]
fn store(layer: &NetLayer, group: usize, sums: [i32; LANES], start: usize, output: &mut Output<'_>) {
    let Requantise { bias, multiplier } = &layer.groups[group];
    let mut values = [0i32; LANES];
    for c in 0..LANES {
        let t = ((sums[c] + bias[c]) >> layer.shift).clamp(layer.least, 32767);
        values[c] = ((t * multiplier[c] + (1 << 14)) >> 15).min(layer.most);
    }
    let from = start + group * LANES;
    let channels = LANES.min(layer.channels - group * LANES);
    match output {
        Output::Inner(output) => put(&mut output[from..][..channels], values.map(|v| v as u8)),
        Output::Last(output) => put(&mut output[from..][..channels], values.map(|v| v as f32)),
    }
}

#[inline(always)]
fn put<T: Copy>(place: &mut [T], values: [T; LANES]) {
    match place.first_chunk_mut::<LANES>() {
        Some(place) => *place = values,
        None => place.copy_from_slice(&values[..place.len()]),
    }
}
