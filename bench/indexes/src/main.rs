//! How fast and how large indexes of vectors and words are in a browser: ours beside packages of npm.
//!
//! `cargo xtask bench indexes` builds and fetches all that is named on the command line, then runs this. `material`
//! takes vectors and texts out of a build, `known` says which papers are looked for by words, `browser` has Chromium
//! build and ask every index, `judge` compares with exact search and with what was meant, `report` puts it in tables.

mod browser;
mod judge;
mod known;
mod material;
mod report;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use index_builder::folder::Folder;

/// Measures our indexes beside their peers.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    /// Folder of artifacts: what is indexed
    #[arg(long)]
    artifacts: PathBuf,
    /// Papers whose titles are looked for by meaning; those that the build has are left out. Without it: the build's own
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Titles that are looked for, by meaning and by words
    #[arg(long, default_value_t = 500)]
    queries: usize,
    /// Seed of their choice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds that building an index may take; what takes longer is named and left out
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    limit: u32,
    /// Folder with this package's browser/
    #[arg(long)]
    package: PathBuf,
    /// Folder with this package's library, built for browsers
    #[arg(long)]
    module: PathBuf,
    /// Chromium
    #[arg(long)]
    chromium: PathBuf,
    /// Folder with the packages of peers/package.json; without it ours run alone
    #[arg(long)]
    node_modules: Option<PathBuf>,
    /// Write all figures here, too
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.queries > 0, "--queries wants at least one");
    let folder = Folder::open(&arguments.artifacts)?;
    let papers = folder.all_papers()?;
    let file = arguments.questions.as_deref();
    let titles = material::titles(&papers, file, arguments.queries, arguments.seed)?;
    eprintln!("Embedding {} titles", titles.len());
    let vectors = material::Vectors::of(&folder, &titles)?;
    let texts = material::texts(&papers);
    let known = known::known(&papers, arguments.queries, arguments.seed);
    let measured = browser::measure(
        &browser::Setup {
            package: &arguments.package,
            chromium: &arguments.chromium,
            module: &arguments.module,
            node_modules: arguments.node_modules.as_deref(),
            limit_s: arguments.limit,
        },
        &browser::Artifacts {
            index: folder.bytes(&folder.manifest.index)?,
            papers: folder.bytes(&folder.manifest.papers)?,
        },
        &vectors,
        &texts,
        &known,
    )?;
    let titles_of = if file.is_some() {
        "papers that are not in it"
    } else {
        "its own papers"
    };
    let about = report::About {
        corpus: folder.manifest.corpus.name.clone(),
        build: folder.manifest.build.to_string(),
        papers: papers.len(),
        titles_of,
    };
    let report = report::Report::new(about, &vectors, &known, measured);
    print!("{report}");
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
