//! Progress of a file's download, as often as a person can read it.

use std::cell::Cell;

use shared::manifest::FileEntry;

use super::protocol::{Progress, Source};

/// Progress messages of one file come at most this often.
const PROGRESS_EVERY_MS: f64 = 100.0;

/// Told about progress.
pub(super) type OnProgress<'a> = &'a dyn Fn(Progress);

/// Progress of one file, thinned out.
pub(super) struct Reporter<'a> {
    part: &'static str,
    /// The file.
    pub(super) entry: &'a FileEntry,
    on_progress: OnProgress<'a>,
    told_ms: Cell<f64>,
    source: Cell<Option<Source>>,
}

impl<'a> Reporter<'a> {
    /// Nothing is told yet.
    pub(super) fn new(
        part: &'static str,
        entry: &'a FileEntry,
        on_progress: OnProgress<'a>,
    ) -> Self {
        Self {
            part,
            entry,
            on_progress,
            told_ms: Cell::new(0.0),
            source: Cell::new(None),
        }
    }

    /// Tells how many bytes are at hand: at once where the source is new or all are there.
    pub(super) fn tell(&self, done: u64, source: Source) {
        let now = js_sys::Date::now();
        let news = done == self.entry.bytes || self.source.replace(Some(source)) != Some(source);
        if !news && now - self.told_ms.get() < PROGRESS_EVERY_MS {
            return;
        }
        self.told_ms.set(now);
        (self.on_progress)(Progress {
            part: self.part.to_owned(),
            file: self.entry.file.clone(),
            done,
            total: self.entry.bytes,
            source,
        });
    }
}
