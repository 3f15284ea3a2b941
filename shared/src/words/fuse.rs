//! One list of two: what is near in meaning, and what has the words.
//!
//! Two ways, both pure functions of the lists:
//! 1. reciprocal rank fusion (Cormack, Clarke and Büttcher 2009) looks at ranks only and has nothing to fit;
//! 2. a convex combination of normalized scores (Bruch, Gai and Ingber 2023, arXiv:2210.11934) keeps how far
//!    apart hits are, and has one weight, which is fitted on queries with known answers.
//!
//! Which one serves, and whether any does, is measured and not assumed.

use std::collections::HashMap;

use super::{FieldSet, WordHit};
use crate::{Neighbor, PaperId};

/// How two lists become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fusion {
    /// `Σ 1 / (k + rank)`, ranks from 1; 60 is the `k` of its authors.
    ReciprocalRank {
        /// How little the first ranks stand out.
        k: f32,
    },
    /// `α · semantic + (1 − α) · words`, each normalized.
    Convex {
        /// `α`, 0 to 1: what meaning counts.
        semantic_weight: f32,
        /// To what scores are normalized.
        normalization: Normalization,
    },
}

impl Default for Fusion {
    /// Words and meaning count alike, each from its worst hit to its best: what does best on the sets scifact,
    /// scitldr and cranfield (`cargo xtask bench search`), where ranks alone gain half as much.
    fn default() -> Self {
        Self::Convex {
            semantic_weight: 0.5,
            normalization: Normalization::MinMax,
        }
    }
}

/// To what the scores of a list are normalized. The best is 1 in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalization {
    /// The worst of the list is 0.
    MinMax,
    /// The least that there can be is 0: a similarity of −1, a BM25 of 0.
    TheoreticalMinMax,
}

/// A paper of either list, and what it is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// Which paper.
    pub paper: PaperId,
    /// By the fusion; comparable within one list only.
    pub score: f32,
    /// Place among the semantic hits, from 0.
    pub semantic_rank: Option<u32>,
    /// Place among the hits of words, from 0.
    pub word_rank: Option<u32>,
    /// Fields that hold words of the query.
    pub fields: FieldSet,
    /// Which terms of the query it has; see [`WordHit::terms`].
    pub terms: u64,
}

/// The papers of both lists, best first; of equals the paper of the smaller number.
///
/// Each list is best first and has a paper once. A paper that is missing in a list scores 0 there.
///
/// ```
/// use shared::words::{Fusion, fuse};
/// use shared::{Neighbor, PaperId};
/// let near = [Neighbor { paper: PaperId(7), similarity: 0.8 }];
/// let fused = fuse(&near, &[], Fusion::default());
/// assert_eq!((fused[0].paper, fused[0].semantic_rank, fused[0].word_rank), (PaperId(7), Some(0), None));
/// ```
pub fn fuse(semantic: &[Neighbor], words: &[WordHit], fusion: Fusion) -> Vec<Fused> {
    let mut fused: Vec<Fused> = Vec::with_capacity(semantic.len() + words.len());
    let mut places: HashMap<PaperId, usize> = HashMap::with_capacity(fused.capacity());
    let scale = |scores: &mut dyn Iterator<Item = f32>, least: f32| match fusion {
        Fusion::ReciprocalRank { .. } => Scale::default(),
        Fusion::Convex { normalization, .. } => Scale::of(scores, normalization, least),
    };
    let of_meaning = scale(&mut semantic.iter().map(|hit| hit.similarity), -1.0);
    let of_words = scale(&mut words.iter().map(|hit| hit.score), 0.0);
    let share = |rank: usize, score: f32, scale: &Scale, is_semantic: bool| match fusion {
        Fusion::ReciprocalRank { k } => 1.0 / (k + rank as f32 + 1.0),
        Fusion::Convex {
            semantic_weight, ..
        } => {
            let weight = if is_semantic {
                semantic_weight
            } else {
                1.0 - semantic_weight
            };
            weight * scale.normalize(score)
        }
    };
    for (rank, hit) in semantic.iter().enumerate() {
        places.insert(hit.paper, fused.len());
        fused.push(Fused {
            paper: hit.paper,
            score: share(rank, hit.similarity, &of_meaning, true),
            semantic_rank: Some(rank as u32),
            word_rank: None,
            fields: FieldSet::NONE,
            terms: 0,
        });
    }
    for (rank, hit) in words.iter().enumerate() {
        let at = *places.entry(hit.paper).or_insert_with(|| {
            fused.push(Fused {
                paper: hit.paper,
                score: 0.0,
                semantic_rank: None,
                word_rank: None,
                fields: FieldSet::NONE,
                terms: 0,
            });
            fused.len() - 1
        });
        let found = &mut fused[at];
        found.score += share(rank, hit.score, &of_words, false);
        found.word_rank = Some(rank as u32);
        found.fields = hit.fields;
        found.terms = hit.terms;
    }
    fused.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.paper.cmp(&b.paper)));
    fused
}

/// From scores to 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
struct Scale {
    low: f32,
    high: f32,
}

impl Scale {
    fn of(scores: &mut dyn Iterator<Item = f32>, to: Normalization, least: f32) -> Self {
        let all = (f32::INFINITY, f32::NEG_INFINITY);
        let (low, high) = scores.fold(all, |(low, high), score| (low.min(score), high.max(score)));
        match to {
            Normalization::MinMax => Self { low, high },
            Normalization::TheoreticalMinMax => Self { low: least, high },
        }
    }

