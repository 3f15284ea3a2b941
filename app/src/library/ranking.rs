//! A list in an order of its own: by its places, and by how like its papers are to those with a star.
//!
//! Both count as places, so that no scale has to be made up between what found a paper and what it is like.

/// How like papers at hand are to starred ones, as the engine gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likeness {
    /// Ids of the papers at hand, in their list's order.
    pub papers: Vec<String>,
    /// Ids of the starred ones.
    pub stars: Vec<String>,
    /// Cosines, `[papers, stars]`, row-major; not a number where the corpus lacks either.
    pub cosines: Vec<f32>,
}

/// Where a paper of a list comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Its place in the list as it came, from 0.
    pub listed: usize,
    /// Its place by likeness alone, from 0.
    pub by_library: usize,
    /// The starred paper nearest to it, by number, with their cosine; none where nothing is known of either.
    pub nearest: Option<(usize, f32)>,
}

impl Likeness {
    /// Whether the corpus has a starred paper.
    pub fn knows(&self, star: usize) -> bool {
        (0..self.papers.len()).any(|paper| self.cosine(paper, star).is_some())
    }

    /// The list anew: `weight`, 0 to 1, is what a place by likeness counts for, and the rest is the list's own.
    /// A paper is as like the library as it is to the nearest starred paper of those that `counts` names.
    pub fn order(&self, weight: f64, counts: impl Fn(usize) -> bool) -> Vec<Placed> {
        let nearest: Vec<Option<(usize, f32)>> = (0..self.papers.len())
            .map(|paper| self.nearest(paper, &counts))
            .collect();
        let mut by_library: Vec<usize> = (0..nearest.len()).collect();
        // Of equals, and of papers that nothing is known of, the one that is listed first.
        let cosine = |paper: usize| nearest[paper].map_or(f32::NEG_INFINITY, |(_, cosine)| cosine);
        by_library.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)));
        let mut placed: Vec<Placed> = (nearest.iter().enumerate())
            .map(|(listed, &nearest)| Placed {
                listed,
                by_library: 0,
                nearest,
            })
            .collect();
        for (place, &paper) in by_library.iter().enumerate() {
            placed[paper].by_library = place;
        }
        let both = |at: &Placed| (1.0 - weight) * at.listed as f64 + weight * at.by_library as f64;
        placed.sort_by(|a, b| both(a).total_cmp(&both(b)));
        placed
    }

    fn nearest(&self, paper: usize, counts: impl Fn(usize) -> bool) -> Option<(usize, f32)> {
        let stars = (0..self.stars.len()).filter(|&star| counts(star));
        let known = stars.filter_map(|star| Some((star, self.cosine(paper, star)?)));
        // Of equals the first.
        known.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    fn cosine(&self, paper: usize, star: usize) -> Option<f32> {
        let cosine = self.cosines.get(paper * self.stars.len() + star).copied();
        cosine.filter(|cosine| !cosine.is_nan())
    }
}

/// To how many papers of an order each starred paper is the nearest.
pub fn shares(order: &[Placed], n_stars: usize) -> Vec<usize> {
    let mut shares = vec![0; n_stars];
    for (star, _) in order.iter().filter_map(|placed| placed.nearest) {
        shares[star] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(rows: &[&[f32]]) -> Likeness {
        let names = |n: usize| (0..n).map(|at| at.to_string()).collect();
        Likeness {
            papers: names(rows.len()),
            stars: names(rows[0].len()),
            cosines: rows.concat(),
        }
    }

    fn listed(order: &[Placed]) -> Vec<usize> {
        order.iter().map(|placed| placed.listed).collect()
    }

    const NAN: f32 = f32::NAN;

    #[test]
    fn the_weight_goes_from_the_list_to_the_library() {
        let like = likeness(&[&[0.1, NAN], &[0.2, NAN], &[0.9, NAN], &[NAN, NAN]]);
        assert!(like.knows(0) && !like.knows(1));
        assert_eq!(listed(&like.order(0.0, |_| true)), [0, 1, 2, 3]);
        let all = like.order(1.0, |_| true);
        assert_eq!(listed(&all), [2, 1, 0, 3]);
        assert_eq!(all[0].nearest, Some((0, 0.9)));
        assert_eq!(all[3].nearest, None);
        // Places 0 and 2, 1 and 1, 2 and 0: half and half they are equal, and the list's own order decides.
        assert_eq!(listed(&like.order(0.5, |_| true)), [0, 1, 2, 3]);
        assert_eq!(listed(&like.order(0.6, |_| true)), [2, 1, 0, 3]);
    }

    #[test]
    fn only_what_counts_brings_a_paper_up() {
        let like = likeness(&[&[0.5, 0.1], &[0.2, 0.7], &[0.3, 0.3]]);
        let both = like.order(1.0, |_| true);
        assert_eq!(listed(&both), [1, 0, 2]);
        assert_eq!(shares(&both, 2), [2, 1]);
        let first = like.order(1.0, |star| star == 0);
        assert_eq!(listed(&first), [0, 2, 1]);
        assert_eq!(shares(&first, 2), [3, 0]);
        let none = like.order(1.0, |_| false);
        assert_eq!(listed(&none), [0, 1, 2], "without a star the list stays");
    }

    proptest! {
        /// No paper is lost or doubled, whatever the weight.
        #[test]
        fn an_order_is_the_list_anew(
            cosines in prop::collection::vec(prop_oneof![Just(NAN), -1.0_f32..1.0], 0..40),
            weight in 0.0_f64..=1.0,
        ) {
            let n = cosines.len() / 2;
            let like = Likeness {
                papers: vec![String::new(); n],
                stars: vec![String::new(); 2],
                cosines: cosines[..2 * n].to_vec(),
            };
            let order = like.order(weight, |_| true);
            let mut papers = listed(&order);
            papers.sort_unstable();
            prop_assert_eq!(papers, (0..n).collect::<Vec<_>>());
            let mut places: Vec<usize> = order.iter().map(|placed| placed.by_library).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..n).collect::<Vec<_>>());
        }
    }
}
