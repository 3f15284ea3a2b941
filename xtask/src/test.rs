//! `cargo xtask test`: every check there is, cheap ones first; it stops at the first failure.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::step::{cargo, run, seconds, step};
use crate::workspace::Workspace;
use crate::{artifacts, page, tools};

/// Cargo's name of the package that tests the whole.
const WHOLE: &str = "offprint-tests";

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Full,
    /// What needs neither docs nor page: for use while working.
    Fast,
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
    let result = match extent {
        Extent::Full => check_all(workspace, &mut report),
        Extent::Fast => check_fast(workspace, &mut report),
    };
    report.print();
    println!();
    result
}

fn check_all(workspace: &Workspace, report: &mut Report) -> Result<()> {
    format(workspace, report)?;
    let (tools, browser) = report.check("set-up", || {
        let tools = tools::set_up(workspace)?;
        let mut browser = None;
        step("browser", || {
            let found = browser.insert(Browser::find_or_install(workspace)?);
            Ok(format!("ready: {}", found.chromium.display()))
        })?;
        Ok((
            tools,
            browser.context("a step that succeeds has found one")?,
        ))
    })?;
    lints(workspace, report)?;
    report.check("docs", || {
        let mut doc = words(workspace, "doc --workspace --no-deps");
        run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    tests(workspace, report)?;
    report.check("page", || {
        artifacts::build_starter(workspace)?;
        page::bundle(workspace, &tools)
    })?;
    report.check("whole, browser", || {
        let mut whole = words(workspace, "test --package");
        whole.arg(WHOLE);
        whole.env("OFFPRINT_CHROMIUM", &browser.chromium);
        whole.env("OFFPRINT_CHROMEDRIVER", &browser.driver);
        whole.env("OFFPRINT_DIST", workspace.root.join("dist"));
        run(&mut whole)
    })
}

fn check_fast(workspace: &Workspace, report: &mut Report) -> Result<()> {
    format(workspace, report)?;
    report.check("set-up", || tools::set_up_target(workspace))?;
    lints(workspace, report)?;
    tests(workspace, report)?;
    report.check("whole", || {
        let mut whole = words(workspace, "test --package");
        run(whole.arg(WHOLE).env("OFFPRINT_FAST", "1"))
    })
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
        let line = format!("clippy -p shared -p app --target {target} -- -D warnings");
        run(&mut words(workspace, &line))
    })
}

fn tests(workspace: &Workspace, report: &mut Report) -> Result<()> {
    report.check("tests", || {
        run(&mut words(
            workspace,
            &format!("test --workspace --exclude {WHOLE}"),
        ))
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
