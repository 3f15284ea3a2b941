//! What page and worker say to each other: typed messages, one version number.
//!
//! The page sends an [`Envelope`] of a [`Request`]; the worker answers with one or more envelopes
//! of an [`Answer`] that carry the same request number: any number of [`Answer::Progress`] and
//! [`Answer::Partial`], then exactly one [`Answer::Done`] or [`Answer::Failed`].
//! Envelopes travel as JSON text; vectors travel beside them as transferred buffers.

use serde::{Deserialize, Serialize};

/// Version of these messages; both sides compare it before anything else.
pub const PROTOCOL: u32 = 3;

/// The engines that there are. One worker is one engine, from a binary of its own; whoever hears
/// another one's name is not meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineId {
    /// The int8 encoder with WebAssembly's SIMD.
    #[serde(rename = "int8-simd")]
    Int8Simd,
    /// The int8 encoder with relaxed SIMD, which gives the same bits faster where a browser has it.
    #[serde(rename = "int8-relaxed")]
    Int8Relaxed,
    /// The encoder in f32 on candle: slow, and loaded when asked for.
    #[serde(rename = "f32-candle")]
    F32Candle,
}

impl EngineId {
    /// The engine's name, the same as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8Simd => "int8-simd",
            Self::Int8Relaxed => "int8-relaxed",
            Self::F32Candle => "f32-candle",
        }
    }
}

/// A message with its address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// The request that this asks or answers, unique in the page's life.
    pub request: u64,
    /// Which engine is asked, or answers.
    pub engine: EngineId,
    /// Which corpus: the name of its build; empty until one is open.
    pub corpus: String,
    /// What is said.
    pub body: T,
}

/// Which papers may be found: all conditions hold at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Category or archive codes; a paper passes with any of them, cross-lists included. Empty: all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// First and last year, both included; papers without a year do not pass.
    #[serde(default)]
    pub years: Option<(u16, u16)>,
}

impl Filter {
    /// Whether every paper passes.
    pub fn is_open(&self) -> bool {
        self.categories.is_empty() && self.years.is_none()
    }
}

/// What the page asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Fetch and open the build that this manifest binds. Answered by progress, then [`Reply::Loaded`].
    Load {
        /// Absolute address of `manifest.json`.
        manifest_url: String,
        /// Whether the newest build is wanted even where this device keeps an older one whole,
        /// which otherwise opens at once while the newer one is offered.
        newest: bool,
    },
    /// Find papers by meaning.
    Search {
        /// The question; embedded by the model's query template.
        text: String,
        /// At most this many hits.
        k: usize,
        /// Which papers may be found.
        filter: Filter,
        /// Which of the nearest are wanted.
        order: Order,
    },
    /// Find papers near some of the corpus, and away from others.
    Similar {
        /// Ids of the papers to be near to; they are not among the hits.
        near: Vec<String>,
        /// Ids of the papers to keep away from; neither are they.
        away: Vec<String>,
        /// At most this many hits.
        k: usize,
        /// Which papers may be found.
        filter: Filter,
    },
    /// Suggest categories for a text.
    Classify {
        /// Title; may be empty.
        title: String,
        /// Abstract; may be empty where the title is not.
        abstract_text: String,
        /// Nearest labelled papers wanted as evidence.
        evidence: usize,
    },
    /// Embed one text by the query template; the vector comes beside [`Reply::Embedding`].
    Embed {
        /// The text.
        text: String,
    },
    /// Embed many texts, each as [`Request::Embed`] would; the vectors come beside
    /// [`Reply::Embeddings`]. Answered by [`Answer::Embedded`] on the way; whatever else is asked
    /// meanwhile goes first.
    EmbedBatch {
        /// The texts.
        texts: Vec<String>,
    },
    /// Read one paper's abstract.
    Abstract {
        /// Id of the paper.
        id: String,
    },
    /// Keep every abstract chunk on this device, for offline use. Answered by progress.
    KeepAbstracts,
    /// Describe the open build again. Answered by [`Reply::Loaded`].
    Info,
    /// Show that the engine still listens. Overtakes everything.
    Ping,
    /// Stop working on an earlier request; that one answers with [`EngineError::Cancelled`].
    Cancel {
        /// Number of the request to stop.
        request: u64,
    },
}

/// What the worker answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// The worker listens now; its first message, sent unasked under request 0.
    Hello,
    /// The worker is about to stop and knows why; sent unasked under request 0.
    Dying(String),
    /// The site offers another build than the open one; the text names it for people.
    NewBuild(String),
    /// How far the work is.
    Progress(Progress),
    /// How many texts of a batch are embedded.
    Embedded {
        /// So many so far.
        done: usize,
        /// In all.
        total: usize,
    },
    /// A first result; a better one follows.
    Partial(Reply),
    /// The result; nothing follows.
    Done(Reply),
    /// No result; nothing follows.
    Failed(EngineError),
}

/// How far one file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What the file is, for people: `Model`, `Index`, `Papers`, `Classifier`, `Abstracts`.
    pub part: String,
    /// Name of the file.
    pub file: String,
    /// Bytes at hand.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Where the bytes come from.
    pub source: Source,
}

