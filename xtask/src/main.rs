//! `cargo xtask`: one command each for set-up, serving and testing, each doing all it needs first.
//!
//! Start at [`run`]. `tools` installs what trunk calls, `artifacts` runs index-builder, `page`, `serve`
//! and `site` use both, `test` uses all; `browser` finds Chromium, `containers` reads the Dockerfiles, `bench` measures,
//! `kernels` runs what this processor cannot, `cuda` builds the trainer for cards, `release` makes the shipped encoder,
//! `folders` and `workspace` say where things are, `step` runs and reports.

mod arguments;
mod artifacts;
mod bench;
mod book;
mod browser;
mod containers;
mod cuda;
mod folders;
mod kernels;
mod page;
mod place;
mod release;
mod serve;
mod site;
mod step;
mod test;
mod tools;
#[cfg(test)]
mod workflows;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::{Arguments, WrongUsage};
use crate::artifacts::Order;
use crate::folders::Folders;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  setup                                Install what the page is built with: the wasm target, trunk,
                                       wasm-bindgen, wasm-opt. Quick where they are there.
  artifacts [--papers INPUT…] [FLAG…]  Build static/artifacts/ from what offprint.toml names, where it has
                                       changed, or from other papers; further flags go to index-builder.
  serve [--papers INPUT…] [--port N] [--debug]
                                       Set up, build and serve the page on 127.0.0.1 (port 8080).
  page [--papers INPUT…] [FLAG…]       Set up and build the page into dist/.
  book                                 Build the guide into dist-book/.
  site [--papers INPUT…] [FLAG…]       Page in dist/ and book in dist/book/, within the limits of GitHub Pages.
  test [--fast] [--no-browser]         Everything: format, lints, docs, tests, page, browser tests.
                                       --fast leaves out format, lints and docs,
                                       --no-browser the page and the tests in a browser.
  kernels                              The encoder's kernels that this processor lacks: AArch64 under QEMU,
                                       x86-64 with VNNI in Miri (Rust nightly).
  build-cuda [--compute-cap N]         The trainer for NVIDIA cards from compute capability N (80: Ampere) on.
                                       Needs no card; nvcc is installed into the cache where there is none.
  release-model --papers FILE [--sets DIR…]
                                       Make the shipped encoder again: train both runs of configs/, add their adapters
                                       up, judge the sum, replace models/ and the classifier. Hours; the same command
                                       goes on where it was stopped.
  bench encoder [--artifacts DIR] [--native] [--json FILE]
                                       How fast the encoder is, beside onnxruntime and transformers.js, in
                                       Chromium and natively; --native leaves Chromium out.
  bench typing [--artifacts DIR] [--json FILE]
                                       From a key to painted results, in Chromium.
  bench pieces --artifacts DIR [--json FILE]
                                       What a first question costs of a corpus in pieces (--tier sharded), in Chromium:
                                       bytes by kind, and time until results begin and are whole.
  bench indexes [--artifacts DIR] [--questions FILE] [--json FILE] [FLAG…]
                                       Our indexes of vectors and words beside npm's, in Chromium: how good, fast and
                                       large; flags go to the package indexes.
  bench accuracy [--model DIR|base] [--sets NAMES] [--words BITS,BITS,ROWS] [FLAG…]
                                       How near the encoder is to f32, and what that costs in search, also
                                       with another word table; flags go to the package accuracy.
  bench search [--sets DIR… --papers FILE] [FLAG…]
                                       Words, meaning and ways to fuse them, on judged questions and known items.
  bench training [--python FILE] [FLAG…]
                                       Pairs a second of the trainer and of PyTorch (6 GB from PyPI, where no
                                       Python that has it is named); flags go to the package training-speed.
  bench readers [--gigabytes N]        How fast papers are read, of a file like the Kaggle snapshot (3 GB).

artifacts, serve, page and site also take
  --refresh                            Build the artifacts in any case: papers on the hub may have changed.
  --config FILE                        Another file than offprint.toml; its artifacts stand beside its page.
serve, page, book and site take --out DIR.

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
            // Here `--out` is the builder's own flag: it names a folder of artifacts.
            let folders = Folders::of(&workspace, arguments.path("--config")?, None)?;
            artifacts::build(&workspace, &folders, &order(arguments)?)
        }
        Some("serve") => {
            let folders = folders(&workspace, &mut arguments)?;
            let port = arguments.number("--port")?.unwrap_or(serve::PORT);
            let profile = if arguments.flag("--debug") {
                page::Profile::Debug
            } else {
                page::Profile::Release
            };
            let order = Order {
                papers: arguments.files("--papers")?,
                flags: Vec::new(),
                refresh: arguments.flag("--refresh"),
            };
            arguments.finish()?;
            serve::serve(&workspace, &folders, &order, port, profile)
        }
        Some("page") => {
            let folders = folders(&workspace, &mut arguments)?;
            page::build(&workspace, &folders, &order(arguments)?)
        }
        Some("release-model") => {
            let sets = arguments.files("--sets")?;
            let papers = arguments.path("--papers")?;
            arguments.finish()?;
            let papers = papers.ok_or_else(|| {
                WrongUsage("release-model wants labelled papers: --papers FILE".to_owned())
            })?;
            release::release(&workspace, &release::Inputs { papers, sets })
        }
        Some("kernels") => {
            arguments.finish()?;
            kernels::check(&workspace)
        }
        Some("build-cuda") => {
            let compute_cap = arguments.number("--compute-cap")?;
            arguments.finish()?;
            cuda::build(&workspace, compute_cap.unwrap_or(cuda::COMPUTE_CAP))
        }
        Some("book") => {
            let out = arguments.path("--out")?;
            arguments.finish()?;
            let out = match out {
                Some(out) => std::path::absolute(out)?,
                None => workspace.root.join(book::OUT),
            };
            book::build(&workspace, &out)
        }
        Some("site") => {
            let folders = folders(&workspace, &mut arguments)?;
            site::build(&workspace, &folders, &order(arguments)?)
        }
        Some("bench") => bench::run(&workspace, arguments),
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

/// Takes the flags that name a site.
fn folders(workspace: &Workspace, arguments: &mut Arguments) -> Result<Folders> {
    Folders::of(
        workspace,
        arguments.path("--config")?,
        arguments.path("--out")?,
    )
}

/// Takes the rest as what is asked of index-builder.
fn order(mut arguments: Arguments) -> Result<Order> {
    Ok(Order {
        papers: arguments.files("--papers")?,
        refresh: arguments.flag("--refresh"),
        flags: arguments.rest(),
    })
}
