//! The files of the open build, as this device keeps them.

use super::{Open, Worker};
use crate::engine::download::{self, Stop};
use crate::engine::protocol::{Answer, EngineError, FileFound, Files, Finding, Kept, Reply};
use crate::engine::timeline;

impl Worker {
    /// Hashes every file that this device keeps, and counts what was fetched.
    pub(super) async fn compare_files(
        &self,
        number: u64,
        open: &Open,
        stop: &Stop,
    ) -> Result<Reply, EngineError> {
        let manifest = &open.manifest;
        let first = manifest.files().chain(&manifest.reference).cloned();
        let entries: Vec<_> = first.chain(open.later_files()).collect();
        let total = entries.len();
        let mut files = Vec::with_capacity(total);
        for (done, entry) in entries.into_iter().enumerate() {
            if stop.get() {
                return Err(EngineError::Cancelled);
            }
            self.answer(number, &Answer::Steps { done, total });
            let kept = match open.site.kept.get(&entry.file).await {
                None => Kept::Absent,
                Some(response) => match download::digest(response).await {
                    Some(digest) if digest == entry.sha256 => Kept::Same,
                    _ => Kept::Other,
                },
            };
            files.push(FileFound {
                fetched: download::n_fetched(&entry.file),
                file: entry.file,
                bytes: entry.bytes,
                kept,
            });
        }
        Ok(Reply::Verified(Finding::Files(Files {
            files,
            keeps: open.site.kept.is_open(),
            code: timeline::code(),
        })))
    }
}
