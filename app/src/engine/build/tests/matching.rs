//! Papers of elsewhere: found as themselves, or by what is nearest.

use super::*;

#[test]
fn a_paper_of_the_corpus_is_found_as_itself_and_its_text_does_not_matter() {
    let mut build = build();
    let (itself, nearest) = build
        .find_match("p0", "market price", "", 2)
        .expect("a paper of this corpus");
    assert_eq!(itself.expect("it is here").id, "p0");
    let found: Vec<&str> = nearest.iter().map(|hit| &*hit.id).collect();
    assert_eq!((found.len(), found[0]), (2, "p1"), "{found:?}");
}

#[test]
fn a_paper_of_elsewhere_is_found_by_its_text() {
    let mut build = build();
    for id in ["", "p99"] {
        let (itself, nearest) = build
            .find_match(id, "market", "price", 3)
            .expect("known words");
        assert_eq!(itself, None);
        assert_eq!((nearest.len(), &*nearest[0].id), (3, "p5"), "{nearest:?}");
    }
}

#[test]
fn without_a_text_an_unknown_id_is_said_to_be_unknown() {
    let mut build = build();
    let unknown = EngineError::UnknownPaper {
        id: "p99".to_owned(),
    };
    assert_eq!(build.find_match("p99", "", "", 3), Err(unknown));
    assert_eq!(build.find_match("", " ", "", 3), Err(EngineError::NoTokens));
}
