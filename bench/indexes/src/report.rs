//! All figures of one run, in tables of Markdown and as JSON.

use std::fmt;

use serde::Serialize;
use speed::machine::{n_cores, processor};

use crate::browser::{Absent, Engine, Half, Measured, Setting};
use crate::judge::{Exact, Ranks};
use crate::known::Known;
use crate::material::Vectors;

/// What is measured, for whoever reads the tables.
#[derive(Debug, Serialize)]
pub(crate) struct About {
    pub(crate) corpus: String,
    /// Name of the build: SHA-256 over the digests of its files.
    pub(crate) build: String,
    pub(crate) papers: usize,
    /// Whose titles are looked for by meaning.
    pub(crate) titles_of: &'static str,
}

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    processor: String,
    n_cores: usize,
    browser: String,
    #[serde(flatten)]
    about: About,
    dim: usize,
    titles: usize,
    questions: usize,
    vectors: Vec<Judged>,
    words: Vec<Judged>,
    absent: Vec<Absent>,
}

/// One index.
#[derive(Debug, Serialize)]
struct Judged {
    name: String,
    note: Option<String>,
    build_s: Option<f64>,
    open_s: Option<f64>,
    bytes_a_paper: Option<f64>,
    gzip_bytes_a_paper: Option<f64>,
    wasm_bytes: f64,
    heap_bytes: f64,
    asked: Vec<Asked>,
}

/// One way in which it was asked.
#[derive(Debug, Serialize)]
struct Asked {
    name: String,
    #[serde(flatten)]
    good: Good,
    ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    rounds: usize,
}

/// How good what was found is.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Good {
    Vectors { recall_at_10: f64 },
    Words { found_in_10: f64, mrr_at_10: f64 },
}

impl Report {
    /// Judges what was found.
    pub(crate) fn new(
        about: About,
        vectors: &Vectors,
        known: &[Known],
        measured: Measured,
    ) -> Self {
        let exact = Exact::new(vectors);
        let near = |setting: &Setting| Good::Vectors {
            recall_at_10: exact.recall(&setting.found),
        };
        let meant: Vec<u32> = known.iter().map(|known| known.paper).collect();
        let early = |setting: &Setting| {
            let ranks = Ranks::of(&meant, &setting.found);
            Good::Words {
                found_in_10: ranks.found,
                mrr_at_10: ranks.mrr,
            }
        };
        Self {
            processor: processor(),
            n_cores: n_cores(),
            browser: measured.browser,
            dim: vectors.dim,
            titles: vectors.queries.len() / vectors.dim,
            questions: known.len(),
            vectors: judged(&measured.vectors, about.papers, near),
            words: judged(&measured.words, about.papers, early),
            absent: without_repeats([measured.vectors.absent, measured.words.absent].concat()),
            about,
        }
    }
}

/// A peer that is built once for each breadth fails once for each.
fn without_repeats(mut absent: Vec<Absent>) -> Vec<Absent> {
    absent.dedup();
    absent
}

fn judged(half: &Half, n_papers: usize, good: impl Fn(&Setting) -> Good) -> Vec<Judged> {
    let asked = |setting: &Setting| Asked {
        name: setting.name.clone(),
        good: good(setting),
        ms: setting.mean_ms(),
        p50_ms: setting.quantile_ms(0.5),
        p95_ms: setting.quantile_ms(0.95),
        rounds: setting.rounds.len(),
    };
    let a_paper = |bytes: f64| bytes / n_papers as f64;
    let one = |engine: &Engine| Judged {
        name: engine.name.clone(),
        note: engine.note.clone(),
        build_s: engine.build_s,
        open_s: engine.open_s,
        bytes_a_paper: engine.saved_bytes.map(a_paper),
        gzip_bytes_a_paper: engine.gzip_bytes.map(a_paper),
        wasm_bytes: engine.wasm_bytes,
        heap_bytes: engine.heap_bytes,
        asked: engine.settings.iter().map(asked).collect(),
    };
    half.engines.iter().map(one).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let About {
            corpus,
            papers,
            titles_of,
            ..
        } = &self.about;
        writeln!(
            f,
            "\n{}, {} cores; {}, one thread; {corpus}, {papers} papers",
            self.processor, self.n_cores, self.browser
        )?;
        writeln!(
            f,
            "\n## Vectors of {} dimensions: {} titles of {titles_of}\n",
            self.dim, self.titles
        )?;
        table(f, "| recall@10", "|--:", &self.vectors)?;
        writeln!(
            f,
            "\n## Words of titles and abstracts: {} papers, by four words of their titles\n",
            self.questions
        )?;
        table(f, "| in ten | MRR@10", "|--:|--:", &self.words)?;
        for index in self.vectors.iter().chain(&self.words) {
            if let Some(note) = &index.note {
                writeln!(f, "\n{}: {note}.", index.name)?;
            }
        }
        for Absent { name, why } in &self.absent {
            writeln!(f, "\nNot measured: {name}: {why}")?;
        }
        Ok(())
    }
}

/// A row for every way in which an index was asked; what does not depend on that stands in its first row.
fn table(f: &mut fmt::Formatter<'_>, good: &str, rule: &str, half: &[Judged]) -> fmt::Result {
    writeln!(
        f,
        "| index | asked {good} | ms a query | p50 | p95 | s to build | bytes a paper | after gzip | MB of WebAssembly | MB of heap |"
    )?;
    writeln!(f, "|---|---{rule}|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for index in half {
        for (at, asked) in index.asked.iter().enumerate() {
            let name = if at == 0 { &*index.name } else { "" };
            write!(f, "| {name} | {} ", asked.name)?;
            match asked.good {
                Good::Vectors { recall_at_10 } => write!(f, "| {recall_at_10:.4} ")?,
                Good::Words {
                    found_in_10,
                    mrr_at_10,
                } => write!(f, "| {found_in_10:.4} | {mrr_at_10:.4} ")?,
            }
            let Asked {
                ms, p50_ms, p95_ms, ..
            } = asked;
            write!(f, "| {ms:.3} | {p50_ms:.3} | {p95_ms:.3} ")?;
            if at > 0 {
                writeln!(f, "| | | | | |")?;
                continue;
            }
            let built = match (index.build_s, index.open_s) {
                (Some(build), _) => format!("{build:.1}"),
                (None, Some(open)) => format!("opens in {:.1} ms", open * 1e3),
                (None, None) => String::new(),
            };
            let [wasm, heap] = [index.wasm_bytes, index.heap_bytes].map(|bytes| bytes / 1e6);
            let saved = [index.bytes_a_paper, index.gzip_bytes_a_paper];
            let [whole, gzip] =
                saved.map(|bytes| bytes.map_or(String::new(), |n| format!("{n:.0}")));
            writeln!(f, "| {built} | {whole} | {gzip} | {wasm:.1} | {heap:.1} |")?;
        }
    }
    Ok(())
}
