//! Catalogues that lie: files whose bytes were changed and whose checksums are right.
//!
//! A checksum tells damage, and whoever wants can reckon it anew. So nothing that stands in a file may make a reader or
//! a writer panic, hang or take up memory without bound, whatever its checksum says. The fuzz target `catalogue` does
//! the same with other changes.

use std::path::Path;

use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::search::Engine;
use leakprint::{Config, Matcher};

use crate::invented::mail;

/// A catalogue's files by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files(Vec<(String, Vec<u8>)>);

/// A catalogue of invented mails, large enough for an inverted file, with the given mails and with changes in its
/// manifest.
pub(crate) fn seed(mails: &[Mail]) -> Files {
    let folder = tempfile::tempdir().expect("a folder");
    let config = CatalogueConfig { whole_words: 0, ..CatalogueConfig::default() };
    let mut catalogue = Catalogue::edit_or_create(folder.path(), config).expect("a new catalogue");
    let others: Vec<Mail> = (0..280).map(|number| mail(number, 190)).collect();
    catalogue.add_mails(mails).expect("mails");
    catalogue.add_mails(&others).expect("mails");
    catalogue.commit().expect("room");
    catalogue.remove("mail-0003").expect("it is there");
    catalogue.add_mails(&[Mail { id: "copy".into(), ..mail(4, 190) }]).expect("mails");
    catalogue.commit().expect("room");
    drop(catalogue);
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.path())
        .expect("the catalogue")
        .map(|entry| entry.expect("a file").path())
        .map(|path| (name(&path), std::fs::read(&path).expect("a file")))
        .filter(|(name, _)| name != "LOCK")
        .collect();
    files.sort();
    Files(files)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Files {
    /// Changes bytes as `edits` says: eight of its bytes a change.
    pub(crate) fn change(&mut self, edits: &[u8]) {
        for &[kind, file, a, b, c, d, e, f] in edits.as_chunks::<8>().0 {
            // Most changes fall on the largest file, and every fourth on a beginning, where much decides about others.
            let largest = (0..self.0.len()).max_by_key(|&k| self.0[k].1.len()).unwrap_or(0);
            let number = if kind >> 5 < 5 { largest } else { usize::from(file) % self.0.len() };
            let bytes = &mut self.0[number].1;
            let range = if kind >> 3 & 3 > 0 { bytes.len() } else { bytes.len().min(256) };
            let at = u32::from_le_bytes([a, b, c, 0]) as usize % range.max(1);
            let whole = |at: usize, value: u32| (at & !3, value.to_le_bytes());
            let (at, new) = match kind >> 1 & 3 {
                0 => (at, [bytes.get(at).map_or(0, |byte| byte ^ d.max(1)); 4]),
                1 => whole(at, u32::from_le_bytes([d, e, f, 0])),
                2 => whole(at, u32::MAX - u32::from(d)),
                _ => whole(at, 1 << (d % 32)),
            };
            let len = if kind >> 1 & 3 == 0 { 1 } else { 4 };
            for (byte, new) in bytes.iter_mut().skip(at).zip(new).take(len) {
                *byte = new;
            }
        }
        self.0.iter_mut().for_each(|(name, bytes)| seal(name, bytes));
    }
}

/// Reckons a file's checksums anew.
fn seal(name: &str, bytes: &mut [u8]) {
    let sum = |bytes: &[u8]| crc32fast::hash(bytes);
    if name == "MANIFEST" {
        // `leakprint-catalogue VERSION CRC32`, and all behind that line.
        if let Some(end) = bytes.iter().position(|&b| b == b'\n').filter(|&end| end >= 8) {
            let text = format!("{:08x}", sum(&bytes[end + 1..]));
            bytes[end - 8..end].copy_from_slice(text.as_bytes());
        }
    } else if name.ends_with(".book") {
        if let Some((body, stored)) = bytes.split_last_chunk_mut::<4>() {
            *stored = sum(body).to_le_bytes();
        }
    } else if let Some(sums) = first_of_sums(bytes.len()) {
        for (k, block) in (HEADER..sums).step_by(BLOCK).enumerate() {
            let sum = sum(&bytes[block..(block + BLOCK).min(sums)]);
            bytes[sums + 4 * k..][..4].copy_from_slice(&sum.to_le_bytes());
        }
        let sum_of_sums = sum(&bytes[sums..]);
        bytes[SUMS_SUM..][..4].copy_from_slice(&sum_of_sums.to_le_bytes());
        let sum = sum(&bytes[..HEADER - 4]);
        bytes[HEADER - 4..HEADER].copy_from_slice(&sum.to_le_bytes());
    }
}

