//! What several tests begin with.

use leakprint::catalogue::mail::{Mail, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig};
use leakprint::{Config, Matcher};

/// The bundled mails.
pub(crate) fn mails() -> Vec<Mail> {
    read_mails("testdata/mails.jsonl".as_ref()).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(crate) fn matcher(mails: &[Mail]) -> Matcher {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(mails).unwrap();
    Matcher::new(&catalogue, Config::default()).unwrap()
}
