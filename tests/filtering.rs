//! A thousand filters, from one paper to all: what is found is what comparing every paper finds.

use index_builder::build::build;
use index_builder::folder::Folder;
use shared::hybrid::{By, Corpus, Question, Wanted};
use shared::{Encoder, PaperId, Query, Searcher};

use crate::fixtures::base_model;
use crate::pipeline::{config, starter};

/// Numbers that look random, the same every time (Steele, Lea and Flood 2014, `SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn a_thousand_filters_find_what_comparing_every_paper_finds() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(&config(starter(), folder.path())).expect("builds");
    let build = Folder::open(folder.path()).expect("opens");
    let words = build
        .words()
        .expect("words open")
        .expect("a new build has them");
    let corpus = Corpus {
        papers: &build.papers,
        words: Some(&words),
        vectors: Some(&build.vectors),
    };
    let texts = [
        "dark matter",
        "learning from noise",
        "+quantum",
        "\"spin glass\" -mean",
        "cat:cs.LG",
    ];
    let mut encoder = Encoder::new(build.model.clone());
    let vectors: Vec<Option<Query>> = texts
        .iter()
        .map(|text| {
            let question = Question::read(text);
            let embedding = encoder
                .embed_query(question.meaning()?)
                .expect("it has words");
            Some(Query::new(&embedding.vector).expect("finite numbers"))
        })
        .collect();
    let (mut numbers, mut searcher) = (Numbers(1), Searcher::default());
    let mut n_of_one = 0;
    for round in 0..1000 {
        // From one paper in ten thousand to every one, evenly by orders of magnitude.
        let share = 10_f64.powf(-4.0 * f64::from(round) / 999.0);
        let limit = (share * u64::MAX as f64) as u64;
        let passing: Vec<bool> = build
            .papers
            .all()
            .map(|_| numbers.next() <= limit)
            .collect();
        n_of_one += usize::from(passing.iter().filter(|&&passes| passes).count() == 1);
        let passes = |paper: PaperId| passing[paper.0 as usize];
        let at = round as usize % texts.len();
        let (question, vector) = (Question::read(texts[at]), vectors[at].as_ref());
        let k = 1 + numbers.next() as usize % 40;
        let wanted = Wanted {
            by: By::Meaning,
            ..Wanted::best(k)
        };
        if let Some(vector) = vector {
            let found = corpus.answer(
                &question,
                Some(vector),
                &wanted,
                Some(&passes),
                &mut searcher,
            );
            let found: Vec<PaperId> = found.hits.iter().map(|hit| hit.paper).collect();
            let mut all: Vec<(f32, PaperId)> = (build.papers.all())
                .filter(|&paper| passes(paper))
                .filter_map(|paper| Some((build.vectors.similarity_to(vector, paper)?, paper)))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            all.truncate(k);
            let all: Vec<PaperId> = all.into_iter().map(|(_, paper)| paper).collect();
            assert_eq!(found, all, "filter {round}, {:?}", texts[at]);
        }
        // What is demanded and passes is found whole, whatever ranks it.
        let every = Wanted::best(build.papers.len());
        let some = corpus.answer(&question, vector, &every, Some(&passes), &mut searcher);
        let whole = corpus.answer(&question, vector, &every, None, &mut searcher);
        let mut some: Vec<PaperId> = some.hits.iter().map(|hit| hit.paper).collect();
        let mut whole: Vec<PaperId> = (whole.hits.iter().map(|hit| hit.paper))
            .filter(|&paper| passes(paper))
            .collect();
        some.sort_unstable();
        whole.sort_unstable();
        if question.demands() {
            assert_eq!(some, whole, "filter {round}, {:?}", texts[at]);
        } else {
            assert!(some.iter().all(|&paper| passes(paper)), "filter {round}");
        }
    }
    assert!(n_of_one > 0, "no filter left one paper");
}
