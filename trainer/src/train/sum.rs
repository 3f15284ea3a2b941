//! The sum of several runs' adapters as one adapter: task arithmetic (Ilharco et al. 2023, arXiv:2212.04089).
//!
//! What a run adds to a matrix is `s · α/r · B·A`, where `s` is the strength at which it is taken. With the `A` of all
//! runs on top of each other, and their `B` side by side, each times its `s · α/r`, one product adds the sum of
//! all; its rank is the sum of the ranks.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use crate::model::lora::LoraConfig;
use crate::model::weights::StoredWeights;

/// The end of the name of a matrix `A`.
const A: &str = ".lora_A.weight";
/// The end of the name of a matrix `B`.
const B: &str = ".lora_B.weight";

/// An adapter, and how far it goes in a sum.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its matrices, by PEFT's names.
    pub(super) weights: StoredWeights,
    /// Rank, scale, and the matrices that it moves.
    pub(super) lora: &'a LoraConfig,
    /// How far: 1 is as far as it was trained to.
    pub(super) strength: f64,
}

/// A module's pair in a sum: `A` is `[rank, in]`, `B` is `[out, rank]`, both row-major.
struct Pair {
    a: Vec<f32>,
    b: Vec<f32>,
    n_in: usize,
    n_out: usize,
}

/// One adapter that adds to the base encoder what all parts add together, and its rank and scale.
///
/// A module that only some parts move has zeros for the others, since PEFT wants one rank everywhere.
///
/// # Errors
/// Where there is no part, a matrix lacks its other half, or two parts have other shapes of one module.
pub(super) fn sum(parts: &[Part]) -> Result<(StoredWeights, LoraConfig)> {
    let first = parts.first().context("a sum of no adapters")?;
    let rank: usize = parts.iter().map(|part| part.lora.rank).sum();
    let scale = first.lora.scale();
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    let mut begins = 0;
    for part in parts {
        let factor = part.strength * part.lora.scale() / scale;
        let modules = part.weights.shapes();
        for module in modules.filter_map(|(name, _)| name.strip_suffix(A)) {
            let (a_shape, a) = part.weights.numbers(&format!("{module}{A}"))?;
            let (b_shape, b) = part.weights.numbers(&format!("{module}{B}"))?;
            let of_part = part.lora.rank;
            let (&[a_rank, n_in], &[n_out, b_rank]) = (&a_shape[..], &b_shape[..]) else {
                anyhow::bail!("{module}: {a_shape:?} and {b_shape:?} are no matrices");
            };
            ensure!(
                a_rank == of_part && b_rank == of_part,
                "{module}: ranks of {a_rank} and {b_rank}, where its run has {of_part}"
            );
            let pair = pairs.entry(module.to_owned()).or_insert_with(|| Pair {
                a: vec![0.0; rank * n_in],
                b: vec![0.0; n_out * rank],
                n_in,
                n_out,
            });
            ensure!(
                (pair.n_in, pair.n_out) == (n_in, n_out),
                "{module}: [{n_out}, {n_in}] in one run, [{}, {}] in another",
                pair.n_out,
                pair.n_in
            );
            pair.a[begins * n_in..][..a.len()].copy_from_slice(&a);
            let rows = pair.b.chunks_exact_mut(rank).zip(b.chunks_exact(of_part));
            for (row, of_row) in rows {
                for (to, from) in row[begins..].iter_mut().zip(of_row) {
                    *to = (f64::from(*from) * factor) as f32;
                }
            }
        }
        begins += part.lora.rank;
    }
    let mut weights = StoredWeights::default();
    for (module, Pair { a, b, n_in, n_out }) in pairs {
        weights.set(&format!("{module}{A}"), &[rank, n_in], &a)?;
        weights.set(&format!("{module}{B}"), &[n_out, rank], &b)?;
    }
    let mut lora = first.lora.clone();
    lora.rank = rank;
    lora.alpha = scale * rank as f64;
    for target in parts.iter().flat_map(|part| &part.lora.targets) {
        if !lora.targets.contains(target) {
            lora.targets.push(*target);
        }
    }
    Ok((weights, lora))
}

#[cfg(test)]
mod tests {
    use ingest::model_files::add_product;

    use super::*;
    use crate::model::lora::Target;

    fn part<'a>(lora: &'a LoraConfig, strength: f64, pairs: &[(&str, &[f32], &[f32])]) -> Part<'a> {
        let mut weights = StoredWeights::default();
        for (module, a, b) in pairs {
            let (n_in, n_out) = (a.len() / lora.rank, b.len() / lora.rank);
            let mut set = |end, shape: [usize; 2], values| {
                let name = format!("{module}{end}");
                weights.set(&name, &shape, values).expect("the shape fits");
            };
            set(A, [lora.rank, n_in], a);
            set(B, [n_out, lora.rank], b);
        }
        Part {
            weights,
            lora,
            strength,
        }
    }

    fn lora(rank: usize, alpha: f64, target: Target) -> LoraConfig {
        LoraConfig {
            rank,
            alpha,
            targets: vec![target],
            ..LoraConfig::default()
        }
    }

    #[test]
    fn a_sum_adds_to_the_base_what_its_parts_add() {
        let (one, two) = (lora(1, 3.0, Target::Query), lora(2, 1.0, Target::Key));
        let of_one: (&[f32], &[f32]) = (&[1.0, 2.0, -1.0], &[0.5, -2.0]);
        let of_two: (&[f32], &[f32]) = (&[0.0, 1.0, 4.0, 2.0, -3.0, 0.25], &[1.0, 2.0, -1.0, 0.5]);
        let parts = [
            part(&one, 0.3, &[("m", of_one.0, of_one.1)]),
            part(
                &two,
                0.12,
                &[("m", of_two.0, of_two.1), ("own", of_two.0, of_two.1)],
            ),
        ];
        let (weights, lora) = sum(&parts).expect("they fit together");
        assert_eq!((lora.rank, lora.alpha), (3, 9.0), "the first one's scale");
        assert_eq!(lora.targets, [Target::Query, Target::Key]);
        for (module, both) in [("m", true), ("own", false)] {
            let numbers = |end| weights.numbers(&format!("{module}{end}"));
            let (shape, a) = numbers(A).expect("it is there");
            assert_eq!(shape, [3, 3], "one rank everywhere");
            let (_, b) = numbers(B).expect("it is there");
            let mut merged = [10.0_f32; 6];
            add_product(&a, &b, lora.scale(), 3, &mut merged);
            for (at, merged) in merged.into_iter().enumerate() {
                let (row, column) = (at / 3, at % 3);
                let mut wanted = 10.0;
                if both {
                    wanted += 0.3 * 3.0 * f64::from(of_one.1[row] * of_one.0[column]);
                }
                for rank in 0..2 {
                    let product = of_two.1[row * 2 + rank] * of_two.0[rank * 3 + column];
                    wanted += 0.12 * 0.5 * f64::from(product);
                }
                assert!(
                    (f64::from(merged) - wanted).abs() < 1e-5,
                    "{module} at [{row}, {column}] is {merged}, not {wanted}"
                );
            }
        }
    }

    #[test]
    fn adapters_of_other_shapes_have_no_sum() {
        let one = lora(1, 1.0, Target::Query);
        let parts = [
            part(&one, 1.0, &[("m", &[1.0, 2.0], &[1.0])]),
            part(&one, 1.0, &[("m", &[1.0, 2.0, 3.0], &[1.0])]),
        ];
        let error = sum(&parts).expect_err("two and three columns").to_string();
        assert!(error.contains("m: [1, 3] in one run"), "{error}");
    }
}
