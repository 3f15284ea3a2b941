//! Search by words: before the model has come, without it, exactly, and offline.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::By;

use super::native::ids;
use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser};

async fn line_says(page: &Page, part: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid=result-line]')?.textContent.includes({part:?}) ?? false"
    );
    let what = format!("the line above the results says {part:?}");
    page.until(&what, &script).await?;
    Ok(())
}

async fn shown(page: &Page) -> Result<Vec<String>> {
    let cards = "return [...document.querySelectorAll('[data-testid=result]')].map((card) => card.dataset.id)";
    let cards = page.run(cards, json!([])).await?;
    Ok(serde_json::from_value(cards)?)
}

#[test]
fn words_find_papers_before_the_model_is_there_and_meaning_joins_them() {
    in_browser(Console::Silent, async |page, native| {
        page.server.forbid_caching();
        page.server.fail("model-", Fault::Held);
        page.open("?q=spin+glass").await?;
        line_says(page, "by words, until the model is here").await?;
        let by_words = ids(&native.by_words("spin glass", 20)?);
        ensure!(shown(page).await? == by_words, "{:?}", shown(page).await?);
        let loading = page
            .text("loading")
            .await?
            .context("the model is under way")?;
        ensure!(
            loading.contains("Search by words works already"),
            "{loading:?}"
        );
        // A filter works as well, and so do scripts that ask for words.
        let reply = page
            .value(
                "offprint.search('\"spin glass\"', {by: 'words'})",
                json!([]),
            )
            .await?;
        ensure!(reply["method"]["type"] == "words", "{reply}");
        page.server.heal("model-");
        page.ready().await?;
        line_says(page, "exact, all compared").await?;
        let both = ids(&native.search("spin glass", 20)?);
        ensure!(shown(page).await? == both, "meaning did not join");
        ensure!(both != by_words, "meaning changes nothing");
        Ok(())
    });
}

#[test]
fn where_the_model_does_not_come_words_go_on() {
    in_browser(Console::MayComplain, async |page, native| {
        page.server.fail("model-", Fault::Missing);
        page.open("?q=dark+matter").await?;
        let told = page.element("error").await?.text().await?;
        ensure!(told.contains("Search by words works"), "{told:?}");
        line_says(page, "by words").await?;
        ensure!(shown(page).await? == ids(&native.by_words("dark matter", 20)?));
        let refused = page.call("offprint.embed('dark')", json!([])).await?;
        ensure!(refused.is_err(), "a model that is not there embeds");
        page.server.heal("model-");
        page.click("error-action").await?;
        page.ready().await?;
        line_says(page, "exact, all compared").await
    });
}

#[test]
fn a_download_that_is_given_up_leaves_words_and_is_taken_up_again() {
    in_browser(Console::Silent, async |page, _| {
        page.server.forbid_caching();
        page.server.fail("model-", Fault::Held);
        page.open("?q=dark+matter").await?;
        line_says(page, "by words").await?;
        page.click("loading-cancel").await?;
        let told = page.element("error").await?.text().await?;
        ensure!(
            told.contains("you cancelled") && told.contains("words works"),
            "{told:?}"
        );
        line_says(page, "by words").await?;
        page.server.heal("model-");
        page.click("error-action").await?;
        page.ready().await?;
        line_says(page, "exact, all compared").await
    });
}

#[test]
fn a_query_is_shown_as_it_was_understood_and_its_errors_at_their_place() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?q=%22dark+matter%22+-halo+year:2000..2018")
            .await?;
        page.results().await?;
        let understood = page.element("understood").await?.text().await?;
        ensure!(
            understood.contains("+\"dark matter\" -halo +year:2000..2018"),
            "{understood:?}"
        );
        line_says(page, "that match").await?;
        let papers = &native.folder.papers;
        for id in shown(page).await? {
            let paper = papers.find(&id).context("a paper of the corpus")?;
            let year = papers.year(paper).unwrap_or_default();
            ensure!((2000..=2018).contains(&year), "{id} is of {year}");
        }
        page.open_ready("?q=glass+year:soon").await?;
        let error = page.element("query-error").await?;
        let place = error.find(By::Css("mark")).await?.text().await?;
        ensure!(place == "year:soon", "the error points at {place:?}");
        ensure!(
            error.text().await?.contains("year:2015"),
            "no way out is given"
        );
        Ok(())
    });
}

