//! Ctrl-C and its kin: work that would be lost ends at its next safe point, all other work at once.
//!
//! Files are whole or absent whenever the process ends ([`ingest::safe_file`]), so that only what
//! is finished in memory needs patience: a batch of embeddings on its way to the cache. SIGHUP is left
//! as it is: `nohup` has it ignored, and otherwise it ends the process as SIGKILL would.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Result, bail};

/// Exit code of a process that Ctrl-C ended, as shells count it: 128 + SIGINT.
pub const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);
static N_PATIENT: AtomicUsize = AtomicUsize::new(0);

/// Takes over Ctrl-C, and on Unix SIGTERM, for the rest of this process; `way_on` says how interrupted
/// work is taken up again.
///
/// # Errors
/// Where the system refuses.
pub fn take_over(way_on: &'static str) -> Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                stop(128 + signal, way_on);
            }
        });
    }
    #[cfg(not(unix))]
    ctrlc::set_handler(move || stop(EXIT_CODE.into(), way_on))?;
    Ok(())
}

/// Ends the process, or leaves that to patient work, the first time.
fn stop(code: i32, way_on: &str) {
    let again = ASKED.swap(true, Ordering::SeqCst);
    if again || N_PATIENT.load(Ordering::SeqCst) == 0 {
        say(&format!("interrupted: what was finished is kept; {way_on}"));
        std::process::exit(code);
    }
    say("stopping once the work at hand is kept; press Ctrl-C again to stop at once");
}

/// To a terminal that may be gone by now.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// While it lives, the first Ctrl-C leaves it to `check`, or to whoever sees [`asked`], to end the work.
#[derive(Debug)]
pub struct Patient(());

impl Patient {
    /// From here on work would be lost.
    pub fn begin() -> Self {
        N_PATIENT.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

/// Whether somebody asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// The safe point of patient work.
///
/// # Errors
/// [`Interrupted`], where somebody asked to stop.
pub(crate) fn check() -> Result<()> {
    if asked() {
        bail!(Interrupted);
    }
    Ok(())
}

impl Drop for Patient {
    fn drop(&mut self) {
        N_PATIENT.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Somebody asked to stop, and nothing that was finished is lost.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "interrupted: the embeddings made so far are kept; run the same command again to go on",
        )
    }
}

impl std::error::Error for Interrupted {}
