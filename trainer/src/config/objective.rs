//! What a step compares, and what it minimizes.

use serde::{Deserialize, Serialize};

/// How many examples meet in one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Pairs of one batch, each the others' negative.
    pub pairs: usize,
    /// Tokens that are in memory at once; a larger batch goes through in several parts, whose gradients are those
    /// of the whole (`GradCache`, Gao et al. 2021, arXiv:2101.06983).
    pub micro_tokens: usize,
    /// Papers of each category in a batch of the `category` loss.
    pub papers_per_category: usize,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            pairs: 64,
            micro_tokens: 8192,
            papers_per_category: 4,
        }
    }
}

/// The terms of the loss; one of weight 0 is not computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossConfig {
    /// Weight of multiple negatives ranking: each text finds its partner among the batch (Henderson et al. 2017,
    /// arXiv:1705.00652).
    pub ranking: f64,
    /// What cosines are multiplied by before the ranking's softmax: 1 / temperature.
    pub scale: f64,
    /// Whether the ranking also goes from partner to anchor, half of it each.
    pub symmetric: bool,
    /// Weight of learning the order of a batch's documents from the base encoder and words together, whose fused
    /// score finds more than either alone (Hinton et al. 2015, arXiv:1503.02531; words for dense encoders: Chen et
    /// al. 2021, arXiv:2110.06918). Holds a second encoder in memory.
    pub distillation: f64,
    /// What full agreement in words adds to the teacher's logits in `distillation`, beside `scale` for a cosine
    /// of 1.
    pub words: f64,
    /// Weight of supervised contrast on primary categories (Khosla et al. 2020, arXiv:2004.11362).
    pub category: f64,
    /// What cosines are divided by in the `category` term.
    pub temperature: f64,
    /// Weight of the contrastive loss on pairs labelled alike or not (Hadsell et al. 2006).
    pub contrastive: f64,
    /// Cosine distance from which unlike pairs are left alone in the `contrastive` term.
    pub margin: f64,
    /// Weight of a linear classifier of categories, trained along.
    pub classification: f64,
    /// Weight of staying near the base encoder: mean of 1 − cosine between a text's embedding and the one that it
    /// had before the first step, so that what categories teach costs less of what the base can do (Li and Hoiem
    /// 2016, arXiv:1606.09282). Holds a second encoder in memory.
    pub anchor: f64,
    /// Prefixes of the embedding that must serve on their own, ascending (Matryoshka, Kusupati et al. 2022,
    /// arXiv:2205.13147).
    pub widths: Vec<usize>,
    /// Weight of each width; empty: 1 each.
    pub width_weights: Vec<f64>,
    /// Weight of the same terms on vectors rounded as the page stores them.
    pub wire: f64,
}

impl Default for LossConfig {
    fn default() -> Self {
        Self {
            ranking: 1.0,
            scale: 20.0,
            symmetric: true,
            distillation: 0.0,
            words: 10.0,
            category: 0.0,
            temperature: 0.1,
            contrastive: 0.0,
            margin: 0.5,
            classification: 0.0,
            anchor: 0.0,
            widths: vec![384],
            width_weights: Vec::new(),
            wire: 0.0,
        }
    }
}

impl LossConfig {
    /// Each width with its weight, ascending.
    pub fn weighted_widths(&self) -> Vec<(usize, f64)> {
        let weights = self.width_weights.iter().copied();
        let weights = weights.chain(std::iter::repeat(1.0));
        self.widths.iter().copied().zip(weights).collect()
    }
}
