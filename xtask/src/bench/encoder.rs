//! `cargo xtask bench encoder`: fetches and builds what is compared; the package `speed` measures it.

use std::path::PathBuf;

use anyhow::Result;

use super::wasm::{self, Build};
use super::{Site, peers};
use crate::browser::Browser;
use crate::step::{cargo, command, run, step};
use crate::tools::{self, WasmTools};
use crate::workspace::Workspace;

/// Builds of the encoder for browsers: name, feature of `speed`, and flags of the compiler.
const BUILDS: [(&str, &str, &str); 3] = [
    ("simd", "", ""),
    ("relaxed", "relaxed", ""),
    // candle has kernels for simd128 and none that choose at run time.
    ("candle", "candle", "-C target-feature=+simd128"),
];

/// Measures; `native` leaves the browser out.
pub(super) fn measure(workspace: &Workspace, site: &Site, native: bool) -> Result<()> {
    let mut speed = command(workspace, workspace.target().join("release/speed"));
    if !native {
        let tools = tools::set_up_wasm(workspace)?;
        let browser = Browser::find_or_install(workspace)?;
        let node_modules = peers::of_npm(workspace, "bench/speed/peers", "bench/npm")?;
        speed.arg("--node-modules").arg(node_modules);
        speed.arg("--engines").arg(engines(workspace, &tools)?);
        speed.arg("--chromium").arg(browser.chromium);
    }
    speed.arg("--python").arg(peers::of_pypi(workspace)?);
    site.ensure_artifacts(workspace)?;
    let mut build = cargo(workspace);
    run(build.args(["build", "--release", "--package", "speed", "--quiet"]))?;
    speed.arg("--artifacts").arg(&site.folders.artifacts);
    speed.arg("--models").arg(workspace.cache.join("bench"));
    speed
        .arg("--package")
        .arg(workspace.root.join("bench/speed"));
    speed
        .arg("--starter")
        .arg(workspace.root.join("corpus/starter.jsonl"));
    if let Some(json) = &site.json {
        speed.arg("--json").arg(json);
    }
    run(&mut speed)
}

/// A folder with a folder for each of [`BUILDS`].
fn engines(workspace: &Workspace, tools: &WasmTools) -> Result<PathBuf> {
    let engines = workspace.target().join("bench-engines");
    wasm::clear(&engines)?;
    for (name, features, flags) in BUILDS {
        let build = Build {
            package: "speed",
            features,
            flags,
        };
        step(&format!("engine {name}"), || {
            wasm::build(workspace, tools, &build, &engines.join(name))
        })?;
    }
    Ok(engines)
}
