//! Draws what the page stage saw: `cargo run --release --example inspect -- PICTURE... --out FOLDER`.
//!
//! For each picture, `<stem>.png` shows it greyed, with every line's baseline (blue) and x-height (cyan), the words of the
//! likeliest reading (green), other readings (orange), and the regions' order (numbers of lines along a violet thread).
#![expect(clippy::print_stdout, reason = "a program's output")]

use std::path::PathBuf;

use clap::Parser;
use image::{Rgb, RgbImage};
use imageproc::drawing::draw_line_segment_mut;
use leakprint::geom::Point;
use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};

#[derive(Parser)]
#[command(about = "Draws the lines and words that leakprint sees in pictures")]
struct Arguments {
    /// Pictures to look at.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// Folder for the drawings; made if missing.
    #[arg(long, default_value = "target/inspect")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.out)?;
    for path in &arguments.pictures {
        let raster = decode(&std::fs::read(path)?, &RasterConfig::default())?;
        let page = analyse(&raster, &PageConfig::default());
        let mut canvas = RgbImage::from_fn(raster.width(), raster.height(), |x, y| {
            let grey = 128 + raster.row(y)[x as usize] / 2;
            Rgb([grey, grey, grey])
        });
        let mut stroke = |a: Point, b: Point, colour: [u8; 3]| {
            let (a, b) = (page.to_picture(a), page.to_picture(b));
            draw_line_segment_mut(&mut canvas, (a.x, a.y), (b.x, b.y), Rgb(colour));
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
        let out = arguments.out.join(path.file_stem().unwrap_or_default()).with_extension("png");
        canvas.save(&out)?;
        println!(
            "{}: {} lines, {} words ({} boxes) -> {}",
            path.display(),
            page.lines.len(),
            page.words_seen(),
            page.words.len(),
            out.display()
        );
    }
    Ok(())
}
