//! `trainer train`: the loop, top to bottom.
//!
//! ```text
//! config ──▶ corpus, encoder, objective ──▶ step ──▶ … ──▶ model/, adapter/, cards
//!                                            │ every so often: validation, checkpoint
//! ```
//!
//! Everything random is a function of seed and step, and a checkpoint holds weights and moments, so that
//! a run that goes on from one takes the very steps of one that was never stopped. Start at [`Run::go`].

mod base;
mod checkpoint;
mod export;
mod prototypes;
mod step;
#[cfg(test)]
mod tests;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use index_builder::interrupt;

use self::checkpoint::{Checkpoint, Progressed};
use self::step::{Stepped, accumulate};
use crate::config::Config;
use crate::data::{self, Batches, Corpus, Statistics};
use crate::loss::Objective;
use crate::model::Encoder as _;
use crate::model::bert::Bert;
use crate::optimize::{AdamW, Length, learning_rate};
use crate::track::{Direction, Progress, RunFolder, RunRecord, Tick};

pub use base::open_encoder;
pub use export::{Which, export_run, write_model};
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
    resumed: Option<Checkpoint>,
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
            resumed: None,
        })
    }

    /// Goes on with the run of a folder, from its newest checkpoint that is whole.
    ///
    /// # Errors
    /// Where the folder holds no run, or one that has finished.
    pub fn resume(path: &Path) -> Result<Self> {
        let record = RunFolder::read_record(path)?;
        ensure!(
            record.finished.is_none(),
            "the run in {} has finished: start another one, from its model if you like (model.base={})",
            path.display(),
            path.join(export::MODEL).display()
        );
        let resumed = Checkpoint::newest(&path.join("checkpoints"))?;
        if resumed.is_none() {
            tracing::warn!(
                "{} has no checkpoint yet: the run begins anew",
                path.display()
            );
        }
        Ok(Self {
            config: record.config,
            path: path.to_owned(),
            cache: ingest::cache_dir()?,
            resumed,
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
            resumed,
        } = self;
        let device = config.compute.device.open()?;
        let files = ingest::model_files::find(config.model.base.as_deref())?;
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
        let folder = match &resumed {
            Some(checkpoint) => RunFolder::resume(&path, checkpoint.progress.step)?,
            None if RunFolder::holds_run(&path) && config.output.is_none() => {
                RunFolder::resume(&path, 0)?
            }
            None => match RunFolder::create(&path, RunRecord::new(&config, Some(opened.key))) {
                Ok(folder) => folder,
                // A run that was killed before its first checkpoint.
                Err(_) if RunFolder::holds_run(&path) && is_fresh(&path) => {
                    RunFolder::resume(&path, 0)?
                }
                Err(error) => return Err(error),
            },
        };
        if resumed.is_some() {
            ensure!(
                folder.record().data_sha256 == Some(opened.key),
                "the papers of {} are others than when the run began: put the old ones back, or start a new run",
                path.display()
            );
        }
        let neighbours = data::neighbours(&config, corpus, &opened.folder, &encoder)?;
        let batches = Batches::new(corpus, &config, neighbours);
        let mut session = Session {
            length: Length::of(
                &config.optimize,
                batches.n_per_epoch() as f64 / config.optimize.accumulate as f64,
            ),
            objective: Objective::new(&config.loss),
            optimizer: AdamW::new(&config.optimize, encoder.parameters())?,
            progress: Progressed::default(),
            config: &config,
            corpus,
            batches,
            encoder: &encoder,
            folder,
        };
        let before = session.begin(resumed)?;
        let reason = session.steps()?;
        session.end(&reason, before, &files, &statistics)
    }
}

/// Whether a run was stopped before it kept anything.
fn is_fresh(path: &Path) -> bool {
    Checkpoint::newest(&path.join("checkpoints")).is_ok_and(|found| found.is_none())
        && RunFolder::read_record(path).is_ok_and(|record| record.finished.is_none())
}

