//! Arithmetic of a plan: what a build of so many papers weighs and takes.
//!
//! Bytes follow from the formats (`docs/FORMAT.md`). Constants that were measured say where.

use shared::search::MOST_COMPARED;

use crate::landscape;

/// Bytes of a node's links for 100,000 papers (`docs/quality.md`), and what they grow by where papers become *e* times
/// as many: 22.1 for 50,000.
const LINK_BYTES: (f64, f64) = (23.1, 1.5);
/// Seconds of linking are this times `n · ln n`: 21.7 s for 50,000 papers, in the same report.
const LINK_SECONDS: f64 = 21.7 / (50_000.0 * 10.82);
/// A topic's label as JSON, on average: 88 of 10,000 papers of arXiv, 84 of the starter corpus.
const LABEL_BYTES: u64 = 86;
/// Header, `META` and padding of a map.
const MAP_BYTES: u64 = 640;
/// Seconds of laying out the map are this times `n · ln n`: 23.4 s for 10,000 papers, in `docs/quality.md`.
const MAP_SECONDS: f64 = 23.4 / (10_000.0 * 9.21);
/// What a build holds beside its papers: base weights and the model made of them.
const BUILD_BYTES: f64 = 120e6;
/// What a build holds a paper beside its texts while it links: two tables of f32 vectors, the int8
/// vectors twice, the crate's nodes and their export, and ours.
fn build_bytes_a_paper(dim: usize) -> f64 {
    let dim = dim as f64;
    2.0 * 4.0 * dim + 2.0 * (dim + 56.0) + 256.0 + 308.0 + 300.0
}
/// What the page holds beside the files that it has loaded: 69 MB with 52.5 MB of files, the
/// figure of `docs/quality.md` for 50,000 papers.
const PAGE_BYTES: f64 = 16.5e6;

/// Bytes that the papers artifact has for each paper beside its texts: three offsets of strings,
/// one of categories, the year, and its share of a chunk's entry of 36 bytes.
const PAPER_ROW_BYTES: f64 = 4.0 * 4.0 + 2.0 + 36.0 / 256.0;

/// Papers of a cluster and of a leaf, as the starter corpus and samples of arXiv are cut.
const CLUSTER_PAPERS: f64 = 280.0;
const LEAF_PAPERS: f64 = 30.0;
/// Header, `META` and padding of a table of clusters.
const CLUSTERS_BYTES: u64 = 500;
/// Header and padding of the columns, and six titles.
const COLUMNS_BYTES: u64 = 800;
/// Header and table of a shard, and those of a leaf with what aligns its sections.
const SHARD_BYTES: f64 = 64.0;
const LEAF_BYTES: f64 = 236.0;
/// What titles and authors of a leaf shrink to.
const CARDS_DEFLATED: f64 = 0.60;
/// The same row without titles and authors, with smaller chunks and with a leaf's size and entry.
const PAPER_ROW_BYTES_IN_SHARDS: f64 = 2.0 * 4.0 + 2.0 + 36.0 / 64.0 + 40.0 / LEAF_PAPERS;

/// Bytes of the index of `n` papers of width `dim`, no two alike.
pub(super) fn index_bytes(n: u64, dim: usize) -> u64 {
    // The scale has four bytes, and a paper's node as many bits as a node's number.
    let node_bits = f64::from(n.max(1).ilog2() + 1);
    let row = dim as f64 + 4.0 + node_bits / 8.0;
    (n as f64 * (row + link_bytes(n))) as u64
}

/// Bytes of the table of clusters of `n` papers.
pub(super) fn clusters_bytes(n: u64, dim: usize) -> u64 {
    // Middle, scale, leaves and the shard's entry.
    CLUSTERS_BYTES + (n as f64 / CLUSTER_PAPERS * (dim as f64 + 4.0 + 4.0 + 36.0)) as u64
}

/// Bytes of all shards.
pub(super) fn shards_bytes(n: u64, dim: usize) -> u64 {
    (n as f64 * (dim as f64 / 8.0 + SHARD_BYTES / CLUSTER_PAPERS)) as u64
}

