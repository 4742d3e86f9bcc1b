//! Tests that start processes: writers that are killed, the example programs, and peaks of memory, which are a whole
//! process's.
//!
//! A process that is being started holds copies of the locks of its parent's catalogues. So the other tests stay apart
//! from these.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a failed fixture is a failed test")]

#[path = "../common/invented.rs"]
mod invented;

mod faults;
mod memory;
mod programs;
mod size;

use std::process::Command;

/// Runs a test again in a process of its own, in which this is true.
#[cfg(target_os = "linux")]
fn alone(test: &str) -> bool {
    const ALONE: &str = "LEAKPRINT_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(["--exact", test, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    eprint!("{stderr}");
    assert!(output.status.success() && stdout.contains("1 passed"), "{test}: {stdout}");
    false
}
