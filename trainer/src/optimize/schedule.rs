//! How long a run is, and its learning rate on the way: pure functions of the step and the clock.

use crate::config::{OptimizeConfig, Schedule, Warmup};

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Length {
    /// After so many steps.
    pub steps: Option<u64>,
    /// After so many minutes.
    pub minutes: Option<f64>,
    /// Which of the config's limits `steps` is: `steps` or `epochs`.
    named: &'static str,
}

impl Length {
    /// The end that a config describes, for an epoch of so many steps.
    pub fn of(config: &OptimizeConfig, steps_per_epoch: f64) -> Self {
        let steps = config.steps.map(|steps| (steps as u64, "steps"));
        let epochs = config
            .epoch_limit()
            .map(|epochs| (((epochs * steps_per_epoch).round() as u64).max(1), "epochs"));
        let first = steps
            .into_iter()
            .chain(epochs)
            .min_by_key(|(steps, _)| *steps);
        Self {
            steps: first.map(|(steps, _)| steps),
            minutes: config.minutes,
            named: first.map_or("steps", |(_, named)| named),
        }
    }

    /// The share of the run that lies behind, after `step` steps in so many seconds; ends at 1.
    pub fn share(&self, step: u64, seconds: f64) -> f64 {
        let by_steps = self.steps.map(|steps| step as f64 / steps as f64);
        let by_clock = self.minutes.map(|minutes| seconds / (60.0 * minutes));
        let share = by_steps.into_iter().chain(by_clock).fold(0.0, f64::max);
        share.min(1.0)
    }

    /// What ended the run, or will: `steps`, `epochs` or `minutes`.
    pub fn reason(&self, step: u64) -> &'static str {
        match self.steps {
            Some(steps) if step >= steps => self.named,
            _ => "minutes",
        }
    }
}

/// The learning rate of the step that follows `step` others, `share` of the run behind them.
pub fn learning_rate(config: &OptimizeConfig, length: &Length, step: u64, share: f64) -> f64 {
    let next = step as f64 + 1.0;
    let (risen, begins) = match (config.warmup, length.steps) {
        (Warmup::Steps(n), steps) => {
            let begins = steps.map_or(0.0, |steps| n as f64 / steps as f64);
            (next / n.max(1) as f64, begins)
        }
        // By steps where the end is one of steps: the same whatever the clock says.
        (Warmup::Share(of), Some(steps)) if length.minutes.is_none() => {
            (next / (of * steps as f64).round().max(1.0), of)
        }
        (Warmup::Share(of), _) => ((share / of.max(1e-9)).max(1e-2), of),
    };
    if risen < 1.0 {
        return config.learning_rate * risen;
    }
    let behind = ((share - begins) / (1.0 - begins).max(1e-9)).clamp(0.0, 1.0);
    let left = match config.schedule {
        Schedule::Constant => 1.0,
        Schedule::Linear => 1.0 - behind,
        Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * behind).cos()),
    };
    let last = config.final_learning_rate_share;
    config.learning_rate * (last + (1.0 - last) * left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut OptimizeConfig)) -> OptimizeConfig {
        let mut config = OptimizeConfig {
            learning_rate: 2.0,
            steps: Some(100),
            ..OptimizeConfig::default()
        };
        change(&mut config);
        config
    }

    fn rate(config: &OptimizeConfig, step: u64) -> f64 {
        let length = Length::of(config, 50.0);
        learning_rate(config, &length, step, length.share(step, 0.0))
    }

    #[test]
    fn it_rises_and_falls() {
        let cosine = config(|_| {});
        for (step, wanted) in [
            (0, 0.2),
            (4, 1.0),
            (9, 2.0),
            (10, 2.0),
            (55, 1.0),
            (100, 0.0),
        ] {
            let found = rate(&cosine, step);
            assert!(
                (found - wanted).abs() < 1e-9,
                "step {step}: {found}, not {wanted}"
            );
        }
        let linear = config(|config| {
            config.schedule = Schedule::Linear;
            config.warmup = Warmup::Steps(20);
            config.final_learning_rate_share = 0.5;
        });
        for (step, wanted) in [(0, 0.1), (19, 2.0), (20, 2.0), (60, 1.5), (100, 1.0)] {
            let found = rate(&linear, step);
            assert!(
                (found - wanted).abs() < 1e-9,
                "step {step}: {found}, not {wanted}"
            );
        }
        let constant = config(|config| {
            config.schedule = Schedule::Constant;
            config.warmup = Warmup::Steps(0);
        });
        assert_eq!((rate(&constant, 0), rate(&constant, 99)), (2.0, 2.0));
    }

    #[test]
    fn a_run_ends_at_the_first_of_its_limits() {
        let both = config(|config| config.epochs = Some(1.5));
        let length = Length::of(&both, 50.0);
        assert_eq!((length.steps, length.reason(75)), (Some(75), "epochs"));
        assert_eq!(length.share(75, 0.0), 1.0);
        let clock = config(|config| {
            config.steps = None;
            config.minutes = Some(2.0);
        });
        let length = Length::of(&clock, 50.0);
        assert_eq!((length.steps, length.share(7, 30.0)), (None, 0.25));
        assert_eq!(length.reason(7), "minutes");
        let endless = config(|config| config.steps = None);
        assert_eq!(Length::of(&endless, 50.0).steps, Some(50), "one epoch");
    }
}
