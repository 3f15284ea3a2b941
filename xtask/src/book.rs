//! `cargo xtask book`: the guide, as pages to read.

use std::path::Path;

use anyhow::Result;

use crate::step::{cargo, run};
use crate::workspace::Workspace;

/// Where the book goes, unless told otherwise; below a page it is `book/`.
pub(crate) const OUT: &str = "dist-book";

/// Builds the book into `out`.
pub(crate) fn build(workspace: &Workspace, out: &Path) -> Result<()> {
    println!("Book");
    let mut book = cargo(workspace);
    book.args(["run", "--quiet", "--package", "book", "--", "--out"]);
    run(book.arg(out))
}
