//! Text that differs from its ground in colour alone is found; all else keeps its luma to the bit.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage};
use leakprint::geom::Rect;
use leakprint::page::{Line, Page, PageConfig, analyse};
use leakprint::raster::{Raster, RasterConfig, decode};

const RED: [u8; 3] = [208, 0, 0];
const GREEN: [u8; 3] = [0, 106, 0];
/// Text and ground of equal luma.
const PAIRS: [([u8; 3], [u8; 3]); 6] = [
    (RED, GREEN),
    (GREEN, RED),
    ([60, 90, 255], [200, 20, 246]),
    ([255, 140, 0], [0, 230, 200]),
    ([255, 190, 200], [150, 240, 220]),
    ([0, 0, 160], [61, 0, 0]),
];

fn fixture() -> GrayImage {
    image::open("testdata/shots/budget-q3--webmail-light.png").unwrap().into_luma8()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("encoding to memory");
    bytes.into_inner()
}

fn raster(bytes: &[u8]) -> Raster {
    decode(bytes, &RasterConfig::default()).expect("a good picture")
}

fn luma(picture: &RgbImage) -> Vec<u8> {
    let weighted = |p: &Rgb<u8>| f64::from(p[0]) * 0.299 + f64::from(p[1]) * 0.587 + f64::from(p[2]) * 0.114;
    picture.pixels().map(|p| weighted(p).round() as u8).collect()
}

/// Black becomes `text`, white becomes `ground`, greys what lies between.
fn between(grey: u8, text: [u8; 3], ground: [u8; 3]) -> Rgb<u8> {
    let mix = |t: u8, g: u8| f32::from(t) + (f32::from(g) - f32::from(t)) * f32::from(grey) / 255.0;
    Rgb(std::array::from_fn(|c| mix(text[c], ground[c]).round() as u8))
}

fn map(grey: &GrayImage, colour: impl Fn(u32, u32, u8) -> Rgb<u8>) -> RgbImage {
    RgbImage::from_fn(grey.width(), grey.height(), |x, y| colour(x, y, grey.get_pixel(x, y)[0]))
}

fn words(page: &Page) -> Vec<Rect> {
    page.words.iter().filter(|w| w.likeliest).map(|w| page.hull(&w.frame)).collect()
}

fn analysed(raster: &Raster) -> Page {
    analyse(raster, &PageConfig::default())
}

/// The share of `wanted` that `found` has, with an intersection over union of one half.
fn share(wanted: &[Rect], found: &[Rect]) -> f64 {
    assert!(wanted.len() >= 10, "too few words to compare: {}", wanted.len());
    let there = |w: &&Rect| found.iter().any(|f| f.iou(w) >= 0.5);
    wanted.iter().filter(there).count() as f64 / wanted.len() as f64
}

#[test]
fn text_is_found_by_its_colour_alone() {
    let grey = fixture();
    let wanted = words(&analysed(&raster(&png(&map(&grey, |_, _, v| Rgb([v; 3]))))));
    for (text, ground) in PAIRS {
        let picture = map(&grey, |_, _, v| between(v, text, ground));
        let plain = Raster::from_luma(grey.width(), grey.height(), luma(&picture)).unwrap();
        assert!(words(&analysed(&plain)).is_empty(), "{text:?} on {ground:?} shows in luma");
        let found = words(&analysed(&raster(&png(&picture))));
        let share = share(&wanted, &found);
        assert!(share >= 0.95, "{text:?} on {ground:?}: {share} of the words");
        assert!(found.len() < wanted.len() * 11 / 10, "{text:?} on {ground:?}: {} words found", found.len());
    }
}

