//! Papers on their way into training: chosen without leakage, tokenized once, dealt into batches.
//!
//! ```text
//! files of papers ──choose──▶ who teaches and who judges ──tokens──▶ Corpus, kept on disk
//! Corpus, seed, step ──batches──▶ queries, documents, labels of one step
//! ```
//!
//! Every batch is a function of corpus, config, seed and step alone, so that a run goes on where it
//! stopped without having stored where it was. Start at [`open`].

mod batches;
mod choices;
mod choose;
mod corpus;
mod dropped;
mod hard_negatives;
mod near;
mod overlap;
mod rows;
mod sentences;
mod statistics;
mod texts;
mod tokens;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use ingest::http::sha256_of;
use ingest::model_files::ModelFiles;
use ingest::papers;
use shared::Sha256;
use shared::tokenizer::Tokenizer;

use crate::config::DataConfig;

pub use batches::{Batches, Examples, Kind};
pub use choices::Choices;
pub use corpus::{Corpus, Entry};
pub use dropped::Dropped;
pub(crate) use hard_negatives::mined;
pub(crate) use rows::tell;
pub use sentences::Sentences;
pub use statistics::{Cut, Lengths, Places, Statistics, Texts, Year};
pub use tokens::PART_LIMIT;

/// Raised whenever the same papers would be packed otherwise.
const VERSION: u32 = 8;

/// Texts are kept up to this length: beyond any encoder's window so far.
const LONGEST: usize = 514;

/// A corpus with what it was made from.
#[derive(Debug)]
pub struct Opened {
    /// The papers.
    pub corpus: Corpus,
    /// SHA-256 over the papers' files, the tokenizer and what was asked of them.
    pub key: Sha256,
    /// Folder of the token cache.
    pub folder: PathBuf,
}

/// Writes a corpus as files of at most [`PART_LIMIT`] bytes, and gives their number.
///
/// # Errors
/// Where the disk refuses.
pub fn write_pack(folder: &Path, corpus: &Corpus) -> Result<usize> {
    tokens::write(folder, corpus)
}

/// Opens the corpus of a config: a pack, the token cache below `cache`, or the papers themselves.
///
/// # Errors
/// Where papers or tokenizer cannot be read, nothing is left to train on, or a pack was made of other choices.
pub fn open(config: &DataConfig, seed: u64, files: &ModelFiles, cache: &Path) -> Result<Opened> {
    let json = std::fs::read(&files.tokenizer)
        .with_context(|| format!("reading {}", files.tokenizer.display()))?;
    let choices = Choices::of(config, seed);
    if let Some(folder) = &config.pack {
        let key = tokens::key(folder)?;
        let corpus = tokens::read(folder)?.context("its first part was just read")?;
        ensure!(
            corpus.tokenizer == Sha256::of(&json),
            "{} was packed with another tokenizer than {}: pack the papers again, with the encoder that is trained",
            folder.display(),
            files.tokenizer.display()
        );
        corpus.choices.check(&choices, folder)?;
        if corpus.choices.seed != seed {
            tracing::info!(
                "the papers were chosen with seed {}, that of the pack; seed {seed} is of their order",
                corpus.choices.seed
            );
        }
        let folder = folder.clone();
        return Ok(Opened {
            corpus,
            key,
            folder,
        });
    }
    let paths = papers::resolve(&config.papers)?;
    let mut parts = vec![VERSION.to_le_bytes().to_vec(), json.clone()];
    for path in &paths {
        parts.push(sha256_of(path)?.0.to_vec());
    }
    parts.push(serde_json::to_vec(&choices)?);
    let key = Sha256::of(&parts.concat());
    let folder = cache.join("tokens").join(key.to_string());
    if let Some(corpus) = tokens::read(&folder)? {
        return Ok(Opened {
            corpus,
            key,
            folder,
        });
    }
    let tokenizer = Tokenizer::from_json(&json, LONGEST)
        .with_context(|| format!("in {}", files.tokenizer.display()))?;
    ensure!(
        tokenizer.n_ids() <= 1 << 16,
        "a vocabulary of {} words: tokens are kept in 16 bits",
        tokenizer.n_ids()
    );
    let corpus = Corpus {
        tokenizer: Sha256::of(&json),
        choices,
        ..choose::read(&paths, config, seed, &tokenizer)?
    };
    ensure!(
        !corpus.train.is_empty(),
        "no paper to train on is left: papers need a title, an abstract and a split other than \"valid\" ({})",
        corpus.dropped
    );
    tokens::write(&folder, &corpus)?;
    Ok(Opened {
        corpus,
        key,
        folder,
    })
}