#[test]
fn a_card_says_why_it_is_there_and_marks_the_words() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?q=dark+matter").await?;
        page.results().await?;
        let why = page.texts("why").await?;
        ensure!(
            why.iter()
                .any(|why| why.contains("meaning #") && why.contains("words #")),
            "{why:?}"
        );
        let marks = "return [...document.querySelectorAll('[data-testid=result-title] mark')].map((mark) => mark.textContent.toLowerCase())";
        let marks = page.run(marks, json!([])).await?;
        let marks: Vec<String> = serde_json::from_value(marks)?;
        ensure!(
            !marks.is_empty() && marks.iter().all(|word| word == "dark" || word == "matter"),
            "{marks:?}"
        );
        // One list alone, from the address bar and by a click.
        page.run(
            "document.querySelectorAll('[data-testid=lists] input')[1].click()",
            json!([]),
        )
        .await?;
        line_says(page, "by words").await?;
        ensure!(
            page.run("return location.search", json!([])).await?
                == json!("?q=dark+matter&by=words")
        );
        let why = page.texts("why").await?;
        ensure!(why.iter().all(|why| !why.contains("meaning #")), "{why:?}");
        Ok(())
    });
}

#[test]
fn phrases_are_found_offline_once_words_are_kept() {
    in_browser(Console::MayComplain, async |page, native| {
        page.open_ready("").await?;
        let n_chunks = native.word_chunks().len();
        ensure!(n_chunks >= 2, "words and their places");
        page.until(
            "words are kept on this device",
            "return document.body.innerText.includes('Abstracts and words are kept')",
        )
        .await?;
        page.server.stop();
        page.reload_ready().await?;
        let reply = page
            .value("offprint.search('\"dark matter\"')", json!([]))
            .await?;
        ensure!(reply["understood"]["incomplete"] == json!(false), "{reply}");
        let hits = reply["hits"].as_array().map_or(0, Vec::len);
        ensure!(hits > 0 && reply["passing"] != Value::Null, "{reply}");
        Ok(())
    });
}

#[test]
fn an_author_is_found_by_initials_and_without_accents() {
    in_browser(Console::Silent, async |page, native| {
        let papers = &native.folder.papers;
        let by = |id: &str| {
            let paper = papers.find(id).context("a paper of the corpus")?;
            anyhow::Ok(papers.authors(paper).contains("Petar Veličković"))
        };
        let all = papers.all().map(|paper| papers.id(paper).to_owned());
        let n = all.filter(|id| by(id).unwrap_or(false)).count();
        ensure!(n > 0, "the corpus has a paper of his");
        for query in ["?q=Velickovic%2C+P.", "?q=petar+velickovic"] {
            page.open_ready(query).await?;
            page.results().await?;
            for id in &shown(page).await?[..n] {
                ensure!(by(id)?, "{query} shows {id} before a paper of his");
            }
            let why = page.texts("why").await?;
            ensure!(why[0].contains("by this author"), "{why:?}");
        }
        page.open_ready("?q=au%3A%22Velickovic%2C+P%22").await?;
        page.results().await?;
        let found = shown(page).await?;
        ensure!(found.len() == n, "{found:?}");
        Ok(())
    });
}

#[test]
fn words_that_do_not_come_do_not_hold_up_meaning() {
    in_browser(Console::MayComplain, async |page, _| {
        page.server.forbid_caching();
        page.server.fail("words-", Fault::Held);
        page.open_ready("").await?;
        let ask = "offprint.search('dark matter')";
        let reply = page.value(ask, json!([])).await?;
        ensure!(
            reply["understood"]["incomplete"] == json!(true),
            "nothing is said to be missing: {reply}"
        );
        let hits = reply["hits"].as_array().map_or(0, Vec::len);
        ensure!(hits == 10, "meaning finds {hits}");
        page.server.heal("words-");
        let reply = page.value(ask, json!([])).await?;
        ensure!(
            reply["understood"]["incomplete"] == json!(false),
            "words that come are not asked for again: {reply}"
        );
        Ok(())
    });
}
