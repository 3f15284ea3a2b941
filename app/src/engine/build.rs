//! The open build: embeds, searches, classifies. No browser in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::{
    Classifier, EmbedError, Embedding, Index, Manifest, Model, Neighbor, PaperId, Papers, Query,
    Searcher,
};

use super::batch::Batch;
use super::describe;
use super::embed::{Embed, Open};
use super::filter::Passing;
use super::protocol::{
    Classification, EngineError, EngineId, Filter, Hit, Hits, Info, Method, Order, Suggestion,
};

/// Milliseconds from any fixed point; the browser's clock, or a test's.
pub(super) type Clock = fn() -> f64;

/// Files that belong together, opened together.
pub(super) struct Build {
    encoder: Box<dyn Embed>,
    index: Index,
    searcher: Searcher,
    papers: Papers,
    classifier: Option<Classifier>,
    info: Info,
    /// Name of the model's file, for errors.
    model_file: String,
    clock: Clock,
}

/// Papers found, best first, and how.
struct Nearest {
    found: Vec<Neighbor>,
    /// Papers that could have been found.
    passing: usize,
    method: Method,
}

impl Build {
    /// Opens a build from the bytes of its files, in the order of [`Manifest::files`], and the
    /// weights in f32 last where `engine` reads them.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] names the file that is not what it should be, or that was made
    /// for another model than this build's.
    pub(super) fn open(
        manifest: &Manifest,
        files: Vec<Vec<u8>>,
        engine: &dyn Open,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let mut files = files.into_iter();
        let mut next = || files.next().expect("one buffer a file of the manifest");
        let damaged = |file: &str, cause: &dyn std::fmt::Display| EngineError::Damaged {
            file: file.to_owned(),
            cause: cause.to_string(),
        };
        let model = Model::parse(next(), manifest.model.sha256)
            .map_err(|error| damaged(&manifest.model.file, &error))?;
        let index = Index::parse(next())
            .and_then(|index| index.check_model(model.sha256()).map(|()| index))
            .map_err(|error| damaged(&manifest.index.file, &error))?;
        let papers =
            Papers::parse(next()).map_err(|error| damaged(&manifest.papers.file, &error))?;
        if papers.len() != index.n_papers() {
            let cause = format!(
                "{} papers, but the index has {}",
                papers.len(),
                index.n_papers()
            );
            return Err(damaged(&manifest.papers.file, &cause));
        }
        let classifier = match &manifest.classifier {
            None => None,
            Some(entry) => Some(
                Classifier::parse(next())
                    .and_then(|found| found.check_model(model.sha256()).map(|()| found))
                    .map_err(|error| damaged(&entry.file, &error))?,
            ),
        };
        let reference = manifest.reference.as_ref();
        let reference = reference.filter(|_| engine.reads_reference());
        let encoder = engine
            .open(Arc::new(model), reference.map(|_| next()))
            .map_err(|cause| damaged(reference.map_or("reference", |entry| &entry.file), &cause))?;
        let info = info(
            manifest,
            engine.id(),
            &*encoder,
            &papers,
            classifier.as_ref(),
        );
        Ok(Self {
            encoder,
            index,
            searcher: Searcher::default(),
            papers,
            classifier,
            info,
            model_file: manifest.model.file.clone(),
            clock,
        })
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

    /// Embeds by the query template.
    pub(super) fn embed(&mut self, text: &str) -> Result<Embedding, EngineError> {
        self.encoder
            .embed_query(text)
            .map_err(|EmbedError::NoTokens| EngineError::NoTokens)
    }

    /// Length of a vector.
    pub(super) fn dim(&self) -> usize {
        self.encoder.meta().architecture.dim
    }

    /// Embeds the next piece of a batch.
    pub(super) fn embed_piece(&mut self, batch: &mut Batch, put: impl FnMut(usize, &[f32])) {
        batch.step(&mut *self.encoder, put);
    }

    /// Papers by meaning.
    pub(super) fn search(
        &mut self,
        text: &str,
        k: usize,
        filter: &Filter,
        order: Order,
    ) -> Result<Hits, EngineError> {
        let started = (self.clock)();
        let query = self.embed(text)?;
        let embed_ms = (self.clock)() - started;
        let choice = match order {
            Order::Nearest => k,
            Order::Diverse => Index::choice_for(k),
        };
        let mut nearest = self.nearest(&query.vector, choice, filter, &[])?;
        if order == Order::Diverse {
            nearest.found = self.index.diverse(&nearest.found, k);
        }
        Ok(Hits {
            embed_ms,
            search_ms: (self.clock)() - started - embed_ms,
            n_cut: query.n_cut,
            ..self.hits(nearest)
        })
    }

    /// Papers near some of the corpus and away from others, without all of these.
    pub(super) fn similar(
        &mut self,
        near: &[String],
        away: &[String],
        k: usize,
        filter: &Filter,
    ) -> Result<Hits, EngineError> {
        let find = |id: &String| {
            let unknown = || EngineError::UnknownPaper { id: id.clone() };
            self.papers.find(id).ok_or_else(unknown)
        };
        // Named twice, a paper counts once.
        let near: BTreeSet<PaperId> = near.iter().map(find).collect::<Result<_, _>>()?;
        let away: BTreeSet<PaperId> = away.iter().map(find).collect::<Result<_, _>>()?;
        if let Some(&both) = near.intersection(&away).next() {
            let id = self.papers.id(both);
            return Err(EngineError::BadArgument {
                message: format!("{id} cannot be both near and away"),
            });
        }
        let but: Vec<PaperId> = near.union(&away).copied().collect();
        let [near, away] = [near, away].map(Vec::from_iter);
        // A paper without a word has no place among the others.
        let vector = self.index.like(&near, &away);
        let vector = vector.ok_or(EngineError::NoTokens)?;
        let started = (self.clock)();
        let nearest = self.nearest(&vector, k, filter, &but)?;
        let like = match near[..] {
            [paper] if away.is_empty() => Some(self.hit(Neighbor {
                paper,
                similarity: 1.0,
            })),
            _ => None,
        };
        Ok(Hits {
            like,
            search_ms: (self.clock)() - started,
            ..self.hits(nearest)
        })
    }

    /// Categories for a text, with the labelled papers nearest to it.
    pub(super) fn classify(
        &mut self,
        title: &str,
        abstract_text: &str,
        evidence: usize,
    ) -> Result<Classification, EngineError> {
        let started = (self.clock)();
        let classifier = self.classifier.as_ref().ok_or(EngineError::NoClassifier)?;
        let text = self
            .encoder
            .embed_document(title, abstract_text)
            .map_err(|EmbedError::NoTokens| EngineError::NoTokens)?;
        let classes = classifier.classes();
        let suggestions = classifier
            .classify(&text.vector)
            .into_iter()
            .map(|(class, probability)| Suggestion {
                category: classes[class].clone(),
                probability,
            })
            .collect();
        let labelled = Passing::where_(&self.papers, |paper| {
            !self.papers.category_numbers(paper).is_empty()
        });
        let nearest = self.exact(&self.query(&text.vector)?, evidence, &labelled);
        Ok(Classification {
            suggestions,
            evidence: nearest.into_iter().map(|found| self.hit(found)).collect(),
            n_tokens: text.n_tokens,
            n_cut: text.n_cut,
            elapsed_ms: (self.clock)() - started,
        })
    }

    /// The graph where every paper passes, a scan of what passes otherwise: then nothing can be missing.
    /// Hits are none of `but`, which is sorted.
    fn nearest(
        &mut self,
        vector: &[f32],
        k: usize,
        filter: &Filter,
        but: &[PaperId],
    ) -> Result<Nearest, EngineError> {
        let query = self.query(vector)?;
        Ok(if filter.is_open() {
            let k = k.min(self.papers.len());
            let wanted = k + but.len();
            let ef = self.index.default_ef().max(wanted);
            let mut found = self.index.search(&mut self.searcher, &query, wanted, ef);
            found.retain(|neighbor| but.binary_search(&neighbor.paper).is_err());
            found.truncate(k);
            Nearest {
                found,
                passing: self.papers.len() - but.len(),
                method: Method::Graph { ef },
            }
        } else {
            let mut passing = Passing::of(&self.papers, filter);
            for &paper in but {
                passing.exclude(paper);
            }
            Nearest {
                found: self.exact(&query, k, &passing),
                passing: passing.n,
                method: Method::Exact,
            }
        })
    }

    fn hits(&self, nearest: Nearest) -> Hits {
        let found = nearest.found.into_iter();
        Hits {
            hits: found.map(|neighbor| self.hit(neighbor)).collect(),
            like: None,
            passing: nearest.passing,
            method: nearest.method,
            embed_ms: 0.0,
            search_ms: 0.0,
            n_cut: 0,
        }
    }

    /// A vector as the index takes it. Only a model of broken weights makes one that is refused.
    fn query(&self, vector: &[f32]) -> Result<Query, EngineError> {
        Query::new(vector).map_err(|error| EngineError::Damaged {
            file: self.model_file.clone(),
            cause: error.to_string(),
        })
    }

    fn exact(&self, query: &Query, k: usize, passing: &Passing) -> Vec<Neighbor> {
        let k = k.min(passing.n);
        self.index
            .search_exact(query, k, |paper| passing.contains(paper))
    }

    fn hit(&self, Neighbor { paper, similarity }: Neighbor) -> Hit {
        Hit {
            id: self.papers.id(paper).to_owned(),
            title: self.papers.title(paper).to_owned(),
            authors: self.papers.authors(paper).to_owned(),
            categories: self.papers.categories(paper).map(str::to_owned).collect(),
            year: self.papers.year(paper),
            similarity,
        }
    }
}

fn info(
    manifest: &Manifest,
    engine: EngineId,
    encoder: &dyn Embed,
    papers: &Papers,
    classifier: Option<&Classifier>,
) -> Info {
    let meta = encoder.meta();
    Info {
        corpus: manifest.corpus.name.clone(),
        papers: papers.len(),
        years: manifest.corpus.years,
        year_counts: describe::year_counts(papers),
        category_counts: describe::category_counts(papers),
        archive_counts: describe::archive_counts(papers),
        build: manifest.build.to_string(),
        builder: manifest.builder.clone(),
        model: meta.name.clone(),
        model_licence: format!("{}: {}", meta.licence, meta.attribution),
        dim: meta.architecture.dim,
        max_tokens: meta.max_tokens,
        recall_at_10: manifest
            .quality
            .as_ref()
            .map(|quality| quality.recall_at_10),
        engine,
        kernel: encoder.kernel().to_owned(),
        classifier: classifier.map(|classifier| classifier.meta().description.clone()),
        files: manifest
            .files()
            .map(|entry| (entry.file.clone(), entry.bytes, entry.sha256.to_string()))
            .collect(),
        examples: describe::examples(papers),
        wasm_bytes: 0,
        reference_bytes: manifest.reference.as_ref().map(|entry| entry.bytes),
        abstracts_bytes: manifest.abstracts_bytes,
        site_unreachable: false,
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
