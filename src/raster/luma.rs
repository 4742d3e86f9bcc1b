//! Colours → grey.

use image::DynamicImage;

use super::Raster;

/// A decoded picture as grey values (ITU-R BT.601 luma), transparency resolved.
pub(super) fn to_raster(picture: DynamicImage) -> Raster {
    let (width, height) = (picture.width(), picture.height());
    let grey = match picture {
        DynamicImage::ImageLuma8(grey) => grey.into_raw(),
        picture if picture.color().has_alpha() => over_background(&picture.into_rgba8().into_raw()),
        picture => picture.into_rgb8().as_raw().as_chunks::<3>().0.iter().map(|&[r, g, b]| luma(r, g, b)).collect(),
    };
    Raster { width, height, luma: grey }
}

fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 32_768) >> 16) as u8
}

/// A picture that is mostly transparent and whose opaque part is mostly light was made to lie on a dark page; all others lie
/// on white, as viewers show them.
fn over_background(rgba: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    let (mut opaque, mut light) = (0u64, 0u64);
    for &[r, g, b, a] in pixels {
        opaque += u64::from(a);
        light += u64::from(a) * u64::from(luma(r, g, b));
    }
    let dark_page = opaque < pixels.len() as u64 * 255 / 2 && light > opaque * 160;
    let page = if dark_page { 0 } else { 255u32 };
    pixels
        .iter()
        .map(|&[r, g, b, a]| {
            let a = u32::from(a);
            ((u32::from(luma(r, g, b)) * a + page * (255 - a) + 127) / 255) as u8
        })
        .collect()
}
