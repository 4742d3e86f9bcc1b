//! The flow: six calls from bytes to verdict.

use std::cmp::Reverse;
use std::time::Instant;

use rayon::prelude::*;

use crate::align::{Looks, align, complete, contradicted, header_support};
use crate::catalogue::{About, Catalogue};
use crate::fingerprint::{DistanceModel, Encoder, Fingerprint, fingerprint};
use crate::index::{
    DocumentScore, Effort, Engine, Index, Listed, Query, SCAN_WORDS, Sample as LookAlikes, Strip, UNITS_PER_NAT, scan,
    scan_strip, seeds, units, word_scores,
};
use crate::page::{Page, readings};
use crate::raster::decode;
use crate::simd::Kernels;
use crate::simd::kernels::WordScore;
use crate::verdict::{
    Candidate, Chance, ChanceModel, Decoy, Level, Match, Millis, Outcome, Sample, Verdict, VerdictConfig, select,
};
use crate::{Config, Error};

/// Recognises documents of a catalogue in pictures.
///
/// # Examples
///
/// ```
/// use leakprint::catalogue::{Catalogue, CatalogueConfig, mail::read_mails};
/// use leakprint::verdict::Outcome;
/// use leakprint::{Config, Matcher};
///
/// let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
/// let mails = read_mails("testdata/mails.jsonl".as_ref())?.collect::<Result<Vec<_>, _>>()?;
/// catalogue.add_mails(&mails)?;
///
/// let matcher = Matcher::new(&catalogue, Config::default())?;
/// let verdict = matcher.identify(&std::fs::read("testdata/shots/budget-q3--webmail-light.png").unwrap())?;
/// assert_eq!(verdict.outcome, Outcome::Match);
/// assert_eq!(verdict.matches[0].documents, ["budget-q3"]);
/// # Ok::<(), leakprint::Error>(())
/// ```
pub struct Matcher {
    config: Config,
    encoder: Box<dyn Encoder>,
    kernels: Kernels,
    index: Index,
    by_seeds: bool,
    chance: ChanceModel,
    /// The documents of the catalogue's [`Sample`].
    sampled: Vec<u32>,
    /// The same, copied, with exact caps; none if the scan finds their scores anyhow.
    background: Option<Strip>,
    /// Words that look-alikes are counted on.
    look_alikes: LookAlikes,
}

impl Matcher {
    /// A matcher for the documents that the catalogue holds now.
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if a setting is out of its range.
    pub fn new(catalogue: &Catalogue, config: Config) -> Result<Self, Error> {
        config.check()?;
        let index = catalogue.to_index()?;
        let by_seeds = match config.search.engine {
            Engine::Scan => false,
            Engine::Seeds => true,
            Engine::Auto => index.words() > SCAN_WORDS,
        };
        let chance = catalogue.config().chance;
        let step = match chance.sample(index.documents()) {
            Sample::Every(step) => step,
            Sample::Shuffles(_) => 1,
        };
        let sampled = index.sampled(step)?;
        let needed = by_seeds || !index.caps_are_exact();
        let background = needed.then(|| index.extract_exact(&sampled)).transpose()?;
        let look_alikes = LookAlikes::of(&index, &sampled)?;
        let encoder = catalogue.config().family.encoder();
        let kernels = Kernels::best();
        Ok(Self { config, encoder, kernels, index, by_seeds, chance, sampled, background, look_alikes })
    }

