//! The pages of `docs/`, as modules, so that their links are checked.
//!
//! In a page links lead to files. The definitions before it here come first, and so lead to modules and items instead.

#[doc = "[results]: results"]
#[doc = "[tunables]: tunables"]
#[doc = "[format]: mod@format"]
#[doc = "[testing]: testing"]
#[doc = "[recall]: results::recall"]
#[doc = "[word hashes]: results::word_hashes"]
#[doc = "[scan kernels]: results::scan_kernels"]
#[doc = "[E-values]: results::e_values"]
#[doc = "[seeds]: results::seeds"]
#[doc = "[segments and order]: results::segments_and_order"]
#[doc = "[`Matcher::identify`]: crate::Matcher::identify"]
#[doc = "[`raster::decode`]: crate::raster::decode"]
#[doc = "[`page::readings`]: crate::page::readings"]
#[doc = "[`fingerprint()`]: crate::fingerprint::fingerprint()"]
#[doc = "[`Searcher::search`]: crate::search::Searcher::search"]
#[doc = "[`Significance::candidates`]: crate::significance::Significance::candidates"]
#[doc = "[`Verdict`]: crate::verdict::Verdict"]
#[doc = "[`Error`]: crate::Error"]
#[doc = ""]
#[doc = include_str!("../docs/architecture.md")]
pub mod architecture {}

#[doc = "[`Error::File`]: crate::Error::File"]
#[doc = "[`Error::Input`]: crate::Error::Input"]
#[doc = "[`Family::Dct`]: crate::fingerprint::Family::Dct"]
#[doc = "[`Family::Net`]: crate::fingerprint::Family::Net"]
#[doc = "[`Family::Lda`]: crate::fingerprint::Family::Lda"]
#[doc = "[`NullModel`]: crate::significance::NullModel"]
#[doc = "[`log_width`]: crate::fingerprint::log_width"]
#[doc = ""]
#[doc = include_str!("../docs/format.md")]
pub mod format {}

#[doc = include_str!("../docs/tunables.md")]
pub mod tunables {}

#[doc = "[results]: results"]
#[doc = ""]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = "[geometry]: results::geometry"]
#[doc = "[word hashes]: results::word_hashes"]
#[doc = "[scan kernels]: results::scan_kernels"]
#[doc = "[atlas]: results::atlas"]
#[doc = "[colour-only text]: results::colour_only_text"]
#[doc = "[page table]: results::page_table"]
#[doc = "[page speed]: results::page_speed"]
#[doc = "[seeds]: results::seeds"]
#[doc = "[align]: results::align"]
#[doc = "[mail in]: results::mail_in"]
#[doc = "[word widths]: results::word_widths"]
#[doc = "[segments and order]: results::segments_and_order"]
#[doc = "[catalogue size]: results::catalogue_size"]
#[doc = "[altered words]: results::altered_words"]
#[doc = "[short passages]: results::short_passages"]
#[doc = "[recall]: results::recall"]
#[doc = "[E-values]: results::e_values"]
#[doc = "[enrolment]: results::enrolment"]
#[doc = "[enrolment memory]: results::enrolment_memory"]
#[doc = ""]
#[doc = include_str!("../docs/results/README.md")]
pub mod results {
    #[doc = include_str!("../docs/results/2026-11-23-geometry.md")]
    pub mod geometry {}
    #[doc = include_str!("../docs/results/2026-11-23-word-hashes.md")]
    pub mod word_hashes {}
    #[doc = include_str!("../docs/results/2026-11-23-scan-kernels.md")]
    pub mod scan_kernels {}
    #[doc = include_str!("../docs/results/2026-11-23-atlas.md")]
    pub mod atlas {}
    #[doc = include_str!("../docs/results/2026-11-24-colour-only-text.md")]
    pub mod colour_only_text {}
    #[doc = include_str!("../docs/results/2026-11-24-page-table.md")]
    pub mod page_table {}
    #[doc = include_str!("../docs/results/2026-11-24-page-speed.md")]
    pub mod page_speed {}
    #[doc = include_str!("../docs/results/2026-11-24-seeds.md")]
    pub mod seeds {}
    #[doc = include_str!("../docs/results/2026-11-24-align.md")]
    pub mod align {}
    #[doc = include_str!("../docs/results/2026-11-24-mail-in.md")]
    pub mod mail_in {}
    #[doc = include_str!("../docs/results/2026-11-25-word-widths.md")]
    pub mod word_widths {}
    #[doc = include_str!("../docs/results/2026-11-25-segments-and-order.md")]
    pub mod segments_and_order {}
    #[doc = include_str!("../docs/results/2026-11-25-catalogue-size.md")]
    pub mod catalogue_size {}
    #[doc = include_str!("../docs/results/2026-11-25-altered-words.md")]
    pub mod altered_words {}
    #[doc = include_str!("../docs/results/2026-11-25-short-passages.md")]
    pub mod short_passages {}
    #[doc = include_str!("../docs/results/2026-11-25-recall.md")]
    pub mod recall {}
    #[doc = include_str!("../docs/results/2026-11-26-e-values.md")]
    pub mod e_values {}
    #[doc = include_str!("../docs/results/2026-11-26-enrolment.md")]
    pub mod enrolment {}
    #[doc = include_str!("../docs/results/2026-11-26-enrolment-memory.md")]
    pub mod enrolment_memory {}
}
