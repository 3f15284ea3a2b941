//! Our numbers against those of others: token ids exactly, embeddings by cosine, every row.

use std::path::Path;
use std::sync::Arc;

use index_builder::model::PreparedModel;
use ingest::model_files::{self, Which};
use ingest::papers;
use reference::Reference;
use serde::Deserialize;
use shared::math::Kernel;
use shared::{Encoder, Paper};

use crate::fixtures::{base_model, data_folder, repository};

/// A row of `golden/parity.json`, which `golden/parity.py` made.
#[derive(Deserialize)]
struct Golden {
    text: String,
    ids: Vec<u32>,
    embedding: Vec<f32>,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/parity.json")).expect("the fixture is JSON")
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

fn reference(prepared: &PreparedModel) -> Reference {
    let files = model_files::find(&Which::Base).expect("the base encoder was just found");
    let read = |path: &Path| std::fs::read(path).expect("a file of the base encoder");
    let max_tokens = prepared.model.meta().max_tokens;
    Reference::new(
        &read(&files.weights),
        &read(&files.config),
        &read(&files.tokenizer),
        max_tokens,
    )
    .expect("candle opens it")
}

#[test]
fn token_ids_are_pythons() {
    let Some(prepared) = base_model() else { return };
    for row in golden() {
        let tokens = prepared.model.tokenizer().tokenize(&row.text);
        assert_eq!(tokens.ids, row.ids, "{:?} is tokenized otherwise", row.text);
    }
}

#[test]
fn truncation_is_the_models_and_padding_is_gone() {
    let Some(prepared) = base_model() else { return };
    let count = |text: &str| {
        let tokens = prepared.model.tokenizer().tokenize(text);
        (tokens.ids.len(), tokens.n_cut)
    };
    assert_eq!(count("word"), (3, 0), "a short text gets no padding");
    assert_eq!(
        count(&"word ".repeat(200)),
        (202, 0),
        "a text of 200 tokens keeps them all"
    );
    assert_eq!(
        count(&"word ".repeat(300)),
        (256, 46),
        "a long one is cut at 256"
    );
}

#[test]
fn candle_agrees_with_numpy() {
    let Some(prepared) = base_model() else { return };
    let reference = reference(prepared);
    for row in golden() {
        let cosine = cosine(
            &reference.embed(&row.text).expect("candle embeds"),
            &row.embedding,
        );
        assert!(cosine > 0.99999, "{:?}: cosine {cosine}", row.text);
    }
}

#[test]
fn int8_stays_near_numpy_on_every_text() {
    let Some(prepared) = base_model() else { return };
    let mut encoder = Encoder::new(Arc::clone(&prepared.model));
    for row in golden() {
        let cosine = cosine(
            &encoder.embed(&row.text).expect("has tokens").vector,
            &row.embedding,
        );
        assert!(cosine > 0.99, "{:?}: cosine {cosine}", row.text);
    }
}

/// The bar is a mean of 0.9985 and a least of 0.995 on real texts: the starter corpus always, and 500 arXiv abstracts where they are.
#[test]
fn int8_stays_near_candle_on_real_texts() {
    let Some(prepared) = base_model() else { return };
    let (starter, _) = papers::read_all(&[repository().join("corpus/starter.jsonl")])
        .expect("the starter corpus reads");
    judge(prepared, starter.iter().step_by(4), "starter corpus");
    let Some(data) = data_folder() else { return };
    let selection = ingest::select::Selection {
        sample: Some((7_000, 7)),
        ..Default::default()
    };
    let (sample, _) = ingest::select::select(&[data.join("arxiv/papers.parquet")], &selection)
        .expect("papers.parquet reads");
    judge(prepared, sample.iter().step_by(14), "arXiv abstracts");
}

fn judge<'a>(prepared: &PreparedModel, papers: impl Iterator<Item = &'a Paper>, of: &str) {
    let (reference, mut encoder) = (
        reference(prepared),
        Encoder::new(Arc::clone(&prepared.model)),
    );
    let mut cosines: Vec<f64> = papers
        .map(|paper| {
            let text = prepared
                .model
                .meta()
                .document(&paper.title, &paper.abstract_);
            let ours = encoder.embed(&text).expect("a paper has tokens").vector;
            cosine(&ours, &reference.embed(&text).expect("candle embeds"))
        })
        .collect();
    cosines.sort_by(f64::total_cmp);
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    println!(
        "int8 against candle f32 on {} texts ({of}): mean cosine {mean:.5}, least {:.5}",
        cosines.len(),
        cosines[0]
    );
    assert!(
        mean >= 0.9985,
        "{of}: mean cosine {mean} over {} texts",
        cosines.len()
    );
    assert!(
        cosines[0] >= 0.995,
        "{of}: the worst text has cosine {}",
        cosines[0]
    );
}

#[test]
fn the_judge_and_the_fast_kernel_give_the_same_bits() {
    let Some(prepared) = base_model() else { return };
    let mut fast = Encoder::new(Arc::clone(&prepared.model));
    let mut judge = Encoder::with_kernel(Arc::clone(&prepared.model), Kernel::SCALAR);
    for row in golden().iter().filter(|row| row.ids.len() < 100) {
        let (fast, judged) = (fast.embed(&row.text), judge.embed(&row.text));
        assert_eq!(
            fast,
            judged,
            "{:?} differs between {:?} and the judge",
            row.text,
            Kernel::best()
        );
    }
}

#[test]
fn a_text_without_a_word_has_no_embedding() {
    let Some(prepared) = base_model() else { return };
    let mut encoder = Encoder::new(Arc::clone(&prepared.model));
    for text in ["", "   ", "\u{200b}\n"] {
        assert_eq!(
            encoder.embed(text),
            Err(shared::EmbedError::NoTokens),
            "{text:?} has no token"
        );
    }
}

#[test]
fn a_megabyte_is_cut_and_embedded() {
    let Some(prepared) = base_model() else { return };
    let mut encoder = Encoder::new(Arc::clone(&prepared.model));
    let text = "lattice gauge theory ".repeat(50_000);
    let embedding = encoder.embed(&text).expect("has tokens");
    assert_eq!(embedding.n_tokens, 256);
    assert!(embedding.n_cut > 100_000, "{} tokens cut", embedding.n_cut);
    let length: f64 = cosine(&embedding.vector, &embedding.vector);
    assert!((length - 1.0).abs() < 1e-5, "squared length {length}");
}
