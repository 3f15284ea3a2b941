//! Runs of a small encoder on invented papers: from the first step to the files that are left.

mod anchor;
mod going_on;
mod mining;
mod packs;
mod parts;
mod place;
mod rows;
mod silent;
mod sums;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use candle_core::Device;
use ingest::model_files;

use self::place::{Place, papers};
use super::*;
use crate::config::Method;
use crate::model::bert::{Bert, Tuning};
use crate::model::lora::Target;
use crate::track::{Evaluated, Fitted, Taken, write_release};

fn state(path: &Path) -> Vec<u32> {
    let kept = Checkpoint::read(path).expect("it is whole");
    kept.state.iter().map(|x| x.to_bits()).collect()
}

/// Makes a finished run look as if it had been killed after its second step.
fn kill_after_two(place: &Place, name: &str) {
    let last = place
        .at(name)
        .join("checkpoints/step-000000004.safetensors");
    fs::remove_file(last).expect("it was written");
    place.unfinish(name);
}

/// Trains a run twice, once whole and once killed after two steps of four, and goes on with that one: both come to the
/// same weights, moments and losses.
fn assert_resumes_to_the_bit(place: &Place, config: impl Fn(&str) -> Config, of: &str) {
    place.go(config("whole")).expect("it trains");
    place.go(config("killed")).expect("it trains");
    kill_after_two(place, "killed");
    let resumed = place.resume("killed").expect("it goes on");
    assert_eq!(resumed.step, 4);
    let last = "checkpoints/step-000000004.safetensors";
    assert!(
        state(&place.at("whole").join(last)) == state(&place.at("killed").join(last)),
        "{of}: the resumed run took other steps"
    );
    assert_eq!(place.losses("whole"), place.losses("killed"));
}

#[test]
fn two_steps_and_two_more_are_four_to_the_bit() {
    let methods = [Method::Full, Method::Lora].map(|method| [(method, 0.0), (method, 0.5)]);
    for (method, anchor) in methods.concat() {
        let place = Place::new();
        let config = |name: &str| {
            place.config(name, |config| {
                config.model.method = method;
                (config.loss.anchor, config.loss.distillation) = (anchor, anchor);
                config.model.lora.targets = Target::ALL.to_vec();
                config.model.lora.dropout = 0.1;
                config.optimize.accumulate = 2;
                // Evaluated before and after the checkpoint that the run goes on from.
                config.evaluate.every = if method == Method::Full { 2 } else { 3 };
            })
        };
        assert_resumes_to_the_bit(&place, config, &format!("{method:?}, anchor {anchor}"));
        let weights = |name: &str| fs::read(place.at(name).join("model/model.safetensors"));
        assert!(weights("whole").expect("written") == weights("killed").expect("written"));
    }
}

#[test]
fn training_teaches() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.model.dropout = 0.0;
        config.optimize.steps = Some(60);
        config.evaluate.every = 0;
        config.checkpoint.every = 0;
    });
    let done = place.go(config).expect("it trains");
    let losses = place.losses("run");
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let (first, last) = (mean(&losses[..6]), mean(&losses[54..]));
    assert!(last < 0.7 * first, "the loss went from {first} to {last}");
    let (before, after) = (done.before, done.after);
    assert!(
        after.mrr_at_10 > before.mrr_at_10 + 0.05,
        "{before}, then {after}"
    );
    assert_eq!((done.step, done.reason.as_str()), (60, "steps"));
}

