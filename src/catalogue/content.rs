//! A hash of a document's text, by which documents of equal scores are ordered and the background sample is chosen.
//!
//! Collisions of it can be made on purpose, so that it says only which documents *may* be equal: whether two are is
//! decided by their codes.

/// FNV-1a, 64 bits.
pub(super) fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(FNV_START, fnv_step)
}

/// The hash of nothing.
pub(super) const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of one byte more.
#[inline]
pub(super) fn fnv_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
