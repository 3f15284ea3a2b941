//! `trainer export`: the encoder of a run, or of one of its checkpoints, as Hugging Face files.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::track::{Evaluated, Taken, write_release};
use crate::train::{Kept, What, export_run};

/// Arguments of `trainer export`.
#[derive(Debug, Args)]
#[command(after_help = "\
A run that finishes writes its encoder by itself; this is for runs that were stopped, and for other checkpoints. \
sentence-transformers, `index-builder --model` and `trainer evaluate --model` open what it writes.

  trainer export runs/first --adapter --strength 0.5 --out half
      half way between the base encoder and the finetuned one: where finetuning costs search what it gives to \
categories, both can be better there than at either end")]
pub struct Export {
    /// Folder of the run
    run: PathBuf,
    /// Folder to write; must be new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which weights
    #[arg(long, value_enum, default_value_t)]
    checkpoint: Chosen,
    /// Only the adapter, a few MB that are merged with the base encoder where they are opened
    #[arg(long)]
    adapter: bool,
    /// How far the adapter moves the base encoder: 1 is as far as it was trained to, less keeps more of what
    /// the base could
    #[arg(long, default_value_t = 1.0, value_name = "SHARE", requires = "adapter", value_parser = share)]
    strength: f64,
    /// Write what belongs to a release beside the adapter, with the figures of this file, which `trainer
    /// evaluate --json` wrote: model card, data card, curve over steps, licence
    #[arg(long, value_name = "FILE", requires = "adapter")]
    evaluation: Option<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 2.0 => Ok(share),
        _ => Err("a number above 0, up to 2".to_owned()),
    }
}

/// Which of a run's weights.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Chosen {
    /// Those of the best evaluation; the newest where there was none
    #[default]
    Best,
    /// Those of the newest checkpoint
    Newest,
}

impl Export {
    /// Opens the checkpoint and writes.
    ///
    /// # Errors
    /// Where the run has no checkpoint, its base encoder is not there, or the disk refuses.
    pub fn run(self) -> Result<()> {
        let which = match self.checkpoint {
            Chosen::Best => Kept::Best,
            Chosen::Newest => Kept::Newest,
        };
        let what = if self.adapter {
            What::Adapter {
                strength: self.strength,
            }
        } else {
            What::Encoder
        };
        // Before anything is written: a folder that is half full is refused the next time.
        let evaluated = self
            .evaluation
            .as_deref()
            .map(Evaluated::read)
            .transpose()?;
        let step = export_run(&self.run, which, what, &self.out)?;
        if let Some(evaluated) = &evaluated {
            let taken = Taken {
                step,
                strength: self.strength,
            };
            write_release(&self.run, taken, evaluated, &self.out)?;
        }
        let out = self.out.display();
        writeln!(std::io::stdout(), "weights after step {step}: {out}")?;
        Ok(())
    }
}
