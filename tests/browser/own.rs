//! A corpus of the visitor's own: made of a file in the tab, searched like the site's, kept, erased.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::PaperId;

use super::batch::choose;
use super::native::{Native, ids};
use super::page::Page;
use super::{Console, in_browser};

/// Papers of the corpus that become one of their own.
const PAPERS: usize = 40;

/// Papers of the corpus as JSON lines; the last has no id, and one has no text.
fn lines(native: &Native) -> Result<(String, Vec<PaperId>)> {
    let papers = &native.folder.papers;
    let step = (papers.len() / PAPERS).max(1);
    let chosen = (0..papers.len()).step_by(step).take(PAPERS);
    let chosen: Vec<PaperId> = chosen.map(|at| PaperId(at as u32)).collect();
    let mut lines = Vec::new();
    for (at, &paper) in chosen.iter().enumerate() {
        let mut line = json!({
            "id": papers.id(paper),
            "title": papers.title(paper),
            "abstract": native.folder.abstract_of(paper)?,
            "authors": papers.authors(paper),
            "categories": papers.categories(paper).collect::<Vec<_>>().join(" "),
            "year": papers.year(paper),
        });
        if at + 1 == chosen.len() {
            line["id"] = json!("");
        }
        lines.push(line.to_string());
    }
    lines.push(json!({"id": "hep-th/9901001"}).to_string());
    Ok((lines.join("\n"), chosen))
}

/// Makes a corpus of a file, stopped once on the way.
async fn make(page: &Page, text: &str) -> Result<()> {
    page.open_ready("?view=batch").await?;
    ensure!(
        page.text("own").await?.is_none(),
        "there is no file yet, and no corpus"
    );
    choose(page, "batch-file", "mine.jsonl", text).await?;
    page.click("own-make").await?;
    let some = "return /^(3[2-9]|40) of 40/.test(document.querySelector('[data-testid=own-progress]')?.innerText)";
    page.until("a part is kept", some).await?;
    page.enter("own-cancel").await?;
    let n_kept = "caches.open('offprint-artifacts-v1').then(async (cache) => \
        (await cache.keys()).filter((key) => key.url.includes('/own/part-')).length)";
    ensure!(
        page.value(n_kept, json!([])).await? != json!(0),
        "what is done is kept"
    );
    page.click("own-make").await?;
    let ready = "return document.querySelector('[data-testid=own-says]')?.innerText === 'Your corpus is ready'";
    page.until("the corpus is ready", ready).await?;
    Ok(())
}

#[test]
fn a_file_becomes_a_corpus_that_is_searched_offline_and_erased() {
    in_browser(Console::MayComplain, async |page, native| {
        let (text, chosen) = lines(native)?;
        make(page, &text).await?;
        let kept = page.element("own-kept").await?.text().await?;
        ensure!(kept.starts_with("mine.jsonl with 40 papers, "), "{kept:?}");

        page.click("own-open").await?;
        page.element("own-notice").await?;
        let info = page.ready().await?;
        ensure!(
            info["papers"] == json!(PAPERS) && info["corpus"] == json!("mine.jsonl"),
            "{info}"
        );
        let notice = page.text("own-notice").await?.context("a notice")?;
        ensure!(
            notice.contains("mine.jsonl, 40 papers, on this device alone"),
            "{notice:?}"
        );

        // By meaning it finds what the site's own index finds of these papers, in the same order.
        let papers = &native.folder.papers;
        let names: Vec<String> = (chosen.iter())
            .map(|&paper| papers.id(paper).to_owned())
            .collect();
        let (n, last) = (papers.len(), names.last().context("forty papers")?);
        let wanted: Vec<String> = ids(&native.by_meaning("a network of spins", n)?)
            .into_iter()
            .filter(|id| names.contains(id))
            .map(|id| match id {
                id if id == *last => "line 40".to_owned(),
                id => id,
            })
            .collect();
        let found = page
            .value("offprint.search('a network of spins', { by: 'meaning', k: 40 }).then((r) => r.hits.map((h) => h.id))", json!([]))
            .await?;
        ensure!(found == json!(wanted), "{found} instead of {wanted:?}");

        // Words, authors, categories and abstracts are there, too.
        let papers = &native.folder.papers;
        let first = chosen[0];
        let hits = page.ask(&format!("\"{}\"", papers.title(first))).await?;
        ensure!(hits.first() == Some(&names[0]), "its title finds {hits:?}");
        let shown = page.element("abstract").await?.text().await?;
        let begins: String = native.folder.abstract_of(first)?.chars().take(12).collect();
        ensure!(
            shown.contains(begins.trim()),
            "{shown:?} does not begin with {begins:?}"
        );
        let code = papers.categories(first).next().context("a category")?;
        page.open_ready(&format!("?corpus=own&q=the&cat={code}"))
            .await?;
        let within = page.results().await?;
        ensure!(within.contains(&names[0]), "in {code}: {within:?}");

        // Its papers lie on the site's landscape.
        if native.folder.manifest.map.is_some() {
            page.open_ready("?corpus=own&view=map").await?;
            page.element("map-says").await?;
            ensure!(
                !page.texts("map-label").await?.is_empty(),
                "no topic has a name"
            );
        }

        // Nothing of it was asked of the server, and nothing is needed of it.
        let own_index = "caches.open('offprint-artifacts-v1').then(async (cache) => \
            (await cache.keys()).map((key) => key.url).find((url) => url.includes('/own/index-')).split('/').pop())";
        let own_index = page.value(own_index, json!([])).await?;
        let own_index = own_index.as_str().context("an index is kept")?;
        ensure!(
            page.server.n_requests(own_index) == 0,
            "the server was asked for {own_index}"
        );
        page.value("navigator.serviceWorker.ready.then(() => true)", json!([]))
            .await?;
        page.server.stop();
        page.open_ready("?corpus=own&q=the").await?;
        ensure!(
            !page.results().await?.is_empty(),
            "offline it finds nothing"
        );
        page.server.resume()?;

        page.click("own-leave").await?;
        let info = page.ready().await?;
        ensure!(
            info["papers"] == json!(native.folder.papers.len()),
            "{info}"
        );
        page.open_ready("?view=batch").await?;
        page.click("own-erase").await?;
        page.until(
            "nothing is left",
            "return !document.querySelector('[data-testid=own]')",
        )
        .await?;
        page.open("?corpus=own").await?;
        let error = page.element("error").await?.text().await?;
        ensure!(
            error.contains("no corpus of your own on this device"),
            "{error:?}"
        );
        Ok(())
    });
}
