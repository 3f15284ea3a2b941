//! How fast the encoder is, beside its peers: natively here, in a browser through `browser/encoder.mjs`.
//!
//! `cargo xtask bench encoder` builds and fetches all that is named on the command line, then runs this.
//! Rounds go over all engines in turn, so that noise of the machine meets all alike. `texts` makes texts
//! of exact lengths, `native` and `throughput` measure here, `browser` has Chromium measured, `ceiling`
//! says what the processor allows, `report` puts all of it in tables.

mod browser;
mod ceiling;
mod native;
mod peers;
mod report;
mod samples;
mod texts;
mod throughput;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use ingest::model_files::{self, Which};
use shared::{Manifest, Model, Sha256};

/// Measures the encoder beside its peers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folder of artifacts: its model is measured.
    #[arg(long)]
    artifacts: PathBuf,
    /// Python with the packages of peers/requirements.txt.
    #[arg(long)]
    python: PathBuf,
    /// Folder with this package's peers/ and browser/.
    #[arg(long)]
    package: PathBuf,
    /// Folder for the peers' models, kept between runs.
    #[arg(long)]
    models: PathBuf,
    /// Papers that texts are cut from.
    #[arg(long)]
    starter: PathBuf,
    /// Chromium; without it nothing is measured in a browser.
    #[arg(long, requires_all = ["engines", "node_modules"])]
    chromium: Option<PathBuf>,
    /// Folder with a folder for each build of this package's library.
    #[arg(long)]
    engines: Option<PathBuf>,
    /// Folder with the packages of peers/package.json.
    #[arg(long)]
    node_modules: Option<PathBuf>,
    /// Write all figures here, too.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let manifest = arguments.artifacts.join("manifest.json");
    let bytes = fs::read(&manifest)
        .with_context(|| format!("cannot read {}: build artifacts first", manifest.display()))?;
    let manifest = Manifest::parse(&bytes)?;
    let artifact = arguments.artifacts.join(&manifest.model.file);
    let bytes =
        fs::read(&artifact).with_context(|| format!("cannot read {}", artifact.display()))?;
    let sha256 = Sha256::of(&bytes);
    let model = Model::parse(bytes, sha256);
    let model = Arc::new(model.with_context(|| artifact.display().to_string())?);
    let base = model_files::find(&Which::Base)?;
    let onnx = peers::onnx_models(
        &arguments.python,
        &arguments.package,
        &arguments.models,
        &base,
    )?;
    let texts = texts::of_lengths(&model, &arguments.starter)?;

    let browser = match (
        &arguments.chromium,
        &arguments.engines,
        &arguments.node_modules,
    ) {
        (Some(chromium), Some(engines), Some(node_modules)) => Some(browser::measure(
            &browser::Setup {
                package: &arguments.package,
                chromium,
                engines,
                node_modules,
                onnx: &onnx,
                base: &base,
                artifact: &artifact,
                sha256,
                max_tokens: model.meta().max_tokens,
            },
            &texts,
        )),
        _ => None,
    };
    let mut peer = peers::OnnxRuntime::start(&arguments.python, &arguments.package, &onnx)?;
    let native = native::measure(&model, &texts, &mut peer)?;
    let throughput = throughput::measure(&model, &arguments.starter, &mut peer)?;
    drop(peer);

    // Where the browser fails, what was measured natively is shown all the same.
    let (browser, failed) = browser
        .transpose()
        .map_or_else(|error| (None, Some(error)), |measured| (measured, None));
    let report = report::Report::new(&model, native, throughput, browser);
    report.check()?;
    print!("{}", report.tables());
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    failed.map_or(Ok(()), Err)
}
