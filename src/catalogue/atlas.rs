//! The glyph atlas: pictures and measures of every character that words of text are drawn with, in place of typefaces.
//!
//! `atlas.bin` is made by the program in `examples/atlas`. Little-endian: magic `LPATLv01`, `u32` length of the body,
//! `u32` length of the body compressed with xz, that, and the CRC-32 of all before. The body: `u16` pixels an x-height
//! (16: two a patch row), `u16` number of faces; for each face `u16` number of glyphs, then for all glyphs `u32`
//! characters in ascending order, `i16` advances, left and right ends of the ink (all three in 1/64 px, the ends from
//! the pen), `i16` whole pixels from the pen to the first column, `u8` numbers of columns, and the pictures: column by
//! column, each of [`ROWS`] cells from above, a cell being the cover (0 to 255) of two pixels one above the other; at
//! last `u16` number of compositions, each `u32` letter, combining mark and the character that is both.
//!
//! A word is level and its scale fixed, so its patch comes straight from the pictures: a row of a patch is a row of
//! cells, and its columns are sampled as [`Patch::sample`] would, but at the pen's own fraction of a pixel.

use std::io::Read;
use std::sync::OnceLock;

use crate::Error;
use crate::fingerprint::{COLS, Patch, ROWS, X_HEIGHT_ROWS};

static BYTES: &[u8] = include_bytes!("atlas.bin");

/// First bytes of the file; the last two are the format's version.
const MAGIC: &[u8; 8] = b"LPATLv01";
/// Magic and two lengths.
const HEADER: usize = 16;
/// No atlas is longer when unpacked.
///
/// Tuned (bytes): chosen by eye; the crate's own has 1.4 MB.
const MAX_BODY: usize = 1 << 24;
/// The one scale that is read: two pixels a patch row.
const X_HEIGHT_PX: usize = 2 * X_HEIGHT_ROWS;
/// Positions are in parts of a pixel.
const PARTS: i32 = 64;
/// Samples a column of a patch, as in [`Patch::sample`].
const OVER: usize = 2;
const SAMPLES: usize = COLS * OVER;
/// Cells of a column in memory: [`ROWS`], and zeros up to whole SIMD registers.
const STRIDE: usize = 24;
/// Words are not narrower than this when sampled, in 1/64 px: one and a half pixels, as in [`Patch::sample`].
const MIN_WIDTH: i32 = PARTS + PARTS / 2;
/// Parts of a grey value in a cell of [`cells`].
const UNIT: u16 = OVER as u16 * PARTS as u16;
/// Full ink, in a sample.
const FULL: u16 = 255 * PARTS as u16;
/// Longer words are drawn up to here: no line of a picture holds more.
///
/// Tuned (count): chosen by eye.
const MAX_CHARS: usize = 120;
/// Room for a character that is missing: an x-height, in 1/64 px.
///
/// Tuned (x-heights): chosen by eye.
const MISSING_ADVANCE: i32 = X_HEIGHT_PX as i32 * PARTS;
/// Width that is told of a word without ink.
///
/// Tuned (x-heights): chosen by eye; such a word matches nothing.
const EMPTY_WIDTH_XH: f32 = 0.5;
/// Marks that combine with the letter before them.
const COMBINING: std::ops::RangeInclusive<u32> = 0x300..=0x36f;

type Column = [u8; STRIDE];

/// Glyphs of all faces.
#[derive(Debug)]
pub(super) struct Atlas {
    faces: Vec<FaceAtlas>,
    /// Letter and mark to the character that is both, sorted.
    compositions: Vec<([u32; 2], u32)>,
}

#[derive(Debug)]
struct FaceAtlas {
    /// By character: the glyph's number plus one, or 0.
    numbers: Vec<u16>,
    glyphs: Vec<Glyph>,
    /// For each glyph its columns between two empty ones, which sampling beyond its ends meets.
    columns: Vec<Column>,
}

/// Measures in 1/64 px.
#[derive(Clone, Copy, Debug)]
struct Glyph {
    advance: i32,
    /// Ends of the ink, from the pen.
    left: i32,
    right: i32,
    /// From the pen to the centre of the empty column before the first.
    origin: i32,
    /// The empty column before the first, in `columns`.
    at: usize,
    /// Columns, the two empty ones included.
    count: usize,
}

/// A word's ink as a patch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawn {
    pub(super) patch: Patch,
    /// Width of the ink, in x-heights.
    pub(super) width_xh: f32,
    /// Whether every character was in the atlas, and there was ink.
    pub(super) complete: bool,
}

/// The crate's atlas, read and checked once.
pub(super) fn atlas() -> Result<&'static Atlas, Error> {
    static ATLAS: OnceLock<Result<Atlas, &'static str>> = OnceLock::new();
    ATLAS.get_or_init(|| Atlas::read(BYTES)).as_ref().map_err(|reason| Error::input("the crate's glyph atlas", reason))
}

