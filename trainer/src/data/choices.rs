//! What a config asks of papers before they are tokens: of a pack it cannot be asked again.

use std::fmt::Debug;
use std::path::Path;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::config::DataConfig;

/// The part of a config that decides which papers are taken, and what of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Seed that papers were drawn with.
    pub seed: u64,
    per_category: Option<usize>,
    limit: Option<usize>,
    until: Option<u16>,
    strip_title: bool,
    deduplicate: bool,
}

impl Choices {
    /// What a config asks.
    pub fn of(config: &DataConfig, seed: u64) -> Self {
        Self {
            seed,
            per_category: config.per_category,
            limit: config.limit,
            until: config.until,
            strip_title: config.strip_title,
            deduplicate: config.deduplicate,
        }
    }

    /// Looks whether a pack of these choices holds what a config asks. Seeds may differ: that of a run is of order and
    /// dropout too, and a second run of one pack is no fault.
    ///
    /// # Errors
    /// The first key that differs, with both values.
    pub(super) fn check(&self, asked: &Self, pack: &Path) -> Result<()> {
        fn some(value: Option<impl Debug>) -> Option<String> {
            value.map(|value| format!("{value:?}"))
        }
        let of = |choices: &Self| {
            [
                ("per_category", some(choices.per_category)),
                ("limit", some(choices.limit)),
                ("until", some(choices.until)),
                ("strip_title", some(Some(choices.strip_title))),
                ("deduplicate", some(Some(choices.deduplicate))),
            ]
        };
        let said = |key: &str, value: &Option<String>| match value {
            Some(value) => format!("data.{key} = {value}"),
            None => format!("no data.{key}"),
        };
        for ((key, packed), (_, asked)) in of(self).into_iter().zip(of(asked)) {
            let remedy = match &packed {
                Some(value) => format!("write data.{key}={value}"),
                None => format!("remove data.{key}"),
            };
            ensure!(
                packed == asked,
                "the config has {}, but {} was packed with {}: {remedy}, or pack the papers again as the config is",
                said(key, &asked),
                pack.display(),
                said(key, &packed)
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_is_named_with_both_values() {
        let packed = Choices::of(
            &DataConfig {
                limit: Some(9),
                ..DataConfig::default()
            },
            1,
        );
        let told = |change: &dyn Fn(&mut Choices)| {
            let mut asked = packed.clone();
            change(&mut asked);
            let checked = packed.check(&asked, Path::new("packed"));
            checked.err().map(|error| error.to_string())
        };
        assert_eq!(told(&|_| {}), None);
        assert_eq!(told(&|asked| asked.seed = 2), None, "order has a seed, too");
        let error = told(&|asked| asked.until = Some(1990)).expect("it was packed without");
        assert_eq!(
            error,
            "the config has data.until = 1990, but packed was packed with no data.until: remove data.until, or pack \
             the papers again as the config is"
        );
        let error = told(&|asked| asked.limit = None).expect("it was packed with nine");
        assert!(
            error.contains("no data.limit") && error.contains("write data.limit=9"),
            "{error}"
        );
        for (change, key) in [
            (
                &(|asked: &mut Choices| asked.per_category = Some(1)) as &dyn Fn(&mut Choices),
                "per_category",
            ),
            (&|asked| asked.strip_title = false, "strip_title"),
            (&|asked| asked.deduplicate = false, "deduplicate"),
        ] {
            let error = told(change).expect("another choice");
            assert!(error.contains(&format!("data.{key}")), "{error}");
        }
    }
}
