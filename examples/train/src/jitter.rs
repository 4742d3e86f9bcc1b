//! How the library's page stage frames words of known place: what the jitter of training has to be like.

use anyhow::Result;

use crate::fonts::Faces;
use crate::rng::Rng;
use crate::sample::{Kind, Sampler, find};
use crate::words::Types;

/// x-heights, in pixels, and the kinds of line that have them.
const SIZES: [(f32, f32, Kind); 6] = [
    (2.1, 2.6, Kind::Small(2.1, 2.6)),
    (2.6, 3.3, Kind::Small(2.6, 3.3)),
    (3.3, 4.0, Kind::Small(3.3, 4.0)),
    (4.0, 5.0, Kind::Small(4.0, 5.0)),
    (5.0, 7.0, Kind::Large),
    (7.0, 99.0, Kind::Large),
];
const SHARES: [f32; 5] = [0.02, 0.16, 0.5, 0.84, 0.98];
const WORDS: usize = 9;

/// Errors of one kind of length.
struct Errors(Vec<f32>);

impl Errors {
    fn quantiles(&mut self) -> String {
        self.0.sort_unstable_by(f32::total_cmp);
        let at = |share: f32| self.0.get((share * self.0.len() as f32) as usize).copied().unwrap_or(f32::NAN);
        SHARES.map(|share| format!("{:6.2}", at(share))).join(" ")
    }
}

/// Prints quantiles of each error by x-height.
pub fn print(lines: usize) -> Result<()> {
    let (faces, types) = (Faces::find()?, Types::generate(1)?);
    let (mut rng, mut sampler) = (Rng::new(11), Sampler::default());
    println!("errors of found words' frames: quantiles {SHARES:?}");
    for (low, high, kind) in SIZES {
        let mut errors: [Errors; 4] = std::array::from_fn(|_| Errors(Vec::new()));
        let (mut words, mut drawn) = (0, 0);
        for _ in 0..lines {
            let tokens: Vec<String> = (0..WORDS).map(|_| rng.pick(&types.words).clone()).collect();
            let line = sampler.damaged(&tokens, faces.train.pick(&mut rng), kind, &mut rng);
            if !(low..high).contains(&line.x_height) {
                continue;
            }
            drawn += line.boxes.len();
            for (frame, &(_, x0, x1)) in find(&line).0.into_iter().zip(&line.boxes) {
                let Some(frame) = frame else { continue };
                words += 1;
                // Measured at the word's middle: a tilt is not an error of the baseline.
                let middle = frame.at(0.5 * frame.width_px, 0.0);
                let values = [
                    frame.origin.x - x0,
                    frame.origin.x + frame.width_px - x1,
                    middle.y - line.baseline,
                    (frame.x_height_px / line.x_height).ln(),
                ];
                errors.iter_mut().zip(values).for_each(|(e, v)| e.0.push(v));
            }
        }
        println!("{low}–{high} px: {words} of {drawn} words found");
        for (name, e) in ["left, px", "right, px", "baseline, px", "ln x-height"].iter().zip(&mut errors) {
            println!("  {name:14}{}", e.quantiles());
        }
    }
    Ok(())
}
