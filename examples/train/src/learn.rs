//! Training of the general net: a cosine softmax over word types whose bits are kept apart and balanced.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::fonts::Training;
use crate::net::{Adam, BITS, Mat, Net, Work, adam, matmul};
use crate::pool::{CELLS, Pool, augment, curves};
use crate::rng::Rng;
use crate::sample::Kind;
use crate::words::Types;

/// Patches of a step.
const BATCH: usize = 256;
/// Word types that compete in a step.
const RIVALS: usize = 2048;
const SCALE: f32 = 20.0;
const MARGIN: f32 = 0.12;
const BALANCE: f32 = 1.0;
/// Noise on the values, so that bits learn to stay clear of zero.
const NOISE: f32 = 0.3;
const QUANTISE: f32 = 0.1;
/// Values beyond this (before the hyperbolic tangent) cost [`BOUNDED`] times the square of their excess: without that
/// they grow until the tangent has no slope left and learning stops.
const BOUND: f32 = 2.0;
const BOUNDED: f32 = 1.0;
const DECAY: f32 = 1e-3;
/// Prototypes are seen seldom: they learn this much faster than the net.
const PROTOTYPE_RATE: f32 = 4.0;

/// How often each type's nearest rivals are looked for anew, how many are kept, how many of them each patch meets.
const MINE: usize = 2500;
const NEAREST: usize = 16;
const HARD: usize = 3;

/// How long and how.
pub struct Plan {
    /// Steps of 256 patches.
    pub steps: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Lines rendered anew at each step.
    pub lines: usize,
    /// Renderings of a type kept.
    pub slots: usize,
    /// Renderings of each type before the first step.
    pub warm: usize,
    /// Seed of everything.
    pub seed: u64,
}

/// `e^x`, good to 2e-6, in plain arithmetic that the compiler turns into vectors.
pub fn exp(x: f32) -> f32 {
    let t = (x * std::f32::consts::LOG2_E).clamp(-126.0, 126.0);
    let whole = (t + 0.5).floor();
    let f = (t - whole) * std::f32::consts::LN_2;
    let power = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    f32::from_bits(((whole as i32 + 127) << 23) as u32) * power
}

/// Hyperbolic tangent on [`exp`].
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// What the lines of the pool are like: a fifth small, a twelfth of the rest clean.
fn kind(rng: &mut Rng) -> Kind {
    if rng.chance(0.2) {
        Kind::Small(2.4, 5.5)
    } else if rng.chance(0.1) {
        Kind::Clean
    } else {
        Kind::Large
    }
}

/// One prototype for each word type, with its own Adam state.
struct Head {
    w: Vec<f32>,
    m: Vec<f32>,
    v: Vec<f32>,
}

/// Buffers of the loss.
#[derive(Default)]
struct Scratch {
    unit: Vec<f32>,
    length: Vec<f32>,
    soft: Vec<f32>,
    t: Vec<f32>,
    u: Vec<f32>,
    logits: Vec<f32>,
    du: Vec<f32>,
    dw: Vec<f32>,
    dz: Vec<f32>,
}

