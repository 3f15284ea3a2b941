//! Golden vectors: texts of our own with the vectors of a build's encoder. The page embeds them on a visitor's device
//! and compares the bits.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use shared::artifact::Golden;
use shared::{Encoder, Model};

/// What is embedded: a few words and a window's worth, accents and other scripts, digits, LaTeX, and words that no
/// vocabulary has whole.
const TEXTS: [&str; 5] = [
    "spin glasses",
    "Does the Schrödinger–Poincaré equation, in 3 + 1 dimensions, have naïve solutions for $\\alpha \\to 0$ and $x^2 < 10^{-7}$?",
    "量子 entanglement: запутанность ΔΨ ∈ ℋ, 42.5 % of qubits (n=1,024)",
    "Hyperparameterization of pseudospectrographic autoencoders: antidisestablishmentarianism, zzxqy-9000 and co.",
    "We write these sentences ourselves, so that nothing is borrowed from a paper. An encoder reads a text token by token, \
     and every token looks at every other one. A short question leaves most of the window empty, while this paragraph \
     fills a good part of it: long inputs take other paths through a kernel, with blocks that are full and a remainder \
     that is not. Two devices that add the same numbers in another order may differ in the last digit, and the papers \
     found may then differ as well. Offprint therefore rounds where rounding is exact, sums in integers, and takes the \
     functions of mathematics from one library. If your device gives this paragraph the vector that the builder's \
     machine gave it, bit for bit, then a link that somebody sends you finds what it found for them: the same papers, \
     in the same order, with the same similarities.",
];

/// The texts with their vectors.
///
/// # Errors
/// Where the model gives one of them none.
pub fn of(model: &Arc<Model>) -> Result<Vec<Golden>> {
    let mut encoder = Encoder::new(Arc::clone(model));
    let golden = |text: &str| {
        let embedded = encoder
            .embed(text)
            .with_context(|| format!("the model finds no word in {text:?}"))?;
        Ok(Golden {
            text: text.to_owned(),
            vector: embedded.vector,
        })
    };
    TEXTS.into_iter().map(golden).collect()
}

/// Bytes that they take in an index of this width: the vectors, their texts with quotes, and a section's place.
pub(crate) fn bytes(dim: usize) -> u64 {
    let texts: usize = TEXTS.iter().map(|text| text.len() + 3).sum();
    (TEXTS.len() * dim * 4 + texts + 128) as u64
}

/// Whether this program gives a build's texts the vectors that the build stored.
///
/// # Errors
/// The first text that gets another one.
pub fn check(model: &Arc<Model>, golden: &[Golden]) -> Result<()> {
    let mut encoder = Encoder::new(Arc::clone(model));
    let bits = |vector: &[f32]| -> Vec<u32> { vector.iter().map(|x| x.to_bits()).collect() };
    for Golden { text, vector } in golden {
        let found = encoder.embed(text)?.vector;
        ensure!(
            bits(&found) == bits(vector),
            "the golden text {text:?} gets another vector here than when the build was made: build it again"
        );
    }
    Ok(())
}
