use proptest::prelude::*;

use super::*;

fn bar(background: u8, ink: u8) -> Raster {
    let (w, h) = (100u32, 60u32);
    let luma =
        (0..w * h).map(|i| if (40..44).contains(&(i % w)) && (10..50).contains(&(i / w)) { ink } else { background });
    Raster::from_luma(w, h, luma.collect()).expect("a small raster")
}

#[test]
fn frames_reach_as_far_as_the_rows_of_a_patch() {
    let xh = |rows: usize| rows as f32 / X_HEIGHT_ROWS as f32;
    assert_eq!(xh(ASCENDER_ROWS + X_HEIGHT_ROWS), crate::geom::PATCH_ABOVE_XH);
    assert_eq!(xh(DESCENDER_ROWS), crate::geom::PATCH_BELOW_XH);
}

#[test]
fn polarity_and_contrast_are_taken_out() {
    let frame = WordFrame::level(20.0, 68.0, 40.0, 16.0);
    let dark_on_light = Patch::sample(&bar(250, 10), &frame);
    assert_eq!(dark_on_light, Patch::sample(&bar(10, 250), &frame));
    let faint = Patch::sample(&bar(200, 150), &frame);
    let difference = faint.ink().iter().zip(dark_on_light.ink()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(difference <= Some(2), "faint text differs by {difference:?}");
    assert_eq!((dark_on_light.at(9, 0), dark_on_light.at(9, 21)), (0, 255));
}

proptest! {
    #[test]
    fn cells_are_normalised_as_grey_values_are(
        cells in prop::collection::vec(prop_oneof![4 => Just(0u16), 3 => 0u16..=32_640], ROWS * COLS),
        ink in 0.0f32..1.0,
    ) {
        // All shares of ink, none and full included.
        let inked = |k: usize| (k * 7919 % (ROWS * COLS)) as f32 <= ink * 1.1 * (ROWS * COLS) as f32;
        let cells: [u16; ROWS * COLS] = std::array::from_fn(|k| if inked(k) { cells[k] } else { 0 });
        let grey = cells.map(|c| f32::from(c) / 128.0);
        let (fast, slow) = (Patch::from_cells(&cells, 128), Patch::from_grey(&grey));
        prop_assert!(fast.ink().iter().zip(slow.ink()).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}

proptest! {
    #[test]
    fn on_a_level_baseline_as_sample_by_sample(
        luma in prop::collection::vec(any::<u8>(), 60 * 40),
        (x0, baseline) in (-30.0f32..80.0, -20.0f32..60.0),
        (width, x_height) in (0.5f32..70.0, 1.0f32..30.0),
    ) {
        let raster = Raster::from_luma(60, 40, luma).expect("a small raster");
        let frame = WordFrame::level(x0, x0 + width, baseline, x_height);
        let fast = if x_height < CUBIC_BELOW_PX { level::<4>(&raster, &frame) } else { level::<2>(&raster, &frame) };
        prop_assert_eq!(fast, slanted(&raster, &frame));
    }
}

#[test]
fn flat_area_has_no_ink() {
    let frame = WordFrame::level(20.0, 68.0, 40.0, 16.0);
    assert!(Patch::sample(&bar(99, 99), &frame).ink().iter().all(|&v| v == 0));
}

#[test]
fn outside_of_the_picture_is_no_panic() {
    let frame = WordFrame::level(-50.0, 500.0, -10.0, 3.0);
    let _ = Patch::sample(&bar(99, 0), &frame);
}
