//! Narrow windows, themes, memory.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::classifying::classify_draft;
use super::driver::cdp;
use super::page::Page;
use super::{Console, in_browser};

/// The narrowest phone, in CSS pixels.
pub(crate) const NARROW: u32 = 320;

/// The page may take this much, engine and script together.
const MEMORY: f64 = 200e6;
/// The engine's part of it at its peak: model, index and papers of the starter corpus, and all work.
const ENGINE_MEMORY: f64 = 40e6;

/// Checks that nothing sticks out to the right of a window that is [`NARROW`].
pub(crate) async fn fits(page: &Page, what: &str) -> Result<()> {
    let script = "\
        const root = document.documentElement;\n\
        if (innerWidth !== arguments[0]) return `the window is ${innerWidth} px wide`;\n\
        if (root.scrollWidth <= root.clientWidth) return null;\n\
        const out = [...document.querySelectorAll('body *')].filter((e) =>\n\
          e.getBoundingClientRect().right > root.clientWidth + 0.5 && !e.closest('.scroll'));\n\
        return `${root.scrollWidth} px: ` + out.slice(0, 5).map((e) => e.outerHTML.slice(0, 120)).join(' | ');";
    let out = page.run(script, json!([NARROW])).await?;
    ensure!(
        out.is_null(),
        "{what} scrolls sideways at {NARROW} px: {out}"
    );
    Ok(())
}

#[test]
fn no_view_scrolls_sideways_on_a_narrow_screen() {
    in_browser(Console::Silent, async |page, native| {
        page.resize(NARROW).await?;
        page.open_ready("").await?;
        fits(page, "the first view").await?;
        page.ask("$\\mu$SR of unconventional superconductors")
            .await?;
        page.element("abstract").await?;
        fits(page, "the list of results").await?;
        page.run(
            "document.querySelector('.filters-button').click()",
            json!([]),
        )
        .await?;
        fits(page, "the filter panel").await?;
        page.run(
            "document.querySelector('.filters-button').click()",
            json!([]),
        )
        .await?;
        page.click("similar").await?;
        page.results().await?;
        fits(page, "more like this").await?;
        classify_draft(page, native).await?;
        fits(page, "the classification").await?;
        page.click("tab-about").await?;
        page.element("about").await?;
        fits(page, "the about view").await?;
        page.open_ready("?view=verify").await?;
        page.click("verify-start").await?;
        page.element("verify-golden-line").await?;
        page.run(
            "document.querySelectorAll('.outcome details').forEach((details) => details.open = true)",
            json!([]),
        )
        .await?;
        fits(page, "the checks").await?;
        page.click("tab-library").await?;
        page.element("library-empty").await?;
        fits(page, "the empty library").await?;
        page.open_ready("?q=spin&cat=econ&from=1991&to=1992")
            .await?;
        page.element("no-results").await?;
        fits(page, "no results").await
    });
}

#[test]
fn a_chosen_theme_stays_and_the_systems_is_followed_otherwise() {
    in_browser(Console::Silent, async |page, _| {
        let background = "return getComputedStyle(document.documentElement).backgroundColor";
        let (light, dark) = (json!("rgb(255, 255, 255)"), json!("rgb(20, 18, 15)"));
        let system = async |scheme: &str| {
            let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            cdp(&page.web, "Emulation.setEmulatedMedia", feature).await
        };
        system("dark").await?;
        page.open_ready("").await?;
        ensure!(
            page.run(background, json!([])).await? == dark,
            "a dark system has a light page"
        );
        system("light").await?;
        ensure!(
            page.run(background, json!([])).await? == light,
            "a light system has a dark page"
        );

        // System, light, dark.
        page.click("theme").await?;
        page.click("theme").await?;
        let chosen = page.run(background, json!([])).await?;
        ensure!(chosen == dark, "the dark theme is {chosen}");
        page.web.refresh().await?;
        let at_once = page.run(background, json!([])).await?;
        ensure!(
            at_once == dark,
            "after a reload, before the page is alive: {at_once}"
        );
        page.ready().await?;
        let alive = page.run(background, json!([])).await?;
        ensure!(alive == dark, "after a reload: {alive}");
        page.click("theme").await?;
        let back = page.run(background, json!([])).await?;
        ensure!(back == light, "the system is light, the page {back}");
        Ok(())
    });
}

#[test]
fn the_page_takes_less_than_two_hundred_megabytes_and_the_engine_less_than_forty() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        page.ask("percolation on random graphs").await?;
        classify_draft(page, native).await?;
        let text = "a long text to embed, ".repeat(200);
        page.value("offprint.embed(a[0])", json!([text])).await?;

        let engine = page
            .value("offprint.info().then((info) => info.wasm_bytes)", json!([]))
            .await?;
        let engine = engine.as_f64().context("info() says the engine's memory")?;
        let model = native.folder.manifest.model.bytes as f64;
        ensure!(
            engine > model,
            "{engine} bytes cannot hold a model of {model}"
        );
        // WebAssembly's memory never shrinks, so this is its peak.
        ensure!(
            engine < ENGINE_MEMORY,
            "the engine takes {:.1} MB",
            engine / 1e6
        );
        cdp(&page.web, "Performance.enable", json!({})).await?;
        let metrics = cdp(&page.web, "Performance.getMetrics", json!({})).await?;
        let metrics = metrics["metrics"]
            .as_array()
            .context("the browser has metrics")?;
        let heap = metrics
            .iter()
            .find(|metric| metric["name"] == "JSHeapUsedSize");
        let heap = heap
            .and_then(|metric| metric["value"].as_f64())
            .context("it knows its heap")?;
        ensure!(
            engine + heap < MEMORY,
            "the engine takes {:.0} MB and the page's heap {:.0} MB",
            engine / 1e6,
            heap / 1e6
        );
        println!("engine {:.1} MB, heap {:.1} MB", engine / 1e6, heap / 1e6);
        Ok(())
    });
}
