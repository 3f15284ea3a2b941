//! What the open build is: counts, examples, provenance.

use std::collections::{BTreeMap, BTreeSet};

use shared::artifact::HeldOut;
use shared::taxonomy::{archive_of, canonical};
use shared::{Classifier, Manifest, PaperId, Papers, Vectors};

use super::embed::Embed;
use super::filter::numbers;
use super::protocol::{EngineId, Info, Listed, Verdict};

/// What is known of a build by its manifest and its papers.
pub(super) fn info(manifest: &Manifest, engine: EngineId, papers: &Papers) -> Info {
    let words = manifest.words.as_ref();
    Info {
        corpus: manifest.corpus.name.clone(),
        papers: papers.len(),
        years: manifest.corpus.years,
        year_counts: year_counts(papers),
        category_counts: category_counts(papers, Listed::Anywhere),
        archive_counts: archive_counts(papers, Listed::Anywhere),
        primary_counts: category_counts(papers, Listed::Primary),
        primary_archive_counts: archive_counts(papers, Listed::Primary),
        build: manifest.build.to_string(),
        builder: manifest.builder.clone(),
        model: String::new(),
        model_licence: String::new(),
        dim: 0,
        max_tokens: 0,
        recall_at_10: manifest
            .quality
            .as_ref()
            .map(|quality| quality.recall_at_10),
        recall_by_codes: manifest
            .quality
            .as_ref()
            .and_then(|quality| quality.recall_by_codes),
        search: (manifest.quality.iter())
            .flat_map(|quality| &quality.search)
            .map(|entry| (entry.set.clone(), entry.ndcg_at_10))
            .collect(),
        method: None,
        engine,
        kernel: String::new(),
        classifier: None,
        files: manifest
            .files()
            .map(|entry| (entry.file.clone(), entry.bytes, entry.sha256.to_string()))
            .collect(),
        examples: examples(papers),
        wasm_bytes: 0,
        reference_bytes: manifest.reference.as_ref().map(|entry| entry.bytes),
        map_bytes: manifest.map.as_ref().map(|entry| entry.bytes),
        abstracts_bytes: manifest.abstracts_bytes,
        words_bytes: words.map_or(0, |words| words.words_bytes + words.places_bytes),
        site_unreachable: false,
    }
}

/// Adds what only an open model knows.
pub(super) fn add_model(
    info: &mut Info,
    encoder: &dyn Embed,
    vectors: &Vectors,
    classifier: Option<&Classifier>,
) {
    info.method = Some(vectors.road(10).into());
    let meta = encoder.meta();
    info.model.clone_from(&meta.name);
    info.model_licence = format!("{}: {}", meta.licence, meta.attribution);
    info.dim = meta.architecture.dim;
    info.max_tokens = meta.max_tokens;
    encoder.kernel().clone_into(&mut info.kernel);
    info.classifier = classifier.map(|classifier| classifier.meta().description.clone());
}

