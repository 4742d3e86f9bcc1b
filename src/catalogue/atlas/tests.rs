use proptest::prelude::*;

use super::*;
use crate::raster::Raster;

fn unpacked() -> Vec<u8> {
    let mut body = Vec::new();
    lzma_rust2::XzReader::new(&BYTES[HEADER..BYTES.len() - 4], false).read_to_end(&mut body).unwrap();
    body
}

#[test]
fn damaged_atlases_are_refused() {
    assert!(Atlas::read(BYTES).is_ok());
    for k in (0..BYTES.len()).step_by(997).chain(0..HEADER + 8).chain(BYTES.len() - 8..BYTES.len()) {
        assert!(Atlas::read(&BYTES[..k]).is_err(), "cut at {k}");
        let mut bytes = BYTES.to_vec();
        bytes[k] ^= 0x20;
        assert!(Atlas::read(&bytes).is_err(), "byte {k} changed");
    }
    assert!(Atlas::read(&[BYTES, &[0]].concat()).is_err(), "a byte too many");
}

#[test]
fn a_cut_body_is_refused_whatever_its_checksum() {
    let body = unpacked();
    for k in (0..body.len()).step_by(20_011).chain(0..64).chain([body.len() - 1]) {
        assert!(Atlas::parse(&body[..k]).is_err(), "cut at {k}");
    }
    assert!(Atlas::parse(&[&body[..], &[0]].concat()).is_err(), "a byte too many");
}

#[test]
fn a_changed_body_is_no_panic() {
    let body = unpacked();
    for k in (0..body.len()).step_by(body.len() / 200).chain(0..64) {
        let mut changed = body.clone();
        changed[k] ^= 0xff;
        if let Ok(atlas) = Atlas::parse(&changed) {
            for face in 0..atlas.faces() {
                let _ = atlas.draw(face, "Quick—brown 1€");
            }
        }
    }
}

/// [`cells`] by the general way: each glyph a raster of its own, sampled point by point.
fn reference(placed: &[(&FaceAtlas, Glyph, i32)], left: i32, right: i32) -> [f32; ROWS * COLS] {
    let rasters: Vec<(Raster, f32)> = placed
        .iter()
        .map(|(face, g, pen)| {
            let columns = &face.columns[g.at..][..g.count];
            let luma = (0..2 * ROWS).flat_map(|y| columns.iter().map(move |c| c[y / 2])).collect();
            let raster = Raster::from_luma(g.count as u32, 2 * ROWS as u32, luma).unwrap();
            (raster, (pen + g.origin) as f32 / PARTS as f32 - 0.5)
        })
        .collect();
    let (left, width) = (left as f32 / PARTS as f32, (right - left) as f32 / PARTS as f32);
    let mut grey = [0.0; ROWS * COLS];
    for row in 0..2 * ROWS {
        for sample in 0..SAMPLES {
            let x = left + (sample as f32 + 0.5) * width.max(1.5) / SAMPLES as f32;
            let ink: f32 = rasters.iter().map(|(r, x0)| r.linear(x - x0, row as f32 + 0.5)).sum();
            grey[row / 2 * COLS + sample / OVER] += ink.min(255.0) / (2 * OVER) as f32;
        }
    }
    grey
}

fn most_different(a: &Patch, b: &Patch) -> u8 {
    a.ink().iter().zip(b.ink()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn one_glyph_is_sampled_as_a_picture_of_it_is() {
    let atlas = atlas().unwrap();
    for letter in ["a", "W", "g", "8", "ж", "é", "@"] {
        let (placed, _) = atlas.lay_out(0, letter);
        let (face, g, pen) = placed[0];
        let columns = &face.columns[g.at..][..g.count];
        let luma = (0..2 * ROWS).flat_map(|y| columns.iter().map(move |c| c[y / 2])).collect();
        let raster = Raster::from_luma(g.count as u32, 2 * ROWS as u32, luma).unwrap();
        let x = |parts: i32| (pen + parts - g.origin) as f32 / PARTS as f32 + 0.5;
        let frame = crate::geom::WordFrame::level(x(g.left), x(g.right), 28.0, X_HEIGHT_PX as f32);
        let difference = most_different(&Patch::sample(&raster, &frame), &atlas.draw(0, letter).patch);
        assert!(difference <= 6, "{letter}: {difference}");
    }
}

proptest! {
    #[test]
    fn the_fast_way_equals_the_general_one(word in "[!-~À-ʯΑ-ωА-я–—€…]{1,24}", face in 0usize..3) {
        let atlas = atlas().unwrap();
        let (placed, complete) = atlas.lay_out(face, &word);
        prop_assume!(complete);
        let (left, right) = ends(&placed);
        // Before they are normalised, which is no continuous function: half of an "i" is ink, and either half may be.
        let fast = cells(&placed, left, right).map(|c| f32::from(c) / f32::from(UNIT));
        let general = reference(&placed, left, right);
        let difference = fast.iter().zip(&general).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        prop_assert!(difference <= 4.0, "{difference}");
    }
}

#[test]
fn marks_compose_and_nothing_is_seen_of_zero_width() {
    let atlas = atlas().unwrap();
    assert_eq!(atlas.draw(0, "caf\u{e9}"), atlas.draw(0, "cafe\u{301}"));
    assert_eq!(atlas.draw(1, "\u{1ec7}"), atlas.draw(1, "e\u{323}\u{302}"));
    assert_eq!(atlas.draw(2, "soft\u{ad}ly"), atlas.draw(2, "softly"));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let atlas = atlas().unwrap();
    for word in ["naïve", "Straße", "Žižek", "Αθήνα", "Москва", "№5", "€1.000,–", "→", "•", "“so”"]
    {
        assert!((0..3).all(|face| atlas.draw(face, word).complete), "{word}");
    }
    for word in ["東京", "ok👍", "\u{200b}", ""] {
        assert!(!atlas.draw(0, word).complete, "{word}");
    }
}
