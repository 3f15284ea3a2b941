//! A corpus of the visitor's own: embedded part by part, put together, kept on this device.

use gloo_timers::future::TimeoutFuture;
use shared::words::InvertedIndex;
use shared::{Manifest, Paper};

use super::{Open, Worker};
use crate::engine::artifacts::MANIFEST;
use crate::engine::build::Build;
use crate::engine::cache::Kept;
use crate::engine::download::Stop;
use crate::engine::own::{Known, MOST_PAPERS, OwnFiles, Part, part_name};
use crate::engine::protocol::{EngineError, OwnAnswer, OwnCorpus, OwnQuestion, Reply};

/// Papers whose words are indexed between two turns of others: a few milliseconds' work.
const BREATH_PAPERS: usize = 64;

impl Worker {
    /// Answers what is asked about the own corpus.
    pub(super) async fn run_own(
        &self,
        open: &Open,
        question: OwnQuestion,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let own = open.site.own().await;
        let answer = match question {
            OwnQuestion::What => OwnAnswer::Kept(kept(&own).await),
            OwnQuestion::Erase => {
                for name in own.names().await {
                    own.delete(&name).await;
                }
                OwnAnswer::Kept(None)
            }
            _ if open.site.is_own => {
                return Err(EngineError::BadArgument {
                    message: "an own corpus is made where the site's is open".to_owned(),
                });
            }
            OwnQuestion::Part { papers } => OwnAnswer::Part {
                name: open.keep_part(&own, papers, stop).await?,
            },
            OwnQuestion::Make { name, parts } => {
                open.make(&own, &name, &parts, stop).await?;
                OwnAnswer::Kept(kept(&own).await)
            }
        };
        Ok(Reply::Own(answer))
    }
}

impl Open {
    /// Embeds papers, unless that was done before, and keeps what came of it; the part's name.
    async fn keep_part(
        &self,
        own: &Kept,
        papers: Vec<Paper>,
        stop: &Stop,
    ) -> Result<String, EngineError> {
        let name = part_name(&self.manifest, &papers);
        if read_part(own, &name).await.is_some() {
            return Ok(name);
        }
        let map = match self.manifest.map {
            Some(_) => Some(self.map(stop).await?),
            None => None,
        };
        let mut rows = Vec::with_capacity(papers.len());
        for paper in papers {
            // Between two papers questions have their turn.
            TimeoutFuture::new(0).await;
            if stop.get() {
                return Err(EngineError::Cancelled);
            }
            let know = |build: &mut Build| build.know(&paper, map.as_deref());
            let known = self.with_pieces(stop, know).await?;
            rows.push((paper, known));
        }
        let mut bytes = serde_json::to_vec(&Part { rows }).expect("a part has no unwritable value");
        if own.put(&name, &mut bytes).await {
            Ok(name)
        } else {
            Err(EngineError::NoRoom)
        }
    }

    /// Puts a corpus together and keeps it in place of the one of before.
    async fn make(
        &self,
        own: &Kept,
        name: &str,
        parts: &[String],
        stop: &Stop,
    ) -> Result<(), EngineError> {
        let mut rows: Vec<(Paper, Known)> = Vec::new();
        for part in parts {
            let part = read_part(own, part).await.ok_or(EngineError::NoRoom)?;
            rows.extend(part.rows);
        }
        if rows.len() > MOST_PAPERS {
            return Err(EngineError::BadArgument {
                message: format!("an own corpus has at most {MOST_PAPERS} papers"),
            });
        }
        let map = match self.manifest.map {
            Some(_) => Some(self.map(stop).await?),
            None => None,
        };
        let mut words = InvertedIndex::default();
        for (at, (paper, _)) in rows.iter().enumerate() {
            if at % BREATH_PAPERS == 0 {
                TimeoutFuture::new(0).await;
            }
            words.push(&paper.title, &paper.abstract_, &paper.authors);
        }
        let dim = self.build.borrow().dim();
        let (of, map) = (&self.manifest, map.as_deref());
        let OwnFiles { manifest, files } = OwnFiles::of(name, rows, &words, of, map, dim);
        for (name, mut bytes) in files {
            keep(own, &name, &mut bytes, stop).await?;
        }
        // The site may go over to another model; the corpus keeps its own.
        for entry in [Some(&manifest.model), manifest.classifier.as_ref()]
            .into_iter()
            .flatten()
        {
            if own.get(&entry.file).await.is_none() {
                let mut bytes = self.site.chunk(entry, stop).await?;
                keep(own, &entry.file, &mut bytes, stop).await?;
            }
        }
        // Last: until then the corpus of before is the one.
        keep(own, MANIFEST, &mut manifest.to_bytes(), stop).await
    }
}

async fn keep(own: &Kept, name: &str, bytes: &mut [u8], stop: &Stop) -> Result<(), EngineError> {
    if stop.get() {
        return Err(EngineError::Cancelled);
    }
    if own.put(name, bytes).await {
        Ok(())
    } else {
        Err(EngineError::NoRoom)
    }
}

async fn read_part(own: &Kept, name: &str) -> Option<Part> {
    let bytes = own.get(name).await?.binary().await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The own corpus that this device keeps.
async fn kept(own: &Kept) -> Option<OwnCorpus> {
    let bytes = own.get(MANIFEST).await?.binary().await.ok()?;
    let manifest = Manifest::parse(&bytes).ok()?;
    let files = [&manifest.index, &manifest.papers];
    let files = files
        .into_iter()
        .chain(manifest.table())
        .chain(&manifest.map);
    let chunks = manifest
        .words
        .as_ref()
        .map_or(0, |words| words.words_bytes + words.places_bytes);
    Some(OwnCorpus {
        bytes: files.map(|entry| entry.bytes).sum::<u64>() + chunks + manifest.abstracts_bytes,
        name: manifest.corpus.name,
        papers: manifest.corpus.papers,
    })
}
