//! How near the int8 encoder is to the f32 one: cosines, the nearest ten, and retrieval.
//!
//! [`texts`] chooses what is embedded, [`trainer::evaluate::FullEmbedder`] embeds it in f32 and keeps that on
//! disk, since it takes minutes, [`measure`] embeds it in int8 and compares. The figures of the `docs/quality.md`
//! tables come from here.

use std::io::Write as _;

use anyhow::Result;

pub mod measure;
pub mod texts;

/// Bytes on the wire where a server compresses: gzip at level 6, as GitHub Pages and others do.
///
/// # Errors
/// None that memory brings about.
pub fn gzip_len(bytes: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
