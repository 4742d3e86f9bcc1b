//! The small convolutional net in floating point: forward, backward, Adam.
//!
//! Written out here, on `gemm`, because training speed is what decides its quality: convolutions run as im2col in
//! chunks that stay in the second-level cache, and nothing is allocated from step to step.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use leakprint::fingerprint::{COLS, ROWS};

use crate::rng::Rng;

/// Values of a code.
pub const BITS: usize = 64;
/// Images of a chunk of the convolutions.
const CHUNK: usize = 32;
const MAGIC: &[u8; 8] = b"LPFLOAT1";

/// The shape of one layer; a dense layer is a convolution whose kernel covers its whole input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Input: rows, columns, channels.
    pub input: [usize; 3],
    /// Output: rows, columns, channels.
    pub output: [usize; 3],
    /// Kernel: rows, columns.
    pub kernel: [usize; 2],
    /// Stride: down, across.
    pub stride: [usize; 2],
    /// Padding above and left of the input; as much as needed follows below and right.
    pub pad: [usize; 2],
}

impl Shape {
    fn conv(input: [usize; 3], kernel: [usize; 2], stride: [usize; 2], channels: usize) -> Self {
        let out = |i: usize| input[i].div_ceil(stride[i]);
        let pad = |i: usize| ((out(i) - 1) * stride[i] + kernel[i]).saturating_sub(input[i]) / 2;
        Self { input, output: [out(0), out(1), channels], kernel, stride, pad: [pad(0), pad(1)] }
    }

    fn dense(input: [usize; 3], outputs: usize) -> Self {
        Self { input, output: [1, 1, outputs], kernel: [input[0], input[1]], stride: [1, 1], pad: [0, 0] }
    }

    /// Output places.
    pub fn places(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Inputs of one output.
    pub fn fan_in(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.input[2]
    }

    /// Input values.
    pub fn inputs(&self) -> usize {
        self.input.iter().product()
    }

    /// Output values.
    pub fn outputs(&self) -> usize {
        self.output.iter().product()
    }

    /// Multiply-accumulates.
    pub fn macs(&self) -> usize {
        self.outputs() * self.fan_in()
    }

    fn is_dense(&self) -> bool {
        self.places() == 1
    }

    /// Gathers the inputs of every output place of `images` images: rows of `fan_in`.
    fn gather(&self, x: &[f32], images: usize, columns: &mut [f32]) {
        let [ih, iw, c] = self.input;
        let ([kh, kw], fan) = (self.kernel, self.fan_in());
        let mut rows = columns.chunks_exact_mut(fan);
        for image in x.chunks_exact(self.inputs()).take(images) {
            for oy in 0..self.output[0] {
                for ox in 0..self.output[1] {
                    let Some(row) = rows.next() else { return };
                    let left = (ox * self.stride[1]) as isize - self.pad[1] as isize;
                    let (first, last) = (left.max(0) as usize, (left + kw as isize).min(iw as isize) as usize);
                    let skip = (first as isize - left) as usize * c;
                    for (ky, part) in row.chunks_exact_mut(kw * c).enumerate().take(kh) {
                        let y = (oy * self.stride[0] + ky) as isize - self.pad[0] as isize;
                        if y < 0 || y >= ih as isize {
                            part.fill(0.0);
                            continue;
                        }
                        let source = &image[(y as usize * iw + first) * c..(y as usize * iw + last) * c];
                        part[..skip].fill(0.0);
                        part[skip..skip + source.len()].copy_from_slice(source);
                        part[skip + source.len()..].fill(0.0);
                    }
                }
            }
        }
    }

    /// Adds what [`Self::gather`] gathered back to the inputs.
    fn scatter(&self, columns: &[f32], images: usize, dx: &mut [f32]) {
        let [ih, iw, c] = self.input;
        let ([kh, kw], fan) = (self.kernel, self.fan_in());
        let mut rows = columns.chunks_exact(fan);
        for image in dx.chunks_exact_mut(self.inputs()).take(images) {
            image.fill(0.0);
            for oy in 0..self.output[0] {
                for ox in 0..self.output[1] {
                    let Some(row) = rows.next() else { return };
                    let left = (ox * self.stride[1]) as isize - self.pad[1] as isize;
                    let (first, last) = (left.max(0) as usize, (left + kw as isize).min(iw as isize) as usize);
                    let skip = (first as isize - left) as usize * c;
                    for (ky, part) in row.chunks_exact(kw * c).enumerate().take(kh) {
                        let y = (oy * self.stride[0] + ky) as isize - self.pad[0] as isize;
                        if (0..ih as isize).contains(&y) {
                            let target = &mut image[(y as usize * iw + first) * c..(y as usize * iw + last) * c];
                            target.iter_mut().zip(&part[skip..]).for_each(|(t, v)| *t += v);
                        }
                    }
                }
            }
        }
    }
}

/// A matrix in memory: values, distance from row to row and from column to column.
#[derive(Clone, Copy)]
pub struct Mat<'a>(pub &'a [f32], pub usize, pub usize);