/// Losses of categories need categories.
fn check_labels(config: &Config, corpus: &Corpus) -> Result<()> {
    let loss = &config.loss;
    let wanted = loss.category > 0.0
        || loss.contrastive > 0.0
        || loss.classification > 0.0
        || config.data.mix.category_pairs > 0.0;
    ensure!(
        !wanted || corpus.classes.len() > 1,
        "the papers have no categories, which loss.category, loss.contrastive, loss.classification and \
         data.mix.category_pairs need: add a column `categories`, or set these to 0"
    );
    Ok(())
}

/// A run under way.
struct Session<'a> {
    config: &'a Config,
    corpus: &'a Corpus,
    batches: Batches<'a>,
    encoder: &'a Bert,
    objective: Objective,
    optimizer: AdamW,
    length: Length,
    progress: Progressed,
    folder: RunFolder,
}

impl Session<'_> {
    /// Where the run begins, or goes on; quality before the first step.
    fn begin(&mut self, resumed: Option<Checkpoint>) -> Result<Validation> {
        if let Some(checkpoint) = resumed {
            self.encoder.parameters().restore(&checkpoint.state)?;
            self.progress = checkpoint.progress;
            tracing::info!(
                "going on after step {} of {}",
                self.progress.step,
                self.folder.path().display()
            );
            return Ok(self.progress.before);
        }
        tracing::info!("run folder: {}", self.folder.path().display());
        let before = self.validate()?;
        self.progress.before = before;
        // A metric that does not exist is better known now than after the first hour.
        self.metric(&before)?;
        self.folder.log(0, 0, &before.scalars())?;
        Ok(before)
    }

    /// Steps until the run's end; gives what ended it.
    fn steps(&mut self) -> Result<String> {
        let share = |this: &Self| this.length.share(this.progress.step, this.folder.seconds());
        let mut bar = Progress::new(Tick {
            share: share(self),
            step: self.progress.step,
            papers: self.progress.papers,
            loss: f64::NAN,
        });
        let patient = interrupt::Patient::begin();
        while share(self) < 1.0 {
            let rate = learning_rate(
                &self.config.optimize,
                &self.length,
                self.progress.step,
                share(self),
            );
            let stepped = self.step(rate)?;
            bar.tick(&Tick {
                share: share(self),
                step: self.progress.step,
                papers: self.progress.papers,
                loss: stepped.loss,
            });
            let (step, every) = (self.progress.step, self.config.evaluate.every as u64);
            if every > 0 && step.is_multiple_of(every) && share(self) < 1.0 {
                let found = self.validate()?;
                bar.say(&format!("step {step}: loss {:.4}, {found}", stepped.loss));
                if self.judge(&found)? {
                    bar.finish();
                    return Ok("patience".to_owned());
                }
            }
            let every = self.config.checkpoint.every as u64;
            let asked = interrupt::asked();
            if asked || (every > 0 && step.is_multiple_of(every)) {
                self.keep()?;
            }
            if asked {
                bail!(Stopped {
                    folder: self.folder.path().to_owned(),
                    step,
                });
            }
        }
        drop(patient);
        bar.finish();
        Ok(self.length.reason(self.progress.step).to_owned())
    }

    /// One step of the optimizer.
    fn step(&mut self, rate: f64) -> Result<Stepped> {
        let parameters = self.encoder.parameters();
        parameters.zero_gradients()?;
        let step = self.progress.step;
        let n_parts = self.config.optimize.accumulate as u64;
        let mut sum = Stepped::default();
        for part in 0..n_parts {
            let number = step * n_parts + part;
            let examples = self.batches.batch(number);
            let found = accumulate(
                self.encoder,
                &self.objective,
                &examples,
                self.config,
                number,
                1.0 / n_parts as f64,
            )?;
            sum.add(found);
        }
        let norm = parameters.gradient_norm()?;
        if !sum.loss.is_finite() || !norm.is_finite() {
            bail!(
                "the loss of step {} is {}, its gradient of length {norm}: nothing was changed by it, and {}; \
                 lower optimize.learning_rate ({rate:.1e} now) or optimize.clip_norm, and look at the papers",
                step + 1,
                sum.loss,
                match Checkpoint::newest(&self.folder.checkpoints())? {
                    Some(kept) => format!("the checkpoint of step {} is kept", kept.progress.step),
                    None => "no checkpoint was due yet".to_owned(),
                }
            );
        }
        // An adapter's first matrix has a gradient only once its second has left zero.
        if step < 2 {
            let mut silent = parameters.without_gradient()?;
            silent.retain(|name| step > 0 || !name.contains(".lora_A."));
            ensure!(
                silent.is_empty(),
                "in step {} {} of the trained tensors have no gradient, {} the first of them: they would not learn; \
                 freeze them, or give the loss that uses them a weight",
                step + 1,
                silent.len(),
                silent[0]
            );
        }
        let clip = (self.config.optimize.clip_norm / norm.max(1e-12)).min(1.0);
        self.optimizer.step(parameters, step + 1, rate, clip)?;
        self.progress.step += 1;
        self.progress.papers += sum.papers;
        let mut scalars = vec![
            ("loss", sum.loss),
            ("learning_rate", rate),
            ("gradient_norm", norm),
        ];
        scalars.extend(sum.terms.iter().map(|(name, value)| (*name, *value)));
        self.folder
            .log(self.progress.step, self.progress.papers, &scalars)?;
        Ok(sum)
    }

    fn validate(&self) -> Result<Validation> {
        validate(self.encoder, self.corpus, self.config)
    }

    fn metric(&self, found: &Validation) -> Result<f64> {
        let name = &self.config.evaluate.metric;
        let scalars = found.scalars();
        let value = scalars.iter().find(|(known, _)| known == name);
        let known = || {
            let names: Vec<&str> = scalars.iter().map(|(name, _)| *name).collect();
            names.join(", ")
        };
        Ok(value
            .with_context(|| format!("evaluate.metric = {name:?}: there are {}", known()))?
            .1)
    }

    /// Writes an evaluation down and keeps the weights where they are the best so far; whether patience
    /// has run out.
    fn judge(&mut self, found: &Validation) -> Result<bool> {
        let step = self.progress.step;
        self.folder
            .log(step, self.progress.papers, &found.scalars())?;
        let metric = self.metric(found)?;
        let direction = Direction::of(&self.config.evaluate.metric);
        let best = self.progress.best.unwrap_or(f64::NAN);
        if direction.is_better(metric, best) {
            self.progress.best = Some(metric);
            self.progress.best_step = step;
            self.progress.without_better = 0;
            self.keep_as(&checkpoint::best(&self.folder.checkpoints()))?;
            return Ok(false);
        }
        self.progress.without_better += 1;
        let patience = self.config.evaluate.patience.map(|n| n as u64);
        Ok(patience.is_some_and(|patience| self.progress.without_better >= patience))
    }

    fn keep(&self) -> Result<()> {
        let folder = self.folder.checkpoints();
        self.keep_as(&checkpoint::numbered(&folder, self.progress.step))?;
        checkpoint::forget(&folder, self.config.checkpoint.keep)
    }

    fn keep_as(&self, path: &Path) -> Result<()> {
        let state = self.encoder.parameters().state().to_vec1::<f32>()?;
        checkpoint::write(path, &state, &self.progress).with_context(|| {
            format!(
                "step {} cannot be kept: free some space and go on with `trainer train --resume {}`",
                self.progress.step,
                self.folder.path().display()
            )
        })
    }

    /// Judges the last weights, takes the best ones, and writes what is shipped.
    fn end(
        mut self,
        reason: &str,
        before: Validation,
        files: &ingest::model_files::ModelFiles,
        statistics: &Statistics,
    ) -> Result<Finished> {
        let mut after = self.validate()?;
        self.judge(&after)?;
        self.keep()?;
        if self.progress.best_step != self.progress.step {
            let kept = Checkpoint::read(&checkpoint::best(&self.folder.checkpoints()))?;
            self.encoder.parameters().restore(&kept.state)?;
            after = self.validate()?;
        }
        export::write_all(self.encoder, files, self.folder.path(), self.config)?;
        let step = self.progress.step;
        self.folder.finish(reason, step)?;
        self.folder
            .write_cards(None, Some(&serde_json::to_value(statistics)?))?;
        Ok(Finished {
            folder: self.folder.path().to_owned(),
            step,
            before,
            after,
            best_step: self.progress.best_step,
            reason: reason.to_owned(),
        })
    }
}
