//! Feeds of a small corpus: what is in them, in which order, and that they are Atom.

use shared::artifact::ChunkEntry;
use shared::words::InvertedIndex;

use super::*;

fn paper(id: &str, title: &str, year: u16, category: &str) -> Paper {
    Paper {
        id: id.to_owned(),
        title: title.to_owned(),
        abstract_: format!("On {title}."),
        authors: "Ä. Ång, B. Bee".to_owned(),
        categories: vec![category.to_owned()],
        year: Some(year),
        split: None,
    }
}

/// The feeds of these papers, by name.
fn feeds(papers: &[Paper], queries: &[SavedQuery]) -> Vec<(String, String)> {
    let chunk = ChunkEntry {
        sha256: shared::Sha256::default(),
        bytes: 0,
    };
    let n = papers.len() as u32;
    let columns = Papers::parse(Papers::to_bytes(papers, n, &[chunk])).expect("our own bytes");
    let words = InvertedIndex::of(papers).to_files(InvertedIndex::CHUNK_BYTES);
    let words = words.open().expect("our own bytes");
    let source = Source {
        site: "Lab & <co>",
        corpus: "ours",
        papers,
        columns: &columns,
        words: &words,
    };
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    let files = files(queries, source).into_iter();
    files.map(|(name, bytes)| (name, text(bytes))).collect()
}

fn saved(title: &str, query: &str) -> SavedQuery {
    SavedQuery {
        title: title.to_owned(),
        query: query.to_owned(),
    }
}

/// What stands in these elements of a feed, in order.
fn all<'a>(feed: &'a str, tag: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let found = feed.split(&*open).skip(1);
    found
        .map(|rest| rest.split(&*close).next().unwrap_or_default())
        .collect()
}

#[test]
fn the_newest_papers_that_match_come_first_and_date_the_feed() {
    let papers = [
        paper("1003.0001", "Spin glasses of old", 2010, "cond-mat.dis-nn"),
        paper("2301.00002", "Spin glasses of today", 2023, "cs.LG"),
        paper("2301.00001", "Spin glasses & <friends>", 2023, "cs.LG"),
        paper("2405.00001", "Galaxies", 2024, "astro-ph.GA"),
        paper("lab-7", "Spin glass of ours", 2012, "cs.LG"),
    ];
    let queries = [
        saved("Spin glasses", "\"spin glasses\""),
        saved("Learning, since 2011!", "cat:cs.LG year:2011.."),
        saved("量子", "quantum"),
    ];
    let feeds = feeds(&papers, &queries);
    let names: Vec<&str> = feeds.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names[..2],
        ["feed-spin-glasses.xml", "feed-learning-since-2011.xml"]
    );
    assert_eq!(names[3], LIST);
    assert!(names[..3].iter().all(|name| is_feed(name)), "{names:?}");

    let spin = &feeds[0].1;
    assert_eq!(
        all(spin, "title"),
        [
            "Spin glasses",
            "Spin glasses of today",
            "Spin glasses &amp; &lt;friends&gt;",
            "Spin glasses of old"
        ]
    );
    let date = "2023-01-01T00:00:00Z";
    assert_eq!(
        all(spin, "updated"),
        [date, date, date, "2010-03-01T00:00:00Z"]
    );
    assert_eq!(all(spin, "id")[1], "https://arxiv.org/abs/2301.00002");
    assert_eq!(
        all(spin, "name")[..3],
        ["Lab &amp; &lt;co&gt;", "Ä. Ång", "B. Bee"]
    );
    assert!(
        spin.contains("href=\"../?q=%22spin+glasses%22&amp;by=words&amp;sort=newest\""),
        "{spin}"
    );
    assert_eq!(all(spin, "content")[2], "On Spin glasses of old.");

    let learning = &feeds[1].1;
    assert_eq!(all(learning, "title").len(), 1 + 3, "{learning}");
    let ours = all(learning, "id")[3];
    assert!(ours.starts_with("urn:uuid:") && ours.len() == 45, "{ours}");
    // Nothing matches yet, and the feed says since when at least.
    let none = &feeds[2].1;
    assert!(all(none, "entry").is_empty());
    assert_eq!(all(none, "updated"), ["2024-05-01T00:00:00Z"]);

    let list: Vec<FeedEntry> = serde_json::from_str(&feeds[3].1).expect("a list");
    let listed: Vec<SavedQuery> = list.into_iter().map(|entry| entry.saved).collect();
    assert_eq!(listed, queries);
}

#[test]
fn a_feed_has_fifty_papers_at_most_and_the_same_bytes_each_time() {
    let papers: Vec<Paper> = (0..130)
        .map(|at| paper(&format!("2301.{at:05}"), "Spin glasses", 2023, "cs.LG"))
        .collect();
    let queries = [saved("All", "cat:cs.LG")];
    let first = feeds(&papers, &queries);
    let ids = all(&first[0].1, "id");
    assert_eq!(ids.len(), 1 + MOST);
    assert_eq!(
        ids[1], "https://arxiv.org/abs/2301.00129",
        "of all that match"
    );
    assert_eq!(first, feeds(&papers, &queries));
    assert_eq!(feeds(&papers, &[]), []);
}

#[test]
fn a_query_that_cannot_be_read_says_why() {
    for (query, why) in [
        ("\"spin", "closing"),
        ("xx:spin", "no field"),
        (" , ", "asks for nothing"),
    ] {
        let fault = saved("a", query).fault().unwrap_or_default();
        assert!(fault.contains(why), "{query}: {fault:?}");
    }
    assert_eq!(saved("a", "spin glass year:2020..").fault(), None);
}

#[test]
fn other_names_are_no_feeds() {
    for name in [
        "feed-.xml",
        "feed-A.xml",
        "feed-a.xml.bak",
        "feeds.xml",
        "feed-a/b.xml",
    ] {
        assert!(!is_feed(name), "{name} would be removed");
    }
}
