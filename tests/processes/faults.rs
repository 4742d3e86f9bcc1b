//! A catalogue's folder survives killed writers and full disks.
#![cfg(unix)]
#![expect(clippy::print_stdout, reason = "how a writer tells the test that kills it how far it is")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leakprint::Error;
use leakprint::catalogue::Catalogue;
use leakprint::catalogue::mail::Mail;
use leakprint::random::SplitMix64;

use crate::invented::{cheap, mail, rounds};

/// Opens for writing. A program that another test of this process starts holds copies of our locks until it runs: so,
/// again.
fn edit(folder: &Path) -> Catalogue {
    for _ in 0..100 {
        match Catalogue::edit_or_create(folder, cheap()) {
            Err(Error::Locked { .. }) => std::thread::sleep(Duration::from_millis(20)),
            done => return done.unwrap(),
        }
    }
    panic!("{} stays locked", folder.display());
}

/// Numbers of mails that were there before the first step begin here.
const OLD: u64 = 5000;

/// What a writer does in step `k`: the ids that are there after it are a function of `k` alone.
const STEPS: u64 = 12;

fn step(catalogue: &mut Catalogue, k: u64) -> Result<(), Error> {
    match k % 4 {
        3 => return catalogue.compact(),
        2 => {
            for number in 0..5 {
                catalogue.remove(&mail((k - 2) * 10 + number, 1).id)?;
            }
            // One of what is left, and a public text.
            catalogue.disable(&mail((k - 2) * 10 + 5, 1).id)?;
            catalogue.disable(&mail((k - 1) * 10, 1).id)?;
            // Of a segment that commits leave alone, if there is one: compacting has something to do.
            catalogue.remove(&mail(OLD + k, 1).id)?;
        }
        _ => {
            let mails: Vec<Mail> = (0..10).map(|number| mail(k * 10 + number, 60)).collect();
            if k.is_multiple_of(4) {
                catalogue.add_mails(&mails)?
            } else {
                catalogue.add_public(&mails)?
            };
        }
    }
    catalogue.commit()
}

/// Public texts and disabled documents after `steps` steps.
fn marks_after(steps: u64) -> (usize, usize) {
    let steps_of = |kind: u64| (0..steps).filter(|k| k % 4 == kind).count();
    (10 * steps_of(1), 2 * steps_of(2))
}

fn marks(catalogue: &Catalogue) -> (usize, usize) {
    (catalogue.public_documents(), catalogue.disabled_documents())
}

/// Ids after `steps` steps.
fn ids_after(steps: u64) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for k in 0..steps {
        match k % 4 {
            3 => {}
            2 => (0..5).for_each(|n| {
                ids.remove(&mail((k - 2) * 10 + n, 1).id);
            }),
            _ => ids.extend((0..10).map(|n| mail(k * 10 + n, 1).id)),
        }
    }
    ids
}

fn ids(catalogue: &Catalogue) -> BTreeSet<String> {
    catalogue.ids().unwrap().into_iter().collect()
}

/// The same test program again, as a writer of this folder that goes on from step `k`.
fn writer(folder: &Path, k: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "faults::the_writer_that_is_killed", "--nocapture"]);
    command.env("LEAKPRINT_WRITER", folder).env("LEAKPRINT_STEP", k.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What a writer says before its first step.
const READY: &str = "ready";

/// No test by itself: what [`writer`] runs.
#[test]
fn the_writer_that_is_killed() {
    let Some(folder) = std::env::var_os("LEAKPRINT_WRITER") else { return };
    let first: u64 = std::env::var("LEAKPRINT_STEP").unwrap().parse().unwrap();
    let mut catalogue = Catalogue::edit_or_create(folder.as_ref(), cheap()).unwrap();
    println!("\n{READY}");
    for k in first..STEPS {
        step(&mut catalogue, k).unwrap();
    }
}

/// A copy of a folder.
fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

/// Waits until a writer is about to make its first step.
fn wait_until_ready(child: &mut Child) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == READY), "a writer that gets as far as its first step");
}

