//! `cargo xtask bench typing`: builds the page and has `bench/speed/browser/typing.mjs` type into it.

use anyhow::Result;

use super::Site;
use crate::browser::Browser;
use crate::page::{self, Book};
use crate::step::{command, run};
use crate::tools;
use crate::workspace::Workspace;

/// Measures the page of the site's artifacts.
pub(super) fn measure(workspace: &Workspace, site: &Site) -> Result<()> {
    let tools = tools::set_up(workspace)?;
    let browser = Browser::find_or_install(workspace)?;
    site.ensure_artifacts(workspace)?;
    page::bundle(workspace, &tools, &site.folders, Book::Absent)?;
    let mut node = command(workspace, "node");
    node.arg("bench/speed/browser/typing.mjs");
    node.arg(browser.chromium).arg(&site.folders.dist);
    run(node.args(&site.json))
}
