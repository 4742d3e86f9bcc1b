//! Whether a picture was stretched in width, told by how wide its letters are.

use crate::page::lines::TextLines;
use crate::page::lines::fit::{LineFit, median};

/// Middle width of the letters that are as high as the x-height.
///
/// Tuned (x-heights): .75 to .91 over typefaces, in 444 pictures.
pub(crate) const USUAL_LETTER_XH: f32 = 0.84;
/// Narrower ones are strokes, wider ones two letters that touch.
///
/// Tuned (x-heights): chosen by eye.
const LETTER_WIDTHS_XH: std::ops::Range<f32> = 0.25..1.7;
/// Fewer letters do not tell how wide letters are.
///
/// Tuned (count): chosen by eye.
const MIN_LETTERS: usize = 20;
/// Letters of smaller x-heights melt together.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× letters that were enlarged after they had melted are asked, too.
const MIN_X_HEIGHT_PX: f32 = 5.0;
/// Shorter lines are icons and noise.
///
/// Tuned (x-heights): chosen by eye.
const MIN_LINE_XH: f32 = 6.0;
/// A letter is as high as the x-height if its height differs by less than this
///
/// Tuned (x-heights): chosen by eye.
const HEIGHT_TOLERANCE_XH: f32 = 0.15;
/// … and this.
///
/// Tuned (pixels): edges lie up to half a pixel off.
const HEIGHT_TOLERANCE_PX: f32 = 0.5;

/// Middle width, in x-heights, of the letters that are as high as the x-height; `None` if there are too few.
pub(crate) fn letter_width_xh(lines: &TextLines) -> Option<f32> {
    let mut widths: Vec<f32> = Vec::new();
    let telling = |l: &&LineFit| l.x_height_px >= MIN_X_HEIGHT_PX && l.width() >= MIN_LINE_XH * l.x_height_px;
    for line in lines.fits.iter().filter(telling) {
        let xh = line.x_height_px;
        let letters = line.members.iter().map(|&k| &lines.letters[k]);
        let even = letters.filter(|c| (c.height() - xh).abs() < HEIGHT_TOLERANCE_XH * xh + HEIGHT_TOLERANCE_PX);
        widths.extend(even.map(|c| c.width() / xh).filter(|w| LETTER_WIDTHS_XH.contains(w)));
    }
    (widths.len() >= MIN_LETTERS).then(|| median(&mut widths))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::config::PageConfig;
    use crate::page::ink::components::Component;
    use crate::page::ink::foreground::Ink;
    use crate::page::spatial::area::Area;
    use crate::raster::Raster;

    /// A line of letters of one width and of the x-height of 10 pixels, and as many that are taller and three times as
    /// wide.
    fn lines(letters: usize, width: usize, scale: usize) -> TextLines {
        let letter = |k: usize| {
            let (width, height) = if k.is_multiple_of(2) { (width, 10) } else { (3 * width, 14) };
            let (x0, y0) = (40 * k * scale, 0);
            let area = Area { x0, y0, x1: x0 + width * scale, y1: height * scale };
            Component { area, pixels: 1 }
        };
        let letters: Vec<Component> = (0..2 * letters).map(letter).collect();
        let fit = LineFit {
            x0: 0.0,
            x1: (40 * letters.len() * scale) as f32,
            baseline: 0.0,
            slope: 0.0,
            x_height_px: (10 * scale) as f32,
            members: (0..letters.len()).collect(),
        };
        let blank = Raster::from_luma(1, 1, vec![255]).expect("one pixel");
        let ink = Ink::new(&blank, &PageConfig::default());
        TextLines { ink, components: Vec::new(), letters, fits: vec![fit], of_capitals: vec![false] }
    }

    #[test]
    fn the_middle_width_is_that_of_letters_as_high_as_the_x_height_at_any_size() {
        for scale in [1, 3, 4] {
            assert_eq!(letter_width_xh(&lines(MIN_LETTERS, 8, scale)), Some(0.8));
            assert_eq!(letter_width_xh(&lines(MIN_LETTERS, 13, scale)), Some(1.3));
        }
    }

    #[test]
    fn few_letters_strokes_and_small_text_say_nothing() {
        assert_eq!(letter_width_xh(&lines(MIN_LETTERS - 1, 8, 1)), None);
        assert_eq!(letter_width_xh(&lines(MIN_LETTERS, 2, 1)), None);
        let mut small = lines(MIN_LETTERS, 8, 1);
        small.fits[0].x_height_px = 4.9;
        assert_eq!(letter_width_xh(&small), None);
    }
}
