//! The whole evaluation on invented papers, by an encoder that hashes words.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;

/// Each word adds one to a place of its own: papers of the same words lie together.
struct Hashing {
    name: &'static str,
    dim: usize,
}

impl Embedder for Hashing {
    fn name(&self) -> &str {
        self.name
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let embed = |text: &String| {
            let mut vector = vec![0.0; self.dim];
            for word in words::words(text) {
                let digest = shared::Sha256::of(word.as_bytes()).0;
                vector[usize::from(digest[0]) % self.dim] += 1.0;
            }
            papers::cut_to(&vector, self.dim)
        };
        Ok(texts.iter().map(embed).collect())
    }
}

const TOPICS: [(&str, &str); 3] = [
    ("ice", "glacier snow sea frost melt albedo crevasse polar"),
    ("bees", "hive nectar dance pollen queen swarm forage wing"),
    ("primes", "zeta gap sieve modular integer proof factor zero"),
];

/// Sixty papers of three categories, each of six words of its topic, three a year and split from 2001 to 2010; and
/// a set that asks for them.
fn corpus(folder: &Path) -> (PathBuf, PathBuf) {
    let (mut papers, mut corpus) = (String::new(), String::new());
    let (mut queries, mut qrels) = (String::new(), "query-id\tcorpus-id\tscore\n".to_owned());
    for at in 0..60 {
        let (category, words) = TOPICS[at % 3];
        let words: Vec<&str> = words.split(' ').collect();
        let word = |i: usize| words[(at / 3 * 5 + i * 3) % words.len()];
        let title = format!("{} and {}", word(0), word(1));
        let text = format!(
            "On {} {} {} number{at} {}",
            word(2),
            word(3),
            word(4),
            word(5)
        );
        let split = if at < 30 { "train" } else { "valid" };
        let year = 2001 + at % 30 / 3;
        writeln!(
            papers,
            "{{\"id\":\"p{at}\",\"title\":\"{title}\",\"abstract\":\"{text}\",\"categories\":\"{category}\",\"split\":\"{split}\",\"year\":{year}}}"
        )
        .expect("a string takes every write");
        writeln!(
            corpus,
            "{{\"_id\":\"p{at}\",\"title\":\"{title}\",\"text\":\"{text}\"}}"
        )
        .expect("a string takes every write");
        writeln!(
            queries,
            "{{\"_id\":\"q{at}\",\"text\":\"number{at} {}\"}}",
            word(2)
        )
        .expect("a string takes every write");
        writeln!(qrels, "q{at}\tp{at}\t1").expect("a string takes every write");
    }
    let set = folder.join("invented");
    std::fs::create_dir(&set).expect("a folder");
    let write = |path: PathBuf, text: String| std::fs::write(path, text).expect("written");
    write(set.join("corpus.jsonl"), corpus);
    write(set.join("queries.jsonl"), queries);
    write(set.join("qrels.tsv"), qrels);
    let path = folder.join("papers.jsonl");
    write(path.clone(), papers);
    (path, set)
}

