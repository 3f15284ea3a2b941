//! Hits that differ from each other, for whoever wants an overview: off unless it is asked for.

use super::Neighbor;
use crate::PaperId;
use crate::artifact::Index;
use crate::math::dot;

/// What nearness to the query counts for, where likeness to the hits already chosen counts for the rest.
const RELEVANCE: f32 = 0.5;
/// How many times as many hits as are wanted are to choose from.
const CHOICE: usize = 5;

impl Index {
    /// How many of the nearest papers [`Self::diverse`] is to be given for `k` of them.
    pub fn choice_for(k: usize) -> usize {
        k.saturating_mul(CHOICE)
    }

    /// Of `found`, best first, the `k` papers that are near the query and unlike each other, in the order
    /// in which they are chosen: each time the paper of largest *λ* · similarity − (1 − *λ*) · its largest
    /// cosine with one chosen before, *λ* = 0.5 (maximal marginal relevance: Carbonell and Goldstein 1998).
    /// The nearest paper is always the first.
    pub fn diverse(&self, found: &[Neighbor], k: usize) -> Vec<Neighbor> {
        diverse(&|paper| self.vector(paper), found, k)
    }
}

/// As [`Index::diverse`], of any vectors.
pub(super) fn diverse(
    vector: &dyn Fn(PaperId) -> Option<Vec<f32>>,
    found: &[Neighbor],
    k: usize,
) -> Vec<Neighbor> {
    let mut rest: Vec<(Neighbor, Option<Vec<f32>>, f32)> = (found.iter())
        .map(|&hit| (hit, vector(hit.paper), -1.0))
        .collect();
    let mut chosen = Vec::with_capacity(k.min(rest.len()));
    while chosen.len() < k && !rest.is_empty() {
        let gain = |hit: &Neighbor, likeness: f32| {
            RELEVANCE * hit.similarity - (1.0 - RELEVANCE) * likeness
        };
        let mut best = 0;
        for at in 1..rest.len() {
            // Of equal ones the nearer, which stands first.
            if gain(&rest[at].0, rest[at].2) > gain(&rest[best].0, rest[best].2) {
                best = at;
            }
        }
        let (hit, vector, _) = rest.remove(best);
        for (_, other, likeness) in &mut rest {
            if let (Some(a), Some(b)) = (&vector, &other) {
                *likeness = likeness.max(dot(a, b));
            }
        }
        chosen.push(hit);
    }
    chosen
}
