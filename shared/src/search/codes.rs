//! Search by 1-bit codes: the signs of all vectors first, then the best of them as they are stored.
//!
//! A code costs no byte of an artifact, since the signs are read from the stored vectors when an index is
//! opened; in memory it is an eighth of a vector. Two vectors point the more alike, the fewer of their
//! signs differ (Charikar 2002, *Similarity estimation techniques from rounding algorithms*). Comparing all codes
//! finds more than a walk of the graph that takes as long, up to some hundred thousand of them; `docs/quality.md`
//! has the figures.

use super::{Candidate, Nearest, Neighbor, Searcher};
use crate::artifact::Index;
use crate::math::Kernel;
use crate::quant::Query;

/// Codes counted at a time: their counts stay in the nearest cache.
const RUN: usize = 256;

/// Signs of vectors, `[nodes, words]`: bit `i` of a code is set where entry `i` is negative.
#[derive(Debug)]
pub(crate) struct Codes {
    words: Vec<u64>,
    /// Words of a code.
    width: usize,
}

impl Codes {
    /// The signs of `[nodes, dim]` steps; `dim` is a multiple of 8.
    pub(crate) fn of(steps: &[i8], dim: usize) -> Self {
        let width = dim.div_ceil(64);
        let mut words = Vec::with_capacity(steps.len() / dim * width);
        for vector in steps.chunks_exact(dim) {
            for entries in vector.chunks(64) {
                let (eights, _) = entries.as_chunks::<8>();
                let mut word = 0;
                for (at, &eight) in eights.iter().enumerate() {
                    word |= signs(eight) << (8 * at);
                }
                words.push(word);
            }
        }
        Self { words, width }
    }

    fn of_query(query: &Query) -> Vec<u64> {
        let bits = |entries: &[i16]| {
            let signs = entries.iter().enumerate();
            signs.fold(0, |word, (at, &step)| word | u64::from(step < 0) << at)
        };
        query.steps.chunks(64).map(bits).collect()
    }
}

/// The signs of eight steps in eight bits.
fn signs(steps: [i8; 8]) -> u64 {
    let signs = u64::from_le_bytes(steps.map(|step| step as u8)) >> 7 & 0x0101_0101_0101_0101;
    // Byte `i` has to go to bit `56 + i`: moved by `56 − 7i`, and no two of all moves meet.
    signs.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The nodes of fewest unlike bits so far, ties by smaller number. Nodes have to come in ascending order.
#[derive(Debug, Default)]
pub(super) struct Fewest {
    /// How many are wanted.
    depth: usize,
    /// At most twice as many: unlike bits in the high half, the node in the low one.
    keys: Vec<u64>,
    /// Whatever has so many or more is not among them.
    limit: u16,
}

impl Fewest {
    fn begin(&mut self, depth: usize) {
        self.depth = depth;
        self.keys.clear();
        self.limit = u16::MAX;
    }

    fn offer(&mut self, unlike: u16, node: u32) {
        if unlike < self.limit {
            self.keys.push(u64::from(unlike) << 32 | u64::from(node));
            if self.keys.len() >= self.depth.saturating_mul(2) {
                self.cut();
            }
        }
    }

    /// Forgets all but the wanted ones.
    fn cut(&mut self) {
        if self.keys.len() > self.depth {
            let (_, last, _) = self.keys.select_nth_unstable(self.depth - 1);
            // A later node of as many unlike bits has a larger number than all of these.
            self.limit = (*last >> 32) as u16;
            self.keys.truncate(self.depth);
        }
    }

    fn nodes(&mut self) -> impl Iterator<Item = u32> {
        self.cut();
        self.keys.iter().map(|&key| key as u32)
    }
}

impl Index {
    /// Compares the signs of every vector with the query's, and then the `depth` nodes that differ in the
    /// fewest, at least `k`, as they are stored.
    ///
    /// Hits are best first, ties by smaller paper number. Approximate: the build report says what share of
    /// the exact ten nearest it finds. A filter belongs to [`Index::search_exact`].
    ///
    /// # Panics
    /// As [`Index::search_exact`].
    pub fn search_codes(
        &self,
        searcher: &mut Searcher,
        query: &Query,
        k: usize,
        depth: usize,
    ) -> Vec<Neighbor> {
        if k == 0 || self.n_nodes() == 0 {
            return Vec::new();
        }
        let (kernel, codes) = (Kernel::best(), self.codes());
        let signs = Codes::of_query(query);
        assert_eq!(signs.len(), codes.width, "one model made index and query");
        let fewest = &mut searcher.fewest;
        fewest.begin(depth.max(k));
        let mut unlike = [0; RUN];
        for (at, run) in codes.words.chunks(RUN * codes.width).enumerate() {
            let unlike = &mut unlike[..run.len() / codes.width];
            kernel.unlike_bits(&signs, run, unlike);
            for (node, &unlike) in (at * RUN..).zip(unlike.iter()) {
                fewest.offer(unlike, node as u32);
            }
        }
        let mut nearest = Nearest::new(k);
        for node in fewest.nodes() {
            nearest.offer(Candidate {
                similarity: self.similarity(kernel, query, node),
                node,
            });
        }
        self.papers(&nearest.into_sorted(), k, |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::of_many;

    #[test]
    fn a_sign_is_a_bit() {
        assert_eq!(signs([0, 1, -1, 127, -127, 0, 0, -3]), 0b1001_0100);
        let steps: Vec<i8> = (0..160)
            .map(|at| {
                if at % 3 == 0 {
                    -1
                } else {
                    at as u8 as i8 & 0x7f
                }
            })
            .collect();
        let codes = Codes::of(&steps, 80);
        assert_eq!((codes.width, codes.words.len()), (2, 4));
        for (at, step) in steps.iter().enumerate() {
            let (node, entry) = (at / 80, at % 80);
            let bit = codes.words[node * 2 + entry / 64] >> (entry % 64) & 1;
            assert_eq!(bit == 1, *step < 0, "{at}");
        }
    }

    #[test]
    fn the_fewest_are_what_sorting_finds() {
        let unlike = |node: u32| (node.wrapping_mul(2_654_435_761) >> 27) as u16;
        let mut fewest = Fewest::default();
        for depth in [1, 2, 7, 100, 1000, 5000] {
            fewest.begin(depth);
            for node in 0..3000 {
                fewest.offer(unlike(node), node);
            }
            let mut found: Vec<u32> = fewest.nodes().collect();
            let mut wanted: Vec<u32> = (0..3000).collect();
            wanted.sort_by_key(|&node| (unlike(node), node));
            wanted.truncate(depth);
            found.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{depth}");
        }
    }

    #[test]
    fn the_deepest_search_is_the_exact_one_and_a_shallow_one_finds_the_vector_itself() {
        let (index, mut searcher) = (of_many(1000, 48, 64), Searcher::default());
        for paper in [0, 1, 499, 999].map(crate::PaperId) {
            let query = Query::new(&index.vector(paper).expect("it has one")).expect("finite");
            for k in [1, 10, 1000] {
                let exact = index.search_exact(&query, k, |_| true);
                let found = index.search_codes(&mut searcher, &query, k, 1000);
                assert_eq!(found, exact, "{paper:?}, {k}");
                assert_eq!(exact.len(), k);
            }
            let found = index.search_codes(&mut searcher, &query, 1, 1);
            assert_eq!(found[0].paper, paper);
        }
        assert!(
            of_many(0, 48, 64)
                .search_codes(
                    &mut searcher,
                    &Query::new(&[0.5; 48]).expect("finite"),
                    9,
                    9
                )
                .is_empty()
        );
    }
}
