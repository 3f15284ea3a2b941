//! Kind 11: where the terms of a chunk of words stand in their texts.

use super::super::{Artifact, ArtifactError, Kind, Tag, Writer};
use super::chunk::{Posting, WordChunk};
use super::leb128;
use crate::words::Field;

/// Appends the places of a term in one field of a paper; they ascend.
///
/// # Panics
/// Where they do not.
pub fn write_places(list: &mut Vec<u8>, places: impl Iterator<Item = u32>) {
    let mut next = 0;
    for place in places {
        let step = place.checked_sub(next).expect("places ascend");
        leb128::put(list, step);
        next = place + 1;
    }
}

/// A chunk of places, straight from its bytes.
#[derive(Debug)]
pub struct PlaceChunk {
    artifact: Artifact,
    /// Where each term's places end in the file, behind where the first begin.
    lists: Vec<usize>,
}

impl PlaceChunk {
    /// Opens the places of the terms of `words`; costs one pass over both.
    ///
    /// # Errors
    /// [`ArtifactError`] for damaged or malformed bytes, and for places of other words.
    pub fn parse(bytes: Vec<u8>, words: &WordChunk) -> Result<Self, ArtifactError> {
        let artifact = Artifact::parse(bytes, Kind::Places)?;
        let sizes = artifact.section(b"SIZE")?;
        let places = artifact.range(b"PLAC")?;
        let malformed = |tag: &[u8; 4], rule| ArtifactError::Malformed {
            part: Tag(*tag),
            rule,
        };
        let mut lists = vec![places.start];
        let (mut at, mut end) = (0, places.start);
        for term in 0..words.len() {
            let size = leb128::take(sizes, &mut at);
            let size = size.ok_or(malformed(b"SIZE", "one size a term of the chunk of words"))?;
            let rest = &artifact.bytes()[end..places.end];
            let list = rest.get(..size as usize);
            let rule = "the sizes add up to the places";
            let list = list.ok_or(malformed(b"SIZE", rule))?;
            let mut of = PlacesOf::new(list);
            let are_whole = words.postings(term).all(|posting| of.pass(&posting));
            if !are_whole || of.at != list.len() {
                let rule = "as many places as the words' frequencies say, each below 4,294,967,295";
                return Err(malformed(b"PLAC", rule));
            }
            end += list.len();
            lists.push(end);
        }
        if at != sizes.len() {
            let rule = "one size a term of the chunk of words";
            return Err(malformed(b"SIZE", rule));
        }
        if end != places.end {
            return Err(malformed(b"SIZE", "the sizes add up to the places"));
        }
        Ok(Self { artifact, lists })
    }

    /// Writes a chunk: of each term what [`write_places`] gave, paper after paper, field after field.
    pub fn to_bytes(lists: &[&[u8]]) -> Vec<u8> {
        let mut sizes = Vec::new();
        for list in lists {
            leb128::put(&mut sizes, list.len() as u32);
        }
        Writer::new(Kind::Places)
            .section(b"SIZE", sizes)
            .section(b"PLAC", lists.concat())
            .to_bytes()
    }

    /// The places of term number `at`.
    pub fn places(&self, at: usize) -> PlacesOf<'_> {
        PlacesOf::new(&self.artifact.bytes()[self.lists[at]..self.lists[at + 1]])
    }
}

/// The places of a term, read along with its postings.
#[derive(Debug, Clone)]
pub struct PlacesOf<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> PlacesOf<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Passes over the places of a posting; whether they were all there.
    pub fn pass(&mut self, posting: &Posting) -> bool {
        self.read(posting, |_, _| ())
    }

    /// Gives the places of a posting, field by field, and passes over them.
    pub fn read(&mut self, posting: &Posting, mut give: impl FnMut(Field, u32)) -> bool {
        for field in posting.fields.iter() {
            let mut next = 0_u32;
            for _ in 0..posting.frequencies[field as usize] {
                let step = leb128::take(self.bytes, &mut self.at);
                let Some(place) = step.and_then(|step| next.checked_add(step)) else {
                    return false;
                };
                let Some(behind) = place.checked_add(1) else {
                    return false;
                };
                give(field, place);
                next = behind;
            }
        }
        true
    }
}
