//! Inference on the hot loops of [`crate::simd`]: same bits as `reference`, some hundred times faster.

use super::format::{ACTIVATION_MAX, BadWeights, Layer, Weights};
use crate::simd::Kernels;
use crate::simd::layer::{FOUR, FourWeights, LANES, MAX_INPUTS, NetLayer, Output, Requantise, Taps, blocks};

/// Values between two layers, with their margins: bounds the space on the stack.
///
/// Tuned (bytes): the bundled nets need 4,403: 4,400 of a margined layer, and three to fill a window up.
const SPACE: usize = 4608;

/// Sums of products stay within this, bias apart, far from what 32 bits hold.
///
/// Tuned (count): chosen by eye; every bundled net keeps it.
const MAX_SUM: i64 = 1 << 24;

/// A net, laid out for the kernels.
#[derive(Debug)]
pub(crate) struct Inference {
    kernels: Kernels,
    layers: Vec<NetLayer>,
    input: Grid,
    /// Values between the layers: [`NetLayer`] k reads grid k.
    sizes: Vec<usize>,
    outputs: usize,
}

/// A layer's input with margins of zeros, so wide that no window of its kernel leaves it.
#[derive(Clone, Copy, Debug)]
struct Grid {
    rows: usize,
    /// Values in one row without margins.
    filled: usize,
    /// Values in one row.
    row: usize,
    /// Where the first value goes.
    origin: usize,
    size: usize,
}

impl Grid {
    fn new(layer: &Layer) -> Self {
        let [rows, cols, channels] = layer.input;
        let side = |k: usize| {
            // Sides have 12 bits: within 25.
            let windows = (layer.output[k] - 1) * layer.stride[k] + layer.kernel[k];
            windows.max(layer.pad[k] + layer.input[k])
        };
        let row = side(1).saturating_mul(channels);
        Self {
            rows,
            filled: cols * channels,
            row,
            origin: layer.pad[0].saturating_mul(row).saturating_add(layer.pad[1] * channels),
            size: side(0).saturating_mul(row),
        }
    }

    /// A plain list of values.
    fn list(len: usize) -> Self {
        Self { rows: 1, filled: len, row: len, origin: 0, size: len }
    }
}

impl Inference {
    /// Lays weights out for the fastest kernels; refuses those whose sums could be inexact or that are too large.
    pub(crate) fn new(weights: &Weights) -> Result<Self, BadWeights> {
        Self::with(Kernels::best(), weights)
    }

    /// Lays weights out for some kernels.
    pub(crate) fn with(kernels: Kernels, weights: &Weights) -> Result<Self, BadWeights> {
        let mut grids: Vec<Grid> = weights.layers.iter().map(Grid::new).collect();
        let input = grids[0];
        let outputs =
            weights.layers.last().map_or(0, |l| l.output.iter().fold(1, |n: usize, side| n.saturating_mul(*side)));
        grids.push(Grid::list(outputs));
        // A window's last row may be filled up to a whole four.
        if grids.iter().any(|g| g.size > SPACE - FOUR) {
            return Err(BadWeights("a layer is too large"));
        }
        if weights.layers.iter().any(|l| l.is_dense() && l.fan_in() > MAX_INPUTS) {
            return Err(BadWeights("a dense layer has too many inputs"));
        }
        let last = weights.layers.len() - 1;
        let layers = weights.layers.iter().enumerate();
        let layers = layers.map(|(k, l)| lay_out(l, &grids[k], &grids[k + 1], k == last, &kernels));
        Ok(Self {
            kernels,
            layers: layers.collect::<Result<_, _>>()?,
            input,
            sizes: grids.iter().map(|g| g.size).collect(),
            outputs,
        })
    }

    /// Number of input values.
    pub(crate) fn inputs(&self) -> usize {
        self.input.rows * self.input.filled
    }

