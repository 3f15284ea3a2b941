//! The index against the slow judge, on small corpora of few words.

use proptest::prelude::*;

use super::judge::Judge;
use super::tests::paper;
use super::*;
use crate::Paper;
use crate::words::{InvertedIndex, read};

/// Short texts of few words, so that queries find something.
fn papers() -> impl Strategy<Value = Vec<Paper>> {
    let word = prop::sample::select(vec!["a", "ab", "abc", "b", "ba", "x-ray", "c++", "É", "d"]);
    let text = prop::collection::vec(word, 0..9).prop_map(|words| words.join(" "));
    let name = prop::sample::select(vec!["A. Ab", "Abel B. Ba", "C. D-Ab", "É. Ray"]);
    let authors = prop::collection::vec(name, 0..3).prop_map(|names| names.join(", "));
    let categories = prop::collection::vec(
        prop::sample::select(vec!["cs.LG", "cs.NA", "math.NA", "hep-th"]),
        0..3,
    );
    let fields = (
        text.clone(),
        text,
        authors,
        categories,
        prop::option::of(2015_u16..2020),
    );
    let paper = fields.prop_map(|(title, abstract_, authors, categories, year)| Paper {
        categories: categories.into_iter().map(str::to_owned).collect(),
        year,
        ..paper(&title, &abstract_, &authors)
    });
    prop::collection::vec(paper, 1..14).prop_map(|mut papers| {
        for (at, paper) in papers.iter_mut().enumerate() {
            paper.id = format!("id{at}");
        }
        papers
    })
}

/// Queries of those words; most are whole.
fn queries() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "ab",
        "abc",
        "b",
        "ba",
        "x-ray",
        "+x-ray",
        "-x-ray",
        "c++",
        "e",
        "zzz",
        "a*",
        "ab*",
        "\"a b\"",
        "\"b a ab\"",
        "\"x ray\"",
        "\"a b*\"",
        "ti:a",
        "ti:x-ray",
        "abs:ab*",
        "au:ab",
        "au:\"ba, a\"",
        "au:\"ab, a\"",
        "year:2016",
        "year:2017..",
        "cat:cs",
        "cat:cs.NA",
        "cat:h*",
        "id:id0",
        "id:id3",
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        "+",
        "-",
        "+a",
        "-b",
        "-ba",
        "ti:(a b)",
        "-\"a b\"",
    ]);
    prop::collection::vec(piece, 1..9).prop_map(|pieces| pieces.join(" "))
}

fn parameters() -> impl Strategy<Value = Bm25> {
    let weights = prop::array::uniform3(0.25_f32..4.0);
    (0.1_f32..3.0, prop::array::uniform3(0.0_f32..1.0), weights).prop_map(|(k1, b, weights)| Bm25 {
        k1,
        b,
        weights,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_index_answers_as_the_judge(
        papers in papers(),
        query in queries(),
        bm25 in parameters(),
        chunk_bytes in 0_usize..120,
    ) {
        let index = InvertedIndex::of(&papers).to_files(chunk_bytes).open().unwrap();
        let judge = Judge::new(&papers);
        let search = WordSearch { k: papers.len(), bm25, max_prefix_chunks: usize::MAX, ..WordSearch::default() };
        let query = read(&query).query;
        let found = index.search(&query, &search, &judge, |_| true);
        let wanted = judge.search(&query, &bm25);
        prop_assert_eq!(found.hits.len(), wanted.len(), "{}", query);
        prop_assert_eq!(found.n_matching, wanted.len());
        for (hit, (_, (score, _))) in found.hits.iter().zip(&wanted) {
            let score_of = |paper| wanted.iter().find(|(of, _)| *of == paper).map(|(_, verdict)| *verdict);
            let (own, fields) = score_of(hit.paper).expect("the judge has every hit");
            // In the judge's place there is a paper of the same score, and that is this one's.
            prop_assert!((f64::from(hit.score) - own).abs() < 1e-5, "{}: {:?} is {} to the judge", query, hit, own);
            prop_assert!((f64::from(hit.score) - score).abs() < 1e-5, "{}: {:?} at the place of {}", query, hit, score);
            prop_assert_eq!(hit.fields, fields, "{}", query);
        }
        let in_order = |pair: &[WordHit]| {
            pair[0].score > pair[1].score || pair[0].score == pair[1].score && pair[0].paper < pair[1].paper
        };
        prop_assert!(found.hits.windows(2).all(in_order), "{}", query);
    }

    /// Chunks of any size, all of them or only those needed, give the same to the bit.
    #[test]
    fn chunks_do_not_show_in_what_is_found(papers in papers(), query in queries(), chunk_bytes in 0_usize..120) {
        let made = InvertedIndex::of(&papers);
        let judge = Judge::new(&papers);
        let search = WordSearch { max_prefix_chunks: usize::MAX, ..WordSearch::default() };
        let query = read(&query).query;
        let whole = made.to_files(1 << 20).open().unwrap().search(&query, &search, &judge, |_| true);
        let files = made.to_files(chunk_bytes);
        let mut index = WordIndex::open(files.table.clone()).unwrap();
        for chunk in index.needs(&query, &search) {
            index.insert(chunk, files.chunk(chunk).to_vec()).unwrap();
        }
        prop_assert_eq!(index.search(&query, &search, &judge, |_| true), whole, "{}", query);
    }
}
