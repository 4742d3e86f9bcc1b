//! The atlas: every glyph's picture and measures, in the library's format (see `src/catalogue/atlas.rs` there).

use std::io::Write;

use ab_glyph::{Font, GlyphId, ScaleFont};
use anyhow::{Context, Result, ensure};
use leakprint::fingerprint::{ASCENDER_ROWS, ROWS, X_HEIGHT_ROWS};
use lzma_rust2::{CheckType, XzOptions, XzWriter};
use unicode_normalization::char::compose;

use crate::typeface::Typeface;

/// First bytes; the last two are the format's version.
const MAGIC: &[u8; 8] = b"LPATLv01";
/// Pixels an x-height: two a patch row.
const X_HEIGHT_PX: usize = 2 * X_HEIGHT_ROWS;
/// Measures are in parts of a pixel.
const PARTS: f32 = 64.0;
/// The ends of a glyph's ink are the mean of this many places in the pixel grid.
const PHASES: usize = 16;

/// First and last characters of what is drawn, as far as the typefaces have it.
const RANGES: [(u32, u32); 22] = [
    (0x20, 0x7e),     // Basic Latin
    (0xa0, 0xff),     // Latin-1
    (0x100, 0x24f),   // Latin Extended-A and -B
    (0x259, 0x259),   // schwa
    (0x2b0, 0x2ff),   // modifier letters
    (0x300, 0x36f),   // combining marks
    (0x370, 0x3ff),   // Greek
    (0x400, 0x52f),   // Cyrillic
    (0x1e00, 0x1eff), // Latin with two diacritics
    (0x2010, 0x205e), // punctuation
    (0x2070, 0x209f), // superscripts
    (0x20a0, 0x20cf), // currency
    (0x2100, 0x214f), // letter-like: trade mark, numero
    (0x2150, 0x218f), // fractions
    (0x2190, 0x21ff), // arrows
    (0x2200, 0x22ff), // mathematics
    (0x2300, 0x23ff), // technical
    (0x2500, 0x257f), // frames
    (0x2580, 0x25ff), // blocks, shapes
    (0x2600, 0x27bf), // symbols, ticks
    (0xfb00, 0xfb06), // ligatures
    (0xfffc, 0xfffd), // replacement
];

/// Marks that compose with letters.
const MARKS: (u32, u32) = (0x300, 0x36f);

