//! Running other programs: one line and the elapsed time a step; long outputs go to a log, and failures show its end.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Lines of a log that a failure shows.
const LOG_TAIL: usize = 25;

/// Runs `work` and prints `name`, what came of it, and how long it took.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<String>) -> Result<()> {
    let start = Instant::now();
    let outcome = work()?;
    println!("  {name:<24} {outcome} ({})", seconds(start.elapsed()));
    Ok(())
}

/// A duration for people.
pub(crate) fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

/// A command that starts in the root of the clone.
///
/// It does not inherit what `cargo run` told us about *this* package: build scripts that watch those
/// variables would run again at every change between `cargo xtask` and plain `cargo`.
pub(crate) fn command(workspace: &Workspace, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&workspace.root).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let about_us = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ];
        if about_us
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Cargo, the one that started us.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    command(
        workspace,
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
    )
}

/// Runs `command` with its output on the terminal.
///
/// # Errors
/// Where it cannot start or fails; the command line is named, so that it can be repeated.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs `command` with its output in `logs/` of the cache, after saying so.
///
/// # Errors
/// As [`run`], with the end of the log.
pub(crate) fn run_logged(workspace: &Workspace, name: &str, command: &mut Command) -> Result<()> {
    let logs = workspace.cache.join("logs");
    fs::create_dir_all(&logs).with_context(|| {
        format!(
            "cannot create {}: name another folder in OFFPRINT_CACHE",
            logs.display()
        )
    })?;
    let path = logs.join(format!("{}.log", name.replace(' ', "-")));
    println!("  {name:<24} installing, once; log: {}", path.display());
    let log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    command.stdout(log.try_clone()?).stderr(log);
    run(command).with_context(|| {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n    ");
        format!(
            "cannot install {name}; the end of {}:\n    {tail}\n",
            path.display()
        )
    })
}

/// What `program` prints to standard output, or nothing where it is missing or fails.
pub(crate) fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The first of `names` that is on `PATH`.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |f| f.join(name)));
    candidates.find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// What one would type to run `command`.
pub(crate) fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