    /// Number of values it gives.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Values, in 1/256, of activations (0 to 127), as many as [`Inference::inputs`].
    pub(crate) fn run(&self, activations: &[u8], values: &mut [f32]) {
        debug_assert_eq!(activations.len(), self.inputs(), "activations");
        debug_assert_eq!(values.len(), self.outputs(), "values");
        let mut front = [0u8; SPACE];
        let mut back = [0u8; SPACE];
        let Grid { filled, row, origin, .. } = self.input;
        for (to, from) in front[origin..].chunks_mut(row).zip(activations.chunks_exact(filled)) {
            to[..filled].copy_from_slice(from);
        }
        let (mut input, mut output) = (&mut front, &mut back);
        let Some((last, inner)) = self.layers.split_last() else { return };
        for (layer, &size) in inner.iter().zip(&self.sizes[1..]) {
            output[..size].fill(0);
            (self.kernels.net_layer)(layer, input, Output::Inner(output));
            (input, output) = (output, input);
        }
        (self.kernels.net_layer)(last, input, Output::Last(values));
    }
}

/// One layer, reading grid `from`, writing grid `to`.
fn lay_out(layer: &Layer, from: &Grid, to: &Grid, last: bool, kernels: &Kernels) -> Result<NetLayer, BadWeights> {
    let (fan_in, [rows, cols, channels]) = (layer.fan_in(), layer.output);
    for row in layer.weights.chunks_exact(fan_in) {
        let most: i64 = row.iter().map(|w| i64::from(w.unsigned_abs())).sum();
        if most * i64::from(ACTIVATION_MAX) > MAX_SUM {
            return Err(BadWeights("sums of a layer exceed 24 bits"));
        }
    }
    let groups = channels.div_ceil(LANES);
    // A dense layer's window is one row; channels and inputs that fill groups and fours up have weights of zero.
    let row_taps = if layer.is_dense() { fan_in } else { layer.kernel[1] * layer.input[2] };
    let run = row_taps.div_ceil(FOUR);
    let four = |group: usize, row: usize, four: usize| -> FourWeights {
        let mut weights = [0; FOUR * LANES];
        for (lane, channel) in (group * LANES..channels.min((group + 1) * LANES)).enumerate() {
            for (k, tap) in (four * FOUR..row_taps.min((four + 1) * FOUR)).enumerate() {
                weights[(kernels.weight_place)(lane, k)] = layer.weights[channel * fan_in + row * row_taps + tap];
            }
        }
        weights
    };
    let lanes =
        |values: &[i32], group: usize| std::array::from_fn(|c| values.get(group * LANES + c).copied().unwrap_or(0));
    let taps = if layer.is_dense() {
        let (mut weights, mut first) = (Vec::with_capacity(groups * run), 0);
        for block in blocks(groups) {
            weights.extend((0..run).flat_map(|k| (first..first + block).map(move |group| four(group, 0, k))));
            first += block;
        }
        Taps::Dense { weights, inputs: run }
    } else {
        let kernel_rows = layer.kernel[0];
        let all = (0..groups).flat_map(|g| (0..kernel_rows).flat_map(move |y| (0..run).map(move |k| (g, y, k))));
        Taps::Conv {
            weights: all.map(|(g, y, k)| four(g, y, k)).collect(),
            run,
            kernel_rows,
            input_row: from.row,
            step: [layer.stride[0] * from.row, layer.stride[1] * layer.input[2]],
            places: [rows, cols],
            origin: to.origin,
            output_row: to.row,
        }
    };
    Ok(NetLayer {
        taps,
        groups: (0..groups)
            .map(|g| Requantise { bias: lanes(&layer.bias, g), multiplier: lanes(&layer.multiplier, g) })
            .collect(),
        shift: layer.shift,
        least: if last { i32::from(i16::MIN) } else { 0 },
        most: if last { i32::from(i16::MAX) } else { ACTIVATION_MAX },
        channels,
    })
}
