//! Time from raster to page: `cargo bench --bench page [-- FOLDER…]`.
//!
//! First a page repeated to 0.3 … 30 megapixels: the time a megapixel stays the same. Then, by folder of pictures, the
//! page stage against what `image` needs to decode the same PNG file. One thread; of several runs of each the fastest
//! counts.

#![expect(clippy::print_stdout, reason = "the answer of a program")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{Raster, RasterConfig, decode};

/// Runs of each picture.
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    sizes()?;
    let folders: Vec<PathBuf> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).map(Into::into).collect();
    if !folders.is_empty() {
        println!(
            "\nmedian of page ÷ decoding      PNG files   ratio    page ms  decode ms   1.6–2.6 MP only: files   ratio"
        );
    }
    for folder in folders {
        ratios(&folder)?;
    }
    Ok(())
}

/// The least of some runs, in milliseconds.
fn fastest(mut run: impl FnMut()) -> f64 {
    let once = |()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    std::iter::repeat_n((), RUNS).map(once).fold(f64::INFINITY, f64::min)
}

fn sizes() -> Result<(), Box<dyn Error>> {
    let picture = decode(&std::fs::read("testdata/shots/budget-q3--webmail-light.png")?, &RasterConfig::default())?;
    println!("megapixels   words    page ms   ms a megapixel");
    // The part of the picture that is shown, of its height, then how often the whole stands across and down.
    for (part, across, down) in [(0.33, 1, 1), (1.0, 1, 1), (1.0, 1, 3), (1.0, 2, 5), (1.0, 5, 6)] {
        let raster = repeated(&picture, part, across, down)?;
        let words = analyse(&raster, &PageConfig::default()).words_seen();
        let ms = fastest(|| drop(analyse(&raster, &PageConfig::default())));
        let megapixels = raster.luma().len() as f64 / 1e6;
        println!("{megapixels:10.2} {words:7} {ms:10.2} {:16.2}", ms / megapixels);
    }
    Ok(())
}

fn repeated(picture: &Raster, part: f32, across: usize, down: usize) -> Result<Raster, Box<dyn Error>> {
    let rows = (picture.height() as f32 * part) as usize;
    let row = |y: usize| picture.luma()[y * picture.width() as usize..][..picture.width() as usize].repeat(across);
    let luma: Vec<u8> = (0..down * rows).flat_map(|y| row(y % rows)).collect();
    let (width, height) = (picture.width() * across as u32, (down * rows) as u32);
    Raster::from_luma(width, height, luma).ok_or_else(|| "rows of one width".into())
}

fn ratios(folder: &PathBuf) -> Result<(), Box<dyn Error>> {
    let (mut all, mut full_hd) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "png") {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let raster = decode(&bytes, &RasterConfig::default())?;
        let page = fastest(|| drop(analyse(&raster, &PageConfig::default())));
        let decoding = fastest(|| drop(image::load_from_memory(&bytes)));
        all.push([page / decoding, page, decoding]);
        if (1.6e6..2.6e6).contains(&(raster.luma().len() as f64)) {
            full_hd.push([page / decoding, page, decoding]);
        }
    }
    let median = |of: &[[f64; 3]], column: usize| {
        let mut values: Vec<f64> = of.iter().map(|row| row[column]).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    println!(
        "{name:30} {:9} {:7.2} {:10.2} {:10.2} {:30} {:7.2}",
        all.len(),
        median(&all, 0),
        median(&all, 1),
        median(&all, 2),
        full_hd.len(),
        median(&full_hd, 0)
    );
    Ok(())
}
