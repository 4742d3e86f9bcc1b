//! The verdict: of several readings of a picture, the one whose matches are least likely by chance.

use super::config::{Level, VerdictConfig};
use super::report::{KnownText, Match, Outcome, StageTimings, Verdict};
use super::select::Selection;
use crate::limits::{ReachedLimit, add_reached};
use crate::search::SearchStatistics;

/// What a reading of a picture came to.
#[derive(Debug)]
pub struct Reading {
    /// What was recognised, see [`select`](super::select).
    pub selection: Selection,
    /// Words on its likeliest path.
    pub words_seen: usize,
    /// What its search looked at.
    pub statistics: SearchStatistics,
    /// How many times as many words a sample was chosen from as were looked up, at least 1: whoever looks where it
    /// seems worth it finds that many times as much by chance.
    pub chosen_from: f64,
    /// Limits that it reached.
    pub reached: Vec<ReachedLimit>,
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
    let mut best: Option<(Selection, usize)> = None;
    let mut limits = Vec::new();
    for Reading { mut selection, words_seen, statistics, chosen_from, reached } in readings {
        search += statistics;
        add_reached(&mut limits, &reached);
        among_chances(&mut selection, count as f64 * chosen_from, config);
        if best.as_ref().is_none_or(|(before, _)| e_value(&selection) < e_value(before)) {
            best = Some((selection, words_seen));
        }
    }
    let (Selection { matches, known_texts }, words_seen) = best.unwrap_or_default();
    let outcome = match (words_seen, matches.is_empty()) {
        (0, _) => Outcome::Unreadable,
        (_, true) => Outcome::NoMatch,
        (_, false) => Outcome::Match,
    };
    let mut reasons: Vec<String> = limits.iter().map(ToString::to_string).collect();
    if outcome == Outcome::Unreadable {
        reasons.insert(0, "no lines of text were found".to_owned());
    }
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    Verdict { outcome, reason, words_seen, width, height, matches, known_texts, search, limits, millis }
}

fn among_chances(selection: &mut Selection, chances: f64, config: &VerdictConfig) {
    let Selection { matches, known_texts } = selection;
    for m in matches.iter_mut().chain(known_texts.iter_mut().map(|t| &mut t.passage)) {
        m.e_value *= chances;
        m.level = Level::from_e_value(m.e_value);
        m.shared.iter_mut().for_each(|s| s.e_value *= chances);
    }
    matches.retain(|m| m.e_value <= config.max_e);
    known_texts.retain(|t| t.passage.e_value <= config.max_e);
}

/// The smallest E-value, infinite if nothing was recognised: of a match, or else of a known text.
fn e_value(Selection { matches, known_texts }: &Selection) -> (bool, f64) {
    let least = |found: &mut dyn Iterator<Item = &Match>| found.map(|m| m.e_value).fold(f64::INFINITY, f64::min);
    let of_texts = || least(&mut known_texts.iter().map(|KnownText { passage, .. }| passage));
    if matches.is_empty() { (true, of_texts()) } else { (false, least(&mut matches.iter())) }
}
