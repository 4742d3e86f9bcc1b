//! Null scores: what documents score that have nothing to do with the query.

use super::decoy::Decoy;
use super::null_model::{NullModel, NullSample};
use crate::Error;
use crate::search::{Batch, DocumentScore, Query, SearchResult, Searcher, scan, scan_batch};
use crate::simd::kernels::WordScore;

/// Of a longer document of the sample only so many words are looked at: one long mail is no measure of what all others
/// score, and need not cost more than they do.
///
/// Tuned (words): chosen by eye; of 5,029 mails the longest has 1,751.
pub(super) const MOST_SAMPLE_WORDS: usize = 2_048;

/// Cells of dynamic programming that shuffles of one query take, about: of more than that, each is looked up in a part
/// of the documents, down to one in [`NullModel::most_thinning`].
///
/// Tuned (cells): chosen by eye: a screenshot of 200 words in 14 mails takes 30 million.
const SHUFFLED_CELLS: usize = 200_000_000;

/// Scores that documents of the catalogue's sample reach by chance. Read off those that the scan found, unless there is
/// a `background`: the sample's documents, copied, with exact caps.
pub(super) fn null_scores(
    model: &NullModel,
    searcher: &Searcher,
    background: Option<&Batch>,
    found: &SearchResult<'_>,
) -> Result<Vec<DocumentScore>, Error> {
    let Searcher { reader, kernels, scoring, sampled, .. } = searcher;
    let SearchResult { query, word_scores, documents, deadline, .. } = found;
    let sample = model.sample(reader.documents());
    let scan_batch = |batch: &Batch, query: &Query<'_>, scores: &[WordScore]| -> Vec<DocumentScore> {
        let units = scan_batch(batch, query, scores, kernels, scoring);
        units.into_iter().zip(0..).map(|(units, document)| DocumentScore { units, document }).collect()
    };
    match sample {
        NullSample::Every(_) => {
            let thinning = model.thinning(sample, query.edges.len(), reader.words());
            if let Some(background) = background {
                if thinning == 1 {
                    return Ok(scan_batch(background, query, word_scores));
                }
                let thinned = background.some((0..background.documents()).step_by(thinning));
                return Ok(scan_batch(&thinned, query, word_scores));
            }
            let thinned = sampled.iter().step_by(thinning);
            if found.by_seeds {
                // The seeds found what shares words with the page: no measure of what does not.
                let batch = reader.extract(thinned.map(|&number| number as usize))?;
                return Ok(scan_batch(&batch, query, word_scores));
            }
            let found = |number: &u32| documents.binary_search_by_key(number, |d| d.document).ok();
            Ok(thinned.filter_map(found).map(|k| documents[k]).collect())
        }
        NullSample::Shuffles(count) => {
            let words = background.map_or(reader.words(), Batch::words);
            let thinning = shuffle_thinning(model, query.edges.len() * words * count as usize);
            let copied;
            let background = match background {
                None if thinning > 1 => {
                    copied = reader.extract(sampled.iter().map(|&number| number as usize))?;
                    Some(&copied)
                }
                background => background,
            };
            let mut found = Vec::new();
            for seed in 0..count {
                if seed > 0 && deadline.has_passed() {
                    break;
                }
                let decoy = Decoy::new(query, word_scores, seed)?;
                let (query, scores) = (decoy.query(), &decoy.scores);
                match background {
                    None => found.extend(scan(reader, &query, scores, kernels, scoring, *deadline)?),
                    Some(all) if thinning == 1 => found.extend(scan_batch(all, &query, scores)),
                    Some(all) => {
                        let first = seed as usize % thinning;
                        let some = all.some((first..all.documents()).step_by(thinning));
                        found.extend(scan_batch(&some, &query, scores));
                    }
                }
            }
            Ok(found)
        }
    }
}

/// Each shuffle is looked up in every so many-th document, given the cells of all shuffles in all documents.
fn shuffle_thinning(model: &NullModel, cells: usize) -> usize {
    cells.div_ceil(SHUFFLED_CELLS).clamp(1, model.most_thinning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_take_a_part_of_the_documents_where_all_are_too_many() {
        let thinning = |edges: usize, words: usize, shuffles: usize| {
            shuffle_thinning(&NullModel::default(), edges * words * shuffles)
        };
        assert_eq!(thinning(200, 2_343, 64), 1, "a screenshot in 14 mails");
        assert_eq!(thinning(300, 160_000, 2), 1, "in 799 mails");
        assert_eq!(thinning(1_000, 5_000, 64), 2);
        assert_eq!(thinning(2_000, 1_600_000, 64), 5, "no fewer than a fifth");
    }
}
