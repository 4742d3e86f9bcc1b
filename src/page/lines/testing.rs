//! Drawn pages for the tests of lines: black boxes for letters on white.

use super::fit::LineFit;
use crate::page::config::PageConfig;
use crate::page::ink::components::{Component, components};
use crate::page::ink::foreground::Ink;
use crate::page::spatial::area::Area;
use crate::raster::Raster;

/// X-height of the letters that [`Drawing::text`] draws.
pub(super) const XH: usize = 8;

/// Distance from letter to letter that [`Drawing::text`] draws.
pub(super) const ADVANCE: usize = 7;

const WIDTH: usize = 640;
const HEIGHT: usize = 240;

/// A page of boxes.
pub(super) struct Drawing {
    luma: Vec<u8>,
}

impl Drawing {
    pub(super) fn new() -> Self {
        Self { luma: vec![255; WIDTH * HEIGHT] }
    }

    pub(super) fn filled(mut self, x0: usize, y0: usize, width: usize, height: usize) -> Self {
        for y in y0..y0 + height {
            self.luma[y * WIDTH + x0..][..width].fill(0);
        }
        self
    }

    /// Letters of two strokes each, on a level baseline; every third one has an ascender.
    pub(super) fn text(mut self, x0: usize, baseline: usize, letters: usize) -> Self {
        for k in 0..letters {
            let height = if k % 3 == 1 { XH + 3 } else { XH };
            let x = x0 + ADVANCE * k;
            self = self.filled(x, baseline - height, 2, height).filled(x + 3, baseline - XH, 2, XH);
            self = self.filled(x, baseline - XH, 5, 2);
        }
        self
    }

    pub(super) fn ink(&self) -> Ink {
        let raster = self.raster();
        Ink::new(&raster, &PageConfig::default())
    }

    pub(super) fn components(&self) -> Vec<Component> {
        components(&self.raster(), &mut self.ink(), &PageConfig::default())
    }

    fn raster(&self) -> Raster {
        Raster::from_luma(WIDTH as u32, HEIGHT as u32, self.luma.clone()).expect("matching size")
    }
}

/// A filled component.
pub(super) fn component(x0: usize, y0: usize, width: usize, height: usize) -> Component {
    Component { area: Area { x0, y0, x1: x0 + width, y1: y0 + height }, pixels: (width * height) as u32 }
}

/// A level line of the drawn size.
pub(super) fn line(x0: usize, x1: usize, baseline: usize, letters: usize) -> LineFit {
    sized(x0, x1, baseline, letters, XH as f32)
}

/// A level line of an x-height.
pub(super) fn sized(x0: usize, x1: usize, baseline: usize, letters: usize, x_height_px: f32) -> LineFit {
    let members = (0..letters).collect();
    LineFit { x0: x0 as f32, x1: x1 as f32, baseline: baseline as f32, slope: 0.0, x_height_px, members }
}

/// Left and right ends of lines, in whole pixels, from top to bottom and from left to right.
pub(super) fn ends(lines: &[LineFit]) -> Vec<(i32, i32)> {
    let mut lines: Vec<&LineFit> = lines.iter().collect();
    lines.sort_by(|a, b| a.baseline.total_cmp(&b.baseline).then(a.x0.total_cmp(&b.x0)));
    lines.iter().map(|l| (l.x0.round() as i32, l.x1.round() as i32)).collect()
}
