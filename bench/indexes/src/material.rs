//! What is indexed and what is asked, taken out of a build.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use index_builder::folder::Folder;
use ingest::papers;
use ingest::select::sample_key;
use rayon::prelude::*;
use serde::Serialize;
use shared::{Encoder, Paper, PaperId, Sha256};

/// Stored vectors, and vectors that are looked for among them.
#[derive(Debug)]
pub(crate) struct Vectors {
    /// Width of a vector.
    pub(crate) dim: usize,
    /// The paper of each row; papers without a vector have no row.
    pub(crate) papers: Vec<PaperId>,
    /// `[rows, dim]`: what the build stores, as `f32`.
    pub(crate) stored: Vec<f32>,
    /// `[queries, dim]`: titles, embedded by the build's model.
    pub(crate) queries: Vec<f32>,
}

impl Vectors {
    /// All vectors of a build, and the embeddings of `titles`.
    ///
    /// # Errors
    /// Where no paper has a vector, or no title a token.
    pub(crate) fn of(folder: &Folder, titles: &[String]) -> Result<Self> {
        let index = (folder.vectors.index())
            .context("a corpus in pieces: build it with --tier loaded to compare its index")?;
        let with_vector = |paper| Some((paper, index.vector(paper)?));
        let all = (0..index.n_papers() as u32).map(PaperId);
        let (papers, rows): (Vec<PaperId>, Vec<Vec<f32>>) = all.filter_map(with_vector).unzip();
        // What has no token was no question.
        let embed =
            |encoder: &mut Encoder, title: &String| Some(encoder.embed_query(title).ok()?.vector);
        let queries: Vec<Option<Vec<f32>>> = (titles.par_iter())
            .map_init(|| Encoder::new(folder.model.clone()), embed)
            .collect();
        let queries: Vec<Vec<f32>> = queries.into_iter().flatten().collect();
        ensure!(
            !rows.is_empty() && !queries.is_empty(),
            "there is nothing to search, or nothing to ask"
        );
        Ok(Self {
            dim: index.dim(),
            papers,
            stored: rows.concat(),
            queries: queries.concat(),
        })
    }
}

/// Titles to look for: of papers in `file` that the build does not have, or where no file is named, of the build's own.
///
/// # Errors
/// Where the file is not papers, or all of its papers are in the build.
pub(crate) fn titles(
    own: &[Paper],
    file: Option<&Path>,
    n: usize,
    seed: u64,
) -> Result<Vec<String>> {
    let mut drawn: Vec<(Sha256, String)> = Vec::new();
    let mut draw = |paper: &Paper| drawn.push((sample_key(seed, &paper.id), paper.title.clone()));
    match file {
        None => own.iter().for_each(draw),
        Some(file) => {
            let known: HashSet<&str> = own.iter().map(|paper| &*paper.id).collect();
            papers::read(&[file.to_owned()], &mut |paper| {
                if !known.contains(&*paper.id) {
                    draw(&paper);
                }
                Ok(())
            })?;
            let none = || {
                format!(
                    "{} has no paper that the build does not have",
                    file.display()
                )
            };
            drawn.first().with_context(none)?;
        }
    }
    drawn.sort_unstable();
    drawn.truncate(n);
    Ok(drawn.into_iter().map(|(_, title)| title).collect())
}

/// A paper as word indexes are given it.
#[derive(Debug, Serialize)]
pub(crate) struct Text<'a> {
    id: usize,
    title: &'a str,
    #[serde(rename = "abstract")]
    abstract_: &'a str,
}

/// All papers, by their numbers.
pub(crate) fn texts(papers: &[Paper]) -> Vec<Text<'_>> {
    let numbered = papers.iter().enumerate();
    numbered
        .map(|(id, paper)| Text {
            id,
            title: &paper.title,
            abstract_: &paper.abstract_,
        })
        .collect()
}
