//! The map between the picture and the upright page that is read: a quarter turn, a small rotation, and a smooth field that
//! takes out perspective and curvature.
//!
//! Only what bends lines of text is modelled: how far each point of the page lies above or below the straight line it belongs
//! on. Where it lies along the line does not matter to words, whose width is normalised anyway.

use crate::geom::{Point, Rect};
use crate::raster::Raster;

/// Terms of the field, in the order of [`terms`].
pub(crate) const TERMS: usize = 6;

/// The field's terms at a point: skew, convergence of lines, curvature, curvature that changes downwards, skewed curvature,
/// convergence that changes downwards. All vanish at `u = 0`, so that a line keeps its height in the middle.
pub(crate) fn terms(u: f64, v: f64) -> [f64; TERMS] {
    [u, u * v, u * u, u * u * v, u * u * u, u * v * v]
}

/// Each term as a power of `u` and what stands before it: [`terms`] of all points of one height.
pub(crate) fn powers(v: f64) -> [(usize, f64); TERMS] {
    [(1, 1.0), (1, v), (2, 1.0), (2, v), (3, 1.0), (1, v * v)]
}

/// How to lay a picture flat: rotation about its centre, then a vertical displacement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bend {
    /// Centre of the bent picture, in pixels.
    pub(crate) centre: Point,
    /// Angle of the text in the bent picture, in radians, clockwise.
    pub(crate) angle: f64,
    /// Unit of the field's coordinates, in pixels.
    pub(crate) unit_px: f64,
    /// Weights of the field's terms.
    pub(crate) field: [f64; TERMS],
}

impl Bend {
    fn displacement(&self, u: f64, v: f64) -> f64 {
        terms(u, v).iter().zip(&self.field).map(|(t, f)| t * f).sum()
    }

    /// From coordinates of the flat page, centred and in units, to pixels of the bent picture.
    fn bend(&self, u: f64, v: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let w = v + self.displacement(u, v);
        let (x, y) = (u * cos - w * sin, u * sin + w * cos);
        (f64::from(self.centre.x) + x * self.unit_px, f64::from(self.centre.y) + y * self.unit_px)
    }

    /// The inverse of [`Bend::bend`], by fixed-point iteration: the field is small.
    fn flatten(&self, x: f64, y: f64) -> (f64, f64) {
        let (u, w) = self.rotate_back(x, y);
        let mut v = w;
        for _ in 0..8 {
            v = w - self.displacement(u, v);
        }
        (u, v)
    }

    /// Rotation taken out, but not the field: centred, in units.
    pub(crate) fn rotate_back(&self, x: f64, y: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let (x, y) = ((x - f64::from(self.centre.x)) / self.unit_px, (y - f64::from(self.centre.y)) / self.unit_px);
        (x * cos + y * sin, y * cos - x * sin)
    }

    /// The same field seen upside down.
    fn turned(&self) -> Self {
        let [skew, converge, curve, curve_down, cubic, converge_down] = self.field;
        let field = [skew, -converge, -curve, curve_down, cubic, converge_down];
        Self { field, ..self.clone() }
    }
}

/// The flat page of a bent picture.
#[derive(Clone, Debug, PartialEq)]
struct Flat {
    bend: Bend,
    /// How many times as high the page is drawn as it is wide, to make up for a stretched picture.
    tall: f32,
    /// Size of the flat page, in pixels.
    width: u32,
    height: u32,
    /// The bent picture's centre on the flat page.
    centre: Point,
}

/// How an upright page lies in the picture as displayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Warp {
    /// Size of the picture, in pixels.
    picture: (u32, u32),
    /// Quarter turns clockwise that bring the picture upright, 0 to 3.
    quarter_turns: u8,
    /// What is left after them.
    flat: Option<Flat>,
}

impl Warp {
    /// A picture that needs quarter turns only.
    pub(crate) fn turned(picture: &Raster, quarter_turns: u8) -> Self {
        Self { picture: (picture.width(), picture.height()), quarter_turns, flat: None }
    }

    /// Lays flat what is left after the quarter turns, and draws it `tall` times as high.
    pub(crate) fn flattened(&self, bend: Bend, tall: f32) -> Self {
        let tall = tall.clamp(1.0, MOST_TALL);
        let (w, h) = self.turned_size();
        // The flat page holds all of the picture.
        let steps = |k: u32, side: u32| f64::from(side) * f64::from(k) / 8.0;
        let border = (0..=8).flat_map(|k| {
            let (x, y) = (steps(k, w), steps(k, h));
            [(x, 0.0), (x, f64::from(h)), (0.0, y), (f64::from(w), y)]
        });
        let hull = border
            .map(|(x, y)| {
                let (u, v) = bend.flatten(x, y);
                let (x, y) = ((u * bend.unit_px) as f32, (v * bend.unit_px) as f32 * tall);
                Rect::new(x, y, x, y)
            })
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default();
        let centre = Point { x: -hull.x0.floor(), y: -hull.y0.floor() };
        let (width, height) = ((hull.x1.ceil() + centre.x) as u32, (hull.y1.ceil() + centre.y) as u32);
        let flat = Flat { bend, tall, width: width.max(1), height: height.max(1), centre };
        Self { flat: Some(flat), ..self.clone() }
    }

    /// The same page the other way up.
    pub(crate) fn upside_down(&self) -> Self {
        let mut this = Self { quarter_turns: (self.quarter_turns + 2) % 4, ..self.clone() };
        let (w, h) = self.turned_size();
        if let Some(flat) = &mut this.flat {
            let mirrored = |p: Point, w: u32, h: u32| Point { x: w as f32 - p.x, y: h as f32 - p.y };
            flat.bend = Bend { centre: mirrored(flat.bend.centre, w, h), ..flat.bend.turned() };
            flat.centre = mirrored(flat.centre, flat.width, flat.height);
        }
        this
    }

