//! `cargo xtask bench encoder`: fetches and builds what is compared; the package `speed` measures it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Site, peers};
use crate::browser::Browser;
use crate::step::{cargo, command, run, step};
use crate::tools::{self, WASM_TARGET, WasmTools};
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
        speed.arg("--node-modules").arg(peers::of_npm(workspace)?);
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

/// A folder with a folder for each of [`BUILDS`], made as trunk makes the page's engines.
fn engines(workspace: &Workspace, tools: &WasmTools) -> Result<PathBuf> {
    let engines = workspace.target().join("bench-engines");
    // What an older version built must not be measured beside the new.
    if engines.exists() {
        fs::remove_dir_all(&engines)
            .with_context(|| format!("cannot remove {}", engines.display()))?;
    }
    for (name, feature, flags) in BUILDS {
        step(&format!("engine {name}"), || {
            let mut build = cargo(workspace);
            build
                .args(["rustc", "--package", "speed", "--lib", "--quiet"])
                .args(["--crate-type", "cdylib", "--target", WASM_TARGET])
                .args(["--profile", "wasm-release", "--features", feature]);
            if !flags.is_empty() {
                build.env("RUSTFLAGS", flags);
            }
            run(&mut build)?;
            let folder = engines.join(name);
            let built = workspace.target().join(WASM_TARGET);
            let mut bindgen = command(workspace, &tools.bindgen);
            bindgen
                .args(["--target", "web", "--no-typescript", "--out-name", "engine"])
                .arg("--out-dir")
                .arg(&folder)
                .arg(built.join("wasm-release/speed.wasm"));
            run(&mut bindgen)?;
            let module = folder.join("engine_bg.wasm");
            let mut opt = command(workspace, &tools.opt);
            // As trunk does: no feature that the module does not name, lest a browser refuse it.
            run(opt
                .args(["-O3", "--enable-relaxed-simd", "-o"])
                .args([&module, &module]))?;
            let n_bytes = fs::metadata(&module)?.len();
            Ok(format!("{:.2} MB", n_bytes as f64 / 1e6))
        })?;
    }
    Ok(engines)
}
