//! The same encoder on candle's differentiable primitives, one text at a time: slow and plain, the
//! judge of the explicit one's gradients.

use std::collections::BTreeMap;

use candle_core::{D, Result, Tensor, Var};
use candle_nn::ops::{layer_norm_slow, softmax};

use super::{BertConfig, config};
use crate::model::weights::StoredWeights;

pub(super) struct Reference {
    pub(super) config: BertConfig,
    pub(super) vars: BTreeMap<String, Var>,
}

impl Reference {
    pub(super) fn new(config: &BertConfig, stored: &StoredWeights) -> Self {
        let vars = config::tensors(config)
            .into_iter()
            .map(|(name, shape)| {
                let (_, values) = stored.numbers(&name).expect("it is stored");
                let tensor = Tensor::from_vec(values, shape, &candle_core::Device::Cpu);
                (name, Var::from_tensor(&tensor.unwrap()).unwrap())
            })
            .collect();
        Self {
            config: config.clone(),
            vars,
        }
    }

    fn var(&self, name: &str) -> &Tensor {
        self.vars[name].as_tensor()
    }

    fn linear(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let y = x.matmul(&self.var(&format!("{name}.weight")).t()?)?;
        y.broadcast_add(self.var(&format!("{name}.bias")))
    }

    fn norm(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let gamma = self.var(&format!("{name}.weight"));
        let beta = self.var(&format!("{name}.bias"));
        layer_norm_slow(x, gamma, beta, self.config.layer_norm_eps as f32)
    }

    /// `[width]`, not normalized.
    pub(super) fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let device = candle_core::Device::Cpu;
        let (n, heads) = (ids.len(), self.config.num_attention_heads);
        let head_width = self.config.hidden_size / heads;
        let ids = Tensor::from_slice(ids, n, &device)?;
        let positions = Tensor::arange(0, n as u32, &device)?;
        let types = Tensor::zeros(n, candle_core::DType::U32, &device)?;
        let x = (self.var(super::WORDS).index_select(&ids, 0)?
            + self.var(super::POSITIONS).index_select(&positions, 0)?)?;
        let x = (x + self.var(super::TYPES).index_select(&types, 0)?)?;
        let mut x = self.norm("embeddings.LayerNorm", &x)?;
        for layer in 0..self.config.num_hidden_layers {
            let block = format!("encoder.layer.{layer}");
            let split = |part: &str| -> Result<Tensor> {
                self.linear(&format!("{block}.attention.self.{part}"), &x)?
                    .reshape((n, heads, head_width))?
                    .transpose(0, 1)?
                    .contiguous()
            };
            let (q, k, v) = (split("query")?, split("key")?, split("value")?);
            let logits = (q.matmul(&k.t()?.contiguous()?)? / (head_width as f64).sqrt())?;
            let attended = softmax(&logits, D::Minus1)?.matmul(&v)?;
            let attended = attended.transpose(0, 1)?.contiguous()?.flatten_from(1)?;
            let y = self.linear(&format!("{block}.attention.output.dense"), &attended)?;
            let h = self.norm(&format!("{block}.attention.output.LayerNorm"), &(y + &x)?)?;
            let inner = self.linear(&format!("{block}.intermediate.dense"), &h)?;
            let y = self.linear(&format!("{block}.output.dense"), &inner.gelu_erf()?)?;
            x = self.norm(&format!("{block}.output.LayerNorm"), &(y + &h)?)?;
        }
        x.mean(0)
    }
}
