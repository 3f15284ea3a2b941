//! A column of strings: offsets in one section, UTF-8 text in another.

use std::ops::Range;

use super::{Artifact, ArtifactError, Tag, Writer};

/// A verified column: `n + 1` ascending offsets into UTF-8 text.
#[derive(Debug)]
pub(crate) struct Strings {
    offsets: Vec<u32>,
    text: Range<usize>,
}

impl Strings {
    /// Verifies a column of `n` strings.
    pub(crate) fn parse(
        from: &Artifact,
        offsets_tag: &[u8; 4],
        text_tag: &[u8; 4],
        n: usize,
    ) -> Result<Self, ArtifactError> {
        let offsets = from.u32s(offsets_tag)?;
        let text = from.range(text_tag)?;
        let malformed = |rule| ArtifactError::Malformed {
            part: Tag(*offsets_tag),
            rule,
        };
        if offsets.len() != n + 1 {
            return Err(malformed("offsets are one more than rows"));
        }
        if offsets[0] != 0
            || offsets.windows(2).any(|pair| pair[0] > pair[1])
            || offsets[n] as usize != text.len()
        {
            return Err(malformed("offsets ascend from 0 to the end of their data"));
        }
        let whole = std::str::from_utf8(&from.bytes()[text.clone()]);
        let splits = |whole: &str| {
            offsets
                .iter()
                .all(|&at| whole.is_char_boundary(at as usize))
        };
        if !whole.is_ok_and(splits) {
            return Err(ArtifactError::Malformed {
                part: Tag(*text_tag),
                rule: "text is UTF-8, also at every offset",
            });
        }
        Ok(Self { offsets, text })
    }

    /// String number `at`.
    pub(crate) fn get<'a>(&self, from: &'a Artifact, at: usize) -> &'a str {
        let start = self.text.start + self.offsets[at] as usize;
        let stop = self.text.start + self.offsets[at + 1] as usize;
        std::str::from_utf8(&from.bytes()[start..stop]).expect("the gate checked every string")
    }

    /// Appends a column.
    pub(crate) fn write<'a>(
        to: Writer,
        offsets_tag: &[u8; 4],
        text_tag: &[u8; 4],
        rows: impl Iterator<Item = &'a str>,
    ) -> Writer {
        let (mut offsets, mut text) = (vec![0_u32], Vec::new());
        for row in rows {
            text.extend_from_slice(row.as_bytes());
            offsets.push(u32::try_from(text.len()).expect("a column holds at most 4 GiB"));
        }
        to.u32s(offsets_tag, &offsets).section(text_tag, text)
    }
}
