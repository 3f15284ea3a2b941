//! Retrieval sets in BEIR's layout (Thakur et al. 2021, arXiv:2104.08663): documents, questions, and which
//! document answers which question.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use shared::artifact::ModelMeta;

/// A retrieval set.
#[derive(Debug, Clone)]
pub struct RetrievalSet {
    /// Its folder's name.
    pub name: String,
    /// Title and text of each document; one of the two may be empty.
    pub documents: Vec<Document>,
    /// Only those with a relevant document.
    pub queries: Vec<String>,
    /// `[queries]`: the gain of each relevant document, by place in `documents`.
    pub gains: Vec<HashMap<usize, f64>>,
}

/// A document of a retrieval set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// May be empty.
    pub title: String,
    /// May be empty, where there is a title.
    pub text: String,
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
    /// Where a file is missing or not what it should be, or no question is judged.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut corpus = records(&folder.join("corpus.jsonl"))?;
        corpus.retain(|record| !record.title.trim().is_empty() || !record.text.trim().is_empty());
        let places: HashMap<&str, usize> = (corpus.iter().enumerate())
            .map(|(at, record)| (&*record.id, at))
            .collect();
        let path = folder.join("qrels.tsv");
        let mut judged = judgements(&path, &places)?;
        let (mut queries, mut gains) = (Vec::new(), Vec::new());
        for record in records(&folder.join("queries.jsonl"))? {
            if let Some(found) = judged.remove(&record.id) {
                queries.push(record.text);
                gains.push(found);
            }
        }
        ensure!(
            !queries.is_empty(),
            "{} judges no question of queries.jsonl: check that the three files belong together",
            path.display()
        );
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            name: name.unwrap_or_default(),
            documents: (corpus.into_iter())
                .map(|Record { title, text, .. }| Document { title, text })
                .collect(),
            queries,
            gains,
        })
    }

    /// The documents by a model's document template.
    pub fn document_texts(&self, meta: &ModelMeta) -> Vec<String> {
        (self.documents.iter())
            .map(|document| meta.document(&document.title, &document.text))
            .collect()
    }

    /// The questions by a model's query template.
    pub fn query_texts(&self, meta: &ModelMeta) -> Vec<String> {
        self.queries.iter().map(|query| meta.query(query)).collect()
    }
}

/// Every question of a set, judged or not.
///
/// # Errors
/// Where `queries.jsonl` is missing or not what it should be.
pub fn read_queries(folder: &Path) -> Result<Vec<String>> {
    let records = records(&folder.join("queries.jsonl"))?;
    Ok(records.into_iter().map(|record| record.text).collect())
}

/// Of each question the gains of its relevant documents, from lines `query-id corpus-id score`.
fn judgements(
    path: &Path,
    places: &HashMap<&str, usize>,
) -> Result<HashMap<String, HashMap<usize, f64>>> {
    let mut judged: HashMap<String, HashMap<usize, f64>> = HashMap::new();
    for line in lines(path)?.into_iter().skip(1) {
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
    Ok(judged)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(qrels: &str) -> Result<RetrievalSet> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        write(
            "corpus.jsonl",
            "{\"_id\":\"a\",\"title\":\"Ice\",\"text\":\"Glaciers slide.\"}\n\
             {\"_id\":\"empty\",\"title\":\" \",\"text\":\"\"}\n\
             {\"_id\":\"b\",\"text\":\"Bees dance.\"}\n",
        );
        write(
            "queries.jsonl",
            "{\"_id\":\"1\",\"text\":\"bees\"}\n{\"_id\":\"2\",\"text\":\"nobody asked\"}\n",
        );
        write("qrels.tsv", qrels);
        RetrievalSet::read(folder.path())
    }

    #[test]
    fn only_judged_questions_and_documents_with_words_remain() {
        let qrels = "query-id\tcorpus-id\tscore\n1\tb\t2\n1\ta\t0\n1\tgone\t1\n";
        let set = set(qrels).expect("a set");
        assert_eq!(set.queries, ["bees"]);
        assert_eq!(set.documents.len(), 2, "{:?}", set.documents);
        assert_eq!(set.gains, [HashMap::from([(1, 2.0)])]);
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let error = set("query-id\tcorpus-id\tscore\n9\tb\t2\n").expect_err("nobody asked 9");
        assert!(error.to_string().contains("judges no question"), "{error}");
        assert!(set("query-id\tcorpus-id\tscore\n1 b 2\n").is_err());
    }
}
