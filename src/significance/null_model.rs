//! How likely is a score by chance? Read off the scores of documents that have nothing to do with the query.
//!
//! Best scores of unrelated documents fall off exponentially (S. Karlin & S. F. Altschul 1990). Where that tail begins
//! differs from query to query (its length, how much its words tell, how often its n-grams are used), so it is measured
//! for each query, on a sample of the catalogue's documents (as W. R. Pearson 1998 does with the search's own scores).
//! How it falls is a law of language more than of the query, and too few documents are far out to fit it anew each
//! time: its shape is a constant, fitted to the best scores of pages of unrelated text (measured in `docs/results`,
//! *E-values*). In a small catalogue the page's own words in another order stand in for unrelated documents.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::search::DocumentScore;

/// How scores of unrelated documents fall off: the constants behind every E-value, fitted to decoys (measured in
/// `docs/results`, *E-values*). A catalogue keeps those that it was made with in its manifest, so that whoever opens
/// it, by threads, shards or releases, gives the same E-value to the same alignment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NullModel {
    /// Documents whose scores are looked at, about. Default: 1,200.
    ///
    /// Tuned (documents): chosen by eye.
    pub sample_documents: usize,
    /// Cells of dynamic programming (edges × words) spent on them, about: long queries see fewer documents. Default: 20
    /// million.
    ///
    /// Tuned (cells): record *seeds*: a whole page took 20 ms without it.
    pub sample_cells: usize,
    /// Of a long query at least one in so many of those documents is looked at. Default: 5.
    ///
    /// Tuned (factor): a fifth of the sample gives E-values within a quarter (unit test).
    pub most_thinning: usize,
    /// A catalogue of fewer documents says too little about unrelated ones: shuffled queries are looked up in it
    /// instead. Default: 800.
    ///
    /// Tuned (documents): chosen by eye.
    pub min_documents: usize,
    /// Shuffles of one query at most. Default: 64.
    ///
    /// Tuned (count): chosen by eye.
    pub max_shuffles: usize,
    /// Ranks in the sample, as shares of it, whose mean scores say where the tail begins: far out, further in, and near
    /// the bulk.
    ///
    /// Tuned (shares): fitted to decoys, record *e-values*.
    pub ranks: [(f64, f64); 3],
    /// The tail begins at this, plus so much of the first mean, less so much of the third: the score in nats that
    /// chance reaches some `body.0 + tail.0` times in `reference_documents`.
    ///
    /// Tuned (nats, factors): fitted to decoys, record *e-values*.
    pub location: [f64; 3],
    /// The first mean is at most so much above the second, in nats: more is right answers and their siblings.
    ///
    /// Tuned (nats): fitted to decoys, record *e-values*.
    pub most_step_nats: f64,
    /// Words in another order share no n-grams: what that takes off the best scores, in nats.
    ///
    /// Tuned (nats): fitted to decoys, record *e-values*.
    pub order_nats: f64,
    /// A catalogue that the tail's parts are counted for.
    ///
    /// Tuned (documents): the decoys' catalogue, record *e-values*.
    pub reference_documents: f64,
    /// Expected documents in the tail's steep part, and its scale in nats: words that look alike.
    ///
    /// Tuned (documents, nats): fitted to decoys, record *e-values*.
    pub body: (f64, f64),
    /// Expected documents in the shallow part, and its scale in nats: n-grams that people share.
    ///
    /// Tuned (documents, nats): fitted to decoys, record *e-values*.
    pub tail: (f64, f64),
    /// Expected documents that share a block with a page which too few of them have to know it for a frame (a list's
    /// footer, a notice), the words that such a block has, and by how many more it becomes rarer by a factor of e.
    ///
    /// Tuned (documents, words, words): fitted to decoys, record *e-values*, frames.
    pub frames: (f64, f64, f64),
}

