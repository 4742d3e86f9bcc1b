//! Errors, sorted by who is at fault.

use std::fmt;
use std::path::{Path, PathBuf};

/// What went wrong, by who can mend it.
///
/// * [`Error::Input`]: the picture or message is at fault; the next one may be fine.
/// * [`Error::Limit`]: the input is larger than the configuration allows; raise the limit or shrink the input.
/// * [`Error::InvalidArgument`]: a setting or argument is out of its range.
/// * [`Error::File`]: a file of a catalogue is damaged, of another version, or none of ours.
/// * [`Error::Locked`]: somebody is writing to the catalogue; try again later.
/// * [`Error::Io`]: the operating system refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The picture or message cannot be understood.
    Input {
        /// What was read: a format's name, a line's number.
        what: String,
        /// Why it was refused.
        reason: String,
    },
    /// The input is larger than allowed.
    Limit {
        /// What was measured, with its unit.
        what: &'static str,
        /// What it is.
        value: u64,
        /// What it may be at most.
        limit: u64,
    },
    /// A setting or an argument is out of its range.
    InvalidArgument {
        /// The setting's path, such as `page.min_ink`.
        setting: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// A catalogue's file is damaged, of another version, or not one of ours.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The catalogue has a writer already.
    Locked {
        /// The catalogue's folder.
        path: PathBuf,
    },
    /// The operating system refused.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { what, reason } => write!(f, "{what}: {reason}"),
            Self::Limit { what, value, limit } => write!(f, "{what} is {value}, the limit is {limit}"),
            Self::InvalidArgument { setting, value, expected } => write!(f, "{setting} is {value}, but {expected}"),
            Self::File { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Locked { path } => {
                write!(f, "{}: it is being written to, by another process or elsewhere in this one", path.display())
            }
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers hand over errors and numbers as they have them")]
impl Error {
    pub(crate) fn input(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Input { what: what.into(), reason: reason.to_string() }
    }

    pub(crate) fn invalid_argument(setting: &'static str, value: impl ToString, expected: impl Into<String>) -> Self {
        Self::InvalidArgument { setting, value: value.to_string(), expected: expected.into() }
    }

    /// Names the first of some settings whose value is not as `expected`.
    pub(crate) fn unless_each<T: Copy + ToString>(
        settings: impl IntoIterator<Item = (&'static str, T)>,
        is_fine: impl Fn(T) -> bool,
        expected: &str,
    ) -> Result<(), Self> {
        match settings.into_iter().find(|(_, value)| !is_fine(*value)) {
            Some((setting, value)) => Err(Self::invalid_argument(setting, value, expected)),
            None => Ok(()),
        }
    }

    pub(crate) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), reason: reason.into() }
    }

    /// For `map_err`: names the path in an I/O error.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
