//! One adapter of several runs, and what is published beside it.

use std::path::PathBuf;
use std::sync::LazyLock;

use ingest::model_files::add_product;

use super::*;
use crate::model::weights::StoredWeights;

/// What the repository ships of a finetune.
static SHIPPED: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/arxiv-minilm"));

/// A run of adapters of `rank` on `targets`.
fn run(place: &Place, name: &str, targets: &[Target], rank: usize) -> PathBuf {
    let config = place.config(name, |config| {
        config.model.method = Method::Lora;
        config.model.lora.targets = targets.to_vec();
        config.model.lora.rank = rank;
        config.optimize.steps = Some(3);
    });
    place.go(config).expect("it trains").folder
}

/// What the adapter of a folder adds to a matrix of the first block; nothing where it has no pair for it.
fn added(folder: &Path, target: Target) -> Option<Vec<f32>> {
    let json = fs::read(folder.join("adapter_config.json")).expect("written");
    let said: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let number = |key: &str| said[key].as_f64().expect("a number");
    let weights = StoredWeights::read(&folder.join("adapter_model.safetensors"));
    let weights = weights.expect("it opens");
    let matrix = |name| weights.numbers(&format!("base_model.model.{}.{name}", target.module(0)));
    let (shape, a) = matrix("lora_A.weight").ok()?;
    let (_, b) = matrix("lora_B.weight").expect("each A has a B");
    let (rank, n_in) = (shape[0], shape[1]);
    assert_eq!(rank as f64, number("r"), "PEFT wants one rank everywhere");
    let mut added = vec![0.0; b.len() / rank * n_in];
    add_product(&a, &b, number("lora_alpha") / number("r"), n_in, &mut added);
    Some(added)
}

#[test]
fn the_sum_of_two_runs_moves_each_weight_by_what_both_move_it() {
    let place = Place::new();
    let one = run(&place, "one", &[Target::Query, Target::Output], 2);
    let two = run(&place, "two", &[Target::Query, Target::Value], 3);
    let shares = [share(&one, 0.5), share(&two, 0.25)].concat();
    let out = place.at("both");
    let steps = export_adapters(&shares, Kept::Newest, &out).expect("they fit together");
    assert_eq!(steps, [3, 3]);
    let alone = ["half", "quarter"].map(|name| place.at(name));
    for (share, out) in shares.iter().zip(&alone) {
        export_adapters(std::slice::from_ref(share), Kept::Newest, out).expect("it is kept");
    }
    for target in [Target::Query, Target::Value, Target::Output] {
        let found = added(&out, target).expect("the sum moves what one of them moves");
        let mut wanted = vec![0.0; found.len()];
        for of_one in alone.iter().filter_map(|folder| added(folder, target)) {
            for (sum, term) in wanted.iter_mut().zip(of_one) {
                *sum += term;
            }
        }
        let largest = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let off = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
        let off = off.fold(0.0_f32, f32::max);
        assert!(largest > 0.0, "{target:?} was not trained");
        assert!(
            off < 1e-5 * largest,
            "{target:?} is off by {off} of {largest}"
        );
    }
    released_sum(&place, &shares, &out);
}

/// The card names each run with its share, and what it learned from stands beside it.
fn released_sum(place: &Place, shares: &[Share], out: &Path) {
    let evaluation = place.at("evaluation.json");
    fs::write(&evaluation, report()).expect("written");
    fs::write(place.at("evaluation.svg"), "<svg/>").expect("written");
    let evaluated = Evaluated::read(&evaluation).expect("an evaluation");
    let taken = shares.iter().map(|share| Taken {
        run: share.run.clone(),
        step: 3,
        strength: share.strength,
    });
    let taken: Vec<Taken> = taken.collect();
    let fitted = Fitted::read(&SHIPPED.join("classifier.bin")).expect("a classifier");
    write_release(&taken, &evaluated, Some(&fitted), out).expect("all is there");
    for name in ["classifier.bin", "classifier.report.json"] {
        let bytes = |folder: &Path| fs::read(folder.join(name)).expect("it is there");
        assert!(bytes(out) == bytes(&SHIPPED), "{name} is another");
    }
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("written");
    let card = read("README.md");
    for part in [
        "# both\n",
        "finetuned by us",
        "| one | 3 | 0.5 | `metrics-1.jsonl` |",
        "| two | 3 | 0.25 | `metrics-2.jsonl` |",
        "| ours int8, s | 0.2500 | 1.0000 | 0.5000 |",
        "| `classifier.bin` | 0.",
        "| its words alone | 0.",
        "## The run one\n",
        "## The run two\n",
        "rank = 3",
        "was chosen by figures",
    ] {
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    let folder = place.at("").display().to_string();
    assert!(!card.contains(&folder), "the card names a folder: {card}");
    let data = read("DATA.md");
    assert_eq!(data.matches("## Selection").count(), 2, "{data}");
    assert_eq!(data.matches("language:").count(), 1, "{data}");
    assert!(data.contains("# Papers of the run two\n"), "{data}");
    assert!(read("LICENSE").contains("Apache License"));
    assert_eq!(read("reliability.svg"), "<svg/>");
    let curves = read("curves.html");
    assert!(curves.contains("one") && curves.contains("two"), "{curves}");
    assert!(!read("metrics-1.jsonl").is_empty() && !read("metrics-2.jsonl").is_empty());
}

#[test]
fn runs_that_cannot_be_added_are_refused() {
    let place = Place::new();
    let one = run(&place, "one", &[Target::Query], 2);
    let full = place
        .go(place.config("full", |_| {}))
        .expect("it trains")
        .folder;
    let shares = [share(&one, 0.5), share(&full, 0.5)].concat();
    let error = export_adapters(&shares, Kept::Newest, &place.at("out")).expect_err("no adapter");
    assert!(error.to_string().contains("leave it out"), "{error}");

    let other = Place::new();
    let weights = other.at("model/model.safetensors");
    let mut bytes = fs::read(&weights).expect("it was written");
    *bytes.last_mut().expect("it has bytes") ^= 1;
    fs::write(&weights, bytes).expect("written");
    let elsewhere = run(&other, "elsewhere", &[Target::Query], 2);
    let shares = [share(&one, 0.5), share(&elsewhere, 0.5)].concat();
    let error = export_adapters(&shares, Kept::Newest, &place.at("out")).expect_err("two bases");
    assert!(error.to_string().contains("other base encoders"), "{error}");
}

#[test]
fn a_classifier_with_the_report_of_another_encoder_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    for name in ["classifier.bin", "classifier.report.json"] {
        fs::copy(SHIPPED.join(name), at(name)).expect("it is there");
    }
    Fitted::read(&at("classifier.bin")).expect("they are of one fit");
    let report = fs::read_to_string(at("classifier.report.json")).expect("JSON");
    let said: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let digest = said["model_sha256"].as_str().expect("a digest");
    let other = report.replace(digest, &"0".repeat(64));
    fs::write(at("classifier.report.json"), other).expect("written");
    let error = Fitted::read(&at("classifier.bin")).expect_err("two encoders");
    assert!(error.to_string().contains("fit the classifier again"));
    fs::remove_file(at("classifier.report.json")).expect("it was there");
    let error = Fitted::read(&at("classifier.bin")).expect_err("no report");
    assert!(
        error.to_string().contains("classifier.report.json"),
        "{error}"
    );
}