/// Bytes of a segment's header, and of its blocks.
const HEADER: usize = 80;
const BLOCK: usize = 16 << 10;
/// Where the header holds the checksum of the table of checksums.
const SUMS_SUM: usize = 8 + 4 * 13;

/// Where a segment's table of checksums begins, from its length.
fn first_of_sums(len: usize) -> Option<usize> {
    (0..=len.saturating_sub(HEADER) / BLOCK + 1)
        .filter_map(|blocks| Some((blocks, len.checked_sub((4 * blocks).next_multiple_of(8))?)))
        .find(|&(blocks, sums)| sums >= HEADER && (sums - HEADER).div_ceil(BLOCK) == blocks)
        .map(|(_, sums)| sums)
}

/// What was possible with a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried {
    pub(crate) opened: bool,
    pub(crate) sound: bool,
    pub(crate) searched: bool,
    pub(crate) written: bool,
}

/// Opens, verifies and searches the catalogue, by both engines, and with `write` adds a mail and makes one segment of
/// all. Any of these may be refused.
pub(crate) fn try_out(files: &Files, picture: &[u8], write: bool) -> Tried {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in &files.0 {
        std::fs::write(folder.path().join(name), bytes).expect("room");
    }
    let mut tried = Tried::default();
    let Ok(catalogue) = Catalogue::open(folder.path()) else { return tried };
    tried.opened = true;
    tried.sound = catalogue.verify().is_ok();
    let _ = (catalogue.ids(), catalogue.memory_usage(), catalogue.disk_usage(), catalogue.words());
    tried.searched = true;
    for engine in [Engine::Scan, Engine::Seeds] {
        let mut config = Config::default();
        config.search.engine = engine;
        tried.searched &= Matcher::new(&catalogue, config).and_then(|matcher| matcher.identify(picture)).is_ok();
    }
    drop(catalogue);
    if write {
        let written = || {
            let mut catalogue = Catalogue::edit(folder.path())?;
            catalogue.add_mails(&[Mail { id: "new".into(), body: "one more".into(), ..Mail::default() }])?;
            catalogue.commit()?;
            catalogue.compact()
        };
        tried.written = written().is_ok();
    }
    tried
}

#[cfg(test)]
mod tests {
    use leakprint::random::SplitMix64;

    use super::*;
    use crate::common::mails;
    use crate::invented::rounds;

    #[test]
    fn a_file_that_lies_is_refused_or_changes_an_answer() {
        let seed = seed(&mails());
        let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").unwrap();
        let kinds: Vec<&str> = seed.0.iter().map(|(name, _)| name.rsplit('.').next().unwrap()).collect();
        assert_eq!(kinds, ["book", "seg", "seg", "MANIFEST"]);
        let mut same = seed.clone();
        same.change(&[]);
        assert_eq!(same, seed, "checksums as the writer reckons them");
        assert_eq!(try_out(&seed, &picture, true), Tried { opened: true, sound: true, searched: true, written: true });

        let mut random = SplitMix64::new(16);
        let rounds = rounds(600);
        let (mut opened, mut sound, mut searched, mut written) = (0, 0, 0, 0);
        for round in 0..rounds {
            let edits: Vec<u8> = (0..1 + random.below(3)).flat_map(|_| random.bits().to_le_bytes()).collect();
            let mut files = seed.clone();
            files.change(&edits);
            let tried = try_out(&files, &picture, round % 10 == 0);
            opened += usize::from(tried.opened);
            sound += usize::from(tried.sound);
            searched += usize::from(tried.searched);
            written += usize::from(tried.written);
        }
        // Neither all is refused, which would try nothing, nor all believed.
        assert!(
            opened * 10 > rounds && searched * 10 > rounds && written > 0,
            "{opened} {searched} {written} of {rounds}"
        );
        assert!(opened < rounds && sound < opened, "{opened} {sound} of {rounds}");
    }
}
