//! What is told where training leaves the numbers, and how the run goes on from there.

use std::path::Path;

use anyhow::{Result, anyhow};

use super::checkpoint;

/// The highest learning rate that is proposed: even adapters learn from less.
const HIGHEST_PROPOSED: f64 = 1e-3;

/// Where no number was found.
#[derive(Debug)]
pub(super) enum Divergence {
    /// In the loss or the gradient of the step after `step`.
    Loss {
        /// Steps taken.
        step: u64,
        /// The loss.
        loss: f64,
        /// Length of the gradient.
        norm: f64,
    },
    /// In weights or moments after `step`.
    Weights {
        /// Steps taken.
        step: u64,
    },
}

impl Divergence {
    /// The error, with the command by which the run in `run` goes on.
    ///
    /// # Errors
    /// Where checkpoints cannot be looked at.
    pub(super) fn error(
        &self,
        run: &Path,
        checkpoints: &Path,
        learning_rate: f64,
    ) -> Result<anyhow::Error> {
        let what = match self {
            Self::Loss { step, loss, norm } => {
                let next = step + 1;
                let what = format!("the loss of step {next} is {loss}, its gradient {norm} long");
                if *step == 0 {
                    return Ok(anyhow!(
                        "{what}, before anything was trained: look at the numbers of the base encoder, at [loss] and at \
                         the papers, then start another run"
                    ));
                }
                format!(
                    "{what}: the weights of step {step} are spoiled, and no checkpoint of them is kept"
                )
            }
            Self::Weights { step } => format!(
                "after step {step} not all weights and moments are finite, so that they are not kept"
            ),
        };
        let newest = checkpoint::newest_step(checkpoints)?;
        let goes_on = newest.map_or_else(
            || "anew, as there is no other checkpoint,".to_owned(),
            |step| format!("after step {step}"),
        );
        let proposed = (learning_rate / 10.0).min(HIGHEST_PROPOSED);
        let mut others = checkpoint::steps(checkpoints)?;
        others.retain(|&step| Some(step) != newest);
        let further = if others.is_empty() {
            String::new()
        } else {
            let others = checkpoint::listed(&others);
            format!(", or from an older checkpoint with `--from {others}`")
        };
        Ok(anyhow!(
            "{what}; the run goes on {goes_on} with a lower rate ({learning_rate:e} now): `trainer train --resume {} \
             optimize.learning_rate={proposed:.0e}`{further}",
            run.display()
        ))
    }
}
