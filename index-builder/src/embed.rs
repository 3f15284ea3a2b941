//! Embeds texts over all cores, once: what the cache has is not computed again.

mod cache;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use shared::{Encoder, Model, Sha256};

pub use cache::EmbeddingCache;

use crate::interrupt::{self, Patient};

/// Texts a thread between two writes of the cache: about a second's work, which a killed run loses.
const BATCH_PER_THREAD: usize = 32;

/// Where there is no terminal for a bar, a log has a line this often.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// Vectors of some texts, and how they came about.
#[derive(Debug)]
pub struct Embedded {
    /// `[texts]`, each `[dim]`; `None` where a text has no token.
    pub vectors: Vec<Option<Vec<f32>>>,
    /// Texts that had to be computed.
    pub n_computed: usize,
    /// Texts that were longer than the model's window.
    pub n_cut: usize,
    /// Seconds of computation.
    pub seconds: f64,
}

/// Embeds `texts`, in order, with whatever `cache` knows already.
///
/// # Errors
/// Where the cache cannot be written, or on Ctrl-C; what was computed is kept.
pub fn embed_all(
    model: &Arc<Model>,
    cache: &mut EmbeddingCache,
    texts: &[String],
) -> Result<Embedded> {
    let keys: Vec<Sha256> = texts
        .par_iter()
        .map(|text| Sha256::of(text.as_bytes()))
        .collect();
    let missing: Vec<usize> = (0..texts.len())
        .filter(|&at| !cache.contains(&keys[at]))
        .collect();
    let bar = ProgressBar::new(texts.len() as u64).with_style(
        ProgressStyle::with_template(
            "embedding {bar:32} {pos}/{len} papers, {per_sec}, {eta} left",
        )
        .expect("a valid template"),
    );
    bar.set_position((texts.len() - missing.len()) as u64);
    bar.reset_eta();
    let started = Instant::now();
    let mut said = started;
    let batch_len = BATCH_PER_THREAD * rayon::current_num_threads();
    let patient = Patient::begin();
    for (n_batches, batch) in missing.chunks(batch_len).enumerate() {
        if bar.is_hidden() && said.elapsed() >= SAY_EVERY {
            said = Instant::now();
            let (done, seconds) = (n_batches * batch_len, started.elapsed().as_secs_f64());
            let left = seconds / done as f64 * (missing.len() - done) as f64;
            tracing::info!(
                "embedding: {done} of {} papers, {:.1} a second, {} left",
                missing.len(),
                done as f64 / seconds,
                HumanDuration(Duration::from_secs_f64(left)),
            );
        }
        interrupt::check().inspect_err(|_| bar.abandon())?;
        let vectors: Vec<_> = batch
            .par_iter()
            .map_init(
                || Encoder::new(Arc::clone(model)),
                |encoder, &at| {
                    let embedding = encoder.embed(&texts[at]).ok();
                    bar.inc(1);
                    embedding
                },
            )
            .collect();
        for (&at, embedding) in batch.iter().zip(vectors) {
            cache.insert(keys[at], embedding.as_ref())?;
        }
        cache.flush()?;
    }
    // In this order: a signal in between ends the process itself.
    drop(patient);
    interrupt::check()?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    let mut n_cut = 0;
    let mut vectors = Vec::with_capacity(texts.len());
    for key in &keys {
        let (vector, cut) = cache.get(key)?;
        n_cut += usize::from(cut);
        vectors.push(vector);
    }
    Ok(Embedded {
        vectors,
        n_computed: missing.len(),
        n_cut,
        seconds,
    })
}