/// Where an artifact's bytes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The network.
    Network,
    /// This device's cache.
    Device,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// The build is open.
    Loaded(Box<Info>),
    /// Papers, best first.
    Hits(Hits),
    /// Categories, most probable first.
    Classification(Classification),
    /// The vector is the message's second part.
    Embedding {
        /// Tokens embedded.
        n_tokens: usize,
        /// Tokens beyond the model's window, which had no vote.
        n_cut: usize,
    },
    /// The vectors are the message's second part: a row a text, in the order of the texts.
    Embeddings {
        /// Length of a row.
        dim: usize,
        /// Texts without a word to embed, by position: their rows are zeros.
        empty: Vec<usize>,
        /// Texts that were longer than the model's window, by position, with the tokens cut.
        cut: Vec<(usize, usize)>,
    },
    /// An abstract; empty where the source has none.
    Abstract {
        /// Id of the paper.
        id: String,
        /// Its abstract.
        text: String,
    },
    /// All abstract chunks are on this device.
    AbstractsKept,
    /// The engine listens.
    Pong,
    /// The request named here was told to stop.
    Cancelled {
        /// Number of the stopped request.
        request: u64,
    },
}

/// Which papers near a question are its hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The nearest.
    #[default]
    Nearest,
    /// Near ones that differ from each other.
    Diverse,
}

/// One paper as a result card shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Cosine with the query, −1 to 1.
    pub similarity: f32,
}

/// Papers, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    /// At most the `k` asked for.
    pub hits: Vec<Hit>,
    /// The paper whose neighbors these are; `None` for a question, and for several papers.
    pub like: Option<Hit>,
    /// Papers that pass the filter.
    pub passing: usize,
    /// How they were found.
    pub method: Method,
    /// Time to embed the query, in milliseconds.
    pub embed_ms: f64,
    /// Time to search, in milliseconds.
    pub search_ms: f64,
    /// Tokens of the query beyond the model's window, which had no vote.
    pub n_cut: usize,
}

/// How papers were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Method {
    /// Every paper that passes was compared: nothing can be missing.
    Exact,
    /// The graph was walked at this breadth.
    Graph {
        /// Breadth of the walk.
        ef: usize,
    },
}

/// Suggested categories, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// All classes, most probable first; probabilities sum to one.
    pub suggestions: Vec<Suggestion>,
    /// The nearest labelled papers.
    pub evidence: Vec<Hit>,
    /// Tokens embedded.
    pub n_tokens: usize,
    /// Tokens beyond the model's window, which had no vote.
    pub n_cut: usize,
    /// Time for all of it, in milliseconds.
    pub elapsed_ms: f64,
}

/// One class with its calibrated probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Category code.
    pub category: String,
    /// Calibrated probability, 0 to 1.
    pub probability: f64,
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
    /// All abstract chunks together, in bytes.
    pub abstracts_bytes: u64,
    /// Whether the site gave no manifest that this page reads, so that this device's last complete
    /// build opened.
    pub site_unreachable: bool,
}

/// Why a request has no result. Each becomes a sentence and an action on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EngineError {
    /// Page and worker come from two builds.
    #[error("page and engine are of two versions ({page} and {engine}): reload the page")]
    Protocol {
        /// The page's number.
        page: u32,
        /// The worker's number.
        engine: u32,
    },
    /// A file could not be fetched.
    #[error("{file} could not be fetched: {cause}")]
    Fetch {
        /// Its name.
        file: String,
        /// What the browser said.
        cause: String,
    },
    /// A file came, but is not what the manifest promises, or breaks its format.
    #[error("{file} is damaged: {cause}")]
    Damaged {
        /// Its name.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There is nothing to embed.
    #[error("the text has no word to search by")]
    NoTokens,
    /// No paper of the corpus has this id.
    #[error("no paper {id:?} in this corpus")]
    UnknownPaper {
        /// The id asked for.
        id: String,
    },
    /// The build holds no classifier.
    #[error("this build has no classifier")]
    NoClassifier,
    /// The reference engine was asked for, but the build has no weights for it.
    #[error("this build has no reference engine")]
    NoReference,
    /// The engine is not ready.
    #[error("the engine has not opened a build yet")]
    NotLoaded,
    /// The request was cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// The engine stopped: a bug of ours, or memory ran out. It is being restarted.
    #[error("the engine stopped: {cause}")]
    Crashed {
        /// What is known of it.
        cause: String,
    },
    /// A call of `window.offprint` with wrong arguments.
    #[error("{message}")]
    BadArgument {
        /// What was wrong with it.
        message: String,
    },
}

impl EngineError {
    /// The error's short name, the same as its `code` in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Protocol { .. } => "protocol",
            Self::Fetch { .. } => "fetch",
            Self::Damaged { .. } => "damaged",
            Self::NoTokens => "no_tokens",
            Self::UnknownPaper { .. } => "unknown_paper",
            Self::NoClassifier => "no_classifier",
            Self::NoReference => "no_reference",
            Self::NotLoaded => "not_loaded",
            Self::Cancelled => "cancelled",
            Self::Crashed { .. } => "crashed",
            Self::BadArgument { .. } => "bad_argument",
        }
    }
}

#[cfg(test)]
mod tests;
