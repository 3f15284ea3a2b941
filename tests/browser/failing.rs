//! No server, broken files, a dead engine.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::classifying::classify_draft;
use super::driver::cdp;
use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser};

#[test]
fn after_a_visit_the_page_searches_and_classifies_without_its_server() {
    in_browser(Console::MayComplain, async |page, native| {
        page.open_ready("").await?;
        let found = page.ask("gravity from entanglement").await?;
        // The shell is kept once its service worker is active, the abstracts a while later.
        page.value("navigator.serviceWorker.ready.then(() => true)", json!([]))
            .await?;
        // Cards bring the chunks that they show; that all are kept is the work of the pause after.
        let chunks: Vec<String> = native
            .folder
            .papers
            .abstracts()
            .iter()
            .map(|chunk| shared::manifest::abstracts_file(&chunk.sha256))
            .collect();
        let kept = "caches.open('offprint-artifacts-v1').then(async (cache) => { \
            const keys = (await cache.keys()).map((key) => key.url.split('/').pop()); \
            return a[0].every((chunk) => keys.includes(chunk)); })";
        while page.value(kept, json!([chunks])).await? != json!(true) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }

        page.server.stop();
        // The browser still believes in its network; the engine knows better.
        page.reload_ready().await?;
        let note = page.element("offline").await?.text().await?;
        ensure!(
            note.contains("cannot be reached") && note.contains("work from this device"),
            "with the server stopped the note says {note:?}"
        );

        cdp(&page.web, "Network.enable", json!({})).await?;
        let offline = json!({"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        cdp(&page.web, "Network.overrideNetworkState", offline).await?;
        page.reload_ready().await?;
        let again = page.results().await?;
        ensure!(again == found, "offline: {again:?} instead of {found:?}");
        let note = page.element("offline").await?.text().await?;
        ensure!(
            note.starts_with("Offline") && note.contains("work from this device"),
            "the offline note says {note:?}"
        );
        let other = page.ask("coalescing droplets").await?;
        ensure!(
            other == super::native::ids(&native.search("coalescing droplets", 20)?),
            "{other:?}"
        );
        let card = page.element("abstract").await?.text().await?;
        ensure!(
            !card.contains("not at hand"),
            "the abstract is not kept: {card:?}"
        );
        classify_draft(page, native).await?;
        page.server.resume()?;
        Ok(())
    });
}

#[test]
fn a_damaged_file_is_named_and_recovers_when_it_is_whole_again() {
    in_browser(Console::MayComplain, async |page, native| {
        let index = native.folder.manifest.index.file.clone();
        breaks_and_recovers(page, &index, Fault::Flipped).await
    });
}

#[test]
fn a_missing_file_is_named_and_recovers_when_it_is_there_again() {
    in_browser(Console::MayComplain, async |page, native| {
        let papers = native.folder.manifest.papers.file.clone();
        breaks_and_recovers(page, &papers, Fault::Missing).await?;
        let model = &native.folder.manifest.model.file;
        let n = page.server.n_requests(model);
        ensure!(
            n == 1,
            "what had arrived was fetched again: {model}, {n} times"
        );
        Ok(())
    });
}

#[test]
fn a_file_that_was_damaged_on_this_device_is_fetched_again() {
    in_browser(Console::Silent, async |page, native| {
        page.server.forbid_caching();
        page.open_ready("").await?;
        let manifest = native.folder.manifest.clone();
        // One bit, so that the length is as promised; and a file that lost its end.
        let damage = "caches.open('offprint-artifacts-v1').then(async (cache) => {\n\
            const key = (await cache.keys()).find((key) => key.url.endsWith(a[0]));\n\
            const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());\n\
            bytes[bytes.length >> 1] ^= 1;\n\
            await cache.put(key, new Response(bytes.slice(0, bytes.length - a[1])));\n\
          })";
        for (entry, n_lost) in [(&manifest.model, 0), (&manifest.papers, 1)] {
            page.value(damage, json!([entry.file, n_lost])).await?;
            page.reload_ready().await?;
            let n = page.server.n_requests(&entry.file);
            ensure!(n == 2, "{} was fetched {n} times", entry.file);
        }
        let text = "dark matter";
        let reply = page.value("offprint.search(a[0])", json!([text])).await?;
        super::scripting::same(&reply, &native.search(text, 10)?, "after the damage")?;
        // What came the second time is kept.
        page.reload_ready().await?;
        for entry in [&manifest.model, &manifest.papers, &manifest.index] {
            let n = page.server.n_requests(&entry.file);
            let wanted = if *entry == manifest.index { 1 } else { 2 };
            ensure!(n == wanted, "{} was fetched {n} times", entry.file);
        }
        Ok(())
    });
}

async fn breaks_and_recovers(page: &Page, file: &str, fault: Fault) -> Result<()> {
    page.server.fail(file, fault);
    page.open("?q=spin+glass").await?;
    let told = page.element("error").await?.text().await?;
    ensure!(
        told.contains(file),
        "the error does not name {file}: {told:?}"
    );
    ensure!(
        told.contains("classification are off"),
        "what is off is not said: {told:?}"
    );
    let wanted = if fault == Fault::Flipped {
        "damaged"
    } else {
        "fetch"
    };
    let refused = page.call("offprint.embed('spin')", json!([])).await?;
    let refused = refused.err().context("an engine without files embeds")?;
    ensure!(
        refused.code == wanted,
        "scripts hear {refused:?} instead of {wanted}"
    );
    ensure!(
        page.server.n_requests(file) > 1,
        "{file} was not tried past the caches"
    );

    // Nothing has changed yet: the same again, and the button stays.
    page.click("error-action").await?;
    let again = page.element("error").await?.text().await?;
    ensure!(
        again.contains(file),
        "the second error does not name {file}: {again:?}"
    );

    page.server.heal(file);
    page.click("error-action").await?;
    page.ready().await?;
    ensure!(
        !page.results().await?.is_empty(),
        "the question of the address is answered now"
    );
    ensure!(page.text("error").await?.is_none(), "the error stays");
    Ok(())
}

#[test]
fn an_engine_that_dies_in_the_middle_of_a_question_comes_back_by_itself() {
    in_browser(Console::MayComplain, async |page, native| {
        page.open_ready("").await?;
        let before = page.ask("cellular automata").await?;
        let n_model = page.server.n_requests("model-");

        // A script hears that its question died.
        let dying = "(() => { const asked = offprint.embed(a[0].repeat(50)); offprint.terminate(); return asked; })()";
        let died = page.call(dying, json!(["a long text to embed, "])).await?;
        let died = died.err().context("a dead engine answers")?;
        ensure!(died.code == "crashed", "the question ends with {died:?}");
        page.ready().await?;
        let text = "ultracold gases";
        let reply = page.value("offprint.search(a[0])", json!([text])).await?;
        super::scripting::same(&reply, &native.search(text, 10)?, "after the crash")?;

        // A visitor sees the answer, only later.
        page.value("offprint.terminate()", json!([])).await?;
        let script = "const box = document.querySelector('[data-testid=search-box]');\n\
            box.value = arguments[0]; box.dispatchEvent(new Event('input', { bubbles: true }));";
        page.run(script, json!([text])).await?;
        let wanted = native.search(text, 20)?;
        let first = format!(
            "const list = document.querySelector('.results[aria-busy=false]');\n\
             return list?.querySelector('[data-testid=result]')?.dataset.id === '{}' && !document.querySelector('[data-testid=error]')",
            wanted[0].0
        );
        page.until("the question is answered after the restart", &first)
            .await?;
        ensure!(
            before != super::native::ids(&wanted),
            "two questions have two answers"
        );
        ensure!(
            page.server.n_requests("model-") == n_model,
            "a restart downloads the model again"
        );
        Ok(())
    });
}
