//! Pieces of a corpus that is too large to load: which are wanting, and where they go. No browser in it.

use shared::PaperId;
use shared::artifact::ArtifactError;
use shared::manifest::{FileEntry, leaf_file, shard_file};

use super::Build;
use crate::engine::protocol::Hit;

/// A piece of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Piece {
    /// Codes of a cluster.
    Shard(u32),
    /// Vectors, titles and authors of a few papers.
    Leaf(u32),
}

impl Build {
    /// Whether the corpus comes in pieces.
    pub(in crate::engine) fn is_in_pieces(&self) -> bool {
        self.papers.leaves().is_some()
    }

    /// Pieces that were looked for and are not here, since this was last asked; each with its file.
    pub(in crate::engine) fn take_wanted(&self) -> Vec<(Piece, FileEntry)> {
        let Some(leaves) = self.papers.leaves() else {
            return Vec::new();
        };
        let wanted = leaves.take_wanted().into_iter();
        let mut wanted: Vec<_> = wanted
            .map(|leaf| (Piece::Leaf(leaf), leaf_file(leaves.entry(leaf))))
            .collect();
        let clusters = self.meaning.as_ref();
        if let Some(clusters) = clusters.and_then(|meaning| meaning.vectors.clusters()) {
            let shards = clusters.take_wanted().into_iter();
            wanted.extend(shards.map(|cluster| {
                let file = shard_file(clusters.shard_entry(cluster));
                (Piece::Shard(cluster), file)
            }));
        }
        wanted
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// Where the bytes are not that piece.
    pub(in crate::engine) fn insert_piece(
        &self,
        piece: Piece,
        bytes: Vec<u8>,
    ) -> Result<(), ArtifactError> {
        let clusters = self.meaning.as_ref();
        let clusters = clusters.and_then(|meaning| meaning.vectors.clusters());
        match (piece, self.papers.leaves(), clusters) {
            (Piece::Leaf(leaf), Some(leaves), _) => leaves.insert(leaf, bytes),
            (Piece::Shard(cluster), _, Some(clusters)) => clusters.insert_shard(cluster, bytes),
            _ => Ok(()),
        }
    }

    /// Notes that a piece cannot be had: nothing waits for it until that is forgotten.
    pub(in crate::engine) fn lack_piece(&self, piece: Piece) {
        let clusters = self.meaning.as_ref();
        let clusters = clusters.and_then(|meaning| meaning.vectors.clusters());
        match (piece, self.papers.leaves(), clusters) {
            (Piece::Leaf(leaf), Some(leaves), _) => leaves.lack(leaf),
            (Piece::Shard(cluster), _, Some(clusters)) => clusters.lack_shard(cluster),
            _ => {}
        }
    }

    /// Whether a piece is here.
    pub(in crate::engine) fn has_piece(&self, piece: Piece) -> bool {
        let clusters = self.meaning.as_ref();
        let clusters = clusters.and_then(|meaning| meaning.vectors.clusters());
        match piece {
            Piece::Leaf(leaf) => self.papers.leaves().is_some_and(|leaves| leaves.has(leaf)),
            Piece::Shard(cluster) => clusters.is_some_and(|clusters| clusters.has_shard(cluster)),
        }
    }

    /// What could not be had is tried again.
    pub(in crate::engine) fn forget_lacking(&self) {
        if let Some(leaves) = self.papers.leaves() {
            leaves.forget_lacking();
        }
        let clusters = self.meaning.as_ref();
        if let Some(clusters) = clusters.and_then(|meaning| meaning.vectors.clusters()) {
            clusters.forget_lacking();
        }
    }

    /// Every piece as a file.
    pub(in crate::engine) fn piece_files(&self) -> Vec<FileEntry> {
        let mut files = Vec::new();
        let clusters = self.meaning.as_ref();
        if let Some(clusters) = clusters.and_then(|meaning| meaning.vectors.clusters()) {
            let all = 0..clusters.len() as u32;
            files.extend(all.map(|at| shard_file(clusters.shard_entry(at))));
        }
        if let Some(leaves) = self.papers.leaves() {
            let all = 0..leaves.len() as u32;
            files.extend(all.map(|at| leaf_file(leaves.entry(at))));
        }
        files
    }

    /// A hit, where its title is here: one without would tell nobody anything.
    pub(super) fn here(&self, paper: PaperId, hit: Hit) -> Option<Hit> {
        self.papers.has_card(paper).then_some(hit)
    }
}
