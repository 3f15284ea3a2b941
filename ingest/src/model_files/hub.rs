//! The Hugging Face hub, or a mirror of it.
//!
//! Addresses and the hub's own cache are the business of `hf-hub`. The bytes come through
//! [`super::download`]: `hf-hub` appends a whole file to a partial one where a server ignores
//! `Range`, wants headers that mirrors lack, and trusts its own certificates only.

use std::env;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use hf_hub::{Cache, Repo, api::sync::ApiBuilder};
use ureq::Agent;

use super::{NAME, Release, download};
use crate::safe_file;

/// How to reach the hub.
#[derive(Clone)]
pub struct Hub {
    /// Its address: `https://huggingface.co`, or a mirror's.
    pub endpoint: String,
    /// Sent with every request, never written anywhere.
    pub token: Option<String>,
    /// The cache that Hugging Face's own tools share.
    pub cache: Option<Cache>,
}

impl Hub {
    /// The hub as `HF_ENDPOINT`, `HF_TOKEN` and `HF_HOME` describe it.
    pub fn from_environment() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
        // hf-hub panics for a user who has neither.
        let has_cache = set("HF_HOME").is_some() || env::home_dir().is_some();
        Self {
            endpoint: set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned()),
            token: set("HF_TOKEN"),
            cache: has_cache.then(Cache::from_env),
        }
    }

    /// Fetches what `folder` lacks of `release`.
    pub(super) fn fill(&self, agent: &Agent, release: &Release, folder: &Path) -> Result<()> {
        let repo = Repo::model(format!("sentence-transformers/{NAME}"));
        // This cache is never written: hf-hub only puts addresses together here.
        let api = ApiBuilder::from_cache(Cache::new(folder.to_owned()))
            .with_endpoint(self.endpoint.trim_end_matches('/').to_owned())
            .with_token(None)
            .build()
            .context("cannot set up the hub's client")?
            .repo(repo.clone());
        let shared = self.cache.as_ref().map(|cache| cache.repo(repo));
        for file in release.missing(folder) {
            let target = folder.join(file.path);
            let at_hand = shared.as_ref().and_then(|cache| cache.get(file.path));
            if let Some(path) = at_hand.filter(|path| file.is_at(path)) {
                safe_file::write_with(&target, |to| {
                    io::copy(&mut File::open(&path)?, to)?;
                    Ok(())
                })?;
            } else {
                let url = api.url(file.path);
                download::fetch(agent, &url, self.token.as_deref(), file, &target)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the Hugging Face hub ({})",
            download::shown(&self.endpoint)
        )
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "hidden");
        f.debug_struct("Hub")
            .field("endpoint", &download::shown(&self.endpoint))
            .field("token", &token)
            .finish_non_exhaustive()
    }
}
