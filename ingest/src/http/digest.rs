//! What a file must be, and what it is: SHA-256, or the SHA-1 under which git knows it.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256 as Hasher};
use shared::Sha256;

/// The digest of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Digest {
    /// SHA-256, as Git LFS has it.
    Sha256([u8; 32]),
    /// SHA-1 of `blob LENGTH\0` and the bytes: git's name of a file that is not in LFS.
    GitBlob([u8; 20]),
}

impl Digest {
    /// The digest of the same kind of the file at `path`, read in pieces.
    pub(crate) fn of_file_like(&self, path: &Path) -> Result<Self> {
        Ok(match self {
            Self::Sha256(_) => Self::Sha256(sha256_of(path)?.0),
            Self::GitBlob(_) => {
                let read = || -> io::Result<[u8; 20]> {
                    let mut file = File::open(path)?;
                    let mut hasher = Sha1::new();
                    hasher.update(format!("blob {}\0", file.metadata()?.len()));
                    io::copy(&mut file, &mut hasher)?;
                    Ok(hasher.finalize().into())
                };
                let digest = read().with_context(|| cannot_read(path))?;
                count();
                Self::GitBlob(digest)
            }
        })
    }

    /// What the digits are, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "SHA-256",
            Self::GitBlob(_) => "git SHA-1",
        }
    }

    /// The digest that these hexadecimal digits are, by their number.
    pub(crate) fn parse(digits: &str) -> Option<Self> {
        if digits.len() == 40 && digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            let mut bytes = [0; 20];
            for (byte, at) in bytes.iter_mut().zip((0..40).step_by(2)) {
                *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
            }
            return Some(Self::GitBlob(bytes));
        }
        digits.parse().ok().map(|Sha256(bytes)| Self::Sha256(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            Self::Sha256(bytes) => bytes,
            Self::GitBlob(bytes) => bytes,
        };
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.kind())
    }
}

impl From<Sha256> for Digest {
    fn from(Sha256(bytes): Sha256) -> Self {
        Self::Sha256(bytes)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(digits: String) -> Result<Self, String> {
        Self::parse(&digits).ok_or_else(|| format!("{digits:?} is no digest"))
    }
}

/// The SHA-256 of a file, read in pieces.
///
/// # Errors
/// Where it cannot be read.
pub fn sha256_of(path: &Path) -> Result<Sha256> {
    let mut hasher = Hasher::new();
    File::open(path)
        .and_then(|mut file| io::copy(&mut file, &mut hasher))
        .with_context(|| cannot_read(path))?;
    count();
    Ok(Sha256(hasher.finalize().into()))
}

fn cannot_read(path: &Path) -> String {
    format!(
        "cannot read {}: check the path and its permissions",
        path.display()
    )
}

#[cfg(test)]
thread_local! {
    static N_HASHED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// How many files this thread has hashed: reading 90 MB twice is what a test looks for.
#[cfg(test)]
pub(crate) fn n_hashed() -> u32 {
    N_HASHED.get()
}

fn count() {
    #[cfg(test)]
    N_HASHED.set(N_HASHED.get() + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blobs_digest_is_gits_and_both_kinds_survive_json() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "hello\n").expect("a file");
        // Of `printf 'hello\n' | git hash-object --stdin` and `| sha256sum`.
        for digits in [
            "ce013625030ba8dba906f756967f9e9ca394464a",
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        ] {
            let digest = Digest::parse(digits).expect("a digest");
            assert_eq!(digest.of_file_like(&path).expect("a file"), digest);
            let json = serde_json::to_string(&digest).expect("it can be written");
            assert_eq!(json, format!("{digits:?}"));
            let read: Digest = serde_json::from_str(&json).expect("it can be read");
            assert_eq!(read, digest);
        }
        for wrong in ["", "ce01", "zz013625030ba8dba906f756967f9e9ca394464a"] {
            assert_eq!(Digest::parse(wrong), None, "{wrong:?}");
        }
    }
}
