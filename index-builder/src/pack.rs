//! Files under content-hashed names; the manifest last; what an older build left, removed after.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ingest::safe_file;
use shared::Sha256;
use shared::manifest::FileEntry;

/// The one name that is no hash.
pub const MANIFEST: &str = "manifest.json";
/// First parts of the names that this tool gives, by which it knows its own files.
const KINDS: [&str; 5] = ["model", "index", "papers", "classifier", "abstracts"];

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
}

impl<'a> OutFolder<'a> {
    /// Makes the folder, or checks that it may be written to.
    ///
    /// # Errors
    /// Where it holds something and `existing` refuses that, or holds files that are not ours.
    pub fn open(folder: &'a Path, existing: Existing) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let names = names(folder)?;
        if let Some(foreign) = names.iter().find(|name| !is_ours(name)) {
            bail!(
                "{} holds {foreign:?}, which no build wrote: choose an empty folder for --out",
                folder.display()
            );
        }
        if !names.is_empty() && existing == Existing::Refuse {
            let state = if names.contains(MANIFEST) {
                "a finished build"
            } else {
                "an unfinished build"
            };
            bail!(
                "{} holds {state}: --resume goes on with it, --force replaces it",
                folder.display()
            );
        }
        Ok(Self {
            folder,
            written: BTreeSet::new(),
        })
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
        for stale in names(self.folder)?.difference(&self.written) {
            std::fs::remove_file(self.folder.join(stale))
                .with_context(|| format!("removing the older build's {stale}"))?;
        }
        Ok(())
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
/// the manifest, or the unfinished `.<name>.<process>-<count>.tmp` of one of them. Exactly these, since
/// whatever is ours may be removed.
fn is_ours(name: &str) -> bool {
    let finished = |name: &str| {
        name == MANIFEST
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
            let error = OutFolder::open(folder.path(), existing).expect_err("not ours");
            assert!(error.to_string().contains("papers-2024.jsonl"), "{error}");
        }
        assert!(papers.exists());
    }
}
