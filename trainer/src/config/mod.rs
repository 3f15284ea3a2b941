//! What a training run is made of, in layers: the defaults, a file's `base`, the file, the command line.
//!
//! Layers are merged as TOML tables and only then become a [`Config`], so that a layer says no more than what it
//! changes. A key that no section has is an error wherever it stands, since a run that silently ignores
//! `learning_rte` costs hours. Paths in a file are relative to that file, those on the command line to the
//! current folder; in a [`Config`] all of them are as they are opened from the current folder.

mod check;
mod going_on;
mod keys;
mod layers;
mod objective;
mod schedule;
mod subject;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

pub use going_on::Change;
pub use objective::{BatchConfig, LossConfig};
pub use schedule::{
    CheckpointConfig, ComputeConfig, EvaluateConfig, OptimizeConfig, Precision, Schedule, Warmup,
};
pub use subject::{DataConfig, Method, Mix, ModelConfig};

pub use crate::model::lora::{LoraConfig, Target as LoraTarget};

/// Everything that decides what a run computes: same config, same papers, same machine → same weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the run is called; a file that does not say is called by its own name.
    pub name: String,
    /// Folder of the run; absent: `runs/NAME-TIME`, chosen when the run starts.
    pub output: Option<PathBuf>,
    /// Seed of everything drawn: order, pairs, dropout, the adapter's first weights.
    pub seed: u64,
    /// What is trained.
    pub model: ModelConfig,
    /// What it is trained on.
    pub data: DataConfig,
    /// How many examples meet in one step.
    pub batch: BatchConfig,
    /// What is minimized.
    pub loss: LossConfig,
    /// How it is minimized, and for how long.
    pub optimize: OptimizeConfig,
    /// How often quality is measured.
    pub evaluate: EvaluateConfig,
    /// How often a run can be gone on with.
    pub checkpoint: CheckpointConfig,
    /// Where it is computed.
    pub compute: ComputeConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "run".to_owned(),
            output: None,
            seed: 1,
            model: ModelConfig::default(),
            data: DataConfig::default(),
            batch: BatchConfig::default(),
            loss: LossConfig::default(),
            optimize: OptimizeConfig::default(),
            evaluate: EvaluateConfig::default(),
            checkpoint: CheckpointConfig::default(),
            compute: ComputeConfig::default(),
        }
    }
}

impl Config {
    /// Reads the file at `path` with its bases, and lays `overrides` over them, each `section.key=value`.
    ///
    /// A value is read as TOML and, where it is none, as the text it is; one value stands for a list of one; an
    /// empty value takes the key back to its default. Numbers are not looked at: [`Self::validate`] does.
    ///
    /// # Errors
    /// Where a file cannot be read or is no TOML, where files are each other's base, and where a key is unknown
    /// or has a value of the wrong type; the message names the file and the whole key.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self> {
        layers::Layers::read(path, overrides)?.resolve()
    }

    /// Reads what [`Self::to_toml`] wrote: a run's own config, whose paths stay as they are.
    ///
    /// # Errors
    /// As [`Self::load`]; `path` is for messages only.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self> {
        layers::Layers::of_text(text, path)?.resolve()
    }

    /// The config as one file without a base: every key that has a value.
    ///
    /// # Errors
    /// Where a path or a name cannot be written as TOML, such as one that is not UTF-8, or a seed above `i64::MAX`.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).context(
            "the config cannot be written as TOML: are all paths UTF-8, is the seed below 2^63?",
        )
    }

    /// Looks for what no run can mean, before the first second is spent on it.
    ///
    /// # Errors
    /// The first such fault, with the key and what to write instead.
    pub fn validate(&self) -> Result<()> {
        check::check(self)
    }

    /// Looks whether a model of this width has the widths that the losses ask for.
    ///
    /// # Errors
    /// Where one is larger.
    pub fn validate_width(&self, model_width: usize) -> Result<()> {
        check::check_width(self, model_width)
    }
}

#[cfg(test)]
mod tests;
