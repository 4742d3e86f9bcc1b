//! The verdict: of several readings of a picture, the one whose matches are least likely by chance.

use super::config::{Level, VerdictConfig};
use super::report::{Match, Outcome, StageTimings, Verdict};
use crate::search::SearchStatistics;

/// What a reading of a picture came to.
#[derive(Debug)]
pub struct Reading {
    /// Its matches, see [`select`](super::select).
    pub matches: Vec<Match>,
    /// Words on its likeliest path.
    pub words_seen: usize,
    /// What its search looked at.
    pub statistics: SearchStatistics,
}

/// The verdict on a picture of this size, from its readings.
///
/// Who looks for a picture in several readings finds that many times as much by chance: E-values are multiplied by
/// their number.
#[must_use]
pub fn verdict(
    readings: Vec<Reading>,
    (width, height): (u32, u32),
    config: &VerdictConfig,
    millis: StageTimings,
) -> Verdict {
    let count = readings.len();
    let mut search = SearchStatistics::default();
    let mut best: Option<(Vec<Match>, usize)> = None;
    for Reading { mut matches, words_seen, statistics } in readings {
        search += statistics;
        among_readings(&mut matches, count, config);
        if best.as_ref().is_none_or(|(before, _)| e_value(&matches) < e_value(before)) {
            best = Some((matches, words_seen));
        }
    }
    let (matches, words_seen) = best.unwrap_or_default();
    let outcome = match (words_seen, matches.is_empty()) {
        (0, _) => Outcome::Unreadable,
        (_, true) => Outcome::NoMatch,
        (_, false) => Outcome::Match,
    };
    let reason = (outcome == Outcome::Unreadable).then(|| "no lines of text were found".to_owned());
    Verdict { outcome, reason, words_seen, width, height, matches, search, millis }
}

fn among_readings(matches: &mut Vec<Match>, readings: usize, config: &VerdictConfig) {
    for m in matches.iter_mut() {
        m.e_value *= readings as f64;
        m.level = Level::from_e_value(m.e_value);
        m.shared.iter_mut().for_each(|s| s.e_value *= readings as f64);
    }
    matches.retain(|m| m.e_value <= config.max_e);
}

/// The smallest E-value, infinite if there is no match.
fn e_value(matches: &[Match]) -> f64 {
    matches.iter().map(|m| m.e_value).fold(f64::INFINITY, f64::min)
}
