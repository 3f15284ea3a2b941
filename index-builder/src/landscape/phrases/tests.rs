//! What is a phrase, and what is none.

use super::*;

fn runs(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for_each_run(text, &mut Terms::default(), |run, _| {
        let word = |token: &Token| text[token.bytes.clone()].to_owned();
        found.push(run.iter().map(word).collect());
    });
    found
}

#[test]
fn stop_words_signs_and_formulas_part_runs() {
    assert_eq!(
        runs("Dark matter halos: a study of $\\Lambda$CDM, and weak-lensing maps"),
        [
            vec!["Dark", "matter", "halos"],
            vec!["weak", "lensing", "maps"]
        ]
    );
}

#[test]
fn lists_of_words_are_sorted_so_that_lookup_finds_every_one() {
    for list in [STOP, VAGUE] {
        assert!(
            list.is_sorted(),
            "{:?}",
            list.windows(2).find(|pair| pair[0] > pair[1])
        );
    }
}

#[test]
fn a_hyphen_makes_one_word() {
    let mut terms = Terms::default();
    let text = "low-mass X-ray binaries in clusters";
    let mut found = Vec::new();
    for_each_run(text, &mut terms, |run, _| {
        for_each_phrase(run, |tokens| {
            let end = tokens[tokens.len() - 1].bytes.end;
            found.push(&text[tokens[0].bytes.start..end]);
        });
    });
    assert_eq!(
        found,
        [
            "low-mass",
            "low-mass X-ray",
            "low-mass X-ray binaries",
            "X-ray",
            "X-ray binaries",
            "binaries",
            "clusters"
        ]
    );
}

#[test]
fn plurals_are_their_singulars() {
    for (term, key) in [
        ("galaxies", "galaxy"),
        ("halos", "halo"),
        ("mass", "mass"),
        ("gas", "gas"),
        ("processes", "process"),
        ("automata", "automaton"),
    ] {
        assert_eq!(singular(term), key);
    }
}

#[test]
fn initials_are_short_for_their_words() {
    let phrase = |terms: &[&str]| Phrase {
        terms: terms.iter().map(|&term| term.to_owned()).collect(),
        n_words: terms.len(),
        n: 1,
        n_begins: 1,
        n_ends: 1,
    };
    let (short, long) = (phrase(&["llm"]), phrase(&["large", "language", "model"]));
    assert!(short.is_short_for(&long) && long.is_short_for(&short));
    assert!(!short.is_short_for(&short) && !long.is_short_for(&phrase(&["gnn"])));
}

#[test]
fn plurals_and_small_letters_name_topics() {
    for [better, worse] in [
        ["neural networks", "neural network"],
        ["density functional theory", "Density Functional Theory"],
        ["Markov chains", "Markov Chain"],
    ] {
        assert!(weight(better) > weight(worse), "{worse} before {better}");
    }
    assert_eq!(weight("mass"), weight("gas"));
}
