//! The answers that the page must give, from the same artifacts by the native build.

use std::path::Path;

use anyhow::{Context, Result};
use index_builder::folder::Folder;
use shared::{Embedding, Encoder, Neighbor, Query, Searcher};

/// The page's build, open natively.
pub(crate) struct Native {
    /// Its files.
    pub(crate) folder: Folder,
    encoder: Encoder,
    searcher: Searcher,
}

/// A paper found: its id, and the cosine to the bit.
pub(crate) type Found = (String, u32);

impl Native {
    /// Opens the artifacts of a finished page.
    pub(crate) fn open(dist: &Path) -> Result<Self> {
        let folder = Folder::open(&dist.join("artifacts"))?;
        Ok(Self {
            encoder: Encoder::new(folder.model.clone()),
            searcher: Searcher::default(),
            folder,
        })
    }

    /// The embedding of a question.
    pub(crate) fn embed(&mut self, text: &str) -> Result<Embedding> {
        Ok(self.encoder.embed_query(text)?)
    }

    /// Papers by the graph.
    pub(crate) fn search(&mut self, text: &str, k: usize) -> Result<Vec<Found>> {
        let query = self.question(text)?;
        let ef = self.folder.index.default_ef();
        let found = self.folder.index.search(&mut self.searcher, &query, k, ef);
        Ok(self.named(found))
    }

    /// Papers by comparing all whose id passes.
    pub(crate) fn exact(
        &mut self,
        text: &str,
        k: usize,
        passes: impl Fn(&str) -> bool,
    ) -> Result<Vec<Found>> {
        let query = self.question(text)?;
        let papers = &self.folder.papers;
        let passes = |paper| passes(papers.id(paper));
        Ok(self.named(self.folder.index.search_exact(&query, k, passes)))
    }

    /// Papers near one of the corpus, by the graph, without itself.
    pub(crate) fn similar(&mut self, id: &str, k: usize) -> Result<Vec<Found>> {
        let seed = self
            .folder
            .papers
            .find(id)
            .context("the seed is in the corpus")?;
        let vector = self
            .folder
            .index
            .vector(seed)
            .context("the seed has a vector")?;
        let ef = self.folder.index.default_ef();
        let query = Query::new(&vector)?;
        let mut found = self
            .folder
            .index
            .search(&mut self.searcher, &query, k + 1, ef);
        found.retain(|neighbor| neighbor.paper != seed);
        found.truncate(k);
        Ok(self.named(found))
    }

    /// Categories with their probabilities to the bit, most probable first; `None` without a classifier.
    pub(crate) fn classify(
        &mut self,
        title: &str,
        abstract_text: &str,
    ) -> Result<Option<Vec<(String, u64)>>> {
        let Some(classifier) = &self.folder.classifier else {
            return Ok(None);
        };
        let draft = self.encoder.embed_document(title, abstract_text)?;
        let classes = classifier.classify(&draft.vector).into_iter();
        let named = classes.map(|(class, p)| (classifier.classes()[class].clone(), p.to_bits()));
        Ok(Some(named.collect()))
    }

    fn question(&mut self, text: &str) -> Result<Query> {
        Ok(Query::new(&self.embed(text)?.vector)?)
    }

    fn named(&self, found: Vec<Neighbor>) -> Vec<Found> {
        let name = |hit: Neighbor| {
            let id = self.folder.papers.id(hit.paper).to_owned();
            (id, hit.similarity.to_bits())
        };
        found.into_iter().map(name).collect()
    }
}

/// The ids alone.
pub(crate) fn ids(found: &[Found]) -> Vec<String> {
    found.iter().map(|(id, _)| id.clone()).collect()
}