/// An evaluation, as far as cards read it.
fn report() -> String {
    let sets =
        r#"[{"set": "s", "queries": 1, "ndcg_at_10": 0.25, "recall_at_100": 1, "mrr_at_10": 0.5}]"#;
    let row = format!(
        r#"{{"name": "ours int8", "precision": null, "classification": null, "retrieval": {sets}}}"#
    );
    let sample = r#"{"per_category": 7, "seed": 1, "classes": 3, "train": 20, "calibration": 8, "report": 9}"#;
    format!(r#"{{"sample": {sample}, "rows": [{row}], "differences": []}}"#)
}

/// The adapter of one run.
fn share(run: &Path, strength: f64) -> [Share; 1] {
    [Share {
        run: run.to_owned(),
        strength,
    }]
}

/// What stands beside a published adapter comes from the run and from an evaluation, or is refused.
fn released(place: &Place, run: &Path) {
    let (evaluation, out) = (place.at("evaluation.json"), place.at("quarter"));
    let taken = Taken {
        run: run.to_owned(),
        step: 2,
        strength: 0.25,
    };
    fs::write(&evaluation, r#"{"rows": 7}"#).expect("written");
    let error = Evaluated::read(&evaluation).expect_err("no evaluation");
    assert!(
        format!("{error:#}").contains("evaluate --json"),
        "{error:#}"
    );
    let report = report();
    fs::write(&evaluation, &report).expect("written");
    let evaluated = Evaluated::read(&evaluation).expect("an evaluation");
    write_release(&[taken], &evaluated, None, &out).expect("all is there");
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("written");
    let card = read("README.md");
    assert!(
        card.contains("| ours int8, s | 0.2500 | 1.0000 | 0.5000 |"),
        "{card}"
    );
    assert!(card.contains("after step 2, at 0.25 of"), "{card}");
    assert_eq!(read("evaluation.json"), report);
    assert!(read("LICENSE").contains("Apache License"));
    assert!(read("curves.html").contains("<svg"));
    let steps: Vec<u64> = (read("metrics.jsonl").lines())
        .map(|line| {
            serde_json::from_str::<crate::track::Row>(line)
                .expect("a row")
                .step
        })
        .collect();
    assert_eq!(steps, [0, 2, 3], "step 1 has no quality");
}

#[test]
fn what_a_run_leaves_is_the_trained_encoder() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.model.method = Method::Lora;
        config.optimize.steps = Some(3);
        config.checkpoint.every = 3;
    });
    let done = place.go(config).expect("it trains");
    assert_eq!(
        (done.step, done.best_step),
        (3, 2),
        "evaluated after steps 2 and 3"
    );
    let files = model_files::find(&Which::In(done.folder.join("model"))).expect("all are there");
    let again = open_encoder(
        &files.weights,
        &files.config,
        Tuning::default(),
        &Device::Cpu,
    )
    .expect("it opens");
    let texts = vec![vec![2, 5, 9, 4, 3]];
    let of = |encoder: &Bert| embed_all(encoder, &texts, 64).expect("it embeds");
    let base = model_files::find(&Which::In(place.at("model"))).expect("all are there");
    let base = open_encoder(&base.weights, &base.config, Tuning::default(), &Device::Cpu);
    assert_ne!(
        of(&again),
        of(&base.expect("it opens")),
        "it is the encoder that it began with"
    );
    let adapter = done.folder.join("adapter/adapter_model.safetensors");
    let adapter = crate::model::weights::StoredWeights::read(&adapter).expect("it opens");
    let names: Vec<&str> = adapter.shapes().map(|(name, _)| name).collect();
    assert_eq!(
        names.len(),
        2 * 2 * 2,
        "queries and values of two blocks: {names:?}"
    );
    let wanted = "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight";
    assert!(names.contains(&wanted), "{names:?}");
    export_adapters(&share(&done.folder, 0.25), Kept::Best, &place.at("quarter"))
        .expect("it is kept");
    let alpha = |folder: &std::path::Path| -> f64 {
        let json = fs::read(folder.join("adapter_config.json")).expect("written");
        let said: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        said["lora_alpha"].as_f64().expect("a number")
    };
    let whole = alpha(&done.folder.join("adapter"));
    assert_eq!(alpha(&place.at("quarter")), whole / 4.0);
    released(&place, &done.folder);
    for name in [
        "README.md",
        "DATA.md",
        "metrics.jsonl",
        "model/sentence_bert_config.json",
    ] {
        assert!(done.folder.join(name).is_file(), "there is no {name}");
    }
}

