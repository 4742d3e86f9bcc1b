//! Files, decompressed by their suffix.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Suffixes of compressed files.
pub(super) const SUFFIXES: [&str; 3] = [".gz", ".xz", ".zst"];

/// Bytes that are read, or decompressed, at once.
///
/// Tuned (bytes): chosen by eye.
const BUFFER_BYTES: usize = 256 << 10;

/// Opens a file; the number counts the file's own bytes as they are read.
pub(super) fn open(path: &Path) -> std::result::Result<(Box<dyn BufRead + Send>, Arc<AtomicU64>), crate::Error> {
    let file = File::open(path).map_err(crate::Error::io(path))?;
    let position = Arc::new(AtomicU64::new(0));
    let file = BufReader::with_capacity(BUFFER_BYTES, Counted { file, position: Arc::clone(&position) });
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let reader: Box<dyn BufRead + Send> = match suffix.as_str() {
        "gz" => Box::new(BufReader::with_capacity(BUFFER_BYTES, flate2::bufread::MultiGzDecoder::new(file))),
        "xz" => Box::new(BufReader::with_capacity(BUFFER_BYTES, lzma_rust2::XzReader::new(file, true))),
        "zst" => Box::new(BufReader::with_capacity(BUFFER_BYTES, Zstd::new(file))),
        _ => Box::new(file),
    };
    Ok((reader, position))
}

struct Counted {
    file: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.file.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// All frames of a Zstandard file, one after the other (RFC 8878, section 3: skippable frames are passed over).
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), in_frame: false }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            if self.in_frame && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.in_frame && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(Error::other)?;
                continue;
            }
            if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            }
            match self.decoder.init(&mut self.source) {
                Ok(()) => self.in_frame = true,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    std::io::copy(&mut (&mut self.source).take(u64::from(length)), &mut std::io::sink())?;
                }
                Err(e) => return Err(Error::other(format!("no Zstandard data, or damaged: {e}"))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What is read of a file of these bytes, and how many of its own bytes were counted.
    fn read(name: &str, bytes: &[u8]) -> Result<(Vec<u8>, u64)> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("room for a file");
        let (mut reader, position) = open(&path).map_err(Error::other)?;
        let mut text = Vec::new();
        reader.read_to_end(&mut text)?;
        Ok((text, position.load(Ordering::Relaxed)))
    }

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text).expect("room in memory");
        gz.finish().expect("room in memory")
    }

    fn zst(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn the_suffix_tells_what_is_decompressed_and_the_files_own_bytes_are_counted() {
        // More than is read at once.
        let text: Vec<u8> = (0..2 * BUFFER_BYTES as u32).flat_map(|k| (k / 7).to_le_bytes()).collect();
        for (name, bytes) in [("a", text.clone()), ("a.GZ", gz(&text)), ("a.zst", zst(&text))] {
            let (found, position) = read(name, &bytes).expect(name);
            assert!(found == text && position == bytes.len() as u64, "{name}: {} of {position}", found.len());
        }
        let two = [gz(b"one "), gz(b"two")].concat();
        assert_eq!(read("a.gz", &two).expect("two members").0, b"one two");
        assert_eq!(read("a.txt", &two).expect("as it is").0, two);
    }

    #[test]
    fn what_is_cut_or_damaged_is_an_error() {
        let text = b"The tunnel opens in May. ".repeat(1000);
        for (name, bytes) in [("a.gz", gz(&text)), ("a.zst", zst(&text))] {
            for length in [1, 5, bytes.len() / 2, bytes.len() - 1] {
                assert!(read(name, &bytes[..length]).is_err(), "{name} cut at {length}");
            }
        }
        for name in ["a.gz", "a.xz", "a.zst"] {
            assert!(read(name, &text).is_err(), "{name}");
        }
        assert!(open("no/such/file.gz".as_ref()).is_err());
    }
}
