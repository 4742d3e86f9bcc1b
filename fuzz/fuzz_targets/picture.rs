//! Any bytes are decoded or refused, and small pictures have a page.
#![no_main]

use leakprint::page::{PageConfig, analyse};
use leakprint::raster::{RasterConfig, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(raster) = decode(bytes, &RasterConfig::default())
        && raster.width() * raster.height() < 1 << 20
    {
        let _ = analyse(&raster, &PageConfig::default());
    }
});
