//! Checks of an open build, piece by piece, so that a question overtakes them.

use std::collections::BTreeSet;

use shared::{Neighbor, PaperId, Papers, Query, Road};

use super::{Build, Clock, Meaning};
use crate::engine::protocol::{Check, EngineError, Finding, Golden, Roads, Times, Way};

/// Papers that the roads are tried with.
const QUESTIONS: usize = 200;
/// Seed of their choice.
const SEED: u64 = 1;
/// Hits that are compared.
const K: usize = 10;
/// A clock that ticks ten times a millisecond tells the length of what takes so long within a tenth …
const LONG_ENOUGH_MS: f64 = 1.0;
/// … so that what is quicker is done several times, at most so many.
const MOST_RUNS: u32 = 64;

/// A check under way.
#[derive(Debug)]
pub(in crate::engine) enum Trial {
    /// Of the roads.
    Roads(Ride),
    /// Of golden vectors.
    Golden(Probe),
}

/// Roads under trial.
#[derive(Debug)]
pub(in crate::engine) struct Ride {
    questions: Vec<PaperId>,
    done: usize,
    /// Questions that could be asked: papers with a vector.
    n_asked: usize,
    roads: [Road; 3],
    /// What each road found, of the exact hits.
    found: [usize; 3],
    wanted: usize,
    ms: [Vec<f64>; 3],
    embed_ms: Vec<f64>,
    n_tokens: usize,
}

/// Golden texts under trial.
#[derive(Debug, Default)]
pub(in crate::engine) struct Probe {
    done: usize,
    total: usize,
    same: usize,
    least: Option<f64>,
}

impl Trial {
    /// Steps done, and in all.
    pub(in crate::engine) fn progress(&self) -> (usize, usize) {
        match self {
            Self::Roads(ride) => (ride.done, ride.questions.len()),
            Self::Golden(probe) => (probe.done, probe.total),
        }
    }
}

impl Build {
    /// Begins a check of what is open; that of files is not done here.
    ///
    /// # Errors
    /// [`EngineError::NotLoaded`] before there is a model.
    pub(in crate::engine) fn begin_trial(&self, check: Check) -> Result<Trial, EngineError> {
        let meaning = self.meaning.as_ref().ok_or(EngineError::NotLoaded)?;
        let vectors = &meaning.vectors;
        Ok(match (check, vectors.index()) {
            // Of a corpus in pieces there is nothing here to judge by.
            (Check::Roads, None) => return Err(EngineError::InPieces),
            (Check::Roads, Some(index)) => Trial::Roads(Ride {
                questions: sample(index.n_papers(), QUESTIONS, SEED),
                done: 0,
                n_asked: 0,
                roads: [
                    Road::Exact,
                    Road::Codes {
                        depth: index.depth_for(K),
                    },
                    Road::Graph {
                        ef: index.default_ef().max(K + 1),
                    },
                ],
                found: [0; 3],
                wanted: 0,
                ms: Default::default(),
                embed_ms: Vec::new(),
                n_tokens: 0,
            }),
            (Check::Files, _) => {
                unreachable!("files are compared as they lie, not as they are open")
            }
            (Check::Golden, _) => Trial::Golden(Probe {
                total: vectors.golden().len(),
                ..Probe::default()
            }),
        })
    }

    /// Does the next step.
    ///
    /// # Errors
    /// Where the model gives vectors that are none.
    pub(in crate::engine) fn step_trial(&mut self, trial: &mut Trial) -> Result<(), EngineError> {
        let clock = self.clock;
        let meaning = self.meaning.as_mut().ok_or(EngineError::NotLoaded)?;
        match trial {
            Trial::Roads(ride) => ride.step(meaning, &self.papers, clock),
            Trial::Golden(probe) => {
                probe.step(meaning);
                Ok(())
            }
        }
    }

    /// What a trial that is done has found.
    pub(in crate::engine) fn end_trial(&self, trial: Trial) -> Finding {
        match trial {
            Trial::Roads(ride) => Finding::Roads(Roads {
                papers: self.papers.len(),
                questions: ride.n_asked,
                ways: ride.ways([None, self.info.recall_by_codes, self.info.recall_at_10]),
                embedding: times(ride.embed_ms.clone()),
                tokens: ride.n_tokens as f64 / ride.embed_ms.len().max(1) as f64,
            }),
            Trial::Golden(probe) => Finding::Golden(Golden {
                engine: self.info.engine,
                texts: probe.total,
                same: probe.same,
                least: probe.least,
            }),
        }
    }
}

impl Ride {
    /// Asks about the next paper by every road, and embeds its title.
    fn step(
        &mut self,
        meaning: &mut Meaning,
        papers: &Papers,
        clock: Clock,
    ) -> Result<(), EngineError> {
        let Some(&paper) = self.questions.get(self.done) else {
            return Ok(());
        };
        self.done += 1;
        if let Some(vector) = meaning.vectors.vector(paper) {
            let query = meaning.query(&vector)?;
            if self.n_asked == 0 {
                // The codes are made when they are first asked for, which is no part of a search.
                self.search(meaning, &query, 1);
            }
            self.n_asked += 1;
            self.ask(meaning, &query, paper, clock);
        }
        let title = papers.title(paper);
        let (embedded, ms) = timed(clock, || meaning.encoder.embed_query(&title));
        if let Ok(embedding) = embedded {
            self.embed_ms.push(ms);
            self.n_tokens += embedding.n_tokens;
        }
        Ok(())
    }

