//! Limits: what a picture that reaches one is answered, and that its answer says so.

use std::time::Duration;

use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::limits::LimitKind;
use leakprint::verdict::{Outcome, Verdict};
use leakprint::{Config, Error, Limits, Matcher};

use crate::common::mails;

fn answer(change: fn(&mut Limits)) -> Result<Verdict, Error> {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(&mails()).unwrap();
    let mut config = Config::default();
    change(&mut config.limits);
    let bytes = std::fs::read("testdata/shots/budget-q3--webmail-light.png").unwrap();
    Matcher::new(&catalogue, config).unwrap().identify(&bytes)
}

/// The one limit that was reached, with its value, what is allowed and what was left out.
fn reached(verdict: &Verdict) -> (LimitKind, u64, u64, u64) {
    assert_eq!(verdict.limits.len(), 1, "{:?}", verdict.limits);
    let reason = verdict.reason.as_ref().expect("it says so");
    let one = verdict.limits[0];
    assert!(reason.contains(&one.allowed.to_string()), "{reason}");
    (one.limit, one.value, one.allowed, one.left_out)
}

#[test]
fn an_ordinary_picture_reaches_none() {
    let verdict = answer(|_| {}).unwrap();
    assert_eq!((verdict.outcome, verdict.limits.len(), verdict.reason), (Outcome::Match, 0, None));
}

#[test]
fn of_too_many_words_those_are_looked_up_that_are_known() {
    let whole = answer(|_| {}).unwrap();
    let verdict = answer(|l| l.words = 120).unwrap();
    let (limit, value, allowed, left_out) = reached(&verdict);
    assert_eq!((limit, allowed), (LimitKind::Words, 120));
    assert!(value > 200 && left_out >= value - 120, "{left_out} of {value}");
    assert_eq!(verdict.words_seen, whole.words_seen);
    assert_eq!((verdict.outcome, &verdict.matches[0].documents), (Outcome::Match, &whole.matches[0].documents));
    assert!(verdict.matches[0].e_value > whole.matches[0].e_value && verdict.matches[0].e_value < 1e-6);
}

#[test]
fn a_candidate_over_its_cells_is_told_and_no_error() {
    let verdict = answer(|l| l.align_cells = 100).unwrap();
    let (limit, value, allowed, left_out) = reached(&verdict);
    assert_eq!((limit, verdict.outcome), (LimitKind::AlignCells, Outcome::NoMatch));
    assert!(value > allowed && left_out >= 1);
}

#[test]
fn after_the_deadline_nothing_is_begun() {
    let verdict = answer(|l| l.deadline = Some(Duration::ZERO)).unwrap();
    let (limit, _, allowed, _) = reached(&verdict);
    assert_eq!((limit, allowed, verdict.outcome), (LimitKind::DeadlineMillis, 0, Outcome::NoMatch));
    let unhurried = answer(|l| l.deadline = Some(Duration::from_secs(3600))).unwrap();
    assert_eq!(Verdict { millis: unhurried.millis, ..answer(|_| {}).unwrap() }, unhurried);
}

#[test]
fn a_larger_file_is_refused() {
    assert!(matches!(answer(|l| l.file_bytes = 100), Err(Error::Limit { value: 101.., limit: 100, .. })));
}