/// Bytes of all leaves: vectors with their scales, and two texts a paper with their offsets.
pub(super) fn leaves_bytes(n: u64, dim: usize, card_bytes: u64) -> u64 {
    let row = dim as f64 + 4.0 + 8.0 + LEAF_BYTES / LEAF_PAPERS;
    (n as f64 * row + card_bytes as f64 * CARDS_DEFLATED) as u64
}

/// Bytes of the papers artifact where titles and authors stand in leaves.
pub(super) fn papers_bytes_in_shards(n: u64, id_bytes: u64, n_category_entries: u64) -> u64 {
    let rows = (n as f64 * PAPER_ROW_BYTES_IN_SHARDS) as u64;
    COLUMNS_BYTES + id_bytes + 2 * n_category_entries + rows
}

/// Bytes of a node's links: differences of numbers that bisection made small, in LEB128.
fn link_bytes(n: u64) -> f64 {
    let (bytes, growth) = LINK_BYTES;
    (bytes + growth * (n.max(1) as f64 / 100_000.0).ln()).max(0.0)
}

/// Bytes of the papers artifact.
pub(super) fn papers_bytes(n: u64, card_bytes: u64, n_category_entries: u64) -> u64 {
    card_bytes + 2 * n_category_entries + (n as f64 * PAPER_ROW_BYTES) as u64
}

/// Bytes of the map: six a paper, and about two hundred topics of 10,000 papers.
pub(super) fn map_bytes(n: u64) -> u64 {
    6 * n + LABEL_BYTES * landscape::n_topics(n as usize) as u64 + MAP_BYTES
}

/// Seconds of laying out the map on two cores.
pub(super) fn map_seconds(n: u64) -> f64 {
    let n = n as f64;
    MAP_SECONDS * n * n.max(2.0).ln()
}

/// Seconds of linking on one core.
pub(super) fn link_seconds(n: u64) -> f64 {
    let n = n as f64;
    LINK_SECONDS * n * n.max(2.0).ln()
}

/// Memory of a build whose papers have so many bytes of text.
pub(super) fn build_memory(n: u64, dim: usize, text_bytes: u64) -> u64 {
    // Papers are held as they are, in five allocations each, until they are written.
    let papers = text_bytes as f64 + n as f64 * 250.0;
    (BUILD_BYTES + papers + n as f64 * build_bytes_a_paper(dim)) as u64
}

/// Memory of the page that has loaded so many bytes, of `n` papers of width `dim`.
pub(super) fn page_memory(first_load: u64, n: u64, dim: usize, in_shards: bool) -> u64 {
    let codes = if n > MOST_COMPARED as u64 && !in_shards {
        n * dim as u64 / 8
    } else {
        0
    };
    first_load + PAGE_BYTES as u64 + codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(estimate: u64, measured: u64, tolerance: f64) {
        let off = estimate as f64 / measured as f64 - 1.0;
        assert!(
            off.abs() <= tolerance,
            "{estimate} for {measured}: {:+.1} %",
            100.0 * off
        );
    }

    #[test]
    fn estimates_meet_what_builds_have_measured() {
        near(index_bytes(50_000, 384), 20_613_440, 0.01);
        near(index_bytes(100_000, 384), 41_323_452, 0.01);
        near(index_bytes(10_000, 384), 4_085_832, 0.01);
        near(
            page_memory(52_500_000, 50_000, 384, false),
            69_000_000,
            0.01,
        );
        let with_codes = page_memory(52_500_000, 100_000, 384, false);
        assert_eq!(
            with_codes - page_memory(52_500_000, 50_000, 384, false),
            4_800_000
        );
        // 0.41 GB with 55 MB of text.
        near(build_memory(50_000, 384, 55_000_000), 410_000_000, 0.1);
        assert!((link_seconds(50_000) - 21.7).abs() < 0.1);
    }

    #[test]
    fn no_papers_weigh_nothing_much() {
        assert_eq!(index_bytes(0, 384), 0);
        assert_eq!(papers_bytes(0, 0, 0), 0);
        assert_eq!(link_seconds(0), 0.0);
    }
}
