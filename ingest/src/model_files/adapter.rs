//! A folder that holds a low-rank adapter in place of weights (Hu et al. 2021, arXiv:2106.09685), as
//! PEFT keeps it: the base encoder is found, and the two are merged once.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::Value;
use shared::Sha256;

use super::ModelFiles;
use super::release::WEIGHTS;
use super::shipped;
use crate::safe_file;

/// The adapter's matrices.
const WEIGHTS_OF_ADAPTER: &str = "adapter_model.safetensors";
/// What it says of itself.
const DESCRIPTION: &str = "adapter_config.json";
/// Files that an adapter may have in place of its base's.
const OWN: [&str; 2] = ["1_Pooling/config.json", "sentence_bert_config.json"];
/// What PEFT puts before a module's name.
const PEFT: &str = "base_model.model.";

/// The fields of `adapter_config.json` that merging needs; the others are not read.
#[derive(Debug, Deserialize)]
struct Description {
    r: f64,
    lora_alpha: f64,
    /// SHA-256 of the weights that it was trained on, where it says.
    base_sha256: Option<String>,
    /// Everything else that it says.
    #[serde(flatten)]
    more: serde_json::Map<String, Value>,
}

/// What PEFT can ask for that is more than `α / r · B·A` on every matrix. Off, empty or absent is fine.
const BEYOND: [&str; 10] = [
    "use_rslora",
    "use_dora",
    "use_qalora",
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "fan_in_fan_out",
    "lora_bias",
    "layer_replication",
    "trainable_token_indices",
];

/// Refuses an adapter that means more than [`merge`] does.
fn check(description: &Description) -> Result<()> {
    let is_off = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    };
    let more = &description.more;
    let beyond = BEYOND
        .into_iter()
        .filter(|key| more.get(*key).is_some_and(|value| !is_off(value)));
    let beyond: Vec<_> = beyond.collect();
    let bias = more.get("bias").and_then(Value::as_str).unwrap_or("none");
    ensure!(
        beyond.is_empty() && bias == "none",
        "the adapter asks for {}, which Offprint does not merge: merge it with PEFT's merge_and_unload, and \
         name that folder",
        if beyond.is_empty() {
            format!("bias = {bias:?}")
        } else {
            beyond.join(", ")
        }
    );
    ensure!(
        description.r > 0.0,
        "a rank of {}: an adapter has at least one row",
        description.r
    );
    Ok(())
}

/// An adapter, read and understood.
#[derive(Debug)]
pub(super) struct Adapter {
    /// What it is called.
    pub(super) name: String,
    /// Where it came from, in words.
    pub(super) source: String,
    description: Description,
    weights: Cow<'static, [u8]>,
    json: Cow<'static, [u8]>,
    /// Files that it has in place of its base's, by their name.
    own: Vec<(&'static str, Cow<'static, [u8]>)>,
}

impl Adapter {
    /// Whether a folder holds an adapter and no weights.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(WEIGHTS_OF_ADAPTER).is_file() && !folder.join(WEIGHTS).is_file()
    }

    /// The adapter of a folder.
    ///
    /// # Errors
    /// Where its description is missing, damaged, or means more than is merged here.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(WEIGHTS_OF_ADAPTER);
        let weights = read(&path)?;
        let path = folder.join(DESCRIPTION);
        let json = read(&path).context("an adapter's description says how strong it is")?;
        let description = described(&json).with_context(|| format!("in {}", path.display()))?;
        let mut own = Vec::new();
        for name in OWN {
            let path = folder.join(name);
            if path.is_file() {
                own.push((name, read(&path)?.into()));
            }
        }
        let name = (folder.file_name()).map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            name: name.unwrap_or_else(|| "adapter".to_owned()),
            source: folder.display().to_string(),
            description,
            weights: weights.into(),
            json: json.into(),
            own,
        })
    }

    /// The adapter that is compiled in.
    ///
    /// # Errors
    /// Where the repository's own adapter is damaged, which a test rules out.
    pub(super) fn shipped() -> Result<Self> {
        let [weights, json, sentence] = shipped::FILES.map(Cow::Borrowed);
        Ok(Self {
            name: shipped::NAME.to_owned(),
            source: "the adapter that Offprint ships".to_owned(),
            description: described(&json).context("in the adapter that Offprint ships")?,
            weights,
            json,
            own: vec![("sentence_bert_config.json", sentence)],
        })
    }

    /// Whether it is the one that is compiled in, to the byte, wherever it was read from.
    pub(super) fn is_shipped(&self) -> bool {
        let own: &[(&str, Cow<[u8]>)] = &self.own;
        let [weights, json, sentence] = shipped::FILES;
        *self.weights == *weights
            && *self.json == *json
            && matches!(own, [("sentence_bert_config.json", own)] if **own == *sentence)
    }

    /// Whether it belongs to these weights, as far as it says.
    pub(super) fn fits(&self, base: &ModelFiles) -> bool {
        let wanted = self.description.base_sha256.as_ref();
        wanted.is_none_or(|wanted| *wanted == base.weights_sha256.to_string())
    }

    /// A folder in `cache` with the encoder that it makes of `base`.
    ///
    /// # Errors
    /// Where it is damaged or of another base, or the disk refuses.
    pub(super) fn merged(&self, base: &ModelFiles, cache: &Path) -> Result<PathBuf> {
        ensure!(
            self.fits(base),
            "the adapter in {} belongs to weights of SHA-256 {}, not to those of {}: name its own base \
             encoder by OFFPRINT_MODEL, or none",
            self.source,
            self.description.base_sha256.as_deref().unwrap_or_default(),
            base.source
        );
        let mut parts = vec![
            Sha256::of(&self.weights).0,
            Sha256::of(&self.json).0,
            base.weights_sha256.0,
            Sha256::of(&read(&base.config)?).0,
            Sha256::of(&read(&base.tokenizer)?).0,
        ];
        parts.extend(self.own.iter().map(|(_, bytes)| Sha256::of(bytes).0));
        let key = Sha256::of(&parts.concat()).to_string();
        let into = cache
            .join("merged")
            .join(format!("{}-{}", self.name, &key[..16]));
        // Written last: a folder with weights is whole.
        let weights = into.join(WEIGHTS);
        if weights.is_file() {
            return Ok(into);
        }
        let of_base = [&base.pooling, &base.sentence].map(Option::as_ref);
        for (name, of_base) in OWN.into_iter().zip(of_base) {
            let own = self.own.iter().find(|(own, _)| *own == name);
            match (own, of_base) {
                (Some((_, bytes)), _) => safe_file::write(&into.join(name), bytes)?,
                (None, Some(from)) => safe_file::write(&into.join(name), &read(from)?)?,
                (None, None) => {}
            }
        }
        for (from, name) in [
            (&base.config, "config.json"),
            (&base.tokenizer, "tokenizer.json"),
        ] {
            safe_file::write(&into.join(name), &read(from)?)?;
        }
        let scale = self.description.lora_alpha / self.description.r;
        let bytes = merge(read(&base.weights)?, &self.weights, scale)
            .with_context(|| format!("merging {}", self.source))?;
        safe_file::write(&weights, &bytes)?;
        Ok(into)
    }
}

