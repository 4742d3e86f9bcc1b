//! Points and boxes, in pixels of the picture as displayed: x to the right, y down, pixel centres at `.5`.

use serde::{Deserialize, Serialize};

/// A point, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// An axis-parallel half-open box `[x0, x1) × [y0, y1)`, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge, inside.
    pub x0: f32,
    /// Upper edge, inside.
    pub y0: f32,
    /// Right edge, outside.
    pub x1: f32,
    /// Lower edge, outside.
    pub y1: f32,
}

impl Rect {
    /// A box from its edges.
    #[must_use]
    pub const fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// Width in pixels, never negative.
    #[must_use]
    pub fn width(&self) -> f32 {
        (self.x1 - self.x0).max(0.0)
    }

    /// Height in pixels, never negative.
    #[must_use]
    pub fn height(&self) -> f32 {
        (self.y1 - self.y0).max(0.0)
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// The part that both have in common (of zero area where they are apart).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (x0, y0) = (self.x0.max(other.x0), self.y0.max(other.y0));
        Self { x0, y0, x1: self.x1.min(other.x1).max(x0), y1: self.y1.min(other.y1).max(y0) }
    }

    /// Intersection over union, 0 to 1.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let common = self.intersection(other).area();
        let all = self.area() + other.area() - common;
        if all > 0.0 { common / all } else { 0.0 }
    }

    /// The box as `[x0, y0, x1, y1]`.
    #[must_use]
    pub fn to_array(&self) -> [f32; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }
}

/// How far above its baseline a word's patch reaches, as the rows of a patch say.
pub(crate) const PATCH_ABOVE_XH: f32 = 1.75;

/// How far below its baseline a word's patch reaches, as the rows of a patch say.
pub(crate) const PATCH_BELOW_XH: f32 = 0.5;

/// Where a word stands in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WordFrame {
    /// The left end of the word's ink, on the baseline.
    pub origin: Point,
    /// Unit vector along the baseline, in reading direction.
    pub along: Point,
    /// Length of the word along the baseline, in pixels.
    pub width_px: f32,
    /// Distance from baseline to x-height, in pixels.
    pub x_height_px: f32,
}

impl WordFrame {
    /// A word on a level baseline at `y = baseline`, from `x0` to `x1`.
    #[must_use]
    pub fn level(x0: f32, x1: f32, baseline: f32, x_height_px: f32) -> Self {
        Self { origin: Point { x: x0, y: baseline }, along: Point { x: 1.0, y: 0.0 }, width_px: x1 - x0, x_height_px }
    }

    /// The picture point at `u` pixels along the baseline and `v` pixels *below* it.
    #[must_use]
    pub fn at(&self, u: f32, v: f32) -> Point {
        Point {
            x: self.origin.x + u * self.along.x - v * self.along.y,
            y: self.origin.y + u * self.along.y + v * self.along.x,
        }
    }

    /// The word's width in x-heights.
    #[must_use]
    pub fn width_xh(&self) -> f32 {
        self.width_px / self.x_height_px
    }

    /// Axis-parallel hull of the word's patch area, from ascender line to descender line.
    #[must_use]
    pub fn hull(&self) -> Rect {
        self.hull_by(|p| p)
    }

    /// As [`WordFrame::hull`], of the corners' places under a map.
    pub(crate) fn hull_by(&self, map: impl Fn(Point) -> Point) -> Rect {
        let (top, bottom) = (-PATCH_ABOVE_XH * self.x_height_px, PATCH_BELOW_XH * self.x_height_px);
        [(0.0, top), (self.width_px, top), (self.width_px, bottom), (0.0, bottom)]
            .map(|(u, v)| map(self.at(u, v)))
            .iter()
            .map(|p| Rect::new(p.x, p.y, p.x, p.y))
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_apart_equal_and_half() {
        let a = Rect::new(0.0, 0.0, 2.0, 2.0);
        assert_eq!(a.iou(&Rect::new(2.0, 0.0, 4.0, 2.0)), 0.0);
        assert_eq!(a.iou(&a), 1.0);
        assert!((a.iou(&Rect::new(0.0, 0.0, 1.0, 2.0)) - 0.5).abs() < 1e-6);
        assert_eq!(Rect::default().iou(&Rect::default()), 0.0);
    }
}