    /// 1 where all scores are one: such a list says only that its papers are found.
    fn normalize(&self, score: f32) -> f32 {
        if self.high > self.low {
            (score - self.low) / (self.high - self.low)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::words::Field;

    fn near(hits: &[(u32, f32)]) -> Vec<Neighbor> {
        let hit = |&(paper, similarity)| Neighbor {
            paper: PaperId(paper),
            similarity,
        };
        hits.iter().map(hit).collect()
    }

    fn worded(hits: &[(u32, f32)]) -> Vec<WordHit> {
        let hit = |&(paper, score)| WordHit {
            paper: PaperId(paper),
            score,
            fields: Field::Title.into(),
            terms: 1 << paper,
        };
        hits.iter().map(hit).collect()
    }

    fn scores(fused: &[Fused]) -> Vec<(u32, f32)> {
        fused.iter().map(|hit| (hit.paper.0, hit.score)).collect()
    }

    fn convex(semantic_weight: f32, normalization: Normalization) -> Fusion {
        Fusion::Convex {
            semantic_weight,
            normalization,
        }
    }

    #[test]
    fn reciprocal_ranks_add_up() {
        let (near, words) = (near(&[(1, 0.9), (2, 0.8)]), worded(&[(2, 7.0), (3, 1.0)]));
        let fused = fuse(&near, &words, Fusion::ReciprocalRank { k: 60.0 });
        let wanted = [
            (2, 1.0 / 62.0 + 1.0 / 61.0),
            (1, 1.0 / 61.0),
            (3, 1.0 / 62.0),
        ];
        assert_eq!(scores(&fused), wanted);
        assert_eq!(
            (fused[0].semantic_rank, fused[0].word_rank),
            (Some(1), Some(0))
        );
        assert_eq!(
            (fused[0].fields, fused[0].terms),
            (Field::Title.into(), 0b100)
        );
        assert_eq!((fused[1].word_rank, fused[1].terms), (None, 0));
        assert!(fused[1].fields.is_empty() && fused[2].semantic_rank.is_none());
    }

    #[test]
    fn convex_sums_are_of_normalized_scores() {
        let (near, words) = (near(&[(1, 0.5), (2, 0.0)]), worded(&[(2, 8.0), (3, 4.0)]));
        let fused = fuse(&near, &words, convex(0.75, Normalization::MinMax));
        assert_eq!(scores(&fused), [(1, 0.75), (2, 0.25), (3, 0.0)]);
        let fused = fuse(
            &near,
            &words,
            convex(0.75, Normalization::TheoreticalMinMax),
        );
        assert_eq!(
            scores(&fused),
            [(1, 0.75), (2, 0.75 / 1.5 + 0.25), (3, 0.125)]
        );
    }

    #[test]
    fn lists_of_one_score_and_empty_lists_are_no_division_by_zero() {
        let (one, words) = (near(&[(4, 0.3)]), worded(&[(5, 0.0), (6, 0.0)]));
        for normalization in [Normalization::MinMax, Normalization::TheoreticalMinMax] {
            let fused = fuse(&one, &words, convex(0.5, normalization));
            assert_eq!(scores(&fused), [(4, 0.5), (5, 0.5), (6, 0.5)]);
            assert_eq!(fuse(&[], &[], convex(0.5, normalization)), []);
        }
    }

    /// A list of papers, best first, of which each has one place.
    fn list() -> impl Strategy<Value = Vec<(u32, f32)>> {
        prop::collection::btree_map(0_u32..20, -1.0_f32..1.0, 0..12).prop_map(|hits| {
            let mut hits: Vec<(u32, f32)> = hits.into_iter().collect();
            hits.sort_by(|a, b| b.1.total_cmp(&a.1));
            hits
        })
    }

    proptest! {
        #[test]
        fn every_paper_is_there_once_with_its_ranks(semantic in list(), words in list(), weight in 0.0_f32..=1.0) {
            let (semantic, words) = (near(&semantic), worded(&words));
            for fusion in [
                Fusion::ReciprocalRank { k: 60.0 },
                convex(weight, Normalization::MinMax),
                convex(weight, Normalization::TheoreticalMinMax),
            ] {
                let fused = fuse(&semantic, &words, fusion);
                let mut papers: Vec<PaperId> = fused.iter().map(|hit| hit.paper).collect();
                prop_assert!(fused.windows(2).all(|pair| pair[0].score >= pair[1].score));
                papers.sort_unstable();
                let n = papers.len();
                papers.dedup();
                prop_assert_eq!(papers.len(), n, "a paper stands twice");
                for hit in &fused {
                    let at = semantic.iter().position(|of| of.paper == hit.paper);
                    prop_assert_eq!(hit.semantic_rank, at.map(|at| at as u32));
                    let at = words.iter().position(|of| of.paper == hit.paper);
                    prop_assert_eq!(hit.word_rank, at.map(|at| at as u32));
                    prop_assert!(hit.semantic_rank.is_some() || hit.word_rank.is_some());
                }
            }
        }

        /// One list alone keeps its order.
        #[test]
        fn a_list_alone_stays_as_it_is(semantic in list()) {
            let semantic = near(&semantic);
            let fused = fuse(&semantic, &[], Fusion::ReciprocalRank { k: 60.0 });
            let order = |hits: &[Fused]| hits.iter().map(|hit| hit.paper).collect::<Vec<_>>();
            prop_assert_eq!(order(&fused), semantic.iter().map(|hit| hit.paper).collect::<Vec<_>>());
        }
    }
}
