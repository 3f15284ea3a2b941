//! What no run can mean.

use anyhow::{Result, bail, ensure};

use super::{Config, LossConfig, Method, OptimizeConfig, Precision, Warmup};
use crate::device::Compute;

/// The first fault of a config.
pub(super) fn check(config: &Config) -> Result<()> {
    check_name(&config.name)?;
    check_model(config)?;
    check_data(config)?;
    check_loss(&config.loss)?;
    check_batch(config)?;
    check_optimize(&config.optimize)?;
    ensure!(
        config.evaluate.patience != Some(0),
        "evaluate.patience = 0 ends the run at its first evaluation: write 1 or more, or remove it"
    );
    if config.evaluate.patience.is_some() {
        ensure!(
            config.evaluate.every > 0,
            "evaluate.patience waits for evaluations, but evaluate.every = 0 makes none: write a number of steps"
        );
    }
    ensure!(
        config.evaluate.papers_per_category > 0,
        "evaluate.papers_per_category = 0 leaves nothing to measure on: write 1 or more"
    );
    ensure!(
        config.checkpoint.keep > 0,
        "checkpoint.keep = 0 keeps no checkpoint, so that a stopped run is lost: write 1 or more"
    );
    if config.compute.precision == Precision::Bf16 && config.compute.device == Compute::Cpu {
        bail!(
            "compute.precision = \"bf16\" is for cards, and slower on the processor: write \"f32\", \
             or compute.device = \"cuda\""
        );
    }
    Ok(())
}

/// Whether a model of this width has the widths that the losses ask for.
pub(super) fn check_width(config: &Config, model_width: usize) -> Result<()> {
    if let Some(&width) = config.loss.widths.iter().find(|&&w| w > model_width) {
        bail!(
            "loss.widths asks for {width} dimensions, but the model has {model_width}: remove {width}"
        );
    }
    Ok(())
}

/// A name is part of a folder's name.
fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ensure!(
        !name.is_empty() && name.chars().all(fits) && !name.starts_with('.'),
        "name = {name:?} names no folder: write letters, digits, `-`, `_` and `.`"
    );
    Ok(())
}

fn check_model(config: &Config) -> Result<()> {
    let model = &config.model;
    ensure!(
        (3..=512).contains(&model.max_tokens),
        "model.max_tokens = {} is no length of a text: write 3 to 512 ([CLS], one token and [SEP] are three)",
        model.max_tokens
    );
    share_below_one("model.dropout", model.dropout)?;
    if model.method == Method::Lora {
        let lora = &model.lora;
        ensure!(lora.rank > 0, "model.lora.rank = 0 is no adapter: write 8");
        positive("model.lora.alpha", lora.alpha)?;
        share_below_one("model.lora.dropout", lora.dropout)?;
        ensure!(
            !lora.targets.is_empty(),
            "model.lora.targets is empty, so that nothing would be trained: write [\"query\", \"value\"]"
        );
        let mut once = lora.targets.clone();
        once.sort_unstable();
        once.dedup();
        ensure!(
            once.len() == lora.targets.len(),
            "model.lora.targets names a matrix twice: name each once"
        );
        ensure!(
            !model.freeze_embeddings && model.frozen_layers == 0,
            "model.freeze_embeddings and model.frozen_layers are for method \"full\": an adapter moves nothing \
             but itself; remove them"
        );
    }
    Ok(())
}

fn check_data(config: &Config) -> Result<()> {
    let data = &config.data;
    ensure!(
        !data.papers.is_empty() || data.pack.is_some(),
        "data.papers names nothing: write something like [\"papers.jsonl\"], or data.papers=papers.jsonl on the \
         command line"
    );
    for (key, value) in [
        ("data.per_category", data.per_category),
        ("data.limit", data.limit),
    ] {
        ensure!(
            value != Some(0),
            "{key} = 0 takes no paper: write 1 or more, or remove it"
        );
    }
    weight("data.mix.title_abstract", data.mix.title_abstract)?;
    weight("data.mix.sentence_document", data.mix.sentence_document)?;
    weight("data.mix.category_pairs", data.mix.category_pairs)?;
    ensure!(
        data.mix.title_abstract + data.mix.sentence_document + data.mix.category_pairs > 0.0,
        "every weight of data.mix is 0, so that no example is ever drawn: write title_abstract = 1.0"
    );
    ensure!(
        (3..=config.model.max_tokens).contains(&data.max_document_tokens),
        "data.max_document_tokens = {} is not from 3 to model.max_tokens = {}: no model is trained on longer texts \
         than it takes",
        data.max_document_tokens,
        config.model.max_tokens
    );
    Ok(())
}

