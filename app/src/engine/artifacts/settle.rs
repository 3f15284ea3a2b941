//! What this device keeps of builds: the open one, the one to fall back to, and no other.

use std::collections::HashSet;

use shared::Manifest;
use shared::manifest::FileEntry;

use super::{CHUNKS, Fetched, MANIFEST, Site};

impl Site {
    /// Remembers an open build as the one to fall back to, and forgets every other.
    pub(in crate::engine) async fn settle(&self, fetched: &mut Fetched, chunks: &[FileEntry]) {
        if fetched.missed.is_some() {
            return;
        }
        let before = self.kept.names().await;
        // Where there was no room for all of it, the older build stays the one to fall back to.
        let mut files = fetched.manifest.files();
        if !files.all(|entry| before.contains(&entry.file)) {
            return self.make_room(&fetched.manifest, &before).await;
        }
        if !self.kept.put(MANIFEST, &mut fetched.manifest_bytes).await {
            return;
        }
        let manifest = &fetched.manifest;
        let files = manifest.files().chain(manifest.on_demand()).chain(chunks);
        let ours: HashSet<&str> = files.map(|entry| &*entry.file).chain([MANIFEST]).collect();
        for name in before.iter().filter(|name| !ours.contains(&***name)) {
            self.kept.delete(name).await;
        }
    }

    /// Forgets files that belong neither to the open build nor to the kept one. Chunks are spared:
    /// only an open build can tell whose they are.
    async fn make_room(&self, open: &Manifest, names: &[String]) {
        let kept = self.kept_manifest().await.map(|read| read.manifest);
        let used = |name: &String| {
            let builds = [Some(open), kept.as_ref()];
            let builds = builds.into_iter().flatten();
            let mut files = builds.flat_map(|build| build.files().chain(build.on_demand()));
            let is_chunk = CHUNKS.iter().any(|kind| name.starts_with(kind));
            name == MANIFEST || is_chunk || files.any(|entry| entry.file == *name)
        };
        for name in names.iter().filter(|name| !used(name)) {
            self.kept.delete(name).await;
        }
    }
}
