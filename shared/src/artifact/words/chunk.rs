//! Kind 6: some of the terms of a corpus, in order, and in which papers each stands how often.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::super::{Artifact, ArtifactError, Kind, Tag, Writer};
use super::leb128;
use crate::PaperId;
use crate::words::terms::MAX_TERM;
use crate::words::{FieldSet, N_FIELDS};

/// Papers are numbered below this: a step to the next one has 28 bits beside the fields' four.
const MAX_PAPERS: u32 = 1 << 28;
/// The least that a term takes: what it shares, what follows, one byte of it, two numbers.
const MIN_ENTRY: usize = 5;

/// `META` of a chunk of words.
#[derive(Debug, Serialize, Deserialize)]
struct Meta {
    terms: u32,
}

/// A term's presence in a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Which paper.
    pub paper: PaperId,
    /// The fields that have the term; at least one.
    pub fields: FieldSet,
    /// How often each field has it.
    pub frequencies: [u32; N_FIELDS],
}

/// Appends a posting to a list whose last one was of paper `before`; the inverse of [`Postings`].
///
/// # Panics
/// Where papers do not ascend, or have numbers of more than 28 bits.
pub fn write_posting(list: &mut Vec<u8>, before: Option<PaperId>, posting: &Posting) {
    let first = before.map_or(0, |before| before.0 + 1);
    let step = posting.paper.0.checked_sub(first);
    let step = step.filter(|_| posting.paper.0 < MAX_PAPERS);
    let step = step.expect("postings ascend, below 2^28 papers");
    let counts = || {
        posting
            .fields
            .iter()
            .map(|field| posting.frequencies[field as usize])
    };
    let is_plain = counts().all(|count| count == 1);
    let fields = u32::from(posting.fields.bits());
    leb128::put(list, step << 4 | fields << 1 | u32::from(is_plain));
    if !is_plain {
        counts().for_each(|count| leb128::put(list, count - 1));
    }
}

/// The postings of a term, papers ascending.
#[derive(Debug, Clone)]
pub struct Postings<'a> {
    bytes: &'a [u8],
    at: usize,
    next: u32,
}

impl<'a> Postings<'a> {
    /// Reads what [`write_posting`] wrote. On other bytes it ends early.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            next: 0,
        }
    }
}

impl Iterator for Postings<'_> {
    type Item = Posting;

    fn next(&mut self) -> Option<Posting> {
        let code = leb128::take(self.bytes, &mut self.at)?;
        let paper = self.next.checked_add(code >> 4)?;
        let fields = FieldSet::from_bits(code as u8 >> 1 & 7)?;
        let mut frequencies = [0; N_FIELDS];
        for field in fields.iter() {
            frequencies[field as usize] = if code & 1 == 1 {
                1
            } else {
                leb128::take(self.bytes, &mut self.at)?.checked_add(1)?
            };
        }
        self.next = paper.checked_add(1)?;
        Some(Posting {
            paper: PaperId(paper),
            fields,
            frequencies,
        })
    }
}

/// A term and its postings, as a chunk's writer takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List<'a> {
    /// 1 to [`MAX_TERM`] bytes.
    pub term: &'a str,
    /// Papers that have it.
    pub n_papers: u32,
    /// Of [`write_posting`].
    pub postings: &'a [u8],
}

/// A chunk of words, straight from its bytes.
#[derive(Debug)]
pub struct WordChunk {
    artifact: Artifact,
    /// All terms, one after the other.
    text: String,
    /// Where each term ends in `text`.
    ends: Vec<u32>,
    /// Papers that have each term.
    counts: Vec<u32>,
    /// Where each term's postings end in the file, behind where the first begin.
    lists: Vec<usize>,
    n_papers: u32,
}

