//! The token cache: a corpus on disk as safetensors files of at most [`PART_LIMIT`] bytes, so that it
//! can be carried in parts.
//!
//! Each part holds the columns of some papers: `tokens` (16-bit ids, titles and abstracts behind one
//! another), `titles` and `abstracts` (their lengths), `cut` (tokens of both beyond what is kept), `labels`, `years`, `ids` (eight bytes of the
//! SHA-256), `roles` (0 trains, 1 judges). The header of each says its format, how many parts there are, and of which
//! corpus; what is common to all of them stands in the first one's.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use ingest::safe_file;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use shared::Sha256;

use super::choices::Choices;
use super::corpus::{Corpus, Entry};
use super::dropped::Dropped;
use super::sentences::Sentences;

/// Bytes of a part, at most.
pub const PART_LIMIT: usize = 55 << 20;

/// Format of the files; those of before said none.
const FORMAT: &str = "2";
/// Key of a header: the format.
const KEY_OF_FORMAT: &str = "format";
/// Key of a header: the SHA-256 of the corpus that a part is of.
const OF: &str = "of";

/// Bytes a paper takes beside its tokens.
const BESIDE: usize = 5 * 2 + 8 + 1;

#[derive(Debug, Serialize, Deserialize)]
struct Common {
    /// SHA-256 of the `tokenizer.json` that the ids are of.
    tokenizer: Sha256,
    /// What was asked of the papers.
    choices: Choices,
    classes: Vec<String>,
    opening: u16,
    closing: u16,
    sentences: Sentences,
    dropped: Dropped,
}

/// Name of part `at`.
fn name(at: usize) -> String {
    format!("tokens-{at:03}.safetensors")
}

/// Writes a corpus, the first part last: without it nothing is there. Parts that stood in the folder
/// before are replaced or removed. Gives the number of parts.
pub(super) fn write(folder: &Path, corpus: &Corpus) -> Result<usize> {
    let parts = split(corpus, PART_LIMIT);
    let common = serde_json::to_string(&Common {
        tokenizer: corpus.tokenizer,
        choices: corpus.choices.clone(),
        classes: corpus.classes.clone(),
        opening: corpus.opening,
        closing: corpus.closing,
        sentences: corpus.sentences.clone(),
        dropped: corpus.dropped,
    })?;
    let of = digest(corpus, &common);
    for (at, part) in parts.iter().enumerate().rev() {
        let header = HashMap::from([
            (KEY_OF_FORMAT.to_owned(), FORMAT.to_owned()),
            ("parts".to_owned(), parts.len().to_string()),
            (OF.to_owned(), of.to_string()),
            ("common".to_owned(), common.clone()),
        ]);
        safe_file::write(&folder.join(name(at)), &encode(corpus, part, header)?)?;
    }
    for at in parts.len().. {
        let path = folder.join(name(at));
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("{} is of another corpus: remove it", path.display())
                });
            }
        }
    }
    Ok(parts.len())
}

/// What tells the parts of one corpus from those of another.
fn digest(corpus: &Corpus, common: &str) -> Sha256 {
    let mut all: Vec<u8> = common.into();
    all.extend(corpus.tokens.iter().flat_map(|id| id.to_le_bytes()));
    let entries = corpus.train.iter().chain(&corpus.valid);
    all.extend(entries.flat_map(|entry| entry.id.to_le_bytes()));
    Sha256::of(&all)
}

/// What tells this cache from another: the SHA-256 over those of its parts.
pub(super) fn key(folder: &Path) -> Result<Sha256> {
    let mut all = Vec::new();
    for at in 0.. {
        let path = folder.join(name(at));
        match std::fs::read(&path) {
            Ok(bytes) => all.extend(Sha256::of(&bytes).0),
            Err(error) if at > 0 && error.kind() == ErrorKind::NotFound => break,
            Err(error) => {
                return Err(error).with_context(|| {
                    format!(
                        "{}: name a folder that `trainer pack` wrote",
                        path.display()
                    )
                });
            }
        }
    }
    Ok(Sha256::of(&all))
}

/// Papers with their roles, in parts that stay within `limit` bytes.
fn split(corpus: &Corpus, limit: usize) -> Vec<Vec<(Entry, u8)>> {
    let train = corpus.train.iter().map(|&entry| (entry, 0));
    let valid = corpus.valid.iter().map(|&entry| (entry, 1));
    let (mut parts, mut size) = (vec![Vec::new()], 4096);
    for (entry, role) in train.chain(valid) {
        let bytes = 2 * (usize::from(entry.n_title) + usize::from(entry.n_abstract)) + BESIDE;
        // The header repeats the categories' names.
        if size + bytes > limit - limit / 50 {
            parts.push(Vec::new());
            size = 4096;
        }
        size += bytes;
        parts.last_mut().expect("there is one").push((entry, role));
    }
    parts
}

