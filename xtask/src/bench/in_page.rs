//! `cargo xtask bench typing` and `pieces`: builds the page and runs a script of `bench/speed/browser/` on it.

use anyhow::Result;

use super::Site;
use crate::browser::Browser;
use crate::page::{self, Book};
use crate::step::{command, run};
use crate::tools;
use crate::workspace::Workspace;

/// Measures the page of the site's artifacts by the script of this name.
pub(super) fn measure(workspace: &Workspace, site: &Site, script: &str) -> Result<()> {
    let tools = tools::set_up(workspace)?;
    let browser = Browser::find_or_install(workspace)?;
    site.ensure_artifacts(workspace)?;
    page::bundle(workspace, &tools, &site.folders, Book::Absent)?;
    let mut node = command(workspace, "node");
    node.arg(format!("bench/speed/browser/{script}.mjs"));
    node.arg(browser.chromium).arg(&site.folders.dist);
    run(node.args(&site.json))
}
