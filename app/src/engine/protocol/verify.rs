//! Checks of a build on the visitor's device.

use serde::{Deserialize, Serialize};

use super::{EngineId, Method};

/// What can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// What the quick roads find of what comparing every vector finds, and how long each takes.
    Roads,
    /// The files that this device keeps, by their digests, and what was fetched.
    Files,
    /// Texts of the build, embedded here.
    Golden,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum Finding {
    /// Of [`Check::Roads`].
    Roads(Roads),
    /// Of [`Check::Files`].
    Files(Files),
    /// Of [`Check::Golden`].
    Golden(Golden),
}

/// Roads, judged by comparing every vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Roads {
    /// Papers of the corpus.
    pub papers: usize,
    /// Papers that were asked about, each by its own vector; none is among its own hits.
    pub questions: usize,
    /// The exact road first, then the quick ones.
    pub ways: Vec<Way>,
    /// Time to embed the title of one of these papers.
    pub embedding: Times,
    /// Tokens of a title, on average.
    pub tokens: f64,
}

/// One road.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// Which one.
    pub method: Method,
    /// Share of the exact ten nearest that it finds.
    pub recall: f64,
    /// The same as the build measured it, with titles.
    pub at_build: Option<f64>,
    /// Time of one search.
    pub times: Times,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Half of the runs took at most so long.
    pub half: f64,
    /// 95 of 100 did.
    pub most: f64,
}

/// Files of the build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Files {
    /// Each file, in the order in which they are needed.
    pub files: Vec<FileFound>,
    /// Whether this browser keeps files at all.
    pub keeps: bool,
    /// The engine's own code, with the bytes that came over the network for it.
    pub code: Vec<(String, u64)>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFound {
    /// Its name.
    pub file: String,
    /// Its length by the manifest.
    pub bytes: u64,
    /// Bytes of it that this engine has asked the site for since it started.
    pub fetched: u64,
    /// What this device keeps of it.
    pub kept: Kept,
}

/// What this device keeps of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The bytes that the build names by their SHA-256.
    Same,
    /// Other bytes.
    Other,
    /// Nothing.
    Absent,
}

/// Texts whose vectors the build stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// The engine that embedded them.
    pub engine: EngineId,
    /// How many; none in a build of before there were any.
    pub texts: usize,
    /// Those that got the stored vector, bit for bit.
    pub same: usize,
    /// Least cosine with the stored vector.
    pub least: Option<f64>,
}
