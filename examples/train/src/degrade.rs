//! What happens to text on its way into a screenshot: colours, highlights, rescaling, JPEG, blur, noise.

use image::codecs::jpeg::JpegEncoder;

use crate::render::{Grey, Line};
use crate::rng::Rng;

/// Resampling filters in common use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Mean over the pixel's area.
    Area,
    /// Triangle, widened when shrinking.
    Triangle,
    /// Catmull–Rom, widened when shrinking.
    Cubic,
    /// Lanczos of radius 3, widened when shrinking.
    Lanczos,
    /// Triangle that is not widened: aliased, as cheap scalers do it.
    Aliased,
}

/// Filters as often as they are met.
pub const FILTERS: [Filter; 9] = [
    Filter::Area,
    Filter::Triangle,
    Filter::Lanczos,
    Filter::Area,
    Filter::Triangle,
    Filter::Lanczos,
    Filter::Cubic,
    Filter::Cubic,
    Filter::Aliased,
];

impl Filter {
    fn radius(self) -> f32 {
        match self {
            Self::Area => 0.5,
            Self::Triangle | Self::Aliased => 1.0,
            Self::Cubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f32) -> f32 {
        let a = x.abs();
        match self {
            Self::Area => f32::from(u8::from(a <= 0.5)),
            Self::Triangle | Self::Aliased => (1.0 - a).max(0.0),
            Self::Cubic if a < 1.0 => 1.5 * a * a * a - 2.5 * a * a + 1.0,
            Self::Cubic if a < 2.0 => -0.5 * a * a * a + 2.5 * a * a - 4.0 * a + 2.0,
            Self::Lanczos if a < 1e-4 => 1.0,
            Self::Lanczos if a < 3.0 => {
                let p = std::f32::consts::PI * a;
                3.0 * p.sin() * (p / 3.0).sin() / (p * p)
            }
            Self::Cubic | Self::Lanczos => 0.0,
        }
    }
}

/// For each of `to` cells: the first source index and its weights.
fn taps(from: usize, to: usize, filter: Filter) -> Vec<(usize, Vec<f32>)> {
    let step = from as f32 / to as f32;
    let stretch = if filter == Filter::Aliased { 1.0 } else { step.max(1.0) };
    let cell = |i: usize| {
        let centre = (i as f32 + 0.5) * step;
        let reach = filter.radius() * stretch;
        let first = (centre - reach - 0.5).floor().max(0.0) as usize;
        let last = ((centre + reach + 0.5).ceil() as usize).min(from);
        let weight = |j: usize| {
            if filter == Filter::Area {
                // Exact overlap of source pixel and target cell.
                ((j as f32 + 1.0).min(centre + reach) - (j as f32).max(centre - reach)).max(0.0)
            } else {
                filter.weight((j as f32 + 0.5 - centre) / stretch)
            }
        };
        let mut weights: Vec<f32> = (first..last).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        if sum.abs() < 1e-6 {
            return ((centre as usize).min(from - 1), vec![1.0]);
        }
        weights.iter_mut().for_each(|w| *w /= sum);
        (first, weights)
    };
    (0..to).map(cell).collect()
}

/// Rescales to `width` × `height`.
pub fn resize(grey: &Grey, width: usize, height: usize, filter: Filter) -> Grey {
    let columns = taps(grey.width, width, filter);
    let mut middle = Vec::with_capacity(width * grey.height);
    for row in grey.px.chunks_exact(grey.width) {
        middle.extend(
            columns.iter().map(|(first, weights)| weights.iter().zip(&row[*first..]).map(|(w, v)| w * v).sum::<f32>()),
        );
    }
    let mut px = vec![0.0f32; width * height];
    for ((first, weights), out) in taps(grey.height, height, filter).iter().zip(px.chunks_exact_mut(width)) {
        for (weight, row) in weights.iter().zip(middle[first * width..].chunks_exact(width)) {
            out.iter_mut().zip(row).for_each(|(o, v)| *o += weight * v);
        }
    }
    Grey { width, height, px }
}

/// Rescales a line by `scale`, boxes and all.
pub fn rescale(line: &mut Line, scale: f32, filter: Filter) {
    let (w, h) = (line.grey.width, line.grey.height);
    let to = |n: usize| ((n as f32 * scale).round() as usize).max(8);
    line.grey = resize(&line.grey, to(w), to(h), filter);
    let (sx, sy) = (to(w) as f32 / w as f32, to(h) as f32 / h as f32);
    for (_, x0, x1) in &mut line.boxes {
        *x0 *= sx;
        *x1 *= sx;
    }
    line.baseline *= sy;
    line.x_height *= sy;
}

/// Values as bytes.
pub fn bytes(grey: &Grey) -> Vec<u8> {
    grey.px.iter().map(|v| v.clamp(0.0, 255.0).round() as u8).collect()
}

/// Through a JPEG of `quality`, its 8 × 8 grid at a random place; unchanged if the codec refuses.
pub fn jpeg(grey: &mut Grey, quality: u8, rng: &mut Rng) {
    let (left, top) = (rng.below(8), rng.below(8));
    let (width, height) = (grey.width + left, grey.height + top);
    let mut padded = Vec::with_capacity(width * height);
    for y in 0..height {
        let row = &grey.px[y.saturating_sub(top) * grey.width..][..grey.width];
        padded.extend((0..width).map(|x| row[x.saturating_sub(left)].clamp(0.0, 255.0).round() as u8));
    }
    let mut file = Vec::new();
    let coded = JpegEncoder::new_with_quality(&mut file, quality).encode(
        &padded,
        width as u32,
        height as u32,
        image::ExtendedColorType::L8,
    );
    let decoded = coded.and_then(|()| image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg));
    if let Ok(decoded) = decoded {
        let decoded = decoded.into_luma8();
        for (y, row) in grey.px.chunks_exact_mut(grey.width).enumerate() {
            for (x, v) in row.iter_mut().enumerate() {
                *v = f32::from(decoded.get_pixel((x + left) as u32, (y + top) as u32).0[0]);
            }
        }
    }
}

