//! Libraries of benchmarks as modules of WebAssembly, made as trunk makes the page's engines.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::step::{cargo, command, run};
use crate::tools::{WASM_TARGET, WasmTools};
use crate::workspace::Workspace;

/// A build of a package's library.
pub(super) struct Build<'a> {
    pub(super) package: &'a str,
    /// Features, separated by commas; none where empty.
    pub(super) features: &'a str,
    /// Flags of the compiler; none where empty.
    pub(super) flags: &'a str,
}

/// Writes `engine.js` and `engine_bg.wasm` into `folder`, and says how large the module is.
pub(super) fn build(
    workspace: &Workspace,
    tools: &WasmTools,
    build: &Build,
    folder: &Path,
) -> Result<String> {
    let mut compile = cargo(workspace);
    compile
        .args(["rustc", "--package", build.package, "--lib", "--quiet"])
        .args(["--crate-type", "cdylib", "--target", WASM_TARGET])
        .args(["--profile", "wasm-release", "--features", build.features]);
    if !build.flags.is_empty() {
        compile.env("RUSTFLAGS", build.flags);
    }
    run(&mut compile)?;
    let built = workspace.target().join(WASM_TARGET).join("wasm-release");
    let mut bindgen = command(workspace, &tools.bindgen);
    bindgen
        .args(["--target", "web", "--no-typescript", "--out-name", "engine"])
        .arg("--out-dir")
        .arg(folder)
        .arg(built.join(build.package).with_extension("wasm"));
    run(&mut bindgen)?;
    let module = folder.join("engine_bg.wasm");
    let mut opt = command(workspace, &tools.opt);
    // As trunk does: no feature that the module does not name, lest a browser refuse it.
    run(opt
        .args(["-O3", "--enable-relaxed-simd", "-o"])
        .args([&module, &module]))?;
    let n_bytes = fs::metadata(&module)?.len();
    Ok(format!("{:.2} MB", n_bytes as f64 / 1e6))
}

/// Empties a folder for modules: what an older version built must not be measured beside the new.
pub(super) fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
