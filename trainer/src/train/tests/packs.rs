//! Papers that are packed by the command, and runs of what it wrote.

use std::fs;

use clap::{Args as _, Command, FromArgMatches as _};
use ingest::model_files::{self, Which};

use super::place::Place;
use crate::commands::pack::Pack;
use crate::data;

/// Runs `trainer pack` with these arguments.
fn pack(place: &Place, overrides: &[&str]) -> anyhow::Result<String> {
    let config = place.config("unused", |_| {}).to_toml()?;
    fs::write(place.at("config.toml"), config)?;
    let (config, out) = (place.at("config.toml"), place.at("packed"));
    let (config, out) = (config.display().to_string(), out.display().to_string());
    let arguments = [&["pack", "--config", &config, "--out", &out], overrides].concat();
    let matches = Pack::augment_args(Command::new("pack")).try_get_matches_from(arguments)?;
    Pack::from_arg_matches(&matches)?.pack(&place.at("cache"))
}

#[test]
fn a_pack_stands_for_its_papers() {
    let place = Place::new();
    place.go(place.config("run", |_| {})).expect("it trains");
    let config = place.config("of-pack", |config| {
        config.data.papers.clear();
        config.data.pack = Some(place.at("packed"));
    });
    let error = place.go(config.clone()).expect_err("there is none");
    assert!(
        error
            .to_string()
            .contains("name a folder that `trainer pack` wrote"),
        "{error}"
    );
    let said = pack(&place, &[]).expect("it can be packed");
    assert!(
        said.contains("papers to train on") && said.contains("in one file"),
        "{said}"
    );
    place.go(config.clone()).expect("it trains");
    assert_eq!(place.losses("run"), place.losses("of-pack"));
    let card = fs::read_to_string(place.at("of-pack/DATA.md")).expect("a card is written");
    assert!(card.contains("those of the pack `packed`"), "{card}");

    let files = model_files::find(&Which::In(place.at("model"))).expect("all are there");
    let tokenizer = fs::read(&files.tokenizer).expect("it is there");
    fs::write(&files.tokenizer, [&tokenizer[..], b" "].concat()).expect("it can be written");
    let error = data::open(&config.data, 1, &files, &place.at("cache")).expect_err("another one");
    assert!(error.to_string().contains("another tokenizer"), "{error}");
}

#[test]
fn what_a_pack_was_not_made_of_is_refused() {
    let place = Place::new();
    pack(&place, &["data.per_category=20"]).expect("it can be packed");
    let open = |per_category, until| {
        let config = place.config("of-pack", |config| {
            config.data.pack = Some(place.at("packed"));
            config.data.per_category = per_category;
            config.data.until = until;
        });
        let files = model_files::find(&Which::In(place.at("model"))).expect("all are there");
        data::open(&config.data, 2, &files, &place.at("cache"))
    };
    let opened = open(Some(20), None).expect("that is how it was packed");
    assert_eq!(opened.corpus.train.len(), 60, "twenty of three categories");
    for (per_category, until, wanted) in [
        (
            Some(1),
            None,
            "data.per_category = 1, but {pack} was packed with data.per_category = 20",
        ),
        (
            None,
            None,
            "no data.per_category, but {pack} was packed with data.per_category = 20",
        ),
        (
            Some(20),
            Some(1990),
            "data.until = 1990, but {pack} was packed with no data.until",
        ),
    ] {
        let error = open(per_category, until).expect_err("another choice");
        let error = error.to_string();
        let wanted = wanted.replace("{pack}", &place.at("packed").display().to_string());
        assert!(
            error.contains(&wanted) && error.contains("pack the papers again"),
            "{error}"
        );
    }

    let path = place.at("packed/tokens-000.safetensors");
    let bytes = fs::read(&path).expect("it was written");
    let at = (bytes.windows(8))
        .position(|window| window == b"\"format\"")
        .expect("the header says its format");
    let mut old = bytes;
    old[at + 1..at + 7].copy_from_slice(b"before");
    fs::write(&path, old).expect("written");
    let error = open(Some(20), None).expect_err("it says no format");
    assert!(
        error.to_string().contains("pack the papers again"),
        "{error}"
    );
}
