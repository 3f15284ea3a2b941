//! How far a run is, on a terminal or in a log.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Where there is no terminal for a bar, a log has a line this often.
const SAY_EVERY: Duration = Duration::from_secs(30);
/// Parts of the bar: a run may be as long as a clock says, so that it has no count of its own.
const PARTS: u64 = 1000;
/// Weight of the losses before in the one shown: a step's own loss jumps with its batch.
const MEMORY: f64 = 0.9;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// Share of the run that is done, 0 to 1, whatever it is measured by.
    pub share: f64,
    /// Steps taken.
    pub step: u64,
    /// Papers seen.
    pub papers: u64,
    /// Loss of the step.
    pub loss: f64,
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    first: Tick,
    loss: f64,
    started: Instant,
    said: Instant,
}

impl Progress {
    /// Begins where the run begins, or goes on; the loss of `first` is not shown.
    pub fn new(first: Tick) -> Self {
        let style = ProgressStyle::with_template("training {bar:32} {percent}%, {msg}")
            .expect("a valid template");
        let bar = ProgressBar::new(PARTS).with_style(style);
        bar.set_position(position(first.share));
        let now = Instant::now();
        Self {
            bar,
            first,
            loss: f64::NAN,
            started: now,
            said: now,
        }
    }

    /// Shows where the run is now; without a terminal, every 30 s.
    pub fn tick(&mut self, tick: &Tick) {
        // Whatever is not a number must be seen at once, and not for ever.
        self.loss = if self.loss.is_finite() && tick.loss.is_finite() {
            MEMORY * self.loss + (1.0 - MEMORY) * tick.loss
        } else {
            tick.loss
        };
        let shown = Tick {
            loss: self.loss,
            ..*tick
        };
        let line = || describe(&self.first, &shown, self.started.elapsed());
        if !self.bar.is_hidden() {
            self.bar.set_position(position(tick.share));
            self.bar.set_message(line());
        } else if self.said.elapsed() >= SAY_EVERY {
            let percent = (tick.share * 100.0).floor();
            tracing::info!("training: {percent} %, {}", line());
            self.said = Instant::now();
        }
    }

    /// Says something that stays, above the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| tracing::info!("{line}"));
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

fn position(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * PARTS as f64) as u64
}

/// Such as `step 120, loss 1.2345, 210 papers/s, 3 minutes left`.
fn describe(first: &Tick, now: &Tick, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let papers = now.papers.saturating_sub(first.papers) as f64;
    let done = now.share - first.share;
    let mut line = format!("step {}, loss {:.4}", now.step, now.loss);
    // Neither can be known before something is done.
    if seconds > 0.0 && papers > 0.0 {
        let rate = papers / seconds;
        let digits = usize::from(rate < 10.0);
        write!(line, ", {rate:.digits$} papers/s").expect("a String takes all");
    }
    let left = Duration::try_from_secs_f64(seconds * (1.0 - now.share).max(0.0) / done);
    if done > 0.0
        && let Ok(left) = left
    {
        write!(line, ", {} left", HumanDuration(left)).expect("a String takes all");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(share: f64, step: u64, papers: u64, loss: f64) -> Tick {
        Tick {
            share,
            step,
            papers,
            loss,
        }
    }

    #[test]
    fn rate_and_time_left_are_those_of_this_session() {
        let first = tick(0.5, 50, 1000, 9.0);
        let now = tick(0.75, 75, 1500, 1.25);
        assert_eq!(
            describe(&first, &now, Duration::from_secs(100)),
            "step 75, loss 1.2500, 5.0 papers/s, 2 minutes left"
        );
        assert_eq!(
            describe(&first, &first, Duration::ZERO),
            "step 50, loss 9.0000",
            "nothing is known at the start"
        );
    }

    #[test]
    fn the_loss_shown_is_smooth_but_never_hides_a_broken_one() {
        let mut progress = Progress::new(tick(0.0, 0, 0, 0.0));
        progress.tick(&tick(0.1, 1, 8, 2.0));
        progress.tick(&tick(0.2, 2, 16, 1.0));
        assert!((progress.loss - 1.9).abs() < 1e-12, "{}", progress.loss);
        progress.tick(&tick(0.3, 3, 24, f64::NAN));
        assert!(progress.loss.is_nan());
        progress.tick(&tick(0.4, 4, 32, 1.0));
        assert_eq!(progress.loss, 1.0);
    }
}
