//! Metadata: what is known of a document besides its words: the header's fields as codes, and which words are quoted.

use std::path::Path;

use crate::Error;
use crate::fingerprint::{Codes, Family};

/// Words of the header's fields and quoted words of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Words of the body that quote another mail: half-open ranges, in order.
    pub(crate) quoted: Vec<[u32; 2]>,
    /// Subject, sender, recipients and date, or none of them.
    pub(crate) fields: Vec<Field>,
}

/// The words of a header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// In the catalogue's first faces.
    pub(crate) codes: Codes,
    /// Each word's width, see [`crate::fingerprint::log_width`].
    pub(crate) widths: Vec<u8>,
}

impl Metadata {
    /// Share of `words` (of the body) that are quoted.
    pub(crate) fn quoted_share(&self, words: impl ExactSizeIterator<Item = u32>) -> f32 {
        let all = words.len().max(1);
        let quoted = |word: &u32| {
            let next = self.quoted.partition_point(|&[_, end]| end <= *word);
            self.quoted.get(next).is_some_and(|&[first, _]| first <= *word)
        };
        words.filter(quoted).count() as f32 / all as f32
    }

    /// As bytes, little-endian: ranges' number, first and end words; fields' number and lengths; codes; widths. None at
    /// all if there is nothing to say.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if self.quoted.is_empty() && self.fields.is_empty() {
            return Vec::new();
        }
        let codes = || self.fields.iter().flat_map(|f| f.codes.data());
        let widths = || self.fields.iter().map(|f| f.widths.as_slice());
        let numbers = 2 + 2 * self.quoted.len() + self.fields.len();
        let mut out = Vec::with_capacity(4 * numbers + 8 * codes().count() + widths().map(<[u8]>::len).sum::<usize>());
        let mut number = |n: u32| out.extend_from_slice(&n.to_le_bytes());
        number(self.quoted.len() as u32);
        self.quoted.iter().flatten().for_each(|&n| number(n));
        number(self.fields.len() as u32);
        widths().for_each(|w| number(w.len() as u32));
        codes().for_each(|lane| out.extend_from_slice(&lane.to_le_bytes()));
        widths().for_each(|w| out.extend_from_slice(w));
        out
    }

    /// From [`Metadata::to_bytes`]'s bytes, whose lengths are checked.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names `file`, in which they stand, if they are no such bytes.
    pub(crate) fn from_bytes(bytes: &[u8], family: Family, file: &Path) -> Result<Self, Error> {
        let damaged = || Error::file(file, "the lengths in a document's metadata do not add up: the file is damaged");
        if bytes.is_empty() {
            return Ok(Self { quoted: Vec::new(), fields: Vec::new() });
        }
        let mut rest = bytes;
        let mut number = || {
            let (first, others) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
            rest = others;
            Ok::<u32, Error>(u32::from_le_bytes(*first))
        };
        let ranges = number()? as usize;
        if ranges > bytes.len() / 8 {
            return Err(damaged());
        }
        let quoted = (0..ranges).map(|_| Ok([number()?, number()?])).collect::<Result<_, Error>>()?;
        let count = number()? as usize;
        if count > bytes.len() / 4 {
            return Err(damaged());
        }
        let lengths = (0..count).map(|_| number()).collect::<Result<Vec<u32>, Error>>()?;
        let stride = family.bits().div_ceil(64);
        // On 32-bit machines a sum of lengths may be beyond all memory.
        let words = lengths.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n as usize));
        let words = words.ok_or_else(damaged)?;
        if words.checked_mul(stride * 8 + 1) != Some(rest.len()) {
            return Err(damaged());
        }
        let (codes, mut widths) = rest.split_at(words * stride * 8);
        let (mut lanes, _) = codes.as_chunks::<8>();
        let mut fields = Vec::with_capacity(count);
        for length in lengths {
            let (own, others) = lanes.split_at(length as usize * stride);
            let (own_widths, other_widths) = widths.split_at(length as usize);
            (lanes, widths) = (others, other_widths);
            let codes = Codes::from_data(family, own.iter().map(|l| u64::from_le_bytes(*l)).collect())?;
            fields.push(Field { codes, widths: own_widths.to_vec() });
        }
        Ok(Self { quoted, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_bytes(bytes: &[u8]) -> Result<Metadata, Error> {
        Metadata::from_bytes(bytes, Family::Net, "a.seg".as_ref())
    }

    #[test]
    fn bytes_give_back_what_was_put_in_and_damage_is_noticed() {
        let field = |lanes: &[u64]| Field {
            codes: Codes::from_data(Family::Net, lanes.to_vec()).expect("64 bits a word"),
            widths: lanes.iter().map(|&l| l as u8).collect(),
        };
        let metadata =
            Metadata { quoted: vec![[3, 7], [9, 10]], fields: vec![field(&[1, u64::MAX]), field(&[]), field(&[9])] };
        let bytes = metadata.to_bytes();
        assert_eq!(from_bytes(&bytes).expect("its own bytes"), metadata);
        for cut in 1..bytes.len() {
            let error = from_bytes(&bytes[..cut]).expect_err("cut");
            assert!(matches!(&error, Error::File { path, .. } if path == Path::new("a.seg")), "cut at {cut}: {error}");
        }
        let share = metadata.quoted_share([2, 3, 6, 7, 9, 10].into_iter());
        assert!((share - 0.5).abs() < 1e-6, "{share}");
        assert!(from_bytes(&[]).expect("nothing").to_bytes().is_empty());
    }

    #[test]
    fn lengths_whose_sum_is_beyond_32_bits_are_damage() {
        for lengths in [[u32::MAX, 1], [u32::MAX, 2], [1 << 31, 1 << 31], [u32::MAX / 9, 0]] {
            let numbers = [0, 2, lengths[0], lengths[1]];
            let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            for _ in 0..10 {
                assert!(from_bytes(&bytes).is_err(), "{lengths:?}");
                bytes.push(0);
            }
        }
    }
}
