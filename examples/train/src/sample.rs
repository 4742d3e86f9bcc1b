//! From words to patches, degraded and jittered: one [`Sampler`] for training and for the tables.

use leakprint::fingerprint::Patch;
use leakprint::geom::{Point, WordFrame};
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::Raster;

use crate::degrade;
use crate::fonts::Face;
use crate::render::{Line, Mode, Renderer};
use crate::rng::Rng;

/// What kind of rendering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Large, smooth and undisturbed, true boxes: what a catalogue holds.
    Clean,
    /// 4.5 px x-height and more, with the full chain of damage.
    Large,
    /// An x-height drawn from a range (log-uniform) in pixels, reduced from larger text.
    Small(f32, f32),
    /// The same, but cut from the ink by the library's own page stage wherever that finds the word.
    Found(f32, f32),
}

/// A word's patch.
pub struct Sample {
    /// Its index among the tokens of the line.
    pub token: usize,
    /// Its patch.
    pub patch: Patch,
    /// x-height as measured, in pixels.
    pub x_height: f32,
}

/// Renders lines and cuts their words out.
#[derive(Default)]
pub struct Sampler {
    renderer: Renderer,
}

impl Sampler {
    /// Draws `tokens` as one line of `face`, damages it and samples its words.
    pub fn line(&mut self, tokens: &[String], face: &Face, kind: Kind, rng: &mut Rng) -> Vec<Sample> {
        let line = self.damaged(tokens, face, kind, rng);
        let mut samples = cut(&line, kind, rng);
        if let Kind::Found(..) = kind {
            let (found, ink) = find(&line);
            for (sample, frame) in samples.iter_mut().zip(found) {
                if let (Some(frame), Some(ink)) = (frame, &ink) {
                    sample.patch = Patch::sample(ink, &frame);
                    sample.x_height = frame.x_height_px;
                }
            }
        }
        samples
    }

    /// The line's picture.
    pub fn damaged(&mut self, tokens: &[String], face: &Face, kind: Kind, rng: &mut Rng) -> Line {
        match kind {
            Kind::Clean => {
                let mut line = self.renderer.line(tokens, face, 20.0, Mode::Smooth, rng);
                line.grey.px.iter_mut().for_each(|v| *v = 255.0 * (1.0 - *v));
                line
            }
            Kind::Large => {
                let mode = Mode::random(rng);
                let size = (9.0 * (0.25 + 0.6 * rng.normal()).abs().exp2()).clamp(9.0, 28.0);
                let mut line =
                    self.renderer.line(tokens, face, if mode.snaps() { size.round() } else { size }, mode, rng);
                degrade::large(&mut line, rng);
                line
            }
            Kind::Small(low, high) | Kind::Found(low, high) => {
                let mode = if rng.chance(0.25) {
                    Mode::Hinted
                } else if rng.chance(0.5) {
                    Mode::Smooth
                } else {
                    Mode::Subpixel
                };
                let size = rng.range(6.5, 13.0) / face.x_height;
                let mut line =
                    self.renderer.line(tokens, face, if mode.snaps() { size.round() } else { size }, mode, rng);
                let target = low * (high / low).powf(rng.unit());
                degrade::small(&mut line, target, rng);
                line
            }
        }
    }
}

/// For each word of the line the frame that the library's page stage gives it, if it finds the word, and the ink to cut
/// it from.
pub fn find(line: &Line) -> (Vec<Option<WordFrame>>, Option<Raster>) {
    let Some(raster) = raster(line) else { return (Vec::new(), None) };
    let page = analyse(&raster, &PageConfig::default());
    let frame = |&(_, x0, x1): &(usize, f32, f32)| {
        let shared = |f: &WordFrame| {
            let (a, b) = (f.origin.x, f.origin.x + f.width_px);
            (b.min(x1) - a.max(x0)) / (b.max(x1) - a.min(x0))
        };
        let on_line = |f: &&WordFrame| (f.origin.y - line.baseline).abs() < 0.4 * line.x_height;
        let best = page.words.iter().map(|w| &w.frame).filter(on_line).max_by(|a, b| shared(a).total_cmp(&shared(b)));
        // A word with a neighbour's letter in it is another word.
        best.filter(|f| shared(f) > 1.0 - line.x_height.max(2.0) / (x1 - x0).max(3.0 * line.x_height)).copied()
    };
    let frames = line.boxes.iter().map(frame).collect();
    (frames, page.ink)
}

fn raster(line: &Line) -> Option<Raster> {
    Raster::from_luma(line.grey.width as u32, line.grey.height as u32, degrade::bytes(&line.grey))
}

/// Samples the words of a line through frames as a page stage measures them: not quite right.
fn cut(line: &Line, kind: Kind, rng: &mut Rng) -> Vec<Sample> {
    let Some(raster) = raster(line) else { return Vec::new() };
    let (ends, up, height, tilt) = match kind {
        Kind::Clean => (0.0, 0.0, 0.0, 0.0),
        Kind::Large => (1.0, 0.7, 0.05, 0.006),
        Kind::Small(..) | Kind::Found(..) => (0.5, 0.4, 0.08, 0.004),
    };
    let tilt = tilt * rng.normal();
    let mut around = |spread: f32| rng.range(-spread, spread);
    line.boxes
        .iter()
        .map(|&(token, x0, x1)| {
            let (x0, x1) = (x0 + around(ends), x1 + around(ends));
            let mut frame = WordFrame::level(
                x0,
                x1.max(x0 + 1.5),
                line.baseline + around(up),
                line.x_height * (1.0 + around(height)),
            );
            if tilt != 0.0 {
                // The line's tilt is known up to an error: turn the frame about the word's middle.
                let half = 0.5 * frame.width_px;
                frame.along = Point { x: tilt.cos(), y: tilt.sin() };
                frame.origin.y -= half * tilt.sin();
            }
            Sample { token, patch: Patch::sample(&raster, &frame), x_height: frame.x_height_px }
        })
        .collect()
}
