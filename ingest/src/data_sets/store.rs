//! Data sets on disk: `data_sets/OWNER+NAME/COMMIT/PATH`, and beside the commits' folders
//!
//! - `COMMIT.files.json`: the list of the commit's files, which never changes;
//! - `COMMIT.verified.json`: length and time of the files that were found to be what they should;
//! - `revisions.json`: which commits a revision was, the last one first;
//! - `parts/DIGEST`: what a download has so far, whatever commit it was for.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::listing::{Entry, Listing, is_commit};
use crate::{lock, safe_file};

/// Commits of one revision that are remembered.
const MAX_SEEN: usize = 20;

/// A change this soon after another one may leave the time as it was: clocks of file systems tick,
/// some every two seconds.
const TICK: Duration = Duration::from_secs(2);

/// Length and time of change, by path: where these stay, a file was not written to.
type Verified = BTreeMap<String, Stamp>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    n_bytes: u64,
    /// Nanoseconds since 1970.
    changed: u64,
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let about = path.metadata()?;
        let changed = about.modified()?;
        let changed = changed.duration_since(SystemTime::UNIX_EPOCH);
        Ok(Self {
            n_bytes: about.len(),
            changed: changed.map_or(0, |time| time.as_nanos() as u64),
        })
    }
}

impl Stamp {
    /// Whether every change from now on gives the file another time.
    fn is_settled(self, now: SystemTime) -> bool {
        let changed = SystemTime::UNIX_EPOCH + Duration::from_nanos(self.changed);
        now.duration_since(changed).is_ok_and(|age| age >= TICK)
    }
}

/// One data set's folder, ours alone until this is dropped.
pub(super) struct Store {
    folder: PathBuf,
    verified: HashMap<String, Verified>,
    /// Listings of the commits that are here.
    listings: HashMap<String, Listing>,
    _lock: File,
}

impl Store {
    /// Opens or makes the folder; waits where another tool has it.
    pub(super) fn open(cache: &Path, address: &Address) -> Result<Self> {
        let name = format!("{}+{}", address.owner, address.name);
        let folder = cache.join("data_sets").join(name);
        let lock = lock::hold(
            &folder.join(".lock"),
            "set OFFPRINT_CACHE to another folder",
        )?;
        let mut store = Self {
            folder,
            verified: HashMap::new(),
            listings: HashMap::new(),
            _lock: lock,
        };
        store.read_listings()?;
        Ok(store)
    }

