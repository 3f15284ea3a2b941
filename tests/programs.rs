//! The programs of this workspace, built as these tests were, to be run as people run them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::fixtures::repository;
#[cfg(target_os = "linux")]
use crate::fixtures::say;

/// Packages whose program people run, beside xtask.
pub(crate) const TOOLS: [&str; 3] = ["index-builder", "trainer", "book"];

/// The folder with the programs.
///
/// Cargo builds those of a package for its own tests only, and these tests are another package: so it is
/// asked once more, with this test named beside them. Then features are chosen as they were for the test, and what is
/// compiled already is used.
fn folder() -> Result<&'static Path, String> {
    static FOLDER: LazyLock<Result<PathBuf, String>> = LazyLock::new(build);
    match &*FOLDER {
        Ok(folder) => Ok(folder),
        Err(why) => Err(why.clone()),
    }
}

fn build() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| format!("where is this test? {error}"))?;
    let folder = test
        .ancestors()
        .nth(2)
        .ok_or("this test is in no target folder")?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(repository())
        .env("CARGO_TARGET_DIR", folder.parent().unwrap_or(folder))
        .args(["build", "--quiet", "--workspace", "--test", "offprint"]);
    for tool in TOOLS.iter().chain(&["xtask"]) {
        cargo.args(["--bin", tool]);
    }
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => {}
        Some(profile) => {
            cargo.args(["--profile", profile]);
        }
    }
    forget_this_package(&mut cargo);
    let output = cargo
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if output.status.success() {
        Ok(folder.to_owned())
    } else {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("cargo cannot build the tools: {words}"))
    }
}

/// Takes away what cargo told this test about its own package: build scripts that look at it would run again.
fn forget_this_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
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
}

/// A tool of ours, to be started.
pub(crate) fn tool(name: &str) -> Result<Command, String> {
    let mut command = Command::new(folder()?.join(name));
    forget_this_package(&mut command);
    // Progress and remarks would only fill the log of a test that passes.
    command.env("RUST_LOG", "warn");
    Ok(command)
}

/// A shell script in mounts of its own, where it may mount small disks; its arguments follow. Where the
/// system lets no user do that, the test says that it is skipped.
#[cfg(target_os = "linux")]
pub(crate) fn with_own_mounts(script: &str) -> Option<Command> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
        ]);
        command
    };
    let allowed = unshare("mount -t tmpfs -o size=1m tmpfs /mnt").output();
    if allowed.is_ok_and(|output| output.status.success()) {
        return Some(unshare(script));
    }
    assert!(
        env::var_os("GITHUB_ACTIONS").is_none(),
        "the workflow allows user namespaces for this test, and they are not"
    );
    say("a test is skipped: this system lets no user mount a small disk (unshare)");
    None
}
