//! The open build: embeds, searches, classifies. No browser in it.

mod map;
mod matching;
mod nearest;
mod own;
mod pieces;
mod search;
mod verify;

use std::sync::Arc;

use shared::manifest::FileEntry;
use shared::words::WordIndex;
use shared::{
    Classifier, Clusters, EmbedError, Embedding, Index, Manifest, Model, Neighbor, PaperId, Papers,
    Query, Road, Searcher, Vectors,
};

use super::batch::Batch;
use super::describe;
use super::embed::{Embed, Open};
use super::filter::Passing;
use super::occlusion::Occlusion;
use super::protocol::{
    Classification, CrossListing, EngineError, EngineId, Hit, Info, Suggestion, Verdict,
};
pub(super) use pieces::Piece;
pub(super) use verify::Trial;

/// Milliseconds from any fixed point; the browser's clock, or a test's.
pub(super) type Clock = fn() -> f64;

/// Files that belong together. Words open first; meaning follows when its files have come.
pub(super) struct Build {
    papers: Papers,
    words: Option<WordIndex>,
    meaning: Option<Meaning>,
    info: Info,
    /// What 99 % of the papers reach with their nearest other one.
    nearest_at_99: Option<f32>,
    clock: Clock,
}

/// What search by meaning needs.
struct Meaning {
    model: Arc<Model>,
    encoder: Box<dyn Embed>,
    vectors: Vectors,
    searcher: Searcher,
    classifier: Option<Classifier>,
    /// Name of the model's file, for errors.
    model_file: String,
    /// What was embedded last: a question is asked again as its pieces come.
    last: Option<(String, Embedding)>,
}

/// The files of [`Meaning`].
#[derive(Debug, Default)]
pub(super) struct MeaningFiles {
    /// Encoder and tokenizer.
    pub(super) model: Vec<u8>,
    /// Vectors and graph, or the table of clusters.
    pub(super) index: Vec<u8>,
    /// The classifier, where the manifest names one.
    pub(super) classifier: Option<Vec<u8>>,
    /// The weights in f32, where the engine reads them.
    pub(super) reference: Option<Vec<u8>>,
}

fn damaged(entry: &FileEntry, cause: &dyn std::fmt::Display) -> EngineError {
    EngineError::Damaged {
        file: entry.file.clone(),
        cause: cause.to_string(),
    }
}

impl Build {
    /// Opens papers and the table of their words: enough to search by words.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] names the file that is not what it should be.
    pub(super) fn begin(
        manifest: &Manifest,
        papers: Vec<u8>,
        table: Option<Vec<u8>>,
        engine: EngineId,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let papers = Papers::parse(papers).map_err(|error| damaged(&manifest.papers, &error))?;
        let words = match (manifest.table(), table) {
            (Some(entry), Some(table)) => {
                let words = WordIndex::open(table).map_err(|error| damaged(entry, &error))?;
                let n = words.table().n_papers() as usize;
                if n != papers.len() {
                    let cause = format!("words of {n} papers, but there are {}", papers.len());
                    return Err(damaged(entry, &cause));
                }
                Some(words)
            }
            _ => None,
        };
        Ok(Self {
            info: describe::info(manifest, engine, &papers),
            papers,
            words,
            meaning: None,
            nearest_at_99: manifest.quality.as_ref().and_then(|q| q.nearest_at_99),
            clock,
        })
    }