/// What is left of a body that is being read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], &'static str> {
        let (head, tail) = self.0.split_at_checked(len).ok_or("it ends too soon")?;
        self.0 = tail;
        Ok(head)
    }

    fn chunks<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], &'static str> {
        Ok(self.take(count * N)?.as_chunks().0)
    }

    fn u16(&mut self) -> Result<usize, &'static str> {
        Ok(usize::from(u16::from_le_bytes(self.chunks(1)?[0])))
    }

    fn characters(&mut self, count: usize) -> Result<Vec<u32>, &'static str> {
        Ok(self.chunks(count)?.iter().map(|b| u32::from_le_bytes(*b)).collect())
    }

    fn measures(&mut self, count: usize) -> Result<Vec<i32>, &'static str> {
        Ok(self.chunks(count)?.iter().map(|b| i32::from(i16::from_le_bytes(*b))).collect())
    }
}

impl Atlas {
    /// Reads an atlas; the error says what is wrong with it.
    fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() < HEADER + 4 || bytes[..8] != *MAGIC {
            return Err("it is none, or of another version");
        }
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (body, packed, end) = (u32_at(8) as usize, u32_at(12) as usize, bytes.len() - 4);
        if packed != end - HEADER || body > MAX_BODY {
            return Err("its lengths are wrong");
        }
        if u32_at(end) != crc32fast::hash(&bytes[..end]) {
            return Err("its checksum is wrong");
        }
        let mut unpacked = Vec::with_capacity(body);
        lzma_rust2::XzReader::new(&bytes[HEADER..end], false)
            .take(body as u64 + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| "it cannot be unpacked")?;
        if unpacked.len() != body {
            return Err("its unpacked length is wrong");
        }
        Self::parse(&unpacked)
    }

    fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let mut rest = Rest(body);
        if rest.u16()? != X_HEIGHT_PX {
            return Err("its scale is another one");
        }
        let count = rest.u16()?;
        let faces = (0..count).map(|_| FaceAtlas::parse(&mut rest)).collect::<Result<_, _>>()?;
        let count = rest.u16()?;
        let characters = rest.characters(3 * count)?;
        let compositions: Vec<_> = characters.as_chunks().0.iter().map(|&[a, b, both]| ([a, b], both)).collect();
        if !compositions.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("its compositions are out of order");
        }
        if !rest.0.is_empty() {
            return Err("it is too long");
        }
        Ok(Self { faces, compositions })
    }

    /// Number of faces.
    pub(super) fn faces(&self) -> usize {
        self.faces.len()
    }

    /// The character that a letter and a combining mark make.
    fn compose(&self, letter: u32, mark: u32) -> Option<u32> {
        let at = self.compositions.binary_search_by_key(&[letter, mark], |c| c.0).ok()?;
        Some(self.compositions[at].1)
    }

    /// A character's glyph in a face or, if that lacks it, in the first that has it.
    fn glyph(&self, face: usize, character: u32) -> Option<(&FaceAtlas, Glyph)> {
        let order = [face].into_iter().chain((0..self.faces.len()).filter(|&f| f != face));
        order.map(|f| &self.faces[f]).find_map(|f| Some((f, f.glyph(character)?)))
    }

    /// Draws a word in a face that the atlas has.
    pub(super) fn draw(&self, face: usize, word: &str) -> Drawn {
        let (placed, complete) = self.lay_out(face, word);
        let (left, right) = ends(&placed);
        if left >= right {
            let patch = Patch::from_ink([0; ROWS * COLS]);
            return Drawn { patch, width_xh: EMPTY_WIDTH_XH, complete: false };
        }
        Drawn {
            patch: Patch::from_cells(&cells(&placed, left, right), UNIT),
            width_xh: (right - left) as f32 / (PARTS * X_HEIGHT_PX as i32) as f32,
            complete,
        }
    }

    /// Glyphs with the pen's position at each, and whether all were there.
    fn lay_out(&self, face: usize, word: &str) -> (Vec<(&FaceAtlas, Glyph, i32)>, bool) {
        let mut placed = Vec::with_capacity(word.len().min(MAX_CHARS));
        let (mut pen, mut complete) = (0, true);
        let mut characters = word.chars().filter(|c| !is_invisible(*c)).take(MAX_CHARS).map(u32::from).peekable();
        while let Some(mut character) = characters.next() {
            while let Some(both) =
                characters.peek().filter(|c| COMBINING.contains(c)).and_then(|&mark| self.compose(character, mark))
            {
                character = both;
                characters.next();
            }
            let Some((face, glyph)) = self.glyph(face, character) else {
                complete = false;
                pen += MISSING_ADVANCE;
                continue;
            };
            if glyph.left < glyph.right {
                placed.push((face, glyph, pen));
            }
            pen += glyph.advance;
        }
        (placed, complete)
    }
}

