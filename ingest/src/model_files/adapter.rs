//! A folder that holds a low-rank adapter in place of weights (Hu et al. 2021, arXiv:2106.09685), as
//! PEFT keeps it: the base encoder is found, and the two are merged once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::Value;
use shared::Sha256;

use super::ModelFiles;
use super::release::WEIGHTS;
use crate::safe_file;

/// The adapter's matrices.
const ADAPTER: &str = "adapter_model.safetensors";
/// What it says of itself.
const DESCRIPTION: &str = "adapter_config.json";
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

/// Whether a folder holds an adapter and no weights.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join(ADAPTER).is_file() && !folder.join(WEIGHTS).is_file()
}

/// A folder in `cache` with the encoder that the adapter in `folder` makes of `base`.
///
/// # Errors
/// Where the adapter is damaged or of another base, or the disk refuses.
pub(super) fn merged(folder: &Path, base: &ModelFiles, cache: &Path) -> Result<PathBuf> {
    let path = folder.join(ADAPTER);
    let adapter = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let path = folder.join(DESCRIPTION);
    let json = fs::read(&path).with_context(|| {
        format!(
            "reading {}, which says how strong the adapter is",
            path.display()
        )
    })?;
    let description: Description =
        serde_json::from_slice(&json).with_context(|| format!("in {}", path.display()))?;
    check(&description).with_context(|| format!("in {}", path.display()))?;
    if let Some(wanted) = &description.base_sha256 {
        ensure!(
            *wanted == base.weights_sha256.to_string(),
            "the adapter in {} belongs to weights of SHA-256 {wanted}, not to those of {}: name its own base \
             encoder by OFFPRINT_MODEL, or none",
            folder.display(),
            base.source
        );
    }
    let name = folder
        .file_name()
        .map_or("adapter".into(), |name| name.to_string_lossy().into_owned());
    let parts = [
        Sha256::of(&adapter).0,
        Sha256::of(&json).0,
        base.weights_sha256.0,
    ];
    let key = Sha256::of(&parts.concat()).to_string();
    let into = cache.join("merged").join(format!("{name}-{}", &key[..16]));
    let own = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    let mut copies = vec![
        (base.config.clone(), "config.json"),
        (base.tokenizer.clone(), "tokenizer.json"),
    ];
    for (file, name) in [
        (&base.pooling, "1_Pooling/config.json"),
        (&base.sentence, "sentence_bert_config.json"),
    ] {
        copies.extend(own(name).or(file.clone()).map(|path| (path, name)));
    }
    for (from, name) in copies {
        let bytes = fs::read(&from).with_context(|| format!("reading {}", from.display()))?;
        safe_file::write(&into.join(name), &bytes)?;
    }
    // Written last: a folder with weights is whole.
    let weights = into.join(WEIGHTS);
    if !weights.is_file() {
        let bytes = fs::read(&base.weights)
            .with_context(|| format!("reading {}", base.weights.display()))?;
        let scale = description.lora_alpha / description.r;
        let bytes = merge(bytes, &adapter, scale)
            .with_context(|| format!("merging {}", folder.display()))?;
        safe_file::write(&weights, &bytes)?;
    }
    Ok(into)
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
mod tests {
    use std::collections::HashMap;

    use safetensors::tensor::TensorView;
    use tempfile::tempdir;

    use super::*;

    fn file(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            let view = TensorView::new(Dtype::F32, shape.to_vec(), bytes);
            (*name, view.expect("the shape fits"))
        });
        safetensors::serialize(views, None::<HashMap<_, _>>).expect("it can be written")
    }

    fn base(folder: &Path) -> ModelFiles {
        let weights = file(&[
            ("m.weight", &[2, 3], &[1.0; 6]),
            ("m.bias", &[2], &[5.0; 2]),
        ]);
        fs::write(folder.join(WEIGHTS), &weights).expect("written");
        for name in ["config.json", "tokenizer.json", "sentence_bert_config.json"] {
            fs::write(folder.join(name), "{}").expect("written");
        }
        super::super::folder::verified(folder, Sha256::of(&weights), "a test".into())
    }

    fn adapter(folder: &Path, description: &str) {
        let bytes = file(&[
            (
                "base_model.model.m.lora_A.weight",
                &[1, 3],
                &[1.0, 2.0, 3.0],
            ),
            ("base_model.model.m.lora_B.weight", &[2, 1], &[1.0, -1.0]),
        ]);
        fs::write(folder.join(ADAPTER), bytes).expect("written");
        fs::write(folder.join(DESCRIPTION), description).expect("written");
    }

    #[test]
    fn an_adapter_is_added_to_its_base_and_to_nothing_else() {
        let [of_base, of_adapter, cache] = [(); 3].map(|()| tempdir().expect("a folder"));
        let base = base(of_base.path());
        adapter(
            of_adapter.path(),
            r#"{"r": 1, "lora_alpha": 2, "peft_type": "LORA", "use_dora": false, "rank_pattern": {}, "bias": "none"}"#,
        );
        assert!(is_one(of_adapter.path()) && !is_one(of_base.path()));
        let into = merged(of_adapter.path(), &base, cache.path()).expect("they fit");
        let bytes = fs::read(into.join(WEIGHTS)).expect("written");
        let found = SafeTensors::deserialize(&bytes).expect("a weight file");
        let values = |name: &str| numbers(found.tensor(name).expect("it is there").data());
        assert_eq!(values("m.weight"), [3.0, 5.0, 7.0, -1.0, -3.0, -5.0]);
        assert_eq!(values("m.bias"), [5.0, 5.0]);
        assert!(into.join("tokenizer.json").is_file());
        let again = merged(of_adapter.path(), &base, cache.path()).expect("they fit");
        assert_eq!(again, into, "it is merged once");
    }

    #[test]
    fn an_adapter_of_another_base_is_refused() {
        let [of_base, of_adapter, cache] = [(); 3].map(|()| tempdir().expect("a folder"));
        let base = base(of_base.path());
        adapter(
            of_adapter.path(),
            r#"{"r": 1, "lora_alpha": 2, "base_sha256": "00"}"#,
        );
        let error = merged(of_adapter.path(), &base, cache.path()).expect_err("another base");
        assert!(error.to_string().contains("OFFPRINT_MODEL"), "{error}");
        fs::remove_file(of_adapter.path().join(DESCRIPTION)).expect("it was written");
        let error = merged(of_adapter.path(), &base, cache.path()).expect_err("no description");
        assert!(format!("{error:#}").contains("how strong"), "{error:#}");
        for (more, named) in [
            (r#""use_rslora": true"#, "use_rslora"),
            (r#""rank_pattern": {"m": 4}"#, "rank_pattern"),
            (r#""bias": "all""#, "bias"),
        ] {
            adapter(
                of_adapter.path(),
                &format!(r#"{{"r": 1, "lora_alpha": 2, {more}}}"#),
            );
            let error = merged(of_adapter.path(), &base, cache.path()).expect_err("it means more");
            let error = format!("{error:#}");
            assert!(
                error.contains(named) && error.contains("merge_and_unload"),
                "{error}"
            );
        }
        let other = file(&[("other.weight", &[2, 3], &[1.0; 6])]);
        let fit = fs::read(of_adapter.path().join(ADAPTER)).expect("it was written");
        let error = merge(other, &fit, 1.0).expect_err("another architecture");
        assert!(error.to_string().contains("no tensor m.weight"), "{error}");
    }
}
