use super::*;

const RED: [u8; 3] = [208, 0, 0];
/// Of the same luma.
const GREEN: [u8; 3] = [0, 106, 0];
const SIDE: usize = 96;

/// Three rows of upright strokes of 2 × 10 pixels, 6 pixels apart, each row 24 pixels below the other.
fn is_stroke(x: usize, y: usize) -> bool {
    (16..80).contains(&x) && (16..88).contains(&y) && x % 6 < 2 && y % 24 < 10
}

fn picture(text: [u8; 3], ground: [u8; 3], scale: usize) -> Vec<[u8; 3]> {
    let side = SIDE * scale;
    (0..side * side).map(|at| if is_stroke(at % side / scale, at / side / scale) { text } else { ground }).collect()
}

fn shown(pixels: &[[u8; 3]], width: usize) -> (Vec<u8>, Vec<u8>) {
    let plain: Vec<u8> = pixels.iter().map(|&p| luma_of(p)).collect();
    let mut grey = plain.clone();
    show_by_colour(pixels, width, &mut grey);
    (plain, grey)
}

#[test]
fn text_of_its_grounds_luma_is_shown_in_either_polarity_and_size() {
    for (text, ground, scale) in [(RED, GREEN, 1), (GREEN, RED, 1), (RED, GREEN, 2)] {
        let side = SIDE * scale;
        let (plain, grey) = shown(&picture(text, ground, scale), side);
        for at in 0..side * side {
            let (before, after) = (plain[at], grey[at]);
            if is_stroke(at % side / scale, at / side / scale) {
                assert!(after.abs_diff(before) > 100, "a stroke of {text:?} on {ground:?} at {at}: {after}");
            } else {
                assert_eq!(after, before, "the ground at {at}");
            }
        }
    }
}

#[test]
fn text_that_luma_shows_keeps_its_luma() {
    for (text, ground) in [([0; 3], [255; 3]), ([20, 20, 120], [250, 240, 90]), (RED, [255; 3])] {
        let (plain, grey) = shown(&picture(text, ground, 1), SIDE);
        assert!(plain == grey, "{text:?} on {ground:?}");
    }
}

#[test]
fn a_panel_of_its_grounds_luma_is_no_text() {
    let panel = |at: usize| (20..76).contains(&(at % SIDE)) && (20..76).contains(&(at / SIDE));
    let pixels: Vec<[u8; 3]> = (0..SIDE * SIDE).map(|at| if panel(at) { RED } else { GREEN }).collect();
    let (plain, grey) = shown(&pixels, SIDE);
    assert!(plain == grey);
}

/// A picture of the largest size may be of one colour.
#[test]
fn more_pixels_of_one_colour_than_32_bits_can_sum_have_that_mean() {
    let pixels = u32::MAX as usize / 255 + 1;
    let colour = [255, 254, 3];
    assert_eq!(mean_colour(std::iter::repeat_n(colour, pixels)), colour);
}