#[test]
fn a_run_goes_on_only_with_its_own_papers_and_whole_checkpoints() {
    let place = Place::new();
    place.go(place.config("run", |_| {})).expect("it trains");
    let error = place
        .resume("run")
        .expect_err("it has finished")
        .to_string();
    assert!(error.contains("has finished"), "{error}");
    kill_after_two(&place, "run");
    let kept = place.at("run/checkpoints/step-000000002.safetensors");
    let whole = fs::read(&kept).expect("it is there");
    fs::write(&kept, &whole[..whole.len() / 2]).expect("written");
    let error = format!("{:#}", place.resume("run").expect_err("half of it is gone"));
    assert!(
        error.contains("remove it, and the run goes on from the one before"),
        "{error}"
    );
    fs::write(&kept, whole).expect("written");
    let mut lines = papers();
    lines.push_str("{\"id\":\"more\",\"title\":\"the sun\",\"abstract\":\"we find a star.\"}\n");
    fs::write(place.at("papers.jsonl"), lines).expect("written");
    let error = place
        .resume("run")
        .expect_err("the papers are others")
        .to_string();
    assert!(
        error.contains("the papers of") && error.contains("put the old ones back"),
        "{error}"
    );
}

#[test]
fn papers_without_categories_train_only_losses_that_need_none() {
    let place = Place::new();
    let mut lines = String::new();
    for line in papers().lines() {
        let mut paper: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        let fields = paper.as_object_mut().expect("an object");
        fields.remove("categories");
        let _ = writeln!(lines, "{paper}");
    }
    fs::write(place.at("papers.jsonl"), lines).expect("written");
    let error = place
        .go(place.config("run", |_| {}))
        .expect_err("there are none");
    assert!(
        error.to_string().contains("add a column `categories`"),
        "{error}"
    );
    let plain = |config: &mut Config| {
        (config.loss.category, config.loss.classification) = (0.0, 0.0);
        config.optimize.steps = Some(2);
    };
    let error = place
        .go(place.config("blind", plain))
        .expect_err("precision is 1");
    assert!(error.to_string().contains("valid/mrr@10"), "{error}");
    let plain = |config: &mut Config| {
        plain(config);
        config.evaluate.metric = "valid/mrr@10".to_owned();
    };
    place.go(place.config("plain", plain)).expect("it trains");
}

#[test]
fn a_checkpoint_becomes_an_encoder() {
    let place = Place::new();
    let done = place.go(place.config("run", |_| {})).expect("it trains");
    let step = export_encoder(&done.folder, Kept::Newest, &place.at("out")).expect("it is kept");
    let (last, best) = (done.step, done.best_step);
    assert_eq!(step, last);
    let weights = |folder: &str| fs::read(place.at(folder).join("model.safetensors"));
    let differ = weights("out").expect("written") != weights("run/model").expect("written");
    assert_eq!(differ, last != best, "the run wrote step {best}");
    let error = export_encoder(&done.folder, Kept::Best, &place.at("out")).expect_err("it is full");
    assert!(error.to_string().contains("is not empty"), "{error}");
    let error = export_adapters(&share(&done.folder, 1.0), Kept::Best, &place.at("none"));
    let error = error.expect_err("all weights were trained").to_string();
    assert!(error.contains("leave out --adapter"), "{error}");
}

#[test]
fn patience_ends_a_run_and_the_best_weights_are_written() {
    let place = Place::new();
    let config = place.config("run", |config| {
        config.optimize.steps = Some(50);
        config.optimize.learning_rate = 0.5;
        config.evaluate.every = 1;
        config.evaluate.patience = Some(3);
    });
    let done = place.go(config).expect("it trains");
    assert_eq!(done.reason, "patience");
    assert!(done.step < 50 && done.best_step < done.step, "{done:?}");
    export_encoder(&done.folder, Kept::Best, &place.at("best")).expect("it is kept");
    let weights = |folder: &str| fs::read(place.at(folder).join("model.safetensors"));
    assert!(weights("best").expect("written") == weights("run/model").expect("written"));
    let again = place
        .go(place.config("run", |_| {}))
        .expect_err("there is a run");
    assert!(again.to_string().contains("is not empty"), "{again}");
}
