//! Verdicts and figures.

use super::*;
use crate::engine::protocol::{FileFound, Kept};

fn file(name: &str, n_bytes: u64, fetched: u64, kept: Kept) -> FileFound {
    FileFound {
        file: name.to_owned(),
        bytes: n_bytes,
        fetched,
        kept,
    }
}

fn files(files: Vec<FileFound>) -> Findings {
    let mut findings = Findings::default();
    findings.take(Finding::Files(Files {
        files,
        keeps: true,
        code: vec![("engine.wasm".to_owned(), 1_500_000)],
    }));
    findings.code = vec![("style.css".to_owned(), 0)];
    findings
}

fn roads(codes: f64, at_build: Option<f64>) -> Findings {
    let way = |method, recall, at_build| Way {
        method,
        recall,
        at_build,
        times: Times {
            half: 0.4,
            most: 1.25,
        },
    };
    let mut findings = Findings::default();
    findings.take(Finding::Roads(Roads {
        papers: 1453,
        questions: 200,
        ways: vec![
            way(Method::Exact, 1.0, None),
            way(Method::Codes { depth: 500 }, codes, at_build),
            way(Method::Graph { ef: 64 }, 0.9912, Some(0.9905)),
        ],
        embedding: Times {
            half: 4.0,
            most: 12.0,
        },
        tokens: 12.34,
    }));
    findings
}

fn golden(engine: EngineId, texts: usize, same: usize, least: Option<f64>) -> Findings {
    let mut findings = Findings::default();
    findings.take(Finding::Golden(Golden {
        engine,
        texts,
        same,
        least,
    }));
    findings
}

fn line(findings: &Findings, id: &str) -> Line {
    let mut lines = findings.lines(true).into_iter();
    let found = lines.find(|line| line.id == id);
    found.unwrap_or_else(|| panic!("no line {id} of {findings:?}"))
}

#[test]
fn a_road_passes_where_it_finds_about_what_it_found_at_build() {
    for (recall, at_build, wanted) in [
        (0.998, Some(0.998), Verdict::Passed),
        (0.979, Some(0.998), Verdict::Passed),
        (0.977, Some(0.998), Verdict::Differs),
        (0.951, None, Verdict::Passed),
        (0.949, None, Verdict::Differs),
    ] {
        let line = line(&roads(recall, at_build), "roads");
        assert_eq!(line.verdict, wanted, "{recall} of {at_build:?}");
    }
    let line = line(&roads(0.9989, None), "roads");
    assert!(
        line.figure.contains("200 papers")
            && line
                .figure
                .contains("1-bit codes find 0.998, the graph finds 0.991"),
        "{}",
        line.figure
    );
    assert_eq!(
        line.rows[1],
        [
            "1-bit codes, then 500 vectors",
            "0.998",
            "–",
            "0.400 ms",
            "1.25 ms"
        ]
    );
    assert_eq!(line.rows[3][3..], ["4.00 ms", "12.0 ms"], "embedding");
}

#[test]
fn bytes_are_added_up_and_what_came_twice_is_named() {
    let once = files(vec![
        file("model-1.bin", 1_000_000, 1_000_000, Kept::Same),
        file("abstracts-1.bin", 4_000, 0, Kept::Same),
        file("abstracts-2.bin", 5_000, 5_000, Kept::Absent),
    ]);
    let bytes = line(&once, "bytes");
    assert_eq!(bytes.verdict, Verdict::Passed);
    assert!(
        bytes
            .figure
            .contains("1.0 MB of the build and, by the browser's count, 1.5 MB of the page"),
        "{}",
        bytes.figure
    );
    let names: Vec<&str> = bytes.rows.iter().map(|row| &*row[0]).collect();
    assert_eq!(
        names,
        [
            "model-1.bin",
            "abstracts: 2 files",
            "style.css",
            "engine.wasm"
        ]
    );
    assert_eq!(bytes.rows[1][1..], ["9.0 kB", "5.0 kB"]);

    let twice = files(vec![file("model-1.bin", 10, 20, Kept::Same)]);
    let bytes = line(&twice, "bytes");
    assert_eq!(bytes.verdict, Verdict::Differs);
    assert!(bytes.figure.contains("model-1.bin came more than once"));
}

#[test]
fn digests_pass_where_all_that_is_kept_is_the_builds() {
    let same = file("model-1.bin", 10, 10, Kept::Same);
    let absent = file("map-1.bin", 10, 10, Kept::Absent);
    let other = file("index-1.bin", 10, 10, Kept::Other);
    for (found, wanted, said) in [
        (vec![same.clone()], Verdict::Passed, "1 file, 10 B"),
        (
            vec![same.clone(), absent.clone()],
            Verdict::Passed,
            "1 file is not kept here",
        ),
        (
            vec![same, absent.clone(), other],
            Verdict::Differs,
            "index-1.bin is kept with other bytes",
        ),
        (vec![absent], Verdict::Skipped, "No file"),
    ] {
        let line = line(&files(found), "digests");
        assert_eq!(line.verdict, wanted, "{}", line.figure);
        assert!(line.figure.contains(said), "{}", line.figure);
    }
}

#[test]
fn one_golden_text_that_differs_is_no_pass() {
    let int8 = EngineId::Int8Relaxed;
    for (found, wanted, said) in [
        (
            golden(int8, 5, 5, Some(1.0)),
            Verdict::Passed,
            "5 of 5 texts",
        ),
        (
            golden(int8, 5, 4, Some(0.999_99)),
            Verdict::Differs,
            "least cosine 0.999990",
        ),
        (golden(int8, 0, 0, None), Verdict::Skipped, "stores none"),
    ] {
        let line = line(&found, "golden");
        assert_eq!(line.verdict, wanted, "{}", line.figure);
        assert!(line.figure.contains(said), "{}", line.figure);
    }
}

#[test]
fn the_engine_in_f32_has_a_line_of_its_own_and_leaves_the_others() {
    let mut findings = golden(EngineId::Int8Simd, 5, 5, Some(1.0));
    let line_of = |findings: &Findings, offered: bool| {
        let lines = findings.lines(offered);
        lines.last().cloned().expect("there is one")
    };
    let offered = line_of(&findings, true);
    assert_eq!(
        (offered.id, offered.verdict),
        ("reference", Verdict::Skipped)
    );
    assert!(line_of(&findings, false).figure.contains("no weights"));
    findings.take(Finding::Golden(Golden {
        engine: EngineId::F32Candle,
        texts: 5,
        same: 0,
        least: Some(0.997),
    }));
    assert_eq!(line(&findings, "golden").verdict, Verdict::Passed);
    let compared = line(&findings, "reference");
    assert_eq!(compared.verdict, Verdict::Passed);
    assert!(compared.figure.contains("0.9970"), "{}", compared.figure);
    let far = golden(EngineId::F32Candle, 5, 0, Some(0.5));
    assert_eq!(line(&far, "reference").verdict, Verdict::Differs);
}

#[test]
fn before_a_check_there_is_nothing_to_say() {
    assert_eq!(Findings::default().lines(true), []);
}