impl Default for NullModel {
    fn default() -> Self {
        Self {
            sample_documents: 1200,
            sample_cells: 20_000_000,
            most_thinning: 5,
            min_documents: 800,
            max_shuffles: 64,
            ranks: [(0.003, 0.01), (0.01, 0.03), (0.03, 0.1)],
            location: [-7.8, 1.64, 0.41],
            most_step_nats: 2.5,
            order_nats: 1.3,
            reference_documents: 2900.0,
            body: (0.45, 2.0),
            tail: (0.45, 3.3),
            frames: (0.025, 8.0, 1.5),
        }
    }
}

impl NullModel {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let counts = [
            ("null_model.sample_documents", self.sample_documents),
            ("null_model.sample_cells", self.sample_cells),
            ("null_model.most_thinning", self.most_thinning),
            ("null_model.min_documents", self.min_documents),
            ("null_model.max_shuffles", self.max_shuffles),
        ];
        Error::unless_each(counts, |n| n > 0, "it must be at least 1")?;
        if let Some(range) = self.ranks.iter().find(|(from, to)| !(0.0 <= *from && from < to && *to <= 1.0)) {
            return Err(Error::invalid_argument(
                "null_model.ranks",
                format!("{range:?}"),
                "each must rise within 0 to 1",
            ));
        }
        let positive = [
            ("null_model.reference_documents", self.reference_documents),
            ("null_model.body.0", self.body.0),
            ("null_model.body.1", self.body.1),
            ("null_model.tail.0", self.tail.0),
            ("null_model.tail.1", self.tail.1),
            ("null_model.frames.2", self.frames.2),
            ("null_model.most_step_nats", self.most_step_nats),
        ];
        Error::unless_each(positive, |v| v > 0.0 && v.is_finite(), "it must be a positive number")?;
        let finite = [self.location[0], self.location[1], self.location[2], self.order_nats, self.frames.1];
        if let Some(value) = finite.into_iter().find(|v| !v.is_finite()) {
            return Err(Error::invalid_argument("null_model", value, "it must be a number"));
        }
        if !(self.frames.0 >= 0.0 && self.frames.0.is_finite()) {
            return Err(Error::invalid_argument("null_model.frames.0", self.frames.0, "it must be 0 or above"));
        }
        Ok(())
    }

    /// The sample of a catalogue with this number of documents: the same for every engine.
    pub(crate) fn sample(&self, documents: usize) -> NullSample {
        if documents >= self.min_documents {
            NullSample::Every((documents / self.sample_documents).max(1))
        } else {
            NullSample::Shuffles(self.sample_documents.div_ceil(documents.max(1)).min(self.max_shuffles) as u64)
        }
    }

    /// Of a catalogue's documents one in so many is looked at, whichever engine searches.
    #[must_use]
    pub fn sample_step(&self, documents: usize) -> usize {
        match self.sample(documents) {
            NullSample::Every(step) => step,
            NullSample::Shuffles(_) => 1,
        }
    }

    /// A query of so many edges is scored on every so many-th document of a catalogue's sample; the catalogue has so
    /// many words.
    ///
    /// What is known of a tail grows with the cells that were looked at, and a long query has many in each document.
    pub(crate) fn thinning(&self, sample: NullSample, edges: usize, words: usize) -> usize {
        match sample {
            NullSample::Every(step) => {
                (edges * (words / step)).div_ceil(self.sample_cells).clamp(1, self.most_thinning)
            }
            NullSample::Shuffles(_) => 1,
        }
    }

    /// What chance reaches in a catalogue of so many documents, by the scores of its [`NullSample`].
    pub(crate) fn distribution(&self, documents: usize, scores: &[DocumentScore]) -> NullDistribution {
        let mut nats: Vec<f64> = scores.iter().map(|d| f64::from(d.nats())).collect();
        nats.sort_unstable_by(|a, b| b.total_cmp(a));
        // A rank that lies in the range by a part counts by that part: the mean does not depend on the sample's size.
        let mean = |(from, to): (f64, f64)| {
            let (from, to) = (from * nats.len() as f64, (to * nats.len() as f64).max(1.0));
            let ranks = nats.iter().enumerate().take(to.ceil() as usize).skip(from as usize);
            let (sum, count) = ranks.fold((0.0, 0.0), |(sum, count), (rank, nats)| {
                let part = (rank as f64 + 1.0).min(to) - (rank as f64).max(from);
                (sum + part * nats, count + part)
            });
            if count > 0.0 { sum / count } else { 0.0 }
        };
        let [out, within, bulk] = self.ranks.map(mean);
        let [least, rise, fall] = self.location;
        let shuffled = matches!(self.sample(documents), NullSample::Shuffles(_));
        let order = if shuffled { self.order_nats } else { 0.0 };
        let location_nats = least + rise * out.min(within + self.most_step_nats) - fall * bulk + order;
        let location_nats = location_nats.max(0.0);
        NullDistribution { model: *self, documents: documents as f64, public_documents: 0.0, location_nats }
    }
}

