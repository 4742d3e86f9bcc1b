//! Pictures that are turned and laid flat, pixel by pixel.

use super::dewarp::Warp;
use crate::geom::Point;
use crate::raster::Raster;

/// Pixels between exact places when resampling.
///
/// Tuned (pixels): by test within three grey levels of exact places everywhere.
const EXACT_STEP_PX: u32 = 16;

/// Resamples a turned picture to the upright page (cubic interpolation; outside of the picture its border's middle
/// grey).
pub(crate) fn flat_page(warp: &Warp, turned: &Raster) -> Option<Raster> {
    let (width, height) = warp.flat_size()?;
    let around = border_grey(turned);
    let (w, h) = (turned.width() as f32, turned.height() as f32);
    let mut luma = Vec::with_capacity(width as usize * height as usize);
    let at = |x: u32, y: u32| warp.to_turned(Point { x: x as f32 + 0.5, y: y as f32 + 0.5 });
    for y in 0..height {
        let mut x = 0;
        let mut from = at(0, y);
        while x < width {
            // Straight between exact places.
            let n = EXACT_STEP_PX.min(width - x);
            let to = at(x + EXACT_STEP_PX, y);
            let (dx, dy) = ((to.x - from.x) / EXACT_STEP_PX as f32, (to.y - from.y) / EXACT_STEP_PX as f32);
            for k in 0..n {
                let (px, py) = (from.x + dx * k as f32, from.y + dy * k as f32);
                let inside = px >= 0.0 && py >= 0.0 && px < w && py < h;
                luma.push(if inside { turned.cubic(px, py).round() as u8 } else { around });
            }
            x += EXACT_STEP_PX;
            from = to;
        }
    }
    Raster::from_luma(width, height, luma)
}

/// The middle grey value of a picture's outermost pixels.
fn border_grey(raster: &Raster) -> u8 {
    let (w, h) = (raster.width() as usize, raster.height());
    let mut greys: Vec<u8> = [raster.row(0), raster.row(h - 1)].concat();
    greys.extend((0..h).flat_map(|y| [raster.row(y)[0], raster.row(y)[w - 1]]));
    let middle = greys.len() / 2;
    *greys.select_nth_unstable(middle).1
}

/// A picture after quarter turns clockwise.
pub(crate) fn turn(raster: &Raster, quarter_turns: u8) -> Raster {
    let (w, h) = (raster.width(), raster.height());
    let luma = raster.luma();
    let at = |x: u32, y: u32| luma[y as usize * w as usize + x as usize];
    let (width, height, turned): (u32, u32, Vec<u8>) = match quarter_turns % 4 {
        0 => return raster.clone(),
        1 => (h, w, (0..w).flat_map(|x| (0..h).rev().map(move |y| at(x, y))).collect()),
        2 => (w, h, luma.iter().rev().copied().collect()),
        _ => (h, w, (0..w).rev().flat_map(|x| (0..h).map(move |y| at(x, y))).collect()),
    };
    // As many pixels as before.
    Raster::from_luma(width, height, turned).unwrap_or_else(|| raster.clone())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::orientation::bend::{Bend, TERMS};

    const SIZE: (u32, u32) = (120, 90);

    fn bend(angle: f64, field: [f64; TERMS]) -> Bend {
        Bend { centre: Point { x: 60.0, y: 45.0 }, angle, unit_px: 60.0, field }
    }

    fn speckled() -> Raster {
        let mut random = crate::random::SplitMix64::new(7);
        let luma = (0..SIZE.0 * SIZE.1).map(|_| random.below(256) as u8);
        Raster::from_luma(SIZE.0, SIZE.1, luma.collect()).expect("a small raster")
    }

    #[test]
    fn turned_pictures_have_the_pixels_that_the_warp_names() {
        let picture = speckled();
        for quarter_turns in 0..4 {
            let (page, warp) = (turn(&picture, quarter_turns), Warp::from_turns(&picture, quarter_turns));
            assert_eq!((page.width(), page.height()), warp.turned_size());
            for y in 0..page.height() {
                for x in 0..page.width() {
                    let p = warp.to_picture(Point { x: x as f32 + 0.5, y: y as f32 + 0.5 });
                    assert_eq!(page.row(y)[x as usize], picture.row(p.y as u32)[p.x as usize], "{quarter_turns} turns");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn resampling_in_steps_is_resampling_pixel_by_pixel(
            angle in -0.2f64..0.2,
            field in prop::array::uniform6(-0.02f64..0.02),
            tall in 1.0f32..2.0,
        ) {
            // A smooth picture: on speckles, a hundredth of a pixel would count.
            let luma = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| {
                (128.0 + 60.0 * (x as f32 / 5.0).sin() + 60.0 * (y as f32 / 4.0).cos()) as u8
            }));
            let picture = Raster::from_luma(SIZE.0, SIZE.1, luma.collect()).expect("a small raster");
            let warp = Warp::from_turns(&picture, 0).flattened(bend(angle, field), tall);
            let page = flat_page(&warp, &picture).expect("it was flattened");
            for y in 0..page.height() {
                for x in 0..page.width() {
                    let p = warp.to_turned(Point { x: x as f32 + 0.5, y: y as f32 + 0.5 });
                    // At the very border, a hundredth of a pixel decides what is outside.
                    let inside = p.x > 0.1 && p.y > 0.1 && p.x < 119.9 && p.y < 89.9;
                    let slow = picture.cubic(p.x, p.y);
                    let fast = f32::from(page.row(y)[x as usize]);
                    prop_assert!(!inside || (slow - fast).abs() <= 3.0, "{slow} at {x}, {y} became {fast}");
                }
            }
        }
    }
}
