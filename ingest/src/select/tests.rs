//! Patterns, limits and samples over small files, and over the real corpus where there is one.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use super::*;

/// 1,000 papers: 700 of cs.LG, 200 of math.NA (half of them as cs.NA), 90 of hep-th, 10 without;
/// every 50th is kept for evaluation.
fn corpus() -> (TempDir, Vec<PathBuf>) {
    let folder = tempdir().expect("a temporary folder");
    let mut lines = String::new();
    for i in 0..1000 {
        let code = match i {
            0..700 => "cs.LG stat.ML",
            700..800 => "cs.NA",
            800..900 => "math.NA cs.NA",
            900..990 => "hep-th",
            _ => "",
        };
        let split = if i % 50 == 0 { "valid" } else { "train" };
        writeln!(
            lines,
            r#"{{"id":"p{i}","title":"T","categories":"{code}","split":"{split}"}}"#
        )
        .expect("text can be written");
    }
    let paths = [folder.path().join("a.jsonl"), folder.path().join("b.jsonl")];
    let middle = lines.find("{\"id\":\"p500\"").expect("the 500th line");
    fs::write(&paths[0], &lines[..middle]).expect("the fixture can be written");
    // The second file repeats the first one's end.
    let repeated = lines.find("{\"id\":\"p490\"").expect("the 490th line");
    fs::write(&paths[1], &lines[repeated..]).expect("the fixture can be written");
    (folder, paths.to_vec())
}

fn sample(n: usize, seed: u64) -> Selection {
    Selection {
        sample: Some((n, seed)),
        ..Selection::default()
    }
}

fn ids(papers: &[Paper]) -> BTreeSet<&str> {
    papers.iter().map(|paper| paper.id.as_str()).collect()
}

fn message(paths: &[PathBuf], selection: &Selection) -> String {
    format!("{:#}", select(paths, selection).expect_err("it is refused"))
}

#[test]
fn a_pattern_matches_any_category_of_a_paper_under_any_of_its_names() {
    for (pattern, categories, wanted) in [
        ("cs.*", "hep-th cs.LG", true),
        ("cs.*", "hep-th", false),
        ("math.NA", "cs.NA", true),
        ("cs.NA", "math.NA", true),
        ("cs.*", "cs.NA", true),
        ("math.*", "cs.NA", true),
        ("cs.*", "math.NA", false),
        ("cmp-lg", "cs.CL", true),
        ("cs.CL", "cmp-lg", true),
        ("math.*", "alg-geom", true),
        ("astro-ph", "astro-ph", true),
        ("astro-ph", "astro-ph.CO", false),
        ("astro-ph.*", "astro-ph", true),
        ("hep-th.*", "hep-th", true),
        (" cs.LG , stat.ML ", "stat.ML", true),
        ("cs.LG,stat.ML", "cs.LGx", false),
        ("cs.LG", "", false),
    ] {
        let parsed: Pattern = pattern.parse().expect("a pattern");
        assert_eq!(
            parsed.passes(&clean::categories(categories)),
            wanted,
            "{pattern} {categories}"
        );
    }
}

#[test]
fn a_pattern_that_can_match_nothing_is_refused_with_the_nearest_codes() {
    for (pattern, wanted) in [
        ("", "an empty category pattern"),
        ("cs.LG,", "an empty category pattern"),
        ("cs.lg", "did you mean cs.LG,"),
        ("stats.ML", "stat.ML"),
        ("maths.*", "math.*"),
        ("cs*", "cs.*"),
        ("cs", "write 'cs.*'"),
        ("machine learning", "did you mean"),
    ] {
        let error = pattern
            .parse::<Pattern>()
            .expect_err("it is refused")
            .to_string();
        assert!(
            error.contains(wanted),
            "{pattern:?}: {error:?} does not say {wanted:?}"
        );
    }
}

#[test]
fn a_limit_takes_the_first_papers_that_pass_and_reads_no_further() {
    let (_folder, paths) = corpus();
    let selection = Selection {
        r#where: Some("math.NA".parse().expect("a pattern")),
        limit: Some(3),
        ..Selection::default()
    };
    let (papers, report) = select(&paths, &selection).expect("it is selected");
    assert_eq!(ids(&papers), BTreeSet::from(["p700", "p701", "p702"]));
    assert_eq!(report.read.rows, 500 + 10 + 203, "{report}");
    let (papers, _) = select(&paths, &Selection::default()).expect("it is selected");
    assert_eq!(papers.len(), 1000, "the default is every paper");
}

