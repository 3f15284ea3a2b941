//! More like these papers, less like those: one query of several.

use crate::PaperId;
use crate::artifact::Index;
use crate::math::dot;

/// What the papers to keep away from count for, where those to be near to count for 1: enough to turn
/// away, too little to arrive at what is merely the opposite.
const AWAY: f32 = 0.5;

impl Index {
    /// The vector that lies near the papers of `near` and away from those of `away`: the mean of the
    /// ones less half the mean of the others, of length one (Rocchio 1971, *Relevance Feedback in
    /// Information Retrieval*). Of one paper alone it is that paper's stored vector.
    ///
    /// `None` where no paper of `near` has a vector, or the means cancel out.
    pub fn like(&self, near: &[PaperId], away: &[PaperId]) -> Option<Vec<f32>> {
        like(&|paper| self.vector(paper), near, away)
    }
}

/// As [`Index::like`], of any vectors.
pub(super) fn like(
    vector: &dyn Fn(PaperId) -> Option<Vec<f32>>,
    near: &[PaperId],
    away: &[PaperId],
) -> Option<Vec<f32>> {
    let of = |papers: &[PaperId]| -> Vec<Vec<f32>> {
        papers.iter().filter_map(|&paper| vector(paper)).collect()
    };
    let (mut near, away) = (of(near), of(away));
    if near.len() == 1 && away.is_empty() {
        return near.pop();
    }
    let mut sum = vec![0.0; near.first()?.len()];
    for (vectors, weight) in [(&near, 1.0), (&away, -AWAY)] {
        let share = weight / vectors.len().max(1) as f32;
        for vector in vectors {
            for (sum, x) in sum.iter_mut().zip(vector) {
                *sum += share * x;
            }
        }
    }
    let length = libm::sqrtf(dot(&sum, &sum));
    // What cancels leaves only errors of rounding.
    (length > 1e-3).then(|| sum.into_iter().map(|x| x / length).collect())
}
