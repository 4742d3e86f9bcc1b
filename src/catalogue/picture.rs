//! Documents known from pictures only.

use std::collections::HashMap;

use crate::Error;
use crate::fingerprint::{Codes, Family, differing_bits, fingerprint};
use crate::page::{PageConfig, analyse};
use crate::raster::{RasterConfig, decode};

/// The words of a picture's likeliest reading, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) codes: Codes,
    pub(super) widths: Vec<u8>,
    /// Left and upper edge of each word, in pixels.
    places: Vec<[f32; 2]>,
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
    let place = |&k: &usize| {
        let [x0, y0, ..] = page.words[k].frame.hull().to_array();
        [x0, y0]
    };
    Ok(Reading {
        codes: Codes::from_data(family, data)?,
        widths: likeliest.iter().map(|&k| print.widths[k]).collect(),
        places: likeliest.iter().map(place).collect(),
    })
}

/// Fewest words that two captures have in common if one was scrolled on to the other.
const MIN_OVERLAP: usize = 5;
/// Words that stand together in one capture do so in the next, but for so many pixels.
const TOLERANCE_PX: f32 = 4.0;

/// The words of a capture that the one before does not show: those that are left when words which stand there too, moved as the window was
/// scrolled, or not at all (bars of the window), are taken out. The captures must be of one scale.
///
/// # Errors
///
/// None for readings of one family.
pub(super) fn without_overlap(before: &Reading, next: &Reading) -> Result<Reading, Error> {
    // Surely the same word, for the vote; perhaps the same word, if it stands where it should.
    let bits = before.codes.family().bits() as u32;
    let (sure, perhaps) = (bits / 6, bits / 3);
    let mut moved: Vec<(usize, u32, [f32; 2])> = Vec::new();
    for j in 0..next.widths.len() {
        for i in 0..before.widths.len() {
            let differ = differing_bits(before.codes.get(i), next.codes.get(j));
            if differ <= perhaps {
                let (a, b) = (before.places[i], next.places[j]);
                moved.push((j, differ, [a[0] - b[0], a[1] - b[1]]));
            }
        }
    }
    // How far most words moved, those left aside that stay where they were.
    let near = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).abs() <= TOLERANCE_PX && (a[1] - b[1]).abs() <= TOLERANCE_PX;
    let mut votes: HashMap<[i32; 2], usize> = HashMap::new();
    for (_, _, by) in moved.iter().filter(|(_, differ, by)| *differ <= sure && !near(*by, [0.0; 2])) {
        *votes.entry(by.map(|v| (v / TOLERANCE_PX).round() as i32)).or_default() += 1;
    }
    let scrolled = votes.into_iter().filter(|(_, n)| *n >= MIN_OVERLAP).max_by_key(|&(by, n)| (n, by));
    let scrolled = scrolled.map(|(by, _)| by.map(|v| v as f32 * TOLERANCE_PX));
    let still = moved.iter().filter(|(_, differ, by)| *differ <= sure && near(*by, [0.0; 2])).count() >= MIN_OVERLAP;
    let mut shown = vec![false; next.widths.len()];
    for (j, _, by) in moved {
        shown[j] |= still && near(by, [0.0; 2]) || scrolled.is_some_and(|s| near(by, s));
    }
    let kept: Vec<usize> = (0..shown.len()).filter(|&k| !shown[k]).collect();
    let data = kept.iter().flat_map(|&k| next.codes.get(k).iter().copied()).collect();
    Ok(Reading {
        codes: Codes::from_data(next.codes.family(), data)?,
        widths: kept.iter().map(|&k| next.widths[k]).collect(),
        places: kept.iter().map(|&k| next.places[k]).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One word a number, unlike each other, ten a line; the window's upper edge is at word `top`.
    fn reading(words: impl IntoIterator<Item = u64>, top: u64) -> Reading {
        let words: Vec<u64> = words.into_iter().collect();
        let codes: Vec<u64> = words.iter().map(|w| (w + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let place = |&w: &u64| [(w % 10) as f32 * 60.0, (w / 10) as f32 * 20.0 - (top / 10) as f32 * 20.0];
        Reading {
            widths: codes.iter().map(|w| (w >> 58) as u8 + 20).collect(),
            places: words.iter().map(place).collect(),
            codes: Codes::from_data(Family::Net, codes).expect("64 bits a word"),
        }
    }

    #[test]
    fn what_the_capture_before_shows_is_taken_once() {
        let rest = |before: &Reading, next: &Reading| without_overlap(before, next).expect("one family").codes;
        let first = reading(0..60, 0);
        assert_eq!(rest(&first, &reading(40..100, 40)), reading(60..100, 40).codes);
        assert_eq!(rest(&first, &reading(60..100, 60)), reading(60..100, 60).codes, "no overlap");
        assert_eq!(rest(&first, &reading(57..60, 50)).len(), 3, "three words in common may be chance");
        assert_eq!(rest(&first, &first).len(), 0, "the same capture twice");
        // A bar that stays where it is.
        let bar = |words: std::ops::Range<u64>, top| {
            let (mut page, bar) = (reading(words, top), reading(900..906, 900));
            page.codes.extend(&bar.codes).expect("one family");
            page.widths.extend(bar.widths);
            page.places.extend(bar.places);
            page
        };
        assert_eq!(rest(&bar(0..60, 0), &bar(40..100, 40)), reading(60..100, 40).codes);
    }
}
