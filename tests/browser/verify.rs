//! Checks of the build on the visitor's device: they pass on a whole build, notice what is not, and let questions go first.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::citations::{clipboard, may_read_clipboard, said};
use super::page::Page;
use super::{Console, in_browser};

/// Waits until the page says how the checks ended.
async fn until_ended(page: &Page, wanted: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid=verify-says]')?.innerText === '{wanted}'"
    );
    page.until(&format!("the checks say {wanted:?}"), &script)
        .await?;
    Ok(())
}

/// What the line of a check says, its table too.
async fn line(page: &Page, id: &str) -> Result<String> {
    let script = "\
        const line = document.querySelector(`[data-testid=verify-${arguments[0]}-line]`);\n\
        line?.querySelector('details')?.setAttribute('open', '');\n\
        return line?.innerText ?? null;";
    let text = page.run(script, json!([id])).await?;
    let text = text.as_str().with_context(|| format!("no line {id}"))?;
    Ok(text.to_owned())
}

/// Checks that a line begins with its verdict, in capitals by its style, and says each of these.
async fn says(page: &Page, id: &str, verdict: &str, wanted: &[&str]) -> Result<()> {
    let text = line(page, id).await?;
    let capitals = verdict.to_uppercase();
    ensure!(
        text.starts_with(&capitals),
        "{id} is not {verdict}: {text:?}"
    );
    for wanted in wanted {
        ensure!(text.contains(wanted), "{id} lacks {wanted:?}: {text:?}");
    }
    Ok(())
}

/// The share that a road of this name found, by the table.
async fn recall(page: &Page, road: &str) -> Result<f64> {
    let text = line(page, "roads").await?;
    let row = text.lines().find(|line| line.starts_with(road));
    let row = row.with_context(|| format!("no road {road} in {text:?}"))?;
    let share = row.split('\t').nth(1).context("a share")?;
    Ok(share.trim().parse()?)
}

#[test]
fn a_whole_build_passes_every_check_and_questions_go_first() {
    in_browser(Console::Silent, async |page, native| {
        may_read_clipboard(page).await?;
        page.open_ready("?view=about").await?;
        page.run(
            "document.querySelector('[data-testid=about] a[href*=\"view=verify\"]').click()",
            json!([]),
        )
        .await?;
        page.element("verify").await?;
        ensure!(page.query().await?.contains("view=verify"));
        page.click("verify-start").await?;
        page.value("offprint.embed('spin')", json!([])).await?;
        ensure!(
            page.text("verify-stop").await?.is_some(),
            "a question had to wait for all checks"
        );
        until_ended(page, "Done").await?;

        let papers = native.folder.papers.len();
        let asked = format!("200 papers, chosen by a seed among {papers}");
        says(page, "roads", "Passed", &[&asked, "Embedding a title"]).await?;
        let exact = recall(page, "Every vector").await?;
        ensure!(
            exact.to_bits() == 1.0_f64.to_bits(),
            "comparing all finds {exact}"
        );
        let quality = native.folder.manifest.quality.as_ref();
        let quality = quality.context("the build measured itself")?;
        let by_codes = quality.recall_by_codes.context("codes too")?;
        for (road, at_build) in [
            ("1-bit codes", by_codes),
            ("The graph", quality.recall_at_10),
        ] {
            let share = recall(page, road).await?;
            let near = (at_build - 0.02..=1.0).contains(&share);
            ensure!(near, "{road}: {share} here, {at_build} at build");
        }
        let model = &native.folder.manifest.model;
        let size = format!(
            "{:.1} MB\t{:.1} MB",
            model.bytes as f64 / 1e6,
            model.bytes as f64 / 1e6
        );
        says(
            page,
            "bytes",
            "Passed",
            &["nothing came twice", &model.file, &size],
        )
        .await?;
        says(
            page,
            "digests",
            "Passed",
            &[&model.file, "as the build names it"],
        )
        .await?;
        let n = native.folder.vectors.golden().len();
        ensure!(n >= 5, "the build stores {n} golden vectors");
        let golden = format!("{n} of {n} texts get the vector that the build stored, bit for bit");
        says(page, "golden", "Passed", &[&golden]).await?;
        says(page, "reference", "Not checked", &["has to be fetched"]).await?;

        page.click("verify-copy").await?;
        said(page, "Results copied").await?;
        let text = clipboard(page).await?;
        let build = native.folder.manifest.build.to_string();
        for wanted in [
            &*build,
            "Passed: Golden vectors.",
            "Passed: Search.",
            "Recall@10 |",
        ] {
            ensure!(text.contains(wanted), "no {wanted:?} in {text}");
        }
        Ok(())
    });
}

#[test]
fn checks_can_be_stopped_and_run_again() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?view=verify").await?;
        page.click("verify-start").await?;
        page.enter("verify-stop").await?;
        until_ended(page, "Stopped").await?;
        ensure!(
            page.text("verify-golden-line").await?.is_none(),
            "it went on"
        );
        page.click("verify-start").await?;
        until_ended(page, "Done").await?;
        says(page, "golden", "Passed", &[]).await
    });
}

#[test]
fn a_kept_file_with_other_bytes_is_named() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=verify").await?;
        let file = &native.folder.manifest.papers.file;
        let spoil = "caches.open('offprint-artifacts-v1').then(async (cache) => {\n\
            const key = (await cache.keys()).find((key) => key.url.endsWith(a[0]));\n\
            const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());\n\
            bytes[bytes.length >> 1] ^= 1;\n\
            await cache.put(key, new Response(bytes));\n\
          })";
        page.value(spoil, json!([file])).await?;
        page.click("verify-start").await?;
        until_ended(page, "Done").await?;
        says(page, "digests", "Differs", &[file, "other bytes"]).await?;
        // What is open was read before, and is whole.
        says(page, "golden", "Passed", &[]).await
    });
}

#[test]
fn the_reference_engine_is_compared_when_it_is_asked_for() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=verify").await?;
        page.click("verify-start").await?;
        until_ended(page, "Done").await?;
        let n = page.server.n_requests("reference-");
        ensure!(
            n == 0,
            "the weights were fetched {n} times, and nobody asked"
        );
        page.click("verify-reference").await?;
        let compared = "return document.querySelector('[data-testid=verify-reference-line]')?.innerText.includes('cosine')";
        page.until("the reference engine is compared", compared)
            .await?;
        let texts = format!(
            "gives {} texts vectors",
            native.folder.vectors.golden().len()
        );
        says(page, "reference", "Passed", &[&texts]).await?;
        // What the fast engine has found stays.
        says(page, "roads", "Passed", &[]).await?;
        says(page, "golden", "Passed", &["int8"]).await
    });
}