/// `out` (row-major, `m` × `n`) = `keep`·`out` + `a` (`m` × `k`) · `b` (`k` × `n`).
pub fn matmul(out: &mut [f32], keep: bool, [m, n, k]: [usize; 3], a: Mat<'_>, b: Mat<'_>) {
    let fits = |mat: Mat<'_>, rows: usize, cols: usize| {
        rows * cols == 0 || mat.0.len() > (rows - 1) * mat.1 + (cols - 1) * mat.2
    };
    assert!(out.len() >= m * n && fits(a, m, k) && fits(b, k, n), "matrix shapes");
    // SAFETY: the assertion above has checked that every element addressed by the strides lies inside its slice; `out`
    // is borrowed mutably, so it overlaps neither input.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            keep,
            a.0.as_ptr(),
            a.2 as isize,
            a.1 as isize,
            b.0.as_ptr(),
            b.2 as isize,
            b.1 as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// A layer: weights `fan_in` × channels, row-major, and biases.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its shape.
    pub shape: Shape,
    /// Weights.
    pub w: Vec<f32>,
    /// Biases.
    pub b: Vec<f32>,
}

/// The net. ReLU follows every layer but the last.
#[derive(Clone, Debug)]
pub struct Net {
    /// Layers in flow order.
    pub layers: Vec<Layer>,
}

/// Buffers of forward and backward passes.
#[derive(Default)]
pub struct Work {
    /// Activations: the input, then each layer's output.
    pub acts: Vec<Vec<f32>>,
    grads: Vec<Vec<f32>>,
    columns: Vec<f32>,
}

impl Net {
    /// A fresh net.
    pub fn new(convs: [usize; 3], hidden: usize, rng: &mut Rng) -> Self {
        let one = Shape::conv([ROWS, COLS, 1], [3, 5], [2, 2], convs[0]);
        let two = Shape::conv(one.output, [3, 3], [2, 2], convs[1]);
        let three = Shape::conv(two.output, [3, 3], [1, 2], convs[2]);
        let four = Shape::dense(three.output, hidden);
        let five = Shape::dense(four.output, BITS);
        let layer = |(i, shape): (usize, Shape)| {
            let scale = (2.0 / shape.fan_in() as f32).sqrt() * if i == 4 { 0.7 } else { 1.0 };
            let w = (0..shape.fan_in() * shape.output[2]).map(|_| scale * rng.normal()).collect();
            Layer { shape, w, b: vec![0.0; shape.output[2]] }
        };
        Self { layers: [one, two, three, four, five].into_iter().enumerate().map(layer).collect() }
    }

    /// Multiply-accumulates a word.
    pub fn macs(&self) -> usize {
        self.layers.iter().map(|l| l.shape.macs()).sum()
    }

