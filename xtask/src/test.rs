//! `cargo xtask test`: every check there is, cheap ones first; it stops at the first failure.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::step::{cargo, command, run, seconds, step};
use crate::workspace::Workspace;
use crate::{containers, cuda, serve, tools};

/// Cargo's name of the test binary that tests the whole.
const WHOLE: &str = "offprint";

/// The target that the kernels of WebAssembly are tested on: with a console, and no browser.
const WASI: &str = "wasm32-wasip1";

/// The site that the tests in a browser look at, and where its page goes.
const SITE: &str = "tests/site.toml";
const DIST: &str = "dist-test";

/// What is checked beside the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Format, lints and docs.
    pub(crate) style: bool,
    /// The page, and the tests that drive it.
    pub(crate) browser: bool,
}

/// One row of the table at the end.
struct Row {
    name: &'static str,
    outcome: &'static str,
    elapsed: Duration,
}

/// Checks run so far.
#[derive(Default)]
struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Runs one check under a heading of its own.
    fn check<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n── {name} ──");
        let start = Instant::now();
        let result = work();
        let elapsed = start.elapsed();
        let outcome = if result.is_ok() { "ok" } else { "FAILED" };
        println!("── {name}: {outcome} ({})", seconds(elapsed));
        self.rows.push(Row {
            name,
            outcome,
            elapsed,
        });
        result.context(name)
    }

    fn print(&self) {
        println!("\n  check           result        time");
        for Row {
            name,
            outcome,
            elapsed,
        } in &self.rows
        {
            println!("  {name:<15} {outcome:<8} {:>9}", seconds(*elapsed));
        }
        let total = self.rows.iter().map(|row| row.elapsed).sum();
        println!("  {:<15} {:<8} {:>9}", "together", "", seconds(total));
    }
}

/// Runs the checks and prints what came of them.
pub(crate) fn test(workspace: &Workspace, extent: Extent) -> Result<()> {
    if std::env::var_os("OFFPRINT_DATA").is_none() {
        println!("OFFPRINT_DATA is not set: tests that need its data will say that they skip.");
    }
    let mut report = Report::default();
    let result = check(workspace, extent, &mut report);
    report.print();
    println!();
    result
}

fn check(workspace: &Workspace, extent: Extent, report: &mut Report) -> Result<()> {
    if extent.style {
        format(workspace, report)?;
    }
    let ready = if extent.browser {
        Some(report.check("set-up", || set_up(workspace))?)
    } else {
        if extent.style {
            report.check("set-up", || {
                tools::set_up_target(workspace, tools::WASM_TARGET)
            })?;
        }
        None
    };
    if extent.style {
        lints(workspace, report)?;
        report.check("docs", || {
            let mut doc = words(workspace, "doc --workspace --no-deps");
            run(doc.env("RUSTDOCFLAGS", "-D warnings"))
        })?;
    }
    tests(workspace, report)?;
    report.check("kernels, cards", || cuda::check_kernels(workspace))?;
    let mut whole = words(workspace, "test --workspace --test");
    whole.arg(WHOLE);
    let Some((browser, axe)) = ready else {
        whole.env("OFFPRINT_NO_BROWSER", "1");
        return report.check("whole", || run(&mut whole));
    };
    report.check("kernels, wasm", || {
        tools::set_up_target(workspace, WASI)?;
        let line = format!("test --package shared --lib --target {WASI} -- math::");
        // Cargo splits it at spaces, and starts it in the package's folder.
        run(words(workspace, &line).env(
            "CARGO_TARGET_WASM32_WASIP1_RUNNER",
            "node --no-warnings ../tests/browser/in_wasi.mjs",
        ))
    })?;
    report.check("page", || {
        // Files: later versions of Node look into no folder.
        let tests = ["app/hooks/site.test.mjs", "app/hooks/sw.test.mjs"];
        run(command(workspace, "node").arg("--test").args(tests))?;
        // A site of the tests' own: a fork's artifacts and its page stay as they are.
        let mut script = command(workspace, "bash");
        script.args([containers::BUILD_SITE, "--config", SITE, "--out"]);
        run(script.arg(workspace.root.join(DIST)))
    })?;
    report.check("containers", || containers::run_scripts(workspace))?;
    report.check("whole, browser", || {
        whole.env_remove("OFFPRINT_NO_BROWSER");
        whole.env("OFFPRINT_CHROMIUM", &browser.chromium);
        whole.env("OFFPRINT_CHROMEDRIVER", &browser.driver);
        whole.env("OFFPRINT_AXE", &axe);
        whole.env("OFFPRINT_DIST", workspace.root.join(DIST));
        run(&mut whole)
    })?;
    // Last: it builds its page over the one that was tested.
    report.check("serve", || {
        serve::check(workspace, SITE, DIST, "<title>Tests &amp; &lt;trials&gt;: ")
    })
}

/// Installs what the page is made with, and finds what its tests are made with: a browser, and the code that audits.
fn set_up(workspace: &Workspace) -> Result<(Browser, PathBuf)> {
    tools::set_up(workspace)?;
    let axe = tools::set_up_axe(workspace)?;
    let mut browser = None;
    step("browser", || {
        let found = browser.insert(Browser::find_or_install(workspace)?);
        Ok(format!("ready: {}", found.chromium.display()))
    })?;
    let browser = browser.context("a step that succeeds has found one")?;
    Ok((browser, axe))
}

fn format(workspace: &Workspace, report: &mut Report) -> Result<()> {
    report.check("format", || run(&mut words(workspace, "fmt --all --check")))
}

fn lints(workspace: &Workspace, report: &mut Report) -> Result<()> {
    report.check("lints", || {
        run(&mut words(
            workspace,
            "clippy --workspace --all-targets -- -D warnings",
        ))
    })?;
    report.check("lints, wasm", || {
        let target = tools::WASM_TARGET;
        let lint = |what: &str| {
            let line = format!("clippy {what} --target {target} -- -D warnings");
            run(&mut words(workspace, &line))
        };
        lint("-p shared -p app -p engine-reference")?;
        // Binaries of these measure natively, and only so.
        lint("-p indexes --lib")?;
        lint("-p speed --lib --features relaxed")?;
        lint("-p speed --lib --features candle")
    })
}

fn tests(workspace: &Workspace, report: &mut Report) -> Result<()> {
    // Nothing is excluded by its package: that would build the dependencies with other features.
    report.check("tests", || {
        run(&mut words(workspace, "test --workspace --lib --bins"))?;
        run(&mut words(workspace, "test --workspace --doc"))
    })
}

/// Cargo with the words of `line`.
fn words(workspace: &Workspace, line: &str) -> Command {
    let mut command = cargo(workspace);
    command.args(line.split_whitespace());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_stands_in_the_table_with_its_name() {
        let mut report = Report::default();
        report.check("first", || Ok(())).expect("it does nothing");
        let error = report.check("second", || -> Result<()> { anyhow::bail!("broken") });
        assert_eq!(
            format!("{:#}", error.expect_err("it failed")),
            "second: broken"
        );
        let rows: Vec<_> = report
            .rows
            .iter()
            .map(|row| (row.name, row.outcome))
            .collect();
        assert_eq!(rows, [("first", "ok"), ("second", "FAILED")]);
    }
}