/// How many documents reach a score by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NullDistribution {
    model: NullModel,
    documents: f64,
    /// Public texts beside those.
    public_documents: f64,
    /// Where the tail begins.
    location_nats: f64,
}

/// Which documents' scores a catalogue's chance is read off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullSample {
    /// Those of one in so many documents, by the hashes of their texts, for the query itself.
    Every(usize),
    /// Those of all documents, for so many shuffles of the query.
    Shuffles(u64),
}

impl NullDistribution {
    /// Where the tail begins: a score that chance reaches about once in a catalogue of reference, in nats.
    pub(crate) fn location_nats(&self) -> f32 {
        self.location_nats as f32
    }

    /// The same, with so many public texts beside the documents.
    pub(crate) fn beside_public(self, documents: usize) -> Self {
        Self { public_documents: documents as f64, ..self }
    }

    /// Expected number of public texts, or of documents if that is more, that reach this score by chance.
    pub(crate) fn e_value_public(&self, score_nats: f32) -> f64 {
        self.e_value(score_nats) * (self.public_documents / self.documents).max(1.0)
    }

    /// Expected number of documents that reach this score by chance.
    #[must_use]
    pub fn e_value(&self, score_nats: f32) -> f64 {
        self.expected(self.expected_in_reference(score_nats))
    }

    /// The same for a passage of so many words that stands amid other words, in the picture and in the document: as
    /// frames do.
    pub(crate) fn e_value_amid(&self, score_nats: f32, words: usize) -> f64 {
        let (count, usual, scale) = self.model.frames;
        let longer = (words as f64 - usual).max(0.0);
        self.expected(self.expected_in_reference(score_nats) + count * (-longer / scale).exp())
    }

    /// Documents in a catalogue of reference.
    fn expected_in_reference(&self, score_nats: f32) -> f64 {
        let above = f64::from(score_nats) - self.location_nats;
        [self.model.body, self.model.tail].iter().map(|(count, scale)| count * (-above / scale).exp()).sum()
    }

