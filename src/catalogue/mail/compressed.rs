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

const BUFFER: usize = 256 << 10;

/// Opens a file; the number counts the file's own bytes as they are read.
pub(super) fn open(path: &Path) -> std::result::Result<(Box<dyn BufRead + Send>, Arc<AtomicU64>), crate::Error> {
    let file = File::open(path).map_err(crate::Error::io(path))?;
    let position = Arc::new(AtomicU64::new(0));
    let file = BufReader::with_capacity(BUFFER, Counted { file, position: Arc::clone(&position) });
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let reader: Box<dyn BufRead + Send> = match suffix.as_str() {
        "gz" => Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(file))),
        "xz" => Box::new(BufReader::with_capacity(BUFFER, lzma_rust2::XzReader::new(file, true))),
        "zst" => Box::new(BufReader::with_capacity(BUFFER, Zstd::new(file))),
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
