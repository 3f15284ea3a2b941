//! The first visit, and the second.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::{By, Key};

use super::native::Native;
use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser, in_browser_under};

/// Questions in none of their paper's own title words, with that paper's id.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "is an unseen world orbiting the sun far beyond neptune",
        "1601.05438",
    ),
    (
        "reading a victim's secrets through the cpu's guesses about future branches",
        "1801.01203",
    ),
    ("why starlings turn together in the air", "1107.0604"),
];

#[test]
fn a_first_visit_shows_its_progress_keeps_what_was_typed_and_finds_the_right_papers() {
    in_browser(Console::Silent, first_visit);
}

#[test]
fn the_page_works_at_the_root_of_a_site_too() {
    in_browser_under("/", Console::Silent, first_visit);
}

async fn first_visit(page: &Page, native: &mut Native) -> Result<()> {
    let (first, paper) = QUESTIONS[0];
    page.server.fail("app-", Fault::Held);
    page.server.fail("model-", Fault::Held);
    page.open("").await?;

    // Nothing is alive yet but the static shell.
    let shell = page.web.find(By::Css("#shell #q")).await?;
    shell.send_keys(first).await?;
    shell.send_keys(Key::Enter).await?;
    ensure!(
        page.query().await?.is_empty(),
        "Enter in the shell left the page"
    );

    // The page is alive, the model on its way.
    page.server.heal("app-");
    let model = native.folder.manifest.model.bytes as f64 / 1e6;
    let halfway = format!("Model {:.1} / {model:.1} MB", model / 2.0);
    let shown = format!(
        "return [...document.querySelectorAll('[data-testid=loading-file]')]\
            .some((line) => line.innerText.replace(/\\s+/g, ' ').startsWith({halfway:?}));"
    );
    page.until(&format!("the page says {halfway:?}"), &shown)
        .await?;
    let panel = page.text("loading").await?.unwrap_or_default();
    ensure!(
        panel.contains("to download"),
        "the cost is not stated: {panel:?}"
    );
    let search_box = page.element("search-box").await?;
    let kept = search_box.prop("value").await?.unwrap_or_default();
    ensure!(
        kept == first,
        "typed into the shell: {first:?}; in the page: {kept:?}"
    );

    page.server.heal("model-");
    page.ready().await?;
    let found = page.results().await?;
    ensure!(
        found[0] == paper,
        "{first:?} finds {found:?} instead of {paper} first"
    );
    for (question, paper) in &QUESTIONS[1..] {
        let found = page.ask(question).await?;
        ensure!(
            found[0] == *paper,
            "{question:?} finds {found:?} instead of {paper} first"
        );
    }
    ensure!(
        page.text("loading").await?.is_none(),
        "the loading panel stays"
    );
    ensure!(page.text("error").await?.is_none(), "an error is shown");
    Ok(())
}

#[test]
fn nothing_is_downloaded_twice() {
    in_browser(Console::Silent, async |page, native| {
        let files: Vec<String> = native
            .folder
            .manifest
            .files()
            .map(|f| f.file.clone())
            .collect();
        page.server.forbid_caching();
        page.open_ready("?q=dark+matter").await?;
        page.results().await?;
        page.element("abstract").await?;
        page.reload_ready().await?;
        page.reload_ready().await?;
        page.results().await?;
        page.element("abstract").await?;
        let chunks = native.folder.papers.abstracts().iter();
        for chunk in chunks.map(|chunk| shared::manifest::abstracts_file(&chunk.sha256)) {
            let n = page.server.n_requests(&chunk);
            ensure!(n <= 1, "{chunk} was fetched {n} times in three visits");
        }
        for file in &files {
            let n = page.server.n_requests(file);
            ensure!(n == 1, "{file} was fetched {n} times in three visits");
        }
        let manifest = page.server.n_requests("manifest.json");
        ensure!(
            manifest == 3,
            "a new build is noticed by its manifest, fetched {manifest} times in three visits"
        );
        Ok(())
    });
}

#[test]
fn before_the_first_question_the_page_says_what_is_indexed_and_offers_examples() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        let empty = page.element("empty").await?.text().await?;
        let n_papers = native.folder.papers.len();
        ensure!(
            empty.contains(&format!("{n_papers} papers")),
            "not the corpus' size: {empty:?}"
        );
        let examples = page.texts("empty-example").await?;
        ensure!(
            examples.len() == 6,
            "six examples are promised: {examples:?}"
        );
        page.click("empty-example").await?;
        let found = page.results().await?;
        let best = native
            .folder
            .papers
            .find(&found[0])
            .context("a result is of the corpus")?;
        let title = native.folder.papers.title(best);
        ensure!(
            title == examples[0],
            "the example {:?} finds {title:?} first",
            examples[0]
        );
        let box_text = page.element("search-box").await?.prop("value").await?;
        ensure!(
            box_text.as_deref() == Some(&examples[0]),
            "the search box shows {box_text:?}"
        );
        Ok(())
    });
}

#[test]
fn a_browser_without_simd_is_told_so() {
    in_browser(Console::Silent, async |page, _| {
        let script = json!({"source": "WebAssembly.validate = () => false;"});
        super::driver::cdp(&page.web, "Page.addScriptToEvaluateOnNewDocument", script).await?;
        page.open("").await?;
        let told = page.element("boot-failed").await?.text().await?;
        ensure!(told.contains("too old"), "the message is {told:?}");
        Ok(())
    });
}
