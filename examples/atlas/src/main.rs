//! Draws the glyph atlas that the library makes words of text with: `cargo run --release -- --out
//! ../../src/catalogue/atlas.bin`; or compares the atlas in the library with real rasterising of the same typefaces:
//! `cargo run --release -- --compare`.

mod atlas;
mod compare;
mod typeface;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;
use sha2::{Digest, Sha256};

use crate::typeface::{Typeface, find};

#[derive(Parser)]
#[command(about = "Draws leakprint's glyph atlas, or compares the library's with real rasterising")]
struct Arguments {
    /// Where the atlas goes.
    #[arg(long, required_unless_present = "compare")]
    out: Option<PathBuf>,
    /// Compares the atlas that the library holds with real rasterising.
    #[arg(long)]
    compare: bool,
    /// Folders with the typefaces' files, searched in turn.
    #[arg(long, value_name = "FOLDER", default_values = typeface::FOLDERS)]
    fonts: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let files = find(&arguments.fonts)?;
    let faces: Vec<Typeface<'_>> = files.iter().map(Typeface::read).collect::<Result<_>>()?;
    for face in &faces {
        println!("{}: {}; {}", face.name, face.version, face.licence);
    }
    if let Some(out) = &arguments.out {
        let bytes = atlas::build(&faces)?;
        ensure!(bytes.len() < 300_000, "the atlas takes {} bytes, 300,000 are allowed", bytes.len());
        std::fs::write(out, &bytes)?;
        let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        println!("{}: {} bytes, SHA-256 {digest}", out.display(), bytes.len());
    }
    if arguments.compare {
        compare::print(&faces)?;
    }
    Ok(())
}
