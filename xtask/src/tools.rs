//! `cargo xtask setup`: what the page is built with, in the versions wanted, where trunk looks for it.
//!
//! trunk takes a tool from `PATH` if its version fits, else from its own cache folder, else it downloads
//! it from GitHub. Its cache folder is filled here, so plain `trunk serve` works too, and all that is
//! fetched comes from the registries of Rust and npm, which check what they hand out. What is there
//! already is recognized by what it says to `--version`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::place::{link, place};
use crate::step::{cargo, command, on_path, output, run_logged, step};
use crate::workspace::Workspace;

/// What the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// 0.22 wants a newer compiler than `rust-toolchain.toml` names.
const TRUNK_VERSION: &str = "0.21.14";

/// npm's package of wasm-opt, with the hash that `npm ci` checks.
const BINARYEN_PACKAGE: &str = include_str!("../binaryen/package.json");
const BINARYEN_LOCK: &str = include_str!("../binaryen/package-lock.json");

/// What the browser tests audit the page with, and never a part of it; the same.
const AXE_PACKAGE: &str = include_str!("../axe/package.json");
const AXE_LOCK: &str = include_str!("../axe/package-lock.json");

/// Tools that are ready for use.
pub(crate) struct Tools {
    /// trunk, in our version.
    pub(crate) trunk: PathBuf,
}

/// What makes a module for browsers, where the page itself is not built.
pub(crate) struct WasmTools {
    /// wasm-bindgen, in the version of `Cargo.lock`.
    pub(crate) bindgen: PathBuf,
    /// wasm-opt, in the version of `Trunk.toml`.
    pub(crate) opt: PathBuf,
}

/// Installs what is missing and says a line about each part.
pub(crate) fn set_up(workspace: &Workspace) -> Result<Tools> {
    println!("Set-up");
    set_up_target(workspace, WASM_TARGET)?;
    let trunk = install_trunk(workspace)?;
    install_wasm_bindgen(workspace)?;
    install_wasm_opt(workspace)?;
    Ok(Tools { trunk })
}

/// As [`set_up`], without trunk.
pub(crate) fn set_up_wasm(workspace: &Workspace) -> Result<WasmTools> {
    println!("Set-up");
    set_up_target(workspace, WASM_TARGET)?;
    Ok(WasmTools {
        bindgen: install_wasm_bindgen(workspace)?,
        opt: install_wasm_opt(workspace)?,
    })
}

/// Adds a target to the toolchain; [`WASM_TARGET`] is all that lints need.
pub(crate) fn set_up_target(workspace: &Workspace, target: &str) -> Result<()> {
    step(target, || add_target(workspace, target))
}

fn add_target(workspace: &Workspace, target: &str) -> Result<String> {
    let libraries = command(workspace, "rustc")
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("cannot start rustc: install Rust from https://rustup.rs")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&libraries.stdout).trim());
    if folder.is_dir() {
        return Ok("ready".to_owned());
    }
    ensure!(
        on_path(&["rustup"]).is_some(),
        "this Rust has no {target} and there is no rustup to add it: add it with your package \
         manager, or install Rust from https://rustup.rs"
    );
    let mut rustup = command(workspace, "rustup");
    run_logged(workspace, target, rustup.args(["target", "add", target]))?;
    Ok("installed".to_owned())
}

