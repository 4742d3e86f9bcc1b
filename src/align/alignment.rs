//! Alignments: which word of the query lies on which word of the document.

/// The best alignment of a query with a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Total score, in nats.
    pub score_nats: f32,
    /// Aligned pairs in reading order.
    pub pairs: Vec<Pair>,
    /// Words of the likeliest path that were skipped inside of a passage: indices into the page's words.
    pub skipped: Vec<u32>,
    /// Numbers of the pairs that a jump leads to.
    pub jumps: Vec<u32>,
}

/// A word of the query on a word of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Index into the page's words.
    pub word: u32,
    /// Number of the document's word, from 0.
    pub document_word: u32,
    /// What the pair earned, in nats; negative where the shapes contradict each other.
    pub score_nats: f32,
    /// How much farther apart the codes are than those of one word usually, in standard deviations.
    pub surprise: f32,
    /// How much wider the query's word is, in doublings: negative if it is narrower.
    pub stretch: f32,
}

impl Pair {
    /// A pair whose looks were not compared yet.
    pub(super) fn new(word: u32, document_word: u32, score_nats: f32) -> Self {
        Self { word, document_word, score_nats, surprise: 0.0, stretch: 0.0 }
    }
}

impl Alignment {
    /// Turns an alignment round that was gathered from its end, its jumps numbered from there.
    pub(super) fn turned_round(mut self) -> Self {
        let pairs = self.pairs.len() as u32;
        self.jumps.iter_mut().for_each(|k| *k = pairs - 1 - *k);
        self.jumps.reverse();
        self.pairs.reverse();
        self.skipped.reverse();
        self
    }
}
