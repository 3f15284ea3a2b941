//! Papers from disk, one at a time: several files, several layouts, one cleaned [`Paper`].
//!
//! A row that cannot be a paper is dropped and counted, with its place; a *file* that cannot be
//! read is an error. Layouts are told by file ending; each has a module, which hands over records of
//! values by the names that `fields` knows. [`resolve`] turns what a tool was given
//! into files.

mod chosen;
mod inputs;
mod layout;
mod report;

mod fields;
mod record;
mod value;
mod withdrawn;

mod lines;

mod bibtex;
mod delimited;
mod json_lines;
mod parquet;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use anyhow::{Result, ensure};
use shared::{Paper, Sha256};

pub(crate) use chosen::{AS_A_SHELL, retain_papers, retain_readable};
pub use inputs::resolve;
pub use layout::{Form, Layout};
pub use report::{DropReason, Dropped, Place, ReadReport};

/// Reads every paper of `paths`, in order; of papers that share an id the first one is kept.
///
/// Memory: one batch of rows, and 16 bytes an id. `paths` are files; see [`resolve`].
///
/// # Errors
/// A file that cannot be opened, has no known layout or breaks off; and the errors of `visit`.
pub fn read(paths: &[PathBuf], visit: &mut dyn FnMut(Paper) -> Result<()>) -> Result<ReadReport> {
    read_while(paths, &mut |paper| visit(paper).map(ControlFlow::Continue))
}

/// Like [`read`], until `visit` breaks; the report then covers what was read.
///
/// # Errors
/// Those of [`read`].
pub fn read_while(
    paths: &[PathBuf],
    visit: &mut dyn FnMut(Paper) -> Result<ControlFlow<()>>,
) -> Result<ReadReport> {
    read_counted(paths, &AtomicU64::new(0), visit)
}

/// Like [`read_while`]; adds to `n_bytes` what has been read of the files, as long as they are on
/// disk, so that progress can be shown.
///
/// # Errors
/// Those of [`read`].
pub fn read_counted(
    paths: &[PathBuf],
    n_bytes: &AtomicU64,
    visit: &mut dyn FnMut(Paper) -> Result<ControlFlow<()>>,
) -> Result<ReadReport> {
    ensure!(
        !paths.is_empty(),
        "no file of papers was given: name one ({})",
        Layout::ACCEPTED
    );
    // A misspelled third name should not cost the time to read two files.
    let layouts = paths
        .iter()
        .map(|path| Layout::of(path))
        .collect::<Result<Vec<_>>>()?;

    let mut report = ReadReport::default();
    let mut seen = HashSet::<[u8; 16]>::new();
    for (path, layout) in paths.iter().zip(layouts) {
        let flow = layout.read(path, n_bytes, &mut |row, record| {
            report.rows += 1;
            let dropped = match record.and_then(record::Record::into_paper) {
                Ok(paper) if seen.insert(id_key(&paper.id)) => {
                    report.kept += 1;
                    return visit(paper);
                }
                Ok(paper) => record::Unusable::duplicate(&paper.id),
                Err(unusable) => unusable,
            };
            report.drop(
                dropped.reason,
                Place {
                    file: path.clone(),
                    row,
                    note: dropped.note,
                },
            );
            Ok(ControlFlow::Continue(()))
        })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(report)
}

/// Like [`read`], with all papers held in memory.
///
/// # Errors
/// Those of [`read`].
pub fn read_all(paths: &[PathBuf]) -> Result<(Vec<Paper>, ReadReport)> {
    let mut papers = Vec::new();
    let report = read(paths, &mut |paper| {
        papers.push(paper);
        Ok(())
    })?;
    Ok((papers, report))
}

/// Half a SHA-256 stands for the id: millions of ids must not be held as text.
fn id_key(id: &str) -> [u8; 16] {
    let Sha256(digest) = Sha256::of(id.as_bytes());
    *digest.first_chunk().expect("a digest has 32 bytes")
}
