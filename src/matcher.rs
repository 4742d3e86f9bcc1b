//! The flow: seven stages from bytes to verdict, a call each.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use crate::align::align_candidates;
use crate::catalogue::Catalogue;
use crate::fingerprint::{Encoder, Fingerprint, fingerprint};
use crate::limits::{Deadline, ReachedLimit};
use crate::page::{Page, readings};
use crate::raster::decode;
use crate::search::{SearchStatistics, Searcher};
use crate::significance::Significance;
use crate::verdict::{Clock, Reading, Selection, Verdict, select, verdict};
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
    searcher: Searcher,
    significance: Significance,
}

impl Matcher {
    /// A matcher for the documents that the catalogue holds now.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if a setting is out of its range; [`Error::File`] if a block of the catalogue is
    /// damaged, which is found out when it is first read.
    pub fn new(catalogue: &Catalogue, config: Config) -> Result<Self, Error> {
        config.check()?;
        let reader = Arc::new(catalogue.to_reader()?);
        let model = catalogue.config().null_model;
        let step = model.sample_step(reader.documents());
        let searcher = Searcher::new(reader, step, config.search.clone(), config.score.clone())?;
        let significance = Significance::new(model, &searcher)?;
        Ok(Self { config, encoder: catalogue.config().family.encoder(), searcher, significance })
    }

