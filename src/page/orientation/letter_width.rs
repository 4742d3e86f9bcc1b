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
