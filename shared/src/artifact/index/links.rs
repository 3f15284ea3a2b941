//! Lists of links: the steps from a node down to its neighbors below and up to those above, in Rice's code.
//!
//! Nodes are numbered so that links are short (`index-builder`, recursive bisection); of their steps most are
//! small, and each list has the parameter that suits it. Lists follow each other bit by bit, without a table of
//! where they begin: whoever opens the file reads all of them once, and notes it.

use std::ops::Range;

use crate::artifact::bits::{BitReader, BitWriter, rice_bits};
use crate::artifact::{Artifact, ArtifactError, Tag};

/// Rice's parameter of how many neighbors a list has below, and above.
const COUNT: u32 = 3;
/// Bits of a list's own parameter.
const PARAMETER: u32 = 5;

/// Lists of the neighbors of nodes. A link to the node itself leads nowhere, and is left out.
pub(super) fn encode<'a>(lists: impl Iterator<Item = (u32, &'a Vec<u32>)>) -> Vec<u8> {
    let mut bits = BitWriter::default();
    for (node, list) in lists {
        let mut sorted = list.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let below = sorted.iter().rev().filter(|&&link| link < node);
        let above = sorted.iter().filter(|&&link| link > node);
        let mut steps = Vec::with_capacity(sorted.len());
        let mut last = node;
        for &link in below {
            steps.push(last - link - 1);
            last = link;
        }
        let n_below = steps.len();
        last = node;
        for &link in above {
            steps.push(link - last - 1);
            last = link;
        }
        bits.put_rice(n_below as u32, COUNT);
        bits.put_rice((steps.len() - n_below) as u32, COUNT);
        if steps.is_empty() {
            continue;
        }
        let parameter = (0..1 << PARAMETER)
            .min_by_key(|&parameter| -> u64 {
                steps.iter().map(|&step| rice_bits(step, parameter)).sum()
            })
            .expect("there are parameters");
        bits.put(parameter, PARAMETER);
        for step in steps {
            bits.put_rice(step, parameter);
        }
    }
    bits.into_bytes()
}

/// Reads one list that [`encode`] wrote: the neighbors below, nearest first, then those above. On bytes that it did
/// not write the list ends early, and never panics.
pub(super) struct Links<'a> {
    bits: BitReader<'a>,
    node: u32,
    parameter: u32,
    n_below: u32,
    n_above: u32,
    last: u32,
}

impl<'a> Links<'a> {
    /// A list that begins at this bit; `None` where its head is not whole.
    fn new(mut bits: BitReader<'a>, node: u32) -> Option<Self> {
        let (n_below, n_above) = (bits.take_rice(COUNT)?, bits.take_rice(COUNT)?);
        let parameter = match (n_below, n_above) {
            (0, 0) => 0,
            _ => bits.take(PARAMETER)?,
        };
        Some(Self {
            bits,
            node,
            parameter,
            n_below,
            n_above,
            last: node,
        })
    }

    /// The next step; `None` where the bits end before it does.
    fn step(&mut self) -> Option<u32> {
        self.bits.take_rice(self.parameter)
    }

    /// Where a step leads; `None` where there are no nodes.
    fn follow(&mut self, step: u32) -> Option<u32> {
        if self.n_below > 0 {
            let link = self.last.checked_sub(step)?.checked_sub(1)?;
            self.n_below -= 1;
            self.last = if self.n_below > 0 { link } else { self.node };
            Some(link)
        } else {
            self.last = self.last.checked_add(step)?.checked_add(1)?;
            self.n_above -= 1;
            Some(self.last)
        }
    }

    fn is_at_its_end(&self) -> bool {
        self.n_below == 0 && self.n_above == 0
    }
}

impl Iterator for Links<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.is_at_its_end() {
            return None;
        }
        let step = self.step()?;
        self.follow(step)
    }
}

/// Lists of links, verified.
#[derive(Debug)]
pub(super) struct LinkLists {
    bytes: Range<usize>,
    /// The bit where each list begins.
    starts: Vec<u32>,
}

impl LinkLists {
    /// Verifies `n` lists; `of(i)` is the node of list `i`, and how many nodes its layer has.
    pub(super) fn parse(
        from: &Artifact,
        tag: &[u8; 4],
        n: usize,
        of: impl Fn(usize) -> (u32, u32),
    ) -> Result<Self, ArtifactError> {
        let malformed = |rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let fill = || malformed("one list of links a node, and zeros up to a whole byte");
        let (bytes, section) = (from.range(tag)?, from.section(tag)?);
        // Two counts are a byte: what is promised is there before anything is allocated.
        if n > section.len() {
            return Err(fill());
        }
        let mut starts = Vec::with_capacity(n);
        let mut bits = BitReader::new(section, 0);
        for at in 0..n {
            starts.push(u32::try_from(bits.position()).map_err(|_| fill())?);
            let (node, n_nodes) = of(at);
            let mut links = Links::new(bits, node).ok_or_else(fill)?;
            while !links.is_at_its_end() {
                let step = links.step().ok_or_else(fill)?;
                if links.follow(step).is_none_or(|link| link >= n_nodes) {
                    return Err(malformed("links name other nodes of their layer"));
                }
            }
            bits = links.bits;
        }
        if !bits.is_at_the_end() {
            return Err(fill());
        }
        Ok(Self { bytes, starts })
    }

    /// The links of list `at`, which is node `node`'s.
    pub(super) fn get<'a>(&self, from: &'a Artifact, at: usize, node: u32) -> Links<'a> {
        let section = &from.bytes()[self.bytes.clone()];
        Links::new(BitReader::new(section, self.starts[at] as usize), node)
            .expect("the list was read when the file was opened")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::artifact::{Kind, Writer};

    fn opened(bytes: Vec<u8>) -> Artifact {
        let file = Writer::new(Kind::Index).section(b"LNKR", bytes).to_bytes();
        Artifact::parse(file, Kind::Index).expect("a fresh container opens")
    }

    proptest! {
        #[test]
        fn lists_come_back(lists in prop::collection::vec(prop::collection::vec(0_u32..3000, 0..70), 1..40)) {
            let n = lists.len() as u32;
            let bytes = encode(lists.iter().enumerate().map(|(node, list)| (node as u32, list)));
            let artifact = opened(bytes);
            let links = LinkLists::parse(&artifact, b"LNKR", n as usize, |at| (at as u32, 3000))
                .expect("what was written opens");
            for (node, list) in lists.into_iter().enumerate() {
                let mut read: Vec<u32> = links.get(&artifact, node, node as u32).collect();
                read.sort_unstable();
                let mut list: Vec<u32> = list.into_iter().filter(|&link| link != node as u32).collect();
                list.sort_unstable();
                list.dedup();
                prop_assert_eq!(read, list);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), n in 0_usize..40) {
            let artifact = opened(bytes);
            let limit = 1 + n as u32;
            if let Ok(links) = LinkLists::parse(&artifact, b"LNKR", n, |at| (at as u32, limit)) {
                for at in 0..n {
                    prop_assert!(links.get(&artifact, at, at as u32).all(|link| link < limit));
                }
            }
        }
    }
}
