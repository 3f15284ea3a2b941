//! Command line: arguments → texts → embeddings of both encoders → table; exit code 0 done, 1 failed, 2 wrong usage.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use accuracy::measure::{Figures, measure};
use accuracy::texts::Sample;
use anyhow::{Context as _, Result};
use clap::Parser;
use index_builder::model;
use index_builder::quantize::WordBits;
use ingest::model_files::Which;
use ingest::retrieval_set::RetrievalSet;
use serde::Serialize;
use shared::{Model, Sha256};
use trainer::evaluate::FullEmbedder;

/// Measures how near the int8 encoder is to the f32 one, on real texts.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// Model artifacts to measure (default: the one that the encoder is quantized to)
    artifacts: Vec<PathBuf>,
    /// Folder with arxiv/papers.parquet and eval/
    #[arg(long, env = "OFFPRINT_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Folder of an encoder or an adapter, or "base" (the default)
    #[arg(long, value_name = "DIR|base")]
    model: Option<Which>,
    /// Measure the encoder with a word table of so many bits too: those of common rows, those of
    /// the others, and how many rows are common, as in 8,4 or 8,4,6000; may stand several times
    #[arg(long, value_name = "BITS,BITS[,ROWS]", value_parser = word_bits)]
    words: Vec<WordBits>,
    /// Papers that are embedded by both encoders
    #[arg(long, default_value_t = 2000)]
    texts: usize,
    /// Short texts: titles, and questions of the retrieval sets
    #[arg(long, default_value_t = 400)]
    short: usize,
    /// Seed of the choice of texts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Retrieval sets, separated by commas; "" for none
    #[arg(long, default_value = "scifact,scitldr,cranfield")]
    sets: String,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// The figures of one artifact.
#[derive(Debug, Serialize)]
struct Row {
    artifact: String,
    sha256: Sha256,
    bytes: usize,
    bytes_gzip: usize,
    figures: Figures,
}

fn word_bits(text: &str) -> Result<WordBits, String> {
    let bits = |text: &str| text.parse().ok().filter(|bits| (2..=8).contains(bits));
    let fields: Vec<&str> = text.split(',').collect();
    let (common, others, rows) = match fields[..] {
        [common, others] => (
            bits(common),
            bits(others),
            Some(WordBits::default().n_common),
        ),
        [common, others, rows] => (bits(common), bits(others), rows.parse().ok()),
        _ => (None, None, None),
    };
    match (common, others, rows) {
        (Some(of_common), Some(of_others), Some(n_common)) => Ok(WordBits {
            n_common,
            of_common,
            of_others,
        }),
        _ => Err("two numbers from 2 to 8, and a number of rows, separated by commas".to_owned()),
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let which = cli.model.unwrap_or(Which::Base);
    let prepared = model::prepare(&which)?;
    let meta = prepared.model.meta();
    let sample = Sample::read(&cli.data, meta, cli.texts, cli.short, cli.seed)?;
    let names = cli.sets.split(',').filter(|name| !name.is_empty());
    let sets: Vec<RetrievalSet> = names
        .map(|name| RetrievalSet::read(&cli.data.join("eval").join(name)))
        .collect::<Result<_>>()?;
    let mut judge = FullEmbedder::open(&which, meta)?;
    let mut rows = Vec::new();
    let mut add = |artifact: String, bytes: &[u8], model: &Arc<Model>, judge: &mut FullEmbedder| {
        let row = Row {
            artifact,
            sha256: model.sha256(),
            bytes: bytes.len(),
            bytes_gzip: accuracy::gzip_len(bytes)?,
            figures: measure(model, judge, &sample, &sets)?,
        };
        rows.push(row);
        anyhow::Ok(())
    };
    if cli.artifacts.is_empty() {
        add(
            "built now".to_owned(),
            &prepared.bytes,
            &prepared.model,
            &mut judge,
        )?;
    }
    for &bits in &cli.words {
        let prepared = model::prepare_with(&which, bits)?;
        let name = format!(
            "first {} words in {} bits, others in {}",
            bits.n_common, bits.of_common, bits.of_others
        );
        add(name, &prepared.bytes, &prepared.model, &mut judge)?;
    }
    for path in &cli.artifacts {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let model = Model::parse(bytes.clone(), Sha256::of(&bytes))
            .with_context(|| format!("opening {}", path.display()))?;
        add(
            path.display().to_string(),
            &bytes,
            &Arc::new(model),
            &mut judge,
        )?;
    }
    let mut out = std::io::stdout().lock();
    if cli.json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(());
    }
    for row in &rows {
        writeln!(
            out,
            "{}: {} bytes, {} gzipped, SHA-256 {}",
            row.artifact, row.bytes, row.bytes_gzip, row.sha256
        )?;
        write!(out, "{}", row.figures)?;
    }
    Ok(())
}