    fn ask(&mut self, meaning: &mut Meaning, query: &Query, paper: PaperId, clock: Clock) {
        let mut last = None;
        for at in 0..self.roads.len() {
            let (hits, ms) = timed(clock, || self.search(meaning, query, at));
            self.ms[at].push(ms);
            // The paper finds itself, which says nothing.
            let others: Vec<f32> = hits
                .iter()
                .filter(|hit| hit.paper != paper)
                .map(|hit| hit.similarity)
                .take(K)
                .collect();
            // Papers as similar as the tenth are as good as it: ties are not misses.
            let last = *last.get_or_insert(others.last().copied());
            let is_as_good = |similarity: &&f32| last.is_some_and(|last| **similarity >= last);
            self.found[at] += others.iter().filter(is_as_good).count();
            if at == 0 {
                self.wanted += others.len();
            }
        }
    }

    fn search(&self, meaning: &mut Meaning, query: &Query, at: usize) -> Vec<Neighbor> {
        let (vectors, searcher) = (&meaning.vectors, &mut meaning.searcher);
        let road = Some(self.roads[at]);
        vectors.nearest(searcher, query, K + 1, road, None).0
    }

    fn ways(&self, at_build: [Option<f64>; 3]) -> Vec<Way> {
        let recall = |found: usize| match self.wanted {
            0 => 1.0,
            wanted => found as f64 / wanted as f64,
        };
        (0..self.roads.len())
            .map(|at| Way {
                method: self.roads[at].into(),
                recall: recall(self.found[at]),
                at_build: at_build[at],
                times: times(self.ms[at].clone()),
            })
            .collect()
    }
}

impl Probe {
    /// Embeds the next text.
    fn step(&mut self, meaning: &mut Meaning) {
        let Some(golden) = meaning.vectors.golden().get(self.done) else {
            return;
        };
        self.done += 1;
        // A text alone is embedded as it stands.
        let found = meaning.encoder.embed_document("", &golden.text);
        let vector = found.map_or_else(|_| Vec::new(), |embedding| embedding.vector);
        let pairs = || vector.iter().zip(&golden.vector);
        let is_whole = vector.len() == golden.vector.len();
        let is_same = is_whole && pairs().all(|(a, b)| a.to_bits() == b.to_bits());
        self.same += usize::from(is_same);
        let cosine: f64 = pairs().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        self.least = Some(self.least.map_or(cosine, |least| least.min(cosine)));
    }
}

/// Runs the work often enough for a coarse clock: what came of it, and milliseconds of one run.
fn timed<T>(clock: Clock, mut work: impl FnMut() -> T) -> (T, f64) {
    let started = clock();
    let mut n = 0;
    loop {
        let outcome = work();
        n += 1;
        let elapsed = clock() - started;
        if elapsed >= LONG_ENOUGH_MS || n == MOST_RUNS {
            return (outcome, elapsed / f64::from(n));
        }
    }
}

/// What half and 95 of 100 stay within.
fn times(mut ms: Vec<f64>) -> Times {
    ms.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let rank = (ms.len() * share).div_ceil(100).max(1);
        ms.get(rank - 1).copied().unwrap_or_default()
    };
    Times {
        half: at(50),
        most: at(95),
    }
}

/// `k` different papers of `n`, or all: the same for the same seed. Floyd's algorithm (Bentley and Floyd 1987,
/// *A sample of brilliance*).
fn sample(n: usize, k: usize, seed: u64) -> Vec<PaperId> {
    let k = k.min(n);
    let mut state = seed;
    let mut chosen = BTreeSet::new();
    for last in n - k..n {
        // SplitMix64 (Steele, Lea and Flood 2014); the bias of a remainder is beyond counting here.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let at = ((mixed ^ mixed >> 31) % (last as u64 + 1)) as u32;
        if !chosen.insert(at) {
            chosen.insert(last as u32);
        }
    }
    chosen.into_iter().map(PaperId).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_no_paper_twice_and_reaches_all_of_the_corpus() {
        assert_eq!(sample(0, 200, 1), []);
        let all: Vec<PaperId> = (0..7).map(PaperId).collect();
        assert_eq!(sample(7, 200, 1), all);
        let some = sample(50_000, 200, 1);
        assert_eq!(some.len(), 200);
        assert_eq!(some, sample(50_000, 200, 1));
        assert_ne!(some, sample(50_000, 200, 2));
        let beyond_half = some.iter().filter(|paper| paper.0 >= 25_000).count();
        assert!((70..130).contains(&beyond_half), "{beyond_half} of 200");
    }

    #[test]
    fn half_and_95_of_100_stay_within_the_times() {
        let ms = (1..=200).rev().map(f64::from).collect();
        let Times { half, most } = times(ms);
        assert_eq!((half, most), (100.0, 190.0));
        assert_eq!(
            times(vec![3.0]),
            Times {
                half: 3.0,
                most: 3.0
            }
        );
        assert_eq!(times(Vec::new()), Times::default());
    }
}
