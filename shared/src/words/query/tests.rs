use proptest::prelude::*;

use super::*;

/// What a query without errors is understood as.
#[track_caller]
fn reads(text: &str, wanted: &str) {
    let reading = read(text);
    assert_eq!(reading.errors, [], "{text:?}");
    assert_eq!(reading.query.to_string(), wanted, "{text:?}");
    assert_eq!(
        Query::parse(wanted),
        Ok(reading.query),
        "{wanted:?} read again"
    );
}

/// What is wrong with a query, where, and how it is read all the same.
#[track_caller]
fn fails(text: &str, kind: QueryErrorKind, bytes: Range<usize>, wanted: &str) {
    let reading = read(text);
    let error = QueryError { bytes, kind };
    assert_eq!(reading.errors, std::slice::from_ref(&error), "{text:?}");
    assert_eq!(reading.query.to_string(), wanted, "{text:?}");
    assert_eq!(Query::parse(text), Err(error), "{text:?}");
}

#[test]
fn words_in_a_row_are_wishes_and_marks_make_demands() {
    reads("Deep  Learning", "deep learning");
    reads("deep +learning -survey", "deep +learning -survey");
    reads("deep NOT survey", "deep -survey");
    reads("+deep", "deep");
    reads("neuro* x-ray", "neuro* x-ray");
    reads("a - b -- c + d", "a b c d");
    reads("C++ C# e.g. -5", "c++ c# e-g -5");
    reads("Attention: a survey?", "attention a survey");
    reads("", "");
    reads(" … ", "");
}

#[test]
fn operators_come_down_to_marks() {
    reads("a AND b AND c", "+a +b +c");
    reads("a OR b OR c", "a b c");
    reads("a OR b AND c", "a (+b +c)");
    reads("(a OR b) AND c", "+(a b) +c");
    reads("a b AND c", "+(a b) +c");
    reads("a AND NOT b", "+a -b");
    reads("a AND NOT (b c)", "+a -(b c)");
    reads("a (NOT b)", "a -b");
    reads("a and or not", "a and or not");
    reads("((a))", "a");
}

#[test]
fn quotations_and_fields_are_demands() {
    reads("\"Spin Glasses\"", "\"spin glasses\"");
    reads("“spin glass*” model", "+\"spin glass*\" model");
    reads("\"a b\" OR \"c d\"", "\"a b\" OR \"c d\"");
    reads("(\"a b\" OR \"c d\") e", "+(\"a b\" OR \"c d\") e");
    reads("ti:Glass abs:x-ray", "+ti:glass +abs:\"x ray\"");
    reads("+x-ray", "\"x ray\"");
    reads("a -x-ray", "a -\"x ray\"");
    reads("x-ray AND k-means*", "+\"x ray\" +\"k means*\"");
    reads("x-ray OR b", "x-ray b");
    reads("title:glass AUTHOR:Hopfield", "+ti:glass +au:hopfield");
    reads("ti: glass spin", "+ti:glass spin");
    reads("ti:(spin glass)", "+ti:spin +ti:glass");
    reads(
        "ti:(spin OR glass) au:\"Emmy Noether\"",
        "+(ti:spin OR ti:glass) +au:\"emmy noether\"",
    );
    reads(
        "au:\"Noether, E.\" au:bose_s_n",
        "+au:\"noether, e\" +au:\"bose, s n\"",
    );
    reads(
        r#"Schr{\"o}dinger "Schr\"odinger cat""#,
        "schrodinger +\"schrodinger cat\"",
    );
    reads("ti:NOT", "ti:not");
}

#[test]
fn facts_have_ranges_archives_and_ids() {
    reads("year:2015", "year:2015");
    reads("year:2015..2020 ice", "+year:2015..2020 ice");
    reads("year:2015-2020", "year:2015..2020");
    reads("year:>=2019, ice", "+year:2019.. ice");
    reads("year:> 2019", "year:2020..");
    reads("year:<2019", "year:..2018");
    reads("year:..2019", "year:..2019");
    reads("year:2019..", "year:2019..");
    reads("cat:cs.LG", "cat:cs.LG");
    reads(
        "cat:(cs.* OR stat.ML) kernel",
        "+(cat:cs.* OR cat:stat.ML) kernel",
    );
    reads("id:S2-00121", "id:S2-00121");
    reads("id:\"third paper\"", "id:\"third paper\"");
}

#[test]
fn identifiers_of_arxiv_are_recognized() {
    for text in [
        "2101.00001",
        " 2101.00001v2 ",
        "arXiv:2101.00001",
        "arxiv: 2101.00001v3",
        "https://arxiv.org/abs/2101.00001v2",
        "http://arxiv.org/pdf/2101.00001v2.pdf",
        "(2101.00001),",
        "+2101.00001.",
        "id:2101.00001v2",
    ] {
        let query = Query::parse(text).expect(text);
        assert_eq!(query.id(), Some("2101.00001"), "{text:?}");
        assert_eq!(query.to_string(), "id:2101.00001");
    }
    reads("hep-th/9901001", "id:hep-th/9901001");
    reads("math.GT/0309136v2", "id:math/0309136");
    reads("see arXiv:2101.00001", "see +id:2101.00001");
    reads("2101.00001 ice", "2101.00001 ice");
    assert_eq!(Query::parse("ice").expect("a word").id(), None);
}

