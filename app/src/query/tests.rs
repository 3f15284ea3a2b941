//! Links replay what the page showed.

use super::*;

#[test]
fn a_link_replays_what_the_page_showed() {
    let shown = Query {
        view: View::Map,
        text: "Schrödinger & Bloch: 50% a+b = c?".to_owned(),
        categories: vec!["cs.LG".to_owned(), "hep-th".to_owned()],
        listed: Listed::Primary,
        from: Some(1998),
        to: Some(2024),
        like: Like {
            near: vec!["hep-th/9901001".to_owned(), "1, 2 & 3".to_owned()],
            away: vec!["1801.01203".to_owned()],
        },
        k: 60,
        by: By::Meaning,
        sort: Sort::Newest,
        engine: Choice::Reference,
        map: MapPart {
            at: Some(Camera {
                x: 31_245.0,
                y: 20_411.0,
                zoom: 3.25,
            }),
            color: ColorBy::Year,
            paper: Some("hep-th/9901001".to_owned()),
        },
        build: Some("0123456789abcdef".to_owned()),
        other: vec![("engine".to_owned(), "other".to_owned())],
    };
    assert_eq!(Query::parse(&format!("?{}", shown.to_search())), shown);
}

#[test]
fn every_tab_has_an_address() {
    for view in View::ALL {
        let shown = Query {
            view,
            ..Query::default()
        };
        assert_eq!(Query::parse(&shown.to_search()), shown);
    }
}

#[test]
fn a_build_is_of_a_list_until_another_is_asked_for() {
    let query = Query::parse("q=spin&build=0123456789abcdef");
    for same in [
        "q=spin+&build=fedcba9876543210",
        "q=spin&k=40",
        "view=map&q=spin&at=31245,20411,3.25",
        "view=about&q=spin",
    ] {
        assert!(!Query::parse(same).asks_otherwise(&query), "{same}");
    }
    for other in [
        "q=glass",
        "q=spin&cat=cs.LG",
        "q=spin&from=2001",
        "q=spin&like=2",
        "q=spin&like=2&like=3",
        "q=spin&like=2&away=3",
        "q=spin&sort=newest",
        "q=spin&by=words",
        "q=spin&cross=no",
        "q=spin&engine=reference",
    ] {
        assert!(Query::parse(other).asks_otherwise(&query), "{other}");
    }
    for nonsense in ["", "0123", "0123456789abcdeg", "../../etc/passwd"] {
        let query = Query::parse(&format!("build={nonsense}"));
        assert_eq!(query.build, None, "{nonsense}");
    }
}

#[test]
fn a_paper_is_on_one_side_and_none_is_kept_away_from_alone() {
    let of = |search: &str| Query::parse(search).like;
    assert_eq!(of("away=1&like=2&like=2&away=2&away=3&away=1").near, ["2"]);
    assert_eq!(
        of("away=1&like=2&like=2&away=2&away=3&away=1").away,
        ["3", "1"]
    );
    assert_eq!(of("away=1"), Like::default());
    let mut like = Like::one("a".to_owned());
    like.put("b".to_owned(), Side::Away);
    like.put("b".to_owned(), Side::Near);
    assert_eq!((like.near.len(), like.away.len()), (2, 0));
    like.put("c".to_owned(), Side::Away);
    like.take("a");
    assert_eq!(
        (&like.near[..], &like.away[..]),
        (&["b".to_owned()][..], &["c".to_owned()][..])
    );
    like.take("b");
    assert_eq!(like, Like::default());
}

#[test]
fn the_first_state_needs_no_query_string() {
    assert_eq!(Query::default().to_search(), "");
    assert_eq!(Query::parse("?"), Query::default());
}

#[test]
fn categories_may_be_a_list_or_repeated_and_count_once() {
    let query = Query::parse("cat=cs.LG,stat.ML&cat=cs.LG&cat=,math");
    assert_eq!(query.categories, ["cs.LG", "stat.ML", "math"]);
}

#[test]
fn nonsense_in_a_link_falls_back_instead_of_breaking_the_page() {
    let query = Query::parse("k=many&from=x&view=globe&q=100%&like=");
    let wanted = Query {
        text: "100%".to_owned(),
        ..Query::default()
    };
    assert_eq!(query, wanted);
    assert_eq!(
        Query::parse("k=1000000").k,
        MOST_HITS,
        "a link could ask for everything"
    );
    assert_eq!(
        Query::parse("q=%ff%e2").text,
        "\u{fffd}\u{fffd}",
        "bad UTF-8 got through"
    );
}

#[test]
fn years_open_at_one_end_pass_the_rest() {
    assert_eq!(
        Query::parse("from=2020").filter().years,
        Some((2020, u16::MAX))
    );
    assert_eq!(Query::parse("to=1999").filter().years, Some((0, 1999)));
    assert!(Query::parse("q=spin").filter().is_open());
}
