//! `trainer train`: the loop, top to bottom.
//!
//! ```text
//! config ──▶ corpus, encoder, objective ──▶ step ──▶ … ──▶ model/, adapter/, cards
//!                                            │ every so often: validation, checkpoint
//! ```
//!
//! Everything random is a function of seed and step, and a checkpoint holds weights and moments, so that
//! a run that goes on from one takes the very steps of one that was never stopped. Start at [`Run::go`]; `session` is the loop.

mod base;
mod checkpoint;
mod divergence;
mod export;
mod prototypes;
mod session;
mod step;
mod sum;
#[cfg(test)]
mod tests;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use ingest::model_files::{ModelFiles, Which};
use shared::Sha256;

use self::checkpoint::{Checkpoint, Progressed};
use self::session::Session;
use crate::config::Config;
use crate::data::{self, Batches, Corpus, Statistics};
use crate::inputs;
use crate::loss::Objective;
use crate::model::Encoder as _;
use crate::optimize::{AdamW, Length};
use crate::track::{RunFolder, RunRecord};

pub use base::open_encoder;
pub use export::{Kept, Share, export_adapters, export_encoder, write_model};
pub use step::embed_all;
pub use validate::{Validation, validate};

/// Name of the classification loss's tensor.
pub(crate) const PROTOTYPES: &str = "head.prototypes";

/// A run that somebody stopped; it can be gone on with.
#[derive(Debug)]
pub struct Stopped {
    folder: PathBuf,
    step: u64,
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "stopped after step {}, which is kept: go on with `trainer train --resume {}`",
            self.step,
            self.folder.display()
        )
    }
}

impl std::error::Error for Stopped {}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// Its folder.
    pub folder: PathBuf,
    /// Steps taken.
    pub step: u64,
    /// Quality before the first step.
    pub before: Validation,
    /// Quality of the model that was written.
    pub after: Validation,
    /// The step whose weights were written.
    pub best_step: u64,
    /// What ended it.
    pub reason: String,
}

/// A run about to go.
#[derive(Debug)]
pub struct Run {
    config: Config,
    path: PathBuf,
    /// Where tokens are kept for the next run.
    cache: PathBuf,
    start: Start,
}

/// How a run begins.
#[derive(Debug)]
enum Start {
    New,
    /// From a checkpoint, or anew where it was stopped before its first one.
    Resumed(Option<Checkpoint>),
    /// From a checkpoint that is not the newest, or anew.
    GoneBack(Option<Checkpoint>),
}

impl Run {
    /// A new run, into the folder that the config names or a new one below `runs/`.
    ///
    /// # Errors
    /// Where the config means nothing, or the folder has something in it.
    pub fn new(config: Config) -> Result<Self> {
        config.validate()?;
        let path = match &config.output {
            Some(path) => path.clone(),
            None => RunFolder::default_path(&config.name),
        };
        Ok(Self {
            config,
            path,
            cache: ingest::cache_dir()?,
            start: Start::New,
        })
    }

    /// Goes on with the run of a folder: from its newest checkpoint or, where `from` names one, from the one after
    /// that step, 0 being the beginning. `overrides` may change what [`Config::going_on`] lets them.
    ///
    /// # Errors
    /// Where the folder holds no run, or one that has finished; where no checkpoint of the step is kept; those of
    /// [`Config::going_on`].
    pub fn resume(path: &Path, from: Option<u64>, overrides: &[String]) -> Result<Self> {
        let record = RunFolder::read_record(path)?;
        ensure!(
            record.finished.is_none(),
            "the run in {} has finished: start another one, from its model if you like (model.base={})",
            path.display(),
            path.join(export::MODEL).display()
        );
        let config = record.config.going_on(overrides)?;
        for change in record.config.changes(&config) {
            tracing::info!("{change}");
        }
        let checkpoints = path.join("checkpoints");
        let start = match from {
            Some(0) => Start::GoneBack(None),
            Some(step) => Start::GoneBack(Some(Checkpoint::after(&checkpoints, step)?)),
            None => Start::Resumed(Checkpoint::newest(&checkpoints)?),
        };
        if let Start::Resumed(None) = start {
            tracing::warn!("{} has no checkpoint: the run begins anew", path.display());
        }
        Ok(Self {
            config,
            path: path.to_owned(),
            cache: ingest::cache_dir()?,
            start,
        })
    }

