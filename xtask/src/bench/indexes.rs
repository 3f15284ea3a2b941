//! `cargo xtask bench indexes`: fetches and builds what is compared; the package `indexes` measures it.

use anyhow::Result;

use super::wasm::{self, Build};
use super::{Site, peers};
use crate::browser::Browser;
use crate::step::{cargo, command, run, step};
use crate::tools;
use crate::workspace::Workspace;

/// Measures the indexes of the site's artifacts; `flags` go to the package.
pub(super) fn measure(workspace: &Workspace, site: &Site, flags: Vec<String>) -> Result<()> {
    let tools = tools::set_up_wasm(workspace)?;
    let browser = Browser::find_or_install(workspace)?;
    let package = workspace.root.join("bench/indexes");
    let mut indexes = command(workspace, workspace.target().join("release/indexes"));
    match peers::of_npm(workspace, "bench/indexes/peers", "bench/npm-indexes") {
        Ok(node_modules) => {
            indexes.arg("--node-modules").arg(node_modules);
        }
        // Ours are measured all the same, and the tables name every peer as absent.
        Err(error) => eprintln!("The peers could not be installed: {error:#}"),
    }
    let module = workspace.target().join("bench-indexes");
    wasm::clear(&module)?;
    step("our indexes", || {
        let library = Build {
            package: "indexes",
            features: "",
            flags: "",
        };
        wasm::build(workspace, &tools, &library, &module)
    })?;
    site.ensure_artifacts(workspace)?;
    run(cargo(workspace).args(["build", "--release", "--package", "indexes", "--quiet"]))?;
    indexes.arg("--artifacts").arg(&site.folders.artifacts);
    indexes.arg("--package").arg(package);
    indexes.arg("--module").arg(module);
    indexes.arg("--chromium").arg(browser.chromium);
    if let Some(json) = &site.json {
        indexes.arg("--json").arg(json);
    }
    run(indexes.args(flags))
}
