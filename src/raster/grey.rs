//! Decoded pixels → a grey picture.

use image::DynamicImage;

use super::isoluminant::show_by_colour;
use super::luma::luma;
use super::picture::Raster;
use super::transparency::lay_over_page;

/// A decoded picture as luma: transparency resolved, text that luma alone would lose shown by its colour.
pub(super) fn to_grey(picture: DynamicImage) -> Option<Raster> {
    let (width, height) = (picture.width(), picture.height());
    let grey = match picture {
        DynamicImage::ImageLuma8(grey) => grey.into_raw(),
        picture if picture.color().has_alpha() => {
            let mut rgba = picture.into_rgba8().into_raw();
            let (pixels, _) = rgba.as_chunks_mut::<4>();
            let mut grey = lay_over_page(pixels);
            show_by_colour(pixels, width as usize, &mut grey);
            grey
        }
        picture => {
            let rgb = picture.into_rgb8().into_raw();
            let (pixels, _) = rgb.as_chunks::<3>();
            let mut grey: Vec<u8> = pixels.iter().map(|&[r, g, b]| luma(r, g, b)).collect();
            show_by_colour(pixels, width as usize, &mut grey);
            grey
        }
    };
    Raster::from_luma(width, height, grey)
}