impl Head {
    /// The loss of codes `z` of types `y` (indices into `rivals`), its gradient left in `scratch.dz`; moves the
    /// prototypes. `pace`: the step, counted from 1, and the learning rate.
    fn step(
        &mut self,
        z: &[f32],
        y: &[usize],
        rivals: &[u32],
        pace: (i32, f32),
        rng: &mut Rng,
        s: &mut Scratch,
    ) -> f32 {
        let (n, r) = (y.len(), rivals.len());
        // Unit prototypes.
        s.soft.clear();
        s.soft.extend(rivals.iter().flat_map(|&id| &self.w[id as usize * BITS..][..BITS]).map(|&w| tanh(w)));
        s.length.clear();
        s.length.extend(s.soft.chunks_exact(BITS).map(|row| row.iter().map(|v| v * v).sum::<f32>().sqrt() + 1e-6));
        s.unit.clear();
        s.unit.extend(s.soft.chunks_exact(BITS).zip(&s.length).flat_map(|(row, l)| row.iter().map(move |v| v / l)));
        // Noisy soft bits.
        s.t.clear();
        s.t.extend(z.iter().map(|&z| z + NOISE * rng.normal()));
        s.t.iter_mut().for_each(|t| *t = tanh(*t));
        s.u.clear();
        s.u.extend(s.t.iter().map(|t| t / (BITS as f32).sqrt()));
        s.logits.resize(n * r, 0.0);
        matmul(&mut s.logits, false, [n, r, BITS], Mat(&s.u, BITS, 1), Mat(&s.unit, 1, BITS));
        let mut loss = 0.0;
        for (row, &target) in s.logits.chunks_exact_mut(r).zip(y) {
            row[target] -= MARGIN;
            let own = SCALE * row[target];
            // Cosines: nothing overflows.
            row.iter_mut().for_each(|v| *v = exp(SCALE * (*v - 1.0)));
            let sum: f32 = row.iter().sum();
            loss += sum.ln() + SCALE - own;
            let factor = SCALE / (sum * n as f32);
            row.iter_mut().for_each(|v| *v *= factor);
            row[target] -= SCALE / n as f32;
        }
        s.du.resize(n * BITS, 0.0);
        matmul(&mut s.du, false, [n, BITS, r], Mat(&s.logits, r, 1), Mat(&s.unit, BITS, 1));
        s.dw.resize(r * BITS, 0.0);
        matmul(&mut s.dw, false, [r, BITS, n], Mat(&s.logits, 1, r), Mat(&s.u, BITS, 1));
        // Codes: bits far from zero, each as often one as zero.
        let soft: Vec<f32> = z.iter().map(|&z| tanh(z)).collect();
        let mut mean = [0.0f32; BITS];
        for row in soft.chunks_exact(BITS) {
            mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / n as f32);
        }
        let (each, root) = (1.0 / (n * BITS) as f32, (BITS as f32).sqrt());
        s.dz.clear();
        s.dz.extend(s.t.iter().zip(&s.du).zip(soft.iter().zip(z)).enumerate().map(|(i, ((&t, &du), (&soft, &z)))| {
            let dt = du / root - QUANTISE * each * t.signum();
            let excess = (z.abs() - BOUND).max(0.0).copysign(z);
            dt * (1.0 - t * t) + each * (BALANCE * 2.0 * mean[i % BITS] * (1.0 - soft * soft) + BOUNDED * 2.0 * excess)
        }));
        for (i, &id) in rivals.iter().enumerate() {
            let (unit, dw, soft) =
                (&s.unit[i * BITS..][..BITS], &mut s.dw[i * BITS..][..BITS], &s.soft[i * BITS..][..BITS]);
            let along: f32 = unit.iter().zip(&*dw).map(|(u, d)| u * d).sum();
            for ((d, u), t) in dw.iter_mut().zip(unit).zip(soft) {
                *d = (*d - u * along) / s.length[i] * (1.0 - t * t);
            }
            let at = id as usize * BITS..(id as usize + 1) * BITS;
            adam(
                &mut self.w[at.clone()],
                dw,
                &mut self.m[at.clone()],
                &mut self.v[at],
                pace.0,
                PROTOTYPE_RATE * pace.1,
                DECAY,
            );
        }
        let balance: f32 = mean.iter().map(|m| m * m).sum::<f32>() / BITS as f32;
        loss / n as f32 + BALANCE * balance + QUANTISE * (1.0 - s.t.iter().map(|t| t.abs()).sum::<f32>() * each)
    }
}

impl Head {
    /// For each type, those whose prototypes are nearest to its own.
    fn nearest(&self, n: usize) -> Vec<[u32; NEAREST]> {
        let mut unit: Vec<f32> = self.w.iter().map(|&w| tanh(w)).collect();
        for row in unit.chunks_exact_mut(BITS) {
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt() + 1e-6;
            row.iter_mut().for_each(|v| *v /= length);
        }
        let mut out = Vec::with_capacity(n);
        let mut cosines = vec![0.0f32; BATCH * n];
        let mut order: Vec<u32> = Vec::new();
        for block in unit.chunks(BATCH * BITS) {
            let rows = block.len() / BITS;
            matmul(&mut cosines, false, [rows, n, BITS], Mat(block, BITS, 1), Mat(&unit, 1, BITS));
            for cosines in cosines.chunks_exact(n).take(rows) {
                let own = out.len() as u32;
                order.clear();
                order.extend((0..n as u32).filter(|&i| i != own));
                // Ties by number, so that the choice is the same everywhere.
                order.select_nth_unstable_by(NEAREST, |&a, &b| {
                    cosines[b as usize].total_cmp(&cosines[a as usize]).then(a.cmp(&b))
                });
                out.push(std::array::from_fn(|i| order[i]));
            }
        }
        out
    }
}

