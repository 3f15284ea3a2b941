//! Rows of the papers' files that are no paper to train on: said where they are met, not passed over.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::{Result, bail};
use ingest::papers::{self, ReadReport};

/// Says how many rows became no paper, why, and where the first of them are.
pub(crate) fn tell(read: &ReadReport) {
    if read.n_dropped() > 0 {
        tracing::warn!("{read}");
    } else {
        tracing::info!("{read}");
    }
}

/// Looks whether each file has titles and abstracts; it reads no more of one than tells this.
///
/// # Errors
/// Where a file cannot be read, or lacks the one or the other from its first paper to its last.
pub(super) fn check_columns(paths: &[PathBuf]) -> Result<()> {
    paths.iter().try_for_each(|path| check(path))
}

fn check(path: &Path) -> Result<()> {
    let (mut any, mut title, mut abstract_) = (false, false, false);
    papers::read_while(slice::from_ref(&path.to_owned()), &mut |paper| {
        any = true;
        title |= !paper.title.is_empty();
        abstract_ |= !paper.abstract_.is_empty();
        Ok(if title && abstract_ {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    let (missing, names) = match (title, abstract_) {
        // Nothing is known of a file without a paper.
        _ if !any => return Ok(()),
        (true, true) => return Ok(()),
        (true, false) => ("an abstract", "`abstract` (or `text`, or `summary`)"),
        (false, _) => ("a title", "`title`"),
    };
    bail!(
        "{}: no paper in it has {missing}, and training wants both title and abstract: add a column {names}, rename the \
         one that holds it, or leave the file out of data.papers",
        path.display()
    )
}