fn encode(
    corpus: &Corpus,
    part: &[(Entry, u8)],
    header: HashMap<String, String>,
) -> Result<Vec<u8>> {
    let words = |of: &dyn Fn(&Entry) -> u16| -> Vec<u8> {
        let values = part.iter().map(|(entry, _)| of(entry));
        values.flat_map(u16::to_le_bytes).collect()
    };
    let tokens: Vec<u8> = part
        .iter()
        .flat_map(|(entry, _)| [corpus.title(entry), corpus.abstract_of(entry)])
        .flatten()
        .flat_map(|id| id.to_le_bytes())
        .collect();
    let ids: Vec<u8> = part
        .iter()
        .flat_map(|(entry, _)| entry.id.to_le_bytes())
        .collect();
    let roles: Vec<u8> = part.iter().map(|(_, role)| *role).collect();
    let columns = [
        ("tokens", Dtype::U16, tokens),
        ("titles", Dtype::U16, words(&|entry| entry.n_title)),
        ("abstracts", Dtype::U16, words(&|entry| entry.n_abstract)),
        ("cut", Dtype::U16, words(&|entry| entry.n_cut)),
        ("labels", Dtype::U16, words(&|entry| entry.label)),
        ("years", Dtype::U16, words(&|entry| entry.year)),
        ("ids", Dtype::U64, ids),
        ("roles", Dtype::U8, roles),
    ];
    let views = columns
        .iter()
        .map(|(name, dtype, bytes)| {
            let view = TensorView::new(*dtype, vec![bytes.len() * 8 / dtype.bitsize()], bytes)?;
            Ok((*name, view))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, Some(header))?)
}

/// Reads what [`write`] wrote; nothing where it is not there.
pub(super) fn read(folder: &Path) -> Result<Option<Corpus>> {
    let first = folder.join(name(0));
    if !first.exists() {
        return Ok(None);
    }
    let mut corpus = Corpus::default();
    let (mut at, mut n_parts, mut of) = (0, 1, None);
    while at < n_parts {
        let path = folder.join(name(at));
        let again = || {
            format!(
                "the token cache {} is damaged: remove its folder, and it is made anew",
                path.display()
            )
        };
        let bytes = std::fs::read(&path).with_context(again)?;
        let header = header(&bytes).with_context(again)?;
        ensure!(
            header
                .get(KEY_OF_FORMAT)
                .is_some_and(|format| format == FORMAT),
            "{} is of another version of the trainer (format {}, this one reads {FORMAT}): pack the papers again",
            path.display(),
            header.get(KEY_OF_FORMAT).map_or("1", String::as_str)
        );
        decode(&bytes, &mut corpus).with_context(again)?;
        if at > 0 {
            ensure!(
                header.get(OF) == of.as_ref(),
                "{} is of another corpus than the parts before it: pack the papers again, or remove the folder",
                path.display()
            );
        } else {
            of = header.get(OF).cloned();
            n_parts = header.get("parts").context("no number of parts")?.parse()?;
            let common: Common =
                serde_json::from_str(header.get("common").context("no common header")?)
                    .with_context(again)?;
            corpus.classes = common.classes;
            (corpus.tokenizer, corpus.choices) = (common.tokenizer, common.choices);
            (corpus.opening, corpus.closing) = (common.opening, common.closing);
            (corpus.sentences, corpus.dropped) = (common.sentences, common.dropped);
        }
        at += 1;
    }
    let n_classes = corpus.classes.len();
    let all = || corpus.train.iter().chain(&corpus.valid);
    ensure!(
        all().all(|entry| usize::from(entry.label) < n_classes),
        "the token cache {} names a category that it lacks: remove it",
        folder.display()
    );
    Ok(Some(corpus))
}

fn header(bytes: &[u8]) -> Result<HashMap<String, String>> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    header.metadata().clone().context("no header")
}

