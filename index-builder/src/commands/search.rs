//! `index-builder search`: one question, or a file of them as a run.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use ingest::select::Pattern;
use serde::Deserialize;
use shared::hybrid::{By, Corpus, Hit as Answered, Question as Asking, Wanted};
use shared::words::WordIndex;
use shared::{EmbedError, Encoder, Index, Neighbor, PaperId, Query, Road, Searcher};

use super::Hit;
use crate::folder::Folder;

/// How to search.
#[derive(Debug, Clone, Default)]
pub struct SearchConfig {
    /// At most this many hits a question.
    pub k: usize,
    /// By words, by meaning, or by both.
    pub by: By,
    /// How papers near in meaning are looked for among all; the index' own choice where absent.
    pub road: Option<Road>,
    /// Hits that differ from each other in place of the nearest.
    pub diverse: bool,
    /// Categories that a paper must have one of.
    pub categories: Option<Pattern>,
    /// First and last year.
    pub years: Option<(u16, u16)>,
}

/// What is searched for.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Papers by a question.
    Text(String),
    /// Papers near some, by their ids, and away from others.
    Like {
        /// Those to be near to.
        near: Vec<String>,
        /// Those to keep away from.
        away: Vec<String>,
    },
}

/// A line of a question file.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(alias = "_id")]
    id: String,
    text: String,
}

/// Searches an open build, again and again.
#[derive(Debug)]
pub struct Search<'a> {
    folder: &'a Folder,
    config: &'a SearchConfig,
    words: Option<WordIndex>,
    encoder: Encoder,
    searcher: Searcher,
}

impl<'a> Search<'a> {
    /// Ready to search.
    ///
    /// # Errors
    /// Where the build's words do not open, or words are asked for and it has none.
    pub fn new(folder: &'a Folder, config: &'a SearchConfig) -> Result<Self> {
        let words = match config.by {
            By::Meaning => None,
            By::Both | By::Words => folder.words()?,
        };
        ensure!(
            words.is_some() || config.by != By::Words,
            "this build has no words: build it again to search by them"
        );
        Ok(Self {
            folder,
            config,
            words,
            encoder: Encoder::new(folder.model.clone()),
            searcher: Searcher::default(),
        })
    }

    /// Papers that a question asks for, best first.
    ///
    /// # Errors
    /// [`EmbedError::NoTokens`] where the text has no word.
    pub fn by_text(&mut self, question: &Asking) -> Result<Vec<Answered>, EmbedError> {
        let (folder, config) = (self.folder, self.config);
        let meaning = match config.by {
            By::Meaning => Some(question.text()),
            By::Both => question.meaning(),
            By::Words => None,
        };
        let vector = match meaning.map(|text| self.encoder.embed_query(text)) {
            Some(Ok(embedding)) => {
                Some(Query::new(&embedding.vector).expect("an embedding is finite"))
            }
            // What has no token may still be demanded.
            Some(Err(_)) if question.demands() && config.by == By::Both => None,
            Some(Err(error)) => return Err(error),
            None => None,
        };
        let corpus = Corpus {
            papers: &folder.papers,
            words: self.words.as_ref(),
            vectors: Some(&folder.vectors),
        };
        let passes = |paper| passes(folder, config, paper);
        let filtered = config.categories.is_some() || config.years.is_some();
        let wanted = Wanted {
            by: config.by,
            diverse: config.diverse,
            road: config.road,
            ..Wanted::best(config.k)
        };
        let passes = filtered.then_some(&passes as &dyn Fn(PaperId) -> bool);
        let searcher = &mut self.searcher;
        let answer = corpus.answer(question, vector.as_ref(), &wanted, passes, searcher);
        Ok(answer.hits)
    }

    /// Papers near those of `near` and away from those of `away`, best first, without all of these.
    ///
    /// # Errors
    /// Where a paper is not in the build, or those of `near` have no words.
    pub fn by_papers(&mut self, near: &[String], away: &[String]) -> Result<Vec<Neighbor>> {
        let papers = &self.folder.papers;
        let find = |id: &String| {
            let found = papers.find(id);
            found.with_context(|| format!("the build has no paper {id}: search for its title"))
        };
        // Named twice, a paper counts once.
        let near: BTreeSet<PaperId> = near.iter().map(find).collect::<Result<_>>()?;
        let away: BTreeSet<PaperId> = away.iter().map(find).collect::<Result<_>>()?;
        if let Some(&both) = near.intersection(&away).next() {
            bail!("{} cannot be both near and away", papers.id(both));
        }
        let [near, away] = [near, away].map(Vec::from_iter);
        let vector = self.folder.vectors.like(&near, &away).context(
            "these papers have no words, or what is to be near cancels what is to be far: name others",
        )?;
        Ok(self.nearest(&vector, &[near, away].concat()))
    }

