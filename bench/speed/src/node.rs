//! Scripts of Node.js that drive a browser: a plan goes in, figures come back.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Runs `script` with a file that holds `plan`; its standard output is one JSON.
///
/// # Errors
/// Where there is no Node.js, the script fails, or its answer is another.
pub fn ask<T: DeserializeOwned>(script: &Path, plan: &Value) -> Result<T> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string())?;
    let output = Command::new("node")
        .arg(script)
        .arg(&file)
        .stderr(Stdio::inherit())
        .output()
        .context("node does not start: install Node.js 20 or later (https://nodejs.org)")?;
    ensure!(
        output.status.success(),
        "{} failed ({}); what it said stands above",
        script.display(),
        output.status
    );
    serde_json::from_slice(&output.stdout).context("the browser's answer")
}
