//! Chromium and its driver for the browser tests: named by the caller, found on `PATH`, or installed by apt.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::step::{command, on_path, output, run_logged};
use crate::workspace::Workspace;

const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVER: [&str; 1] = ["chromedriver"];

/// Two programs of one version.
pub(crate) struct Browser {
    /// `OFFPRINT_CHROMIUM` for the tests.
    pub(crate) chromium: PathBuf,
    /// `OFFPRINT_CHROMEDRIVER` for the tests.
    pub(crate) driver: PathBuf,
}

impl Browser {
    /// Finds both programs, after installing them where apt can.
    ///
    /// # Errors
    /// Where they are missing and cannot be installed, or do not fit each other.
    pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Self> {
        let browser = if let Some(found) = Self::find() {
            found
        } else {
            install(workspace)?;
            Self::find().context("apt installed chromium, but it is not on PATH")?
        };
        let version = |program: &Path| {
            let text = output(program, &["--version"]);
            text.with_context(|| format!("`{} --version` failed", program.display()))
        };
        let (chromium, driver) = (version(&browser.chromium)?, version(&browser.driver)?);
        ensure!(
            major(&chromium) == major(&driver),
            "{chromium} cannot be driven by {driver}: install the same major version of both, or name \
             a pair in OFFPRINT_CHROMIUM and OFFPRINT_CHROMEDRIVER"
        );
        Ok(browser)
    }

    fn find() -> Option<Self> {
        let program = |variable: &str, names: &[&str]| {
            let named = std::env::var_os(variable).filter(|value| !value.is_empty());
            named.map(PathBuf::from).or_else(|| on_path(names))
        };
        Some(Self {
            chromium: program("OFFPRINT_CHROMIUM", &CHROMIUM)?,
            driver: program("OFFPRINT_CHROMEDRIVER", &DRIVER)?,
        })
    }
}

fn install(workspace: &Workspace) -> Result<()> {
    let missing = "browser tests need Chromium and chromedriver, of one version, on PATH";
    ensure!(
        on_path(&["apt-get"]).is_some(),
        "{missing}: install both with your package manager (Debian calls them chromium and chromium-driver)"
    );
    let is_root = output("id", &["-u"]).as_deref() == Some("0");
    ensure!(
        is_root || output("sudo", &["-n", "true"]).is_some(),
        "{missing}: `sudo apt-get install chromium chromium-driver`, then repeat"
    );
    for arguments in [
        &["update"][..],
        &[
            "install",
            "-y",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ],
    ] {
        let mut apt = if is_root {
            command(workspace, "apt-get")
        } else {
            let mut sudo = command(workspace, "sudo");
            sudo.args(["-n", "apt-get"]);
            sudo
        };
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        run_logged(workspace, &format!("apt-get {}", arguments[0]), &mut apt).context(missing)?;
    }
    Ok(())
}

/// The first number of a version: `Chromium 141.0.7390.54 built on …` gives `141`.
fn major(text: &str) -> Option<u32> {
    let version = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_and_its_driver_are_compared_by_major_version() {
        let driver = "ChromeDriver 141.0.7390.54 (4f1d2b3c-refs/branch-heads/7390@{#1})";
        assert_eq!(
            major("Chromium 141.0.7390.122 built on Debian GNU/Linux 12"),
            major(driver)
        );
        assert_eq!(major("Google Chrome 140.0.1.2"), Some(140));
        assert_eq!(major("no version at all"), None);
    }
}
