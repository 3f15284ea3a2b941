//! Many texts on two cores, natively: ours, one encoder a thread, against onnxruntime's best batches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use ingest::papers;
use ingest::select::sample_key;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use serde::Serialize;
use shared::{Encoder, Model};
use speed::quantile::quantile;

use crate::peers::{INT8, OnnxRuntime};

/// Texts that both embed.
const TEXTS: usize = 500;
/// Threads that both have.
const THREADS: usize = 2;
/// Rounds of ours and theirs in turn.
const ROUNDS: usize = 5;
/// Of so many texts one is in the trial of their ways.
const TRIED: usize = 5;
/// Texts a batch of theirs.
const BATCHES: [usize; 3] = [1, 8, 32];
/// Texts a batch of ours: a batch decides for itself how many it puts together.
const OUR_BATCH: usize = 20;
/// Draws the texts.
const SEED: u64 = 1;

/// Texts a second, by the median of the rounds.
#[derive(Debug, Serialize)]
pub(crate) struct Throughput {
    /// Where the texts are from.
    pub(crate) source: String,
    /// Texts embedded in a round.
    pub(crate) n_texts: usize,
    /// Tokens of all of them.
    pub(crate) n_tokens: usize,
    /// Ours, tokenizing included.
    pub(crate) ours: f64,
    /// The best of their ways.
    pub(crate) theirs: f64,
    /// Which way that was.
    pub(crate) way: String,
}

/// Measures ours beside the way of onnxruntime that was best in a trial.
pub(crate) fn measure(
    model: &Arc<Model>,
    starter: &Path,
    peer: &mut OnnxRuntime,
) -> Result<Throughput> {
    let (source, texts) = texts(model, starter)?;
    let ids: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| model.tokenizer().tokenize(text).ids)
        .collect();
    let some: Vec<Vec<u32>> = ids.iter().step_by(TRIED).cloned().collect();
    peer.keep(&some)?;
    let mut best = (f64::INFINITY, "", 0, 0, String::new());
    for (form, name) in INT8 {
        for batch in BATCHES {
            for (workers, how) in [
                (1, "one session of 2 threads"),
                (2, "two sessions of 1 thread"),
            ] {
                eprintln!("Throughput: onnxruntime, {name}, batches of {batch}, {how}");
                // The first batch of a session makes its buffers.
                peer.throughput(form, batch, workers)?;
                let seconds = peer.throughput(form, batch, workers)?;
                if seconds < best.0 {
                    let way = format!("{name}, batches of {batch}, {how}");
                    best = (seconds, form, batch, workers, way);
                }
            }
        }
    }
    let (_, form, batch, workers, way) = best;
    peer.keep(&ids)?;
    peer.throughput(form, batch, workers)?;
    let pool = ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        eprintln!("Throughput: ours, then onnxruntime");
        ours.push(pool.install(|| seconds(model, &texts))?);
        theirs.push(peer.throughput(form, batch, workers)?);
    }
    let a_second = |seconds: &[f64]| texts.len() as f64 / quantile(seconds, 0.5);
    Ok(Throughput {
        source,
        n_texts: texts.len(),
        n_tokens: ids.iter().map(Vec::len).sum(),
        ours: a_second(&ours),
        theirs: a_second(&theirs),
        way,
    })
}

/// Embeds all texts in batches of like length, the longest first, so that no thread is left alone
/// with one.
fn seconds(model: &Arc<Model>, texts: &[String]) -> Result<f64> {
    let start = Instant::now();
    let mut sorted: Vec<&String> = texts.iter().collect();
    sorted.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let embedded: Vec<_> = sorted
        .par_chunks(OUR_BATCH)
        .with_max_len(1)
        .map_init(|| Encoder::new(Arc::clone(model)), Encoder::embed_batch)
        .flatten()
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    for embedding in embedded {
        embedding?;
    }
    Ok(seconds)
}

/// Papers as the index holds them: of real abstracts where `OFFPRINT_DATA` names them.
fn texts(model: &Model, starter: &Path) -> Result<(String, Vec<String>)> {
    let real = std::env::var_os("OFFPRINT_DATA").filter(|folder| !folder.is_empty());
    let real = real.map(|folder| PathBuf::from(folder).join("arxiv/papers.parquet"));
    let (source, path) = match real {
        Some(path) => ("abstracts from arXiv", path),
        None => ("the starter corpus", starter.to_owned()),
    };
    let mut drawn = Vec::new();
    papers::read(std::slice::from_ref(&path), &mut |paper| {
        drawn.push((sample_key(SEED, &paper.id), paper));
        // A row is some two kilobytes: the whole of arXiv need not be held.
        if drawn.len() >= 40 * TEXTS {
            keep_least(&mut drawn);
        }
        Ok(())
    })
    .with_context(|| format!("the texts of {}", path.display()))?;
    keep_least(&mut drawn);
    let documents = drawn
        .iter()
        .map(|(_, paper)| model.meta().document(&paper.title, &paper.abstract_));
    Ok((source.to_owned(), documents.collect()))
}

/// Keeps the papers with the least keys.
fn keep_least<K: Ord + Copy, P>(drawn: &mut Vec<(K, P)>) {
    drawn.sort_by_key(|(key, _)| *key);
    drawn.truncate(TEXTS);
}
