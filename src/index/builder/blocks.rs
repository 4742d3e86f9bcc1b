//! Writes the body of a segment, and a checksum for each of its blocks.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use crate::index::file::{BLOCK, HEADER, Header};

/// Writes a body with its blocks' checksums, then the header.
pub(super) struct Blocks<W: Write + Seek> {
    out: BufWriter<W>,
    block: crc32fast::Hasher,
    /// Bytes in the block.
    filled: usize,
    /// Bytes of the body.
    written: usize,
    sums: Vec<u32>,
}

impl<W: Write + Seek> Blocks<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, out);
        out.write_all(&[0; HEADER])?;
        Ok(Self { out, block: crc32fast::Hasher::new(), filled: 0, written: 0, sums: Vec::new() })
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len();
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block.update(now);
            self.out.write_all(now)?;
            self.filled += now.len();
            bytes = rest;
            if self.filled == BLOCK {
                self.end_block();
            }
        }
        Ok(())
    }

    pub(super) fn write_numbers<N: bytemuck::NoUninit>(&mut self, numbers: &[N]) -> io::Result<()> {
        self.write(bytemuck::cast_slice(numbers))
    }

    pub(super) fn end_block(&mut self) {
        self.sums.push(std::mem::take(&mut self.block).finalize());
        self.filled = 0;
    }

    /// Pads to a multiple of 8 bytes.
    pub(super) fn align(&mut self) -> io::Result<()> {
        let missing = self.written.next_multiple_of(8) - self.written;
        self.write(&[0; 8][..missing])
    }

    pub(super) fn finish(mut self, header: Header) -> io::Result<()> {
        self.align()?;
        if self.filled > 0 {
            self.end_block();
        }
        let mut sums: Vec<u8> = self.sums.iter().flat_map(|s| s.to_le_bytes()).collect();
        sums.resize(sums.len().next_multiple_of(8), 0);
        self.out.write_all(&sums)?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.to_bytes(crc32fast::hash(&sums)))?;
        self.out.flush()
    }
}