#[test]
fn a_sample_is_proportional_keeps_evaluation_papers_and_the_order_of_the_input() {
    let (_folder, paths) = corpus();
    let (papers, report) = select(&paths, &sample(510, 7)).expect("it is selected");
    assert_eq!(
        (papers.len(), report.n_passed, report.n_evaluation),
        (510, 1000, 20),
        "{report}"
    );
    assert_eq!(
        papers.iter().filter(|paper| is_evaluation(paper)).count(),
        20
    );
    let order: Vec<u32> = papers
        .iter()
        .map(|p| p.id[1..].parse().expect("a number"))
        .collect();
    assert!(order.is_sorted(), "the order of the input was lost");
    // Evaluation papers: 14, 4, 2, 0. The others: half of 686, 196, 88, 10.
    let taken: Vec<_> = report
        .strata
        .iter()
        .map(|(s, n)| (s.as_str(), n.n_selected))
        .collect();
    assert_eq!(
        taken,
        [
            ("", 5),
            ("cs.LG", 14 + 343),
            ("hep-th", 2 + 44),
            ("math.NA", 4 + 98)
        ]
    );
    let shown = report.to_string();
    assert!(
        shown.ends_with(
            "510 of 1000 papers taken, 20 of them for evaluation, in 4 primary categories, seed 7"
        ),
        "{shown}"
    );
}

#[test]
fn one_seed_draws_one_sample_and_larger_samples_hold_smaller_ones() {
    let (_folder, paths) = corpus();
    let draw = |n, seed| select(&paths, &sample(n, seed)).expect("it is selected").0;
    assert_eq!(draw(100, 7), draw(100, 7), "one seed, two samples");
    assert_ne!(draw(100, 7), draw(100, 8), "two seeds, one sample");
    let mut smaller = draw(20, 7);
    for n in (21..140).chain([500, 999, 1000, 5000]) {
        let larger = draw(n, 7);
        assert_eq!(larger.len(), n.min(1000));
        assert!(
            ids(&larger).is_superset(&ids(&smaller)),
            "the sample of {n} lost a paper"
        );
        smaller = larger;
    }
}

#[test]
fn a_sample_does_not_depend_on_the_order_of_the_files() {
    let (_folder, paths) = corpus();
    let turned: Vec<_> = paths.iter().rev().cloned().collect();
    let one = select(&paths, &sample(200, 7)).expect("it is selected").0;
    let other = select(&turned, &sample(200, 7)).expect("it is selected").0;
    assert_eq!(ids(&one), ids(&other));
}

#[test]
fn selections_that_cannot_be_met_are_refused_with_what_to_do() {
    let (_folder, paths) = corpus();
    assert!(message(&paths, &sample(19, 7)).contains("ask for at least 20"));
    let both = Selection {
        limit: Some(3),
        ..sample(100, 7)
    };
    assert!(message(&paths, &both).contains("give one of them"));
    assert!(message(&paths, &sample(0, 7)).contains("--sample 0"));
    let none = Selection {
        r#where: Some("econ.TH".parse().expect("a pattern")),
        ..sample(9, 7)
    };
    assert!(message(&paths, &none).contains("no paper is left of 1000"));
}

#[test]
fn a_sample_of_the_real_corpus_holds_every_validation_paper() {
    let Some(data) = env::var_os("OFFPRINT_DATA") else {
        say("a test is skipped: OFFPRINT_DATA is not set");
        return;
    };
    let path = Path::new(&data).join("arxiv").join("papers.parquet");
    if !path.exists() {
        say(&format!(
            "a test is skipped: there is no {}",
            path.display()
        ));
        return;
    }
    let paths = [path];
    let refused = message(&paths, &sample(2_000, 1));
    assert!(refused.contains("at least 5947"), "{refused}");
    let (papers, report) = select(&paths, &sample(10_000, 1)).expect("it is selected");
    assert_eq!(
        (report.read.rows, report.read.n_dropped()),
        (395_007, 29),
        "{}",
        report.read
    );
    let valid = papers
        .iter()
        .filter(|paper| paper.split.as_deref() == Some("valid"))
        .count();
    assert_eq!(
        (papers.len(), valid, report.strata.len()),
        (10_000, 5_947, 151),
        "{report}"
    );
    let no_year = papers.iter().filter(|paper| paper.year.is_none()).count();
    let not_arxiv = papers
        .iter()
        .filter(|paper| crate::arxiv_id::parse(&paper.id).is_none())
        .count();
    assert_eq!(
        (no_year, not_arxiv),
        (0, 0),
        "years and identifiers that were not understood"
    );
    let again = select(&paths, &sample(10_000, 1))
        .expect("it is selected")
        .0;
    assert!(papers == again, "one seed, two samples");
}

/// Says a line past the test harness, which shows what a test prints only where it fails.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}
