//! Adapters merged with small bases, and those that are refused.

use std::collections::HashMap;

use safetensors::tensor::TensorView;
use tempfile::tempdir;

use super::*;
use crate::model_files::{BASE, Which};

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
    crate::model_files::folder::verified(folder, Sha256::of(&weights), "a test".into())
}

fn merged(folder: &Path, base: &ModelFiles, cache: &Path) -> Result<PathBuf> {
    Adapter::read(folder)?.merged(base, cache)
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
    fs::write(folder.join(WEIGHTS_OF_ADAPTER), bytes).expect("written");
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
    assert!(Adapter::is_in(of_adapter.path()) && !Adapter::is_in(of_base.path()));
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
    let fit = fs::read(of_adapter.path().join(WEIGHTS_OF_ADAPTER)).expect("it was written");
    let error = merge(other, &fit, 1.0).expect_err("another architecture");
    assert!(error.to_string().contains("no tensor m.weight"), "{error}");
}

#[test]
fn an_encoder_is_named_by_its_folder_or_as_the_base_or_the_shipped_one() {
    assert_eq!("base".parse(), Ok(Which::Base));
    assert_eq!("shipped".parse(), Ok(Which::default()));
    assert_eq!("a/b".parse(), Ok(Which::In("a/b".into())));
    assert_eq!(Which::of(None), Which::Base, "what training starts from");
}

#[test]
fn the_shipped_adapter_is_for_the_base_encoder_and_known_again_in_its_folder() {
    let shipped = Adapter::shipped().expect("the repository's own");
    assert!(shipped.is_shipped());
    let file = SafeTensors::deserialize(&shipped.weights).expect("a weight file");
    assert_eq!(
        file.names().len(),
        72,
        "pairs for six matrices of six layers"
    );
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/arxiv-minilm");
    let read = Adapter::read(Path::new(folder)).expect("the same");
    assert!(read.is_shipped());
    assert_eq!(read.name, shipped.name);

    let [of_base, cache] = [(); 2].map(|()| tempdir().expect("a folder"));
    let other = base(of_base.path());
    let taken = crate::model_files::shipped_on(other.clone(), cache.path());
    assert_eq!(
        taken.expect("other weights are no error"),
        other,
        "OFFPRINT_MODEL says what is wanted"
    );
    let wanted = BASE.files.last().expect("there are files").sha256;
    let base = ModelFiles {
        weights_sha256: wanted.parse().expect("a digest"),
        ..other
    };
    assert!(shipped.fits(&base), "it is not for the base encoder");
}

#[test]
fn an_adapter_of_its_own_is_not_taken_for_the_shipped_one() {
    let folder = tempdir().expect("a folder");
    adapter(folder.path(), r#"{"r": 1, "lora_alpha": 2}"#);
    let own = Adapter::read(folder.path()).expect("it is whole");
    assert!(!own.is_shipped());
}
