//! Documents known from pictures only.

use crate::Error;
use crate::fingerprint::{Codes, Family, differing_bits, fingerprint};
use crate::page::{PageConfig, analyse};
use crate::raster::{RasterConfig, decode};

/// The words of a picture's likeliest reading, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) codes: Codes,
    pub(super) widths: Vec<u8>,
}

/// Reads a picture.
pub(super) fn read(bytes: &[u8], family: Family) -> Result<Reading, Error> {
    let page = analyse(&decode(bytes, &RasterConfig::default())?, &PageConfig::default());
    let print = fingerprint(&page, &*family.encoder())?;
    let likeliest: Vec<usize> = (0..page.words.len()).filter(|&k| page.words[k].likeliest).collect();
    if likeliest.is_empty() {
        return Err(Error::input("picture", "no lines of text were found"));
    }
    let data = likeliest.iter().flat_map(|&k| print.codes.get(k).iter().copied()).collect();
    Ok(Reading { codes: Codes::from_data(family, data)?, widths: likeliest.iter().map(|&k| print.widths[k]).collect() })
}

/// Fewest words that two captures have in common if one was scrolled on to the other.
const MIN_OVERLAP: i32 = 5;
/// Words of a capture that may stand beyond the overlap, as a share of its words and in words: bars that do not scroll.
const MAX_BEYOND: (f32, usize) = (0.2, 12);

/// Joins two captures in a row: where the end of the first shows the same words as the beginning of the second, they are taken
/// once, and so is whatever lies between the overlap and the edges (bars of the window). Without an overlap the second follows the first.
///
/// The overlap is the best local alignment: 1 for the same word, −1 for another one, a missing or an additional one.
///
/// # Errors
///
/// None for readings of one family.
pub(super) fn join(above: &Reading, below: &Reading) -> Result<Reading, Error> {
    let cut = overlap(above, below);
    let (end, begin) = cut.unwrap_or((above.widths.len(), 0));
    let stride = above.codes.stride();
    let data = [&above.codes.data()[..end * stride], &below.codes.data()[begin * stride..]].concat();
    let codes = Codes::from_data(above.codes.family(), data)?;
    Ok(Reading { codes, widths: [&above.widths[..end], &below.widths[begin..]].concat() })
}

/// Where the first capture ends and the second goes on, if they overlap.
fn overlap(above: &Reading, below: &Reading) -> Option<(usize, usize)> {
    let (rows, columns) = (above.widths.len(), below.widths.len());
    let same_bits = above.codes.family().bits() as u32 / 6;
    // Score and where the alignment begins in the second capture.
    let mut row = vec![(0i32, 0usize); columns + 1];
    let mut best: Option<(i32, usize, usize)> = None;
    for i in 0..rows {
        let mut before = std::mem::take(&mut row);
        row = vec![(0, 0); columns + 1];
        for (j, cell) in before.iter_mut().enumerate().filter(|(_, c)| c.0 == 0) {
            cell.1 = j;
        }
        for j in 0..columns {
            let same = differing_bits(above.codes.get(i), below.codes.get(j)) <= same_bits
                && above.widths[i].abs_diff(below.widths[j]) <= 6;
            let earned = if same { 1 } else { -1 };
            let reached = (before[j].0 + earned, before[j].1)
                .max((before[j + 1].0 - 1, before[j + 1].1))
                .max((row[j].0 - 1, row[j].1));
            row[j + 1] = if reached.0 > 0 { reached } else { (0, j + 1) };
            let (score, begin) = row[j + 1];
            let near = |beyond: usize, all: usize| beyond as f32 <= MAX_BEYOND.0 * all as f32 + MAX_BEYOND.1 as f32;
            if score >= MIN_OVERLAP
                && near(rows - i - 1, rows)
                && near(begin, columns)
                && best.is_none_or(|(most, ..)| score > most)
            {
                best = Some((score, i + 1, j + 1));
            }
        }
    }
    best.map(|(_, i, j)| (i, j))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One word a number, unlike each other.
    fn reading(words: impl IntoIterator<Item = u64>) -> Reading {
        let words: Vec<u64> = words.into_iter().map(|w| (w + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        Reading {
            widths: words.iter().map(|w| (w >> 58) as u8 + 20).collect(),
            codes: Codes::from_data(Family::Net, words).expect("64 bits a word"),
        }
    }

    fn join(above: &Reading, below: &Reading) -> Reading {
        super::join(above, below).expect("one family")
    }

    #[test]
    fn scrolled_captures_are_joined_where_they_overlap() {
        let whole = reading(0..100);
        assert_eq!(join(&reading(0..60), &reading(45..100)), whole);
        assert_eq!(join(&reading(0..60), &reading(60..100)), whole, "no overlap");
        assert_eq!(join(&reading(0..60), &reading(57..100)).widths.len(), 103, "three words in common may be chance");
        // Bars that stay where they are, above and below the text.
        let (top, bottom) = (900..906, 950..954);
        let first = reading(top.clone().chain(0..60).chain(bottom.clone()));
        let second = reading(top.clone().chain(45..100).chain(bottom.clone()));
        assert_eq!(join(&first, &second), reading(top.chain(0..100).chain(bottom)));
        // A word read differently, one lost.
        let read_differently = reading((45..50).chain([777]).chain(51..54).chain(55..100));
        assert_eq!(join(&reading(0..60), &read_differently), whole);
        assert_eq!(join(&reading(0..60), &reading(0..60)), reading(0..60), "the same capture twice");
    }
}
