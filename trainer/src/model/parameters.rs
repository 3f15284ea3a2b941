//! Weights in flat arenas: one of what is trained, with its moments, and one of what is not.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use candle_core::{DType, Device, Tensor};

use super::ops::AddAt;

/// A tensor on its way into [`Parameters`].
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name; Hugging Face's where there is one.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub values: Vec<f32>,
    /// Whether it is trained.
    pub trainable: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    /// Where it begins in its arena.
    at: usize,
    trainable: bool,
}

impl Entry {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// All tensors of a model: `f32`, and of those that are trained also gradient and moments.
///
/// Views of them share the arena's memory, so an optimizer's step in place is seen by the whole model.
#[derive(Debug)]
pub struct Parameters {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// `[3 · n]`: values, first and second moments of what is trained.
    state: Tensor,
    /// `[n]`.
    gradients: Tensor,
    /// `[m]`: what is not trained.
    frozen: Tensor,
    n_trainable: usize,
}

/// A view of a tensor, and where its gradient belongs.
#[derive(Debug, Clone)]
pub struct Weight {
    /// The tensor.
    pub tensor: Tensor,
    /// Place of its gradient among [`Parameters::gradients`]; absent where it is frozen.
    pub slot: Option<usize>,
}

impl Weight {
    /// Adds to its gradient, where it has one.
    ///
    /// # Errors
    /// Where the device fails.
    pub(crate) fn add_gradient(
        &self,
        gradients: &Tensor,
        d: impl FnOnce() -> candle_core::Result<Tensor>,
    ) -> Result<()> {
        if let Some(at) = self.slot {
            gradients.inplace_op2(&d()?, &AddAt { at })?;
        }
        Ok(())
    }
}

impl Parameters {
    /// Lays tensors out, in order.
    ///
    /// # Errors
    /// Where two share a name, or a shape and its numbers differ in length.
    pub fn new(sources: Vec<Source>, device: &Device) -> Result<Self> {
        let (mut trained, mut frozen) = (Vec::new(), Vec::new());
        let (mut entries, mut by_name) = (Vec::new(), HashMap::new());
        for source in sources {
            let arena = if source.trainable {
                &mut trained
            } else {
                &mut frozen
            };
            let entry = Entry {
                at: arena.len(),
                name: source.name,
                shape: source.shape,
                trainable: source.trainable,
            };
            ensure!(
                entry.len() == source.values.len(),
                "{}: {} numbers for the shape {:?}",
                entry.name,
                source.values.len(),
                entry.shape
            );
            arena.extend(source.values);
            let before = by_name.insert(entry.name.clone(), entries.len());
            ensure!(
                before.is_none(),
                "there are two tensors named {}",
                entry.name
            );
            entries.push(entry);
        }
        let n = trained.len();
        trained.resize(3 * n, 0.0);
        Ok(Self {
            state: Tensor::from_vec(trained, 3 * n, device)?,
            gradients: Tensor::zeros(n, DType::F32, device)?,
            frozen: Tensor::from_vec(frozen, entries_len(&entries, false), device)?,
            n_trainable: n,
            entries,
            by_name,
        })
    }

    /// Where everything is.
    pub fn device(&self) -> &Device {
        self.state.device()
    }

    /// How many numbers are trained.
    pub fn n_trainable(&self) -> usize {
        self.n_trainable
    }

    /// How many numbers there are.
    pub fn n_all(&self) -> usize {
        self.entries.iter().map(Entry::len).sum()
    }

    /// Values, first and second moments of what is trained: `[3 · n]`.
    pub fn state(&self) -> &Tensor {
        &self.state
    }

    /// Gradients of what is trained: `[n]`.
    pub fn gradients(&self) -> &Tensor {
        &self.gradients
    }

    /// Names and shapes of what is trained, in the order of their gradients.
    pub fn trained(&self) -> impl Iterator<Item = (&str, &[usize])> {
        let trained = self.entries.iter().filter(|entry| entry.trainable);
        trained.map(|entry| (entry.name.as_str(), entry.shape.as_slice()))
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The tensor of a name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn weight(&self, name: &str) -> Result<Weight> {
        let shape = self.entry(name)?.shape.clone();
        self.span(&[name], &shape)
    }

    /// Several tensors that stand behind one another, as one of another shape.
    ///
    /// # Errors
    /// Where one is missing, or they stand apart.
    pub(crate) fn span(&self, names: &[&str], shape: &[usize]) -> Result<Weight> {
        let entries = names
            .iter()
            .map(|name| self.entry(name))
            .collect::<Result<Vec<_>>>()?;
        let first = *entries.first().context("no tensor was named")?;
        let mut end = first.at;
        for entry in &entries {
            ensure!(
                entry.at == end && entry.trainable == first.trainable,
                "{} does not stand behind {}",
                entry.name,
                first.name
            );
            end += entry.len();
        }
        let arena = if first.trainable {
            &self.state
        } else {
            &self.frozen
        };
        Ok(Weight {
            tensor: arena.narrow(0, first.at, end - first.at)?.reshape(shape)?,
            slot: first.trainable.then_some(first.at),
        })
    }

    /// The numbers of a tensor.
    ///
    /// # Errors
    /// Where there is none of this name, or the device fails.
    pub fn values(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.weight(name)?.tensor.flatten_all()?.to_vec1()?)
    }

    /// Forgets the gradients.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn zero_gradients(&self) -> Result<()> {
        Ok(self.gradients.zero_set()?)
    }

    /// Length of the gradient, all tensors taken together.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn gradient_norm(&self) -> Result<f64> {
        let squares = self.gradients.sqr()?.reshape(((), 1))?;
        let sum = if self.device().is_cpu() {
            squares
                .flatten_all()?
                .to_vec1::<f32>()?
                .iter()
                .map(|&x| f64::from(x))
                .sum()
        } else {
            f64::from(squares.sum_all()?.to_scalar::<f32>()?)
        };
        Ok(f64::sqrt(sum))
    }

    /// Trained tensors whose gradient is zero or no number everywhere: they would not learn.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn without_gradient(&self) -> Result<Vec<&str>> {
        let gradients = self.gradients.to_vec1::<f32>()?;
        let silent = self.entries.iter().filter(|entry| {
            entry.trainable
                && gradients[entry.at..entry.at + entry.len()]
                    .iter()
                    .all(|&g| g == 0.0 || !g.is_finite())
        });
        Ok(silent.map(|entry| entry.name.as_str()).collect())
    }

    /// Replaces values and moments, as from a checkpoint: `[3 · n]`.
    ///
    /// # Errors
    /// Where the length differs.
    pub fn restore(&self, state: &[f32]) -> Result<()> {
        ensure!(
            state.len() == 3 * self.n_trainable,
            "{} numbers in the checkpoint, but the model has {} to train: its configuration differs",
            state.len() / 3,
            self.n_trainable
        );
        let state = Tensor::from_slice(state, state.len(), self.device())?;
        Ok(self.state.slice_set(&state, 0, 0)?)
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        let at = self.by_name.get(name);
        at.map(|&at| &self.entries[at])
            .with_context(|| format!("the model has no tensor {name:?}"))
    }
}

fn entries_len(entries: &[Entry], trainable: bool) -> usize {
    let of = entries.iter().filter(|entry| entry.trainable == trainable);
    of.map(Entry::len).sum()
}
