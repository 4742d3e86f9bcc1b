//! The pool of training patches: for each word type a ring of recent renderings, refreshed while training goes on.

use leakprint::fingerprint::{COLS, ROWS};

use crate::fonts::Training;
use crate::rng::Rng;
use crate::sample::{Kind, Sampler};
use crate::words::Types;

/// Cells of a patch.
pub const CELLS: usize = ROWS * COLS;
/// Words of a rendered line.
const LINE: usize = 9;

/// Rings of patches by word type.
pub struct Pool {
    slots: usize,
    patches: Vec<u8>,
    filled: Vec<u32>,
    order: Vec<u32>,
    next: usize,
    sampler: Sampler,
    rng: Rng,
}

impl Pool {
    /// An empty pool with `slots` renderings of each type.
    pub fn new(types: &Types, slots: usize, seed: u64) -> Self {
        let n = types.words.len();
        Self {
            slots,
            patches: vec![0; n * slots * CELLS],
            filled: vec![0; n],
            order: types.draw.clone(),
            next: usize::MAX,
            sampler: Sampler::default(),
            rng: Rng::new(seed),
        }
    }

    /// Renders `lines` more lines; `kind` chooses what each is like.
    pub fn refresh(&mut self, lines: usize, types: &Types, faces: &Training, kind: &mut dyn FnMut(&mut Rng) -> Kind) {
        for _ in 0..lines {
            if self.next >= self.order.len() {
                self.rng.shuffle(&mut self.order);
                self.next = 0;
            }
            let ids = &self.order[self.next..(self.next + LINE).min(self.order.len())];
            self.next += LINE;
            let tokens: Vec<String> = ids.iter().map(|&id| types.words[id as usize].clone()).collect();
            let kind = kind(&mut self.rng);
            let face = faces.pick(&mut self.rng);
            for sample in self.sampler.line(&tokens, face, kind, &mut self.rng) {
                let id = ids[sample.token] as usize;
                let slot = self.filled[id] as usize % self.slots;
                self.patches[(id * self.slots + slot) * CELLS..][..CELLS].copy_from_slice(sample.patch.ink());
                self.filled[id] += 1;
            }
        }
    }

    /// Lines that show every type once.
    pub fn lines_per_round(&self) -> usize {
        self.order.len().div_ceil(LINE)
    }

    /// A random rendering of a type, if there is one yet.
    pub fn draw(&self, id: usize, rng: &mut Rng) -> Option<&[u8]> {
        let n = (self.filled[id] as usize).min(self.slots);
        (n > 0).then(|| &self.patches[(id * self.slots + rng.below(n)) * CELLS..][..CELLS])
    }
}

/// Contrast curves for [`augment`]: powers from 2^-½ to 2^½.
pub fn curves() -> Vec<[f32; 256]> {
    let power = |i: usize| ((i as f32 - 16.0) / 32.0).exp2();
    (0..=32).map(|i| std::array::from_fn(|v| (v as f32 / 255.0).powf(power(i)))).collect()
}

/// A patch as the net's input: shifted by up to a cell, its contrast bent by a power, 0 to 1.
pub fn augment(patch: &[u8], shift_rows: bool, curves: &[[f32; 256]], rng: &mut Rng, out: &mut [f32]) {
    let dx = rng.int(-1, 1);
    let dy = if shift_rows && rng.chance(0.33) { rng.int(-1, 1) } else { 0 };
    let bent = rng.pick(curves);
    for (y, row) in out.chunks_exact_mut(COLS).enumerate() {
        let from = y as i64 + dy;
        for (x, cell) in row.iter_mut().enumerate() {
            let column = x as i64 + dx;
            let inside = (0..ROWS as i64).contains(&from) && (0..COLS as i64).contains(&column);
            *cell = if inside { bent[patch[from as usize * COLS + column as usize] as usize] } else { 0.0 };
        }
    }
}
