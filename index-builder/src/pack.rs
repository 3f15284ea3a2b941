//! Files under content-hashed names; the manifest last; what an older build left, removed after.
//!
//! While a build works on its folder it holds a lock on it, and `unfinished.txt` says what is being
//! built: by these `--resume` tells an unfinished build from a finished one, and a second build is
//! refused.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ingest::safe_file;
use shared::Sha256;
use shared::manifest::FileEntry;

use crate::feeds;

/// The one name that is no hash.
pub const MANIFEST: &str = "manifest.json";
/// There while a build is unfinished.
const UNFINISHED: &str = "unfinished.txt";
/// First parts of the names that this tool gives, by which it knows its own files.
const KINDS: [&str; 14] = [
    "model",
    "index",
    "papers",
    "classifier",
    "abstracts",
    "graph",
    "map",
    "reference",
    "table",
    "words",
    "places",
    "clusters",
    "shard",
    "leaf",
];

/// What to do with a folder that holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Go on with an unfinished build.
    Resume,
    /// Replace a finished one.
    Replace,
}

/// The folder that a build writes.
#[derive(Debug)]
pub struct OutFolder<'a> {
    folder: &'a Path,
    written: BTreeSet<String>,
    /// Until the build ends, however it ends.
    _lock: Lock,
}

impl<'a> OutFolder<'a> {
    /// Makes the folder, or checks that it may be written to; nothing in it changes yet.
    ///
    /// # Errors
    /// Where another build works on it, where it holds something and `existing` refuses that, or
    /// holds files that are not ours.
    pub fn open(folder: &'a Path, existing: Existing) -> Result<Self> {
        let shown = folder.display();
        std::fs::create_dir_all(folder).with_context(|| format!("making {shown}"))?;
        let names = names(folder)?;
        if let Some(foreign) = names.iter().find(|name| !is_ours(name)) {
            bail!(
                "{shown} holds {foreign:?}, which no build wrote: choose an empty folder for --out"
            );
        }
        let lock = lock(folder)?;
        let begun = names.contains(UNFINISHED);
        let finished = names.contains(MANIFEST) && !begun;
        match existing {
            Existing::Refuse if finished => bail!(
                "{shown} holds a finished build: --force replaces it, once the new one is whole"
            ),
            Existing::Refuse if names.iter().any(|name| *name != LOCK) => bail!(
                "{shown} holds an unfinished build: --resume goes on with it, --force replaces it"
            ),
            Existing::Resume if finished => bail!(
                "{shown} holds a finished build, so there is nothing to resume: --force builds it again"
            ),
            Existing::Refuse | Existing::Resume | Existing::Replace => {}
        }
        Ok(Self {
            folder,
            written: BTreeSet::new(),
            _lock: lock,
        })
    }

    /// Notes that a build has begun; `what` says in words which. From here on it is unfinished.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn begin(&self, what: &str) -> Result<()> {
        let note = self.folder.join(UNFINISHED);
        if let Ok(before) = std::fs::read_to_string(&note)
            && before.trim_end() != what
        {
            let shown = self.folder.display();
            let before = before.trim_end();
            tracing::warn!("{shown} was begun with {before}, and goes on with {what}");
        }
        safe_file::write(&note, format!("{what}\n").as_bytes())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.folder
    }

    /// Writes one file under its content's name.
    ///
    /// # Errors
    /// Where the disk is full or the folder went away.
    pub fn add(&mut self, kind: &str, bytes: &[u8]) -> Result<FileEntry> {
        let sha256 = Sha256::of(bytes);
        let file = format!("{kind}-{}.bin", sha256.short());
        let path = self.folder.join(&file);
        let there = std::fs::metadata(&path).is_ok_and(|found| found.len() == bytes.len() as u64)
            && std::fs::read(&path).is_ok_and(|found| found == bytes);
        if !there {
            safe_file::write(&path, bytes)?;
        }
        self.written.insert(file.clone());
        Ok(FileEntry {
            file,
            bytes: bytes.len() as u64,
            sha256,
        })
    }

    /// Writes one file under a name that readers of the site know: a feed, or the list of feeds.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_named(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        debug_assert!(
            is_ours(name),
            "an older build's {name} would never be removed"
        );
        safe_file::write(&self.folder.join(name), bytes)?;
        self.written.insert(name.to_owned());
        Ok(())
    }

    /// Writes the manifest, then removes what older builds left.
    ///
    /// # Errors
    /// Where the disk is full or the folder went away.
    pub fn finish(mut self, manifest: &[u8]) -> Result<()> {
        safe_file::write(&self.folder.join(MANIFEST), manifest)?;
        self.written.insert(MANIFEST.to_owned());
        // What somebody has put there meanwhile is theirs.
        let names = names(self.folder)?;
        let is_stale = |name: &&String| is_ours(name) && **name != LOCK;
        for stale in names.difference(&self.written).filter(is_stale) {
            std::fs::remove_file(self.folder.join(stale))
                .with_context(|| format!("removing the older build's {stale}"))?;
        }
        Ok(())
    }
}

