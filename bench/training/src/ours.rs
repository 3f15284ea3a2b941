//! The trainer's side: real runs of the real program, timed by their own metrics.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use trainer::config::Config;
use trainer::track::read_metrics;

use crate::report::Run;
use crate::{Cli, Method, WARM_UP, text, word};

/// The config of all runs; its base and its overrides are what the program is given.
pub(crate) fn config(cli: &Cli, place: &Path) -> Result<Config> {
    let path = place.join("speed.toml");
    std::fs::write(&path, "").with_context(|| format!("writing {}", path.display()))?;
    Config::load(&path, &overrides(cli)?)
}

fn overrides(cli: &Cli) -> Result<Vec<String>> {
    let papers = cli
        .papers
        .iter()
        .map(|path| {
            std::path::absolute(path).with_context(|| format!("where is {}?", path.display()))
        })
        .collect::<Result<Vec<_>>>()?;
    let papers: Vec<String> = papers
        .iter()
        .map(|path| Ok(format!("{:?}", text(path)?)))
        .collect::<Result<_>>()?;
    Ok(vec![
        format!("data.papers=[{}]", papers.join(", ")),
        format!("data.max_document_tokens={}", cli.document_tokens),
        format!("batch.pairs={}", cli.pairs),
        format!("batch.micro_tokens={}", cli.micro_tokens),
        format!("optimize.steps={}", WARM_UP + cli.steps),
        "evaluate.every=0".to_owned(),
        // At least one paper a category is asked for before and after.
        "evaluate.papers_per_category=1".to_owned(),
        "evaluate.metric=valid/mrr@10".to_owned(),
        "checkpoint.every=0".to_owned(),
        format!("compute.device={}", word(&cli.device)),
        format!("compute.precision={}", word(&cli.precision)),
        r#"model.lora.targets=["query", "key", "value", "attention_output", "intermediate", "output"]"#
            .to_owned(),
    ])
}

/// Runs the trainer, and gives each step's seconds and loss.
pub(crate) fn train(cli: &Cli, method: Method, config: &Config, run: &Path) -> Result<Run> {
    let path = run.with_extension("toml");
    std::fs::write(&path, "").with_context(|| format!("writing {}", path.display()))?;
    let mut command = Command::new(&cli.trainer);
    command
        .arg("train")
        .arg("--config")
        .arg(&path)
        .args(overrides(cli)?)
        .arg(format!("output={}", text(run)?))
        .arg(format!("seed={}", config.seed))
        .arg(format!("model.method={}", word(&method)))
        .stdout(Stdio::null());
    let status = command
        .status()
        .with_context(|| format!("starting {}", cli.trainer.display()))?;
    ensure!(
        status.success(),
        "the trainer failed ({status}): what it said stands above"
    );
    let rows = read_metrics(&run.join("metrics.jsonl"))?;
    let (mut seconds, mut losses) = (Vec::new(), Vec::new());
    for pair in rows.windows(2) {
        if let Some(loss) = pair[1].scalars.get("loss") {
            seconds.push(pair[1].seconds - pair[0].seconds);
            losses.push(*loss);
        }
    }
    Ok(Run {
        seconds,
        losses,
        memory: None,
        torch: None,
    })
}