    /// Bytes that its tables take up in memory; the catalogue's files are mapped besides, see [`Catalogue::disk_usage`].
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let sampled = self.sampled.capacity() * size_of::<u32>() + self.look_alikes.memory_usage();
        self.index.memory_usage() + sampled + self.background.as_ref().map_or(0, Strip::memory_usage)
    }

    /// Decides what a picture shows.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] or [`Error::Limit`] if the bytes are no picture that can be decoded; a picture without text is no
    /// error but [`Outcome::Unreadable`].
    pub fn identify(&self, bytes: &[u8]) -> Result<Verdict, Error> {
        let mut clock = Clock::start();

        // 1. Bytes → grey picture as displayed.
        let raster = decode(bytes, &self.config.raster)?;
        clock.millis.decode = clock.lap();

        // 2. Picture → lines and a lattice of words; two readings where the text does not tell which end is up.
        let pages = readings(&raster, &self.config.page);
        clock.millis.page = clock.lap();

        let mut best: Option<(Vec<Match>, usize)> = None;
        let mut effort = Effort::default();
        for page in &pages {
            // 3. Words → codes.
            let print = fingerprint(page, &*self.encoder);
            clock.millis.fingerprint += clock.lap();

            // 4 to 6. Codes → verdict: of two readings, the one less likely by chance.
            let (mut matches, looked_at) = self.decide(page, &print, &mut clock)?;
            effort += looked_at;
            among_readings(&mut matches, pages.len(), &self.config.verdict);
            if best.as_ref().is_none_or(|(before, _)| e_value(&matches) < e_value(before)) {
                best = Some((matches, page.words_seen()));
            }
        }
        let (matches, words_seen) = best.unwrap_or_default();
        Ok(verdict(matches, words_seen, (raster.width(), raster.height()), effort, clock.finish()))
    }

    /// Stages 4 to 6 by themselves: which documents a page shows that was analysed and hashed before, with
    /// [`Config::page`] and the catalogue's [`family`](crate::catalogue::CatalogueConfig::family).
    ///
    /// # Errors
    ///
    /// [`Error::Caller`] if page and fingerprint do not belong together.
    pub fn matches(&self, page: &Page, print: &Fingerprint) -> Result<Vec<Match>, Error> {
        Ok(self.decide(page, print, &mut Clock::start())?.0)
    }

    fn decide(&self, page: &Page, print: &Fingerprint, clock: &mut Clock) -> Result<(Vec<Match>, Effort), Error> {
        // 4. Codes → documents that may hold them, and what chance would have found.
        let mut query = Query::new(page, print)?;
        query.fit_widths(page, &self.look_alikes, &self.kernels);
        let found = self.search(&query)?;
        clock.millis.search += clock.lap();

        // 5. Documents → alignments, word by word.
        let candidates = self.align(&query, &found, (page, print))?;

        // 6. Alignments → verdict.
        let matches = select(candidates, &found.chance, page, &self.config.verdict);
        clock.millis.align += clock.lap();
        Ok((matches, found.effort))
    }

    /// Decides about many pictures in parallel; the answers come in the pictures' order and do not depend on the number of
    /// threads.
    #[must_use]
    pub fn identify_many<B: AsRef<[u8]> + Sync>(&self, pictures: &[B]) -> Vec<Result<Verdict, Error>> {
        pictures.par_iter().map(|bytes| self.identify(bytes.as_ref())).collect()
    }

    #[cfg(feature = "benchmarks")]
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    #[cfg(feature = "benchmarks")]
    pub(crate) fn look_alikes(&self) -> &LookAlikes {
        &self.look_alikes
    }

    /// Stage 4: numbers and E-values of the documents that are handed on.
    #[cfg(feature = "benchmarks")]
    pub(crate) fn stage_4(&self, query: &Query<'_>) -> Result<Vec<(usize, f64)>, Error> {
        let found = self.search(query)?;
        Ok(found.documents.iter().map(|d| (d.document as usize, found.chance.e_value(d.nats()))).collect())
    }

    #[cfg(feature = "benchmarks")]
    pub(crate) fn e_value(&self, query: &Query<'_>, nats: f32) -> Result<f64, Error> {
        Ok(self.search(query)?.chance.e_value(nats))
    }

    fn search(&self, query: &Query<'_>) -> Result<Found, Error> {
        if query.arcs.is_empty() {
            let chance = self.chance.chance(0, &[]);
            let effort = Effort::default();
            return Ok(Found {
                scores: Vec::new(),
                documents: Vec::new(),
                strip: Strip::default(),
                listed: Vec::new(),
                chance,
                effort,
            });
        }
        let scores = word_scores(query, &self.look_alikes, &self.kernels, &self.config.score);
        let (mut documents, effort) = if self.by_seeds {
            seeds(&self.index, query, &scores, &self.kernels, &self.config.score, &self.config.search)?
        } else {
            let documents = scan(&self.index, query, &scores, &self.kernels, &self.config.score)?;
            let effort = Effort { aligned: documents.len() as u64, ..Effort::default() };
            (documents, effort)
        };
        let unrelated = self.unrelated(query, &scores, &documents)?;
        let chance = self.chance.chance(self.index.documents(), &unrelated);
        let max_e = self.config.verdict.max_e.max(MAX_CANDIDATE_E);
        let strip = if self.index.caps_are_exact() {
            self.best_of(&mut documents, &chance, max_e, MAX_CANDIDATES)?;
            self.index.extract_exact(&numbers(&documents))?
        } else {
            // By the segments' own caps, a few more than are wanted; then by exact ones.
            self.best_of(&mut documents, &chance, INEXACT * max_e, INEXACT_CANDIDATES)?;
            let numbers = numbers(&documents);
            let strip = self.index.extract_exact(&numbers)?;
            let exact = scan_strip(&strip, query, &scores, &self.kernels, &self.config.score);
            documents.iter_mut().zip(exact).for_each(|(document, units)| document.units = units);
            self.best_of(&mut documents, &chance, max_e, MAX_CANDIDATES)?;
            strip.some(documents.iter().filter_map(|d| numbers.iter().position(|&number| number == d.document)))
        };
        let listed = documents.iter().map(|d| self.index.listed(d.document as usize)).collect::<Result<_, _>>()?;
        Ok(Found { scores, documents, strip, listed, chance, effort })
    }

    /// Keeps the documents that chance reaches no more often than `max_e` times, the best first, and of these the first so many.
    fn best_of(
        &self,
        documents: &mut Vec<DocumentScore>,
        chance: &Chance,
        max_e: f64,
        count: usize,
    ) -> Result<(), Error> {
        documents.retain(|d| chance.e_value(d.nats()) <= max_e);
        // Equal scores in the order of the texts' hashes, which hangs on nothing but the documents.
        let with_content = |d: &DocumentScore| Ok((Reverse(d.units), self.index.content(d.document)?, d.document));
        let mut order: Vec<_> = documents.iter().map(with_content).collect::<Result<_, Error>>()?;
        order.sort_unstable();
        order.truncate(count);
        let in_order = |(Reverse(units), _, document)| DocumentScore { units, document };
        *documents = order.into_iter().map(in_order).collect();
        Ok(())
    }

    /// Scores that documents reach by chance; `documents` are those of all, in the order of their numbers, unless there is a background.
    fn unrelated(
        &self,
        query: &Query<'_>,
        scores: &[WordScore],
        documents: &[DocumentScore],
    ) -> Result<Vec<DocumentScore>, Error> {
        let sample = self.chance.sample(self.index.documents());
        let thinning = self.chance.thinning(sample, query.arcs.len(), self.index.words());
        let Some(background) = &self.background else {
            return match sample {
                Sample::Every(_) => {
                    let found = |number: &u32| documents.binary_search_by_key(number, |d| d.document).ok();
                    Ok(self.sampled.iter().step_by(thinning).filter_map(found).map(|k| documents[k]).collect())
                }
                Sample::Shuffles(count) => shuffled(query, scores, count, |query, scores| {
                    scan(&self.index, query, scores, &self.kernels, &self.config.score)
                }),
            };
        };
        let thinned;
        let background = if thinning == 1 {
            background
        } else {
            thinned = background.some((0..background.documents()).step_by(thinning));
            &thinned
        };
        let scan_background = |query: &Query<'_>, scores: &[WordScore]| -> Result<Vec<DocumentScore>, Error> {
            let units = scan_strip(background, query, scores, &self.kernels, &self.config.score);
            Ok(units.into_iter().zip(0..).map(|(units, document)| DocumentScore { units, document }).collect())
        };
        match sample {
            Sample::Every(_) => scan_background(query, scores),
            Sample::Shuffles(count) => shuffled(query, scores, count, scan_background),
        }
    }

    fn align<'f>(
        &self,
        query: &Query<'_>,
        found: &'f Found,
        (page, print): (&Page, &Fingerprint),
    ) -> Result<Vec<Candidate<'f>>, Error> {
        let one = |(k, (d, Listed { ids, widths, about, file })): (usize, (&DocumentScore, &'f Listed))| {
            let strip = found.strip.some(std::iter::once(k));
            let align = |strip: &Strip| {
                align(strip, 0, query, &found.scores, &self.kernels, &self.config.score, &self.config.align)
            };
            let alignment = align(&strip)?;
            let about = About::from_bytes(about, query.codes.family(), file)?;
            let fields = about.fields.iter().map(|f| (&f.codes, f.widths.as_slice()));
            let contradicted = contradicted(&alignment, page, widths.len());
            let header = header_support(query, &found.scores, fields, &alignment, d.nats(), &self.config.score);
            // What tells nothing about which document it is tells where it lies.
            let strip = strip.with_least_cap(units(LEAST_EVIDENCE_NATS));
            let mut evidence = align(&strip)?;
            complete(
                &mut evidence,
                page,
                widths.len() as u32,
                &Pairs { query, scores: &found.scores, print, document: &strip, widths },
            );
            Ok(Candidate {
                ids,
                widths,
                best_passage_nats: d.nats() - contradicted.nats + header.nats,
                contradicted,
                header_words: header.words,
                quoted_share: about.quoted_share(evidence.pairs.iter().map(|p| p.document_word)),
                alignment,
                evidence,
            })
        };
        found.documents.par_iter().zip(&found.listed).enumerate().map(one).collect()
    }
}

