//! Pictures that were turned, tilted, bent, stretched and photographed show the words that the upright picture shows.
//!
//! All are made here from the bundled pictures, by maps that are known.

use leakprint::catalogue::mail::read_mails;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::geom::Point;
use leakprint::page::{Page, PageConfig, analyse, readings};
use leakprint::raster::{Raster, RasterConfig, decode};
use leakprint::{Config, Matcher};
use proptest::prelude::*;

/// Pictures that were not tilted on purpose.
const UPRIGHT: [&str; 12] = [
    "backup-breach--terminal.png",
    "bonus-pool--tweet.png",
    "budget-q3--webmail-light.png",
    "lamp-claims--thumb.png",
    "layoffs-memo--webmail-dark.png",
    "lodz-plant--phone-marked.png",
    "merger-terms--phone.png",
    "mesh-reply--desktop-mono.png",
    "roof-bees--webmail-light.png",
    "shop-rota--desktop.png",
    "tunnel-delay--small.jpg",
    "tusk-settlement--desktop-crop.png",
];

fn shot(name: &str) -> Raster {
    decode(&std::fs::read(format!("testdata/shots/{name}")).unwrap(), &RasterConfig::default()).unwrap()
}

/// A quarter turn clockwise.
fn turned(raster: &Raster) -> Raster {
    let (w, h) = (raster.width(), raster.height());
    let luma = (0..w).flat_map(|x| (0..h).rev().map(move |y| raster.row(y)[x as usize]));
    Raster::from_luma(h, w, luma.collect()).unwrap()
}

/// A picture of this size whose point `p` shows what `raster` shows at `map(p)`.
fn mapped(raster: &Raster, (width, height): (u32, u32), map: impl Fn(Point) -> Point) -> Raster {
    let (w, h) = (raster.width() as f32, raster.height() as f32);
    let grey = |x: u32, y: u32| {
        let p = map(Point { x: x as f32 + 0.5, y: y as f32 + 0.5 });
        let inside = p.x >= 0.0 && p.y >= 0.0 && p.x < w && p.y < h;
        if inside { raster.cubic(p.x, p.y).round() as u8 } else { 40 }
    };
    Raster::from_luma(width, height, (0..height).flat_map(|y| (0..width).map(move |x| grey(x, y))).collect()).unwrap()
}

/// Share of the words of `upright` that `page` shows at the same place, after `map` from the page's picture to the
/// upright one.
fn same_words(upright: &Page, page: &Page, map: impl Fn(Point) -> Point) -> f32 {
    let spots: Vec<(Point, Point)> = page
        .words
        .iter()
        .map(|w| {
            let at = |u: f32| map(page.to_picture(w.frame.at(u, -0.5 * w.frame.x_height_px)));
            (at(0.0), at(w.frame.width_px))
        })
        .collect();
    let near = |a: Point, b: Point, reach: f32| (a.x - b.x).hypot(a.y - b.y) < reach;
    let words = || upright.words.iter().filter(|w| w.likeliest && w.frame.width_xh() > 1.0);
    let found = words().filter(|w| {
        let (start, end) =
            (w.frame.at(0.0, -0.5 * w.frame.x_height_px), w.frame.at(w.frame.width_px, -0.5 * w.frame.x_height_px));
        let reach = 0.5 * w.frame.x_height_px;
        spots.iter().any(|s| near(s.0, start, reach) && near(s.1, end, reach))
    });
    found.count() as f32 / words().count() as f32
}

#[test]
fn upright_pictures_are_left_alone() {
    let off = PageConfig { max_slope: 1e9, max_sag_xh: 1e9, widest_letter_xh: 1e9, ..PageConfig::default() };
    for name in UPRIGHT {
        let raster = shot(name);
        let pages = readings(&raster, &PageConfig::default());
        assert_eq!(pages.len(), 1, "{name} has one reading");
        assert_eq!(pages[0].warp, None, "{name} is not warped");
        assert_eq!(pages[0], analyse(&raster, &off), "{name}");
    }
}