/// Locked while a build works on its folder; it goes with the lock.
const LOCK: &str = ".lock";

/// A lock that is held; its file goes with it.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held: whoever opened it meanwhile sees that it is gone.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Locks `folder` for as long as what is given back lives.
fn lock(folder: &Path) -> Result<Lock> {
    let shown = folder.display();
    let path = folder.join(LOCK);
    loop {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another build works on {shown}: wait for it, or choose another folder for --out"
            ),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(
                    "{shown} cannot be locked: see to it that no other build works on it"
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {shown}"));
            }
        }
        // A build that ended just now has removed what was opened: the next one would make it anew.
        if is_at(&file, &path) {
            return Ok(Lock { path, _file: file });
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |about: std::fs::Metadata| (about.dev(), about.ino());
    let (opened, named) = (
        file.metadata().map(place),
        std::fs::metadata(path).map(place),
    );
    matches!((opened, named), (Ok(opened), Ok(named)) if opened == named)
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Whether a build gave this name, or was giving it when it ended: `model-<16 hexadecimal digits>.bin`,
/// a feed, the list of feeds, the manifest, the note and the lock, or the unfinished `.<name>.<process>-<count>.tmp` of one of
/// them. Exactly these, since whatever is ours may be removed.
fn is_ours(name: &str) -> bool {
    let finished = |name: &str| {
        [MANIFEST, UNFINISHED, LOCK, feeds::LIST].contains(&name)
            || feeds::is_feed(name)
            || KINDS.iter().any(|kind| {
                name.strip_prefix(kind)
                    .and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".bin"))
                    .is_some_and(|digest| {
                        digest.len() == 16 && digest.bytes().all(|c| c.is_ascii_hexdigit())
                    })
            })
    };
    let unfinished = name
        .strip_prefix('.')
        .and_then(|name| name.strip_suffix(".tmp"))
        .and_then(|name| name.rsplit_once('.'));
    finished(name) || unfinished.is_some_and(|(name, _)| finished(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_named_is_not_ours() {
        for ours in [
            "manifest.json",
            "unfinished.txt",
            ".manifest.json.123-0.tmp",
            "papers-0123456789abcdef.bin",
            "feeds.json",
            "feed-spin-glasses.xml",
            ".model-0123456789abcdef.bin.9-12.tmp",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "papers-2024.jsonl",
            "papers-0123456789abcdef.jsonl",
            "papers-0123456789abcde.bin",
            "model-final.bin",
            "manifest.json.bak",
            "manifest.jsonl",
            ".papers-2024.jsonl.1-1.tmp",
            "index-0123456789abcdeg.bin",
        ] {
            assert!(!is_ours(other), "{other} would be removed");
        }
    }

    #[test]
    fn a_folder_with_a_users_papers_is_refused_and_keeps_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let papers = folder.path().join("papers-2024.jsonl");
        std::fs::write(&papers, "{}").expect("written");
        for existing in [Existing::Refuse, Existing::Resume, Existing::Replace] {
            let error = OutFolder::open(folder.path(), existing).expect_err("not ours");
            assert!(error.to_string().contains("papers-2024.jsonl"), "{error}");
        }
        assert!(papers.exists());
    }

    #[test]
    fn one_build_at_a_time_works_on_a_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = || OutFolder::open(folder.path(), Existing::Replace);
        let first = open().expect("an empty folder");
        let error = open().expect_err("the folder is taken");
        assert!(error.to_string().contains("another build"), "{error}");
        drop(first);
        open().expect("the first is gone");
    }

    #[test]
    fn unfinished_builds_are_resumed_and_finished_ones_are_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = |existing| OutFolder::open(folder.path(), existing);
        let begin = |existing| {
            let out = open(existing).expect("it may be written");
            out.begin("test").expect("a note");
            out
        };
        let refused = |existing| {
            let error = open(existing).map(drop).expect_err("refused");
            error.to_string()
        };
        // Wrong papers end a build before it has begun.
        drop(open(Existing::Refuse).expect("nothing is there yet"));
        drop(begin(Existing::Refuse));
        assert!(refused(Existing::Refuse).contains("--resume"));
        begin(Existing::Resume).finish(b"{}").expect("finished");
        assert!(refused(Existing::Refuse).contains("a finished build"));
        assert!(refused(Existing::Resume).contains("nothing to resume"));
        drop(open(Existing::Replace).expect("it may be replaced"));
        assert!(refused(Existing::Resume).contains("nothing to resume"));
        // A build that replaces a finished one, and ends early, leaves both; it may be resumed.
        drop(begin(Existing::Replace));
        assert!(
            folder.path().join(MANIFEST).exists(),
            "the older build is gone"
        );
        let out = begin(Existing::Resume);
        let theirs = folder.path().join("notes.txt");
        std::fs::write(&theirs, "mine").expect("written meanwhile");
        out.finish(b"{ }").expect("finished");
        std::fs::remove_file(theirs).expect("what others put there is kept");
        let left = names(folder.path()).expect("a folder");
        assert_eq!(left, [MANIFEST.to_owned()].into());
    }
}
