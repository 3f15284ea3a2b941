//! Hard negatives: for every training paper the nearest ones of other categories (Xiong et al. 2020,
//! arXiv:2007.00808, mined once, by the untrained encoder).

use anyhow::{Context as _, Result};
use ingest::safe_file;
use rayon::prelude::*;
use shared::Sha256;
use shared::math::dot;

use super::Opened;
use crate::config::Config;
use crate::model::Encoder;
use crate::train::embed_all;

/// The nearest of all are often of both categories: so many are passed over.
const PASSED_OVER: usize = 4;

/// Near papers of other categories by training paper, nearest first; kept beside the tokens, since they
/// take as long as embedding all papers. `weights` are those that `encoder` begins with. Empty where a
/// config asks for none.
///
/// # Errors
/// Where the encoder fails or the disk refuses.
pub(crate) fn mined<E: Encoder>(
    config: &Config,
    opened: &Opened,
    weights: Sha256,
    encoder: &E,
) -> Result<Vec<Vec<u32>>> {
    let corpus = &opened.corpus;
    let wanted = config.data.hard_negatives;
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let document_tokens = config.data.max_document_tokens;
    let name = format!("hard-negatives-{wanted}-{document_tokens}-{weights}.json");
    let path = opened.folder.join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        let kept: Vec<Vec<u32>> = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is damaged: remove it, and it is made anew",
                path.display()
            )
        })?;
        if kept.len() == corpus.train.len() {
            return Ok(kept);
        }
    }
    tracing::info!(
        "mining hard negatives: embedding {} papers",
        corpus.train.len()
    );
    let texts: Vec<Vec<u32>> = corpus
        .train
        .iter()
        .map(|entry| corpus.document(entry, document_tokens))
        .collect();
    let vectors = embed_all(encoder, &texts, config.batch.micro_tokens)?;
    let labels: Vec<u16> = corpus.train.iter().map(|entry| entry.label).collect();
    let found = mine(&vectors, &labels, wanted);
    safe_file::write(&path, &serde_json::to_vec(&found)?)?;
    Ok(found)
}

/// Of each vector the `wanted` nearest with another label, after the first [`PASSED_OVER`].
fn mine(vectors: &[Vec<f32>], labels: &[u16], wanted: usize) -> Vec<Vec<u32>> {
    (0..vectors.len())
        .into_par_iter()
        .map(|at| {
            let mut others: Vec<(f32, u32)> = (0..vectors.len())
                .filter(|&other| labels[other] != labels[at])
                .map(|other| (dot(&vectors[at], &vectors[other]), other as u32))
                .collect();
            let nearer = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            let passed = PASSED_OVER.min(others.len().saturating_sub(wanted));
            let kept = passed + wanted;
            if kept < others.len() {
                others.select_nth_unstable_by(kept, nearer);
                others.truncate(kept);
            }
            others.sort_unstable_by(nearer);
            let nearest = others.into_iter().skip(passed).take(wanted);
            nearest.map(|(_, other)| other).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_papers_of_other_categories_are_found_and_the_very_nearest_left_out() {
        // On a circle, in order of angle; even ones are of one category.
        let vectors: Vec<Vec<f32>> = (0..20_i16)
            .map(|at| {
                let angle = f32::from(at) * 0.05;
                vec![angle.cos(), angle.sin()]
            })
            .collect();
        let labels: Vec<u16> = (0..20).map(|at| at % 2).collect();
        let found = mine(&vectors, &labels, 2);
        // Odd ones are 1, 3, 5, 7, 9, 11, … away from paper 0.
        assert_eq!(found[0], [9, 11]);
        assert!((0..20).all(|at| {
            found[at]
                .iter()
                .all(|&near| labels[near as usize] != labels[at])
        }));
        let few = mine(&vectors[..4], &labels[..4], 2);
        assert_eq!(few[0], [1, 3], "where there are few, none is passed over");
    }
}