/// What stage 4 hands on.
struct Found {
    scores: Vec<WordScore>,
    documents: Vec<DocumentScore>,
    /// Those, copied, with exact caps.
    strip: Strip,
    /// Ids and lengths of those.
    listed: Vec<Listed>,
    chance: Chance,
    effort: Effort,
}

fn numbers(documents: &[DocumentScore]) -> Vec<u32> {
    documents.iter().map(|d| d.document).collect()
}

/// Scores of so many shuffles of the query.
fn shuffled(
    query: &Query<'_>,
    scores: &[WordScore],
    count: u64,
    scan: impl Fn(&Query<'_>, &[WordScore]) -> Result<Vec<DocumentScore>, Error>,
) -> Result<Vec<DocumentScore>, Error> {
    let mut unrelated = Vec::new();
    for seed in 0..count {
        let decoy = Decoy::of(query, scores, seed)?;
        unrelated.extend(scan(&decoy.query(), &decoy.scores)?);
    }
    Ok(unrelated)
}

/// Words of a page beside those of one document.
struct Pairs<'a> {
    query: &'a Query<'a>,
    scores: &'a [WordScore],
    print: &'a Fingerprint,
    /// The document by itself, and its words' widths.
    document: &'a Strip,
    widths: &'a [u8],
}

