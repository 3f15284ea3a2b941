//! The base encoder from the Hugging Face hub.

use std::fs::File;
use std::io;

use anyhow::Result;
use hf_hub::Repo;

use super::NAME;
use super::release::Missing;
use crate::http::{Client, Download, Progress, part_of};
use crate::hub::{Hub, Remote};
use crate::safe_file;

impl Hub {
    /// Fetches what is missing.
    pub(super) fn fill(&self, client: &Client, missing: &mut Missing) -> Result<()> {
        let repo = Repo::model(format!("sentence-transformers/{NAME}"));
        let name = format!("model sentence-transformers/{NAME}");
        let remote = Remote::new(self, repo.clone(), name)?;
        let shared = self.cache.as_ref().map(|cache| cache.repo(repo));
        let progress = Progress::new(missing.n_bytes());
        while let Some(file) = missing.first() {
            let target = missing.folder.join(file.path);
            let wanted = file.wanted();
            let at_hand = shared.as_ref().and_then(|cache| cache.get(file.path));
            if let Some(path) = at_hand.filter(|path| wanted.is_at(path)) {
                safe_file::write_with(&target, |to| {
                    io::copy(&mut File::open(&path)?, to)?;
                    Ok(())
                })?;
                progress.finished(file.n_bytes);
            } else {
                tracing::info!("downloading {} ({} bytes)", file.path, file.n_bytes);
                progress.name(file.path.to_owned());
                let download = Download {
                    url: &remote.file(file.path)?,
                    bearer: remote.bearer(),
                    wanted,
                    part: &part_of(&target),
                    target: &target,
                };
                download
                    .run(client, &progress)
                    .map_err(|error| remote.explain(error, Some(file.path)))?;
            }
            missing.found();
        }
        Ok(())
    }
}