    /// Opens the rest.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] names the file that is not what it should be, or that was made
    /// for another model than this build's. Words can be searched as before.
    pub(super) fn complete(
        &mut self,
        manifest: &Manifest,
        files: MeaningFiles,
        engine: &dyn Open,
    ) -> Result<(), EngineError> {
        let model = Model::parse(files.model, manifest.model.sha256)
            .map_err(|error| damaged(&manifest.model, &error))?;
        let vectors = match (&manifest.shards, self.papers.leaves()) {
            (Some(_), Some(leaves)) => {
                Clusters::parse(files.index, leaves.clone()).map(Vectors::Sharded)
            }
            _ => Index::parse(files.index).map(Vectors::Loaded),
        };
        let vectors = vectors
            .and_then(|vectors| vectors.check_model(model.sha256()).map(|()| vectors))
            .map_err(|error| damaged(&manifest.index, &error))?;
        let (n, n_indexed) = (self.papers.len(), vectors.n_papers());
        if n != n_indexed {
            let cause = format!("{n} papers, but the index has {n_indexed}");
            return Err(damaged(&manifest.papers, &cause));
        }
        let classifier = match (&manifest.classifier, files.classifier) {
            (Some(entry), Some(bytes)) => Some(
                Classifier::parse(bytes)
                    .and_then(|found| found.check_model(model.sha256()).map(|()| found))
                    .map_err(|error| damaged(entry, &error))?,
            ),
            _ => None,
        };
        let reference = manifest.reference.as_ref();
        let model = Arc::new(model);
        let encoder = engine
            .open(model.clone(), files.reference)
            .map_err(|cause| EngineError::Damaged {
                file: reference
                    .map_or("reference", |entry| &entry.file)
                    .to_owned(),
                cause,
            })?;
        describe::add_model(&mut self.info, &*encoder, &vectors, classifier.as_ref());
        self.meaning = Some(Meaning {
            model,
            encoder,
            vectors,
            searcher: Searcher::default(),
            classifier,
            model_file: manifest.model.file.clone(),
            last: None,
        });
        Ok(())
    }

    /// What this build is.
    pub(super) fn info(&self) -> Info {
        Info {
            wasm_bytes: wasm_bytes(),
            ..self.info.clone()
        }
    }

    /// The papers' columns.
    pub(super) fn papers(&self) -> &Papers {
        &self.papers
    }

    /// Whether papers can be searched by meaning.
    pub(super) fn is_complete(&self) -> bool {
        self.meaning.is_some()
    }

    /// Embeds by the query template.
    pub(super) fn embed(&mut self, text: &str) -> Result<Embedding, EngineError> {
        self.meaning()?.embed(text)
    }

    /// Length of a vector; 0 before there is a model.
    pub(super) fn dim(&self) -> usize {
        self.info.dim
    }

    /// Embeds the next piece of a batch.
    pub(super) fn embed_piece(&mut self, batch: &mut Batch, put: impl FnMut(usize, &[f32])) {
        if let Ok(meaning) = self.meaning() {
            batch.step(&mut *meaning.encoder, put);
        }
    }

    fn meaning(&mut self) -> Result<&mut Meaning, EngineError> {
        self.meaning.as_mut().ok_or(EngineError::NotLoaded)
    }

    /// Categories for a text, with the labelled papers nearest to it.
    pub(super) fn classify(
        &mut self,
        title: &str,
        abstract_text: &str,
        evidence: usize,
    ) -> Result<Classification, EngineError> {
        let started = (self.clock)();
        let meaning = self.meaning.as_mut().ok_or(EngineError::NotLoaded)?;
        let classifier = meaning.classifier.as_ref();
        let classifier = classifier.ok_or(EngineError::NoClassifier)?;
        let text = meaning
            .encoder
            .embed_document(title, abstract_text)
            .map_err(|EmbedError::NoTokens| EngineError::NoTokens)?;
        let classes = classifier.classes();
        let pieces = classifier.pieces(&meaning.model, title, abstract_text);
        let ranked = classifier.classify(&text.vector, &pieces);
        let held_out = classifier.meta().held_out.as_ref();
        let held_out = held_out.map(|held_out| Verdict::of(held_out, &ranked));
        let suggestion = |(class, probability): (usize, f64)| Suggestion {
            category: classes[class].clone(),
            probability,
        };
        let beside = classifier.cross_lists(&ranked).into_iter();
        let beside: Vec<Suggestion> = beside.map(suggestion).collect();
        let cross_lists = classifier.meta().cross.map(|cross| CrossListing {
            suggestions: beside,
            precision: cross.precision,
            recall: cross.recall,
            papers: cross.papers,
        });
        let suggestions = ranked.into_iter().map(suggestion).collect();
        let labelled = Passing::where_(&self.papers, |paper| {
            !self.papers.category_numbers(paper).is_empty()
        });
        let query = meaning.query(&text.vector)?;
        let any = Passing::where_(&self.papers, |_| true);
        let (nearest, _) = meaning.among(&query, 1, &any);
        let is_far = nearest.first().zip(self.nearest_at_99);
        let is_far = is_far.is_some_and(|(nearest, usual)| nearest.similarity < usual);
        let (nearest, _) = meaning.among(&query, evidence, &labelled);
        Ok(Classification {
            suggestions,
            held_out,
            cross_lists,
            is_far,
            evidence: nearest.into_iter().map(|found| self.hit(found)).collect(),
            n_tokens: text.n_tokens,
            n_cut: text.n_cut,
            elapsed_ms: (self.clock)() - started,
        })
    }

