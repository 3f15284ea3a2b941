//! What was measured, and how it is told.

use std::fmt;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{Device, Form, Method, Precision, word};

/// One start of one program.
#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    /// Of each step.
    pub(crate) seconds: Vec<f64>,
    /// Of each step.
    pub(crate) losses: Vec<f64>,
    /// Bytes of a card at most, where one computed.
    pub(crate) memory: Option<u64>,
    /// Version of PyTorch.
    pub(crate) torch: Option<String>,
}

/// One program over all rounds.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Figures {
    /// Loss of the first step, before anything was learned.
    pub(crate) first_loss: f64,
    /// Seconds of the measured steps, by round.
    seconds: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    torch: Option<String>,
}

impl Figures {
    /// Adds a round, less its first steps.
    pub(crate) fn add(&mut self, run: &Run, warm_up: usize) -> Result<()> {
        ensure!(
            run.seconds.len() > warm_up && run.seconds.len() == run.losses.len(),
            "{} steps were measured, of which {warm_up} warm up",
            run.seconds.len()
        );
        if self.seconds.is_empty() {
            self.first_loss = run.losses[0];
        }
        self.seconds.push(run.seconds[warm_up..].iter().sum());
        self.memory = self.memory.max(run.memory);
        self.torch.clone_from(&run.torch);
        Ok(())
    }
}

/// The trainer and its peers, training the same.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) method: Method,
    pub(crate) ours: Figures,
    pub(crate) peers: Vec<(Form, Figures)>,
}

/// A whole measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) device: Device,
    pub(crate) precision: Precision,
    pub(crate) pairs: usize,
    pub(crate) document_tokens: usize,
    pub(crate) steps: usize,
    pub(crate) rounds: usize,
    pub(crate) tokens_per_pair: f64,
    pub(crate) rows: Vec<Row>,
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        _ => f64::midpoint(values[(n - 1) / 2], values[n / 2]),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} pairs a step of {:.0} tokens each, documents of at most {}; {} in {}; median of {} rounds of {} steps; \
             ratios are of the same round\n",
            self.pairs,
            self.tokens_per_pair,
            self.document_tokens,
            word(&self.precision),
            word(&self.device),
            self.rounds,
            self.steps
        )?;
        writeln!(f, "| trained | program | pairs/s | trainer is faster by |")?;
        writeln!(f, "|---|---|---|---|")?;
        let rate =
            |figures: &Figures| (self.pairs * self.steps) as f64 / median(figures.seconds.clone());
        for row in &self.rows {
            let method = word(&row.method);
            writeln!(f, "| {method} | trainer | {:.1} | |", rate(&row.ours))?;
            for (form, figures) in &row.peers {
                let ratios = figures.seconds.iter().zip(&row.ours.seconds);
                let ratio = median(ratios.map(|(theirs, ours)| theirs / ours));
                writeln!(
                    f,
                    "| {method} | PyTorch {}, {} | {:.1} | {ratio:.2}× |",
                    figures.torch.as_deref().unwrap_or_default(),
                    word(form),
                    rate(figures)
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_one_round_and_the_median_of_all() {
        let run = |first: f64, rest: f64| Run {
            seconds: vec![first, rest, rest],
            losses: vec![1.0; 3],
            memory: None,
            torch: None,
        };
        let (mut ours, mut theirs) = (Figures::default(), Figures::default());
        for (a, b) in [(1.0, 2.0), (2.0, 4.0), (1.0, 9.0)] {
            ours.add(&run(50.0, a), 1).expect("three steps");
            theirs.add(&run(70.0, b), 1).expect("three steps");
        }
        assert!(ours.add(&run(1.0, 1.0), 3).is_err(), "nothing is left");
        let report = Report {
            device: Device::Cpu,
            precision: Precision::F32,
            pairs: 10,
            document_tokens: 64,
            steps: 2,
            rounds: 3,
            tokens_per_pair: 80.0,
            rows: vec![Row {
                method: Method::Full,
                ours,
                peers: vec![(Form::Eager, theirs)],
            }],
        };
        let text = report.to_string();
        assert!(text.contains("| full | trainer | 10.0 | |"), "{text}");
        assert!(text.contains("eager | 2.5 | 2.00× |"), "{text}");
    }
}
