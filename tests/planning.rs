//! What `plan` says beforehand against what `build` then writes.

use index_builder::build::{BuildConfig, Tier, build};
use index_builder::landscape::MapChoice;
use index_builder::model::Reference;
use index_builder::pack::Existing;
use index_builder::plan::{PlanConfig, plan};
use ingest::model_files::Which;
use ingest::select::Selection;

use crate::fixtures::{base_model, repository};

#[test]
fn a_plan_says_what_the_build_then_weighs() {
    let Some(_) = base_model() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let papers = vec![repository().join("corpus/starter.jsonl")];
    let sample = || Selection {
        sample: Some((300, 1)),
        ..Selection::default()
    };
    for (selection, tier) in [
        (Selection::default(), Tier::Auto),
        (sample(), Tier::Auto),
        (Selection::default(), Tier::Sharded),
    ] {
        let planned = plan(&PlanConfig {
            papers: papers.clone(),
            selection: selection.clone(),
            model: Which::default(),
            classifier: None,
            map: MapChoice::New,
            tier,
            papers_like: None,
        })
        .expect("a plan");
        let built = build(&BuildConfig {
            papers: papers.clone(),
            out: folder.path().join("out"),
            selection,
            model: Which::default(),
            classifier: None,
            reference: Reference::Without,
            map: MapChoice::New,
            tier,
            name: None,
            site: None,
            feeds: Vec::new(),
            existing: Existing::Replace,
            embeddings: None,
        })
        .expect("a build");
        assert_eq!(planned.papers, built.papers as u64);
        assert_eq!(planned.read, built.read);
        let near = |name: &str, estimate: u64, tolerance: f64| {
            let part = built.parts.iter().find(|part| part.part == name);
            let bytes = part.expect("the build has it").bytes;
            let off = estimate as f64 / bytes as f64 - 1.0;
            assert!(
                off.abs() <= tolerance,
                "{name}: {estimate} bytes planned, {bytes} written: {:+.1} %",
                100.0 * off
            );
        };
        near("model", planned.model_bytes, 0.0);
        near("classifier", planned.classifier_bytes, 0.0);
        if tier == Tier::Sharded {
            near("clusters", planned.index_bytes, 0.05);
            near("shards", planned.shards_bytes, 0.05);
            near("leaves", planned.leaves_bytes, 0.05);
        } else {
            near("index", planned.index_bytes, 0.05);
            assert_eq!((planned.shards_bytes, planned.leaves_bytes), (0, 0));
        }
        // Headers and the table of codes.
        near("papers", planned.papers_bytes, 0.03);
        near("abstracts", planned.abstracts_bytes, 0.01);
        near("table", planned.table_bytes, 0.05);
        near("words", planned.words_bytes, 0.05);
        near("places", planned.places_bytes, 0.05);
        // How many topics find a name, a plan does not know.
        near("map", planned.map_bytes, 0.4);
        let later = built.parts.iter().filter(|part| {
            ["words", "places", "map", "abstracts", "shards", "leaves"].contains(&&*part.part)
        });
        let later: u64 = later.map(|part| part.bytes).sum();
        let loaded = built.bytes - later;
        assert!(planned.first_load_bytes.abs_diff(loaded) < loaded / 100);
        assert!(planned.site_bytes > built.bytes);
        assert!(planned.build_memory_bytes > planned.index_bytes);
        let text = planned.to_string();
        assert!(
            text.contains("first load") && text.contains("build"),
            "{text}"
        );
        assert!(!text.contains("Too large"), "{text}");
    }
    let again = plan(&PlanConfig {
        papers,
        selection: Selection::default(),
        model: Which::default(),
        classifier: None,
        map: MapChoice::Without,
        tier: Tier::Auto,
        papers_like: None,
    })
    .expect("a plan");
    assert_eq!((again.map_bytes, again.map_seconds), (0, 0.0));
    assert_eq!(
        again.embedded, again.papers,
        "the build has embedded them all"
    );
    assert_eq!(again.embed_seconds, 0.0);
}

#[test]
fn a_plan_for_more_papers_grows_with_them_and_says_what_a_site_holds() {
    let Some(_) = base_model() else { return };
    let papers = vec![repository().join("corpus/starter.jsonl")];
    let of = |papers_like| {
        let planned = plan(&PlanConfig {
            papers: papers.clone(),
            selection: Selection::default(),
            model: Which::default(),
            classifier: None,
            map: MapChoice::Without,
            tier: Tier::Auto,
            papers_like,
        });
        planned.expect("a plan")
    };
    let (few, many) = (of(None), of(Some(3_000_000)));
    assert_eq!((few.in_shards, many.in_shards), (false, true));
    assert_eq!(many.papers, 3_000_000);
    let times = 3_000_000.0 / few.papers as f64;
    let ratio = many.words_bytes as f64 / few.words_bytes as f64;
    assert!((ratio / times - 1.0).abs() < 0.001, "{ratio} for {times}");
    assert!(many.leaves_bytes > 3_000_000 * 384 && many.shards_bytes > 3_000_000 * 48);
    assert!(
        many.first_load_bytes < 3_000_000 * 384,
        "leaves are not loaded"
    );
    assert!(many.most_papers_on_pages < many.most_papers_without_abstracts);
    assert!(many.most_papers_without_abstracts < many.most_papers_without_places);
    let text = many.to_string();
    for wanted in ["clusters", "shards", "leaves", "Too large for GitHub Pages"] {
        assert!(text.contains(wanted), "{text}");
    }
}
