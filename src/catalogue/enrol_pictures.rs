//! Documents known from pictures only.

use super::content::fnv;
use super::documents::NewDocument;
use super::enrol::Added;
use super::state::Catalogue;
use super::word_cache::Words;
use super::{picture, stitch};
use crate::Error;
use crate::fingerprint::Codes;

impl Catalogue {
    /// Adds a picture of a document: the words of its likeliest reading.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::add_pictures`].
    pub fn add_picture(&mut self, id: &str, bytes: &[u8]) -> Result<Added, Error> {
        self.add_pictures(id, &[bytes])
    }

    /// Adds a document that is known from pictures only: captures of it in order, from top to bottom. What two captures
    /// in a row have in common (a window that was scrolled) is taken once.
    ///
    /// # Errors
    ///
    /// As [`decode`](crate::raster::decode); [`Error::Input`] if no text was found in one of them, [`Error::File`] if
    /// the catalogue's files turn out to be damaged.
    pub fn add_pictures<B: AsRef<[u8]>>(&mut self, id: &str, pictures: &[B]) -> Result<Added, Error> {
        self.add_pictures_as(id, pictures, false)
    }

    /// Adds a public text that is known from pictures only, see [`Catalogue::add_public`].
    ///
    /// # Errors
    ///
    /// As [`Catalogue::add_pictures`].
    pub fn add_public_pictures<B: AsRef<[u8]>>(&mut self, id: &str, pictures: &[B]) -> Result<Added, Error> {
        self.add_pictures_as(id, pictures, true)
    }

    fn add_pictures_as<B: AsRef<[u8]>>(&mut self, id: &str, pictures: &[B], public: bool) -> Result<Added, Error> {
        if pictures.is_empty() {
            return Err(Error::invalid_argument("pictures", "empty", "a document needs at least one"));
        }
        let captures: Vec<picture::Reading> =
            pictures.iter().map(|bytes| picture::read(bytes.as_ref(), self.config.family)).collect::<Result<_, _>>()?;
        let (mut words, mut codes) = (Vec::new(), Codes::new(self.config.family));
        for (capture, kept) in captures.iter().zip(stitch::stitch(&captures)) {
            words.extend(kept.iter().map(|&k| capture.widths[k]));
            let data = kept.iter().flat_map(|&k| capture.codes.get(k).iter().copied()).collect();
            codes.extend(&Codes::from_data(self.config.family, data)?)?;
        }
        let content = fnv(pictures.iter().flat_map(AsRef::as_ref).copied());
        let stride = codes.stride();
        let lane = |k: usize| codes.data().iter().skip(k % stride).step_by(stride).copied().collect();
        let lanes = (0..self.config.faces.len() * stride).map(lane).collect();
        let words = Words { lanes, widths: words, undrawn: 0 };
        self.add_document(NewDocument { id: id.to_owned(), content, words, metadata: Vec::new(), public })
    }
}

/// See [`crate::benchmarks::joined`].
#[cfg(feature = "benchmarks")]
pub(crate) fn joined_boxes<B: AsRef<[u8]>>(
    captures: &[B],
    family: crate::fingerprint::Family,
) -> Result<Vec<Vec<(crate::geom::Rect, bool)>>, Error> {
    let captures: Vec<picture::Reading> =
        captures.iter().map(|bytes| picture::read(bytes.as_ref(), family)).collect::<Result<_, _>>()?;
    let boxes = |(capture, kept): (&picture::Reading, Vec<usize>)| {
        let kept: std::collections::HashSet<usize> = kept.into_iter().collect();
        capture.places.iter().enumerate().map(|(k, place)| (place.hull(), kept.contains(&k))).collect()
    };
    Ok(captures.iter().zip(stitch::stitch(&captures)).map(boxes).collect())
}
