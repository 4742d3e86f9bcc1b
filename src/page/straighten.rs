//! Skew, perspective and curvature, estimated from the lines of text themselves.
//!
//! Letters of a line stand on one baseline. A smooth field (see [`Bend`]) is fitted such that the lower edges of each line's letters come
//! to lie level: least squares, each line with a height of its own, reweighted so that descenders and stray lines do not
//! count (Tukey's biweight), with a prior that keeps what the lines do not show near zero. Any picture's lines support a
//! skew; only lines over much of the picture support a curvature.

use super::PageConfig;
use super::warp::{Bend, TERMS, terms};
use crate::geom::Point;

/// The lower edges of one line's letters, in pixels of the picture.
pub(super) struct Baseline {
    pub(super) feet: Vec<Point>,
    pub(super) x_height_px: f32,
}

/// Steeper lines are no lines of text: 15 degrees.
const MAX_SKEW: f64 = 0.27;
/// Usual sizes of the field's terms: what is larger needs evidence.
const PRIOR: [f64; TERMS] = [0.2, 0.1, 0.03, 0.02, 0.02, 0.02];
/// How far letters' feet are off their baseline, in x-heights.
const FOOT_NOISE_XH: f64 = 0.1;
/// Feet further off their line count nothing, in x-heights: round by round.
const REACH_XH: [f64; 6] = [f64::INFINITY, 1.0, 0.6, 0.4, 0.3, 0.3];
/// Fewest letters of a line that says something.
const FEWEST_LETTERS: usize = 6;

/// How a picture of this size is bent, by its baselines; `None` if they say nothing.
pub(super) fn bend_of(baselines: &[Baseline], (width, height): (u32, u32)) -> Option<Bend> {
    let flat = Bend {
        centre: Point { x: width as f32 / 2.0, y: height as f32 / 2.0 },
        angle: 0.0,
        unit_px: f64::from(width.max(height)) / 2.0,
        field: [0.0; TERMS],
    };
    // The skew first, so that the field is one of a nearly level page.
    let skew = fit(baselines, &flat)?[0];
    if skew.abs() > MAX_SKEW {
        return None;
    }
    let level = Bend { angle: skew.atan(), ..flat };
    Some(Bend { field: fit(baselines, &level)?, ..level })
}

/// Whether a page bends its lines more than the stages after can follow.
pub(super) fn departs(bend: &Bend, baselines: &[Baseline], config: &PageConfig) -> bool {
    let (mut length, mut steep, mut sagging) = (0.0, 0.0, 0.0);
    for line in baselines.iter().filter(|b| b.feet.len() >= FEWEST_LETTERS) {
        let feet = || line.feet.iter().map(|p| bend.rotate_back(f64::from(p.x), f64::from(p.y)));
        let (first, last) = feet().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), f| (a.min(f.0), b.max(f.0)));
        let v = feet().map(|f| f.1).sum::<f64>() / line.feet.len() as f64;
        let at = |u: f64| terms(u, v).iter().zip(&bend.field).map(|(t, f)| t * f).sum::<f64>();
        let slope = bend.angle.tan() + (at(last) - at(first)) / (last - first);
        let sag_px = (at((first + last) / 2.0) - (at(first) + at(last)) / 2.0) * bend.unit_px;
        length += last - first;
        steep += if slope.abs() > f64::from(config.max_slope) { last - first } else { 0.0 };
        sagging += if sag_px.abs() > f64::from(config.max_sag_xh * line.x_height_px) { last - first } else { 0.0 };
    }
    steep > DEPARTING_SHARE * length || sagging > DEPARTING_SHARE * length
}

/// Share of the lines that must be steep or sagging for a page to be laid flat.
const DEPARTING_SHARE: f64 = 0.25;

/// One line while its field is being fitted.
struct Fitted {
    /// Feet, rotated, centred, in units.
    feet: Vec<(f64, f64)>,
    weights: Vec<f64>,
    /// Height of the flat line.
    v: f64,
    x_height: f64,
}