#[test]
fn colons_that_make_no_field_are_text() {
    reads("http://example.org/a", "http-example-org-a");
    reads("10.1000/x:182", "10.1000-x-182");
    reads("doi:10.1000/x", "doi-10.1000-x");
    reads("BERT:Pre-training", "bert-pre-training");
    reads("Abstract: we show", "abstract we show");
    reads("3:1 ratio", "3-1 ratio");
}

#[test]
fn a_query_that_is_a_phrase_says_so() {
    let query = Query::parse("\"Spin glass\"").expect("a phrase");
    let words = query.phrase().expect("a phrase");
    assert_eq!(words.terms, ["spin", "glass"]);
    assert_eq!(Query::parse("spin glass").expect("words").phrase(), None);
    assert_eq!(Query::parse("\"a\" b").expect("words").phrase(), None);
}

#[test]
fn every_leaf_knows_its_bytes() {
    let text = "Spin AND (ti:glass -\"ice cold\") year: 2019";
    let query = Query::parse(text).expect("a query");
    let found: Vec<&str> = query
        .leaves()
        .iter()
        .map(|leaf| &text[leaf.bytes.clone()])
        .collect();
    assert_eq!(found, ["Spin", "ti:glass", "\"ice cold\"", "year: 2019"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_read_all_the_same() {
    use QueryErrorKind as E;
    let empty = |field: &str| E::EmptyField {
        field: field.into(),
    };
    let bad = |text: &str| E::BadYear { text: text.into() };
    let lone = |operator| E::LoneOperator { operator };
    fails("\"deep lear", E::UnclosedQuote, 0..10, "\"deep lear*\"");
    fails("ice \"deep ", E::UnclosedQuote, 4..10, "ice +\"deep\"");
    fails("ti:\"deep", E::UnclosedQuote, 0..8, "ti:\"deep*\"");
    fails("(a b", E::UnclosedParenthesis, 0..1, "a b");
    fails("a b) c", E::UnopenedParenthesis, 3..4, "a b c");
    fails("ice ti:", empty("ti"), 4..7, "ice");
    fails("cat:* ice", empty("cat"), 0..4, "ice");
    fails(
        "foo:bar",
        E::UnknownField { name: "foo".into() },
        0..4,
        "foo-bar",
    );
    fails("year:soon ice", bad("soon"), 0..9, "ice");
    fails("year:2020..2015", bad("2020..2015"), 0..15, "");
    fails("year:99999", bad("99999"), 0..10, "");
    fails("year:..", bad(".."), 0..7, "");
    fails("a AND", lone("AND"), 2..5, "a");
    fails("OR a", lone("OR"), 0..2, "a");
    fails("a NOT", lone("NOT"), 2..5, "a");
    fails("-a -b", E::OnlyExclusions, 0..5, "");
    fails("a OR -b", E::OnlyExclusions, 5..7, "a");
    fails("a -(-b)", E::OnlyExclusions, 4..6, "a");
}

#[test]
fn limits_are_said_once() {
    let many = vec!["a"; MAX_TERMS + 9].join(" ");
    fails(
        &many,
        QueryErrorKind::TooManyWords,
        128..129,
        &vec!["a"; MAX_TERMS].join(" "),
    );
    let deep = |n: usize| format!("{}b{}", "a AND (".repeat(n), ")".repeat(n));
    let error = Query::parse(&deep(MAX_DEPTH + 1)).expect_err("too deep");
    assert_eq!(error.kind, QueryErrorKind::TooDeep);
    assert!(Query::parse(&deep(MAX_DEPTH)).is_ok());
    let open = "(".repeat(100_000);
    assert!(
        read(&open)
            .errors
            .iter()
            .any(|error| error.kind == QueryErrorKind::TooDeep)
    );
}

#[test]
fn an_error_says_what_and_where_and_what_to_do() {
    let error = Query::parse("foo:bar").expect_err("an unknown field");
    let said = "there is no field foo: use ti, abs, au, cat, id or year, or put the words in quotes (bytes 0..4)";
    assert_eq!(error.to_string(), said);
}

/// Texts of pieces that mean something to the parser, and of anything.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "a", "bee", "x-ray", "C++", "\\\"o", "\"", "“", "(", ")", " ", " ", " ", "+", "-", " AND ", " OR ", " NOT ",
            "NOT", "ti:", "abs:", "au:", "cat:", "id:", "year:", "title: ", "foo:", "arXiv:", "2101.00001", "v2", "..",
            "2019", ">=", "*", ",", ".", "_", "cs.LG", "hep-th/9901001", "\\", "$\\alpha$", "學", "'s", "http://",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8000))]

    #[test]
    fn what_is_printed_is_read_as_it_was(text in texts()) {
        let Reading { query, errors } = read(&text);
        let printed = query.to_string();
        prop_assert_eq!(Query::parse(&printed), Ok(query), "{:?} printed {:?}", text, printed);
        for error in errors {
            prop_assert!(text.get(error.bytes.clone()).is_some(), "{:?} of {:?}", error, text);
        }
    }

    #[test]
    fn leaves_stand_in_order(text in texts()) {
        let query = read(&text).query;
        let mut end = 0;
        for leaf in query.leaves() {
            prop_assert!(leaf.bytes.start >= end && leaf.bytes.end <= text.len(), "{:?}", leaf);
            end = leaf.bytes.end;
        }
    }
}
