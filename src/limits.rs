//! What a picture may cost, and how an answer tells that it was cut short.
//!
//! Limits count work, so that an answer hangs on the picture and the documents alone. A deadline besides is for callers
//! who would sooner have half of an answer than a late one. Over a limit the picture is answered from what was done,
//! and the verdict says what was left out: a [`ReachedLimit`] for each.

use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Error;

/// Cells of an alignment have numbers of 32 bits.
const MAX_ALIGN_CELLS: u64 = 1 << 31;

/// What a picture may cost. Ordinary pictures reach none of the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file of a picture, in bytes. Strict: larger ones are an [`Error::Limit`], as half of a file is none.
    /// Default: 256 million.
    ///
    /// Tuned (bytes): chosen by eye; an uncompressed picture of 80 megapixels.
    pub file_bytes: u64,
    /// Words of a page that are looked up, readings of doubtful gaps included. Of a page with more, a sample decides
    /// which parts are. Default: 3,000.
    ///
    /// Tuned (words): the fullest of 453 screenshots has 2,612, the middle one 162.
    pub words: usize,
    /// Cells (lattice node, document word) of a picture's alignments, each candidate having an equal share; a cell
    /// takes 20 bytes. Default: 32 million.
    ///
    /// Tuned (cells): chosen by eye.
    pub align_cells: u64,
    /// Time for a picture after which nothing new is begun; by default there is none. What is found then hangs on the
    /// machine.
    pub deadline: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 256_000_000, words: 3_000, align_cells: 32_000_000, deadline: None }
    }
}

impl Limits {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first limit that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if self.file_bytes == 0 {
            return Err(Error::invalid_argument("limits.file_bytes", 0, "it must be at least 1"));
        }
        if self.words == 0 {
            return Err(Error::invalid_argument("limits.words", 0, "it must be at least 1"));
        }
        if !(1..=MAX_ALIGN_CELLS).contains(&self.align_cells) {
            let expected = format!("it must be 1 to {MAX_ALIGN_CELLS}, as cells are numbered in 32 bits");
            return Err(Error::invalid_argument("limits.align_cells", self.align_cells, expected));
        }
        Ok(())
    }

    /// Refuses a picture's file of more bytes than are allowed: to be asked before it is read.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] with both numbers.
    pub fn admit(&self, bytes: u64) -> Result<(), Error> {
        if bytes > self.file_bytes {
            return Err(Error::Limit { what: "the file's size in bytes", value: bytes, limit: self.file_bytes });
        }
        Ok(())
    }
}

/// Which of the [`Limits`] was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// [`Limits::words`].
    Words,
    /// [`Limits::align_cells`].
    AlignCells,
    /// [`Limits::deadline`], in milliseconds.
    DeadlineMillis,
}

/// A limit that a picture reached, and what its answer lacks by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReachedLimit {
    /// Which limit.
    pub limit: LimitKind,
    /// What the picture would have taken, or had taken when it was stopped.
    pub value: u64,
    /// What it may take.
    pub allowed: u64,
    /// What was left out: words that were not looked up; candidates that were not aligned; of a deadline 0, as it is not
    /// known.
    pub left_out: u64,
}

impl fmt::Display for ReachedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, allowed, left_out, .. } = self;
        match self.limit {
            LimitKind::Words => write!(
                f,
                "the picture has {value} possible words, the limit is {allowed}: {left_out} of them were not looked up, \
                 chosen by a sample"
            ),
            LimitKind::AlignCells => write!(
                f,
                "{left_out} candidates were not aligned: one would have taken {value} cells, the limit is {allowed}"
            ),
            LimitKind::DeadlineMillis => write!(f, "the deadline of {allowed} ms passed: {value} ms were taken"),
        }
    }
}

/// Adds the limits that one reading of a picture reached to those of another; of both the one that left out more.
pub(crate) fn add_reached(all: &mut Vec<ReachedLimit>, more: &[ReachedLimit]) {
    for reached in more {
        match all.iter_mut().find(|r| r.limit == reached.limit) {
            Some(known) => {
                if reached.left_out > known.left_out {
                    *known = *reached;
                }
            }
            None => all.push(*reached),
        }
    }
}

/// When nothing new is begun any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline {
    begin: Option<(Instant, Duration)>,
}

impl Deadline {
    /// So long from now; never without a duration.
    #[must_use]
    pub fn after(duration: Option<Duration>) -> Self {
        Self { begin: duration.map(|d| (Instant::now(), d)) }
    }

    /// Whether it has passed.
    #[must_use]
    pub fn has_passed(self) -> bool {
        self.begin.is_some_and(|(begin, duration)| begin.elapsed() >= duration)
    }

    /// The limit that was reached, if it has passed.
    pub(crate) fn reached(self) -> Option<ReachedLimit> {
        let (begin, duration) = self.begin?;
        let elapsed = begin.elapsed();
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        (elapsed >= duration).then(|| ReachedLimit {
            limit: LimitKind::DeadlineMillis,
            value: millis(elapsed),
            allowed: millis(duration),
            left_out: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_nothing_are_refused_and_the_defaults_are_not() {
        assert!(Limits::default().check().is_ok());
        let refused = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            limits.check().is_err()
        };
        assert!(refused(|l| l.file_bytes = 0) && refused(|l| l.words = 0) && refused(|l| l.align_cells = 0));
        assert!(refused(|l| l.align_cells = MAX_ALIGN_CELLS + 1));
        assert!(!refused(|l| l.deadline = Some(Duration::ZERO)));
    }

    #[test]
    fn two_readings_tell_of_a_limit_once() {
        let reached = |limit, value, left_out| ReachedLimit { limit, value, allowed: 10, left_out };
        let mut all = vec![reached(LimitKind::Words, 20, 10)];
        add_reached(&mut all, &[reached(LimitKind::AlignCells, 11, 1), reached(LimitKind::Words, 25, 15)]);
        assert_eq!(all, [reached(LimitKind::Words, 25, 15), reached(LimitKind::AlignCells, 11, 1)]);
    }

    #[test]
    fn a_deadline_passes_once_it_is_there() {
        assert!(!Deadline::default().has_passed() && Deadline::default().reached().is_none());
        assert!(!Deadline::after(Some(Duration::from_secs(3600))).has_passed());
        let past = Deadline::after(Some(Duration::ZERO));
        assert!(past.has_passed() && past.reached().is_some_and(|r| r.allowed == 0));
    }
}