#[test]
fn a_killed_writer_leaves_the_last_commit_or_the_one_being_made() {
    // A segment so large that it is merged by compacting only. Then the folder before each step: kills shall fall on
    // every kind.
    let whole = tempfile::tempdir().unwrap();
    let old: Vec<Mail> = (OLD..OLD + 40).map(|number| mail(number, 1400)).collect();
    let mut catalogue = edit(whole.path());
    catalogue.add_mails(&old).unwrap();
    catalogue.commit().unwrap();
    drop(catalogue);
    let after = |steps: u64| -> BTreeSet<String> {
        let gone = (0..steps).filter(|k| k % 4 == 2).map(|k| mail(OLD + k, 1).id).collect::<BTreeSet<_>>();
        ids_after(steps).into_iter().chain(old.iter().map(|m| m.id.clone()).filter(|id| !gone.contains(id))).collect()
    };
    let mut before = Vec::new();
    for k in 0..STEPS {
        let copy = copy_of(whole.path());
        let mut catalogue = edit(whole.path());
        let size = catalogue.disk_usage();
        step(&mut catalogue, k).unwrap();
        before.push((copy, size));
        assert!(k % 4 != 3 || catalogue.disk_usage() < size, "there was something to compact");
        assert_eq!((ids(&catalogue), marks(&catalogue)), (after(k + 1), marks_after(k + 1)));
    }
    let mut random = SplitMix64::new(7);
    // Kills of adding, removing and compacting; and of those, kills after which the step had happened.
    let (mut kills, mut done) = ([0; 3], [0; 3]);
    let mut tries = 0;
    // Kills fall anywhere in this time from a step's beginning. It follows the writers, however fast they are here:
    // some three in four are killed before their commit.
    let mut within = [Duration::from_millis(20); STEPS as usize];
    // However slow the machine is: until kills of each kind fell before and after the commit.
    let (all, each) = (rounds(200) as u32, rounds(50) as u32);
    let enough = |kills: &[u32; 3], done: &[u32; 3]| {
        kills.iter().sum::<u32>() >= all && kills.iter().zip(done).all(|(&n, &done)| n >= each && done > 0 && done < n)
    };
    while !enough(&kills, &done) {
        tries += 1;
        assert!(tries < 2000, "kills fall on one side of the commit: {kills:?}, {done:?}, {within:?}");
        let k = random.below(STEPS as usize) as u64;
        let kind = [0, 0, 1, 2][(k % 4) as usize];
        let (copy, size) = &before[k as usize];
        let within = &mut within[k as usize];
        let folder = copy_of(copy.path());
        let mut child = writer(folder.path(), k).spawn().unwrap();
        wait_until_ready(&mut child);
        std::thread::sleep(Duration::from_nanos(random.below(within.as_nanos() as usize + 1) as u64));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            *within = within.mul_f64(0.8);
            continue;
        }
        kills[kind] += 1;
        let catalogue = Catalogue::open(folder.path()).unwrap();
        catalogue.verify().unwrap();
        let there = ids(&catalogue);
        // The step, or steps after it that had time to happen: never less than before, never a part of one.
        let reached = (k..=STEPS).find(|&n| after(n) == there);
        let reached = reached.unwrap_or_else(|| panic!("step {k}: neither the last commit nor a later one: {there:?}"));
        assert_eq!(marks(&catalogue), marks_after(reached), "step {k}");
        // Compacting changes no id; that it happened shows in the size.
        let happened = reached > k || (kind == 2 && catalogue.disk_usage() < *size);
        done[kind] += u32::from(happened);
        *within = within.mul_f64(if happened { 0.8 } else { 1.08 });
        drop(catalogue);
        // What is left of a commit that did not happen keeps nobody from making it.
        if reached < STEPS {
            let mut catalogue = edit(folder.path());
            step(&mut catalogue, reached).unwrap();
            assert_eq!((ids(&catalogue), marks(&catalogue)), (after(reached + 1), marks_after(reached + 1)));
        }
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_last_commit() {
    for kilobytes in [1, 2, 4, 8, 16, 24] {
        let folder = tempfile::tempdir().unwrap();
        let mut catalogue = edit(folder.path());
        step(&mut catalogue, 0).unwrap();
        drop(catalogue);
        // No file may grow beyond this; the signal that says so is ignored, so that writes fail as on a full disk.
        let program = std::env::current_exe().unwrap();
        let script =
            format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" --exact faults::the_writer_that_is_killed");
        let output = Command::new("sh")
            .args(["-c", &script])
            .arg(program)
            .env("LEAKPRINT_WRITER", folder.path())
            .env("LEAKPRINT_STEP", "1")
            .output()
            .unwrap();
        assert!(!output.status.success(), "{kilobytes} blocks: the writer cannot have ended well");
        let catalogue = Catalogue::open(folder.path()).unwrap();
        catalogue.verify().unwrap();
        let there = ids(&catalogue);
        assert!((1..STEPS).any(|k| ids_after(k) == there), "{kilobytes} blocks: {there:?}");
        // What was left of the failed commit does not keep the next writer from going on.
        drop(catalogue);
        let done = (1..STEPS).find(|&k| ids_after(k) == there).unwrap();
        let mut catalogue = edit(folder.path());
        (done..STEPS).for_each(|k| step(&mut catalogue, k).unwrap());
        drop(catalogue);
        assert_eq!(ids(&Catalogue::open(folder.path()).unwrap()), ids_after(STEPS));
    }
}

#[test]
fn readers_keep_their_state_and_refresh_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = edit(folder.path());
    step(&mut writer, 0).unwrap();
    let mut reader = Catalogue::open(folder.path()).unwrap();
    assert!(!reader.refresh().unwrap(), "nothing new");
    for k in 1..STEPS {
        step(&mut writer, k).unwrap();
        reader.verify().expect("files that were deleted meanwhile are mapped");
        assert!(ids(&reader) == ids_after(k), "before the refresh after step {k}");
        reader.refresh().unwrap();
        assert_eq!(ids(&reader), ids_after(k + 1));
    }
    assert!(writer.refresh().is_err(), "a writer knows");
}
