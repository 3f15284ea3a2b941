//! The same eight papers in pieces: what is found as they come, and what where some do not.

use std::cell::RefCell;

use shared::artifact::{ClusterParts, ClustersParts, Leaf, LeavesParts, Reads, shard_bytes};
use shared::manifest::ShardsEntry;

use super::*;
use crate::engine::build::Piece;

/// Papers of a leaf, of which two are a cluster.
const LEAF: usize = 2;

/// Papers are by the one and the other in turn.
const AUTHORS: [&str; 2] = ["Ada Lovelace", "Byron Lovelace"];

/// Pieces by name, as a site has them.
struct Site {
    build: Build,
    leaves: Vec<Vec<u8>>,
    shards: Vec<Vec<u8>>,
    /// What was fetched.
    fetched: RefCell<Vec<Piece>>,
}

fn site() -> Site {
    let (mut manifest, mut files) = files(None);
    let model_sha256 = manifest.model.sha256;
    let vectors = index_parts(model_sha256).vectors;
    let loaded = Papers::parse(files.papers).expect("the writer's own bytes");
    let papers: Vec<Paper> = (loaded.all())
        .map(|paper| Paper {
            id: loaded.id(paper).to_owned(),
            title: loaded.title(paper).into_owned(),
            authors: AUTHORS[paper.0 as usize % 2].to_owned(),
            categories: loaded.categories(paper).map(str::to_owned).collect(),
            year: loaded.year(paper),
            ..Paper::default()
        })
        .collect();
    let chunk = |bytes: &Vec<u8>| ChunkEntry {
        sha256: Sha256::of(bytes),
        bytes: bytes.len() as u32,
    };
    let some = |vectors: &[Int8Vector], write: &dyn Fn(&[Option<&Int8Vector>]) -> Vec<u8>| {
        write(&vectors.iter().map(Some).collect::<Vec<_>>())
    };
    let leaves: Vec<Vec<u8>> = (papers.chunks(LEAF).zip(vectors.chunks(LEAF)))
        .map(|(papers, vectors)| {
            let papers: Vec<&Paper> = papers.iter().collect();
            some(vectors, &|vectors| Leaf::to_bytes(&papers, vectors, DIM))
        })
        .collect();
    let of_cluster = || vectors.chunks(2 * LEAF);
    let shards: Vec<Vec<u8>> = of_cluster()
        .map(|vectors| some(vectors, &|vectors| shard_bytes(vectors, DIM)))
        .collect();
    let middle = |vectors: &[Int8Vector]| {
        let rows: Vec<Vec<f32>> = vectors.iter().map(Int8Vector::dequantize).collect();
        let sum = |at: usize| rows.iter().map(|row| row[at]).sum::<f32>();
        Int8Vector::quantize(&(0..DIM).map(sum).collect::<Vec<_>>()).expect("finite")
    };
    let table = ClustersParts {
        model_sha256,
        papers: papers.len() as u32,
        dim: DIM,
        reads: Reads {
            clusters: 2,
            leaves: 4,
        },
        clusters: (of_cluster().zip(&shards))
            .map(|(vectors, shard)| ClusterParts {
                middle: middle(vectors),
                leaves: 2,
                shard: chunk(shard),
            })
            .collect(),
        golden: Vec::new(),
    };
    let parts = LeavesParts {
        sizes: &[LEAF as u32; 4],
        files: &leaves.iter().map(chunk).collect::<Vec<_>>(),
        examples: &["spin glass network".to_owned()],
    };
    let entry_of_none = ChunkEntry {
        sha256: Sha256::default(),
        bytes: 0,
    };
    files.papers = Papers::to_bytes_with_leaves(&papers, 8, &[entry_of_none], parts);
    files.words = InvertedIndex::of(&papers).to_files(InvertedIndex::CHUNK_BYTES);
    files.meaning.index = table.to_bytes();
    manifest.shards = Some(ShardsEntry {
        shards_bytes: 0,
        leaves_bytes: 0,
    });
    Site {
        build: open(&manifest, files).expect("a build that fits together"),
        leaves,
        shards,
        fetched: RefCell::default(),
    }
}