    fn read_listings(&mut self) -> Result<()> {
        let entries = fs::read_dir(&self.folder)
            .with_context(|| format!("cannot list {}", self.folder.display()))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(commit) = name.to_str().and_then(|it| it.strip_suffix(".files.json")) else {
                continue;
            };
            // What cannot be read, or is not what its name says, is asked for again.
            let listing = read_json::<Listing>(&entry.path());
            if let Some(listing) = listing.filter(|it| it.commit == commit && is_commit(commit)) {
                let verified = read_json(&self.folder.join(format!("{commit}.verified.json")));
                let verified = verified.unwrap_or_default();
                self.verified.insert(commit.to_owned(), verified);
                self.listings.insert(commit.to_owned(), listing);
            }
        }
        Ok(())
    }

    /// The folder of a commit's files.
    pub(super) fn folder(&self, commit: &str) -> PathBuf {
        self.folder.join(commit)
    }

    /// Where a file of a commit is, or will be.
    pub(super) fn path(&self, commit: &str, path: &str) -> PathBuf {
        let mut at = self.folder(commit);
        at.extend(path.split('/'));
        at
    }

    pub(super) fn paths(&self, commit: &str, entries: &[&Entry]) -> Vec<PathBuf> {
        let path = |entry: &&Entry| self.path(commit, &entry.path);
        entries.iter().map(path).collect()
    }

    /// Where a download grows: by its digest, so that no two files' bytes mix and a new commit
    /// goes on with what was begun for an old one.
    pub(super) fn part(&self, entry: &Entry) -> PathBuf {
        let digest = entry.wanted.digest.to_string();
        self.folder.join("parts").join(digest + ".part")
    }

    /// The list of a commit's files, where it was kept.
    pub(super) fn listing(&self, commit: &str) -> Option<Listing> {
        self.listings.get(commit).cloned()
    }

    /// Keeps a list.
    pub(super) fn keep(&mut self, listing: &Listing) -> Result<()> {
        let path = self.folder.join(format!("{}.files.json", listing.commit));
        write_json(&path, listing)?;
        let commit = listing.commit.clone();
        self.listings.insert(commit, listing.clone());
        Ok(())
    }

    /// The commits that a revision was seen to be, the last one first.
    pub(super) fn seen(&self, revision: &str) -> Vec<String> {
        let mut seen = self.revisions().remove(revision).unwrap_or_default();
        seen.retain(|commit| is_commit(commit));
        seen
    }

    /// Remembers that a revision was this commit, and that what was wanted of it is here.
    pub(super) fn saw(&self, revision: &str, commit: &str) -> Result<()> {
        let mut revisions = self.revisions();
        let seen = revisions.entry(revision.to_owned()).or_default();
        if seen.first().is_some_and(|first| first == commit) {
            return Ok(());
        }
        seen.retain(|it| it != commit);
        seen.insert(0, commit.to_owned());
        seen.truncate(MAX_SEEN);
        write_json(&self.folder.join("revisions.json"), &revisions)
    }

    fn revisions(&self) -> BTreeMap<String, Vec<String>> {
        read_json(&self.folder.join("revisions.json")).unwrap_or_default()
    }

    /// Whether the file is here, and what it should be. A damaged one is removed.
    pub(super) fn holds(&mut self, commit: &str, entry: &Entry) -> Result<bool> {
        let path = self.path(commit, &entry.path);
        let Ok(stamp) = Stamp::of(&path) else {
            return Ok(false);
        };
        let known = self.verified.get(commit).and_then(|it| it.get(&entry.path));
        if known == Some(&stamp) && stamp.n_bytes == entry.wanted.n_bytes {
            return Ok(true);
        }
        if entry.wanted.is_at(&path) {
            self.verified(commit, entry)?;
            return Ok(true);
        }
        tracing::warn!(
            "{} was changed since it was downloaded: fetching it anew",
            path.display()
        );
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        Ok(false)
    }

    /// Takes the file over from another commit, where one has the same.
    pub(super) fn reuse(&mut self, commit: &str, entry: &Entry) -> Result<bool> {
        let is_same = |it: &&Entry| it.wanted == entry.wanted;
        let others = self.listings.values();
        let same: Vec<_> = others
            .filter(|listing| listing.commit != commit)
            .flat_map(|listing| {
                let same = listing.files.iter().filter(is_same);
                same.map(|it| (listing.commit.clone(), it.clone()))
            })
            .collect();
        for (other, same) in same {
            if self.holds(&other, &same)? {
                let from = self.path(&other, &same.path);
                link(&from, &self.path(commit, &entry.path))?;
                self.verified(commit, entry)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Remembers that the file is here, and what it should be; one that was written just now is
    /// read once more by the next start.
    pub(super) fn verified(&mut self, commit: &str, entry: &Entry) -> Result<()> {
        let path = self.path(commit, &entry.path);
        let stamp = Stamp::of(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let verified = self.verified.entry(commit.to_owned()).or_default();
        if stamp.is_settled(SystemTime::now()) {
            verified.insert(entry.path.clone(), stamp);
        } else {
            verified.remove(&entry.path);
        }
        Ok(())
    }

    /// Writes down what is remembered of a commit's files.
    pub(super) fn save_verified(&self, commit: &str) -> Result<()> {
        let path = self.folder.join(format!("{commit}.verified.json"));
        let verified = self.verified.get(commit).cloned().unwrap_or_default();
        if read_json::<Verified>(&path).is_none_or(|there| there != verified) {
            write_json(&path, &verified)?;
        }
        Ok(())
    }
}

/// The same file under two names, or a copy where the disk cannot do that.
fn link(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    safe_file::write_with(to, |to| {
        let mut from = File::open(from)?;
        io::copy(&mut from, to)?;
        Ok(())
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(value).context("our own record is JSON")?;
    json.push(b'\n');
    safe_file::write(path, &json)
}
