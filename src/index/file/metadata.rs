//! Metadata: what is known of a document besides its words: the header's fields as codes, which words are quoted, and
//! which are names and numbers.

use std::path::Path;

use crate::Error;
use crate::fingerprint::{Codes, Family};

/// Words of the header's fields, quoted words and kinds of words of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Words of the body that quote another mail: half-open ranges, in order.
    pub(crate) quoted: Vec<[u32; 2]>,
    /// Subject, sender, recipients and date, or none of them.
    pub(crate) fields: Vec<Field>,
    /// The kind of each word of the body; none if they are not known, as of pictures.
    pub(crate) kinds: Vec<WordKind>,
}

/// What a word is, as far as its letters tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WordKind {
    #[default]
    Ordinary,
    /// A name, an address, a host: what mails of one form differ in.
    Name,
    /// A word with a digit, the same.
    Number,
}

/// Kinds that a byte holds.
const KINDS_A_BYTE: usize = 4;

impl WordKind {
    fn from_bits(bits: u8) -> Option<Self> {
        [Self::Ordinary, Self::Name, Self::Number].get(usize::from(bits)).copied()
    }
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

    /// As bytes, little-endian: ranges' number, first and end words; fields' number and lengths; codes; widths; and if
    /// kinds are known their number, and two bits each. None at all if there is nothing to say.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        let codes = || self.fields.iter().flat_map(|f| f.codes.data());
        let widths = || self.fields.iter().map(|f| f.widths.as_slice());
        let numbers = 2 + 2 * self.quoted.len() + self.fields.len();
        let words = widths().map(<[u8]>::len).sum::<usize>();
        let kinds = self.kinds.len().div_ceil(KINDS_A_BYTE);
        let mut out = Vec::with_capacity(4 * (numbers + 1) + 8 * codes().count() + words + kinds);
        let mut number = |n: u32| out.extend_from_slice(&n.to_le_bytes());
        number(self.quoted.len() as u32);
        self.quoted.iter().flatten().for_each(|&n| number(n));
        number(self.fields.len() as u32);
        widths().for_each(|w| number(w.len() as u32));
        codes().for_each(|lane| out.extend_from_slice(&lane.to_le_bytes()));
        widths().for_each(|w| out.extend_from_slice(w));
        if !self.kinds.is_empty() {
            out.extend_from_slice(&(self.kinds.len() as u32).to_le_bytes());
            let packed = |some: &[WordKind]| some.iter().rev().fold(0, |byte, &kind| byte << 2 | kind as u8);
            out.extend(self.kinds.chunks(KINDS_A_BYTE).map(packed));
        }
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
            return Ok(Self::default());
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
        let of_fields = words.checked_mul(stride * 8 + 1).filter(|&n| n <= rest.len()).ok_or_else(damaged)?;
        let (rest, kinds) = rest.split_at(of_fields);
        let kinds = unpack_kinds(kinds).ok_or_else(damaged)?;
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
        Ok(Self { quoted, fields, kinds })
    }
}

/// The kinds of words at the end of metadata; none if there are no bytes, as before segments of version 4.
fn unpack_kinds(bytes: &[u8]) -> Option<Vec<WordKind>> {
    let Some((count, packed)) = bytes.split_first_chunk::<4>() else {
        return bytes.is_empty().then(Vec::new);
    };
    let count = u32::from_le_bytes(*count) as usize;
    if packed.len() != count.div_ceil(KINDS_A_BYTE) {
        return None;
    }
    (0..count).map(|k| WordKind::from_bits(packed[k / KINDS_A_BYTE] >> (2 * (k % KINDS_A_BYTE)) & 3)).collect()
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
        let kinds = [WordKind::Name, WordKind::Ordinary, WordKind::Number, WordKind::Number, WordKind::Name].to_vec();
        let fields = vec![field(&[1, u64::MAX]), field(&[]), field(&[9])];
        let older = Metadata { quoted: vec![[3, 7], [9, 10]], fields, kinds: Vec::new() };
        let metadata = Metadata { kinds, ..older.clone() };
        let bytes = metadata.to_bytes();
        assert_eq!(from_bytes(&bytes).expect("its own bytes"), metadata);
        let end_of_older = older.to_bytes().len();
        assert_eq!(from_bytes(&bytes[..end_of_older]).expect("what older segments hold"), older);
        for cut in (1..bytes.len()).filter(|&cut| cut != end_of_older) {
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
