//! `AdamW` (Loshchilov and Hutter 2017, arXiv:1711.05101) in one pass over all weights.

use candle_core::{CpuStorage, InplaceOp3, Layout, Result, Tensor, bail};
use rayon::prelude::*;

use crate::config::OptimizeConfig;
use crate::model::Parameters;
#[cfg(feature = "cuda")]
use crate::model::ops::card::{self, cuda};
#[cfg(feature = "cuda")]
use candle_core::CudaStorage;

/// Numbers that one thread takes at a time.
const CHUNK: usize = 1 << 14;

/// The optimizer: its moments lie beside the weights, in [`Parameters::state`].
#[derive(Debug)]
pub struct AdamW {
    config: OptimizeConfig,
    /// `[n]`: 1 where a weight decays, 0 elsewhere.
    decayed: Tensor,
}

/// Whether a tensor decays: matrices do; biases, norms and prototypes, whose length says nothing, do not.
pub fn decays(name: &str) -> bool {
    name.ends_with(".weight") && !name.contains("LayerNorm")
}

impl AdamW {
    /// An optimizer of these parameters.
    ///
    /// # Errors
    /// Where the device has no memory.
    pub fn new(config: &OptimizeConfig, parameters: &Parameters) -> anyhow::Result<Self> {
        let mut decayed = Vec::with_capacity(parameters.n_trainable());
        for (name, shape) in parameters.trained() {
            let n = decayed.len() + shape.iter().product::<usize>();
            decayed.resize(n, f32::from(decays(name)));
        }
        let n = decayed.len();
        Ok(Self {
            config: config.clone(),
            decayed: Tensor::from_vec(decayed, n, parameters.device())?,
        })
    }

    /// Takes step `step`, the first of which is 1, along the gradients times `scale`.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn step(
        &self,
        parameters: &Parameters,
        step: u64,
        learning_rate: f64,
        scale: f64,
    ) -> anyhow::Result<()> {
        let config = &self.config;
        let steps = i32::try_from(step).unwrap_or(i32::MAX);
        let update = Update {
            beta1: config.beta1 as f32,
            beta2: config.beta2 as f32,
            rate: (learning_rate / (1.0 - config.beta1.powi(steps))) as f32,
            correction: (1.0 / (1.0 - config.beta2.powi(steps)).sqrt()) as f32,
            epsilon: config.epsilon as f32,
            decay: (learning_rate * config.weight_decay) as f32,
            scale: scale as f32,
        };
        let state = parameters.state();
        Ok(state.inplace_op3(parameters.gradients(), &self.decayed, &update)?)
    }
}

/// One step, as an operation on `[3 · n]` values and moments, `[n]` gradients, `[n]` decay flags.
struct Update {
    beta1: f32,
    beta2: f32,
    /// Learning rate over the first moment's bias.
    rate: f32,
    /// One over the root of the second moment's bias.
    correction: f32,
    epsilon: f32,
    /// Share of a weight that decays.
    decay: f32,
    /// What gradients are multiplied by.
    scale: f32,
}

#[cfg(any(test, feature = "cuda"))]
impl Update {
    /// All of it, as the kernel takes it.
    fn factors(&self) -> [f32; 7] {
        [
            self.beta1,
            self.beta2,
            self.rate,
            self.correction,
            self.epsilon,
            self.decay,
            self.scale,
        ]
    }
}

