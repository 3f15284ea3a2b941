//! The loop itself: steps, evaluations and checkpoints until the run's end.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use index_builder::interrupt;
use ingest::model_files::ModelFiles;

use super::checkpoint::{self, Checkpoint, Progressed};
use super::divergence::Divergence;
use super::step::{Stepped, accumulate};
use super::validate::NEAREST;
use super::{Finished, Stopped, Validation, export, validate};
use crate::config::Config;
use crate::data::{Batches, Corpus, Statistics};
use crate::loss::Objective;
use crate::model::Encoder;
use crate::optimize::{AdamW, Length, learning_rate};
use crate::track::{Direction, Progress, RunFolder, Tick};

/// A run under way.
pub(super) struct Session<'a, E> {
    pub(super) config: &'a Config,
    pub(super) corpus: &'a Corpus,
    pub(super) batches: Batches<'a>,
    pub(super) encoder: &'a E,
    /// The encoder before its first step, where the loss keeps embeddings near it.
    pub(super) anchor: Option<E>,
    pub(super) objective: Objective,
    pub(super) optimizer: AdamW,
    pub(super) length: Length,
    pub(super) progress: Progressed,
    /// Whether no step has followed the newest checkpoint yet.
    pub(super) is_unproved: bool,
    pub(super) folder: RunFolder,
}

impl<E: Encoder> Session<'_, E> {
    /// Where the run begins, or goes on; quality before the first step.
    fn begin(&mut self, resumed: Option<Checkpoint>) -> Result<Validation> {
        if let Some(checkpoint) = resumed {
            self.encoder.parameters().restore(&checkpoint.state)?;
            self.progress = checkpoint.progress;
            self.is_unproved = true;
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
        ensure!(
            before.papers > NEAREST,
            "{} papers are held out to choose checkpoints by, too few to tell anything: give some a split of \
             \"valid\", or take more papers",
            before.papers
        );
        ensure!(
            before.categories > 1 || self.config.evaluate.metric != "valid/precision@10",
            "the held-out papers are of one category, so that precision@10 says nothing: write \
             evaluate.metric = \"valid/mrr@10\""
        );
        // A metric that does not exist is better known now than after the first hour.
        self.metric(&before)?;
        // A run that was stopped before its first checkpoint has measured this already.
        if self.folder.rows().is_empty() {
            self.folder.log(0, 0, &before.scalars())?;
        }
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
        if self.is_out_of_patience() {
            return Ok("patience".to_owned());
        }
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
                self.anchor.as_ref(),
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
            // The same weights would come to the same end, whatever the rate is.
            checkpoint::remove(&self.folder.checkpoints(), step)?;
            let loss = sum.loss;
            return Err(self.diverged(&Divergence::Loss { step, loss, norm })?);
        }
        // Only now: before, the newest checkpoint might have been one that no run goes on from.
        if self.is_unproved {
            self.forget_old()?;
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
        self.progress.judged_step = Some(step);
        let metric = self.metric(found)?;
        let direction = Direction::of(&self.config.evaluate.metric);
        let best = self.progress.best.unwrap_or(f64::NAN);
        if direction.is_better(metric, best) {
            self.progress.best = Some(metric);
            self.progress.best_step = step;
            self.progress.without_better = 0;
            self.keep_as(&checkpoint::best(&self.folder.checkpoints(), step))?;
            return Ok(false);
        }
        self.progress.without_better += 1;
        Ok(self.is_out_of_patience())
    }

    fn is_out_of_patience(&self) -> bool {
        let patience = self.config.evaluate.patience.map(|n| n as u64);
        patience.is_some_and(|patience| self.progress.without_better >= patience)
    }

    /// Writes a checkpoint; older ones stay until its weights have given a loss.
    fn keep(&mut self) -> Result<()> {
        let folder = self.folder.checkpoints();
        self.keep_as(&checkpoint::numbered(&folder, self.progress.step))?;
        self.is_unproved = true;
        Ok(())
    }

    fn keep_as(&self, path: &Path) -> Result<()> {
        let step = self.progress.step;
        let state = self.encoder.parameters().state().to_vec1::<f32>()?;
        if !state.iter().all(|x| x.is_finite()) {
            return Err(self.diverged(&Divergence::Weights { step })?);
        }
        checkpoint::write(path, &state, &self.progress)
            .with_context(|| format!("step {step} cannot be kept"))
    }

    fn forget_old(&mut self) -> Result<()> {
        self.is_unproved = false;
        checkpoint::forget(
            &self.folder.checkpoints(),
            self.config.checkpoint.keep,
            self.progress.best_step,
        )
    }

    /// The error that says how the run goes on after it has left the numbers.
    fn diverged(&self, found: &Divergence) -> Result<anyhow::Error> {
        found.error(
            self.folder.path(),
            &self.folder.checkpoints(),
            self.config.optimize.learning_rate,
        )
    }

    /// Steps until the run's end, and writes what it came to.
    pub(super) fn go(
        mut self,
        resumed: Option<Checkpoint>,
        files: &ModelFiles,
        statistics: &Statistics,
    ) -> Result<Finished> {
        let before = self.begin(resumed)?;
        let reason = self.steps()?;
        self.end(&reason, before, files, statistics)
    }

    /// Judges the last weights, takes the best ones, and writes what is shipped.
    fn end(
        mut self,
        reason: &str,
        before: Validation,
        files: &ModelFiles,
        statistics: &Statistics,
    ) -> Result<Finished> {
        let patient = interrupt::Patient::begin();
        self.keep()?;
        let mut after = self.validate()?;
        if self.progress.judged_step != Some(self.progress.step) {
            self.judge(&after)?;
            self.keep()?;
        }
        self.forget_old()?;
        drop(patient);
        if self.progress.best_step != self.progress.step {
            let best = checkpoint::best(&self.folder.checkpoints(), self.progress.best_step);
            let kept = Checkpoint::read(&best)?;
            self.encoder.parameters().restore(&kept.state)?;
            after = self.validate()?;
        }
        export::write_all(self.encoder, files, self.folder.path(), self.config)?;
        let step = self.progress.step;
        // Last: a run that has finished is not gone on with.
        self.folder
            .write_cards(Some(&serde_json::to_value(statistics)?))?;
        self.folder.finish(reason, step)?;
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
