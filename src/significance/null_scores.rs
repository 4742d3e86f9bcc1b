//! Null scores: what documents score that have nothing to do with the query.

use super::decoy::Decoy;
use super::null_model::{NullModel, NullSample};
use crate::Error;
use crate::search::{Batch, DocumentScore, Query, SearchResult, Searcher, scan, scan_batch};
use crate::simd::kernels::WordScore;

/// Scores that documents of the catalogue's sample reach by chance. Read off those that the scan found, unless there is
/// a `background`: the sample's documents, copied, with exact caps.
pub(super) fn null_scores(
    model: &NullModel,
    searcher: &Searcher,
    background: Option<&Batch>,
    found: &SearchResult<'_>,
) -> Result<Vec<DocumentScore>, Error> {
    let Searcher { reader, kernels, scoring, sampled, .. } = searcher;
    let SearchResult { query, word_scores, documents, .. } = found;
    let sample = model.sample(reader.documents());
    let thinning = model.thinning(sample, query.edges.len(), reader.words());
    let Some(background) = background else {
        return match sample {
            NullSample::Every(_) => {
                let found = |number: &u32| documents.binary_search_by_key(number, |d| d.document).ok();
                Ok(sampled.iter().step_by(thinning).filter_map(found).map(|k| documents[k]).collect())
            }
            NullSample::Shuffles(count) => {
                let scan_all = |query: &Query<'_>, scores: &[WordScore]| scan(reader, query, scores, kernels, scoring);
                shuffled(query, word_scores, count, scan_all)
            }
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
        let units = scan_batch(background, query, scores, kernels, scoring);
        Ok(units.into_iter().zip(0..).map(|(units, document)| DocumentScore { units, document }).collect())
    };
    match sample {
        NullSample::Every(_) => scan_background(query, word_scores),
        NullSample::Shuffles(count) => shuffled(query, word_scores, count, scan_background),
    }
}

/// Scores of so many shuffles of the query.
fn shuffled(
    query: &Query<'_>,
    scores: &[WordScore],
    count: u64,
    scan: impl Fn(&Query<'_>, &[WordScore]) -> Result<Vec<DocumentScore>, Error>,
) -> Result<Vec<DocumentScore>, Error> {
    let mut found = Vec::new();
    for seed in 0..count {
        let decoy = Decoy::new(query, scores, seed)?;
        found.extend(scan(&decoy.query(), &decoy.scores)?);
    }
    Ok(found)
}
