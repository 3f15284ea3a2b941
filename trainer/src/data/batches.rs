//! Papers dealt into batches: which, in which order, and as which pairs of texts.

use std::collections::{HashSet, VecDeque};

use super::corpus::{Corpus, Entry};
use super::overlap::Overlap;
use crate::config::Config;
use crate::model::ops::mix;

/// Longest query, in tokens.
const QUERY_TOKENS: usize = 64;

/// What a pair is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A title looks for its abstract.
    Title,
    /// A sentence looks for the paper it was taken out of (inverse cloze task; Lee et al. 2019, §4,
    /// arXiv:1906.00300).
    Sentence,
    /// A title looks for another paper of its category.
    Category,
}

/// The texts of one batch, tokenized, with their special tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examples {
    /// `[pairs]`.
    pub queries: Vec<Vec<u32>>,
    /// `[pairs]`: what each query looks for.
    pub documents: Vec<Vec<u32>>,
    /// Mined negatives of all queries.
    pub negatives: Vec<Vec<u32>>,
    /// Category of each negative.
    pub negative_labels: Vec<u32>,
    /// Category of each document.
    pub labels: Vec<u32>,
    /// Whether query and document are of one paper.
    pub same_paper: Vec<bool>,
    /// `[pairs, pairs + negatives]`, row by row: the share of a query's words that each candidate has; empty
    /// where the loss does not ask for it.
    pub overlap: Vec<f32>,
}

/// Deals a corpus.
#[derive(Debug)]
pub struct Batches<'a> {
    corpus: &'a Corpus,
    pairs: usize,
    group: usize,
    document_tokens: usize,
    n_negatives: usize,
    /// Up to where each kind is drawn, of a number from 0 to 1.
    shares: [(f64, Kind); 3],
    seed: u64,
    /// By paper: near papers of other categories, nearest first.
    mined: Vec<Vec<u32>>,
    /// Where the loss learns from words.
    overlap: Option<Overlap>,
    epoch: Option<(u64, Vec<u32>)>,
}

impl<'a> Batches<'a> {
    /// Deals as a config says; `mined` holds near papers of other categories by training paper, and may
    /// be empty where none are asked for.
    pub fn new(corpus: &'a Corpus, config: &Config, mined: Vec<Vec<u32>>) -> Self {
        let of_loss = &config.loss;
        let in_groups = of_loss.category > 0.0
            || of_loss.contrastive > 0.0
            || config.data.mix.category_pairs > 0.0;
        let mix = &config.data.mix;
        let sum = mix.title_abstract + mix.sentence_document + mix.category_pairs;
        let title = mix.title_abstract / sum;
        Self {
            corpus,
            pairs: config.batch.pairs.min(corpus.train.len()),
            group: if in_groups {
                config.batch.papers_per_category
            } else {
                1
            },
            document_tokens: config.data.max_document_tokens,
            n_negatives: config.data.hard_negatives,
            shares: [
                (title, Kind::Title),
                (title + mix.sentence_document / sum, Kind::Sentence),
                (f64::INFINITY, Kind::Category),
            ],
            seed: config.seed,
            mined,
            overlap: (of_loss.distillation > 0.0).then(|| Overlap::of(corpus)),
            epoch: None,
        }
    }

    /// Batches of one pass over the papers; what is left over is not dealt in that pass.
    pub fn n_per_epoch(&self) -> usize {
        (self.corpus.train.len() / self.pairs).max(1)
    }

    /// Batch `number` of the run.
    pub fn batch(&mut self, number: u64) -> Examples {
        let n = self.n_per_epoch() as u64;
        let (epoch, at) = (number / n, (number % n) as usize);
        if self.epoch.as_ref().is_none_or(|(held, _)| *held != epoch) {
            self.epoch = Some((epoch, self.deal(epoch)));
        }
        let (_, order) = self.epoch.as_ref().expect("it was just dealt");
        let papers = &order[at * self.pairs..(at + 1) * self.pairs];
        let mut examples = Examples::default();
        for (place, &paper) in papers.iter().enumerate() {
            let key = mix(self.key(&[2, number]) ^ place as u64);
            self.add(&mut examples, paper, papers, key);
        }
        (examples.negatives, examples.negative_labels) = self.negatives(papers).into_iter().unzip();
        if let Some(overlap) = &self.overlap {
            let candidates = [&examples.documents, &examples.negatives];
            let candidates: Vec<&[u32]> = candidates
                .into_iter()
                .flatten()
                .map(Vec::as_slice)
                .collect();
            examples.overlap = overlap.shares(&examples.queries, &candidates);
        }
        examples
    }

    fn key(&self, words: &[u64]) -> u64 {
        words
            .iter()
            .fold(mix(self.seed), |key, word| mix(key ^ word))
    }