/// Learning rate at `step`: a short rise, then a cosine to nearly zero.
pub fn schedule(step: usize, steps: usize, rate: f32) -> f32 {
    let rise = (step as f32 / 300.0).min(1.0);
    rate * rise * (0.5 * (1.0 + (std::f32::consts::PI * step as f32 / steps as f32).cos())).max(0.005)
}

/// Types of a batch: three quarters any, one quarter one-letter partners of them.
fn draw_types(pool: &Pool, types: &Types, rng: &mut Rng) -> Vec<u32> {
    let mut ids: Vec<u32> = (0..BATCH * 3 / 4).map(|_| *rng.pick(&types.draw)).collect();
    let partners: Vec<u32> = ids.iter().filter_map(|&id| types.partner[id as usize]).take(BATCH / 4).collect();
    ids.extend(partners);
    while ids.len() < BATCH {
        ids.push(*rng.pick(&types.draw));
    }
    ids.retain(|&id| pool.draw(id as usize, &mut rng.clone()).is_some());
    ids
}

/// Trains `net`; saves it to `out` now and then and at the end.
pub fn train(net: &mut Net, types: &Types, faces: &Training, plan: &Plan, out: &Path) -> Result<()> {
    let n = types.words.len();
    let mut rng = Rng::new(plan.seed);
    let mut pool = Pool::new(types, plan.slots, plan.seed ^ 0xface);
    let started = Instant::now();
    pool.refresh(plan.warm * pool.lines_per_round(), types, faces, &mut kind);
    let lines = plan.warm * pool.lines_per_round();
    eprintln!(
        "{n} types, {} faces, {} MAC; {lines} lines rendered in {:.1} s",
        faces.faces.len(),
        net.macs(),
        started.elapsed().as_secs_f32()
    );
    let mut head = Head {
        w: (0..n * BITS).map(|_| 0.09 * rng.normal()).collect(),
        m: vec![0.0; n * BITS],
        v: vec![0.0; n * BITS],
    };
    let (mut optimiser, mut grads) = (Adam::new(net), net.clone());
    let (mut work, mut scratch) = (Work::default(), Scratch::default());
    let mut x = Vec::new();
    let curves = curves();
    let mut place = vec![usize::MAX; n];
    let mut near = Vec::new();
    let mut average = f32::NAN;
    let started = Instant::now();
    for step in 0..plan.steps {
        pool.refresh(plan.lines, types, faces, &mut kind);
        if step % MINE == 0 && step > 0 {
            near = head.nearest(n);
        }
        let ids = draw_types(&pool, types, &mut rng);
        x.resize(ids.len() * CELLS, 0.0);
        for (&id, x) in ids.iter().zip(x.chunks_exact_mut(CELLS)) {
            if let Some(patch) = pool.draw(id as usize, &mut rng) {
                augment(patch, true, &curves, &mut rng, x);
            }
        }
        // Rivals: the types of the batch, their partners, then others at random.
        let mut rivals: Vec<u32> = Vec::with_capacity(RIVALS);
        let mut enter = |id: u32, rivals: &mut Vec<u32>| {
            if place[id as usize] == usize::MAX {
                place[id as usize] = rivals.len();
                rivals.push(id);
            }
        };
        ids.iter().for_each(|&id| enter(id, &mut rivals));
        ids.iter().filter_map(|&id| types.partner[id as usize]).for_each(|id| enter(id, &mut rivals));
        if !near.is_empty() {
            for &id in &ids {
                (0..HARD).for_each(|_| enter(near[id as usize][rng.below(NEAREST)], &mut rivals));
            }
        }
        while rivals.len() < RIVALS.min(n) {
            enter(*rng.pick(&types.draw), &mut rivals);
        }
        let y: Vec<usize> = ids.iter().map(|&id| place[id as usize]).collect();
        rivals.iter().for_each(|&id| place[id as usize] = usize::MAX);

        let rate = schedule(step, plan.steps, plan.rate);
        let z = net.forward(&x, ids.len(), &mut work);
        let loss = head.step(z, &y, &rivals, (step as i32 + 1, rate), &mut rng, &mut scratch);
        net.backward(&scratch.dz, ids.len(), &mut work, &mut grads);
        optimiser.step(net, &grads, rate, DECAY);
        average = if average.is_nan() { loss } else { 0.99 * average + 0.01 * loss };
        if step % 500 == 0 {
            let seconds = started.elapsed().as_secs_f32();
            eprintln!("step {step} loss {average:.4} {:.1} steps/s {seconds:.0} s", step as f32 / seconds);
        }
        if step % 5000 == 4999 {
            net.save(out)?;
        }
    }
    net.save(out)
}
