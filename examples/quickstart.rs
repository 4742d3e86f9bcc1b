//! The main job, from nothing: `cargo run --release --example quickstart`.
//!
//! Builds a catalogue from the invented mails in `testdata`, asks it about six bundled screenshots (one of them shows a
//! mail that is *not* in the catalogue), prints what it says, and draws the evidence for one of them into
//! `quickstart.png` beside the program, or where `--picture` says: green words agree with the mail, red ones are not in
//! it.
#![expect(clippy::print_stdout, reason = "a program's output")]

use std::path::{Path, PathBuf};

use clap::Parser;
use image::{Rgb, RgbImage};
use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::verdict::{Match, Outcome};
use leakprint::{Config, Matcher};

const SHOTS: [(&str, &str); 6] = [
    ("budget-q3--webmail-light.png", "webmail, light"),
    ("layoffs-memo--webmail-dark.png", "webmail, dark"),
    ("tusk-settlement--desktop-crop.png", "a careless crop"),
    ("merger-terms--phone.png", "phone"),
    ("tunnel-delay--small.jpg", "small, JPEG"),
    ("roof-bees--webmail-light.png", "an unknown mail"),
];

/// The picture whose evidence is drawn.
const DRAWN: &str = "layoffs-memo--webmail-dark.png";

/// Recognises the bundled mails in six bundled screenshots, prints what it finds, and draws the evidence for one of
/// them: green words agree with the mail, red ones are not in it.
#[derive(Parser)]
struct Arguments {
    /// The picture of the evidence. Default: `quickstart.png` beside this program.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");

    // A catalogue of known mails, from their text alone.
    let mails = read_mails(&data.join("mails.jsonl"))?.collect::<Result<Vec<Mail>, _>>()?;
    let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    let added = catalogue.add_mails(&mails)?;
    println!("catalogue: {} mails, {} words, from testdata/mails.jsonl\n", added.documents, added.words);

    // Six screenshots, in parallel.
    let matcher = Matcher::new(&catalogue, Config::default())?;
    let pictures: Vec<Vec<u8>> =
        SHOTS.iter().map(|(file, _)| std::fs::read(data.join("shots").join(file))).collect::<Result<_, _>>()?;
    let verdicts = matcher.identify_many(&pictures);

    println!(
        "{:34} {:16} {:>5}  {:18} {:>13} {:>9} {:>6}",
        "screenshot", "what it is", "words", "shows", "its words", "E-value", "ms"
    );
    for ((file, what), verdict) in SHOTS.iter().zip(&verdicts) {
        let verdict = verdict.as_ref().map_err(|e| format!("{file}: {e}"))?;
        let (shows, passage, chance) = match (verdict.outcome, verdict.matches.first()) {
            (Outcome::Match, Some(m)) => {
                let [first, last] = m.document_words;
                (m.documents.join(", "), format!("{first} to {last}"), format!("{:.0e}", m.e_value))
            }
            (Outcome::NoMatch, _) => ("no known mail".into(), "-".into(), "-".into()),
            _ => (verdict.reason.clone().unwrap_or_default(), "-".into(), "-".into()),
        };
        println!(
            "{file:34} {what:16} {:5}  {shows:18} {passage:>13} {chance:>9} {:6.0}",
            verdict.words_seen, verdict.millis.total
        );
    }

    // The evidence, word by word.
    let drawn = SHOTS.iter().position(|(file, _)| *file == DRAWN).ok_or("the drawn picture is one of the six")?;
    if let Ok(Some(found)) = verdicts[drawn].as_ref().map(|v| v.matches.first()) {
        let out = match arguments.picture {
            Some(path) => path,
            None => std::env::current_exe()?.with_file_name("quickstart.png"),
        };
        annotate(&pictures[drawn], found)?.save(&out)?;
        println!("\nevidence for {DRAWN}: {}", out.display());
    }
    Ok(())
}

/// The picture with a box around every word of the passage.
fn annotate(picture: &[u8], found: &Match) -> Result<RgbImage, image::ImageError> {
    let mut canvas = image::load_from_memory(picture)?.into_rgb8();
    let mut frame = |[x0, y0, x1, y1]: [f32; 4], colour: [u8; 3]| {
        let (right, bottom) = (canvas.width() as f32 - 1.0, canvas.height() as f32 - 1.0);
        let [x0, x1] = [x0, x1].map(|x| x.round().clamp(0.0, right) as u32);
        let [y0, y1] = [y0, y1].map(|y| y.round().clamp(0.0, bottom) as u32);
        (x0..=x1).for_each(|x| [y0, y1].into_iter().for_each(|y| canvas.put_pixel(x, y, Rgb(colour))));
        (y0..=y1).for_each(|y| [x0, x1].into_iter().for_each(|x| canvas.put_pixel(x, y, Rgb(colour))));
    };
    frame(found.region, [90, 140, 255]);
    for word in &found.words {
        frame(word.area, if word.document_word.is_some() { [40, 200, 80] } else { [235, 60, 60] });
    }
    Ok(canvas)
}
