//! What batches must be.

use super::super::sentences::Sentences;
use super::*;

/// Papers of three categories, of which every eighth has the title of the one before it.
pub(crate) fn corpus(n: usize) -> Corpus {
    let mut corpus = Corpus {
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
        opening: 101,
        closing: 102,
        sentences: Sentences::with_period(9),
        ..Corpus::default()
    };
    for paper in 0..n {
        let at = corpus.tokens.len();
        let named = if paper % 8 == 7 { paper - 1 } else { paper };
        let title = [1000 + named as u16, 11];
        let mut text = vec![2000 + paper as u16; 7];
        text.push(9);
        text.extend([3000 + paper as u16; 6]);
        text.push(9);
        corpus.tokens.extend(title);
        corpus.tokens.extend(&text);
        corpus.train.push(Entry {
            at,
            n_title: 2,
            n_abstract: text.len() as u16,
            n_cut: 0,
            label: (paper % 3) as u16,
            year: 2000,
            id: paper as u64,
        });
    }
    corpus.valid = corpus.train.split_off(n - n / 4);
    corpus
}

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    config.batch.pairs = 8;
    config.loss.category = 1.0;
    config.data.mix.title_abstract = 1.0;
    config.data.mix.sentence_document = 1.0;
    config.data.mix.category_pairs = 1.0;
    change(&mut config);
    config
}

#[test]
fn a_batch_is_a_function_of_seed_and_number() {
    let corpus = corpus(120);
    let config = config(|_| {});
    let mut one = Batches::new(&corpus, &config, Vec::new());
    let mut other = Batches::new(&corpus, &config, Vec::new());
    let (a, b) = (one.batch(3), one.batch(40));
    assert_eq!(other.batch(40), b, "asked for first");
    assert_eq!(other.batch(3), a, "asked for again");
    assert_ne!(a, b);
    let mut config = config;
    config.seed += 1;
    assert_ne!(Batches::new(&corpus, &config, Vec::new()).batch(3), a);
}

#[test]
fn an_epoch_deals_papers_once_in_groups_of_a_category_and_without_copies() {
    let corpus = corpus(128);
    let config = config(|config| config.data.mix.category_pairs = 0.0);
    let mut batches = Batches::new(&corpus, &config, Vec::new());
    let order = batches.deal(0);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 96, "96 papers, each once");
    for batch in order.chunks(8) {
        let titles: HashSet<_> = batch
            .iter()
            .map(|&paper| corpus.title(&corpus.train[paper as usize]))
            .collect();
        assert_eq!(titles.len(), 8, "two papers of one title meet");
    }
    let examples = batches.batch(0);
    let company = |at: usize| {
        let own = examples.labels[at];
        examples
            .labels
            .iter()
            .filter(|&&label| label == own)
            .count()
            > 1
    };
    let n = (0..8).filter(|&at| company(at)).count();
    assert!(n >= 6, "{n} of 8 have company: {:?}", examples.labels);
    assert_ne!(order, batches.deal(1), "epochs are dealt anew");
}

#[test]
fn queries_are_not_found_in_their_documents() {
    let corpus = corpus(120);
    let config = config(|config| config.data.hard_negatives = 2);
    let near: Vec<Vec<u32>> = (0..90)
        .map(|at| vec![(at + 1) % 90, (at + 2) % 90])
        .collect();
    let mut batches = Batches::new(&corpus, &config, near);
    // An abstract of these consists of 2000 + its paper and 3000 + its paper.
    let paper = |text: &[u32]| text.iter().max().expect("it has tokens") % 1000;
    let (mut kinds, mut n, mut n_negatives) = ([0; 3], 0, 0);
    for number in 0..20 {
        let examples = batches.batch(number);
        let negatives: HashSet<u32> = examples.negatives.iter().map(|text| paper(text)).collect();
        assert_eq!(negatives.len(), examples.negatives.len(), "one comes twice");
        let labels = examples.negatives.iter().map(|text| paper(text) % 3);
        assert!(labels.eq(examples.negative_labels.iter().copied()));
        let asked: HashSet<u32> = examples.documents.iter().map(|text| paper(text)).collect();
        assert!(negatives.is_disjoint(&asked), "an answer is a negative");
        n_negatives += negatives.len();
        for (at, (query, document)) in examples.queries.iter().zip(&examples.documents).enumerate()
        {
            let inner = &query[1..query.len() - 1];
            assert!(
                !document.windows(inner.len()).any(|part| part == inner),
                "{query:?}"
            );
            assert_eq!((query[0], document[0]), (101, 101));
            assert_eq!((query.last(), document.last()), (Some(&102), Some(&102)));
            let kind = match (examples.same_paper[at], inner.len()) {
                (false, _) => 2,
                (true, 2) => 0,
                (true, _) => 1,
            };
            kinds[kind] += 1;
            n += 1;
        }
    }
    assert_eq!(n, 160);
    assert!(n_negatives > 160, "{n_negatives} negatives of {n} queries");
    assert!(
        kinds.iter().all(|&n| n > 25),
        "kinds are drawn {kinds:?} times"
    );
}