    /// Trains to the end.
    ///
    /// # Errors
    /// Where papers or encoder cannot be read, a loss is not a number, the disk is full; and
    /// [`Stopped`] on Ctrl-C. Every checkpoint written so far stays.
    pub fn go(self) -> Result<Finished> {
        let Self {
            config,
            path,
            cache,
            start,
        } = self;
        // Better known now than after the encoder has been fetched.
        if config.data.pack.is_none() {
            inputs::check(&config.data.papers)?;
        }
        let device = config.compute.device.open()?;
        let files = ingest::model_files::find(&Which::of(config.model.base.as_deref()))?;
        let opened = data::open(&config.data, config.seed, &files, &cache)?;
        let corpus = &opened.corpus;
        check_labels(&config, corpus)?;
        let statistics = Statistics::of(
            corpus,
            config.data.max_document_tokens,
            config.model.max_tokens,
        );
        tracing::info!("{}", statistics.to_string().trim_end());
        let encoder = base::encoder(&config, &files, corpus, &device)?;
        config.validate_width(encoder.width())?;
        let n = encoder.parameters().n_trainable();
        ensure!(n > 0, "everything is frozen: there is nothing to train");
        tracing::info!(
            "{}: {n} of {} weights are trained",
            files.source,
            encoder.parameters().n_all()
        );
        let (folder, resumed) = match start {
            Start::New => {
                let record = RunRecord {
                    base_sha256: Some(files.weights_sha256),
                    ..RunRecord::new(&config, Some(opened.key))
                };
                (RunFolder::create(&path, record)?, None)
            }
            Start::Resumed(kept) => (
                resume_folder(&path, kept.as_ref(), &config, &opened.key, &files)?,
                kept,
            ),
            Start::GoneBack(kept) => {
                let folder = resume_folder(&path, kept.as_ref(), &config, &opened.key, &files)?;
                checkpoint::go_back(&folder.checkpoints(), kept.as_ref())?;
                (folder, kept)
            }
        };
        let mined = data::mined(&config, &opened, files.weights_sha256, &encoder)?;
        let batches = Batches::new(corpus, &config, mined);
        let session = Session {
            length: Length::of(
                &config.optimize,
                batches.n_per_epoch() as f64 / config.optimize.accumulate as f64,
            ),
            objective: Objective::new(&config.loss),
            optimizer: AdamW::new(&config.optimize, encoder.parameters())?,
            progress: Progressed::default(),
            is_unproved: false,
            config: &config,
            corpus,
            batches,
            encoder: &encoder,
            anchor: base::anchor(&config, &files, &device)?,
            folder,
        };
        let folder = session.folder.path().to_owned();
        session
            .go(resumed, &files, &statistics)
            .map_err(|error| with_way_out(error, &folder))
    }
}

/// Whoever has a full disk is told how the run goes on.
fn with_way_out(error: anyhow::Error, folder: &Path) -> anyhow::Error {
    let is_full = error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|cause| cause.kind() == std::io::ErrorKind::StorageFull)
    });
    if is_full {
        error.context(format!(
            "the disk is full: free some space and go on with `trainer train --resume {}`",
            folder.display()
        ))
    } else {
        error
    }
}

/// Opens the folder of a run that goes on from `kept`, if its papers and its base encoder are still the same.
fn resume_folder(
    path: &Path,
    kept: Option<&Checkpoint>,
    config: &Config,
    data: &Sha256,
    files: &ModelFiles,
) -> Result<RunFolder> {
    // Nothing is written before both are known to fit.
    let record = RunFolder::read_record(path)?;
    ensure!(
        record.data_sha256.as_ref() == Some(data),
        "the papers of {} are others than when the run began: put the old ones back, or start a new run",
        path.display()
    );
    check_base(&record, files)?;
    RunFolder::resume(path, kept.map_or(0, |kept| kept.progress.step), config)
}

/// A run's weights mean nothing beside another base encoder.
fn check_base(record: &RunRecord, files: &ModelFiles) -> Result<()> {
    ensure!(
        record
            .base_sha256
            .is_none_or(|base| base == files.weights_sha256),
        "the run began with other weights than those of {}: name its base encoder by OFFPRINT_MODEL",
        files.source
    );
    Ok(())
}

/// Losses of categories need categories.
fn check_labels(config: &Config, corpus: &Corpus) -> Result<()> {
    let loss = &config.loss;
    let wanted = loss.category > 0.0
        || loss.contrastive > 0.0
        || loss.classification > 0.0
        || config.data.mix.category_pairs > 0.0;
    let mut labels = corpus.train.iter().map(|entry| entry.label);
    let first = labels.next();
    ensure!(
        !wanted || labels.any(|label| Some(label) != first),
        "the papers are not of several categories, which loss.category, loss.contrastive, loss.classification and \
         data.mix.category_pairs need: add a column `categories`, or set these to 0"
    );
    Ok(())
}