    /// Documents in a catalogue of reference, reckoned for this one.
    fn expected(&self, documents: f64) -> f64 {
        (self.documents / self.model.reference_documents * documents).min(self.documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(nats: impl Iterator<Item = f64>) -> Vec<DocumentScore> {
        nats.enumerate().map(|(k, n)| DocumentScore { units: (n * 32.0) as i16, document: k as u32 }).collect()
    }

    /// Quantiles of what unrelated documents score: 8 nats for one word, then an exponential.
    fn unrelated_scores(n: usize, scale: f64) -> impl Iterator<Item = f64> {
        (0..n).map(move |k| (8.0 - scale * ((k as f64 + 0.5) / n as f64 / 0.2).ln()).max(8.0))
    }

    #[test]
    fn the_best_of_chance_is_expected_once() {
        for scale in [1.0, 1.5, 2.0] {
            let null = NullModel::default().distribution(4000, &scores(unrelated_scores(1200, scale)));
            // Contradicted at both ends, as chance mostly is.
            let best = unrelated_scores(4000, scale).next().expect("the first is the best") as f32 - 9.0;
            let e = null.e_value(best);
            assert!((0.1..10.0).contains(&e), "scale {scale}: the best of 4,000 scores, {best}, has E = {e}");
        }
    }

    #[test]
    fn chance_falls_with_the_score_and_grows_with_the_catalogue() {
        let sample = scores(unrelated_scores(1200, 1.5));
        let (small, large) =
            (NullModel::default().distribution(1000, &sample), NullModel::default().distribution(100_000, &sample));
        assert!((large.e_value(40.0) / small.e_value(40.0) - 100.0).abs() < 1.0);
        let e: Vec<f64> = (-50..100).map(|k| small.e_value(k as f32)).collect();
        assert!(e.is_sorted_by(|a, b| a >= b) && e[0] == 1000.0 && e[149] < 1e-9);
    }

    #[test]
    fn right_answers_and_their_siblings_hide_nothing() {
        let alone = NullModel::default().distribution(4000, &scores(unrelated_scores(1200, 1.5)));
        for siblings in [1, 3, 10] {
            let found = unrelated_scores(1200, 1.5).enumerate().map(|(k, s)| if k < siblings { 52.0 } else { s });
            let among = NullModel::default().distribution(4000, &scores(found));
            assert!(among.e_value(52.0) < 1e-3, "{siblings}: {}", among.e_value(52.0));
            assert!(among.e_value(30.0) >= alone.e_value(30.0) * 0.5);
        }
    }

    #[test]
    fn a_smaller_sample_says_the_same() {
        let model = NullModel::default();
        let thinning = |edges, words| model.thinning(NullSample::Every(1), edges, words);
        assert_eq!(thinning(100, 100_000), 1);
        assert_eq!((thinning(300, 250_000), thinning(3000, 250_000)), (4, model.most_thinning));
        let whole = NullModel::default().distribution(250_000, &scores(unrelated_scores(1200, 1.5)));
        for thinning in 2..=model.most_thinning {
            let part = NullModel::default().distribution(250_000, &scores(unrelated_scores(1200 / thinning, 1.5)));
            let ratio = part.e_value(40.0) / whole.e_value(40.0);
            assert!((0.8..1.25).contains(&ratio), "one document in {thinning}: E-values {ratio} times as large");
        }
    }

    #[test]
    fn amid_other_words_a_passage_must_be_longer_than_frames_are() {
        let null = NullModel::default().distribution(5000, &scores(unrelated_scores(1200, 1.5)));
        let amid = |words| null.e_value_amid(60.0, words);
        assert!(null.e_value(60.0) < 1e-6 && amid(8) > 0.01 && amid(12) > 1e-3 && amid(18) < 1e-3);
        assert!((5..40).all(|words| amid(words) >= amid(words + 1) && amid(words) > null.e_value(60.0)));
        let weak = (0..60).map(|k| k as f32).find(|n| null.e_value(*n) < 1.0).expect("some score");
        assert!(null.e_value_amid(weak, 3) < 1.1, "what chance reaches is no frame");
    }

    #[test]
    fn counts_of_nothing_are_refused() {
        let refused = |change: fn(&mut NullModel)| {
            let mut model = NullModel::default();
            change(&mut model);
            model.check().is_err()
        };
        assert!(!refused(|_| {}));
        assert!(refused(|m| m.max_shuffles = 0) && refused(|m| m.min_documents = 0));
        assert!(refused(|m| m.sample_documents = 0) && refused(|m| m.most_thinning = 0));
    }

    #[test]
    fn nothing_known_is_no_certainty() {
        assert!(NullModel::default().distribution(3, &[]).e_value(5.0) > 1e-4);
    }
}
