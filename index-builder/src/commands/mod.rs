//! The commands beside `build`, one a file: most open what it wrote.

pub mod classify;
pub mod inspect;
pub mod search;
pub mod survey;
pub mod verify;

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
    /// Cosine with the query.
    pub similarity: f32,
}

impl Hit {
    /// The hit behind a neighbor.
    pub fn new(papers: &shared::Papers, found: &shared::Neighbor) -> Self {
        let paper = found.paper;
        Self {
            id: papers.id(paper).to_owned(),
            title: papers.title(paper).to_owned(),
            categories: papers.categories(paper).map(str::to_owned).collect(),
            year: papers.year(paper),
            similarity: found.similarity,
        }
    }
}
