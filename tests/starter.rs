//! The starter corpus: complete, covering, and true.

use std::collections::{BTreeMap, BTreeSet};

use ingest::papers;
use shared::{Paper, taxonomy};

use crate::fixtures::{data_folder, repository};

fn starter() -> Vec<Paper> {
    let (papers, report) = papers::read_all(&[repository().join("corpus/starter.jsonl")])
        .expect("the starter corpus reads");
    assert_eq!(report.n_dropped(), 0, "{report}");
    papers
}

#[test]
fn it_covers_every_archive_with_complete_papers() {
    let papers = starter();
    assert!(papers.len() >= 400, "{} papers", papers.len());
    let mut archives = BTreeSet::new();
    for paper in &papers {
        let id = &paper.id;
        assert!(ingest::arxiv_id::parse(id).is_some(), "{id} is no arXiv id");
        assert!(
            !paper.title.is_empty() && !paper.authors.is_empty() && paper.year.is_some(),
            "{id} lacks a fact"
        );
        let words = paper.abstract_.split_whitespace().count();
        assert!(
            (40..=80).contains(&words),
            "the summary of {id} has {words} words"
        );
        let primary = paper.categories.first().expect("a category");
        archives.insert(
            taxonomy::canonical(primary)
                .map_or_else(|| taxonomy::archive_of(primary), |row| row.archive),
        );
    }
    let wanted: BTreeSet<_> = taxonomy::CATEGORIES.iter().map(|row| row.archive).collect();
    assert_eq!(
        archives, wanted,
        "archives without a paper, or unknown ones"
    );
}

#[test]
fn at_least_300_papers_are_as_arxiv_has_them() {
    let Some(data) = data_folder() else { return };
    let mut ours: BTreeMap<String, Paper> = starter()
        .into_iter()
        .map(|paper| (paper.id.clone(), paper))
        .collect();
    let mut equal = 0;
    papers::read(&[data.join("arxiv/papers.parquet")], &mut |row| {
        if let Some(paper) = ours.remove(&row.id) {
            assert_eq!(
                (&paper.title, &paper.authors, paper.year),
                (&row.title, &row.authors, row.year),
                "{} differs",
                row.id
            );
            // In their order, the primary first; old names and new ones of a category are one.
            let codes = |paper: &Paper| {
                let mut codes: Vec<String> = Vec::new();
                for code in &paper.categories {
                    let code =
                        taxonomy::canonical(code).map_or(code.clone(), |row| row.code.into());
                    if !codes.contains(&code) {
                        codes.push(code);
                    }
                }
                codes
            };
            assert_eq!(
                codes(&paper),
                codes(&row),
                "the categories of {} differ",
                row.id
            );
            equal += 1;
        }
        Ok(())
    })
    .expect("papers.parquet reads");
    println!("{equal} papers equal to rows of papers.parquet");
    assert!(
        equal >= 300,
        "only {equal} papers are rows of papers.parquet"
    );
}
