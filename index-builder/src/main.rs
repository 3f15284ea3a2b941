//! Command line of index-builder: arguments → command → exit code (0 done, 1 failed, 2 wrong usage,
//! 130 interrupted).

mod arguments;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use index_builder::build::{BuildConfig, Tier, build};
use index_builder::commands::search::{Asked, SearchConfig};
use index_builder::commands::{classify, inspect, picture, search, survey, verify};
use index_builder::model::Reference;
use index_builder::pack::Existing;
use index_builder::plan::{PlanConfig, plan};
use index_builder::update::{UpdateConfig, Updated, update};
use index_builder::{interrupt, model};

use crate::arguments::{BuildArgs, Cli, Command, InspectArgs, SearchArgs, UpdateArgs};

fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Nobody listens to a terminal that is gone; its failure must not be ours.
        .log_internal_errors(false)
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
    error.chain().any(|cause| {
        let kind = cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind)
            .or_else(|| cause.downcast_ref::<serde_json::Error>()?.io_error_kind());
        kind == Some(std::io::ErrorKind::BrokenPipe)
    })
}

fn run(command: Command) -> Result<()> {
    let mut stdout = std::io::BufWriter::new(std::io::stdout());
    match command {
        Command::Build(args) => run_build(args, &mut stdout)?,
        Command::Update(args) => run_update(args, &mut stdout)?,
        Command::Plan(args) => {
            let (config, selection) = args.input.resolve()?;
            let plan = plan(&PlanConfig {
                papers: config.papers,
                selection,
                model: config.model,
                classifier: config.classifier,
                map: config.map,
                tier: args.tier.map_or(config.tier, Tier::from),
                papers_like: args.papers_like,
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
        Command::Inspect(args) => run_inspect(&args, &mut stdout)?,
        Command::Map(args) => {
            let picture = picture::svg(&args.artifacts)?;
            ingest::safe_file::write(&args.svg, picture.as_bytes())?;
        }
        Command::Verify { path } => verify::verify(&path, &mut stdout)?,
        Command::FetchModel { model, out } => {
            let prepared = model::prepare(&model.unwrap_or_default())?;
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

fn run_build(args: BuildArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    interrupt::take_over("run the same command with --resume to go on")?;
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
    let reference = if args.with_reference {
        Reference::With
    } else {
        config.reference
    };
    let report = build(&BuildConfig {
        papers: config.papers,
        out: args.out,
        selection,
        model: config.model,
        classifier: args.classifier.or(config.classifier),
        reference,
        map: args.map.or(config.map),
        tier: args.tier.map_or(config.tier, Tier::from),
        name: args.name.or(config.name),
        site: config.site,
        feeds: config.feeds,
        existing,
        embeddings: None,
    })?;
    ingest::safe_file::write(&report_path, &serde_json::to_vec_pretty(&report)?)?;
    write!(stdout, "{report}")?;
    Ok(())
}

fn run_update(args: UpdateArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    interrupt::take_over("run the same command again to go on")?;
    let report_path = match args.report {
        Some(path) => path,
        None => report_beside(args.out.as_ref().unwrap_or(&args.artifacts))?,
    };
    let updated = update(&UpdateConfig {
        artifacts: args.artifacts,
        papers: args.papers,
        remove: args.remove,
        out: args.out,
        existing: if args.force {
            Existing::Replace
        } else {
            Existing::Resume
        },
        map_from: args.map_from,
        name: args.name,
        embeddings: None,
    })?;
    if let Updated::Built(report) = &updated {
        ingest::safe_file::write(&report_path, &serde_json::to_vec_pretty(report)?)?;
    }
    write!(stdout, "{updated}")?;
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

fn run_inspect(args: &InspectArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    match &args.path {
        Some(path) => inspect::inspect(path, stdout),
        None if args.json => survey::inspect(&args.papers, survey::Form::Json, stdout),
        None => survey::inspect(&args.papers, survey::Form::Lines, stdout),
    }
}

fn run_search(args: &SearchArgs, stdout: &mut dyn std::io::Write) -> Result<()> {
    let years = (args.from.is_some() || args.to.is_some())
        .then(|| (args.from.unwrap_or(0), args.to.unwrap_or(u16::MAX)));
    let k = args
        .k
        .unwrap_or(if args.queries.is_some() { 100 } else { 10 });
    let config = SearchConfig {
        k,
        by: args.by.into(),
        road: args.road(),
        diverse: args.diverse,
        categories: args.r#where.clone(),
        years,
    };
    if let Some(questions) = &args.queries {
        let n = search::run(&args.artifacts, questions, &config, stdout)?;
        tracing::info!("{n} questions, at most {k} papers each");
        return Ok(());
    }
    let asked = match &args.text {
        Some(text) => Asked::Text(text.clone()),
        None => Asked::Like {
            near: args.like.clone(),
            away: args.unlike.clone(),
        },
    };
    search::one(&args.artifacts, &asked, &config, args.json, stdout)
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
    fn inspect_takes_a_path_or_papers() {
        let parse = |words: &[&str]| {
            Cli::try_parse_from(["index-builder", "inspect"].iter().chain(words)).is_ok()
        };
        assert!(parse(&["site"]));
        assert!(parse(&["--papers", "a.csv", "b.bib"]));
        assert!(parse(&["--papers", "a.csv", "--json"]));
        for wrong in [&[][..], &["site", "--papers", "a.csv"], &["site", "--json"]] {
            assert!(!parse(wrong), "{wrong:?} passed");
        }
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
