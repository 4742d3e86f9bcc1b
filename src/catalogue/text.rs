//! Words of text become codes without any picture: drawn with a typeface that the crate carries.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::fingerprint::{Codes, Encoder, Patch, WordFrame, log_width};
use crate::raster::Raster;

/// Size of drawn words: large enough that a patch cell is more than two pixels high.
const X_HEIGHT_PX: f32 = 20.0;
/// Longer words are drawn up to here; no line of a picture holds more.
const MAX_CHARS: usize = 120;

/// A typeface that words are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Face {
    /// Sans serif (DejaVu Sans).
    Sans,
    /// Serif (DejaVu Serif).
    Serif,
    /// Monospaced (DejaVu Sans Mono).
    Mono,
}

impl Face {
    fn font(self) -> Result<FontRef<'static>, Error> {
        let bytes = match self {
            Self::Sans => dejavu::sans::regular(),
            Self::Serif => dejavu::serif::regular(),
            Self::Mono => dejavu::sans_mono::regular(),
        };
        FontRef::try_from_slice(bytes).map_err(|e| Error::input("the crate's typeface", e))
    }
}

/// A word's code and width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextWord {
    /// The code, as many 64-bit words as the family's codes have.
    pub code: Vec<u64>,
    /// Width, see [`log_width`].
    pub width: u8,
    /// Whether every character has a glyph; if not, the code is that of a box in its place and will match nothing.
    pub drawn: bool,
}

/// A word's picture, normalised, with its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPatch {
    /// What the hash looks at.
    pub patch: Patch,
    /// Width, see [`log_width`].
    pub width: u8,
    /// Whether every character has a glyph, see [`TextWord::drawn`].
    pub drawn: bool,
}

/// Draws words in one face and hashes them. Costs some 60 µs a word: callers remember words they had.
pub struct TextEncoder<'a> {
    font: FontRef<'static>,
    scale: PxScale,
    encoder: &'a dyn Encoder,
}

impl<'a> TextEncoder<'a> {
    /// An encoder for words drawn in `face`.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] if the typeface cannot be read (it is part of the crate, and tested).
    pub fn new(face: Face, encoder: &'a dyn Encoder) -> Result<Self, Error> {
        let font = face.font()?;
        let bounds = font.outline(font.glyph_id('x')).map(|o| o.bounds);
        let x_height_units = bounds.map_or(0.5, |b| b.max.y.abs().max(b.min.y.abs()));
        let scale = PxScale::from(X_HEIGHT_PX * font.height_unscaled() / x_height_units);
        Ok(Self { font, scale, encoder })
    }

    /// The code of a word.
    ///
    /// # Errors
    ///
    /// None for words of text; see [`Codes::push`].
    pub fn encode(&self, word: &str) -> Result<TextWord, Error> {
        let TextPatch { patch, width, drawn } = self.patch(word);
        let mut code = Codes::new(self.encoder.family());
        code.push(self.encoder, &patch)?;
        Ok(TextWord { code: code.data().to_vec(), width, drawn })
    }

    /// The patch of a word.
    #[must_use]
    pub fn patch(&self, word: &str) -> TextPatch {
        let (raster, frame, drawn) = self.draw(word);
        TextPatch { patch: Patch::sample(&raster, &frame), width: log_width(frame.width_xh()), drawn }
    }

    /// The word as a picture, its frame from the first to the last ink, and whether all of it could be drawn.
    fn draw(&self, word: &str) -> (Raster, WordFrame, bool) {
        let scaled = self.font.as_scaled(self.scale);
        let baseline = (2.2 * X_HEIGHT_PX).round();
        let (mut x, mut drawn) = (X_HEIGHT_PX, true);
        let mut glyphs: Vec<Glyph> = Vec::new();
        for c in word.chars().filter(|c| !is_invisible(*c)).take(MAX_CHARS) {
            let id = self.font.glyph_id(c);
            drawn &= id.0 != 0;
            glyphs.push(id.with_scale_and_position(self.scale, point(x, baseline)));
            x += scaled.h_advance(id);
        }
        let (width, height) = ((x + X_HEIGHT_PX).ceil() as usize, (3.2 * X_HEIGHT_PX) as usize);
        let mut ink = vec![0u8; width * height];
        let (mut left, mut right) = (f32::INFINITY, 0.0f32);
        for glyph in glyphs {
            let Some(outline) = self.font.outline_glyph(glyph) else {
                continue;
            };
            let bounds = outline.px_bounds();
            outline.draw(|gx, gy, cover| {
                let (x, y) = (bounds.min.x as i64 + i64::from(gx), bounds.min.y as i64 + i64::from(gy));
                if x < 0 || y < 0 || x as usize >= width || y as usize >= height || cover <= 0.0 {
                    return;
                }
                let pixel = &mut ink[y as usize * width + x as usize];
                *pixel = pixel.saturating_add((cover * 255.0).round() as u8);
                if cover > 0.5 {
                    left = left.min(x as f32);
                    right = right.max(x as f32 + 1.0);
                }
            });
        }
        if left > right {
            (left, right, drawn) = (X_HEIGHT_PX, 1.5 * X_HEIGHT_PX, false);
        }
        let frame = WordFrame::level(left, right, baseline, X_HEIGHT_PX);
        let raster = Raster::from_luma(width as u32, height as u32, ink);
        // `width` and `height` are positive and `ink` was made from them.
        (raster.unwrap_or_else(Raster::dot), frame, drawn)
    }
}

/// Zero-width characters that mails carry: they take up no room in a picture.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