fn install_trunk(workspace: &Workspace) -> Result<PathBuf> {
    let name = format!("trunk {TRUNK_VERSION}");
    let in_cargo_home = cargo_home()?.join("bin/trunk");
    let candidates = on_path(&["trunk"])
        .into_iter()
        .chain([in_cargo_home.clone()]);
    if let Some(found) = first_of_version(candidates, &name) {
        step(&name, || Ok(format!("ready: {}", found.display())))?;
        return Ok(found);
    }
    step(&name, || {
        // In our cache, which outlives an image's layers; for whoever types `trunk`, a copy in cargo's bin.
        let folder = format!("trunk-{TRUNK_VERSION}");
        let tool = workspace.cache.join("tools").join(&folder);
        let found = tool.join("bin/trunk");
        if !says_version(&found, &name) {
            let build = workspace.cache.join("tools/build").join(&folder);
            let mut install = cargo_install(workspace, "trunk", TRUNK_VERSION, &build);
            install.arg("--locked").arg("--root").arg(&tool);
            run_logged(workspace, &name, &mut install)?;
            discard(&build)?;
        }
        place(&in_cargo_home, |beside| fs::copy(&found, beside).map(drop))?;
        Ok(format!("installed: {}", in_cargo_home.display()))
    })?;
    verify(&in_cargo_home, &name)?;
    Ok(in_cargo_home)
}

fn install_wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let version = workspace.locked_version("wasm-bindgen")?;
    let name = format!("wasm-bindgen {version}");
    let folder = format!("wasm-bindgen-{version}");
    let wanted = workspace.trunk_cache.join(&folder).join("wasm-bindgen");
    step(&name, || {
        if says_version(&wanted, &name) {
            return Ok(format!("ready: {}", wanted.display()));
        }
        let tool = workspace.cache.join("tools").join(&folder);
        let candidates = [tool.join("bin/wasm-bindgen")]
            .into_iter()
            .chain(on_path(&["wasm-bindgen"]));
        let found = if let Some(found) = first_of_version(candidates, &name) {
            found
        } else {
            let build = workspace.cache.join("tools/build").join(&folder);
            let mut install = cargo_install(workspace, "wasm-bindgen-cli", &version, &build);
            run_logged(workspace, &name, install.arg("--root").arg(&tool))?;
            discard(&build)?;
            tool.join("bin/wasm-bindgen")
        };
        place(&wanted, |beside| fs::copy(&found, beside).map(drop))?;
        verify(&wanted, &name)?;
        Ok(format!("installed: {}", wanted.display()))
    })?;
    Ok(wanted)
}

fn install_wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    let version = workspace.wasm_opt_version()?;
    let name = format!("wasm-opt {}", version.replace('_', " "));
    let folder = format!("wasm-opt-{version}");
    let wanted = workspace.trunk_cache.join(&folder).join("bin/wasm-opt");
    let mut ready = wanted.clone();
    step(&name.replace("version ", ""), || {
        let candidates = on_path(&["wasm-opt"]).into_iter().chain([wanted.clone()]);
        if let Some(found) = first_of_version(candidates, &name) {
            ready.clone_from(&found);
            return Ok(format!("ready: {}", found.display()));
        }
        let tool = workspace.cache.join("tools").join(&folder);
        npm_ci(workspace, &name, &tool, BINARYEN_PACKAGE, BINARYEN_LOCK)?;
        let program = tool.join("node_modules/binaryen/bin/wasm-opt");
        place(&wanted, |beside| link(&program, beside))?;
        verify(&wanted, &name)?;
        Ok(format!("installed: {}", wanted.display()))
    })?;
    Ok(ready)
}

/// axe-core's code in one file, which the browser tests bring into the page.
pub(crate) fn set_up_axe(workspace: &Workspace) -> Result<PathBuf> {
    let version = axe_version().context("xtask/axe/package.json names no axe-core")?;
    let name = format!("axe-core {version}");
    let tool = workspace
        .cache
        .join("tools")
        .join(format!("axe-core-{version}"));
    let code = tool.join("node_modules/axe-core/axe.min.js");
    // npm writes this list last.
    let whole = tool.join("node_modules/.package-lock.json");
    step(&name, || {
        let is_ready = || whole.is_file() && code.is_file();
        if is_ready() {
            return Ok(format!("ready: {}", code.display()));
        }
        npm_ci(workspace, &name, &tool, AXE_PACKAGE, AXE_LOCK)?;
        ensure!(is_ready(), "npm installed no {}", code.display());
        Ok(format!("installed: {}", code.display()))
    })?;
    Ok(code)
}

