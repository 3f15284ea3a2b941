//! The commands beside `build`, one a file: most open what it wrote.

pub mod classify;
pub mod inspect;
pub mod picture;
pub mod search;
pub mod survey;
pub mod verify;

use shared::hybrid::Named;
use shared::words::Field;

/// One paper found, as `--json` prints it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hit {
    /// Id as the corpus gives it.
    pub id: String,
    /// Title.
    pub title: String,
    /// Category codes, primary first.
    pub categories: Vec<String>,
    /// Year of first submission.
    pub year: Option<u16>,
    /// Cosine with the query; none where either has no vector.
    pub similarity: Option<f32>,
    /// Place among the papers near in meaning, from 1.
    pub semantic_rank: Option<u32>,
    /// Place among the papers with words of the question, from 1.
    pub word_rank: Option<u32>,
    /// Fields that have words of the question: `title`, `abstract`, `authors`.
    pub fields: Vec<&'static str>,
    /// What the question names the paper by: `id`, `title` or `author`.
    pub named: Option<&'static str>,
}

impl Hit {
    /// The hit behind a neighbor.
    pub fn new(papers: &shared::Papers, found: &shared::Neighbor) -> Self {
        let paper = found.paper;
        Self {
            id: papers.id(paper).to_owned(),
            title: papers.title(paper).into_owned(),
            categories: papers.categories(paper).map(str::to_owned).collect(),
            year: papers.year(paper),
            similarity: Some(found.similarity),
            semantic_rank: None,
            word_rank: None,
            fields: Vec::new(),
            named: None,
        }
    }

    /// The hit of a question.
    pub fn answered(papers: &shared::Papers, found: &shared::hybrid::Hit) -> Self {
        let neighbor = shared::Neighbor {
            paper: found.paper,
            similarity: 0.0,
        };
        Self {
            similarity: found.similarity,
            semantic_rank: found.semantic_rank.map(|rank| rank + 1),
            word_rank: found.word_rank.map(|rank| rank + 1),
            fields: found.fields.iter().map(Field::name).collect(),
            named: found.named.map(Named::name),
            ..Self::new(papers, &neighbor)
        }
    }

    /// Why it is there, in short: `id`, or `m3 w1` for the third in meaning and the first by words.
    fn why(&self) -> String {
        let rank = |list: char, rank: Option<u32>| rank.map(|rank| format!("{list}{rank}"));
        let named = self.named.map(str::to_owned);
        let why = [
            named,
            rank('m', self.semantic_rank),
            rank('w', self.word_rank),
        ];
        why.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