#[test]
fn quarter_turns_are_undone_exactly() {
    for name in UPRIGHT {
        let picture = shot(name);
        let upright = analyse(&picture, &PageConfig::default());
        let mut raster = picture;
        for turns in 1..4u8 {
            raster = turned(&raster);
            let page = analyse(&raster, &PageConfig::default());
            assert_eq!(page.words, upright.words, "{name} after {turns} quarter turns");
            assert_eq!(page.warp.as_ref().unwrap().quarter_turns(), 4 - turns, "{name}");
            // Boxes are those of the turned picture.
            let (w, h) = (raster.width() as f32, raster.height() as f32);
            let word = &upright.words[upright.words.len() / 2];
            let p = page.to_picture(word.frame.origin);
            let o = word.frame.origin;
            let expected =
                [Point { x: w - o.y, y: o.x }, Point { x: w - o.x, y: h - o.y }, Point { x: o.y, y: h - o.x }];
            let expected = expected[usize::from(turns) - 1];
            assert!((p.x - expected.x).hypot(p.y - expected.y) < 0.01, "{name}: {p:?} is not {expected:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn tilted_and_bent_pictures_show_the_same_words(
        which in 0usize..4,
        degrees in -10.0f32..10.0,
        keystone in -0.08f32..0.08,
        sag in -0.012f32..0.012,
    ) {
        let name = ["backup-breach--terminal.png", "budget-q3--webmail-light.png", "mesh-reply--desktop-mono.png", "bonus-pool--tweet.png"][which];
        let raster = shot(name);
        let (w, h) = (raster.width() as f32, raster.height() as f32);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (wide, high) = (w * cos.abs() + h * sin.abs() + 40.0, w * sin.abs() + h * cos.abs() + 40.0);
        // From the photo to the upright picture: rotation, perspective, curvature.
        let map = |p: Point| {
            let (x, y) = (p.x - wide / 2.0, p.y - high / 2.0);
            let (x, y) = (x * cos + y * sin, y * cos - x * sin);
            let depth = 1.0 + keystone * x / w;
            let (x, y) = (x / depth, y / depth);
            Point { x: w / 2.0 + x, y: h / 2.0 + y + sag * w * (2.0 * x / w).powi(2) }
        };
        let photo = mapped(&raster, (wide as u32, high as u32), map);
        let (upright, page) = (analyse(&raster, &PageConfig::default()), analyse(&photo, &PageConfig::default()));
        let share = same_words(&upright, &page, map);
        prop_assert!(share > 0.9, "{name}: {share} of the words, {:?}", page.warp);
    }
}

#[test]
fn stretched_pictures_show_the_same_words() {
    for name in ["backup-breach--terminal.png", "budget-q3--webmail-light.png", "mesh-reply--desktop-mono.png"] {
        let raster = shot(name);
        for stretch in [0.7f32, 1.25, 1.5] {
            let (width, height) = (raster.width(), raster.height());
            let size = ((width as f32 * stretch) as u32, height);
            let map = |p: Point| Point { x: p.x / stretch, y: p.y };
            let (upright, page) = (
                analyse(&raster, &PageConfig::default()),
                analyse(&mapped(&raster, size, map), &PageConfig::default()),
            );
            let share = same_words(&upright, &page, map);
            assert!(share > 0.9, "{name} × {stretch}: {share} of the words");
        }
    }
}

#[test]
fn moire_is_no_text() {
    let raster = shot("budget-q3--webmail-light.png");
    let fringes = |x: f32, y: f32| 10.0 * ((0.54 * x + 0.3 * y).cos() + (0.3 * x - 0.48 * y).cos());
    // A screen photographed in a dark room: the surround is smooth, so the picture as a whole is not noisy.
    let (margin, dark) = (260u32, 18u8);
    let (width, height) = (raster.width() + 2 * margin, raster.height() + 2 * margin);
    let grey = |x: u32, y: u32| match (x.checked_sub(margin), y.checked_sub(margin)) {
        (Some(x), Some(y)) if x < raster.width() && y < raster.height() => {
            (0.85 * f32::from(raster.row(y)[x as usize]) + fringes(x as f32, y as f32)) as u8
        }
        _ => dark,
    };
    let luma = (0..height).flat_map(|y| (0..width).map(move |x| grey(x, y)));
    let photo = Raster::from_luma(width, height, luma.collect()).unwrap();
    let (clean, seen) = (analyse(&raster, &PageConfig::default()), analyse(&photo, &PageConfig::default()));
    let same = same_words(&clean, &seen, |p| Point { x: p.x - margin as f32, y: p.y - margin as f32 });
    assert!(same > 0.9, "{same} of the words");
    let without = PageConfig { local_noise_factor: 1e-6, ..PageConfig::default() };
    assert!(analyse(&photo, &without).words_seen() > 2 * clean.words_seen(), "these fringes could be taken for text");
    assert!(seen.words_seen() < clean.words_seen() * 11 / 10, "{} words of {}", seen.words_seen(), clean.words_seen());
}

#[test]
fn two_readings_of_a_scrap_find_its_mail_either_way_up() {
    let mails: Vec<_> = read_mails("testdata/mails.jsonl".as_ref()).unwrap().collect::<Result<_, _>>().unwrap();
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(&mails).unwrap();
    let matcher = Matcher::new(&catalogue, Config::default()).unwrap();
    let picture = image::open("testdata/shots/budget-q3--webmail-light.png").unwrap();
    // One line of text, cut so narrowly that neither ascenders nor descenders are left to tell which end is up.
    let raster = shot("budget-q3--webmail-light.png");
    let page = analyse(&raster, &PageConfig::default());
    let line = page.lines.iter().max_by(|a, b| a.length_px.total_cmp(&b.length_px)).unwrap();
    let (top, height) = (line.origin.y - 1.45 * line.x_height_px, 1.75 * line.x_height_px);
    let scrap = picture.crop_imm(0, top as u32, picture.width(), height as u32);
    for scrap in [scrap.clone(), scrap.rotate180()] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        scrap.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let raster = decode(bytes.get_ref(), &RasterConfig::default()).unwrap();
        assert_eq!(readings(&raster, &PageConfig::default()).len(), 2, "nothing tells which end is up");
        let verdict = matcher.identify(bytes.get_ref()).unwrap();
        assert_eq!(verdict.matches[0].documents, ["budget-q3"]);
    }
}
