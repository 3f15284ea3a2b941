//! Hugging Face's weight files: safetensors in, safetensors out, names and order kept.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

/// The tensors of a weight file.
#[derive(Debug, Clone, Default)]
pub struct StoredWeights {
    tensors: Vec<Stored>,
    /// What the file says of itself, such as `format`.
    metadata: Option<HashMap<String, String>>,
}

#[derive(Debug, Clone)]
struct Stored {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl StoredWeights {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is missing or no safetensors file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&bytes).with_context(|| format!("in {}", path.display()))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// Where they are no safetensors file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let file = SafeTensors::deserialize(bytes)?;
        let mut tensors: Vec<Stored> = file
            .tensors()
            .into_iter()
            .map(|(name, view)| Stored {
                name,
                shape: view.shape().to_vec(),
                dtype: view.dtype(),
                bytes: view.data().to_vec(),
            })
            .collect();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            tensors,
            metadata: header.metadata().clone(),
        })
    }

    /// Adds a tensor, or replaces the one of this name, keeping its type.
    ///
    /// # Errors
    /// Where the shape is not that of the one it replaces, or of its numbers.
    pub fn set(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<()> {
        ensure!(
            shape.iter().product::<usize>() == values.len(),
            "{name}: {} numbers for the shape {shape:?}",
            values.len()
        );
        if let Some(stored) = self.tensors.iter_mut().find(|stored| stored.name == name) {
            ensure!(
                stored.shape == shape,
                "{name}: the shape {shape:?} where the file has {:?}",
                stored.shape
            );
            stored.bytes = encode(values, stored.dtype).with_context(|| name.to_owned())?;
            return Ok(());
        }
        self.tensors.push(Stored {
            name: name.to_owned(),
            shape: shape.to_vec(),
            dtype: Dtype::F32,
            bytes: encode(values, Dtype::F32)?,
        });
        self.tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    /// Names and shapes, by name.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors
            .iter()
            .map(|stored| (stored.name.as_str(), stored.shape.as_slice()))
    }

    /// The numbers of a tensor, with its shape.
    ///
    /// # Errors
    /// Where there is none of this name, or it holds no floating-point numbers.
    pub fn numbers(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>)> {
        let stored = self.tensors.iter().find(|stored| stored.name == name);
        let stored = stored.with_context(|| format!("there is no tensor {name:?}"))?;
        let values = decode(&stored.bytes, stored.dtype).with_context(|| name.to_owned())?;
        Ok((stored.shape.clone(), values))
    }

    /// The file.
    ///
    /// # Errors
    /// Where safetensors refuses, which names and shapes that were read do not bring about.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let views = self
            .tensors
            .iter()
            .map(|stored| {
                let view = TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes)?;
                Ok((stored.name.as_str(), view))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(safetensors::serialize(views, self.metadata.clone())?)
    }
}

fn decode(bytes: &[u8], dtype: Dtype) -> Result<Vec<f32>> {
    let halves = || {
        bytes
            .chunks_exact(2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
    };
    Ok(match dtype {
        Dtype::F32 => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Dtype::BF16 => halves()
            .map(|bits| f32::from_bits(u32::from(bits) << 16))
            .collect(),
        Dtype::F16 => halves()
            .map(|bits| half::f16::from_bits(bits).to_f32())
            .collect(),
        other => bail!("numbers of type {other:?}, where floating-point ones are wanted"),
    })
}

fn encode(values: &[f32], dtype: Dtype) -> Result<Vec<u8>> {
    Ok(match dtype {
        Dtype::F32 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Dtype::BF16 => values
            .iter()
            .flat_map(|&x| half::bf16::from_f32(x).to_le_bytes())
            .collect(),
        Dtype::F16 => values
            .iter()
            .flat_map(|&x| half::f16::from_f32(x).to_le_bytes())
            .collect(),
        other => bail!("numbers of type {other:?}, where floating-point ones are wanted"),
    })
}