#[test]
fn invented_papers_are_told_apart_by_their_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let (papers, set) = corpus(folder.path());
    let config = EvaluateConfig {
        papers: vec![papers],
        sets: vec![set],
        widths: vec![64, 16],
        probe_widths: true,
        ledger_papers: 40,
        ..EvaluateConfig::default()
    };
    let contender = |name, dim| Contender {
        embedder: Box::new(Hashing { name, dim }),
        twin: Some(Twin::Full(Box::new(Hashing { name, dim }))),
    };
    let contenders = || vec![contender("wide", 64), contender("narrow", 16)];
    let report = evaluate(&config, || Ok(contenders())).expect("evaluates");
    let names: Vec<&str> = report.rows.iter().map(|row| &*row.name).collect();
    let words = "TF-IDF + logistic regression";
    assert_eq!(names, ["wide", "narrow", words, "BM25"]);

    let wide = &report.rows[0];
    let precision = wide.precision.as_ref().expect("asked for");
    assert_eq!(
        precision.documents,
        report.sample.train + report.sample.calibration
    );
    assert!(precision.at_10 > 0.9, "precision@10 {}", precision.at_10);
    let probe = wide.classification.as_ref().expect("asked for");
    assert!(probe.figures.top_1 > 0.9, "{:?}", probe.figures);
    let clusters = wide.clusters.as_ref().expect("asked for");
    assert_eq!(clusters.k, 3);
    assert!(clusters.agreement.v_measure > 0.5, "{clusters:?}");
    let by_words = report.rows[2].classification.as_ref().expect("asked for");
    assert!(by_words.figures.top_1 > 0.9, "{:?}", by_words.figures);
    let found = &report.rows[3].retrieval[0];
    assert_eq!(
        (found.queries, found.mrr_at_10),
        (60, 1.0),
        "each has its number"
    );
    assert!(
        wide.retrieval[0].ndcg_at_10 < found.ndcg_at_10,
        "hashes collide"
    );

    let widths: Vec<usize> = wide.widths.iter().map(|one| one.width).collect();
    assert_eq!((widths, report.rows[1].widths.len()), (vec![64, 16], 1));
    assert_eq!(wide.widths[0].precision_at_10, Some(precision.at_10));
    assert_eq!(wide.widths[0].top_1, Some(probe.figures.top_1));
    assert_eq!(wide.ledger.len(), 5);
    assert_eq!(wide.ledger[0].recall_at_10, 1.0);
    assert!(wide.ledger[2].recall_at_10 > 0.7, "{:?}", wide.ledger);

    // Precision, top-1 and one set of the narrow one; top-1 of TF-IDF; one set of BM25.
    assert_eq!(report.differences.len(), 5, "{:?}", report.differences);
    let text = report.to_string();
    for wanted in [
        "P@10",
        "invented nDCG@10",
        "| ledger |",
        "95 % interval",
        "| 16 | wide |",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    let again = evaluate(&config, || Ok(contenders())).expect("evaluates");
    let json = |report: &Report| serde_json::to_string(&report.rows).expect("numbers");
    assert_eq!(json(&report), json(&again), "same seed, same figures");
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let nothing = evaluate(&EvaluateConfig::default(), || {
        panic!("no encoder is opened")
    })
    .expect_err("no papers");
    assert!(nothing.to_string().contains("--papers"), "{nothing}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("papers.jsonl");
    std::fs::write(
        &path,
        "{\"id\":\"1\",\"title\":\"ice\",\"split\":\"train\"}\n",
    )
    .expect("written");
    let config = EvaluateConfig {
        papers: vec![path],
        ..EvaluateConfig::default()
    };
    let nameless = folder.path().join("nameless.csv");
    std::fs::write(&nameless, "number,name\n1,ice\n").expect("written");
    for (papers, wanted) in [
        (nameless, "needs a column `id`"),
        (folder.path().join("gone.parquet"), "check the path"),
    ] {
        let config = EvaluateConfig {
            papers: vec![papers],
            ..EvaluateConfig::default()
        };
        let error = evaluate(&config, || panic!("no encoder is opened")).expect_err(wanted);
        assert!(format!("{error:#}").contains(wanted), "{error:#}");
    }
    let unlabelled = evaluate(&config, || panic!("no encoder is opened")).expect_err("no category");
    assert!(
        unlabelled.to_string().contains("categories"),
        "{unlabelled}"
    );
}

#[test]
fn a_split_by_time_asks_with_later_papers_and_searches_earlier_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (papers, _) = corpus(folder.path());
    let config = |since| EvaluateConfig {
        papers: vec![papers.clone()],
        parts: vec![Part::Precision, Part::Probe],
        since: Some(since),
        ..EvaluateConfig::default()
    };
    let contenders = || {
        vec![Contender {
            embedder: Box::new(Hashing {
                name: "wide",
                dim: 64,
            }),
            twin: None,
        }]
    };
    let report = evaluate(&config(2007), || Ok(contenders())).expect("evaluates");
    let sample = &report.sample;
    assert_eq!(sample.train, 18, "three a year, of six years before 2007");
    let held_out = sample.calibration + sample.report + sample.other_years;
    assert_eq!(held_out, 30, "every held-out paper is counted: {sample:?}");
    let choice = choose(&config(2007).papers, 260, 1, Some(2007)).expect("reads");
    let chosen = EvaluationPapers::new(choice, &config(2007)).expect("both sides have papers");
    assert_eq!(chosen.report.len(), sample.report);
    let years = |papers: &[crate::classifier::ChosenPaper]| -> Vec<u16> {
        papers.iter().filter_map(|paper| paper.year).collect()
    };
    let (asked, searched) = (
        years(&chosen.report),
        [years(&chosen.train), years(&chosen.calibration)].concat(),
    );
    assert!(asked.iter().all(|&year| year >= 2007), "{asked:?}");
    assert!(searched.iter().all(|&year| year < 2007), "{searched:?}");
    let row = &report.rows[0];
    let precision = row.precision.as_ref().expect("asked for");
    assert_eq!(precision.documents, searched.len());
    let probe = row.classification.as_ref().expect("asked for");
    assert_eq!(probe.train, 18, "the probe is taught with earlier papers");
    let said = report.to_string();
    let wanted = format!(
        "the {} searched are of before 2007, the {} asked with of 2007 or later",
        searched.len(),
        asked.len()
    );
    assert!(said.contains(&wanted), "no {wanted:?} in\n{said}");

    for year in [2001, 2011] {
        let error = evaluate(&config(year), || Ok(contenders())).expect_err("a side is empty");
        let error = error.to_string();
        assert!(
            error.contains(&format!("--since {year} leaves"))
                && error.contains("papers on both sides"),
            "{error}"
        );
    }
}
