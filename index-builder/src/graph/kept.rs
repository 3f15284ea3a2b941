//! A finished graph in the folder of an unfinished build, under the digest of what it links.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256 as Hasher};
use shared::Sha256;
use shared::quant::Int8Vector;

use super::{EF_CONSTRUCTION, Graph, LAYER_SHARE};

/// What decides the graph.
pub(super) fn key(vectors: &[Int8Vector], seed: u64) -> Sha256 {
    let mut hasher = Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(seed.to_le_bytes());
    hasher.update((EF_CONSTRUCTION as u64).to_le_bytes());
    hasher.update(LAYER_SHARE.to_le_bytes());
    for vector in vectors {
        hasher.update(vector.scale.to_le_bytes());
        hasher.update(
            vector
                .steps
                .iter()
                .map(|&step| step as u8)
                .collect::<Vec<_>>(),
        );
    }
    Sha256(hasher.finalize().into())
}

fn path(folder: &Path, key: &Sha256) -> PathBuf {
    folder.join(format!("graph-{}.bin", key.short()))
}

/// The graph of `key`, where a whole one is kept.
pub(super) fn read(folder: &Path, key: &Sha256) -> Option<Graph> {
    let bytes = std::fs::read(path(folder, key)).ok()?;
    let (digest, bytes) = bytes.split_first_chunk::<32>()?;
    (Sha256::of(bytes).0 == *digest)
        .then(|| postcard::from_bytes(bytes).ok())
        .flatten()
}

/// Keeps `graph`: its SHA-256, then its postcard form.
pub(super) fn write(folder: &Path, key: &Sha256, graph: &Graph) -> Result<()> {
    let bytes = postcard::to_stdvec(graph).context("writing down the graph")?;
    let digest = Sha256::of(&bytes).0;
    ingest::safe_file::write(&path(folder, key), &[&digest[..], &bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(n: usize) -> Vec<Int8Vector> {
        let vector = |at: usize| [1.0, at as f32 / 10.0, (at % 7) as f32];
        (0..n)
            .map(|at| Int8Vector::quantize(&vector(at)).expect("finite"))
            .collect()
    }

    #[test]
    fn a_kept_graph_is_that_of_its_vectors_or_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let vectors = vectors(40);
        let graph = super::super::build(&vectors, 1).expect("it links");
        let this = key(&vectors, 1);
        assert_eq!(read(folder.path(), &this), None);
        write(folder.path(), &this, &graph).expect("written");
        assert_eq!(read(folder.path(), &this), Some(graph));
        for other in [key(&vectors, 2), key(&vectors[1..], 1)] {
            assert_eq!(read(folder.path(), &other), None);
        }
        let file = path(folder.path(), &this);
        let mut bytes = std::fs::read(&file).expect("it is there");
        bytes[40] ^= 1;
        std::fs::write(&file, bytes).expect("damaged");
        assert_eq!(
            read(folder.path(), &this),
            None,
            "a damaged graph was taken"
        );
    }
}