fn described(json: &[u8]) -> Result<Description> {
    let description = serde_json::from_slice(json)?;
    check(&description)?;
    Ok(description)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// The weight file `base` with `scale · B·A` added to every matrix that the adapter has a pair for.
fn merge(mut base: Vec<u8>, adapter: &[u8], scale: f64) -> Result<Vec<u8>> {
    let adapter = SafeTensors::deserialize(adapter).context("the adapter")?;
    let (header, metadata) = SafeTensors::read_metadata(&base).context("the base encoder")?;
    let begins = 8 + header;
    let mut names: Vec<&str> = adapter.names().into_iter().collect();
    names.sort_unstable();
    let mut n_merged = 0;
    for a_name in names {
        let Some(module) = a_name
            .strip_prefix(PEFT)
            .and_then(|name| name.strip_suffix(".lora_A.weight"))
        else {
            continue;
        };
        let (a, [rank, n_in]) = matrix(&adapter, a_name)?;
        let (b, [n_out, b_rank]) = matrix(&adapter, &format!("{PEFT}{module}.lora_B.weight"))?;
        ensure!(rank == b_rank, "{module}: ranks of {rank} and {b_rank}");
        let name = format!("{module}.weight");
        let info = metadata
            .info(&name)
            .or_else(|| metadata.info(&format!("bert.{name}")))
            .with_context(|| format!("the base encoder has no tensor {name}"))?;
        ensure!(
            info.dtype == Dtype::F32 && info.shape == [n_out, n_in],
            "{name} is {:?} {:?}, where F32 [{n_out}, {n_in}] belongs",
            info.dtype,
            info.shape
        );
        let (from, to) = info.data_offsets;
        let place = base
            .get_mut(begins + from..begins + to)
            .context("a tensor beyond the file's end")?;
        let mut values = numbers(place);
        add_product(&a, &b, scale, n_in, &mut values);
        for (bytes, value) in place.chunks_exact_mut(4).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        n_merged += 1;
    }
    ensure!(
        n_merged > 0,
        "the adapter has no matrices that PEFT would know"
    );
    Ok(base)
}

fn matrix(file: &SafeTensors, name: &str) -> Result<(Vec<f32>, [usize; 2])> {
    let tensor = file
        .tensor(name)
        .with_context(|| format!("the adapter has no tensor {name}"))?;
    ensure!(
        tensor.dtype() == Dtype::F32,
        "{name} is {:?}: adapters are read in F32",
        tensor.dtype()
    );
    let shape = tensor.shape().try_into().ok();
    let shape = shape.with_context(|| format!("{name} is no matrix"))?;
    Ok((numbers(tensor.data()), shape))
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.chunks_exact(4);
    words
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

/// `w += scale · B·A` in `f64`, row by row, so that merging gives the same bits everywhere: `A`
/// `[rank, in]`, `B` `[out, rank]`, `w` `[out, in]`.
pub fn add_product(a: &[f32], b: &[f32], scale: f64, n_in: usize, w: &mut [f32]) {
    let rank = a.len() / n_in;
    for (row, b) in w.chunks_exact_mut(n_in).zip(b.chunks_exact(rank)) {
        for (at, w) in row.iter_mut().enumerate() {
            let product: f64 = (0..rank)
                .map(|r| f64::from(b[r]) * f64::from(a[r * n_in + at]))
                .sum();
            *w = (f64::from(*w) + scale * product) as f32;
        }
    }
}

#[cfg(test)]
mod tests;
