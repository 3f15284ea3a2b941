//! Which node a paper has: as many bits a paper as the number of nodes needs.

use crate::artifact::bits::{BitReader, BitWriter};
use crate::artifact::{Artifact, ArtifactError, Tag};

/// A paper that no text could be embedded of has no node.
pub(super) const NO_NODE: u32 = u32::MAX;

/// Bits of a number up to `n_nodes`, which itself stands for no node.
fn width(n_nodes: u32) -> u32 {
    n_nodes.checked_ilog2().unwrap_or(0) + 1
}

pub(super) fn encode(nodes: &[Option<u32>], n_nodes: u32) -> Vec<u8> {
    let mut bits = BitWriter::default();
    for node in nodes {
        bits.put(node.unwrap_or(n_nodes), width(n_nodes));
    }
    bits.into_bytes()
}

/// `[papers]`: each paper's node, or [`NO_NODE`].
pub(super) fn parse(
    from: &Artifact,
    tag: &[u8; 4],
    n_papers: u32,
    n_nodes: u32,
) -> Result<Vec<u32>, ArtifactError> {
    let malformed = |rule| ArtifactError::Malformed {
        part: Tag(*tag),
        rule,
    };
    let (section, width) = (from.section(tag)?, width(n_nodes));
    let fill = "as many bits a paper as a node's number needs, and zeros up to a whole byte";
    if (u64::from(n_papers) * u64::from(width)).div_ceil(8) != section.len() as u64 {
        return Err(malformed(fill));
    }
    let mut bits = BitReader::new(section, 0);
    let nodes = (0..n_papers)
        .map(|_| match bits.take(width) {
            Some(node) if node < n_nodes => Ok(node),
            Some(node) if node == n_nodes => Ok(NO_NODE),
            _ => Err(malformed("each paper names a node, or none")),
        })
        .collect::<Result<_, _>>()?;
    if bits.is_at_the_end() {
        Ok(nodes)
    } else {
        Err(malformed(fill))
    }
}
