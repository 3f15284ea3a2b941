//! What is embedded: seeded papers, short texts, retrieval sets in BEIR's layout.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use ingest::papers;
use ingest::select::sample_key;
use serde::Deserialize;
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
            let questions = records(&data.join("eval").join(set).join("queries.jsonl"))?;
            ensure!(
                questions.len() >= n,
                "{set} has {} questions, {n} are wanted",
                questions.len()
            );
            short.extend(
                questions
                    .iter()
                    .take(n)
                    .map(|record| meta.query(&record.text)),
            );
        }
        Ok(Self { papers, short })
    }
}

/// A retrieval set.
#[derive(Debug)]
pub struct RetrievalSet {
    /// Its folder's name.
    pub name: String,
    /// By the document template.
    pub documents: Vec<String>,
    /// By the query template; only those with a relevant document.
    pub queries: Vec<String>,
    /// Of each query the gain of each judged document, by place in `documents`.
    pub gains: Vec<HashMap<usize, f64>>,
}

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(alias = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

impl RetrievalSet {
    /// Reads `corpus.jsonl`, `queries.jsonl` and `qrels.tsv` of `folder`. Documents without a word are
    /// left out (cranfield has two): they have no embedding, whichever encoder runs.
    ///
    /// # Errors
    /// Where a file is missing or not what it should be.
    pub fn read(folder: &Path, meta: &ModelMeta) -> Result<Self> {
        let mut corpus = records(&folder.join("corpus.jsonl"))?;
        corpus.retain(|record| !record.title.trim().is_empty() || !record.text.trim().is_empty());
        let places: HashMap<&str, usize> = (corpus.iter().enumerate())
            .map(|(at, record)| (&*record.id, at))
            .collect();
        let mut judged: HashMap<String, HashMap<usize, f64>> = HashMap::new();
        let path = folder.join("qrels.tsv");
        for line in lines(&path)?.into_iter().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [query, document, gain] = fields[..] else {
                anyhow::bail!("{}: {line:?} has not three columns", path.display());
            };
            let gain: f64 = gain
                .parse()
                .with_context(|| format!("{}: {line:?}", path.display()))?;
            // A judged document that the corpus lacks can be found by nobody.
            if let Some(&place) = places.get(document).filter(|_| gain > 0.0) {
                judged
                    .entry(query.to_owned())
                    .or_default()
                    .insert(place, gain);
            }
        }
        let (mut queries, mut gains) = (Vec::new(), Vec::new());
        for record in records(&folder.join("queries.jsonl"))? {
            if let Some(found) = judged.remove(&record.id) {
                queries.push(meta.query(&record.text));
                gains.push(found);
            }
        }
        ensure!(!queries.is_empty(), "{} judges no question", path.display());
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            name: name.unwrap_or_default(),
            documents: (corpus.iter())
                .map(|record| meta.document(&record.title, &record.text))
                .collect(),
            queries,
            gains,
        })
    }
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let lines = BufReader::new(file).lines().collect::<Result<_, _>>();
    lines.with_context(|| format!("reading {}", path.display()))
}

fn records(path: &Path) -> Result<Vec<Record>> {
    (lines(path)?.iter())
        .map(|line| serde_json::from_str(line).with_context(|| format!("in {}", path.display())))
        .collect()
}
