//! Rows that teach nothing: counted where they are some, refused where they are all.

use std::fs;

use ingest::model_files::{self, Which};

use super::place::{Place, papers};
use crate::data::{self, Corpus, Statistics};

fn paper(id: &str, title: &str, text: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"title\":\"{title}\",\"abstract\":\"{text}\",\"categories\":\"math.LO\",\"split\":\"train\"}}\n"
    )
}

/// The invented papers and more.
fn open(place: &Place, name: &str, more: &str) -> Corpus {
    fs::write(place.at(name), papers() + more).expect("written");
    let files = model_files::find(&Which::In(place.at("model"))).expect("all are there");
    let config = place.config("unused", |config| config.data.papers = vec![place.at(name)]);
    let opened = data::open(&config.data, 1, &files, &place.at("cache"));
    opened.expect("it opens").corpus
}

#[test]
fn rows_that_are_no_paper_are_counted() {
    let place = Place::new();
    let before = open(&place, "whole.jsonl", "");
    assert_eq!(before.dropped.no_paper, 0);
    let text = "we count the set of a group and find the field of the proof. yeast is a cell of the moon, and dust \
                is a virus of the sun.";
    let rows = [
        "{\"id\": \"broken\n".to_owned(),
        "{\"id\": \"empty\", \"title\": \" \"}\n".to_owned(),
        paper("2310.06825v1", "group field proof", text),
        paper(
            "2310.06825v2",
            "set field proof",
            "we find the star of the group. we count it.",
        ),
        // A copy in other words: neither its title nor how it begins is the same.
        paper(
            "2310.06826",
            "the field of a proof",
            &text.replace("we count", "here one counts"),
        ),
        paper("2310.06827", "the sun", ""),
    ];
    let corpus = open(&place, "more.jsonl", &rows.concat());
    let (found, before) = (corpus.dropped, before.dropped);
    assert_eq!(found.no_paper, 3, "a broken row, an empty one, a version");
    assert_eq!(found.incomplete, before.incomplete + 1, "no abstract");
    assert_eq!(found.near_copies, before.near_copies + 1, "{found}");
    let said = Statistics::of(&corpus, 16, 16).to_string();
    assert!(said.contains("3 rows that are no paper"), "{said}");
}

#[test]
fn a_long_abstract_is_measured_before_it_is_cut() {
    let place = Place::new();
    let text = "star dust ".repeat(350);
    let corpus = open(&place, "long.jsonl", &paper("long", "the sun", text.trim()));
    let statistics = Statistics::of(&corpus, 16, 512);
    // `[CLS]`, two words, a period, seven hundred words, `[SEP]`.
    assert_eq!(statistics.lengths_in_tokens.document.longest, 705);
    let longest = corpus.train.iter().map(|entry| entry.n_abstract).max();
    assert_eq!(longest, Some(512), "what is kept of it");
    assert!(statistics.cut.in_the_page.share_of_tokens > 0.0);
}

#[test]
fn a_missing_column_is_named_with_its_file() {
    let place = Place::new();
    for (name, table, missing) in [
        (
            "titles.csv",
            "id,title\na,the star\nb,the sun\n",
            "`abstract`",
        ),
        ("texts.csv", "id,abstract\na,we find a star.\n", "`title`"),
    ] {
        fs::write(place.at(name), table).expect("written");
        let config = place.config("run", |config| {
            config.data.papers = vec![place.at("papers.jsonl"), place.at(name)];
        });
        let error = place.go(config).expect_err("a column is missing");
        let error = error.to_string();
        assert!(
            error.contains(name) && error.contains(&format!("add a column {missing}")),
            "{error}"
        );
        assert!(error.contains("leave the file out"), "{error}");
    }
}
