//! How often something is tried again, and how long we wait before it.

use std::mem;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use indicatif::ProgressBar;
use url::Url;

use super::failure::{Failure, GaveUp};
use super::{Client, shown_url};

/// How long and how often one thing is tried.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Tries in a row that bring not one byte, where nobody answers or the connection breaks.
    pub n_tries: u32,
    /// The same once anything was downloaded: the network works, so it comes back, and hours of
    /// downloading are not given up for some seconds without it.
    pub n_tries_underway: u32,
    /// The same where the server answers that it is busy: 429 and 5xx.
    pub n_tries_busy: u32,
    /// Tries of any kind.
    pub n_tries_total: u32,
    /// The wait after the first try in vain; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait of our own making.
    pub longest_wait: Duration,
    /// The longest wait that a server may ask for; where it asks for more we give up at once.
    pub longest_asked: Duration,
    /// Time to find and reach a server.
    pub connect: Duration,
    /// Silence after which a connection counts as broken.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            n_tries: 3,
            n_tries_underway: 6,
            n_tries_busy: 6,
            n_tries_total: 200,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_mins(1),
            // The hub counts requests in windows of five minutes.
            longest_asked: Duration::from_mins(10),
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
        }
    }
}

/// What time it is, and how to let it pass; a test's own does not.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// Comes back after `time`.
    fn sleep(&self, time: Duration);
}

/// The machine's clock.
pub(super) struct Wall;

impl Clock for Wall {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// The tries of one thing.
pub(super) struct Tries<'a> {
    client: &'a Client,
    url: &'a Url,
    /// Steps aside for what is said.
    bar: &'a ProgressBar,
    n: u32,
    /// In vain, since the last one that brought something.
    n_idle: u32,
    progressed: bool,
}

impl<'a> Tries<'a> {
    pub(super) fn new(client: &'a Client, url: &'a Url, bar: &'a ProgressBar) -> Self {
        Self {
            client,
            url,
            bar,
            n: 0,
            n_idle: 0,
            progressed: false,
        }
    }

    /// The try under way has brought something, even if it fails later.
    pub(super) fn progressed(&mut self) {
        self.progressed = true;
    }

    /// Waits until the next try is due.
    ///
    /// # Errors
    /// When there shall be none: the failure is final, or there were enough of them.
    pub(super) fn again(&mut self, failure: Failure) -> Result<()> {
        let patience = &self.client.patience;
        self.n += 1;
        self.n_idle = if mem::take(&mut self.progressed) {
            0
        } else {
            self.n_idle + 1
        };
        let (error, n_tries, asked) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing(error) if self.client.is_underway() => {
                (error, patience.n_tries_underway, None)
            }
            Failure::Passing(error) => (error, patience.n_tries, None),
            Failure::Busy { error, asked } => (error, patience.n_tries_busy, asked),
        };
        let gave_up = || GaveUp {
            url: shown_url(self.url),
            n_tries: self.n,
        };
        if self.n_idle >= n_tries || self.n >= patience.n_tries_total {
            return Err(error.context(gave_up()));
        }
        if let Some(asked) = asked.filter(|asked| *asked > patience.longest_asked) {
            let minutes = asked.as_secs().div_ceil(60);
            let error = error.context(format!("the server asks to wait {minutes} minutes"));
            return Err(error.context(gave_up()));
        }
        let doubled = 1_u32
            .checked_shl(self.n_idle.saturating_sub(1))
            .and_then(|n| patience.first_wait.checked_mul(n))
            .map_or(patience.longest_wait, |it| it.min(patience.longest_wait));
        let wait = match (asked, self.n_idle) {
            (Some(asked), _) => asked,
            // What moves needs no rest.
            (None, 0) => Duration::ZERO,
            (None, _) => doubled,
        };
        self.bar.suspend(|| {
            if wait.is_zero() {
                tracing::debug!("{error:#}: going on at once");
            } else {
                tracing::warn!("{error:#}: trying again in {} s", wait.as_secs_f32());
            }
        });
        self.client.clock.sleep(wait);
        Ok(())
    }
}