impl Site {
    /// Fetches what the build wants, and says whether it wanted anything.
    fn bring(&self) -> bool {
        let wanted = self.build.take_wanted();
        for (piece, entry) in &wanted {
            let (kind, bytes) = match *piece {
                Piece::Leaf(at) => ("leaf", &self.leaves[at as usize]),
                Piece::Shard(at) => ("shard", &self.shards[at as usize]),
            };
            assert_eq!(entry.sha256, Sha256::of(bytes));
            assert!(entry.file.starts_with(kind), "{}", entry.file);
            let inserted = self.build.insert_piece(*piece, bytes.clone());
            inserted.expect("the writer's own bytes");
            self.fetched.borrow_mut().push(*piece);
        }
        !wanted.is_empty()
    }

    fn search(&mut self, text: &str, by: By, filter: &Filter) -> Hits {
        let found = self
            .build
            .search(text, by, 8, filter, Order::Nearest, Sort::Relevance);
        found.expect("known words")
    }

    /// Searches until nothing is wanting; the answers on the way, the last one whole.
    fn ask(&mut self, text: &str, by: By, filter: &Filter) -> Vec<Hits> {
        let mut answers = vec![self.search(text, by, filter)];
        while self.bring() {
            answers.push(self.search(text, by, filter));
            assert!(answers.len() < 6, "it never ends");
        }
        answers
    }
}

#[test]
fn a_question_is_answered_as_the_loaded_build_answers_it_once_its_pieces_are_here() {
    for filter in [Filter::default(), within(&["cs"]), within(&["no.such"])] {
        for (text, by) in [
            ("spin glass", By::Meaning),
            ("galaxy network", By::Both),
            ("ti:network", By::Both),
            ("number", By::Words),
        ] {
            let answers = site().ask(text, by, &filter);
            let whole = build().search(text, by, 8, &filter, Order::Nearest, Sort::Relevance);
            let (found, whole) = (&answers[answers.len() - 1], whole.expect("known words"));
            assert_eq!(
                ids(&found.hits),
                ids(&whole.hits),
                "{text} {by:?} {filter:?}"
            );
            for (found, whole) in found.hits.iter().zip(&whole.hits) {
                assert_eq!(found.title, whole.title);
                assert_eq!(found.similarity, whole.similarity, "{text}");
            }
        }
    }
}

#[test]
fn codes_come_first_then_what_they_point_at_and_nothing_twice() {
    let mut site = site();
    let answers = site.ask("spin glass", By::Meaning, &Filter::default());
    assert!(answers[0].hits.is_empty(), "nothing is here yet");
    let fetched = site.fetched.borrow().clone();
    let n_shards = fetched
        .iter()
        .take_while(|piece| matches!(piece, Piece::Shard(_)));
    assert_eq!(n_shards.count(), 2);
    assert!(
        fetched[2..]
            .iter()
            .all(|piece| matches!(piece, Piece::Leaf(_)))
    );
    let method = answers[answers.len() - 1].method;
    assert!(
        matches!(
            method,
            Method::Shards {
                clusters: 2,
                leaves: 4
            }
        ),
        "{method:?}"
    );
    let again = site.ask("spin glass", By::Meaning, &Filter::default());
    assert_eq!(again.len(), 1, "all of it is here");
    assert_eq!(*site.fetched.borrow(), fetched);
}

#[test]
fn what_words_find_is_shown_before_vectors_come() {
    let mut site = site();
    let answers = site.ask("galaxy dust", By::Both, &Filter::default());
    let early = answers.iter().find(|hits| !hits.hits.is_empty());
    let early = early.expect("there are hits");
    assert_eq!(early.hits[0].id, "p2");
    assert!(early.hits.iter().all(|hit| !hit.title.is_empty()));
}

