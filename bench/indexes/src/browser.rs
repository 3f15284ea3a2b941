//! All indexes in Chromium: `browser/indexes.mjs` drives it and answers in JSON.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use speed::quantile::quantile;

use crate::judge::K;
use crate::known::Known;
use crate::material::{Text, Vectors};

/// Where the parts of the measurement are.
pub(crate) struct Setup<'a> {
    pub(crate) package: &'a Path,
    pub(crate) chromium: &'a Path,
    /// Our library, built for browsers.
    pub(crate) module: &'a Path,
    /// Packages of the peers; without them ours run alone.
    pub(crate) node_modules: Option<&'a Path>,
    /// Seconds that building an index may take.
    pub(crate) limit_s: u32,
}

/// Files of a build that ours open.
pub(crate) struct Artifacts {
    pub(crate) index: Vec<u8>,
    pub(crate) papers: Vec<u8>,
}

/// What the browser measured.
#[derive(Debug, Deserialize)]
pub(crate) struct Measured {
    /// The browser's name and version.
    pub(crate) browser: String,
    pub(crate) vectors: Half,
    pub(crate) words: Half,
}

/// One kind of search.
#[derive(Debug, Deserialize)]
pub(crate) struct Half {
    pub(crate) engines: Vec<Engine>,
    /// Peers that could not be installed, built or asked.
    pub(crate) absent: Vec<Absent>,
}

/// A peer that is not in the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Absent {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// One index.
#[derive(Debug, Deserialize)]
pub(crate) struct Engine {
    /// Name and version.
    pub(crate) name: String,
    /// What its figures do not say.
    pub(crate) note: Option<String>,
    /// Seconds from vectors or texts to an index; absent where it was made natively.
    pub(crate) build_s: Option<f64>,
    /// Seconds from its bytes to an open index, where it was made natively.
    pub(crate) open_s: Option<f64>,
    /// Bytes that it saves itself in, where it can.
    pub(crate) saved_bytes: Option<f64>,
    /// The same after gzip, as servers send files.
    pub(crate) gzip_bytes: Option<f64>,
    /// Memory of its WebAssembly, where it has any.
    pub(crate) wasm_bytes: f64,
    /// What the heap of its tab has grown by.
    pub(crate) heap_bytes: f64,
    pub(crate) settings: Vec<Setting>,
}

/// An index asked in one way.
#[derive(Debug, Deserialize)]
pub(crate) struct Setting {
    /// Such as `ef 64`.
    pub(crate) name: String,
    /// Of each query what was found, best first.
    pub(crate) found: Vec<Vec<u32>>,
    /// Rounds over all queries.
    pub(crate) rounds: Vec<Round>,
}

/// All queries once.
#[derive(Debug, Deserialize)]
pub(crate) struct Round {
    /// Milliseconds of all together.
    pub(crate) total_ms: f64,
    /// Milliseconds of each.
    pub(crate) ms: Vec<f64>,
}

impl Setting {
    /// Milliseconds a query, by the clock around whole rounds; the median of the rounds.
    pub(crate) fn mean_ms(&self) -> f64 {
        let rounds = self.rounds.iter();
        let mean = |round: &Round| round.total_ms / round.ms.len().max(1) as f64;
        quantile(&rounds.map(mean).collect::<Vec<f64>>(), 0.5)
    }

    /// The milliseconds that this share of the queries stays below.
    ///
    /// Of each query the mean of the rounds counts, without its fastest and its slowest: a median would be a multiple of
    /// the clock's step.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let n = self.rounds.first().map_or(0, |round| round.ms.len());
        let of = |query: usize| {
            let mut ms: Vec<f64> = self.rounds.iter().map(|round| round.ms[query]).collect();
            ms.sort_by(f64::total_cmp);
            let kept = if ms.len() > 2 {
                &ms[1..ms.len() - 1]
            } else {
                &ms
            };
            kept.iter().sum::<f64>() / kept.len() as f64
        };
        quantile(&(0..n).map(of).collect::<Vec<f64>>(), share)
    }
}

/// Has every index built and asked.
pub(crate) fn measure(
    setup: &Setup,
    artifacts: &Artifacts,
    vectors: &Vectors,
    texts: &[Text],
    known: &[Known],
) -> Result<Measured> {
    let data = tempfile::tempdir()?;
    let write = |name: &str, bytes: &[u8]| {
        let path = data.path().join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    let floats = |values: &[f32]| {
        values
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let numbers: Vec<u32> = vectors.papers.iter().map(|paper| paper.0).collect();
    write("index.bin", &artifacts.index)?;
    write("papers.bin", &artifacts.papers)?;
    write("stored.f32", &floats(&vectors.stored))?;
    write("queries.f32", &floats(&vectors.queries))?;
    write("papers-of-rows.json", &serde_json::to_vec(&numbers)?)?;
    write("texts.json", &serde_json::to_vec(texts)?)?;
    let questions: Vec<&str> = known.iter().map(|known| &*known.words).collect();
    write("questions.json", &serde_json::to_vec(&questions)?)?;
    let plan = json!({
        "chromium": setup.chromium,
        "module": setup.module,
        "node_modules": setup.node_modules,
        "data": data.path(),
        "limit_s": setup.limit_s,
        "settings": { "dim": vectors.dim, "k": K },
    });
    speed::node::ask(&setup.package.join("browser/indexes.mjs"), &plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_fastest_nor_the_slowest_round_of_a_query_counts() {
        let round = |ms: [f64; 3]| Round {
            total_ms: ms.iter().sum(),
            ms: ms.to_vec(),
        };
        let setting = Setting {
            name: String::new(),
            found: Vec::new(),
            rounds: vec![
                round([1.0, 2.0, 9.0]),
                round([1.0, 90.0, 3.0]),
                round([1.0, 2.0, 3.0]),
            ],
        };
        assert_eq!(setting.quantile_ms(0.5), 2.0);
        assert_eq!(setting.quantile_ms(1.0), 3.0);
        assert_eq!(setting.mean_ms(), 4.0);
        let one = Setting {
            rounds: vec![round([5.0, 7.0, 6.0])],
            ..setting
        };
        assert_eq!(one.quantile_ms(0.5), 6.0);
    }
}
