//! Query encoders for small text: copies of the general net, tuned to predict its clean codes.
//!
//! The target of a word is, for each bit, in what share of the typefaces the general net's clean code has it set.
//! Trained by binary cross-entropy, the values are log-odds.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::fonts::Training;
use crate::learn::{exp, schedule};
use crate::net::{Adam, BITS, Net, Work};
use crate::pool::{CELLS, Pool, augment, curves};
use crate::rng::Rng;
use crate::sample::{Kind, Sampler};
use crate::words::Types;

/// Patches of a step.
const BATCH: usize = 256;
const DECAY: f32 = 1e-3;
/// Share of the lines that are cut by the library's page stage.
const FOUND: f32 = 0.6;

/// How long and for which sizes.
pub struct Plan {
    /// Lowest x-height in pixels.
    pub low: f32,
    /// Highest x-height in pixels.
    pub high: f32,
    /// Steps of 256 patches.
    pub steps: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Lines rendered anew at each step.
    pub lines: usize,
    /// Clean renderings of each type for its target.
    pub faces: usize,
    /// Seed of everything.
    pub seed: u64,
}

/// For each type, how often each bit of its clean code is set over typefaces.
fn targets(general: &Net, types: &Types, faces: &Training, rounds: usize, rng: &mut Rng) -> Vec<f32> {
    let n = types.words.len();
    let (mut set, mut seen) = (vec![0.0f32; n * BITS], vec![0.0f32; n]);
    let mut sampler = Sampler::default();
    let mut order: Vec<usize> = (0..n).collect();
    for _ in 0..rounds {
        rng.shuffle(&mut order);
        for block in order.chunks(900) {
            let (mut ids, mut ink) = (Vec::new(), Vec::new());
            for line in block.chunks(9) {
                let tokens: Vec<String> = line.iter().map(|&i| types.words[i].clone()).collect();
                for sample in sampler.line(&tokens, faces.pick(rng), Kind::Clean, rng) {
                    ids.push(line[sample.token]);
                    ink.push(sample.patch);
                }
            }
            let slices: Vec<&[u8]> = ink.iter().map(|p| p.ink().as_slice()).collect();
            for (&id, z) in ids.iter().zip(general.encode(&slices).chunks_exact(BITS)) {
                seen[id] += 1.0;
                set[id * BITS..][..BITS].iter_mut().zip(z).for_each(|(s, z)| *s += f32::from(u8::from(*z > 0.0)));
            }
        }
    }
    for (row, seen) in set.chunks_exact_mut(BITS).zip(&seen) {
        row.iter_mut().for_each(|v| *v = if *seen > 0.0 { *v / seen } else { 0.5 });
    }
    set
}

/// Tunes `net` to predict codes by `general`; saves it to `out`.
pub fn tune(general: &Net, mut net: Net, types: &Types, faces: &Training, plan: &Plan, out: &Path) -> Result<()> {
    let n = types.words.len();
    let mut rng = Rng::new(plan.seed);
    let started = Instant::now();
    let targets = targets(general, types, faces, plan.faces, &mut rng);
    let mut pool = Pool::new(types, 24, plan.seed ^ 0xbad);
    // True frames, too: what the page stage gets wrong is not the same for ever.
    let mut kind = |rng: &mut Rng| {
        if rng.chance(FOUND) { Kind::Found(plan.low, plan.high) } else { Kind::Small(plan.low, plan.high) }
    };
    let lines = 3 * pool.lines_per_round();
    pool.refresh(lines, types, faces, &mut kind);
    eprintln!("targets of {n} types and {lines} lines in {:.0} s", started.elapsed().as_secs_f32());
    let (mut optimiser, mut grads, mut work) = (Adam::new(&net), net.clone(), Work::default());
    let (mut x, mut dz) = (vec![0.0; BATCH * CELLS], Vec::new());
    let curves = curves();
    let mut average = f32::NAN;
    let started = Instant::now();
    for step in 0..plan.steps {
        pool.refresh(plan.lines, types, faces, &mut kind);
        let mut ids = Vec::with_capacity(BATCH);
        while ids.len() < BATCH {
            let id = *rng.pick(&types.draw) as usize;
            if let Some(patch) = pool.draw(id, &mut rng) {
                augment(patch, false, &curves, &mut rng, &mut x[ids.len() * CELLS..][..CELLS]);
                ids.push(id);
            }
        }
        let z = net.forward(&x, BATCH, &mut work);
        dz.clear();
        let mut loss = 0.0;
        for (z, &id) in z.chunks_exact(BITS).zip(&ids) {
            for (&z, &t) in z.iter().zip(&targets[id * BITS..][..BITS]) {
                let p = 1.0 / (1.0 + exp(-z));
                loss -= t * p.max(1e-6).ln() + (1.0 - t) * (1.0 - p).max(1e-6).ln();
                dz.push((p - t) / (BATCH * BITS) as f32);
            }
        }
        net.backward(&dz, BATCH, &mut work, &mut grads);
        optimiser.step(&mut net, &grads, schedule(step, plan.steps, plan.rate), DECAY);
        loss /= (BATCH * BITS) as f32;
        average = if average.is_nan() { loss } else { 0.99 * average + 0.01 * loss };
        if step % 500 == 0 {
            let seconds = started.elapsed().as_secs_f32();
            eprintln!("step {step} loss {average:.4} {:.1} steps/s {seconds:.0} s", step as f32 / seconds);
        }
    }
    net.save(out)
}
