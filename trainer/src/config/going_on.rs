//! What a run may change when it goes on, and what it has changed.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Config;
use super::layers::Layers;

/// A key that a run changed when it went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The whole key, such as `optimize.learning_rate`.
    pub key: String,
    /// Its value until then; `null` where it had none.
    pub before: Json,
    /// Its value from then on.
    pub after: Json,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Json| match value {
            Json::Null => "absent".to_owned(),
            value => value.to_string(),
        };
        let (before, after) = (shown(&self.before), shown(&self.after));
        write!(f, "{} {before} → {after}", self.key)
    }
}

impl Config {
    /// The config with which its run goes on: `overrides` may change how it is optimized, how often it is judged
    /// and how often it is kept.
    ///
    /// # Errors
    /// Those of [`Self::load`] and [`Self::validate`], and where another key would change.
    pub fn going_on(&self, overrides: &[String]) -> Result<Self> {
        let layers = Layers::of_text(&self.to_toml()?, Path::new("the config of the run"))?;
        let after = layers.with(overrides)?.resolve()?;
        for change in self.changes(&after) {
            if let Some(reason) = fixed(&change.key) {
                bail!(
                    "`{}` stays as it is in a run that goes on: {reason}. What may change is in [optimize] (all but \
                     `accumulate`), `evaluate.every`, `evaluate.patience` and [checkpoint]; for anything else start \
                     another run",
                    change.key
                );
            }
        }
        after.validate()?;
        Ok(after)
    }

    /// The keys whose values differ in `after`, in order of their names.
    pub fn changes(&self, after: &Self) -> Vec<Change> {
        let leaves = |config: &Self| {
            let value =
                serde_json::to_value(config).expect("a config is plain data with text keys");
            let mut found = Vec::new();
            collect_leaves(value, "", &mut found);
            // Whether maps are sorted is up to a feature of serde_json.
            found.sort_by(|a, b| a.0.cmp(&b.0));
            found
        };
        // Absent values are `null`, so that both have every key.
        leaves(self)
            .into_iter()
            .zip(leaves(after))
            .filter(|((_, before), (_, after))| before != after)
            .map(|((key, before), (_, after))| Change { key, before, after })
            .collect()
    }
}

fn collect_leaves(value: Json, key: &str, into: &mut Vec<(String, Json)>) {
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                let whole = if key.is_empty() {
                    name
                } else {
                    format!("{key}.{name}")
                };
                collect_leaves(value, &whole, into);
            }
        }
        leaf => into.push((key.to_owned(), leaf)),
    }
}

/// Why a key stays as it is in a run that goes on; nothing where it may change.
fn fixed(key: &str) -> Option<&'static str> {
    let section = key.split('.').next().unwrap_or(key);
    Some(match (section, key) {
        ("seed" | "data" | "batch", _) | (_, "optimize.accumulate") => {
            "it would go on with other batches than those that it has counted"
        }
        ("model", _) => "its checkpoints hold the weights of the model that it began with",
        ("loss", _) => "losses before and after could not be compared",
        ("compute", _) => "its steps would be rounded otherwise",
        (_, "evaluate.metric" | "evaluate.papers_per_category") => {
            "the best weights so far were chosen by it"
        }
        ("optimize" | "evaluate" | "checkpoint", _) => return None,
        _ => "the run has its name and its folder",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn going_on(overrides: &[&str]) -> Result<Config> {
        let mut config = Config::default();
        config.data.papers = vec!["papers.jsonl".into()];
        config.optimize.minutes = Some(30.0);
        let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
        config.going_on(&overrides)
    }

    #[test]
    fn what_steps_follow_may_change() {
        let config = going_on(&[
            "optimize.learning_rate=1e-6",
            "optimize.minutes=",
            "optimize.steps=70",
            "evaluate.patience=3",
            "checkpoint.keep=5",
        ]);
        let config = config.expect("all of them may");
        assert_eq!(config.optimize.learning_rate.to_bits(), 1e-6_f64.to_bits());
        assert_eq!(
            (config.optimize.minutes, config.optimize.steps),
            (None, Some(70))
        );
        assert_eq!(
            (config.evaluate.patience, config.checkpoint.keep),
            (Some(3), 5)
        );
        assert_eq!(config.data.papers, [Path::new("papers.jsonl")]);
    }

    #[test]
    fn what_has_been_counted_on_stays() {
        for (written, reason) in [
            ("data.papers=others.jsonl", "other batches"),
            ("seed=2", "other batches"),
            ("batch.pairs=8", "other batches"),
            ("optimize.accumulate=2", "other batches"),
            ("model.method=lora", "checkpoints"),
            ("loss.scale=10.0", "compared"),
            ("compute.device=cuda", "rounded"),
            ("evaluate.metric=valid/mrr@10", "chosen by it"),
            ("output=elsewhere", "folder"),
        ] {
            let error = going_on(&[written]).expect_err(written).to_string();
            let key = written.split('=').next().expect("it has one");
            assert!(
                error.starts_with(&format!("`{key}` stays")) && error.contains(reason),
                "{written}: {error}"
            );
        }
        // What was said again has not changed.
        going_on(&["data.papers=papers.jsonl", "seed=1"]).expect("nothing changes");
        let error = going_on(&["optimize.learning_rate=-1"]).expect_err("no rate");
        assert!(error.to_string().contains("above 0"), "{error}");
        let error = going_on(&["optimize.learning_rte=1"]).expect_err("no key");
        assert!(error.to_string().contains("did you mean"), "{error}");
    }

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let before = Config::default();
        let mut after = before.clone();
        after.optimize.learning_rate = 1e-6;
        after.optimize.steps = Some(9);
        let changes: Vec<String> = (before.changes(&after).iter())
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            changes,
            [
                "optimize.learning_rate 0.00002 → 1e-6",
                "optimize.steps absent → 9"
            ]
        );
    }
}