/// Left and right end of the ink of glyphs at the pen's positions; 0 and 0 of none.
fn ends(placed: &[(&FaceAtlas, Glyph, i32)]) -> (i32, i32) {
    let left = placed.iter().map(|(_, g, pen)| pen + g.left).min().unwrap_or(0);
    let right = placed.iter().map(|(_, g, pen)| pen + g.right).max().unwrap_or(0);
    (left, right)
}

/// The ink of glyphs at the pen's positions, in the cells of a patch from `left` to `right`, in parts of 1/[`UNIT`] of
/// a grey value.
fn cells(placed: &[(&FaceAtlas, Glyph, i32)], left: i32, right: i32) -> [u16; ROWS * COLS] {
    let mut samples = [[0u16; STRIDE]; SAMPLES];
    let step = Step::new(left, (right - left).max(MIN_WIDTH));
    for &(face, glyph, pen) in placed {
        let columns = &face.columns[glyph.at..][..glyph.count];
        let origin = pen + glyph.origin;
        let (first, end) = (step.first(origin), step.first(origin + (glyph.count as i32 - 1) * PARTS));
        for (number, sums) in samples.iter_mut().enumerate().take(end).skip(first) {
            let offset = (step.at(number) - origin) as usize;
            let (column, part) = (offset / PARTS as usize, (offset % PARTS as usize) as u16);
            let (before, after) = (&columns[column], &columns[column + 1]);
            for ((sum, &a), &b) in sums.iter_mut().zip(before).zip(after) {
                // At most 255 × 64 each: overlapping ink is clamped below.
                *sum = sum.saturating_add(u16::from(a) * (PARTS as u16 - part) + u16::from(b) * part);
            }
        }
    }
    let mut cells = [0u16; ROWS * COLS];
    for (col, pair) in samples.as_chunks::<OVER>().0.iter().enumerate() {
        for row in 0..ROWS {
            cells[row * COLS + col] = pair[0][row].min(FULL) + pair[1][row].min(FULL);
        }
    }
    cells
}

/// Zero-width characters that mails carry: they take up no room in a picture.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Where the samples of a word lie: at the middles of equal parts of its width.
#[derive(Clone, Copy)]
struct Step {
    left: i32,
    width: i32,
}

impl Step {
    fn new(left: i32, width: i32) -> Self {
        Self { left, width }
    }

    /// The place of a sample, in whole 1/64 px.
    fn at(self, sample: usize) -> i32 {
        self.left + (2 * sample as i32 + 1) * self.width / (2 * SAMPLES as i32)
    }

    /// The first sample that is not before `place`; [`SAMPLES`] if all are.
    fn first(self, place: i32) -> usize {
        // at(s) ≥ place ⇔ (2 s + 1) width ≥ 2 SAMPLES (place − left)
        let twice = (2 * SAMPLES as i32 * (place - self.left) - self.width).max(0);
        ((twice as usize).div_ceil(2 * self.width as usize)).min(SAMPLES)
    }
}

impl FaceAtlas {
    fn parse(rest: &mut Rest<'_>) -> Result<Self, &'static str> {
        let count = rest.u16()?;
        let characters = rest.characters(count)?;
        if !characters.is_sorted_by(|a, b| a < b) || characters.last().is_some_and(|&c| char::from_u32(c).is_none()) {
            return Err("its characters are out of order");
        }
        let [advances, lefts, rights, bearings] =
            [rest.measures(count)?, rest.measures(count)?, rest.measures(count)?, rest.measures(count)?];
        let counts = rest.take(count)?;
        let mut this = Self {
            numbers: vec![0; characters.last().map_or(0, |&c| c as usize + 1)],
            glyphs: Vec::with_capacity(count),
            columns: Vec::new(),
        };
        for k in 0..count {
            if rights[k] < lefts[k] || (rights[k] > lefts[k]) != (counts[k] > 0) {
                return Err("a glyph's ink ends before it begins");
            }
            let at = this.columns.len();
            this.columns.push([0; STRIDE]);
            for cells in rest.chunks::<ROWS>(counts[k].into())? {
                let mut column = [0; STRIDE];
                column[..ROWS].copy_from_slice(cells);
                this.columns.push(column);
            }
            this.columns.push([0; STRIDE]);
            this.glyphs.push(Glyph {
                advance: advances[k],
                left: lefts[k],
                right: rights[k],
                origin: bearings[k] * PARTS - PARTS / 2,
                at,
                count: this.columns.len() - at,
            });
            this.numbers[characters[k] as usize] = this.glyphs.len() as u16;
        }
        Ok(this)
    }

    fn glyph(&self, character: u32) -> Option<Glyph> {
        let number = *self.numbers.get(character as usize)?;
        self.glyphs.get(usize::from(number).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests;
