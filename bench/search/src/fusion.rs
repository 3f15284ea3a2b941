//! Ways to put words and meaning together, on questions with known answers.

use std::fmt;

use anyhow::Result;
use ingest::retrieval_set::RetrievalSet;
use serde::Serialize;
use shared::Paper;
use shared::words::{Bm25, Fusion, Normalization, fuse};
use trainer::evaluate::{Embedder, Retrieval};

use super::lists::Corpus;

/// What each occurrence in a title counts, beside one in the abstract.
const TITLE_WEIGHTS: [f32; 3] = [1.0, 2.0, 4.0];
/// `k1` and `b`: Anserini's, and the usual ones of Lucene.
const SATURATIONS: [(f32, f32); 2] = [(0.9, 0.4), (1.2, 0.75)];
/// What meaning counts in a convex combination.
const SHARES: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// `k` of reciprocal rank fusion.
const RANKS: [f32; 4] = [5.0, 20.0, 60.0, 100.0];

/// nDCG@10 by set.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    sets: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    ndcg_at_10: Vec<f64>,
    /// Against the better of words and meaning alone, on the set where it does worst.
    worst: f64,
    /// The same, on average over the sets.
    mean: f64,
}

/// Judges words alone, meaning alone, and each way to fuse them.
pub(crate) fn measure(sets: &[RetrievalSet], embedder: &mut dyn Embedder) -> Result<Table> {
    let mut columns = Vec::new();
    for set in sets {
        columns.push(of_set(set, embedder)?);
    }
    let n_alone = 1 + TITLE_WEIGHTS.len() * SATURATIONS.len();
    let names = columns[0].iter().map(|(name, _)| name.clone());
    let rows = names.enumerate().map(|(at, name)| {
        let ndcg_at_10: Vec<f64> = columns.iter().map(|column| column[at].1).collect();
        let gains = columns.iter().map(|column| {
            let alone = column[..n_alone].iter().map(|(_, ndcg)| *ndcg);
            column[at].1 / alone.fold(0.0, f64::max) - 1.0
        });
        let gains: Vec<f64> = gains.collect();
        Row {
            name,
            ndcg_at_10,
            worst: gains.iter().copied().fold(f64::INFINITY, f64::min),
            mean: gains.iter().sum::<f64>() / gains.len() as f64,
        }
    });
    Ok(Table {
        sets: sets.iter().map(|set| set.name.clone()).collect(),
        rows: rows.collect(),
    })
}

/// Every way on one set; first those that are none.
fn of_set(set: &RetrievalSet, embedder: &mut dyn Embedder) -> Result<Vec<(String, f64)>> {
    let papers: Vec<Paper> = (set.documents.iter().enumerate())
        .map(|(at, document)| Paper {
            id: at.to_string(),
            title: document.title.clone(),
            abstract_: document.text.clone(),
            ..Paper::default()
        })
        .collect();
    let corpus = Corpus::new(&papers, embedder)?;
    let ndcg = |rankings: Vec<Vec<usize>>| Retrieval::judge(set, &rankings).ndcg_at_10;
    let meaning = corpus.by_meaning(&set.queries, embedder)?;
    let mut rows = vec![(
        "meaning".to_owned(),
        ndcg(
            (meaning.iter())
                .map(|hits| hits.iter().map(|hit| hit.paper.0 as usize).collect())
                .collect(),
        ),
    )];
    let mut lists = Vec::new();
    for (k1, b) in SATURATIONS {
        for title in TITLE_WEIGHTS {
            let bm25 = Bm25 {
                k1,
                b: [b, b, 0.0],
                weights: [title, 1.0, 1.0],
            };
            let words = corpus.by_words(&set.queries, bm25);
            let name = format!("words, k1 {k1}, b {b}, title × {title}");
            rows.push((
                name.clone(),
                ndcg(
                    (words.iter())
                        .map(|hits| hits.iter().map(|hit| hit.paper.0 as usize).collect())
                        .collect(),
                ),
            ));
            lists.push((name, words));
        }
    }
    let shipped = corpus.as_shipped(&set.queries, embedder)?.into_iter();
    let shipped = shipped.map(|papers| papers.iter().map(|paper| paper.0 as usize).collect());
    rows.push((
        "as page and tools answer".to_owned(),
        ndcg(shipped.collect()),
    ));
    let ranks = RANKS.map(|k| (format!("ranks {k}"), Fusion::ReciprocalRank { k }));
    let convex = |normalization: Normalization, short: &'static str| {
        SHARES.map(|semantic_weight| {
            let fusion = Fusion::Convex {
                semantic_weight,
                normalization,
            };
            (format!("{short} {semantic_weight}"), fusion)
        })
    };
    let ways: Vec<(String, Fusion)> = (ranks.into_iter())
        .chain(convex(Normalization::MinMax, "min–max"))
        .chain(convex(Normalization::TheoreticalMinMax, "theoretical"))
        .collect();
    for (of_words, words) in &lists {
        for (name, fusion) in &ways {
            let fused = meaning.iter().zip(words).map(|(near, words)| {
                let fused = fuse(near, words, *fusion).into_iter();
                fused.map(|hit| hit.paper.0 as usize).collect()
            });
            rows.push((format!("{name}; {of_words}"), ndcg(fused.collect())));
        }
    }
    Ok(rows)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| nDCG@10 | {} | worst | mean |",
            self.sets.join(" | ")
        )?;
        writeln!(f, "|---|{}---|---|", "---|".repeat(self.sets.len()))?;
        for row in &self.rows {
            let figures: Vec<String> = row.ndcg_at_10.iter().map(|x| format!("{x:.4}")).collect();
            writeln!(
                f,
                "| {} | {} | {:+.2} % | {:+.2} % |",
                row.name,
                figures.join(" | "),
                100.0 * row.worst,
                100.0 * row.mean
            )?;
        }
        Ok(())
    }
}