impl InplaceOp3 for Update {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        state: &mut CpuStorage,
        state_layout: &Layout,
        gradients: &CpuStorage,
        gradients_layout: &Layout,
        decayed: &CpuStorage,
        decayed_layout: &Layout,
    ) -> Result<()> {
        let CpuStorage::F32(state) = state else {
            bail!("the optimizer works in f32")
        };
        let (Some((0, end)), Some((from, to)), Some((0, n))) = (
            state_layout.contiguous_offsets(),
            gradients_layout.contiguous_offsets(),
            decayed_layout.contiguous_offsets(),
        ) else {
            bail!("the optimizer works on whole arenas")
        };
        let (gradients, decayed) = (
            &gradients.as_slice::<f32>()?[from..to],
            decayed.as_slice::<f32>()?,
        );
        if end != 3 * n || to - from != n {
            bail!("{end} numbers of state for {n} weights")
        }
        let (weights, moments) = state[..end].split_at_mut(n);
        let (first, second) = moments.split_at_mut(n);
        weights
            .par_chunks_mut(CHUNK)
            .zip(
                first
                    .par_chunks_mut(CHUNK)
                    .zip(second.par_chunks_mut(CHUNK)),
            )
            .zip(gradients.par_chunks(CHUNK).zip(decayed.par_chunks(CHUNK)))
            .for_each(|((weights, (first, second)), (gradients, decayed))| {
                let moments = first.iter_mut().zip(second.iter_mut());
                let inputs = gradients.iter().zip(decayed);
                for ((w, (m, v)), (g, decayed)) in weights.iter_mut().zip(moments).zip(inputs) {
                    let g = g * self.scale;
                    *m = self.beta1 * *m + (1.0 - self.beta1) * g;
                    *v = self.beta2 * *v + (1.0 - self.beta2) * g * g;
                    let along = *m / (v.sqrt() * self.correction + self.epsilon);
                    *w -= self.rate * along + self.decay * decayed * *w;
                }
            });
        Ok(())
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        state: &mut CudaStorage,
        state_layout: &Layout,
        gradients: &CudaStorage,
        gradients_layout: &Layout,
        decayed: &CudaStorage,
        decayed_layout: &Layout,
    ) -> Result<()> {
        card::adamw(
            &state.device,
            cuda::numbers(state, state_layout)?,
            cuda::numbers(gradients, gradients_layout)?,
            cuda::numbers(decayed, decayed_layout)?,
            self.factors(),
        )
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};
    use candle_nn::{Optimizer as _, ParamsAdamW};

    use super::*;
    use crate::model::Source;
    use crate::model::ops::AddAt;
    use crate::model::ops::card::{self, emulator::Emulator};

    #[test]
    fn steps_are_those_of_candles_optimizer() {
        let values: Vec<f32> = (0..12_i16).map(|at| f32::from(at) / 6.0 - 1.0).collect();
        let source = |name: &str, values: &[f32]| Source {
            name: name.into(),
            shape: vec![values.len()],
            values: values.to_vec(),
            trainable: true,
        };
        let sources = vec![
            source("a.weight", &values[..8]),
            source("a.bias", &values[8..]),
        ];
        let parameters = Parameters::new(sources, &Device::Cpu).expect("names differ");
        let config = OptimizeConfig {
            weight_decay: 0.1,
            ..OptimizeConfig::default()
        };
        let ours = AdamW::new(&config, &parameters).expect("on the processor");

        let var = |values: &[f32]| Var::new(values, &Device::Cpu).expect("on the processor");
        let (matrix, bias) = (var(&values[..8]), var(&values[8..]));
        let theirs = |var: &Var, weight_decay: f64| {
            let params = ParamsAdamW {
                lr: 0.01,
                weight_decay,
                ..ParamsAdamW::default()
            };
            candle_nn::AdamW::new(vec![var.clone()], params).expect("on the processor")
        };
        let (mut of_matrix, mut of_bias) = (theirs(&matrix, 0.1), theirs(&bias, 0.0));
        for step in 1..=5 {
            let slopes: Vec<f32> = (0..12_i16)
                .map(|at| f32::from((at * 5 + step) % 7) - 3.0)
                .collect();
            let slopes = Tensor::new(slopes, &Device::Cpu).expect("on the processor");
            parameters.zero_gradients().expect("on the processor");
            let gradients = parameters.gradients();
            gradients
                .inplace_op2(&slopes, &AddAt { at: 0 })
                .expect("it fits");
            ours.step(&parameters, step as u64, 0.01, 0.5)
                .expect("it moves");
            for (var, of, from, n) in [(&matrix, &mut of_matrix, 0, 8), (&bias, &mut of_bias, 8, 4)]
            {
                let slope = slopes
                    .narrow(0, from, n)
                    .and_then(|g| g * 0.5)
                    .expect("it fits");
                let loss = (var.as_tensor() * slope)
                    .and_then(|x| x.sum_all())
                    .expect("shapes agree");
                of.backward_step(&loss).expect("it moves");
            }
        }
        let of = |tensor: &Tensor| tensor.to_vec1::<f32>().expect("f32");
        let wanted = [of(&matrix), of(&bias)].concat();
        let found = of(&parameters.state().narrow(0, 0, 12).expect("it has 36"));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn a_step_on_a_card_is_the_processors() {
        let Some(card) = Emulator::new() else {
            return;
        };
        let values = |shift: usize, n: usize| -> Vec<f32> {
            let draw = |at: usize| ((at * 7 + shift) % 11) as f32 / 11.0;
            (0..n).map(draw).collect()
        };
        let n = 3000;
        let [state, gradients, decayed] =
            [values(1, 3 * n), values(2, n), values(3, n)].map(|values| {
                let place = card.put(&values);
                (
                    Tensor::new(values, &Device::Cpu).expect("on the processor"),
                    place,
                )
            });
        let update = Update {
            beta1: 0.9,
            beta2: 0.99,
            rate: 0.1,
            correction: 1.5,
            epsilon: 1e-6,
            decay: 0.02,
            scale: 0.7,
        };
        card::adamw(&card, state.1, gradients.1, decayed.1, update.factors())
            .expect("lengths agree");
        let inplace = state.0.inplace_op3(&gradients.0, &decayed.0, &update);
        inplace.expect("lengths agree");
        let wanted = state.0.to_vec1::<f32>().expect("f32");
        for (found, wanted) in card.get(state.1).iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-6, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn matrices_decay_and_nothing_else() {
        for (name, wanted) in [
            ("encoder.layer.0.output.dense.weight", true),
            ("encoder.layer.0.output.dense.bias", false),
            ("encoder.layer.0.output.LayerNorm.weight", false),
            ("embeddings.word_embeddings.weight", true),
            ("head.prototypes", false),
        ] {
            assert_eq!(decays(name), wanted, "{name}");
        }
    }
}
