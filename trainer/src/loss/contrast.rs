//! Losses that know categories.

use anyhow::Result;
use candle_core::{DType, Tensor};

use super::{cross_entropy, log_softmax, normalize};

/// Far below any cosine over any temperature in use: its exponential is zero, and stays a number.
const EXCLUDED: f32 = -1e4;

/// Supervised contrast: papers of one category attract each other, all others are negatives (Khosla
/// et al. 2020, arXiv:2004.11362, equation 2); mean over papers that have company.
///
/// `x` is `[papers, width]`, of length one; zero where no paper has company.
///
/// # Errors
/// Where shapes disagree.
pub fn supervised_contrastive(x: &Tensor, labels: &[u32], temperature: f64) -> Result<Tensor> {
    let n = labels.len();
    let (mut myself, mut shares) = (vec![0.0_f32; n * n], vec![0.0_f32; n * n]);
    let mut n_anchors = 0;
    for i in 0..n {
        myself[i * n + i] = EXCLUDED;
        let company = |j: &usize| *j != i && labels[*j] == labels[i];
        let n_company = (0..n).filter(company).count();
        n_anchors += usize::from(n_company > 0);
        for j in (0..n).filter(company) {
            shares[i * n + j] = 1.0 / n_company as f32;
        }
    }
    let device = x.device();
    let logits = (x.matmul(&x.t()?)? / temperature)?;
    let logits = (logits + Tensor::from_vec(myself, (n, n), device)?)?;
    let shares = Tensor::from_vec(shares, (n, n), device)?;
    let own = (log_softmax(&logits)? * shares)?.sum_all()?;
    Ok((own / -(n_anchors.max(1) as f64))?)
}

/// Contrastive loss of labelled pairs (Hadsell, Chopra and `LeCun` 2006, equation 4) on cosine distance
/// `d = 1 − cosine`: `½d²` for pairs that belong together, `½·max(0, margin − d)²` for others; mean.
///
/// `left` and `right` are `[pairs, width]`, of length one.
///
/// # Errors
/// Where shapes disagree.
pub fn contrastive(left: &Tensor, right: &Tensor, alike: &[bool], margin: f64) -> Result<Tensor> {
    let apart = (left * right)?.sum(1)?.affine(-1.0, 1.0)?;
    let flags: Vec<f32> = alike.iter().map(|&alike| f32::from(alike)).collect();
    let alike = Tensor::from_vec(flags, alike.len(), left.device())?;
    let pull = (apart.sqr()? * &alike)?;
    let push = (apart.affine(-1.0, margin)?.relu()?.sqr()? * alike.affine(-1.0, 1.0)?)?;
    Ok(((pull + push)?.mean_all()? * 0.5)?)
}

/// Cross-entropy of categories by cosine to a trained prototype each (normalized softmax; Wang et al.
/// 2017, arXiv:1704.06369).
///
/// `x` is `[papers, width]`, of length one; `prototypes` `[categories, width]`, of any length.
///
/// # Errors
/// Where shapes disagree.
pub fn classification(
    x: &Tensor,
    prototypes: &Tensor,
    labels: &[u32],
    scale: f64,
) -> Result<Tensor> {
    let prototypes = normalize(&prototypes.to_dtype(DType::F32)?)?;
    cross_entropy(&(x.matmul(&prototypes.t()?)? * scale)?, labels)
}
