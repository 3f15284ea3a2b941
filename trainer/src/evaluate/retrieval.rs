//! Search on judged questions: nDCG@10, recall@100 and MRR@10 on sets in BEIR's layout.

use anyhow::Result;
use ingest::retrieval_set::RetrievalSet;
use rayon::prelude::*;
use serde::Serialize;
use shared::metrics::{ndcg, recall, reciprocal_rank};

use super::Embedder;
use super::bm25::Bm25;
use super::nearest::nearest;
use super::papers::cut_to;

/// Results a question that are looked at.
const DEPTH: usize = 100;

/// Figures on one set.
#[derive(Debug, Clone, Serialize)]
pub struct Retrieval {
    /// Name of the set.
    pub set: String,
    /// Documents searched.
    pub documents: usize,
    /// Questions asked.
    pub queries: usize,
    /// Mean nDCG of the first ten, linear gain.
    pub ndcg_at_10: f64,
    /// Mean share of relevant documents among the first hundred.
    pub recall_at_100: f64,
    /// Mean of one over the rank of the first relevant document, 0 where it is not among the first ten.
    pub mrr_at_10: f64,
    /// nDCG@10 of each question, for comparisons.
    #[serde(skip)]
    pub each_ndcg_at_10: Vec<f64>,
}

impl Retrieval {
    /// Judges rankings, one a question, best first.
    pub fn judge(set: &RetrievalSet, rankings: &[Vec<usize>]) -> Self {
        let (mut each, mut found, mut first) = (Vec::new(), 0.0, 0.0);
        for (ranking, gains) in rankings.iter().zip(&set.gains) {
            let ranked: Vec<f64> = (ranking.iter())
                .map(|at| gains.get(at).copied().unwrap_or(0.0))
                .collect();
            let relevant: Vec<bool> = ranked.iter().map(|&gain| gain > 0.0).collect();
            let mut judged: Vec<f64> = gains.values().copied().collect();
            judged.sort_by(f64::total_cmp);
            each.push(ndcg(&ranked, &judged, 10));
            found += recall(&relevant, gains.len(), DEPTH);
            first += reciprocal_rank(&relevant, 10);
        }
        let n = rankings.len().max(1) as f64;
        Self {
            set: set.name.clone(),
            documents: set.documents.len(),
            queries: rankings.len(),
            ndcg_at_10: each.iter().sum::<f64>() / n,
            recall_at_100: found / n,
            mrr_at_10: first / n,
            each_ndcg_at_10: each,
        }
    }

    /// BM25 over title and text.
    pub fn by_words(set: &RetrievalSet) -> Self {
        let documents: Vec<String> = (set.documents.iter())
            .map(|document| format!("{} {}", document.title, document.text))
            .collect();
        let index = Bm25::new(&documents);
        let rankings: Vec<Vec<usize>> = (set.queries.par_iter())
            .map(|query| index.search(query, DEPTH))
            .collect();
        Self::judge(set, &rankings)
    }
}

/// One encoder's vectors of a set.
#[derive(Debug)]
pub struct SetVectors {
    documents: Vec<Vec<f32>>,
    queries: Vec<Vec<f32>>,
}

impl SetVectors {
    /// Embeds documents and questions.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn embed(set: &RetrievalSet, embedder: &mut dyn Embedder) -> Result<Self> {
        let documents: Vec<String> = (set.documents.iter())
            .map(|document| embedder.document(&document.title, &document.text))
            .collect();
        let queries: Vec<String> = (set.queries.iter())
            .map(|query| embedder.query(query))
            .collect();
        Ok(Self {
            documents: embedder.embed(&documents)?,
            queries: embedder.embed(&queries)?,
        })
    }

    /// Judges exact search by the first `width` entries of each vector.
    pub fn judge(&self, set: &RetrievalSet, width: usize) -> Retrieval {
        let cut = |rows: &[Vec<f32>]| -> Vec<Vec<f32>> {
            rows.iter().map(|row| cut_to(row, width)).collect()
        };
        let (documents, queries) = (cut(&self.documents), cut(&self.queries));
        let documents: Vec<&[f32]> = documents.iter().map(Vec::as_slice).collect();
        let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
        Retrieval::judge(set, &nearest(&queries, &documents, DEPTH))
    }
}

/// Keeps about `limit` questions of a set, evenly spread, and all documents.
pub(super) fn limit_queries(set: &mut RetrievalSet, limit: usize) {
    let step = set.queries.len().div_ceil(limit.max(1)).max(1);
    set.queries = (set.queries.drain(..)).step_by(step).collect();
    set.gains = (set.gains.drain(..)).step_by(step).collect();
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ingest::retrieval_set::Document;

    use super::*;

    fn set() -> RetrievalSet {
        let document = |title: &str, text: &str| Document {
            title: title.to_owned(),
            text: text.to_owned(),
        };
        RetrievalSet {
            name: "small".to_owned(),
            documents: vec![
                document("Ice", "glaciers slide"),
                document("Bees", "bees dance for food"),
                document("", "bees sleep"),
            ],
            queries: vec!["dance of bees".to_owned(), "glaciers".to_owned()],
            gains: vec![HashMap::from([(2, 1.0)]), HashMap::from([(0, 2.0)])],
        }
    }

    #[test]
    fn words_are_judged_by_rank() {
        let found = Retrieval::by_words(&set());
        // The first question finds document 1 before document 2.
        let second = 1.0 / 3.0_f64.log2();
        assert!((found.ndcg_at_10 - f64::midpoint(second, 1.0)).abs() < 1e-12);
        assert_eq!((found.recall_at_100, found.mrr_at_10), (1.0, 0.75));
    }

    #[test]
    fn vectors_are_judged_at_any_width() {
        let vectors = SetVectors {
            documents: vec![vec![1.0, 0.0], vec![0.6, 0.8], vec![0.8, 0.6]],
            queries: vec![vec![0.8, 0.6], vec![1.0, 0.0]],
        };
        assert_eq!(vectors.judge(&set(), 2).ndcg_at_10, 1.0);
        // Of one entry, all are equal: the first document leads.
        assert_eq!(
            vectors.judge(&set(), 1).mrr_at_10,
            f64::midpoint(1.0 / 3.0, 1.0)
        );
    }

    #[test]
    fn a_limit_takes_questions_and_what_answers_them() {
        let mut few = set();
        limit_queries(&mut few, 1);
        assert_eq!((few.queries.len(), few.gains.len()), (1, 1));
        assert_eq!(few.gains, set().gains[..1]);
    }
}
