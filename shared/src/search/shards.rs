//! Search of a corpus that is fetched in pieces: the middles of all clusters, the codes of the nearest clusters, the
//! vectors of the leaves that these point at.
//!
//! An inverted file with two levels (Jégou, Douze and Schmid 2011, *Product quantization for nearest neighbor search*,
//! §IV), whose lists and vectors are files. Codes are compared with the query as it is, not with its signs (asymmetric
//! distance: the same, §III.B), since few vectors can be compared after them.
//!
//! Pieces that are not here are noted ([`Clusters::take_wanted`], [`crate::artifact::Leaves::take_wanted`]): whoever
//! asks fetches them and asks again. Until then the answer is made of what is here.

use std::cmp::Reverse;

use super::{Candidate, Nearest, Neighbor};
use crate::PaperId;
use crate::artifact::{Clusters, Reads};
use crate::math::Kernel;
use crate::quant::Query;

/// Codes that choose leaves, for each leaf that is read: its other papers mostly follow.
const CODES_PER_LEAF: usize = 32;
/// Papers that pass a filter among which the nearest are looked for, if as many are near.
const ENOUGH_PASSING: usize = 1000;
/// Times as many clusters as otherwise that are looked into for them.
const MOST_TIMES: usize = 4;

/// What a search reads, nearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// Clusters whose codes are compared.
    pub clusters: Vec<u32>,
    /// Leaves whose vectors are compared.
    pub leaves: Vec<u32>,
}