    /// Bytes that its tables take up in memory; the catalogue's files are mapped besides, see
    /// [`Catalogue::disk_usage`].
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        self.searcher.memory_usage() + self.significance.memory_usage()
    }

    /// Decides what a picture shows.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] or [`Error::Limit`] if the bytes are no picture that can be decoded; a picture without text is
    /// no error but [`Outcome::Unreadable`](crate::verdict::Outcome::Unreadable). [`Error::File`] if a block of the
    /// catalogue is damaged.
    pub fn identify(&self, bytes: &[u8]) -> Result<Verdict, Error> {
        let limits = &self.config.limits;
        limits.admit(bytes.len() as u64)?;
        let (mut clock, deadline) = (Clock::start(), Deadline::after(limits.deadline));

        // 1. Bytes → grey picture as displayed.
        let raster = decode(bytes, &self.config.raster)?;
        clock.millis.decode = clock.lap();

        // 2. Picture → lines and a lattice of words; two readings where the text does not tell which end is up.
        let pages = readings(&raster, &self.config.page);
        clock.millis.page = clock.lap();

        // 3 to 7 for each reading: words → matches.
        let read = |page: Page| self.read(page, deadline, &mut clock);
        let readings = pages.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;

        // The reading whose matches are least likely by chance → verdict.
        Ok(verdict(readings, (raster.width(), raster.height()), &self.config.verdict, clock.finish()))
    }

    fn read(&self, mut page: Page, deadline: Deadline, clock: &mut Clock) -> Result<Reading, Error> {
        // 3. Words → codes; of too many words, those where a sample of them was found.
        let excerpt = self.searcher.excerpt(&mut page, &*self.encoder, self.config.limits.words, deadline)?;
        let fingerprint = fingerprint(&page, &*self.encoder);
        clock.millis.fingerprint += clock.lap();

        let (selection, statistics, mut reached) = self.decide(&page, &fingerprint, deadline, clock)?;
        reached.extend(excerpt);
        let chosen_from = page.words_seen() as f64 / page.words_looked_up().max(1) as f64;
        Ok(Reading { selection, words_seen: page.words_seen(), statistics, chosen_from, reached })
    }

    /// Stages 4 to 7 by themselves: which documents a page shows that was analysed and hashed before, with
    /// [`Config::page`] and the catalogue's [`family`](crate::catalogue::CatalogueConfig::family).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if page and fingerprint do not belong together, or the fingerprint is of another hash
    /// family than the catalogue's codes; [`Error::File`] if a block of the catalogue is damaged.
    pub fn matches(&self, page: &Page, fingerprint: &Fingerprint) -> Result<Selection, Error> {
        Ok(self.decide(page, fingerprint, Deadline::default(), &mut Clock::start())?.0)
    }

    fn decide(
        &self,
        page: &Page,
        fingerprint: &Fingerprint,
        deadline: Deadline,
        clock: &mut Clock,
    ) -> Result<(Selection, SearchStatistics, Vec<ReachedLimit>), Error> {
        // 4. Codes → documents that may hold them.
        let found = self.searcher.search_until(page, fingerprint, deadline)?;

        // 5. Documents → candidates: those that chance reaches seldom.
        let candidates = self.significance.candidates(&self.searcher, &found, self.config.verdict.max_e)?;
        clock.millis.search += clock.lap();

        // 6. Candidates → alignments, word by word.
        let Config { align, limits, .. } = &self.config;
        let work = (align, limits.align_cells);
        let aligned = align_candidates(&self.searcher, &found, &candidates, (page, fingerprint), work)?;

        // 7. Alignments → matches.
        let selection = select(aligned.documents, &candidates.null, page, &self.config.verdict);
        clock.millis.align += clock.lap();
        let reached = aligned.reached.into_iter().chain(deadline.reached()).collect();
        Ok((selection, found.statistics, reached))
    }

    /// Decides about many pictures in parallel; the answers come in the pictures' order and do not depend on the number
    /// of threads.
    #[must_use]
    pub fn identify_many<B: AsRef<[u8]> + Sync>(&self, pictures: &[B]) -> Vec<Result<Verdict, Error>> {
        pictures.par_iter().map(|bytes| self.identify(bytes.as_ref())).collect()
    }

    #[cfg(feature = "benchmarks")]
    pub(crate) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    #[cfg(feature = "benchmarks")]
    pub(crate) fn significance(&self) -> &Significance {
        &self.significance
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("config", &self.config)
            .field("searcher", &self.searcher)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CatalogueConfig;
    use crate::catalogue::mail::Mail;
    use crate::search::{BackgroundSample, Batch, Engine};

    /// So many mails of 50 invented words, no two alike.
    fn mails(number: usize) -> Vec<Mail> {
        let word = |k: usize| ["ra", "lo", "mi", "ten", "sur", "do", "kal"][k % 7];
        let body = |k: usize| (1..50).map(|position| word(k * 31 / position)).collect::<Vec<_>>().join(" ");
        (0..number).map(|k| Mail { id: format!("m{k}"), body: format!("{} {k}", body(k)), ..Mail::default() }).collect()
    }

    /// The sample's mails, and for the seed engine their codes and caps, of mails enrolled in commits of these sizes.
    fn sample(mails: &[Mail], commits: &[usize], removed: &[&str]) -> (Vec<Vec<String>>, Batch) {
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
        let ids = |&number: &u32| matcher.searcher.reader.listed(number as usize).expect("a document").ids;
        let background = matcher.significance.background.expect("the seed engine's");
        assert!(matcher.searcher.background == BackgroundSample::from_batch(&background));
        (matcher.searcher.sampled.iter().map(ids).collect(), background)
    }

    #[test]
    fn a_fingerprint_of_another_family_is_refused() {
        let mut catalogue = Catalogue::new(CatalogueConfig::default()).expect("a catalogue");
        catalogue.add_mails(&mails(3)).expect("mails");
        let matcher = Matcher::new(&catalogue, Config::default()).expect("a matcher");
        let bytes = std::fs::read("testdata/shots/roof-bees--webmail-light.png").expect("a picture");
        let page =
            crate::page::analyse(&decode(&bytes, &Config::default().raster).expect("PNG"), &Config::default().page);
        for family in [crate::fingerprint::Family::Dct, crate::fingerprint::Family::Lda] {
            let other = fingerprint(&page, &*family.encoder());
            let refused = matcher.matches(&page, &other).expect_err("not the catalogue's family").to_string();
            assert!(refused.contains(&format!("{family:?}")) && refused.contains("Net"), "{refused}");
        }
        let own = fingerprint(&page, &*catalogue.config().family.encoder());
        assert_eq!(matcher.matches(&page, &own).expect("the catalogue's family"), Selection::default());
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
