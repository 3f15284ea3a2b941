//! The reference engine: fetched when asked for, near the int8 one, and left again.

use anyhow::{Context, Result, ensure};
use reference::Bert;
use serde_json::{Value, json};

use super::native::Native;
use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser};

const TEXT: &str = "gravitational waves from merging black holes";

async fn engine(page: &Page) -> Result<Value> {
    page.ready().await?;
    page.value("offprint.info().then((info) => info.engine)", json!([]))
        .await
}

async fn embed(page: &Page, text: &str) -> Result<Vec<f32>> {
    let vector = "offprint.embed(a[0]).then((vector) => [...vector])";
    Ok(serde_json::from_value(
        page.value(vector, json!([text])).await?,
    )?)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
    products.sum()
}

/// The same text by candle, natively.
fn in_f32(native: &Native, text: &str) -> Result<Vec<f32>> {
    let folder = &native.folder;
    let weights = folder.reference()?.context("the tests' site brings them")?;
    let config = weights.meta().config.to_string();
    let bert = Bert::new(weights.safetensors(), config.as_bytes())?;
    let text = folder.model.meta().query(text);
    bert.embed(&folder.model.tokenizer().tokenize(&text).ids)
}

#[test]
fn the_reference_engine_is_fetched_when_asked_for_answers_in_f32_and_is_left_again() {
    in_browser(Console::Silent, async |page, native| {
        let wanted = in_f32(native, TEXT)?;
        page.open_ready("").await?;
        let fast = engine(page).await?;
        for file in ["reference-", "engine_reference-"] {
            let n = page.server.n_requests(file);
            ensure!(
                n == 0,
                "{file} was fetched {n} times, and nobody asked for it"
            );
        }
        let int8 = embed(page, TEXT).await?;

        page.click("tab-about").await?;
        let offer = page.element("use-reference").await?.text().await?;
        ensure!(
            offer.contains("90.9 MB"),
            "the cost is not stated: {offer:?}"
        );
        page.click("use-reference").await?;
        let runs = "return document.querySelector('[data-testid=reference]')?.innerText.includes('answers') ?? false";
        page.until("the reference engine answers", runs).await?;
        ensure!(
            engine(page).await? == "f32-candle",
            "{}",
            engine(page).await?
        );
        ensure!(page.query().await?.contains("engine=reference"));
        let found = embed(page, TEXT).await?;
        let to_native = cosine(&found, &wanted);
        ensure!(
            to_native > 0.999_99,
            "cosine {to_native} with candle, natively"
        );
        let to_int8 = cosine(&found, &int8);
        ensure!(
            (0.99..0.999_999).contains(&to_int8),
            "cosine {to_int8} with the int8 engine: is it another one?"
        );
        let facts = page.element("about-index").await?.text().await?;
        ensure!(facts.contains("f32-candle"), "About says {facts:?}");

        // The same index answers, and it is on this device now.
        let papers = page.ask("dark matter").await?;
        let int8_papers = super::native::ids(&native.search("dark matter", 20)?);
        let n_common = papers.iter().filter(|id| int8_papers.contains(id)).count();
        ensure!(n_common >= 16, "{n_common} of 20 papers in common");
        page.reload_ready().await?;
        ensure!(engine(page).await? == "f32-candle", "after a reload");
        let n = page.server.n_requests("reference-");
        ensure!(n == 1, "the weights were fetched {n} times");

        page.click("leave-reference").await?;
        let left = "return document.querySelector('[data-testid=reference]') === null";
        page.until("the line is gone", left).await?;
        ensure!(engine(page).await? == fast, "{}", engine(page).await?);
        ensure!(embed(page, TEXT).await? == int8, "the fast engine is back");
        ensure!(!page.query().await?.contains("engine="));
        Ok(())
    });
}

#[test]
fn giving_up_the_reference_engines_download_brings_the_fast_one_back() {
    in_browser(Console::MayComplain, async |page, _| {
        page.open_ready("").await?;
        let fast = engine(page).await?;
        page.server.fail("reference-", Fault::Held);
        page.click("tab-about").await?;
        page.click("use-reference").await?;
        page.click("loading-cancel").await?;
        ensure!(engine(page).await? == fast, "{}", engine(page).await?);
        page.server.heal("reference-");
        Ok(())
    });
}

#[test]
fn a_build_without_the_weights_says_so_where_a_link_asks_for_them() {
    in_browser(Console::MayComplain, async |page, native| {
        let mut manifest = native.folder.manifest.clone();
        manifest.reference = None;
        page.server.replace("manifest.json", manifest.to_bytes());
        page.open("?engine=reference").await?;
        let told = page.element("error").await?.text().await?;
        ensure!(
            told.contains("no reference engine"),
            "the page says {told:?}"
        );
        page.click("leave-reference").await?;
        page.ready().await?;
        page.click("tab-about").await?;
        page.element("about-index").await?;
        ensure!(
            page.text("use-reference").await?.is_none(),
            "an empty offer"
        );
        Ok(())
    });
}