impl Looks for Pairs<'_> {
    fn compare(&self, word: u32, document_word: u32) -> (f32, f32) {
        let place = self.document.places(0).start + document_word as usize;
        let probe = self.query.probe(word as usize);
        let earned = self.scores[word as usize].at(self.document.distance(probe, place), self.document.cap(place));
        (f32::from(self.document.code_distance(probe, place)), f32::from(earned) / UNITS_PER_NAT)
    }

    fn same(&self, word: u32) -> DistanceModel {
        let weights = self.query.weights.get(word as usize);
        weights.map_or(self.query.codes.family().distances(), |w| w.same)
    }

    fn widths(&self, word: u32, document_word: u32) -> (u8, u8) {
        (self.print.widths[word as usize], self.widths[document_word as usize])
    }
}

/// Where a document lies is shown by all of its words, those of phrases that everybody uses too: they earn up to so much.
const LEAST_EVIDENCE_NATS: f32 = 1.0;
/// Documents aligned word by word at most.
const MAX_CANDIDATES: usize = 32;
/// Documents that chance would reach more often than this by their best passage, and more often than a match may be, are not
/// aligned: a header above may make a match of the others.
const MAX_CANDIDATE_E: f64 = 0.05;
/// By inexact caps a document may seem so many times more likely by chance than it is.
const INEXACT: f64 = 5.0;
/// Documents whose exact caps are reckoned at most.
const INEXACT_CANDIDATES: usize = 2 * MAX_CANDIDATES;

/// Who looks for a picture in several readings finds that many times as much by chance.
fn among_readings(matches: &mut Vec<Match>, readings: usize, config: &VerdictConfig) {
    for m in matches.iter_mut() {
        m.e_value *= readings as f64;
        m.level = Level::of(m.e_value);
        m.shared.iter_mut().for_each(|s| s.e_value *= readings as f64);
    }
    matches.retain(|m| m.e_value <= config.max_e);
}

/// The smallest E-value, infinite if there is no match.
fn e_value(matches: &[Match]) -> f64 {
    matches.iter().map(|m| m.e_value).fold(f64::INFINITY, f64::min)
}

