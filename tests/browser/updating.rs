//! A newer build on the site; a download that the visitor gives up.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::Sha256;

use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser};

/// Corpus and build that are open, and the names of the artifacts that this device keeps.
async fn open_and_kept(page: &Page) -> Result<(String, String, Vec<String>)> {
    let script = "Promise.all([offprint.info(), \
        caches.open('offprint-artifacts-v1').then((cache) => cache.keys())]) \
        .then(([info, keys]) => [info.corpus, info.build, keys.map((key) => key.url.split('/').pop())])";
    let found = page.value(script, json!([])).await?;
    serde_json::from_value(found).context("corpus, build, names")
}

#[test]
fn a_newer_build_is_offered_fetched_when_wanted_and_replaces_the_older() {
    in_browser(Console::Silent, async |page, native| {
        page.server.forbid_caching();
        page.open_ready("?q=dark+matter").await?;
        let found = page.results().await?;
        let older = native.folder.manifest.clone();
        // The same papers in a build of their own: another name, and no classifier.
        let mut newer = older.clone();
        newer.corpus.name = "second".to_owned();
        let dropped = newer.classifier.take().context("a classifier to drop")?;
        let digests: Vec<u8> = newer.files().flat_map(|entry| entry.sha256.0).collect();
        newer.build = Sha256::of(&digests);
        page.server.replace("manifest.json", newer.to_bytes());

        page.reload_ready().await?;
        let offer = page.element("update").await?.text().await?;
        ensure!(
            offer.contains("second") && offer.contains("0.0 MB"),
            "the offer does not say what and how much: {offer:?}"
        );
        let (corpus, build, kept) = open_and_kept(page).await?;
        ensure!(
            (corpus, build) == (older.corpus.name.clone(), older.build.to_string()),
            "the newer build was taken unasked"
        );
        ensure!(kept.contains(&dropped.file), "the older build lost a file");
        ensure!(page.results().await? == found, "the older build answers");

        page.click("update-now").await?;
        let fetched = "return window.offprint && document.querySelector('[data-testid=update]') === null \
            && document.readyState !== 'loading'";
        page.until("the page starts anew", fetched).await?;
        page.ready().await?;
        let (corpus, build, kept) = open_and_kept(page).await?;
        ensure!(
            (corpus.as_str(), build) == ("second", newer.build.to_string()),
            "the newer build is not open but {corpus}"
        );
        ensure!(
            !kept.contains(&dropped.file),
            "the older build's file is still kept: {kept:?}"
        );
        ensure!(
            page.query().await? == "q=dark+matter",
            "the address is {:?}",
            page.query().await?
        );
        ensure!(page.results().await? == found, "the newer build answers");
        let n = page.server.n_requests(&newer.model.file);
        ensure!(n == 1, "the model of both was fetched {n} times");

        // Nothing newer: no offer.
        page.reload_ready().await?;
        ensure!(
            page.text("update").await?.is_none(),
            "an offer without need"
        );
        Ok(())
    });
}

/// Where the button stands that gives a download up.
async fn place_of_cancel(page: &Page) -> Result<Value> {
    let script = "const { x, y } = document.querySelector('[data-testid=loading-cancel]').getBoundingClientRect();\n\
        return { x, y }";
    page.run(script, json!([])).await
}

#[test]
fn a_download_can_be_given_up_and_taken_up_again() {
    in_browser(Console::MayComplain, async |page, native| {
        page.server.forbid_caching();
        page.server.fail("manifest", Fault::Held);
        page.server.fail("model-", Fault::Held);
        page.open("?q=dark+matter").await?;
        page.element("loading-cancel").await?;
        let before = place_of_cancel(page).await?;
        page.server.heal("manifest");
        let index = &native.folder.manifest.index.file;
        let kept = format!(
            "caches.open('offprint-artifacts-v1').then((cache) => cache.keys()) \
            .then((keys) => keys.some((key) => key.url.endsWith('{index}')))"
        );
        while page.value(&kept, json!([])).await? != json!(true) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let n_files = page.texts("loading-file").await?.len();
        ensure!(n_files >= 3, "the list is not longer than {n_files}");
        let after = place_of_cancel(page).await?;
        ensure!(
            after == before,
            "the button moves from {before} to {after}: a pointer misses it"
        );
        page.click("loading-cancel").await?;
        let told = page.element("error").await?.text().await?;
        ensure!(told.contains("you cancelled"), "the page says {told:?}");
        ensure!(page.text("loading").await?.is_none(), "the panel stays");
        page.server.heal("model-");
        page.click("error-action").await?;
        page.ready().await?;
        page.results().await?;
        let n = page.server.n_requests(index);
        ensure!(
            n == 1,
            "what had arrived was fetched again: {index}, {n} times"
        );
        Ok(())
    });
}
