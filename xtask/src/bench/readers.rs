//! `cargo xtask bench readers`: how fast papers are read, and in how much memory.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::step::{cargo, command, run, seconds};
use crate::workspace::Workspace;

/// What reading may take of memory, however long the file.
const MOST_MEMORY: u64 = 500_000_000;
/// Between two looks at the memory of what is measured.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Reads a synthetic file like the Kaggle snapshot of arXiv; prints rows a second and peak memory.
///
/// # Errors
/// Where there is no Python or too little disk, or a step fails.
pub(super) fn measure(workspace: &Workspace, gigabytes: u16) -> Result<()> {
    let folder = workspace.cache.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let snapshot = folder.join("snapshot.json");
    println!("Writing {gigabytes} GB like the Kaggle snapshot");
    let bytes = (u64::from(gigabytes) * 1_000_000_000).to_string();
    let mut script = command(workspace, "python3");
    script.args([
        "bench/kaggle_like.py",
        "--seed",
        "1",
        "--bytes",
        &bytes,
        "--out",
    ]);
    let measured = run(script.arg(&snapshot)).and_then(|()| {
        let mut build = cargo(workspace);
        run(build.args([
            "build",
            "--release",
            "--package",
            "index-builder",
            "--quiet",
        ]))?;
        let program = workspace.target().join("release/index-builder");
        // From memory: the disk is not what is measured.
        std::io::copy(&mut File::open(&snapshot)?, &mut std::io::sink())?;
        let mut inspect = command(workspace, program);
        inspect.args(["inspect", "--papers"]).arg(&snapshot);
        watch(inspect.stdout(Stdio::inherit()))
    });
    let _ = fs::remove_file(&snapshot);
    let (elapsed, peak) = measured?;
    if let Some(kilobytes) = peak {
        ensure!(
            kilobytes * 1024 < MOST_MEMORY,
            "peak memory {kilobytes} KiB: readers must stream"
        );
    }
    let gigabytes = f64::from(gigabytes);
    println!(
        "\n{} in all, {:.0} MB/s, {}",
        seconds(elapsed),
        1e3 * gigabytes / elapsed.as_secs_f64(),
        peak.map_or_else(
            || "peak memory: not known on this system".to_owned(),
            |kilobytes| format!("peak memory {:.0} MB", kilobytes as f64 * 1024.0 / 1e6)
        )
    );
    Ok(())
}

/// Runs `command`; how long it took, and its peak memory in KiB where the system tells.
fn watch(command: &mut Command) -> Result<(Duration, Option<u64>)> {
    let start = Instant::now();
    let mut child = command.spawn().context("cannot start what is measured")?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        // The kernel keeps the peak; the last look before the end has it.
        if let Ok(text) = fs::read_to_string(&status) {
            peak = peak.max(peak_memory(&text));
        }
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("what was measured failed ({status})");
            }
            return Ok((start.elapsed(), peak));
        }
        sleep(LOOK_EVERY);
    }
}

/// `VmHWM` of `/proc/PID/status`.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_what_linux_says() {
        let status = "Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t  115708 kB\nVmRSS:\t 5 kB\n";
        assert_eq!(peak_memory(status), Some(115_708));
        assert_eq!(peak_memory("Name:\tx\n"), None);
    }

    #[test]
    fn what_fails_is_no_measurement() {
        let (elapsed, _) = watch(&mut Command::new("true")).expect("it does nothing");
        assert!(elapsed < Duration::from_mins(1));
        assert!(watch(&mut Command::new("false")).is_err());
    }
}
