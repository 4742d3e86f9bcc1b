//! Pictures of any size: 100 megapixels, scroll captures, icons.
#![cfg(target_os = "linux")]

use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{Raster, RasterConfig, decode};

/// A picture repeated so many times across and down.
fn tiled(picture: &Raster, across: usize, down: usize) -> Raster {
    let (width, height) = (picture.width() as usize * across, picture.height() as usize * down);
    let mut luma = Vec::with_capacity(width * height);
    for _ in 0..down {
        for row in picture.luma().chunks_exact(picture.width() as usize) {
            (0..across).for_each(|_| luma.extend_from_slice(row));
        }
    }
    Raster::from_luma(width as u32, height as u32, luma).unwrap()
}

/// Peak of resident memory so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_hundred_megapixels_are_read_like_one_in_two_bytes_a_pixel() {
    if !crate::alone("size::a_hundred_megapixels_are_read_like_one_in_two_bytes_a_pixel") {
        return;
    }
    let bytes = std::fs::read("testdata/shots/budget-q3--webmail-light.png").unwrap();
    let picture = decode(&bytes, &RasterConfig::default()).unwrap();
    let config = PageConfig::default();
    let words = analyse(&picture, &config).words_seen();
    assert!(words > 195, "{words} words");

    // A scroll capture of 30,000 rows, then 98 megapixels; the larger one later, as the peak stays.
    for (across, down) in [(1, 40), (10, 10)] {
        let large = tiled(&picture, across, down);
        let before = peak();
        let page = analyse(&large, &config);
        let a_pixel = (peak() - before) as f64 / large.luma().len() as f64;
        assert_eq!(page.words_seen(), words * across * down, "{across} × {down}");
        assert!(a_pixel < 2.5, "{a_pixel} bytes a pixel");
    }

    // Parts as small as icons, and down to a pixel, have few words or none.
    for side in [40, 17, 8, 1] {
        let icon = |x: usize, y: u32| picture.row(y)[x..x + side].to_vec();
        for (x, y) in [(0, 0), (300, 200), (640, 400)] {
            let luma = (y..y + side as u32).flat_map(|y| icon(x, y)).collect();
            let page = analyse(&Raster::from_luma(side as u32, side as u32, luma).unwrap(), &config);
            assert!(page.words_seen() <= 8, "{} words of {side} px", page.words_seen());
        }
    }
}
