//! Quantized models between runs: quantizing takes seconds, and a run that is resumed has done it.
//!
//! A model is kept under the digest of all that it was made of, this program included: a changed
//! quantizer finds none of the models that an older one made.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use sha2::{Digest as _, Sha256 as Hasher};
use shared::Sha256;

/// Models kept: a program under development leaves one behind with every build of it.
const MOST: usize = 4;
const AN_HOUR: Duration = Duration::from_hours(1);

/// Where the model made of `parts` is kept: `<folder>/<digest of parts and program>.model`.
pub(super) fn place(folder: &Path, parts: &[&[u8]]) -> Result<PathBuf> {
    let mut hasher = Hasher::new();
    io::copy(&mut File::open(std::env::current_exe()?)?, &mut hasher)?;
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = Sha256(hasher.finalize().into());
    Ok(folder.join(format!("{}.model", digest.short())))
}

/// The model at `place`, where a whole one is.
pub(super) fn read(place: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(place).ok()?;
    let (digest, model) = bytes.split_first_chunk::<32>()?;
    (Sha256::of(model).0 == *digest).then(|| model.to_vec())
}

/// Keeps `model` at `place`, and of the others only the newest.
pub(super) fn write(place: &Path, model: &[u8]) -> Result<()> {
    let digest = Sha256::of(model).0;
    ingest::safe_file::write(place, &[&digest[..], model].concat())?;
    let Some(folder) = place.parent() else {
        return Ok(());
    };
    for entry in fs::read_dir(folder)?.flatten() {
        // What a killed run was writing; one that still writes is younger.
        let about = entry.metadata()?;
        let is_old = about.modified()?.elapsed().is_ok_and(|age| age > AN_HOUR);
        if is_old
            && entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "tmp")
        {
            fs::remove_file(entry.path())?;
        }
    }
    let mut others: Vec<(SystemTime, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .filter(|entry| {
            let path = entry.path();
            path != place && path.extension().is_some_and(|ending| ending == "model")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    others.sort();
    for (_, path) in others.iter().rev().skip(MOST - 1) {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_model_is_the_one_made_of_these_parts_or_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let here = |parts: &[&[u8]]| place(folder.path(), parts).expect("a place");
        let this = here(&[b"weights", b"config"]);
        assert_eq!(read(&this), None);
        write(&this, b"model").expect("written");
        assert_eq!(read(&this).as_deref(), Some(&b"model"[..]));
        assert_ne!(this, here(&[b"weightsc", b"onfig"]), "parts run together");

        let mut bytes = fs::read(&this).expect("it is there");
        bytes[33] ^= 1;
        fs::write(&this, bytes).expect("damaged");
        assert_eq!(read(&this), None, "a damaged model was taken");

        let half = folder.path().join(".a.model.1-0.tmp");
        fs::write(&half, "half").expect("written");
        let file = File::options()
            .write(true)
            .open(&half)
            .expect("it is there");
        file.set_modified(SystemTime::now() - 2 * AN_HOUR)
            .expect("its date is ours");
        for n in 0..6_u8 {
            write(&here(&[&[n]]), &[n]).expect("written");
        }
        assert_eq!(
            fs::read_dir(folder.path()).expect("it is there").count(),
            MOST
        );
    }
}
