//! One bar over all that a tool downloads in one go.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// How far a download of several files is; goes away when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Bytes of the files before this one.
    done: Cell<u64>,
}

impl Progress {
    /// For `n_bytes` in all files together.
    pub(crate) fn new(n_bytes: u64) -> Self {
        let style = "{msg} {bar:30} {bytes} of {total_bytes}, {eta} left";
        let style = ProgressStyle::with_template(style).expect("the template is well-formed");
        let bar = ProgressBar::new(n_bytes)
            .with_style(style)
            .with_finish(ProgressFinish::AndClear);
        Self {
            bar,
            done: Cell::new(0),
        }
    }

    pub(super) fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// The file under way.
    pub(crate) fn name(&self, name: String) {
        self.bar.set_message(name);
    }

    /// The file under way goes on at this byte.
    pub(super) fn at(&self, byte: u64) {
        self.bar.set_position(self.done.get() + byte);
        if byte > 0 {
            // What was there before says nothing of the speed.
            self.bar.reset_eta();
        }
    }

    pub(super) fn add(&self, n_bytes: u64) {
        self.bar.inc(n_bytes);
    }

    /// A file of `n_bytes` is there.
    pub(crate) fn finished(&self, n_bytes: u64) {
        self.done.set(self.done.get() + n_bytes);
        self.bar.set_position(self.done.get());
    }
}
