//! The library's atlas against real rasterising of the same typefaces, as the library drew words before it had an
//! atlas.

use ab_glyph::{Font, ScaleFont};
use anyhow::{Context, Result};
use leakprint::catalogue::text::{Face, TextEncoder};
use leakprint::fingerprint::{Codes, Family, Patch, log_width};
use leakprint::geom::WordFrame;
use leakprint::raster::Raster;

use crate::typeface::Typeface;

/// Words of all lengths, with capitals, digits, marks, diacritics, Greek and Cyrillic.
const WORDS: &str = "a I of to in is on by it be as at so we he the and for are was but not you all any can had her his one our \
    out day get has him how man new now old see two way who boy did its let put say she too use that with have this will your \
    from they know want been good much some time very when come here just like long make many more only over such take than \
    them well were about after again could every first found great house large learn never other place plant point right \
    small sound spell still study their there these thing think three water where which world would write budget quarter \
    settlement acknowledgement responsibilities confidentiality Regards, Hi Dear Mr. Mrs. Dr. RE: FW: Fwd: ASAP FYI USA NASA \
    $1,250.00 2016-06-34 12:30 9/11 100% 3.14159 #42 (see) \"quoted\" 'single' don't we'll I'm it's AVAWAYTo To: Yours WAVE \
    alice@example.com https://example.org/a/b?c=d&e=f <bob@example.net> foo_bar() x=y+z; --- ... * - – — • → €50 £20 naïve café \
    Straße Žižek façade señor Ångström Łódź İstanbul Αθήνα καλημέρα Москва привет минимум illicit million mmm www fjord";

/// The x-height of the pictures that are the truth, in pixels.
const X_HEIGHT_PX: f32 = 20.0;

/// Prints, for each face, how much patches and codes differ from really rasterised ones, with kerning and without.
pub fn print(faces: &[Typeface<'_>]) -> Result<()> {
    println!(
        "atlas against rasterising at {X_HEIGHT_PX} px x-height; mean of 255, bits of {}, steps of width",
        Family::Dct.bits()
    );
    for (face, name) in faces.iter().zip([Face::Sans, Face::Serif, Face::Mono]) {
        let encoder = Family::Dct.encoder();
        let text = TextEncoder::new(&[name], &*encoder)?;
        for (title, kerned) in [("unkerned", false), ("kerned", true)] {
            let (mut ink, mut bits, mut width, mut words) = (0.0, 0, 0, 0);
            for word in WORDS.split_whitespace() {
                let Some((patch, log_width)) = rasterise(face, word, kerned) else { continue };
                let drawn = text.patch(word);
                let differences = patch.ink().iter().zip(drawn.patch.ink()).map(|(a, b)| f32::from(a.abs_diff(*b)));
                ink += differences.sum::<f32>() / patch.ink().len() as f32;
                let [mut a, mut b] = [Codes::new(Family::Dct), Codes::new(Family::Dct)];
                a.push(&*encoder, &patch)?;
                b.push(&*encoder, &drawn.patch)?;
                bits += a.distance_bits(0, &b, 0)?;
                width += u32::from(log_width.abs_diff(drawn.width));
                words += 1;
            }
            let mean = |sum: f32| sum / words as f32;
            let (ink, bits, width) = (mean(ink), mean(bits as f32), mean(width as f32));
            println!("{}, {title}: {words} words, ink {ink:.2}, code {bits:.2}, width {width:.2}", face.name);
        }
    }
    // What a loop over the words costs.
    let encoder = Family::Dct.encoder();
    let text = TextEncoder::new(&[Face::Sans], &*encoder)?;
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let rounds = 400;
    for (title, whole) in [("patch", false), ("patch and code (Dct)", true)] {
        let begin = std::time::Instant::now();
        for word in std::iter::repeat_n(&words, rounds).flatten() {
            if whole {
                std::hint::black_box(text.encode(word).context("a word of text")?);
            } else {
                std::hint::black_box(text.patch(word));
            }
        }
        println!("{title}: {:.0} ns a word", begin.elapsed().as_nanos() as f64 / (rounds * words.len()) as f64);
    }
    Ok(())
}

/// A word's patch and width from a picture of it; `None` if the face lacks a character.
fn rasterise(face: &Typeface<'_>, word: &str, kerned: bool) -> Option<(Patch, u8)> {
    let scale = face.scale(X_HEIGHT_PX, X_HEIGHT_PX);
    let scaled = face.font.as_scaled(scale);
    let (mut pen, mut before) = (X_HEIGHT_PX, None);
    let mut glyphs = Vec::new();
    for c in word.chars() {
        let id = face.glyph(c)?;
        if let Some(before) = before.filter(|_| kerned) {
            pen += scaled.kern(before, id);
        }
        glyphs.push((id, pen));
        pen += scaled.h_advance(id);
        before = Some(id);
    }
    let baseline = (2.2 * X_HEIGHT_PX).round();
    let (width, height) = ((pen + X_HEIGHT_PX).ceil() as i32, (3.2 * X_HEIGHT_PX) as i32);
    let mut ink = vec![0u8; (width * height) as usize];
    let (mut left, mut right) = (i32::MAX, i32::MIN);
    for (id, pen) in glyphs {
        face.draw(id, scale, pen, |x, y, cover| {
            let y = y + baseline as i32;
            if (0..width).contains(&x) && (0..height).contains(&y) {
                let pixel = &mut ink[(y * width + x) as usize];
                *pixel = pixel.saturating_add((cover * 255.0).round() as u8);
                if cover > 0.5 {
                    (left, right) = (left.min(x), right.max(x + 1));
                }
            }
        });
    }
    let frame = (left < right).then(|| WordFrame::level(left as f32, right as f32, baseline, X_HEIGHT_PX))?;
    let raster = Raster::from_luma(width as u32, height as u32, ink)?;
    Some((Patch::sample(&raster, &frame), log_width(frame.width_xh())))
}
