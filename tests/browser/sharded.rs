//! A corpus in pieces: the page finds what the native search finds in them, fetches little, and says what it lacks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use index_builder::build::{BuildConfig, Tier, build};
use index_builder::landscape::MapChoice;
use serde_json::json;

use super::native::{Native, ids};
use super::page::Page;
use super::{Console, in_browser};
use crate::pipeline::{config, starter};

const QUESTIONS: [&str; 4] = [
    "how do galaxies form",
    "learning from data",
    "\"quantum\" entropy",
    "spin glasses",
];

/// Puts the starter corpus in pieces in the place of the page's own build, and opens it natively.
fn in_pieces(page: &Page, dist: &Path) -> Result<Native> {
    let out = dist.join("artifacts");
    build(&BuildConfig {
        tier: Tier::Sharded,
        map: MapChoice::New,
        name: Some("In pieces".into()),
        ..config(starter(), &out)
    })?;
    for entry in fs::read_dir(&out)? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?;
        page.server
            .replace(&name.to_string_lossy(), fs::read(&path)?);
    }
    Native::open(dist)
}

/// Files of a kind that were fetched.
fn fetched(page: &Page, kind: &str) -> usize {
    page.server.n_requests(kind)
}

#[test]
fn a_corpus_in_pieces_is_searched_as_natively_and_fetched_as_it_is_needed() {
    in_browser(Console::MayComplain, async |page, _| {
        let dist = tempfile::tempdir()?;
        let mut native = in_pieces(page, dist.path())?;
        let clusters = native.folder.vectors.clusters().context("in pieces")?;
        let (n_shards, n_leaves) = (clusters.len(), clusters.leaves().len());
        let info = page.open_ready("").await?;
        ensure!(info["papers"] == native.folder.papers.len(), "{info}");
        ensure!(
            fetched(page, "leaf-") == 0 && fetched(page, "shard-") == 0,
            "pieces came before a question"
        );
        let examples = info["examples"].as_array().context("examples")?;
        ensure!(examples.len() == 6, "{examples:?}");

        let first = format!("?q={}", QUESTIONS[0].replace(' ', "+"));
        page.open_ready(&first).await?;
        let found = page.results().await?;
        ensure!(
            found == ids(&native.search(QUESTIONS[0], found.len())?),
            "{found:?}"
        );
        let n = fetched(page, "leaf-");
        ensure!(
            0 < n && n < n_leaves,
            "{n} of {n_leaves} leaves for a question"
        );
        page.open_ready(&first).await?;
        ensure!(page.results().await? == found, "the same again");
        ensure!(
            fetched(page, "leaf-") == n,
            "what this device keeps was fetched again"
        );
        for question in &QUESTIONS[1..] {
            let found = page.ask(question).await?;
            ensure!(
                found == ids(&native.search(question, found.len())?),
                "{question}: the page found {found:?}"
            );
            let line = page.text("result-line").await?.unwrap_or_default();
            ensure!(line.contains("approximate: the pieces near it"), "{line:?}");
        }
        ensure!(fetched(page, "shard-") <= n_shards, "a shard came twice");

        // A filter and the neighbors of a paper.
        let filtered = page.open_ready("?q=dust+in+galaxies&cat=astro-ph").await?;
        ensure!(filtered["papers"] == info["papers"], "{filtered}");
        let found = page.results().await?;
        let papers = &native.folder.papers;
        let in_astro: BTreeSet<String> = (papers.all())
            .filter(|&paper| {
                papers
                    .categories(paper)
                    .any(|code| code.starts_with("astro-ph"))
            })
            .map(|paper| papers.id(paper).to_owned())
            .collect();
        ensure!(found.iter().all(|id| in_astro.contains(id)), "{found:?}");
        let wanted = native.among("dust in galaxies", found.len(), |id| in_astro.contains(id))?;
        ensure!(found == ids(&wanted), "{found:?}");
        let seed = found[0].clone();
        page.open_ready(&format!("?like={seed}")).await?;
        let found = page.results().await?;
        ensure!(
            found == ids(&native.similar(&seed, found.len())?),
            "like {seed}: {found:?}"
        );
        Ok(())
    });
}

#[test]
fn without_a_network_what_was_fetched_answers_and_the_rest_is_said_to_be_lacking() {
    in_browser(Console::MayComplain, async |page, _| {
        let dist = tempfile::tempdir()?;
        let mut native = in_pieces(page, dist.path())?;
        // Not typed: the pieces of every word on the way would be here.
        let first = format!("?q={}", QUESTIONS[0].replace(' ', "+"));
        page.open_ready(&first).await?;
        let found = page.results().await?;
        page.server.stop();
        ensure!(
            page.ask(QUESTIONS[3]).await? != found,
            "an answer of before"
        );
        let notice =
            "return [...document.querySelectorAll('.notice')].map((e) => e.innerText).join()";
        let notice = page.run(notice, json!([])).await?;
        let lacking = "of the corpus could not be fetched";
        ensure!(
            notice
                .as_str()
                .is_some_and(|notice| notice.contains(lacking)),
            "{notice}"
        );
        ensure!(
            page.ask(QUESTIONS[0]).await? == found,
            "what was fetched is gone"
        );

        // Once the network is back, so is the answer.
        page.server.resume()?;
        let found = page.ask(QUESTIONS[3]).await?;
        ensure!(
            found == ids(&native.search(QUESTIONS[3], found.len())?),
            "{found:?}"
        );
        Ok(())
    });
}
