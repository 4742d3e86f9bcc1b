use image::imageops::{FilterType, replace, resize};
use image::{DynamicImage, ImageFormat, RgbImage};

use super::*;
use crate::catalogue::picture::read;
use crate::fingerprint::{Codes, Family};

/// One word a number, unlike each other, ten a line; the window's upper edge is at word `top`.
fn reading(words: impl IntoIterator<Item = u64>, top: u64) -> Reading {
    let words: Vec<u64> = words.into_iter().collect();
    let codes: Vec<u64> = words.iter().map(|w| (w + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let place = |&w: &u64| Place {
        x: (w % 10) as f32 * 60.0,
        y: (w / 10) as f32 * 20.0 - (top / 10) as f32 * 20.0,
        width_px: 40.0,
        x_height_px: 7.0,
        line: (w / 10) as u32,
    };
    Reading {
        widths: codes.iter().map(|w| (w >> 58) as u8 + 20).collect(),
        places: words.iter().map(place).collect(),
        codes: Codes::from_data(Family::Net, codes).expect("64 bits a word"),
    }
}

/// The numbers of the words that are kept.
fn joined(captures: &[Vec<u64>], tops: &[u64]) -> Vec<u64> {
    let readings: Vec<Reading> = captures.iter().zip(tops).map(|(c, &top)| reading(c.iter().copied(), top)).collect();
    stitch(&readings).iter().zip(captures).flat_map(|(kept, words)| kept.iter().map(|&k| words[k])).collect()
}

#[test]
fn what_two_captures_show_is_taken_once() {
    let words = |range: std::ops::Range<u64>| range.collect::<Vec<_>>();
    assert_eq!(joined(&[words(0..60), words(40..100)], &[0, 40]), words(0..100));
    assert_eq!(joined(&[words(0..60), words(20..80), words(70..130)], &[0, 20, 70]), words(0..130));
    assert_eq!(joined(&[words(0..60), words(60..100)], &[0, 60]), words(0..100), "no overlap");
    assert_eq!(joined(&[words(0..60), words(0..60)], &[0, 0]), words(0..60), "the same twice");
    assert_eq!(joined(&[words(0..60), words(57..60)], &[0, 50]).len(), 63, "three words in common may be chance");
    let mut upwards = joined(&[words(40..100), words(0..60)], &[40, 0]);
    upwards.sort_unstable();
    assert_eq!(upwards, words(0..100), "captured from the foot to the head");
    // A window's bars: above the text at words 900, below it at 950; the text is seen between.
    let bars = |range: std::ops::Range<u64>| [words(900..906), words(range), words(950..956)].concat();
    let captures = [bars(0..60), bars(40..100), bars(80..130)];
    let tops = [0, 40, 80];
    let mut readings: Vec<Reading> =
        captures.iter().zip(tops).map(|(c, top)| reading(c.iter().copied(), top)).collect();
    for (reading, captured) in readings.iter_mut().zip(&captures) {
        for (place, &word) in reading.places.iter_mut().zip(captured).filter(|(_, word)| **word >= 900) {
            place.y = if word < 950 { -30.0 } else { 150.0 };
        }
    }
    let kept = stitch(&readings);
    let kept: Vec<u64> = kept.iter().zip(&captures).flat_map(|(k, words)| k.iter().map(|&k| words[k])).collect();
    assert_eq!(kept, bars(0..130));
}

/// Captures of a picture of a whole mail: where they begin and end, how every second one is scaled, whether they were
/// compressed, how many rows at the window's head stay.
struct Window {
    rows: &'static [[u32; 2]],
    scale: f32,
    jpeg: bool,
    head: u32,
}

#[test]
fn scrolled_windows_give_each_word_once_wherever_lines_are_cut() {
    let shot = image::open("testdata/shots/backup-breach--terminal.png").expect("a fixture").to_rgb8();
    let other = image::open("testdata/shots/shop-rota--desktop.png").expect("a fixture").to_rgb8();
    let (mut overlapping, mut twice, mut lost, mut all) = (0, 0, 0, 0);
    for (shot, windows) in [
        (
            &shot,
            [
                Window { rows: &[[0, 405], [297, 640]], scale: 1.0, jpeg: false, head: 0 },
                Window { rows: &[[0, 333], [211, 549], [402, 640]], scale: 1.0, jpeg: true, head: 0 },
                Window { rows: &[[0, 420], [301, 640]], scale: 0.85, jpeg: false, head: 0 },
                Window { rows: &[[0, 398], [190, 588], [242, 640]], scale: 1.0, jpeg: false, head: 71 },
            ],
        ),
        (
            &other,
            [
                Window { rows: &[[0, 610], [423, 906]], scale: 1.0, jpeg: true, head: 0 },
                Window { rows: &[[0, 577], [451, 906]], scale: 1.2, jpeg: true, head: 0 },
                Window { rows: &[[0, 500], [206, 706], [406, 906]], scale: 1.0, jpeg: false, head: 64 },
                Window { rows: &[[0, 590], [480, 906]], scale: 1.0, jpeg: false, head: 0 },
            ],
        ),
    ] {
        for window in windows {
            let whole = reading_of(shot, false);
            let readings: Vec<Reading> =
                (0..window.rows.len()).map(|k| reading_of(&capture(shot, &window, k), window.jpeg)).collect();
            let kept = stitch(&readings);
            // Each word's place in the whole picture.
            for place in &whole.places {
                let [mut seen, mut taken] = [0; 2];
                for (k, (reading, kept)) in readings.iter().zip(&kept).enumerate() {
                    let (head, top) = (if k > 0 { window.head } else { 0 }, window.rows[k][0] as f32);
                    let scale = if k % 2 == 1 { window.scale } else { 1.0 };
                    let is_here = |p: &Place| {
                        let y = if p.y / scale < head as f32 { p.y / scale } else { p.y / scale + top };
                        (y - place.y).abs() < 0.8 * place.x_height_px
                            && (p.x / scale - place.x).abs() < 0.5 * (p.width_px / scale).max(place.width_px)
                    };
                    seen += usize::from(reading.places.iter().any(is_here));
                    taken += usize::from(kept.iter().any(|&k| is_here(&reading.places[k])));
                }
                all += usize::from(seen > 0);
                overlapping += usize::from(seen > 1);
                twice += usize::from(taken > 1);
                lost += usize::from(seen > 0 && taken == 0);
            }
        }
    }
    assert!(overlapping > 500, "{overlapping} words overlap");
    assert!(twice * 100 < overlapping * 3, "{twice} of {overlapping} are taken twice");
    assert!(lost * 100 < all, "{lost} of {all} are lost");
}

fn capture(shot: &RgbImage, window: &Window, k: usize) -> RgbImage {
    let [top, end] = window.rows[k];
    let mut picture = image::imageops::crop_imm(shot, 0, top, shot.width(), end - top).to_image();
    if k > 0 {
        replace(&mut picture, &image::imageops::crop_imm(shot, 0, 0, shot.width(), window.head).to_image(), 0, 0);
    }
    let scaled = |length: u32| (length as f32 * window.scale).round() as u32;
    if k.is_multiple_of(2) || window.scale == 1.0 {
        return picture;
    }
    resize(&picture, scaled(picture.width()), scaled(picture.height()), FilterType::Lanczos3)
}

fn reading_of(picture: &RgbImage, jpeg: bool) -> Reading {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let format = if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
    DynamicImage::from(picture.clone()).write_to(&mut bytes, format).expect("a picture in memory");
    read(&bytes.into_inner(), Family::Net).expect("a picture with text")
}
