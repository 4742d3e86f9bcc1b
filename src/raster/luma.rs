//! Colours → grey.

use image::DynamicImage;

use super::{Raster, colour};

/// A decoded picture as grey values (ITU-R BT.601 luma), transparency resolved; text that luma alone would lose is shown by its
/// colour.
pub(super) fn to_raster(picture: DynamicImage) -> Raster {
    let (width, height) = (picture.width(), picture.height());
    let grey = match picture {
        DynamicImage::ImageLuma8(grey) => grey.into_raw(),
        picture if picture.color().has_alpha() => {
            let mut rgba = picture.into_rgba8().into_raw();
            let (pixels, _) = rgba.as_chunks_mut::<4>();
            let mut grey = over_background(pixels);
            colour::show(pixels, width as usize, &mut grey);
            grey
        }
        picture => {
            let rgb = picture.into_rgb8().into_raw();
            let (pixels, _) = rgb.as_chunks::<3>();
            let mut grey: Vec<u8> = pixels.iter().map(|&[r, g, b]| luma(r, g, b)).collect();
            colour::show(pixels, width as usize, &mut grey);
            grey
        }
    };
    Raster { width, height, luma: grey }
}

pub(super) fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 32_768) >> 16) as u8
}

/// A picture that is mostly transparent and whose opaque part is mostly light was made to lie on a dark page; all others lie
/// on white, as viewers show them. Leaves the pixels as they look there.
fn over_background(pixels: &mut [[u8; 4]]) -> Vec<u8> {
    let (mut opaque, mut light) = (0u64, 0u64);
    for &mut [r, g, b, a] in &mut *pixels {
        opaque += u64::from(a);
        light += u64::from(a) * u64::from(luma(r, g, b));
    }
    let dark_page = opaque < pixels.len() as u64 * 255 / 2 && light > opaque * 160;
    let page = if dark_page { 0 } else { 255u32 };
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