    /// Codes of `n` patches (values of 0 to 1), left in `work.acts`.
    pub fn forward<'w>(&self, x: &[f32], n: usize, work: &'w mut Work) -> &'w [f32] {
        work.acts.resize_with(self.layers.len() + 1, Vec::new);
        work.acts[0].clear();
        work.acts[0].extend_from_slice(x);
        for (i, layer) in self.layers.iter().enumerate() {
            let (before, after) = work.acts.split_at_mut(i + 1);
            let (input, output) = (&before[i], &mut after[0]);
            let (s, channels) = (&layer.shape, layer.shape.output[2]);
            output.clear();
            output.extend(std::iter::repeat_n(&layer.b, n * s.places()).flatten());
            if s.is_dense() {
                matmul(output, true, [n, channels, s.fan_in()], Mat(input, s.fan_in(), 1), Mat(&layer.w, channels, 1));
            } else {
                for (x, y) in input.chunks(CHUNK * s.inputs()).zip(output.chunks_mut(CHUNK * s.outputs())) {
                    let (images, m) = (x.len() / s.inputs(), y.len() / channels);
                    work.columns.resize(CHUNK * s.places() * s.fan_in(), 0.0);
                    s.gather(x, images, &mut work.columns);
                    matmul(
                        y,
                        true,
                        [m, channels, s.fan_in()],
                        Mat(&work.columns, s.fan_in(), 1),
                        Mat(&layer.w, channels, 1),
                    );
                }
            }
            if i + 1 < self.layers.len() {
                output.iter_mut().for_each(|v| *v = v.max(0.0));
            }
        }
        &work.acts[self.layers.len()]
    }

    /// Gradients of all weights, from those of the codes of the last [`Self::forward`]; `grads` has the net's own
    /// shape.
    pub fn backward(&self, dz: &[f32], n: usize, work: &mut Work, grads: &mut Self) {
        work.grads.resize_with(self.layers.len() + 1, Vec::new);
        let last = self.layers.len();
        work.grads[last].clear();
        work.grads[last].extend_from_slice(dz);
        for (i, (layer, grad)) in self.layers.iter().zip(&mut grads.layers).enumerate().rev() {
            let (s, channels, fan) = (&layer.shape, layer.shape.output[2], layer.shape.fan_in());
            let (before, after) = work.grads.split_at_mut(i + 1);
            let (dx, dy) = (&mut before[i], &after[0]);
            grad.b.fill(0.0);
            for row in dy.chunks_exact(channels) {
                grad.b.iter_mut().zip(row).for_each(|(g, d)| *g += d);
            }
            dx.resize(n * s.inputs(), 0.0);
            if s.is_dense() {
                matmul(&mut grad.w, false, [fan, channels, n], Mat(&work.acts[i], 1, fan), Mat(dy, channels, 1));
                matmul(dx, false, [n, fan, channels], Mat(dy, channels, 1), Mat(&layer.w, 1, channels));
            } else {
                grad.w.fill(0.0);
                let chunks = work.acts[i]
                    .chunks(CHUNK * s.inputs())
                    .zip(dy.chunks(CHUNK * s.outputs()))
                    .zip(dx.chunks_mut(CHUNK * s.inputs()));
                for ((x, dy), dx) in chunks {
                    let (images, m) = (x.len() / s.inputs(), dy.len() / channels);
                    work.columns.resize(CHUNK * s.places() * fan, 0.0);
                    s.gather(x, images, &mut work.columns);
                    matmul(&mut grad.w, true, [fan, channels, m], Mat(&work.columns, 1, fan), Mat(dy, channels, 1));
                    if i > 0 {
                        matmul(
                            &mut work.columns,
                            false,
                            [m, fan, channels],
                            Mat(dy, channels, 1),
                            Mat(&layer.w, 1, channels),
                        );
                        s.scatter(&work.columns, images, dx);
                    }
                }
            }
            if i > 0 {
                // Through the ReLU that made this layer's input.
                dx.iter_mut().zip(&work.acts[i]).for_each(|(d, &a)| *d = if a > 0.0 { *d } else { 0.0 });
            }
        }
    }

    /// Codes of many patches of ink, 64 values each.
    pub fn encode(&self, patches: &[&[u8]]) -> Vec<f32> {
        let mut work = Work::default();
        let mut out = Vec::with_capacity(patches.len() * BITS);
        for batch in patches.chunks(256) {
            let x: Vec<f32> = batch.iter().flat_map(|p| p.iter().map(|&v| f32::from(v) / 255.0)).collect();
            out.extend_from_slice(self.forward(&x, batch.len(), &mut work));
        }
        out
    }

    /// Writes the float checkpoint.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut bytes = MAGIC.to_vec();
        for value in self.layers.iter().take(4).map(|l| l.shape.output[2] as u32) {
            bytes.extend(value.to_le_bytes());
        }
        for value in self.layers.iter().flat_map(|l| l.w.iter().chain(&l.b)) {
            bytes.extend(value.to_le_bytes());
        }
        let part = path.with_extension("part");
        std::fs::File::create(&part)
            .and_then(|mut f| f.write_all(&bytes))
            .with_context(|| format!("cannot write {}", part.display()))?;
        std::fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a float checkpoint.
    pub fn load(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|mut f| f.read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}", path.display()))?;
        let Some(rest) = bytes.strip_prefix(MAGIC) else { bail!("{} is no float checkpoint", path.display()) };
        let (head, values) = rest.split_at_checked(16).with_context(|| format!("{} is cut short", path.display()))?;
        let size =
            |i: usize| u32::from_le_bytes([head[4 * i], head[4 * i + 1], head[4 * i + 2], head[4 * i + 3]]) as usize;
        ensure!((0..4).all(|i| (1..=4096).contains(&size(i))), "{}: layer sizes out of range", path.display());
        let mut net = Self::new([size(0), size(1), size(2)], size(3), &mut Rng::new(0));
        let mut values = values.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]));
        for slot in net.layers.iter_mut().flat_map(|l| l.w.iter_mut().chain(&mut l.b)) {
            *slot = values.next().with_context(|| format!("{} is cut short", path.display()))?;
        }
        ensure!(values.next().is_none(), "{} is too long", path.display());
        Ok(net)
    }
}

