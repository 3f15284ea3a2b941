//! What page and worker say to each other: typed messages, one version number.
//!
//! The page sends an [`Envelope`] of a [`Request`]; the worker answers with one or more envelopes
//! of an [`Answer`] that carry the same request number: any number of [`Answer::Progress`] and
//! [`Answer::Partial`], then exactly one [`Answer::Done`] or [`Answer::Failed`].
//! Envelopes travel as JSON text; vectors travel beside them as transferred buffers.

mod error;
mod landscape;
mod own;
mod values;
mod verify;

use serde::{Deserialize, Serialize};

pub use error::EngineError;
pub use landscape::{Landscape, MapAnswer, MapQuestion};
pub use own::{OwnAnswer, OwnCorpus, OwnQuestion};
pub use values::{
    Classification, CrossListing, Hit, Hits, Info, Method, Named, Occluded, Suggestion, Term,
    TextError, Understood, Verdict,
};
pub use verify::{Check, FileFound, Files, Finding, Golden, Kept, Roads, Times, Way};

/// Version of these messages; both sides compare it before anything else.
pub const PROTOCOL: u32 = 11;

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
    /// Category or archive codes; a paper passes with any of them. Empty: all.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Which of a paper's categories count.
    #[serde(default)]
    pub listed: Listed,
    /// First and last year, both included; papers without a year do not pass.
    #[serde(default)]
    pub years: Option<(u16, u16)>,
}

/// Which of a paper's categories count for a filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// All of them, cross-lists included.
    #[default]
    Anywhere,
    /// The primary one.
    Primary,
}

impl Filter {
    /// Whether every paper passes.
    pub fn is_open(&self) -> bool {
        self.categories.is_empty() && self.years.is_none()
    }
}

/// What comes first among hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The best.
    #[default]
    Relevance,
    /// The newest: of all papers that match where the question demands something, of the best
    /// [`NEWEST_OF`] otherwise, since without a demand every paper is near to some degree.
    Newest,
}

/// How many of the best hits [`Sort::Newest`] sorts at least, where nothing is demanded.
pub const NEWEST_OF: usize = 100;

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
        /// Whether to stop once words are open: the visitor gave the rest up. Answered by
        /// [`Answer::WordsOpen`], then [`EngineError::Cancelled`].
        only_words: bool,
        /// Whether the visitor's own corpus is wanted in place of the site's.
        #[serde(default)]
        own: bool,
    },
    /// Find papers by words and meaning.
    Search {
        /// The question, in the language of [`shared::words::query`].
        text: String,
        /// Which lists answer it.
        by: By,
        /// At most this many hits.
        k: usize,
        /// Which papers may be found.
        filter: Filter,
        /// Which of the nearest are wanted.
        order: Order,
        /// What comes first.
        #[serde(default)]
        sort: Sort,
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
        /// What comes first.
        #[serde(default)]
        sort: Sort,
    },
    /// Say how like papers are to others, both of the corpus. The cosines come beside [`Reply::Likeness`].
    Likeness {
        /// Ids of the papers.
        papers: Vec<String>,
        /// Ids of the others.
        to: Vec<String>,
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
    /// Say what each part of a text does to the probability of a category, by taking it out. Whatever else is
    /// asked meanwhile goes first.
    Occlude {
        /// Title; may be empty.
        title: String,
        /// The sentences of the abstract, in order.
        sentences: Vec<String>,
        /// The category's code, as a [`Suggestion`] has it.
        category: String,
    },
    /// Find a paper in the corpus by its id, and those nearest to it; where the corpus lacks it, those nearest
    /// to its text, embedded as a paper's.
    Match {
        /// Id; may be empty.
        id: String,
        /// Title; may be empty.
        title: String,
        /// Abstract; may be empty.
        abstract_text: String,
        /// At most this many papers beside itself.
        k: usize,
    },
    /// Embed one text by the query template; the vector comes beside [`Reply::Embedding`].
    Embed {
        /// The text.
        text: String,
    },
    /// Embed many texts, each as [`Request::Embed`] would; the vectors come beside
    /// [`Reply::Embeddings`]. Answered by [`Answer::Steps`] on the way; whatever else is asked
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
    /// Something about the map.
    Map(MapQuestion),
    /// Something about a corpus of the visitor's own.
    Own(OwnQuestion),
    /// Check the open build on this device. Answered by [`Answer::Steps`] on the way, then [`Reply::Verified`]; whatever
    /// else is asked meanwhile goes first.
    Verify {
        /// What is checked.
        check: Check,
    },
    /// Keep the map and every chunk of words and abstracts on this device, for offline use. Answered by progress.
    KeepChunks,
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
    /// Words can be searched while the rest of a [`Request::Load`] is under way. Of the model nothing is
    /// known yet.
    WordsOpen(Box<Info>),
    /// The site offers another build than the open one; the text names it for people.
    NewBuild(String),
    /// How far the work is.
    Progress(Progress),
    /// How many steps of long work are done: texts of a batch, questions, texts or files of a check.
    Steps {
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
    /// What the file is, for people: `Papers`, `Words`, `Model`, `Index`, `Classifier`, `Abstracts and words`.
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
    Hits(Box<Hits>),
    /// Cosines are the message's second part: a row a paper, a number for each of the others, which is none
    /// (NaN) where the corpus lacks either, or one of them has no word.
    Likeness,
    /// Categories, most probable first.
    Classification(Classification),
    /// What each part of a text does to a probability.
    Occluded(Occluded),
    /// A paper of the corpus, and what is nearest to it or to its text.
    Matched {
        /// The paper itself, where the corpus has it.
        itself: Option<Hit>,
        /// The nearest others.
        nearest: Vec<Hit>,
    },
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
    /// Something about the map.
    Map(MapAnswer),
    /// Something about a corpus of the visitor's own.
    Own(OwnAnswer),
    /// What a check found.
    Verified(Finding),
    /// All chunks of words and abstracts are on this device.
    ChunksKept,
    /// The engine listens.
    Pong,
    /// The request named here was told to stop.
    Cancelled {
        /// Number of the stopped request.
        request: u64,
    },
}

/// Which lists answer a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Words and meaning.
    #[default]
    Both,
    /// Words alone, which can be asked before the model has arrived.
    Words,
    /// Meaning alone, of the text as it stands.
    Meaning,
}

impl From<By> for shared::hybrid::By {
    fn from(by: By) -> Self {
        match by {
            By::Both => Self::Both,
            By::Words => Self::Words,
            By::Meaning => Self::Meaning,
        }
    }
}

impl Request {
    /// Whether it can be answered as soon as words are open.
    pub fn needs_no_model(&self) -> bool {
        match self {
            Self::Search { by, .. } => *by == By::Words,
            Self::Map(question) => question.needs_no_model(),
            Self::Abstract { .. } => true,
            Self::Own(question) => matches!(question, OwnQuestion::What | OwnQuestion::Erase),
            _ => false,
        }
    }
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

#[cfg(test)]
mod tests;