fn decode(bytes: &[u8], corpus: &mut Corpus) -> Result<()> {
    let file = SafeTensors::deserialize(bytes)?;
    let words = |name: &str| -> Result<Vec<u16>> {
        let bytes = file.tensor(name)?.data().to_vec();
        let pairs = bytes.chunks_exact(2);
        Ok(pairs.map(|b| u16::from_le_bytes([b[0], b[1]])).collect())
    };
    let ids = file.tensor("ids")?.data().to_vec();
    let ids = ids
        .chunks_exact(8)
        .map(|b| u64::from_le_bytes(b.try_into().expect("eight")));
    let roles = file.tensor("roles")?.data().to_vec();
    let (titles, abstracts, cut) = (words("titles")?, words("abstracts")?, words("cut")?);
    let (labels, years, tokens) = (words("labels")?, words("years")?, words("tokens")?);
    let n = roles.len();
    let lengths = [
        titles.len(),
        abstracts.len(),
        cut.len(),
        labels.len(),
        years.len(),
        ids.len(),
    ];
    ensure!(
        lengths.iter().all(|&len| len == n),
        "columns of different lengths"
    );
    let mut at = corpus.tokens.len();
    for (row, id) in ids.enumerate() {
        let entry = Entry {
            at,
            n_title: titles[row],
            n_abstract: abstracts[row],
            n_cut: cut[row],
            label: labels[row],
            year: years[row],
            id,
        };
        at += usize::from(entry.n_title) + usize::from(entry.n_abstract);
        if roles[row] == 0 {
            corpus.train.push(entry);
        } else {
            corpus.valid.push(entry);
        }
    }
    ensure!(
        at == corpus.tokens.len() + tokens.len(),
        "texts and their lengths differ"
    );
    corpus.tokens.extend(tokens);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::batches::tests::corpus;
    use super::*;

    #[test]
    fn a_corpus_comes_back_and_a_damaged_one_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()).expect("nothing is no fault"), None);
        let mut corpus = corpus(40);
        corpus.train[3].n_cut = 7;
        write(folder.path(), &corpus).expect("it can be written");
        let read_back = read(folder.path())
            .expect("it is whole")
            .expect("it is there");
        assert_eq!(read_back, corpus);
        let path = folder.path().join(name(0));
        let mut bytes = std::fs::read(&path).expect("it is there");
        bytes.truncate(bytes.len() - 3);
        std::fs::write(&path, bytes).expect("it can be written");
        let error = read(folder.path()).expect_err("three bytes are gone");
        assert!(
            format!("{error:#}").contains("remove its folder"),
            "{error:#}"
        );
    }

    #[test]
    fn parts_of_two_corpora_are_not_mixed() {
        let folder = tempfile::tempdir().expect("a folder");
        let part = |of: &str, parts: usize| {
            let corpus = corpus(8);
            let common = Common {
                tokenizer: corpus.tokenizer,
                choices: corpus.choices.clone(),
                classes: corpus.classes.clone(),
                opening: 1,
                closing: 2,
                sentences: corpus.sentences.clone(),
                dropped: corpus.dropped,
            };
            let header = HashMap::from([
                (KEY_OF_FORMAT.to_owned(), FORMAT.to_owned()),
                ("parts".to_owned(), parts.to_string()),
                (OF.to_owned(), of.to_owned()),
                (
                    "common".to_owned(),
                    serde_json::to_string(&common).expect("plain"),
                ),
            ]);
            let all = split(&corpus, PART_LIMIT);
            encode(&corpus, &all[0], header).expect("it can be written")
        };
        std::fs::write(folder.path().join(name(0)), part("a", 2)).expect("written");
        std::fs::write(folder.path().join(name(1)), part("a", 2)).expect("written");
        let whole = read(folder.path()).expect("one corpus").expect("there");
        assert_eq!(whole.train.len(), 2 * corpus(8).train.len());
        std::fs::write(folder.path().join(name(1)), part("b", 2)).expect("written");
        let error = read(folder.path()).expect_err("two corpora").to_string();
        assert!(error.contains("another corpus"), "{error}");
        write(folder.path(), &corpus(8)).expect("it can be written");
        assert!(
            !folder.path().join(name(1)).exists(),
            "an older part stayed behind"
        );
    }

    #[test]
    fn parts_stay_within_the_limit_and_hold_every_paper() {
        let corpus = corpus(400);
        let limit = 12_000;
        let parts = split(&corpus, limit);
        assert!(parts.len() > 1, "one part holds all");
        let n: usize = parts.iter().map(Vec::len).sum();
        assert_eq!(n, corpus.train.len() + corpus.valid.len());
        for part in &parts {
            let bytes = encode(&corpus, part, HashMap::new()).expect("it can be written");
            assert!(bytes.len() <= limit, "{} bytes", bytes.len());
        }
    }
}
