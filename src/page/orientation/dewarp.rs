//! The map between the picture and the upright page that is read: quarter turns, then a [`Bend`].

use super::bend::Bend;
use crate::geom::{Point, Rect};
use crate::raster::Raster;

/// Parts of each side of a picture between points at which its flat page's size is measured.
///
/// Tuned (count): chosen by eye.
const BORDER_PARTS: u32 = 8;
/// No picture is stretched more than this.
///
/// Tuned (factor): chosen by eye.
const MAX_TALL: f32 = 2.0;

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
    pub(crate) fn from_turns(picture: &Raster, quarter_turns: u8) -> Self {
        Self { picture: (picture.width(), picture.height()), quarter_turns, flat: None }
    }

    /// Lays flat what is left after the quarter turns, and draws it `tall` times as high.
    pub(crate) fn flattened(&self, bend: Bend, tall: f32) -> Self {
        let tall = tall.clamp(1.0, MAX_TALL);
        let (w, h) = self.turned_size();
        // The flat page holds all of the picture.
        let steps = |k: u32, side: u32| f64::from(side) * f64::from(k) / f64::from(BORDER_PARTS);
        let border = (0..=BORDER_PARTS).flat_map(|k| {
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
            flat.bend = Bend { centre: mirrored(flat.bend.centre, w, h), ..flat.bend.upside_down() };
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

    /// Size of the flat page; `None` if nothing is left after the quarter turns.
    pub(crate) fn flat_size(&self) -> Option<(u32, u32)> {
        self.flat.as_ref().map(|f| (f.width, f.height))
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::orientation::bend::TERMS;

    const SIZE: (u32, u32) = (120, 90);

    fn bend(angle: f64, field: [f64; TERMS]) -> Bend {
        Bend { centre: Point { x: 60.0, y: 45.0 }, angle, unit_px: 60.0, field }
    }

    proptest! {
        #[test]
        fn the_other_way_up_is_the_same_place(
            angle in -0.2f64..0.2,
            field in prop::array::uniform6(-0.05f64..0.05),
            tall in 1.0f32..2.0,
            turns in 0u8..4,
            x in 0.0f32..100.0,
            y in 0.0f32..80.0,
        ) {
            let blank = Raster::from_luma(SIZE.0, SIZE.1, vec![255; (SIZE.0 * SIZE.1) as usize]).expect("a small raster");
            let warp = Warp::from_turns(&blank, turns).flattened(bend(angle, field), tall);
            let flat = warp.flat.as_ref().expect("it was flattened");
            let mirrored = Point { x: flat.width as f32 - x, y: flat.height as f32 - y };
            let (a, b) = (warp.to_picture(Point { x, y }), warp.upside_down().to_picture(mirrored));
            prop_assert!((a.x - b.x).hypot(a.y - b.y) < 0.01, "{a:?} is not {b:?}");
        }
    }
}
