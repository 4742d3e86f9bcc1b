//! How lines of text are bent in a picture: a small rotation, and a smooth field that takes out perspective and
//! curvature.
//!
//! Only what bends lines is modelled: how far each point of the page lies above or below the straight line it belongs
//! on. Where it lies along the line does not matter to words, whose width is normalised anyway.

use crate::geom::Point;

/// Rounds of the iteration that inverts a bend: the field is small.
///
/// Tuned (count): chosen by eye; a thousandth of half a page is left, by test.
const INVERSION_ROUNDS: usize = 8;

/// Terms of the field, in the order of [`terms`].
pub(crate) const TERMS: usize = 6;

/// The field's terms at a point: skew, convergence of lines, curvature, curvature that changes downwards, skewed
/// curvature, convergence that changes downwards. All vanish at `u = 0`, so that a line keeps its height in the middle.
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
    pub(crate) fn bend(&self, u: f64, v: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let w = v + self.displacement(u, v);
        let (x, y) = (u * cos - w * sin, u * sin + w * cos);
        (f64::from(self.centre.x) + x * self.unit_px, f64::from(self.centre.y) + y * self.unit_px)
    }

    /// The inverse of [`Bend::bend`], by fixed-point iteration: the field is small.
    pub(crate) fn flatten(&self, x: f64, y: f64) -> (f64, f64) {
        let (u, w) = self.rotate_back(x, y);
        let mut v = w;
        for _ in 0..INVERSION_ROUNDS {
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
    pub(crate) fn upside_down(&self) -> Self {
        let [skew, converge, curve, curve_down, cubic, converge_down] = self.field;
        let field = [skew, -converge, -curve, curve_down, cubic, converge_down];
        Self { field, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn flattening_undoes_bending(
            angle in -0.2f64..0.2,
            field in prop::array::uniform6(-0.05f64..0.05),
            u in -1.0f64..1.0,
            v in -1.0f64..1.0,
        ) {
            let bend = Bend { centre: Point { x: 60.0, y: 45.0 }, angle, unit_px: 60.0, field };
            let (x, y) = bend.bend(u, v);
            let (u2, v2) = bend.flatten(x, y);
            prop_assert!((u - u2).abs() < 1e-3 && (v - v2).abs() < 1e-3, "{u}, {v} came back as {u2}, {v2}");
        }
    }
}
