//! What answers are made of.

use serde::{Deserialize, Serialize};
use shared::Road;
use shared::artifact::Reads;

use super::EngineId;

/// One paper as a result card shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Id as the corpus gives it.
    pub id: String,
    /// Title.
    pub title: String,
    /// Authors, separated by `, `; may be empty.
    pub authors: String,
    /// Category codes, primary first; may be empty.
    pub categories: Vec<String>,
    /// Year of first submission.
    pub year: Option<u16>,
    /// Cosine with the query, −1 to 1; none where either has no vector.
    pub similarity: Option<f32>,
    /// Place among the papers near in meaning, from 1.
    #[serde(default)]
    pub semantic_rank: Option<u32>,
    /// Place among the papers with words of the question, from 1.
    #[serde(default)]
    pub word_rank: Option<u32>,
    /// Fields with words of the question: `title`, `abstract`, `authors`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// What the question names the paper by.
    #[serde(default)]
    pub named: Option<Named>,
    /// Places of words of the question in the title, in bytes.
    #[serde(default)]
    pub title_marks: Vec<(usize, usize)>,
}

/// What a question names a paper by: such papers come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// Its id.
    Id,
    /// The words of its title.
    Title,
    /// One of its authors.
    Author,
}

/// A question as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// As a query in its shortest form, which reads back as the same.
    pub query: String,
    /// Whether it demands something, so that only papers that have it are hits.
    pub demands: bool,
    /// What is wrong with it, by place.
    pub errors: Vec<TextError>,
    /// Words that were looked for.
    pub terms: Vec<Term>,
    /// Papers with words of it; none where words were not asked.
    pub with_words: Option<usize>,
    /// Prefixes that stand for more words than were looked for.
    pub cut_prefixes: Vec<String>,
    /// Whether some words could not be fetched, so that papers may be missing.
    pub incomplete: bool,
}

/// Something wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextError {
    /// Where it begins in the question, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A word that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The word as the index has it, or its beginning.
    pub text: String,
    /// Whether it may go on.
    pub open: bool,
    /// Fields that it was looked for in: `title`, `abstract`, `authors`.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// Papers, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    /// At most the `k` asked for.
    pub hits: Vec<Hit>,
    /// The paper whose neighbors these are; `None` for a question, and for several papers.
    pub like: Option<Hit>,
    /// Where papers were asked about: those that the hits are near to.
    #[serde(default)]
    pub near: Vec<Hit>,
    /// And those that they are kept away from.
    #[serde(default)]
    pub away: Vec<Hit>,
    /// Papers that pass the filter, and have what is demanded.
    pub passing: usize,
    /// How they were found.
    pub method: Method,
    /// Time to embed the query, in milliseconds.
    pub embed_ms: f64,
    /// Time to search, in milliseconds.
    pub search_ms: f64,
    /// Tokens of the query beyond the model's window, which had no vote.
    pub n_cut: usize,
    /// Where the newest come first: how many of the best were sorted so.
    #[serde(default)]
    pub newest_of: Option<usize>,
    /// Pieces of the corpus that could not be fetched, so that papers may be missing.
    #[serde(default)]
    pub lacking: usize,
    /// How the question was understood; none for papers like others.
    #[serde(default)]
    pub understood: Option<Understood>,
}

/// How papers were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Method {
    /// Every paper that passes was compared: nothing can be missing.
    Exact,
    /// By words alone; every paper that has them was found.
    Words,
    /// The signs of every vector were compared, and then so many vectors.
    Codes {
        /// Vectors compared.
        depth: usize,
    },
    /// The graph was walked at this breadth.
    Graph {
        /// Breadth of the walk.
        ef: usize,
    },
    /// Of a corpus in pieces, those near the question were looked into.
    Shards {
        /// Clusters whose codes were compared.
        clusters: u32,
        /// Leaves whose vectors were compared.
        leaves: u32,
    },
}

impl From<Road> for Method {
    fn from(road: Road) -> Self {
        match road {
            Road::Exact => Self::Exact,
            Road::Codes { depth } => Self::Codes { depth },
            Road::Graph { ef } => Self::Graph { ef },
            Road::Shards(Reads { clusters, leaves }) => Self::Shards { clusters, leaves },
        }
    }
}

/// Suggested categories, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// All classes, most probable first; probabilities sum to one.
    pub suggestions: Vec<Suggestion>,
    /// What held-out papers say of them; absent where the classifier was judged on none.
    pub held_out: Option<Verdict>,
    /// Categories that it is likely to be listed in beside the first; absent where the classifier suggests none.
    pub cross_lists: Option<CrossListing>,
    /// Whether the text is farther from every paper than 99 % of the papers are from each other: the corpus does
    /// not know its like.
    pub is_far: bool,
    /// The nearest labelled papers.
    pub evidence: Vec<Hit>,
    /// Tokens embedded.
    pub n_tokens: usize,
    /// Tokens beyond the model's window, which had no vote.
    pub n_cut: usize,
    /// Time for all of it, in milliseconds.
    pub elapsed_ms: f64,
}