impl WordChunk {
    /// Opens a chunk; costs one pass over its bytes.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Words)?;
        let meta: Meta = artifact.json(b"META")?;
        let n_terms = meta.terms as usize;
        let table = artifact.section(b"TERM")?;
        let postings = artifact.range(b"POST")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let fill = malformed(b"TERM", "the terms fill their section");
        if n_terms > table.len() / MIN_ENTRY {
            return Err(fill);
        }
        let mut terms = Vec::new();
        let mut ends = Vec::with_capacity(n_terms);
        let mut counts = Vec::with_capacity(n_terms);
        let mut lists = Vec::with_capacity(n_terms + 1);
        lists.push(postings.start);
        let (mut at, mut last, mut n_papers) = (0, 0..0, 0);
        for _ in 0..n_terms {
            let entry = entry(table, &mut at).ok_or(fill.clone())?;
            let shared = entry.shared;
            if shared > last.len() || !(1..=MAX_TERM).contains(&(shared + entry.rest.len())) {
                let rule = "a term has 1 to 64 bytes and shares no more than the one before has";
                return Err(malformed(b"TERM", rule));
            }
            let start = terms.len();
            terms.extend_from_within(last.start..last.start + shared);
            terms.extend_from_slice(entry.rest);
            if start > 0 && terms[last.clone()] >= terms[start..] {
                return Err(malformed(b"TERM", "terms ascend, by their bytes"));
            }
            if std::str::from_utf8(&terms[start..]).is_err() {
                return Err(malformed(b"TERM", "a term is UTF-8"));
            }
            let from = lists.last().copied().unwrap_or(postings.start);
            if entry.len > postings.end - from {
                return Err(malformed(
                    b"POST",
                    "the lists of all terms fill their section",
                ));
            }
            let list = &artifact.bytes()[from..from + entry.len];
            n_papers =
                n_papers.max(check(list, entry.count).map_err(|rule| malformed(b"POST", rule))?);
            last = start..terms.len();
            ends.push(u32::try_from(terms.len()).map_err(|_| fill.clone())?);
            counts.push(entry.count);
            lists.push(from + entry.len);
        }
        if at != table.len() {
            return Err(fill);
        }
        if lists[n_terms] != postings.end {
            return Err(malformed(
                b"POST",
                "the lists of all terms fill their section",
            ));
        }
        let text = String::from_utf8(terms).map_err(|_| malformed(b"TERM", "a term is UTF-8"))?;
        Ok(Self {
            artifact,
            text,
            ends,
            counts,
            lists,
            n_papers,
        })
    }

    /// Writes a chunk of these terms, which ascend by their bytes.
    pub fn to_bytes(lists: &[List<'_>]) -> Vec<u8> {
        let (mut table, mut postings) = (Vec::new(), Vec::new());
        let mut last = "";
        for list in lists {
            let same = list.term.bytes().zip(last.bytes());
            let shared = same.take_while(|(a, b)| a == b).count();
            let rest = &list.term.as_bytes()[shared..];
            assert!(
                shared + rest.len() <= MAX_TERM && last < list.term,
                "terms of at most 64 bytes ascend"
            );
            table.extend([shared as u8, rest.len() as u8]);
            table.extend(rest);
            leb128::put(&mut table, list.n_papers);
            let len = u32::try_from(list.postings.len()).expect("a list has fewer than 4 GiB");
            leb128::put(&mut table, len);
            postings.extend(list.postings);
            last = list.term;
        }
        let terms = lists.len() as u32;
        Writer::new(Kind::Words)
            .json(b"META", &Meta { terms })
            .section(b"TERM", table)
            .section(b"POST", postings)
            .to_bytes()
    }

    /// Terms of the chunk.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the chunk has no term.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One more than the highest number of a paper here.
    pub fn n_papers(&self) -> u32 {
        self.n_papers
    }

    /// Term number `at`.
    pub fn term(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// The number of a term.
    pub fn find(&self, term: &str) -> Option<usize> {
        let at = self.first_from(term);
        (at < self.len() && self.term(at) == term).then_some(at)
    }

    /// The numbers of the terms that begin so.
    pub fn with_prefix(&self, stem: &str) -> Range<usize> {
        let first = self.first_from(stem);
        let n = (first..self.len())
            .take_while(|&at| self.term(at).starts_with(stem))
            .count();
        first..first + n
    }

    /// Papers that have term number `at`.
    pub fn count(&self, at: usize) -> u32 {
        self.counts[at]
    }

    /// The postings of term number `at`.
    pub fn postings(&self, at: usize) -> Postings<'_> {
        Postings::new(&self.artifact.bytes()[self.lists[at]..self.lists[at + 1]])
    }

    /// The number of the first term that is not before `term`.
    fn first_from(&self, term: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.term(middle) < term {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// A term as it stands in `TERM`.
struct Entry<'a> {
    /// Bytes that it shares with the one before.
    shared: usize,
    rest: &'a [u8],
    /// Papers that have it.
    count: u32,
    /// Bytes of its postings.
    len: usize,
}

fn entry<'a>(table: &'a [u8], at: &mut usize) -> Option<Entry<'a>> {
    let (shared, n_rest) = (*table.get(*at)?, *table.get(*at + 1)?);
    let start = *at + 2;
    let rest = table.get(start..start + usize::from(n_rest))?;
    *at = start + rest.len();
    Some(Entry {
        shared: usize::from(shared),
        rest,
        count: leb128::take(table, at)?,
        len: leb128::take(table, at)? as usize,
    })
}

/// One more than the last paper of a list, or the rule that it breaks.
fn check(list: &[u8], count: u32) -> Result<u32, &'static str> {
    let mut postings = Postings::new(list);
    let mut n = 0;
    while postings.at < list.len() {
        let posting = postings.next();
        let posting = posting.ok_or("numbers are whole LEB128 of at most 32 bits")?;
        if posting.fields.is_empty() || posting.paper.0 >= MAX_PAPERS {
            return Err("a posting has a field, and a paper below 268,435,456");
        }
        n += 1;
    }
    if n != count || n == 0 {
        return Err("a list has as many postings as its term says, and at least one");
    }
    Ok(postings.next)
}
