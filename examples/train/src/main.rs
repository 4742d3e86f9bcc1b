//! Trains leakprint's word hashes; see `README.md` beside this file's folder.

mod bands;
mod degrade;
mod encoder;
mod export;
mod fonts;
mod hog;
mod int8;
mod jitter;
mod lda;
mod learn;
mod net;
mod pool;
mod render;
mod rng;
mod sample;
mod table;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use leakprint::fingerprint::{COLS, ROWS};

use crate::encoder::{Dct, Encoder, Linear, Nets};
use crate::fonts::Faces;
use crate::net::Net;
use crate::rng::Rng;
use crate::sample::{Kind, Sampler};
use crate::words::Types;

/// Trains the word hashes: renders words, learns the encoders, quantises them and prints the tables.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the typefaces and what is missing.
    Fonts,
    /// Writes a contact sheet of training patches.
    Render {
        /// The PNG to write.
        #[arg(long, default_value = "patches.png")]
        out: PathBuf,
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Prints how far the frames of the library's page stage are from the truth.
    Jitter {
        /// Lines of each kind.
        #[arg(long, default_value_t = 2000)]
        lines: usize,
    },
    /// Trains the general net.
    Net {
        /// Float checkpoint to write.
        #[arg(long)]
        out: PathBuf,
        /// Float checkpoint to start from.
        #[arg(long)]
        init: Option<PathBuf>,
        /// Steps of 256 patches.
        #[arg(long, default_value_t = 64_000)]
        steps: usize,
        /// Highest learning rate.
        #[arg(long, default_value_t = 3e-3)]
        rate: f32,
        /// Channels of the three convolutions.
        #[arg(long, value_delimiter = ',', default_values_t = [16, 32, 48])]
        convs: Vec<usize>,
        /// Width of the hidden dense layer.
        #[arg(long, default_value_t = 224)]
        hidden: usize,
        /// Lines rendered anew at each step.
        #[arg(long, default_value_t = 3)]
        lines: usize,
        /// Seed.
        #[arg(long, default_value_t = 4)]
        seed: u64,
    },
    /// Tunes a copy of the general net for small text.
    Bands {
        /// The general net's float checkpoint.
        #[arg(long)]
        net: PathBuf,
        /// Float checkpoint to start from, if not the general net's.
        #[arg(long)]
        init: Option<PathBuf>,
        /// Float checkpoint to write.
        #[arg(long)]
        out: PathBuf,
        /// Lowest x-height in pixels.
        #[arg(long)]
        low: f32,
        /// Highest x-height in pixels.
        #[arg(long)]
        high: f32,
        /// Steps of 256 patches.
        #[arg(long, default_value_t = 6500)]
        steps: usize,
        /// Seed.
        #[arg(long, default_value_t = 5)]
        seed: u64,
    },
    /// Fits the linear hash and writes its product.
    Lda {
        /// The product to write.
        #[arg(long)]
        out: PathBuf,
        /// Word types.
        #[arg(long, default_value_t = 6000)]
        classes: usize,
        /// Renderings of each.
        #[arg(long, default_value_t = 24)]
        renderings: usize,
        /// Seed.
        #[arg(long, default_value_t = 9)]
        seed: u64,
    },
    /// Quantises a float checkpoint to a product: integer net with calibration, checksum printed.
    Export {
        /// Float checkpoint.
        #[arg(long)]
        net: PathBuf,
        /// The general product, if this is the net of a band of small text.
        #[arg(long)]
        general: Option<PathBuf>,
        /// The product to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Prints the tables.
    Table {
        /// Products: the general net, then nets of small text as UPPER_X_HEIGHT=FILE.
        #[arg(long)]
        net: Option<PathBuf>,
        /// Nets of small text, as `3.3=FILE`, by rising upper x-height.
        #[arg(long)]
        band: Vec<String>,
        /// The linear product.
        #[arg(long)]
        lda: Option<PathBuf>,
        /// Also the DCT baseline.
        #[arg(long)]
        dct: bool,
        /// Only the single-word table.
        #[arg(long)]
        quick: bool,
        /// Only the tables of small text of these x-heights, in pixels.
        #[arg(long, value_delimiter = ',')]
        sizes: Vec<f32>,
    },
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Fonts => fonts(),
        Command::Render { out, seed } => render(&out, seed),
        Command::Jitter { lines } => jitter::print(lines),
        Command::Net { out, init, steps, rate, convs, hidden, lines, seed } => {
            let faces = Faces::find()?;
            let types = Types::generate(1)?;
            let convs: [usize; 3] = convs.try_into().ok().context("--convs takes three numbers")?;
            let mut net =
                init.map_or_else(|| Ok(Net::new(convs, hidden, &mut Rng::new(seed))), |path| Net::load(&path))?;
            let plan = learn::Plan { steps, rate, lines, slots: 48, warm: 8, seed };
            learn::train(&mut net, &types, &faces.train, &plan, &out)
        }
        Command::Bands { net, init, out, low, high, steps, seed } => {
            anyhow::ensure!(0.5 < low && low < high, "--low must be below --high");
            let (faces, types, net) = (Faces::find()?, Types::generate(1)?, Net::load(&net)?);
            let start = init.map_or_else(|| Ok(net.clone()), |path| Net::load(&path))?;
            let plan = bands::Plan { low, high, steps, rate: 1e-3, lines: 3, faces: 12, seed };
            bands::tune(&net, start, &types, &faces.train, &plan, &out)
        }
        Command::Lda { out, classes, renderings, seed } => lda::train(classes, renderings, seed, &out),
        Command::Export { net, general, out } => export::export(&net, general.as_deref(), &out),
        Command::Table { net, band, lda, dct, quick, sizes } => {
            table::print(&encoders(net.as_deref(), &band, lda.as_deref(), dct)?, quick, &sizes)
        }
    }
}