/// Adam with decoupled weight decay.
pub struct Adam {
    first: Net,
    second: Net,
    step: i32,
}

impl Adam {
    /// For nets shaped like `net`.
    pub fn new(net: &Net) -> Self {
        let mut zero = net.clone();
        zero.layers.iter_mut().for_each(|l| {
            l.w.fill(0.0);
            l.b.fill(0.0);
        });
        Self { first: zero.clone(), second: zero, step: 0 }
    }

    /// One step.
    pub fn step(&mut self, net: &mut Net, grads: &Net, rate: f32, decay: f32) {
        self.step += 1;
        for (i, (layer, grad)) in net.layers.iter_mut().zip(&grads.layers).enumerate() {
            let (m, v) = (&mut self.first.layers[i], &mut self.second.layers[i]);
            adam(&mut layer.w, &grad.w, &mut m.w, &mut v.w, self.step, rate, decay);
            adam(&mut layer.b, &grad.b, &mut m.b, &mut v.b, self.step, rate, 0.0);
        }
    }
}

/// Adam on one slice of parameters.
pub fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], step: i32, rate: f32, decay: f32) {
    let (c1, c2) = (1.0 / (1.0 - 0.9f32.powi(step)), 1.0 / (1.0 - 0.999f32.powi(step)));
    for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
        *m = 0.9 * *m + 0.1 * g;
        *v = 0.999 * *v + 0.001 * g * g;
        *p -= rate * (*m * c1 / ((*v * c2).sqrt() + 1e-8) + decay * *p);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut rng = Rng::new(3);
        let mut net = Net::new([3, 4, 5], 7, &mut rng);
        let n = 35;
        let x: Vec<f32> = (0..n * ROWS * COLS).map(|_| rng.unit()).collect();
        let weight: Vec<f32> = (0..n * BITS).map(|_| rng.normal()).collect();
        let mut work = Work::default();
        let loss = |net: &Net, work: &mut Work| -> f64 {
            net.forward(&x, n, work).iter().zip(&weight).map(|(z, w)| f64::from(z * w)).sum()
        };
        loss(&net, &mut work);
        let mut grads = net.clone();
        net.backward(&weight, n, &mut work, &mut grads);
        let mut off = 0;
        for layer in 0..5 {
            for _ in 0..10 {
                let i = rng.below(net.layers[layer].w.len());
                let (before, step) = (net.layers[layer].w[i], 1e-3);
                net.layers[layer].w[i] = before + step;
                let up = loss(&net, &mut work);
                net.layers[layer].w[i] = before - step;
                let down = loss(&net, &mut work);
                net.layers[layer].w[i] = before;
                let (numeric, exact) = ((up - down) / f64::from(2.0 * step), f64::from(grads.layers[layer].w[i]));
                off += usize::from((numeric - exact).abs() > 0.02 * (exact.abs() + numeric.abs()) + 0.02);
            }
        }
        // A step may carry some unit over the kink of its ReLU; a wrong gradient would fail nearly everywhere.
        assert!(off <= 6, "{off} of 50 gradients are off");
    }

    #[test]
    fn checkpoint_round_trip() -> Result<()> {
        let net = Net::new([2, 3, 4], 5, &mut Rng::new(8));
        let path = std::env::temp_dir().join(format!("leakprint-train-{}.ckpt", std::process::id()));
        net.save(&path)?;
        let again = Net::load(&path);
        std::fs::remove_file(&path)?;
        let equal = again?.layers.iter().zip(&net.layers).all(|(a, b)| a.shape == b.shape && a.w == b.w && a.b == b.b);
        assert!(equal);
        Ok(())
    }
}
