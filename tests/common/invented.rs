//! Invented mails, as many as a test needs, and how long tests go on.

use leakprint::catalogue::CatalogueConfig;
use leakprint::catalogue::mail::Mail;
use leakprint::fingerprint::Family;
use leakprint::random::SplitMix64;

/// The mail of this number; its words are numbers' names.
pub(crate) fn mail(number: u64, words: usize) -> Mail {
    let mut random = SplitMix64::new(number);
    let mut syllable = || ["sol", "mara", "tin", "quo", "der", "vell", "issa", "ob"][random.below(8)];
    let words: Vec<String> = (0..words).map(|_| [syllable(), syllable(), syllable()].concat()).collect();
    Mail { id: format!("mail-{number:04}"), body: words.join(" "), ..Mail::default() }
}

/// A cheap hash, and no part of a catalogue scanned whole: where codes only have to differ.
pub(crate) fn cheap() -> CatalogueConfig {
    CatalogueConfig { family: Family::Dct, whole_words: 0, ..CatalogueConfig::default() }
}

/// Whether long tests run whole, with `LEAKPRINT_LONG_TESTS=1`.
pub(crate) fn whole() -> bool {
    std::env::var_os("LEAKPRINT_LONG_TESTS").is_some()
}

/// So many rounds of a long test if it runs whole, else a tenth of them.
pub(crate) fn rounds(all: usize) -> usize {
    if whole() { all } else { all / 10 }
}
