//! Papers that somebody half remembers: some words of a title, an id, an author and a year.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use anyhow::{Result, ensure};
use ingest::papers;
use ingest::select::sample_key;
use serde::Serialize;
use shared::words::terms::terms;
use shared::words::{Bm25, Fused, Fusion, fuse};
use shared::{Neighbor, Paper, metrics};
use trainer::evaluate::Embedder;

use super::lists::{Corpus, DEPTH};

/// Words of a title that are remembered.
const REMEMBERED: usize = 4;

/// How early what was looked for stands.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    papers: usize,
    items: usize,
    /// Mean reciprocal rank, by list, of papers of which four words in a row of the title are asked.
    four_words: [(&'static str, f64); 4],
    /// Share that stands first, by its quoted title.
    quoted_title_first: f64,
    /// The same, by its title as it stands.
    title_first: f64,
    /// The same, by its id.
    id_first: f64,
    /// Share of the papers found by surname and year that match both; it says nothing of papers not found.
    author_and_year_match: f64,
}

/// Looks for some papers of `valid` among all of them.
pub(crate) fn measure(
    file: &Path,
    items: usize,
    seed: u64,
    embedder: &mut dyn Embedder,
) -> Result<Figures> {
    let mut valid = Vec::new();
    papers::read(&[file.to_owned()], &mut |paper| {
        if paper.split.as_deref() == Some("valid") {
            valid.push(paper);
        }
        Ok(())
    })?;
    let remembered = unique_words(&valid);
    let mut asked: Vec<usize> = (0..valid.len())
        .filter(|at| remembered[*at].is_some())
        .collect();
    asked.sort_by_cached_key(|&at| sample_key(seed, &valid[at].id));
    asked.truncate(items);
    ensure!(
        !asked.is_empty(),
        "{} has no paper of the split \"valid\" with four words in a row that no other title has",
        file.display()
    );
    let corpus = Corpus::new(&valid, embedder)?;
    let ask = |text: &dyn Fn(&Paper) -> String| -> Vec<String> {
        asked.iter().map(|&at| text(&valid[at])).collect()
    };
    let words: Vec<String> = asked
        .iter()
        .filter_map(|&at| remembered[at].clone())
        .collect();
    let by_words = corpus.by_words(&words, Bm25::default());
    let by_meaning = corpus.by_meaning(&words, embedder)?;
    let both: Vec<Vec<Fused>> = (by_meaning.iter().zip(&by_words))
        .map(|(near, words)| fuse(near, words, Fusion::default()))
        .collect();
    let shipped = corpus.as_shipped(&words, embedder)?;
    let mrr = |papers: &dyn Fn(usize) -> Vec<u32>| -> f64 {
        let ranks = asked.iter().enumerate().map(|(question, &at)| {
            let right: Vec<bool> = papers(question)
                .iter()
                .map(|&paper| paper == at as u32)
                .collect();
            metrics::reciprocal_rank(&right, DEPTH)
        });
        ranks.sum::<f64>() / asked.len() as f64
    };
    let four_words = [
        (
            "words",
            mrr(&|q| by_words[q].iter().map(|hit| hit.paper.0).collect()),
        ),
        (
            "meaning",
            mrr(&|q| {
                by_meaning[q]
                    .iter()
                    .map(|hit: &Neighbor| hit.paper.0)
                    .collect()
            }),
        ),
        (
            "both, fused",
            mrr(&|q| both[q].iter().map(|hit| hit.paper.0).collect()),
        ),
        (
            "both, as page and tools answer",
            mrr(&|q| shipped[q].iter().map(|paper| paper.0).collect()),
        ),
    ];
    let mut first = |questions: &[String]| -> Result<f64> {
        let found = corpus.as_shipped(questions, embedder)?;
        let right = found
            .iter()
            .zip(&asked)
            .filter(|(hits, at)| hits.first().is_some_and(|paper| paper.0 as usize == **at));
        Ok(right.count() as f64 / asked.len() as f64)
    };
    let quoted = ask(&|paper| quoted(&paper.title));
    Ok(Figures {
        papers: valid.len(),
        items: asked.len(),
        four_words,
        quoted_title_first: first(&quoted)?,
        title_first: first(&ask(&|paper| paper.title.clone()))?,
        id_first: first(&ask(&|paper| paper.id.clone()))?,
        author_and_year_match: by_author(&corpus, &asked),
    })
}

/// Of each paper four words in a row of its title that no other title has so, where there are such.
fn unique_words(papers: &[Paper]) -> Vec<Option<String>> {
    let titles: Vec<Vec<String>> = (papers.iter())
        .map(|paper| {
            terms(&paper.title)
                .into_iter()
                .map(|term| term.text)
                .collect()
        })
        .collect();
    let mut titles_with: HashMap<&[String], (usize, usize)> = HashMap::new();
    for (at, title) in titles.iter().enumerate() {
        for run in title.windows(REMEMBERED) {
            let (last, n) = titles_with.entry(run).or_insert((at, 1));
            if *last != at {
                (*last, *n) = (at, *n + 1);
            }
        }
    }
    let unique = |title: &Vec<String>| {
        let mut runs = title.windows(REMEMBERED);
        let run = runs.find(|run| titles_with[*run].1 == 1)?;
        Some(run.join(" "))
    };
    titles.iter().map(unique).collect()
}

/// A title in quotation marks; its own would end the quotation, but for the accents of LaTeX.
fn quoted(title: &str) -> String {
    let mut inner = title.replace(r#"\""#, "\0").replace('"', " ");
    inner = inner.replace('\0', r#"\""#);
    format!("\"{inner}\"")
}

/// Asks for the surname of the first author and the year of each paper.
fn by_author(corpus: &Corpus<'_>, asked: &[usize]) -> f64 {
    let (mut n_found, mut n_right) = (0_usize, 0_usize);
    let questions: Vec<(String, &str, u16)> = (asked.iter())
        .filter_map(|&at| {
            let paper = &corpus.papers[at];
            let surname = paper.authors.split(", ").next()?.split(' ').next_back()?;
            let year = paper.year?;
            Some((format!("au:\"{surname}\" year:{year}"), surname, year))
        })
        .collect();
    let texts: Vec<String> = questions.iter().map(|(text, ..)| text.clone()).collect();
    for ((_, surname, year), hits) in questions
        .iter()
        .zip(corpus.by_words(&texts, Bm25::default()))
    {
        let wanted: Vec<String> = terms(surname).into_iter().map(|term| term.text).collect();
        for hit in hits {
            let paper = &corpus.papers[hit.paper.0 as usize];
            let has: Vec<String> = terms(&paper.authors)
                .into_iter()
                .map(|term| term.text)
                .collect();
            let named = wanted.iter().all(|word| has.contains(word));
            n_found += 1;
            n_right += usize::from(named && paper.year == Some(*year));
        }
    }
    n_right as f64 / n_found.max(1) as f64
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} of {} papers looked for:", self.items, self.papers)?;
        for (list, mrr) in self.four_words {
            writeln!(f, "  four words of the title, by {list}: MRR {mrr:.4}")?;
        }
        writeln!(
            f,
            "  first by its quoted title: {:.4}",
            self.quoted_title_first
        )?;
        writeln!(f, "  first by its title: {:.4}", self.title_first)?;
        writeln!(f, "  first by its id: {:.4}", self.id_first)?;
        writeln!(
            f,
            "  found by author and year, and matching both: {:.4}",
            self.author_and_year_match
        )
    }
}