    /// What each part of a text does to the probability of a category; see [`Self::occlude_piece`].
    pub(super) fn occlusion(
        &self,
        title: String,
        sentences: Vec<String>,
        category: &str,
    ) -> Result<Occlusion, EngineError> {
        let meaning = self.meaning.as_ref().ok_or(EngineError::NotLoaded)?;
        let classifier = meaning.classifier.as_ref();
        let classes = classifier.ok_or(EngineError::NoClassifier)?.classes();
        let class = classes.iter().position(|code| code == category);
        let class = class.ok_or_else(|| EngineError::BadArgument {
            message: format!("{category} is none of the classifier's categories"),
        })?;
        let max_tokens = meaning.encoder.meta().max_tokens;
        Ok(Occlusion::new(title, sentences, class, max_tokens))
    }

    /// Embeds the next text of an occlusion.
    pub(super) fn occlude_piece(&mut self, occlusion: &mut Occlusion) {
        if let Some(meaning) = &mut self.meaning
            && let Some(classifier) = &meaning.classifier
        {
            occlusion.step(&mut *meaning.encoder, |class, [title, text], vector| {
                let pieces = classifier.pieces(&meaning.model, title, text);
                classifier.probabilities(vector, &pieces)[class]
            });
        }
    }

    fn hit(&self, Neighbor { paper, similarity }: Neighbor) -> Hit {
        Hit {
            id: self.papers.id(paper).to_owned(),
            title: self.papers.title(paper).into_owned(),
            authors: self.papers.authors(paper).into_owned(),
            categories: self.papers.categories(paper).map(str::to_owned).collect(),
            year: self.papers.year(paper),
            similarity: Some(similarity),
            ..Hit::default()
        }
    }
}

impl Meaning {
    /// Embeds by the query template.
    fn embed(&mut self, text: &str) -> Result<Embedding, EngineError> {
        if let Some((_, embedding)) = self.last.as_ref().filter(|(last, _)| last == text) {
            return Ok(embedding.clone());
        }
        let embedded = self.encoder.embed_query(text);
        let embedding = embedded.map_err(|EmbedError::NoTokens| EngineError::NoTokens)?;
        // Whatever is loaded whole is asked once.
        if self.vectors.clusters().is_some() {
            self.last = Some((text.to_owned(), embedding.clone()));
        }
        Ok(embedding)
    }

    /// A vector as the index takes it. Only a model of broken weights makes one that is refused.
    fn query(&self, vector: &[f32]) -> Result<Query, EngineError> {
        Query::new(vector).map_err(|error| EngineError::Damaged {
            file: self.model_file.clone(),
            cause: error.to_string(),
        })
    }

    /// The nearest that pass: of all of them, or of the pieces that are near.
    fn among(&mut self, query: &Query, k: usize, passing: &Passing) -> (Vec<Neighbor>, Road) {
        let k = k.min(passing.n);
        let passes = |paper: PaperId| passing.contains(paper);
        let searcher = &mut self.searcher;
        (self.vectors).nearest(searcher, query, k, None, Some(&passes))
    }
}

/// Memory of this WebAssembly instance; 0 natively.
fn wasm_bytes() -> u64 {
    #[cfg(target_arch = "wasm32")]
    let bytes = core::arch::wasm32::memory_size(0) as u64 * 65_536;
    #[cfg(not(target_arch = "wasm32"))]
    let bytes = 0;
    bytes
}

#[cfg(test)]
mod tests;