#[test]
fn a_panel_of_another_colour_in_an_ordinary_page_is_read() {
    let grey = fixture();
    let page = analysed(&raster(&png(&map(&grey, |_, _, v| Rgb([v; 3])))));
    // Some lines in the middle of the message, with a margin.
    let lines: Vec<Rect> = page.lines.iter().filter(|l| l.length_px > 300.0).map(Line::hull).skip(4).take(3).collect();
    let panel = lines.iter().skip(1).fold(lines[0], |a, b| a.union(b));
    let panel = Rect::new(panel.x0 - 12.0, panel.y0 - 8.0, panel.x1 + 12.0, panel.y1 + 8.0);
    let inside = |x: u32, y: u32| {
        let (x, y) = (x as f32, y as f32);
        x >= panel.x0 && x < panel.x1 && y >= panel.y0 && y < panel.y1
    };
    // The edges cut through the lines above and below.
    let (mut in_panel, mut outside) = (Vec::new(), Vec::new());
    for word in words(&page) {
        match word.intersection(&panel).area() / word.area() {
            0.99.. => in_panel.push(word),
            ..0.01 => outside.push(word),
            _ => {}
        }
    }
    for (text, ground) in PAIRS {
        let picture = map(&grey, |x, y, v| if inside(x, y) { between(v, text, ground) } else { Rgb([v; 3]) });
        let found = words(&analysed(&raster(&png(&picture))));
        let (coloured, ordinary) = (share(&in_panel, &found), share(&outside, &found));
        assert!(coloured >= 0.95, "{text:?} on {ground:?}: {coloured} of the panel's words");
        assert!(ordinary >= 0.95, "{text:?} on {ground:?}: {ordinary} of the page's words");
    }
}

#[test]
fn colours_that_luma_shows_keep_their_luma() {
    let grey = fixture();
    let line = |y: u32| y / 20 % 3 == 1;
    let cases: [(&str, RgbImage); 4] = [
        ("grey", map(&grey, |_, _, v| Rgb([v; 3]))),
        ("yellow marker", map(&grey, |x, y, v| if line(y) && x > 300 { Rgb([v, v, v / 4]) } else { Rgb([v; 3]) })),
        ("green marker", map(&grey, |x, y, v| if line(y) && x > 300 { Rgb([v / 2, v, v / 2]) } else { Rgb([v; 3]) })),
        ("blue links", map(&grey, |_, y, v| if line(y) { between(v, [26, 13, 171], [255; 3]) } else { Rgb([v; 3]) })),
    ];
    for (name, picture) in cases {
        let expected = luma(&picture);
        let changed = raster(&png(&picture)).luma().iter().zip(&expected).filter(|(a, b)| a.abs_diff(**b) > 1).count();
        assert_eq!(changed, 0, "{name}");
    }
}

#[test]
fn transparent_pictures_are_read_by_colour_too() {
    let grey = fixture();
    let opaque = map(&grey, |_, _, v| between(v, RED, GREEN));
    let with_alpha = DynamicImage::ImageRgb8(opaque.clone()).into_rgba8();
    let mut bytes = Cursor::new(Vec::new());
    with_alpha.write_to(&mut bytes, ImageFormat::Png).expect("encoding to memory");
    assert_eq!(raster(&bytes.into_inner()), raster(&png(&opaque)));
}

/// Colour at half the size in both directions, as most JPEG files have it (4:2:0); luma stays.
fn half_chroma(picture: &RgbImage) -> RgbImage {
    let of = |x: u32, y: u32| {
        let p = picture.get_pixel(x.min(picture.width() - 1), y.min(picture.height() - 1));
        let [r, g, b] = p.0.map(f32::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        [y, r - y, b - y]
    };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (x0, y0) = (x & !1, y & !1);
        let four = [of(x0, y0), of(x0 + 1, y0), of(x0, y0 + 1), of(x0 + 1, y0 + 1)];
        let mean = |c: usize| four.iter().map(|p| p[c]).sum::<f32>() / 4.0;
        let (luma, red, blue) = (of(x, y)[0], mean(1), mean(2));
        let green = -(0.299 * red + 0.114 * blue) / 0.587;
        Rgb([red, green, blue].map(|d| (luma + d).round() as u8))
    })
}

#[test]
fn jpeg_leaves_most_words() {
    let grey = fixture();
    let wanted = words(&analysed(&raster(&png(&map(&grey, |_, _, v| Rgb([v; 3]))))));
    let picture = map(&grey, |_, _, v| between(v, RED, GREEN));
    for (name, picture, least) in [("4:4:4", picture.clone(), 0.9), ("4:2:0", half_chroma(&picture), 0.6)] {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(&picture).expect("encoding to memory");
        let found = words(&analysed(&raster(&bytes)));
        let share = share(&wanted, &found);
        assert!(share >= least, "{name}: {share} of the words");
    }
}