/// Papers by year, ascending.
pub(super) fn year_counts(papers: &Papers) -> Vec<(u16, usize)> {
    let mut counts = BTreeMap::new();
    for year in papers.all().filter_map(|paper| papers.year(paper)) {
        *counts.entry(year).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// Papers by category as it is called today, most frequent first.
///
/// A paper listed under both halves of an alias counts once, as the filter finds it once.
pub(super) fn category_counts(papers: &Papers, listed: Listed) -> Vec<(String, usize)> {
    let today: Vec<&str> = papers
        .category_names()
        .iter()
        .map(|code| canonical(code).map_or(code.as_str(), |row| row.code))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for paper in papers.all() {
        let numbers = numbers(papers, paper, listed);
        let codes: BTreeSet<&str> = numbers.iter().map(|&at| today[usize::from(at)]).collect();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(code, n)| (code.to_owned(), n))
        .collect();
    // Stable: equal counts stay in the order of their codes.
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// Papers by archive, as the filter by an archive's code finds them, in the order of the codes.
pub(super) fn archive_counts(papers: &Papers, listed: Listed) -> Vec<(String, usize)> {
    // A category that was renamed is found under both archives.
    let archives: Vec<[&str; 2]> = papers
        .category_names()
        .iter()
        .map(|code| {
            let today = canonical(code).map_or(code.as_str(), |row| row.code);
            [archive_of(code), archive_of(today)]
        })
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for paper in papers.all() {
        let numbers = numbers(papers, paper, listed);
        let codes = numbers.iter().flat_map(|&at| archives[usize::from(at)]);
        for archive in codes.collect::<BTreeSet<_>>() {
            *counts.entry(archive).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(archive, n)| (archive.to_owned(), n))
        .collect()
}

impl Verdict {
    /// What held-out papers say of these classes, most probable first.
    pub(super) fn of(held_out: &HeldOut, ranked: &[(usize, f64)]) -> Self {
        let alike = ranked.first().and_then(|(_, p)| held_out.like(*p));
        Self {
            set: held_out.set_of(ranked),
            level: held_out.set.level,
            coverage: held_out.set.coverage,
            names: held_out.names(ranked),
            answered: held_out.abstention.answered,
            accuracy: held_out.abstention.accuracy,
            papers: held_out.papers,
            alike: alike.map(|bin| (bin.papers, bin.right)),
        }
    }
}

/// Six titles spread over the corpus that read well as queries: those that the build chose, where titles are not here.
pub(super) fn examples(papers: &Papers) -> Vec<String> {
    if papers.leaves().is_some() {
        return papers.examples().to_vec();
    }
    let id = |at: usize| PaperId(at as u32);
    shared::examples(
        papers.len(),
        |at| papers.title(id(at)),
        |at| papers.categories(id(at)).next(),
    )
}

#[cfg(test)]
mod tests {
    use shared::Paper;

    use super::super::filter::Passing;
    use super::super::protocol::Filter;
    use super::*;

    fn corpus() -> Papers {
        let papers: Vec<Paper> = (0..60_u16)
            .map(|at| Paper {
                id: format!("p{at}"),
                title: if at % 10 == 0 {
                    "Short".to_owned()
                } else {
                    format!("A title of a readable length, number {at}")
                },
                categories: match at % 3 {
                    0 => vec!["math.NA".to_owned(), "cs.NA".to_owned()],
                    1 => vec!["cs.NA".to_owned()],
                    _ => vec!["hep-th".to_owned()],
                },
                year: (at % 2 == 0).then_some(2000 + at / 10),
                ..Paper::default()
            })
            .collect();
        let chunk = shared::artifact::ChunkEntry {
            sha256: shared::Sha256::of(b""),
            bytes: 0,
        };
        Papers::parse(Papers::to_bytes(&papers, 60, &[chunk])).expect("the writer's own bytes")
    }

    #[test]
    fn an_alias_is_counted_once_and_under_its_name_of_today() {
        let wanted = [("math.NA".to_owned(), 40), ("hep-th".to_owned(), 20)];
        assert_eq!(category_counts(&corpus(), Listed::Anywhere), wanted);
    }

    #[test]
    fn an_archive_counts_what_its_filter_finds() {
        let papers = corpus();
        for (listed, wanted) in [
            (Listed::Anywhere, &["cs", "hep-th", "math"][..]),
            (Listed::Primary, &["cs", "hep-th", "math"]),
        ] {
            let counts = archive_counts(&papers, listed);
            let archives: Vec<&str> = counts.iter().map(|(archive, _)| &**archive).collect();
            assert_eq!(archives, wanted);
            let categories = category_counts(&papers, listed);
            for (code, n) in counts.iter().chain(&categories) {
                let filter = Filter {
                    categories: vec![code.clone()],
                    listed,
                    years: None,
                };
                assert_eq!(Passing::of(&papers, &filter).n, *n, "{code}, {listed:?}");
            }
        }
    }

    #[test]
    fn years_are_counted_where_they_are_known() {
        let counts = year_counts(&corpus());
        assert_eq!(counts.len(), 6);
        assert!(counts.iter().all(|&(_, n)| n == 5), "{counts:?}");
    }

    #[test]
    fn examples_are_six_readable_titles_from_six_places() {
        let examples = examples(&corpus());
        assert_eq!(examples.len(), 6);
        let distinct: BTreeSet<_> = examples.iter().collect();
        assert_eq!(distinct.len(), 6, "an example stands twice: {examples:?}");
        assert!(
            examples.iter().all(|title| title.len() > 20),
            "{examples:?}"
        );
    }
}
