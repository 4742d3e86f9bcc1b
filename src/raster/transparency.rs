//! Transparent pictures: which page they were made for, and how they look on it.

use super::luma::luma;

/// A picture may be made for a dark page if its opacity, on average, is below full opacity divided by this.
///
/// Tuned (factor): chosen by eye.
const DARK_PAGE_OPACITY_DIVISOR: u64 = 2;
/// A picture is made for a dark page if its opaque part is lighter than this on average.
///
/// Tuned (grey levels): chosen by eye.
const DARK_PAGE_MIN_LUMA: u64 = 160;

/// Lays red, green, blue and alpha over the page behind them. Returns the luma; the pixels become opaque, as they look
/// there.
///
/// A picture that is mostly transparent and whose opaque part is mostly light was made to lie on a dark page. All
/// others lie on white, as viewers show them.
pub(super) fn lay_over_page(pixels: &mut [[u8; 4]]) -> Vec<u8> {
    let page = if is_for_dark_page(pixels) { 0 } else { 255u32 };
    pixels
        .iter_mut()
        .map(|pixel| {
            let [r, g, b, a] = *pixel;
            if a == 255 {
                return luma(r, g, b);
            }
            let a = u32::from(a);
            let over = |v: u8| ((u32::from(v) * a + page * (255 - a) + 127) / 255) as u8;
            *pixel = [over(r), over(g), over(b), 255];
            over(luma(r, g, b))
        })
        .collect()
}

fn is_for_dark_page(pixels: &[[u8; 4]]) -> bool {
    let (mut opaque, mut light) = (0u64, 0u64);
    for &[r, g, b, a] in pixels {
        opaque += u64::from(a);
        light += u64::from(a) * u64::from(luma(r, g, b));
    }
    opaque < pixels.len() as u64 * 255 / DARK_PAGE_OPACITY_DIVISOR && light > opaque * DARK_PAGE_MIN_LUMA
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One opaque pixel of four, the others fully transparent.
    fn sparse(text: u8) -> Vec<[u8; 4]> {
        (0..16).map(|k| [text, text, text, if k % 4 == 0 { 255 } else { 0 }]).collect()
    }

    #[test]
    fn sparse_light_text_lies_on_black_and_all_else_on_white() {
        for (text, page) in [(255, 0), (200, 0), (0, 255), (100, 255)] {
            let mut pixels = sparse(text);
            let grey = lay_over_page(&mut pixels);
            assert_eq!(grey[..3], [text, page, page], "text of grey {text}");
            assert!(pixels.iter().zip(&grey).all(|(&[r, g, b, a], &y)| (r, g, b, a) == (y, y, y, 255)));
        }
        // Light, but mostly opaque: a photograph with soft corners.
        let mut photo = vec![[230, 230, 230, 255]; 12];
        photo.extend([[230, 230, 230, 0]; 4]);
        assert_eq!(lay_over_page(&mut photo)[15], 255);
    }

    #[test]
    fn half_covered_pixels_are_half_way() {
        let mut pixels = vec![[0, 0, 0, 128]; 4];
        assert_eq!(lay_over_page(&mut pixels), [127; 4]);
    }
}
