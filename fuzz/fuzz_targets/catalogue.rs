//! A catalogue's folder of any bytes is opened or refused: the first byte splits manifest and segment.
#![no_main]

use leakprint::catalogue::Catalogue;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let (manifest, segment) = rest.split_at(rest.len() * usize::from(first) / 255);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("MANIFEST"), manifest).expect("room");
    std::fs::write(folder.path().join("00000000.seg"), segment).expect("room");
    let _ = Catalogue::open(folder.path());
});