    /// The order of an epoch: groups of one category, shuffled; within every batch all titles and all
    /// abstracts differ, since a copy would be a false negative.
    fn deal(&self, epoch: u64) -> Vec<u32> {
        let train = &self.corpus.train;
        let key = self.key(&[1, epoch]);
        let mut order: Vec<(u16, u64, u32)> = train
            .iter()
            .enumerate()
            .map(|(at, entry)| {
                let label = if self.group > 1 { entry.label } else { 0 };
                (label, mix(key ^ at as u64), at as u32)
            })
            .collect();
        order.sort_unstable();
        let mut groups: Vec<&[(u16, u64, u32)]> = order
            .chunk_by(|a, b| a.0 == b.0)
            .flat_map(|class| class.chunks(self.group))
            .collect();
        groups.sort_by_key(|group| mix(group[0].1));
        let mut waiting: VecDeque<u32> = groups.into_iter().flatten().map(|one| one.2).collect();

        let mut dealt = Vec::with_capacity(train.len());
        while waiting.len() >= self.pairs {
            let (mut texts, mut put_off, mut n) = (HashSet::new(), Vec::new(), 0);
            while n < self.pairs
                && let Some(paper) = waiting.pop_front()
            {
                let keys = self.texts(&train[paper as usize]);
                if keys.iter().any(|key| texts.contains(key)) {
                    put_off.push(paper);
                    continue;
                }
                texts.extend(keys);
                dealt.push(paper);
                n += 1;
            }
            // Nothing but copies is left: better a short epoch than a false negative.
            if n < self.pairs {
                dealt.truncate(dealt.len() - n);
                break;
            }
            waiting.extend(put_off);
        }
        // Fewer papers than copies of one: the batch is as it is.
        if dealt.is_empty() {
            dealt = order.iter().map(|one| one.2).collect();
        }
        let whole = self.n_per_epoch() * self.pairs;
        let n = dealt.len();
        (0..whole).map(|at| dealt[at % n]).collect()
    }

    /// What tells copies of a paper's texts.
    fn texts(&self, entry: &Entry) -> [u64; 2] {
        let fold = |kind: u64, ids: &[u16]| {
            let ids = ids.iter().take(40);
            ids.fold(kind, |key, &id| mix(key ^ u64::from(id)))
        };
        [
            fold(1, self.corpus.title(entry)),
            fold(2, self.corpus.abstract_of(entry)),
        ]
    }

    fn add(&self, to: &mut Examples, paper: u32, papers: &[u32], key: u64) {
        let corpus = self.corpus;
        let entry = &corpus.train[paper as usize];
        let drawn = (mix(key ^ 1) >> 11) as f64 / (1_u64 << 53) as f64;
        let shares = self.shares.iter();
        let kind = shares
            .filter(|(share, _)| drawn < *share)
            .map(|(_, kind)| *kind);
        let kind = kind.min_by_key(|kind| *kind as u8).unwrap_or(Kind::Title);
        let title = corpus.title(entry);
        let whole = corpus.abstract_of(entry);
        let document =
            |parts: &[&[u16]]| corpus.framed(parts.iter().copied(), self.document_tokens);
        let query = |ids: &[u16]| corpus.framed([ids], QUERY_TOKENS);
        let period: &[u16] = &[corpus.sentences.period];
        let mut same_paper = true;
        let sentence = matches!(kind, Kind::Sentence)
            .then(|| corpus.sentences.one(whole, mix(key ^ 2)))
            .flatten();
        let other = matches!(kind, Kind::Category)
            .then(|| self.other_of_category(entry, paper, papers, mix(key ^ 3)))
            .flatten();
        if let Some((from, end)) = sentence {
            to.queries.push(query(&whole[from..end]));
            to.documents
                .push(document(&[title, period, &whole[..from], &whole[end..]]));
        } else if let Some(other) = other {
            same_paper = false;
            to.queries.push(query(corpus.title(other)));
            to.documents.push(document(&[title, period, whole]));
        } else {
            to.queries.push(query(title));
            to.documents.push(document(&[whole]));
        }
        to.labels.push(u32::from(entry.label));
        to.same_paper.push(same_paper);
    }

    /// The mined negatives of all papers with their categories, each once. A paper of the batch is none: its own query has it
    /// for an answer, and all others meet it among the documents.
    fn negatives(&self, papers: &[u32]) -> Vec<(Vec<u32>, u32)> {
        let mut met: HashSet<u32> = papers.iter().copied().collect();
        let near = papers.iter().flat_map(|&paper| {
            let near = self.mined.get(paper as usize).into_iter().flatten();
            near.take(self.n_negatives).copied()
        });
        near.filter(|&near| met.insert(near))
            .map(|near| {
                let entry = &self.corpus.train[near as usize];
                let text = self.corpus.document(entry, self.document_tokens);
                (text, u32::from(entry.label))
            })
            .collect()
    }

    /// Another paper of the batch that is of the same category.
    fn other_of_category(
        &self,
        entry: &Entry,
        paper: u32,
        papers: &[u32],
        key: u64,
    ) -> Option<&'a Entry> {
        let train = &self.corpus.train;
        let others: Vec<u32> = papers
            .iter()
            .copied()
            .filter(|&one| one != paper && train[one as usize].label == entry.label)
            .collect();
        let at = key as usize % others.len().max(1);
        others.get(at).map(|&one| &train[one as usize])
    }
}

#[cfg(test)]
pub(super) mod tests;
