//! `trainer train`: finetunes the encoder.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use index_builder::interrupt;

use crate::config::Config;
use crate::memory;
use crate::train::Run;

/// Arguments of `trainer train`.
#[derive(Debug, Args)]
#[command(after_help = "\
A config is TOML, in layers: the defaults, the file that it names as its `base`, the file, and most of all what stands \
on the command line. configs/base.toml lists every key with its default and what it means; --print shows what came of \
the layers.

  trainer train --config configs/quick.toml
  trainer train --config configs/cpu.toml data.papers=papers.parquet optimize.minutes=30
  trainer train --resume runs/cpu-20260102-030405
  trainer train --resume runs/cpu-20260102-030405 optimize.learning_rate=1e-5
  trainer train --resume runs/cpu-20260102-030405 --from 400

The run's folder gets config, metrics (metrics.jsonl and TensorBoard events), checkpoints, the finetuned encoder \
(model/), its adapter where there is one (adapter/), and cards. Ctrl-C keeps the step at hand; after a kill the \
run goes on from its newest checkpoint: to the bit as it would have without, or with other settings of [optimize], \
[checkpoint] and how often it is evaluated, which its record keeps. Papers, model, batches and loss stay.")]
pub struct Train {
    /// What to train, on what, and how
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    config: Option<PathBuf>,
    /// Go on with the run of this folder, from its newest checkpoint
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    resume: Option<PathBuf>,
    /// Go on from the checkpoint of this step instead of the newest; later ones are forgotten. 0 begins anew
    #[arg(long, value_name = "STEP", requires = "resume")]
    from: Option<u64>,
    /// Print the resolved config and stop
    #[arg(long, conflicts_with = "resume")]
    print: bool,
    /// Settings that count more than the config, such as optimize.steps=100
    #[arg(value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

impl Train {
    /// Trains, and says what came of it.
    ///
    /// # Errors
    /// Those of [`Run::go`], and of a config that cannot be read.
    pub fn run(self) -> Result<()> {
        let mut out = std::io::stdout();
        let run = if let Some(folder) = &self.resume {
            Run::resume(folder, self.from, &self.overrides)?
        } else {
            let path = self.config.context("clap asks for a config")?;
            let config = Config::load(&path, &self.overrides)?;
            let toml = config.to_toml()?;
            if self.print {
                config.validate()?;
                write!(out, "{toml}")?;
                return Ok(());
            }
            tracing::info!("config:\n{}", toml.trim_end());
            Run::new(config)?
        };
        memory::keep_freed();
        interrupt::take_over(
            "a run that has a checkpoint goes on with `trainer train --resume`, another one begins anew",
        )?;
        let done = run.go()?;
        writeln!(
            out,
            "{} steps ({} ended the run); weights of step {}\n  before  {}\n  after   {}\n  {}",
            done.step,
            done.reason,
            done.best_step,
            done.before,
            done.after,
            done.folder.join("model").display()
        )?;
        Ok(())
    }
}