fn encoders(net: Option<&Path>, bands: &[String], lda: Option<&Path>, dct: bool) -> Result<Vec<Box<dyn Encoder>>> {
    let mut encoders: Vec<Box<dyn Encoder>> = Vec::new();
    if dct {
        encoders.push(Box::new(Dct::new()));
    }
    if let Some(path) = lda {
        encoders.push(Box::new(Linear::read(path)?));
    }
    if let Some(net) = net {
        encoders.push(Box::new(Nets::read(net, bands)?));
    }
    Ok(encoders)
}

fn fonts() -> Result<()> {
    let faces = Faces::find()?;
    for (use_, list) in [("train", &faces.train.faces), ("test", &faces.test), ("catalogue", &faces.catalogue)] {
        for face in list {
            println!("{use_}\t{}\t{:.3}\t{}", face.name, face.x_height, face.path.display());
        }
    }
    Ok(())
}

fn render(out: &std::path::Path, seed: u64) -> Result<()> {
    let faces = Faces::find()?;
    let types = Types::generate(1)?;
    let mut rng = Rng::new(seed);
    let mut sampler = Sampler::default();
    let (across, down) = (12, 40);
    let (width, height) = (across * (COLS + 2), down * (ROWS + 2));
    let mut sheet = vec![128u8; width * height];
    for (name, kind) in [("clean", Kind::Clean), ("large", Kind::Large), ("small", Kind::Small(2.4, 5.5))] {
        let started = std::time::Instant::now();
        for _ in 0..200 {
            let tokens: Vec<String> = (0..9).map(|_| rng.pick(&types.words).clone()).collect();
            sampler.line(&tokens, faces.train.pick(&mut rng.clone()), kind, &mut rng);
        }
        eprintln!("{name}: {:.2} ms a line of nine words", started.elapsed().as_secs_f64() * 5.0);
    }
    let started = std::time::Instant::now();
    let mut patches = 0;
    for row in 0..down {
        let kind = [Kind::Clean, Kind::Large, Kind::Large, Kind::Small(2.4, 5.5)][row % 4];
        let tokens: Vec<String> = (0..across).map(|_| rng.pick(&types.words).clone()).collect();
        for (column, sample) in
            sampler.line(&tokens, faces.train.pick(&mut rng.clone()), kind, &mut rng).iter().enumerate()
        {
            patches += 1;
            for (y, ink) in sample.patch.ink().chunks_exact(COLS).enumerate() {
                let at = (row * (ROWS + 2) + y) * width + column * (COLS + 2);
                sheet[at..at + COLS].iter_mut().zip(ink).for_each(|(s, v)| *s = 255 - v);
            }
        }
    }
    eprintln!(
        "{} types, {patches} patches, {:.1} µs each",
        types.words.len(),
        started.elapsed().as_secs_f64() * 1e6 / f64::from(patches)
    );
    let picture = image::GrayImage::from_raw(width as u32, height as u32, sheet).context("sheet size")?;
    picture.save(out).with_context(|| format!("cannot write {}", out.display()))
}
