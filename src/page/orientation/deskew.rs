//! Skew, perspective and curvature, estimated from the lines of text themselves.
//!
//! Letters of a line stand on one baseline. A smooth field (see [`Bend`]) is fitted such that the lower edges of each
//! line's letters come to lie level: by least squares, each line with a height of its own. Feet are reweighted so that
//! descenders and stray lines do not count (Tukey's biweight). A prior keeps what the lines do not show near zero. Any
//! picture's lines support a skew; only lines over much of the picture support a curvature.

use super::bend::{Bend, TERMS, powers, terms};
use crate::geom::Point;
use crate::page::config::PageConfig;

/// The lower edges of one line's letters, in pixels of the picture.
pub(crate) struct Baseline {
    pub(crate) feet: Vec<Point>,
    pub(crate) x_height_px: f32,
}

/// Steeper lines are no lines of text: 15 degrees.
///
/// Tuned (slope): chosen by eye.
const MAX_SKEW: f64 = 0.27;
/// Usual sizes of the field's terms: what is larger needs evidence.
///
/// Tuned (half pages): chosen by eye.
const PRIOR: [f64; TERMS] = [0.2, 0.1, 0.03, 0.02, 0.02, 0.02];
/// How far letters' feet are off their baseline.
///
/// Tuned (x-heights): chosen by eye.
const FOOT_NOISE_XH: f64 = 0.1;
/// Feet further off their line count nothing: round by round.
///
/// Tuned (x-heights): chosen by eye; a descender is some 0.4 long.
const REACH_XH: [f64; 6] = [f64::INFINITY, 1.0, 0.6, 0.4, 0.3, 0.3];
/// Fewest letters of a line that says something.
///
/// Tuned (count): chosen by eye.
const MIN_LETTERS: usize = 6;
/// Least weight of a line's feet together; lighter lines say nothing.
///
/// Tuned (count): chosen by eye.
const MIN_WEIGHT: f64 = 3.0;
/// Share of the lines' length that must be steep or sagging for a page to be laid flat.
///
/// Tuned (share): chosen by eye.
const DEPARTING_SHARE: f64 = 0.25;

