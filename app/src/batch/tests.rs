//! Runs from the first row to the last, without an engine.

use super::judge::judge;
use super::table::to_csv;
use super::*;
use crate::engine::protocol::{Suggestion, Verdict};
use crate::papers_file::{Labels, read};

const FILE: &str = "id,title,category\n\
    a,One,cs.LG\n\
    b,\"open,x\n\
    c,\"Two, \"\"quoted\"\"\",cs.CL\n\
    d,,cs.LG\n\
    e,Three,cs.LG stat.ML\n\
    f,Four,hep-th\n";

fn run(task: Task) -> Run {
    let file = read("a.csv", FILE.as_bytes().to_vec(), &Labels::Found);
    Run::new(Arc::new(file.expect("a table")), task)
}

/// A suggestion of these classes; two of them are the set.
fn suggests(classes: &[(&str, f64)], names: bool) -> Reply {
    let suggestion = |&(category, probability): &(&str, f64)| Suggestion {
        category: category.to_owned(),
        probability,
    };
    Reply::Classification(Classification {
        suggestions: classes.iter().map(suggestion).collect(),
        held_out: Some(Verdict {
            set: 2,
            level: 0.9,
            coverage: 0.9,
            names,
            answered: 0.8,
            accuracy: 0.7,
            papers: 100,
            alike: None,
        }),
        cross_lists: None,
        is_far: false,
        evidence: Vec::new(),
        n_tokens: 1,
        n_cut: 0,
        elapsed_ms: 0.0,
    })
}

fn titles(run: &mut Run) -> Option<String> {
    match run.ask()? {
        Request::Classify { title, .. } | Request::Match { title, .. } => Some(title),
        other => panic!("{other:?} was asked"),
    }
}

/// Three suggestions: right, wrong, right but not named; then one with a label that is no class.
fn classified() -> Run {
    let mut run = run(Task::Classify);
    let answers = [
        (&[("cs.LG", 0.8), ("cs.CL", 0.15), ("math.NA", 0.05)], true),
        (&[("cs.LG", 0.5), ("math.NA", 0.3), ("cs.CL", 0.2)], true),
        (&[("cs.LG", 0.4), ("cs.CL", 0.35), ("math.NA", 0.25)], false),
        (&[("math.NA", 0.9), ("cs.CL", 0.06), ("cs.LG", 0.04)], true),
    ];
    for (classes, names) in answers {
        assert!(run.ask().is_some(), "rows are left");
        run.take(Ok(suggests(classes, names))).expect("an answer");
    }
    assert_eq!(run.ask(), None);
    assert!(run.is_done());
    run
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_row_that_was_not_done() {
    let mut run = run(Task::Classify);
    assert_eq!(titles(&mut run).as_deref(), Some("One"));
    run.take(Ok(suggests(&[("cs.LG", 1.0)], true)))
        .expect("an answer");
    assert_eq!(titles(&mut run).as_deref(), Some("Two, \"quoted\""));
    let stopped = run.take(Err(EngineError::Cancelled));
    assert_eq!(stopped, Err(EngineError::Cancelled));
    assert_eq!(run.progress(), (1, 5));
    assert_eq!(titles(&mut run).as_deref(), Some("Two, \"quoted\""));
    run.take(Err(EngineError::NoTokens))
        .expect("a fault of the row");
    // The row without a text is done on the way to the next one.
    assert_eq!(titles(&mut run).as_deref(), Some("Three"));
    assert_eq!(run.progress(), (3, 5));
}

#[test]
fn figures_are_those_of_the_rows_whose_label_is_a_class() {
    let judged = judge(&classified()).expect("labels");
    assert_eq!((judged.n, judged.n_unlabelled), (3, 1));
    assert_eq!((judged.top_1, judged.top_5), (2.0 / 3.0, 1.0));
    // cs.LG: two of two found, three times predicted; cs.CL: never predicted.
    assert_eq!(judged.macro_f1, f64::midpoint(0.8, 0.0));
    assert_eq!(judged.named, (2, 1));
    assert_eq!(judged.in_set, Some(2.0 / 3.0));
    let pair = judge::Pair {
        label: "cs.CL".to_owned(),
        taken_for: "cs.LG".to_owned(),
        n: 1,
        of: 1,
    };
    assert_eq!(judged.confused, [pair]);
    assert_eq!(judged.table.classes, ["cs.LG", "cs.CL"]);
    assert_eq!(judged.table.rows, [[2, 0, 0], [1, 0, 0]]);
    let n: usize = judged.reliability.iter().map(|(_, bin)| bin.n).sum();
    assert_eq!(n, 3);
    assert_eq!(judge(&run(Task::Classify)), None);
}

#[test]
fn the_outcome_as_a_table_holds_every_row_and_every_fault() {
    let wanted = "line,id,title,label,status,category,probability,set,second,second_probability,note\r\n\
        2,a,One,cs.LG,suggested,cs.LG,0.8000,cs.LG cs.CL,cs.CL,0.1500,\r\n\
        3,,,,unreadable,,,,,,a quote is never closed\r\n\
        4,c,\"Two, \"\"quoted\"\"\",cs.CL,suggested,cs.LG,0.5000,cs.LG math.NA,math.NA,0.3000,\r\n\
        5,d,,cs.LG,nothing,,,,,,no title and no abstract\r\n\
        6,e,Three,cs.LG stat.ML,abstained,cs.LG,0.4000,cs.LG cs.CL,cs.CL,0.3500,too unsure\r\n\
        7,f,Four,hep-th,suggested,math.NA,0.9000,math.NA cs.CL,cs.CL,0.0600,\r\n";
    assert_eq!(to_csv(&classified()), wanted);
}

#[test]
fn a_match_has_a_line_for_each_paper_found() {
    let mut run = run(Task::Match);
    let hit = |id: &str, similarity| Hit {
        id: id.to_owned(),
        title: format!("T {id}"),
        categories: vec!["cs.LG".to_owned(), "stat.ML".to_owned()],
        similarity: Some(similarity),
        ..Hit::default()
    };
    assert!(run.ask().is_some());
    let matched = Reply::Matched {
        itself: Some(hit("a", 1.0)),
        nearest: vec![hit("p", 0.5)],
    };
    run.take(Ok(matched)).expect("an answer");
    let unknown = EngineError::UnknownPaper { id: "c".to_owned() };
    run.take(Err(unknown)).expect("a fault of the row");
    let csv = to_csv(&run);
    let lines: Vec<&str> = csv.lines().skip(1).take(4).collect();
    assert_eq!(
        lines,
        [
            "2,a,One,itself,1,a,,T a,cs.LG stat.ML,",
            "2,a,One,near,2,p,0.5000,T p,cs.LG stat.ML,",
            "3,,,unreadable,,,,,,a quote is never closed",
            "4,c,\"Two, \"\"quoted\"\"\",nothing,,,,,,\"not in the corpus, and no text to match by\"",
        ]
    );
    assert_eq!(judge(&run), None);
}