fn axe_version() -> Option<&'static str> {
    let (_, rest) = AXE_PACKAGE.split_once("\"axe-core\": \"")?;
    rest.split('"').next()
}

/// Installs the packages of a lock file into `folder`, whose hashes npm checks; none of their scripts runs.
pub(crate) fn npm_ci(
    workspace: &Workspace,
    name: &str,
    folder: &Path,
    package: &str,
    lock: &str,
) -> Result<()> {
    ensure!(
        on_path(&["node"]).is_some() && on_path(&["npm"]).is_some(),
        "{name} comes from npm, and node or npm is missing: install Node.js 20 or later \
         (https://nodejs.org), then repeat"
    );
    let write = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    write("package.json", package)?;
    write("package-lock.json", lock)?;
    let mut npm = command(workspace, "npm");
    npm.args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ])
    .arg(folder);
    run_logged(workspace, name, &mut npm)
}

/// Installs a program from crates.io; `build` outlives an interrupted install, which then resumes.
fn cargo_install(
    workspace: &Workspace,
    package: &str,
    version: &str,
    build: &Path,
) -> std::process::Command {
    let mut install = cargo(workspace);
    install
        .env("CARGO_TARGET_DIR", build)
        // What stands there does not say the right version, whatever cargo remembers of it.
        .args(["install", package, "--force", "--version", version]);
    install
}

fn cargo_home() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let below_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"));
    home.or_else(below_home)
        .context("neither CARGO_HOME nor HOME is set: where is cargo's folder?")
}

fn first_of_version(mut candidates: impl Iterator<Item = PathBuf>, name: &str) -> Option<PathBuf> {
    candidates.find(|program| says_version(program, name))
}

/// Whether `program --version` says `name`, perhaps with more behind it, such as a commit.
fn says_version(program: &Path, name: &str) -> bool {
    output(program, &["--version"]).is_some_and(|text| names_version(&text, name))
}

fn names_version(text: &str, name: &str) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn verify(program: &Path, name: &str) -> Result<()> {
    if !says_version(program, name) {
        bail!(
            "{} does not say that it is {name}: delete it and repeat",
            program.display()
        );
    }
    Ok(())
}

fn discard(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_not_mistaken_for_one_that_it_begins() {
        assert!(names_version("trunk 0.21.14", "trunk 0.21.14"));
        assert!(names_version(
            "wasm-bindgen 0.2.130 (27c7a4d06)",
            "wasm-bindgen 0.2.130"
        ));
        assert!(names_version(
            "wasm-opt version 132 (version_132)",
            "wasm-opt version 132"
        ));
        assert!(
            !names_version("trunk 0.21.140", "trunk 0.21.14"),
            "0.21.140 passed for 0.21.14"
        );
        assert!(!names_version(
            "wasm-opt version 131 (version_132)",
            "wasm-opt version 132"
        ));
    }

    #[test]
    fn the_audits_tool_is_locked_in_the_version_that_is_named() {
        let version = axe_version().expect("a version");
        for pin in [
            format!("\"axe-core\": \"{version}\""),
            format!("\"version\": \"{version}\""),
            "\"integrity\": \"sha512-".to_owned(),
        ] {
            assert!(AXE_LOCK.contains(&pin), "package-lock.json lacks {pin}");
        }
    }

    #[test]
    fn trunk_and_npm_mean_the_same_wasm_opt() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let version = workspace.wasm_opt_version().expect("Trunk.toml pins it");
        let number = version.strip_prefix("version_").expect("trunk's spelling");
        for (file, text) in [
            ("package.json", BINARYEN_PACKAGE),
            ("package-lock.json", BINARYEN_LOCK),
        ] {
            let pin = format!("\"binaryen\": \"{number}.0.0\"");
            assert!(
                text.contains(&pin),
                "Trunk.toml wants {version}, {file} does not have {pin}"
            );
        }
        let locked = format!("\"version\": \"{number}.0.0\"");
        assert!(
            BINARYEN_LOCK.contains(&locked),
            "package-lock.json locks another version"
        );
    }
}