impl Clusters {
    /// The `k` nearest papers that `passes` among the leaves that codes choose: `reads` says of how many clusters the
    /// codes are compared, and how many leaves are read.
    ///
    /// Hits are best first, ties by smaller paper number. Approximate; where pieces are wanting also incomplete.
    ///
    /// # Panics
    /// Where the query's width is not the clusters'; one model makes both.
    pub fn search(
        &self,
        query: &Query,
        k: usize,
        reads: Reads,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> Vec<Neighbor> {
        let Pieces { leaves, .. } = self.pieces(query, reads, passes);
        self.compare(query, k, leaves.into_iter(), passes)
    }

    /// The pieces that [`Self::search`] reads.
    ///
    /// # Panics
    /// As [`Self::search`].
    pub fn pieces(
        &self,
        query: &Query,
        reads: Reads,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> Pieces {
        let clusters = self.nearest_clusters(query, reads.clusters as usize, passes);
        let tables = tables(query);
        let mut found: Vec<(i32, u32)> = Vec::new();
        let mut is_whole = true;
        for &cluster in &clusters {
            let Some(shard) = self.shard(cluster) else {
                // Of what cannot be had nothing more will be known.
                is_whole &= self.lacks_shard(cluster);
                continue;
            };
            let codes = shard.codes().chunks_exact(self.dim() / 8);
            for (paper, code) in self.papers(cluster).zip(codes) {
                if passes.is_none_or(|passes| passes(PaperId(paper))) {
                    found.push((score(&tables, code), paper));
                }
            }
        }
        let by_score = |&(score, paper): &(i32, u32)| (Reverse(score), paper);
        let most = (reads.leaves as usize).saturating_mul(CODES_PER_LEAF);
        if found.len() > most && most > 0 {
            found.select_nth_unstable_by_key(most - 1, by_score);
            found.truncate(most);
        }
        found.sort_unstable_by_key(by_score);
        let mut leaves: Vec<u32> = Vec::new();
        for (_, paper) in found {
            let (leaf, _) = self.leaves().place_of(PaperId(paper));
            if leaves.len() == reads.leaves as usize {
                break;
            }
            if !leaves.contains(&leaf) {
                leaves.push(leaf);
            }
        }
        // While codes are wanting, others may be nearer: what is fetched for these would be fetched in vain.
        leaves.retain(|&leaf| is_whole || self.leaves().has(leaf));
        Pieces { clusters, leaves }
    }

    /// The `k` nearest papers that `passes` of all leaves: the judge, for whoever has all of them.
    ///
    /// # Panics
    /// As [`Self::search`].
    pub fn search_exact(
        &self,
        query: &Query,
        k: usize,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> Vec<Neighbor> {
        self.compare(query, k, 0..self.leaves().len() as u32, passes)
    }

    /// Cosine of the query and a paper's stored vector; `None` for a paper without one, or whose leaf is not here.
    ///
    /// # Panics
    /// As [`Self::search`].
    pub fn similarity_to(&self, query: &Query, paper: PaperId) -> Option<f32> {
        let (leaf, place) = self.leaves().of(paper)?;
        let (steps, scale) = self.vector_in(&leaf, place)?;
        Some(similarity(Kernel::best(), query, steps, scale))
    }

    /// The `most` clusters nearest to the query that have a paper which `passes`, nearest first.
    fn nearest_clusters(
        &self,
        query: &Query,
        most: usize,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> Vec<u32> {
        let kernel = Kernel::best();
        let mut all: Vec<Candidate> = (0..self.len() as u32)
            .map(|cluster| {
                let (steps, scale) = self.middle(cluster);
                Candidate {
                    similarity: similarity(kernel, query, steps, scale),
                    node: cluster,
                }
            })
            .collect();
        all.sort_unstable_by_key(|&candidate| Reverse(candidate));
        // A cluster without a middle has papers that nothing could be embedded of.
        all.retain(|candidate| self.middle(candidate.node).1 > 0.0);
        let nearest = all.into_iter().map(|candidate| candidate.node);
        let Some(passes) = passes else {
            return nearest.take(most).collect();
        };
        // Where few papers of a cluster pass, more clusters are looked into.
        let (mut clusters, mut n_passing) = (Vec::new(), 0);
        for cluster in nearest {
            let passing = self.papers(cluster).filter(|&paper| passes(PaperId(paper)));
            let n = passing.count();
            if n > 0 {
                clusters.push(cluster);
                n_passing += n;
            }
            let enough = clusters.len() >= most && n_passing >= ENOUGH_PASSING;
            if enough || clusters.len() >= most.saturating_mul(MOST_TIMES) {
                break;
            }
        }
        clusters
    }

    /// The `k` nearest papers of some leaves.
    fn compare(
        &self,
        query: &Query,
        k: usize,
        leaves: impl Iterator<Item = u32>,
        passes: Option<&dyn Fn(PaperId) -> bool>,
    ) -> Vec<Neighbor> {
        let kernel = Kernel::best();
        let mut nearest = Nearest::new(k);
        for number in leaves {
            let Some(leaf) = self.leaves().get(number) else {
                continue;
            };
            for (place, paper) in self.leaves().papers(number).enumerate() {
                if passes.is_some_and(|passes| !passes(PaperId(paper))) {
                    continue;
                }
                if let Some((steps, scale)) = self.vector_in(&leaf, place) {
                    nearest.offer(Candidate {
                        similarity: similarity(kernel, query, steps, scale),
                        node: paper,
                    });
                }
            }
        }
        let found = nearest.into_sorted().into_iter();
        let neighbor = |found: Candidate| Neighbor {
            paper: PaperId(found.node),
            similarity: found.similarity,
        };
        found.map(neighbor).collect()
    }
}

fn similarity(kernel: Kernel, query: &Query, steps: &[i8], scale: f32) -> f32 {
    assert_eq!(
        steps.len(),
        query.steps.len(),
        "one model made query and vectors"
    );
    kernel.dot_i16_i8(&query.steps, steps) as f32 * (query.scale * scale)
}

/// What each byte of a code adds to its score, `[dim / 8, 256]`: the query's eight entries there, those of set bits
/// taken away.
fn tables(query: &Query) -> Vec<[i32; 256]> {
    let table = |entries: &[i16]| {
        let mut table = [entries.iter().copied().map(i32::from).sum::<i32>(); 256];
        for byte in 1..256_usize {
            let lowest = byte.trailing_zeros() as usize;
            table[byte] = table[byte & (byte - 1)] - 2 * i32::from(entries[lowest]);
        }
        table
    };
    query.steps.chunks_exact(8).map(table).collect()
}

/// The query's product with the signs of a code.
fn score(tables: &[[i32; 256]], code: &[u8]) -> i32 {
    let bytes = tables.iter().zip(code);
    bytes.map(|(table, &byte)| table[usize::from(byte)]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_product_with_the_signs() {
        let vector: Vec<f32> = (0..16_i16).map(|at| f32::from(at) - 7.3).collect();
        let query = Query::new(&vector).expect("finite");
        let tables = tables(&query);
        for code in [[0, 0], [0xff, 0xff], [0b1001_0110, 0b0000_0001], [1, 128]] {
            let bit = |at: usize| code[at / 8] >> (at % 8) & 1 == 1;
            let signed = query.steps.iter().enumerate();
            let wanted: i32 = signed
                .map(|(at, &step)| i32::from(step) * if bit(at) { -1 } else { 1 })
                .sum();
            assert_eq!(score(&tables, &code), wanted, "{code:?}");
        }
    }
}
