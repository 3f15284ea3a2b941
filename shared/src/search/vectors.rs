//! The vectors of a corpus, loaded whole or in pieces.

use super::{Neighbor, Road, Searcher, diverse, like};
use crate::artifact::{ArtifactError, Clusters, Golden, Index, Reads};
use crate::quant::{Int8Vector, Query};
use crate::{PaperId, Sha256};

/// Where the vectors of a corpus stand.
#[derive(Debug)]
pub enum Vectors {
    /// All of them are here, with a graph.
    Loaded(Index),
    /// They come in pieces as they are asked for, and search is approximate.
    Sharded(Clusters),
}

impl Vectors {
    /// Refuses another model than the one that made the vectors.
    ///
    /// # Errors
    /// [`ArtifactError::OtherModel`].
    pub fn check_model(&self, model: Sha256) -> Result<(), ArtifactError> {
        let recorded = match self {
            Self::Loaded(index) => index.model_sha256(),
            Self::Sharded(clusters) => clusters.model_sha256(),
        };
        if model == recorded {
            Ok(())
        } else {
            Err(ArtifactError::OtherModel {
                found: model,
                recorded,
            })
        }
    }

    /// Papers, with a vector or without.
    pub fn n_papers(&self) -> usize {
        match self {
            Self::Loaded(index) => index.n_papers(),
            Self::Sharded(clusters) => clusters.n_papers(),
        }
    }

    /// Texts with the vectors that the build's encoder gave them.
    pub fn golden(&self) -> &[Golden] {
        match self {
            Self::Loaded(index) => index.golden(),
            Self::Sharded(clusters) => clusters.golden(),
        }
    }

    /// The index, where it is loaded whole.
    pub fn index(&self) -> Option<&Index> {
        match self {
            Self::Loaded(index) => Some(index),
            Self::Sharded(_) => None,
        }
    }

    /// The clusters, where the corpus comes in pieces.
    pub fn clusters(&self) -> Option<&Clusters> {
        match self {
            Self::Loaded(_) => None,
            Self::Sharded(clusters) => Some(clusters),
        }
    }

    /// A paper's vector as it is stored, to the bit; `None` where there was nothing to embed, or it is not here yet.
    pub fn int8_vector(&self, paper: PaperId) -> Option<Int8Vector> {
        match self {
            Self::Loaded(index) => index.int8_vector(paper),
            Self::Sharded(clusters) => clusters.int8_vector(paper),
        }
    }

    /// A paper's vector; `None` as for [`Self::int8_vector`].
    pub fn vector(&self, paper: PaperId) -> Option<Vec<f32>> {
        match self {
            Self::Loaded(index) => index.vector(paper),
            Self::Sharded(clusters) => Some(clusters.int8_vector(paper)?.dequantize()),
        }
    }

    /// Cosine of the query and a paper's stored vector; `None` as for [`Self::int8_vector`].
    ///
    /// # Panics
    /// As [`Index::search_exact`].
    pub fn similarity_to(&self, query: &Query, paper: PaperId) -> Option<f32> {
        match self {
            Self::Loaded(index) => index.similarity_to(query, paper),
            Self::Sharded(clusters) => clusters.similarity_to(query, paper),
        }
    }

    /// As [`Index::like`].
    pub fn like(&self, near: &[PaperId], away: &[PaperId]) -> Option<Vec<f32>> {
        like::like(&|paper| self.vector(paper), near, away)
    }

    /// As [`Index::diverse`].
    pub fn diverse(&self, found: &[Neighbor], k: usize) -> Vec<Neighbor> {
        diverse::diverse(&|paper| self.vector(paper), found, k)
    }

    /// The road to the `k` nearest papers of all.
    pub fn road(&self, k: usize) -> Road {
        match self {
            Self::Loaded(index) => index.road(k),
            Self::Sharded(clusters) => Road::Shards(clusters.reads()),
        }
    }

    /// The `k` nearest papers that `passes`, best first, ties by smaller paper number, and how they were found: by
    /// `road` among all papers of a loaded index, by comparing what passes where not all do, by shards where there are
    /// some and nothing else is asked for.
    ///
    /// # Panics
    /// As [`Index::search_exact`].
    pub fn nearest(
        &self,
        searcher: &mut Searcher,
        query: &Query,
        k: usize,
        road: Option<Road>,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> (Vec<Neighbor>, Road) {
        match (self, passes) {
            (Self::Loaded(index), Some(passes)) => {
                (index.search_exact(query, k, passes), Road::Exact)
            }
            (Self::Loaded(index), None) => {
                let road = road.unwrap_or_else(|| index.road(k));
                (index.search_by(road, searcher, query, k), road)
            }
            (Self::Sharded(clusters), _) => match road {
                None => {
                    let reads = clusters.reads();
                    let found = clusters.search(query, k, reads, passes);
                    (found, Road::Shards(reads))
                }
                Some(road @ Road::Shards(reads)) => {
                    (clusters.search(query, k, reads, passes), road)
                }
                Some(_) => (clusters.search_exact(query, k, passes), Road::Exact),
            },
        }
    }
}

impl Reads {
    /// Everything that there is.
    pub const ALL: Self = Self {
        clusters: u32::MAX,
        leaves: u32::MAX,
    };
}