/// How a picture of this size is bent, by its baselines; `None` if they say nothing.
pub(crate) fn bend_of(baselines: &[Baseline], (width, height): (u32, u32)) -> Option<Bend> {
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
pub(crate) fn departs(bend: &Bend, baselines: &[Baseline], config: &PageConfig) -> bool {
    let (mut length, mut steep, mut sagging) = (0.0, 0.0, 0.0);
    for line in baselines.iter().filter(|b| b.feet.len() >= MIN_LETTERS) {
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
        .filter(|b| b.feet.len() >= MIN_LETTERS)
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
    /// How far each foot is off the line, given the field.
    fn residuals(&self, field: &[f64; TERMS]) -> impl Iterator<Item = f64> {
        let mut by_power = [0.0; 4];
        for ((power, factor), weight) in powers(self.v).into_iter().zip(field) {
            by_power[power] += factor * weight;
        }
        let (v, [_, once, twice, thrice]) = (self.v, by_power);
        self.feet.iter().map(move |&(u, w)| w - v - u * (once + u * (twice + u * thrice)))
    }

    /// Takes the line's height from its feet.
    fn level(&mut self, field: &[f64; TERMS]) {
        let sum: f64 = self.weights.iter().sum();
        if sum > 0.0 {
            let off: f64 = self.residuals(field).zip(&self.weights).map(|(off, weight)| weight * off).sum();
            self.v += off / sum;
        }
    }

    fn reweigh(&mut self, field: &[f64; TERMS], reach_xh: f64) {
        let per_reach = 1.0 / (reach_xh * self.x_height);
        let weight = |off: f64| {
            let off = off * per_reach;
            if off.abs() < 1.0 { (1.0 - off * off).powi(2) } else { 0.0 }
        };
        self.weights = self.residuals(field).map(weight).collect();
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
        // Sums of the powers of u, and of these times w: on one line all terms are powers of u.
        let (mut of_u, mut of_uw) = ([0.0; 7], [0.0; 4]);
        for (&(u, w), &weight) in line.feet.iter().zip(&line.weights) {
            let mut power = weight;
            for sum in &mut of_u {
                *sum += power;
                power *= u;
            }
            let mut power = weight * w;
            for sum in &mut of_uw {
                *sum += power;
                power *= u;
            }
        }
        let sum = of_u[0];
        if sum < MIN_WEIGHT {
            continue;
        }
        let precision = 1.0 / (FOOT_NOISE_XH * line.x_height).powi(2);
        let terms = powers(line.v);
        for (a, &(i, factor)) in terms.iter().enumerate() {
            let scaled = precision * factor;
            // The other half is the same.
            for (b, &(j, factor)) in terms[..=a].iter().enumerate() {
                normal[a][b] += scaled * factor * (of_u[i + j] - of_u[i] * of_u[j] / sum);
            }
            right[a] += scaled * (of_uw[i] - of_u[i] * of_uw[0] / sum);
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

    /// Feet of 14 lines of a page that is bent as `bend` says: jitter of a pixel, every seventh letter with a
    /// descender.
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

    /// The terms taken one by one, foot by foot.
    fn solve_plainly(lines: &[Fitted]) -> Option<[f64; TERMS]> {
        let mut normal: [[f64; TERMS]; TERMS] =
            std::array::from_fn(|i| std::array::from_fn(|j| if i == j { PRIOR[i].powi(-2) } else { 0.0 }));
        let mut right = [0.0; TERMS];
        for line in lines.iter().filter(|l| l.weights.iter().sum::<f64>() >= MIN_WEIGHT) {
            let sum: f64 = line.weights.iter().sum();
            let feet = || line.feet.iter().zip(&line.weights);
            let mean =
                |of: &dyn Fn(f64, f64) -> f64| feet().map(|(&(u, w), weight)| weight * of(u, w) / sum).sum::<f64>();
            let mean_w = mean(&|_, w| w);
            let means: [f64; TERMS] = std::array::from_fn(|a| mean(&|u, _| terms(u, line.v)[a]));
            for (&(u, w), weight) in feet() {
                let off: [f64; TERMS] = std::array::from_fn(|a| terms(u, line.v)[a] - means[a]);
                let precision = weight / (FOOT_NOISE_XH * line.x_height).powi(2);
                for a in 0..TERMS {
                    (0..TERMS).for_each(|b| normal[a][b] += precision * off[a] * off[b]);
                    right[a] += precision * off[a] * (w - mean_w);
                }
            }
        }
        cholesky(normal, right)
    }

    proptest! {
        #[test]
        fn sums_of_powers_give_what_terms_give(
            lines in prop::collection::vec(
                (prop::collection::vec((-1.0f64..1.0, -0.05f64..0.05, 0.0f64..1.0), 6..40), -0.8f64..0.8),
                1..8,
            ),
            field in prop::array::uniform6(-0.1f64..0.1),
        ) {
            let line = |(feet, v): (Vec<(f64, f64, f64)>, f64)| Fitted {
                feet: feet.iter().map(|&(u, off, _)| (u, v + off)).collect(),
                weights: feet.iter().map(|f| f.2).collect(),
                v,
                x_height: 0.01,
            };
            let lines: Vec<Fitted> = lines.into_iter().map(line).collect();
            let (fast, plain) = (solve(&lines).expect("definite"), solve_plainly(&lines).expect("definite"));
            prop_assert!(fast.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-9), "{fast:?} {plain:?}");
            for line in &lines {
                for (off, &(u, w)) in line.residuals(&field).zip(&line.feet) {
                    let bent: f64 = terms(u, line.v).iter().zip(&field).map(|(t, f)| t * f).sum();
                    prop_assert!((off - (w - bent - line.v)).abs() < 1e-12);
                }
            }
        }

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
        let short = [Baseline { feet: lines[0].feet[..MIN_LETTERS - 1].to_vec(), x_height_px: 8.0 }];
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
