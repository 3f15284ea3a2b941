use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A folder of config files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// One file in a folder, loaded with overrides.
fn load(text: &str, overrides: &[&str]) -> Result<Config> {
    let folder = folder(&[("x.toml", text)]);
    let overrides: Vec<String> = overrides.iter().map(|&o| o.to_owned()).collect();
    Config::load(&folder.path().join("x.toml"), &overrides)
}

/// What somebody reads who wrote this.
fn complaint(text: &str, overrides: &[&str]) -> String {
    let config = load(text, overrides).map(|config| config.validate());
    match config {
        Err(error) | Ok(Err(error)) => format!("{error:#}"),
        Ok(Ok(())) => panic!("{text:?} with {overrides:?} is taken"),
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_config_of_the_clone_can_be_run() {
    let mut n_files = 0;
    for entry in fs::read_dir(repository().join("configs")).unwrap() {
        let path = entry.unwrap().path();
        let config = Config::load(&path, &[]).unwrap();
        n_files += 1;
        assert_eq!(
            Some(config.name.as_ref()),
            path.file_stem().and_then(|stem| stem.to_str())
        );
        if config.name == "base" {
            // The one that others start from: without papers it is all defaults.
            let defaults = Config {
                name: config.name.clone(),
                ..Config::default()
            };
            assert_eq!(config, defaults);
            continue;
        }
        config
            .validate()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        config.validate_width(384).unwrap();
    }
    assert!(n_files >= 5, "{n_files} files");
}

/// Its comments are the documentation of the defaults.
#[test]
fn the_comments_of_the_base_file_are_the_defaults() {
    let text = fs::read_to_string(repository().join("configs/base.toml")).unwrap();
    // What has no default is shown by an example.
    let examples = [
        "output",
        "base",
        "per_category",
        "limit",
        "until",
        "pack",
        "steps",
        "epochs",
        "minutes",
        "patience",
    ];
    let spoken: Vec<&str> = text
        .lines()
        .map(|line| {
            let key = line
                .strip_prefix("# ")
                .and_then(|line| line.split_once(" = "));
            match key {
                Some((key, _)) if !key.contains(' ') && !examples.contains(&key) => &line[2..],
                _ => line,
            }
        })
        .collect();
    let config = Config::from_toml(&spoken.join("\n"), Path::new("base.toml")).unwrap();
    let defaults = Config {
        name: "base".to_owned(),
        ..Config::default()
    };
    assert_eq!(config, defaults);
    assert_documented(&serde_json::to_value(&defaults).unwrap(), &text);
}

fn assert_documented(value: &serde_json::Value, text: &str) {
    for (key, value) in value.as_object().unwrap() {
        if value.is_object() {
            assert_documented(value, text);
        } else {
            let line = format!("\n# {key} = ");
            assert!(text.contains(&line), "configs/base.toml lacks {key}");
        }
    }
}

#[test]
fn layers_lie_over_each_other() {
    let folder = folder(&[
        (
            "low/base.toml",
            "name = \"theirs\"\nseed = 2\n[optimize]\nsteps = 5\nlearning_rate = 1e-3\n[data]\npapers = [\"p.csv\"]",
        ),
        (
            "mid.toml",
            "base = \"low/base.toml\"\n[optimize]\nsteps = 6\n[loss]\nwidths = [64, 128]",
        ),
        ("top.toml", "base = \"mid.toml\"\n[batch]\npairs = 3"),
    ]);
    let overrides = ["optimize.steps=7".to_owned(), "batch.pairs = 9".to_owned()];
    let config = Config::load(&folder.path().join("top.toml"), &overrides).unwrap();
    assert_eq!(config.name, "top", "a base's name is not the run's");
    assert_eq!(config.seed, 2);
    assert_eq!(config.optimize.steps, Some(7));
    assert_eq!(config.optimize.learning_rate, 1e-3);
    assert_eq!(config.batch.pairs, 9);
    assert_eq!(config.loss.widths, [64, 128]);
    assert_eq!(config.data.papers, [folder.path().join("low/p.csv")]);
}

#[test]
fn overrides_are_toml_or_text() {
    let text = "[optimize]\nminutes = 3.0\nwarmup = 0.2\n[data]\npapers = [\"hf://datasets/a/b\"]";
    let config = load(
        text,
        &[
            "model.method=lora",
            "model.lora.targets=[\"key\"]",
            "optimize.minutes=",
            "optimize.warmup=20",
            "optimize.learning_rate=1",
            "output=runs/a b",
        ],
    )
    .unwrap();
    assert_eq!(config.model.method, Method::Lora);
    assert_eq!(config.model.lora.targets, [LoraTarget::Key]);
    assert_eq!(config.optimize.minutes, None);
    assert_eq!(config.optimize.warmup, Warmup::Steps(20));
    assert_eq!(config.optimize.learning_rate, 1.0);
    assert_eq!(config.output.as_deref(), Some(Path::new("runs/a b")));
    assert_eq!(config.data.papers, [Path::new("hf://datasets/a/b")]);
    let config = load(text, &["data.papers=a.csv"]).unwrap();
    assert_eq!(config.data.papers, [Path::new("a.csv")], "one for a list");
}

#[test]
fn what_is_printed_reads_back() {
    let mut config = load("", &["data.papers=[\"a.csv\", \"b.csv\"]"]).unwrap();
    config.optimize.warmup = Warmup::Steps(3);
    config.optimize.epochs = Some(0.1);
    config.compute.device = crate::device::Compute::Cuda;
    let text = config.to_toml().unwrap();
    assert!(text.contains("\n[model.lora]\n"), "{text}");
    assert_eq!(Config::from_toml(&text, Path::new("c")).unwrap(), config);
}

#[test]
fn unknown_keys_are_named_with_file_and_remedy() {
    for (text, overrides, wanted) in [
        (
            "[optimise]\nlr = 1",
            &[][..],
            "unknown key `optimise.lr` in ",
        ),
        (
            "[optimise]\nlr = 1",
            &[],
            "x.toml: did you mean `optimize.learning_rate`?",
        ),
        (
            "learning_rate = 1",
            &[],
            "did you mean `optimize.learning_rate`?",
        ),
        (
            "[optimize]\nstep = 1",
            &[],
            "did you mean `optimize.steps`?",
        ),
        ("sed = 1", &[], "did you mean `seed`?"),
        (
            "[model.lora]\ntarget = []",
            &[],
            "did you mean `model.lora.targets`?",
        ),
        (
            "",
            &["model.rank=4"],
            "the command line: did you mean `model.lora.rank`?",
        ),
        ("[batch]\nqqq = 1", &[], "[batch] has "),
        ("zzz = 1", &[], "a config has "),
    ] {
        let said = complaint(text, overrides);
        assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
    }
    let folder = folder(&[
        ("low.toml", "[loss]\nscael = 1"),
        ("top.toml", "base = \"low.toml\""),
    ]);
    let error = Config::load(&folder.path().join("top.toml"), &[]).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("low.toml: did you mean `loss.scale`?"),
        "{error}"
    );
}

#[test]
fn wrong_types_are_named_with_the_layer_that_said_so() {
    for (text, overrides, wanted) in [
        ("seed = \"a\"", &[][..], "`seed` in "),
        ("seed = \"a\"", &[], "(its default is 1)"),
        (
            "[optimize]\nsteps = 1",
            &["optimize.steps=many"],
            "`optimize.steps` in the command line: ",
        ),
        (
            "[model]\nmethod = \"lore\"",
            &[],
            "unknown variant `lore`, expected `full` or `lora`",
        ),
        (
            "[model.lora]\ntargets = [\"query\", \"head\"]",
            &[],
            "`model.lora.targets[1]` in ",
        ),
        ("optimize = 3", &[], "`optimize` in "),
        (
            "[optimize]\nwarmup = \"long\"",
            &[],
            "a share of the run such as 0.1",
        ),
        ("[batch]\npairs = -1", &[], "`batch.pairs` in "),
        ("", &["nonsense"], "write `section.key=value`"),
        ("a b", &[], "x.toml is no TOML"),
        ("base = 3", &[], "`base` in "),
        ("base = \"gone.toml\"", &[], "names as its base"),
        ("base = \"x.toml\"", &[], "is its own base"),
    ] {
        let said = complaint(text, overrides);
        assert!(said.contains(wanted), "{said:?} lacks {wanted:?}");
    }
}

#[test]
fn runs_that_make_no_sense_are_refused() {
    let good = "[data]\npapers = [\"a.csv\"]\n";
    load(good, &[]).unwrap().validate().unwrap();
    for (overrides, wanted) in [
        (&["data.papers=[]"][..], "data.papers names nothing"),
        (
            &["optimize.steps=10", "optimize.warmup=11"],
            "longer than the run",
        ),
        (&["optimize.warmup=1.5"], "no share of the run"),
        (&["optimize.steps=0"], "trains nothing"),
        (&["optimize.learning_rate=nan"], "above 0"),
        (&["optimize.beta1=1"], "below 1"),
        (&["batch.pairs=1"], "nothing to tell a partner from"),
        (&["batch.micro_tokens=100"], "does not hold one text"),
        (
            &["loss.category=1", "batch.papers_per_category=1"],
            "no two papers",
        ),
        (&["loss.category=1", "batch.pairs=6"], "write at least 8"),
        (&["loss.ranking=0"], "nothing to learn"),
        (&["loss.ranking=-1"], "no weight"),
        (&["loss.anchor=-1"], "loss.anchor = -1 is no weight"),
        (&["loss.anchor=nan"], "no weight"),
        (&["loss.anchor=1", "loss.ranking=0"], "nothing to learn"),
        (&["loss.distillation=-1"], "no weight"),
        (&["loss.words=-1"], "loss.words = -1 is no weight"),
        (&["loss.widths=[384, 128]"], "not ascending"),
        (&["loss.widths=[]"], "not ascending"),
        (&["loss.width_weights=[1, 2]"], "2 numbers for 1 widths"),
        (
            &["data.mix.title_abstract=0", "data.mix.sentence_document=0"],
            "no example",
        ),
        (&["data.max_document_tokens=300"], "model.max_tokens = 256"),
        (&["model.method=lora", "model.lora.rank=0"], "no adapter"),
        (
            &["model.method=lora", "model.frozen_layers=2"],
            "for method \"full\"",
        ),
        (
            &["model.method=lora", "model.lora.targets=[\"key\", \"key\"]"],
            "twice",
        ),
        (
            &["evaluate.patience=2", "evaluate.every=0"],
            "waits for evaluations",
        ),
        (&["checkpoint.keep=0"], "keeps no checkpoint"),
        (&["compute.precision=bf16"], "is for cards"),
        (&["name=a/b"], "names no folder"),
    ] {
        let said = complaint(good, overrides);
        assert!(
            said.contains(wanted),
            "{overrides:?}: {said:?} lacks {wanted:?}"
        );
    }
    let config = load(good, &["loss.widths=[128, 512]"]).unwrap();
    config.validate().unwrap();
    let error = config.validate_width(384).unwrap_err().to_string();
    assert!(error.contains("512"), "{error}");
}

#[test]
fn a_run_without_an_end_is_one_epoch() {
    let mut optimize = OptimizeConfig::default();
    assert_eq!(optimize.epoch_limit(), Some(1.0));
    optimize.steps = Some(3);
    assert_eq!(optimize.epoch_limit(), None);
    optimize.epochs = Some(2.0);
    assert_eq!(optimize.epoch_limit(), Some(2.0));
}
