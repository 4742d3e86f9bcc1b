//! The answer for one picture, as it is written in JSON.

use serde::Serialize;

use super::config::Level;
#[expect(unused_imports, reason = "the docs name them")]
use super::config::{CERTAIN, LIKELY};
use crate::limits::ReachedLimit;
use crate::search::SearchStatistics;

/// The answer for one picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What it comes to.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// Why the picture is [`Outcome::Unreadable`], or what its answer lacks because it reached a limit.
    pub reason: Option<String>,
    /// Words on the likeliest reading of the picture.
    pub words_seen: usize,
    /// Width of the picture as displayed, in pixels.
    pub width: u32,
    /// Height of the picture as displayed, in pixels.
    pub height: u32,
    /// What was recognised, strongest first; each covers words of its own.
    pub matches: Vec<Match>,
    /// Passages of known documents that tell of no particular mail, strongest first: no matches.
    pub known_texts: Vec<KnownText>,
    /// What the search looked at, and what it left out; of two readings of a picture, both together. No part of the
    /// JSON line, whose members are fixed.
    #[serde(skip)]
    pub search: SearchStatistics,
    /// Limits that the picture reached, and what was left out by that; empty for a picture that was looked at whole.
    pub limits: Vec<ReachedLimit>,
    /// How long each stage took.
    pub millis: StageTimings,
}

/// What a verdict comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A passage of a known document, with an E-value of at most the limit.
    Match,
    /// Text, but none that is known.
    NoMatch,
    /// No lines of text were found.
    Unreadable,
}

/// A passage that the picture shows and that is known, but tells of no particular mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnownText {
    /// What kind of text it is.
    pub kind: KnownTextKind,
    /// About how many documents of the catalogue hold it.
    pub family: u64,
    /// Words of the passage that are other ones in the picture than in the best document.
    pub contradicted_words: usize,
    /// Where and how well it agrees with which documents.
    #[serde(flatten)]
    pub passage: Match,
}

/// What kind of text a [`KnownText`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownTextKind {
    /// A form that several mails fill in, or a passage that several mails have: what is a mail's own is contradicted or
    /// not seen.
    Template,
    /// A text that everybody may have, named as such when the catalogue was made.
    Public,
}

/// A recognised passage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    /// The documents that hold it, best first: ids, duplicates' ids included.
    pub documents: Vec<String>,
    /// Expected number of documents that would match as well by chance.
    pub e_value: f64,
    /// What that comes to.
    pub level: Level,
    /// Alignment score, in nats.
    #[serde(rename = "score")]
    pub score_nats: f32,
    /// Number of words aligned.
    pub aligned_words: usize,
    /// First and last word of the passage in the best document, counted from 0.
    pub document_words: [u32; 2],
    /// Words of the best document before the passage and after it.
    pub beyond: [u32; 2],
    /// Words of the best document inside of the passage that the picture lacks.
    pub lacking: Vec<Lacking>,
    /// Where each of `documents`, and other documents that hold a part of the passage, agree with the picture.
    pub shared: Vec<Shared>,
    /// Share of the picture's words that the passage explains, 0 to 1.
    pub query_coverage: f32,
    /// Share of the document's words that were aligned, 0 to 1.
    pub document_coverage: f32,
    /// Hull of the aligned words, `[x0, y0, x1, y1]` in pixels.
    pub region: [f32; 4],
    /// The aligned words, and those inside of the passage that the document lacks.
    pub words: Vec<MatchedWord>,
}

/// A document that holds a recognised passage or a part of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// Its ids, duplicates' ids included.
    pub documents: Vec<String>,
    /// Expected number of documents that would hold as much by chance.
    pub e_value: f64,
    /// Number of words aligned.
    pub aligned_words: usize,
    /// First and last of its words that are aligned, counted from 0.
    pub document_words: [u32; 2],
    /// Share of the match's words that it explains, 0 to 1.
    pub share: f32,
}

/// Words of a document that the picture lacks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lacking {
    /// First and last, counted from 0.
    pub document_words: [u32; 2],
    /// Probability that they were left out of the text, 0 to 1; 0 where they may be covered, cut off or not found.
    pub deleted_probability: f32,
}

/// A word of the picture inside of a recognised passage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MatchedWord {
    /// Its box, `[x0, y0, x1, y1]` in pixels.
    #[serde(rename = "box")]
    pub area: [f32; 4],
    /// Number of the document's word that it lies on; none if the document lacks it.
    pub document_word: Option<u32>,
    /// How much its shape agrees with that word, 0 to 1; 0.5 says nothing.
    pub agreement: f32,
    /// Probability that another word stands here than the document's, or one that the document lacks, 0 to 1; 0 where
    /// the passage around it is not firm enough to tell.
    pub altered_probability: f32,
    /// Whether that is likelier than not.
    pub altered: bool,
    /// Whether a public text of the catalogue explains the word: then it tells of no mail. Left out of the JSON line if
    /// not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
}

/// Milliseconds of each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StageTimings {
    /// Stage 1.
    pub decode: f32,
    /// Stage 2.
    pub page: f32,
    /// Stage 3.
    pub fingerprint: f32,
    /// Stages 4 and 5.
    pub search: f32,
    /// Stages 6 and 7.
    pub align: f32,
    /// All of them.
    pub total: f32,
}
