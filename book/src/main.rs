//! Command line of book: arguments → book → exit code (0 done, 1 broken or failed, 2 wrong usage).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;

/// Builds docs/ into a folder of HTML, and names every broken link and unlisted page.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// Folder to write; an older book there is replaced [default: dist-book in the clone]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Cli) -> Result<()> {
    // Cargo sets it for what it runs; the built-in path is for a binary that was started by hand.
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let repository = Path::new(&package)
        .parent()
        .context("book/ lies in the clone")?;
    let out = arguments
        .out
        .unwrap_or_else(|| repository.join("dist-book"));
    let built = book::build(repository, &out)?;
    writeln!(
        std::io::stdout(),
        "{}: {} files, {:.1} MB",
        out.display(),
        built.n_files,
        built.len_bytes as f64 / 1e6
    )?;
    Ok(())
}