    fn nearest(&mut self, vector: &[f32], but: &[PaperId]) -> Vec<Neighbor> {
        let query = Query::new(vector).expect("an embedding is finite");
        let (config, vectors) = (self.config, &self.folder.vectors);
        let k = if config.diverse {
            Index::choice_for(config.k)
        } else {
            config.k
        };
        let found = self.among(&query, k, but);
        if config.diverse {
            vectors.diverse(&found, config.k)
        } else {
            found
        }
    }

    /// The nearest `k` but these.
    fn among(&mut self, query: &Query, k: usize, but: &[PaperId]) -> Vec<Neighbor> {
        let (config, vectors) = (self.config, &self.folder.vectors);
        let searcher = &mut self.searcher;
        if config.categories.is_some() || config.years.is_some() {
            let passes = |paper| !but.contains(&paper) && passes(self.folder, config, paper);
            return vectors.nearest(searcher, query, k, None, Some(&passes)).0;
        }
        let wanted = k + but.len();
        let (mut found, _) = vectors.nearest(searcher, query, wanted, config.road, None);
        found.retain(|neighbor| !but.contains(&neighbor.paper));
        found.truncate(k);
        found
    }
}

fn passes(folder: &Folder, config: &SearchConfig, paper: PaperId) -> bool {
    let in_years = config.years.is_none_or(|(first, last)| {
        folder
            .papers
            .year(paper)
            .is_some_and(|year| (first..=last).contains(&year))
    });
    in_years
        && config.categories.as_ref().is_none_or(|pattern| {
            let codes: Vec<String> = folder.papers.categories(paper).map(str::to_owned).collect();
            pattern.passes(&codes)
        })
}

/// Prints the hits of one question, as a table or as JSON.
///
/// # Errors
/// Where the build does not open or `to` cannot be written.
pub fn one(
    folder: &Path,
    asked: &Asked,
    config: &SearchConfig,
    json: bool,
    to: &mut dyn Write,
) -> Result<()> {
    let folder = Folder::open(folder)?;
    let mut search = Search::new(&folder, config)?;
    let hits: Vec<Hit> = match asked {
        Asked::Text(text) => {
            let question = Asking::read(text);
            for error in question.errors() {
                tracing::warn!("{error}: {:?}", &text.trim()[error.bytes.clone()]);
            }
            let found = search
                .by_text(&question)
                .with_context(|| format!("searching for {text:?}"))?;
            let hits = found.iter();
            hits.map(|hit| Hit::answered(&folder.papers, hit)).collect()
        }
        Asked::Like { near, away } => {
            let found = search.by_papers(near, away)?;
            let hits = found.iter();
            hits.map(|hit| Hit::new(&folder.papers, hit)).collect()
        }
    };
    if json {
        serde_json::to_writer_pretty(&mut *to, &hits)?;
        writeln!(to)?;
        return Ok(());
    }
    for (rank, hit) in hits.iter().enumerate() {
        let year = hit.year.map_or("    ".into(), |year| year.to_string());
        writeln!(
            to,
            "{:>3}  {}  {:<12} {:<18} {year}  {:<18} {}",
            rank + 1,
            (hit.similarity).map_or("      ".into(), |cosine| format!("{cosine:.4}")),
            hit.why(),
            hit.id,
            hit.categories.join(" "),
            hit.title
        )?;
    }
    Ok(())
}

/// Writes a run (`qid Q0 docid rank score tag`) for a file of questions, JSON lines `{id, text}`.
///
/// # Errors
/// Where a line is no question, the build does not open, or `to` cannot be written.
pub fn run(
    folder: &Path,
    questions: &PathBuf,
    config: &SearchConfig,
    to: &mut dyn Write,
) -> Result<usize> {
    let folder = Folder::open(folder)?;
    let mut search = Search::new(&folder, config)?;
    let file = std::fs::File::open(questions)
        .with_context(|| format!("reading {}", questions.display()))?;
    let mut n = 0;
    for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
        let place = || format!("{}, line {}", questions.display(), at + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question =
            serde_json::from_str(line.trim_start_matches('\u{feff}')).with_context(place)?;
        ensure!(
            !question.id.contains(char::is_whitespace),
            "{}: the id {:?} has a space, which a run cannot hold",
            place(),
            question.id
        );
        // One empty question must not cost the run; its id is simply missing there.
        let asked = Asking::read(&question.text);
        let hits = search.by_text(&asked).unwrap_or_else(|error| {
            tracing::warn!("{}, question {:?}: {error}", place(), question.id);
            Vec::new()
        });
        for (rank, hit) in hits.iter().enumerate() {
            // A fused list has no one score: its order is what evaluators are to read.
            let by_rank = 1.0 / (rank + 1) as f32;
            let score = match config.by {
                By::Meaning => hit.similarity.unwrap_or(by_rank),
                By::Both | By::Words => by_rank,
            };
            writeln!(
                to,
                "{} Q0 {} {} {score:.6} offprint",
                question.id,
                folder.papers.id(hit.paper),
                rank + 1,
            )?;
        }
        n += 1;
    }
    if n == 0 {
        bail!(
            "{} holds no question: one JSON object {{\"id\", \"text\"}} a line",
            questions.display()
        );
    }
    Ok(n)
}