fn verdict(
    matches: Vec<Match>,
    words_seen: usize,
    (width, height): (u32, u32),
    search: Effort,
    millis: Millis,
) -> Verdict {
    let outcome = match (words_seen, matches.is_empty()) {
        (0, _) => Outcome::Unreadable,
        (_, true) => Outcome::NoMatch,
        (_, false) => Outcome::Match,
    };
    let reason = (outcome == Outcome::Unreadable).then(|| "no lines of text were found".to_owned());
    Verdict { outcome, reason, words_seen, width, height, matches, search, millis }
}

/// Times the stages.
struct Clock {
    begin: Instant,
    lap: Instant,
    millis: Millis,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        Self { begin: now, lap: now, millis: Millis::default() }
    }

    fn lap(&mut self) -> f32 {
        let now = Instant::now();
        let millis = (now - self.lap).as_secs_f32() * 1e3;
        self.lap = now;
        millis
    }

    fn finish(mut self) -> Millis {
        self.millis.total = self.begin.elapsed().as_secs_f32() * 1e3;
        self.millis
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CatalogueConfig;
    use crate::catalogue::mail::Mail;

    /// So many mails of 50 invented words, no two alike.
    fn mails(number: usize) -> Vec<Mail> {
        let word = |k: usize| ["ra", "lo", "mi", "ten", "sur", "do", "kal"][k % 7];
        let body = |k: usize| (1..50).map(|place| word(k * 31 / place)).collect::<Vec<_>>().join(" ");
        (0..number).map(|k| Mail { id: format!("m{k}"), body: format!("{} {k}", body(k)), ..Mail::default() }).collect()
    }

    /// The sample's mails, and for the seed engine their codes and caps, of mails enrolled in commits of these sizes.
    fn sample(mails: &[Mail], commits: &[usize], removed: &[&str]) -> (Vec<Vec<String>>, Strip) {
        let folder = tempfile::tempdir().expect("a folder");
        let config = CatalogueConfig { whole_words: 0, ..CatalogueConfig::default() };
        let mut rest = mails;
        for &size in commits {
            let (part, later) = rest.split_at(size);
            let mut catalogue = Catalogue::edit_or_create(folder.path(), config.clone()).expect("a catalogue");
            catalogue.add_mails(part).expect("mails");
            catalogue.commit().expect("a commit");
            rest = later;
        }
        let mut catalogue = Catalogue::edit_or_create(folder.path(), config).expect("a catalogue");
        assert_eq!(catalogue.segments(), commits.len());
        for id in removed {
            assert!(catalogue.remove(id).expect("an id"));
        }
        let mut config = Config::default();
        config.search.engine = Engine::Seeds;
        let matcher = Matcher::new(&catalogue, config).expect("a matcher");
        let ids = |&number: &u32| matcher.index.listed(number as usize).expect("a document").ids;
        let background = matcher.background.expect("the seed engine's");
        assert!(matcher.look_alikes == LookAlikes::of_strip(&background));
        (matcher.sampled.iter().map(ids).collect(), background)
    }

    #[test]
    fn order_and_segments_leave_the_sample_as_it_is() {
        let mut mails = mails(2600);
        let removed = ["m7", "m2000"];
        let (ids, background) = sample(&mails, &[2600], &removed);
        // One in two of what is left, and no more from one end than from the other.
        assert_eq!(ids.len(), 1299);
        assert!(ids.iter().all(|i| i.len() == 1 && !removed.contains(&i[0].as_str())));
        let first_half = ids.iter().filter(|i| i[0][1..].parse::<usize>().is_ok_and(|k| k < 1300)).count();
        assert!((550..750).contains(&first_half), "{first_half}");
        mails.reverse();
        assert!(sample(&mails, &[2600], &removed) == (ids.clone(), background.clone()), "another order");
        mails.sort_unstable_by_key(|m| m.id.bytes().rev().collect::<Vec<_>>());
        assert!(sample(&mails, &[1300, 1050, 250], &removed) == (ids.clone(), background.clone()), "three segments");
        mails.retain(|m| !removed.contains(&m.id.as_str()));
        assert!(sample(&mails, &[2598], &[]) == (ids, background), "as if what is gone had never been there");
    }
}