/// The whole file.
pub fn build(faces: &[Typeface<'_>]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    push_u16(&mut body, X_HEIGHT_PX)?;
    push_u16(&mut body, faces.len())?;
    let mut drawn: Vec<char> = Vec::new();
    for face in faces {
        let chars: Vec<(char, GlyphId)> = characters().filter_map(|c| Some((c, face.glyph(c)?))).collect();
        let glyphs: Vec<Glyph> = chars
            .iter()
            .map(|&(c, id)| Glyph::draw(face, id).with_context(|| format!("{c:?}")))
            .collect::<Result<_>>()?;
        push_u16(&mut body, glyphs.len())?;
        // Alike numbers together: they compress better.
        for (c, _) in &chars {
            body.extend(u32::from(*c).to_le_bytes());
        }
        for measure in [|g: &Glyph| g.advance, |g: &Glyph| g.left, |g: &Glyph| g.right, |g: &Glyph| g.bearing] {
            for glyph in &glyphs {
                body.extend(measure(glyph).to_le_bytes());
            }
        }
        body.extend(glyphs.iter().map(|g| g.columns));
        body.extend(glyphs.iter().flat_map(|g| g.ink.iter().copied()));
        println!("{}: {} characters", face.name, chars.len());
        drawn.extend(chars.iter().map(|(c, _)| *c));
    }
    drawn.sort_unstable();
    drawn.dedup();
    let pairs = compositions(&drawn);
    push_u16(&mut body, pairs.len())?;
    for c in pairs.iter().flatten() {
        body.extend(u32::from(*c).to_le_bytes());
    }
    println!("{} characters in all, {} pairs of a letter and a mark, {} bytes", drawn.len(), pairs.len(), body.len());
    file(&body)
}

/// Header, compressed body, checksum.
fn file(body: &[u8]) -> Result<Vec<u8>> {
    let mut options = XzOptions::with_preset(9);
    options.set_check_sum_type(CheckType::Crc32);
    // The rows of a column follow each other: the position within a column says more than that within a word of 4
    // bytes.
    (options.lzma_options.lc, options.lzma_options.lp, options.lzma_options.pb) = (4, 0, 0);
    options.lzma_options.nice_len = 273;
    let mut writer = XzWriter::new(Vec::new(), options)?;
    writer.write_all(body)?;
    let packed = writer.finish()?;
    let mut out = Vec::from(MAGIC);
    out.extend(u32::try_from(body.len())?.to_le_bytes());
    out.extend(u32::try_from(packed.len())?.to_le_bytes());
    out.extend(packed);
    let checksum = crc32fast::hash(&out);
    out.extend(checksum.to_le_bytes());
    Ok(out)
}

fn push_u16(out: &mut Vec<u8>, value: usize) -> Result<()> {
    out.extend(u16::try_from(value)?.to_le_bytes());
    Ok(())
}

fn characters() -> impl Iterator<Item = char> {
    RANGES.iter().flat_map(|&(first, last)| first..=last).filter_map(char::from_u32)
}

/// Letter, mark and the character that is both, sorted.
fn compositions(drawn: &[char]) -> Vec<[char; 3]> {
    let marks: Vec<char> = (MARKS.0..=MARKS.1).filter_map(char::from_u32).collect();
    let pairs = drawn.iter().flat_map(|&letter| marks.iter().map(move |&mark| (letter, mark)));
    pairs
        .filter_map(|(letter, mark)| Some([letter, mark, compose(letter, mark)?]))
        .filter(|[_, _, both]| drawn.binary_search(both).is_ok())
        .collect()
}

/// A glyph as the atlas holds it; measures in 1/64 pixel from the pen.
struct Glyph {
    /// How far the pen moves.
    advance: i16,
    /// Ends of the ink.
    left: i16,
    right: i16,
    /// Whole pixels from the pen to the first column.
    bearing: i16,
    /// Number of columns.
    columns: u8,
    /// Columns from left to right, each of [`ROWS`] rows from above: cover of the pair of pixels, 0 to 255.
    ink: Vec<u8>,
}

impl Glyph {
    fn draw(face: &Typeface<'_>, id: GlyphId) -> Result<Self> {
        let scale = face.scale(X_HEIGHT_PX as f32, X_HEIGHT_PX as f32);
        let advance = face.font.as_scaled(scale).h_advance(id);
        let mut pixels: Vec<(i32, i32, f32)> = Vec::new();
        face.draw(id, scale, 0.0, |x, y, cover| pixels.push((x, y, cover)));
        let top = -2 * (ASCENDER_ROWS + X_HEIGHT_ROWS) as i32;
        let rows = top..top + 2 * ROWS as i32;
        pixels.retain(|&(_, y, cover)| rows.contains(&y) && cover > 0.002);
        let first = pixels.iter().map(|p| p.0).min().unwrap_or(0);
        let columns = pixels.iter().map(|p| p.0 - first + 1).max().unwrap_or(0) as usize;
        let mut cover = vec![0.0; columns * ROWS];
        for (x, y, c) in pixels {
            cover[(x - first) as usize * ROWS + (y - top) as usize / 2] += c / 2.0;
        }
        let ink: Vec<u8> = cover.iter().map(|c| (c * 255.0f32).round().min(255.0) as u8).collect();
        let (left, right) = ends(face, id);
        let part = |px: f32| -> Result<i16> {
            let parts = (px * PARTS).round();
            ensure!(parts.abs() < 30_000.0, "{px} px is too far from the pen");
            Ok(parts as i16)
        };
        Ok(Self {
            advance: part(advance)?,
            left: part(left)?,
            right: part(right)?,
            bearing: i16::try_from(first)?,
            columns: u8::try_from(columns)?,
            ink,
        })
    }
}

/// Where the ink of a glyph begins and ends, in pixels from the pen: first and last column with more than half cover,
/// averaged over places in the pixel grid. Both 0 if there is no ink.
fn ends(face: &Typeface<'_>, id: GlyphId) -> (f32, f32) {
    let scale = face.scale(X_HEIGHT_PX as f32, X_HEIGHT_PX as f32);
    // Hairlines have no pixel of half cover: then a quarter will do, or any.
    for limit in [0.5, 0.25, 0.01] {
        let (mut left, mut right, mut found) = (0.0, 0.0, 0);
        for phase in 0..PHASES {
            let shift = (phase as f32 + 0.5) / PHASES as f32;
            let (mut first, mut last) = (i32::MAX, i32::MIN);
            face.draw(id, scale, shift, |x, _, cover| {
                if cover > limit {
                    (first, last) = (first.min(x), last.max(x + 1));
                }
            });
            if first < last {
                left += first as f32 - shift;
                right += last as f32 - shift;
                found += 1;
            }
        }
        if found == PHASES {
            return (left / PHASES as f32, right / PHASES as f32);
        }
    }
    (0.0, 0.0)
}
