//! Abstracts: a few opened chunks, since neighbors in the corpus are often read together.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use futures::lock::Mutex;
use shared::manifest::FileEntry;
use shared::{AbstractChunk, Sha256};

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
    /// Whoever fetches a chunk holds its lock, and the next finds it on this device: the cards of one
    /// page ask for the same few at once.
    fetching: RefCell<HashMap<Sha256, Rc<Mutex<()>>>>,
}

impl Chunks {
    /// The chunks that these papers name.
    pub(super) fn of(papers: &shared::Papers) -> Self {
        Self {
            files: chunk_files(papers),
            open: RefCell::default(),
            fetching: RefCell::default(),
        }
    }

    /// Opens a chunk, from this device where it is kept.
    pub(super) async fn open(
        &self,
        site: &Site,
        number: usize,
        stop: &Stop,
    ) -> Result<Rc<AbstractChunk>, EngineError> {
        if let Some(chunk) = self.at_hand(number) {
            return Ok(chunk);
        }
        let entry = &self.files[number];
        let mut parsed = AbstractChunk::parse(self.fetch(site, entry, stop).await?);
        if let Some(chunk) = self.at_hand(number) {
            return Ok(chunk);
        }
        // One of this device is not hashed again: what became of it shows here.
        if parsed.is_err() {
            site.kept.delete(&entry.file).await;
            parsed = AbstractChunk::parse(self.fetch(site, entry, stop).await?);
        }
        let chunk = parsed.map_err(|error| EngineError::Damaged {
            file: entry.file.clone(),
            cause: error.to_string(),
        })?;
        let chunk = Rc::new(chunk);
        let mut open = self.open.borrow_mut();
        open.push_front((number, Rc::clone(&chunk)));
        open.truncate(OPEN);
        Ok(chunk)
    }

    /// The bytes of a chunk: from the network once, however many ask for it at the same time.
    pub(super) async fn fetch(
        &self,
        site: &Site,
        entry: &FileEntry,
        stop: &Stop,
    ) -> Result<Vec<u8>, EngineError> {
        let lock = self
            .fetching
            .borrow_mut()
            .entry(entry.sha256)
            .or_default()
            .clone();
        let _fetches = lock.lock().await;
        if stop.get() {
            return Err(EngineError::Cancelled);
        }
        site.chunk(entry, stop).await
    }

    /// An open chunk, which thereby is the last used.
    fn at_hand(&self, number: usize) -> Option<Rc<AbstractChunk>> {
        let mut open = self.open.borrow_mut();
        let at = open.iter().position(|(open, _)| *open == number)?;
        let found = open.remove(at)?;
        let chunk = Rc::clone(&found.1);
        open.push_front(found);
        Some(chunk)
    }
}
