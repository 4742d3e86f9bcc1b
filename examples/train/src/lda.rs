//! The linear hash: discriminant analysis of word types on [`crate::hog`], rotated so that signs lose least (ITQ).

use std::path::Path;

use anyhow::{Context, Result};
use nalgebra::{DMatrix, SymmetricEigen};

use crate::export::{self, Patches};
use crate::fonts::Faces;
use crate::hog;
use crate::int8::{Band, IntLayer, IntNet, UNIT};
use crate::net::BITS;
use crate::rng::Rng;
use crate::sample::Kind;
use crate::words::{self, Types};

/// Share of the mean variance added to the within-class scatter.
const SHRINK: f64 = 0.02;
/// Rounds of the rotation.
const ROUNDS: usize = 60;

/// Renders, fits and writes the linear product.
pub fn train(classes: usize, renderings: usize, seed: u64, out: &Path) -> Result<()> {
    let faces = Faces::find()?;
    let types = Types::generate(1)?;
    let mut rng = Rng::new(seed);
    let mut chosen = types.words.clone();
    rng.shuffle(&mut chosen);
    chosen.truncate(classes);
    let mut kind = |rng: &mut Rng| {
        if rng.chance(0.2) {
            Kind::Small(2.4, 5.5)
        } else if rng.chance(0.1) {
            Kind::Clean
        } else {
            Kind::Large
        }
    };
    let (mut x, mut y): (Vec<[u8; hog::LEN]>, Vec<usize>) = (Vec::new(), Vec::new());
    for _ in 0..renderings {
        let set = Patches::render(&chosen, 9, &mut kind, &mut |rng| faces.train.pick(rng), &mut rng);
        x.extend(set.ink.iter().map(|ink| hog::hog(ink)));
        y.extend(&set.word);
    }
    eprintln!("{} patches of {} types", x.len(), chosen.len());
    let (weights, bias) = fit(&x, &y, chosen.len(), &mut rng)?;
    let mut net = quantise(&weights, &bias);
    calibrate(&mut net, &faces, seed)?;
    export::write(out, &net.to_bytes())
}

/// The projection (rows = bits) and what is added to it.
fn fit(x: &[[u8; hog::LEN]], y: &[usize], classes: usize, rng: &mut Rng) -> Result<(DMatrix<f64>, Vec<f64>)> {
    let d = hog::LEN;
    let (mut sums, mut counts, mut mean) = (vec![0.0f32; classes * d], vec![0.0f32; classes], vec![0.0f64; d]);
    for (row, &class) in x.iter().zip(y) {
        counts[class] += 1.0;
        sums[class * d..][..d].iter_mut().zip(row).for_each(|(s, &v)| *s += f32::from(v));
        mean.iter_mut().zip(row).for_each(|(m, &v)| *m += f64::from(v) / x.len() as f64);
    }
    for (row, n) in sums.chunks_exact_mut(d).zip(&counts) {
        row.iter_mut().for_each(|v| *v /= n.max(1.0));
    }
    let centred = |row: &[u8; hog::LEN], at: &dyn Fn(usize) -> f32| -> Vec<f32> {
        row.iter().enumerate().map(|(i, &v)| f32::from(v) - at(i)).collect()
    };
    let within = scatter(x.iter().zip(y).map(|(row, &c)| centred(row, &|i| sums[c * d + i])), d);
    let seen = (0..classes).filter(|&c| counts[c] > 0.0);
    let between = scatter(seen.map(|c| (0..d).map(|i| sums[c * d + i] - mean[i] as f32).collect()), d);
    let shrunk = &within + DMatrix::identity(d, d) * (SHRINK * within.trace() / d as f64);
    // Whiten within, then the directions of largest variance between.
    let eigen = SymmetricEigen::new(shrunk);
    let roots = eigen.eigenvalues.map(|v| 1.0 / v.max(1e-9).sqrt());
    let whiten = DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose();
    let eigen = SymmetricEigen::new(&whiten * between * whiten.transpose());
    let mut order: Vec<usize> = (0..d).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let top = eigen.eigenvectors.select_columns(&order[..BITS]).transpose() * whiten;
    // The rotation that brings a sample nearest to its signs.
    let n = x.len().min(20_000);
    let sample = DMatrix::from_fn(n, d, |i, j| f64::from(x[i * (x.len() / n)][j]) - mean[j]) * top.transpose();
    let mut rotation = DMatrix::from_fn(BITS, BITS, |_, _| f64::from(rng.normal())).qr().q();
    for _ in 0..ROUNDS {
        let signs = (&sample * &rotation).map(f64::signum);
        let svd = (sample.transpose() * signs).svd(true, true);
        rotation = svd.u.context("no SVD")? * svd.v_t.context("no SVD")?;
    }
    let weights = rotation.transpose() * top;
    let projected = &sample * &rotation;
    let offset = &weights * DMatrix::from_column_slice(d, 1, &mean);
    let bias = (0..BITS).map(|k| {
        let mut column: Vec<f64> = projected.column(k).iter().copied().collect();
        -offset[k] - *column.select_nth_unstable_by(n / 2, f64::total_cmp).1
    });
    let bias = bias.collect();
    // Values of about 1 to 4, as the net's.
    let scale = 2.0 / (projected.norm_squared() / (n * BITS) as f64).sqrt();
    Ok((weights * scale, Vec::into_iter(bias).map(|b: f64| b * scale).collect()))
}

