//! Queries for measurements: pictures of mails whose truth is known, whole and cut to few words.

use std::collections::HashMap;
use std::path::PathBuf;

use leakprint::Error;
use leakprint::benchmarks::{Asked, Engines};
use leakprint::catalogue::mail::Mail;
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::fingerprint::Family;
use leakprint::search::{Engine, SearchConfig};
use rustix::time::{ClockId, clock_gettime};

/// A picture's words and the id of the mail that it shows most of, and which of its words show it.
pub(crate) struct Picture {
    #[allow(dead_code, reason = "not every program names pictures")]
    pub(crate) name: String,
    pub(crate) asked: Asked,
    pub(crate) id: String,
    /// Edges that lie on words of that mail.
    aligned: Vec<u32>,
}

/// Queries of so many words stand for whole pictures of about so many.
pub(crate) const WHOLE: usize = 300;

/// Every n-th picture whose mail the scan finds in the small catalogue of `mails`.
pub(crate) fn pictures(folders: &[PathBuf], every: usize, mails: &[Mail]) -> Result<Vec<Picture>, Error> {
    let mut catalogue = Catalogue::new(CatalogueConfig::default())?;
    catalogue.add_mails(mails)?;
    let search = SearchConfig { engine: Engine::Scan, ..SearchConfig::default() };
    let engines = Engines::new(&catalogue, search)?;
    let ids: HashMap<usize, String> = engines.numbers()?.into_iter().map(|(id, n)| (n, id)).collect();
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder).map_err(|source| Error::Io { path: folder.clone(), source })?;
        paths.extend(
            entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e != "json")),
        );
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths.iter().step_by(every) {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let Ok(asked) = Asked::picture(&bytes, Family::default()) else { continue };
        if asked.words() == 0 {
            continue;
        }
        if let Some((number, _)) = engines.search(&asked)?.first().copied().filter(|(_, e)| *e <= 0.001) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let aligned = engines.aligned(&asked, number)?;
            found.push(Picture { name, asked, id: ids[&number].clone(), aligned });
        }
    }
    println!("{} of {} pictures show a mail", found.len(), paths.len().div_ceil(every));
    Ok(found)
}

impl Picture {
    /// Whether it is one of those of about 300 words.
    pub(crate) fn is_long(&self) -> bool {
        (220..400).contains(&self.asked.words())
    }

    /// Up to four windows of so many words of the mail; for [`WHOLE`] the picture itself, if it is long.
    pub(crate) fn windows(&self, count: usize) -> Vec<Asked> {
        if count == WHOLE {
            let whole = self.asked.between(0, self.asked.edges().saturating_sub(1));
            return whole.filter(|_| self.is_long()).into_iter().collect();
        }
        let firsts = (0..(self.aligned.len() + 1).saturating_sub(count)).step_by((self.aligned.len() / 4).max(1));
        firsts.filter_map(|first| self.asked.between(self.aligned[first], self.aligned[first + count - 1])).collect()
    }
}

/// What a call returns and the milliseconds of processor time that it took in this thread.
pub(crate) fn timed<T>(call: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let begin = now();
    let value = call();
    (value, now() - begin)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