#[test]
fn papers_whose_leaf_never_comes_are_left_out() {
    let mut site = site();
    site.search("spin glass", By::Meaning, &Filter::default());
    // Shards come, leaves do not.
    let wanted = site.build.take_wanted();
    for (piece, _) in wanted {
        if let Piece::Shard(at) = piece {
            let bytes = site.shards[at as usize].clone();
            site.build
                .insert_piece(piece, bytes)
                .expect("its own bytes");
        }
    }
    let found = site.search("spin glass", By::Meaning, &Filter::default());
    assert!(found.hits.is_empty(), "{:?}", found.hits);
    assert!(
        !site.build.take_wanted().is_empty(),
        "they are still wanted"
    );
}

#[test]
fn a_shard_that_never_comes_keeps_nothing_else_back() {
    let mut site = site();
    site.search("galaxy dust", By::Meaning, &Filter::default());
    for (piece, _) in site.build.take_wanted() {
        match piece {
            Piece::Shard(0) => {
                let bytes = site.shards[0].clone();
                let inserted = site.build.insert_piece(piece, bytes);
                inserted.expect("its own bytes");
            }
            piece => site.build.lack_piece(piece),
        }
    }
    // Papers 0 to 3 are of the first cluster.
    let answers = site.ask("galaxy dust", By::Meaning, &Filter::default());
    let found = &answers[answers.len() - 1];
    assert_eq!(ids(&found.hits)[0], "p2", "{:?}", found.hits);
    assert_eq!(found.hits.len(), 4);
    assert!(!site.build.has_piece(Piece::Shard(1)));
    site.build.forget_lacking();
    let answers = site.ask("galaxy dust", By::Meaning, &Filter::default());
    assert_eq!(
        answers[answers.len() - 1].hits.len(),
        8,
        "it was tried again"
    );
}

#[test]
fn authors_of_one_surname_are_told_apart_once_their_papers_are_here() {
    for (text, wanted) in [
        ("au:lovelace_a", vec!["p0", "p2", "p4", "p6"]),
        ("cat:* -au:lovelace_a", vec!["p1", "p3", "p5", "p7"]),
        ("network -au:lovelace_b", vec!["p6"]),
    ] {
        let text = text.replace("cat:* ", "year:1900.. ");
        let answers = site().ask(&text, By::Words, &Filter::default());
        let mut found = ids(&answers[answers.len() - 1].hits);
        found.sort_unstable();
        let has_year = |id: &&str| !text.contains("year:") || *id != "p5";
        let wanted: Vec<&str> = wanted.into_iter().filter(has_year).collect();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn like_a_paper_and_its_match_wait_for_its_leaf() {
    let mut site = site();
    let ask = |site: &mut Site| {
        let near = ["p1".to_owned()];
        site.build
            .similar(&near, &[], 3, &Filter::default(), Sort::Relevance)
    };
    let mut found = ask(&mut site);
    assert!(found.is_err(), "its vector is not here");
    while site.bring() {
        found = ask(&mut site);
    }
    let whole = build().similar(
        &["p1".to_owned()],
        &[],
        3,
        &Filter::default(),
        Sort::Relevance,
    );
    let (found, whole) = (found.expect("found"), whole.expect("found"));
    assert_eq!(ids(&found.hits), ids(&whole.hits));
    assert_eq!(
        found.like.map(|hit| hit.title),
        whole.like.map(|hit| hit.title)
    );
}

#[test]
fn roads_need_all_vectors_and_examples_are_the_builds() {
    let site = site();
    let roads = site
        .build
        .begin_trial(crate::engine::protocol::Check::Roads);
    assert_eq!(roads.err(), Some(EngineError::InPieces));
    assert_eq!(site.build.info().examples, ["spin glass network"]);
    assert_eq!(site.build.piece_files().len(), 6);
    assert!(site.build.is_in_pieces() && !build().is_in_pieces());
}
