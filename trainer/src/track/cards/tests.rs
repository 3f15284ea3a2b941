use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::*;

fn record(config: &Config) -> RunRecord {
    RunRecord::new(config, None)
}

fn row(step: u64, precision: f64) -> Row {
    Row {
        step,
        seconds: 90.0,
        papers: step * 128,
        scalars: BTreeMap::from([("valid/precision@10".to_owned(), precision)]),
    }
}

/// What stands between the two lines of dashes.
fn front(card: &str) -> Vec<&str> {
    let front = card.strip_prefix("---\n").expect("it opens with dashes");
    front
        .split_once("\n---\n")
        .expect("and closes")
        .0
        .lines()
        .collect()
}

#[test]
fn a_model_card_says_what_the_hub_asks_and_what_the_licence_wants() {
    let mut config = Config {
        name: "arxiv-minilm".to_owned(),
        ..Config::default()
    };
    let rows = [row(0, 0.292), row(200, 0.4), row(400, 0.39)];
    let card = model_card(&record(&config), &rows, None);
    let yaml = front(&card);
    for line in [
        "license: apache-2.0",
        "base_model: sentence-transformers/all-MiniLM-L6-v2",
        "base_model_relation: finetune",
        "pipeline_tag: sentence-similarity",
    ] {
        assert!(yaml.contains(&line), "{yaml:?} lacks {line}");
    }
    for part in [
        "# arxiv-minilm\n",
        "finetuned by us",
        "| precision@10 | 0.2920 | 0.4000 | 200 | 0.3900 |",
        "| steps | 400 |",
        "| papers seen | 51200 |",
        "The run did not come to its end.",
        "multiple negatives ranking × 1, at widths 384",
        "[optimize]",
    ] {
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    config.model.method = Method::Lora;
    let card = model_card(&record(&config), &[], None);
    assert!(front(&card).contains(&"base_model_relation: adapter"));
    assert!(card.contains("None was measured in training."));
}

#[test]
fn nothing_is_claimed_of_a_base_that_is_not_known() {
    let mut config = Config::default();
    config.model.base = Some(PathBuf::from("/home/somebody/models/mine"));
    let card = model_card(&record(&config), &[], None);
    assert!(!card.contains("apache") && !card.contains(BASE), "{card}");
    assert!(
        card.contains("The encoder `mine`, finetuned by us"),
        "{card}"
    );
    assert!(!card.contains("/home"), "{card}");
}

#[test]
fn an_evaluation_becomes_tables_whatever_it_holds() {
    let evaluation = json!({
        "papers": 2973,
        "protocol": "valid | report",
        "probe": { "base": { "macro_f1": 0.4, "top_1": 0.489 }, "finetuned": { "ece": 0.00002, "top_1": 0.56 } },
        "retrieval": [{ "ndcg@10": 0.65, "set": "scifact" }, { "judged": true, "ndcg@10": null, "set": "cranfield" }],
        "ledger": { "by_width": { "384": { "loss": 1.0 } }, "steps": [1, 2] },
    });
    let card = model_card(
        &record(&Config::default()),
        &[],
        Some(&tables(&evaluation, 3)),
    );
    for part in [
        "## Evaluation\n\n| | |\n|---|---|\n| papers | 2973 |\n| protocol | valid \\| report |\n",
        "| base | 0.4000 | 0.4890 |  |\n| finetuned |  | 0.5600 | 2.00e-5 |\n",
        "### Retrieval\n\n",
        "| – | cranfield | yes |\n",
        "### Ledger\n\n| | |\n|---|---|\n| steps | 1, 2 |\n",
        "#### By width\n\n##### 384\n\n| | |\n|---|---|\n| loss | 1.0000 |\n",
    ] {
        // Columns stand in the order of the report's keys, which a feature of serde_json may sort: here they are sorted.
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    let many: Vec<_> = (0..60).map(|n| json!({ "n": n })).collect();
    assert!(tables(&json!(many), 3).contains("… and 10 more."));
}

#[test]
fn a_data_card_names_files_without_their_folders() {
    let mut config = Config::default();
    config.data.papers = vec![
        PathBuf::from("/home/somebody/papers.parquet"),
        PathBuf::from("hf://datasets/a/b"),
    ];
    config.data.per_category = Some(500);
    let mut record = record(&config);
    record.data_sha256 = Some(shared::Sha256::of(b"papers"));
    let card = data_card(&record, Some(&json!({ "pairs": 12 })));
    front(&card);
    for part in [
        "| files | papers.parquet, hf://datasets/a/b |",
        "| papers of a category | at most 500 |",
        "| papers in all | all |",
        "| pairs | 12 |",
    ] {
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    let hash = shared::Sha256::of(b"papers").to_string();
    assert!(card.contains(&hash) && !card.contains("/home"), "{card}");

    record.config.data.pack = Some(PathBuf::from("/home/somebody/packed"));
    let card = data_card(&record, None) + &model_card(&record, &[], None);
    for part in [
        "| files | those of the pack `packed` |",
        "pack = \"packed\"",
    ] {
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    assert!(!card.contains("/home"), "{card}");
}

#[test]
fn statistics_stand_in_a_data_card_with_heads_over_their_columns() {
    let corpus = crate::data::Corpus::default();
    let mut statistics = crate::data::Statistics::of(&corpus, 128, 256);
    statistics.cut.in_training.share_of_documents = 0.8176;
    statistics.lengths_in_tokens.document.longest = 1034;
    let year = |year, papers| crate::data::Year { year, papers };
    statistics.years = vec![year(None, 3), year(Some(2001), 40)];
    let statistics = serde_json::to_value(statistics).expect("numbers");
    let card = data_card(&record(&Config::default()), Some(&statistics));
    for part in [
        "### Lengths in tokens\n\n",
        "### Cut\n\n",
        "| 0.8176 |",
        "| – |",
        "### Years\n\n",
        "### Dropped\n\n",
    ] {
        assert!(card.contains(part), "{part:?} is missing in\n{card}");
    }
    // The order of columns is that of keys, which a feature of serde_json may sort.
    let head_of = |cell: &str| {
        let (before, _) = card.split_once(cell).expect("a row");
        let (before, _) = before.rsplit_once("\n|---").expect("a table");
        before.lines().last().expect("a head").to_owned()
    };
    for (cell, heads) in [
        (
            "| in training |",
            &["at", "share of documents", "share of tokens"][..],
        ),
        ("| document |", &["median", "percentile 95", "longest"]),
        ("| 2001 |", &["year", "papers"]),
    ] {
        let head = head_of(cell);
        for wanted in heads {
            assert!(
                head.contains(&format!("| {wanted} ")),
                "{head:?} lacks {wanted:?}"
            );
        }
    }
}
