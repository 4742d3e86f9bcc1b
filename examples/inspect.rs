//! Draws what the page stage saw: `cargo run --release --example inspect -- PICTURE... --out FOLDER`.
//!
//! For each picture: `<stem>.png` shows it greyed, with every line's baseline (blue) and x-height (cyan), the words of
//! the likeliest reading (green), other readings (orange: they share a doubtful gap), and the order of a region's lines
//! (violet thread); `<stem>.ink.png` the ink, background and polarity taken out; `<stem>.patches.png` the canonical
//! patches of the likeliest reading's words, in reading order: all that the word hash gets to see.
#![expect(clippy::print_stdout, reason = "a program's output")]

use std::path::PathBuf;

use clap::Parser;
use image::{GrayImage, Luma, Rgb, RgbImage};
use leakprint::fingerprint::{COLS, Patch, ROWS};
use leakprint::geom::{Point, Rect};
use leakprint::page::{Page, PageConfig, analyse};
use leakprint::raster::{Raster, RasterConfig, decode};

#[derive(Parser)]
#[command(about = "Draws the lines and words that leakprint sees in pictures")]
struct Arguments {
    /// Pictures to look at.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// Folder for the drawings; made if missing.
    #[arg(long, default_value = "target/inspect")]
    out: PathBuf,
    /// Enlarges the drawings so many times.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    zoom: u32,
    /// Draws only this part of the pictures: left,top,right,bottom in pixels.
    #[arg(long, value_parser = crop)]
    crop: Option<Rect>,
}

fn crop(text: &str) -> Result<Rect, String> {
    let edges: Vec<f32> = text.split(',').map_while(|e| e.trim().parse().ok()).collect();
    match edges[..] {
        [x0, y0, x1, y1] if x0 >= 0.0 && y0 >= 0.0 && x1 >= x0 + 1.0 && y1 >= y0 + 1.0 => Ok(Rect::new(x0, y0, x1, y1)),
        _ => Err("four numbers are needed: left,top,right,bottom".into()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.out)?;
    for path in &arguments.pictures {
        let raster = decode(&std::fs::read(path)?, &RasterConfig::default())?;
        let page = analyse(&raster, &PageConfig::default());
        let whole = Rect::new(0.0, 0.0, raster.width() as f32, raster.height() as f32);
        let area = arguments.crop.unwrap_or(whole).intersection(&whole);
        let view = View { area, zoom: arguments.zoom };
        let name = |suffix: &str| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            arguments.out.join(format!("{stem}{suffix}.png"))
        };
        words(&raster, &page, &view).save(name(""))?;
        if let Some(ink) = &page.ink {
            view.grey(ink).save(name(".ink"))?;
            patches(ink, &page, &area).save(name(".patches"))?;
        }
        println!(
            "{}: {} lines, {} words ({} boxes) -> {}",
            path.display(),
            page.lines.len(),
            page.words_seen(),
            page.words.len(),
            name("").display()
        );
    }
    Ok(())
}

/// A part of a picture, enlarged.
struct View {
    area: Rect,
    zoom: u32,
}

impl View {
    fn size(&self) -> (u32, u32) {
        (((self.area.width() as u32) * self.zoom).max(1), ((self.area.height() as u32) * self.zoom).max(1))
    }

    fn pixel(&self, raster: &Raster, x: u32, y: u32) -> u8 {
        let (x, y) = (self.area.x0 as u32 + x / self.zoom, self.area.y0 as u32 + y / self.zoom);
        raster.row(y.min(raster.height() - 1))[x.min(raster.width() - 1) as usize]
    }

    fn place(&self, p: Point) -> (f32, f32) {
        let zoom = self.zoom as f32;
        ((p.x - self.area.x0.trunc()) * zoom, (p.y - self.area.y0.trunc()) * zoom)
    }

    fn grey(&self, raster: &Raster) -> GrayImage {
        let (width, height) = self.size();
        GrayImage::from_fn(width, height, |x, y| Luma([self.pixel(raster, x, y)]))
    }
}

fn words(raster: &Raster, page: &Page, view: &View) -> RgbImage {
    let (width, height) = view.size();
    let mut canvas = RgbImage::from_fn(width, height, |x, y| {
        let grey = 128 + view.pixel(raster, x, y) / 2;
        Rgb([grey, grey, grey])
    });
    let mut stroke = |a: Point, b: Point, colour: [u8; 3]| {
        let (a, b) = (page.to_picture(a), page.to_picture(b));
        draw_line(&mut canvas, view.place(a), view.place(b), Rgb(colour));
    };
    for line in &page.lines {
        let frame = line.frame(0.0, line.length_px);
        stroke(frame.at(0.0, 0.0), frame.at(frame.width_px, 0.0), [0, 0, 255]);
        stroke(frame.at(0.0, -line.x_height_px), frame.at(frame.width_px, -line.x_height_px), [0, 170, 190]);
    }
    for pair in page.lines.windows(2).filter(|p| p[0].region == p[1].region) {
        stroke(pair[0].origin, pair[1].origin, [200, 0, 200]);
    }
    for word in &page.words {
        let (top, bottom) = (-1.6 * word.frame.x_height_px, 0.45 * word.frame.x_height_px);
        let inset = if word.likeliest { 0.0 } else { 0.3 * word.frame.x_height_px };
        let colour = if word.likeliest { [0, 150, 0] } else { [255, 130, 0] };
        let corners = [
            word.frame.at(0.0, top + inset),
            word.frame.at(word.frame.width_px, top + inset),
            word.frame.at(word.frame.width_px, bottom - inset),
            word.frame.at(0.0, bottom - inset),
        ];
        for k in 0..4 {
            stroke(corners[k], corners[(k + 1) % 4], colour);
        }
    }
    canvas
}

/// A pixel for each step along the longer side.
fn draw_line(canvas: &mut RgbImage, from: (f32, f32), to: (f32, f32), colour: Rgb<u8>) {
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
    for step in 0..=steps as u32 {
        let part = step as f32 / steps;
        let (x, y) = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
        // What lies outside of the drawing, left and above included, has no pixel.
        if let Some(pixel) = canvas.get_pixel_mut_checked(x.round() as i64 as u32, y.round() as i64 as u32) {
            *pixel = colour;
        }
    }
}

/// Patches across and their distance on the drawing.
const ACROSS: u32 = 16;
const PITCH: (u32, u32) = (COLS as u32 + 4, ROWS as u32 + 4);

fn patches(ink: &Raster, page: &Page, area: &Rect) -> GrayImage {
    let inside = |frame: &leakprint::geom::WordFrame| page.hull(frame).intersection(area).area() > 0.0;
    let words: Vec<_> = page.words.iter().filter(|w| w.likeliest && inside(&w.frame)).collect();
    let rows = (words.len() as u32).div_ceil(ACROSS).max(1);
    let mut canvas = GrayImage::from_pixel(ACROSS * PITCH.0, rows * PITCH.1, Luma([90]));
    for (k, word) in (0u32..).zip(&words) {
        let patch = Patch::sample(ink, &word.frame);
        let (left, top) = (k % ACROSS * PITCH.0 + 2, k / ACROSS * PITCH.1 + 2);
        for row in 0..ROWS {
            for col in 0..COLS {
                canvas.put_pixel(left + col as u32, top + row as u32, Luma([255 - patch.at(row, col)]));
            }
        }
    }
    canvas
}
