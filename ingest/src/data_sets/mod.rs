//! Data sets of the Hugging Face hub: listed at one commit, downloaded, verified, kept.
//!
//! ```text
//! hf://datasets/OWNER/NAME@REVISION/GLOB
//!   address ─▶ commit ─▶ listing ─▶ choose ─▶ store: is it here? else an earlier commit's? else fetch
//! ```
//!
//! A revision is turned into a commit first, so that shards of two revisions never mix. A file
//! counts only with the digest that the hub's list says. What is here is asked for once; without
//! the network, the last commit that is here whole is used, with a warning. Start at [`fetch`].

mod address;
mod choose;
mod listing;
mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Error, Result};
use indicatif::DecimalBytes;

use crate::cache_dir;
use crate::http::{Client, Download, GaveUp, Progress};
use crate::hub::{Hub, Remote};

use address::Address;
use listing::{Entry, Listing};
use store::Store;

/// How the address of a data set begins; what begins otherwise is no business of [`fetch`].
pub const PREFIX: &str = "hf://datasets/";

/// The files that `spec` names, on disk, sorted by their path in the data set.
///
/// `spec` is `hf://datasets/OWNER/NAME[@REVISION][/GLOB]`. Without a revision it is `main`; without
/// a glob it is every Parquet file, or where there is none every file that papers can be read from.
/// `*` stays within a folder, `**` does not; a folder's name stands for the files in it.
///
/// Takes one short request where everything is here, and none where the revision is a commit.
///
/// # Errors
/// An address of another form, a data set, revision or file that is not there or not for us, a
/// network that stays down, a full disk. What was downloaded is kept for the next start.
pub fn fetch(spec: &str) -> Result<Vec<PathBuf>> {
    DataSets::from_environment()?.fetch(spec)
}

/// Where [`fetch`] takes data sets from, and where it keeps them.
#[derive(Debug, Clone)]
pub struct DataSets {
    /// The hub.
    pub hub: Hub,
    /// The folder that downloads are kept in.
    pub cache: PathBuf,
    /// What sends the requests.
    pub client: Client,
}

impl DataSets {
    /// As this user has set them up.
    ///
    /// # Errors
    /// Where there is no folder for downloads.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            hub: Hub::from_environment(),
            cache: cache_dir()?,
            client: Client::default(),
        })
    }

    /// What [`fetch()`] says, from here to here.
    ///
    /// # Errors
    /// Those of [`fetch()`].
    pub fn fetch(&self, spec: &str) -> Result<Vec<PathBuf>> {
        let address: Address = spec.parse()?;
        let mut store = Store::open(&self.cache, &address)?;
        let listing = match self.listing(&address, &mut store) {
            Ok(listing) => listing,
            Err(error) => return without_network(error, &address, &mut store),
        };
        let entries = choose::files(&listing, &address)?;
        let fetched = self.fill(&address, &listing.commit, &entries, &mut store);
        // Also after a failure: what is here need not be hashed again.
        let saved = store.save_verified(&listing.commit);
        fetched.and(saved)?;
        store.saw(&address.revision, &listing.commit)?;
        Ok(store.paths(&listing.commit, &entries))
    }

    /// What the revision holds.
    fn listing(&self, address: &Address, store: &mut Store) -> Result<Listing> {
        let commit = if listing::is_commit(&address.revision) {
            address.revision.clone()
        } else {
            let remote = self.remote(address, &address.revision)?;
            listing::commit(&self.client, &remote)?
        };
        if let Some(listing) = store.listing(&commit) {
            return Ok(listing);
        }
        let remote = self.remote(address, &commit)?;
        let listing = listing::fetch(&self.client, &remote, &commit)?;
        store.keep(&listing)?;
        Ok(listing)
    }

    fn remote(&self, address: &Address, revision: &str) -> Result<Remote<'_>> {
        let name = format!("data set {}/{}", address.owner, address.name);
        Remote::new(&self.hub, address.repo(revision), name)
    }

    /// Brings what the store lacks of `entries`.
    fn fill(
        &self,
        address: &Address,
        commit: &str,
        entries: &[&Entry],
        store: &mut Store,
    ) -> Result<()> {
        let mut missing = Vec::new();
        let mut n_reused = 0;
        for entry in entries {
            if store.holds(commit, entry)? {
            } else if store.reuse(commit, entry)? {
                n_reused += 1;
            } else {
                missing.push(*entry);
            }
        }
        let bytes = |entries: &[&Entry]| {
            let n_bytes = entries.iter().map(|entry| entry.wanted.n_bytes).sum();
            DecimalBytes(n_bytes)
        };
        let (n, n_missing) = (entries.len(), missing.len());
        let short = &commit[..8];
        if n_reused > 0 {
            tracing::info!("{n_reused} files are as in an earlier revision and were taken over");
        }
        if missing.is_empty() {
            tracing::info!(
                "{address}: {n} files ({}), here at commit {short}",
                bytes(entries)
            );
            return Ok(());
        }
        tracing::info!(
            "{address}: {n} files ({}) at commit {short}; fetching {n_missing} of them ({}) to {}",
            bytes(entries),
            bytes(&missing),
            store.folder(commit).display()
        );
        let remote = self.remote(address, commit)?;
        let progress = Progress::new(missing.iter().map(|entry| entry.wanted.n_bytes).sum());
        let start = Instant::now();
        for (n, entry) in (1..).zip(&missing) {
            progress.name(format!("{n} of {n_missing} {}", entry.path));
            self.download(&remote, commit, entry, store, &progress)
                .with_context(|| {
                    format!(
                        "{n_missing} files of {address} were missing, {} of them are here now; \
                         start again and it goes on from there",
                        n - 1
                    )
                })?;
        }
        let seconds = start.elapsed().as_secs();
        tracing::info!("{address}: fetched {} in {seconds} s", bytes(&missing));
        Ok(())
    }

    fn download(
        &self,
        remote: &Remote,
        commit: &str,
        entry: &Entry,
        store: &mut Store,
        progress: &Progress,
    ) -> Result<()> {
        let download = Download {
            url: &remote.file(&entry.path)?,
            bearer: remote.bearer(),
            wanted: entry.wanted,
            part: &store.part(entry),
            target: &store.path(commit, &entry.path),
        };
        download
            .run(&self.client, progress)
            .map_err(|error| remote.explain(error, Some(&entry.path)))?;
        store.verified(commit, entry)
    }
}

/// The files of the last commit that is here whole, where `error` is the network's.
fn without_network(error: Error, address: &Address, store: &mut Store) -> Result<Vec<PathBuf>> {
    if error.downcast_ref::<GaveUp>().is_none() {
        return Err(error);
    }
    for commit in store.seen(&address.revision) {
        let Some(listing) = store.listing(&commit) else {
            continue;
        };
        let Ok(entries) = choose::files(&listing, address) else {
            continue;
        };
        let mut is_whole = true;
        for entry in &entries {
            is_whole &= store.holds(&commit, entry)?;
        }
        if is_whole {
            tracing::warn!(
                "{address}: the hub cannot be asked ({error:#}); using commit {}, the last one that \
                 is here",
                &commit[..8]
            );
            store.save_verified(&commit)?;
            return Ok(store.paths(&commit, &entries));
        }
    }
    Err(error.context(format!(
        "{address} is not here whole, and the hub cannot be reached: connect to the network, or set \
         HF_ENDPOINT to a mirror, and start again"
    )))
}
