//! Files under content-hashed names; the manifest last; what an older build left, removed after.
//!
//! While a build works on its folder it holds a lock on it, and `unfinished.txt` says what is being
//! built: by these `--resume` tells an unfinished build from a finished one, and a second build is
//! refused.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ingest::safe_file;
use shared::Sha256;
use shared::manifest::FileEntry;

/// The one name that is no hash.
pub const MANIFEST: &str = "manifest.json";
/// There while a build is unfinished.
const UNFINISHED: &str = "unfinished.txt";
/// First parts of the names that this tool gives, by which it knows its own files.
const KINDS: [&str; 6] = [
    "model",
    "index",
    "papers",
    "classifier",
    "abstracts",
    "graph",
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
    _lock: File,
}

impl<'a> OutFolder<'a> {
    /// Makes the folder, or checks that it may be written to; `what` says in words what is built.
    ///
    /// # Errors
    /// Where another build works on it, where it holds something and `existing` refuses that, or
    /// holds files that are not ours.
    pub fn open(folder: &'a Path, existing: Existing, what: &str) -> Result<Self> {
        let shown = folder.display();
        std::fs::create_dir_all(folder).with_context(|| format!("making {shown}"))?;
        let lock = lock(folder)?;
        let names = names(folder)?;
        if let Some(foreign) = names.iter().find(|name| !is_ours(name)) {
            bail!(
                "{shown} holds {foreign:?}, which no build wrote: choose an empty folder for --out"
            );
        }
        let begun = names.contains(UNFINISHED);
        let finished = names.contains(MANIFEST) && !begun;
        match existing {
            Existing::Refuse if finished => bail!(
                "{shown} holds a finished build: --force replaces it, once the new one is whole"
            ),
            Existing::Refuse if names.iter().any(|name| *name != LOCK) => bail!(
                "{shown} holds an unfinished build: --resume goes on with it, --force starts again"
            ),
            Existing::Resume if finished => bail!(
                "{shown} holds a finished build, so there is nothing to resume: --force builds it again"
            ),
            Existing::Refuse | Existing::Resume | Existing::Replace => {}
        }
        let note = folder.join(UNFINISHED);
        if existing == Existing::Resume && begun {
            let before = std::fs::read_to_string(&note)
                .with_context(|| format!("reading {}", note.display()))?;
            if before.trim_end() != what {
                tracing::warn!(
                    "{shown} was begun with {}, and goes on with {what}",
                    before.trim_end()
                );
            }
        }
        safe_file::write(&note, format!("{what}\n").as_bytes())?;
        Ok(Self {
            folder,
            written: BTreeSet::new(),
            _lock: lock,
        })
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

    /// Writes the manifest, then removes what older builds left.
    ///
    /// # Errors
    /// Where the disk is full or the folder went away.
    pub fn finish(mut self, manifest: &[u8]) -> Result<()> {
        safe_file::write(&self.folder.join(MANIFEST), manifest)?;
        self.written.insert(MANIFEST.to_owned());
        // It may be locked, and goes unnoticed by the page.
        self.written.insert(LOCK.to_owned());
        for stale in names(self.folder)?.difference(&self.written) {
            std::fs::remove_file(self.folder.join(stale))
                .with_context(|| format!("removing the older build's {stale}"))?;
        }
        Ok(())
    }
}

/// Where folders cannot be locked, this file in them is.
const LOCK: &str = ".lock";

/// Locks `folder` for as long as the file that is given back lives.
fn lock(folder: &Path) -> Result<File> {
    let shown = folder.display();
    // A folder is locked without leaving a file in it, where the system lets it be opened.
    let file = if cfg!(unix) {
        File::open(folder)
    } else {
        File::create(folder.join(LOCK))
    };
    let file = file.with_context(|| format!("opening {shown}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another build works on {shown}: wait for it, or choose another folder for --out")
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {shown}")),
    }
}

fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Whether a build gave this name, or was giving it when it ended: `model-<16 hexadecimal digits>.bin`,
/// the manifest, the note and the lock, or the unfinished `.<name>.<process>-<count>.tmp` of one of
/// them. Exactly these, since whatever is ours may be removed.
fn is_ours(name: &str) -> bool {
    let finished = |name: &str| {
        [MANIFEST, UNFINISHED, LOCK].contains(&name)
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
            let error = OutFolder::open(folder.path(), existing, "test").expect_err("not ours");
            assert!(error.to_string().contains("papers-2024.jsonl"), "{error}");
        }
        assert!(papers.exists());
    }

    #[test]
    fn one_build_at_a_time_works_on_a_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = || OutFolder::open(folder.path(), Existing::Replace, "test");
        let first = open().expect("an empty folder");
        let error = open().expect_err("the folder is taken");
        assert!(error.to_string().contains("another build"), "{error}");
        drop(first);
        open().expect("the first is gone");
    }

    #[test]
    fn unfinished_builds_are_resumed_and_finished_ones_are_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = |existing| OutFolder::open(folder.path(), existing, "test");
        let refused = |existing| {
            let error = open(existing).map(drop).expect_err("refused");
            error.to_string()
        };
        drop(open(Existing::Resume).expect("nothing is there yet"));
        assert!(refused(Existing::Refuse).contains("--resume"));
        let out = open(Existing::Resume).expect("it is unfinished");
        out.finish(b"{}").expect("finished");
        assert!(refused(Existing::Refuse).contains("a finished build"));
        assert!(refused(Existing::Resume).contains("nothing to resume"));
        // A build that replaces a finished one, and ends early, leaves both; it may be resumed.
        drop(open(Existing::Replace).expect("it may be replaced"));
        assert!(
            folder.path().join(MANIFEST).exists(),
            "the older build is gone"
        );
        let out = open(Existing::Resume).expect("the second is unfinished");
        out.finish(b"{ }").expect("finished");
        let left = names(folder.path()).expect("a folder");
        assert_eq!(left, [MANIFEST.to_owned()].into());
    }
}
