//! `cargo xtask`: one command each for set-up, serving and testing, each doing all it needs first.
//!
//! Start at [`run`]. `tools` installs what trunk calls, `artifacts` runs index-builder, `page`, `serve`
//! and `test` use both; `browser` finds Chromium, `workspace` says where things are, `step` runs and reports.

mod arguments;
mod artifacts;
mod browser;
mod page;
mod place;
mod serve;
mod step;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Arguments, WrongUsage};
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  setup                                Install what the page is built with: the wasm target, trunk,
                                       wasm-bindgen, wasm-opt. Quick where they are there.
  artifacts [--papers FILE…] [FLAG…]   Build static/artifacts/ from papers (the starter corpus where none
                                       are given); further flags go to index-builder.
  serve [--papers FILE…] [--port N] [--debug]
                                       Set up, build and serve the page on 127.0.0.1 (port 8080).
  page                                 Set up and build the page into dist/.
  test [--fast] [--no-browser]         Everything: format, lints, docs, tests, page, browser tests.
                                       --fast leaves out format, lints and docs,
                                       --no-browser the page and the tests in a browser.

Where tools and downloads are kept: OFFPRINT_CACHE, else $XDG_CACHE_HOME/offprint, else ~/.cache/offprint.
";

fn main() -> ExitCode {
    let error = match run(std::env::args().skip(1).collect()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    if let Some(wrong) = error.downcast_ref::<WrongUsage>() {
        eprintln!("error: {wrong}\n\n{USAGE}");
        return ExitCode::from(2);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

/// Reads the arguments and does what the first of them names.
fn run(words: Vec<String>) -> Result<()> {
    let mut arguments = Arguments::new(words);
    let command = arguments.command();
    if matches!(command.as_deref(), Some("help" | "--help" | "-h")) || arguments.flag("--help") {
        print!("{USAGE}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match command.as_deref() {
        Some("setup") => {
            arguments.finish()?;
            tools::set_up(&workspace).map(drop)
        }
        Some("artifacts") => {
            let papers = arguments.files("--papers")?;
            artifacts::build(&workspace, &papers, &arguments.rest())
        }
        Some("serve") => {
            let papers = arguments.files("--papers")?;
            let port = arguments.number("--port")?.unwrap_or(serve::PORT);
            let profile = if arguments.flag("--debug") {
                page::Profile::Debug
            } else {
                page::Profile::Release
            };
            arguments.finish()?;
            serve::serve(&workspace, &papers, port, profile)
        }
        Some("page") => {
            arguments.finish()?;
            page::build(&workspace)
        }
        Some("test") => {
            let extent = test::Extent {
                style: !arguments.flag("--fast"),
                browser: !arguments.flag("--no-browser"),
            };
            arguments.finish()?;
            test::test(&workspace, extent)
        }
        Some(other) => Err(WrongUsage(format!("there is no command {other:?}")).into()),
        None => Err(WrongUsage("which command?".to_owned()).into()),
    }
}
