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