/// Mean of the outer products, summed in blocks of `f32` matrices.
fn scatter(rows: impl Iterator<Item = Vec<f32>>, d: usize) -> DMatrix<f64> {
    let mut total = DMatrix::<f64>::zeros(d, d);
    let (mut block, mut n) = (Vec::new(), 0usize);
    let mut product = vec![0.0f32; d * d];
    let mut flush = |block: &mut Vec<f32>, total: &mut DMatrix<f64>| {
        crate::net::matmul(
            &mut product,
            false,
            [d, d, block.len() / d],
            crate::net::Mat(block, 1, d),
            crate::net::Mat(block, d, 1),
        );
        *total += DMatrix::from_row_slice(d, d, &product).cast::<f64>();
        block.clear();
    };
    for row in rows {
        block.extend(row);
        n += 1;
        if n % 4096 == 0 {
            flush(&mut block, &mut total);
        }
    }
    if !block.is_empty() {
        flush(&mut block, &mut total);
    }
    total / n.max(1) as f64
}

/// One integer layer.
fn quantise(weights: &DMatrix<f64>, bias: &[f64]) -> IntNet {
    let scales: Vec<f64> = weights.row_iter().map(|r| r.amax().max(1e-12) / 127.0).collect();
    let ratio: Vec<f64> = scales.iter().map(|s| s * f64::from(UNIT)).collect();
    let largest = ratio.iter().copied().fold(1e-9, f64::max);
    let shift = (32767.0 / 32768.0 / largest).log2().floor().clamp(0.0, 20.0) as u32;
    let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
    let layer = IntLayer {
        input: [1, 1, hog::LEN],
        output: [1, 1, BITS],
        kernel: [1, 1],
        stride: [1, 1],
        pad: [0, 0],
        shift,
        multiplier: ratio
            .iter()
            .map(|r| (r * f64::from(32768u32 << shift)).round().clamp(0.0, 32767.0) as u16)
            .collect(),
        bias: bias.iter().zip(&scales).map(|(b, s)| (b / s).round() as i32 + half).collect(),
        weights: weights
            .row_iter()
            .zip(&scales)
            .flat_map(|(row, s)| row.iter().map(|w| (w / s).round() as i8).collect::<Vec<_>>())
            .collect(),
    };
    IntNet { layers: vec![layer], bin: 0.5, bands: Vec::<Band>::new() }
}

/// Confidence calibration, as for the nets.
fn calibrate(net: &mut IntNet, faces: &Faces, seed: u64) -> Result<()> {
    let twin = net.clone();
    let encode = |ink: &[u8]| twin.values_of(&hog::hog(ink));
    net.bands = export::calibration(&encode, &encode, net.bin, faces, &words::test_words(1200, 2)?, seed ^ 78)?;
    Ok(())
}
