//! Words of text become codes without any picture and without a typeface: drawn from the crate's glyph atlas.

use serde::{Deserialize, Serialize};

use super::atlas::{Atlas, Drawn, atlas};
use crate::Error;
use crate::fingerprint::{Codes, Encoder, Patch, log_width};

/// A typeface that words are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Face {
    /// Sans serif (Liberation Sans).
    Sans,
    /// Serif (Liberation Serif).
    Serif,
    /// Monospaced (Liberation Mono).
    Mono,
}

impl Face {
    /// Its place in the atlas.
    fn number(self) -> usize {
        match self {
            Self::Sans => 0,
            Self::Serif => 1,
            Self::Mono => 2,
        }
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

/// Draws words in one face or several and hashes them. Costs some 2 µs a word and face, and the hash.
pub struct TextEncoder<'a> {
    atlas: &'static Atlas,
    faces: Vec<usize>,
    encoder: &'a dyn Encoder,
}

impl std::fmt::Debug for TextEncoder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let family = self.encoder.family();
        f.debug_struct("TextEncoder").field("family", &family).field("faces", &self.faces).finish_non_exhaustive()
    }
}

impl<'a> TextEncoder<'a> {
    /// An encoder whose codes are the signs of the mean of the hash's values over `faces`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] without a face; [`Error::Input`] if the atlas cannot be read (it is part of the
    /// crate, and tested).
    pub fn new(faces: &[Face], encoder: &'a dyn Encoder) -> Result<Self, Error> {
        let (atlas, faces): (_, Vec<usize>) = (atlas()?, faces.iter().map(|f| f.number()).collect());
        if faces.is_empty() {
            return Err(Error::invalid_argument("faces", "empty", "a word must be drawn in some face"));
        }
        if faces.iter().any(|&f| f >= atlas.faces()) {
            return Err(Error::input("the crate's glyph atlas", "it lacks a face"));
        }
        Ok(Self { atlas, faces, encoder })
    }

    /// The code of a word.
    ///
    /// # Errors
    ///
    /// None for words of text.
    pub fn encode(&self, word: &str) -> Result<TextWord, Error> {
        let family = self.encoder.family();
        let (mut sums, mut values) = (vec![0.0; family.bits()], vec![0.0; family.bits()]);
        let mut first = None;
        for &face in &self.faces {
            let Drawn { patch, width_xh, complete } = self.atlas.draw(face, word);
            self.encoder.encode(&patch, &mut values);
            sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
            first.get_or_insert((log_width(width_xh), complete));
        }
        let mut code = Codes::new(family);
        code.push_values(&sums);
        let (width, drawn) = first.unwrap_or_default();
        Ok(TextWord { code: code.data().to_vec(), width, drawn })
    }

    /// The patch of a word in the first face. A character that this face lacks is drawn in another one; combining marks
    /// go with their letters, characters of no width are passed over, and of very long words only the beginning is
    /// drawn.
    #[must_use]
    pub fn patch(&self, word: &str) -> TextPatch {
        let Drawn { patch, width_xh, complete } = self.atlas.draw(self.faces[0], word);
        TextPatch { patch, width: log_width(width_xh), drawn: complete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Family;

    /// Values of one face's patch.
    fn values(encoder: &dyn Encoder, face: Face, word: &str) -> Vec<f32> {
        let text = TextEncoder::new(&[face], encoder).expect("a face");
        let mut values = vec![0.0; encoder.family().bits()];
        encoder.encode(&text.patch(word).patch, &mut values);
        values
    }

    #[test]
    fn a_code_is_the_signs_of_the_mean_over_the_faces() {
        let encoder = Family::Net.encoder();
        let faces = [Face::Serif, Face::Mono];
        for word in ["tunnel", "May", "\u{201c}so\u{201d}", "19:30", "i"] {
            let found = TextEncoder::new(&faces, &*encoder).expect("faces").encode(word).expect("a word");
            let [serif, mono] = faces.map(|face| values(&*encoder, face, word));
            let mut expected = Codes::new(Family::Net);
            expected.push_values(&serif.iter().zip(&mono).map(|(a, b)| a + b).collect::<Vec<_>>());
            assert_eq!(found.code, expected.data(), "{word}");
            let first = TextEncoder::new(&faces[..1], &*encoder).expect("a face").patch(word);
            assert_eq!((found.width, found.drawn), (first.width, first.drawn), "the first face's: {word}");
            assert!(found.drawn, "{word}");
        }
    }

    #[test]
    fn a_word_needs_a_face_and_says_whether_it_could_be_drawn() {
        let encoder = Family::Net.encoder();
        let none = TextEncoder::new(&[], &*encoder).expect_err("no face").to_string();
        assert!(none.contains("faces"), "{none}");
        let text = TextEncoder::new(&[Face::Sans], &*encoder).expect("a face");
        assert!(!text.encode("\u{6771}\u{4eac}").expect("boxes").drawn && !text.encode("").expect("nothing").drawn);
        assert!(text.patch("wider").width > text.patch("w").width);
        assert_eq!(format!("{text:?}"), "TextEncoder { family: Net, faces: [0], .. }");
    }
}
