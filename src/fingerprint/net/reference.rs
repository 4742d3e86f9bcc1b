//! Inference the slow and obvious way: what [`super::infer`] must give, bit for bit.

use super::format::{ACTIVATION_MAX, Layer, Weights};

impl Layer {
    fn sum(&self, input: &[u8], [oy, ox, oc]: [usize; 3]) -> i32 {
        let ([rows, cols, channels], [kernel_rows, kernel_cols]) = (self.input, self.kernel);
        let mut sum = self.bias[oc];
        for ky in 0..kernel_rows {
            for kx in 0..kernel_cols {
                let y = (oy * self.stride[0] + ky).wrapping_sub(self.pad[0]);
                let x = (ox * self.stride[1] + kx).wrapping_sub(self.pad[1]);
                // Outside of the picture all is zero.
                if y < rows && x < cols {
                    for c in 0..channels {
                        let w = self.weights[((oc * kernel_rows + ky) * kernel_cols + kx) * channels + c];
                        sum += i32::from(w) * i32::from(input[(y * cols + x) * channels + c]);
                    }
                }
            }
        }
        sum
    }

    fn requantise(&self, sum: i32, channel: usize, low: i32) -> i32 {
        let t = (sum >> self.shift).clamp(low, 32767);
        (t * self.multiplier[channel] + (1 << 14)) >> 15
    }
}

/// The values, in 1/256, of activations (0 to 127).
pub(crate) fn values(weights: &Weights, activations: &[u8]) -> Vec<i16> {
    let mut input = activations.to_vec();
    let mut out: Vec<i32> = Vec::new();
    for (i, layer) in weights.layers.iter().enumerate() {
        let last = i + 1 == weights.layers.len();
        let [rows, cols, channels] = layer.output;
        out.clear();
        for place in 0..rows * cols {
            for c in 0..channels {
                let sum = layer.sum(&input, [place / cols, place % cols, c]);
                out.push(layer.requantise(sum, c, if last { -32768 } else { 0 }));
            }
        }
        input = out.iter().map(|&v| v.min(ACTIVATION_MAX) as u8).collect();
    }
    out.iter().map(|&v| v as i16).collect()
}