/// What suggestions like these have come to on held-out papers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How many suggestions, from the first, make the prediction set.
    pub set: usize,
    /// Share of papers whose category the set is to hold.
    pub level: f64,
    /// Share of held-out papers whose category it did hold.
    pub coverage: f64,
    /// Whether the first suggestion is sure enough to be named.
    pub names: bool,
    /// Share of held-out papers for which one was named.
    pub answered: f64,
    /// Share of those for which it was right.
    pub accuracy: f64,
    /// Held-out papers judged on.
    pub papers: usize,
    /// Those whose first suggestion was about as probable, and for how many of them it was right.
    pub alike: Option<(u32, u32)>,
}

/// Categories beside the first one, and what such have come to on held-out papers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossListing {
    /// At most four, each with the probability that the text is listed there, most probable first.
    pub suggestions: Vec<Suggestion>,
    /// Share of those suggested for held-out papers that their papers are listed in.
    pub precision: f64,
    /// Share of the cross-lists of held-out papers that are suggested.
    pub recall: f64,
    /// Held-out papers judged on.
    pub papers: usize,
}

/// One class with its calibrated probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Category code.
    pub category: String,
    /// Calibrated probability, 0 to 1.
    pub probability: f64,
}

/// What each part of a text does to the probability of a category.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Occluded {
    /// Probability of the text: of the sentences that fit the model's window, with the title.
    pub probability: f64,
    /// Probability without the title, and then without each sentence of those that fit, at most 24. None where
    /// nothing to embed is left, and of a title that is not there.
    pub without: Vec<Option<f64>>,
}

/// What the open build is: for the page's texts and `window.offprint.info()`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// The corpus' name.
    pub corpus: String,
    /// Papers that can be found.
    pub papers: usize,
    /// First and last year.
    pub years: Option<(u16, u16)>,
    /// Papers by year, ascending.
    pub year_counts: Vec<(u16, usize)>,
    /// Papers by category code (cross-lists counted), most frequent first.
    pub category_counts: Vec<(String, usize)>,
    /// Papers by archive code (cross-lists counted), by code.
    pub archive_counts: Vec<(String, usize)>,
    /// As `category_counts`, by the primary category alone.
    #[serde(default)]
    pub primary_counts: Vec<(String, usize)>,
    /// As `archive_counts`, by the primary category alone.
    #[serde(default)]
    pub primary_archive_counts: Vec<(String, usize)>,
    /// Name of the build: a SHA-256.
    pub build: String,
    /// Version of index-builder that made it; empty from an engine that does not say.
    #[serde(default)]
    pub builder: String,
    /// The model's name, such as `all-MiniLM-L6-v2`.
    pub model: String,
    /// The model's licence and attribution, one line.
    pub model_licence: String,
    /// Length of a vector.
    pub dim: usize,
    /// Tokens that a text may have; the rest is cut.
    pub max_tokens: usize,
    /// Share of the exact ten nearest that the graph finds, as measured by the build.
    pub recall_at_10: Option<f64>,
    /// The same of search by 1-bit codes.
    #[serde(default)]
    pub recall_by_codes: Option<f64>,
    /// Sets of judged questions, with the nDCG@10 that the encoder reaches on each.
    #[serde(default)]
    pub search: Vec<(String, f64)>,
    /// How papers near in meaning are looked for among all; none before the index is open.
    #[serde(default)]
    pub method: Option<Method>,
    /// Which engine runs.
    pub engine: EngineId,
    /// What its arithmetic runs on, such as `simd128`.
    pub kernel: String,
    /// Whether categories can be suggested, and from what.
    pub classifier: Option<String>,
    /// Files of the build with bytes and SHA-256.
    pub files: Vec<(String, u64, String)>,
    /// Six titles of the corpus that make good first queries.
    pub examples: Vec<String>,
    /// Bytes of WebAssembly memory in use by the engine.
    pub wasm_bytes: u64,
    /// The weights in f32, in bytes, where the build brings them.
    pub reference_bytes: Option<u64>,
    /// The map, in bytes, where the build has one.
    #[serde(default)]
    pub map_bytes: Option<u64>,
    /// All abstract chunks together, in bytes.
    pub abstracts_bytes: u64,
    /// All chunks of words and of their places together, in bytes.
    #[serde(default)]
    pub words_bytes: u64,
    /// Whether the site gave no manifest that this page reads, so that this device's last complete
    /// build opened.
    pub site_unreachable: bool,
}
