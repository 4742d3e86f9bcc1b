//! One colour → its grey value.

/// Luma of a colour (ITU-R BT.601), rounded; a grey stays as it is.
pub(super) fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 32_768) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::luma;

    #[test]
    fn greys_stay_and_colours_are_within_one_half_of_the_standard() {
        assert!((0..=255).all(|v| luma(v, v, v) == v));
        for (r, g, b) in [(255, 0, 0), (0, 255, 0), (0, 0, 255), (13, 200, 77), (255, 254, 1)] {
            let exact = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
            assert!((f64::from(luma(r, g, b)) - exact).abs() < 0.51, "{r} {g} {b}");
        }
    }
}