fn check_loss(loss: &LossConfig) -> Result<()> {
    let terms = [
        ("loss.ranking", loss.ranking),
        ("loss.distillation", loss.distillation),
        ("loss.category", loss.category),
        ("loss.contrastive", loss.contrastive),
        ("loss.classification", loss.classification),
    ];
    for (key, value) in terms {
        weight(key, value)?;
    }
    // An anchor teaches nothing, and what is as stored are the terms above: neither is a loss alone.
    weight("loss.anchor", loss.anchor)?;
    weight("loss.wire", loss.wire)?;
    weight("loss.words", loss.words)?;
    ensure!(
        terms.iter().any(|(_, value)| *value > 0.0),
        "every weight of [loss] is 0, so that there is nothing to learn: write ranking = 1.0"
    );
    positive("loss.scale", loss.scale)?;
    positive("loss.temperature", loss.temperature)?;
    ensure!(
        loss.margin.is_finite() && (0.0..=2.0).contains(&loss.margin),
        "loss.margin = {} is no cosine distance: write 0 to 2, such as 0.5",
        loss.margin
    );
    ensure!(
        !loss.widths.is_empty() && loss.widths[0] > 0 && loss.widths.is_sorted_by(|a, b| a < b),
        "loss.widths = {:?} is not ascending from 1: write something like [128, 256, 384]",
        loss.widths
    );
    let n_weights = loss.width_weights.len();
    ensure!(
        n_weights == 0 || n_weights == loss.widths.len(),
        "loss.width_weights has {n_weights} numbers for {} widths: write one each, or none for 1 each",
        loss.widths.len()
    );
    for value in &loss.width_weights {
        positive("loss.width_weights", *value)?;
    }
    Ok(())
}

fn check_batch(config: &Config) -> Result<()> {
    let batch = &config.batch;
    ensure!(
        batch.pairs > 0,
        "batch.pairs = 0 is no batch: write 2 or more"
    );
    ensure!(
        batch.pairs > 1 || config.loss.ranking == 0.0 || config.data.hard_negatives > 0,
        "batch.pairs = 1 leaves loss.ranking nothing to tell a partner from: write 2 or more, or \
         data.hard_negatives = 1"
    );
    ensure!(
        batch.micro_tokens >= config.data.max_document_tokens,
        "batch.micro_tokens = {} does not hold one text of data.max_document_tokens = {}: write at least that",
        batch.micro_tokens,
        config.data.max_document_tokens
    );
    if config.loss.category > 0.0 {
        ensure!(
            batch.papers_per_category > 1,
            "batch.papers_per_category = {} leaves loss.category no two papers that belong together: write 2 or \
             more",
            batch.papers_per_category
        );
        ensure!(
            batch.pairs >= 2 * batch.papers_per_category,
            "batch.pairs = {} holds fewer than two categories of {} papers, so that loss.category has nothing to \
             tell apart: write at least {}",
            batch.pairs,
            batch.papers_per_category,
            2 * batch.papers_per_category
        );
    }
    Ok(())
}

fn check_optimize(optimize: &OptimizeConfig) -> Result<()> {
    positive("optimize.learning_rate", optimize.learning_rate)?;
    weight("optimize.weight_decay", optimize.weight_decay)?;
    share_below_one("optimize.beta1", optimize.beta1)?;
    share_below_one("optimize.beta2", optimize.beta2)?;
    positive("optimize.epsilon", optimize.epsilon)?;
    positive("optimize.clip_norm", optimize.clip_norm)?;
    ensure!(
        optimize.accumulate > 0,
        "optimize.accumulate = 0 never takes a step: write 1 or more"
    );
    ensure!(
        (0.0..=1.0).contains(&optimize.final_learning_rate_share),
        "optimize.final_learning_rate_share = {} is no share: write 0 to 1",
        optimize.final_learning_rate_share
    );
    ensure!(
        optimize.steps != Some(0),
        "optimize.steps = 0 trains nothing: write 1 or more, or remove it"
    );
    for (key, value) in [
        ("optimize.epochs", optimize.epochs),
        ("optimize.minutes", optimize.minutes),
    ] {
        if let Some(value) = value {
            positive(key, value)?;
        }
    }
    match optimize.warmup {
        Warmup::Share(share) => ensure!(
            (0.0..=1.0).contains(&share),
            "optimize.warmup = {share:?} is no share of the run: write 0.0 to 1.0, or a number of steps without a \
             point"
        ),
        Warmup::Steps(warmup) => {
            if let Some(steps) = optimize.steps {
                ensure!(
                    warmup <= steps,
                    "optimize.warmup = {warmup} is longer than the run of optimize.steps = {steps}: write a share \
                     such as 0.1, or fewer steps"
                );
            }
        }
    }
    Ok(())
}

fn weight(key: &str, value: f64) -> Result<()> {
    ensure!(
        value.is_finite() && value >= 0.0,
        "{key} = {value} is no weight: write 0 or more"
    );
    Ok(())
}

fn positive(key: &str, value: f64) -> Result<()> {
    ensure!(
        value.is_finite() && value > 0.0,
        "{key} = {value} must be above 0"
    );
    Ok(())
}

fn share_below_one(key: &str, value: f64) -> Result<()> {
    ensure!(
        (0.0..1.0).contains(&value),
        "{key} = {value} must be from 0 to below 1"
    );
    Ok(())
}
