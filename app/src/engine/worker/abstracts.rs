//! Abstracts: a few opened chunks, since neighbors in the corpus are often read together.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use shared::AbstractChunk;
use shared::manifest::FileEntry;

use crate::engine::artifacts::{Site, chunk_files};
use crate::engine::download::Stop;
use crate::engine::protocol::EngineError;

/// Chunks that stay open.
const OPEN: usize = 4;

/// The abstract chunks of a build.
pub(super) struct Chunks {
    /// Every chunk as a file, in order.
    pub(super) files: Vec<FileEntry>,
    /// Opened chunks with their numbers, the last used in front.
    open: RefCell<VecDeque<(usize, Rc<AbstractChunk>)>>,
}

impl Chunks {
    /// The chunks that these papers name.
    pub(super) fn of(papers: &shared::Papers) -> Self {
        Self {
            files: chunk_files(papers),
            open: RefCell::default(),
        }
    }

    /// Opens a chunk, from this device where it is kept.
    pub(super) async fn open(
        &self,
        site: &Site,
        number: usize,
        stop: &Stop,
    ) -> Result<Rc<AbstractChunk>, EngineError> {
        let known = self
            .open
            .borrow()
            .iter()
            .position(|(open, _)| *open == number);
        let known = known.and_then(|at| self.open.borrow_mut().remove(at));
        let chunk = if let Some((_, chunk)) = known {
            chunk
        } else {
            let entry = &self.files[number];
            let bytes = site.chunk(entry, stop).await?;
            Rc::new(
                AbstractChunk::parse(bytes).map_err(|error| EngineError::Damaged {
                    file: entry.file.clone(),
                    cause: error.to_string(),
                })?,
            )
        };
        let mut open = self.open.borrow_mut();
        open.push_front((number, Rc::clone(&chunk)));
        open.truncate(OPEN);
        Ok(chunk)
    }
}
