//! Memory maps of segment files: the crate's other position with `unsafe`.
//!
//! *Benefit*, measured by `cargo bench --bench scale`: see `docs/results`, *catalogue size*. A catalogue of 50 million
//! words is open in milliseconds and shared by all processes that use it, instead of being read and copied by each.
//!
//! *Correctness*: a map is sound as long as nobody changes the file under it. Segment files are written under another
//! name, renamed when they are whole and never written to again; they are removed, never truncated (a removed file
//! lives on as long as it is mapped). Nothing that stands in them is believed: lengths are compared with the file's
//! before use, and each block is compared with its checksum before its first use, so a file that was damaged before is
//! an error. Another program that cuts a segment short *while* it is mapped can end the process (`SIGBUS`), as with
//! every map.
#![expect(unsafe_code, reason = "memory maps of files that are never written to again")]

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::Mmap;

/// A segment's bytes, aligned for 64-bit words.
pub(super) enum Bytes {
    Mapped(Mmap),
    Held(Vec<u64>),
}

impl Bytes {
    /// Maps a whole file.
    pub(super) fn map(file: &File) -> io::Result<Self> {
        // SAFETY: see above: segment files do not change.
        unsafe { Mmap::map(file) }.map(Self::Mapped)
    }

    /// Gives mapped pages back to the system, which reads them again when they are needed.
    pub(super) fn evict(&self) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            // SAFETY: nobody writes to the map, so its pages come back as they are in the file. That it may fail is no
            // harm.
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Held(words) => bytemuck::cast_slice(words),
        }
    }
}
