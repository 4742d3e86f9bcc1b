//! Damaged files and messages are errors or change nothing, whatever the byte.

use leakprint::catalogue::mail::Mail;
#[cfg(feature = "mail")]
use leakprint::catalogue::mail::{find, is_mail_file, read_message};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::random::SplitMix64;
use leakprint::search::Engine;
use leakprint::{Config, Error, Matcher};

use crate::common::{answers, mails};
use crate::invented::{cheap, mail, rounds};

#[test]
fn damaged_catalogues_are_refused_whatever_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalogue = Catalogue::edit_or_create(folder.path(), CatalogueConfig::default()).unwrap();
    catalogue.add_mails(&mails()[..1]).unwrap();
    catalogue.commit().unwrap();
    drop(catalogue);
    for name in ["MANIFEST", "00000000.seg"] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        for k in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[k] ^= 0x10;
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(Catalogue::open(folder.path()), Err(Error::File { .. })), "{name}, byte {k} changed");
            std::fs::write(&path, &whole[..k]).unwrap();
            assert!(matches!(Catalogue::open(folder.path()), Err(Error::File { .. })), "{name} cut at {k}");
        }
        std::fs::write(&path, &whole).unwrap();
    }
    Catalogue::open(folder.path()).unwrap();
}

#[test]
fn damage_is_an_error_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalogue = Catalogue::edit_or_create(folder.path(), cheap()).unwrap();
    catalogue.add_mails(&mails()).unwrap();
    catalogue.commit().unwrap();
    // Large enough for an inverted file, and one change of the manifest.
    let others: Vec<Mail> = (0..300).map(|n| mail(n, 180)).collect();
    catalogue.add_mails(&others).unwrap();
    catalogue.commit().unwrap();
    catalogue.remove("mail-0003").unwrap();
    catalogue.commit().unwrap();
    drop(catalogue);
    // A part of a picture, so that a query takes little time.
    let picture = std::fs::read("testdata/shots/tusk-settlement--desktop-crop.png").unwrap();
    let right = answers(folder.path(), &picture).unwrap();
    assert!(right.iter().all(|v| v.matches[0].documents == ["tusk-settlement"]), "{right:?}");

    assert!(right[0].search.lookups == 0 && right[1].search.lookups > 0, "by the scan, by seeds");
    assert_eq!(right[1].search.masked, 0);
    let mut config = Config::default();
    (config.search.engine, config.search.max_votes) = (Engine::Seeds, 1);
    let crowded = Matcher::new(&Catalogue::open(folder.path()).unwrap(), config).unwrap().identify(&picture).unwrap();
    assert!(crowded.search.votes <= 1 && crowded.search.masked > 100, "{:?}", crowded.search);

    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.metadata().unwrap().len() > 0);
    files.sort();
    assert_eq!(files.len(), 3, "a manifest, a codebook, a segment: {files:?}");
    let mut random = SplitMix64::new(11);
    let (mut refused, mut unchanged) = (0, 0);
    // Cuts, and ten times as many changes of a byte to any other.
    for round in 0..rounds(11_000) {
        let path = &files[random.below(files.len())];
        let whole = std::fs::read(path).unwrap();
        let at = random.below(whole.len());
        let mut bytes = whole.clone();
        if round % 11 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 + random.below(255) as u8;
        }
        // Under another name first: the file may be mapped.
        let replace = |bytes: &[u8]| {
            std::fs::write(folder.path().join("other"), bytes).unwrap();
            std::fs::rename(folder.path().join("other"), path).unwrap();
        };
        replace(&bytes);
        // Everything is read by `verify`, which sees every change; every 15th time, a search meets it first.
        if round % 15 == 0 {
            match answers(folder.path(), &picture) {
                Ok(found) => {
                    assert_eq!(found, right, "{} byte {at}", path.display());
                    unchanged += 1;
                }
                Err(Error::File { .. }) => refused += 1,
                Err(e) => panic!("{} byte {at}: {e}", path.display()),
            }
        }
        let found = Catalogue::open(folder.path()).and_then(|c| c.verify());
        assert!(matches!(found, Err(Error::File { .. })), "{} byte {at}: {found:?}", path.display());
        replace(&whole);
    }
    assert!(refused > rounds(300), "{refused} refused, {unchanged} unchanged");
    assert_eq!(answers(folder.path(), &picture).unwrap(), right);
}

#[test]
fn every_cut_of_a_small_catalogue_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalogue = Catalogue::edit_or_create(folder.path(), cheap()).unwrap();
    catalogue.add_mails(&(0..4).map(|n| mail(n, 30)).collect::<Vec<_>>()).unwrap();
    catalogue.commit().unwrap();
    catalogue.remove("mail-0003").unwrap();
    catalogue.commit().unwrap();
    drop(catalogue);
    let mut cuts = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let found = Catalogue::open(folder.path());
            assert!(matches!(found, Err(Error::File { .. })), "{} cut to {length} bytes", path.display());
            cuts += 1;
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(cuts > 3000, "{cuts} bytes cannot be the whole catalogue");
    Catalogue::open(folder.path()).unwrap().verify().unwrap();
}

#[cfg(feature = "mail")]
#[test]
fn damaged_messages_are_read_or_refused() {
    let whole: Vec<Vec<u8>> = find("testdata/html".as_ref(), &is_mail_file)
        .into_iter()
        .chain(find("testdata/messages".as_ref(), &is_mail_file))
        .map(|f| std::fs::read(f.unwrap()).unwrap())
        .collect();
    let mut random = SplitMix64::new(1);
    for round in 0..rounds(3000) {
        let mut bytes = whole[round % whole.len()].clone();
        for _ in 0..1 + round % 7 {
            let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 80))),
                _ => bytes.extend_from_within(at.min(to)..),
            }
            bytes.push(b'\n');
        }
        let found = read_message(&bytes, "damaged");
        assert!(!found.is_empty());
        for mail in found.into_iter().flatten() {
            let words = mail.body.split_whitespace().count() as u32;
            assert!(words > 0 && mail.quoted.iter().all(|&[first, end]| first < end && end <= words));
        }
    }
}
