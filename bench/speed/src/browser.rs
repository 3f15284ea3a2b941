//! The same texts in Chromium: `browser/encoder.mjs` drives it and answers in JSON.

use std::path::Path;

use anyhow::Result;
use ingest::model_files::ModelFiles;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::Sha256;

use crate::samples::Engine;
use crate::texts::Text;

/// Builds of this package's library, in the order of the tables.
const BUILDS: [&str; 3] = ["relaxed", "simd", "candle"];

/// Where the parts of the measurement are.
pub(crate) struct Setup<'a> {
    pub(crate) package: &'a Path,
    pub(crate) chromium: &'a Path,
    pub(crate) engines: &'a Path,
    pub(crate) node_modules: &'a Path,
    pub(crate) onnx: &'a Path,
    pub(crate) base: &'a ModelFiles,
    pub(crate) artifact: &'a Path,
    pub(crate) sha256: Sha256,
    pub(crate) max_tokens: usize,
}

/// What the browser measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The browser's name and version.
    pub(crate) browser: String,
    /// Every engine at every length.
    pub(crate) engines: Vec<Engine>,
    /// From bytes in memory to the first embedding, in a browser started for it.
    pub(crate) first: Vec<First>,
    /// Engines that could not run here, each with why.
    pub(crate) absent: Vec<Absent>,
}

/// First embeddings of one build.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct First {
    /// The build, as in [`Engine::name`].
    pub(crate) name: String,
    /// Milliseconds, one a start.
    pub(crate) ms: Vec<f64>,
    /// The module's memory after it, in bytes.
    pub(crate) memory_bytes: f64,
}

/// An engine that could not run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Absent {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) why: String,
}

/// Has every engine measured at every length.
pub(crate) fn measure(setup: &Setup, texts: &[Text]) -> Result<Measured> {
    let is_built = |name: &&str| setup.engines.join(name).is_dir();
    let builds: Vec<_> = BUILDS.into_iter().filter(is_built).collect();
    let plan = json!({
        "builds": builds,
        "chromium": setup.chromium,
        "engines": setup.engines,
        "node_modules": setup.node_modules,
        "onnx": setup.onnx,
        "base": setup.base.folder,
        "model": setup.artifact,
        "sha256": setup.sha256,
        "max_tokens": setup.max_tokens,
        "texts": texts,
    });
    speed::node::ask(&setup.package.join("browser/encoder.mjs"), &plan)
}