/// Gaussian blur.
pub fn blur(grey: &mut Grey, sigma: f32) {
    let radius = (3.0 * sigma).ceil() as isize;
    let mut kernel: Vec<f32> = (-radius..=radius).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let (w, h) = (grey.width, grey.height);
    let along = |src: &[f32], at: &dyn Fn(usize, usize, isize) -> usize| -> Vec<f32> {
        let value = |i: usize| kernel.iter().zip(-radius..).map(|(k, d)| k * src[at(i % w, i / w, d)]).sum();
        (0..w * h).map(value).collect()
    };
    let clamp = |v: usize, d: isize, n: usize| (v as isize + d).clamp(0, n as isize - 1) as usize;
    let rows = along(&grey.px, &|x, y, d| y * w + clamp(x, d, w));
    grey.px = along(&rows, &|x, y, d| clamp(y, d, h) * w + x);
}

/// Coverage becomes grey: dark on light or (.3) light on dark, some words highlighted.
pub fn colour(line: &mut Line, highlight: f32, underline: bool, rng: &mut Rng) {
    let inverted = rng.chance(0.3);
    let (paper, ink) = if inverted {
        (rng.range(5.0, 70.0), rng.range(150.0, 255.0))
    } else {
        (rng.range(195.0, 255.0), rng.range(0.0, 110.0))
    };
    let (w, h, xh) = (line.grey.width, line.grey.height, line.x_height);
    let mut background = vec![paper; w * h];
    let fill = |x0: f32, x1: f32, y0: f32, y1: f32, values: &mut [f32], value: f32| {
        for y in y0.max(0.0) as usize..(y1.max(0.0) as usize).min(h) {
            let (a, b) = ((x0.max(0.0) as usize).min(w), (x1.max(0.0) as usize).min(w));
            values[y * w..][a.min(b)..b].fill(value);
        }
    };
    for &(_, x0, x1) in &line.boxes {
        if rng.chance(highlight) {
            let value = if inverted { rng.range(30.0, 110.0) } else { rng.range(140.0, 235.0) };
            fill(x0 - 2.0, x1 + 2.0, line.baseline - 2.2 * xh, line.baseline + 0.8 * xh, &mut background, value);
        }
    }
    let roll = rng.unit();
    if underline && roll < 0.12 {
        let thick = (xh / 8.0).round().max(1.0);
        let y = (line.baseline + (xh * 0.2).max(1.0)).floor();
        for &(_, x0, x1) in &line.boxes {
            if roll < 0.05 || rng.chance(0.3) {
                fill(x0 - 1.0, x1 + 2.0, y, y + thick, &mut line.grey.px, 1.0);
            }
        }
    }
    for (v, paper) in line.grey.px.iter_mut().zip(&background) {
        *v = paper + (ink - paper) * *v;
    }
}

/// The whole chain for text of 4.5 px x-height and more.
pub fn large(line: &mut Line, rng: &mut Rng) {
    colour(line, 0.08, true, rng);
    if rng.chance(0.25) {
        jpeg(&mut line.grey, rng.int(20, 90) as u8, rng);
    }
    if rng.chance(0.6) {
        let scale = rng.range(-1.0, 1.0).exp2().max(4.5 / line.x_height);
        let filter = *rng.pick(&FILTERS);
        rescale(line, scale, filter);
    }
    if rng.chance(0.3) {
        blur(&mut line.grey, rng.range(0.3, 0.9));
    }
    if rng.chance(0.3) {
        let deviation = rng.range(1.0, 9.0);
        line.grey.px.iter_mut().for_each(|v| *v += deviation * rng.normal());
    }
    if rng.chance(0.75) {
        jpeg(&mut line.grey, rng.int(20, 90) as u8, rng);
    }
}

/// The chain for small text: reduced to an x-height of `target` px, .6 of it JPEG.
pub fn small(line: &mut Line, target: f32, rng: &mut Rng) {
    colour(line, 0.06, false, rng);
    let filter = *rng.pick(&FILTERS);
    let scale = target / line.x_height;
    rescale(line, scale, if scale > 1.0 { Filter::Aliased } else { filter });
    if rng.chance(0.1) {
        line.grey.px.iter_mut().for_each(|v| *v += 3.0 * rng.normal());
    }
    if rng.chance(0.6) {
        jpeg(&mut line.grey, rng.int(30, 75) as u8, rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_stays_flat_under_every_filter() {
        let grey = Grey { width: 37, height: 23, px: vec![77.0; 37 * 23] };
        for filter in FILTERS {
            for (w, h) in [(11, 9), (37, 23), (80, 50)] {
                let out = resize(&grey, w, h, filter);
                assert!(out.px.len() == w * h && out.px.iter().all(|v| (v - 77.0).abs() < 0.01), "{filter:?} {w}×{h}");
            }
        }
    }

    #[test]
    fn jpeg_stands_in_its_place() {
        let px = (0..40 * 24).map(|i| if (i % 40) < 20 { 0.0 } else { 255.0 }).collect();
        let mut grey = Grey { width: 40, height: 24, px };
        jpeg(&mut grey, 95, &mut Rng::new(6));
        assert!(grey.px.chunks_exact(40).all(|row| row[17] < 60.0 && row[22] > 195.0));
    }
}
