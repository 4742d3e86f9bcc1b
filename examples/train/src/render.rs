//! Lines of words rendered as screens render them: shaped, kerned, hinted or not, grey, subpixel or one-bit.

use ab_glyph_rasterizer::{Rasterizer, point};
use swash::scale::ScaleContext;
use swash::shape::ShapeContext;
use zeno::{Command, PathData, Vector};

use crate::fonts::Face;
use crate::rng::Rng;

/// Margin around a line, in pixels.
const MARGIN: f32 = 14.0;

/// How glyphs become pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Hinted outlines at whole pixels, anti-aliased.
    Hinted,
    /// Unhinted outlines at fractional places, anti-aliased.
    Smooth,
    /// Subpixels (RGB) with the usual filter, as the luma of the three.
    Subpixel,
    /// Hinted, black or white only.
    OneBit,
}

impl Mode {
    /// A mode as often as screenshots show it.
    pub fn random(rng: &mut Rng) -> Self {
        match rng.below(8) {
            0 | 1 => Self::Hinted,
            2..=4 => Self::Smooth,
            5 | 6 => Self::Subpixel,
            _ => Self::OneBit,
        }
    }

    /// Whether glyphs are hinted and stand at whole pixels.
    pub fn snaps(self) -> bool {
        matches!(self, Self::Hinted | Self::OneBit)
    }
}

/// A grey picture of real values.
#[derive(Clone, Debug)]
pub struct Grey {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Values, row by row.
    pub px: Vec<f32>,
}

/// A line of words: a picture and where the words stand in it.
#[derive(Clone, Debug)]
pub struct Line {
    /// Coverage by ink, 0 to 1 (after [`crate::degrade`]: grey, 0 to 255).
    pub grey: Grey,
    /// For each word drawn: its index among the tokens, left and right end of its ink.
    pub boxes: Vec<(usize, f32, f32)>,
    /// The baseline's y.
    pub baseline: f32,
    /// The x-height in pixels.
    pub x_height: f32,
}

/// What rendering keeps from line to line.
pub struct Renderer {
    scale: ScaleContext,
    shape: ShapeContext,
}

impl Default for Renderer {
    fn default() -> Self {
        // Room for all faces: what these contexts keep of a face costs more than a line of text.
        Self { scale: ScaleContext::with_max_entries(1200), shape: ShapeContext::with_max_entries(1200) }
    }
}

impl Renderer {
    /// Draws `tokens` in a row; words with characters that the face lacks are left out.
    pub fn line(&mut self, tokens: &[String], face: &Face, size: f32, mode: Mode, rng: &mut Rng) -> Line {
        let font = face.font();
        let map = font.charmap();
        let mut scaler = self.scale.builder(font).size(size).hint(mode.snaps()).build();
        let x_height = scaler.scale_outline(map.map('x')).map_or(size * face.x_height, |o| o.bounds().max.y);
        let space = font.glyph_metrics(&[]).scale(size).advance_width(map.map(' '));
        let mut path: Vec<Command> = Vec::new();
        let mut boxes = Vec::new();
        let start = MARGIN + if mode.snaps() { 0.0 } else { rng.unit() };
        let baseline =
            (MARGIN + size * 1.05).round() + if mode == Mode::Smooth && rng.chance(0.3) { rng.unit() } else { 0.0 };
        let mut pen = start;
        for (index, token) in tokens.iter().enumerate() {
            if token.chars().any(|c| map.map(c) == 0) {
                continue;
            }
            let mut shaper = self.shape.builder(font).size(size).build();
            shaper.add_str(token);
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            shaper.shape_with(|cluster| {
                for glyph in cluster.glyphs {
                    let mut x = pen + glyph.x;
                    if mode.snaps() {
                        x = x.round();
                    }
                    if let Some(outline) = scaler.scale_outline(glyph.id) {
                        for command in outline.path().commands() {
                            let to = |p: Vector| Vector::new(x + p.x, baseline - glyph.y - p.y);
                            path.push(match command {
                                Command::MoveTo(p) => Command::MoveTo(to(p)),
                                Command::LineTo(p) => Command::LineTo(to(p)),
                                Command::QuadTo(c, p) => Command::QuadTo(to(c), to(p)),
                                Command::CurveTo(a, b, p) => Command::CurveTo(to(a), to(b), to(p)),
                                Command::Close => Command::Close,
                            });
                        }
                        let bounds = outline.bounds();
                        if bounds.max.x > bounds.min.x {
                            low = low.min(x + bounds.min.x);
                            high = high.max(x + bounds.max.x);
                        }
                    }
                    pen += if mode.snaps() { glyph.advance.round() } else { glyph.advance };
                }
            });
            if high > low {
                boxes.push((index, low, high));
            }
            pen += if mode.snaps() { space.round() } else { space };
        }
        let width = (pen + 2.0 * MARGIN).ceil().min(8000.0) as usize;
        let height = (size * 1.6 + 2.0 * MARGIN).ceil() as usize;
        let grey = rasterise(&path, width, height, mode);
        Line { grey, boxes, baseline, x_height }
    }
}

/// Fills the path: coverage of 0 to 1.
fn rasterise(path: &[Command], width: usize, height: usize, mode: Mode) -> Grey {
    let across = if mode == Mode::Subpixel { 3 } else { 1 };
    let to = |p: &Vector| point(p.x * across as f32, p.y);
    let mut raster = Rasterizer::new(width * across, height);
    let (mut start, mut at) = (point(0.0, 0.0), point(0.0, 0.0));
    for command in path {
        let from = at;
        match command {
            Command::MoveTo(p) => {
                at = to(p);
                start = at;
                continue;
            }
            Command::LineTo(p) => {
                at = to(p);
                raster.draw_line(from, at);
            }
            Command::QuadTo(c, p) => {
                at = to(p);
                raster.draw_quad(from, to(c), at);
            }
            Command::CurveTo(a, b, p) => {
                at = to(p);
                raster.draw_cubic(from, to(a), to(b), at);
            }
            Command::Close => {
                at = start;
                raster.draw_line(from, at);
            }
        }
    }
    let mut coverage = Vec::with_capacity(width * across * height);
    raster.for_each_pixel(|_, v| coverage.push(v.min(1.0)));
    let px = match mode {
        Mode::OneBit => coverage.iter().map(|&v| if v >= 0.5 { 1.0 } else { 0.0 }).collect(),
        Mode::Hinted | Mode::Smooth => coverage,
        Mode::Subpixel => {
            // The filter 1 2 3 2 1 over subpixels, then luma: the coverage seen by R, G and B, weighted.
            let mut px = vec![0.0; width * height];
            for (y, out) in px.chunks_exact_mut(width).enumerate() {
                let row = &coverage[y * width * 3..][..width * 3];
                let tap = |i: isize| usize::try_from(i).ok().and_then(|i| row.get(i)).copied().unwrap_or(0.0);
                for (x, out) in out.iter_mut().enumerate() {
                    let filtered =
                        |i: isize| tap(i - 2) + 2.0 * tap(i - 1) + 3.0 * tap(i) + 2.0 * tap(i + 1) + tap(i + 2);
                    let i = 3 * x as isize;
                    *out = (0.299 * filtered(i) + 0.587 * filtered(i + 1) + 0.114 * filtered(i + 2)) / 9.0;
                }
            }
            px
        }
    };
    Grey { width, height, px }
}
