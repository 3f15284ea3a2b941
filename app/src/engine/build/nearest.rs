//! Papers near a vector: like others, and unlike some.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use shared::{Neighbor, PaperId, Query};

use super::Build;
use crate::engine::filter::Passing;
use crate::engine::protocol::{EngineError, Filter, Hit, Hits, Method, NEWEST_OF, Sort};

/// Papers found, best first, and how.
pub(super) struct Nearest {
    pub(super) found: Vec<Neighbor>,
    /// Papers that could have been found.
    pub(super) passing: usize,
    method: Method,
}

impl Build {
    /// Papers near some of the corpus and away from others, without all of these.
    pub(in crate::engine) fn similar(
        &mut self,
        near: &[String],
        away: &[String],
        k: usize,
        filter: &Filter,
        sort: Sort,
    ) -> Result<Hits, EngineError> {
        let find = |id: &String| {
            let unknown = || EngineError::UnknownPaper { id: id.clone() };
            self.papers.find(id).ok_or_else(unknown)
        };
        // Named twice, a paper counts once.
        let near: BTreeSet<PaperId> = near.iter().map(find).collect::<Result<_, _>>()?;
        let away: BTreeSet<PaperId> = away.iter().map(find).collect::<Result<_, _>>()?;
        if let Some(&both) = near.intersection(&away).next() {
            let id = self.papers.id(both);
            return Err(EngineError::BadArgument {
                message: format!("{id} cannot be both near and away"),
            });
        }
        let but: Vec<PaperId> = near.union(&away).copied().collect();
        let [near, away] = [near, away].map(Vec::from_iter);
        // A paper without a word has no place among the others.
        let vector = self.meaning()?.vectors.like(&near, &away);
        let vector = vector.ok_or(EngineError::NoTokens)?;
        let started = (self.clock)();
        let mut nearest = match sort {
            Sort::Relevance => self.nearest(&vector, k, filter, &but)?,
            Sort::Newest => self.nearest(&vector, k.max(NEWEST_OF), filter, &but)?,
        };
        let newest_of = (sort == Sort::Newest).then_some(nearest.found.len());
        if newest_of.is_some() {
            (nearest.found)
                .sort_by_cached_key(|found| Reverse(self.papers.first_submitted(found.paper)));
            nearest.found.truncate(k);
        }
        let asked = |papers: &[PaperId]| -> Vec<Hit> {
            let itself = |&paper| Neighbor {
                paper,
                similarity: 1.0,
            };
            papers.iter().map(|paper| self.hit(itself(paper))).collect()
        };
        let (near, away) = (asked(&near), asked(&away));
        let like = match &near[..] {
            [paper] if away.is_empty() => Some(paper.clone()),
            _ => None,
        };
        Ok(Hits {
            like,
            near,
            away,
            newest_of,
            search_ms: (self.clock)() - started,
            ..self.hits(nearest)
        })
    }

    /// Cosines of papers with others, `[papers, to]`, row-major; no number where the corpus lacks either, or one
    /// of them has no word.
    pub(in crate::engine) fn likeness(
        &self,
        papers: &[String],
        to: &[String],
    ) -> Result<Vec<f32>, EngineError> {
        let meaning = self.meaning.as_ref().ok_or(EngineError::NotLoaded)?;
        let query = |id: &String| {
            let vector = meaning.vectors.vector(self.papers.find(id)?)?;
            Query::new(&vector).ok()
        };
        let to: Vec<Option<Query>> = to.iter().map(query).collect();
        let mut cosines = Vec::with_capacity(papers.len() * to.len());
        for id in papers {
            let paper = self.papers.find(id);
            let cosine = |query: &Option<Query>| {
                let cosine = meaning.vectors.similarity_to(query.as_ref()?, paper?);
                cosine.map(|cosine| cosine.clamp(-1.0, 1.0))
            };
            cosines.extend(to.iter().map(|query| cosine(query).unwrap_or(f32::NAN)));
        }
        Ok(cosines)
    }

    /// The index' own choice of a road where every paper passes; otherwise what passes is compared, and
    /// nothing can be missing.
    /// Hits are none of `but`, which is sorted.
    pub(super) fn nearest(
        &mut self,
        vector: &[f32],
        k: usize,
        filter: &Filter,
        but: &[PaperId],
    ) -> Result<Nearest, EngineError> {
        let meaning = self.meaning.as_mut().ok_or(EngineError::NotLoaded)?;
        let query = meaning.query(vector)?;
        Ok(if filter.is_open() {
            let k = k.min(self.papers.len());
            let wanted = k + but.len();
            let searcher = &mut meaning.searcher;
            let (mut found, road) = (meaning.vectors).nearest(searcher, &query, wanted, None, None);
            found.retain(|neighbor| but.binary_search(&neighbor.paper).is_err());
            found.truncate(k);
            Nearest {
                found,
                passing: self.papers.len() - but.len(),
                method: road.into(),
            }
        } else {
            let mut passing = Passing::of(&self.papers, filter);
            for &paper in but {
                passing.exclude(paper);
            }
            let (found, road) = meaning.among(&query, k, &passing);
            Nearest {
                found,
                passing: passing.n,
                method: road.into(),
            }
        })
    }

    fn hits(&self, nearest: Nearest) -> Hits {
        let found = nearest.found.into_iter();
        let hits = found.filter_map(|found| self.here(found.paper, self.hit(found)));
        Hits {
            hits: hits.collect(),
            like: None,
            near: Vec::new(),
            away: Vec::new(),
            passing: nearest.passing,
            method: nearest.method,
            embed_ms: 0.0,
            search_ms: 0.0,
            n_cut: 0,
            newest_of: None,
            lacking: 0,
            understood: None,
        }
    }
}
