//! What is embedded: seeded papers and short texts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use ingest::papers;
use ingest::retrieval_set::read_queries;
use ingest::select::sample_key;
use shared::Paper;
use shared::artifact::ModelMeta;

/// Texts whose embeddings are compared one by one.
#[derive(Debug)]
pub struct Sample {
    /// Papers, title and abstract by the document template.
    pub papers: Vec<String>,
    /// Titles of other papers, and questions of retrieval sets, by the query template.
    pub short: Vec<String>,
}

impl Sample {
    /// Draws papers over the whole of `arxiv/papers.parquet`: those with the smallest
    /// [`sample_key`]. Half of the short texts are titles, half are questions of scifact and cranfield.
    ///
    /// # Errors
    /// Where a file is missing or not what it should be.
    pub fn read(
        data: &Path,
        meta: &ModelMeta,
        n_papers: usize,
        n_short: usize,
        seed: u64,
    ) -> Result<Self> {
        let n_titles = n_short.div_ceil(2);
        let mut drawn: BTreeMap<[u8; 32], Paper> = BTreeMap::new();
        papers::read(&[data.join("arxiv/papers.parquet")], &mut |paper| {
            let key = sample_key(seed, &paper.id).0;
            let full = drawn.len() >= n_papers + n_titles;
            if !full || drawn.last_key_value().is_some_and(|(last, _)| key < *last) {
                drawn.insert(key, paper);
                if full {
                    drawn.pop_last();
                }
            }
            Ok(())
        })?;
        ensure!(
            drawn.len() == n_papers + n_titles,
            "{} papers wanted, {} there are",
            n_papers + n_titles,
            drawn.len()
        );
        let mut drawn = drawn.into_values();
        let papers = (drawn.by_ref().take(n_papers))
            .map(|paper| meta.document(&paper.title, &paper.abstract_))
            .collect();
        let mut short: Vec<String> = drawn.map(|paper| meta.query(&paper.title)).collect();
        let n_questions = n_short - n_titles;
        for (set, n) in [
            ("scifact", n_questions.div_ceil(2)),
            ("cranfield", n_questions / 2),
        ] {
            let questions = read_queries(&data.join("eval").join(set))?;
            ensure!(
                questions.len() >= n,
                "{set} has {} questions, {n} are wanted",
                questions.len()
            );
            short.extend(
                questions
                    .iter()
                    .take(n)
                    .map(|question| meta.query(question)),
            );
        }
        Ok(Self { papers, short })
    }
}
