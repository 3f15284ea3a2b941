//! Files that are fetched in pieces: abstracts and words.

use anyhow::{Context as _, Result, bail};
use shared::artifact::ChunkEntry;
use shared::manifest::{WordsEntry, abstracts_file};
use shared::words::{InvertedIndex, WordIndex};
use shared::{AbstractChunk, Paper};

use crate::pack::OutFolder;

/// Papers whose abstracts are deflated together.
pub(crate) const CHUNK_PAPERS: usize = 256;
/// And where the corpus is in shards: hits of one question stand in many places, so that little is fetched for each.
pub(crate) const SHARD_CHUNK_PAPERS: usize = 64;

/// Refuses a chunk that the page would refuse, before an hour of work.
pub(crate) fn check_abstracts(papers: &[Paper], most: usize) -> Result<()> {
    for (at, run) in papers.chunks(CHUNK_PAPERS).enumerate() {
        let bytes: usize = run.iter().map(|paper| paper.abstract_.len()).sum();
        if bytes > most {
            let first = at * CHUNK_PAPERS;
            let longest = run.iter().max_by_key(|paper| paper.abstract_.len());
            bail!(
                "the abstracts of papers {} to {} have {bytes} bytes together, but a chunk holds at most {most}: \
                 shorten the longest, that of {:?}",
                first + 1,
                first + run.len(),
                longest.map_or("", |paper| &*paper.id),
            );
        }
    }
    Ok(())
}

/// Writes the abstracts in runs of `chunk_papers`; the chunks, and their bytes together.
pub(super) fn write_abstracts(
    out: &mut OutFolder,
    papers: &[Paper],
    chunk_papers: usize,
) -> Result<(Vec<ChunkEntry>, u64)> {
    let mut chunks = Vec::new();
    let mut total = 0;
    for run in papers.chunks(chunk_papers) {
        let entry = out.add(
            "abstracts",
            &AbstractChunk::to_bytes(run.iter().map(|paper| &*paper.abstract_)),
        )?;
        debug_assert_eq!(
            entry.file,
            abstracts_file(&entry.sha256),
            "page and builder name chunks alike"
        );
        total += entry.bytes;
        chunks.push(ChunkEntry {
            sha256: entry.sha256,
            bytes: entry.bytes as u32,
        });
    }
    Ok((chunks, total))
}

/// Writes the words of all papers; each chunk is opened first as the page opens it, and given back open.
pub(super) fn write_words(
    out: &mut OutFolder,
    papers: &[Paper],
) -> Result<(WordsEntry, WordIndex)> {
    tracing::info!("indexing the words of {} papers", papers.len());
    let files = InvertedIndex::of(papers).to_files(InvertedIndex::CHUNK_BYTES);
    let words = files.open().context("the words just written do not open")?;
    let mut add_all = |kind, chunks: &[Vec<u8>]| -> Result<u64> {
        let sizes = chunks.iter().map(|bytes| Ok(out.add(kind, bytes)?.bytes));
        sizes.sum()
    };
    let entry = WordsEntry {
        words_bytes: add_all("words", &files.words)?,
        places_bytes: add_all("places", &files.places)?,
        table: out.add("table", &files.table)?,
    };
    Ok((entry, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abstracts_that_no_chunk_holds_are_refused_by_place_and_name() {
        let paper = |id: usize, n_bytes: usize| Paper {
            id: id.to_string(),
            abstract_: "x".repeat(n_bytes),
            ..Paper::default()
        };
        let mut papers: Vec<Paper> = (0..300).map(|id| paper(id, 1)).collect();
        assert!(check_abstracts(&papers, 256).is_ok());
        papers[299] = paper(299, 250);
        let error = check_abstracts(&papers, 256).expect_err("293 bytes in the second chunk");
        let error = error.to_string();
        assert!(
            error.contains("257 to 300")
                && error.contains("293 bytes")
                && error.contains("\"299\""),
            "{error}"
        );
    }
}