/// Fits the field of lines that are rotated as `bend` says.
fn fit(baselines: &[Baseline], bend: &Bend) -> Option<[f64; TERMS]> {
    let mut lines: Vec<Fitted> = baselines
        .iter()
        .filter(|b| b.feet.len() >= FEWEST_LETTERS)
        .map(|b| {
            let feet: Vec<(f64, f64)> =
                b.feet.iter().map(|p| bend.rotate_back(f64::from(p.x), f64::from(p.y))).collect();
            let v = feet.iter().map(|f| f.1).sum::<f64>() / feet.len() as f64;
            Fitted { weights: vec![1.0; feet.len()], feet, v, x_height: f64::from(b.x_height_px) / bend.unit_px }
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let mut field = [0.0; TERMS];
    for reach_xh in REACH_XH {
        for line in &mut lines {
            line.level(&field);
            line.reweigh(&field, reach_xh);
        }
        field = solve(&lines)?;
    }
    Some(field)
}

impl Fitted {
    fn residual(&self, foot: (f64, f64), field: &[f64; TERMS]) -> f64 {
        let displacement: f64 = terms(foot.0, self.v).iter().zip(field).map(|(t, f)| t * f).sum();
        foot.1 - displacement - self.v
    }

    /// Takes the line's height from its feet.
    fn level(&mut self, field: &[f64; TERMS]) {
        let sum: f64 = self.weights.iter().sum();
        if sum > 0.0 {
            let off: f64 = self.feet.iter().zip(&self.weights).map(|(&f, w)| w * self.residual(f, field)).sum();
            self.v += off / sum;
        }
    }

    fn reweigh(&mut self, field: &[f64; TERMS], reach_xh: f64) {
        let reach = reach_xh * self.x_height;
        self.weights = self
            .feet
            .iter()
            .map(|&f| {
                let off = self.residual(f, field) / reach;
                if off.abs() < 1.0 { (1.0 - off * off).powi(2) } else { 0.0 }
            })
            .collect();
    }
}

/// Weighted least squares with each line's height left free (its weighted means taken off) and the prior.
fn solve(lines: &[Fitted]) -> Option<[f64; TERMS]> {
    let mut normal = [[0.0; TERMS]; TERMS];
    let mut right = [0.0; TERMS];
    for (row, prior) in PRIOR.iter().enumerate() {
        normal[row][row] = 1.0 / (prior * prior);
    }
    for line in lines {
        let sum: f64 = line.weights.iter().sum();
        if sum < 3.0 {
            continue;
        }
        let precision = 1.0 / (FOOT_NOISE_XH * line.x_height).powi(2);
        let (mut mean, mut mean_w) = ([0.0; TERMS], 0.0);
        for (&(u, w), weight) in line.feet.iter().zip(&line.weights) {
            for (m, t) in mean.iter_mut().zip(terms(u, line.v)) {
                *m += weight * t / sum;
            }
            mean_w += weight * w / sum;
        }
        for (&(u, w), weight) in line.feet.iter().zip(&line.weights) {
            let t = terms(u, line.v);
            for a in 0..TERMS {
                let scaled = precision * weight * (t[a] - mean[a]);
                // The other half is the same.
                for b in 0..=a {
                    normal[a][b] += scaled * (t[b] - mean[b]);
                }
                right[a] += scaled * (w - mean_w);
            }
        }
    }
    cholesky(normal, right)
}

/// Solves a symmetric positive definite system, of which only the lower half is read.
fn cholesky(mut a: [[f64; TERMS]; TERMS], mut b: [f64; TERMS]) -> Option<[f64; TERMS]> {
    for i in 0..TERMS {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            let rest = a[i][j] - dot;
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                a[i][i] = rest.sqrt();
            } else {
                a[i][j] = rest / a[j][j];
            }
        }
    }
    for i in 0..TERMS {
        let dot: f64 = (0..i).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    for i in (0..TERMS).rev() {
        let dot: f64 = (i + 1..TERMS).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: (u32, u32) = (1200, 900);

    /// Feet of 14 lines of a page that is bent as `bend` says: jitter of a pixel, every seventh letter with a descender.
    fn page(bend: &Bend, x_height_px: f32) -> Vec<Baseline> {
        let (sin, cos) = bend.angle.sin_cos();
        let foot = |u: f64, v: f64, k: usize| {
            let noise = (k * 7919 % 101) as f64 / 101.0 - 0.5;
            let descender = if k % 7 == 3 { 0.5 * f64::from(x_height_px) } else { 0.0 };
            let bent = v + terms(u, v).iter().zip(&bend.field).map(|(t, f)| t * f).sum::<f64>();
            let w = bent + (noise + descender) / bend.unit_px;
            let (x, y) = (u * cos - w * sin, u * sin + w * cos);
            Point { x: 600.0 + (x * bend.unit_px) as f32, y: 450.0 + (y * bend.unit_px) as f32 }
        };
        let line = |row: usize| {
            let letters = 20 + row * 37 % 50;
            let feet = (0..letters).map(|k| foot(-0.85 + 0.024 * k as f64, -0.65 + 0.1 * row as f64, row * 100 + k));
            Baseline { feet: feet.collect(), x_height_px }
        };
        (0..14).map(line).collect()
    }

    proptest! {
        #[test]
        fn a_known_bend_is_found_again(
            angle in -0.17f64..0.17,
            converge in -0.08f64..0.08,
            curve in -0.03f64..0.03,
            x_height_px in 5.0f32..14.0,
        ) {
            let field = [0.0, converge, curve, 0.0, 0.0, 0.0];
            let truth =
                Bend { centre: Point { x: 600.0, y: 450.0 }, angle, unit_px: 600.0, field };
            let lines = page(&truth, x_height_px);
            let found = bend_of(&lines, SIZE).expect("there are lines");
            // What counts is that lines come to lie level, wherever they come to lie.
            for line in &lines {
                let level: Vec<f64> = line.feet.iter().enumerate().filter(|(k, _)| *k % 7 != 3).map(|(_, p)| {
                    let (u, w) = found.rotate_back(f64::from(p.x), f64::from(p.y));
                    let mut v = w;
                    for _ in 0..8 {
                        v = w - terms(u, v).iter().zip(&found.field).map(|(t, f)| t * f).sum::<f64>();
                    }
                    v * found.unit_px
                }).collect();
                let third = level.len() / 3;
                let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
                let (left, middle, right) =
                    (mean(&level[..third]), mean(&level[third..2 * third]), mean(&level[2 * third..]));
                let limit = 0.12 * f64::from(x_height_px) + 0.4;
                prop_assert!((left - right).abs() < limit && (left - middle).abs() < limit, "{left} {middle} {right}");
            }
        }
    }

    #[test]
    fn a_level_page_does_not_depart_and_few_letters_say_nothing() {
        let level = Bend { centre: Point { x: 600.0, y: 450.0 }, angle: 0.0, unit_px: 600.0, field: [0.0; TERMS] };
        let lines = page(&level, 8.0);
        let found = bend_of(&lines, SIZE).expect("there are lines");
        assert!(!departs(&found, &lines, &PageConfig::default()));
        let tilted = Bend { angle: 0.05, ..level };
        let lines = page(&tilted, 8.0);
        let found = bend_of(&lines, SIZE).expect("there are lines");
        assert!(departs(&found, &lines, &PageConfig::default()) && (found.angle - 0.05).abs() < 0.003);
        let short = [Baseline { feet: lines[0].feet[..FEWEST_LETTERS - 1].to_vec(), x_height_px: 8.0 }];
        assert_eq!(bend_of(&short, SIZE), None);
    }

    #[test]
    fn the_solver_solves() {
        // A matrix that is far from diagonal, made from a known factor.
        let factor: [[f64; TERMS]; TERMS] = std::array::from_fn(|i| {
            std::array::from_fn(|j| if j <= i { ((i * 5 + j * 3) % 7) as f64 + 1.0 } else { 0.0 })
        });
        let matrix: [[f64; TERMS]; TERMS] =
            std::array::from_fn(|i| std::array::from_fn(|j| (0..TERMS).map(|k| factor[i][k] * factor[j][k]).sum()));
        let wanted: [f64; TERMS] = std::array::from_fn(|i| i as f64 - 2.5);
        let right: [f64; TERMS] = std::array::from_fn(|i| (0..TERMS).map(|j| matrix[i][j] * wanted[j]).sum());
        let found = cholesky(matrix, right).expect("it is positive definite");
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert_eq!(cholesky([[0.0; TERMS]; TERMS], right), None);
    }
}
