//! The answers that the page must give, from the same artifacts by the native build.

use std::path::Path;

use anyhow::{Context, Result};
use index_builder::folder::Folder;
use shared::artifact::Bin;
use shared::hybrid::{By, Corpus, Question, Wanted};
use shared::words::{Chunk, WordIndex};
use shared::{Embedding, Encoder, Neighbor, PaperId, Query, Searcher};

/// The page's build, open natively.
pub(crate) struct Native {
    /// Its files.
    pub(crate) folder: Folder,
    words: WordIndex,
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
            words: folder.words()?.context("the build has words")?,
            folder,
        })
    }

    /// The embedding of a question.
    pub(crate) fn embed(&mut self, text: &str) -> Result<Embedding> {
        Ok(self.encoder.embed_query(text)?)
    }

    /// The chunks of words.
    pub(crate) fn word_chunks(&self) -> Vec<Chunk> {
        let n = self.words.table().n_chunks() as u32;
        (0..n)
            .flat_map(|at| [Chunk::Words(at), Chunk::Places(at)])
            .collect()
    }

    /// Papers by words and meaning.
    pub(crate) fn search(&mut self, text: &str, k: usize) -> Result<Vec<Found>> {
        self.answer(text, &Wanted::best(k), None)
    }

    /// Papers by words and meaning, of those whose id passes.
    pub(crate) fn among(
        &mut self,
        text: &str,
        k: usize,
        passes: impl Fn(&str) -> bool,
    ) -> Result<Vec<Found>> {
        self.answer(text, &Wanted::best(k), Some(&passes))
    }

    /// Papers by meaning alone.
    pub(crate) fn by_meaning(&mut self, text: &str, k: usize) -> Result<Vec<Found>> {
        let wanted = Wanted {
            by: By::Meaning,
            ..Wanted::best(k)
        };
        self.answer(text, &wanted, None)
    }

    /// Papers by words alone; their cosine is no number.
    pub(crate) fn by_words(&mut self, text: &str, k: usize) -> Result<Vec<Found>> {
        let wanted = Wanted {
            by: By::Words,
            ..Wanted::best(k)
        };
        self.answer(text, &wanted, None)
    }

    fn answer(
        &mut self,
        text: &str,
        wanted: &Wanted,
        passes: Option<&dyn Fn(&str) -> bool>,
    ) -> Result<Vec<Found>> {
        let question = Question::read(text);
        let meant = match wanted.by {
            By::Both => question.meaning(),
            By::Meaning => Some(question.text()),
            By::Words => None,
        };
        let vector = meant.map(|text| self.question(text)).transpose()?;
        let papers = &self.folder.papers;
        let corpus = Corpus {
            papers,
            words: Some(&self.words),
            vectors: Some(&self.folder.vectors),
        };
        let by_id = |paper| passes.is_none_or(|passes| passes(papers.id(paper)));
        let by_id = passes.map(|_| &by_id as &dyn Fn(PaperId) -> bool);
        let searcher = &mut self.searcher;
        let answer = corpus.answer(&question, vector.as_ref(), wanted, by_id, searcher);
        let named = answer.hits.iter().map(|hit| {
            let similarity = hit.similarity.unwrap_or(f32::NAN);
            (papers.id(hit.paper).to_owned(), similarity.to_bits())
        });
        Ok(named.collect())
    }

    /// Papers near one of the corpus, without itself.
    pub(crate) fn similar(&mut self, id: &str, k: usize) -> Result<Vec<Found>> {
        let seed = self
            .folder
            .papers
            .find(id)
            .context("the seed is in the corpus")?;
        let vector = self
            .folder
            .vectors
            .vector(seed)
            .context("the seed has a vector")?;
        let (vectors, query) = (&self.folder.vectors, Query::new(&vector)?);
        let (mut found, _) = vectors.nearest(&mut self.searcher, &query, k + 1, None, None);
        found.retain(|neighbor| neighbor.paper != seed);
        found.truncate(k);
        Ok(self.named(found))
    }

    /// Papers near several and away from others, without all of these.
    pub(crate) fn leaning(&mut self, near: &[&str], away: &[&str], k: usize) -> Result<Vec<Found>> {
        let papers = |ids: &[&str]| -> Result<Vec<shared::PaperId>> {
            let find = |id: &&str| self.folder.papers.find(id);
            ids.iter()
                .map(|id| find(id).with_context(|| format!("{id} is in the corpus")))
                .collect()
        };
        let (mut near, mut away) = (papers(near)?, papers(away)?);
        near.sort_unstable();
        away.sort_unstable();
        let vectors = &self.folder.vectors;
        let vector = vectors.like(&near, &away).context("they have vectors")?;
        let passes = |paper: PaperId| !near.contains(&paper) && !away.contains(&paper);
        let (query, searcher) = (Query::new(&vector)?, &mut self.searcher);
        let (found, _) = vectors.nearest(searcher, &query, k, None, Some(&passes));
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
        let pieces = classifier.pieces(&self.folder.model, title, abstract_text);
        let classes = classifier.classify(&draft.vector, &pieces).into_iter();
        let named = classes.map(|(class, p)| (classifier.classes()[class].clone(), p.to_bits()));
        Ok(Some(named.collect()))
    }

    /// The categories of a draft's prediction set, where the classifier knows its sets, and how many held-out
    /// papers were scored about like it, and rightly.
    pub(crate) fn prediction_set(
        &mut self,
        title: &str,
        abstract_text: &str,
    ) -> Result<Option<(Vec<String>, Bin)>> {
        let draft = self.encoder.embed_document(title, abstract_text)?;
        let classifier = self.folder.classifier.as_ref();
        let Some((classifier, held_out)) = classifier
            .and_then(|classifier| Some((classifier, classifier.meta().held_out.as_ref()?)))
        else {
            return Ok(None);
        };
        let pieces = classifier.pieces(&self.folder.model, title, abstract_text);
        let ranked = classifier.classify(&draft.vector, &pieces);
        let set = &ranked[..held_out.set_of(&ranked)];
        let set = set
            .iter()
            .map(|(class, _)| classifier.classes()[*class].clone());
        let bin = held_out
            .like(ranked[0].1)
            .context("a range that begins at 0")?;
        Ok(Some((set.collect(), *bin)))
    }

    /// The categories that a draft may be listed in beside its first, with their probability as bits, where the
    /// classifier suggests such.
    pub(crate) fn cross_lists(
        &mut self,
        title: &str,
        abstract_text: &str,
    ) -> Result<Option<Vec<(String, u64)>>> {
        let draft = self.encoder.embed_document(title, abstract_text)?;
        let classifier = self.folder.classifier.as_ref();
        let Some(classifier) = classifier.filter(|one| one.meta().cross.is_some()) else {
            return Ok(None);
        };
        let pieces = classifier.pieces(&self.folder.model, title, abstract_text);
        let lists = classifier.cross_lists(&classifier.classify(&draft.vector, &pieces));
        let named = lists.into_iter();
        let named = named.map(|(class, p)| (classifier.classes()[class].clone(), p.to_bits()));
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
