//! `trainer export`: the encoder of a run, or of one of its checkpoints, as Hugging Face files; or the sum of several
//! runs' adapters.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::track::{Evaluated, Fitted, Taken, write_release};
use crate::train::{Kept, Share, export_adapters, export_encoder};

/// Arguments of `trainer export`.
#[derive(Debug, Args)]
#[command(after_help = "\
A run that finishes writes its encoder by itself; this is for runs that were stopped, for other checkpoints, and for \
sums. sentence-transformers, `index-builder --model` and `trainer evaluate --model` open what it writes.

  trainer export runs/first --adapter --strength 0.5 --out half
      half way between the base encoder and the finetuned one: where finetuning costs search what it gives to \
categories, both can be better there than at either end
  trainer export runs/words runs/categories --adapter --strength 0.3 0.12 --out both
      one adapter that adds what both add, the first at 0.3 and the second at 0.12")]
pub struct Export {
    /// Folder of the run; of several, whose adapters are added up (Ilharco et al. 2023, arXiv:2212.04089)
    #[arg(required = true, num_args = 1.., value_name = "RUN")]
    runs: Vec<PathBuf>,
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
    /// the base could. One number for each run, in their order; 1 where there is one run [default: 1]
    #[arg(long, num_args = 1.., value_name = "SHARE", requires = "adapter", value_parser = share)]
    strength: Vec<f64>,
    /// Write what belongs to a release beside the adapter, with the figures of this file, which `trainer
    /// evaluate --json` wrote: model card, data card, curves over steps, licence
    #[arg(long, value_name = "FILE", requires = "adapter")]
    evaluation: Option<PathBuf>,
    /// Add this classifier to the release, and its figures to the card: `trainer classifier --model` fitted it on
    /// this very encoder, and its report lies beside it
    #[arg(long, value_name = "FILE", requires = "evaluation")]
    classifier: Option<PathBuf>,
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
    /// Opens the checkpoints and writes.
    ///
    /// # Errors
    /// Where a run has no checkpoint, strengths and runs are not as many, a base encoder is not there, or the disk
    /// refuses.
    pub fn run(self) -> Result<()> {
        let which = match self.checkpoint {
            Chosen::Best => Kept::Best,
            Chosen::Newest => Kept::Newest,
        };
        let out = self.out.display();
        if !self.adapter {
            let [run] = &self.runs[..] else {
                bail!(
                    "{} runs are one encoder only as the sum of their adapters: add --adapter, and --strength with a \
                     number for each",
                    self.runs.len()
                );
            };
            let step = export_encoder(run, which, &self.out)?;
            writeln!(std::io::stdout(), "weights after step {step}: {out}")?;
            return Ok(());
        }
        let shares = shares(self.runs, self.strength)?;
        // Before anything is written: a folder that is half full is refused the next time.
        let evaluated = self
            .evaluation
            .as_deref()
            .map(Evaluated::read)
            .transpose()?;
        let fitted = self.classifier.as_deref().map(Fitted::read).transpose()?;
        let steps = export_adapters(&shares, which, &self.out)?;
        if let Some(evaluated) = &evaluated {
            let taken = shares.iter().zip(&steps);
            let taken: Vec<Taken> = taken
                .map(|(share, step)| Taken {
                    run: share.run.clone(),
                    step: *step,
                    strength: share.strength,
                })
                .collect();
            write_release(&taken, evaluated, fitted.as_ref(), &self.out)?;
        }
        let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
        let steps = steps.join(" and ");
        writeln!(std::io::stdout(), "weights after step {steps}: {out}")?;
        Ok(())
    }
}

/// Each run with its strength. One run has all of it where none is said; of a sum, each is said.
fn shares(runs: Vec<PathBuf>, mut strengths: Vec<f64>) -> Result<Vec<Share>> {
    if runs.len() == 1 && strengths.is_empty() {
        strengths.push(1.0);
    }
    ensure!(
        runs.len() == strengths.len(),
        "{} runs and {} strengths: give --strength one number for each run, in their order",
        runs.len(),
        strengths.len()
    );
    let shares = runs.into_iter().zip(strengths);
    Ok(shares
        .map(|(run, strength)| Share { run, strength })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_a_sum_has_a_strength() {
        let runs = |n: usize| vec![PathBuf::from("run"); n];
        let one = shares(runs(1), vec![]).expect("all of it");
        assert_eq!(one[0].strength, 1.0);
        let two = shares(runs(2), vec![0.3, 0.12]).expect("as many");
        assert_eq!([two[0].strength, two[1].strength], [0.3, 0.12]);
        for (n, strengths) in [(2, vec![]), (2, vec![0.5]), (1, vec![0.5, 0.5])] {
            let error = shares(runs(n), strengths).expect_err("not as many");
            assert!(error.to_string().contains("for each run"), "{error}");
        }
    }
}