    /// Quarter turns clockwise that bring the picture upright, 0 to 3.
    #[must_use]
    pub fn quarter_turns(&self) -> u8 {
        self.quarter_turns
    }

    /// Angle by which the text is tilted after the quarter turns, in degrees, clockwise.
    #[must_use]
    pub fn degrees(&self) -> f32 {
        self.flat.as_ref().map_or(0.0, |f| f.bend.angle.to_degrees() as f32)
    }

    /// How many times as high the page is drawn as the picture shows it.
    #[must_use]
    pub fn tall(&self) -> f32 {
        self.flat.as_ref().map_or(1.0, |f| f.tall)
    }

    /// Size of the picture after quarter turns.
    pub(crate) fn turned_size(&self) -> (u32, u32) {
        let (w, h) = self.picture;
        if self.quarter_turns.is_multiple_of(2) { (w, h) } else { (h, w) }
    }

    /// A point of the upright page in the picture after quarter turns.
    pub(crate) fn to_turned(&self, p: Point) -> Point {
        let Some(flat) = &self.flat else { return p };
        let unit = flat.bend.unit_px;
        let (x, y) =
            flat.bend.bend(f64::from(p.x - flat.centre.x) / unit, f64::from((p.y - flat.centre.y) / flat.tall) / unit);
        Point { x: x as f32, y: y as f32 }
    }

    /// Where a point of the upright page lies in the picture.
    #[must_use]
    pub fn to_picture(&self, p: Point) -> Point {
        let p = self.to_turned(p);
        let (w, h) = (self.picture.0 as f32, self.picture.1 as f32);
        match self.quarter_turns {
            0 => p,
            1 => Point { x: p.y, y: h - p.x },
            2 => Point { x: w - p.x, y: h - p.y },
            _ => Point { x: w - p.y, y: p.x },
        }
    }

    /// Resamples a turned picture to the upright page (cubic interpolation; outside of the picture its border's middle grey).
    pub(crate) fn flat_page(&self, turned: &Raster) -> Option<Raster> {
        let flat = self.flat.as_ref()?;
        let around = border_grey(turned);
        let (w, h) = (turned.width() as f32, turned.height() as f32);
        let mut luma = Vec::with_capacity(flat.width as usize * flat.height as usize);
        let at = |x: u32, y: u32| self.to_turned(Point { x: x as f32 + 0.5, y: y as f32 + 0.5 });
        for y in 0..flat.height {
            let mut x = 0;
            let mut from = at(0, y);
            while x < flat.width {
                // Exact at every 16th pixel, straight between.
                let n = STEP.min(flat.width - x);
                let to = at(x + STEP, y);
                let (dx, dy) = ((to.x - from.x) / STEP as f32, (to.y - from.y) / STEP as f32);
                for k in 0..n {
                    let (px, py) = (from.x + dx * k as f32, from.y + dy * k as f32);
                    let inside = px >= 0.0 && py >= 0.0 && px < w && py < h;
                    luma.push(if inside { turned.cubic(px, py).round() as u8 } else { around });
                }
                x += STEP;
                from = to;
            }
        }
        Raster::from_luma(flat.width, flat.height, luma)
    }
}

/// No picture is stretched more than this.
const MOST_TALL: f32 = 2.0;
/// Pixels between exact places when resampling.
const STEP: u32 = 16;

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

    const SIZE: (u32, u32) = (120, 90);

    fn bend(angle: f64, field: [f64; TERMS]) -> Bend {
        Bend { centre: Point { x: 60.0, y: 45.0 }, angle, unit_px: 60.0, field }
    }

    fn speckled() -> Raster {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Raster::from_luma(SIZE.0, SIZE.1, (0..SIZE.0 * SIZE.1).map(|_| next()).collect()).expect("a small raster")
    }

    #[test]
    fn turned_pictures_have_the_pixels_that_the_warp_names() {
        let picture = speckled();
        for quarter_turns in 0..4 {
            let (page, warp) = (turn(&picture, quarter_turns), Warp::turned(&picture, quarter_turns));
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
        fn flattening_undoes_bending(
            angle in -0.2f64..0.2,
            field in prop::array::uniform6(-0.05f64..0.05),
            u in -1.0f64..1.0,
            v in -1.0f64..1.0,
        ) {
            let bend = bend(angle, field);
            let (x, y) = bend.bend(u, v);
            let (u2, v2) = bend.flatten(x, y);
            prop_assert!((u - u2).abs() < 1e-3 && (v - v2).abs() < 1e-3, "{u}, {v} came back as {u2}, {v2}");
        }

        #[test]
        fn the_other_way_up_is_the_same_place(
            angle in -0.2f64..0.2,
            field in prop::array::uniform6(-0.05f64..0.05),
            tall in 1.0f32..2.0,
            turns in 0u8..4,
            x in 0.0f32..100.0,
            y in 0.0f32..80.0,
        ) {
            let warp = Warp::turned(&speckled(), turns).flattened(bend(angle, field), tall);
            let flat = warp.flat.as_ref().expect("it was flattened");
            let mirrored = Point { x: flat.width as f32 - x, y: flat.height as f32 - y };
            let (a, b) = (warp.to_picture(Point { x, y }), warp.upside_down().to_picture(mirrored));
            prop_assert!((a.x - b.x).hypot(a.y - b.y) < 0.01, "{a:?} is not {b:?}");
        }

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
            let warp = Warp::turned(&picture, 0).flattened(bend(angle, field), tall);
            let page = warp.flat_page(&picture).expect("it was flattened");
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
